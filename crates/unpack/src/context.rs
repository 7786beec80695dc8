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
pub type Known = [u32; 32];

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
/// The whole of instructions before, with their numbers.
const WHOLE: u32 = 1 << 11;
const WHOLE_SECOND: u32 = 1 << 12;
/// The offset that the same address had before.
const OFFSET: u32 = 1 << 13;
/// The last number of this kind.
const NUMBER: u32 = 1 << 14;
/// What has opened the block.
const BLOCK: u32 = 1 << 15;
/// Two bytes before, but for the last.
const BYTES: u32 = 1 << 16;

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
const TWELVE: u32 = 1 << 10;
const ALIGNMENT: u32 = 1 << 11;

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

/// The contexts of a byte of which this is known.
pub fn hashes(known: &Known, is_code: bool) -> [u32; CONTEXTS] {
    let mut number = 0;
    let contexts = if is_code { OF_CODE } else { OF_DATA };
    contexts.map(|mut context| {
        number += 1;
        let mut hashed = number;
        while context != 0 {
            hashed = hash(hashed, *at(known, context.trailing_zeros() as usize));
            context &= context - 1;
        }
        hashed
    })
}

/// Which table of frequent bytes there is for a place.
pub fn table(place: usize) -> usize {
    match place {
        1 => 1,
        5..=10 => place - 3,
        _ => 0,
    }
}
