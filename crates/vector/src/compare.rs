//! The order of values, as PostgreSQL has it.

use std::cmp::Ordering;

/// The order of numbers: `NaN` is like itself and beyond all others, and both zeros are alike.
pub(crate) fn numbers(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or_else(|| one.is_nan().cmp(&other.is_nan()))
}

/// The order of texts, when it is the same in every collation that databases are made with: by bytes, and by language.
pub(crate) fn texts(one: &str, other: &str) -> Option<Ordering> {
    let mut chars = (one.chars(), other.chars());
    loop {
        let (left, right) = match (chars.0.next(), chars.1.next()) {
            (None, None) => return Some(Ordering::Equal),
            (None, Some(_)) => return Some(Ordering::Less),
            (Some(_), None) => return Some(Ordering::Greater),
            (Some(left), Some(right)) => (left, right),
        };
        if left != right {
            let is_plain = left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric();
            // Capitals come first by bytes, and beside their small letters by language.
            let is_alike = left.is_ascii_uppercase() == right.is_ascii_uppercase()
                || left.is_ascii_digit()
                || right.is_ascii_digit();
            return (is_plain && is_alike).then(|| left.cmp(&right));
        }
    }
}
