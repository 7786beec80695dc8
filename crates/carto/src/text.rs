//! Searching in texts. The standard library's searchers and the panics behind its slices weigh 10 kB of WebAssembly;
//! these need a few hundred bytes. For the same reason texts are put together here, not by `format!`, and not by the `concat`
//! and `join` of slices, which exist once for each type and each length of what is between.

/// Texts one after the other.
pub fn concat(parts: &[&str]) -> String {
    join(parts, "")
}

/// Texts with another one between them.
pub fn join(parts: &[&str], between: &str) -> String {
    let mut joined = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            joined.push_str(between);
        }
        joined.push_str(part);
    }
    joined
}

/// The same of texts that are owned.
pub fn join_all(parts: &[String], between: &str) -> String {
    join(&parts.iter().map(String::as_str).collect::<Vec<_>>(), between)
}

/// A whole number as text.
pub fn number(value: u64) -> String {
    let mut digits = if value < 10 { String::new() } else { number(value / 10) };
    digits.push(char::from(b'0' + (value % 10) as u8));
    digits
}

/// The beginning of a text, in characters.
pub fn beginning(text: &str, chars: usize) -> String {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text).to_owned()
}

/// The whole number that a text is.
pub fn whole(text: &str) -> Option<u32> {
    let digit = |number: u32, byte: u8| number.checked_mul(10)?.checked_add(u32::from(byte.checked_sub(b'0')?));
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.bytes().try_fold(0, digit) } else { None }
}

/// Whether a byte is one of a few.
#[expect(clippy::manual_contains, reason = "that is made for long slices, and weighs 300 bytes")]
pub fn is_one_of(byte: u8, few: &[u8]) -> bool {
    few.iter().any(|one| *one == byte)
}

/// Where `needle` is first found, in bytes.
pub fn find(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes().windows(needle.len().max(1)).position(|window| window == needle.as_bytes())
}

/// Whether `needle` occurs.
pub fn contains(text: &str, needle: &str) -> bool {
    find(text, needle).is_some()
}

/// What is before and behind the first `needle`.
pub fn split_once<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, needle)?;
    Some((text.get(..at)?, text.get(at + needle.len()..)?))
}

/// What is before and behind the last `needle`.
pub fn split_last<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(needle.len().max(1)).rposition(|window| window == needle.as_bytes())?;
    Some((text.get(..at)?, text.get(at + needle.len()..)?))
}

/// The text with its first `needle` replaced.
pub fn replace_once(text: &str, needle: &str, with: &str) -> String {
    match split_once(text, needle) {
        Some((before, behind)) => concat(&[before, with, behind]),
        None => text.to_owned(),
    }
}

/// A text without control characters, such as JSON, as a text within JSON.
pub fn quoted(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 5 / 4);
    out.push('"');
    for char in json.chars() {
        if matches!(char, '"' | '\\') {
            out.push('\\');
        }
        out.push(char);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers() {
        assert_eq!([0, 7, 10, 40_532].map(number), ["0", "7", "10", "40532"]);
        assert_eq!(["", "äöü", "äö"].map(|text| beginning(text, 2)), ["", "äö", "äö"]);
        assert_eq!(["120", "", "1.5", "99999999999", "Mon, 1"].map(whole), [Some(120), None, None, None, None]);
    }

    #[test]
    fn joins() {
        assert_eq!(
            (join(&[], ","), join(&["a"], ","), join(&["a", "", "b"], ", ")),
            ("".into(), "a".into(), "a, , b".into())
        );
        assert_eq!(concat(&["a", "b"]), join_all(&["a".to_owned(), "b".to_owned()], ""));
    }

    #[test]
    fn finds_first_and_last() {
        assert_eq!(split_once("a-b-c", "-"), Some(("a", "b-c")));
        assert_eq!(split_last("a-b-c", "-"), Some(("a-b", "c")));
        assert_eq!(split_once("äöü", "ö"), Some(("ä", "ü")));
        assert_eq!(replace_once("{u}/{u}", "{u}", "x"), "x/{u}");
        assert!(!contains("ab", "abc") && contains("abc", "bc") && !contains("", "a"));
    }
}
