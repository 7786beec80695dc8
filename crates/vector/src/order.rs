//! Numbers in their order.

use crate::compare;

/// Numbers in their order, `NaN` at the end.
pub(crate) fn numbers(numbers: &[f64]) -> Vec<f64> {
    let at = |place: u32| numbers.get(place as usize).copied().unwrap_or_default();
    let sorted = compact::places(numbers.len(), &mut |one, other| compare::numbers(at(one), at(other)).is_lt());
    sorted.into_iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sorted_as_the_database_sorts_them() {
        assert_eq!(numbers(&[2.0, -1.0, 0.5]), [-1.0, 0.5, 2.0]);
        assert!(matches!(numbers(&[f64::NAN, 1.0]).as_slice(), [1.0, last] if last.is_nan()));
    }
}
