//! Users and API keys as database roles with real grants.

use super::admin::{AdminTransaction, Ask, retried};
use super::{Database, QueryError, quote_identifier};

/// Letters of a name of a user. Names of roles, which are made of it and two numbers, have 63 at most.
pub const LONGEST_NAME: usize = 36;

/// Whether a text can be the name of a user: it is also the name of a schema and part of role names.
pub fn is_username(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(allowed) && !is_reserved(name)
}

/// Whether the database or the server has a schema or a role of this name.
pub fn is_reserved(name: &str) -> bool {
    ["cartodb", "information_schema", "postgres", "public", "sandbox"].contains(&name) || name.starts_with("pg_")
}

/// The role of a user, which owns everything in the user's schema. It is also the role of the master key.
///
/// # Errors
/// The database is not reachable.
pub async fn user_role(database: &impl Ask, username: &str) -> Result<String, QueryError> {
    let rows =
        database.ask("SELECT role FROM sandbox.users WHERE username = $1", vec![Box::new(username.to_owned())]).await?;
    match rows.first() {
        Some(row) => Ok(row.get(0)),
        None => Ok(format!("{}{username}", prefix(database).await?)),
    }
}

/// What the names of all roles of this database begin with.
///
/// Roles belong to a whole PostgreSQL server: the number of the database tells users of several sandboxes on one server
/// from each other.
///
/// # Errors
/// The database is not reachable.
pub async fn prefix(database: &impl Ask) -> Result<String, QueryError> {
    if database.is_embedded() {
        return Ok("carto_".into());
    }
    Ok(format!("carto_{}_", database_number(database).await?))
}

/// The number of this database on its server, in hexadecimal digits.
///
/// # Errors
/// The database is not reachable.
pub async fn database_number(database: &impl Ask) -> Result<String, QueryError> {
    let sql = "SELECT to_hex(oid::bigint) FROM pg_database WHERE datname = current_database()";
    let rows = database.ask(sql, Vec::new()).await?;
    rows.first().map(|row| row.get(0)).ok_or(QueryError::Lost)
}

/// The role of an API key of a user with this role. The key's name is not part of it: it may hold anything.
pub fn key_role(user_role: &str, id: i32) -> String {
    format!("{user_role}_{id}")
}

/// Makes a user with a schema of the same name, owned by the user's role. Nothing happens when the user exists.
///
/// # Errors
/// The database refuses.
pub async fn create_user(database: &Database, username: &str) -> Result<(), QueryError> {
    retried(|| async move {
        let work = database.begin_exclusive().await?;
        let done = create_user_in(&work, username).await;
        work.end(done).await
    })
    .await
}

/// As [`create_user`], in a transaction that has its turn.
///
/// # Errors
/// The database refuses.
pub async fn create_user_in(work: &AdminTransaction, username: &str) -> Result<(), QueryError> {
    let role = user_role(work, username).await?;
    create_role(work, &role).await?;
    let (role_name, schema) = (quote_identifier(&role), quote_identifier(username));
    work.run(&format!("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role_name}")).await?;
    let sql = "INSERT INTO sandbox.users (username, role, schema_name) VALUES ($1, $2, $1) ON CONFLICT DO NOTHING";
    work.ask(sql, vec![Box::new(username.to_owned()), Box::new(role)]).await?;
    Ok(())
}

/// Makes a role that may do nothing, if there is none, and lets the sandbox act as it.
///
/// # Errors
/// The database refuses.
pub async fn create_role(work: &AdminTransaction, role: &str) -> Result<(), QueryError> {
    let sql = "SELECT 1 FROM pg_roles WHERE rolname = $1";
    let role_name = quote_identifier(role);
    if work.ask(sql, vec![Box::new(role.to_owned())]).await?.is_empty() {
        work.run(&format!("CREATE ROLE {role_name} NOLOGIN")).await?;
    }
    if !work.is_embedded() {
        work.run(&format!("GRANT {role_name} TO CURRENT_USER")).await?;
    }
    Ok(())
}

/// Drops the role of a key. What it owns goes to `heir`.
///
/// # Errors
/// The database refuses.
pub async fn drop_role(work: &AdminTransaction, role: &str, heir: &str) -> Result<(), QueryError> {
    let (name, heir) = (quote_identifier(role), quote_identifier(heir));
    work.run(&format!("REASSIGN OWNED BY {name} TO {heir}; DROP OWNED BY {name}; DROP ROLE {name}")).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_plain() {
        assert!(is_username("demo") && is_username("a-b_1"));
        assert!(!is_username("") && !is_username("A") && !is_username("a\"b") && !is_username(&"x".repeat(37)));
        assert!(!is_username("postgres") && !is_username("pg_x") && !is_username("public"));
        assert!(!is_username("cartodb"));
    }
}
