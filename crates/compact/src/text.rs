//! Searching in texts.

/// Where a text is in another one first.
#[must_use]
pub fn find(text: &str, wanted: &str) -> Option<usize> {
    // Texts that are searched are short, or what is wanted has few signs.
    text.as_bytes().windows(wanted.len().max(1)).position(|part| part == wanted.as_bytes())
}

/// Where a text is in another one last.
#[must_use]
pub fn rfind(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len().max(1)).rposition(|part| part == wanted.as_bytes())
}

/// What is before a text in another one, and what is behind it.
#[must_use]
pub fn split_once<'a>(text: &'a str, wanted: &str) -> Option<(&'a str, &'a str)> {
    let (before, rest) = text.split_at_checked(find(text, wanted)?)?;
    Some((before, rest.get(wanted.len()..)?))
}

/// A text with another one in all places of a third.
#[must_use]
pub fn replace(text: &str, wanted: &str, other: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = split_once(rest, wanted) {
        replaced.push_str(before);
        replaced.push_str(other);
        rest = behind;
    }
    replaced.push_str(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_as_the_standard_library_finds_them() {
        for text in ["", "a", "ab", "aab", "abcab", "über ab", "ba", "abab", "aaab aab"] {
            for wanted in ["a", "ab", "aab", "ü", "c"] {
                assert_eq!(find(text, wanted), text.find(wanted), "{text} {wanted}");
                assert_eq!(rfind(text, wanted), text.rfind(wanted), "{text} {wanted}");
                assert_eq!(split_once(text, wanted), text.split_once(wanted), "{text} {wanted}");
                assert_eq!(replace(text, wanted, "ä-"), text.replace(wanted, "ä-"), "{text} {wanted}");
            }
        }
    }
}
