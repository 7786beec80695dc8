//! Values of a page in its SQL: `:name` becomes a literal, `:"name"` an identifier.
//!
//! Quoted here and not by the server, since the SQL API takes one text. What stands in literals, names, remarks and
//! dollar quotes is left as it is, so that no value can end up inside one of them.

use crate::error::CartoError;
use crate::text;

/// A value of the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// null.
    Null,
    /// true or false.
    Bool(bool),
    /// A number as JavaScript writes it; also a BigInt.
    Number(String),
    /// A text.
    Text(String),
    /// A moment, in ISO 8601.
    Date(String),
    /// A list of values.
    List(Vec<Param>),
}

fn refuse(token: &str, name: &str) -> CartoError {
    CartoError::validation("sql", &text::concat(&[token, name]))
}

fn quoted(text: &str, quote: char, out: &mut String) {
    out.push(quote);
    for char in text.chars() {
        if char == quote {
            out.push(quote);
        }
        out.push(char);
    }
    out.push(quote);
}

/// Writes a value as an SQL literal; `None` when it has none.
fn literal(param: &Param, out: &mut String) -> Option<()> {
    match param {
        Param::Null => out.push_str("NULL"),
        Param::Bool(flag) => out.push_str(if *flag { "TRUE" } else { "FALSE" }),
        Param::Number(digits) => match digits.as_bytes().first()? {
            b'0'..=b'9' => out.push_str(digits),
            // A minus sign behind another one would begin a remark; NaN and Infinity are no numbers of SQL.
            b'-' if digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => {
                out.push_str(&text::concat(&["(", digits, ")"]));
            }
            _ => out.push_str(&text::concat(&["'", digits, "'::float8"])),
        },
        Param::Date(moment) => {
            quoted(moment, '\'', out);
            out.push_str("::timestamptz");
        }
        Param::Text(text) if text.bytes().any(|byte| byte == 0) => return None,
        // A backslash means itself in '…' only where the server's settings say so; in E'…' it is always doubled.
        Param::Text(text) if text.bytes().any(|byte| byte == b'\\') => {
            out.push_str(" E'");
            for char in text.chars() {
                if matches!(char, '\'' | '\\') {
                    out.push(char);
                }
                out.push(char);
            }
            out.push('\'');
        }
        Param::Text(text) => quoted(text, '\'', out),
        Param::List(items) if items.is_empty() => out.push_str("'{}'"),
        Param::List(items) => {
            out.push_str("ARRAY[");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                literal(item, out)?;
            }
            out.push(']');
        }
    }
    Some(())
}

/// Writes a value as an SQL identifier: a text, or a list of texts with dots in between.
fn identifier(param: &Param, out: &mut String) -> Option<()> {
    match param {
        Param::Text(name) if !name.is_empty() && name.bytes().all(|byte| byte != 0) => quoted(name, '"', out),
        Param::List(names) if !names.is_empty() => {
            for (index, name) in names.iter().enumerate() {
                if index > 0 {
                    out.push('.');
                }
                if !matches!(name, Param::Text(_)) {
                    return None;
                }
                identifier(name, out)?;
            }
        }
        _ => return None,
    }
    Some(())
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128
}

/// Length of what begins `sql` and holds no placeholders: a literal, a quoted name, a remark, a dollar quote; else 0.
/// `escapes` tells that a literal has backslashes of its own.
fn closed(sql: &[u8], escapes: bool) -> usize {
    let until = |from: usize, end: &[u8]| {
        let rest = sql.get(from..).unwrap_or_default();
        rest.windows(end.len()).position(|window| window == end).map_or(sql.len(), |at| from + at + end.len())
    };
    match sql {
        [quote @ (b'\'' | b'"'), rest @ ..] => {
            let mut at = 0;
            while let Some(byte) = rest.get(at) {
                let is_doubled = byte == quote && rest.get(at + 1) == Some(quote);
                if is_doubled || escapes && *byte == b'\\' {
                    at += 1;
                } else if byte == quote {
                    return at + 2;
                }
                at += 1;
            }
            sql.len()
        }
        [b'-', b'-', ..] => until(2, b"\n"),
        [b'/', b'*', ..] => {
            let (mut depth, mut at) = (0, 0);
            loop {
                match sql.get(at..) {
                    Some([b'/', b'*', ..]) => (depth, at) = (depth + 1, at + 2),
                    Some([b'*', b'/', ..]) => (depth, at) = (depth - 1, at + 2),
                    Some([_, ..]) => at += 1,
                    _ => return sql.len(),
                }
                if depth == 0 {
                    return at;
                }
            }
        }
        [b'$', rest @ ..] => {
            let tag = rest.iter().take_while(|byte| in_name(**byte)).count();
            let digit = rest.first().is_some_and(u8::is_ascii_digit);
            match sql.get(..tag + 2) {
                Some(mark) if mark.last() == Some(&b'$') && !digit => until(tag + 2, mark),
                _ => 0,
            }
        }
        _ => 0,
    }
}

/// Puts values in the place of their names.
///
/// `:name` is a literal, `:"name"` an identifier; a cast (`::text`) and the colon of a slice (`list[1:2]`) are neither.
///
/// # Errors
/// `validation:sql:missing-parameter` and `…:invalid-parameter`, with the name.
///
/// ```
/// use carto::account::params::{fill, Param};
/// let sql = fill("SELECT :\"c\" FROM t WHERE name = :n::text", &|name| match name {
///     "c" => Some(Param::Text("pop".into())),
///     _ => Some(Param::Text("O'Brien".into())),
/// });
/// assert_eq!(sql.ok().as_deref(), Some("SELECT \"pop\" FROM t WHERE name = 'O''Brien'::text"));
/// ```
pub fn fill(sql: &str, find: &dyn Fn(&str) -> Option<Param>) -> Result<String, CartoError> {
    let bytes = sql.as_bytes();
    let mut out = String::with_capacity(sql.len() * 2);
    let (mut at, mut copied) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
        let escapes = matches!(before(1), b'e' | b'E') && !in_name(before(2));
        // $ may be part of a name.
        let skipped = if *byte == b'$' && in_name(before(1)) { 0 } else { closed(rest, escapes) };
        if skipped > 0 {
            at += skipped;
            continue;
        }
        let quote = usize::from(bytes.get(at + 1) == Some(&b'"'));
        let length = bytes.get(at + 1 + quote..).unwrap_or_default().iter().take_while(|byte| in_name(**byte)).count();
        let starts = bytes.get(at + 1 + quote).is_some_and(|byte| in_name(*byte) && !byte.is_ascii_digit());
        let closes = quote == 0 || bytes.get(at + 1 + quote + length) == Some(&b'"');
        let alone = !(in_name(before(1)) || matches!(before(1), b':' | b']' | b')' | b'\'' | b'"'));
        if *byte == b':' && starts && closes && alone {
            let name = sql.get(at + 1 + quote..at + 1 + quote + length).unwrap_or_default();
            let param = find(name).ok_or_else(|| refuse("missingParameter", name))?;
            out.push_str(sql.get(copied..at).unwrap_or_default());
            let written = if quote == 1 { identifier(&param, &mut out) } else { literal(&param, &mut out) };
            written.ok_or_else(|| refuse("invalidParameter", name))?;
            at += 1 + 2 * quote + length;
            copied = at;
        } else {
            at += 1;
        }
    }
    out.push_str(sql.get(copied..).unwrap_or_default());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(sql: &str, param: Param) -> String {
        fill(sql, &|name| (name != "missing").then(|| param.clone())).unwrap_or_else(|error| error.error_code.clone())
    }

    fn text(text: &str) -> Param {
        Param::Text(text.to_owned())
    }

    #[test]
    fn every_kind_of_value_has_a_literal() {
        let of = |param| with(":a", param);
        assert_eq!(of(Param::Null), "NULL");
        assert_eq!(of(Param::Bool(true)), "TRUE");
        assert_eq!(of(Param::Number("1e+21".into())), "1e+21");
        assert_eq!(with("1-:a", Param::Number("-1".into())), "1-(-1)");
        assert_eq!(of(Param::Number("-Infinity".into())), "'-Infinity'::float8");
        assert_eq!(of(text("it's")), "'it''s'");
        assert_eq!(of(text("a\\'b")), " E'a\\\\''b'");
        assert_eq!(of(Param::Date("2020-01-02T03:04:05.000Z".into())), "'2020-01-02T03:04:05.000Z'::timestamptz");
        assert_eq!(of(Param::List(vec![text("a"), Param::Null, text("b'")])), "ARRAY['a',NULL,'b''']");
        assert_eq!(of(Param::List(Vec::new())), "'{}'");
        assert_eq!(of(text("a\0b")), "validation:sql:invalid-parameter");
    }

    #[test]
    fn names_are_quoted_apart() {
        let names = Param::List(vec![text("my schema"), text("t\"; DROP TABLE x; --")]);
        assert_eq!(with("SELECT * FROM :\"t\"", names), "SELECT * FROM \"my schema\".\"t\"\"; DROP TABLE x; --\"");
        for bad in [Param::Null, text(""), Param::List(Vec::new()), Param::List(vec![Param::Null]), Param::Bool(true)] {
            assert_eq!(with(":\"t\"", bad), "validation:sql:invalid-parameter");
        }
    }

    #[test]
    fn only_placeholders_are_replaced() {
        for same in [
            "SELECT a::text, b[1:n], (x):y, ':a', \":a\", E'\\':a', 'it''s :a' -- :a",
            "SELECT 1 /* :a /* :a */ :a */, $$ :a $$, $tag$ :a $$ :a $tag$, ':a",
            r#"SELECT E'a''\' :a', E'\''' :a', "a"" :a""#,
            "SELECT a$b$ + 1, $1, time '10:20:30', :1, : a, :\"a, ::a",
        ] {
            assert_eq!(with(same, text("X")), same);
        }
        assert_eq!(with("-- :a\n:a", text("X")), "-- :a\n'X'");
        assert_eq!(with("name':a' :a", text("X")), "name':a' 'X'");
        assert_eq!(with("nice'\\' :a'", text("X")), "nice'\\' 'X''");
        assert_eq!(with("(:a,:é[1])", text("X")), "('X','X'[1])");
        assert_eq!(with("x = :missing", text("X")), "validation:sql:missing-parameter");
    }

    /// Reads the one literal or name that `sql` must be, as PostgreSQL reads it.
    fn read(sql: &str) -> Option<String> {
        let (escapes, body) = match sql.strip_prefix(" E'") {
            Some(body) => (true, body),
            None => (false, sql.get(1..)?),
        };
        let quote = if sql.starts_with('"') { '"' } else { '\'' };
        let (mut out, mut chars) = (String::new(), body.chars());
        loop {
            match chars.next()? {
                '\\' if escapes => out.push(chars.next()?),
                char if char == quote => match chars.next() {
                    None => return Some(out),
                    Some(next) if next == quote => out.push(quote),
                    Some(_) => return None,
                },
                char => out.push(char),
            }
        }
    }

    #[test]
    fn no_text_gets_out_of_its_quotes() {
        let mut seed = 1_u32;
        let mut random = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % below
        };
        let signs: Vec<char> = "'\"\\$-/*:;\n\r\t %_{}aE0é\u{2028}\u{1F600}()".chars().collect();
        for _ in 0..20_000 {
            let value: String =
                (0..random(12)).filter_map(|_| signs.get(random(signs.len() as u32) as usize)).collect();
            assert_eq!(read(&with(":a", text(&value))).as_ref(), Some(&value), "{value:?} as a literal");
            if !value.is_empty() {
                assert_eq!(read(&with(":\"a\"", text(&value))).as_ref(), Some(&value), "{value:?} as a name");
            }
        }
    }
}
