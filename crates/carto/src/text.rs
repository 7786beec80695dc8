//! Searching in texts. The standard library's searchers and the panics behind its slices weigh 10 kB of WebAssembly;
//! these need a few hundred bytes. For the same reason texts are put together by `concat`, not by `format!`.

/// A whole number as text.
pub fn number(mut value: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(b'0' + (value % 10) as u8));
        value /= 10;
        if value == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// The whole number that a text is.
pub fn whole(text: &str) -> Option<u32> {
    let digit = |number: u32, byte: u8| number.checked_mul(10)?.checked_add(u32::from(byte.checked_sub(b'0')?));
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.bytes().try_fold(0, digit) } else { None }
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
        Some((before, behind)) => [before, with, behind].concat(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers() {
        assert_eq!([0, 7, 10, 40_532].map(number), ["0", "7", "10", "40532"]);
        assert_eq!(["120", "", "1.5", "99999999999", "Mon, 1"].map(whole), [Some(120), None, None, None, None]);
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
