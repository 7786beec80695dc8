//! Aggregated layers: many points of a cell become one (spec 2.8; the Maps API's layer option `aggregation`).

use crate::db::{Column, quote_identifier};
use crate::map::error::ApiError;
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
    /// Name and column.
    dimensions: Vec<(String, String)>,
}

impl Aggregation {
    /// Reads the options of a layer. Layers without a style are aggregated unless they say otherwise.
    ///
    /// # Errors
    /// 400 for a function or a placement that there is not.
    pub fn read(options: &Value) -> Result<Option<Aggregation>, ApiError> {
        let wish = &options["aggregation"];
        let is_wanted = match wish {
            Value::Bool(wish) => *wish,
            Value::Object(_) => true,
            _ => !options["cartocss"].is_string(),
        };
        if !is_wanted {
            return Ok(None);
        }
        let positive = |name: &str| wish[name].as_f64().filter(|number| *number > 0.0);
        let placement = match wish["placement"].as_str() {
            None | Some("point-sample") => Placement::Sample,
            Some("point-grid") => Placement::Grid,
            Some("centroid") => Placement::Centroid,
            Some(_) => {
                let message = "Invalid placement. Valid values: centroid, point-grid, point-sample";
                return Err(ApiError::bad_request(message).of_kind("layer"));
            }
        };
        let members = |name: &str| wish[name].as_object().into_iter().flatten();
        let mut columns = Vec::new();
        for (name, column) in members("columns") {
            columns.push((name.clone(), function(column)?, text(&column["aggregated_column"])));
        }
        let dimensions = members("dimensions").map(|(name, column)| {
            // A name, or an object that says more of it.
            (name.clone(), column.as_str().or(column["column"].as_str()).unwrap_or_default().to_owned())
        });
        Ok(Some(Aggregation {
            threshold: positive("threshold").unwrap_or(THRESHOLD),
            resolution: positive("resolution").unwrap_or(1.0).clamp(0.5, 256.0),
            placement,
            columns,
            dimensions: dimensions.collect(),
        }))
    }

    /// The query of the aggregated layer over a query of these columns. It speaks of the view as the SQL of users may,
    /// so that each tile asks about its own cells.
    pub fn sql(&self, sql: &str, columns: &[Column]) -> String {
        let side = format!("(!pixel_width! * {})", self.resolution);
        let cell = |axis: &str| format!("floor(ST_{axis}({GEOMETRY}) / {side})");
        let (x, y) = (cell("X"), cell("Y"));
        // Whole cells only: a part of one would be another point in each tile.
        let source = format!("({sql}\n) AS points WHERE {GEOMETRY} && ST_Expand(!bbox!, {side})");
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
        for (name, column) in &self.dimensions {
            selected.push(format!("{} AS {}", quote_identifier(column), quote_identifier(name)));
            groups.push(quote_identifier(column));
        }
        for (name, function, column) in &self.columns {
            selected.push(format!("{} AS {}", aggregated(function, column), quote_identifier(name)));
        }
        format!("SELECT {} FROM {source} GROUP BY {}", selected.join(", "), groups.join(", "))
    }

    /// Whether the points of the result are points of the source, with all that they have.
    fn keeps_all(&self) -> bool {
        self.placement == Placement::Sample && self.columns.is_empty() && self.dimensions.is_empty()
    }

    /// The query of the features in the cell of a point, over a query with `cartodb_id`; sides in metres per pixel.
    pub fn cluster_sql(&self, sql: &str, id: i64, pixel: f64) -> String {
        let side = pixel * self.resolution;
        let cell = |axis: &str| format!("floor(ST_{axis}({GEOMETRY}) / {side})");
        let (x, y) = (cell("X"), cell("Y"));
        format!(
            "WITH points AS (SELECT * FROM ({sql}\n) AS q),
                  one AS (SELECT {x} AS x, {y} AS y FROM points WHERE \"cartodb_id\" = {id})
             SELECT * FROM points WHERE ({x}, {y}) IN (SELECT x, y FROM one)"
        )
    }
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
    let column = quote_identifier(column);
    match function {
        "count" => "count(*)".to_owned(),
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
    fn samples_keep_their_columns() {
        let sample = Aggregation::read(&json!({"aggregation": true})).ok().flatten();
        let sql = sample.map(|sample| sample.sql("SELECT 1", &columns(&["cartodb_id", "name"]))).unwrap_or_default();
        assert!(sql.starts_with("SELECT \"cartodb_id\", \"name\", \"_cdb_feature_count\" FROM"), "{sql}");
    }
}
