//! What work that was ended halfway left behind, and what older versions left: it goes when the sandbox starts.

use super::admin::{Ask, retried};
use super::{Database, QueryError, migrations, quote_identifier, roles};

/// Drops roles of this database that belong to no user and no key. What they own goes to the user.
///
/// # Errors
/// The database is not reachable.
pub async fn orphaned_roles(database: &Database) -> Result<(), QueryError> {
    if orphans(database).await?.is_empty() {
        return Ok(());
    }
    // Looked for again when nobody else makes any.
    let work = database.begin_exclusive().await?;
    let found = orphans(&work).await;
    let found = work.end(found).await?;
    for (role, heir, owns) in found {
        let swept = retried(|| {
            let (role, heir) = (&role, &heir);
            async move {
                let work = database.begin_exclusive().await?;
                let done = match heir {
                    Some(heir) => roles::drop_role(&work, role, heir).await,
                    // Nobody's things are not thrown away.
                    None if owns => {
                        work.rollback().await;
                        return Ok(());
                    }
                    None => {
                        let name = quote_identifier(role);
                        work.run(&format!("DROP OWNED BY {name}; DROP ROLE {name}")).await
                    }
                };
                work.end(done).await
            }
        });
        match swept.await {
            Err(QueryError::Lost) => return Err(QueryError::Lost),
            Err(error) => tracing::warn!(role, "a role of no key cannot be dropped: {error}"),
            Ok(()) if heir.is_none() && owns => tracing::warn!(role, "a role of no user owns something, and stays"),
            Ok(()) => tracing::info!(role, "dropped a role of no key"),
        }
    }
    Ok(())
}

/// Roles of nobody, who gets what they own, and whether they own something.
async fn orphans(database: &impl Ask) -> Result<Vec<(String, Option<String>, bool)>, QueryError> {
    // A copy of this database may refer to the same roles: those that have rights elsewhere are not ours alone.
    let sql = "SELECT r.rolname::text,
                      (SELECT u.role FROM sandbox.users u WHERE starts_with(r.rolname, u.role || '_')
                        ORDER BY length(u.role) DESC LIMIT 1),
                      EXISTS (SELECT 1 FROM pg_shdepend d
                               WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid AND d.deptype = 'o')
                 FROM pg_roles r
                WHERE starts_with(r.rolname, $1)
                      AND NOT EXISTS (SELECT 1 FROM sandbox.users u WHERE u.role = r.rolname)
                      AND NOT EXISTS (SELECT 1 FROM sandbox.api_keys k WHERE k.role = r.rolname)
                      AND NOT EXISTS (SELECT 1 FROM pg_shdepend d
                                       WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
                                             AND d.dbid NOT IN (0, (SELECT oid FROM pg_database
                                                                     WHERE datname = current_database())))
                ORDER BY 1";
    let prefix = roles::prefix(database).await?;
    let rows = database.ask(sql, vec![Box::new(prefix)]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// Drops what imports of older versions left when they were killed. Since version 5 an import is one transaction and
/// leaves nothing.
///
/// Tables of users belong to roles of users; these still belong to the sandbox's own login.
///
/// # Errors
/// The database refuses.
pub async fn drafts_of_old_imports(database: &Database) -> Result<(), QueryError> {
    let sql = "SELECT n.nspname::text, c.relname::text
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      JOIN sandbox.users u ON u.schema_name = n.nspname
                WHERE c.relkind = 'r' AND c.relname ~ '^import_[0-9a-f]{8}$' AND pg_get_userbyid(c.relowner) = current_user
                      AND (SELECT count(*) FROM pg_attribute a
                            WHERE a.attrelid = c.oid AND NOT a.attisdropped
                                  AND a.attname = ANY ('{cartodb_id,the_geom,the_geom_webmercator}')) = 3";
    for row in database.ask(sql, Vec::new()).await? {
        let (schema, table): (String, String) = (row.get(0), row.get(1));
        database.run(&format!("DROP TABLE {}.{}", quote_identifier(&schema), quote_identifier(&table))).await?;
        migrations::forget_table(database, &schema, &table).await?;
    }
    Ok(())
}
