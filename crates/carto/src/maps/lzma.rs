//! Packing of map configurations for the `lzma` parameter of a map request (spec 4.1).
//!
//! A small encoder of the LZMA-alone format: greedy matches over hash chains. A third of a configuration's size goes over
//! the wire, and large maps stay GET requests, without preflight and cacheable. It weighs less than two such requests.

use crate::text::{self, quoted};

/// Length of a URL in characters from which on packing is tried: shorter ones stay readable.
const WORTH_PACKING: usize = 1_500;
/// Context bits of literals: previous bytes hardly help in texts of this length.
const LITERAL_CONTEXT: u32 = 0;
/// Size of the dictionary that decoders must keep, in bytes; configurations are shorter.
const DICTIONARY: u32 = 1 << 20;
/// Shortest and longest match.
const SHORTEST: usize = 2;
const LONGEST: usize = 273;
/// Earlier places with the same beginning that are tried.
const TRIES: usize = 48;
/// Bits of the hash of three bytes.
const HASH_BITS: u32 = 12;
/// An even chance, in 2048ths.
const EVEN: u16 = 1024;

// Where the probabilities of each decision are in one table.
const STATES: usize = 12;
const IS_MATCH: usize = 0;
const IS_REP: usize = IS_MATCH + STATES;
const IS_REP_0: usize = IS_REP + STATES;
const IS_REP_1: usize = IS_REP_0 + STATES;
const IS_REP_2: usize = IS_REP_1 + STATES;
const IS_REP_0_LONG: usize = IS_REP_2 + STATES;
const SLOTS: usize = IS_REP_0_LONG + STATES;
const SPECIAL: usize = SLOTS + 4 * 64;
const ALIGN: usize = SPECIAL + 128;
const MATCH_LENGTH: usize = ALIGN + 16;
const REP_LENGTH: usize = MATCH_LENGTH + LENGTH;
const LITERAL: usize = REP_LENGTH + LENGTH;
const PROBABILITIES: usize = LITERAL + (0x300 << LITERAL_CONTEXT);

/// The probabilities of a length: two choices, then trees of 3, 3 and 8 bits.
const LENGTH: usize = 2 + 8 + 8 + 256;

/// The range coder.
struct Coder {
    out: Vec<u8>,
    low: u64,
    range: u32,
    cache: u8,
    pending: usize,
    probabilities: Vec<u16>,
}

impl Coder {
    fn shift(&mut self) {
        if self.low < 0xFF00_0000 || self.low > 0xFFFF_FFFF {
            let carry = (self.low >> 32) as u8;
            let mut byte = self.cache;
            while self.pending > 0 {
                self.out.push(byte.wrapping_add(carry));
                byte = 0xFF;
                self.pending -= 1;
            }
            self.cache = (self.low >> 24) as u8;
        }
        self.pending += 1;
        self.low = (self.low & 0x00FF_FFFF) << 8;
    }

    fn normalise(&mut self) {
        while self.range < 1 << 24 {
            self.range <<= 8;
            self.shift();
        }
    }

    fn bit(&mut self, index: usize, bit: u32) {
        let Some(probability) = self.probabilities.get_mut(index) else { return };
        let bound = (self.range >> 11) * u32::from(*probability);
        if bit == 0 {
            self.range = bound;
            *probability += (2048 - *probability) >> 5;
        } else {
            self.low += u64::from(bound);
            self.range -= bound;
            *probability -= *probability >> 5;
        }
        self.normalise();
    }

    /// Bits of an even chance, the highest one first.
    fn direct(&mut self, value: u32, bits: u32) {
        for at in (0..bits).rev() {
            self.range >>= 1;
            if (value >> at) & 1 == 1 {
                self.low += u64::from(self.range);
            }
            self.normalise();
        }
    }

    /// A tree of decisions, the highest bit first.
    fn tree(&mut self, base: usize, value: u32, bits: u32) {
        let mut node = 1;
        for at in (0..bits).rev() {
            let bit = (value >> at) & 1;
            self.bit(base + node, bit);
            node = node << 1 | bit as usize;
        }
    }

    /// The same, the lowest bit first.
    fn reverse_tree(&mut self, base: usize, value: u32, bits: u32) {
        let mut node = 1;
        for at in 0..bits {
            let bit = (value >> at) & 1;
            self.bit(base + node, bit);
            node = node << 1 | bit as usize;
        }
    }

    fn length(&mut self, base: usize, length: usize) {
        let length = (length - SHORTEST) as u32;
        self.bit(base, u32::from(length >= 8));
        if length < 8 {
            self.tree(base + 2, length, 3);
            return;
        }
        self.bit(base + 1, u32::from(length >= 16));
        if length < 16 {
            self.tree(base + 10, length - 8, 3);
        } else {
            self.tree(base + 18, length - 16, 8);
        }
    }

    /// How far back a match is, 0 for the byte before.
    fn distance(&mut self, distance: u32, length: usize) {
        let slots = SLOTS + 64 * (length - SHORTEST).min(3);
        if distance < 4 {
            self.tree(slots, distance, 6);
            return;
        }
        let high = 31 - distance.leading_zeros();
        let slot = high << 1 | (distance >> (high - 1)) & 1;
        self.tree(slots, slot, 6);
        let bits = high - 1;
        let rest = distance - ((2 | slot & 1) << bits);
        if slot < 14 {
            let base = SPECIAL + ((2 | slot & 1) << bits) as usize - slot as usize;
            self.reverse_tree(base, rest, bits);
        } else {
            self.direct(rest >> 4, bits - 4);
            self.reverse_tree(ALIGN, rest & 15, 4);
        }
    }

    /// A byte; behind a match it differs from the byte that the match would have gone on with.
    fn literal(&mut self, byte: u8, instead: Option<u8>) {
        let mut node = 1;
        let mut offset = if instead.is_some() { 0x100 } else { 0 };
        let mut other = usize::from(instead.unwrap_or_default());
        for at in (0..8).rev() {
            let bit = u32::from(byte >> at) & 1;
            other <<= 1;
            let other_bit = other & offset;
            self.bit(LITERAL + offset + other_bit + node, bit);
            node = node << 1 | bit as usize;
            offset &= if bit == 1 { other_bit } else { !other_bit };
        }
    }
}

/// How many bytes are the same at two places, up to the longest match.
fn common(data: &[u8], at: usize, earlier: usize) -> usize {
    let pairs = data.iter().skip(at).zip(data.iter().skip(earlier));
    pairs.take(LONGEST).take_while(|(one, other)| one == other).count()
}

/// Places with the same three bytes, the latest first.
struct Chains {
    heads: Vec<usize>,
    before: Vec<usize>,
}

impl Chains {
    fn hash(data: &[u8], at: usize) -> Option<usize> {
        let bytes = data.get(at..at + 3)?;
        let word = bytes.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        Some((word.wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as usize)
    }

    fn add(&mut self, data: &[u8], at: usize) {
        if let Some(head) = Chains::hash(data, at).and_then(|hash| self.heads.get_mut(hash)) {
            // Places count from 1; 0 ends a chain.
            self.before.push(std::mem::replace(head, at + 1));
        } else {
            self.before.push(0);
        }
    }

    /// The longest match and how far back it is, 0 for the byte before.
    fn find(&self, data: &[u8], at: usize) -> (usize, usize) {
        let mut best = (0, 0);
        let hash = Chains::hash(data, at).and_then(|hash| self.heads.get(hash)).copied();
        let mut place = hash.unwrap_or_default();
        for _ in 0..TRIES {
            let Some(earlier) = place.checked_sub(1) else { break };
            let length = common(data, at, earlier);
            if length > best.0 {
                best = (length, at - earlier - 1);
            }
            place = self.before.get(earlier).copied().unwrap_or_default();
        }
        best
    }
}

/// Packs bytes into an LZMA-alone stream with its size in the header.
pub fn pack(data: &[u8]) -> Vec<u8> {
    let mut out = vec![LITERAL_CONTEXT as u8];
    out.extend(DICTIONARY.to_le_bytes());
    out.extend((data.len() as u64).to_le_bytes());
    let probabilities = vec![EVEN; PROBABILITIES];
    let mut coder = Coder { out, low: 0, range: u32::MAX, cache: 0, pending: 1, probabilities };
    let mut chains = Chains { heads: vec![0; 1 << HASH_BITS], before: Vec::with_capacity(data.len()) };
    let mut reps = [0_usize; 4];
    let mut state = 0_usize;
    let mut at = 0;
    while let Some(byte) = data.get(at).copied() {
        let (mut rep, mut rep_length) = (0, 0);
        for (index, back) in reps.iter().enumerate() {
            let length = at.checked_sub(back + 1).map_or(0, |earlier| common(data, at, earlier));
            if length > rep_length {
                (rep, rep_length) = (index, length);
            }
        }
        let (found, back) = chains.find(data, at);
        // A distance that is known costs a few bits, a new one up to two bytes.
        let repeats = rep_length >= SHORTEST && rep_length + 2 >= found;
        let worth = if back < 128 { 3 } else { 4 };
        let length = if repeats {
            coder.bit(IS_MATCH + state, 1);
            coder.bit(IS_REP + state, 1);
            coder.bit(IS_REP_0 + state, u32::from(rep > 0));
            if rep == 0 {
                coder.bit(IS_REP_0_LONG + state, 1);
            } else {
                coder.bit(IS_REP_1 + state, u32::from(rep > 1));
                if rep > 1 {
                    coder.bit(IS_REP_2 + state, u32::from(rep > 2));
                }
            }
            coder.length(REP_LENGTH, rep_length);
            if let Some(used) = reps.get_mut(..=rep) {
                used.rotate_right(1);
            }
            state = if state < 7 { 8 } else { 11 };
            rep_length
        } else if found >= worth {
            coder.bit(IS_MATCH + state, 1);
            coder.bit(IS_REP + state, 0);
            coder.length(MATCH_LENGTH, found);
            coder.distance(back as u32, found);
            reps.rotate_right(1);
            if let Some(first) = reps.first_mut() {
                *first = back;
            }
            state = if state < 7 { 7 } else { 10 };
            found
        } else {
            coder.bit(IS_MATCH + state, 0);
            let instead = reps.first().and_then(|back| data.get(at.checked_sub(back + 1)?)).copied();
            coder.literal(byte, instead.filter(|_| state >= 7));
            state = match state {
                0..4 => 0,
                4..10 => state - 3,
                _ => state - 6,
            };
            1
        };
        for place in at..at + length {
            chains.add(data, place);
        }
        at += length;
    }
    for _ in 0..5 {
        coder.shift();
    }
    coder.out
}

/// The URL of a map request with its configuration packed, where that makes it shorter. `tail` is what comes behind the
/// configuration.
pub fn shorter(url: &str, base: &str, config: &str, tail: &str) -> Option<String> {
    if url.len() <= WORTH_PACKING {
        return None;
    }
    // The packed form is a text within an object.
    let wrapped = text::concat(&["{\"config\":", &quoted(config), "}"]);
    let packed = text::concat(&[base, "/api/v1/map?lzma=", &parameter(&wrapped), "&", tail]);
    (packed.len() < url.len()).then_some(packed)
}

/// The value of the `lzma` parameter: packed, every byte with its highest bit turned, as base64 for URLs.
pub fn parameter(config: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let packed: Vec<u8> = pack(config.as_bytes()).iter().map(|byte| byte ^ 0x80).collect();
    let mut text = String::with_capacity(packed.len() * 3 / 2);
    for chunk in packed.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for letter in 0..=chunk.len() {
            match LETTERS.get((word >> (18 - 6 * letter) & 63) as usize) {
                // A plus in a URL is a blank.
                None | Some(b'+') => text.push_str("%2B"),
                Some(letter) => text.push(char::from(*letter)),
            }
        }
        for _ in chunk.len()..3 {
            text.push_str("%3D");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]
    use super::*;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        lzma_rs::lzma_decompress(&mut std::io::Cursor::new(packed), &mut out).expect("a stream that others can read");
        out
    }

    #[test]
    fn others_can_read_what_is_packed() {
        let mut samples: Vec<Vec<u8>> = ["", "a", "ab", "aaaaaaaaaaaaaaaa", "abcabcabcabcabcdabcabc", "äöü €"]
            .map(|text| text.as_bytes().to_vec())
            .to_vec();
        samples.push("SELECT * FROM cities WHERE pop_max > 100; ".repeat(300).into_bytes());
        samples.push((0..=255).cycle().take(5_000).collect());
        // Nothing to find in it.
        let mut seed = 1_u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        samples.push((0..70_000).map(|_| noise()).collect());
        // Repetitions at all distances, of all lengths.
        let mut mixed = Vec::new();
        for step in 1..600_usize {
            mixed.extend((0..step % 7).map(|_| noise()));
            let from = mixed.len().saturating_sub(step * step % 9_000 + 1);
            let copy: Vec<u8> = mixed[from..].iter().copied().cycle().take(step % 300).collect();
            mixed.extend(copy);
        }
        samples.push(mixed);
        for sample in samples {
            assert_eq!(unpacked(&pack(&sample)), sample, "{} bytes", sample.len());
        }
    }

    #[test]
    fn configurations_become_a_third_of_their_size() {
        let layer = |id: usize| {
            format!(
                r##"{{"id":"L{id}","type":"mapnik","options":{{"cartocss":"#layer {{ marker-width: {id}; marker-fill: #EE4D5A; }}","cartocss_version":"2.1.0","source":{{"id":"S{id}"}},"interactivity":["cartodb_id","name"],"minzoom":0}}}}"##
            )
        };
        let config = format!("[{}]", (0..10).map(layer).collect::<Vec<_>>().join(","));
        let packed = pack(config.as_bytes());
        assert!(packed.len() * 5 < config.len(), "{} of {} bytes", packed.len(), config.len());
    }

    #[test]
    fn the_parameter_is_as_servers_expect_it() {
        // Every length of the last group, and letters that URLs do not carry.
        for length in 0..40 {
            let config = "{\"x\":\"ÿ\"}".repeat(length);
            let parameter = parameter(&config);
            assert!(parameter.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%/".contains(&byte)), "{parameter}");
            let text = parameter.replace("%2B", "+").replace("%3D", "=");
            assert_eq!(text.len() % 4, 0);
            let mut bits = Vec::new();
            for letter in text.bytes().filter(|letter| *letter != b'=') {
                let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
                let value = alphabet.iter().position(|known| *known == letter).expect("a letter of base64");
                bits.extend((0..6).rev().map(|at| value >> at & 1));
            }
            let bytes: Vec<u8> =
                bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | *bit as u8) ^ 0x80).collect();
            assert_eq!(unpacked(&bytes), config.as_bytes());
        }
    }
}
