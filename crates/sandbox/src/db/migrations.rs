//! What the sandbox keeps in the database for itself.

use super::admin::Ask;
pub use super::changes::note_update;
use super::{Database, QueryError, changes, closing, functions, quote_identifier, rights, sweep};
use crate::data::overviews;

/// Counted up whenever the statements below change; all of them can be run again.
const VERSION: i32 = 12;

const TABLES: &str = "
CREATE SCHEMA IF NOT EXISTS sandbox;
REVOKE ALL ON SCHEMA sandbox FROM PUBLIC;
CREATE TABLE IF NOT EXISTS sandbox.settings (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE IF NOT EXISTS sandbox.users (
  id serial PRIMARY KEY,
  username text NOT NULL UNIQUE,
  role text NOT NULL UNIQUE,
  schema_name text NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS sandbox.api_keys (
  id serial PRIMARY KEY,
  user_id integer NOT NULL REFERENCES sandbox.users ON DELETE CASCADE,
  name text NOT NULL,
  type text NOT NULL CHECK (type IN ('master', 'default', 'regular')),
  token text NOT NULL,
  role text NOT NULL,
  apis text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, name),
  UNIQUE (user_id, token)
);
ALTER TABLE sandbox.api_keys
  ADD COLUMN IF NOT EXISTS table_metadata boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS dataservices text[],
  ADD COLUMN IF NOT EXISTS observatory text[];
CREATE TABLE IF NOT EXISTS sandbox.tables (
  schema_name text NOT NULL,
  name text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (schema_name, name)
);
CREATE TABLE IF NOT EXISTS sandbox.layergroups (
  user_id integer NOT NULL REFERENCES sandbox.users ON DELETE CASCADE,
  id text NOT NULL,
  config text NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, id)
);
ALTER TABLE sandbox.layergroups ADD COLUMN IF NOT EXISTS is_used boolean NOT NULL DEFAULT true;
";

/// What CARTO's own trigger does: the geometry of maps follows the one in degrees.
fn trigger_function() -> String {
    format!(
        "CREATE OR REPLACE FUNCTION sandbox.update_the_geom_webmercator() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
           NEW.the_geom_webmercator := {};
           RETURN NEW;
         END $$",
        webmercator("NEW.the_geom")
    )
}

/// The expression for a geometry in degrees as Web Mercator, which has no place for the poles: what lies beyond 89° is
/// cut off, as CARTO cuts it, and null where nothing is left. Shapes stay as many as they were.
pub fn webmercator(geometry: &str) -> String {
    format!(
        "CASE WHEN public.ST_YMin({geometry}) < -89 OR public.ST_YMax({geometry}) > 89
              THEN (SELECT CASE WHEN public.ST_IsEmpty(cut) THEN NULL
                                WHEN public.GeometryType({geometry}) LIKE 'MULTI%' THEN public.ST_Multi(cut)
                                ELSE cut END
                      FROM (SELECT public.ST_Transform(public.ST_CollectionExtract(public.ST_Intersection(
                                     public.ST_MakeValid({geometry}),
                                     public.ST_MakeEnvelope(-1000, -89, 1000, 89, 4326)),
                                   public.ST_Dimension({geometry}) + 1), 3857) AS cut) AS part)
              ELSE public.ST_Transform({geometry}, 3857) END"
    )
}

/// Makes the sandbox's own tables, and PostGIS when the login may.
///
/// # Errors
/// PostGIS is not installed, or the login may not create what is needed.
pub async fn migrate(database: &Database) -> Result<(), QueryError> {
    let known = "SELECT to_regclass('sandbox.layergroups') IS NOT NULL";
    let rows = database.admin_query(known, Vec::new()).await?;
    let exists = rows.first().is_some_and(|row| row.get(0));
    let is_restored = exists && rights::is_restored(database).await?;
    let is_set_up = exists && !is_restored && stored_version(database, "version").await? == VERSION;
    // A login without the rights to close the database leaves that to the next one.
    if is_set_up && stored_version(database, "closed").await? == VERSION {
        return Ok(());
    }
    // Two processes that start at a time do this one after the other.
    let _alone = database.begin_setup().await?;
    if !is_set_up {
        set_up(database).await?;
        // Another process may have done it meanwhile.
        if is_restored && rights::is_restored(database).await? {
            rights::restore(database).await?;
            tracing::warn!("this is a restored backup: roles and rights were made again");
        }
        rights::settle_here(database).await?;
        remember_version(database, "version").await?;
    }
    if closing::close(database).await? {
        remember_version(database, "closed").await?;
    }
    Ok(())
}

async fn set_up(database: &Database) -> Result<(), QueryError> {
    database.admin("CREATE EXTENSION IF NOT EXISTS postgis").await?;
    database.admin(TABLES).await?;
    database.admin(changes::TABLES).await?;
    database.admin(rights::TABLES).await?;
    database.admin(overviews::TABLE).await?;
    database.admin("REVOKE ALL ON ALL TABLES IN SCHEMA sandbox FROM PUBLIC").await?;
    database.admin(&trigger_function()).await?;
    functions::install(database).await?;
    drop_reader(database).await?;
    drop_logins(database).await?;
    sweep::drafts_of_old_imports(database).await
}

/// Up to version 2 one login ran all SQL of users on a server; now every key has its own.
async fn drop_reader(database: &Database) -> Result<(), QueryError> {
    let sql = "SELECT 1 FROM pg_roles WHERE rolname = 'carto_sandbox_reader'";
    if database.admin_query(sql, Vec::new()).await?.is_empty() {
        return Ok(());
    }
    database.admin("DELETE FROM sandbox.settings WHERE name = 'reader_password'; DROP ROLE carto_sandbox_reader").await
}

/// Up to version 4 passwords of roles were kept; now they are derived, and set at the next use.
async fn drop_logins(database: &Database) -> Result<(), QueryError> {
    let known = database.admin_query("SELECT to_regclass('sandbox.logins') IS NOT NULL", Vec::new()).await?;
    if !known.first().is_some_and(|row| row.get(0)) {
        return Ok(());
    }
    let sql = "SELECT r.rolname::text FROM sandbox.logins l JOIN pg_roles r ON r.rolname = l.role";
    for row in database.admin_query(sql, Vec::new()).await? {
        // The kept password may be in old backups: it ends now.
        let role = quote_identifier(row.get(0));
        database.admin(&format!("ALTER ROLE {role} NOLOGIN PASSWORD NULL")).await?;
    }
    database.admin("DROP TABLE sandbox.logins").await
}

async fn remember_version(database: &Database, name: &'static str) -> Result<(), QueryError> {
    let sql = "INSERT INTO sandbox.settings VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    database.admin_query(sql, vec![Box::new(name), Box::new(VERSION.to_string())]).await.map(drop)
}

async fn stored_version(database: &Database, name: &'static str) -> Result<i32, QueryError> {
    let rows = database.admin_query("SELECT value FROM sandbox.settings WHERE name = $1", vec![Box::new(name)]).await?;
    Ok(rows.first().and_then(|row| row.get::<_, &str>(0).parse().ok()).unwrap_or(0))
}

/// Forgets a table that is gone, and its overview.
///
/// # Errors
/// The database refuses.
pub async fn forget_table(database: &impl Ask, schema: &str, table: &str) -> Result<(), QueryError> {
    let sql = "DELETE FROM sandbox.tables WHERE schema_name = $1 AND name = $2";
    database.ask(sql, vec![Box::new(schema.to_owned()), Box::new(table.to_owned())]).await?;
    overviews::forget(database, schema, table).await
}

/// Whether a schema has a table, an index or a sequence of this name.
///
/// # Errors
/// The database refuses.
pub async fn has_relation(database: &impl Ask, schema: &str, name: &str) -> Result<bool, QueryError> {
    let name = format!("{}.{}", quote_identifier(schema), quote_identifier(name));
    let rows = database.ask("SELECT to_regclass($1) IS NOT NULL", vec![Box::new(name)]).await?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

/// Notes that a table has much new content, for maps over it and for the planner.
///
/// # Errors
/// The database refuses.
pub async fn touch_table(database: &impl Ask, schema: &str, table: &str) -> Result<(), QueryError> {
    note_update(database, schema, table).await?;
    database.run(&format!("ANALYZE {}.{}", quote_identifier(schema), quote_identifier(table))).await
}
