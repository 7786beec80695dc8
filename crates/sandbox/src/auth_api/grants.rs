//! What an API key may do, as the Auth API writes it: read with the rules and the complaints of real servers.

use serde_json::{Map, Value, json};

/// APIs that can be granted.
pub const APIS: &[&str] = &["sql", "maps", "do"];
/// What can be granted on a table, in the order in which real servers complain.
pub const TABLE_PERMISSIONS: &[&str] = &["insert", "select", "update", "delete"];
/// What can be granted on a schema.
const SCHEMA_PERMISSIONS: &[&str] = &["create"];
/// Services that can be granted; the sandbox has none of them.
pub const DATASERVICES: &[&str] = &["geocoding", "routing", "isolines", "observatory"];

/// Rights to one table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableGrant {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Of [`TABLE_PERMISSIONS`].
    pub permissions: Vec<String>,
    /// Whether the key made it.
    pub is_owner: bool,
}

/// Rights to one schema.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaGrant {
    /// Its name.
    pub name: String,
    /// `create`, or nothing.
    pub permissions: Vec<String>,
}

/// What an API key may do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grants {
    /// Of [`APIS`].
    pub apis: Vec<String>,
    /// Rights to tables.
    pub tables: Vec<TableGrant>,
    /// Rights to schemas.
    pub schemas: Vec<SchemaGrant>,
    /// Whether it may list the user's tables.
    pub table_metadata: bool,
    /// Of [`DATASERVICES`]; none when the section is not there.
    pub dataservices: Option<Vec<String>>,
    /// Names of data that others offer; none when the section is not there.
    pub observatory: Option<Vec<String>>,
}

impl Grants {
    /// Reads the member `grants` of a request.
    ///
    /// # Errors
    /// What is wrong, in the words of real servers where those are known.
    pub fn read(grants: &Value) -> Result<Grants, Vec<String>> {
        let Some(sections) = grants.as_array() else {
            return Err(vec!["Grants grants has to be an array".into()]);
        };
        let mut complaints = Vec::new();
        let of_type = |kind: &str| sections.iter().filter(|section| section["type"] == kind).count();
        if of_type("apis") != 1 {
            complaints.push("Grants only one apis section is allowed".into());
        }
        for kind in ["database", "dataservices", "user", "data-observatory"] {
            if of_type(kind) > 1 {
                complaints.push(format!("Grants only one {kind} section is allowed"));
            }
        }
        let mut result = Grants::default();
        for (index, section) in sections.iter().enumerate() {
            let mut check = Check { path: format!("#/{index}"), complaints: &mut complaints };
            let Some(members) = check.object(section) else { continue };
            match section["type"].as_str() {
                Some("apis") => {
                    check.members(members, &["type", "apis"], &["apis"]);
                    result.apis = check.at("apis").words(&section["apis"], Some(APIS));
                }
                Some("database") => read_database(&mut check, members, &mut result),
                Some("dataservices") => {
                    check.members(members, &["type", "services"], &["services"]);
                    result.dataservices = Some(check.at("services").words(&section["services"], Some(DATASERVICES)));
                }
                // Accepted and never shown, as on real servers.
                Some("user") => {
                    check.members(members, &["type", "data"], &["data"]);
                    check.at("data").words(&section["data"], Some(&["profile"]));
                }
                Some("data-observatory") => {
                    check.members(members, &["type", "datasets"], &["datasets"]);
                    result.observatory = Some(check.at("datasets").words(&section["datasets"], None));
                }
                _ => check.at("type").complain(
                    "did not match one of the following values: apis, database, dataservices, user, data-observatory",
                ),
            }
        }
        if complaints.is_empty() { Ok(result) } else { Err(complaints) }
    }

    /// The grants as an answer shows them.
    pub fn shown(&self) -> Value {
        let tables: Vec<Value> = self
            .tables
            .iter()
            .map(|table| {
                json!({ "schema": table.schema, "name": table.name, "owner": table.is_owner, "permissions": table.permissions })
            })
            .collect();
        let schemas: Vec<Value> = self
            .schemas
            .iter()
            .map(|schema| json!({ "name": schema.name, "permissions": schema.permissions }))
            .collect();
        let mut database = json!({ "type": "database", "tables": tables, "schemas": schemas });
        if self.table_metadata {
            database["table_metadata"] = json!([]);
        }
        let mut sections = vec![json!({ "type": "apis", "apis": self.apis }), database];
        if let Some(services) = &self.dataservices {
            sections.push(json!({ "type": "dataservices", "services": services }));
        }
        if let Some(datasets) = &self.observatory {
            sections.push(json!({ "type": "data-observatory", "datasets": datasets }));
        }
        sections.into()
    }
}

fn read_database(check: &mut Check<'_>, members: &Map<String, Value>, result: &mut Grants) {
    check.members(members, &["type", "tables", "schemas", "table_metadata"], &[]);
    let mut tables = check.at("tables");
    for (index, table) in tables.list(members.get("tables")).iter().enumerate() {
        let mut check = tables.at(&index.to_string());
        let Some(members) = check.object(table) else { continue };
        check.members(members, &["schema", "name", "owner", "permissions"], &["schema", "name", "permissions"]);
        result.tables.push(TableGrant {
            schema: check.at("schema").text(&table["schema"]),
            name: check.at("name").text(&table["name"]),
            permissions: check.at("permissions").words(&table["permissions"], Some(TABLE_PERMISSIONS)),
            is_owner: false,
        });
    }
    let mut schemas = check.at("schemas");
    for (index, schema) in schemas.list(members.get("schemas")).iter().enumerate() {
        let mut check = schemas.at(&index.to_string());
        let Some(members) = check.object(schema) else { continue };
        check.members(members, &["name", "permissions"], &["name", "permissions"]);
        result.schemas.push(SchemaGrant {
            name: check.at("name").text(&schema["name"]),
            permissions: check.at("permissions").words(&schema["permissions"], Some(SCHEMA_PERMISSIONS)),
        });
    }
    let metadata = members.get("table_metadata");
    check.at("table_metadata").list(metadata);
    result.table_metadata = metadata.is_some();
}

/// A place in the grants, and what was found wrong so far.
struct Check<'a> {
    path: String,
    complaints: &'a mut Vec<String>,
}

impl Check<'_> {
    fn at(&mut self, member: &str) -> Check<'_> {
        Check { path: format!("{}/{member}", self.path), complaints: self.complaints }
    }

    fn complain(&mut self, what: &str) {
        self.complaints.push(format!("Grants The property '{}' {what}", self.path));
    }

    fn object<'v>(&mut self, value: &'v Value) -> Option<&'v Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            self.complain("did not match the following type: object");
        }
        object
    }

    fn members(&mut self, members: &Map<String, Value>, known: &[&str], required: &[&str]) {
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            self.complain(&format!("contains the additional property '{name}' outside of the schema"));
        }
        for name in required.iter().filter(|name| !members.contains_key(**name)) {
            self.complain(&format!("did not contain a required property of '{name}'"));
        }
    }

    /// A list; nothing counts as an empty one.
    fn list<'v>(&mut self, value: Option<&'v Value>) -> &'v [Value] {
        match value {
            None => &[],
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.complain("did not match the following type: array");
                &[]
            }
        }
    }

    fn text(&mut self, value: &Value) -> String {
        let text = value.as_str().filter(|text| !text.contains('\0'));
        if text.is_none() && !value.is_null() {
            self.complain("did not match the following type: string");
        }
        text.unwrap_or_default().to_owned()
    }

    /// A list of words, each once, in the order in which they are allowed.
    fn words(&mut self, value: &Value, allowed: Option<&[&str]>) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let given = self.list(Some(value).filter(|value| !value.is_null()));
        for (index, word) in given.iter().enumerate() {
            let mut check = self.at(&index.to_string());
            let word = check.text(word);
            if let Some(allowed) = allowed.filter(|allowed| !allowed.contains(&word.as_str())) {
                check.complain(&format!("did not match one of the following values: {}", allowed.join(", ")));
            } else if !words.contains(&word) {
                words.push(word);
            }
        }
        let rank = |word: &String| allowed.and_then(|allowed| allowed.iter().position(|known| known == word));
        words.sort_by_key(rank);
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_read_and_shown_alike() {
        let written = json!([
            {"type": "apis", "apis": ["sql", "maps"]},
            {"type": "database", "tables": [{"schema": "public", "name": "shops", "owner": false, "permissions": ["insert", "select"]}],
             "schemas": [{"name": "public", "permissions": ["create"]}], "table_metadata": []},
            {"type": "dataservices", "services": ["routing"]},
        ]);
        let grants = Grants::read(&written);
        assert_eq!(grants.as_ref().map(Grants::shown), Ok(written));
    }

    #[test]
    fn complaints_say_where() {
        let complaint = |grants: Value| Grants::read(&grants).err().unwrap_or_default().join(", ");
        assert_eq!(complaint(json!("something")), "Grants grants has to be an array");
        assert_eq!(complaint(json!([])), "Grants only one apis section is allowed");
        let apis = json!({"type": "apis", "apis": []});
        assert_eq!(complaint(json!([apis, apis])), "Grants only one apis section is allowed");
        assert_eq!(complaint(json!([apis])), "");
        let table = |permission: &str| json!({"schema": "public", "name": "t", "permissions": [permission]});
        let database = |table: Value| json!([apis, {"type": "database", "tables": [table]}]);
        assert_eq!(
            complaint(database(table("read"))),
            "Grants The property '#/1/tables/0/permissions/0' did not match one of the following values: insert, select, update, delete"
        );
        assert!(complaint(database(table("SELECT"))).contains("did not match one of"));
        assert!(
            complaint(database(json!({"schema": "public", "permissions": []}))).contains("required property of 'name'")
        );
        assert!(complaint(database(json!("t"))).contains("type: object"));
        assert!(complaint(json!([apis, {"type": "nope"}])).contains("#/1/type"));
        assert!(complaint(json!([{"type": "apis", "apis": [], "more": 1}])).contains("additional property 'more'"));
    }
}
