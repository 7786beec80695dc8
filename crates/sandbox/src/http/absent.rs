//! What is not there: APIs of the original that this server does not have, and addresses that nobody has. The answer is a
//! sentence, in the shape of the APIs' own errors.

use crate::map::error::ApiError;
use axum::http::StatusCode;

/// Parts of addresses of APIs that there are not, and what to do instead.
const APIS: &[(&str, &str)] = &[
    ("viz", "This server keeps no visualizations (viz.json): make the map with the Maps API, /api/v1/map"),
    ("synchronizations", "This server has no Synchronization API: files are sent to /api/v1/imports, once each"),
    ("geocodings", "This server geocodes nothing"),
    ("users", "This server manages no accounts over HTTP: users are added by its command `carto-sandbox user`"),
    ("me", "This server manages no accounts over HTTP: users are added by its command `carto-sandbox user`"),
];

/// The refusal of an address beside those of datasets.
pub(super) const NO_LIST_OF_DATASETS: &str =
    "There is no such address, or not with this method: what datasets there are tells /api/v1/viz";

/// The refusal of an address of no API.
pub(super) fn address(path: &str) -> ApiError {
    let of_api = path.split_once("/api/").map(|(_, rest)| rest);
    let mut parts = of_api.unwrap_or_default().split('/').skip(1);
    let known = parts.next().and_then(|part| {
        let name = part.split('.').next().unwrap_or_default();
        APIS.iter().find(|(api, _)| *api == name).map(|(_, sentence)| *sentence)
    });
    let message = known.unwrap_or(match of_api {
        Some(_) => {
            "This server has no such API; it has /api/v1/map, /api/v2/sql, /api/v1/imports, /api/v1/viz, /api/v3/api_keys \
             and /api/v4/datasets"
        }
        None => "This server has nothing at this address",
    });
    ApiError::new(StatusCode::NOT_FOUND, message).before_auth()
}

/// The refusal of a route of the Maps API that there is not, or not with this method.
pub(super) fn route() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "The Maps API has no such address, or not with this method")
}

/// The refusal of a named map.
pub(super) fn named_map(template: &str, username: &str) -> ApiError {
    let message = match template {
        "" => "This server keeps no named maps: send the configuration itself to /api/v1/map".to_owned(),
        name => format!("Template '{name}' of user '{username}' not found: this server keeps no named maps"),
    };
    ApiError::new(StatusCode::NOT_FOUND, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_a_sentence() {
        for (path, word) in [
            ("/user/demo/api/v2/viz/1234/viz.json", "viz.json"),
            ("/api/v1/viz", "viz.json"),
            ("/user/demo/api/v1/synchronizations/", "/api/v1/imports"),
            ("/u/api/v1/nope", "no such API"),
            ("/u/api/", "no such API"),
            ("/favicon.ico", "nothing at this address"),
        ] {
            let error = address(path);
            assert!(error.status == StatusCode::NOT_FOUND && error.message.contains(word), "{path}: {}", error.message);
        }
        assert!(named_map("a", "b").message.starts_with("Template 'a' of user 'b' not found"));
    }
}
