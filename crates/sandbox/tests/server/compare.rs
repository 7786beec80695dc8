//! Compares an answer with a recorded one, without what differs from server to server.

use crate::support::Answer;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// Headers that are compared by value, and those of which only the presence counts.
const SAME: &[&str] = &[
    "access-control-allow-origin",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "allow",
    "cache-control",
    "content-disposition",
    "carto-user",
    "content-type",
    "vary",
    "x-content-type-options",
];
const PRESENT: &[&str] = &["carto-map-id", "carto-cache-buster", "x-layergroup-id"];

/// What is different, in words; empty when nothing is.
pub fn differences(answer: &Answer, recorded: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if u64::from(answer.status) != recorded["status"].as_u64().unwrap_or_default() {
        found.push(format!("status {} instead of {}", answer.status, recorded["status"]));
    }
    for name in SAME {
        let ours = answer.headers.get(*name).and_then(|value| value.to_str().ok());
        // The date of a file is not part of what it is.
        let theirs =
            recorded["headers"][*name].as_str().map(|text| text.split("; modification-date").next().unwrap_or(text));
        // The SQL API of real servers lets caches keep refusals for a year, and makes a time up where it knows no tables.
        let is_refusal = *name == "cache-control"
            && (theirs.is_some_and(|text| text.contains("max-age=134")) || is_sql_error(recorded));
        // Who keeps an instance for a day sees no change of its data for a day.
        if *name == "cache-control" && theirs == Some("public,max-age=86400,must-revalidate") {
            if ours != Some("public,max-age=0,must-revalidate") {
                found.push(format!("header {name}: {ours:?}"));
            }
            continue;
        }
        // Ours say so everywhere.
        if *name == "x-content-type-options" && ours == Some("nosniff") {
            continue;
        }
        if ours != theirs && !(is_refusal && ours.is_some_and(|text| text.starts_with("no-cache"))) {
            found.push(format!("header {name}: {ours:?} instead of {theirs:?}"));
        }
    }
    for name in PRESENT {
        if answer.headers.contains_key(*name) != recorded["headers"][*name].is_string() {
            found.push(format!(
                "header {name} is {}",
                if answer.headers.contains_key(*name) { "there" } else { "missing" }
            ));
        }
    }
    match recorded["body_encoding"].as_str() {
        Some("json") => bodies("body", &answer.json(), &recorded["body"], &mut found),
        Some("none") if answer.body.is_empty() => {}
        Some("base64") => binaries(answer, recorded, &mut found),
        Some("text") => texts(&answer.text(), recorded["body"].as_str().unwrap_or_default(), &mut found),
        _ => found.push(format!("body {:?}", answer.text())),
    }
    found
}

/// Errors of the SQL API, which a callback may wrap.
fn is_sql_error(recorded: &Value) -> bool {
    recorded["body"]["error"].is_array() || recorded["body"].as_str().is_some_and(|text| text.contains("\"error\""))
}

/// Images are compared by size only: another library drew them. Vector tiles are compared feature by feature.
fn binaries(answer: &Answer, recorded: &Value, found: &mut Vec<String>) {
    let theirs = BASE64_STANDARD.decode(recorded["body"].as_str().unwrap_or_default()).unwrap();
    if recorded["headers"]["content-type"] != "image/png" {
        return found.extend(crate::render::vector::differences(&answer.body, &theirs));
    }
    let size = |png: &[u8]| png.get(16..24).map(<[u8]>::to_vec);
    if !answer.body.starts_with(b"\x89PNG") || size(&answer.body) != size(&theirs) {
        found.push("another size of image".to_owned());
    }
}

/// JSONP is compared as what it wraps.
fn texts(ours: &str, theirs: &str, found: &mut Vec<String>) {
    let unwrap = |text: &str| -> Option<(String, Value)> {
        let (head, rest) = text.split_once('(')?;
        let json = rest.strip_suffix(");")?;
        Some((head.to_owned(), serde_json::from_str(json).ok()?))
    };
    match (unwrap(ours), unwrap(theirs)) {
        (Some((head, ours)), Some((their_head, theirs))) if head == their_head => bodies("body", &ours, &theirs, found),
        _ if ours == theirs => {}
        _ => found.push(format!("text {ours:?} instead of {theirs:?}")),
    }
}

fn bodies(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let names = theirs.keys().chain(ours.keys().filter(|name| !theirs.contains_key(*name)));
            for name in names {
                let path = format!("{path}.{name}");
                match (ours.get(name), theirs.get(name)) {
                    // Where tiles come from is a matter of configuration, and so is when data changed.
                    _ if ["cdn_url", "last_updated", "subdomains"].contains(&name.as_str()) => {}
                    // How long it took, and how narrow the recorded tables' geometry is declared.
                    (Some(_), Some(_)) if name == "time" || name == "wkbtype" => {}
                    // Which table of which server a column is of.
                    (None, Some(_)) if ["tableID", "columnID", "dataTypeSize"].contains(&name.as_str()) => {}
                    // Which rows a sample has is a matter of chance.
                    (Some(ours), Some(theirs)) if name == "sample" => shapes(&path, ours, theirs, found),
                    // Another library draws a little more or less at the edges: what is told of the features is the same.
                    (Some(ours), Some(theirs)) if name == "grid" => shapes(&path, ours, theirs, found),
                    (Some(ours), Some(theirs)) if name == "keys" && path.matches('.').count() == 1 => {
                        bodies(&path, &any_order(ours), &any_order(theirs), found);
                    }
                    (Some(ours), Some(theirs)) if name == "rows" && path.matches('.').count() == 1 => {
                        bodies(&path, &any_order(ours), &any_order(theirs), found);
                    }
                    (Some(ours), Some(theirs)) if name == "estimatedFeatureCount" => {
                        guesses(&path, ours, theirs, found)
                    }
                    // The words of a filter are a server's own.
                    (Some(ours), Some(theirs)) if name == "query" && theirs.to_string().contains("_filter") => {
                        if !ours.to_string().contains(" WHERE ") {
                            found.push(format!("{path}: {ours} instead of {theirs}"));
                        }
                    }
                    // One address for each subdomain of a content network.
                    (Some(ours), Some(theirs)) if name == "tiles" || name == "grids" => {
                        bodies(&path, &ours[0], &theirs[0], found);
                    }
                    (Some(ours), Some(theirs)) => bodies(&path, ours, theirs, found),
                    (Some(ours), None) => found.push(format!("{path}: {ours} is new")),
                    (None, Some(theirs)) => found.push(format!("{path}: {theirs} is missing")),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            if path.ends_with(".categories") {
                return categories(path, ours, theirs, found);
            }
            if ours.len() != theirs.len() {
                found.push(format!("{path}: {} items instead of {}", ours.len(), theirs.len()));
            }
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                bodies(&format!("{path}[{index}]"), ours, theirs, found);
            }
        }
        (Value::Number(ours), Value::Number(theirs)) => {
            let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
            if (ours - theirs).abs() > theirs.abs() * 1e-12 {
                found.push(format!("{path}: {ours} instead of {theirs}"));
            }
        }
        (Value::String(ours), Value::String(theirs)) => {
            // Real servers say https where they are http servers, too.
            let is_template = [".tiles", ".grids", ".urlTemplate"].iter().any(|end| path.ends_with(end));
            let theirs = if is_template { &theirs.replacen("https://", "http://", 1) } else { theirs };
            if normal(ours) != normal(theirs) {
                found.push(format!("{path}: {:?} instead of {:?}", normal(ours), normal(theirs)));
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{path}: {ours} instead of {theirs}")),
    }
}

/// A list in the order of its items' texts.
fn any_order(list: &Value) -> Value {
    let mut items = list.as_array().cloned().unwrap_or_default();
    items.sort_by_key(Value::to_string);
    items.into()
}

/// Lists of as many items, of which the first are alike: texts as long as each other, objects with the same members.
fn shapes(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    let shape = |value: &Value| match value {
        Value::Object(members) => members.keys().cloned().collect::<Vec<_>>().join(" "),
        Value::String(text) => text.chars().count().to_string(),
        other => other.to_string(),
    };
    let of = |list: &Value| (list.as_array().map(Vec::len), list.get(0).map(shape));
    if of(ours) != of(theirs) {
        found.push(format!("{path}: {:?} instead of {:?}", of(ours), of(theirs)));
    }
}

/// Equal values may come in any order.
fn categories(path: &str, ours: &[Value], theirs: &[Value], found: &mut Vec<String>) {
    let key = |value: &Value| {
        let value_of = |name: &str| value[name].as_i64().unwrap_or_default();
        (value["agg"] == true, -value_of("value") - value_of("frequency"), value["category"].to_string())
    };
    let sorted = |values: &[Value]| {
        let mut values = values.to_vec();
        values.sort_by_key(key);
        values
    };
    // Of those that are equally frequent the list has some.
    let least = |values: &[Value]| values.last().map(|value| key(value).1).unwrap_or_default();
    let sorted = |values: &[Value]| match path.contains(".stats.") {
        true => sorted(values).into_iter().filter(|value| key(value).1 < least(values)).collect(),
        false => sorted(values),
    };
    let in_order = |values: &[Value]| values.iter().map(|value| key(value).1).collect::<Vec<_>>();
    if sorted(ours) != sorted(theirs) || in_order(ours) != in_order(theirs) {
        found.push(format!("{path}: {ours:?} instead of {theirs:?}"));
    }
}

/// Planners guess, and each version guesses a little differently.
fn guesses(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    let (ours, theirs) = (ours.as_f64().unwrap_or(f64::NAN), theirs.as_f64().unwrap_or_default());
    if (ours - theirs).abs() > theirs * 0.1 || ours.is_nan() {
        found.push(format!("{path}: {ours} instead of about {theirs}"));
    }
}

/// A text without hosts, hashes, times, and the words that differ between versions.
fn normal(text: &str) -> String {
    if let Some(message) = text.strip_prefix("Postgis Plugin: ") {
        return format!("Postgis Plugin: {}", message.lines().next().unwrap_or_default());
    }
    if text.starts_with("SyntaxError: ") && !text.contains("Unexpected end") {
        return "SyntaxError: …".into();
    }
    if let Some((id, version)) = text.split_once(':')
        && id.len() == 32
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return if version == "0" { "id of a map without data".into() } else { "id of a map".into() };
    }
    // "Map … has no layer number …", "Map … has no aggregation …"
    if let Some((_, rest)) = text.strip_prefix("Map ").and_then(|rest| rest.split_once(" has no ")) {
        return format!("Map … has no {rest}");
    }
    let Some((start, rest)) = text.split_once("/api/v1/map/") else { return text.to_owned() };
    let protocol = start.split("://").next().unwrap_or_default();
    let rest = rest.split_once('/').map_or(rest, |(_, rest)| rest);
    let rest = match rest.split_once("analysis/node/") {
        Some(_) => "analysis/node/…",
        None => rest,
    };
    format!("{protocol}://…/api/v1/map/…/{rest}")
}
