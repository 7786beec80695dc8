//! A request, taken apart: whose it is, which API it is for, and what comes behind.

use crate::accounts::keys::{self, Token};
use crate::http::listen::client::Forwarded;
use crate::http::origins::Trust;
use crate::http::route::{LONGEST_NAME, Route, Target};
use crate::query::parameters::Parameters;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// What pages are told that may not change anything.
pub const FOREIGN_PAGE: &str = "Pages of this origin change nothing with a master key: the operator of the server names \
                                those that may with --allow-origin";
/// Letters of a host with a port.
const LONGEST_HOST: usize = 260;

/// A request to one of the APIs, taken apart.
pub struct Call {
    /// What it asks for.
    pub route: Route,
    /// Whose map, data or keys it is about.
    pub username: String,
    /// What comes before `/api` in the path.
    pub root: String,
    /// `https` where a trusted proxy says so, and `http` otherwise.
    pub scheme: &'static str,
    /// The host with its port, as the client knows it.
    pub host: String,
    /// The same as it was sent, if it was; nothing is known of what is in it.
    pub sent_to: Option<String>,
    /// Query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// Request headers.
    pub headers: HeaderMap,
}

impl Call {
    /// Takes the rest of a request apart, whose path was read before; none when the user that its host names cannot be one.
    pub fn new(parts: &Parts, target: Target) -> Option<Call> {
        // An address with a host in it goes before the header, as in HTTP/2.
        let in_address = parts.uri.authority().map(|host| host.as_str().to_owned());
        let in_header = || parts.headers.get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into());
        let sent_to: Option<String> = in_address.or_else(in_header);
        let forwarded: Option<&Forwarded> = parts.extensions.get();
        let told = forwarded.and_then(|forwarded| forwarded.host.as_deref());
        let host = told.or(sent_to.as_deref()).unwrap_or_default();
        // It comes back in addresses of the answer: nothing but a host may be in it.
        let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
        let host = if is_host && host.len() <= LONGEST_HOST { host } else { "localhost" };
        // By host name: the first label.
        let of_host = || host.split(['.', ':']).next().unwrap_or_default().to_owned();
        // Names of users are small letters, and hosts know no others.
        let username = target.user.unwrap_or_else(of_host).to_lowercase();
        if username.len() > LONGEST_NAME {
            return None;
        }
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Some(Call {
            route: target.route,
            username,
            root: target.root,
            scheme: if forwarded.is_some_and(|forwarded| forwarded.is_secure) { "https" } else { "http" },
            host: host.to_owned(),
            sent_to,
            query,
            headers: parts.headers.clone(),
        })
    }

    /// An address on this server, as the client knows it.
    pub fn address(&self, path: &str) -> String {
        format!("{}://{}{}{path}", self.scheme, self.host, self.root)
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

/// The name of a function and nothing else.
pub(super) fn safe_callback(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "[]_$.".contains(*c)).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: &str, host: &str) -> Option<Call> {
        let request = axum::http::Request::builder().uri(path).header("host", host).body(()).ok()?;
        let target = Target::parse(request.uri().path())?;
        Call::new(&request.into_parts().0, target)
    }

    #[test]
    fn users_are_found_in_path_and_host() {
        let user = |path, host: &str| call(path, host).map(|call| call.username);
        assert_eq!(user("/api/v1/map", "demo.localhost:8182").as_deref(), Some("demo"));
        assert_eq!(user("/user/demo/api/v1/map", "other.localhost").as_deref(), Some("demo"));
        assert_eq!(user("/user/Demo/api/v1/map", "other.localhost").as_deref(), Some("demo"));
        assert_eq!(user("/api/v1/map", "DEMO.localhost").as_deref(), Some("demo"));
        assert_eq!(user("/api/v1/map", &format!("{}.localhost", "x".repeat(LONGEST_NAME + 1))), None);
    }

    #[test]
    fn parameters_are_decoded() {
        let call = call("/u/api/v1/map?api_key=a%20b&callback=x", "h");
        assert_eq!(call.as_ref().and_then(|call| call.parameter("api_key")), Some("a b"));
    }

    #[test]
    fn callbacks_are_names() {
        assert_eq!(safe_callback("a.b[0]_$"), "a.b[0]_$");
        assert_eq!(safe_callback("alert('x');//<"), "alertx");
    }
}
