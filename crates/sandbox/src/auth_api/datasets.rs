//! The datasets of a user, for pages that choose among them.

use crate::accounts::keys::Account;
use crate::db::{Database, QueryError};
use serde_json::{Value, json};
use tokio_postgres::Row;

/// A page of a user's tables by name, and how many there are.
///
/// # Errors
/// The database fails.
pub async fn list(
    database: &Database,
    account: &Account,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Value>, i64), QueryError> {
    let from = FROM;
    let total =
        database.admin_query(&format!("SELECT count(*) FROM {from}"), vec![Box::new(account.schema.clone())]).await?;
    let sql = format!("SELECT {COLUMNS} FROM {from} ORDER BY c.relname LIMIT $3 OFFSET $4");
    let rows = database
        .admin_query(
            &sql,
            vec![Box::new(account.schema.clone()), Box::new(account.user_id), Box::new(limit), Box::new(offset)],
        )
        .await?;
    let datasets = rows.iter().map(|row| dataset(account, row));
    Ok((datasets.collect(), total.first().map_or(0, |row| row.get(0))))
}

/// The dataset of this name, if there is one.
///
/// # Errors
/// The database fails.
pub async fn find(database: &Database, account: &Account, name: &str) -> Result<Option<Value>, QueryError> {
    if name.contains('\0') {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM {FROM} AND c.relname = $3");
    let name = Box::new(name.to_owned());
    let rows =
        database.admin_query(&sql, vec![Box::new(account.schema.clone()), Box::new(account.user_id), name]).await?;
    Ok(rows.first().map(|row| dataset(account, row)))
}

/// The tables of a schema.
const FROM: &str = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind = ANY ('{r,v,m,f,p}')";

/// What is told of a table.
const COLUMNS: &str = "c.relname::text,
    coalesce((SELECT has_table_privilege(k.role, c.oid, 'SELECT')
                FROM sandbox.api_keys k WHERE k.user_id = $2 AND k.type = 'default'), false),
    (SELECT count(*) = 3 FROM pg_attribute a
      WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = ANY ('{cartodb_id,the_geom,the_geom_webmercator}')),
    (SELECT to_char(t.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')
       FROM sandbox.tables t WHERE t.schema_name = n.nspname AND t.name = c.relname)";

fn dataset(account: &Account, row: &Row) -> Value {
    let (name, is_public, is_cartodbfied): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
    json!({
        "name": name,
        "table_schema": account.schema,
        "privacy": if is_public { "public" } else { "private" },
        "cartodbfied": is_cartodbfied,
        "updated_at": row.get::<_, Option<String>>(3),
        "shared": null,
    })
}

/// A dataset as older clients know it: a visualization with a table.
pub fn visualization(account: &Account, dataset: &Value) -> Value {
    let (name, updated_at) = (&dataset["name"], &dataset["updated_at"]);
    let privacy = dataset["privacy"].as_str().unwrap_or_default().to_uppercase();
    json!({
        "id": name,
        "name": name,
        "display_name": name,
        "type": "table",
        "kind": if dataset["cartodbfied"] == true { "geom" } else { "regular" },
        "privacy": privacy,
        "description": null,
        "tags": [],
        "created_at": updated_at,
        "updated_at": updated_at,
        "locked": false,
        "dependent_visualizations": [],
        "dependent_visualizations_count": 0,
        "permission": { "id": name, "owner": { "username": account.username }, "acl": [] },
        "table": { "id": name, "name": name, "privacy": privacy, "updated_at": updated_at },
    })
}
