//! What the command line can do beside serving: users, keys, imports, tables that are there, overviews.

pub mod adopt;
pub mod import;
pub mod key;
pub mod optimize;
pub mod user;

use carto_sandbox::StartError;
use carto_sandbox::accounts::users::AccountError;
use carto_sandbox::data::adopt::AdoptError;
use carto_sandbox::data::import::ImportError;
use carto_sandbox::data::overviews::OverviewError;
use carto_sandbox::db::{Database, QueryError};

/// Why a command fails, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The database does not open.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Something about a user.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Something about a file.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Something about a table.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// Something about an overview.
    #[error(transparent)]
    Overview(#[from] OverviewError),
    /// The database refuses.
    #[error("The database refuses: {0}.")]
    Query(#[from] QueryError),
    /// What is said already.
    #[error("{0}")]
    Said(String),
}

/// A command that needs the database and nothing else.
pub enum Command {
    /// `user …`
    User(user::User),
    /// `key …`
    Key(key::Key),
    /// `import …`
    Import(import::Import),
    /// `adopt …`
    Adopt(adopt::Adopt),
    /// `optimize …`
    Optimize(optimize::Optimize),
}

impl Command {
    /// Runs it; what it says goes to stdout.
    pub async fn run(self, database: &Database) -> Result<(), CommandError> {
        match self {
            Command::User(user) => user.run(database).await,
            Command::Key(key) => key.run(database).await,
            Command::Import(import) => import.run(database).await,
            Command::Adopt(adopt) => adopt.run(database).await,
            Command::Optimize(optimize) => optimize.run(database).await,
        }
    }
}
