//! Points of a tile from the overview of their table.

use crate::data::overviews::{ALL_POINTS, DEEPEST, relation, square as square_side};
use crate::db::{Collect, Database, QueryError, Role, changes};
use crate::query::source::Description;
use crate::render::crowd::{CROWD, MOST_FEATURES};
use crate::sql_guard::lexer::{self, Token};
use crate::sql_guard::tables::{is_sign, name_at, word_at};
use cartocss::FieldValue;
use geo_types::Point;
use std::collections::HashMap;
use std::time::Duration;
use tiles::{Bounds, Feature};
use tokio_postgres::Row;

/// Longer SQL is no plain table.
const LONGEST: usize = 4_000;
/// The planner's guess of rows from which a table may have an overview.
const LEAST_ROWS: f64 = 50_000.0;
/// Bytes of a point.
const POINT: usize = 20;

/// The overview of a layer that is nothing but a table.
#[derive(Clone, Debug)]
pub struct Overview {
    id: i32,
    /// The numbers of the wanted columns in it.
    columns: Vec<usize>,
}

/// What is wanted of an overview.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The zoom level.
    pub zoom: u32,
    /// West, south, east, north in metres.
    pub around: [f64; 4],
    /// Metres of a pixel, and how many points are kept of it when there is a crowd.
    pub cell: f64,
    /// Points of a pixel.
    pub stacked: usize,
}

/// Points, topmost first, and those that were not read.
#[derive(Debug, Default)]
pub struct Points {
    /// Where they are, in Web Mercator metres.
    pub places: Vec<Point<f64>>,
    /// Where their values are: in which square, and the how many-th of it.
    values: Vec<(u32, u32)>,
    /// The values of squares, column by column.
    squares: Vec<Vec<Vec<FieldValue>>>,
    /// Where more points are, and how many points are above all of them.
    pub gaps: Vec<tiles::Gap>,
}

impl Points {
    /// Adds the values of a point.
    pub fn fields(&self, index: usize, fields: &mut Vec<FieldValue>) {
        let Some((square, place)) = self.values.get(index) else { return };
        for column in self.squares.get(*square as usize).into_iter().flatten() {
            fields.push(column.get(*place as usize).cloned().unwrap_or_default());
        }
    }

    /// The points as features, in the order in which they are painted.
    pub fn features(&self) -> Vec<Feature> {
        let feature = |(index, place): (usize, &Point<f64>)| {
            let mut fields = Vec::new();
            self.fields(index, &mut fields);
            Feature { geometry: Some((*place).into()), fields }
        };
        self.places.iter().enumerate().rev().map(feature).collect()
    }

    /// Keeps of each pixel the topmost points.
    fn keep_topmost(&mut self, wanted: &Wanted) {
        let mut cells: HashMap<(i64, i64), usize> = HashMap::new();
        let mut is_kept = |place: &Point<f64>| {
            let cell = ((place.x() / wanted.cell).floor() as i64, (place.y() / wanted.cell).floor() as i64);
            let count = cells.entry(cell).or_default();
            *count += 1;
            *count <= wanted.stacked
        };
        let kept: Vec<bool> = self.places.iter().map(&mut is_kept).collect();
        retain(&mut self.places, &kept);
        retain(&mut self.values, &kept);
    }
}

fn retain<T>(values: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| kept.next().is_some_and(|kept| *kept));
}

impl Overview {
    /// The overview that a layer's tiles can be made from: it is of this very version of the table, the role may read the
    /// table, and the columns are in it.
    pub async fn find(
        database: &Database,
        role: &Role,
        (sql, columns): (&str, &[String]),
        description: &Description,
        zoom: u32,
    ) -> Option<Overview> {
        let known = description.reads.only_table()?;
        let (schema, table) = known;
        // The planner's guess of a small table is good enough.
        if zoom > DEEPEST || database.is_embedded() || description.rows < LEAST_ROWS {
            return None;
        }
        description.column("the_geom_webmercator")?;
        let is_there = |column: &String| description.column(column).is_some();
        if !columns.iter().all(is_there) || plain_table(sql)? != *table {
            return None;
        }
        let sql = "SELECT o.id, o.columns, o.version
                     FROM sandbox.overviews o
                          JOIN pg_class c ON c.oid = o.relation JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE o.schema_name = $1 AND o.name = $2 AND n.nspname = $1 AND c.relname = $2 AND NOT c.relrowsecurity
                          AND has_schema_privilege($3::text::name, n.oid, 'USAGE')
                          AND has_table_privilege($3::text::name, c.oid, 'SELECT')";
        let parameters: Vec<crate::db::Param> =
            vec![Box::new(schema.clone()), Box::new(table.clone()), Box::new(role.name.clone())];
        // What the database has against it, it says of the table, too.
        let rows = database.admin_query(sql, parameters).await.ok()?;
        let row = rows.first()?;
        let version = changes::version(database, std::slice::from_ref(known)).await.ok()?;
        if !version.is_still(row.get(2)) {
            return None;
        }
        let kept: Vec<String> = row.get(1);
        let columns = columns.iter().map(|column| kept.iter().position(|known| known == column));
        Some(Overview { id: row.get(0), columns: columns.collect::<Option<_>>()? })
    }

    /// How many points there are in a view.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn told(&self, database: &Database, wanted: &Wanted, timeout: Duration) -> Result<Told, QueryError> {
        let sql = format!(
            "SELECT coalesce(sum(total), 0)::bigint, coalesce(bool_or(points IS NOT NULL), false) FROM {} WHERE {} AND part = 0",
            relation(self.id),
            wanted.squares(wanted.zoom)
        );
        database.collect_own(&sql, timeout, Told::default()).await
    }

    /// Reads the points of a view: of crowded squares the topmost ones only, unless all are wanted.
    ///
    /// # Errors
    /// The database refuses, or there are too many.
    pub async fn read(
        &self,
        database: &Database,
        (wanted, told): (&Wanted, &Told),
        is_all: bool,
        timeout: Duration,
    ) -> Result<Points, QueryError> {
        let table = relation(self.id);
        let is_crowd = told.total > CROWD as i64;
        let level = if is_crowd && told.has_level { wanted.zoom } else { ALL_POINTS };
        let columns: String = self.columns.iter().map(|index| format!(", c{index}")).collect();
        let parts = if is_all || level == ALL_POINTS { "" } else { " AND part = 0" };
        let sql = format!(
            "SELECT x, y, has_more, points{columns} FROM {table} WHERE {}{parts} AND points IS NOT NULL",
            wanted.squares(level)
        );
        let read = database.collect_own(&sql, timeout, Read::new(level, wanted.around, !parts.is_empty())).await?;
        let mut points = read.into_points();
        if is_crowd && level == ALL_POINTS {
            points.keep_topmost(wanted);
        }
        if points.places.len() > MOST_FEATURES { Err(QueryError::TooLarge) } else { Ok(points) }
    }
}

impl Wanted {
    /// The condition on the squares of a level that it lies in.
    fn squares(&self, level: u32) -> String {
        let side = square_side(level);
        let [west, south, east, north] = self.around;
        // What ends at the edge of a square has nothing of it.
        let first = |edge: f64| (edge / side + 1e-6).floor().clamp(-1e6, 1e6);
        let last = |edge: f64| (edge / side - 1e-6).ceil().clamp(-1e6, 1e6) - 1.0;
        format!(
            "level = {level} AND x BETWEEN {} AND {} AND y BETWEEN {} AND {}",
            first(west),
            last(east),
            first(south),
            last(north)
        )
    }
}

/// The table of `SELECT * FROM table`, or of a list of columns; nothing of any other query.
fn plain_table(sql: &str) -> Option<String> {
    if sql.len() > LONGEST {
        return None;
    }
    let tokens = lexer::tokens(sql).ok()?;
    let is_name = |index: usize| matches!(tokens.get(index), Some(Token::Word(_) | Token::Quoted(_)));
    if word_at(&tokens, Some(0))? != "select" {
        return None;
    }
    let mut at = 1;
    loop {
        if !is_sign(&tokens, at, "*") && !is_name(at) {
            return None;
        }
        at += 1;
        if !is_sign(&tokens, at, ",") {
            break;
        }
        at += 1;
    }
    if word_at(&tokens, Some(at))? != "from" {
        return None;
    }
    let (schema, table) = name_at(&tokens, at + 1)?;
    let end = at + if schema.is_some() { 4 } else { 2 };
    let is_end = end == tokens.len() || end + 1 == tokens.len() && is_sign(&tokens, end, ";");
    is_end.then_some(table)
}

/// What an overview tells of a view before any point is read.
#[derive(Debug, Default)]
pub struct Told {
    total: i64,
    has_level: bool,
}

impl Collect for Told {
    fn add(&mut self, row: Row) -> Result<(), QueryError> {
        (self.total, self.has_level) = (row.get(0), row.get(1));
        Ok(())
    }

    fn held(&self) -> usize {
        0
    }
}

/// The squares of a view, as they come.
#[derive(Debug, Default)]
struct Read {
    level: u32,
    around: [f64; 4],
    /// Whether of some squares only a part is read.
    is_partial: bool,
    /// The points as they come.
    points: Points,
    /// The rank of each, and which one of them it is.
    ranks: Vec<(i32, u32)>,
    /// Squares of which more was not read, and the place of their lowest point that was.
    unread: Vec<(Bounds, i32)>,
    bytes: usize,
}

impl Read {
    fn new(level: u32, around: [f64; 4], is_partial: bool) -> Read {
        Read { level, around, is_partial, ..Read::default() }
    }

    fn into_points(mut self) -> Points {
        self.ranks.sort_unstable_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        let gap = |(bounds, lowest): &(Bounds, i32)| tiles::Gap {
            bounds: *bounds,
            above: self.ranks.partition_point(|(rank, _)| rank >= lowest),
        };
        Points {
            gaps: self.unread.iter().map(gap).collect(),
            places: in_order(&self.ranks, &self.points.places),
            values: in_order(&self.ranks, &self.points.values),
            squares: self.points.squares,
        }
    }
}

fn in_order<T: Copy>(ranks: &[(i32, u32)], values: &[T]) -> Vec<T> {
    ranks.iter().filter_map(|(_, index)| values.get(*index as usize).copied()).collect()
}

impl Collect for Read {
    fn add(&mut self, row: Row) -> Result<(), QueryError> {
        let points: &[u8] = row.try_get(3)?;
        let [west, south, east, north] = self.around;
        let square = u32::try_from(self.points.squares.len()).map_err(|_| QueryError::TooLarge)?;
        let mut lowest = None;
        for (index, point) in (0_u32..).zip(points.chunks_exact(POINT)) {
            let Some((x, y, rank)) = read_point(point) else { continue };
            lowest = Some(rank);
            if x >= west && x <= east && y >= south && y <= north {
                let place = u32::try_from(self.points.places.len()).map_err(|_| QueryError::TooLarge)?;
                self.ranks.push((rank, place));
                self.points.places.push(Point::new(x, y));
                self.points.values.push((square, index));
            }
        }
        if let Some(lowest) = lowest.filter(|_| self.is_partial && row.get::<_, bool>(2)) {
            let (side, x, y): (f64, i32, i32) = (square_side(self.level), row.get(0), row.get(1));
            let (west, south) = (f64::from(x) * side, f64::from(y) * side);
            self.unread.push((Bounds { west, south, east: west + side, north: south + side }, lowest));
        }
        let columns: Vec<Vec<FieldValue>> =
            (4..row.len()).map(|index| values(&row, index)).collect::<Result<_, _>>()?;
        let text = |value: &FieldValue| if let FieldValue::Text(text) = value { text.len() } else { 0 };
        self.bytes += columns.iter().flatten().map(|value| size_of::<FieldValue>() + text(value)).sum::<usize>();
        self.points.squares.push(columns);
        Ok(())
    }

    fn held(&self) -> usize {
        const POINT: usize = size_of::<(i32, u32)>() + size_of::<Point<f64>>() + size_of::<(u32, u32)>();
        self.bytes + self.points.places.len() * POINT * 2
    }
}

/// Place and rank of a point.
fn read_point(bytes: &[u8]) -> Option<(f64, f64, i32)> {
    let float = |at: usize| Some(f64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    Some((float(0)?, float(8)?, i32::from_be_bytes(bytes.get(16..20)?.try_into().ok()?)))
}

/// The values of a column, for each of the points of a square.
fn values(row: &Row, index: usize) -> Result<Vec<FieldValue>, QueryError> {
    fn of<T>(values: Vec<Option<T>>, field: impl Fn(T) -> FieldValue) -> Vec<FieldValue> {
        values.into_iter().map(|value| value.map_or(FieldValue::Null, &field)).collect()
    }
    Ok(match row.columns().get(index).map(|column| column.type_().name()) {
        Some("_int8") => of(row.try_get(index)?, FieldValue::Integer),
        Some("_float8") => of(row.try_get(index)?, FieldValue::Number),
        Some("_bool") => of(row.try_get(index)?, FieldValue::Bool),
        _ => of(row.try_get(index)?, FieldValue::Text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_tables_are_told_from_other_queries() {
        for sql in [
            "SELECT * FROM places",
            "select cartodb_id, \"pop\", the_geom_webmercator from demo.places",
            "SELECT *, name FROM public.\"places\" ;",
        ] {
            assert_eq!(plain_table(sql).as_deref(), Some("places"), "{sql}");
        }
        for sql in [
            "SELECT * FROM places WHERE pop > 1",
            "SELECT * FROM places LIMIT 5",
            "SELECT * FROM places p",
            "SELECT * FROM places, others",
            "SELECT * FROM ONLY places",
            "SELECT DISTINCT name FROM places",
            "SELECT count(*) FROM places",
            "SELECT pop + 1 FROM places",
            "SELECT pop AS name FROM places",
            "SELECT p.* FROM places",
            "SELECT * FROM a.b.places",
            "SELECT * FROM places TABLESAMPLE SYSTEM (1)",
            "SELECT * FROM (SELECT * FROM places) AS q",
            "WITH places AS (SELECT 1) SELECT * FROM places",
            "TABLE places",
            "",
        ] {
            assert_eq!(plain_table(sql), None, "{sql}");
        }
    }

    #[test]
    fn of_a_pixel_the_topmost_are_kept() {
        let at = [0.1, 1.1, 0.2, 0.3, -0.1];
        let mut points = Points {
            places: at.iter().map(|x| Point::new(*x, 0.5)).collect(),
            values: (0..5).map(|index| (0, index)).collect(),
            squares: vec![vec![(0..5).map(FieldValue::Integer).collect()]],
            gaps: Vec::new(),
        };
        points.keep_topmost(&Wanted { zoom: 0, around: [0.0; 4], cell: 1.0, stacked: 2 });
        let kept: Vec<_> = points.features().into_iter().flat_map(|feature| feature.fields).collect();
        assert_eq!(kept, [4, 2, 1, 0].map(FieldValue::Integer));
    }

    #[test]
    fn gaps_tell_how_many_points_are_above_them() {
        let mut read = Read::new(2, [0.0; 4], true);
        read.ranks = vec![(5, 0), (9, 1), (1, 2), (7, 3)];
        read.points.places = (0..4).map(|x| Point::new(f64::from(x), 0.0)).collect();
        let bounds = Bounds { west: 0.0, south: 0.0, east: 1.0, north: 1.0 };
        read.unread = vec![(bounds, 7), (bounds, 2)];
        let points = read.into_points();
        assert_eq!(points.gaps.iter().map(|gap| gap.above).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(points.places.iter().map(|place| place.x()).collect::<Vec<_>>(), [1.0, 3.0, 0.0, 2.0]);
    }
}
