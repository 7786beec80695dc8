//! Dataviews over the table of the recordings, compared with what real servers answered.

use crate::table::{Row, store};
use crate::writer::{Written, text};
use serde_json::{Map, Value, json};
use vector::{
    Answer, Area, CategoryName, Condition, Dataview, Filter, Operand, Operation, Request, Schema, Store, Type, Unit,
};

fn wire(name: &str) -> String {
    format!("{}/../../tests/wire/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Seconds of `2010-10-03 05:31:39+00`.
fn seconds(time: &str) -> f64 {
    let part = |range: std::ops::Range<usize>| time[range].parse::<i64>().unwrap();
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month as usize - 1];
    let is_leap = leaps(year) != leaps(year - 1);
    let days = (year - 1970) * 365 + leaps(year - 1) - leaps(1969) + before + day - 1 + i64::from(is_leap && month > 2);
    (days * 86_400 + part(11..13) * 3600 + part(14..16) * 60 + part(17..19)) as f64
}

fn places() -> Vec<Row> {
    let mut reader = csv::Reader::from_path(wire("data/populated_places.csv")).unwrap();
    let row = |row: csv::StringRecord| {
        let double = |from: usize| {
            let byte = |index: usize| u8::from_str_radix(&row[1][from + index * 2..][..2], 16).unwrap();
            f64::from_le_bytes(std::array::from_fn(byte))
        };
        let place = Area::of_degrees([double(18), double(34), double(18), double(34)]).0[0];
        let mut values = vec![
            ("cartodb_id", Written::Uint(row[0].parse().unwrap())),
            ("name", text(&row[2])),
            ("capital", Written::Bool(&row[6] == "t")),
        ];
        let mut add = |name, column: usize, written: &dyn Fn(&str) -> Written| {
            if !row[column].is_empty() {
                values.push((name, written(&row[column])));
            }
        };
        add("country", 3, &text);
        add("pop", 4, &|number| Written::Double(number.parse().unwrap()));
        add("opened", 5, &|time| Written::Double(seconds(time)));
        Row::point([place[0], place[1]], values)
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn schema() -> Schema {
    let types = [
        ("cartodb_id", Type::Number),
        ("name", Type::Text),
        ("capital", Type::Bool),
        ("country", Type::Text),
        ("pop", Type::Number),
        ("opened", Type::Seconds),
    ];
    Schema(types.map(|(name, kind)| (name.to_owned(), kind)).to_vec())
}

/// The answer as the server writes it.
fn written(answer: &Answer, operation: &str) -> Value {
    match answer {
        Answer::Formula(formula) => json!({"operation": operation, "result": formula.result, "nulls": formula.nulls,
            "nans": formula.nans, "infinities": formula.infinities, "type": "formula"}),
        Answer::Category(found) => {
            let category = |category: &vector::Category| {
                let name = match &category.name {
                    Some(CategoryName::Text(text)) => json!(text),
                    Some(CategoryName::Number(number)) => json!(number),
                    Some(CategoryName::Bool(truth)) => json!(truth),
                    Some(CategoryName::Null) => Value::Null,
                    None => json!("Other"),
                };
                json!({"category": name, "value": category.value, "agg": category.name.is_none()})
            };
            json!({"aggregation": operation, "count": found.count, "nulls": found.nulls, "nans": found.nans,
                "infinities": found.infinities, "min": found.min, "max": found.max,
                "categoriesCount": found.categories_count, "type": "aggregation",
                "categories": found.categories.iter().map(category).collect::<Vec<_>>()})
        }
        Answer::Histogram(found) => {
            let bin = |bin: &vector::Bin| json!({"bin": bin.bin, "min": bin.min, "max": bin.max, "avg": bin.avg, "freq": bin.freq});
            present(
                json!({"bin_width": found.bin_width, "bins_count": found.bins_count, "bins_start": found.bins_start,
                "nulls": found.nulls, "nans": found.nans, "infinities": found.infinities, "avg": found.avg,
                "bins": found.bins.iter().map(bin).collect::<Vec<_>>(), "type": "histogram"}),
            )
        }
        Answer::TimeSeries(found) => {
            let bin = |bin: &vector::TimeBin| {
                let (place, min) = (bin.place.map(|place| place.0), bin.place.map(|place| place.1));
                json!({"bin": place, "min": min, "max": min, "avg": min, "freq": bin.freq, "timestamp": min})
            };
            let nulls = found.timestamp_start.map(|_| 0);
            present(json!({"aggregation": found.unit.name(), "offset": found.offset,
                "timestamp_start": found.timestamp_start, "bin_width": found.bin_width, "bins_count": found.bins_count,
                "bins_start": found.bins_start, "nulls": nulls, "type": "histogram",
                "bins": found.bins.iter().map(bin).collect::<Vec<_>>()}))
        }
    }
}

fn present(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

/// Whether two answers are the same; the reader of JSON here is not exact in the last bit.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= f64::EPSILON * one.abs()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}

/// Puts categories of the same value, which real servers tell in any order, in that of their names.
fn ranked(mut answer: Value) -> Value {
    let rank = |category: &Value| {
        let value = (category["value"].as_f64().unwrap() * 1e6) as i64;
        (category["agg"] == true, -value, category["category"].to_string())
    };
    if let Some(categories) = answer.get_mut("categories").and_then(Value::as_array_mut) {
        categories.sort_by_key(rank);
    }
    answer
}

fn formula(operation: Operation, column: &str) -> Dataview {
    Dataview::Formula { operation, column: Some(column.to_owned()) }
}

fn category(operation: Operation, column: &str, limit: u32) -> Dataview {
    Dataview::Category { column: "country".into(), operation, operation_column: Some(column.to_owned()), limit }
}

fn histogram(bins: Option<u32>, range: Option<(f64, f64)>) -> Dataview {
    Dataview::Histogram { column: "pop".into(), bins, range }
}

fn times(unit: Option<Unit>, offset: i64, range: Option<(f64, f64)>) -> Dataview {
    Dataview::TimeSeries { column: "opened".into(), unit, offset, range }
}

fn countries() -> Filter {
    let names = ["Country 01", "Country 02"].map(|name| Operand::Text(name.to_owned())).to_vec();
    Filter::Column { column: "country".into(), conditions: vec![Condition::In(names)] }
}

fn inhabitants() -> Filter {
    let between = Condition::Between(Operand::Number(1000.0), Operand::Number(50_000.0));
    Filter::Column { column: "pop".into(), conditions: vec![between] }
}

fn opened() -> Filter {
    let between = Condition::Between(Operand::Date(1_293_840_000_000.0), Operand::Date(1_325_376_000_000.0));
    Filter::Column { column: "opened".into(), conditions: vec![between] }
}

const WORLD: [f64; 4] = [-180.0, -85.05, 180.0, 85.05];
const HALF: [f64; 4] = [-90.0, -45.0, 90.0, 45.0];
const DATE_LINE: [f64; 4] = [170.0, -45.0, 190.0, 45.0];

fn compare(store: &mut Store, name: &str, area: [f64; 4], filter: Option<Filter>, dataview: &Dataview) {
    let (schema, area) = (schema(), Area::of_degrees(area));
    let request = Request {
        layer: 1,
        zoom: 1,
        area: &area,
        tolerance: 0.5,
        buffer: 64.0,
        schema: &schema,
        filter: filter.as_ref(),
        dataview,
    };
    let answer = store.dataview(&request).unwrap_or_else(|undecided| panic!("{name}: {undecided:?}"));
    let exchange: Value =
        serde_json::from_str(&std::fs::read_to_string(wire(&format!("{name}.json"))).unwrap()).unwrap();
    let expected = &exchange["response"]["body"];
    let operation = expected["operation"].as_str().or(expected["aggregation"].as_str()).unwrap_or_default();
    let (mut found, expected) = (written(&answer, operation), ranked(expected.clone()));
    if expected.get("nans").is_none() && expected["type"] == "formula" {
        // Nobody is told how many of what cannot be there.
        found = json!({"operation": found["operation"], "result": found["result"], "nulls": found["nulls"], "type": "formula"});
    }
    assert!(is_same(&found, &expected), "{name}: {found}\nand not {expected}");
}

#[test]
fn dataviews_are_those_of_real_servers() {
    use Operation::{Avg, Count, Max, Min, Sum};
    let mut store = store(&places(), 1, 1 << 22, 64.0);
    let mut is = |name: &str, area, dataview: Dataview| compare(&mut store, name, area, None, &dataview);
    is("dv-formula-count", WORLD, formula(Count, "cartodb_id"));
    is("dv-formula-count-bbox-dateline", DATE_LINE, formula(Count, "cartodb_id"));
    is("dv-formula-avg", WORLD, formula(Avg, "pop"));
    is("dv-formula-max", WORLD, formula(Max, "pop"));
    is("dv-formula-min", WORLD, formula(Min, "pop"));
    is("dv-formula-sum", WORLD, formula(Sum, "pop"));
    is("dv-formula-sum-bbox", HALF, formula(Sum, "pop"));
    is("dv-category-count-40", WORLD, category(Count, "country", 40));
    is("dv-category-sum", WORLD, category(Sum, "pop", 6));
    is("dv-category-sum-10", WORLD, category(Sum, "pop", 10));
    is("dv-category-sum-bbox", HALF, category(Sum, "pop", 6));
    is("dv-histogram-no-bins", WORLD, histogram(None, None));
    is("dv-histogram-bins-5", WORLD, histogram(Some(5), None));
    is("dv-histogram-bins-5-bbox", HALF, histogram(Some(5), None));
    is("dv-histogram-start-end", WORLD, histogram(Some(4), Some((0.0, 100_000.0))));
    is("dv-histogram-start-end-bbox", HALF, histogram(Some(4), Some((100_000.0, 0.0))));
    is("dv-timeseries-auto", WORLD, times(None, 0, None));
    for unit in ["century", "decade", "millennium", "month", "quarter", "week", "year"] {
        is(&format!("dv-timeseries-{unit}"), WORLD, times(Unit::named(unit), 0, None));
    }
    is("dv-timeseries-year-bbox", HALF, times(Some(Unit::Year), 0, None));
    is("dv-timeseries-month-offset", WORLD, times(Some(Unit::Month), -25_200, None));
    let from = 1_325_376_000.0;
    is("dv-timeseries-day", WORLD, times(Some(Unit::Day), 0, Some((from, 1_330_560_000.0))));
    is("dv-timeseries-hour", WORLD, times(Some(Unit::Hour), 0, Some((from, 1_325_980_800.0))));
    is("dv-timeseries-minute", WORLD, times(Some(Unit::Minute), 0, Some((from, 1_325_462_400.0))));
    // As empty as the box that was asked for, which is where there are no tiles.
    let nowhere = [-150.0, -50.0, -149.999, -49.999];
    is("dv-formula-avg-bbox-empty", nowhere, formula(Avg, "pop"));
    is("dv-formula-count-bbox-empty", nowhere, formula(Count, "cartodb_id"));
    is("dv-category-empty-bbox", nowhere, category(Sum, "pop", 6));
    is("dv-histogram-empty-bbox", nowhere, histogram(None, None));
    is("dv-timeseries-empty-bbox", nowhere, times(Some(Unit::Year), 0, None));
}

#[test]
fn filtered_dataviews_are_those_of_real_servers() {
    let mut store = store(&places(), 1, 1 << 22, 64.0);
    let mut is = |name: &str, filter, dataview: Dataview| compare(&mut store, name, WORLD, Some(filter), &dataview);
    let both = || Filter::And(vec![countries(), inhabitants()]);
    is("dv-category-count-own-filter-0", inhabitants(), category(Operation::Count, "country", 6));
    is("dv-category-count-own-filter-1", both(), category(Operation::Count, "country", 6));
    is("dv-formula-sum-with-map-filters", both(), formula(Operation::Sum, "pop"));
    is("dv-histogram-own-filter-0", countries(), histogram(Some(5), None));
    is("dv-histogram-own-filter-1", both(), histogram(Some(5), None));
    is("dv-timeseries-own-filter-1", opened(), times(Some(Unit::Month), 0, None));
}
