//! From values to numbers that differ.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// What numbers of keys begin with.
static SEED: AtomicU64 = AtomicU64::new(0);

/// Keeps keys that somebody has made to be alike from being so: their numbers begin with a secret from now on. Only the first
/// call counts, which must come before the first map is made.
pub fn seed(secret: u64) {
    // Any later one would lose what maps have.
    let _ = SEED.compare_exchange(0, secret, Ordering::Relaxed, Ordering::Relaxed);
}

/// Turns and multiplies for each number that comes.
struct Mixer(u64);

/// An odd number without a pattern.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Mixer {
    fn add(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(25) ^ number).wrapping_mul(FACTOR);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(4) {
            self.add(part.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.add(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.add(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The number of a key.
pub(crate) fn hash<K: Hash + ?Sized>(key: &K) -> u32 {
    from(SEED.load(Ordering::Relaxed), key)
}

fn from<K: Hash + ?Sized>(seed: u64, key: &K) -> u32 {
    let mut mixer = Mixer(seed);
    key.hash(&mut mixer);
    // The lower bits know the lower bits of what came only.
    (mixer.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn keys_that_are_alike_are_not_so_with_a_secret() {
        let mut known = HashMap::new();
        let keys = (0..400_000_u32).map(|number| format!("key {number}"));
        let alike: Vec<_> = keys.filter_map(|key| Some((known.insert(from(0, &key), key.clone())?, key))).collect();
        assert!(alike.len() > 3, "{} pairs", alike.len());
        for seed in [1, 0x1234_5678_9abc_def1, u64::MAX] {
            let still = alike.iter().filter(|(one, other)| from(seed, one) == from(seed, other)).count();
            assert_eq!(still, 0, "of {} pairs, from {seed}", alike.len());
        }
    }
}
