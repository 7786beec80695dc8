//! Fills tables of users: many rows at once, geometry, indexes, statistics.

use crate::db::{Database, Param, QueryError, migrations, quote_identifier};

/// Rows that are sent at once.
const BATCH: usize = 4_000;

/// A table to be filled.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Names and types of its columns, in the order in which rows give them.
    pub columns: &'static [(&'static str, &'static str)],
    /// The geometry in degrees as an expression over the columns.
    pub geometry: &'static str,
    /// Its type.
    pub geometry_type: &'static str,
    /// Columns that only the geometry is made of.
    pub dropped: &'static [&'static str],
    /// Whether the first column is `cartodb_id`; otherwise rows are counted.
    pub has_ids: bool,
}

/// Writes rows into a new table.
pub struct Writer<'a> {
    database: &'a Database,
    schema: &'a str,
    table: Table,
    columns: Vec<Vec<Option<String>>>,
    rows: usize,
}

impl<'a> Writer<'a> {
    /// Makes the table; one of the same name is replaced.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn begin(database: &'a Database, schema: &'a str, table: &Table) -> Result<Writer<'a>, QueryError> {
        let name = format!("{}.{}", quote_identifier(schema), quote_identifier(table.name));
        let kept =
            table.columns.iter().filter(|(column, _)| !table.dropped.contains(column) && *column != "cartodb_id");
        let columns: String = kept.map(|(column, kind)| format!(", {} {kind}", quote_identifier(column))).collect();
        let kind = table.geometry_type;
        database
            .admin(&format!(
                "DROP TABLE IF EXISTS {name};
                 CREATE TABLE {name} (cartodb_id integer PRIMARY KEY, the_geom geometry({kind}, 4326),
                                      the_geom_webmercator geometry({kind}, 3857){columns})"
            ))
            .await?;
        let columns = vec![Vec::new(); table.columns.len()];
        Ok(Writer { database, schema, table: *table, columns, rows: 0 })
    }

    /// Adds a row; missing values are null.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn push(&mut self, row: Vec<Option<String>>) -> Result<(), QueryError> {
        let mut values = row.into_iter();
        for column in &mut self.columns {
            column.push(values.next().flatten());
        }
        if self.columns.first().is_some_and(|column| column.len() >= BATCH) { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), QueryError> {
        let count = self.columns.first().map_or(0, Vec::len);
        let Table { columns, geometry, dropped, has_ids, .. } = self.table;
        let names: Vec<String> = columns.iter().map(|(name, _)| quote_identifier(name)).collect();
        let arrays: Vec<String> = (1..=columns.len()).map(|index| format!("${index}::text[]")).collect();
        let typed: Vec<String> =
            columns.iter().zip(&names).map(|((_, kind), name)| format!("{name}::{kind} AS {name}")).collect();
        let kept = columns.iter().filter(|(name, _)| !dropped.contains(name) && *name != "cartodb_id");
        let kept: String = kept.map(|(name, _)| format!(", {}", quote_identifier(name))).collect();
        let id =
            if has_ids { "cartodb_id::integer".to_owned() } else { format!("{} + ordinality::integer", self.rows) };
        let sql = format!(
            "INSERT INTO {}.{} (cartodb_id, the_geom, the_geom_webmercator{kept})
             SELECT id, geom, ST_Transform(geom, 3857){kept}
               FROM (SELECT *, {geometry} AS geom
                       FROM (SELECT {id} AS id, {} FROM unnest({}) WITH ORDINALITY AS raw ({}, ordinality)) AS typed
                    ) AS placed",
            quote_identifier(self.schema),
            quote_identifier(self.table.name),
            typed.join(", "),
            arrays.join(", "),
            names.join(", ")
        );
        let params = self.columns.iter_mut().map(|column| Box::new(std::mem::take(column)) as Param).collect();
        self.database.admin_query(&sql, params).await?;
        self.rows += count;
        Ok(())
    }

    /// Writes what is left, then makes the index, the statistics and the owner.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn finish(mut self) -> Result<usize, QueryError> {
        self.flush().await?;
        let name = format!("{}.{}", quote_identifier(self.schema), quote_identifier(self.table.name));
        let owner = quote_identifier(&format!("carto_{}", self.schema));
        self.database
            .admin(&format!(
                "CREATE INDEX ON {name} USING gist (the_geom_webmercator);
                 CREATE INDEX ON {name} USING gist (the_geom);
                 ALTER TABLE {name} OWNER TO {owner}"
            ))
            .await?;
        migrations::touch_table(self.database, self.schema, self.table.name).await?;
        Ok(self.rows)
    }
}
