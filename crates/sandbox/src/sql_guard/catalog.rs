//! System tables of which users see a part: their own tables, and the types of PostgreSQL and PostGIS.
//!
//! Programs that edit tables read the catalog for columns and keys. The tables of PostgreSQL tell of everybody, so these names
//! lead to views of the same columns in the schema of CARTO's functions, which the database restricts to what the role may read.

use super::lexer::Token;
use super::tables::is_sign;

/// The schema of the views, and of CARTO's functions.
pub const SCHEMA: &str = "cartodb";

/// Tables of which there are views.
const VIEWS: &[&str] = &["pg_attrdef", "pg_attribute", "pg_class", "pg_index", "pg_namespace", "pg_type"];
/// Functions about what is in those.
const FUNCTIONS: &[&str] = &["format_type", "pg_get_expr", "pg_get_serial_sequence"];

/// The statement with its system tables and functions replaced.
pub fn with_views(tokens: Vec<Token>) -> Vec<Token> {
    let tokens = without_casts(tokens);
    let mut replaced = Vec::with_capacity(tokens.len());
    for (index, token) in tokens.iter().enumerate() {
        if is_known(token, is_sign(&tokens, index + 1, "(")) {
            let before = |steps: usize| index.checked_sub(steps).and_then(|at| tokens.get(at));
            let is_named = |token: Option<&Token>, name: &str| match token {
                Some(Token::Word(word)) => word.eq_ignore_ascii_case(name),
                Some(Token::Quoted(quoted)) => quoted == name,
                _ => false,
            };
            let dot = Some(Token::Sign(".".into()));
            let is_qualified = before(1) == dot.as_ref();
            let is_of_catalog = is_qualified && is_named(before(2), "pg_catalog") && before(3) != dot.as_ref();
            if is_of_catalog {
                replaced.truncate(replaced.len().saturating_sub(2));
            }
            if is_of_catalog || !is_qualified && !is_named(before(1), "as") {
                replaced.extend([Token::Word(SCHEMA.into()), Token::Sign(".".into())]);
            }
        }
        replaced.push(token.clone());
    }
    replaced
}

/// Names of tables for CARTO's functions are texts here: `'t'::regclass` among their arguments is `'t'`.
fn without_casts(tokens: Vec<Token>) -> Vec<Token> {
    let is_argument = |index: usize| {
        let Some(Token::Text(_)) = tokens.get(index) else { return false };
        let mut call = index;
        while call > 0 && (is_sign(&tokens, call - 1, ",") || matches!(tokens.get(call - 1), Some(Token::Text(_)))) {
            call -= 1;
        }
        let name = call.checked_sub(2).and_then(|name| tokens.get(name));
        let is_ours = matches!(name, Some(Token::Word(name)) if name.to_lowercase().starts_with("cdb_"));
        is_ours && is_sign(&tokens, call - 1, "(")
    };
    let is_cast = |index: usize| {
        let is_type = matches!(tokens.get(index + 1), Some(Token::Word(name)) if name.eq_ignore_ascii_case("regclass"));
        is_type && is_sign(&tokens, index, "::") && index.checked_sub(1).is_some_and(is_argument)
    };
    let casts: Vec<usize> = (0..tokens.len()).filter(|index| is_cast(*index)).collect();
    let left =
        |index: &usize| !casts.contains(index) && !index.checked_sub(1).is_some_and(|before| casts.contains(&before));
    if casts.is_empty() {
        return tokens;
    }
    (0..tokens.len()).filter(left).filter_map(|index| tokens.get(index).cloned()).collect()
}

fn is_known(token: &Token, is_called: bool) -> bool {
    let (Token::Word(name) | Token::Quoted(name)) = token else { return false };
    let known = if is_called { FUNCTIONS } else { VIEWS };
    known.contains(&name.to_lowercase().as_str())
}

/// Whether the name at an index leads to one of the views or functions.
pub fn is_own(tokens: &[Token], index: usize) -> bool {
    let of_schema = index.checked_sub(2).and_then(|at| tokens.get(at));
    let is_column_of = is_sign(tokens, index + 1, ".");
    let is_called = is_sign(tokens, index + 1, "(");
    of_schema == Some(&Token::Word(SCHEMA.into()))
        && index.checked_sub(1).is_some_and(|at| is_sign(tokens, at, "."))
        && index.checked_sub(3).is_none_or(|at| !is_sign(tokens, at, "."))
        && tokens.get(index).is_some_and(|token| is_known(token, is_called && !is_column_of))
}

#[cfg(test)]
mod tests {
    use super::super::lexer::{tokens, written};
    use super::*;

    #[test]
    fn names_lead_to_views() {
        for (sql, expected) in [
            ("SELECT relname FROM pg_class c", "SELECT relname FROM cartodb . pg_class c"),
            ("SELECT pg_class.oid FROM \"pg_class\"", "SELECT cartodb . pg_class . oid FROM cartodb . \"pg_class\""),
            ("SELECT 1 FROM pg_catalog.pg_index i", "SELECT 1 FROM cartodb . pg_index i"),
            ("SELECT pg_catalog.format_type(1, 2)", "SELECT cartodb . format_type ( 1 , 2 )"),
            (
                "SELECT victim.pg_class, 'pg_class' AS pg_class, format_type",
                "SELECT victim . pg_class , 'pg_class' AS pg_class , format_type",
            ),
            ("SELECT x.pg_catalog.pg_class", "SELECT x . pg_catalog . pg_class"),
            (
                "SELECT CDB_ColumnNames('t'::regclass), 't'::regclass",
                "SELECT CDB_ColumnNames ( 't' ) , 't' :: regclass",
            ),
            (
                "SELECT cdb_x('s', 't'::regclass), f('t'::regclass)",
                "SELECT cdb_x ( 's' , 't' ) , f ( 't' :: regclass )",
            ),
            ("SELECT * FROM pg_authid", "SELECT * FROM pg_authid"),
        ] {
            assert_eq!(tokens(sql).map(|tokens| written(&with_views(tokens))).as_deref(), Ok(expected), "{sql}");
        }
    }
}
