//! Quotients of whole numbers, to the digits that PostgreSQL's `numeric` gives them.

/// Significant digits that a quotient has at least.
const DIGITS: i32 = 16;
/// Digits that `numeric` keeps in one.
const GROUP: u32 = 4;

/// The first group of digits of a number, and how many follow.
fn head(mut number: u128) -> (u128, i32) {
    let mut groups = 0;
    while number >= 10_u128.pow(GROUP) {
        number /= 10_u128.pow(GROUP);
        groups += 1;
    }
    (number, groups)
}

/// A whole number divided by one that is not 0, as a client reads what `numeric` makes of it: rounded in decimal first.
pub(crate) fn quotient(dividend: i128, divisor: u64) -> f64 {
    let (magnitude, divisor) = (dividend.unsigned_abs(), u128::from(divisor));
    let ((first, groups), (by_first, by_groups)) = (head(magnitude), head(divisor));
    let weight = groups - by_groups - i32::from(first <= by_first);
    let scale = (DIGITS - weight * 4).clamp(0, 30).unsigned_abs();
    let result = decimal(magnitude, divisor, scale);
    #[expect(clippy::cast_precision_loss, reason = "so large a number is not exact anyway")]
    let result = result.unwrap_or(magnitude as f64 / divisor as f64);
    if dividend < 0 { -result } else { result }
}

/// The quotient rounded to some decimals, as the nearest `f64`.
fn decimal(dividend: u128, divisor: u128, scale: u32) -> Option<f64> {
    let product = dividend.checked_mul(10_u128.checked_pow(scale)?)?;
    let rounded = product.checked_add(divisor / 2)?.checked_div(divisor)?;
    if rounded == 0 {
        return Some(0.0);
    }
    // A power of ten is one of five, and one of two that the exponent takes.
    let five = 5_u128.checked_pow(scale)?;
    let shift = rounded.leading_zeros().saturating_sub(1);
    let shifted = rounded << shift;
    let bits = shifted / five;
    // What is cut off matters in the middle between two numbers only.
    let sticky = u128::from(shifted % five != 0);
    // 60 bits are beyond those of an f64, so that rounding them is rounding all.
    if bits.leading_zeros() > 128 - 56 {
        return None;
    }
    let surplus = 64_u32.saturating_sub(bits.leading_zeros());
    let lost = u128::from(bits & ((1_u128 << surplus) - 1) != 0);
    let narrow = u64::try_from(bits >> surplus).ok()? | u64::try_from(sticky | lost).ok()?;
    let exponent = i32::try_from(surplus).ok()? - i32::try_from(shift + scale).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "this is where it is rounded")]
    let number = narrow as f64;
    let power = f64::from_bits(u64::try_from(1023 + exponent).ok()? << 52);
    Some(number * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by writing decimals and reading them.
    fn slow(dividend: i128, divisor: u64, scale: usize) -> f64 {
        let (magnitude, divisor) = (dividend.unsigned_abs(), u128::from(divisor));
        let mut rest = magnitude % divisor;
        let mut digits: Vec<u128> = Vec::new();
        for _ in 0..=scale {
            digits.push(rest * 10 / divisor);
            rest = rest * 10 % divisor;
        }
        let up = digits.pop().is_some_and(|digit| digit >= 5);
        let all = digits.iter().fold(magnitude / divisor, |number, digit| number * 10 + digit) + u128::from(up);
        let text = format!("{all:0>width$}", width = scale + 1);
        let (whole, decimals) = text.split_at(text.len() - scale);
        let number: f64 = format!("{whole}.{decimals}").parse().unwrap();
        if dividend < 0 { -number } else { number }
    }

    #[test]
    fn quotients_are_those_of_the_database() {
        // SELECT sum::numeric / count, in PostgreSQL 15.
        assert_eq!(quotient(751_603_988, 4956), 151_655.364_810_330_9);
        assert_eq!(quotient(1, 3), 0.333_333_333_333_333_3);
        assert_eq!(quotient(-2, 3), -0.666_666_666_666_666_6);
        assert_eq!((quotient(0, 7), quotient(12, 4), quotient(1 << 60, 1)), (0.0, 3.0, (1_u64 << 60) as f64));
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 20
        };
        for _ in 0..20_000 {
            let (dividend, divisor) = (i128::from(next() >> (next() % 44)), (next() >> (next() % 44)).max(1));
            let ((first, groups), (by_first, by_groups)) = (head(dividend.unsigned_abs()), head(divisor.into()));
            let scale = 16 - 4 * (groups - by_groups - i32::from(first <= by_first));
            let expected = slow(dividend, divisor, scale.max(0) as usize);
            assert_eq!(quotient(dividend, divisor), expected, "{dividend} / {divisor}");
        }
    }
}
