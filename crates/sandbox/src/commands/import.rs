//! `carto-sandbox import`

use super::CommandError;
use carto_sandbox::data::import::{self, Collision, ImportOptions};
use carto_sandbox::data::overviews;
use carto_sandbox::db::Database;
use clap::Args;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Import a file as a dataset: CSV, GeoJSON, a shapefile, GeoPackage, KML, KMZ, GPX, XLSX, ODS, also zipped
///
/// What is odd about a file is said, and the row is kept: without a place, or with null in the cell. A file with several
/// layers becomes several datasets.
#[derive(Debug, Args)]
pub struct Import {
    /// The file
    file: PathBuf,
    /// Who owns the dataset
    #[arg(long)]
    user: String,
    /// Its name; that of the file when it is not given, or those of its layers
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
    /// Which layer or sheet, of a file that has several
    #[arg(long)]
    layer: Option<String>,
}

impl Import {
    pub(super) async fn run(self, database: &Database) -> Result<(), CommandError> {
        let Import { file, user, table, replace, public: is_public, srid, layer } = self;
        let collision = if replace { Collision::Replace } else { Collision::Refuse };
        let options = ImportOptions { user: user.clone(), table, collision, is_public, srid, layer, timeout: None };
        // Lines that replace each other are for people.
        let end = if std::io::stderr().is_terminal() { '\r' } else { '\n' };
        let progress = |rows: usize, all: usize| eprint!("{rows} of {all} rows …{end}");
        let report = import::import(database, &file, &options, progress).await?;
        for warning in report.warnings {
            eprintln!("{warning}");
        }
        for (table, rows) in report.tables {
            println!("{user}.{table}\t{rows} {}", if rows == 1 { "row" } else { "rows" });
            overviews::build_if_large(database, &user, &table).await;
        }
        Ok(())
    }
}
