//! Statements that our parser cannot read, judged by their tokens alone.
//!
//! PostgreSQL knows more than any parser of ours: `(x).*`, `ROWS FROM`, `VARIADIC`. What begins with one of a few words, has no
//! semicolon and closes each bracket that it opens can be nothing but one query, or one statement that writes rows. The names in
//! it were looked at before, and the database holds it to the rights of its role: queries run in a transaction that only reads.

use super::lexer::Token;
use super::tables::{self, name_at, word_at};

/// What a statement is that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A query.
    Query,
    /// It changes rows of these tables: schema where one is named, and name.
    Write(Vec<(Option<String>, String)>),
}

/// Brackets inside each other that are accepted.
const DEEPEST: usize = 60;
/// Words that are in no query that only reads, unless they are names.
const WRITES: &[&str] = &["delete", "insert", "into", "merge", "set", "update"];

/// What a statement is, if it can be told.
pub fn of(tokens: &[Token]) -> Option<Shape> {
    if !is_closed(tokens) {
        return None;
    }
    let first = tokens.iter().position(|token| *token != Token::Sign("(".into()))?;
    let first = word_at(tokens, Some(first))?;
    // What comes behind its queries says what it is.
    let is_known = |main: String| ["delete", "insert", "select", "table", "update", "values"].contains(&main.as_str());
    if first == "with" && !main_word(tokens).is_some_and(is_known) {
        return None;
    }
    let is_written = (0..tokens.len()).any(|index| is_write(tokens, index));
    match first.as_str() {
        "select" | "table" | "values" | "with" if !is_written => Some(Shape::Query),
        "delete" | "insert" | "update" | "with" => {
            let targets = tables::places(tokens).into_iter().filter(|place| place.is_target);
            let tables: Vec<_> = targets.map(|place| name_at(tokens, place.index)).collect::<Option<_>>()?;
            (!tables.is_empty() && !begins_with_merge(tokens)).then_some(Shape::Write(tables))
        }
        _ => None,
    }
}

/// The word that the statement behind the queries of a `WITH` begins with: the first one of a statement outside of parentheses,
/// or of a query in parentheses.
fn main_word(tokens: &[Token]) -> Option<String> {
    let mut depth = 0_usize;
    let mut has_query = false;
    for index in 0..tokens.len() {
        if tables::is_sign(tokens, index, "(") {
            let follows_as = index.checked_sub(1).and_then(|before| word_at(tokens, Some(before)));
            let is_query_of_with = follows_as.is_some_and(|word| ["as", "materialized"].contains(&word.as_str()));
            if depth == 0 && has_query && !is_query_of_with && tables::is_sign(tokens, index.checked_sub(1)?, ")") {
                return word_at(tokens, Some(index + 1));
            }
            has_query |= depth == 0 && is_query_of_with;
            depth += 1;
        } else if tables::is_sign(tokens, index, ")") {
            depth = depth.checked_sub(1)?;
        } else if depth == 0
            && has_query
            && index.checked_sub(1).is_some_and(|before| tables::is_sign(tokens, before, ")"))
        {
            // A comma goes on with the next query; SEARCH and CYCLE say how this one is walked.
            match word_at(tokens, Some(index)) {
                Some(word) if ["search", "cycle", "as"].contains(&word.as_str()) => {}
                Some(word) => return Some(word),
                None => {}
            }
        }
    }
    None
}

fn is_write(tokens: &[Token], index: usize) -> bool {
    let is_name = index.checked_sub(1).is_some_and(|before| {
        tables::is_sign(tokens, before, ".") || word_at(tokens, Some(before)).is_some_and(|word| word == "as")
    });
    !is_name && word_at(tokens, Some(index)).is_some_and(|word| WRITES.contains(&word.as_str()))
}

fn begins_with_merge(tokens: &[Token]) -> bool {
    (0..tokens.len()).any(|index| word_at(tokens, Some(index)).is_some_and(|word| word == "merge"))
}

/// Whether it is one statement, and each bracket ends where it may.
fn is_closed(tokens: &[Token]) -> bool {
    let mut open = Vec::new();
    for token in tokens {
        let Token::Sign(sign) = token else {
            if matches!(token, Token::Parameter(_)) {
                return false;
            }
            continue;
        };
        let is_right = match sign.as_str() {
            "(" | "[" => {
                open.push(sign.as_str());
                open.len() <= DEEPEST
            }
            ")" => open.pop() == Some("("),
            "]" => open.pop() == Some("["),
            ";" => false,
            _ => true,
        };
        if !is_right {
            return false;
        }
    }
    open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    fn shape(sql: &str) -> Option<Shape> {
        of(&tokens(sql).ok()?)
    }

    #[test]
    fn statements_are_told_by_their_tokens() {
        for sql in [
            "SELECT (ST_Dump(g)).* FROM t",
            "(SELECT 1) UNION VALUES (2)",
            "WITH a AS (SELECT 1) TABLE a",
            "SELECT x.update, 1 AS delete FROM t",
            "SELECT 'insert' || \"into\" FROM t",
        ] {
            assert_eq!(shape(sql), Some(Shape::Query), "{sql}");
        }
        let write = |name: &str| Some(Shape::Write(vec![(None, name.to_owned())]));
        assert_eq!(shape("INSERT INTO t SELECT (x).* FROM u"), write("t"));
        assert_eq!(shape("WITH a AS (DELETE FROM t RETURNING *) SELECT (a).* FROM a"), write("t"));
    }

    #[test]
    fn nothing_else_passes() {
        for sql in [
            "",
            "SELECT 1; SELECT 2",
            "SELECT 1) x; DROP TABLE t --",
            "SELECT 1) AS a, (SELECT 2",
            "SELECT (1]",
            "SELECT (1",
            "SELECT $1",
            "SELECT * INTO x FROM t",
            "SELECT * FROM t FOR UPDATE",
            "SET ROLE postgres",
            "DO $$ BEGIN END $$",
            "EXPLAIN SELECT 1",
            "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
            "WITH a AS (SELECT 1) MERGE INTO t USING a ON true WHEN MATCHED THEN DELETE",
            "CREATE TABLE t (a int)",
            "COPY t FROM STDIN",
            "WITH x AS (SELECT 1) SET ROLE postgres",
            "WITH x AS (SELECT 1) COPY t FROM STDIN",
            "WITH x AS (DELETE FROM t RETURNING *) DROP TABLE t",
        ] {
            assert_eq!(shape(sql), None, "{sql}");
        }
        let deep = format!("SELECT {}1{}", "(".repeat(61), ")".repeat(61));
        assert_eq!(shape(&deep), None);
    }
}
