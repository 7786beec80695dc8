//! Compiles the ramps of styles that come as lines of JSON, for `tests/ramps/compare.mjs`:
//! `{"css": …, "answers": {"column|method|classes": {"ends": […], "min", "max", "avg"}}}` becomes
//! `{"css": …, "rules": […]}`, or `{"error": …}`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a tool of the tests")]

use cartocss::FieldValue;
use cartocss::ramp::{Classes, Method, Question, RampError, RampFilter, Ramps};
use serde_json::{Value, json};
use std::io::BufRead;

fn main() {
    for line in std::io::stdin().lock().lines() {
        let input: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let output = compiled(input["css"].as_str().unwrap(), &input["answers"]);
        println!("{}", output.unwrap_or_else(|error| json!({ "error": error.message })));
    }
}

fn compiled(css: &str, answers: &Value) -> Result<Value, RampError> {
    let ramps = Ramps::find(css)?;
    let answers: Vec<Option<Classes>> =
        ramps.questions().map(|question| question.map(|q| answer(q, answers))).collect();
    let compiled = ramps.compile(&answers)?;
    let rules = compiled.rules.iter().map(|rule| {
        let buckets = rule.buckets.iter().map(|bucket| {
            let filter = match &bucket.filter {
                RampFilter::Range { start, end } => json!({ "type": "range", "start": start, "end": end }),
                RampFilter::Category(name) => json!({ "type": "category", "name": value(name) }),
                RampFilter::Default => json!({ "type": "default" }),
            };
            json!({ "filter": filter, "value": value(&bucket.value) })
        });
        json!({ "column": rule.column, "mapping": rule.mapping, "prop": rule.property, "selector": rule.selector,
            "buckets": buckets.collect::<Vec<_>>() })
    });
    Ok(json!({ "css": compiled.cartocss, "rules": rules.collect::<Vec<_>>() }))
}

fn answer(question: &Question, answers: &Value) -> Classes {
    let method = match question.method {
        Method::Quantiles => "quantiles",
        Method::Equal => "equal",
        Method::Jenks => "jenks",
        Method::HeadTails => "headtails",
        Method::Category => "category",
    };
    let found = &answers[format!("{}|{method}|{}", question.column, question.classes)];
    let end = |end: &Value| match end {
        Value::String(text) => FieldValue::from(text.as_str()),
        other => FieldValue::Number(other.as_f64().unwrap_or(f64::NAN)),
    };
    Classes {
        ends: found["ends"].as_array().into_iter().flatten().map(end).collect(),
        min: found["min"].as_f64(),
        max: found["max"].as_f64(),
        average: found["avg"].as_f64(),
    }
}

fn value(field: &FieldValue) -> Value {
    match field {
        FieldValue::Null => Value::Null,
        FieldValue::Bool(value) => (*value).into(),
        FieldValue::Integer(value) => (*value as f64).into(),
        FieldValue::Number(value) => (*value).into(),
        FieldValue::Text(text) => text.as_str().into(),
    }
}
