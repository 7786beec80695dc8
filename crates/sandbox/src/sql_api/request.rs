//! What a request to the SQL API asks for; parameters come in the address, in a form or in JSON.

use super::error::SqlError;
use serde_json::Value;

/// Formats that real servers write and the sandbox does not.
const OTHER_FORMATS: &[&str] = &["arraybuffer", "bin", "csvs", "mvt", "spatialite", "topojson", "xlsx"];
/// Formats by their names in addresses.
const FORMATS: &[(&str, Format)] = &[
    ("", Format::Json),
    ("json", Format::Json),
    ("geojson", Format::GeoJson),
    ("csv", Format::Csv),
    ("kml", Format::Kml),
    ("svg", Format::Svg),
    ("shp", Format::Shapefile),
    ("gpkg", Format::GeoPackage),
];
/// Digits behind the decimal point of coordinates, unless said otherwise.
const DECIMALS: u8 = 6;
/// More than a double has.
const MOST_DECIMALS: u8 = 20;

/// What an answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Rows as objects, with types.
    Json,
    /// Features; the geometry is the column `the_geom`.
    GeoJson,
    /// A table with a head.
    Csv,
    /// Placemarks.
    Kml,
    /// A picture of the shapes.
    Svg,
    /// A shapefile in an archive.
    Shapefile,
    /// A SQLite database with a layer.
    GeoPackage,
}

impl Format {
    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::GeoJson => "geojson",
            Format::Csv => "csv",
            Format::Kml => "kml",
            Format::Svg => "svg",
            Format::Shapefile => "zip",
            Format::GeoPackage => "gpkg",
        }
    }

    /// The type of its answers.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Json | Format::GeoJson => "application/json; charset=utf-8",
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Kml => "application/kml; charset=utf-8",
            Format::Svg => "image/svg+xml; charset=utf-8",
            Format::Shapefile => "application/zip",
            Format::GeoPackage => "application/geopackage+sqlite3",
        }
    }

    /// Whether rows are features, made of the column `the_geom`.
    pub fn has_features(self) -> bool {
        !matches!(self, Format::Json | Format::Csv)
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlRequest {
    /// The statements.
    pub query: String,
    /// What the answer looks like.
    pub format: Format,
    /// How many rows there are on a page; all when it is not said.
    pub rows_per_page: Option<u64>,
    /// Which page, from 0 on.
    pub page: u64,
    /// A column to sort by, and whether the largest comes first.
    pub order_by: Option<(String, bool)>,
    /// Columns that are left out.
    pub skipfields: Vec<String>,
    /// Digits behind the decimal point of coordinates in GeoJSON.
    pub decimals: u8,
    /// Name of the file that a browser saves, without its ending, where one was given.
    pub filename: Option<String>,
    /// Whether caches may keep the answer until they are told otherwise.
    pub is_kept: bool,
}

impl SqlRequest {
    /// All rows as JSON, without some columns.
    pub fn for_rows<'a>(skipped: impl Iterator<Item = &'a crate::db::Column>) -> SqlRequest {
        SqlRequest {
            query: String::new(),
            format: Format::Json,
            rows_per_page: None,
            page: 0,
            order_by: None,
            skipfields: skipped.map(|column| column.name.clone()).collect(),
            decimals: DECIMALS,
            filename: None,
            is_kept: false,
        }
    }

    /// Reads the parameters of a request: those of the address, then those of the body.
    ///
    /// # Errors
    /// A parameter is missing or makes no sense.
    pub fn read(parameters: &[(String, String)]) -> Result<SqlRequest, SqlError> {
        let get = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let query = get("q").ok_or_else(|| SqlError::bad_request("You must indicate a sql query"))?;
        let wanted = get("format").unwrap_or_default().to_ascii_lowercase();
        let format = FORMATS.iter().find(|(name, _)| *name == wanted).map(|(_, format)| *format).ok_or_else(|| {
            let known = if OTHER_FORMATS.contains(&wanted.as_str()) {
                " (the sandbox writes json, geojson, csv, kml, svg, shp and gpkg)"
            } else {
                ""
            };
            SqlError::bad_request(format!("Invalid format: {wanted}{known}"))
        })?;
        let number = |name: &str| get(name).and_then(|text| text.trim().parse::<u64>().ok());
        let is_descending = get("sort_order").is_some_and(|order| order.eq_ignore_ascii_case("desc"));
        let filename = get("filename").map(|name| {
            name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(100).collect::<String>()
        });
        Ok(SqlRequest {
            query: query.trim().to_owned(),
            format,
            rows_per_page: number("rows_per_page"),
            page: number("page").unwrap_or(0),
            order_by: get("order_by").filter(|name| !name.is_empty()).map(|name| (name.to_owned(), is_descending)),
            skipfields: get("skipfields").into_iter().flat_map(|names| names.split(',')).map(str::to_owned).collect(),
            decimals: get("dp").and_then(|text| text.trim().parse().ok()).unwrap_or(DECIMALS).min(MOST_DECIMALS),
            filename: filename.filter(|name| !name.is_empty()),
            is_kept: get("cache_policy") == Some("persist"),
        })
    }
}

/// The parameters of a body, by its type.
///
/// # Errors
/// It is no JSON although it says so.
pub fn parameters_of_body(kind: &str, body: &[u8]) -> Result<Vec<(String, String)>, SqlError> {
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(form_urlencoded::parse(body).into_owned().collect());
    }
    if !kind.eq_ignore_ascii_case("application/json") || body.is_empty() {
        return Ok(Vec::new());
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| SqlError::refused(axum::http::StatusCode::BAD_REQUEST, format!("Invalid JSON: {error}")))?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<SqlRequest, SqlError> {
        let parameters: Vec<_> = parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        SqlRequest::read(&parameters)
    }

    #[test]
    fn parameters_have_defaults() -> Result<(), SqlError> {
        let request = read(&[("q", " SELECT 1 ")])?;
        assert_eq!((request.query.as_str(), request.format, request.decimals), ("SELECT 1", Format::Json, 6));
        assert_eq!((request.rows_per_page, request.page, request.order_by), (None, 0, None));
        Ok(())
    }

    #[test]
    fn nonsense_is_refused_or_left_out() -> Result<(), SqlError> {
        assert_eq!(read(&[]).err().map(|error| error.message).as_deref(), Some("You must indicate a sql query"));
        assert_eq!(
            read(&[("q", ""), ("format", "xyz")]).err().map(|e| e.message).as_deref(),
            Some("Invalid format: xyz")
        );
        assert!(
            read(&[("q", ""), ("format", "XLSX")]).is_err_and(|error| error.message.contains("the sandbox writes"))
        );
        assert_eq!(read(&[("q", ""), ("format", "SHP")])?.format, Format::Shapefile);
        let request = read(&[("q", "x"), ("rows_per_page", "-1"), ("dp", "99"), ("filename", "../a\"b\n;c")])?;
        assert_eq!((request.rows_per_page, request.decimals), (None, 20));
        assert_eq!(request.filename.as_deref(), Some("..abc"));
        Ok(())
    }

    #[test]
    fn bodies_are_forms_or_json() {
        let of = |kind: &str, body: &str| parameters_of_body(kind, body.as_bytes());
        assert_eq!(of("application/x-www-form-urlencoded", "q=a%20b&x=1").map(|p| p.len()), Ok(2));
        assert_eq!(of("application/json", r#"{"q":"a","page":2}"#).map(|p| p[1].1.clone()), Ok("2".to_owned()));
        assert_eq!(of("text/plain", "q=a"), Ok(Vec::new()));
        assert!(of("application/json", "{").is_err());
    }
}
