//! `COPY` between a table and a client: the one form of it that touches no file and runs no program.

use super::lexer::Token;
use super::tables::{is_sign, name_at, word_at};
use super::{CheckedSql, GuardError, RunnableSql, check_text, check_tokens_as_query, check_words, lexed, lexer};

/// A `COPY` statement that may be run.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedCopy {
    /// The text.
    pub sql: RunnableSql,
    /// The table that rows go into: schema where one is named, and name; none where rows come out.
    pub into: Option<(Option<String>, String)>,
}

/// Options that are only about the form of the data.
const OPTIONS: &[&str] = &[
    "as",
    "binary",
    "csv",
    "default",
    "delimiter",
    "encoding",
    "escape",
    "false",
    "force",
    "force_not_null",
    "force_null",
    "force_quote",
    "format",
    "header",
    "match",
    "not",
    "null",
    "off",
    "on",
    "quote",
    "text",
    "true",
    "with",
];

/// Checks a `COPY` statement of a user.
///
/// # Errors
/// Why it may not be run.
pub fn check_copy(sql: &str) -> Result<CheckedCopy, GuardError> {
    let mut tokens = lexed(sql)?;
    while tokens.last().is_some_and(lexer::is_semicolon) {
        tokens.pop();
    }
    let text = lexer::written(&tokens);
    check_text(&text)?;
    check_words(&tokens)?;
    let is_word = |index: usize, wanted: &str| word_at(&tokens, Some(index)).is_some_and(|word| word == wanted);
    if !is_word(0, "copy") || tokens.iter().any(lexer::is_semicolon) {
        return Err(GuardError::NotAQuery);
    }
    let behind = if is_sign(&tokens, 1, "(") { behind_query(&tokens)? } else { behind_table(&tokens)? };
    let is_in = is_word(behind, "from") && is_word(behind + 1, "stdin") && !is_sign(&tokens, 1, "(");
    let is_out = is_word(behind, "to") && is_word(behind + 1, "stdout");
    let options = tokens.get(behind + 2..).unwrap_or_default();
    if !(is_in || is_out) || !are_options(options) {
        return Err(GuardError::NotAQuery);
    }
    let into = if is_in { Some(name_at(&tokens, 1).ok_or(GuardError::NotAQuery)?) } else { None };
    Ok(CheckedCopy { sql: RunnableSql::of_user(&text), into })
}

/// The index behind `COPY (query)`, whose query must only read.
fn behind_query(tokens: &[Token]) -> Result<usize, GuardError> {
    let end = closing(tokens, 1).ok_or(GuardError::NotAQuery)?;
    let _: CheckedSql = check_tokens_as_query(tokens.get(2..end).unwrap_or_default().to_vec())?;
    Ok(end + 1)
}

/// The index behind `COPY table (columns)`.
fn behind_table(tokens: &[Token]) -> Result<usize, GuardError> {
    let is_name = |index: usize| matches!(tokens.get(index), Some(Token::Word(_) | Token::Quoted(_)));
    let name = if is_sign(tokens, 2, ".") { 3 } else { 1 };
    if !is_name(1) || !is_name(name) {
        return Err(GuardError::NotAQuery);
    }
    match is_sign(tokens, name + 1, "(") {
        false => Ok(name + 1),
        true => Ok(closing(tokens, name + 1).ok_or(GuardError::NotAQuery)? + 1),
    }
}

/// The index of the parenthesis that ends the one at an index.
fn closing(tokens: &[Token], begin: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for index in begin..tokens.len() {
        if is_sign(tokens, index, "(") {
            depth += 1;
        } else if is_sign(tokens, index, ")") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// Whether there is nothing but options. Names of columns stand in parentheses of their own.
fn are_options(tokens: &[Token]) -> bool {
    let mut depth = 0_usize;
    tokens.iter().enumerate().all(|(index, token)| match token {
        Token::Word(word) => {
            let known = OPTIONS.contains(&word.to_lowercase().as_str());
            // `ENCODING UTF8` and the columns of `FORCE_NULL (a)`.
            known || depth > 1 || word_at(tokens, index.checked_sub(1)).is_some_and(|word| word == "encoding")
        }
        Token::Quoted(_) => depth > 1,
        Token::Text(_) | Token::Number(_) => true,
        Token::Sign(sign) => {
            match sign.as_str() {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            ["(", ")", ",", "*"].contains(&sign.as_str())
        }
        Token::Special(..) | Token::Parameter(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_and_out() {
        for (sql, into) in [
            ("COPY t FROM STDIN", Some((None, "t"))),
            (
                "COPY public.\"T\" (a, \"b c\") FROM STDIN WITH (FORMAT csv, HEADER true, NULL '')",
                Some((Some("public"), "T")),
            ),
            ("copy t (a) from stdin with (format text, encoding UTF8);", Some((None, "t"))),
            ("COPY t FROM STDIN WITH CSV HEADER DELIMITER ';'", Some((None, "t"))),
            ("COPY t FROM STDIN WITH DELIMITER AS ';' NULL AS '' CSV", Some((None, "t"))),
            ("COPY t FROM STDIN (FORMAT csv, FORCE_NULL (a, b))", Some((None, "t"))),
            ("COPY t TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)", None),
            ("COPY (SELECT a, (b).* FROM t WHERE c IN (1, 2)) TO STDOUT (FORMAT binary)", None),
        ] {
            let found = check_copy(sql).map(|copy| copy.into);
            let into = into.map(|(schema, name): (Option<&str>, &str)| (schema.map(str::to_owned), name.to_owned()));
            assert_eq!(found, Ok(into), "{sql}");
        }
    }

    #[test]
    fn files_and_programs_are_out_of_reach() {
        for sql in [
            "COPY t FROM '/etc/passwd'",
            "COPY t TO '/tmp/x'",
            "COPY t FROM PROGRAM 'id'",
            "COPY t TO PROGRAM 'id'",
            "COPY (SELECT 1) TO PROGRAM 'id'",
            "COPY (DELETE FROM t RETURNING *) TO STDOUT",
            "COPY (SELECT 1) FROM STDIN",
            "COPY (SELECT 1) TO STDOUT; DROP TABLE t",
            "COPY t FROM STDIN WHERE a > 1",
            "COPY t FROM STDIN WITH (FREEZE)",
            "COPY t (a) TO STDOUT PROGRAM 'id'",
            "COPY a.b.c FROM STDIN",
            "SELECT 1",
            "COPY",
            "COPY (SELECT 1 TO STDOUT",
        ] {
            assert_eq!(check_copy(sql), Err(GuardError::NotAQuery), "{sql}");
        }
        assert!(matches!(check_copy("COPY pg_authid TO STDOUT"), Err(GuardError::Forbidden(_))));
        assert!(matches!(check_copy("COPY (SELECT * FROM pg_shadow) TO STDOUT"), Err(GuardError::Forbidden(_))));
    }
}
