//! The queries of a map's sources: checked, wrapped into the sandbox's own, and asked of the database.

use crate::db::{Column, Database, Limits, QueryError, Role};
use crate::map::error::ApiError;
use crate::sql_guard::{self, CheckedSql, Refusal, RunnableSql};
use axum::http::StatusCode;
use serde_json::Value;

/// Half of the side of the world in Web Mercator, in metres.
pub const HALF_WORLD: f64 = 20_037_508.342_789_244;

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
    pub const WORLD: View =
        View { bbox: [-HALF_WORLD, -HALF_WORLD, HALF_WORLD, HALF_WORLD], pixel: HALF_WORLD * 2.0 / 256.0 };

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
pub fn checked(sql: &str, view: &View) -> Result<CheckedSql, Refusal> {
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
    /// Tables that it reads, with their schema.
    pub tables: Vec<(String, String)>,
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
        Err(Refusal::Forbidden(message)) => {
            return Err(Unusable { error: UnusableReason::Forbidden(message), sql: probe(sql) });
        }
        // The database is only asked to parse it: nothing runs, and its complaint is the one that people know.
        Err(Refusal::NotAQuery) if !sql.contains('\0') => {
            let parameter = sql_guard::missing_parameter(sql);
            let sql = probe(sql);
            let error = match database.parse(role, sql.clone(), limits).await {
                Ok(()) => parameter.map_or(UnusableReason::NotUnderstood, UnusableReason::Parameter),
                Err(error) => UnusableReason::Query(error),
            };
            return Err(Unusable { error, sql });
        }
        Err(Refusal::TooLong | Refusal::NotAQuery) => {
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
    let mut tables = Vec::new();
    collect_tables(plan, &mut tables);
    Ok(Description { columns, rows: plan["Plan Rows"].as_f64().unwrap_or(0.0), tables })
}

fn collect_tables(plan: &Value, tables: &mut Vec<(String, String)>) {
    if let (Some(schema), Some(table)) = (plan["Schema"].as_str(), plan["Relation Name"].as_str()) {
        let table = (schema.to_owned(), table.to_owned());
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    for part in plan["Plans"].as_array().into_iter().flatten() {
        collect_tables(part, tables);
    }
}

/// When the newest of some tables was changed, in milliseconds; 0 when nothing is known of them.
///
/// # Errors
/// The database is not reachable.
pub async fn last_update(database: &Database, tables: &[(String, String)]) -> Result<i64, QueryError> {
    let (schemas, names): (Vec<String>, Vec<String>) = tables.iter().cloned().unzip();
    let sql = "SELECT coalesce((extract(epoch FROM max(updated_at)) * 1000)::bigint, 0) FROM sandbox.tables
                WHERE (schema_name, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))";
    let rows = database.admin_query(sql, vec![Box::new(schemas), Box::new(names)]).await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
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

    #[test]
    fn tables_are_found_in_plans() {
        let plan = serde_json::json!({"Plans": [{"Schema": "demo", "Relation Name": "a"},
            {"Plans": [{"Schema": "demo", "Relation Name": "b"}, {"Schema": "demo", "Relation Name": "a"}]}]});
        let mut tables = Vec::new();
        collect_tables(&plan, &mut tables);
        assert_eq!(tables, [("demo".to_owned(), "a".to_owned()), ("demo".to_owned(), "b".to_owned())]);
    }
}
