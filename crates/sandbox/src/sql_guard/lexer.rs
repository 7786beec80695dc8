//! SQL as PostgreSQL reads it: words, texts, numbers and signs, by the rules of its own lexer.
//!
//! What reaches the database is written anew from these tokens ([`written`]): without comments, with every text in its
//! plainest form and a blank between any two tokens. So there is nothing left that two readers could take differently.
//!
//! The rules: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.

use crate::db::quote_literal;
use std::ops::Range;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A keyword or a name without quotes, as it is written.
    Word(String),
    /// A name in double quotes, without them.
    Quoted(String),
    /// A text, whatever quotes it had, with its escapes resolved.
    Text(String),
    /// `B'…'`, `X'…'` or `N'…'`: the letter and what is between the quotes.
    Special(char, String),
    /// A number, as it is written.
    Number(String),
    /// A parameter, such as `$1`.
    Parameter(String),
    /// An operator or another sign.
    Sign(String),
}

/// Text that PostgreSQL cannot take apart, or nobody should: it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexError {
    /// A quote or a comment without an end, a sign that has no meaning, a number with something at it.
    Malformed,
    /// `U&'…'` and `U&"…"`, whose escape sign is told behind them.
    UnicodeEscapes,
}

/// Takes a text apart.
///
/// # Errors
/// Why it cannot be done.
pub fn tokens(sql: &str) -> Result<Vec<Token>, LexError> {
    Ok(located(sql)?.into_iter().map(|(token, _)| token).collect())
}

/// Takes a text apart, and tells the bytes of each token in it.
///
/// # Errors
/// Why it cannot be done.
pub fn located(sql: &str) -> Result<Vec<(Token, Range<usize>)>, LexError> {
    let mut lexer = Lexer { rest: sql };
    let mut tokens = Vec::new();
    while lexer.skip_blanks_and_comments()? {
        let begin = sql.len() - lexer.rest.len();
        let token = lexer.next()?;
        tokens.push((token, begin..sql.len() - lexer.rest.len()));
    }
    Ok(tokens)
}

/// Whether a token ends a statement.
pub fn is_semicolon(token: &Token) -> bool {
    *token == Token::Sign(";".into())
}

/// Writes tokens so that they can be read in one way only.
pub fn written(tokens: &[Token]) -> String {
    let mut sql = String::new();
    for token in tokens {
        if !sql.is_empty() {
            sql.push(' ');
        }
        match token {
            Token::Word(text) | Token::Number(text) | Token::Parameter(text) | Token::Sign(text) => sql.push_str(text),
            Token::Quoted(name) => sql.push_str(&crate::db::quote_identifier(name)),
            Token::Text(text) => sql.push_str(&quote_literal(text)),
            Token::Special(letter, text) => sql.push_str(&format!("{letter}'{}'", text.replace('\'', "''"))),
        }
    }
    sql
}

/// Signs that operators are made of.
const OPERATOR: &str = "~!@#^&|`?+-*/%<>=";
/// Signs that let an operator end with a plus or a minus.
const LETS_END_WITH_SIGN: &str = "~!@#^&|`?%";
/// Signs that stand for themselves.
const ALONE: &str = ",()[].;:";

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// Whatever is not ASCII is a letter to PostgreSQL, blanks of other scripts too.
fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn continues_word(c: char) -> bool {
    begins_word(c) || c.is_ascii_digit() || c == '$'
}

struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    /// Takes what is before byte `end`.
    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.take(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()))
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    /// Whether there is anything behind blanks and comments.
    fn skip_blanks_and_comments(&mut self) -> Result<bool, LexError> {
        loop {
            self.take_while(is_blank);
            if self.rest.starts_with("--") {
                self.take_while(|c| !is_line_end(c));
            } else if self.rest.starts_with("/*") {
                self.skip_block_comment()?;
            } else {
                return Ok(!self.rest.is_empty());
            }
        }
    }

    /// Comments of this kind are nested.
    fn skip_block_comment(&mut self) -> Result<(), LexError> {
        let mut depth = 0_usize;
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.take(2);
                if depth == 0 {
                    return Ok(());
                }
            } else {
                let next = self.peek().ok_or(LexError::Malformed)?;
                self.take(next.len_utf8());
            }
        }
    }

    fn next(&mut self) -> Result<Token, LexError> {
        let first = self.peek().ok_or(LexError::Malformed)?;
        match (first.to_ascii_lowercase(), self.second()) {
            ('\'', _) => self.plain_text().map(Token::Text),
            ('"', _) => self.quoted_name(),
            ('e', Some('\'')) => {
                self.take(1);
                self.escaped_text().map(Token::Text)
            }
            (letter @ ('b' | 'x' | 'n'), Some('\'')) => {
                self.take(1);
                let text = self.plain_text()?;
                let is_digit = |c: char| if letter == 'b' { matches!(c, '0' | '1') } else { c.is_ascii_hexdigit() };
                if letter != 'n' && !text.chars().all(is_digit) {
                    return Err(LexError::Malformed);
                }
                Ok(Token::Special(letter.to_ascii_uppercase(), text))
            }
            ('u', Some('&')) if self.rest.get(2..).is_some_and(|rest| rest.starts_with(['\'', '"'])) => {
                Err(LexError::UnicodeEscapes)
            }
            ('$', _) => self.dollar(),
            ('0'..='9', _) | ('.', Some('0'..='9')) => self.number(),
            _ if begins_word(first) => Ok(Token::Word(self.take_while(continues_word).to_owned())),
            _ => self.sign(first),
        }
    }

    /// Texts that follow each other on other lines are one.
    fn continues(&mut self) -> bool {
        let mut ahead = Lexer { rest: self.rest };
        let mut has_line_end = false;
        loop {
            has_line_end |= ahead.take_while(is_blank).contains(is_line_end);
            // Only a remark that stands on a line of its own, or ends one, may be between them.
            if !ahead.rest.starts_with("--") {
                break;
            }
            ahead.take_while(|c| !is_line_end(c));
        }
        let is_more = has_line_end && ahead.rest.starts_with('\'');
        if is_more {
            self.rest = ahead.rest;
        }
        is_more
    }

    /// Without the quotes; the backslash means nothing.
    fn plain_text(&mut self) -> Result<String, LexError> {
        let mut text = String::new();
        loop {
            text.push_str(&self.between('\'')?);
            if !self.continues() {
                return Ok(text);
            }
        }
    }

    /// What is between two quotes; two of them inside are one.
    fn between(&mut self, quote: char) -> Result<String, LexError> {
        self.take(1);
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != quote));
            self.peek().ok_or(LexError::Malformed)?;
            self.take(1);
            if self.peek() != Some(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.take(1);
        }
    }

    fn quoted_name(&mut self) -> Result<Token, LexError> {
        let name = self.between('"')?;
        if name.is_empty() { Err(LexError::Malformed) } else { Ok(Token::Quoted(name)) }
    }

    /// With escapes of a backslash.
    fn escaped_text(&mut self) -> Result<String, LexError> {
        // Escapes may spell the bytes of a letter one by one.
        let mut bytes = Vec::new();
        loop {
            self.take(1);
            loop {
                bytes.extend_from_slice(self.take_while(|c| c != '\'' && c != '\\').as_bytes());
                match (self.peek().ok_or(LexError::Malformed)?, self.second()) {
                    ('\'', Some('\'')) => {
                        bytes.push(b'\'');
                        self.take(2);
                    }
                    ('\'', _) => break,
                    _ => {
                        self.take(1);
                        self.escape(&mut bytes)?;
                    }
                }
            }
            self.take(1);
            if !self.continues() {
                let text = String::from_utf8(bytes).map_err(|_| LexError::Malformed)?;
                // The database takes no zero byte.
                return if text.contains('\0') { Err(LexError::Malformed) } else { Ok(text) };
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), LexError> {
        let next = self.peek().ok_or(LexError::Malformed)?;
        let digits = |lexer: &Self, most: usize, radix: u32| {
            lexer.rest.chars().take(most).take_while(|c| c.is_digit(radix)).count()
        };
        match next {
            '0'..='7' => {
                let octal = self.take(digits(self, 3, 8));
                // As in C, the ninth bit is lost.
                bytes.push((u16::from_str_radix(octal, 8).map_err(|_| LexError::Malformed)? & 0xff) as u8);
            }
            'x' if self.second().is_some_and(|c| c.is_ascii_hexdigit()) => {
                self.take(1);
                let hexadecimal = self.take(digits(self, 2, 16));
                bytes.push(u8::from_str_radix(hexadecimal, 16).map_err(|_| LexError::Malformed)?);
            }
            'u' | 'U' => {
                let mut letter = self.code_point()?;
                if (0xd800..0xdc00).contains(&letter) {
                    if !self.rest.starts_with('\\') {
                        return Err(LexError::Malformed);
                    }
                    self.take(1);
                    let low = self.code_point()?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return Err(LexError::Malformed);
                    }
                    letter = 0x10000 + ((letter - 0xd800) << 10) + (low - 0xdc00);
                }
                let letter = char::from_u32(letter).ok_or(LexError::Malformed)?;
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => {
                let meant = match other {
                    'b' => '\x08',
                    'f' => '\x0c',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    // Since PostgreSQL 18; before, the letter itself: nobody means either.
                    'v' => return Err(LexError::Malformed),
                    other => other,
                };
                bytes.extend_from_slice(meant.encode_utf8(&mut [0; 4]).as_bytes());
                self.take(other.len_utf8());
            }
        }
        Ok(())
    }

    /// `u` with four digits, `U` with eight.
    fn code_point(&mut self) -> Result<u32, LexError> {
        let length = match self.peek() {
            Some('u') => 4,
            Some('U') => 8,
            _ => return Err(LexError::Malformed),
        };
        self.take(1);
        let digits = self.rest.get(..length).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(LexError::Malformed)?;
        self.take(length);
        Ok(code)
    }

    /// `$tag$ … $tag$`, or a parameter.
    fn dollar(&mut self) -> Result<Token, LexError> {
        let behind = self.rest.get(1..).unwrap_or_default();
        if behind.starts_with(|c: char| c.is_ascii_digit()) {
            self.take(1);
            let number = self.take_while(|c| c.is_ascii_digit());
            return match self.peek() {
                Some(c) if continues_word(c) => Err(LexError::Malformed),
                _ => Ok(Token::Parameter(format!("${number}"))),
            };
        }
        let tag = behind.find(|c| !(begins_word(c) || c.is_ascii_digit())).unwrap_or(behind.len());
        if !behind.get(tag..).is_some_and(|rest| rest.starts_with('$')) {
            return Err(LexError::Malformed);
        }
        let delimiter = self.take(tag + 2);
        let end = self.rest.find(delimiter).ok_or(LexError::Malformed)?;
        let text = self.take(end).to_owned();
        self.take(delimiter.len());
        Ok(Token::Text(text))
    }

    fn number(&mut self) -> Result<Token, LexError> {
        let digits = |rest: &str| rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let mut end = digits(self.rest);
        let behind = |at: usize| self.rest.get(at..).unwrap_or_default();
        // Two dots are a sign of their own.
        if behind(end).starts_with('.') && !behind(end).starts_with("..") {
            end += 1 + digits(behind(end + 1));
        }
        if behind(end).starts_with(['e', 'E']) {
            let sign = usize::from(behind(end + 1).starts_with(['+', '-']));
            let exponent = digits(behind(end + 1 + sign));
            if exponent == 0 {
                return Err(LexError::Malformed);
            }
            end += 1 + sign + exponent;
        }
        // Older servers read `1a` as two tokens, newer ones not at all, and some know `0x1f` and `1_000`.
        if behind(end).starts_with(continues_word) {
            return Err(LexError::Malformed);
        }
        Ok(Token::Number(self.take(end).to_owned()))
    }

    fn sign(&mut self, first: char) -> Result<Token, LexError> {
        for sign in ["::", ":=", ".."] {
            if self.rest.starts_with(sign) {
                self.take(sign.len());
                return Ok(Token::Sign(sign.to_owned()));
            }
        }
        if ALONE.contains(first) {
            self.take(1);
            return Ok(Token::Sign(first.to_string()));
        }
        let run = self.rest.find(|c| !OPERATOR.contains(c)).unwrap_or(self.rest.len());
        let mut operator = self.rest.get(..run).unwrap_or_default();
        // A comment may begin in the middle of what looks like an operator.
        for comment in ["--", "/*"] {
            operator = operator.get(..operator.find(comment).unwrap_or(operator.len())).unwrap_or_default();
        }
        // `a=-1` is no operator `=-`, but `a@-1` is one.
        while operator.len() > 1 && operator.ends_with(['+', '-']) {
            let before = operator.get(..operator.len() - 1).unwrap_or_default();
            if before.contains(|c| LETS_END_WITH_SIGN.contains(c)) {
                break;
            }
            operator = before;
        }
        if operator.is_empty() {
            return Err(LexError::Malformed);
        }
        let operator = operator.to_owned();
        self.take(operator.len());
        Ok(Token::Sign(operator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str) -> Result<String, LexError> {
        tokens(sql).map(|tokens| written(&tokens))
    }

    #[test]
    fn comments_begin_where_postgresql_sees_them() {
        for (sql, expected) in [
            ("SELECT 'a' ||/* ' */ (b) AS a -- '", "SELECT 'a' || ( b ) AS a"),
            ("SELECT 'a' ||-- '\n b", "SELECT 'a' || b"),
            ("SELECT 1 </* ' */ 2", "SELECT 1 < 2"),
            ("SELECT 1 /* a /* b */ c */ + 2", "SELECT 1 + 2"),
            ("SELECT 1--2\r+3", "SELECT 1 + 3"),
            ("SELECT 1 @--2\n 3", "SELECT 1 @ 3"),
            ("SELECT a*/**/b", "SELECT a * b"),
        ] {
            assert_eq!(shown(sql).as_deref(), Ok(expected), "{sql}");
        }
        assert_eq!(shown("SELECT 1 /* /* */"), Err(LexError::Malformed));
    }

    #[test]
    fn texts_are_written_in_one_form() {
        for (sql, expected) in [
            ("'it''s'", "'it''s'"),
            ("'a\\'", " E'a\\\\'"),
            ("E'it\\'s \\x41\\102\\u00e9\\n'", "'it''s ABé\n'"),
            ("E'\\xc3\\xa9 \\ud83d\\ude00'", "'é 😀'"),
            ("e'a' \n 'b\\x41'", "'abA'"),
            ("'a' -- x\n -- y\n 'b'", "'ab'"),
            ("'a' 'b'", "'a' 'b'"),
            ("$$a'b$$ $x$ $$ $y$ $x$", "'a''b' ' $$ $y$ '"),
            ("N'a' b'01' X'fF'", "N'a' B'01' X'fF'"),
            ("\"a\"\"b\" \"set_config\"", "\"a\"\"b\" \"set_config\""),
        ] {
            assert_eq!(shown(sql).as_deref(), Ok(expected), "{sql}");
        }
        for sql in ["'a", "E'a\\'", "$a$ b $b$", "\"\"", "E'\\xff'", "E'\\ud83d'", "E'\\u00'", "E'\\0'", "b'2'"] {
            assert_eq!(shown(sql), Err(LexError::Malformed), "{sql}");
        }
        assert_eq!(shown("U&'a'"), Err(LexError::UnicodeEscapes));
        assert_eq!(shown("u&\"a\" uescape '!'"), Err(LexError::UnicodeEscapes));
    }

    #[test]
    fn numbers_words_and_signs_are_told_apart() {
        for (sql, expected) in [
            ("1.5e-3+.5-1.", "1.5e-3 + .5 - 1."),
            ("a=-1", "a = - 1"),
            ("a@-1", "a @- 1"),
            ("a<->b", "a <-> b"),
            ("x::int[1:2]", "x :: int [ 1 : 2 ]"),
            ("a->>'b'#>>'{c}'", "a ->> 'b' #>> '{c}'"),
            ("$1+$2", "$1 + $2"),
            ("a$1 é\u{a0}b", "a$1 é\u{a0}b"),
            ("f(a=>1, b:=2)", "f ( a => 1 , b := 2 )"),
        ] {
            assert_eq!(shown(sql).as_deref(), Ok(expected), "{sql}");
        }
        for sql in ["1a", "1e", "0x1f", "1_000", "$1a", "a \\ b", "a {b}", "\u{b}"] {
            assert_eq!(shown(sql), Err(LexError::Malformed), "{sql}");
        }
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        for sql in ["SELECT 'a' ||/* ' */ (b) -- '", "E'\\\\' || $$\\$$ @- 1 <-> \"x\"\"\"", "a.b::c :=.5e1..2"] {
            let read = tokens(sql);
            let again = read.clone().and_then(|tokens| super::tokens(&written(&tokens)));
            assert_eq!(read, again, "{sql}");
        }
    }
}
