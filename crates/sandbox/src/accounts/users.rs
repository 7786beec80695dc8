//! Users: added, listed and deleted by whoever operates the server.

use crate::accounts::keys::{Account, DEFAULT_PUBLIC};
use crate::auth_api::api_keys::{self, DEFAULT, GivenKey, MASTER};
use crate::data::demo::ALL_APIS;
use crate::data::overviews;
use crate::db::admin::{AdminTransaction, Ask, Failure, retried};
use crate::db::{Database, QueryError, quote_identifier, roles};

/// Tables that are dropped at a time: every one of them, with its indexes, takes locks that the server has not many of.
const TABLES_AT_ONCE: i64 = 200;

/// Why something about a user is not done, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// What is said already.
    #[error("{0}")]
    Said(String),
    /// The database refuses.
    #[error("The database refuses: {0}.")]
    Query(#[from] QueryError),
}

impl Failure for AccountError {
    fn query_error(&self) -> Option<&QueryError> {
        match self {
            AccountError::Query(error) => Some(error),
            AccountError::Said(_) => None,
        }
    }
}

/// Makes a user with the two keys that every user has; gives the token of the master key.
///
/// # Errors
/// The name cannot be one, or is taken; the database refuses.
pub async fn add(database: &Database, username: &str) -> Result<String, AccountError> {
    if roles::is_reserved(username) {
        return Err(AccountError::Said(format!(
            "\"{}\" cannot be the name of a user: it is reserved for the database and the server.",
            username.escape_debug()
        )));
    }
    if !roles::is_username(username) {
        return Err(AccountError::Said(format!(
            "\"{}\" cannot be the name of a user: small letters, digits, - and _, at most {}.",
            username.escape_debug(),
            roles::LONGEST_NAME
        )));
    }
    let token = &api_keys::new_master_token()?;
    retried(|| async move {
        let work = database.begin_exclusive().await?;
        let added = add_in(&work, username, token).await;
        work.end(added).await
    })
    .await?;
    Ok(token.clone())
}

async fn add_in(work: &AdminTransaction, username: &str, token: &str) -> Result<(), AccountError> {
    if find(work, username).await?.is_some() {
        return Err(AccountError::Said(format!("There is a user {username} already.")));
    }
    // A schema of that name would become the user's.
    let sql = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    if !work.ask(sql, vec![Box::new(username.to_owned())]).await?.is_empty() {
        let message = format!("The database has a schema {username} already, which is not the sandbox's.");
        return Err(AccountError::Said(message));
    }
    roles::create_user_in(work, username).await?;
    for (name, kind, token) in [(MASTER, "master", token), (DEFAULT, "default", DEFAULT_PUBLIC)] {
        let key = GivenKey { name, kind, token, apis: ALL_APIS, tables: &[] };
        api_keys::put_in(work, username, &key).await?;
    }
    Ok(())
}

/// Names of all users, with the number of their datasets and keys.
///
/// # Errors
/// The database refuses.
pub async fn list(database: &Database) -> Result<Vec<(String, i64, i64)>, AccountError> {
    let sql = "SELECT username, (SELECT count(*) FROM sandbox.tables t WHERE t.schema_name = u.schema_name),
                      (SELECT count(*) FROM sandbox.api_keys k WHERE k.user_id = u.id)
                 FROM sandbox.users u ORDER BY username";
    let rows = database.admin_query(sql, Vec::new()).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// Deletes a user with all keys and datasets.
///
/// # Errors
/// There is no such user; the database refuses.
pub async fn delete(database: &Database, username: &str) -> Result<(), AccountError> {
    // Of very many tables most go beforehand; what is left goes at once.
    while retried(|| drop_tables(database, username)).await? {}
    let roles = retried(|| async move {
        let work = database.begin_exclusive().await?;
        let deleted = delete_in(&work, username).await;
        work.end(deleted).await
    });
    for role in roles.await? {
        database.forget(&role).await;
    }
    Ok(())
}

/// Drops some tables of a user who has too many for one transaction; says whether there were so many.
async fn drop_tables(database: &Database, username: &str) -> Result<bool, AccountError> {
    let account = existing(database, username).await?;
    let sql = "SELECT c.oid::regclass::text, (count(*) OVER ()) > $2
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $1 AND c.relkind = ANY ('{r,p}') AND NOT c.relispartition LIMIT $2";
    let tables = database.ask(sql, vec![Box::new(account.schema), Box::new(TABLES_AT_ONCE)]).await?;
    if !tables.first().is_some_and(|row| row.get(1)) {
        return Ok(false);
    }
    let names: Vec<&str> = tables.iter().map(|row| row.get(0)).collect();
    database.run(&format!("DROP TABLE IF EXISTS {} CASCADE", names.join(", "))).await?;
    Ok(true)
}

/// Gives the roles that are gone.
async fn delete_in(work: &AdminTransaction, username: &str) -> Result<Vec<String>, AccountError> {
    let account = existing(work, username).await?;
    let sql = "SELECT role FROM sandbox.api_keys WHERE user_id = $1 AND type <> 'master' AND role <> $2";
    let keys = work.ask(sql, vec![Box::new(account.user_id), Box::new(account.role.clone())]).await?;
    // What hangs off the row goes with it: keys, maps.
    work.ask("DELETE FROM sandbox.users WHERE id = $1", vec![Box::new(account.user_id)]).await?;
    let mut gone = vec![account.role.clone()];
    for key in keys {
        let role: String = key.get(0);
        roles::drop_role(work, &role, &account.role).await?;
        gone.push(role);
    }
    work.run(&format!("DROP SCHEMA IF EXISTS {} CASCADE", quote_identifier(&account.schema))).await?;
    overviews::forget_all(work, &account.schema).await?;
    let sql = "DELETE FROM sandbox.tables WHERE schema_name = $1";
    work.ask(sql, vec![Box::new(account.schema)]).await?;
    // Large objects, default rights, and what else there may be outside of the schema.
    let role = quote_identifier(&account.role);
    work.run(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).await?;
    Ok(gone)
}

/// The user of this name.
///
/// # Errors
/// The database refuses.
pub async fn find(database: &impl Ask, username: &str) -> Result<Option<Account>, QueryError> {
    let sql = "SELECT id, username, role, schema_name FROM sandbox.users WHERE username = $1";
    let rows = database.ask(sql, vec![Box::new(username.to_owned())]).await?;
    Ok(rows.first().map(|row| Account {
        user_id: row.get(0),
        username: row.get(1),
        role: row.get(2),
        schema: row.get(3),
    }))
}

/// The user of this name, who must be there.
///
/// # Errors
/// There is no such user; the database refuses.
pub async fn existing(database: &impl Ask, username: &str) -> Result<Account, AccountError> {
    let found = find(database, username).await?;
    found.ok_or_else(|| AccountError::Said(format!("There is no user {username}: carto-sandbox user add {username}")))
}
