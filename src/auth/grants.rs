//! What a new key may do, in the server's words.

use super::refuse;
use crate::error::CartoError;
use crate::json::Value;
use crate::text;

fn words(list: &Value, allowed: &[&str]) -> bool {
    let known = |word: &Value| word.as_str().is_some_and(|word| allowed.contains(&word));
    list.is_array() && list.items().iter().all(known)
}

/// The lists of an object, each of allowed words only, or the name of the first that is something else.
fn lists<'a>(object: Option<&'a Value>, allowed: &[&str]) -> Result<&'a [(String, Value)], String> {
    match object {
        None | Some(Value::Null) => Ok(&[]),
        Some(object @ Value::Object(members)) => {
            let bad = members.iter().find(|(name, list)| name.is_empty() || !words(list, allowed));
            bad.map_or(Ok(object.members()), |(name, _)| {
                Err(if name.is_empty() { "\"\"".to_owned() } else { name.clone() })
            })
        }
        Some(_) => Err("it".to_owned()),
    }
}

/// The body that creates a key: `name`, `apis`, `datasets`, `schemas`, `dataservices`, `tableMetadata` (auth-api 5).
///
/// Datasets are named `dataset` or `schema.dataset`; without a schema it is `public`, unless the option `schema` says
/// another one. Datasets without permissions are left out.
///
/// # Errors
/// `validation:auth:*`, by the server's own rules.
///
/// ```
/// use carto_wasm::{auth::grants, json::Value};
/// let options = Value::object([("name", "maps".into()), ("apis", Value::Array(vec!["maps".into()]))]);
/// assert!(grants::body(&options).is_ok());
/// ```
pub fn body(options: &Value) -> Result<Value, CartoError> {
    let name = super::name(options.get("name"), true)?;
    let given = |name: &str| options.get(name).filter(|value| **value != Value::Null);
    let apis = given("apis").filter(|apis| words(apis, &["maps", "sql", "do"])).ok_or_else(|| refuse("invalidApis"))?;
    let schema = given("schema").and_then(Value::as_str).unwrap_or("public");
    let named = |token: &str, name: String| refuse(&[token, &name].concat());
    let datasets = lists(given("datasets"), &["select", "insert", "update", "delete"])
        .map_err(|name| named("invalidDatasets", name))?;
    let schemas = lists(given("schemas"), &["create"]).map_err(|name| named("invalidSchemas", name))?;
    let table = |(name, permissions): &(String, Value)| {
        let (schema, name) = text::split_once(name, ".").unwrap_or((schema, name));
        Value::object([("schema", schema.into()), ("name", name.into()), ("permissions", permissions.clone())])
    };
    let place = |(name, permissions): &(String, Value)| {
        Value::object([("name", name.as_str().into()), ("permissions", permissions.clone())])
    };
    let filled = |(_, list): &&(String, Value)| !list.items().is_empty();
    let mut database = Value::object([
        ("type", "database".into()),
        ("tables", Value::Array(datasets.iter().filter(filled).map(table).collect())),
        ("schemas", Value::Array(schemas.iter().filter(filled).map(place).collect())),
    ]);
    if given("tableMetadata").is_some_and(|flag| *flag == Value::Bool(true)) {
        database.push("table_metadata", Value::Array(Vec::new()));
    }
    let mut grants = vec![Value::object([("type", "apis".into()), ("apis", apis.clone())]), database];
    if let Some(services) = given("dataservices") {
        if !words(services, &["geocoding", "routing", "isolines", "observatory"]) {
            return Err(refuse("invalidDataservices"));
        }
        grants.push(Value::object([("type", "dataservices".into()), ("services", services.clone())]));
    }
    Ok(Value::object([("name", name.into()), ("grants", Value::Array(grants))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap_or_default()
    }

    #[test]
    fn grants_are_those_of_the_server() {
        let options = r#"{"name":"n","apis":["maps"],"datasets":{"shops":["select"],"other.t":["select","insert"],"none":[]},
            "schemas":{"public":["create"]},"dataservices":["routing"],"tableMetadata":true}"#;
        let expected = r#"{"name":"n","grants":[{"type":"apis","apis":["maps"]},{"type":"database","tables":[
            {"schema":"public","name":"shops","permissions":["select"]},
            {"schema":"other","name":"t","permissions":["select","insert"]}],
            "schemas":[{"name":"public","permissions":["create"]}],"table_metadata":[]},
            {"type":"dataservices","services":["routing"]}]}"#;
        assert_eq!(body(&json(options)).ok(), Some(json(expected)));
    }

    #[test]
    fn what_the_server_refuses_is_not_sent() {
        for (options, code) in [
            (r#"{"apis":[]}"#, "name-required"),
            (r#"{"name":"Default public","apis":[]}"#, "name-reserved"),
            (r#"{"name":"n"}"#, "invalid-apis"),
            (r#"{"name":"n","apis":"maps"}"#, "invalid-apis"),
            (r#"{"name":"n","apis":["Maps"]}"#, "invalid-apis"),
            (r#"{"name":"n","apis":[],"datasets":["t"]}"#, "invalid-datasets"),
            (r#"{"name":"n","apis":[],"datasets":{"t":["SELECT"]}}"#, "invalid-datasets"),
            (r#"{"name":"n","apis":[],"datasets":{"":["select"]}}"#, "invalid-datasets"),
            (r#"{"name":"n","apis":[],"schemas":{"s":["usage"]}}"#, "invalid-schemas"),
            (r#"{"name":"n","apis":[],"dataservices":["all"]}"#, "invalid-dataservices"),
        ] {
            let found = body(&json(options)).err().map(|error| error.error_code.clone());
            assert_eq!(found, Some(format!("validation:auth:{code}")), "{options}");
        }
    }
}
