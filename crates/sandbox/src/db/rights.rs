//! Roles and rights as they were last, in a table of the sandbox: a backup of one database carries no roles, and so no rights
//! either. Where a backup was restored, they are made again from what is kept.

use super::admin::{AdminTransaction, Ask};
use super::{Database, QueryError, quote_identifier, roles};

/// What is kept. A right without a name is the schema's; `OWNER` and `MEMBER` stand for what they say, and the second one's
/// name is that of the role that somebody is a member of.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS sandbox.rights (
  role text NOT NULL,
  schema_name text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  privilege text NOT NULL,
  PRIMARY KEY (role, schema_name, name, kind, privilege)
);
";

/// The rights that roles of users and keys have now.
const NOW: &str = "
  WITH ours AS (
    SELECT r.oid, r.rolname::text AS role FROM pg_catalog.pg_roles r
     WHERE r.rolname IN (SELECT role FROM sandbox.users UNION SELECT role FROM sandbox.api_keys)
  ), objects AS (
    SELECT c.oid, n.nspname::text AS schema_name, c.relname::text AS name, c.relowner AS owner, c.relacl AS acl,
           CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                          WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT NULL, n.nspname::text, '', n.nspowner, n.nspacl, 'SCHEMA' FROM pg_catalog.pg_namespace n
  )
  SELECT ours.role, o.schema_name, o.name, o.kind, 'OWNER' AS privilege FROM objects o JOIN ours ON ours.oid = o.owner
  UNION
  SELECT ours.role, o.schema_name, o.name, o.kind, a.privilege_type
    FROM objects o, LATERAL aclexplode(o.acl) AS a JOIN ours ON ours.oid = a.grantee
   WHERE a.grantee <> o.owner
  UNION
  SELECT ours.role, o.schema_name, o.name, o.kind, format('%s (%I)', a.privilege_type, c.attname)
    FROM objects o JOIN pg_catalog.pg_attribute c ON c.attrelid = o.oid AND c.attacl IS NOT NULL,
         LATERAL aclexplode(c.attacl) AS a JOIN ours ON ours.oid = a.grantee
  UNION
  SELECT ours.role, '', g.role, 'ROLE', 'MEMBER'
    FROM pg_catalog.pg_auth_members m JOIN ours ON ours.oid = m.member JOIN ours AS g ON g.oid = m.roleid";

/// Keeps the rights that there are now.
///
/// # Errors
/// The database refuses.
pub(super) async fn remember(work: &impl Ask) -> Result<(), QueryError> {
    let sql = format!(
        "WITH now AS MATERIALIZED ({NOW}), gone AS (
           DELETE FROM sandbox.rights r WHERE NOT EXISTS (
             SELECT 1 FROM now n
              WHERE (n.role, n.schema_name, n.name, n.kind, n.privilege) = (r.role, r.schema_name, r.name, r.kind, r.privilege)))
         INSERT INTO sandbox.rights SELECT * FROM now ON CONFLICT DO NOTHING"
    );
    work.ask(&sql, Vec::new()).await.map(drop)
}

/// Keeps the rights that there are now, also those that another program gave or took.
///
/// # Errors
/// The database is not reachable.
pub async fn keep(database: &Database) -> Result<(), QueryError> {
    if database.is_embedded() {
        return Ok(());
    }
    // What ends such a transaction well keeps them.
    database.begin_exclusive().await?.commit().await
}

/// What tells a database from all others: the number of its server's data, where the login may know it, and its own.
async fn home(database: &Database) -> Result<(String, String), QueryError> {
    let sql = "SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'), oid::text
                 FROM pg_catalog.pg_database WHERE datname = current_database()";
    let rows = database.admin_query(sql, Vec::new()).await?;
    let row = rows.first().ok_or(QueryError::Lost)?;
    let mut server = String::new();
    if row.get(0) {
        let sql = "SELECT system_identifier::text FROM pg_control_system()";
        let rows = database.admin_query(sql, Vec::new()).await?;
        server = rows.first().map(|row| row.get(0)).unwrap_or_default();
    }
    Ok((server, row.get(1)))
}

/// Whether two homes are not the same one, as far as is known.
fn differ((server, database): &(String, String), known: &str) -> bool {
    let (known_server, known_database) = known.split_once(':').unwrap_or(("", known));
    let are_known = !server.is_empty() && !known_server.is_empty();
    database != known_database || are_known && server != known_server
}

/// Whether the database was restored from a backup of another one. An embedded database has its roles in its directory.
///
/// # Errors
/// The database is not reachable.
pub(super) async fn is_restored(database: &Database) -> Result<bool, QueryError> {
    if database.is_embedded() {
        return Ok(false);
    }
    let sql = "SELECT (SELECT value FROM sandbox.settings WHERE name = 'home'),
                      EXISTS (SELECT 1 FROM (SELECT role FROM sandbox.users UNION SELECT role FROM sandbox.api_keys) AS ours
                               WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles r WHERE r.rolname = ours.role))";
    let rows = database.admin_query(sql, Vec::new()).await?;
    let row = rows.first().ok_or(QueryError::Lost)?;
    // Older versions did not say it.
    let known: Option<String> = row.get(0);
    let is_elsewhere = match known {
        Some(known) => differ(&home(database).await?, &known),
        None => false,
    };
    Ok(is_elsewhere || row.get(1))
}

/// Says that this database is the one that roles and rights are of.
pub(super) async fn settle_here(database: &Database) -> Result<(), QueryError> {
    if database.is_embedded() {
        return Ok(());
    }
    let (server, number) = home(database).await?;
    let sql =
        "INSERT INTO sandbox.settings VALUES ('home', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    database.admin_query(sql, vec![Box::new(format!("{server}:{number}"))]).await?;
    keep(database).await
}

/// Makes roles and rights again from what is kept. Roles have the number of this database in their names, so that those of
/// the database that the backup is of keep what is theirs.
///
/// # Errors
/// The database refuses.
pub(super) async fn restore(database: &Database) -> Result<(), QueryError> {
    let work = database.begin_exclusive().await?;
    let done = restore_in(&work).await;
    work.end(done).await
}

async fn restore_in(work: &AdminTransaction) -> Result<(), QueryError> {
    let prefix = roles::prefix(work).await?;
    let mut renamed: Vec<(String, String)> = Vec::new();
    for row in work.ask("SELECT username, role FROM sandbox.users ORDER BY id", Vec::new()).await? {
        let (username, old): (String, String) = (row.get(0), row.get(1));
        let new = if old.starts_with(&prefix) { old.clone() } else { format!("{prefix}{username}") };
        renamed.push((old, new));
    }
    let sql =
        "SELECT k.id, k.role, u.role FROM sandbox.api_keys k JOIN sandbox.users u ON u.id = k.user_id ORDER BY k.id";
    for row in work.ask(sql, Vec::new()).await? {
        let (id, old, user): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
        let user = renamed.iter().find(|(known, _)| *known == user).map_or(&user, |(_, new)| new).clone();
        let is_own = renamed.iter().any(|(known, _)| *known == old);
        if !is_own {
            let new = if old.starts_with(&prefix) { old.clone() } else { roles::key_role(&user, id) };
            renamed.push((old, new));
        }
    }
    let mut statements = String::new();
    for (old, new) in &renamed {
        roles::create_role(work, new).await?;
        let is_there = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1";
        if old != new && !work.ask(is_there, vec![Box::new(old.clone())]).await?.is_empty() {
            statements.push_str(&format!("REASSIGN OWNED BY {} TO {};", quote_identifier(old), quote_identifier(new)));
        }
        for sql in [
            "UPDATE sandbox.users SET role = $2 WHERE role = $1",
            "UPDATE sandbox.api_keys SET role = $2 WHERE role = $1",
            "UPDATE sandbox.rights SET role = $2 WHERE role = $1",
            "UPDATE sandbox.rights SET name = $2 WHERE kind = 'ROLE' AND name = $1",
        ] {
            work.ask(sql, vec![Box::new(old.clone()), Box::new(new.clone())]).await?;
        }
    }
    statements.push_str(&foreign_rights(work, &renamed).await?);
    // Owners first: whoever owns something takes rights to it away from nobody.
    let sql = "SELECT r.role, r.schema_name, r.name, r.kind, r.privilege FROM sandbox.rights r
                WHERE r.kind = 'ROLE'
                   OR r.name = '' AND EXISTS (SELECT 1 FROM pg_catalog.pg_namespace n WHERE n.nspname = r.schema_name)
                   OR EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                               WHERE n.nspname = r.schema_name AND c.relname = r.name)
                ORDER BY r.privilege <> 'OWNER', r.kind = 'SEQUENCE', 1, 2, 3, 5";
    for row in work.ask(sql, Vec::new()).await? {
        let (role, kind): (String, String) = (quote_identifier(row.get(0)), row.get(3));
        let (schema, name, privilege): (&str, &str, &str) = (row.get(1), row.get(2), row.get(4));
        let object = match (kind.as_str(), name) {
            ("ROLE", _) => quote_identifier(name),
            (_, "") => quote_identifier(schema),
            _ => format!("{}.{}", quote_identifier(schema), quote_identifier(name)),
        };
        let statement = match (kind.as_str(), privilege) {
            ("ROLE", _) => format!("GRANT {object} TO {role};"),
            // A sequence of a column goes with its table.
            ("SEQUENCE", "OWNER") => continue,
            (_, "OWNER") => format!("ALTER {kind} {object} OWNER TO {role};"),
            ("SCHEMA", _) => format!("GRANT {privilege} ON SCHEMA {object} TO {role};"),
            ("SEQUENCE", _) => format!("GRANT {privilege} ON SEQUENCE {object} TO {role};"),
            _ => format!("GRANT {privilege} ON TABLE {object} TO {role};"),
        };
        statements.push_str(&statement);
    }
    work.run(&statements).await
}

/// Takes rights away from roles of the database that a backup is of, where they are there beside it.
async fn foreign_rights(work: &AdminTransaction, renamed: &[(String, String)]) -> Result<String, QueryError> {
    let old: Vec<String> = renamed.iter().filter(|(old, new)| old != new).map(|(old, _)| old.clone()).collect();
    let sql = "SELECT DISTINCT r.rolname::text, n.nspname::text, c.relname::text, c.relkind = 'S'
                 FROM pg_catalog.pg_roles r, pg_catalog.pg_namespace n
                      LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
                                                     AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                WHERE r.rolname = ANY ($1)
                  AND (EXISTS (SELECT 1 FROM aclexplode(n.nspacl) a WHERE a.grantee = r.oid)
                       OR EXISTS (SELECT 1 FROM aclexplode(c.relacl) a WHERE a.grantee = r.oid))";
    let mut statements = String::new();
    for row in work.ask(sql, vec![Box::new(old)]).await? {
        let (role, schema) = (quote_identifier(row.get(0)), quote_identifier(row.get(1)));
        statements.push_str(&format!("REVOKE ALL ON SCHEMA {schema} FROM {role};"));
        if let Some(name) = row.get::<_, Option<&str>>(2) {
            let what = if row.get(3) { "SEQUENCE" } else { "TABLE" };
            statements.push_str(&format!("REVOKE ALL ON {what} {schema}.{} FROM {role};", quote_identifier(name)));
        }
    }
    Ok(statements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_differ_where_both_are_known() {
        let of = |server: &str, database: &str| (server.to_owned(), database.to_owned());
        assert!(!differ(&of("7", "5"), "7:5") && !differ(&of("", "5"), "7:5") && !differ(&of("7", "5"), ":5"));
        assert!(differ(&of("7", "5"), "8:5") && differ(&of("7", "5"), "7:6") && differ(&of("", "5"), ":6"));
    }
}
