//! `carto-sandbox user`

use super::CommandError;
use carto_sandbox::accounts::users;
use carto_sandbox::db::Database;
use clap::Subcommand;

/// Users
#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a user, and print the token of the master key: it is shown only once
    Add {
        /// Small letters, digits, - and _
        name: String,
    },
    /// Print all users
    List,
    /// Delete a user with all keys and datasets
    Delete {
        /// Who
        name: String,
        /// Yes, with all data
        #[arg(long)]
        with_all_data: bool,
    },
}

impl User {
    pub(super) async fn run(self, database: &Database) -> Result<(), CommandError> {
        match self {
            User::Add { name } => {
                let token = users::add(database, &name).await?;
                println!("user {name}\nmaster key {token}");
                eprintln!("The master key can do everything with the account: keep it out of pages.");
            }
            User::List => {
                for (name, datasets, keys) in users::list(database).await? {
                    println!("{name}\t{datasets} datasets\t{keys} keys");
                }
            }
            User::Delete { name, with_all_data } => {
                if !with_all_data {
                    let message = format!("This deletes all datasets and keys of {name}: say --with-all-data.");
                    return Err(CommandError::Said(message));
                }
                users::delete(database, &name).await?;
                println!("deleted user {name}");
            }
        }
        Ok(())
    }
}
