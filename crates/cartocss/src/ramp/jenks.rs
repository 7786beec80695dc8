//! Natural breaks, sought in the way of CARTO's database, so that the classes are the same.
//!
//! It does not find the best classes that there are: it begins with as many different values in each class, moves values
//! from the class that deviates most towards the one that deviates least as long as that helps, and tries a few random
//! beginnings as well. Random numbers are those of PostgreSQL 15 after `setseed(0.4567)`: xoroshiro128** by Blackman and
//! Vigna, seeded by splitmix64.

use crate::cancel::Cancel;

/// The seed of the random beginnings.
const SEED: f64 = 0.4567;

/// The upper ends of classes of values with their frequencies. Values are in rising order, each once. When nobody waits for
/// them any more, they are the best that were found until then.
#[must_use]
pub fn jenks(cancel: &Cancel, values: &[(f64, f64)], classes: usize) -> Vec<f64> {
    let count = values.len();
    if count <= classes {
        return values.iter().map(|(value, _)| *value).collect();
    }
    if classes == 0 {
        return Vec::new();
    }
    let sums = Sums::new(values);
    let tries = (count as f64).log10().round() as usize + 1;
    let even = (1..=classes).map(|class| (class as f64 * count as f64 / classes as f64).round() as usize).collect();
    let mut best = sums.improved(cancel, even);
    let mut random = Random::new(SEED);
    for _ in 1..tries {
        let mut tops = vec![count];
        while tops.len() < classes {
            let top = (random.next() * count as f64) as usize + 1;
            if let Err(place) = tops.binary_search(&top) {
                tops.insert(place, top);
            }
        }
        let other = sums.improved(cancel, tops);
        if other.0 > best.0 {
            best = other;
        }
    }
    best.1.iter().filter_map(|top| values.get(top.checked_sub(1)?)).map(|(value, _)| *value).collect()
}

/// Sums of frequencies, values and squares up to each value, relative to the mean of all so that they stay exact.
struct Sums {
    sums: Vec<[f64; 3]>,
}

impl Sums {
    fn new(values: &[(f64, f64)]) -> Self {
        let weight: f64 = values.iter().map(|(_, weight)| weight).sum();
        let mean = values.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight;
        let mut sums = vec![[0.0; 3]];
        let mut total = [0.0; 3];
        for (value, weight) in values {
            let value = value - mean;
            for (sum, part) in total.iter_mut().zip([*weight, value * weight, value * value * weight]) {
                *sum += part;
            }
            sums.push(total);
        }
        Self { sums }
    }

    /// The squared deviations from their mean of the values behind one place up to another.
    fn deviation(&self, from: usize, to: usize) -> f64 {
        let (Some(from), Some(to)) = (self.sums.get(from), self.sums.get(to)) else { return 0.0 };
        let [weight, sum, squares] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
        if weight > 0.0 { (squares - sum * sum / weight).max(0.0) } else { 0.0 }
    }

    fn deviations(&self, tops: &[usize]) -> Vec<f64> {
        let bottoms = std::iter::once(0).chain(tops.iter().copied());
        bottoms.zip(tops).map(|(bottom, top)| self.deviation(bottom, *top)).collect()
    }

    /// Moves values between classes as long as that helps. Gives how much of the deviation is gone, and the classes.
    fn improved(&self, cancel: &Cancel, mut tops: Vec<usize>) -> (f64, Vec<usize>) {
        let count = self.sums.len() - 1;
        let all = self.deviation(0, count);
        let mut best = tops.clone();
        let mut best_gain = 0.0;
        let mut moved = 1_usize;
        let mut is_same_class = true;
        for _ in 0..count {
            if cancel.is_cancelled() {
                break;
            }
            let mut deviations = self.deviations(&tops);
            let gain = all - deviations.iter().sum::<f64>();
            if gain <= best_gain {
                if moved <= 2 || is_same_class {
                    break;
                }
                // It was too much at once.
                moved = (moved / 8).max(1);
                tops.clone_from(&best);
                deviations = self.deviations(&tops);
            } else {
                best_gain = gain;
                best.clone_from(&tops);
            }
            let (least, most) = extremes(&deviations);
            is_same_class = least == most;
            let bottom = most.checked_sub(1).and_then(|before| tops.get(before)).copied().unwrap_or(0);
            let top = tops.get(most).copied().unwrap_or(count);
            moved = moved.min(top.saturating_sub(bottom + 1));
            if least < most {
                tops.iter_mut().take(most).skip(least).for_each(|top| *top += moved);
            } else {
                tops.iter_mut().take(least).skip(most).for_each(|top| *top -= moved);
            }
            moved *= 2;
        }
        (best_gain, best)
    }
}

/// The first of the classes that deviate least, and the first of those that deviate most.
fn extremes(deviations: &[f64]) -> (usize, usize) {
    let (mut least, mut most) = ((0, f64::INFINITY), (0, f64::NEG_INFINITY));
    for (index, deviation) in deviations.iter().enumerate() {
        if *deviation < least.1 {
            least = (index, *deviation);
        }
        if *deviation > most.1 {
            most = (index, *deviation);
        }
    }
    (least.0, most.0)
}

/// The random numbers of PostgreSQL.
struct Random([u64; 2]);

impl Random {
    fn new(seed: f64) -> Self {
        let mut state = (((1_u64 << 52) - 1) as f64 * seed) as i64 as u64;
        let mut next = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        };
        let first = next();
        Self([first, next()])
    }

    /// A number from 0 up to, but not including, 1.
    fn next(&mut self) -> f64 {
        let [first, second] = self.0;
        let mixed = second ^ first;
        self.0 = [first.rotate_left(24) ^ mixed ^ (mixed << 16), mixed.rotate_left(37)];
        let value = first.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        (value >> 12) as f64 / (1_u64 << 52) as f64
    }
}
