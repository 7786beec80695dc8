//! Who is asking, and as which database role: users and API keys.

use crate::db::{Database, Role};
use crate::errors::ApiError;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::fmt;

/// The key of everybody who shows none.
pub const DEFAULT_PUBLIC: &str = "default_public";

/// An API that a key may be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Maps, tiles, dataviews.
    Maps,
}

impl Api {
    fn name(self) -> &'static str {
        match self {
            Api::Maps => "maps",
        }
    }
}

/// The secret that a request carries. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// The secret itself.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

/// Finds the key of a request: HTTP Basic, then the query, then the JSON body. An empty one counts as none.
pub fn token_of(headers: &HeaderMap, query: &[(String, String)], body: Option<&str>) -> Option<Token> {
    let of_query = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    basic_password(headers)
        .or_else(|| of_query("api_key").filter(|token| !token.is_empty()))
        .or_else(|| of_query("map_key").filter(|token| !token.is_empty()))
        .or_else(|| body.map(str::to_owned))
        .filter(|token| !token.is_empty())
        .map(Token)
}

/// The password of HTTP Basic; its user name is not compared with anything, as in real servers of this version.
fn basic_password(headers: &HeaderMap) -> Option<String> {
    let credentials = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = credentials.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned()).filter(|password| !password.is_empty())
}

/// What a request may do.
#[derive(Clone, Debug)]
pub struct Access {
    /// Number of the user.
    pub user_id: i32,
    /// Name of the user.
    pub username: String,
    /// The role to run queries as.
    pub role: Role,
}

/// Looks the key up and checks that it may use an API.
///
/// # Errors
/// 401 for an unknown key, 403 for a key without the API, 404 for an unknown user without a key.
pub async fn authorize(
    database: &Database,
    username: &str,
    token: Option<&Token>,
    api: Api,
) -> Result<Access, ApiError> {
    let secret = token.map_or(DEFAULT_PUBLIC, Token::secret).to_owned();
    // PostgreSQL takes no zero byte in a text, and no key has one.
    if secret.contains('\0') || username.contains('\0') {
        return Err(ApiError::unauthorized());
    }
    let rows = database
        .admin_query(
            "SELECT u.id, u.schema_name, k.role, coalesce($3 = ANY (k.apis), false)
               FROM sandbox.users u LEFT JOIN sandbox.api_keys k ON k.user_id = u.id AND k.token = $2
              WHERE u.username = $1",
            vec![Box::new(username.to_owned()), Box::new(secret), Box::new(api.name())],
        )
        .await
        .map_err(ApiError::from_query)?;
    let Some(row) = rows.first() else {
        return Err(if token.is_some() { ApiError::unauthorized() } else { ApiError::unknown_user() });
    };
    let role: Option<String> = row.get(2);
    let Some(name) = role else { return Err(ApiError::unauthorized()) };
    if !row.get::<_, bool>(3) {
        return Err(ApiError::forbidden());
    }
    Ok(Access { user_id: row.get(0), username: username.to_owned(), role: Role { name, schema: row.get(1) } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(value) = authorization.parse() {
            headers.insert(header::AUTHORIZATION, value);
        }
        headers
    }

    fn secret(authorization: &str, query: &[(&str, &str)], body: Option<&str>) -> Option<String> {
        let query: Vec<(String, String)> = query.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        token_of(&headers(authorization), &query, body).map(|token| token.secret().to_owned())
    }

    #[test]
    fn keys_are_looked_for_in_order() {
        // demo:basic
        let basic = "Basic ZGVtbzpiYXNpYw==";
        assert_eq!(secret(basic, &[("api_key", "query")], Some("body")).as_deref(), Some("basic"));
        assert_eq!(secret("", &[("map_key", "map"), ("api_key", "query")], Some("body")).as_deref(), Some("query"));
        assert_eq!(secret("", &[("map_key", "map")], Some("body")).as_deref(), Some("map"));
        assert_eq!(secret("", &[("api_key", "")], Some("body")).as_deref(), Some("body"));
        assert_eq!(secret("", &[("api_key", "")], None), None);
        assert_eq!(secret("Basic !!!", &[], None), None);
    }

    #[test]
    fn tokens_are_not_printed() {
        let token = token_of(&HeaderMap::new(), &[("api_key".into(), "secret".into())], None);
        assert!(!format!("{token:?}").contains("secret"));
    }
}
