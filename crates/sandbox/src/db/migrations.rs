//! What the sandbox keeps in the database for itself, and how the database is closed to users.

use super::{Database, QueryError, quote_identifier};

/// Counted up whenever the statements below change; all of them can be run again.
const VERSION: i32 = 5;

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
CREATE TABLE IF NOT EXISTS sandbox.logins (role text PRIMARY KEY, password text NOT NULL);
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

/// The expression for a geometry in degrees as Web Mercator, which ends at 85.0511° and has no place for the poles: what
/// lies beyond is cut off, and null where nothing is left. Shapes stay as many as they were.
pub fn webmercator(geometry: &str) -> String {
    format!(
        "CASE WHEN public.ST_YMin({geometry}) < -85.0512 OR public.ST_YMax({geometry}) > 85.0512
              THEN (SELECT CASE WHEN public.ST_IsEmpty(cut) THEN NULL
                                WHEN public.GeometryType({geometry}) LIKE 'MULTI%' THEN public.ST_Multi(cut)
                                ELSE cut END
                      FROM (SELECT public.ST_Transform(public.ST_CollectionExtract(public.ST_Intersection(
                                     public.ST_MakeValid({geometry}),
                                     public.ST_MakeEnvelope(-1000, -85.0511, 1000, 85.0511, 4326)),
                                   public.ST_Dimension({geometry}) + 1), 3857) AS cut) AS part)
              ELSE public.ST_Transform({geometry}, 3857) END"
    )
}

/// Volatile functions of PostgreSQL that users may call; every other one is taken from them, for it changes something
/// or runs SQL that nobody has looked at. Sequences have rights of their own.
const HARMLESS: &[&str] = &[
    "array_sample",
    "array_shuffle",
    "clock_timestamp",
    "currval",
    "gen_random_uuid",
    "lastval",
    "nextval",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "random",
    "random_normal",
    "setval",
    "timeofday",
    "uuidv4",
    "uuidv7",
];

/// Functions that do not call themselves volatile, and yet run other SQL or show what other sessions do.
pub const TREACHEROUS: &[&str] = &[
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "database_to_xmlschema",
    "pg_cursor",
    "pg_prepared_statement",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "schema_to_xmlschema",
    "table_to_xml",
    "table_to_xml_and_xmlschema",
    "table_to_xmlschema",
    "ts_rewrite",
];

/// Functions of PostGIS written in PL/pgSQL that only read; the other ones change tables.
const HARMLESS_PLPGSQL: &[&str] = &[
    "find_srid",
    "get_proj4_from_srid",
    "postgis_full_version",
    "st_bdmpolyfromtext",
    "st_bdpolyfromtext",
    "st_letters",
];

/// Makes the sandbox's own tables, and PostGIS when the login may.
///
/// # Errors
/// PostGIS is not installed, or the login may not create what is needed.
pub async fn migrate(database: &Database) -> Result<(), QueryError> {
    let known = "SELECT to_regclass('sandbox.layergroups') IS NOT NULL";
    let rows = database.admin_query(known, Vec::new()).await?;
    let exists = rows.first().is_some_and(|row| row.get(0));
    if exists && stored_version(database).await? == VERSION {
        return Ok(());
    }
    database.admin("CREATE EXTENSION IF NOT EXISTS postgis").await?;
    database.admin(TABLES).await?;
    database.admin(&trigger_function()).await?;
    drop_reader(database).await?;
    if database.is_embedded() {
        database.admin(&closing_statements(database).await?).await?;
    }
    let remember = format!(
        "INSERT INTO sandbox.settings VALUES ('version', '{VERSION}')
         ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    );
    database.admin(&remember).await
}

/// Up to version 2 one login ran all SQL of users on a server; now every key has its own.
async fn drop_reader(database: &Database) -> Result<(), QueryError> {
    let sql = "SELECT 1 FROM pg_roles WHERE rolname = 'carto_sandbox_reader'";
    if database.admin_query(sql, Vec::new()).await?.is_empty() {
        return Ok(());
    }
    database.admin("DELETE FROM sandbox.settings WHERE name = 'reader_password'; DROP ROLE carto_sandbox_reader").await
}

async fn stored_version(database: &Database) -> Result<i32, QueryError> {
    let sql = "SELECT value FROM sandbox.settings WHERE name = 'version'";
    let rows = database.admin_query(sql, Vec::new()).await?;
    Ok(rows.first().and_then(|row| row.get::<_, &str>(0).parse().ok()).unwrap_or(0))
}

/// The statements that take dangerous functions and views from everybody.
///
/// The embedded session belongs to a superuser, and `SET ROLE` alone does not hold what can change it back.
async fn closing_statements(database: &Database) -> Result<String, QueryError> {
    let rows = database
        .admin_query(
            "SELECT p.oid::regprocedure::text
               FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
              WHERE p.pronamespace = 'pg_catalog'::regnamespace
                    AND ((p.provolatile = 'v' AND NOT p.proname = ANY ($1)) OR p.proname = ANY ($2))
                 OR p.pronamespace = 'public'::regnamespace
                    AND (p.prosecdef OR l.lanname = 'plpgsql' AND NOT p.proname = ANY ($3))",
            vec![Box::new(HARMLESS), Box::new(TREACHEROUS), Box::new(HARMLESS_PLPGSQL)],
        )
        .await?;
    let mut statements = String::from(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC;
         REVOKE USAGE ON LANGUAGE plpgsql, sql FROM PUBLIC;
         REVOKE UPDATE ON pg_settings FROM PUBLIC;
         REVOKE ALL ON pg_prepared_statements, pg_cursors, pg_stat_activity, pg_file_settings FROM PUBLIC;",
    );
    for row in rows {
        let function: &str = row.get(0);
        statements.push_str(&format!("REVOKE ALL ON FUNCTION {function} FROM PUBLIC;"));
    }
    Ok(statements)
}

/// Notes that a table has new content, which makes new layergroup ids for maps over it.
///
/// # Errors
/// The database refuses.
pub async fn note_update(database: &Database, schema: &str, table: &str) -> Result<(), QueryError> {
    let sql = "INSERT INTO sandbox.tables VALUES ($1, $2)
               ON CONFLICT (schema_name, name) DO UPDATE SET updated_at = excluded.updated_at";
    database.admin_query(sql, vec![Box::new(schema.to_owned()), Box::new(table.to_owned())]).await?;
    Ok(())
}

/// Notes that a table has much new content, for maps over it and for the planner.
///
/// # Errors
/// The database refuses.
pub async fn touch_table(database: &Database, schema: &str, table: &str) -> Result<(), QueryError> {
    note_update(database, schema, table).await?;
    database.admin(&format!("ANALYZE {}.{}", quote_identifier(schema), quote_identifier(table))).await
}
