//! The recorded filters of CARTO.js, and what it refuses.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail")]
use super::*;
use crate::model::client::{Source, SqlFilter};
use crate::model::source::SourceKind;

fn vectors(key: &str) -> Value {
    let text = include_str!("../../../../../../tests/vectors/carto-js-v4-vectors.json");
    let all: Value = serde_json::from_str(text).expect("JSON");
    all.get(key).cloned().expect("a table")
}

/// What the rim makes of the page's values; `{"$date": iso}` stands for a date.
fn operand(value: &Value) -> Operand {
    match value {
        Value::String(text) => Operand::Text(text.clone()),
        Value::Number(number) => Operand::Number(format!("{number}")),
        Value::Array(items) => Operand::List(items.iter().map(operand).collect()),
        Value::Object(_) => match value.get("$date").and_then(Value::as_str) {
            Some(date) => Operand::Date(date.to_owned()),
            None => Operand::Object {
                query: value.get("query").and_then(Value::as_str).map(str::to_owned),
                min: value.get("min").map(|min| Box::new(operand(min))),
                max: value.get("max").map(|max| Box::new(operand(max))),
                text: "[object Object]".to_owned(),
            },
        },
        Value::Null | Value::Bool(_) => Operand::Other,
    }
}

fn conditions(value: &Value) -> Conditions {
    value.members().iter().map(|(name, value)| (name.clone(), operand(value))).collect()
}

fn category(column: &str, conditions: Conditions) -> Rc<SqlFilter> {
    Rc::new(SqlFilter::new(Class::Category, Some(&column.into()), conditions, &[]).expect("a filter"))
}

fn range(column: &str, conditions: &[(&str, &str)]) -> Rc<SqlFilter> {
    let conditions =
        conditions.iter().map(|(name, number)| ((*name).to_owned(), Operand::Number((*number).to_owned()))).collect();
    Rc::new(SqlFilter::new(Class::Range, Some(&column.into()), conditions, &[]).expect("a filter"))
}

fn joined(class: Class, members: &[Rc<SqlFilter>]) -> Rc<SqlFilter> {
    let collection = Rc::new(SqlFilter::collection(class));
    for member in members {
        assert!(collection.add(member).expect("a member"));
    }
    collection
}

fn legend(name: &str) -> Rc<SqlFilter> {
    match name {
        "a" => category("a", vec![("eq".to_owned(), Operand::Text("x".to_owned()))]),
        "b" => range("b", &[("gt", "1")]),
        "c" => range("c", &[("gt", "1"), ("lt", "5")]),
        "empty" => category("e", Vec::new()),
        other => panic!("no filter {other}"),
    }
}

#[test]
fn recorded_filters_give_the_same_sql_and_errors() {
    let cases = vectors("filterSql");
    assert!(cases.items().len() > 130, "{} cases", cases.items().len());
    for case in cases.items() {
        let class =
            if case.get("class").and_then(Value::as_str) == Some("Range") { Class::Range } else { Class::Category };
        let options: Vec<String> =
            case.get("options").map(Value::members).unwrap_or_default().iter().map(|(name, _)| name.clone()).collect();
        let filters = case.get("filters").map(conditions).unwrap_or_default();
        let made = SqlFilter::new(class, case.get("column"), filters, &options);
        match made {
            Ok(filter) => {
                assert_eq!(Some(filter.sql().as_str()), case.get("sql").and_then(Value::as_str), "{case:?}");
                assert_eq!(filter.sql(), filter.sql(), "writing it changes nothing (Q-03)");
            }
            Err(error) => {
                let expected = case.get("error").unwrap_or(case);
                assert_eq!(Some(error.error_code.as_str()), expected.get("errorCode").and_then(Value::as_str));
                assert_eq!(Some(error.message.as_str()), expected.get("message").and_then(Value::as_str));
            }
        }
    }
}

/// Reads `AND(a,OR(b,c),empty)`.
fn parse(expression: &str) -> Rc<SqlFilter> {
    let Some((name, rest)) = expression.split_once('(') else { return legend(expression) };
    let inner = rest.strip_suffix(')').expect("balanced");
    let mut depth = 0;
    let parts = inner.split(|char| {
        depth += i32::from(char == '(') - i32::from(char == ')');
        char == ',' && depth == 0
    });
    let members: Vec<_> = parts.filter(|part| !part.is_empty()).map(parse).collect();
    joined(if name == "AND" { Class::And } else { Class::Or }, &members)
}

#[test]
fn recorded_compositions_give_the_same_sql() {
    let table = vectors("composed");
    let cases = table.get("cases").map(Value::items).unwrap_or_default();
    assert!(cases.len() >= 7);
    for case in cases {
        let expression = case.get("expression").and_then(Value::as_str).expect("an expression");
        assert_eq!(Some(parse(expression).sql().as_str()), case.get("sql").and_then(Value::as_str), "{expression}");
    }
}

#[test]
fn recorded_sources_give_the_same_query() {
    let cases = vectors("sourceQueries");
    assert!(cases.items().len() >= 6);
    for case in cases.items() {
        let text = |key| case.get(key).and_then(Value::as_str).expect("a text");
        let (class, rest) = text("source").split_once("('").expect("a source");
        let kind = if class == "SQL" { SourceKind::Sql } else { SourceKind::Dataset };
        let source = Source::new(kind, Some(&rest.trim_end_matches("')").into())).expect("a source");
        for name in text("filters").split(", ").filter(|name| *name != "none") {
            source.filters.add(&legend(name)).expect("a member");
        }
        assert_eq!(source.query(), text("query"), "{case:?}");
    }
}

#[test]
fn lists_with_gaps_are_refused() {
    let list = |items: &[Operand]| vec![("in".to_owned(), Operand::List(items.to_vec()))];
    let made = |conditions| SqlFilter::new(Class::Category, Some(&"c".into()), conditions, &[]);
    let (one, gap) = (Operand::Text("a".to_owned()), Operand::Other);
    assert!(made(list(&[one.clone(), Operand::List(vec![one.clone()])])).is_ok());
    for items in [&[one.clone(), gap.clone()][..], std::slice::from_ref(&gap), &[one, Operand::List(vec![gap.clone()])]]
    {
        let error = made(list(items)).expect_err("a gap");
        assert_eq!(error.error_code, "validation:filter:invalid-parameter-type");
    }
}

#[test]
fn one_condition_is_replaced_and_the_others_stay() {
    let filter = range("c", &[("gt", "1"), ("lt", "5")]);
    filter.set("lt".to_owned(), Operand::Number("9".to_owned())).expect("a condition");
    assert_eq!(filter.sql(), "(c > 1 AND c < 9)");
    let error = filter.set("eq".to_owned(), Operand::Number("9".to_owned())).expect_err("no condition of a range");
    assert_eq!(error.error_code, "validation:filter:invalid-filter");
    assert_eq!(filter.sql(), "(c > 1 AND c < 9)");
}

#[test]
fn a_change_concerns_everything_around_it() {
    let source = Source::new(SourceKind::Sql, Some(&"SELECT 1".into())).expect("a source");
    let (inner, leaf) = (joined(Class::Or, &[]), legend("a"));
    inner.add(&leaf).expect("a member");
    source.filters.add(&inner).expect("a member");
    source.filters.add(&leaf).expect("a member");
    let (told, sources) = leaf.changed(Arg::Myself);
    assert_eq!((told.len(), sources.len()), (4, 1), "itself, inner, the source's list twice; the source once");
    assert!(inner.remove(&leaf) && !inner.remove(&leaf));
    assert_eq!(leaf.changed(Arg::Myself).0.len(), 2);
    assert_eq!(inner.sql(), "");
}

#[test]
fn no_collection_contains_itself_or_nests_without_end() {
    let (outer, inner) = (joined(Class::And, &[]), joined(Class::Or, &[]));
    outer.add(&inner).expect("a member");
    for (collection, member) in [(&inner, &outer), (&inner, &inner)] {
        let error = collection.add(member).expect_err("a circle");
        assert_eq!(error.error_code, "validation:filter:wrong-filter-type");
    }
    let mut tower = legend("a");
    let refused = (0..200).find(|_| {
        let floor = Rc::new(SqlFilter::collection(Class::And));
        let refused = floor.add(&tower).is_err();
        tower = floor;
        refused
    });
    assert!(refused.is_some_and(|floor| (90..110).contains(&floor)), "{refused:?}");
}
