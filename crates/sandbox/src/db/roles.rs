//! Users and API keys as database roles with real grants.

use super::{Database, QueryError, quote_identifier, server::READER};

/// What an API key may do, as in the Auth API.
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    /// Its name; unique for the user.
    pub name: &'a str,
    /// `master`, `default` or `regular`.
    pub kind: &'a str,
    /// The secret.
    pub token: &'a str,
    /// `maps` and `sql`.
    pub apis: &'a [&'a str],
    /// Tables of the user that it can read; a master key owns them all.
    pub tables: &'a [&'a str],
}

/// Whether a text can be the name of a user: it is also the name of a schema and part of role names.
pub fn is_username(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 40 && name.chars().all(allowed)
}

/// Makes a user with a schema of the same name, owned by the user's role. Nothing happens when the user exists.
///
/// # Errors
/// The database refuses.
pub async fn create_user(database: &Database, username: &str) -> Result<(), QueryError> {
    let role = format!("carto_{username}");
    create_role(database, &role).await?;
    let (role_name, schema) = (quote_identifier(&role), quote_identifier(username));
    database.admin(&format!("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role_name}")).await?;
    let sql = "INSERT INTO sandbox.users (username, role, schema_name) VALUES ($1, $2, $1) ON CONFLICT DO NOTHING";
    database.admin_query(sql, vec![Box::new(username.to_owned()), Box::new(role)]).await?;
    Ok(())
}

/// Makes an API key with its role, or renews the token and the rights of the key of this name.
///
/// # Errors
/// The database refuses, for instance because the token is taken.
pub async fn create_key(database: &Database, username: &str, key: &NewKey<'_>) -> Result<(), QueryError> {
    let rows = database
        .admin_query(
            "INSERT INTO sandbox.api_keys (user_id, name, type, token, role, apis)
             SELECT id, $2, $3, $4, '', $5 FROM sandbox.users WHERE username = $1
             ON CONFLICT (user_id, name) DO UPDATE
                SET token = excluded.token, apis = excluded.apis, updated_at = now()
             RETURNING id",
            vec![
                Box::new(username.to_owned()),
                Box::new(key.name.to_owned()),
                Box::new(key.kind.to_owned()),
                Box::new(key.token.to_owned()),
                Box::new(key.apis.iter().map(|api| (*api).to_owned()).collect::<Vec<String>>()),
            ],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let id: i32 = row.get(0);
    // The master key is the user, who owns the tables.
    let role = if key.kind == "master" { format!("carto_{username}") } else { format!("carto_{username}_{id}") };
    create_role(database, &role).await?;
    let sql = "UPDATE sandbox.api_keys SET role = $2 WHERE id = $1";
    database.admin_query(sql, vec![Box::new(id), Box::new(role.clone())]).await?;
    let (schema, role) = (quote_identifier(username), quote_identifier(&role));
    database.admin(&format!("GRANT USAGE ON SCHEMA {schema} TO {role}")).await?;
    if key.kind == "master" {
        return Ok(());
    }
    for table in key.tables {
        database.admin(&format!("GRANT SELECT ON {schema}.{} TO {role}", quote_identifier(table))).await?;
    }
    Ok(())
}

/// Makes a role that cannot log in, if there is none, and lets the sandbox act as it.
async fn create_role(database: &Database, role: &str) -> Result<(), QueryError> {
    let sql = "SELECT 1 FROM pg_roles WHERE rolname = $1";
    let role_name = quote_identifier(role);
    if database.admin_query(sql, vec![Box::new(role.to_owned())]).await?.is_empty() {
        database.admin(&format!("CREATE ROLE {role_name} NOLOGIN")).await?;
    }
    if !database.is_embedded() {
        let reader = quote_identifier(READER);
        database.admin(&format!("GRANT {role_name} TO {reader}; GRANT {role_name} TO CURRENT_USER")).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_plain() {
        assert!(is_username("demo") && is_username("a-b_1"));
        assert!(!is_username("") && !is_username("A") && !is_username("a\"b") && !is_username(&"x".repeat(41)));
    }
}
