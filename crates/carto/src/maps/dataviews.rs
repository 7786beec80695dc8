//! Requests and answers of dataviews (spec 4.5, 2.11, 2.12).

use maps_api::json::Value;

/// Longest address of a dataview, in characters (Q-83).
pub const LONGEST_URL: usize = 2_083;

/// What a page is told of a longer one, to the letter.
pub const URL_TOO_LONG: &str = "URL length is longer than allowed (2083 chars). Check your filters (eg. if using a \
                                Polygon filter, reduce the number of vertices).";

/// An object of some members of an answer under other names; what is missing is left out.
fn renamed(answer: &Value, names: &[(&str, &str)]) -> Value {
    let mut members = Value::object([]);
    for (name, key) in names {
        if let Some(value) = answer.get(key) {
            members.push(name, value.clone());
        }
    }
    members
}

/// What a page gets from a formula's answer, but for the operation, which is the page's own.
pub fn formula(answer: &Value) -> Value {
    renamed(answer, &[("nulls", "nulls"), ("result", "result")])
}

/// What a page gets from an aggregation's answer, but for the operation, which is the page's own.
pub fn category(answer: &Value) -> Value {
    let names = [("count", "count"), ("max", "max"), ("min", "min"), ("nulls", "nulls")];
    let mut data = renamed(answer, &names);
    let categories = answer.get("categories").map(Value::items).unwrap_or_default();
    let category = |category| renamed(category, &[("group", "agg"), ("name", "category"), ("value", "value")]);
    data.push("categories", Value::Array(categories.iter().map(category).collect()));
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let answer = r#"{"count":8,"nulls":1,"min":1,"max":5,"categories":[
            {"category":"a","value":5,"agg":false},{"category":"Other","value":2,"agg":true}]}"#;
        let data = category(&serde_json::from_str(answer).unwrap_or_default());
        let second = data.get("categories").and_then(|list| list.items().get(1)).cloned();
        let other = Value::object([("group", true.into()), ("name", "Other".into()), ("value", 2.0.into())]);
        assert_eq!(second, Some(other));
        assert_eq!(data.get("count"), Some(&Value::Number(8.0)));
        assert_eq!(formula(&Value::Null).get("result"), None);
    }
}
