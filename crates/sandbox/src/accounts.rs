//! Users: added, listed and deleted by whoever operates the server.

use crate::auth_api::api_keys::{self, DEFAULT, GivenKey, MASTER};
use crate::db::{Database, QueryError, quote_identifier, roles};
use crate::demo_data::ALL_APIS;
use crate::keys::{Account, DEFAULT_PUBLIC};

/// Why something about a user is not done, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AccountError(pub String);

impl From<QueryError> for AccountError {
    fn from(error: QueryError) -> AccountError {
        AccountError(format!("The database refuses: {error}."))
    }
}

/// Makes a user with the two keys that every user has; gives the token of the master key.
///
/// # Errors
/// The name cannot be one, or is taken; the database refuses.
pub async fn add(database: &Database, username: &str) -> Result<String, AccountError> {
    if !roles::is_username(username) {
        return Err(AccountError(format!(
            "\"{username}\" cannot be the name of a user: small letters, digits, - and _, at most 40."
        )));
    }
    if find(database, username).await?.is_some() {
        return Err(AccountError(format!("There is a user {username} already.")));
    }
    // A schema of that name would become the user's.
    let sql = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    if !database.admin_query(sql, vec![Box::new(username.to_owned())]).await?.is_empty() {
        return Err(AccountError(format!("The database has a schema {username} already, which is not the sandbox's.")));
    }
    let token = master_token()?;
    roles::create_user(database, username).await?;
    for (name, kind, token) in [(MASTER, "master", token.as_str()), (DEFAULT, "default", DEFAULT_PUBLIC)] {
        let key = GivenKey { name, kind, token, apis: ALL_APIS, tables: &[] };
        api_keys::put(database, username, &key).await?;
    }
    Ok(token)
}

/// 40 hexadecimal digits, as master keys have them; clients know them by that.
fn master_token() -> Result<String, AccountError> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|error| AccountError(format!("There are no random numbers: {error}.")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
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
    let account = existing(database, username).await?;
    let sql = "SELECT role FROM sandbox.api_keys WHERE user_id = $1 AND type <> 'master'";
    let keys = database.admin_query(sql, vec![Box::new(account.user_id)]).await?;
    // First nobody can log in any more, then what is left goes.
    database.admin_query("DELETE FROM sandbox.api_keys WHERE user_id = $1", vec![Box::new(account.user_id)]).await?;
    for key in keys {
        roles::drop_role(database, key.get(0), &account.role).await?;
    }
    database.admin(&format!("DROP SCHEMA IF EXISTS {} CASCADE", quote_identifier(&account.schema))).await?;
    let sql = "DELETE FROM sandbox.tables WHERE schema_name = $1";
    database.admin_query(sql, vec![Box::new(account.schema.clone())]).await?;
    database.admin_query("DELETE FROM sandbox.users WHERE id = $1", vec![Box::new(account.user_id)]).await?;
    database.forget(&account.role).await;
    let role = quote_identifier(&account.role);
    database.admin(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await?;
    let sql = "DELETE FROM sandbox.logins WHERE role = $1";
    database.admin_query(sql, vec![Box::new(account.role.clone())]).await?;
    Ok(())
}

/// The user of this name.
///
/// # Errors
/// The database refuses.
pub async fn find(database: &Database, username: &str) -> Result<Option<Account>, QueryError> {
    let sql = "SELECT id, username, role, schema_name FROM sandbox.users WHERE username = $1";
    let rows = database.admin_query(sql, vec![Box::new(username.to_owned())]).await?;
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
pub async fn existing(database: &Database, username: &str) -> Result<Account, AccountError> {
    let found = find(database, username).await?;
    found.ok_or_else(|| AccountError(format!("There is no user {username}: carto-sandbox user add {username}")))
}
