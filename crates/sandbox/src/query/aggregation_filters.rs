//! Filters of aggregated layers: which of the aggregated points are there, by what was computed of them.

use crate::db::quote_literal;
use crate::map::error::ApiError;
use serde_json::Value;

/// Conditions that compare with one value, and the signs of SQL.
const SIGNS: &[(&str, &str)] = &[
    ("equal", "="),
    ("not_equal", "<>"),
    ("less_than", "<"),
    ("less_than_or_equal_to", "<="),
    ("greater_than", ">"),
    ("greater_than_or_equal_to", ">="),
];
/// Those that compare with several.
const LISTS: &[(&str, &str)] = &[("in", "IN"), ("not_in", "NOT IN")];
/// Conditions and values of a layer.
const MOST: usize = 10_000;

/// What filters say of a column: one of these must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// A column, a dimension or the number of features.
    pub name: String,
    any: Vec<Value>,
}

/// Whether filters, as they were sent, name what there is. `known` are the columns of the result.
///
/// # Errors
/// 400 with the first that does not.
pub fn check(filters: &Value, known: &[&str]) -> Result<(), ApiError> {
    let refuse = |message: String| Err(ApiError::bad_request(message).of_kind("layer"));
    let filters = match filters {
        Value::Null => return Ok(()),
        Value::Object(filters) => filters,
        _ => return refuse("Invalid filters, should be an object of columns".into()),
    };
    let mut count = 0;
    for (name, filter) in filters {
        if !known.contains(&name.as_str()) {
            return refuse(format!("Invalid filtered column: {name}"));
        }
        for condition in each(filter) {
            let Value::Object(condition) = condition else {
                return refuse(format!("Invalid filter of {name}, should be an object of conditions"));
            };
            for (condition, value) in condition {
                let is_list = LISTS.iter().any(|(known, _)| known == condition);
                if !is_list && !SIGNS.iter().any(|(known, _)| known == condition) {
                    return refuse(format!("Invalid filter parameter name: {condition}"));
                }
                let has_shape = match value {
                    Value::Array(values) => is_list && !values.is_empty() && values.iter().all(is_value),
                    value => !is_list && (is_value(value) || value.is_null()),
                };
                if !has_shape {
                    return refuse(format!("Invalid value of the filter {condition} of {name}"));
                }
                count += value.as_array().map_or(1, Vec::len);
            }
        }
    }
    if count > MOST {
        return refuse(format!("The filters of a layer may have {MOST} conditions and values"));
    }
    Ok(())
}

fn is_value(value: &Value) -> bool {
    value.is_number() || value.is_string() || value.is_boolean()
}

fn each(filter: &Value) -> &[Value] {
    match filter {
        Value::Array(filters) => filters,
        one => std::slice::from_ref(one),
    }
}

/// Reads filters that were checked.
pub fn read(filters: &Value) -> Vec<Filter> {
    let members = filters.as_object().into_iter().flatten();
    members.map(|(name, filter)| Filter { name: name.clone(), any: each(filter).to_vec() }).collect()
}

impl Filter {
    /// The condition on the expression that the column is; `None` when there is none.
    pub fn sql(&self, expression: &str) -> Option<String> {
        let all_of = |condition: &Value| {
            let one = |(name, sign): &(&str, &str)| {
                let value = literal(&condition[*name])?;
                Some(format!("{expression} {sign} {value}"))
            };
            let list = |(name, sign): &(&str, &str)| {
                let values: Vec<String> = condition[*name].as_array()?.iter().filter_map(literal).collect();
                (!values.is_empty()).then(|| format!("{expression} {sign} ({})", values.join(", ")))
            };
            let all: Vec<String> = SIGNS.iter().filter_map(one).chain(LISTS.iter().filter_map(list)).collect();
            (!all.is_empty()).then(|| format!("({})", all.join(" AND ")))
        };
        let any: Vec<String> = self.any.iter().filter_map(all_of).collect();
        (!any.is_empty()).then(|| format!("({})", any.join(" OR ")))
    }
}

/// A value as SQL. A text has no type yet, so that it is compared as what the column is.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(format!("({number})")),
        Value::String(text) => Some(quote_literal(text)),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn filters_are_checked() {
        let message = |filters: Value| check(&filters, &["n", "name"]).err().map(|error| error.message);
        assert_eq!(message(Value::Null), None);
        assert_eq!(
            message(json!({"n": {"greater_than": 1, "less_than": 5}, "name": [{"in": ["a"]}, {"equal": "b"}]})),
            None
        );
        assert_eq!(message(json!({"other": {"equal": 1}})).as_deref(), Some("Invalid filtered column: other"));
        assert_eq!(message(json!({"n": {"like": 1}})).as_deref(), Some("Invalid filter parameter name: like"));
        for wrong in
            [json!(7), json!({"n": 7}), json!({"n": {"in": 7}}), json!({"n": {"equal": [7]}}), json!({"n": {"in": []}})]
        {
            assert!(message(wrong.clone()).is_some(), "{wrong}");
        }
    }

    #[test]
    fn conditions_of_one_object_hold_together() {
        let filters = read(&json!({"n": [{"greater_than": -1, "less_than": 5}, {"not_in": ["it's", 2]}], "m": {}}));
        let sql: Vec<Option<String>> = filters.iter().map(|filter| filter.sql("sum(n)")).collect();
        let expected = "((sum(n) < (5) AND sum(n) > (-1)) OR (sum(n) NOT IN ('it''s', (2))))";
        assert_eq!(sql, [Some(expected.to_owned()), None]);
    }
}
