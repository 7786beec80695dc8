//! From values to numbers that differ.

use std::hash::{Hash, Hasher};

/// Turns and multiplies for each number that comes. It is no guard against keys that somebody has made to be alike.
#[derive(Default)]
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
    let mut mixer = Mixer::default();
    key.hash(&mut mixer);
    // The lower bits know the lower bits of what came only.
    (mixer.finish() >> 32) as u32
}
