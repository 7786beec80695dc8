//! API keys in the database: each is a row with a token and a role with real grants.
//!
//! A key is made, changed and deleted in one transaction, while nobody else changes keys: all of it is there, or nothing.

use super::grants::{Grants, SchemaGrant, TABLE_PERMISSIONS, TableGrant};
use crate::accounts::keys::{Account, DEFAULT_PUBLIC};
use crate::db::admin::{AdminTransaction, Ask, Failure, retried};
use crate::db::roles::{self, create_role, key_role, user_role};
use crate::db::{Database, QueryError, quote_identifier};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tokio_postgres::Row;

/// Name of the key that may do everything.
pub const MASTER: &str = "Master";
/// Name of the key that everybody has.
pub const DEFAULT: &str = "Default public";
/// Regular keys that a user may have.
const MOST_KEYS: i64 = 200;
/// Characters of a name.
const LONGEST_NAME: usize = 255;

/// An API key as the Auth API tells of it.
#[derive(Clone)]
pub struct ApiKey {
    id: i32,
    /// What it is called; unique for the user.
    pub name: String,
    /// `master`, `default` or `regular`.
    pub kind: String,
    /// The secret.
    pub token: String,
    /// What it may do, as the database says now.
    pub grants: Grants,
    /// When it was made, as text.
    pub created_at: String,
    /// When its token was made, as text.
    pub updated_at: String,
    role: String,
}

impl ApiKey {
    /// Its number.
    pub fn id(&self) -> i32 {
        self.id
    }
}

/// Why a key is not made, changed or deleted.
#[derive(Debug)]
pub enum KeyError {
    /// The request breaks rules; what real servers say to each.
    Invalid(Vec<String>),
    /// There are too many keys.
    Quota,
    /// The key is one of those that every user has.
    Fixed,
    /// There is no such key.
    NotFound,
    /// The database failed.
    Query(QueryError),
}

impl From<QueryError> for KeyError {
    fn from(error: QueryError) -> KeyError {
        KeyError::Query(error)
    }
}

impl Failure for KeyError {
    fn query_error(&self) -> Option<&QueryError> {
        match self {
            KeyError::Query(error) => Some(error),
            _ => None,
        }
    }
}

/// Which keys are listed.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Types; all when empty.
    pub kinds: Vec<String>,
    /// Only the key of this id.
    pub only: Option<i32>,
    /// `type`, `name` or `updated_at`.
    pub order: &'static str,
    /// How many there are on a page.
    pub per_page: i64,
    /// Which page, from 1 on.
    pub page: i64,
}

const COLUMNS: &str = "id, name, type, token, role, apis, table_metadata, dataservices, observatory,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' +0000',
    to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' +0000'";

/// A page of keys, and how many there are on all pages.
///
/// # Errors
/// The database fails.
pub async fn list(
    database: &impl Ask,
    account: &Account,
    selection: &Selection,
) -> Result<(Vec<ApiKey>, i64), QueryError> {
    let wanted = "user_id = $1 AND ($2::int IS NULL OR id = $2) AND (cardinality($3::text[]) = 0 OR type = ANY ($3))";
    let count = database
        .ask(
            &format!("SELECT count(*) FROM sandbox.api_keys WHERE {wanted}"),
            vec![Box::new(account.user_id), Box::new(selection.only), Box::new(selection.kinds.clone())],
        )
        .await?;
    let rows = database
        .ask(
            &format!(
                "SELECT {COLUMNS} FROM sandbox.api_keys WHERE {wanted}
                  ORDER BY array_position(ARRAY['master', 'default', 'regular'], type), {}, id
                  LIMIT $4 OFFSET $5",
                selection.order
            ),
            vec![
                Box::new(account.user_id),
                Box::new(selection.only),
                Box::new(selection.kinds.clone()),
                Box::new(selection.per_page),
                Box::new(selection.page.saturating_sub(1).saturating_mul(selection.per_page)),
            ],
        )
        .await?;
    let mut keys = Vec::new();
    for row in &rows {
        keys.push(with_grants(database, account, row).await?);
    }
    Ok((keys, count.first().map_or(0, |row| row.get(0))))
}

/// The key of this name, if there is one.
///
/// # Errors
/// The database fails.
pub async fn find(database: &impl Ask, account: &Account, name: &str) -> Result<Option<ApiKey>, QueryError> {
    if name.contains('\0') {
        return Err(QueryError::Unsendable);
    }
    let sql = format!("SELECT {COLUMNS} FROM sandbox.api_keys WHERE user_id = $1 AND name = $2");
    let rows = database.ask(&sql, vec![Box::new(account.user_id), Box::new(name.to_owned())]).await?;
    match rows.first() {
        Some(row) => Ok(Some(with_grants(database, account, row).await?)),
        None => Ok(None),
    }
}

async fn with_grants(database: &impl Ask, account: &Account, row: &Row) -> Result<ApiKey, QueryError> {
    let kind: String = row.get(2);
    let role: String = row.get(4);
    let mut grants = Grants {
        apis: row.get(5),
        table_metadata: row.get(6),
        dataservices: row.get(7),
        observatory: row.get(8),
        ..Grants::default()
    };
    if kind == "regular" {
        grants.tables = table_grants(database, &role, &account.schema).await?;
        grants.schemas = schema_grants(database, &role, &account.schema).await?;
    }
    Ok(ApiKey {
        id: row.get(0),
        name: row.get(1),
        kind,
        token: row.get(3),
        grants,
        created_at: row.get(9),
        updated_at: row.get(10),
        role,
    })
}

/// What a role may do with tables, as the database says; what it has from other roles does not count.
async fn table_grants(database: &impl Ask, role: &str, schema: &str) -> Result<Vec<TableGrant>, QueryError> {
    let rows = database
        .ask(
            "SELECT c.relname::text, c.relowner = r.oid,
                    ARRAY(SELECT word
                            FROM unnest($3::text[]) WITH ORDINALITY AS allowed (word, rank)
                           WHERE EXISTS (SELECT 1
                                           FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS granted
                                          WHERE granted.grantee = r.oid AND granted.privilege_type = upper(word))
                           ORDER BY rank)
               FROM pg_roles r, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE r.rolname = $1 AND n.nspname = $2 AND c.relkind = ANY ('{r,v,m,f,p}')
              ORDER BY c.relname",
            vec![
                Box::new(role.to_owned()),
                Box::new(schema.to_owned()),
                Box::new(["select", "insert", "update", "delete"].as_slice()),
            ],
        )
        .await?;
    let grant = |row: &Row| TableGrant {
        schema: schema.to_owned(),
        name: row.get(0),
        is_owner: row.get(1),
        permissions: row.get(2),
    };
    Ok(rows.iter().map(grant).filter(|grant| !grant.permissions.is_empty()).collect())
}

async fn schema_grants(database: &impl Ask, role: &str, schema: &str) -> Result<Vec<SchemaGrant>, QueryError> {
    let rows = database
        .ask(
            "SELECT 1
               FROM pg_roles r, pg_namespace n, aclexplode(n.nspacl) AS granted
              WHERE r.rolname = $1 AND n.nspname = $2 AND granted.grantee = r.oid AND granted.privilege_type = 'CREATE'",
            vec![Box::new(role.to_owned()), Box::new(schema.to_owned())],
        )
        .await?;
    let grant = SchemaGrant { name: schema.to_owned(), permissions: vec!["create".into()] };
    Ok(rows.iter().map(|_| grant.clone()).take(1).collect())
}

/// Makes a regular key.
///
/// # Errors
/// The rules that it breaks, or the database's words.
pub async fn create(database: &Database, account: &Account, name: &str, grants: &Grants) -> Result<ApiKey, KeyError> {
    let made = retried(|| async move {
        let work = database.begin_exclusive().await?;
        let made = create_in(&work, account, name, grants).await;
        work.end(made).await
    });
    made.await.map_err(|refusal| match refusal {
        // What the database says of a right cannot be granted.
        KeyError::Query(QueryError::Database(words)) => KeyError::Invalid(vec![words.message().to_owned()]),
        other => other,
    })
}

async fn create_in(
    work: &AdminTransaction,
    account: &Account,
    name: &str,
    grants: &Grants,
) -> Result<ApiKey, KeyError> {
    check_name(work, account, name).await?;
    let sql = "SELECT (SELECT count(*) FROM sandbox.api_keys k WHERE k.user_id = u.id AND k.type = 'regular'),
                      nextval('sandbox.api_keys_id_seq')::int
                 FROM sandbox.users u WHERE u.id = $1 FOR KEY SHARE";
    let rows = work.ask(sql, vec![Box::new(account.user_id)]).await?;
    // Somebody deleted the user since the request began.
    let Some(row) = rows.first() else { return Err(KeyError::Query(QueryError::Gone)) };
    if row.get::<_, i64>(0) >= MOST_KEYS {
        return Err(KeyError::Quota);
    }
    let id: i32 = row.get(1);
    let role = key_role(&account.role, id);
    create_role(work, &role).await?;
    work.run(&grant_statements(work, account, &role, grants).await?).await?;
    let sql = "INSERT INTO sandbox.api_keys
                 (id, user_id, name, type, token, role, apis, table_metadata, dataservices, observatory)
               VALUES ($1, $2, $3, 'regular', $4, $5, $6, $7, $8, $9)";
    work.ask(
        sql,
        vec![
            Box::new(id),
            Box::new(account.user_id),
            Box::new(name.to_owned()),
            Box::new(new_token()?),
            Box::new(role),
            Box::new(grants.apis.clone()),
            Box::new(grants.table_metadata),
            Box::new(grants.dataservices.clone()),
            Box::new(grants.observatory.clone()),
        ],
    )
    .await?;
    find(work, account, name).await?.ok_or(KeyError::NotFound)
}

fn taken() -> KeyError {
    KeyError::Invalid(vec!["Name has already been taken".into()])
}

async fn check_name(database: &impl Ask, account: &Account, name: &str) -> Result<(), KeyError> {
    let invalid = |text: &str| Err(KeyError::Invalid(vec![text.to_owned()]));
    match name {
        "" => invalid("Name can't be blank"),
        blank if blank.trim().is_empty() => invalid("Name can't be blank"),
        MASTER | DEFAULT => invalid("Name api_key name cannot be Master nor Default public"),
        // Browsers and proxies make another address of these, and the database has no place for a zero byte.
        "." | ".." => invalid("Name is invalid"),
        strange if strange.contains(['/', '\0']) => invalid("Name is invalid"),
        long if long.chars().count() > LONGEST_NAME => invalid("Name is too long (maximum is 255 characters)"),
        name if find(database, account, name).await?.is_some() => Err(taken()),
        _ => Ok(()),
    }
}

/// The statements that give a role its rights, after a look at whether the user has them.
async fn grant_statements(
    database: &impl Ask,
    account: &Account,
    role: &str,
    grants: &Grants,
) -> Result<String, KeyError> {
    let (schema, user, role) =
        (quote_identifier(&account.schema), quote_identifier(&account.role), quote_identifier(role));
    // What a key makes is the user's too.
    let mut statements = format!("GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT {role} TO {user};");
    let sql = "SELECT role FROM sandbox.api_keys WHERE user_id = $1 AND type = 'default'";
    for row in database.ask(sql, vec![Box::new(account.user_id)]).await? {
        statements.push_str(&format!("GRANT {} TO {role};", quote_identifier(row.get(0))));
    }
    // Accounts of one person call their schema by this name.
    let is_own = |name: &str| name == account.schema || name == "public";
    for grant in &grants.schemas {
        if !is_own(&grant.name) {
            return Err(KeyError::Invalid(vec!["Grants can only grant schema permissions you have".into()]));
        }
        if !grant.permissions.is_empty() {
            statements.push_str(&format!("GRANT CREATE ON SCHEMA {schema} TO {role};"));
        }
    }
    for grant in &grants.tables {
        let denied = || KeyError::Invalid(vec!["Grants can only grant table permissions you have".into()]);
        if !is_own(&grant.schema) {
            return Err(denied());
        }
        let rows = database
            .ask(
                "SELECT c.oid,
                        ARRAY(SELECT quote_ident(sn.nspname) || '.' || quote_ident(s.relname)
                                FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                                     JOIN pg_namespace sn ON sn.oid = s.relnamespace
                               WHERE d.refobjid = c.oid AND d.deptype = 'a')
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = ANY ('{r,v,m,f,p}')
                        AND (SELECT coalesce(bool_and(has_table_privilege($3, c.oid, word)), true)
                               FROM unnest($4::text[]) AS word)",
                vec![
                    Box::new(account.schema.clone()),
                    Box::new(grant.name.clone()),
                    Box::new(account.role.clone()),
                    Box::new(grant.permissions.clone()),
                ],
            )
            .await?;
        let Some(row) = rows.first() else { return Err(denied()) };
        if grant.permissions.is_empty() {
            continue;
        }
        let table = format!("{schema}.{}", quote_identifier(&grant.name));
        // The words were checked: they are those of SQL.
        let words = TABLE_PERMISSIONS.iter().filter(|word| grant.permissions.iter().any(|given| given == *word));
        let words: Vec<&str> = words.copied().collect();
        statements.push_str(&format!("GRANT {} ON {table} TO {role};", words.join(", ")));
        for sequence in row.get::<_, Vec<String>>(1) {
            statements.push_str(&format!("GRANT USAGE, SELECT ON SEQUENCE {sequence} TO {role};"));
        }
    }
    Ok(statements)
}

/// Gives a key a new token; the old one stops at once.
///
/// # Errors
/// There is no such key, or its token is fixed.
pub async fn regenerate(database: &Database, account: &Account, name: &str) -> Result<ApiKey, KeyError> {
    retried(|| async move {
        let work = database.begin_exclusive().await?;
        let renewed = regenerate_in(&work, account, name).await;
        work.end(renewed).await
    })
    .await
}

async fn regenerate_in(work: &AdminTransaction, account: &Account, name: &str) -> Result<ApiKey, KeyError> {
    let key = find(work, account, name).await?.ok_or(KeyError::NotFound)?;
    if key.kind == "default" {
        return Err(KeyError::Invalid(vec![format!("Token must be {DEFAULT_PUBLIC} for default keys")]));
    }
    let sql = "UPDATE sandbox.api_keys SET token = $2, updated_at = now() WHERE id = $1";
    let token = if key.kind == "master" { new_master_token()? } else { new_token()? };
    work.ask(sql, vec![Box::new(key.id), Box::new(token)]).await?;
    find(work, account, name).await?.ok_or(KeyError::NotFound)
}

/// Ends a key. What its role owns goes to the user.
///
/// # Errors
/// There is no such key, or it is one that every user has.
pub async fn delete(database: &Database, account: &Account, name: &str) -> Result<(), KeyError> {
    let role = retried(|| async move {
        let work = database.begin_exclusive().await?;
        let deleted = delete_in(&work, account, name).await;
        work.end(deleted).await
    });
    database.forget(&role.await?).await;
    Ok(())
}

async fn delete_in(work: &AdminTransaction, account: &Account, name: &str) -> Result<String, KeyError> {
    let key = find(work, account, name).await?.ok_or(KeyError::NotFound)?;
    if key.kind != "regular" {
        return Err(KeyError::Fixed);
    }
    work.ask("DELETE FROM sandbox.api_keys WHERE id = $1", vec![Box::new(key.id)]).await?;
    roles::drop_role(work, &key.role, &account.role).await?;
    Ok(key.role)
}

/// 22 characters that nobody can guess.
///
/// # Errors
/// There are no random numbers.
pub fn new_token() -> Result<String, QueryError> {
    random::<16>().map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// 40 hexadecimal digits, as master keys have them: clients know them by that, and warn where one is on a page.
///
/// # Errors
/// There are no random numbers.
pub fn new_master_token() -> Result<String, QueryError> {
    random::<20>().map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], QueryError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| QueryError::Lost)?;
    Ok(bytes)
}

/// A key whose token is known beforehand.
#[derive(Clone, Debug)]
pub struct GivenKey<'a> {
    /// Its name; unique for the user.
    pub name: &'a str,
    /// `master`, `default` or `regular`.
    pub kind: &'a str,
    /// The secret.
    pub token: &'a str,
    /// `maps` and `sql`.
    pub apis: &'a [&'a str],
    /// Tables of the user that it can read; a master key owns them all. A regular key of this kind does not see what
    /// is public, unlike those that are made with the Auth API.
    pub tables: &'a [&'a str],
}

/// Makes a key with its role, or renews the token and the rights of the key of this name.
///
/// # Errors
/// The database refuses, for instance because the token is taken.
pub async fn put(database: &Database, username: &str, key: &GivenKey<'_>) -> Result<(), QueryError> {
    retried(|| async move {
        let work = database.begin_exclusive().await?;
        let done = put_in(&work, username, key).await;
        work.end(done).await
    })
    .await
}

/// As [`put`], in a transaction that has its turn.
///
/// # Errors
/// The database refuses, for instance because the token is taken.
pub async fn put_in(work: &AdminTransaction, username: &str, key: &GivenKey<'_>) -> Result<(), QueryError> {
    let rows = work
        .ask(
            "INSERT INTO sandbox.api_keys (user_id, name, type, token, role, apis)
             SELECT id, $2, $3, $4, '', $5 FROM sandbox.users WHERE username = $1
             ON CONFLICT (user_id, name) DO UPDATE
                SET token = excluded.token, apis = excluded.apis, updated_at = now()
             RETURNING id",
            vec![
                Box::new(username.to_owned()),
                Box::new(key.name.to_owned()),
                Box::new(key.kind.to_owned()),
                Box::new(key.token.to_owned()),
                Box::new(key.apis.iter().map(|api| (*api).to_owned()).collect::<Vec<String>>()),
            ],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let id: i32 = row.get(0);
    let user = user_role(work, username).await?;
    // The master key is the user, who owns the tables.
    let role = if key.kind == "master" { user.clone() } else { key_role(&user, id) };
    create_role(work, &role).await?;
    let services = super::grants::DATASERVICES;
    let sql = "UPDATE sandbox.api_keys SET role = $2, dataservices = CASE WHEN type = 'master' THEN $3::text[] END WHERE id = $1";
    work.ask(sql, vec![Box::new(id), Box::new(role.clone()), Box::new(services)]).await?;
    let (schema, role) = (quote_identifier(username), quote_identifier(&role));
    work.run(&format!("GRANT USAGE ON SCHEMA {schema} TO {role}")).await?;
    if key.kind == "master" {
        return Ok(());
    }
    work.run(&format!("GRANT {role} TO {}", quote_identifier(&user))).await?;
    for table in key.tables {
        work.run(&format!("GRANT SELECT ON {schema}.{} TO {role}", quote_identifier(table))).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_all_different() {
        let tokens: std::collections::HashSet<String> = (0..1000).filter_map(|_| new_token().ok()).collect();
        assert_eq!(tokens.len(), 1000);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(tokens.iter().all(|token| token.len() == 22 && token.chars().all(is_plain)));
    }
}
