//! Passwords of the keys' roles on a server: derived from a secret of the installation, kept nowhere.

use super::admin::{Ask, retried};
use super::{Database, QueryError, quote_identifier, quote_literal};
use hmac::{Hmac, KeyInit, Mac};
use postgres_protocol::password::scram_sha_256;
use sha2::Sha256;
use std::fmt;
use std::path::Path;

/// Letters that a secret has at least.
const SHORTEST: usize = 16;

/// What passwords are made of. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Takes a text for a secret; white space around it does not count.
    ///
    /// # Errors
    /// It is too short to be one.
    pub fn new(text: &str) -> Result<Secret, String> {
        let text = text.trim();
        match text.len() >= SHORTEST {
            true => Ok(Secret(text.as_bytes().to_vec())),
            false => Err(format!("a secret has at least {SHORTEST} letters")),
        }
    }

    /// Reads a secret from a file.
    ///
    /// # Errors
    /// The file cannot be read, or what it holds is too short.
    pub fn read(file: &Path) -> Result<Secret, String> {
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        Secret::new(&text)
    }

    /// The password of a role.
    pub fn password_of(&self, role: &str) -> Result<String, QueryError> {
        // Keys of any length are taken.
        let mut code = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| QueryError::Lost)?;
        code.update(b"carto-sandbox login ");
        code.update(role.as_bytes());
        Ok(code.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The secret that is kept in the database, where only the sandbox's own login reads it; it is made up at its first use.
///
/// # Errors
/// The database is not reachable.
pub(super) async fn kept_secret(database: &Database) -> Result<Secret, QueryError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| QueryError::Lost)?;
    let made_up: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let sql = "INSERT INTO sandbox.settings VALUES ('login_secret', $1) ON CONFLICT (name) DO NOTHING";
    database.ask(sql, vec![Box::new(made_up)]).await?;
    let rows = database.ask("SELECT value FROM sandbox.settings WHERE name = 'login_secret'", Vec::new()).await?;
    rows.first().map(|row| Secret(row.get::<_, String>(0).into_bytes())).ok_or(QueryError::Lost)
}

/// Whether a role can log in.
///
/// # Errors
/// There is no such role.
pub(super) async fn has_login(database: &impl Ask, role: &str) -> Result<bool, QueryError> {
    let sql = "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1";
    let rows = database.ask(sql, vec![Box::new(role.to_owned())]).await?;
    rows.first().map(|row| row.get(0)).ok_or(QueryError::Gone)
}

/// Lets a role log in that never did. Two processes at a time do it once: a pool between them and the server knows the first
/// verifier, and each one is another.
///
/// # Errors
/// There is no such role.
pub(super) async fn set_first_login(database: &Database, role: &str, password: &str) -> Result<(), QueryError> {
    let work = database.begin().await?;
    let done = async {
        work.run("SELECT pg_advisory_xact_lock(hashtext('carto-sandbox login'))").await?;
        match has_login(&work, role).await? {
            true => Ok(()),
            false => work.run(&setting(role, password)).await,
        }
    };
    let done = done.await;
    work.end(done).await
}

/// The statement that sets a password.
fn setting(role: &str, password: &str) -> String {
    let (name, verifier) = (quote_identifier(role), quote_literal(&scram_sha_256(password.as_bytes())));
    format!("ALTER ROLE {name} LOGIN PASSWORD {verifier}")
}

/// Lets a role log in with a password. PostgreSQL, and the log that it may write of statements, get to see a verifier only.
///
/// # Errors
/// There is no such role.
pub(super) async fn set_login(database: &Database, role: &str, password: &str) -> Result<(), QueryError> {
    let sql = &setting(role, password);
    let set = retried(|| async move { database.run(sql).await }).await;
    match set {
        Err(QueryError::Database(refusal)) if *refusal.code() == tokio_postgres::error::SqlState::UNDEFINED_OBJECT => {
            Err(QueryError::Gone)
        }
        set => set,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_of_role_and_secret() {
        let password = |secret: &str, role| Secret::new(secret).ok()?.password_of(role).ok();
        let (one, other) = ("0123456789abcdef", "0123456789abcdeg");
        assert_eq!(password(one, "a"), password("0123456789abcdef\n", "a"));
        assert_eq!(password(one, "a").map(|password| password.len()), Some(64));
        assert!(password(one, "a") != password(one, "b") && password(one, "a") != password(other, "a"));
        assert!(Secret::new("short").is_err());
        assert!(!format!("{:?}", Secret::new(one)).contains("0123"));
    }
}
