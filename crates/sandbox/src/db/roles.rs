//! Users and API keys as database roles with real grants.

use super::{Database, QueryError, quote_identifier};

/// Whether a text can be the name of a user: it is also the name of a schema and part of role names.
pub fn is_username(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let is_taken = ["information_schema", "postgres", "public", "sandbox"].contains(&name) || name.starts_with("pg_");
    !name.is_empty() && name.len() <= 40 && name.chars().all(allowed) && !is_taken
}

/// The role of a user, which owns everything in the user's schema. It is also the role of the master key.
pub fn user_role(username: &str) -> String {
    format!("carto_{username}")
}

/// The role of an API key. The key's name is not part of it: it may hold anything.
pub fn key_role(username: &str, id: i32) -> String {
    format!("carto_{username}_{id}")
}

/// Makes a user with a schema of the same name, owned by the user's role. Nothing happens when the user exists.
///
/// # Errors
/// The database refuses.
pub async fn create_user(database: &Database, username: &str) -> Result<(), QueryError> {
    let role = user_role(username);
    create_role(database, &role).await?;
    let (role_name, schema) = (quote_identifier(&role), quote_identifier(username));
    database.admin(&format!("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role_name}")).await?;
    let sql = "INSERT INTO sandbox.users (username, role, schema_name) VALUES ($1, $2, $1) ON CONFLICT DO NOTHING";
    database.admin_query(sql, vec![Box::new(username.to_owned()), Box::new(role)]).await?;
    Ok(())
}

/// Makes a role that may do nothing, if there is none, and lets the sandbox act as it.
///
/// # Errors
/// The database refuses.
pub async fn create_role(database: &Database, role: &str) -> Result<(), QueryError> {
    let sql = "SELECT 1 FROM pg_roles WHERE rolname = $1";
    let role_name = quote_identifier(role);
    if database.admin_query(sql, vec![Box::new(role.to_owned())]).await?.is_empty() {
        database.admin(&format!("CREATE ROLE {role_name} NOLOGIN")).await?;
    }
    if !database.is_embedded() {
        database.admin(&format!("GRANT {role_name} TO CURRENT_USER")).await?;
    }
    Ok(())
}

/// Drops the role of a key. What it owns goes to `heir`.
///
/// # Errors
/// The database refuses.
pub async fn drop_role(database: &Database, role: &str, heir: &str) -> Result<(), QueryError> {
    database.forget(role).await;
    let (name, heir) = (quote_identifier(role), quote_identifier(heir));
    let sql = format!("REASSIGN OWNED BY {name} TO {heir}; DROP OWNED BY {name}; DROP ROLE {name}");
    database.admin(&sql).await?;
    database.admin_query("DELETE FROM sandbox.logins WHERE role = $1", vec![Box::new(role.to_owned())]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_plain() {
        assert!(is_username("demo") && is_username("a-b_1"));
        assert!(!is_username("") && !is_username("A") && !is_username("a\"b") && !is_username(&"x".repeat(41)));
        assert!(!is_username("postgres") && !is_username("pg_x") && !is_username("public"));
    }
}
