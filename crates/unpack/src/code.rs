//! Decisions as bytes, each as long as it is unlikely.

/// Who decides: the bytes that were packed, or those that are to be.
pub trait Code {
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

/// Decisions that were packed.
pub struct Reader<'a> {
    range: Range,
    number: u32,
    bytes: core::slice::Iter<'a, u8>,
}

impl Reader<'_> {
    /// Begins to read.
    pub fn new(bytes: &[u8]) -> Reader<'_> {
        let mut reader = Reader { range: Range::ALL, number: 0, bytes: bytes.iter() };
        for _ in 0..4 {
            reader.shift();
        }
        reader
    }

    fn shift(&mut self) {
        self.number = self.number << 8 | u32::from(self.bytes.next().copied().unwrap_or(0));
    }
}

impl Code for Reader<'_> {
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
pub use writing::{Counter, Writer};

#[cfg(any(test, feature = "pack"))]
mod writing {
    use super::{Code, Range};
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
