//! What is changed about a dataset as a whole: its name, who may read it, and whether it is there.
//!
//! Rights of keys belong to the table and not to its name, so they go with it.

use super::datasets;
use crate::accounts::keys::Account;
use crate::data::import::names::Reserved;
use crate::data::tables;
use crate::db::admin::{AdminTransaction, Ask, Failure, retried};
use crate::db::{Database, QueryError, migrations, quote_identifier};
use serde_json::Value;

/// What becomes different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The new name, as somebody wrote it.
    pub name: Option<String>,
    /// Whether everybody may read it.
    pub is_public: Option<bool>,
}

/// Why nothing is changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such dataset.
    #[error("there is no such dataset")]
    NotFound,
    /// It makes no sense: why, in one sentence.
    #[error("{0}")]
    Invalid(String),
    /// The database refuses, or is not there.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl Failure for ChangeError {
    fn query_error(&self) -> Option<&QueryError> {
        match self {
            ChangeError::Query(error) => Some(error),
            ChangeError::NotFound | ChangeError::Invalid(_) => None,
        }
    }
}

impl Change {
    /// Reads the members `name` and `privacy`. Clients send back all that they were told: what is nothing changes nothing.
    ///
    /// # Errors
    /// Something is wished that this server does not have.
    pub fn read(wanted: &Value) -> Result<Change, String> {
        let is_nothing = |value: &Value| {
            value.is_null() || value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty)
        };
        for member in ["description", "tags"] {
            if !is_nothing(&wanted[member]) {
                return Err(format!("This server keeps no {member} of datasets: name and privacy can be changed"));
            }
        }
        let name = match &wanted["name"] {
            Value::Null => None,
            Value::String(name) => Some(name.clone()),
            _ => return Err("The name is no text".into()),
        };
        let is_public = match &wanted["privacy"] {
            Value::Null => None,
            privacy => Some(is_public(privacy.as_str().unwrap_or_default())?),
        };
        Ok(Change { name, is_public })
    }
}

/// Reads who may see something.
///
/// # Errors
/// This server does not know it.
pub fn is_public(privacy: &str) -> Result<bool, String> {
    match privacy.to_ascii_lowercase().as_str() {
        "public" => Ok(true),
        "private" => Ok(false),
        _ => Err("A dataset is public or private here: privacy has another value".into()),
    }
}

/// Changes a dataset; gives its name.
///
/// # Errors
/// There is none, the change makes no sense, or the database refuses.
pub async fn change(
    database: &Database,
    account: &Account,
    name: &str,
    change: &Change,
) -> Result<String, ChangeError> {
    retried(|| async move {
        let work = database.begin_exclusive().await?;
        let changed = change_in(&work, account, name, change).await;
        work.end(changed).await
    })
    .await
}

async fn change_in(
    work: &AdminTransaction,
    account: &Account,
    name: &str,
    change: &Change,
) -> Result<String, ChangeError> {
    let dataset = datasets::look_up(work, account, name).await?.ok_or(ChangeError::NotFound)?;
    let mut now = dataset.name;
    if let Some(wanted) = change.name.as_deref().filter(|wanted| *wanted != now) {
        now = rename(work, account, &now, wanted).await?;
    }
    match change.is_public {
        Some(true) => tables::publish(work, &account.schema, &now).await?,
        Some(false) => tables::hide(work, &account.schema, &now).await?,
        None => {}
    }
    Ok(now)
}

async fn rename(work: &AdminTransaction, account: &Account, before: &str, wanted: &str) -> Result<String, ChangeError> {
    let reserved = Reserved::of(work).await?;
    let now = reserved.table(wanted);
    if now.is_empty() {
        return Err(ChangeError::Invalid("The name has no letter and no digit in it".into()));
    }
    if now == before {
        return Ok(now);
    }
    let schema = &account.schema;
    if migrations::has_relation(work, schema, &now).await? {
        return Err(ChangeError::Invalid(format!("Table '{now}' already exists.")));
    }
    let (own, from, to) = (quote_identifier(schema), quote_identifier(before), quote_identifier(&now));
    // Views and tables alike.
    work.run(&format!("ALTER TABLE {own}.{from} RENAME TO {to}")).await?;
    tables::rename_parts(work, schema, before, &now).await?;
    migrations::forget_table(work, schema, before).await?;
    migrations::note_update(work, schema, &now).await?;
    Ok(now)
}

/// Deletes a dataset with all that is in it.
///
/// # Errors
/// There is none, others depend on it, or the database refuses.
pub async fn delete(database: &Database, account: &Account, name: &str) -> Result<(), ChangeError> {
    retried(|| async move {
        let work = database.begin_exclusive().await?;
        let deleted = delete_in(&work, account, name).await;
        work.end(deleted).await
    })
    .await
}

async fn delete_in(work: &AdminTransaction, account: &Account, name: &str) -> Result<(), ChangeError> {
    let dataset = datasets::look_up(work, account, name).await?.ok_or(ChangeError::NotFound)?;
    let table = format!("{}.{}", quote_identifier(&account.schema), quote_identifier(&dataset.name));
    work.run(&format!("DROP {} {table}", dataset.kind.sql())).await?;
    Ok(migrations::forget_table(work, &account.schema, &dataset.name).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_read() {
        let all =
            json!({"id": "a", "name": "b", "privacy": "PUBLIC", "description": null, "tags": [], "locked": false});
        assert_eq!(Change::read(&all), Ok(Change { name: Some("b".into()), is_public: Some(true) }));
        assert_eq!(Change::read(&json!({"privacy": "private"})).map(|change| change.is_public), Ok(Some(false)));
        assert_eq!(Change::read(&json!({})), Ok(Change::default()));
        for wrong in [
            json!({"privacy": "LINK"}),
            json!({"privacy": 1}),
            json!({"name": 7}),
            json!({"description": "x"}),
            json!({"tags": ["x"]}),
        ] {
            assert!(Change::read(&wrong).is_err(), "{wrong}");
        }
    }
}
