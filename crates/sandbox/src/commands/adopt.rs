//! `carto-sandbox adopt`

use super::CommandError;
use carto_sandbox::data::adopt::{self, Adoption};
use carto_sandbox::data::overviews;
use carto_sandbox::db::Database;
use clap::Args;

/// Make a dataset of a table of PostGIS that is there already
///
/// The table becomes the dataset: it moves into the schema of the user, who owns it then, and gets columns and triggers. With
/// --view it stays as it is, and a view of it is the dataset.
#[derive(Debug, Args)]
pub struct Adopt {
    /// The table, with its schema: gis.parks, or gis."Odd Name" as the database writes it
    #[arg(value_name = "SCHEMA.TABLE")]
    table: String,
    /// Who gets the dataset
    #[arg(long)]
    user: String,
    /// Which column is the geometry; needed where there are several
    #[arg(long, value_name = "COLUMN")]
    geometry: Option<String>,
    /// Name of the dataset; that of the table when it is not given
    #[arg(long)]
    name: Option<String>,
    /// Leave the table as it is, and make a view of it
    #[arg(long)]
    view: bool,
    /// With --view, put a trigger on the table that notes its changes
    #[arg(long, requires = "view")]
    watch: bool,
    /// Let everybody read it, with the key default_public
    #[arg(long)]
    public: bool,
}

impl Adopt {
    pub(super) async fn run(self, database: &Database) -> Result<(), CommandError> {
        let Some((schema, table)) = qualified(&self.table) else {
            return Err(CommandError::Said(format!("\"{}\" is no table with its schema: SCHEMA.TABLE.", self.table)));
        };
        let adoption = Adoption {
            schema,
            table,
            user: self.user.clone(),
            geometry: self.geometry,
            name: self.name,
            is_view: self.view,
            is_watched: self.watch,
            is_public: self.public,
        };
        let (name, notes) = adopt::adopt(database, &adoption).await?;
        for note in notes {
            eprintln!("{note}");
        }
        println!("{}.{name}", self.user);
        overviews::build_if_large(database, &self.user, &name).await;
        Ok(())
    }
}

/// A schema and a table; each may be in quotes, within which a quote is written twice.
fn qualified(text: &str) -> Option<(String, String)> {
    let (schema, rest) = part(text)?;
    let (table, rest) = part(rest.strip_prefix('.')?)?;
    rest.is_empty().then_some((schema, table))
}

/// The first part of a name and what is behind it. What is not in quotes is taken as it is, up to a point.
fn part(text: &str) -> Option<(String, &str)> {
    let (part, rest) = match text.strip_prefix('"') {
        None => {
            let end = text.find('.').unwrap_or(text.len());
            let (part, rest) = text.split_at(end);
            (part.to_owned(), rest)
        }
        Some(quoted) => {
            let mut end = 0;
            loop {
                end += quoted.get(end..)?.find('"')?;
                match quoted.get(end + 1..)?.strip_prefix('"') {
                    Some(_) => end += 2,
                    None => break (quoted.get(..end)?.replace("\"\"", "\""), quoted.get(end + 1..)?),
                }
            }
        }
    };
    (!part.is_empty()).then_some((part, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_database_writes_them() {
        let of = |text: &str| qualified(text).map(|(schema, table)| format!("{schema}|{table}"));
        assert_eq!(of("gis.parks").as_deref(), Some("gis|parks"));
        assert_eq!(of("gis.Odd Name").as_deref(), Some("gis|Odd Name"));
        assert_eq!(of("gis.\"Odd Name\"").as_deref(), Some("gis|Odd Name"));
        assert_eq!(of("\"g.\"\"s\".\"a.b\"").as_deref(), Some("g.\"s|a.b"));
        for odd in ["parks", "gis.", ".parks", "gis.\"a", "gis.\"\"", "gis.\"a\"b", "a.b.c", ""] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }
}
