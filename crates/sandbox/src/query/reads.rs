//! What the result of a query hangs on: tables, and whether it changes by itself.

use crate::db::{Database, QueryError, names};
use crate::sql_guard::lexer::{self, Token};
use crate::sql_guard::tables::{self, is_sign};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// Tables of one map that are kept in mind; of a map over more of them no tile is kept by clients.
const MOST_TABLES: usize = 200;
/// Words that are the time, without parentheses.
const CLOCKS: &[&str] = &["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"];
/// Functions of PostgreSQL that tell the time, and yet are called stable.
const CLOCK_FUNCTIONS: &[&str] = &["age", "now", "statement_timestamp", "transaction_timestamp"];
/// Texts that become a time when they become a date.
const TIMES: &[&str] = &["now", "today", "tomorrow", "yesterday"];

/// What the database would read for a query, as its plan and the query itself say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reads {
    /// Tables of the plan, by schema and name.
    tables: BTreeSet<(String, String)>,
    /// Names behind `FROM`, some of which are views; with a schema where one is written.
    named: BTreeSet<(Option<String>, String)>,
    /// Names of functions that are called.
    calls: BTreeSet<String>,
    /// Whether the time or chance is in it.
    has_clock: bool,
}

/// What a map is made of.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Dependencies {
    /// Tables and views, by schema and name.
    pub tables: Vec<(String, String)>,
    /// Whether it changes with them and with nothing else.
    pub is_steady: bool,
}

impl Reads {
    /// What a query reads, with its plan in `VERBOSE` words.
    pub fn of(sql: &str, plan: &Value) -> Reads {
        let mut reads = Reads::default();
        reads.add_sql(sql);
        reads.add_plan(plan);
        reads
    }

    /// Adds what another query reads.
    pub fn add(&mut self, other: &Reads) {
        self.tables.extend(other.tables.iter().cloned());
        self.named.extend(other.named.iter().cloned());
        self.calls.extend(other.calls.iter().cloned());
        self.has_clock |= other.has_clock;
    }

    fn add_sql(&mut self, sql: &str) {
        let Ok(tokens) = lexer::tokens(sql) else {
            self.has_clock = true;
            return;
        };
        self.named.extend(tables::places(&tokens).iter().filter_map(|place| tables::name_at(&tokens, place.index)));
        self.add_tokens(&tokens);
    }

    fn add_tokens(&mut self, tokens: &[Token]) {
        for (index, token) in tokens.iter().enumerate() {
            let name = match token {
                Token::Word(word) => word.to_lowercase(),
                Token::Quoted(name) => name.clone(),
                Token::Text(text) => {
                    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
                    self.has_clock |= TIMES.contains(&first.as_str());
                    continue;
                }
                _ => continue,
            };
            self.has_clock |= CLOCKS.contains(&name.as_str());
            if is_sign(tokens, index + 1, "(") {
                self.calls.insert(name);
            }
        }
    }

    /// Views are written out in a plan, and so are functions whose body is one query.
    fn add_plan(&mut self, plan: &Value) {
        match plan {
            Value::Object(members) => {
                if let (Some(schema), Some(table)) = (plan["Schema"].as_str(), plan["Relation Name"].as_str()) {
                    self.tables.insert((schema.to_owned(), table.to_owned()));
                }
                if let Some(function) = plan["Function Name"].as_str() {
                    self.calls.insert(function.to_owned());
                }
                self.has_clock |= plan["Node Type"] == "Sample Scan";
                for part in members.values() {
                    self.add_plan(part);
                }
            }
            Value::Array(parts) => parts.iter().for_each(|part| self.add_plan(part)),
            Value::String(text) => match lexer::tokens(text) {
                Ok(tokens) => self.add_tokens(&tokens),
                Err(_) => self.has_clock = true,
            },
            _ => {}
        }
    }

    /// The table, when it is the only one of the plan, and nothing is called.
    pub fn only_table(&self) -> Option<&(String, String)> {
        let first = self.tables.first()?;
        (self.tables.len() == 1 && self.calls.is_empty()).then_some(first)
    }

    /// Asks the database what lies behind it: tables of views, parents of partitions, what functions do.
    ///
    /// # Errors
    /// The database is not reachable.
    pub async fn dependencies(&self, database: &Database, schema: &str) -> Result<Dependencies, QueryError> {
        let (planned_schemas, planned): (Vec<String>, Vec<String>) = self.tables.iter().cloned().unzip();
        let (mut schemas, mut tables) = (Vec::new(), Vec::new());
        for (named, table) in &self.named {
            let places: &[&str] = match named.as_deref() {
                None => &[schema, "cartodb", names::PUBLIC],
                Some(names::PUBLIC) => &[schema, names::PUBLIC],
                Some(other) => &[other],
            };
            for place in places {
                schemas.push((*place).to_owned());
                tables.push(table.clone());
            }
        }
        let calls: Vec<String> = self.calls.iter().cloned().collect();
        let clocks: Vec<String> = CLOCK_FUNCTIONS.iter().map(|name| (*name).to_owned()).collect();
        let rows = database
            .admin_query(
                BEHIND,
                vec![
                    Box::new(planned_schemas),
                    Box::new(planned),
                    Box::new(schemas),
                    Box::new(tables),
                    Box::new(calls),
                    Box::new(clocks),
                ],
            )
            .await?;
        let is_steady = !self.has_clock && rows.first().is_none_or(|row| !row.get::<_, bool>(2));
        let named = |row: &tokio_postgres::Row| Some((row.get::<_, Option<String>>(0)?, row.get(1)));
        let tables: Vec<(String, String)> = rows.iter().filter_map(named).collect();
        Ok(Dependencies { is_steady, tables })
    }
}

impl Dependencies {
    /// The same, as far as it is worth to be kept with a map.
    pub fn kept(self) -> Dependencies {
        if self.tables.len() > MOST_TABLES { Dependencies::default() } else { self }
    }
}

/// Views are not in a plan, and their tables are there only as far as it comes. A function that is called is known by its name only, so each of that name counts.
const BEHIND: &str = "
    WITH RECURSIVE named AS (
      SELECT c.oid FROM unnest($1::text[], $2::text[]) AS wanted (schema_name, name)
             JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema_name
             JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
       UNION
      SELECT c.oid FROM unnest($3::text[], $4::text[]) AS wanted (schema_name, name)
             JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema_name
             JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relkind = 'v'
    ), family AS (
      SELECT oid FROM named
       UNION
      SELECT behind.oid FROM family f, LATERAL (
               SELECT i.inhparent AS oid FROM pg_catalog.pg_inherits i WHERE i.inhrelid = f.oid
               UNION ALL
               SELECT d.refobjid FROM pg_catalog.pg_rewrite r
                      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class
                WHERE r.ev_class = f.oid AND r.rulename = '_RETURN') AS behind
    ), called AS (
      SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_proc p
                      WHERE p.proname = ANY ($5::text[])
                        AND (p.provolatile = 'v' OR p.proname = ANY ($6::text[])
                             OR NOT (p.pronamespace = 'pg_catalog'::regnamespace
                                     OR p.pronamespace = 'cartodb'::regnamespace AND p.provolatile = 'i'
                                     OR EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                                                 WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid
                                                   AND d.deptype = 'e')))) AS is_unsteady
    )
    SELECT t.schema_name, t.name, called.is_unsteady
      FROM called LEFT JOIN (SELECT n.nspname::text AS schema_name, c.relname::text AS name
                               FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.oid
                                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                              WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')) AS t ON true
     ORDER BY 1, 2";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_and_calls_are_found_in_plans() {
        let plan = json!({"Plans": [
            {"Schema": "demo", "Relation Name": "a", "Filter": "(upper(a.name) = 'X'::text)"},
            {"Plans": [{"Schema": "demo", "Relation Name": "b"}, {"Function Name": "f", "Node Type": "Function Scan"}]}]});
        let reads = Reads::of("SELECT * FROM a, public.v", &plan);
        let of = |schema: &str, name: &str| (schema.to_owned(), name.to_owned());
        assert_eq!(reads.tables, BTreeSet::from([of("demo", "a"), of("demo", "b")]));
        assert_eq!(reads.named, BTreeSet::from([(None, "a".to_owned()), (Some("public".to_owned()), "v".to_owned())]));
        assert_eq!(reads.calls, BTreeSet::from(["f".to_owned(), "upper".to_owned()]));
        assert!(!reads.has_clock);
    }

    #[test]
    fn the_time_and_chance_are_found() {
        let nothing = json!({});
        for sql in ["SELECT CURRENT_DATE", "SELECT 'today'::date", "SELECT ' NOW'::text::date", "SELECT localtime"] {
            assert!(Reads::of(sql, &nothing).has_clock, "{sql}");
        }
        for sql in ["SELECT 'todays' FROM t", "SELECT '2020-01-01'::date", "SELECT \"a\".name FROM a"] {
            assert!(!Reads::of(sql, &nothing).has_clock, "{sql}");
        }
        assert!(Reads::of("SELECT 1", &json!([{"Output": ["CURRENT_TIMESTAMP"]}])).has_clock);
        assert!(Reads::of("SELECT 1", &json!({"Node Type": "Sample Scan"})).has_clock);
        // What is no SQL is not understood.
        assert!(Reads::of("SELECT 1", &json!({"Filter": "'"})).has_clock);
        assert!(Reads::of("SELECT now()", &nothing).calls.contains("now"));
    }
}
