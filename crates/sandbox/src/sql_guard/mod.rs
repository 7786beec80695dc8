//! Looks at the SQL of users before it goes anywhere.
//!
//! This is the second fence. The first is the database: a read-only transaction as the role of a key, one statement,
//! and rights taken from dangerous functions. In the embedded database that first fence has a gate, because whatever
//! may call `set_config` or `SET ROLE` is back to a superuser; this module keeps anything out that could lead there.
//!
//! [`lexer`] takes the text apart as PostgreSQL does. Then two looks, each blind where the other sees: the tokens wherever
//! they stand, and the syntax tree (one query, nothing that writes; or one statement of the few kinds that [`writes`]
//! lists). What is run is written anew from those tokens, so that the database cannot read anything else. Where the parser
//! is the limit, [`shape`] tells by the tokens what a statement is.

pub mod catalog;
pub mod copy;
pub mod lexer;
mod runnable;
pub mod script;
mod sequences;
mod shape;
pub mod tables;
pub mod writes;

use crate::db::closing::TREACHEROUS;
use lexer::{LexError, Token};
pub use runnable::RunnableSql;
use shape::Shape;
use sqlparser::ast::{Query, Select, SetExpr, Statement, Visit, Visitor};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{self, Tokenizer};
use std::ops::ControlFlow;

/// SQL of a user that may be run inside a query of the sandbox.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedSql(String);

impl CheckedSql {
    /// The text, without comments and without semicolons at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why SQL may not be run.
#[derive(Clone, Debug, PartialEq)]
pub enum GuardError {
    /// It is not one query in the syntax that is understood; the database can say better what is wrong.
    NotAQuery,
    /// It uses what is forbidden; the text is in the database's own words.
    Forbidden(String),
    /// It is too long to be looked at, by this module or by anybody.
    TooLong,
}

/// Nesting that is accepted; deeper queries are refused before they can exhaust the stack.
const DEEPEST: usize = 60;
/// Words and signs that are accepted. A chain such as `1+1+…` makes a tree as deep as it is long.
const LONGEST: usize = 8_000;
/// Bytes that are looked at.
const LARGEST: usize = 1 << 20;
/// Stack for parsing, walking and dropping the tree of the longest chain, in bytes.
const STACK: usize = 64 << 20;

/// Parts of a text that are refused wherever they are, even inside strings: what they name ends all containment.
const NEVER: &[&str] = &["set_config", "query_to_xml", "_to_xmlschema", "pg_read_", "pg_ls_", "lo_import", "lo_export"];

/// Names that begin with `pg_` and may be used; all others are system tables and functions.
const SYSTEM_NAMES_ALLOWED: &[&str] =
    &["pg_catalog", "pg_column_size", "pg_size_pretty", "pg_sleep", "pg_sleep_for", "pg_sleep_until"];

/// Other names of functions that are refused, with what they begin with.
const FORBIDDEN_PREFIXES: &[&str] =
    &["binary_upgrade_", "dblink", "lo_", "pg_", "postgis_extensions_", "txid_", "xpath_table"];
/// Names of functions that are refused where they are called.
const FORBIDDEN_NAMES: &[&str] = &[
    "acldefault",
    "aclexplode",
    "addgeometrycolumn",
    "col_description",
    "crosstab",
    "current_query",
    "current_setting",
    "cursor_to_xml",
    "dropgeometrycolumn",
    "dropgeometrytable",
    "format_type",
    "getpgusername",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
    "loread",
    "lowrite",
    "makeaclitem",
    "obj_description",
    "populate_geometry_columns",
    "shobj_description",
    // It cannot be interrupted, and takes twice as long with each collection in another one.
    "st_asmvtgeom",
    "st_estimatedextent",
    "st_findextent",
    "ts_stat",
    "updategeometrysrid",
    "version",
    "xmlexists",
    "xmltable",
    "xpath",
    "xpath_exists",
];
/// Types that turn a number into the name of what it stands for in the system tables, whoever owns that. The database has
/// no right that could be taken.
const TELLING_TYPES: &[&str] = &[
    "aclitem",
    "regclass",
    "regcollation",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
];
/// Functions that take a sequence, which is one of those types: a number, or something that becomes one, is refused.
const SEQUENCE_FUNCTIONS: &[&str] = &["currval", "nextval", "setval"];

/// Checks the SQL of a user, which must be a query.
///
/// # Errors
/// Why it may not be run.
pub fn check(sql: &str) -> Result<CheckedSql, GuardError> {
    check_tokens_as_query(lexed(sql)?)
}

fn check_tokens_as_query(tokens: Vec<Token>) -> Result<CheckedSql, GuardError> {
    parsed(tokens, |sql, _, statement| match statement {
        Read::Parsed(statement) if is_query(statement) => Ok(CheckedSql(sql.to_owned())),
        Read::Shaped(Shape::Query) => Ok(CheckedSql(sql.to_owned())),
        _ => Err(GuardError::NotAQuery),
    })
}

fn is_query(statement: &Statement) -> bool {
    matches!(statement, Statement::Query(_)) && statement.visit(&mut OnlyReads { statements: 0 }).is_continue()
}

/// A statement, as far as it is understood.
enum Read<'a> {
    /// By the parser.
    Parsed(&'a Statement),
    /// By its tokens.
    Shaped(Shape),
}

/// Takes a text apart.
fn lexed(sql: &str) -> Result<Vec<Token>, GuardError> {
    if sql.len() > LARGEST {
        return Err(GuardError::TooLong);
    }
    let tokens = lexer::tokens(sql).map_err(|error| match error {
        LexError::Malformed => GuardError::NotAQuery,
        LexError::UnicodeEscapes => {
            GuardError::Forbidden("permission denied for names and texts with Unicode escapes".into())
        }
    })?;
    Ok(catalog::with_views(tokens))
}

/// Looks at the tokens, and hands the one statement that there is on, with its text as it is to be run.
fn parsed<T>(
    mut tokens: Vec<Token>,
    look: impl FnOnce(&str, &[Token], Read<'_>) -> Result<T, GuardError>,
) -> Result<T, GuardError> {
    while tokens.last().is_some_and(lexer::is_semicolon) {
        tokens.pop();
    }
    if tokens.len() > LONGEST {
        return Err(GuardError::TooLong);
    }
    let written = lexer::written(&tokens);
    check_text(&written)?;
    check_words(&tokens)?;
    let for_parser = tokens.iter().map(for_parser).collect::<Option<Vec<_>>>().ok_or(GuardError::NotAQuery)?;
    stacker::grow(STACK, || {
        let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(DEEPEST).with_tokens(for_parser);
        match { parser }.parse_statements().as_deref() {
            Ok([statement]) => look(&written, &tokens, Read::Parsed(statement)),
            Ok(_) | Err(ParserError::RecursionLimitExceeded) => Err(GuardError::NotAQuery),
            Err(_) => match shape::of(&tokens) {
                Some(shape) => look(&written, &tokens, Read::Shaped(shape)),
                None => Err(GuardError::NotAQuery),
            },
        }
    })
}

/// What the database says of SQL with a parameter, which has no value here; nothing of SQL without.
pub fn missing_parameter(sql: &str) -> Option<String> {
    let parameter = |token| if let Token::Parameter(name) = token { Some(name) } else { None };
    let first = lexer::tokens(sql).ok()?.into_iter().find_map(parameter)?;
    Some(format!("there is no parameter ${}", first.trim_start_matches('$')))
}

/// Where our parser stops in a text that it cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Line, from 1 on.
    pub line: u64,
    /// Column in it, from 1 on.
    pub column: u64,
}

/// Where our parser stops, if it does.
pub fn stop(sql: &str) -> Option<Stop> {
    let located = lexer::located(sql).ok().filter(|tokens| tokens.len() <= LONGEST)?;
    // Each token goes on from the one before: a text may have many, and be long.
    let (mut read, mut line, mut column) = (0, 1, 1);
    let mut place = |at: usize| {
        for letter in sql.get(read..at).unwrap_or_default().chars() {
            (line, column) = if letter == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        read = at;
        tokenizer::Location::new(line, column)
    };
    let spanned = |(token, range): (Token, std::ops::Range<usize>)| {
        let span = tokenizer::Span::new(place(range.start), place(range.end));
        Some(tokenizer::TokenWithSpan { token: for_parser(&token)?, span })
    };
    let tokens = located.into_iter().map(spanned).collect::<Option<Vec<_>>>()?;
    stacker::grow(STACK, || {
        let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(DEEPEST);
        let Err(ParserError::ParserError(words)) = parser.with_tokens_with_locations(tokens).parse_statements() else {
            return None;
        };
        // The parser tells the place in words only.
        let (_, place) = words.rsplit_once(" at Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        Some(Stop { line: line.parse().ok()?, column: column.parse().ok()? })
    })
}

/// A token as the parser knows it; `None` when it does not.
fn for_parser(token: &Token) -> Option<tokenizer::Token> {
    Some(match token {
        Token::Word(word) => tokenizer::Token::make_word(word, None),
        Token::Quoted(name) => tokenizer::Token::make_word(name, Some('"')),
        Token::Text(text) => tokenizer::Token::SingleQuotedString(text.clone()),
        Token::Special('N', text) => tokenizer::Token::NationalStringLiteral(text.clone()),
        // Those of bits the parser does not know; they have the shape of hexadecimal ones.
        Token::Special(_, text) => tokenizer::Token::HexStringLiteral(text.clone()),
        Token::Number(number) => tokenizer::Token::Number(number.clone(), false),
        Token::Parameter(_) => return None,
        // By itself a sign holds nothing that could be taken for a comment or a text.
        Token::Sign(sign) => match Tokenizer::new(&PostgreSqlDialect {}, sign).tokenize().ok()?.as_slice() {
            [one] => one.clone(),
            _ => tokenizer::Token::CustomBinaryOperator(sign.clone()),
        },
    })
}

fn check_text(sql: &str) -> Result<(), GuardError> {
    let text = sql.to_lowercase();
    match NEVER.iter().find(|part| text.contains(**part)) {
        Some(part) => Err(GuardError::Forbidden(format!("permission denied for function {part}"))),
        None => Ok(()),
    }
}

/// Refuses forbidden names wherever they stand: a column of such a name is no loss.
fn check_words(tokens: &[Token]) -> Result<(), GuardError> {
    for (index, token) in tokens.iter().enumerate() {
        let (Token::Word(name) | Token::Quoted(name)) = token else { continue };
        let name = name.to_lowercase();
        if catalog::is_own(tokens, index) {
            continue;
        }
        let is_system = FORBIDDEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            && !SYSTEM_NAMES_ALLOWED.contains(&name.as_str());
        let behind = tokens.get(index + 1..).unwrap_or_default();
        let is_called = matches!(behind.first(), Some(Token::Sign(sign)) if sign == "(");
        if name == "information_schema" {
            return Err(GuardError::Forbidden(format!("permission denied for schema {name}")));
        }
        if tells_names(&name) {
            return Err(GuardError::Forbidden(format!("permission denied for type {name}")));
        }
        let is_forbidden = FORBIDDEN_NAMES.contains(&name.as_str()) && is_called;
        let is_odd_sequence =
            SEQUENCE_FUNCTIONS.contains(&name.as_str()) && is_called && !names_sequence(behind.get(1..));
        if is_system || is_forbidden || is_odd_sequence || TREACHEROUS.contains(&name.as_str()) {
            let what = if is_called { "function" } else { "table" };
            return Err(GuardError::Forbidden(format!("permission denied for {what} {name}")));
        }
    }
    Ok(())
}

/// Whether a name is one of a type that tells names, of its array, or of a function that reads or writes its values.
fn tells_names(name: &str) -> bool {
    // Types of arrays have a line before the name of what is in them.
    let name = name.trim_start_matches('_');
    let rest = |kind: &&str| name.strip_prefix(*kind);
    TELLING_TYPES.iter().filter_map(rest).any(|rest| matches!(rest, "" | "in" | "out" | "recv" | "send"))
}

/// Whether the first argument of a function is the name of a sequence, written as a text.
fn names_sequence(arguments: Option<&[Token]>) -> bool {
    match arguments {
        Some([Token::Text(name), Token::Sign(end), ..]) => {
            matches!(end.as_str(), ")" | ",") && !name.trim().starts_with(|c: char| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// Walks the tree and stops at anything that is not a query.
struct OnlyReads {
    statements: usize,
}

impl Visitor for OnlyReads {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        self.statements += 1;
        // A second one is an INSERT, UPDATE or DELETE inside WITH.
        if self.statements > 1 || !matches!(statement, Statement::Query(_)) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if query.locks.is_empty() && is_read(&query.body) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if select.into.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

fn is_read(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Table(_) | SetExpr::Query(_) => true,
        SetExpr::SetOperation { left, right, .. } => is_read(left) && is_read(right),
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_pass() {
        for sql in [
            "SELECT * FROM cities",
            "select name, pop_max::text from cities where the_geom && ST_MakeEnvelope(0, 0, 1, 1, 4326);",
            "WITH big AS (SELECT * FROM cities WHERE pop_max > 1e6) SELECT adm0name, count(*) FILTER (WHERE pop_max > 2) FROM big GROUP BY 1",
            "VALUES (1, 'a')",
            "SELECT * FROM cities c CROSS JOIN LATERAL (SELECT 1 AS one) x ORDER BY c.the_geom <-> ST_Point(0, 0) LIMIT 5",
            "SELECT * FROM (SELECT * FROM cities) as originalQuery WHERE (name ILIKE 'O''Brien%' AND adm0name IN ('A'))",
            "SELECT pg_sleep(60)",
            "SELECT 1 -- a remark",
            "SELECT nextval('cities_cartodb_id_seq'), to_tsvector('english'::regconfig, name), 'regclass' FROM cities",
            "SELECT a <-> b, c #>> '{d}', e @> f, g ~* 'h', i::int[], j[1:2], k !~ 'l', -m, @ n, o ?| p, B'01', X'ff' FROM q",
            "SELECT 'a' || $$b;c$$ /* x /* y */ z */ UNION ALL SELECT E'it\\'s'",
        ] {
            assert!(check(sql).is_ok(), "{sql}: {:?}", check(sql));
        }
        let remark = check("SELECT a /* b */ -- c\n FROM d").map(|sql| sql.as_str().to_owned());
        assert_eq!(remark, Ok("SELECT a FROM d".to_owned()));
        assert_eq!(check(" SELECT 1 ; ").map(|sql| sql.as_str().to_owned()), Ok("SELECT 1".to_owned()));
    }

    #[test]
    fn everything_else_is_no_query() {
        for sql in [
            "",
            "SELEC 1",
            "SELECT 1; SELECT 2",
            "SELECT 1) x; DROP TABLE cities --",
            "SELECT $1",
            "SELECT 'a",
            "DELETE FROM cities",
            "WITH gone AS (DELETE FROM cities RETURNING *) SELECT * FROM gone",
            "SELECT * INTO copy FROM cities",
            "SELECT * FROM cities FOR UPDATE",
            "SET ROLE postgres",
            "RESET ROLE",
            "DO $$ BEGIN END $$",
            "COPY cities TO PROGRAM 'sh'",
            "EXPLAIN SELECT 1",
            "PREPARE p AS SELECT 1",
            "CALL p()",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        ] {
            assert_eq!(check(sql), Err(GuardError::NotAQuery), "{sql}");
        }
        let deep = format!("SELECT {}1{}", "(".repeat(2_000), ")".repeat(2_000));
        assert_eq!(check(&deep), Err(GuardError::NotAQuery));
    }

    #[test]
    fn long_chains_do_not_exhaust_the_stack() {
        for part in [
            "1+",
            "1 OR ",
            "-",
            "NOT ",
            "a.",
            "1::int::",
            "CASE WHEN 1 THEN ",
            "SELECT 1 UNION ",
            "(SELECT ",
            "x[1]",
            "f(",
        ] {
            let times = 200_000 / part.len();
            for sql in
                [format!("SELECT {}1", part.repeat(times)), format!("SELECT * FROM t WHERE {}1", part.repeat(times))]
            {
                let _ = check(&sql);
            }
        }
    }

    #[test]
    fn forbidden_names_are_found_wherever_they_hide() {
        for sql in [
            "SELECT set_config('role', 'postgres', false)",
            "SELECT pg_catalog.set_config('role', 'postgres', false)",
            "SELECT \"set_config\"('role', 'postgres', false)",
            "SELECT SET_CONFIG ('role', 'postgres', false)",
            "SELECT set_config/* */('role', 'postgres', false)",
            "SELECT U&\"\\0073et_config\"('role', 'postgres', false)",
            "SELECT u&'x'",
            "SELECT query_to_xml('select 1', true, true, '')",
            "SELECT * FROM cities WHERE name = (SELECT 'x' FROM query_to_xml('select 1', true, true, ''))",
            "SELECT table_to_xml('cities', true, true, '')",
            "SELECT * FROM ts_stat('select 1')",
            "SELECT * FROM dblink('', 'select 1') AS t(a int)",
            "SELECT lo_import('/etc/passwd')",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT * FROM pg_authid",
            "SELECT * FROM pg_catalog.pg_settings",
            "SELECT * FROM \"pg_catalog\".\"pg_shadow\"",
            "SELECT * FROM information_schema.tables",
            "SELECT pg_terminate_backend(1)",
            "SELECT pg_advisory_lock(1)",
            "SELECT DropGeometryTable('cities')",
            "SELECT 'a' ||/* ' */ (SELECT string_agg(rolname,$$,$$) FROM pg_roles) AS a -- '",
            "SELECT 1 </* ' */ pg_backend_pid() -- '",
            "SELECT 1 ||-- '\n pg_backend_pid() -- '",
            "SELECT 16384::regclass",
            "SELECT CAST(10 AS \"regrole\")",
            "SELECT '{1,2}'::_regtype",
            "SELECT * FROM json_to_record('{\"a\":16384}') AS x(a regclass)",
            "SELECT pg_typeof(1)",
            "SELECT regclassout(16384)",
            "SELECT textin(\"regroleout\"(10))",
            "SELECT regnamespacein('victim')::oid",
            "SELECT aclitemout(NULL)",
            "SELECT nextval(16384)",
            "SELECT nextval('16384')",
            "SELECT setval('163' || '84', 1)",
            "SELECT xpath('count(//b)', '<a/>')",
            "SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS b text)",
            "SELECT ST_EstimatedExtent /* x */ ('victim', 'secret', 'the_geom')",
            "SELECT E'se\\x74_config'",
        ] {
            assert!(matches!(check(sql), Err(GuardError::Forbidden(_))), "{sql}: {:?}", check(sql));
        }
    }
}
