//! `carto-sandbox key`

use super::CommandError;
use carto_sandbox::accounts::users;
use carto_sandbox::auth_api::api_keys::{self, ApiKey, KeyError, Selection};
use carto_sandbox::auth_api::grants::{APIS, Grants, TableGrant};
use carto_sandbox::db::{Database, migrations};
use clap::Subcommand;

/// API keys
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key, and print its token
    Create {
        /// What it is called
        name: String,
        /// Whose key it is
        #[arg(long)]
        user: String,
        /// An API that it opens; may be given several times
        #[arg(long = "api", default_values = ["maps", "sql"])]
        apis: Vec<String>,
        /// A dataset and what may be done with it: r to read, w to write, such as cities:r; may be given several times
        #[arg(long = "dataset", value_name = "NAME[:r|:w|:rw]")]
        datasets: Vec<String>,
    },
    /// Print the keys of a user; tokens only when asked
    List {
        /// Whose keys
        #[arg(long)]
        user: String,
        /// Print tokens, too
        #[arg(long)]
        show: bool,
    },
    /// Give a key a new token, and print it; the old one is void
    Regenerate {
        /// Which key
        name: String,
        /// Whose key it is
        #[arg(long)]
        user: String,
    },
    /// Delete a key
    Delete {
        /// Which key
        name: String,
        /// Whose key it is
        #[arg(long)]
        user: String,
    },
}

impl Key {
    pub(super) async fn run(self, database: &Database) -> Result<(), CommandError> {
        match self {
            Key::Create { name, user, apis, datasets } => {
                let account = users::existing(database, &user).await?;
                let grants = grants(&user, apis, &datasets)?;
                for table in &grants.tables {
                    let is_own = table.schema == user || table.schema == "public";
                    if !is_own || !migrations::has_relation(database, &account.schema, &table.name).await? {
                        let name = if is_own { table.name.clone() } else { format!("{}.{}", table.schema, table.name) };
                        return Err(CommandError::Said(format!("{user} has no dataset \"{}\".", printable(&name))));
                    }
                }
                let key =
                    api_keys::create(database, &account, &name, &grants).await.map_err(|error| said(&name, error))?;
                println!("key {}\ntoken {}", printable(&key.name), key.token);
            }
            Key::List { user, show } => {
                let account = users::existing(database, &user).await?;
                let selection = Selection { kinds: Vec::new(), only: None, order: "name", per_page: i64::MAX, page: 1 };
                for key in api_keys::list(database, &account, &selection).await?.0 {
                    println!("{}", line(&key, show));
                }
            }
            Key::Regenerate { name, user } => {
                let account = users::existing(database, &user).await?;
                let key = api_keys::regenerate(database, &account, &name).await.map_err(|error| said(&name, error))?;
                println!("key {}\ntoken {}", printable(&key.name), key.token);
            }
            Key::Delete { name, user } => {
                let account = users::existing(database, &user).await?;
                api_keys::delete(database, &account, &name).await.map_err(|error| said(&name, error))?;
                println!("deleted key {}", printable(&name));
            }
        }
        Ok(())
    }
}

fn line(key: &ApiKey, show: bool) -> String {
    let datasets: Vec<String> = key
        .grants
        .tables
        .iter()
        .map(|table| format!("{}.{}:{}", table.schema, printable(&table.name), table.permissions.join("+")))
        .collect();
    let token = if show { key.token.as_str() } else { "…" };
    format!("{}\t{}\t{}\t{}\t{token}", printable(&key.name), key.kind, key.grants.apis.join("+"), datasets.join(" "))
}

/// A name on one line: it may hold any character, and some of them would do something to a terminal.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// What the options of `create` grant.
fn grants(user: &str, apis: Vec<String>, datasets: &[String]) -> Result<Grants, CommandError> {
    if let Some(unknown) = apis.iter().find(|api| !APIS.contains(&api.as_str())) {
        return Err(CommandError::Said(format!("There is no API \"{unknown}\": {}.", APIS.join(", "))));
    }
    let table = |text: &String| {
        let (name, rights) = text.rsplit_once(':').unwrap_or((text, "r"));
        let permissions: &[&str] = match rights {
            "r" => &["select"],
            "w" => &["insert", "update", "delete"],
            "rw" | "wr" => &["insert", "select", "update", "delete"],
            other => return Err(CommandError::Said(format!("\"{other}\" is none of r, w and rw."))),
        };
        let (schema, name) = name.split_once('.').unwrap_or((user, name));
        Ok(TableGrant {
            schema: schema.to_owned(),
            name: name.to_owned(),
            permissions: permissions.iter().map(|permission| (*permission).to_owned()).collect(),
            is_owner: false,
        })
    };
    let tables = datasets.iter().map(table).collect::<Result<_, _>>()?;
    Ok(Grants { apis, tables, ..Grants::default() })
}

fn said(name: &str, refusal: KeyError) -> CommandError {
    CommandError::Said(match refusal {
        KeyError::Invalid(texts) => format!("The key cannot be so: {}.", texts.join(", ")),
        KeyError::Quota => "The user has as many keys as there may be.".into(),
        KeyError::Fixed => format!("The key \"{name}\" is one that every user has."),
        KeyError::NotFound => format!("There is no key \"{name}\"."),
        KeyError::Query(error) => return error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_on_their_line() {
        assert_eq!(printable("a\tb\n\u{1b}[1m\u{e9}"), "a\\tb\\n\\u{1b}[1m\u{e9}");
    }

    #[test]
    fn options_become_grants() {
        let of = |dataset: &str| grants("ada", vec!["maps".into()], &[dataset.to_owned()]).map(|grants| grants.tables);
        let read = of("cities").unwrap_or_default();
        assert_eq!(read.first().map(|table| (table.schema.as_str(), table.name.as_str())), Some(("ada", "cities")));
        assert_eq!(of("bob.x:rw").unwrap_or_default().first().map(|table| table.permissions.len()), Some(4));
        assert!(of("cities:x").is_err());
        assert!(grants("ada", vec!["nope".into()], &[]).is_err());
    }
}
