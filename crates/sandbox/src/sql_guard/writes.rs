//! Statements that change something: the kinds that are let through, and which tables they are about.
//!
//! Only what is listed here passes, member by member of the syntax tree, so that a clause which this module does not
//! know is refused and not overlooked. Names were looked at before, wherever they stand.

use super::lexer::{self, Token};
use super::shape::Shape;
use super::tables::{is_sign, name_at};
use super::{CheckedSql, GuardError, Read, RunnableSql, check_words, is_query, is_read, lexed, parsed, sequences};
use sqlparser::ast::helpers::stmt_create_table::CreateTableBuilder;
use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, ColumnDef, ColumnOption, CreateIndex, CreateTable,
    FromTable, Insert, ObjectName, ObjectNamePart, ObjectType, Query, RenameTableNameKind, Select, SetExpr, Statement,
    TableConstraint, TableFactor, TableObject, TableWithJoins, Visit, Visitor,
};
use std::ops::ControlFlow;

/// One statement of a user that may be run.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckedStatement {
    /// It only reads.
    Read(CheckedSql),
    /// It is a query, and calls what changes something.
    Call(CheckedSql, Vec<(Option<String>, String)>),
    /// It changes something.
    Write(CheckedWrite),
}

/// A statement of a user that changes something and may be run.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedWrite {
    /// The text, without semicolons at its end.
    pub sql: RunnableSql,
    /// Tables that it changes: schema where one is named, and name.
    pub tables: Vec<(Option<String>, String)>,
    /// Whether it makes, alters or drops tables.
    pub is_definition: bool,
}

impl CheckedStatement {
    /// Whether nothing is changed.
    pub fn is_read(&self) -> bool {
        matches!(self, CheckedStatement::Read(_))
    }

    /// Whether it may make, alter or drop tables.
    pub fn may_define(&self) -> bool {
        match self {
            CheckedStatement::Read(_) => false,
            CheckedStatement::Call(sql, _) => sql.0.to_lowercase().contains(CARTODBFY),
            CheckedStatement::Write(write) => write.is_definition,
        }
    }

    /// The text.
    pub fn runnable(&self) -> RunnableSql {
        match self {
            CheckedStatement::Read(sql) | CheckedStatement::Call(sql, _) => sql.into(),
            CheckedStatement::Write(write) => write.sql.clone(),
        }
    }
}

/// The function that makes a dataset of a table; it stands in a query.
const CARTODBFY: &str = "cdb_cartodbfytable";
/// Functions that change something although they stand in a query.
const CHANGING: &[&str] = &[CARTODBFY, "nextval", "setval"];

/// Checks the SQL of a user, which may also write.
///
/// # Errors
/// Why it may not be run.
pub fn check_statement(sql: &str) -> Result<CheckedStatement, GuardError> {
    check_tokens(lexed(sql)?)
}

/// Checks a statement of a user, which may also write, by its tokens.
pub(super) fn check_tokens(tokens: Vec<Token>) -> Result<CheckedStatement, GuardError> {
    if sequences::is_plain(&tokens) {
        check_words(&tokens)?;
        let sql = RunnableSql::of_user(&lexer::written(&tokens));
        return Ok(CheckedStatement::Write(CheckedWrite { sql, tables: Vec::new(), is_definition: true }));
    }
    parsed(tokens, |sql, tokens, statement| {
        let statement = match statement {
            Read::Parsed(statement) => statement,
            Read::Shaped(Shape::Query) => return Ok(query(sql, tokens)),
            Read::Shaped(Shape::Write(tables)) => {
                let sql = RunnableSql::of_user(sql);
                return Ok(CheckedStatement::Write(CheckedWrite { sql, tables, is_definition: false }));
            }
        };
        if is_query(statement) {
            return Ok(query(sql, tokens));
        }
        let mut walk = Walk::default();
        let is_known = match statement {
            Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) => true,
            Statement::Truncate(truncate) => {
                walk.tables.extend(truncate.table_names.iter().map(|target| name_of(&target.name)));
                truncate.partitions.is_none() && truncate.on_cluster.is_none()
            }
            other => {
                walk.is_definition = true;
                is_known_definition(other, &mut walk.tables)
            }
        };
        if !is_known || statement.visit(&mut walk).is_break() {
            return Err(GuardError::NotAQuery);
        }
        let tables: Option<Vec<_>> = walk.tables.into_iter().collect();
        let tables = tables.filter(|tables| !tables.is_empty()).ok_or(GuardError::NotAQuery)?;
        Ok(CheckedStatement::Write(CheckedWrite {
            sql: RunnableSql::of_user(sql),
            tables,
            is_definition: walk.is_definition,
        }))
    })
}

/// A query, which may call a function that changes something.
fn query(sql: &str, tokens: &[Token]) -> CheckedStatement {
    let checked = CheckedSql(sql.to_owned());
    let calls = |index: &usize| {
        let (Some(Token::Word(name) | Token::Quoted(name)), true) =
            (tokens.get(*index), is_sign(tokens, index + 1, "("))
        else {
            return false;
        };
        CHANGING.contains(&name.to_lowercase().as_str())
    };
    let called: Vec<usize> = (0..tokens.len()).filter(calls).collect();
    if called.is_empty() {
        return CheckedStatement::Read(checked);
    }
    CheckedStatement::Call(checked, called.into_iter().filter_map(|index| cartodbfied(tokens, index)).collect())
}

/// The table that a call makes a dataset of, where it is written as a text.
fn cartodbfied(tokens: &[Token], index: usize) -> Option<(Option<String>, String)> {
    if !matches!(tokens.get(index)?, Token::Word(name) | Token::Quoted(name) if name.eq_ignore_ascii_case(CARTODBFY)) {
        return None;
    }
    let arguments = tokens.get(index + 2..)?.iter().take_while(|token| **token != Token::Sign(")".into()));
    let texts = arguments.filter_map(|token| if let Token::Text(text) = token { Some(text) } else { None });
    let name = lexer::tokens(texts.last()?).ok()?;
    name_at(&name, 0)
}

/// Schema and name of a table; none when it is more or less than that.
fn name_of(name: &ObjectName) -> Option<(Option<String>, String)> {
    let part = |part: &ObjectNamePart| {
        let ident = part.as_ident()?;
        // The database folds names that are not quoted.
        Some(if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() })
    };
    match name.0.as_slice() {
        [table] => Some((None, part(table)?)),
        [schema, table] => Some((Some(part(schema)?), part(table)?)),
        _ => None,
    }
}

fn is_known_definition(statement: &Statement, tables: &mut Vec<Option<(Option<String>, String)>>) -> bool {
    match statement {
        Statement::CreateTable(create) => {
            tables.push(name_of(&create.name));
            is_plain_table(create)
        }
        Statement::CreateIndex(create) => {
            tables.push(name_of(&create.table_name));
            is_plain_index(create)
        }
        Statement::AlterTable(alter) => {
            tables.push(name_of(&alter.name));
            let renamed = alter.operations.iter().filter_map(new_name);
            tables.extend(renamed.map(name_of));
            is_plain_change(alter)
        }
        Statement::Drop {
            object_type: ObjectType::Table, names, purge: false, temporary: false, table: None, ..
        } => {
            tables.extend(names.iter().map(name_of));
            true
        }
        _ => false,
    }
}

fn new_name(operation: &AlterTableOperation) -> Option<&ObjectName> {
    match operation {
        AlterTableOperation::RenameTable { table_name: RenameTableNameKind::To(name) } => Some(name),
        _ => None,
    }
}

/// A table of columns and constraints, or of a query, and nothing else.
fn is_plain_table(create: &CreateTable) -> bool {
    let plain = CreateTableBuilder::new(create.name.clone())
        .if_not_exists(create.if_not_exists)
        .columns(create.columns.clone())
        .constraints(create.constraints.clone())
        .query(create.query.clone())
        .build();
    *create == plain
        && create.columns.iter().all(is_plain_column)
        && create.constraints.iter().all(is_plain_constraint)
        && create.query.as_ref().is_none_or(|query| is_read(&query.body))
}

fn is_plain_column(column: &ColumnDef) -> bool {
    column.options.iter().all(|option| {
        matches!(
            option.option,
            ColumnOption::Null
                | ColumnOption::NotNull
                | ColumnOption::Default(_)
                | ColumnOption::PrimaryKey(_)
                | ColumnOption::Unique(_)
                | ColumnOption::Check(_)
        )
    })
}

fn is_plain_constraint(constraint: &TableConstraint) -> bool {
    matches!(constraint, TableConstraint::Unique(_) | TableConstraint::PrimaryKey(_) | TableConstraint::Check(_))
}

fn is_plain_index(create: &CreateIndex) -> bool {
    !create.concurrently
        && !create.r#async
        && create.with.is_empty()
        && create.index_options.is_empty()
        && create.alter_options.is_empty()
        && create.name.as_ref().is_none_or(|name| name.0.len() == 1)
}

fn is_plain_change(alter: &AlterTable) -> bool {
    alter.location.is_none()
        && alter.on_cluster.is_none()
        && alter.table_type.is_none()
        && alter.operations.iter().all(|operation| match operation {
            AlterTableOperation::AddColumn { column_def, column_position: None, .. } => is_plain_column(column_def),
            AlterTableOperation::AddConstraint { constraint, not_valid: false } => is_plain_constraint(constraint),
            AlterTableOperation::AlterColumn { op, .. } => !matches!(op, AlterColumnOperation::AddGenerated { .. }),
            AlterTableOperation::RenameTable { table_name: RenameTableNameKind::To(name) } => name.0.len() == 1,
            AlterTableOperation::DropColumn { .. }
            | AlterTableOperation::DropConstraint { .. }
            | AlterTableOperation::RenameColumn { .. } => true,
            _ => false,
        })
}

/// Walks the tree: notes the tables that are changed, and stops at a statement that is none of the known ones.
#[derive(Default)]
struct Walk {
    depth: usize,
    is_definition: bool,
    tables: Vec<Option<(Option<String>, String)>>,
}

impl Walk {
    fn note(&mut self, table: &TableWithJoins) {
        self.tables.push(match &table.relation {
            TableFactor::Table { name, .. } if table.joins.is_empty() => name_of(name),
            _ => None,
        });
    }
}

impl Visitor for Walk {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        self.depth += 1;
        match statement {
            Statement::Insert(Insert { table: TableObject::TableName(name), .. }) => self.tables.push(name_of(name)),
            Statement::Update(update) => self.note(&update.table),
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                for table in from {
                    self.note(table);
                }
            }
            Statement::Query(_) => {}
            // The outermost one was looked at before.
            _ if self.depth == 1 => {}
            _ => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let is_known = query.locks.is_empty() && !matches!(*query.body, SetExpr::Merge(_));
        if is_known { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if select.into.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(sql: &str) -> Vec<String> {
        match check_statement(sql) {
            Ok(CheckedStatement::Write(write)) => write
                .tables
                .into_iter()
                .map(|(schema, name)| schema.map(|schema| schema + ".").unwrap_or_default() + &name)
                .collect(),
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn writes_pass_with_their_tables() {
        for (sql, expected) in [
            ("INSERT INTO t (a, b) VALUES (1, 'x') RETURNING a", "t"),
            ("INSERT INTO demo.\"T\" SELECT * FROM other ON CONFLICT (a) DO UPDATE SET b = excluded.b", "demo.T"),
            ("UPDATE T SET a = a + 1 FROM other WHERE other.id = t.id", "t"),
            ("DELETE FROM t USING other WHERE t.id = other.id", "t"),
            ("WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO archive SELECT * FROM gone", "archive t"),
            ("WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone", "t"),
            ("TRUNCATE TABLE t RESTART IDENTITY", "t"),
            (
                "CREATE TABLE IF NOT EXISTS t (id serial PRIMARY KEY, a text NOT NULL DEFAULT 'x', b int CHECK (b > 0), g geometry(Point, 4326))",
                "t",
            ),
            ("CREATE TABLE t AS SELECT * FROM other", "t"),
            ("CREATE UNIQUE INDEX i ON t USING gist (the_geom) WHERE a > 1", "t"),
            ("ALTER TABLE t ADD COLUMN c int DEFAULT 1, DROP COLUMN d", "t"),
            ("ALTER TABLE t RENAME COLUMN a TO b", "t"),
            ("ALTER TABLE t RENAME TO u", "t u"),
            ("ALTER TABLE t ALTER COLUMN a TYPE numeric USING a::numeric", "t"),
            ("DROP TABLE IF EXISTS t, u CASCADE;", "t u"),
            ("/* x */ DELETE FROM t -- y", "t"),
        ] {
            let mut found = tables(sql);
            found.sort();
            assert_eq!(found.join(" "), expected, "{sql}");
        }
    }

    #[test]
    fn reads_stay_reads() {
        assert!(matches!(check_statement("SELECT 1"), Ok(CheckedStatement::Read(_))));
        assert!(matches!(check_statement("-- why\nSELECT 1"), Ok(CheckedStatement::Read(_))));
    }

    #[test]
    fn other_statements_do_not_pass() {
        for sql in [
            "SET ROLE postgres",
            "RESET ROLE",
            "SET SESSION AUTHORIZATION DEFAULT",
            "DO $$ BEGIN END $$",
            "COPY t FROM PROGRAM 'sh'",
            "COPY t TO '/tmp/x'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f()",
            "CREATE RULE r AS ON SELECT TO t DO INSTEAD SELECT 1",
            "CREATE EXTENSION dblink",
            "CREATE VIEW v AS SELECT 1",
            "CREATE ROLE r SUPERUSER",
            "CREATE SCHEMA s",
            "CREATE TEMP TABLE t (a int)",
            "CREATE UNLOGGED TABLE t (a int)",
            "CREATE TABLE t (a int) INHERITS (u)",
            "CREATE TABLE t (LIKE u INCLUDING ALL)",
            "CREATE TABLE t (a int GENERATED ALWAYS AS (1) STORED)",
            "CREATE TABLE t (a int REFERENCES u)",
            "CREATE TABLE t (a int) WITH (autovacuum_enabled = false)",
            "CREATE TABLE t (a int) TABLESPACE x",
            "CREATE INDEX CONCURRENTLY i ON t (a)",
            "ALTER TABLE t OWNER TO postgres",
            "ALTER TABLE t SET SCHEMA public",
            "ALTER TABLE t DISABLE TRIGGER ALL",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "ALTER ROLE carto_demo SUPERUSER",
            "DROP ROLE carto_demo",
            "DROP SCHEMA demo CASCADE",
            "DROP VIEW v",
            "GRANT ALL ON t TO PUBLIC",
            "REASSIGN OWNED BY a TO b",
            "EXPLAIN ANALYZE DELETE FROM t",
            "PREPARE p AS DELETE FROM t",
            "EXECUTE p",
            "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
            "VACUUM t",
            "LOCK TABLE t",
            "NOTIFY x",
            "LISTEN x",
            "BEGIN",
            "COMMIT",
            "SAVEPOINT s",
            "DECLARE c CURSOR FOR SELECT 1",
            "DELETE FROM t; DELETE FROM u",
            "/* /* */ INSERT INTO t VALUES (1) -- */ SET ROLE postgres",
            "SELECT * INTO t FROM u",
            "INSERT INTO t SELECT * FROM u FOR UPDATE",
            "WITH x AS (SELECT 1) SET ROLE postgres",
        ] {
            assert!(check_statement(sql).is_err(), "{sql}: {:?}", check_statement(sql));
        }
    }

    #[test]
    fn names_are_looked_at_in_every_place() {
        let evil = "set_config('role', 'postgres', false)";
        for sql in [
            format!("INSERT INTO t VALUES ({evil})"),
            format!("INSERT INTO t (a) SELECT 'x' ON CONFLICT (a) DO UPDATE SET a = {evil}"),
            format!("INSERT INTO t VALUES (1) RETURNING {evil}"),
            format!("UPDATE t SET a = {evil}"),
            format!("DELETE FROM t WHERE a = (SELECT {evil})"),
            format!("CREATE TABLE t (a text DEFAULT {evil})"),
            format!("CREATE TABLE t (a text CHECK ({evil} = 'x'))"),
            format!("CREATE TABLE t AS SELECT {evil} AS a"),
            format!("CREATE INDEX i ON t (({evil}))"),
            format!("ALTER TABLE t ALTER COLUMN a TYPE text USING {evil}"),
            format!("ALTER TABLE t ADD COLUMN b text DEFAULT {evil}"),
            "INSERT INTO t VALUES (U&\"\\0073et_config\"('role', 'postgres', false))".into(),
            "UPDATE pg_settings SET setting = 'postgres' WHERE name = 'role'".into(),
            "UPDATE pg_catalog.pg_authid SET rolsuper = true".into(),
            "INSERT INTO t SELECT * FROM pg_shadow".into(),
            "CREATE TABLE t (a text DEFAULT pg_read_file('/etc/passwd'))".into(),
            "DELETE FROM information_schema.tables".into(),
        ] {
            assert!(
                matches!(check_statement(&sql), Err(GuardError::Forbidden(_))),
                "{sql}: {:?}",
                check_statement(&sql)
            );
        }
    }
}
