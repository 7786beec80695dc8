//! `carto-sandbox import`

use super::CommandError;
use carto_sandbox::db::Database;
use carto_sandbox::import::{self, Wish};
use clap::Args;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Import a file as a dataset: GeoJSON, CSV (with latitude and longitude, or well-known text), a shapefile, also zipped
#[derive(Debug, Args)]
pub struct Import {
    /// The file
    file: PathBuf,
    /// Who owns the dataset
    #[arg(long)]
    user: String,
    /// Its name; that of the file when it is not given
    #[arg(long)]
    table: Option<String>,
    /// Put it in the place of a dataset of that name
    #[arg(long)]
    replace: bool,
    /// Let everybody read it, with the key default_public
    #[arg(long)]
    public: bool,
    /// Number of the reference system, in place of what the file says
    #[arg(long)]
    srid: Option<i32>,
}

impl Import {
    pub(super) async fn run(self, database: &Database) -> Result<(), CommandError> {
        let wish = Wish { user: self.user.clone(), table: self.table, is_replaced: self.replace, srid: self.srid };
        // Lines that replace each other are for people.
        let end = if std::io::stderr().is_terminal() { '\r' } else { '\n' };
        let progress = |rows: usize| eprint!("{rows} rows …{end}");
        let (table, rows) = import::import(database, &self.file, &wish, progress).await?;
        if self.public {
            import::publish(database, &self.user, &table).await?;
        }
        println!("{}.{table}\t{rows} rows", self.user);
        Ok(())
    }
}
