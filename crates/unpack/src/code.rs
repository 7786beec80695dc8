//! Decisions as bytes, each as long as it is unlikely.

/// Who decides: the bytes that were packed, or those that are to be.
pub trait Code {
    /// Whether it is known what will be decided.
    const IS_KNOWN: bool = true;

    /// Decides. `chance` is how likely a yes is, of 65536; `wanted` is the decision where it is known.
    fn decide(&mut self, chance: u32, wanted: bool) -> bool;
    /// The next byte, where it is known.
    fn wanted(&self, at: usize) -> u8;
    /// Hears of each byte that was decided.
    fn met(&mut self, table: usize, byte: u8);
}

/// What is left of all numbers of 32 bits after some decisions.
struct Range {
    low: u32,
    high: u32,
}

impl Range {
    const ALL: Range = Range { low: 0, high: u32::MAX };

    /// The last number that says yes.
    fn middle(&self, chance: u32) -> u32 {
        self.low + ((u64::from(self.high - self.low) * u64::from(chance)) >> 16) as u32
    }

    fn take(&mut self, middle: u32, yes: bool) {
        if yes {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
    }

    /// Whether the first byte is certain.
    fn is_certain(&self) -> bool {
        (self.low ^ self.high) >> 24 == 0
    }

    fn shift(&mut self) {
        self.low <<= 8;
        self.high = self.high << 8 | 255;
    }
}

/// Bytes as text: of 91 signs the first 37 stand for 6 bits, and the others for 7. gzip makes what the bytes were of signs that are
/// so frequent, and finds fewer repetitions that are none than among the 64 signs of base64.
pub struct Signs<'a> {
    signs: core::slice::Iter<'a, u8>,
    bits: u32,
    length: u32,
}

/// How many signs stand for 6 bits.
const SHORT: u32 = 37;
const FIRST: u8 = b'#';
/// It would be two signs in a script.
const LEFT_OUT: u8 = b'\\';

impl Signs<'_> {
    /// Begins to read.
    pub fn new(signs: &[u8]) -> Signs<'_> {
        Signs { signs: signs.iter(), bits: 0, length: 0 }
    }

    /// The next byte. Behind the last one are zeros.
    #[inline(never)]
    pub fn byte(&mut self) -> u8 {
        while self.length < 8 {
            let sign = self.signs.next().copied().unwrap_or(FIRST);
            let number = u32::from(sign).wrapping_sub(u32::from(FIRST) + u32::from(sign > LEFT_OUT)) & 127;
            let is_long = u32::from(number >= SHORT);
            self.bits = self.bits << (6 + is_long) | (number + is_long * SHORT);
            self.length += 6 + is_long;
        }
        self.length -= 8;
        (self.bits >> self.length) as u8
    }
}

/// Decisions that were packed.
pub struct Reader<'a> {
    range: Range,
    number: u32,
    signs: Signs<'a>,
}

impl Reader<'_> {
    /// Begins to read.
    pub fn new(signs: Signs<'_>) -> Reader<'_> {
        let mut reader = Reader { range: Range::ALL, number: 0, signs };
        for _ in 0..4 {
            reader.shift();
        }
        reader
    }

    fn shift(&mut self) {
        self.number = self.number << 8 | u32::from(self.signs.byte());
    }
}

impl Code for Reader<'_> {
    const IS_KNOWN: bool = false;

    fn decide(&mut self, chance: u32, _: bool) -> bool {
        let middle = self.range.middle(chance);
        let yes = self.number <= middle;
        self.range.take(middle, yes);
        while self.range.is_certain() {
            self.range.shift();
            self.shift();
        }
        yes
    }

    fn wanted(&self, _: usize) -> u8 {
        0
    }

    fn met(&mut self, _: usize, _: u8) {}
}

#[cfg(any(test, feature = "pack"))]
pub use writing::{Counter, Writer, write};

#[cfg(any(test, feature = "pack"))]
mod writing {
    use super::{Code, FIRST, LEFT_OUT, Range, SHORT};
    use crate::at_mut;
    use crate::context::TABLES;

    /// Packs.
    pub struct Writer<'a> {
        range: Range,
        wanted: &'a [u8],
        made: &'a mut [u8],
        written: usize,
    }

    impl<'a> Writer<'a> {
        /// Packs bytes into others.
        pub fn new(wanted: &'a [u8], made: &'a mut [u8]) -> Writer<'a> {
            Writer { range: Range::ALL, wanted, made, written: 0 }
        }

        /// How many bytes were made; what does not fit is left out, and counted.
        pub fn finish(mut self) -> usize {
            for _ in 0..4 {
                self.shift();
            }
            self.written
        }

        fn shift(&mut self) {
            if let Some(byte) = self.made.get_mut(self.written) {
                *byte = (self.range.low >> 24) as u8;
            }
            self.written += 1;
            self.range.shift();
        }
    }

    impl Code for Writer<'_> {
        fn decide(&mut self, chance: u32, wanted: bool) -> bool {
            let middle = self.range.middle(chance);
            self.range.take(middle, wanted);
            while self.range.is_certain() {
                self.shift();
            }
            wanted
        }

        fn wanted(&self, at: usize) -> u8 {
            self.wanted.get(at).copied().unwrap_or(0)
        }

        fn met(&mut self, _: usize, _: u8) {}
    }

    /// Writes bytes as signs: how many those are.
    pub fn write<'a>(bytes: impl Iterator<Item = &'a u8>, signs: &mut [u8]) -> usize {
        let (mut bits, mut length, mut written) = (0, 0, 0);
        let mut put = |number: u32| {
            let sign = FIRST + number as u8;
            if let Some(place) = signs.get_mut(written) {
                *place = sign + u8::from(sign >= LEFT_OUT);
            }
            written += 1;
        };
        // What is read behind the last byte is not looked at.
        for byte in bytes.chain(&[0]) {
            bits = bits << 8 | u32::from(*byte);
            length += 8;
            while length > 6 {
                let number = bits >> (length - 7) & 127;
                let is_long = number >= 2 * SHORT;
                put(if is_long { number - SHORT } else { number >> 1 });
                length -= if is_long { 7 } else { 6 };
            }
        }
        written
    }

    /// Counts which bytes are frequent.
    pub struct Counter<'a> {
        wanted: &'a [u8],
        counts: [[u32; 256]; TABLES],
    }

    impl<'a> Counter<'a> {
        /// Counts bytes.
        pub fn new(wanted: &'a [u8]) -> Counter<'a> {
            Counter { wanted, counts: [[0; 256]; TABLES] }
        }

        /// The most frequent bytes of a table, those that are as frequent in their order.
        pub fn frequent(&mut self, table: usize) -> [u8; 15] {
            let counts = at_mut(&mut self.counts, table);
            [(); 15].map(|()| {
                let most = counts.iter().copied().max().unwrap_or(0);
                let byte = counts.iter().position(|count| *count == most).unwrap_or(0);
                // It is not found again, unless there are fewer: then zeros follow.
                *at_mut(counts, byte) = 0;
                byte as u8
            })
        }
    }

    impl Code for Counter<'_> {
        fn decide(&mut self, _: u32, wanted: bool) -> bool {
            wanted
        }

        fn wanted(&self, at: usize) -> u8 {
            self.wanted.get(at).copied().unwrap_or(0)
        }

        fn met(&mut self, table: usize, byte: u8) {
            *at_mut(at_mut(&mut self.counts, table), usize::from(byte)) += 1;
        }
    }
}
