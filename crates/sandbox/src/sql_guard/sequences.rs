//! Statements about sequences, which programs that make tables send: by their tokens, for there is little to them.

use super::lexer::Token;
use super::tables::{is_sign, word_at};

/// Words that say how a new sequence counts.
const COUNTING: &[&str] = &["by", "cache", "cycle", "increment", "maxvalue", "minvalue", "no", "start", "with"];

/// Whether a statement makes, drops or hands over sequences and does nothing else.
pub fn is_plain(tokens: &[Token]) -> bool {
    let word = |index: usize| word_at(tokens, Some(index)).unwrap_or_default();
    if word(1) != "sequence" {
        return false;
    }
    let begin = match (word(2).as_str(), word(3).as_str(), word(4).as_str()) {
        ("if", "not", "exists") => 5,
        ("if", "exists", _) => 4,
        _ => 2,
    };
    let Some(behind) = behind_name(tokens, begin) else { return false };
    let rest = tokens.get(behind..).unwrap_or_default();
    match word(0).as_str() {
        "create" => rest.iter().all(|token| match token {
            Token::Word(word) => COUNTING.contains(&word.to_lowercase().as_str()),
            Token::Number(_) => true,
            Token::Sign(sign) => sign == "-",
            _ => false,
        }),
        "drop" => ends_drop(tokens, behind),
        "alter" => {
            let is_owned = word(behind) == "owned" && word(behind + 1) == "by";
            is_owned && behind_name(tokens, behind + 2) == Some(tokens.len())
        }
        _ => false,
    }
}

/// More names, and what becomes of whatever leans on the sequences.
fn ends_drop(tokens: &[Token], mut behind: usize) -> bool {
    while is_sign(tokens, behind, ",") {
        match behind_name(tokens, behind + 1) {
            Some(next) => behind = next,
            None => return false,
        }
    }
    let last = word_at(tokens, Some(behind)).unwrap_or_default();
    behind == tokens.len() || behind + 1 == tokens.len() && ["cascade", "restrict"].contains(&last.as_str())
}

/// The index behind a name, which may have dots.
fn behind_name(tokens: &[Token], begin: usize) -> Option<usize> {
    let is_name = |index: usize| matches!(tokens.get(index), Some(Token::Word(_) | Token::Quoted(_)));
    let mut behind = begin;
    loop {
        if !is_name(behind) {
            return None;
        }
        behind += 1;
        if !is_sign(tokens, behind, ".") {
            return Some(behind);
        }
        behind += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    #[test]
    fn sequences_are_made_dropped_and_handed_over() {
        let plain = |sql: &str| tokens(sql).is_ok_and(|tokens| is_plain(&tokens));
        for sql in [
            "CREATE SEQUENCE \"a_seq\" START 1",
            "CREATE SEQUENCE IF NOT EXISTS demo.a START WITH -5 INCREMENT BY 2 NO CYCLE",
            "DROP SEQUENCE IF EXISTS \"a_seq\" CASCADE",
            "DROP SEQUENCE a, demo.b",
            "ALTER SEQUENCE \"a_seq\" OWNED BY \"a\".cartodb_id",
        ] {
            assert!(plain(sql), "{sql}");
        }
        for sql in [
            "CREATE TEMP SEQUENCE a",
            "CREATE SEQUENCE a OWNED BY b.c",
            "CREATE SEQUENCE a AS (SELECT 1)",
            "DROP SEQUENCE a; DROP TABLE b",
            "DROP SEQUENCE a CASCADE b",
            "ALTER SEQUENCE a OWNER TO postgres",
            "ALTER SEQUENCE a SET SCHEMA sandbox",
            "ALTER SEQUENCE a OWNED BY b.c RESTART",
            "DROP TABLE a",
        ] {
            assert!(!plain(sql), "{sql}");
        }
    }
}
