//! The signs and words of the language. Every method that takes something also takes the space behind it, unless it
//! says otherwise.

use crate::expression::Operator;
use crate::number;

/// A place in the text.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// From here on no comment ends.
    no_comment: usize,
    /// For each of the two quotes, where one begins that has no end, and where the line of it ends: a string that
    /// would begin between them with a quote that was escaped has none, either.
    unclosed: [(usize, usize); 2],
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_name(character: char) -> bool {
    is_word(character) || character == '-'
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, no_comment: usize::MAX, unclosed: [(usize::MAX, 0); 2] }
    }

    /// The place as a byte of the text.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes to a place where a character begins.
    pub(crate) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Goes to the end.
    pub(crate) fn finish(&mut self) {
        self.at = self.text.len();
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes behind a character that was peeked at, and no further.
    pub(crate) fn advance(&mut self, character: char) {
        self.at += character.len_utf8();
    }

    /// Takes any one character.
    pub(crate) fn step(&mut self) {
        if let Some(next) = self.peek() {
            self.advance(next);
            self.skip();
        }
    }

    /// Skips space and comments.
    pub(crate) fn skip(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if !self.comment() {
                return;
            }
        }
    }

    /// Takes a comment and nothing behind it.
    pub(crate) fn comment(&mut self) -> bool {
        let rest = self.rest();
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(inner) = rest.strip_prefix("/*") {
            let known = if self.at >= self.no_comment { None } else { compact::find(inner, "*/") };
            match known {
                Some(length) => length + 4,
                None => {
                    self.no_comment = self.no_comment.min(self.at);
                    return false;
                }
            }
        } else {
            return false;
        };
        self.at += length;
        true
    }

    pub(crate) fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(sign);
        if found {
            self.step();
        }
        found
    }

    /// Takes a whole word.
    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        let found = self.rest().strip_prefix(word).is_some_and(|rest| !rest.starts_with(is_name));
        if found {
            self.at += word.len();
            self.skip();
        }
        found
    }

    /// Takes as many bytes.
    fn take_length(&mut self, length: usize) -> Option<&'a str> {
        let taken = self.rest().get(..length).filter(|taken| !taken.is_empty())?;
        self.at += length;
        self.skip();
        Some(taken)
    }

    fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
        text.find(|character| !belongs(character)).unwrap_or(text.len())
    }

    /// `#name` or `.name`.
    pub(crate) fn prefixed_name(&mut self, sign: char) -> bool {
        let length = self.rest().strip_prefix(sign).map_or(0, |name| Self::length_of(name, is_name));
        length > 0 && self.take_length(length + 1).is_some()
    }

    /// `@name`, with the sign.
    pub(crate) fn variable_name(&mut self) -> Option<&'a str> {
        let length = Self::length_of(self.rest().strip_prefix('@')?, is_name);
        if length == 0 { None } else { self.take_length(length + 1) }
    }

    /// `marker-width` or `instance/marker-width`, before a colon.
    pub(crate) fn property_name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let part = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || matches!(character, '-' | '_' | '*')
        };
        let first = Self::length_of(rest, part);
        let behind = rest.get(first..)?;
        let length = match behind.strip_prefix('/') {
            Some(second) if first > 0 && !second.starts_with(['/', '*']) => first + 1 + Self::length_of(second, part),
            _ => first,
        };
        let is_property = rest.get(length..)?.trim_start().starts_with(':');
        if is_property { self.take_length(length) } else { None }
    }

    /// `::name`, without the colons.
    pub(crate) fn attachment_name(&mut self) -> Option<&'a str> {
        let name = self.rest().strip_prefix("::")?;
        let length = Self::length_of(name, |character| is_name(character) || character == '/');
        if length == 0 {
            return None;
        }
        self.take_length(length + 2)?.get(2..)
    }

    /// The bare name of a column in a filter.
    pub(crate) fn filter_name(&mut self) -> Option<&'a str> {
        let length = Self::length_of(self.rest(), is_name);
        self.take_length(length)
    }

    /// `[name]`, without the brackets.
    pub(crate) fn field_name(&mut self) -> Option<&'a str> {
        let inner = self.rest().strip_prefix('[')?;
        let length = inner.find(']').filter(|length| *length > 0)?;
        let name = inner.get(..length)?;
        self.take_length(length + 2)?;
        Some(name)
    }

    /// A keyword such as `round`.
    pub(crate) fn keyword(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        if !rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '-') {
            return None;
        }
        self.take_length(Self::length_of(rest, is_name))
    }

    /// A word of lower case letters, and nothing behind it.
    pub(crate) fn lower_case_word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let word = rest.get(..Self::length_of(rest, |character| character.is_ascii_lowercase()))?;
        self.at += word.len();
        (!word.is_empty()).then_some(word)
    }

    /// The six or three digits of a colour.
    pub(crate) fn hexadecimal(&mut self) -> Option<&'a str> {
        let digits = self.rest().strip_prefix('#')?;
        let length = match Self::length_of(digits, |character| character.is_ascii_hexdigit()) {
            6.. => 6,
            3.. => 3,
            _ => return None,
        };
        self.take_length(length + 1)?.get(1..)
    }

    /// The name of a function with its parenthesis, and nothing behind it.
    pub(crate) fn function_name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = Self::length_of(rest, is_name);
        let name = rest.get(..length).filter(|name| !name.is_empty())?;
        if !rest.get(length..)?.starts_with('(') {
            return None;
        }
        self.at += length + 1;
        Some(name)
    }

    /// The address inside `url()`, without quotes.
    pub(crate) fn address(&mut self) -> &'a str {
        let belongs = |character: char| {
            is_word(character) || u8::try_from(character).is_ok_and(|byte| b"-%@$/.&=:;#+?~".contains(&byte))
        };
        let rest = self.rest();
        let address = rest.get(..Self::length_of(rest, belongs)).unwrap_or("");
        self.at += address.len();
        address
    }

    /// A string in quotes, without them, and nothing behind it.
    pub(crate) fn quoted(&mut self) -> Option<&'a str> {
        let quote = self.peek().filter(|quote| matches!(quote, '"' | '\''))?;
        let inner = self.rest().get(1..)?;
        let unclosed = usize::from(quote == '"');
        if self.unclosed.get(unclosed).is_some_and(|(from, to)| (*from..*to).contains(&self.at)) {
            return None;
        }
        let mut escaped = false;
        let mut end = inner.len();
        for (index, character) in inner.char_indices() {
            match character {
                '\r' | '\n' => {
                    end = index;
                    break;
                }
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if character == quote => {
                    self.at += index + 2;
                    return inner.get(..index);
                }
                _ => {}
            }
        }
        if let Some(unclosed) = self.unclosed.get_mut(unclosed) {
            *unclosed = (self.at, self.at + 1 + end);
        }
        None
    }

    /// A number and its unit.
    pub(crate) fn number(&mut self) -> Option<(f64, &'a str)> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let mut length = usize::from(bytes.first() == Some(&b'-'));
        let whole = digits(length);
        length += whole;
        let fraction = if bytes.get(length) == Some(&b'.') { digits(length + 1) } else { 0 };
        if fraction > 0 {
            length += fraction + 1;
        } else if whole == 0 {
            return None;
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let value = number::parse(rest.get(..length)?)?;
        let behind = rest.get(length..)?;
        let unit_length = if behind.starts_with('%') { 1 } else { Self::length_of(behind, is_word) };
        let unit = behind.get(..unit_length)?;
        self.take_length(length + unit_length)?;
        Some((value, unit))
    }

    /// A plus or minus between operands: `4 -2` are two numbers, `4 - 2` and `4-2` are one.
    pub(crate) fn sum_sign(&mut self) -> Option<Operator> {
        let operator = match self.peek()? {
            '+' => Operator::Add,
            '-' => Operator::Subtract,
            _ => return None,
        };
        let before = self.text.get(..self.at)?.ends_with(char::is_whitespace);
        let behind = self.rest().get(1..)?.starts_with(char::is_whitespace);
        if before && !behind {
            return None;
        }
        self.step();
        Some(operator)
    }
}
