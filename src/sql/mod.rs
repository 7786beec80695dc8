//! The SQL API: one query, its parameters, and what is asked for.

pub mod params;

use crate::error::CartoError;
use crate::maps::request::{Request, Verb, encode};
use crate::settings::Settings;

/// How rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Rows as objects, with the types of their columns.
    Json,
    /// A feature collection.
    GeoJson,
    /// A text with a line for each row.
    Csv,
}

impl Format {
    /// The format of an option; JSON without one.
    ///
    /// # Errors
    /// `validation:sql:invalid-format`
    pub fn of(name: Option<&str>) -> Result<Format, CartoError> {
        match name {
            None | Some("json") => Ok(Format::Json),
            Some("geojson") => Ok(Format::GeoJson),
            Some("csv") => Ok(Format::Csv),
            Some(_) => Err(CartoError::validation("sql", "invalidFormat")),
        }
    }

    fn parameter(self) -> &'static str {
        match self {
            Format::Json => "",
            Format::GeoJson => "&format=GeoJSON",
            Format::Csv => "&format=csv",
        }
    }
}

/// The request for a query: by GET while its URL is short, which caches keep; else as a form, which needs no preflight.
pub fn request(settings: &Settings, query: &str, format: Format, longest_get: usize) -> Request {
    let base = [&settings.base, "/api/v2/sql"].concat();
    let form = ["q=", &encode(query), format.parameter(), "&api_key=", &encode(&settings.api_key)].concat();
    if base.len() + form.len() < longest_get {
        Request { safe: false, ..Request::get([&base, "?", &form].concat()) }
    } else {
        Request { verb: Verb::Form, url: base, body: form, safe: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_queries_are_forms() {
        let settings = Settings { api_key: "a&b".into(), username: "u".into(), base: "http://h.test/user/u".into() };
        let short = request(&settings, "SELECT 1 + '&'", Format::GeoJson, 7_500);
        let query = "q=SELECT%201%20%2B%20'%26'&format=GeoJSON&api_key=a%26b";
        assert_eq!((short.verb, short.url), (Verb::Get, ["http://h.test/user/u/api/v2/sql?", query].concat()));
        let long = request(&settings, "SELECT 1 + '&'", Format::GeoJson, 50);
        assert_eq!(
            (long.verb, long.url.as_str(), long.body.as_str()),
            (Verb::Form, "http://h.test/user/u/api/v2/sql", query)
        );
        assert!(Format::of(Some("shp")).is_err_and(|error| error.error_code == "validation:sql:invalid-format"));
    }
}
