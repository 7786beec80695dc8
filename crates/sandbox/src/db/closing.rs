//! How the database is closed to the roles of keys: what PostgreSQL gives to everybody and is not harmless is taken away.
//!
//! This is the first fence around SQL of users; [`crate::sql_guard`] is the second. It is the same on both databases. On a
//! server the role `carto_operators_…` keeps what everybody had, for logins of other programs.

use super::admin::Ask;
use super::{Database, QueryError, quote_identifier, roles};
use tokio_postgres::Row;

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

/// Functions, as a pattern of their names, that tell what is in the system tables, who is connected or how the server is
/// set, whatever they call themselves: `regclassout(16384)` is the name of a table. And those of XML, which cannot be
/// interrupted while they search.
const TELLING: &str = "^(pg_|has_|to_reg|txid_|inet_|xml|xpath|acl|makeaclitem)|xml(_|$)|\
    ^reg(class|collation|namespace|oper|operator|proc|procedure|role|type)(in|out|recv|send)$|\
    ^(col_description|current_setting|format_type|getpgusername|mxid_age|obj_description|regclass|row_security_active|\
    shobj_description|ts_debug|version)$";

/// Functions of these names that are harmless. Views of PostGIS need the last two.
const NOT_TELLING: &[&str] = &[
    "pg_backend_pid",
    "pg_client_encoding",
    "pg_collation_for",
    // What it takes can be read in the catalog only.
    "pg_get_expr",
    "pg_column_size",
    "pg_size_bytes",
    "pg_size_pretty",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "has_table_privilege",
    "pg_is_other_temp_schema",
];

/// Functions of PostGIS written in PL/pgSQL that only read; the other ones change tables.
const HARMLESS_PLPGSQL: &[&str] =
    &["find_srid", "get_proj4_from_srid", "st_bdmpolyfromtext", "st_bdpolyfromtext", "st_letters"];

/// Functions of PostGIS in C that tell of tables which the caller may not read, or are about locks.
const TELLING_POSTGIS: &[&str] = &[
    "_postgis_index_extent",
    "_postgis_join_selectivity",
    "_postgis_selectivity",
    "_postgis_stats",
    "gettransactionid",
    "postgis_extensions_upgrade",
    "postgis_index_extent",
    "st_estimatedextent",
];

/// Extensions whose functions stay as they are, beside PostGIS. Others may run SQL, read files or call other servers.
const HARMLESS_EXTENSIONS: &[&str] = &[
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "isn",
    "ltree",
    "pg_trgm",
    "pgcrypto",
    "seg",
    "unaccent",
    "uuid-ossp",
];

/// Functions of PostGIS, as a pattern of their names, that tell what the server runs on.
const VERSIONS: &str = "^_?postgis_.*(version|build_date|scripts)";

/// The functions that are taken from everybody.
const FUNCTIONS: &str = "
    SELECT p.oid::regprocedure::text, pg_catalog.pg_has_role(p.proowner, 'USAGE')
      FROM pg_catalog.pg_proc p
           JOIN pg_catalog.pg_language l ON l.oid = p.prolang
           LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid
                AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
           LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
     WHERE p.pronamespace = 'pg_catalog'::regnamespace AND (
             p.provolatile = 'v' AND NOT p.proname = ANY ($1)
             OR p.proname = ANY ($2)
             OR p.proname ~ $3 AND NOT p.proname = ANY ($4))
        OR e.extname LIKE 'postgis%' AND (
             p.prosecdef
             OR l.lanname = 'plpgsql' AND NOT p.proname = ANY ($5)
             OR p.proname = ANY ($6)
             OR p.proname ~ $8)
        OR e.extname NOT LIKE 'postgis%' AND e.extname <> ALL ($7)";

/// The relations that are taken from everybody.
const RELATIONS: &str = "
    SELECT c.oid::regclass::text, pg_catalog.pg_has_role(c.relowner, 'USAGE')
      FROM pg_catalog.pg_class c
     WHERE c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       AND c.relkind IN ('r', 'v')";

/// What the driver must read of types that it does not know by heart, as the role of the key: columns of a geometry. And what
/// the views of the catalog call with the rights of whoever looks.
/// Names of tables are among those of types, and names of users among those of schemas: the guard keeps the words away.
const TYPES: &str = "
    GRANT SELECT (oid, typname, typtype, typelem, typbasetype, typnamespace, typrelid) ON pg_catalog.pg_type TO PUBLIC;
    GRANT SELECT (rngtypid, rngsubtype) ON pg_catalog.pg_range TO PUBLIC;
    GRANT SELECT (oid, nspname) ON pg_catalog.pg_namespace TO PUBLIC;
    GRANT SELECT (enumtypid, enumlabel, enumsortorder) ON pg_catalog.pg_enum TO PUBLIC;
    GRANT EXECUTE ON FUNCTION pg_catalog.pg_get_expr(pg_node_tree, oid) TO PUBLIC;";

/// Takes from everybody what is not harmless, as far as the login of the database's address may; tells whether all of it
/// is taken.
///
/// # Errors
/// The database refuses.
pub async fn close(database: &Database) -> Result<bool, QueryError> {
    let params: Vec<super::Param> = vec![
        Box::new(HARMLESS),
        Box::new(TREACHEROUS),
        Box::new(TELLING),
        Box::new(NOT_TELLING),
        Box::new(HARMLESS_PLPGSQL),
        Box::new(TELLING_POSTGIS),
        Box::new(HARMLESS_EXTENSIONS),
        Box::new(VERSIONS),
    ];
    let functions = database.admin_query(FUNCTIONS, params).await?;
    let relations = database.admin_query(RELATIONS, Vec::new()).await?;
    let named = "SELECT current_database()::text, pg_catalog.pg_has_role(datdba, 'USAGE'),
                        (SELECT pg_catalog.pg_has_role(nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = 'public'),
                        (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
                   FROM pg_catalog.pg_database WHERE datname = current_database()";
    let rows = database.admin_query(named, Vec::new()).await?;
    let row = rows.first().ok_or(QueryError::Lost)?;
    let (name, owns_database, owns_schema): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
    let is_superuser: bool = row.get(3);
    let group = match database.is_embedded() {
        true => None,
        // `GRANT carto_operators_… TO somebody` gives a login of another program what everybody had.
        false => Some(quote_identifier(&format!("carto_operators_{}", roles::database_number(database).await?))),
    };

    let mut statements = String::new();
    if let Some(group) = &group {
        statements.push_str(&format!(
            "DO $do$ BEGIN CREATE ROLE {group} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $do$;
             GRANT {group} TO CURRENT_USER;"
        ));
    }
    // To keep what everybody had is the operators' right only while everybody has it.
    let mut take = |what: &str, right: &str, of: &str| {
        if let Some(group) = &group {
            statements.push_str(&format!("GRANT {right} ON {what} {of} TO {group};"));
        }
        statements.push_str(&format!("REVOKE ALL ON {what} {of} FROM PUBLIC;"));
    };
    let owned = |rows: &[Row]| -> Vec<String> {
        rows.iter().filter(|row| row.get::<_, bool>(1)).map(|row| row.get::<_, String>(0)).collect()
    };
    for function in owned(&functions) {
        take("FUNCTION", "EXECUTE", &function);
    }
    for relation in owned(&relations) {
        take("TABLE", "SELECT", &relation);
    }
    if is_superuser {
        take("LANGUAGE", "USAGE", "plpgsql");
        take("LANGUAGE", "USAGE", "sql");
        statements.push_str(TYPES);
    }
    if owns_schema {
        statements.push_str("REVOKE CREATE ON SCHEMA public FROM PUBLIC;");
    }
    if owns_database {
        statements.push_str(&format!("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC;", quote_identifier(&name)));
    }
    let work = database.begin().await?;
    let done = work.run(&statements).await;
    work.end(done).await?;
    if !is_superuser {
        tracing::warn!(
            "the login of the database is no superuser, so functions and system tables of PostgreSQL stay open to all \
             keys, and only the look at their SQL keeps them from those: start the server once with a superuser's login"
        );
    }
    Ok(is_superuser)
}
