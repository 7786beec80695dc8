//! The arguments of ramps, as they are written: words, strings and calls between spaces, commas, colons and slashes.

use crate::number;

/// Calls may be nested so deep.
const DEEPEST: usize = 16;

/// An argument.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A word or a string, for which there is no difference.
    Text(String),
    /// A number.
    Number(f64),
    /// A call; without a name, a list in parentheses.
    Call(String, Vec<Node>),
}

/// The arguments of the first `ramp()` of a value.
pub(super) fn of_ramp(value: &str) -> Option<Vec<Node>> {
    compact::find(value, "ramp")?;
    let (nodes, _) = read(value, 0)?;
    nodes.into_iter().find_map(|node| match node {
        Node::Call(name, arguments) if name == "ramp" => Some(arguments),
        _ => None,
    })
}

/// Bytes of a string with its quotes.
pub(super) fn quoted_length(text: &str) -> usize {
    let Some(quote) = text.chars().next() else { return 0 };
    let mut escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return index + quote.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Reads up to a closing parenthesis or the end; gives the bytes that were read as well.
fn read(text: &str, depth: usize) -> Option<(Vec<Node>, usize)> {
    if depth > DEEPEST {
        return None;
    }
    let mut nodes = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let Some(next) = rest.chars().next() else { return Some((nodes, at)) };
        match next {
            ')' => return Some((nodes, at + 1)),
            '"' | '\'' => {
                let length = quoted_length(rest);
                nodes.push(Node::Text(rest.get(1..length.saturating_sub(1)).unwrap_or("").to_owned()));
                at += length;
            }
            _ if rest.starts_with("/*") => at += compact::find(rest, "*/").map_or(rest.len(), |end| end + 2),
            _ if next.is_whitespace() || matches!(next, ',' | '/' | ':') => at += next.len_utf8(),
            _ => {
                let ends = |character: char| {
                    character.is_whitespace() || matches!(character, ',' | '/' | ':' | '(' | ')' | '"' | '\'')
                };
                let length = rest.find(ends).unwrap_or(rest.len());
                let (word, behind) = rest.split_at_checked(length)?;
                if let Some(inner) = behind.strip_prefix('(') {
                    let (arguments, read) = read(inner, depth + 1)?;
                    nodes.push(Node::Call(word.to_owned(), arguments));
                    at += length + 1 + read;
                } else {
                    nodes.push(match number::parse(word) {
                        Some(number) if number.is_finite() => Node::Number(number),
                        _ => Node::Text(word.to_owned()),
                    });
                    at += length;
                }
            }
        }
    }
}
