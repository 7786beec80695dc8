//! The second pass over a layer: its rows are written into a new table, some thousand at a time.

use super::columns::Kind;
use super::geometry::{self, Lies};
use super::scan::{Plan, is_degrees, others};
use super::source::{Place, Source, System};
use super::wkb::{self, hexadecimal};
use super::{Aside, ImportError};
use crate::data::tables::finish_table;
use crate::db::admin::{AdminTransaction, Ask};
use crate::db::{Param, QueryError, migrations, quote_identifier};
use bytes::Bytes;
use futures_util::SinkExt;
use geo_types::{Geometry, GeometryCollection};
use tokio::sync::mpsc;
use tokio_postgres::error::SqlState;

/// Rows, and bytes of their values and geometries, that are sent at once.
const MOST_ROWS: usize = 4_000;
const MOST_BYTES: usize = 4 << 20;
/// Batches that are ready while one is written.
const AHEAD: usize = 2;
/// Warnings of rows that cannot be transformed.
const MOST_TOLD: usize = 10;

/// What is still to be done with the geometry of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Left {
    /// Nothing.
    Done,
    /// It must be brought into degrees.
    Transform(System),
    /// It reaches beyond 180 degrees.
    Wrap,
    /// It must be cut where Web Mercator ends.
    Cut,
}

/// A row that is nearly ready.
struct Prepared {
    number: u64,
    /// Values in the order of the table's columns.
    values: Vec<Option<String>>,
    geometry: Option<Geometry>,
    /// In Web Mercator, as the database reads it.
    mercator: Option<String>,
    left: Left,
}

impl Prepared {
    /// Settles a geometry in degrees as far as that goes without the database.
    fn settle(&mut self, is_multiple: bool) {
        let Some(mut geometry) = self.geometry.take() else { return };
        if is_multiple {
            geometry = geometry::multiple(geometry);
        }
        let lies = geometry::settle(&mut geometry);
        self.left = Left::Done;
        match lies {
            // The first pass has told it.
            Lies::Nowhere => return,
            Lies::Beyond => self.left = Left::Wrap,
            Lies::Within => match geometry::mercator(&geometry) {
                Some(mercator) => self.mercator = Some(hexadecimal(&wkb::write(&mercator, 3857))),
                None => self.left = Left::Cut,
            },
        }
        self.geometry = Some(geometry);
    }
}

/// Writes all rows of a layer into a new table; gives it back with the number of rows and what is odd.
///
/// # Errors
/// The file cannot be read any more, or the database refuses.
pub async fn load(
    work: &AdminTransaction,
    user: &str,
    draft: &str,
    source: Box<dyn Source>,
    plan: Plan,
    progress: &impl Fn(usize, usize),
) -> Result<(usize, Vec<String>), ImportError> {
    let mut loader = Loader {
        work,
        unit: source.unit(),
        table: format!("{}.{}", quote_identifier(user), quote_identifier(draft)),
        kinds: plan.columns.iter().map(|column| column.kind).collect(),
        names: plan.columns.iter().map(|column| quote_identifier(&column.name)).collect(),
        has_ids: plan.has_ids(),
        is_multiple: plan.is_multiple,
        rows: 0,
        warnings: Vec::new(),
        untold: 0,
    };
    loader.create(plan.geometry_type).await?;
    let total = usize::try_from(plan.rows).unwrap_or(usize::MAX);
    let (sender, mut batches) = mpsc::channel(AHEAD);
    let reading = Aside::new(move || prepare(source, &plan, &sender));
    while let Some(batch) = batches.recv().await {
        loader.write(batch).await?;
        progress(loader.rows, total);
    }
    reading.done().await?;
    loader.finish(user, draft).await
}

/// Reads the rows of a layer and sends them on; ends when nobody takes them any more.
fn prepare(mut source: Box<dyn Source>, plan: &Plan, sender: &mpsc::Sender<Vec<Prepared>>) -> Result<(), ImportError> {
    let (mut batch, mut size) = (Vec::new(), 0);
    let stopped = || ImportError("The import was stopped; nothing is changed.".into());
    source.read(&mut |mut row| {
        let values = plan.columns.iter().map(|column| {
            let value = row.values.get_mut(column.index).and_then(Option::take)?;
            size += value.len();
            column.kind.value(value)
        });
        let mut prepared =
            Prepared { number: row.number, values: values.collect(), geometry: None, mercator: None, left: Left::Done };
        if let Place::At(geometry, own) = row.place {
            size += geometry::size(&geometry);
            prepared.geometry = Some(geometry);
            let system = own.filter(|own| *own != 0).map_or_else(|| plan.system.clone(), System::Number);
            if is_degrees(&system) {
                prepared.settle(plan.is_multiple);
            } else {
                prepared.left = Left::Transform(system);
            }
        }
        size += 64;
        batch.push(prepared);
        if batch.len() < MOST_ROWS && size < MOST_BYTES {
            return Ok(());
        }
        size = 0;
        sender.blocking_send(std::mem::take(&mut batch)).map_err(|_| stopped())
    })?;
    if batch.is_empty() { Ok(()) } else { sender.blocking_send(batch).map_err(|_| stopped()) }
}

/// What writes batches.
struct Loader<'a> {
    work: &'a AdminTransaction,
    unit: &'static str,
    table: String,
    names: Vec<String>,
    kinds: Vec<Kind>,
    has_ids: bool,
    is_multiple: bool,
    rows: usize,
    warnings: Vec<String>,
    untold: usize,
}

impl Loader<'_> {
    async fn create(&self, kind: &str) -> Result<(), ImportError> {
        let columns = self.names.iter().zip(&self.kinds).filter(|(_, kind)| **kind != Kind::Id);
        let columns: String = columns.map(|(name, kind)| format!(", {name} {}", kind.sql())).collect();
        // The primary key is made when all rows are there, which is quicker.
        let sql = format!(
            "SET LOCAL timezone TO 'UTC'; SET LOCAL datestyle TO 'ISO, YMD';
             CREATE TABLE {} (cartodb_id integer GENERATED BY DEFAULT AS IDENTITY,
                the_geom geometry({kind}, 4326), the_geom_webmercator geometry({kind}, 3857){columns})",
            self.table
        );
        Ok(self.work.run(&sql).await?)
    }

    async fn finish(mut self, user: &str, draft: &str) -> Result<(usize, Vec<String>), ImportError> {
        self.work.run(&format!("ALTER TABLE {} ADD PRIMARY KEY (cartodb_id)", self.table)).await?;
        finish_table(self.work, user, draft).await?;
        if self.untold > 0 {
            self.warnings.push(others(self.untold, "without a place in the reference system"));
        }
        Ok((self.rows, self.warnings))
    }

    async fn write(&mut self, mut batch: Vec<Prepared>) -> Result<(), ImportError> {
        self.transform(&mut batch).await?;
        self.wrap(&mut batch).await?;
        self.cut(&mut batch).await?;
        if self.work.is_embedded() { self.insert(batch).await } else { self.copy(batch).await }
    }

    /// Says that a row loses its place.
    fn lose(&mut self, row: &mut Prepared, what: &str) {
        (row.geometry, row.mercator, row.left) = (None, None, Left::Done);
        if self.warnings.len() < MOST_TOLD {
            self.warnings.push(format!("{} {} is kept without a place: {what}.", self.unit, row.number));
        } else {
            self.untold += 1;
        }
    }

    /// Asks the database something about geometries that it may refuse; its words, if it does.
    async fn ask(
        &self,
        sql: &str,
        params: Vec<Param>,
    ) -> Result<Result<Vec<tokio_postgres::Row>, String>, ImportError> {
        self.work.run("SAVEPOINT geometries").await?;
        match self.work.ask(sql, params).await {
            Ok(rows) => {
                self.work.run("RELEASE SAVEPOINT geometries").await?;
                Ok(Ok(rows))
            }
            Err(QueryError::Database(words)) => {
                self.work.run("ROLLBACK TO SAVEPOINT geometries; RELEASE SAVEPOINT geometries").await?;
                Ok(Err(words.message().to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Brings geometries of other reference systems into degrees.
    async fn transform(&mut self, batch: &mut [Prepared]) -> Result<(), ImportError> {
        let mut systems: Vec<System> = Vec::new();
        for row in batch.iter() {
            if let Left::Transform(system) = &row.left
                && !systems.contains(system)
            {
                systems.push(system.clone());
            }
        }
        for system in systems {
            let of_system = |row: &&mut Prepared| row.left == Left::Transform(system.clone());
            let rows: Vec<&mut Prepared> = batch.iter_mut().filter(of_system).collect();
            // Those that fail are found by halves.
            let mut parts = vec![rows];
            while let Some(mut rows) = parts.pop() {
                let geometries: Vec<&Geometry> = rows.iter().filter_map(|row| row.geometry.as_ref()).collect();
                match self.in_degrees(&geometries, &system).await? {
                    Ok(found) => {
                        for (row, geometry) in rows.into_iter().zip(found) {
                            row.geometry = Some(geometry);
                            row.settle(self.is_multiple);
                            if row.geometry.is_none() {
                                self.lose(row, "its numbers are nowhere on earth in the reference system of the file");
                            }
                        }
                    }
                    Err(words) if rows.len() == 1 => {
                        if let Some(row) = rows.pop() {
                            self.lose(row, &words);
                        }
                    }
                    Err(_) => {
                        let second = rows.split_off(rows.len() / 2);
                        parts.extend([second, rows]);
                    }
                }
            }
        }
        Ok(())
    }

    /// Geometries in degrees. They are sent as one: the database reads a description anew for each geometry.
    async fn in_degrees(
        &self,
        geometries: &[&Geometry],
        system: &System,
    ) -> Result<Result<Vec<Geometry>, String>, ImportError> {
        let together: Param = Box::new(wkb::write_together(geometries.iter().copied()));
        let (sql, params): (&str, Vec<Param>) = match system {
            System::Described(text) => (
                "SELECT ST_AsBinary(ST_Transform(ST_GeomFromWKB($1), $2::text, 4326), 'NDR')",
                vec![together, Box::new(text.clone())],
            ),
            System::Number(number) => (
                "SELECT ST_AsBinary(ST_Transform(ST_SetSRID(ST_GeomFromWKB($1), $2), 4326), 'NDR')",
                vec![together, Box::new(*number)],
            ),
            System::Unsaid => return Ok(Ok(geometries.iter().map(|geometry| (*geometry).clone()).collect())),
        };
        let rows = match self.ask(sql, params).await? {
            Ok(rows) => rows,
            Err(words) => return Ok(Err(words)),
        };
        let bytes: Option<&[u8]> = rows.first().and_then(|row| row.get(0));
        match bytes.map(wkb::from_binary) {
            Some(Ok(Some((Geometry::GeometryCollection(GeometryCollection(found)), _))))
                if found.len() == geometries.len() =>
            {
                Ok(Ok(found))
            }
            _ => Ok(Err("it cannot be transformed".into())),
        }
    }

    /// Brings what reaches beyond 180 degrees back to the other side.
    async fn wrap(&mut self, batch: &mut [Prepared]) -> Result<(), ImportError> {
        let sql = "SELECT ST_AsBinary(CASE WHEN ST_Dimension(g) IS NULL OR GeometryType(g) = 'GEOMETRYCOLLECTION' THEN wrapped
                                           ELSE ST_CollectionExtract(wrapped, ST_Dimension(g) + 1) END, 'NDR')
                     FROM (SELECT g, ST_WrapX(ST_WrapX(g, -180, 360), 180, -360) AS wrapped
                             FROM (SELECT CASE WHEN ST_IsValid(raw) THEN raw ELSE ST_MakeValid(raw) END AS g
                                     FROM (SELECT ST_GeomFromEWKB($1) AS raw) AS read) AS valid) AS done";
        for row in batch.iter_mut().filter(|row| row.left == Left::Wrap) {
            let Some(geometry) = &row.geometry else { continue };
            let bytes = wkb::write(geometry, 4326);
            let found = self.ask(sql, vec![Box::new(bytes)]).await?;
            let wrapped = found.and_then(|rows| {
                let bytes: Option<&[u8]> = rows.first().and_then(|row| row.get(0));
                bytes.map_or(Ok(None), wkb::from_binary).map_err(str::to_owned)
            });
            match wrapped {
                Ok(Some((geometry, _))) => {
                    row.geometry = Some(geometry);
                    row.settle(self.is_multiple);
                    if row.left == Left::Wrap {
                        self.lose(row, "it reaches around the world");
                    }
                }
                Ok(None) => self.lose(row, "it reaches around the world"),
                Err(words) => self.lose(row, &words),
            }
        }
        Ok(())
    }

    /// Makes Web Mercator of what reaches beyond its edge.
    async fn cut(&mut self, batch: &mut [Prepared]) -> Result<(), ImportError> {
        let sql = format!(
            "SELECT encode(ST_AsEWKB({}, 'NDR'), 'hex') FROM (SELECT ST_GeomFromEWKB($1) AS g OFFSET 0) AS read",
            migrations::webmercator("g")
        );
        for row in batch.iter_mut().filter(|row| row.left == Left::Cut) {
            let Some(geometry) = &row.geometry else { continue };
            match self.ask(&sql, vec![Box::new(wkb::write(geometry, 4326))]).await? {
                Ok(rows) => row.mercator = rows.first().and_then(|row| row.get(0)),
                Err(words) => self.lose(row, &words),
            }
        }
        Ok(())
    }

    /// Names of the columns in the order in which rows are written.
    fn column_names(&self) -> String {
        let names =
            self.names.iter().zip(&self.kinds).filter(|(_, kind)| **kind != Kind::Id).map(|(name, _)| name.as_str());
        let first = ["cartodb_id", "the_geom", "the_geom_webmercator"].into_iter();
        first.chain(names).collect::<Vec<_>>().join(", ")
    }

    /// The values of a row in that order.
    fn cells(&mut self, row: Prepared) -> impl Iterator<Item = Option<String>> + use<> {
        self.rows += 1;
        let mut values = row.values.into_iter();
        let id = if self.has_ids { values.next().flatten() } else { Some(self.rows.to_string()) };
        let geometry = row.geometry.map(|geometry| hexadecimal(&wkb::write(&geometry, 4326)));
        [id, geometry, row.mercator].into_iter().chain(values)
    }

    async fn copy(&mut self, batch: Vec<Prepared>) -> Result<(), ImportError> {
        let sql = format!("COPY {} ({}) FROM STDIN", self.table, self.column_names());
        let mut text = String::new();
        for row in batch {
            for (index, cell) in self.cells(row).enumerate() {
                if index > 0 {
                    text.push('\t');
                }
                match cell {
                    Some(cell) => escape(&mut text, &cell),
                    None => text.push_str("\\N"),
                }
            }
            text.push('\n');
        }
        let mut sink = std::pin::pin!(self.work.copy_in(&sql).await?);
        let sent = async {
            sink.send(Bytes::from(text)).await?;
            sink.finish().await
        };
        sent.await.map_err(|error| refused(error.into())).map(drop)
    }

    async fn insert(&mut self, batch: Vec<Prepared>) -> Result<(), ImportError> {
        let kinds = ["integer", "geometry", "geometry"].into_iter();
        let kinds = kinds.chain(self.kinds.iter().filter(|kind| **kind != Kind::Id).map(|kind| kind.sql()));
        let kinds: Vec<&str> = kinds.collect();
        let mut columns: Vec<Vec<Option<String>>> = vec![Vec::with_capacity(batch.len()); kinds.len()];
        for row in batch {
            let cells = self.cells(row);
            columns.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell));
        }
        let typed: Vec<String> = (1..).zip(&kinds).map(|(n, kind)| format!("c{n}::{kind}")).collect();
        let arrays: Vec<String> = (1..=kinds.len()).map(|n| format!("${n}::text[]")).collect();
        let cells: Vec<String> = (1..=kinds.len()).map(|n| format!("c{n}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS raw ({})",
            self.table,
            self.column_names(),
            typed.join(", "),
            arrays.join(", "),
            cells.join(", ")
        );
        let params = columns.into_iter().map(|column| Box::new(column) as Param).collect();
        self.work.ask(&sql, params).await.map(drop).map_err(refused)
    }
}

/// A refusal of rows, which were looked at before.
fn refused(error: QueryError) -> ImportError {
    match error {
        QueryError::Database(words) if *words.code() == SqlState::PROGRAM_LIMIT_EXCEEDED => ImportError(format!(
            "The file has more columns than the database can keep in one row: {}. Leave some of them out.",
            words.message()
        )),
        QueryError::Database(words) => {
            let place = words.where_().map(|place| format!(" ({})", place.lines().next().unwrap_or_default()));
            ImportError(format!("The database refuses some rows: {}{}.", words.message(), place.unwrap_or_default()))
        }
        error => error.into(),
    }
}

/// Writes a value as COPY reads it.
fn escape(text: &mut String, value: &str) {
    if !value.bytes().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r' | b'\t')) {
        text.push_str(value);
        return;
    }
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let mut text = String::new();
        escape(&mut text, "a\tb\\N\r\n");
        assert_eq!(text, "a\\tb\\\\N\\r\\n");
    }
}
