//! JSON, read and written. Numbers stay the text that they are: nothing here computes with them.

/// How deep lists and objects may nest: what is deeper is hostile, and would exhaust the stack.
const DEEPEST: usize = 100;

/// A value; the members of an object keep their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, `true`, `false` or a number, as it is written.
    Plain(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Members.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text that is JSON as a whole.
    pub fn parse(text: &str) -> Option<Json> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.skip();
        (reader.at == text.len()).then_some(value)
    }

    /// The member of a name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Json> {
        match self {
            Json::Object(members) => members.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The member at the end of a path.
    pub fn at(&self, path: &[&str]) -> Option<&Json> {
        path.iter().try_fold(self, |value, name| value.get(name))
    }

    /// Gives an object a member, in the place of one of that name. What is no object stays as it is.
    pub fn set(&mut self, name: &str, value: Json) {
        if let Some(member) = self.get_mut(name) {
            *member = value;
        } else if let Json::Object(members) = self {
            members.push((name.to_owned(), value));
        }
    }

    /// An object.
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
        Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// `null`.
    pub fn null() -> Json {
        Json::Plain("null".to_owned())
    }

    /// The text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when it is a whole one from 0 on; of another one what is before the point.
    pub fn number(&self) -> Option<u32> {
        match self {
            Json::Plain(number) => number.split('.').next()?.parse().ok(),
            _ => None,
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Json] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }

    /// Adds the value to a text.
    pub fn write(&self, out: &mut String) {
        match self {
            Json::Plain(plain) => out.push_str(plain),
            Json::Text(text) => write_text(text, out),
            Json::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// The value as text.
    pub fn written(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::Text(text.to_owned())
    }
}

impl From<bool> for Json {
    fn from(truth: bool) -> Self {
        Json::Plain(if truth { "true" } else { "false" }.to_owned())
    }
}

impl From<usize> for Json {
    fn from(number: usize) -> Self {
        Json::Plain(number.to_string())
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => {
                let code = control as u32;
                let digit = |value: u32| char::from_digit(value, 16).unwrap_or('0');
                out.push_str("\\u00");
                out.push(digit(code >> 4));
                out.push(digit(code & 15));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A number is given on as it is, so it must be one to others, too.
fn is_number(text: &str) -> bool {
    let whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (digits, exponent) = text.split_once(['e', 'E']).map_or((text, "0"), |(digits, exponent)| (digits, exponent));
    let (before, behind) = digits.split_once('.').unwrap_or((digits, "0"));
    whole(before.strip_prefix('-').unwrap_or(before)) && whole(behind) && whole(exponent.trim_start_matches(['+', '-']))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Is this the next sign? Then goes on behind it.
    fn takes(&mut self, sign: u8) -> bool {
        self.skip();
        let is_there = self.peek() == Some(sign);
        self.at += usize::from(is_there);
        is_there
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEEPEST {
            return None;
        }
        self.skip();
        match self.peek()? {
            b'"' => self.string().map(Json::Text),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.takes(b']') {
                    if !items.is_empty() && !self.takes(b',') {
                        return None;
                    }
                    items.push(self.value(depth + 1)?);
                }
                Some(Json::List(items))
            }
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                while !self.takes(b'}') {
                    if !members.is_empty() && !self.takes(b',') {
                        return None;
                    }
                    self.skip();
                    let name = self.string()?;
                    if !self.takes(b':') {
                        return None;
                    }
                    members.push((name, self.value(depth + 1)?));
                }
                Some(Json::Object(members))
            }
            _ => {
                let start = self.at;
                while self.peek().is_some_and(|sign| sign.is_ascii_alphanumeric() || b"+-.".contains(&sign)) {
                    self.at += 1;
                }
                let plain = self.text.get(start..self.at)?;
                let is_known = matches!(plain, "null" | "true" | "false") || is_number(plain);
                is_known.then(|| Json::Plain(plain.to_owned()))
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        if !self.takes(b'"') {
            return None;
        }
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..)?;
            let end = rest.find(['"', '\\'])?;
            out.push_str(rest.get(..end)?);
            self.at += end + 1;
            if rest.as_bytes().get(end) == Some(&b'"') {
                return Some(out);
            }
            let escaped = self.peek()?;
            self.at += 1;
            out.push(match escaped {
                b'n' => '\n',
                b't' => '\t',
                b'r' => '\r',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'u' => {
                    let first = self.unit()?;
                    let is_first_of_two = (0xd800..0xdc00).contains(&first);
                    if is_first_of_two && self.text.get(self.at..)?.starts_with("\\u") {
                        self.at += 2;
                        let second = self.unit()?;
                        let both = 0x10000 + ((first - 0xd800) << 10) + second.wrapping_sub(0xdc00);
                        char::from_u32(both).unwrap_or('\u{fffd}')
                    } else {
                        char::from_u32(first).unwrap_or('\u{fffd}')
                    }
                }
                other @ (b'"' | b'\\' | b'/') => char::from(other),
                _ => return None,
            });
        }
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        for text in
            [r#"{"a":[1,-2.5e3,null,true],"b":{"c":"x\"\\\u0007é"}}"#, "[]", "{}", r#""""#, "12345678901234567890"]
        {
            assert_eq!(Json::parse(text).unwrap().written(), text);
        }
        assert_eq!(Json::parse(r#" [ "\ud83d\ude00\/" ] "#).unwrap().written(), "[\"😀/\"]");
    }

    #[test]
    fn what_is_no_json_is_nothing() {
        for text in ["", "[", "[1,]", "[1 2]", "{\"a\"}", "\"", r#""\x""#, "nul", "1 2", r#""\u12"#, "{a:1}"] {
            assert_eq!(Json::parse(text), None, "{text}");
        }
        let nested = |depth: usize| Json::parse(&("[".repeat(depth) + &"]".repeat(depth)));
        assert!(nested(90).is_some() && nested(100_000).is_none());
    }
}
