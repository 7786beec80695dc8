//! The queries of a map's sources: checked, wrapped into the sandbox's own, and asked of the database.

use crate::db::{Column, Database, Limits, QueryError, Role};
use crate::map::error::ApiError;
use crate::query::reads::Reads;
use crate::sql_guard::{self, CheckedSql, GuardError, RunnableSql};
use axum::http::StatusCode;
use serde_json::Value;

pub use tiles::HALF_WORLD;

/// Metres of a pixel of the whole world in one tile.
const WORLD_PIXEL: f64 = HALF_WORLD * 2.0 / 256.0;

/// What a query looks at; it stands in for `!bbox!` and its relatives in the SQL of users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// West, south, east, north in Web Mercator metres.
    pub bbox: [f64; 4],
    /// Metres per pixel.
    pub pixel: f64,
}

impl View {
    /// The whole world in one tile.
    pub const WORLD: View = View { bbox: [-HALF_WORLD, -HALF_WORLD, HALF_WORLD, HALF_WORLD], pixel: WORLD_PIXEL };

    /// Metres of a pixel at a zoom level of tiles of 256 pixels.
    pub fn pixel_at(zoom: u32) -> f64 {
        WORLD_PIXEL / f64::from(zoom).exp2()
    }

    /// The view with so many metres more on each side.
    pub fn grown(&self, metres: f64) -> View {
        let [west, south, east, north] = self.bbox;
        View { bbox: [west - metres, south - metres, east + metres, north + metres], pixel: self.pixel }
    }

    /// The view as an SQL expression.
    pub fn envelope(&self) -> String {
        let [west, south, east, north] = self.bbox;
        format!("ST_MakeEnvelope({west},{south},{east},{north},3857)")
    }
}

/// Puts a view into the SQL of a user and checks the result.
///
/// # Errors
/// Why it may not be run.
pub fn checked(sql: &str, view: &View) -> Result<CheckedSql, GuardError> {
    if !sql.contains('!') {
        return sql_guard::check(sql);
    }
    // A pixel is 0.28 mm wide in the standard that scale denominators come from.
    let sql = sql
        .replace("!bbox!", &view.envelope())
        .replace("!pixel_width!", &view.pixel.to_string())
        .replace("!pixel_height!", &view.pixel.to_string())
        .replace("!scale_denominator!", &(view.pixel / 0.00028).to_string());
    sql_guard::check(&sql)
}

/// A checked query in parentheses, for use after FROM.
pub fn wrapped(sql: &CheckedSql) -> String {
    format!("({})", sql.as_str())
}

fn in_parentheses(sql: &str) -> String {
    // A remark at the end would swallow the parenthesis.
    let end = if sql.contains("--") { "\n" } else { "" };
    format!("({sql}{end})")
}

/// What the database says of a query without running it.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// The columns of its result.
    pub columns: Vec<Column>,
    /// The planner's guess of the number of rows.
    pub rows: f64,
    /// What it reads.
    pub reads: Reads,
}

impl Description {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A name that none of these columns has, for what is put around a query.
pub fn free_name(name: &str, columns: &[Column]) -> String {
    let mut free = name.to_owned();
    while columns.iter().any(|column| column.name == free) {
        free.push('_');
    }
    free
}

/// Why a query cannot be used, and the SQL that the database was given.
#[derive(Debug)]
pub struct Unusable {
    /// The reason.
    pub error: UnusableReason,
    /// The SQL of the complaint.
    pub sql: String,
}

/// Why a query cannot be used.
#[derive(Debug)]
pub enum UnusableReason {
    /// The database says so.
    Query(QueryError),
    /// The guard says so.
    Forbidden(String),
    /// A parameter has no value; the text is in the database's own words.
    Parameter(String),
    /// The guard does not understand what the database would run.
    NotUnderstood,
}

impl Unusable {
    /// The error where the database's words are passed on.
    pub fn plain(self) -> ApiError {
        match self.error {
            UnusableReason::Query(error) => ApiError::from_query(error),
            UnusableReason::Forbidden(message) => ApiError::new(StatusCode::FORBIDDEN, message),
            UnusableReason::Parameter(message) => ApiError::bad_request(message),
            UnusableReason::NotUnderstood => ApiError::bad_request(NOT_UNDERSTOOD),
        }
    }

    /// The error of a layer, in the words of the drawing library.
    pub fn of_layer(self, layer_id: &str) -> ApiError {
        let sql = self.sql;
        match self.error {
            UnusableReason::Query(error) => ApiError::from_layer_query(error, &sql, layer_id),
            UnusableReason::Forbidden(message) => {
                ApiError::new(StatusCode::FORBIDDEN, of_drawing_library(&message, &sql, layer_id))
            }
            UnusableReason::Parameter(message) => ApiError::bad_request(of_drawing_library(&message, &sql, layer_id)),
            UnusableReason::NotUnderstood => ApiError::bad_request(NOT_UNDERSTOOD),
        }
    }
}

/// A complaint about a layer, as the drawing library of real servers puts it.
fn of_drawing_library(message: &str, sql: &str, layer_id: &str) -> String {
    format!(
        "Postgis Plugin: ERROR:  {message}\nin executeQuery Full sql was: '{sql}'\n  encountered during parsing of layer '{layer_id}' in Layer"
    )
}

const NOT_UNDERSTOOD: &str = "The sandbox runs one SELECT, WITH or VALUES query, and cannot read this one";

/// Asks the database about the SQL of a user, as the role of a key.
///
/// # Errors
/// The SQL is forbidden, or the database refuses it.
pub async fn describe(database: &Database, role: &Role, sql: &str, limits: Limits) -> Result<Description, Unusable> {
    let probe = |sql: &str| format!("SELECT * FROM {} as cdbq LIMIT 0", in_parentheses(sql));
    let query = match checked(sql, &View::WORLD) {
        Ok(query) => query,
        Err(GuardError::Forbidden(message)) => {
            return Err(Unusable { error: UnusableReason::Forbidden(message), sql: probe(sql) });
        }
        // The database is only asked to parse it: nothing runs, and its complaint is the one that people know.
        Err(GuardError::NotAQuery) if !sql.contains('\0') => {
            let parameter = sql_guard::missing_parameter(sql);
            let sql = probe(sql);
            let error = match database.parse(role, sql.clone(), limits).await {
                Ok(()) => parameter.map_or(UnusableReason::NotUnderstood, UnusableReason::Parameter),
                Err(error) => UnusableReason::Query(error),
            };
            return Err(Unusable { error, sql });
        }
        Err(GuardError::TooLong | GuardError::NotAQuery) => {
            return Err(Unusable { error: UnusableReason::NotUnderstood, sql: String::new() });
        }
    };
    let probe = probe(query.as_str());
    let unusable = |error| Unusable { error: UnusableReason::Query(error), sql: probe.clone() };
    let columns = database.columns(role, RunnableSql::of_server(probe.as_str()), limits).await.map_err(unusable)?;
    // Planning also checks the rights to the tables, which parsing does not.
    let explain = format!("EXPLAIN (FORMAT JSON, VERBOSE) SELECT * FROM {} as cdbq", wrapped(&query));
    let rows = database.read(role, RunnableSql::of_server(explain), Vec::new(), limits).await.map_err(unusable)?;
    let plan: Value = rows.first().and_then(|row| row.try_get(0).ok()).unwrap_or_default();
    let plan = &plan[0]["Plan"];
    Ok(Description { columns, rows: plan["Plan Rows"].as_f64().unwrap_or(0.0), reads: Reads::of(query.as_str(), plan) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_put_into_queries() {
        let view = View { bbox: [0.0, 1.0, 2.0, 3.5], pixel: 0.5 };
        let sql = checked("SELECT * FROM t WHERE g && !bbox! AND s > !pixel_width!", &view);
        let expected = "SELECT * FROM t WHERE g && ST_MakeEnvelope ( 0 , 1 , 2 , 3.5 , 3857 ) AND s > 0.5";
        assert_eq!(sql.map(|sql| sql.as_str().to_owned()), Ok(expected.to_owned()));
    }

    #[test]
    fn remarks_do_not_swallow_the_parenthesis() {
        let sql = checked("SELECT 1 -- one", &View::WORLD);
        assert_eq!(sql.map(|sql| wrapped(&sql)), Ok("(SELECT 1)".to_owned()));
        // In the words of a complaint it is still there.
        assert_eq!(in_parentheses("SELECT 1 -- one"), "(SELECT 1 -- one\n)");
    }
}
