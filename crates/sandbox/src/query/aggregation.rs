//! Aggregated layers: many points of a cell become one (spec 2.8; the Maps API's layer option `aggregation`).

use crate::db::{Column, quote_identifier};
use crate::map::error::ApiError;
use crate::query::aggregation_filters::{self, Filter};
use crate::query::source::HALF_WORLD;
use crate::query::time_dimension::TimeGroup;
use serde_json::Value;

/// Rows from which on points are aggregated when nobody says.
const THRESHOLD: f64 = 100_000.0;
/// How many points of the source each point of the result stands for.
pub const COUNT: &str = "_cdb_feature_count";
const GEOMETRY: &str = "\"the_geom_webmercator\"";
const FUNCTIONS: &[&str] = &["count", "avg", "sum", "min", "max", "mode"];

/// Where the point of a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placement {
    /// In the middle of its points.
    Centroid,
    /// In the middle of the cell.
    Grid,
    /// Where one of its points is.
    Sample,
}

/// How a layer is aggregated.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregation {
    /// Rows from which on it is.
    pub threshold: f64,
    /// Side of a cell in pixels.
    resolution: f64,
    placement: Placement,
    /// Name, function and aggregated column.
    columns: Vec<(String, String, String)>,
    dimensions: Vec<Dimension>,
    /// Which of the aggregated points are there.
    filters: Vec<Filter>,
}

/// A column that points of a cell must have in common to become one.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Its name in the result.
    pub name: String,
    column: String,
    /// How times are put together.
    pub group: Option<TimeGroup>,
}

impl Dimension {
    /// Its value, over a query of these columns.
    pub fn sql(&self, columns: &[Column]) -> String {
        match &self.group {
            Some(group) => group.sql(&self.column, columns),
            None => quote_identifier(&self.column),
        }
    }

    /// Its column.
    pub fn column(&self) -> &str {
        &self.column
    }
}

impl Aggregation {
    /// Reads the options of a layer. Layers without a style are aggregated unless they say otherwise.
    ///
    /// # Errors
    /// 400 for a function or a placement that there is not.
    pub fn read(options: &Value) -> Result<Option<Aggregation>, ApiError> {
        let requested = &options["aggregation"];
        let is_wanted = match requested {
            Value::Bool(requested) => *requested,
            Value::Object(_) => true,
            _ => !options["cartocss"].is_string(),
        };
        if !is_wanted {
            return Ok(None);
        }
        let positive = |name: &str| requested[name].as_f64().filter(|number| *number > 0.0);
        let placement = match requested["placement"].as_str() {
            None | Some("point-sample") => Placement::Sample,
            Some("point-grid") => Placement::Grid,
            Some("centroid") => Placement::Centroid,
            Some(_) => {
                let message = "Invalid placement. Valid values: centroid, point-grid, point-sample";
                return Err(ApiError::bad_request(message).of_kind("layer"));
            }
        };
        let members = |name: &str| requested[name].as_object().into_iter().flatten();
        let mut columns = Vec::new();
        for (name, column) in members("columns") {
            let (function, column) = (function(column)?, text(&column["aggregated_column"]));
            if column.is_empty() && function != "count" {
                let message = "Invalid aggregated column, should be a non empty string";
                return Err(ApiError::bad_request(message).of_kind("layer"));
            }
            columns.push((name.clone(), function, column));
        }
        let mut dimensions = Vec::new();
        for (name, dimension) in members("dimensions") {
            // The name of a column, or an object that says more of it.
            let column = dimension.as_str().or(dimension["column"].as_str()).unwrap_or_default().to_owned();
            dimensions.push(Dimension { name: name.clone(), column, group: TimeGroup::read(dimension)? });
        }
        Ok(Some(Aggregation {
            threshold: positive("threshold").unwrap_or(THRESHOLD),
            resolution: positive("resolution").unwrap_or(1.0).clamp(0.5, 256.0),
            placement,
            columns,
            dimensions,
            filters: aggregation_filters::read(&requested["filters"]),
        }))
    }

    /// Looks at the filters of a layer as they were sent.
    ///
    /// # Errors
    /// 400 for conditions that there are not, over what the result does not have.
    pub fn check_filters(options: &Value) -> Result<(), ApiError> {
        let requested = &options["aggregation"];
        let names = |name: &str| requested[name].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let known: Vec<&str> = names("columns").chain(names("dimensions")).chain([COUNT]).collect();
        aggregation_filters::check(&requested["filters"], &known)
    }

    /// What points of a cell must have in common.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// Pixels that the point of a cell may be beyond the edge of the tile that the cell is counted in.
    pub fn overhang(&self) -> u32 {
        let is_whole = (256.0 / self.resolution).fract() == 0.0;
        if is_whole { 0 } else { self.resolution.ceil() as u32 }
    }

    /// The query of the aggregated layer over a query of these columns. It speaks of the view as the SQL of users may,
    /// so that each tile asks about its own cells.
    pub fn sql(&self, sql: &str, columns: &[Column]) -> String {
        let side = format!("(!pixel_width! * {})", self.resolution);
        let (x, y) = (cell("X", &side), cell("Y", &side));
        // Whole cells only: a part of one would be another point in each tile. Without a margin around the tile each cell is
        // in the tile that has its south-western corner, and in no other one.
        let from_edge = |edge: &str| format!("ceil(ST_{edge}(!bbox!) / {side} - 0.001)");
        let is_within = |cell: &str, axis: &str| {
            let (least, most) = (format!("{axis}Min"), format!("{axis}Max"));
            format!("{cell} >= {} AND {cell} < {}", from_edge(&least), from_edge(&most))
        };
        let source = format!(
            "({sql}\n) AS points WHERE {GEOMETRY} && ST_Expand(!bbox!, {side})
                AND (ST_XMax(!bbox!) - ST_XMin(!bbox!) > 256.5 * !pixel_width! OR ({} AND {}))",
            is_within(&x, "X"),
            is_within(&y, "Y")
        );
        let id = columns.iter().find(|column| column.name == "cartodb_id").map(|_| "\"cartodb_id\"");
        if self.keeps_all() {
            let names: Vec<String> = columns
                .iter()
                .filter(|column| column.name != COUNT)
                .map(|column| quote_identifier(&column.name))
                .collect();
            let order = id.map(|id| format!(" ORDER BY {id}")).unwrap_or_default();
            return format!(
                "SELECT {}, \"{COUNT}\" FROM (SELECT *, row_number() OVER (PARTITION BY {x}, {y}{order}) AS \"_cdb_rank\",
                   count(*) OVER (PARTITION BY {x}, {y}) AS \"{COUNT}\" FROM {source}) AS ranked WHERE \"_cdb_rank\" = 1",
                names.join(", ")
            );
        }
        let place = match self.placement {
            Placement::Centroid => {
                format!("ST_SetSRID(ST_MakePoint(avg(ST_X({GEOMETRY})), avg(ST_Y({GEOMETRY}))), 3857)")
            }
            Placement::Grid => format!("ST_SetSRID(ST_MakePoint(({x} + 0.5) * {side}, ({y} + 0.5) * {side}), 3857)"),
            Placement::Sample => {
                let order = id.map(|id| format!(" ORDER BY {id}")).unwrap_or_default();
                format!("(array_agg({GEOMETRY}{order}))[1]")
            }
        };
        let mut selected = vec![format!("{place} AS {GEOMETRY}"), format!("count(*) AS \"{COUNT}\"")];
        selected.extend(id.map(|id| format!("min({id}) AS {id}")));
        let mut groups = vec![x, y];
        for dimension in &self.dimensions {
            let group = dimension.sql(columns);
            selected.push(format!("{group} AS {}", quote_identifier(&dimension.name)));
            groups.push(group);
        }
        for (name, function, column) in &self.columns {
            selected.push(format!("{} AS {}", aggregated(function, column), quote_identifier(name)));
        }
        let having: Vec<String> = self.filters.iter().filter_map(|filter| self.condition(filter, columns)).collect();
        let having = if having.is_empty() { String::new() } else { format!(" HAVING {}", having.join(" AND ")) };
        format!("SELECT {} FROM {source} GROUP BY {}{having}", selected.join(", "), groups.join(", "))
    }

    /// What a filter says of the points of a cell.
    fn condition(&self, filter: &Filter, columns: &[Column]) -> Option<String> {
        if let Some((_, function, column)) = self.columns.iter().find(|(name, ..)| *name == filter.name) {
            return filter.sql(&aggregated(function, column));
        }
        if let Some(dimension) = self.dimensions.iter().find(|dimension| dimension.name == filter.name) {
            return filter.sql(&dimension.sql(columns));
        }
        filter.sql("count(*)")
    }

    /// Whether the points of the result are points of the source, with all that they have.
    fn keeps_all(&self) -> bool {
        self.placement == Placement::Sample
            && self.columns.is_empty()
            && self.dimensions.is_empty()
            && self.filters.is_empty()
    }

    /// The query of the features in the cell of a point, over a query with `cartodb_id`; sides in metres per pixel.
    pub fn cluster_sql(&self, sql: &str, id: i64, pixel: f64) -> String {
        let side = (pixel * self.resolution).to_string();
        let (x, y) = (cell("X", &side), cell("Y", &side));
        format!(
            "WITH points AS (SELECT * FROM ({sql}\n) AS q),
                  one AS (SELECT {x} AS x, {y} AS y FROM points WHERE \"cartodb_id\" = {id})
             SELECT * FROM points WHERE ({x}, {y}) IN (SELECT x, y FROM one)"
        )
    }
}

/// The number of the cell of a point along an axis. What is at an edge of the world is in the last cell that begins within it.
fn cell(axis: &str, side: &str) -> String {
    let edge = format!("{HALF_WORLD} / {side}");
    format!("least(greatest(floor(ST_{axis}({GEOMETRY}) / {side}), ceil(-{edge} - 0.001)), ceil({edge} - 0.001) - 1)")
}

/// The function of an aggregated column.
///
/// # Errors
/// 400 for one that there is not.
pub fn function(column: &Value) -> Result<String, ApiError> {
    let function = text(&column["aggregate_function"]);
    match FUNCTIONS.contains(&function.as_str()) {
        true => Ok(function),
        false => {
            let valid = FUNCTIONS.join(", ");
            let message = format!("Unsupported aggregation function {function}, valid ones: {valid}");
            Err(ApiError::bad_request(message).of_kind("layer"))
        }
    }
}

/// A function over a column.
pub fn aggregated(function: &str, column: &str) -> String {
    if function == "count" && matches!(column, "" | "*") {
        return "count(*)".to_owned();
    }
    let column = quote_identifier(column);
    match function {
        "mode" => format!("mode() WITHIN GROUP (ORDER BY {column})"),
        function => format!("{function}({column})"),
    }
}

/// The refusal of a layer that has no points.
pub fn no_points(geometry_type: &str) -> ApiError {
    let message = format!(
        "Unsupported geometry type: {geometry_type}. Aggregation is available only for geometry type: ST_Point"
    );
    ApiError::bad_request(message).of_kind("layer")
}

/// The query of the shape of a query's geometry.
pub fn geometry_type_sql(sql: &str) -> String {
    format!("SELECT ST_GeometryType({GEOMETRY}) FROM ({sql}\n) AS q WHERE {GEOMETRY} IS NOT NULL LIMIT 1")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio_postgres::types::Type;

    fn columns(names: &[&str]) -> Vec<Column> {
        names.iter().map(|name| Column { name: (*name).into(), kind: Type::INT4, modifier: -1 }).collect()
    }

    #[test]
    fn layers_say_whether_they_are_aggregated() {
        let read = |options: Value| Aggregation::read(&options).map_err(|error| error.message);
        let styled = json!({"cartocss": "#l{}"});
        assert_eq!(read(styled), Ok(None));
        assert!(read(json!({})).is_ok_and(|found| found.is_some_and(|found| found.threshold == THRESHOLD)));
        assert_eq!(read(json!({"aggregation": false})), Ok(None));
        assert!(read(json!({"cartocss": "", "aggregation": {"threshold": 1}})).is_ok_and(|found| found.is_some()));
        let placement = read(json!({"aggregation": {"placement": "nowhere"}}));
        assert_eq!(placement, Err("Invalid placement. Valid values: centroid, point-grid, point-sample".to_owned()));
        let function = read(json!({"aggregation": {"columns": {"x": {"aggregate_function": "median"}}}}));
        assert!(function.is_err_and(|message| message.starts_with("Unsupported aggregation function median, valid")));
    }

    #[test]
    fn names_are_quoted() {
        let options = json!({"aggregation": {"placement": "centroid", "dimensions": {"a\"b": "c\"d"},
            "columns": {"e\"f": {"aggregate_function": "mode", "aggregated_column": "g\"h"}}}});
        let sql =
            Aggregation::read(&options).ok().flatten().map(|found| found.sql("SELECT 1", &columns(&["cartodb_id"])));
        let sql = sql.unwrap_or_default();
        for part in
            [r#""c""d" AS "a""b""#, r#"mode() WITHIN GROUP (ORDER BY "g""h") AS "e""f""#, r#"min("cartodb_id")"#]
        {
            assert!(sql.contains(part), "{sql}");
        }
    }

    #[test]
    fn aggregated_points_are_filtered() {
        let options = json!({"aggregation": {"columns": {"n": {"aggregate_function": "sum", "aggregated_column": "a"}},
            "dimensions": {"d": "b"}, "filters": {"n": {"greater_than": 1}, "d": {"equal": "x"}, COUNT: {"less_than": 9}}}});
        assert!(Aggregation::check_filters(&options).is_ok());
        let sql =
            Aggregation::read(&options).ok().flatten().map(|found| found.sql("SELECT 1", &[])).unwrap_or_default();
        let having = r#" HAVING ((count(*) < (9))) AND ((sum("a") > (1))) AND (("b" = 'x'))"#;
        let parts = having.trim_start_matches(" HAVING ").split(" AND ");
        assert!(sql.contains(" HAVING ") && parts.into_iter().all(|part| sql.contains(part)), "{sql}");
        let unknown = json!({"aggregation": {"filters": {"a": {"equal": 1}}}});
        assert!(Aggregation::check_filters(&unknown).is_err());
    }

    #[test]
    fn samples_keep_their_columns() {
        let sample = Aggregation::read(&json!({"aggregation": true})).ok().flatten();
        let sql = sample.map(|sample| sample.sql("SELECT 1", &columns(&["cartodb_id", "name"]))).unwrap_or_default();
        assert!(sql.starts_with("SELECT \"cartodb_id\", \"name\", \"_cdb_feature_count\" FROM"), "{sql}");
    }
}
