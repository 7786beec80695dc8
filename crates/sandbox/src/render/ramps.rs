//! The classes of `ramp()`: asked of the database over the whole source of a layer, as the role of the key.

use crate::Sandbox;
use crate::db::{QueryError, Role, quote_identifier};
use crate::map::error::ApiError;
use crate::query::features;
use crate::query::source::{self, View};
use crate::sql_guard::GuardError;
use cartocss::FieldValue;
use cartocss::ramp::{Classes, Compiled, Method, Question, RampError, RampFilter, RampRule, Ramps, jenks};
use serde_json::{Map, Value, json};
use std::time::Instant;

/// Different values that natural breaks are sought in; of more, neighbours are taken together.
const MOST_VALUES: u32 = 20_000;

/// Puts classes in place of the ramps of a style; `sql_of` gives the query that a column is looked at in.
///
/// # Errors
/// 400 with the place in the style, in the words of real servers.
pub async fn compile<'a>(
    sandbox: &Sandbox,
    role: &Role,
    sql_of: &(dyn Fn(&str) -> &'a str + Sync),
    cartocss: &str,
) -> Result<Compiled, ApiError> {
    let begin = Instant::now();
    let ramps = Ramps::find(cartocss).map_err(|error| refused(&error))?;
    let mut answers: Vec<Option<Classes>> = Vec::new();
    let questions: Vec<Option<&Question>> = ramps.questions().collect();
    for (index, question) in questions.iter().enumerate() {
        // Ramps of one style often ask the same.
        let known = questions.iter().position(|other| other == question).filter(|known| *known < index);
        let answer = match (question, known) {
            (None, _) => None,
            (Some(_), Some(known)) => answers.get(known).cloned().flatten(),
            // Each question has its time, and all of them together have no more.
            _ if begin.elapsed() > sandbox.limits.timeout => return Err(ApiError::query_timeout()),
            (Some(question), None) => {
                let answer = ask(sandbox, role, sql_of(&question.column), question).await;
                Some(answer.map_err(|error| match error {
                    Unanswered::Query(QueryError::Database(words)) => refused(&ramps.refused(index, words.message())),
                    Unanswered::Query(other) => ApiError::from_query(other),
                    Unanswered::Computation(error) => error,
                })?)
            }
        };
        answers.push(answer);
    }
    ramps.compile(&answers).map_err(|error| refused(&error))
}

fn refused(error: &RampError) -> ApiError {
    let place = |(line, column): (usize, usize)| json!({ "line": line, "column": column });
    let context = json!({
        "selector": error.selector,
        "source": { "start": place(error.start), "end": place(error.end) },
    });
    ApiError::bad_request(error.message.clone())
        .of_kind("layer")
        .of_subtype("turbo-carto")
        .at("layer", json!({ "context": context }))
}

/// Why a ramp has no classes.
enum Unanswered {
    Query(QueryError),
    Computation(ApiError),
}

async fn ask(sandbox: &Sandbox, role: &Role, sql: &str, question: &Question) -> Result<Classes, Unanswered> {
    let rows = async |query: String| {
        // What users wrote was checked before; it is checked again together with what is around it.
        match source::checked(&query, &View::WORLD) {
            Ok(query) => {
                let rows = sandbox.database.read(role, (&query).into(), Vec::new(), sandbox.limits).await;
                rows.map_err(Unanswered::Query)
            }
            // What is no SQL at all, such as a name without a letter, the database says best.
            Err(refusal @ GuardError::NotAQuery) => {
                Err(match sandbox.database.parse(role, query, sandbox.limits).await {
                    Err(error) => Unanswered::Query(error),
                    Ok(()) => Unanswered::Computation(features::refused(&refusal)),
                })
            }
            Err(refusal) => Err(Unanswered::Computation(features::refused(&refusal))),
        }
    };
    let text = |row: &tokio_postgres::Row| row.try_get::<_, Option<String>>(0).ok().flatten();
    let json = |row: Option<&tokio_postgres::Row>| -> Value {
        row.and_then(text).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    };
    let query = match question.method {
        Method::Category => categories(sql, question),
        _ => numbers(sql, question),
    };
    let found = json(rows(query).await?.first());
    let list = |value: &Value| value.as_array().into_iter().flatten().filter_map(field).collect::<Vec<_>>();
    let mut classes = Classes {
        ends: list(&found["ends"]),
        min: found["min"].as_f64(),
        max: found["max"].as_f64(),
        average: found["avg"].as_f64(),
    };
    if question.method == Method::Jenks {
        let found = json(rows(frequencies(sql, question)).await?.first());
        let pair = |pair: &Value| Some((pair[0].as_f64()?, pair[1].as_f64()?));
        let values: Vec<(f64, f64)> = found.as_array().into_iter().flatten().filter_map(pair).collect();
        let count = question.classes as usize;
        let ends = sandbox.drawings.read(move |cancel| jenks(cancel, &values, count)).await;
        classes.ends = ends.map_err(Unanswered::Computation)?.into_iter().map(FieldValue::Number).collect();
    }
    Ok(classes)
}

fn field(value: &Value) -> Option<FieldValue> {
    match value {
        Value::Number(number) => number.as_f64().map(FieldValue::Number),
        Value::String(text) => Some(FieldValue::from(text.as_str())),
        Value::Bool(value) => Some(FieldValue::Bool(*value)),
        _ => None,
    }
}

/// The numbers of a column, without what is none.
fn numbers_of(sql: &str, question: &Question) -> String {
    let column = quote_identifier(&question.column);
    format!(
        "SELECT v FROM (SELECT {column}::numeric AS v FROM ({sql}\n) AS q WHERE {column} IS NOT NULL) AS all_of_them
          WHERE v NOT IN ('NaN', 'Infinity', '-Infinity')"
    )
}

fn numbers(sql: &str, question: &Question) -> String {
    let classes = question.classes;
    let ends = match question.method {
        Method::Quantiles => format!(
            "(SELECT to_json(percentile_disc(ARRAY(SELECT i / {classes}::float8 FROM generate_series(1, {classes}) AS i))
                     WITHIN GROUP (ORDER BY v)) FROM n)"
        ),
        Method::Equal => format!(
            "(SELECT json_agg((low + (high - low) / {classes} * i) ORDER BY i)
                FROM (SELECT min(v) AS low, max(v) AS high FROM n) AS b, generate_series(1, {classes}) AS i)"
        ),
        Method::HeadTails => format!(
            "(WITH RECURSIVE means(i, m) AS (
                SELECT 1, (SELECT avg(v) FROM n)
                UNION ALL SELECT i + 1, (SELECT avg(v) FROM n WHERE v > m) FROM means WHERE i < {classes} AND m IS NOT NULL)
              SELECT json_agg(m ORDER BY i) FROM means WHERE m IS NOT NULL)"
        ),
        // Natural breaks are sought here.
        Method::Jenks | Method::Category => "NULL".to_owned(),
    };
    format!(
        "WITH n AS MATERIALIZED ({}) SELECT json_build_object('min', (SELECT min(v) FROM n), 'max', (SELECT max(v) FROM n),
           'avg', (SELECT avg(v) FROM n), 'ends', {ends})::text",
        numbers_of(sql, question)
    )
}

/// Values in rising order with how often each is there.
fn frequencies(sql: &str, question: &Question) -> String {
    format!(
        "SELECT json_agg(json_build_array(v, f) ORDER BY v)::text FROM (
           SELECT max(v) AS v, sum(f) AS f FROM (
             SELECT v, count(*) AS f, ntile({MOST_VALUES}) OVER (ORDER BY v) AS part FROM ({}) AS n GROUP BY v) AS parts
            GROUP BY part) AS pairs",
        numbers_of(sql, question)
    )
}

fn categories(sql: &str, question: &Question) -> String {
    let column = quote_identifier(&question.column);
    format!(
        "SELECT json_build_object('ends', (SELECT json_agg(v ORDER BY f DESC, v) FROM (
           SELECT {column} AS v, count(*) AS f FROM ({sql}\n) AS q WHERE {column} IS NOT NULL
            GROUP BY {column} ORDER BY f DESC, v LIMIT {}) AS c))::text",
        question.classes
    )
}

/// The member `cartocss_meta` of a layer.
pub fn meta(rules: &[RampRule]) -> Value {
    json!({ "rules": rules.iter().map(rule).collect::<Vec<_>>() })
}

fn rule(rule: &RampRule) -> Value {
    let buckets = rule.buckets.iter().map(|bucket| {
        let filter = match &bucket.filter {
            RampFilter::Range { start, end } => {
                let mut filter = Map::new();
                filter.insert("type".into(), "range".into());
                filter.insert("start".into(), start.map(number).unwrap_or_default());
                if let Some(end) = end {
                    filter.insert("end".into(), number(*end));
                }
                filter.into()
            }
            RampFilter::Category(name) => json!({ "name": value(name), "type": "category" }),
            RampFilter::Default => json!({ "type": "default" }),
        };
        json!({ "filter": filter, "value": value(&bucket.value) })
    });
    let stats = rule.average.map_or_else(|| json!({}), |average| json!({ "filter_avg": number(average) }));
    json!({
        "selector": rule.selector, "prop": rule.property, "column": rule.column, "mapping": rule.mapping,
        "buckets": buckets.collect::<Vec<_>>(), "stats": stats,
    })
}

fn value(field: &FieldValue) -> Value {
    match field {
        FieldValue::Null => Value::Null,
        FieldValue::Bool(value) => (*value).into(),
        FieldValue::Integer(value) => (*value).into(),
        FieldValue::Number(value) => number(*value),
        FieldValue::Text(text) => text.as_str().into(),
    }
}

/// A number as JavaScript writes it: whole ones without a point.
fn number(number: f64) -> Value {
    match number.fract() == 0.0 && number.abs() < 9e15 {
        true => (number as i64).into(),
        false => number.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_javascript_does() {
        assert_eq!(number(4.0).to_string(), "4");
        assert_eq!(number(2.333_333_333_333_333).to_string(), "2.333333333333333");
    }

    #[test]
    fn columns_are_quoted() {
        let question = Question { column: "a\"b".into(), method: Method::Quantiles, classes: 3 };
        assert!(numbers(" SELECT 1", &question).contains(r#""a""b"::numeric"#));
        assert!(categories("SELECT 1", &question).contains(r#"GROUP BY "a""b""#));
    }
}
