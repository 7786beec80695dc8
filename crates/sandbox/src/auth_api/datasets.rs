//! The datasets of a user, for pages that choose among them.

use crate::accounts::keys::Account;
use crate::db::{Database, QueryError};
use serde_json::{Value, json};

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
    let from = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $1 AND c.relkind = ANY ('{r,v,m,f,p}')";
    let total =
        database.admin_query(&format!("SELECT count(*) FROM {from}"), vec![Box::new(account.schema.clone())]).await?;
    let rows = database
        .admin_query(
            &format!(
                "SELECT c.relname::text,
                        coalesce((SELECT has_table_privilege(k.role, c.oid, 'SELECT')
                                    FROM sandbox.api_keys k WHERE k.user_id = $2 AND k.type = 'default'), false),
                        (SELECT count(*) = 3 FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND NOT a.attisdropped
                                AND a.attname = ANY ('{{cartodb_id,the_geom,the_geom_webmercator}}')),
                        (SELECT to_char(t.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')
                           FROM sandbox.tables t WHERE t.schema_name = n.nspname AND t.name = c.relname)
                   FROM {from} ORDER BY c.relname LIMIT $3 OFFSET $4"
            ),
            vec![Box::new(account.schema.clone()), Box::new(account.user_id), Box::new(limit), Box::new(offset)],
        )
        .await?;
    let datasets = rows.iter().map(|row| {
        let (name, is_public, is_cartodbfied): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
        json!({
            "name": name,
            "table_schema": account.schema,
            "privacy": if is_public { "public" } else { "private" },
            "cartodbfied": is_cartodbfied,
            "updated_at": row.get::<_, Option<String>>(3),
            "shared": null,
        })
    });
    Ok((datasets.collect(), total.first().map_or(0, |row| row.get(0))))
}
