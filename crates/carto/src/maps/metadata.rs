//! Style metadata: the classes and categories that a server computed for the ramps of a style (spec 2.9).

use maps_api::json::Value;

/// What is told of each rule of `meta.cartocss_meta.rules` that has classes or categories, in order. The rim gives each
/// its getters.
pub fn styles(meta: &Value) -> Vec<Value> {
    let rules = meta.at(&["cartocss_meta", "rules"]).map(Value::items).unwrap_or_default();
    rules.iter().filter_map(style).collect()
}

fn style(rule: &Value) -> Option<Value> {
    let part = |value: &Value, path: &[&str]| value.at(path).cloned().unwrap_or_default();
    let of_type = |kind: &str| {
        let buckets = rule.get("buckets").map(Value::items).unwrap_or_default().iter();
        let of_type = buckets.filter(|bucket| bucket.at(&["filter", "type"]).and_then(Value::as_str) == Some(kind));
        of_type.collect::<Vec<_>>()
    };
    let named = |kind: &str| {
        Value::object([
            ("type", kind.into()),
            ("column", part(rule, &["column"])),
            ("mapping", part(rule, &["mapping"])),
            ("property", part(rule, &["prop"])),
        ])
    };
    let ranges = of_type("range");
    if let (Some(first), Some(last)) = (ranges.first(), ranges.last()) {
        let mut style = named("buckets");
        let bucket = |bucket: &&Value| {
            let end = |key| part(bucket, &["filter", key]);
            Value::object([("min", end("start")), ("max", end("end")), ("value", part(bucket, &["value"]))])
        };
        style.push("buckets", Value::Array(ranges.iter().map(bucket).collect()));
        style.push("average", rule.at(&["stats", "filter_avg"]).cloned());
        style.push("min", part(first, &["filter", "start"]));
        style.push("max", part(last, &["filter", "end"]));
        return Some(style);
    }
    let categories = of_type("category");
    if categories.is_empty() {
        return None;
    }
    let mut style = named("categories");
    let category = |category: &&Value| {
        Value::object([("name", part(category, &["filter", "name"])), ("value", part(category, &["value"]))])
    };
    style.push("categories", Value::Array(categories.iter().map(category).collect()));
    if let Some(default) = of_type("default").first() {
        style.push("defaultValue", part(default, &["value"]));
    }
    Some(style)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn rules_become_classes_or_categories_or_nothing() {
        let meta = r##"{"cartocss_meta":{"rules":[
            {"prop":"marker-width","column":"pop","mapping":">","stats":{"filter_avg":3.5},"buckets":[
                {"filter":{"type":"range","start":0,"end":5},"value":2},{"filter":{"type":"category","name":"x"},"value":9},
                {"filter":{"type":"range","start":5,"end":10},"value":4}]},
            {"prop":"marker-fill","column":"kind","mapping":"=","buckets":[
                {"filter":{"type":"category","name":1},"value":"#f00"},{"filter":{"type":"category","name":null},"value":"#00f"},
                {"filter":{"type":"default"},"value":"#ccc"}]},
            {"prop":"line-width","column":"a","mapping":"=","buckets":[{"filter":{"type":"default"},"value":1}]}, 7]}}"##;
        let styles = styles(&serde_json::from_str(meta).expect("JSON"));
        let written: Vec<String> = styles.iter().map(|style| serde_json::to_string(style).expect("JSON")).collect();
        assert_eq!(
            written,
            [
                r##"{"type":"buckets","column":"pop","mapping":">","property":"marker-width","buckets":[{"min":0,"max":5,"value":2},{"min":5,"max":10,"value":4}],"average":3.5,"min":0,"max":10}"##,
                r##"{"type":"categories","column":"kind","mapping":"=","property":"marker-fill","categories":[{"name":1,"value":"#f00"},{"name":null,"value":"#00f"}],"defaultValue":"#ccc"}"##,
            ]
        );
        assert!(super::styles(&Value::Null).is_empty());
    }
}
