//! `carto-sandbox optimize`

use super::CommandError;
use carto_sandbox::data::overviews::{self, Outcome};
use carto_sandbox::db::{Database, changes};
use carto_sandbox::render::crowd::CROWD;
use clap::Args;
use std::time::Duration;

/// Make overviews of large tables of points, so that tiles of low zoom levels are quick
///
/// Without a dataset it makes those that are missing or out of date.
#[derive(Debug, Args)]
pub struct Optimize {
    /// Only datasets of this user
    #[arg(long, required_unless_present = "all")]
    user: Option<String>,
    /// Datasets of all users
    #[arg(long, conflicts_with_all = ["user", "dataset"])]
    all: bool,
    /// Only this dataset, whatever its overview is like
    dataset: Option<String>,
}

impl Optimize {
    pub(super) async fn run(self, database: &Database) -> Result<(), CommandError> {
        let Optimize { user, dataset, .. } = self;
        // An overview is stale when its table changes, which only a watched table tells.
        changes::watch_all(database).await?;
        let wanted = match (&user, dataset) {
            (Some(user), Some(dataset)) => vec![(user.clone(), dataset)],
            _ => {
                let found = overviews::wanting(database, user.as_deref(), CROWD as f64, Duration::ZERO).await?;
                found.into_iter().map(|wanting| (wanting.schema, wanting.table)).collect()
            }
        };
        if wanted.is_empty() {
            println!("nothing to do");
        }
        for (user, table) in wanted {
            let said = match overviews::build(database, &user, &table).await? {
                Outcome::Made(points) => format!("{points} points"),
                Outcome::Small => "needs no overview: it is small".to_owned(),
                Outcome::NotPoints => "has no overview: it has lines or areas".to_owned(),
                Outcome::Busy => "gets its overview from another process now".to_owned(),
                Outcome::TooLarge => "has no overview: it is too large".to_owned(),
            };
            println!("{user}.{table}\t{said}");
        }
        Ok(())
    }
}
