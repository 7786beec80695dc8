//! Several statements in one request, taken apart and checked one by one.

use super::lexer::{Token, is_semicolon, written};
use super::tables::word_at;
use super::writes::{CheckedStatement, check_tokens};
use super::{GuardError, lexed};

/// Statements that one request may have.
const MOST_STATEMENTS: usize = 1_000;
/// The function that GDAL makes when it opens an account for writing. The server has one of this name.
const OF_GDAL: &str = "ogr_table_metadata";

/// Checks the statements of a user, of which there may be several; those that begin and end a transaction are left out, for all
/// of them run in one.
///
/// # Errors
/// Why one of them may not be run.
pub fn check_script(sql: &str) -> Result<Vec<CheckedStatement>, GuardError> {
    let tokens = lexed(sql)?;
    let statements = tokens.split(is_semicolon).filter(|statement| !statement.is_empty());
    let statements: Vec<_> = statements.filter(|statement| !is_left_out(statement)).collect();
    match statements.len() {
        0 if tokens.is_empty() => Err(GuardError::NotAQuery),
        count if count > MOST_STATEMENTS => Err(GuardError::TooLong),
        _ => statements.into_iter().map(|statement| check_tokens(statement.to_vec())).collect(),
    }
}

/// The first of several statements that may not be run, as it would be written; none where there is one statement only.
pub fn first_refused(sql: &str) -> Option<String> {
    let tokens = lexed(sql).ok()?;
    let mut statements = tokens.split(is_semicolon).filter(|statement| !statement.is_empty());
    if statements.clone().count() < 2 {
        return None;
    }
    let refused = statements.find(|statement| !is_left_out(statement) && check_tokens(statement.to_vec()).is_err())?;
    Some(written(refused))
}

fn is_left_out(statement: &[Token]) -> bool {
    let words: Vec<String> =
        (0..statement.len().min(7)).map(|index| word_at(statement, Some(index)).unwrap_or_default()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["begin" | "commit" | "end"]
            | ["begin" | "commit" | "end", "transaction" | "work"]
            | ["start", "transaction"]
            | ["drop", "function", "if", "exists", OF_GDAL, ..]
            | ["create", "or", "replace", "function", OF_GDAL, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(sql: &str) -> Result<usize, GuardError> {
        check_script(sql).map(|statements| statements.len())
    }

    #[test]
    fn statements_are_taken_apart() {
        assert_eq!(count("SELECT 1; SELECT ';' AS a;"), Ok(2));
        assert_eq!(count(";;SELECT 1;;"), Ok(1));
        assert_eq!(count("BEGIN; DROP TABLE IF EXISTS t;CREATE TABLE t (a int); COMMIT;"), Ok(2));
        let gdal = "DROP FUNCTION IF EXISTS ogr_table_metadata(TEXT,TEXT); CREATE OR REPLACE FUNCTION \
                    ogr_table_metadata(a TEXT) RETURNS int AS $$ SELECT 1; $$ LANGUAGE SQL";
        assert_eq!(count(gdal), Ok(0));
    }

    #[test]
    fn each_one_is_checked() {
        for sql in [
            "SELECT 1; SET ROLE postgres",
            "SELECT 1; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SELECT 1; ROLLBACK; SELECT 2",
            "BEGIN ISOLATION LEVEL SERIALIZABLE",
            "SELECT 1) x; DROP TABLE cities --",
            "",
        ] {
            assert_eq!(count(sql), Err(GuardError::NotAQuery), "{sql}");
        }
        assert_eq!(first_refused("SELECT 1; VACUUM; SELECT 2").as_deref(), Some("VACUUM"));
        assert_eq!(first_refused("VACUUM"), None);
        assert!(matches!(count("SELECT 1; SELECT set_config('a', 'b', true)"), Err(GuardError::Forbidden(_))));
        assert_eq!(count(&"SELECT 1;".repeat(1_001)), Err(GuardError::TooLong));
    }
}
