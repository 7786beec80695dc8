//! Queries whose features are drawn here: which columns their tiles carry, and how the server is asked for them.

use crate::boxes::{JOINED, SELECTED};
use crate::json::Json;
use vector::{Schema, Type};

/// Units of a tile's side, for points that are counted, or that give way to others: so fine that it is known which of them are in a box,
/// and which are too near to each other.
const FINE: u32 = 1 << 20;
/// For what is only drawn, and for lines and areas, of which every point counts in bytes: a sixteenth of a pixel, as fine as
/// markers are placed.
const COARSE: u32 = 4096;
/// The grid that the server makes those simpler to: half of its unit is an eighth of a pixel.
const SIMPLE: u32 = 1024;
/// Pixels around a tile from which features come: as far as images of the server reach into each other.
const BUFFER: u32 = 64;
/// The same for points whose markers reach no farther, and do not give way to others: half of the bytes, where they are dense.
pub const NEAR: u32 = 16;
/// What it takes to count rows, among the columns of tiles: nothing, which no column of a database is called. For points it is that
/// their places are finer, for lines and areas that they have boxes.
pub const COUNTED: &str = "";
/// That features come from [`BUFFER`] pixels around a tile, and are in finer places, among its columns: this is no name of a
/// column, either.
pub const FAR: &str = "\0";
/// What tells features apart.
pub const ID: &str = "cartodb_id";
const GEOMETRY: &str = "the_geom_webmercator";

/// The vector tiles that the server makes for a source.
#[derive(Debug)]
pub struct DataMap {
    /// Their map on the server.
    pub group: String,
    /// Where the tiles are kept; another one for each map.
    pub number: u32,
    /// The columns that the tiles carry.
    pub schema: Schema,
}

/// A query.
#[derive(Debug)]
pub struct Source {
    /// What it is called in questions to the server, whatever its place is by then.
    pub number: u32,
    pub query: String,
    /// How the server puts points together, if it does.
    aggregation: Option<Json>,
    /// When the data changed.
    changed: String,
    /// Its columns, as far as tiles can carry them.
    types: Vec<(String, Type)>,
    is_of_points: bool,
    /// Whether there may be areas. Vector tiles turn their rings one way round, whichever they had.
    pub has_areas: bool,
    pub tiles: Option<DataMap>,
    /// Whether there are no tiles, and not to be asked for again.
    pub has_failed: bool,
}

impl Source {
    /// A source of a layer of a map, with what the server told of it.
    pub fn new(number: u32, query: &str, layer: &Json, meta: &Json, group: &str) -> Source {
        let aggregation = layer.at(&["options", "aggregation"]).cloned();
        let stats = meta.at(&["meta", "stats"]);
        let kind = stats.and_then(|stats| stats.get("geometryType")).and_then(Json::text);
        let is_of = |name: &str| kind.is_some_and(|kind| compact::find(kind, name).is_some());
        let mut types = Vec::new();
        if let Some(Json::Object(columns)) = stats.and_then(|stats| stats.get("columns")) {
            for (name, about) in columns {
                let kind = match about.get("type").and_then(Json::text) {
                    Some("number") => Type::Number,
                    Some("string") => Type::Text,
                    Some("boolean") => Type::Bool,
                    Some("date") => Type::Seconds,
                    _ => continue,
                };
                types.push((name.clone(), kind));
            }
        }
        let is_of_points = is_of("Point");
        if aggregation.is_none() && !types.is_empty() {
            // In which of several tiles a line or an area is, its number tells.
            if is_of_points || types.iter().any(|(name, _)| name == ID) {
                types.push((COUNTED.to_owned(), Type::Text));
            }
            if is_of_points {
                types.push((FAR.to_owned(), Type::Text));
            }
        }
        Source {
            number,
            query: query.to_owned(),
            aggregation,
            changed: changed(group).to_owned(),
            types,
            is_of_points,
            has_areas: !is_of_points && !is_of("Line"),
            tiles: None,
            has_failed: false,
        }
    }

    /// The same for another query with the same columns.
    pub fn of_query(self, query: &str) -> Source {
        Source { query: query.to_owned(), ..self }
    }

    /// Whether this is the source of a query and a layer, with the data as they are in a map of the server.
    pub fn is_of(&self, query: &str, layer: &Json, group: &str) -> bool {
        self.query == query
            && self.aggregation.as_ref() == layer.at(&["options", "aggregation"])
            && self.changed == changed(group)
    }

    /// Whether it is known what columns there are.
    pub fn is_told(&self) -> bool {
        !self.types.is_empty()
    }

    /// Whether tiles have every row by itself, so that rows can be counted. Shapes can be too small for a tile.
    pub fn is_countable(&self) -> bool {
        self.schema().is_some_and(|schema| schema.type_of(COUNTED).is_some())
    }

    /// Pixels around a tile from which its features come.
    pub fn buffer(&self) -> u32 {
        self.schema().map_or(BUFFER, |Schema(columns)| self.buffer_of(columns.iter().map(|(name, _)| name)))
    }

    fn buffer_of<'a>(&self, mut columns: impl Iterator<Item = &'a String>) -> u32 {
        let is_far = !self.is_of_points || self.aggregation.is_some() || columns.any(|column| column == FAR);
        if is_far { BUFFER } else { NEAR }
    }

    /// Whether tiles have boxes around rows of lines and areas, by which they can be counted.
    pub fn has_boxes(&self) -> bool {
        !self.is_of_points && self.is_countable()
    }

    /// Whether a label has its place here. Lines and areas are cut at the edge of a tile, whose middle is not theirs.
    pub fn has_places(&self) -> bool {
        self.is_of_points
    }

    /// The columns of the tiles.
    pub fn schema(&self) -> Option<&Schema> {
        self.tiles.as_ref().map(|tiles| &tiles.schema)
    }

    /// The types of all columns, whether tiles carry them or not.
    pub fn all(&self) -> Schema {
        Schema(self.types.clone())
    }

    /// Whether tiles carry a column as images of the server have it. Dates are numbers in tiles.
    pub fn has(&self, column: &str) -> bool {
        let kind = self.schema().and_then(|schema| schema.type_of(column));
        kind.is_some_and(|kind| !kind.is_date())
    }

    /// Whether tiles could carry a column so.
    pub fn could_have(&self, column: &str) -> bool {
        self.type_of(column).is_some_and(|kind| !kind.is_date())
    }

    /// Whether the query is known not to have a column.
    pub fn is_without(&self, column: &str) -> bool {
        column == ID && self.type_of(column).is_none()
    }

    fn type_of(&self, column: &str) -> Option<Type> {
        self.types.iter().find(|(name, _)| name == column).map(|(_, kind)| *kind)
    }

    /// The columns of new tiles, when some are needed that those do not carry which are there.
    pub fn wanted(&self, needed: &[String]) -> Option<Vec<String>> {
        let is_there = |column: &&String| self.type_of(column).is_some();
        let carried = |column: &String| self.schema().is_some_and(|schema| schema.type_of(column).is_some());
        if self.has_failed || !self.is_told() || self.tiles.is_some() && needed.iter().filter(is_there).all(carried) {
            return None;
        }
        let mut columns = Vec::new();
        let id = ID.to_owned();
        let before = self.schema().map(|schema| schema.0.as_slice()).unwrap_or_default();
        for name in before.iter().map(|(name, _)| name).chain(needed).chain([&id]).filter(is_there) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        Some(columns)
    }

    /// The map that gives tiles with some columns.
    pub fn config(&self, columns: &[String]) -> String {
        let (extent, simple) = match self.is_of_points {
            true if columns.iter().any(|column| column == COUNTED || column == FAR) => (FINE, FINE),
            true => (COARSE, COARSE),
            false => (COARSE, SIMPLE),
        };
        let options = Json::object([
            ("sql", self.sql(columns).as_str().into()),
            ("vector_extent", (extent as usize).into()),
            ("vector_simplify_extent", (simple as usize).into()),
            ("aggregation", self.aggregation.clone().unwrap_or_else(|| false.into())),
        ]);
        let layer = Json::object([("id", "layer0".into()), ("type", "mapnik".into()), ("options", options)]);
        let buffer = Json::object([("mvt", Json::from(self.buffer_of(columns.iter()) as usize))]);
        Json::object([("buffersize", buffer), ("layers", Json::List(vec![layer]))]).written()
    }

    /// The query of some columns. Dates are no numbers before they are made some.
    fn sql(&self, columns: &[String]) -> String {
        let query = self.query.trim_end_matches(|char: char| char == ';' || char.is_whitespace());
        if self.aggregation.is_some() {
            return query.to_owned();
        }
        let mut sql = String::from("SELECT ");
        let (mut selected, mut joined) = (GEOMETRY, "");
        for column in columns {
            if column == COUNTED && !self.is_of_points {
                (selected, joined) = (SELECTED, JOINED);
            }
            if column == COUNTED || column == FAR {
                continue;
            }
            let name = quoted(column);
            let is_date = self.type_of(column).is_some_and(Type::is_date);
            let parts =
                if is_date { ["date_part('epoch',", &name, ") AS ", &name, ","] } else { [&name, ",", "", "", ""] };
            parts.iter().for_each(|part| sql.push_str(part));
        }
        // What lies over what must be the same in all tiles. A query may have an order of its own.
        let is_ordered = compact::find(&query.to_ascii_lowercase(), "order by").is_some()
            || !columns.iter().any(|column| column == ID);
        let order = if is_ordered { "" } else { " ORDER BY cartodb_id" };
        // A comment may be at the end of the query.
        [&sql, selected, " FROM (", query, "\n) AS carto_vector", joined, order].concat()
    }

    /// Takes the server's answer to [`Source::config`]. Gives the number of the tiles that are of no use any more.
    pub fn take(&mut self, columns: &[String], answer: &str, number: u32) -> Option<u32> {
        let before = self.tiles.as_ref().map(|tiles| tiles.number);
        let answer = Json::parse(answer);
        let Some(group) = answer.as_ref().and_then(|answer| answer.get("layergroupid")).and_then(Json::text) else {
            // Another time they are not wanted any more.
            self.has_failed = !columns.iter().any(|column| column == COUNTED);
            self.types.retain(|(name, _)| name != COUNTED);
            return None;
        };
        let mut schema: Vec<(String, Type)> = self.types.clone();
        match &self.aggregation {
            None => schema.retain(|(name, _)| columns.contains(name)),
            Some(aggregation) => {
                if let Some(Json::Object(made)) = aggregation.get("columns") {
                    for (name, about) in made {
                        schema.retain(|(known, _)| known != name);
                        if about.get("aggregate_function").and_then(Json::text) != Some("mode") {
                            schema.push((name.clone(), Type::Number));
                        }
                    }
                }
            }
        }
        self.tiles = Some(DataMap { group: group.to_owned(), number, schema: Schema(schema) });
        before
    }
}

/// When the data of a map changed, as its name tells.
fn changed(group: &str) -> &str {
    group.split_once(':').map_or(group, |(_, changed)| changed)
}

fn quoted(name: &str) -> String {
    ["\"", &compact::replace(name, "\"", "\"\""), "\""].concat()
}
