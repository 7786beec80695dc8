//! Sums.

use crate::quotient::quotient;

/// Whole numbers up to here are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A sum that is exact over whole numbers, and as good as can be over others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Total {
    pub(crate) count: u64,
    whole: i128,
    has_fractions: bool,
    sum: f64,
    /// What rounding has taken from the sum.
    lost: f64,
}

impl Total {
    pub(crate) fn add(&mut self, number: f64) {
        self.count += 1;
        if number.fract() == 0.0 && number.abs() <= EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
            let whole = number as i64;
            self.whole += i128::from(whole);
            return;
        }
        self.has_fractions = true;
        let sum = self.sum + number;
        let lost = if self.sum.abs() >= number.abs() { self.sum - sum + number } else { number - sum + self.sum };
        // Beyond all numbers nothing is lost.
        self.lost += if lost.is_finite() { lost } else { 0.0 };
        self.sum = sum;
    }

    /// Whether the sum is that of whole numbers, whose order and rounding do not matter.
    pub(crate) fn is_exact(&self) -> bool {
        !self.has_fractions
    }

    /// Whether the averages are the same, whoever computes them: those of whole numbers.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let crossed = |one: &Self, other: &Self| one.whole.checked_mul(other.count.into());
        self.is_exact() && other.is_exact() && crossed(self, other).is_some_and(|one| Some(one) == crossed(other, self))
    }

    #[expect(clippy::cast_precision_loss, reason = "as clients read it")]
    pub(crate) fn sum(&self) -> f64 {
        if self.has_fractions { self.sum + (self.whole as f64 + self.lost) } else { self.whole as f64 }
    }

    /// The average; of whole numbers as their type has it. `None` of nothing.
    #[expect(clippy::cast_precision_loss, reason = "rows are few")]
    pub(crate) fn average(&self, is_of_whole_type: bool) -> Option<f64> {
        match self.count {
            0 => None,
            count if is_of_whole_type && self.is_exact() => Some(quotient(self.whole, count)),
            count => Some(self.sum() / count as f64),
        }
    }
}
