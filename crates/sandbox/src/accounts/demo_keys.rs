//! The keys of the demo: random ones, made when the demo is loaded. They are kept where all keys are, in the database.

use crate::StartError;
use crate::accounts::keys::DEFAULT_PUBLIC;
use crate::auth_api::api_keys::{self, DEFAULT, GivenKey, MASTER};
use crate::data::demo::ALL_APIS;
use crate::db::{Database, QueryError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The demo's user.
pub const USERNAME: &str = "demo";
/// The file of the keys beside the embedded database, for whoever operates it.
const FILE: &str = "demo-keys.json";
/// Tokens that earlier versions gave to every demo, and that tests give: everybody knows them.
const PUBLISHED: &[&str] = &[
    "demo_master_key_0123456789abcdef01234567",
    "demo_maps_key_for_cities_only_0001",
    "demo_sql_key_without_the_maps_api_0001",
];
const RESTRICTED: &str = "Cities only";
const SQL_ONLY: &str = "Without the Maps API";

/// The tokens of the demo's keys. They cannot be printed by mistake.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DemoKeys {
    username: String,
    master: String,
    default: String,
    restricted: String,
    sql_only: String,
}

impl DemoKeys {
    /// Keys that nobody knows, in place of those that are not in `known` or that everybody knows.
    fn random(known: &HashMap<String, String>) -> Result<DemoKeys, StartError> {
        let kept = |name: &str| known.get(name).filter(|token| !PUBLISHED.contains(&token.as_str())).cloned();
        let kept_or_new = |name: &str| kept(name).map_or_else(|| new_token(name), Ok);
        Ok(DemoKeys {
            username: USERNAME.into(),
            master: kept_or_new(MASTER)?,
            default: DEFAULT_PUBLIC.into(),
            restricted: kept_or_new(RESTRICTED)?,
            sql_only: kept_or_new(SQL_ONLY)?,
        })
    }

    /// Reads the keys that a test gives.
    ///
    /// # Errors
    /// The file cannot be read, or says something else. What it says is not repeated.
    pub fn read(file: &Path) -> Result<DemoKeys, StartError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| StartError(format!("{} cannot be read: {error}.", file.display())))?;
        let keys: Option<DemoKeys> = serde_json::from_str(&text).ok();
        let keys = keys.filter(|keys| {
            let tokens = [&keys.master, &keys.restricted, &keys.sql_only];
            keys.username == USERNAME && keys.default == DEFAULT_PUBLIC && tokens.iter().all(|token| !token.is_empty())
        });
        keys.ok_or_else(|| {
            StartError(format!(
                "{} holds no keys of a demo: username \"{USERNAME}\", default \"{DEFAULT_PUBLIC}\", master, restricted \
                 and sqlOnly.",
                file.display()
            ))
        })
    }

    /// Gives the demo's user these keys.
    async fn store(&self, database: &Database) -> Result<(), QueryError> {
        let all = &["world_countries", "cities"][..];
        let key = |name, kind, token, apis, tables| GivenKey { name, kind, token, apis, tables };
        for key in [
            key(MASTER, "master", self.master.as_str(), ALL_APIS, &[]),
            key(DEFAULT, "default", &self.default, ALL_APIS, all),
            key(RESTRICTED, "regular", &self.restricted, ALL_APIS, &["cities"]),
            key(SQL_ONLY, "regular", &self.sql_only, &["sql"], all),
        ] {
            api_keys::put(database, USERNAME, &key).await?;
        }
        Ok(())
    }
}

/// Gives the demo's user its keys: those that a test gives, those that it has, or new ones.
///
/// # Errors
/// The database refuses.
pub async fn put(database: &Database, given: Option<&DemoKeys>) -> Result<(), StartError> {
    let stored = match given {
        Some(given) => given.store(database).await,
        None => DemoKeys::random(&stored(database).await.map_err(failed)?)?.store(database).await,
    };
    stored.map_err(failed)
}

/// Gives new tokens to keys of the demo's user whose tokens everybody knows, also where the demo is off now.
///
/// # Errors
/// The database refuses.
pub async fn replace_published(database: &Database) -> Result<(), StartError> {
    let sql = "UPDATE sandbox.api_keys k SET token = $2, updated_at = now()
                 FROM sandbox.users u WHERE u.id = k.user_id AND u.username = $3 AND k.token = $1";
    for (name, token) in stored(database).await.map_err(failed)? {
        if PUBLISHED.contains(&token.as_str()) {
            let new = new_token(&name)?;
            let parameters: Vec<crate::db::Param> = vec![Box::new(token), Box::new(new), Box::new(USERNAME)];
            database.admin_query(sql, parameters).await.map_err(failed)?;
            println!("the demo's key \"{name}\" has a new token: the old one was published");
        }
    }
    Ok(())
}

/// What pages call the keys.
const MEMBERS: &[(&str, &str)] =
    &[("master", MASTER), ("default", DEFAULT), ("restricted", RESTRICTED), ("sqlOnly", SQL_ONLY)];

/// The tokens that pages may know: all but the master key's.
///
/// # Errors
/// The database refuses.
pub async fn public(database: &Database) -> Result<Value, QueryError> {
    let known = stored(database).await?;
    Ok(told(&known, MEMBERS.iter().filter(|(_, name)| *name != MASTER)))
}

fn told<'a>(known: &HashMap<String, String>, members: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Value {
    let mut keys = json!({ "username": USERNAME });
    for (member, name) in members {
        if let Some(token) = known.get(*name) {
            keys[*member] = token.as_str().into();
        }
    }
    keys
}

/// Writes all keys into the directory of the embedded database, where nobody but its owner reads them.
///
/// # Errors
/// The database refuses, or the file cannot be written.
pub async fn write_file(database: &Database, data_dir: &Path) -> Result<PathBuf, StartError> {
    let keys = told(&stored(database).await.map_err(failed)?, MEMBERS.iter());
    let file = data_dir.join(FILE);
    written(&file, &format!("{keys:#}"))
        .map_err(|error| StartError(format!("{} cannot be written: {error}.", file.display())))?;
    Ok(file)
}

/// A new file in place of the old one: nobody can have it open, and its rights are its own.
fn written(file: &Path, text: &str) -> std::io::Result<()> {
    let new = file.with_extension("new");
    let _ = std::fs::remove_file(&new);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&new)?.write_all(format!("{text}\n").as_bytes())?;
    std::fs::rename(&new, file)
}

/// The tokens of all keys of the demo's user by name.
async fn stored(database: &Database) -> Result<HashMap<String, String>, QueryError> {
    let sql = "SELECT k.name, k.token FROM sandbox.api_keys k JOIN sandbox.users u ON u.id = k.user_id
                WHERE u.username = $1";
    let rows = database.admin_query(sql, vec![Box::new(USERNAME.to_owned())]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// A token for the key of this name.
fn new_token(name: &str) -> Result<String, StartError> {
    let token = if name == MASTER { api_keys::new_master_token() } else { api_keys::new_token() };
    token.map_err(failed)
}

fn failed(error: QueryError) -> StartError {
    StartError(format!("The demo's keys cannot be made: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_random_and_keep_what_is_secret() {
        let known = HashMap::from([(MASTER.to_owned(), PUBLISHED[0].to_owned()), (SQL_ONLY.into(), "mine".into())]);
        let keys = [DemoKeys::random(&known).ok(), DemoKeys::random(&known).ok()];
        let [Some(one), Some(other)] = keys else { panic!("no random numbers") };
        assert!(one.master != other.master && one.restricted != other.restricted && one.master.len() == 40);
        assert!(!PUBLISHED.contains(&one.master.as_str()));
        assert_eq!((one.sql_only.as_str(), one.default.as_str()), ("mine", DEFAULT_PUBLIC));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let file = std::env::temp_dir().join(format!("demo-keys-{}.json", std::process::id()));
        std::fs::write(&file, "old").unwrap_or_default();
        assert!(written(&file, "new").is_ok());
        let mode = std::fs::metadata(&file).map(|about| about.permissions().mode() & 0o777);
        assert_eq!(mode.ok(), Some(0o600));
        assert_eq!(std::fs::read_to_string(&file).ok().as_deref(), Some("new\n"));
        let _ = std::fs::remove_file(file);
    }
}
