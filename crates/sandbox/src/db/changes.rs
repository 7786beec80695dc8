//! Which tables changed, whoever changed them: a trigger on every dataset notes it, and with the next look at the table its
//! version moves.
//!
//! The trigger adds a row for each transaction and table, and so nobody who writes waits for somebody else who does. Notes
//! can be seen when their transaction has ended: only then does the version move, and never back.

use super::admin::Ask;
use super::{Database, Param, QueryError, quote_identifier};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

/// The name of the trigger on every dataset.
pub const TRIGGER: &str = "carto_note_change";
/// How long making a trigger waits for those who write into the table.
const LOCK_PATIENCE: &str = "2s";
/// How often a version is looked for while others go on writing.
const MOST_LOOKS: usize = 3;

/// What is kept of changes.
///
/// The function runs with the rights of the sandbox's own login, whoever writes. It can be called by a trigger only, and a
/// trigger with it can be made by that login only.
pub(super) const TABLES: &str = "
ALTER TABLE sandbox.tables ADD COLUMN IF NOT EXISTS identity text;
CREATE TABLE IF NOT EXISTS sandbox.changes (
  relation oid NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (relation, number)
);
CREATE OR REPLACE FUNCTION sandbox.note_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO sandbox.changes (relation, number) VALUES (TG_RELID, txid_current()) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION sandbox.note_change() FROM PUBLIC;
";

/// Tables by name with what they are now: another one of the same name, other columns, a trigger that was off for a while
/// or another view make another identity. Changes of a foreign table and of a materialized view are noted by nobody.
const KNOWN: &str = "
  SELECT n.nspname::text AS schema_name, c.relname::text AS name, c.oid,
         c.relkind = 'v' OR coalesce(c.relkind IN ('r', 'p') AND t.tgenabled IN ('O', 'A'), false) AS is_watched,
         concat_ws(':', c.oid, c.relfilenode, t.xmin, r.xmin,
                   (SELECT md5(string_agg(concat_ws(' ', a.attname, a.atttypid, a.atttypmod), ',' ORDER BY a.attnum))
                      FROM pg_catalog.pg_attribute a
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS identity,
         n.nspname IN ('pg_catalog', 'information_schema') AS is_system
    FROM unnest($1::text[], $2::text[]) AS wanted (schema_name, name)
         JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema_name
         JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
         LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'carto_note_change'
                                              AND t.tgfoid = 'sandbox.note_change'::regproc
         LEFT JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN' AND c.relkind = 'v'";

/// The time of a change, which is after that of every one before, whatever the clock says.
const NEXT_TIME: &str =
    "greatest(clock_timestamp(), (SELECT max(updated_at) + interval '1 millisecond' FROM sandbox.tables))";

/// What is known of some tables together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// When the newest of them was changed, in milliseconds since 1970; 0 when nothing is known of them.
    pub number: i64,
    /// Whether every change of every one of them is noted.
    pub is_watched: bool,
    /// Whether there are changes that the number does not tell of yet.
    pub is_behind: bool,
}

impl Version {
    /// Whether what was made of the tables at a version is what would be made of them now.
    pub fn is_still(&self, number: i64) -> bool {
        self.is_watched && !self.is_behind && self.number == number
    }
}

fn named(tables: &[(String, String)]) -> Vec<Param> {
    let (schemas, names): (Vec<String>, Vec<String>) = tables.iter().cloned().unzip();
    vec![Box::new(schemas), Box::new(names)]
}

/// Looks at the version of tables, by schema and name.
///
/// # Errors
/// The database is not reachable.
pub async fn version(database: &Database, tables: &[(String, String)]) -> Result<Version, QueryError> {
    if tables.is_empty() {
        return Ok(Version { number: 0, is_watched: true, is_behind: false });
    }
    let sql = format!(
        "SELECT coalesce((extract(epoch FROM max(t.updated_at)) * 1000)::bigint, 0),
                count(*) = cardinality($1::text[]) AND coalesce(bool_and(k.is_watched), false),
                coalesce(bool_or(NOT k.is_system AND (
                  t.identity IS DISTINCT FROM k.identity
                  OR EXISTS (SELECT 1 FROM sandbox.changes c WHERE c.relation = k.oid))), false)
           FROM ({KNOWN}) AS k
                LEFT JOIN sandbox.tables t ON t.schema_name = k.schema_name AND t.name = k.name"
    );
    let rows = database.admin_query(&sql, named(tables)).await?;
    let row = rows.first().ok_or(QueryError::Lost)?;
    Ok(Version { number: row.get(0), is_watched: row.get(1), is_behind: row.get(2) })
}

/// The version of tables, after all changes of theirs that can be seen.
///
/// # Errors
/// The database is not reachable.
pub async fn settled(database: &Database, tables: &[(String, String)]) -> Result<Version, QueryError> {
    let mut known = version(database, tables).await?;
    for _ in 0..MOST_LOOKS {
        if !known.is_behind {
            break;
        }
        settle(database, tables).await?;
        known = version(database, tables).await?;
    }
    Ok(known)
}

/// Moves the versions of tables that were changed.
async fn settle(database: &Database, tables: &[(String, String)]) -> Result<(), QueryError> {
    let sql = format!(
        "WITH k AS ({KNOWN}),
              gone AS (DELETE FROM sandbox.changes WHERE relation IN (SELECT oid FROM k) RETURNING relation)
         INSERT INTO sandbox.tables (schema_name, name, updated_at, identity)
         SELECT k.schema_name, k.name, {NEXT_TIME}, k.identity
           FROM k LEFT JOIN sandbox.tables t ON t.schema_name = k.schema_name AND t.name = k.name
          WHERE NOT k.is_system
                AND (t.identity IS DISTINCT FROM k.identity OR k.oid IN (SELECT relation FROM gone))
          ORDER BY k.schema_name, k.name
         ON CONFLICT (schema_name, name) DO UPDATE SET updated_at = excluded.updated_at, identity = excluded.identity"
    );
    database.admin_query(&sql, named(tables)).await.map(drop)
}

/// Moves the versions of all tables with notes, of one schema or of all, and forgets notes of tables that are gone.
///
/// # Errors
/// The database is not reachable.
pub async fn settle_all(database: &Database, schema: Option<&str>) -> Result<(), QueryError> {
    let sql = "SELECT DISTINCT n.nspname::text, c.relname::text
                 FROM sandbox.changes g JOIN pg_catalog.pg_class c ON c.oid = g.relation
                      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE $1::text IS NULL OR n.nspname = $1";
    let rows = database.admin_query(sql, vec![Box::new(schema.map(str::to_owned))]).await?;
    let tables: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    if !tables.is_empty() {
        settle(database, &tables).await?;
    }
    if schema.is_none() {
        let sql = "DELETE FROM sandbox.changes WHERE relation NOT IN (SELECT oid FROM pg_catalog.pg_class)";
        database.admin_query(sql, Vec::new()).await?;
    }
    Ok(())
}

/// Puts the trigger on a table and on its partitions, where it is missing. What is no table has none.
///
/// # Errors
/// The table belongs to somebody else, or others write into it for too long.
pub async fn watch(database: &impl Ask, schema: &str, table: &str) -> Result<(), QueryError> {
    let sql = format!(
        "WITH RECURSIVE family AS (
           SELECT to_regclass($1)::oid AS oid
            UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family f ON i.inhparent = f.oid)
         {UNWATCHED} AND c.oid IN (SELECT oid FROM family)"
    );
    let name = format!("{}.{}", quote_identifier(schema), quote_identifier(table));
    for row in database.ask(&sql, vec![Box::new(name)]).await? {
        database.run(&trigger_on(&row)).await?;
    }
    Ok(())
}

/// Tables without the trigger, beside those that belong to nobody's data.
const UNWATCHED: &str = "
    SELECT n.nspname::text, c.relname::text
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p')
           AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t
                            WHERE t.tgrelid = c.oid AND t.tgname = 'carto_note_change'
                                  AND t.tgfoid = 'sandbox.note_change'::regproc)";

/// The trigger works also while a session loads a backup as a replica, where others do not.
fn trigger_on(row: &Row) -> String {
    let name = format!("{}.{}", quote_identifier(row.get(0)), quote_identifier(row.get(1)));
    format!(
        "DROP TRIGGER IF EXISTS {TRIGGER} ON {name};
         CREATE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {name}
            FOR EACH STATEMENT EXECUTE FUNCTION sandbox.note_change();
         ALTER TABLE {name} ENABLE ALWAYS TRIGGER {TRIGGER};"
    )
}

/// Puts the trigger on all tables of users that have none: datasets of older versions, and tables that somebody made with
/// another program.
///
/// # Errors
/// The database is not reachable.
pub async fn watch_all(database: &Database) -> Result<(), QueryError> {
    let sql = format!("{UNWATCHED} AND n.nspname IN (SELECT schema_name FROM sandbox.users) ORDER BY 1, 2");
    for row in database.admin_query(&sql, Vec::new()).await? {
        let work = database.begin().await?;
        let done = work.run(&format!("SET LOCAL lock_timeout TO '{LOCK_PATIENCE}'; {}", trigger_on(&row))).await;
        let (schema, table): (&str, &str) = (row.get(0), row.get(1));
        match work.end(done).await {
            Err(QueryError::Lost) => return Err(QueryError::Lost),
            // It went meanwhile, or its user did.
            Err(QueryError::Database(refusal))
                if [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(refusal.code()) => {}
            Err(error) => {
                tracing::warn!(schema, table, "changes of a table are not noted, so nobody keeps its tiles: {error}");
            }
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Notes that a table has new content, which makes new layergroup ids for maps over it.
///
/// # Errors
/// The database refuses.
pub async fn note_update(database: &impl Ask, schema: &str, table: &str) -> Result<(), QueryError> {
    // A user who is being deleted leaves no row behind.
    let sql = format!(
        "INSERT INTO sandbox.tables (schema_name, name, updated_at)
         SELECT $1, $2, {NEXT_TIME} WHERE EXISTS (SELECT 1 FROM sandbox.users WHERE schema_name = $1 FOR KEY SHARE)
         ON CONFLICT (schema_name, name) DO UPDATE SET updated_at = excluded.updated_at"
    );
    database.ask(&sql, vec![Box::new(schema.to_owned()), Box::new(table.to_owned())]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_of_the_trigger_is_safe() {
        assert!(TABLES.contains("SECURITY DEFINER SET search_path TO pg_catalog, pg_temp"));
        assert!(TABLES.contains("REVOKE ALL ON FUNCTION sandbox.note_change() FROM PUBLIC"));
        assert!(UNWATCHED.contains(TRIGGER) && KNOWN.contains(TRIGGER));
    }

    #[test]
    fn only_what_is_watched_and_unchanged_is_still_the_same() {
        let version = Version { number: 7, is_watched: true, is_behind: false };
        assert!(version.is_still(7) && !version.is_still(6) && !version.is_still(8));
        assert!(!Version { is_watched: false, ..version }.is_still(7));
        assert!(!Version { is_behind: true, ..version }.is_still(7));
    }
}
