//! A request, taken apart: whose it is, which API it is for, and what comes behind.

use crate::accounts::keys::{self, Token};
use crate::http::origins::Trust;
use crate::http::rate_limits::part_of_maps;
use crate::query::parameters::Parameters;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `/api/v1/map`
    Maps,
    /// `/api/v2/sql`, and `/api/v1/sql`
    Sql,
    /// `/api/v3/api_keys`
    ApiKeys,
    /// `/api/v4/datasets`
    Datasets,
}

impl Service {
    /// The part that an address is counted for, by the rest of its path.
    pub fn part(self, segments: &[String]) -> &'static str {
        match self {
            Service::Maps => part_of_maps(segments),
            Service::Sql => "query",
            Service::ApiKeys | Service::Datasets => "auth",
        }
    }
}

/// Where the services are.
const SERVICES: &[(&str, Service)] = &[
    ("/api/v1/map", Service::Maps),
    ("/api/v2/sql", Service::Sql),
    ("/api/v1/sql", Service::Sql),
    ("/api/v3/api_keys", Service::ApiKeys),
    ("/api/v4/datasets", Service::Datasets),
];

/// What pages are told that may not change anything.
pub const FOREIGN_PAGE: &str = "Pages of this origin change nothing with a master key: the operator of the server names \
                                those that may with --allow-origin";
/// Letters of a host with a port.
const LONGEST_HOST: usize = 260;
/// Letters of a user's name in an address; no user has a longer one.
const LONGEST_NAME: usize = 63;

/// A request to one of the APIs, taken apart.
pub struct Call {
    /// What it is for.
    pub service: Service,
    /// Whose map, data or keys it is about.
    pub username: String,
    /// What comes before `/api` in the path.
    pub root: String,
    /// The host with its port, as the client knows it.
    pub host: String,
    /// The same as it was sent, if it was; nothing is known of what is in it.
    pub sent_to: Option<String>,
    /// What comes behind the address of the service, decoded.
    pub segments: Vec<String>,
    /// Query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// Request headers.
    pub headers: HeaderMap,
}

impl Call {
    /// The service of a path, and what comes behind its address.
    pub fn service_of(path: &str) -> Option<(Service, Vec<String>)> {
        SERVICES.iter().find_map(|(address, service)| {
            let (_, rest) = path.split_once(address)?;
            let is_whole = rest.is_empty() || rest.starts_with('/');
            let segments = rest.split('/').filter(|segment| !segment.is_empty()).map(decode).collect();
            is_whole.then_some((*service, segments))
        })
    }

    /// Takes a request apart; none when its address is none of an API.
    pub fn new(parts: &Parts) -> Option<Call> {
        // An address with a host in it goes before the header, as in HTTP/2.
        let in_address = parts.uri.authority().map(|host| host.as_str().to_owned());
        let in_header = || parts.headers.get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into());
        let sent_to: Option<String> = in_address.or_else(in_header);
        let host = sent_to.as_deref().unwrap_or_default();
        // It comes back in addresses of the answer: nothing but a host may be in it.
        let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
        let host = if is_host && host.len() <= LONGEST_HOST { host } else { "localhost" };
        let (service, root, rest) = SERVICES.iter().find_map(|(address, service)| {
            let (root, rest) = parts.uri.path().split_once(address)?;
            let is_whole = rest.is_empty() || rest.starts_with('/');
            is_whole.then_some((*service, root, rest.strip_prefix('/').unwrap_or_default()))
        })?;
        let username = match root.split('/').collect::<Vec<_>>().as_slice() {
            // By host name: the first label.
            [""] => host.split(['.', ':']).next().unwrap_or_default(),
            ["", "user", user] | ["", user] if !user.is_empty() => user,
            _ => return None,
        };
        if username.len() > LONGEST_NAME {
            return None;
        }
        let segments = rest.split('/').filter(|_| !rest.is_empty()).map(decode).collect();
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Some(Call {
            service,
            username: decode(username),
            root: root.to_owned(),
            host: host.to_owned(),
            sent_to,
            segments,
            query,
            headers: parts.headers.clone(),
        })
    }

    /// The first query parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        Parameters(&self.query).get(name)
    }

    /// The key that the request shows outside of its body.
    pub fn token(&self) -> Option<Token> {
        keys::token_of(&self.headers, &self.query, None)
    }

    /// The type of the body, without its parameters.
    pub fn content_type(&self) -> &str {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim()
    }

    /// What is wrong with the host that the request was sent to, where keys are managed.
    pub fn misdirected(&self, trust: &Trust) -> Option<String> {
        (!trust.has_host(self.sent_to.as_deref())).then(|| {
            let host: String = self.host.chars().take(100).collect();
            format!(
                "This server manages no keys under the name \"{host}\": its operator names those that it has with \
                 --public-host"
            )
        })
    }

    /// The name of a function that the answer is wrapped in, for pages that ask by a script element.
    pub fn callback(&self) -> Option<String> {
        self.parameter("callback").map(safe_callback).filter(|name| !name.is_empty())
    }
}

fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// The name of a function and nothing else.
fn safe_callback(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "[]_$.".contains(*c)).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: &str, host: &str) -> Option<Call> {
        let request = axum::http::Request::builder().uri(path).header("host", host).body(()).ok()?;
        Call::new(&request.into_parts().0)
    }

    #[test]
    fn users_are_found_in_path_and_host() {
        let user = |path, host| call(path, host).map(|call| (call.username, call.root));
        let of = |user: &str, root: &str| Some((user.to_owned(), root.to_owned()));
        assert_eq!(user("/user/demo/api/v1/map", "h"), of("demo", "/user/demo"));
        assert_eq!(user("/demo/api/v1/map/x/0/0/0.png", "h"), of("demo", "/demo"));
        assert_eq!(user("/api/v1/map", "demo.localhost:8182"), of("demo", ""));
        assert_eq!(user("/user/demo/api/v1/map", "other.localhost"), of("demo", "/user/demo"));
        assert_eq!(user("/user/demo/api/v1/nope", "h"), None);
        assert_eq!(user("/a/b/c/api/v1/map", "h"), None);
        assert_eq!(user("/user/demo/api/v1/maps", "h"), None);
        assert_eq!(user("/user/demo/api/v2/sql", "h"), of("demo", "/user/demo"));
        assert_eq!(user("/api/v3/api_keys/a%2Fb/token/regenerate", "demo.h"), of("demo", ""));
    }

    #[test]
    fn segments_and_parameters_are_decoded() {
        let call = call("/u/api/v1/map/a%3A1/0%2C1/0/0/0.png?api_key=a%20b&callback=x", "h");
        let segments = call.as_ref().map(|call| call.segments.clone()).unwrap_or_default();
        assert_eq!(segments, ["a:1", "0,1", "0", "0", "0.png"]);
        assert_eq!(call.as_ref().and_then(|call| call.parameter("api_key")), Some("a b"));
    }

    #[test]
    fn callbacks_are_names() {
        assert_eq!(safe_callback("a.b[0]_$"), "a.b[0]_$");
        assert_eq!(safe_callback("alert('x');//<"), "alertx");
    }
}
