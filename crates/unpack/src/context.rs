//! What a byte may depend on.

use crate::{at, hash};

/// How many contexts a byte has.
pub const CONTEXTS: usize = 12;

/// Tables of frequent bytes: a table for each kind of number that there are most of, and the first for all others.
pub const TABLES: usize = 8;

/// What is known of a byte before it is decided.
#[derive(Default)]
pub struct Contexts {
    /// Where the byte is, in each of its contexts.
    pub hashes: [u32; CONTEXTS],
    /// What kind of byte it is, and the how manieth of its number.
    pub place: usize,
    /// What kind of byte it is.
    pub kind: usize,
    /// The instruction before.
    pub before: usize,
    /// How long the repetition is already, if there is one.
    pub repeated: usize,
}

/// What is known, as numbers: a context is some of them.
pub type Known = [u32; 16];

// Which bit of a context is for which of the numbers that are known.
const PLACE: u32 = 1 << 0;
/// The instruction, and its bytes until now.
const PART: u32 = 1 << 1;
const REPETITION: u32 = 1 << 2;
const HERE: u32 = PLACE | PART;

const FUNCTION: u32 = 1 << 3;
/// The instruction before, the two before that, the fourth and the fifth, and up to the eighth.
const FIRST: u32 = 1 << 4;
const THIRD: u32 = 1 << 5;
const FIFTH: u32 = 1 << 6;
const EIGHTH: u32 = 1 << 7;
/// What has put the values on the stack that are on top.
const TOP: u32 = 1 << 8;
const UNDER: u32 = 1 << 9;
/// The same, without the numbers of those instructions.
const TOPS: u32 = 1 << 10;
/// The whole of the instruction before, with its numbers.
const WHOLE: u32 = 1 << 11;
/// The offset that the same address had before.
const OFFSET: u32 = 1 << 12;
/// The last number of this kind.
const NUMBER: u32 = 1 << 13;
/// What has opened the block.
const BLOCK: u32 = 1 << 14;

/// The contexts of instructions and their numbers.
const OF_CODE: [u32; CONTEXTS] = [
    HERE,
    HERE | FIRST | THIRD,
    HERE | FIRST | THIRD | FIFTH,
    HERE | FIRST | THIRD | FIFTH | EIGHTH,
    HERE | TOPS | FIRST,
    HERE | FUNCTION | TOP,
    HERE | FUNCTION | UNDER,
    HERE | WHOLE,
    HERE | OFFSET,
    PLACE | REPETITION,
    HERE | NUMBER | FIRST,
    HERE | BLOCK | FIRST,
];

// Of bytes that are no code, the same bits are for other numbers: for bytes before.
const ONE: u32 = 1 << 3;
const TWO: u32 = 1 << 4;
const THREE: u32 = 1 << 5;
const FOUR: u32 = 1 << 6;
const FIVE: u32 = 1 << 7;
const SIX: u32 = 1 << 8;
const EIGHT: u32 = 1 << 9;
const ALIGNMENT: u32 = 1 << 10;

/// The contexts of other bytes.
const OF_DATA: [u32; CONTEXTS] = [
    HERE,
    HERE | ONE,
    HERE | ONE | TWO,
    HERE | ONE | TWO | THREE,
    HERE | ONE | TWO | THREE | FOUR,
    HERE | ONE | TWO | THREE | FOUR | FIVE,
    HERE | ONE | TWO | THREE | FOUR | FIVE | SIX,
    HERE | TWO | THREE,
    HERE | FOUR | ALIGNMENT,
    HERE | FOUR | EIGHT,
    PLACE | REPETITION,
    HERE | ALIGNMENT | ONE,
];

/// Writes the contexts of a byte of which this is known.
pub fn write(hashes: &mut [u32; CONTEXTS], known: &Known, is_code: bool) {
    let contexts = if is_code { &OF_CODE } else { &OF_DATA };
    for (hashed, context) in hashes.iter_mut().zip(contexts) {
        let mut left = *context;
        // Others of the same numbers are others.
        *hashed = left;
        while left != 0 {
            *hashed = hash(*hashed, *at(known, left.trailing_zeros() as usize));
            left &= left - 1;
        }
    }
}

/// Which table of frequent bytes there is for a place.
pub fn table(place: usize) -> usize {
    match place {
        1 => 1,
        5..=10 => place - 3,
        _ => 0,
    }
}
