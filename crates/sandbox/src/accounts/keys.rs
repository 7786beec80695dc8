//! Who is asking, and as which database role: users and API keys.

use crate::db::{Database, QueryError, Role};
use crate::map::error::ApiError;
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
    /// Queries.
    Sql,
}

impl Api {
    /// Its name in grants.
    pub fn name(self) -> &'static str {
        match self {
            Api::Maps => "maps",
            Api::Sql => "sql",
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

/// Finds the key of a request: HTTP Basic, then the query, then the body. An empty one counts as none.
pub fn token_of(headers: &HeaderMap, query: &[(String, String)], body: Option<&str>) -> Option<Token> {
    let of_query = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    basic(headers)
        .map(|(_, password)| password)
        .or_else(|| of_query("api_key").filter(|token| !token.is_empty()))
        .or_else(|| of_query("map_key").filter(|token| !token.is_empty()))
        .or_else(|| body.map(str::to_owned))
        .filter(|token| !token.is_empty())
        .map(Token)
}

/// User name and password of HTTP Basic. The Maps API compares the name with nothing, as real servers of this version.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let credentials = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = credentials.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':').filter(|(_, password)| !password.is_empty())?;
    Some((user.to_owned(), password.to_owned()))
}

/// The user name of HTTP Basic, where there is a password beside it.
pub fn basic_user(headers: &HeaderMap) -> Option<String> {
    basic(headers).map(|(user, _)| user)
}

/// A user.
#[derive(Clone, Debug)]
pub struct Account {
    /// Number of the user.
    pub user_id: i32,
    /// Name of the user.
    pub username: String,
    /// The role that owns what the user has.
    pub role: String,
    /// Schema of the user's tables.
    pub schema: String,
}

/// What is known of the key of a request.
#[derive(Clone, Debug)]
pub struct Key {
    /// Number of the key.
    pub id: i32,
    /// `master`, `default` or `regular`.
    pub kind: String,
    /// The role to run queries as.
    pub role: Role,
    /// The APIs that it may use.
    pub apis: Vec<String>,
    /// Whether it may list the user's tables.
    pub table_metadata: bool,
}

impl Key {
    /// Whether it may use an API.
    pub fn grants(&self, api: Api) -> bool {
        self.apis.iter().any(|granted| granted == api.name())
    }

    /// Whether it may do everything.
    pub fn is_master(&self) -> bool {
        self.kind == "master"
    }
}

/// Looks a user and the user's key up; no key is the public one.
///
/// # Errors
/// The database fails.
pub async fn look_up(
    database: &Database,
    username: &str,
    token: Option<&Token>,
) -> Result<Option<(Account, Option<Key>)>, QueryError> {
    let secret = token.map_or(DEFAULT_PUBLIC, Token::secret);
    // PostgreSQL takes no zero byte in a text, and neither a user nor a key has one.
    let secret = (!secret.contains('\0')).then(|| secret.to_owned());
    if username.contains('\0') {
        return Ok(None);
    }
    let rows = database
        .admin_query(
            "SELECT u.id, u.role, u.schema_name, k.id, k.type, k.role, k.apis, k.table_metadata
               FROM sandbox.users u LEFT JOIN sandbox.api_keys k ON k.user_id = u.id AND k.token = $2
              WHERE u.username = $1",
            vec![Box::new(username.to_owned()), Box::new(secret)],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let schema: String = row.get(2);
    let account =
        Account { user_id: row.get(0), username: username.to_owned(), role: row.get(1), schema: schema.clone() };
    let key = row.get::<_, Option<i32>>(3).map(|id| Key {
        id,
        kind: row.get(4),
        role: Role { name: row.get(5), schema },
        apis: row.get(6),
        table_metadata: row.get(7),
    });
    Ok(Some((account, key)))
}

/// What a request to the Maps API may do.
#[derive(Clone, Debug)]
pub struct Access {
    /// Number of the user.
    pub user_id: i32,
    /// The role to run queries as.
    pub role: Role,
}

/// Looks the key up and checks that it may use the Maps API.
///
/// # Errors
/// 401 for an unknown key, 403 for a key without the API, 404 for an unknown user without a key.
pub async fn authorize(database: &Database, username: &str, token: Option<&Token>) -> Result<Access, ApiError> {
    let Some((account, key)) = look_up(database, username, token).await.map_err(ApiError::from_query)? else {
        return Err(if token.is_some() { ApiError::unauthorized() } else { ApiError::unknown_user() });
    };
    let key = key.ok_or_else(ApiError::unauthorized)?;
    if !key.grants(Api::Maps) {
        return Err(ApiError::forbidden());
    }
    Ok(Access { user_id: account.user_id, role: key.role })
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
