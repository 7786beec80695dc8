//! How likely a decision is, by what was decided in the same contexts.

use crate::code::Code;
use crate::context::{CONTEXTS, Contexts};
use crate::lanes::{Floats, Ints};
use crate::tree::Tree;
use crate::{at, at_mut, hash};

/// Vectors of what contexts say.
const VECTORS: usize = CONTEXTS / 4;
/// Two for each context; behind those of the contexts one of the repetition, and one that is always the same.
const INPUTS: usize = 2 * VECTORS + 1;
const LEARNED: f32 = 0.000_85;
/// Errors that nothing is learned from.
const FINE: f32 = 0.000_015;
const BEGIN: f32 = 0.02;
/// The most that is counted of how often something was decided.
const MOST: i32 = 127;
/// The same of those that histories are told apart by.
const FEW: i32 = 3;

/// A mark of the context, and of each of its 15 decisions: 16 bits of how likely a yes is, 8 of how often it was met, and 8 of
/// what the last ones were.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Group([i32; 16]);

/// A decision that was not met.
const UNMET: i32 = 0x8000;

/// What is learned.
#[repr(C)]
pub struct Predictor {
    // What a decision is made with. Each overwrites all of it.
    chosen: [usize; 16],
    inputs: [Floats; 8],
    entries: [Ints; 4],
    places: [Ints; 4],
    /// How likely a repetition goes on, by its length.
    goes_on: [i32; 32],
    /// How likely a yes is after what the last decisions were, of each context.
    histories: [[i32; 16 * (FEW as usize + 1)]; 16],
    weights: [[Floats; 8]; 1 << 14],
    groups: [Group; 1 << 18],
    /// Of each group the mark of its context, and above it how often it was met.
    marks: [u32; 1 << 18],
}

impl Predictor {
    /// One that has learned nothing; before it is used it wants [`Predictor::prepare`].
    pub const fn new() -> Predictor {
        Predictor {
            chosen: [0; 16],
            inputs: [Floats::NONE; 8],
            entries: [Ints::NONE; 4],
            places: [Ints::NONE; 4],
            goes_on: [0; 32],
            histories: [[0; 16 * (FEW as usize + 1)]; 16],
            weights: [[Floats::NONE; 8]; 1 << 14],
            groups: [Group([0; 16]); 1 << 18],
            marks: [0; 1 << 18],
        }
    }

    /// Forgets all.
    #[cfg(any(test, feature = "pack"))]
    pub fn clear(&mut self) {
        self.marks.fill(0);
        self.groups.fill(Group([0; 16]));
    }

    /// Fills the tables.
    pub fn prepare(&mut self) {
        self.weights.as_flattened_mut().fill(Floats::all(BEGIN));
        self.histories.as_flattened_mut().fill(UNMET);
        self.goes_on.fill(0xf000);
    }

    /// The group of a context, where its decisions are, and whether it was another's.
    #[inline(always)]
    fn group(&mut self, hashed: u32) -> (usize, bool) {
        let mark = hashed & 0xffff | 1;
        let first = (hashed >> 14) as usize;
        let second = first ^ 1;
        let (one, other) = (*at(&self.marks, first), *at(&self.marks, second));
        let is_first = one & 0xffff == mark;
        let is_second = other & 0xffff == mark;
        // Else the one that was met less is given away.
        let group = if is_second | !is_first & (one >> 16 > other >> 16) { second } else { first };
        let is_fresh = !(is_first | is_second);
        let found = if is_second { other } else { one };
        let met = if is_fresh { mark } else { found };
        *at_mut(&mut self.marks, group) = met.wrapping_add(0x10000);
        (group, is_fresh)
    }

    /// Walks down a tree: the number of the leaf. `likely` is the one that the repetition has.
    #[inline(never)]
    pub fn leaf(
        &mut self,
        code: &mut impl Code,
        tree: &Tree,
        contexts: &Contexts,
        which: u32,
        wanted: u32,
        mut likely: Option<u32>,
    ) -> u32 {
        // Without a branch, so that processors need not wait for one place of memory before they ask for the next.
        let mut fresh = 0;
        for (index, context) in contexts.hashes.iter().enumerate() {
            let (group, is_fresh) = self.group(hash(*context, which));
            *at_mut(&mut self.chosen, index) = group;
            fresh |= u32::from(is_fresh) << index;
        }
        while fresh != 0 {
            let group = *at(&self.chosen, fresh.trailing_zeros() as usize);
            for entry in &mut at_mut(&mut self.groups, group).0 {
                *entry = UNMET;
            }
            fresh &= fresh - 1;
        }
        let length = contexts.repeated.min(31);
        let mut node = 1;
        while node < 16 {
            let mut seen = Ints::NONE;
            for vector in 0..VECTORS {
                let index = |lane| 4 * vector + lane;
                let entry = Ints::new(|lane| *at(&at(&self.groups, *at(&self.chosen, index(lane))).0, node));
                *at_mut(&mut self.entries, vector) = entry;
                *at_mut(&mut self.inputs, vector) = entry.and(Ints::all(0xffff)).stretched();
                let times = entry.right(16).and(Ints::all(255)).min(Ints::all(FEW));
                seen = seen.plus(times.min(Ints::all(1)));
                let places = times.left(4).plus(entry.right(24).and(Ints::all(15)));
                *at_mut(&mut self.places, vector) = places;
                let places = places.lanes();
                let after = Ints::new(|lane| *at(at(&self.histories, index(lane)), *at(&places, lane) as usize));
                *at_mut(&mut self.inputs, VECTORS + vector) = after.stretched();
            }
            let mut trust = 0;
            let mut going = 0.;
            if let Some(likely) = likely {
                let stretched = Ints::all(*at(&self.goes_on, length)).stretched().lanes()[0];
                going = if tree.is_yes(node, likely) { stretched } else { -stretched };
                trust = 1 + usize::from(length > 15) + usize::from(length > 30);
            }
            *at_mut(&mut self.inputs, 2 * VECTORS) = Floats::two(going, 0.4);
            let [a, b, c, d] = seen.lanes();
            let seen = (a + b + c + d) as usize;
            let sets = [
                contexts.place * 4 + trust,
                512 + (seen << 5 | contexts.kind),
                2048 + (contexts.kind << 6 | (which as usize).min(3) << 4 | node),
                8192 + (contexts.kind << 8 | contexts.before),
            ];
            let mut sums = Floats::NONE;
            let [one, two, three, four] = sets;
            for (index, input) in self.inputs.iter().take(INPUTS).enumerate() {
                let weight = |set| *at(at(&self.weights, set), index);
                let weights = weight(one).plus(weight(two)).plus(weight(three).plus(weight(four)));
                sums = sums.plus(input.times(weights));
            }
            // The power of 2 is one of nearly.
            let odds = f32::from_bits(((127. - sums.sum().clamp(-14., 14.)) * 8_388_608.) as u32);
            let chance = (65536. / (1. + odds)) as u32;
            let yes = code.decide(chance, tree.is_yes(node, wanted));

            let error = (f32::from(u8::from(yes)) - chance as f32 / 65536.) * LEARNED;
            if error.abs() > FINE {
                let error = Floats::all(error);
                for (index, input) in self.inputs.iter().take(INPUTS).enumerate() {
                    let learned = error.times(*input);
                    let mut learn = |set| {
                        let weight = at_mut(at_mut(&mut self.weights, set), index);
                        *weight = weight.plus(learned);
                    };
                    learn(one);
                    learn(two);
                    learn(three);
                    learn(four);
                }
            }
            let target = if yes { 65535 } else { 0 };
            for vector in 0..VECTORS {
                let entry = *at(&self.entries, vector);
                let likelihood = entry.and(Ints::all(0xffff));
                let times = entry.right(16).and(Ints::all(255));
                let moved =
                    Ints::all(target).minus(likelihood).floats().by(times.floats().plus(Floats::all(1.25))).ints();
                let times = times.plus(Ints::all(1)).min(Ints::all(MOST));
                let history = entry.right(24).left(25).plus(Ints::all(i32::from(yes) << 24));
                let entry = likelihood.plus(moved).plus(times.left(16)).plus(history).lanes();
                let places = at(&self.places, vector).lanes();
                let mut learn = |lane| {
                    let index = 4 * vector + lane;
                    *at_mut(&mut at_mut(&mut self.groups, *at(&self.chosen, index)).0, node) = *at(&entry, lane);
                    let after = at_mut(at_mut(&mut self.histories, index), *at(&places, lane) as usize);
                    *after += (target - *after) >> 6;
                };
                learn(0);
                learn(1);
                learn(2);
                learn(3);
            }
            if let Some(leaf) = likely {
                let is_likely = tree.is_yes(node, leaf) == yes;
                let goes_on = at_mut(&mut self.goes_on, length);
                *goes_on += (if is_likely { 65535 } else { 0 } - *goes_on) >> 5;
                likely = likely.filter(|_| is_likely);
            }
            node = tree.next(node, yes);
        }
        node as u32 - 16
    }
}
