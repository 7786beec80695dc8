//! The way through a module: what each of its bytes is for.

use crate::code::Code;
use crate::context::{self, Contexts, Known, TABLES, table};
use crate::predict::Predictor;
use crate::tree::{FREQUENT, HALF};
use crate::{at, at_mut, hash};

/// The most bytes that a module may have.
pub const LIMIT: usize = 1 << 20;
/// Bytes of a repetition that is found.
const REPEATED: usize = 8;

// Kinds of bytes. Those of the first eight that are of instructions have tables of frequent bytes: see `context::table`.
const OTHER: usize = 0;
const OPCODE: usize = 1;
const GROUPS: usize = 2;
const LOCALS: usize = 3;
const TYPE: usize = 4;
const DATA: usize = 5;
const CALLED: usize = 6;
const LOCAL: usize = 7;
const WHOLE: usize = 8;
const OFFSET: usize = 9;
const TARGET: usize = 10;
const BLOCK: usize = 11;
const TARGETS: usize = 12;
const LAST_TARGET: usize = 13;
const INDIRECT: usize = 14;
const SELECT: usize = 15;
const GLOBAL: usize = 16;
const TABLE: usize = 17;
const MEMORY: usize = 18;
const LONG: usize = 19;
const F32: usize = 20;
const F64: usize = 21;
const MORE: usize = 22;

/// The kind of number behind instructions, each with how many instructions have it.
const KINDS: [[u8; 2]; 24] = kinds([
    (OTHER, 2),
    (BLOCK, 3),
    (OTHER, 7),
    (TARGET, 2),
    (TARGETS, 1),
    (OTHER, 1),
    (CALLED, 1),
    (INDIRECT, 1),
    (OTHER, 10),
    (SELECT, 1),
    (OTHER, 3),
    (LOCAL, 3),
    (GLOBAL, 2),
    (TABLE, 2),
    (OTHER, 1),
    (MEMORY, 23),
    (TABLE, 2),
    (WHOLE, 1),
    (LONG, 1),
    (F32, 1),
    (F64, 1),
    (OTHER, 139),
    (TABLE, 1),
    (OTHER, 1),
]);
/// What instructions do to the stack, each effect with how many instructions have it: twice how many values they take, and 1 for
/// one that they put there; from 8 on they take all.
#[rustfmt::skip]
const EFFECTS: [[u8; 2]; 37] = [
    [8, 2], [0, 2], [2, 1], [8, 1], [0, 6], [8, 1], [2, 2], [8, 1], [9, 2], [0, 8], [2, 1], [7, 2], [0, 3], [1, 1], [2, 1],
    [3, 1], [1, 1], [2, 1], [3, 3], [3, 14], [4, 9], [1, 1], [3, 1], [1, 4], [3, 1], [5, 10], [3, 1], [5, 22], [3, 3],
    [5, 15], [3, 3], [5, 15], [3, 7], [5, 7], [3, 7], [5, 7], [3, 30],
];

#[expect(clippy::indexing_slicing, reason = "it is computed by the compiler")]
const fn kinds<const N: usize>(runs: [(usize, u8); N]) -> [[u8; 2]; N] {
    let mut kinds = [[0; 2]; N];
    let mut run = 0;
    while run < N {
        kinds[run] = [runs[run].0 as u8, runs[run].1];
        run += 1;
    }
    kinds
}

/// What is kept while a module is unpacked. What is large comes last, because offsets that are large are long.
#[repr(C)]
pub struct Memory {
    kinds: [u8; 256],
    effects: [u8; 256],
    last: [u32; 32],
    stack: [u32; 1 << 12],
    blocks: [u32; 1 << 12],
    /// The last offset of an address, by its hash.
    offsets: [u32; 1 << 16],
    /// Where some bytes were last, by the hash of them.
    same: [u32; 1 << 18],
    bytes: [u8; LIMIT],
    /// The bytes with the sizes of functions.
    whole: [u8; LIMIT],
    predictor: Predictor,
}

impl Memory {
    /// Nothing but zeros.
    pub const fn new() -> Memory {
        Memory {
            kinds: [0; 256],
            effects: [0; 256],
            last: [0; 32],
            stack: [0; 1 << 12],
            blocks: [0; 1 << 12],
            offsets: [0; 1 << 16],
            same: [0; 1 << 18],
            bytes: [0; LIMIT],
            whole: [0; LIMIT],
            predictor: Predictor::new(),
        }
    }

    /// The module that was unpacked.
    pub fn whole(&self) -> &[u8; LIMIT] {
        &self.whole
    }

    /// Forgets all.
    #[cfg(any(test, feature = "pack"))]
    pub fn clear(&mut self) {
        self.predictor.clear();
        self.bytes.fill(0);
        self.same.fill(0);
        self.offsets.fill(0);
        self.stack.fill(0);
        self.blocks.fill(0);
        self.last.fill(0);
        self.kinds.fill(0);
    }

    /// Those that were packed, in the order of the way.
    #[cfg(test)]
    pub fn bytes(&self) -> &[u8; LIMIT] {
        &self.bytes
    }

    /// The place of what was packed, too.
    #[cfg(any(test, feature = "pack"))]
    pub fn whole_mut(&mut self) -> &mut [u8; LIMIT] {
        &mut self.whole
    }
}

/// Writes values, each as often as is said behind it.
fn expand(runs: &[[u8; 2]], values: &mut [u8; 256]) {
    let mut written = 0;
    for [value, times] in runs {
        for _ in 0..*times {
            *at_mut(values, written) = *value;
            written += 1;
        }
    }
}

/// Where the way has come to.
pub struct Walker<'a, C> {
    code: C,
    memory: &'a mut Memory,
    frequent: &'a [[u8; 15]; TABLES],
    length: usize,
    at: usize,
    /// How many bytes have been written with the sizes of functions, and up to where.
    written: usize,
    flushed: usize,
    function: u32,
    /// The instruction, with its bytes until now.
    part: u32,
    /// The how manieth byte of a number it is.
    within: usize,
    opcode: u32,
    /// Instructions before, the last one lowest.
    before: u64,
    /// The instruction before, with its numbers.
    whole: u32,
    height: usize,
    depth: usize,
    /// The address that an instruction uses, in this function.
    address: usize,
    repetition: usize,
    repeated: usize,
    /// The last bytes, the last one lowest.
    recent: u64,
    contexts: Contexts,
}

impl<'a, C: Code> Walker<'a, C> {
    /// Begins on the way. What is in memory is that of nobody.
    pub fn new(memory: &'a mut Memory, frequent: &'a [[u8; 15]; TABLES], length: usize, code: C) -> Walker<'a, C> {
        memory.predictor.prepare();
        expand(&KINDS, &mut memory.kinds);
        *at_mut(&mut memory.kinds, 0xd2) = TABLE as u8;
        *at_mut(&mut memory.kinds, 0xfc) = MORE as u8;
        memory.effects.fill(1);
        expand(&EFFECTS, &mut memory.effects);
        Walker {
            code,
            memory,
            frequent,
            length: length.min(LIMIT),
            at: 0,
            written: 0,
            flushed: 0,
            function: 0,
            part: 0,
            within: 0,
            opcode: 0,
            before: 0,
            whole: 0,
            height: 0,
            depth: 0,
            address: 0,
            repetition: 0,
            repeated: 0,
            recent: 0,
            contexts: Contexts::default(),
        }
    }

    /// Goes all the way: how many bytes the module has with the sizes of functions, and the coder.
    pub fn walk(mut self) -> (usize, C) {
        for _ in 0..8 {
            self.byte(OTHER);
        }
        while self.is_more() {
            let section = self.byte(OTHER);
            let size = self.number(OTHER, 0) as usize;
            self.part = section;
            if section == 10 {
                let mut count = self.number(OTHER, 0);
                while count > 0 && self.is_more() {
                    self.flush(false);
                    self.function();
                    self.flush(true);
                    count -= 1;
                }
            } else {
                let end = self.at.saturating_add(size);
                while self.at < end && self.is_more() {
                    self.byte(if section == 11 { DATA } else { OTHER });
                }
            }
            self.part = 0;
        }
        self.flush(false);
        (self.written, self.code)
    }

    fn is_more(&self) -> bool {
        self.at < self.length
    }

    /// Writes what is not written yet, with its size before it where it is a function.
    #[inline(never)]
    fn flush(&mut self, is_function: bool) {
        if is_function {
            let mut size = self.at - self.flushed;
            while size > 127 {
                self.write(size as u8 | 128);
                size >>= 7;
            }
            self.write(size as u8);
        }
        while self.flushed < self.at {
            self.write(*at(&self.memory.bytes, self.flushed));
            self.flushed += 1;
        }
    }

    #[inline(never)]
    fn write(&mut self, byte: u8) {
        *at_mut(&mut self.memory.whole, self.written) = byte;
        self.written += 1;
    }

    fn function(&mut self) {
        self.part = 0;
        self.height = 0;
        self.depth = 0;
        self.before = 0;
        self.whole = 0;
        let mut groups = self.number(GROUPS, 0);
        while groups > 0 && self.is_more() {
            self.number(LOCALS, 0);
            self.number(TYPE, 1);
            groups -= 1;
        }
        let mut open = 1;
        while open > 0 && self.is_more() {
            self.instruction();
            if matches!(self.opcode, 2..5) {
                open += 1;
                self.depth += 1;
                *at_mut(&mut self.memory.blocks, self.depth) = self.part;
            }
            if self.opcode == 11 {
                open -= 1;
                self.depth = self.depth.saturating_sub(1);
            }
        }
        self.function += 1;
    }

    fn instruction(&mut self) {
        self.part = 0;
        self.address = self.address_of(1);
        self.opcode = self.byte(OPCODE);
        self.part = self.opcode;
        let opcode = self.opcode as usize;
        let kind = usize::from(*at(&self.memory.kinds, opcode));
        if kind > 0 {
            if matches!(opcode, 0x36..0x3f) {
                self.address = self.address_of(2);
            }
            let size = match kind {
                F32 => 4,
                F64 => 8,
                _ => 0,
            };
            let value = self.number(kind, size);
            match kind {
                MEMORY => {
                    let offset = self.number(OFFSET, 0);
                    *at_mut(&mut self.memory.offsets, self.address) = offset.wrapping_add(1);
                }
                TARGETS => self.numbers(LAST_TARGET, value.wrapping_add(1)),
                INDIRECT | SELECT => self.numbers(TABLE, 1),
                // What is done to memory and tables, behind the rounding of numbers.
                MORE if value > 7 => self.numbers(TABLE, if value > 14 || value & 1 != 0 { 1 } else { 2 }),
                _ => {}
            }
        }
        let effect = usize::from(*at(&self.memory.effects, opcode));
        self.height = if effect > 7 { 0 } else { self.height.saturating_sub(effect >> 1) };
        if effect & 1 != 0 {
            self.height += 1;
            *at_mut(&mut self.memory.stack, self.height) = self.part & 0xff_ffff | self.opcode << 24;
        }
        self.whole = self.part;
        self.before = self.before << 8 | u64::from(self.opcode);
    }

    /// What has put a value on the stack: the first is on top.
    fn value(&self, number: usize) -> u32 {
        if self.height < number { 0 } else { *at(&self.memory.stack, self.height - number + 1) }
    }

    fn address_of(&self, number: usize) -> usize {
        (hash(self.function, self.value(number)) >> 16) as usize
    }

    fn numbers(&mut self, kind: usize, mut count: u32) {
        while count > 0 && self.is_more() {
            self.number(kind, 0);
            count -= 1;
        }
    }

    /// Reads a number of as many bytes as are given, or as it has.
    fn number(&mut self, kind: usize, size: usize) -> u32 {
        let mut value = 0;
        self.within = 0;
        while self.is_more() {
            let byte = self.byte(kind);
            self.part = hash(self.part, byte);
            value |= (byte & 127) << ((7 * self.within) & 31);
            self.within += 1;
            let is_last = if size > 0 { self.within == size } else { byte < 128 };
            if is_last {
                break;
            }
        }
        self.within = 0;
        *at_mut(&mut self.memory.last, kind) = value;
        value
    }

    fn byte(&mut self, kind: usize) -> u32 {
        if !self.is_more() {
            return 0;
        }
        let place = kind | self.within.min(2) << 5;
        let likely = (self.repeated > 0).then(|| *at(&self.memory.bytes, self.repetition));
        self.look(kind, place, likely);
        let wanted = self.code.wanted(self.at);
        let table = table(place);
        let frequent = at(self.frequent, table);
        let leaf_of = |byte: u8| frequent.iter().position(|frequent| *frequent == byte).unwrap_or(15) as u32;
        let likely_leaf = likely.map(leaf_of);

        let Memory { predictor, bytes, .. } = &mut *self.memory;
        let mut decide =
            |tree, which, wanted, likely| predictor.leaf(&mut self.code, tree, &self.contexts, which, wanted, likely);
        let leaf = decide(&FREQUENT, 0, if C::IS_KNOWN { leaf_of(wanted) } else { 0 }, likely_leaf);
        let byte = if let Some(byte) = frequent.get(leaf as usize) {
            *byte
        } else {
            let (wanted, likely) = (u32::from(wanted), likely.filter(|_| likely_leaf == Some(leaf)).map(u32::from));
            let upper = decide(&HALF, 1, wanted >> 4, likely.map(|likely| likely >> 4));
            let likely = likely.filter(|likely| likely >> 4 == upper);
            (upper << 4 | decide(&HALF, 2 + upper, wanted & 15, likely.map(|likely| likely & 15))) as u8
        };
        self.code.met(table, byte);
        *at_mut(bytes, self.at) = byte;
        self.at += 1;
        self.recent = self.recent << 8 | u64::from(byte);
        self.repeat(likely == Some(byte));
        u32::from(byte)
    }

    /// Goes on with the repetition, or looks for one.
    fn repeat(&mut self, is_repeated: bool) {
        self.repeated = if is_repeated { self.repeated + 1 } else { 0 };
        self.repetition += 1;
        // Some of the last bytes, which are all of this number.
        let hashed = self.recent.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46;
        let same = at_mut(&mut self.memory.same, hashed as usize);
        let earlier = *same as usize;
        *same = self.at as u32;
        if self.repeated == 0 && earlier > 0 {
            self.repetition = earlier;
            let bytes = &self.memory.bytes;
            let is_same =
                |count: &usize| *at(bytes, earlier.wrapping_sub(*count)) == *at(bytes, self.at.wrapping_sub(*count));
            let length = (1..=32).take_while(is_same).count();
            self.repeated = if length < REPEATED { 0 } else { length };
        }
    }

    /// Looks at what the byte may depend on.
    fn look(&mut self, kind: usize, place: usize, likely: Option<u8>) {
        let before = |from: u32, bits: u32| (self.before >> from) as u32 & ((1 << bits) - 1);
        let (top, under) = (self.value(1), self.value(2));
        let repetition = likely.map_or(0, |likely| (self.repeated.min(15) as u32) << 8 | (u32::from(likely) + 1) << 16);
        let [place_number, part] = [place as u32, self.part];
        let known: Known = if kind != OTHER && kind != DATA {
            [
                place_number,
                part,
                repetition,
                self.function,
                before(0, 8),
                before(8, 16),
                before(24, 16),
                before(40, 24),
                top,
                under,
                top >> 24 << 8 | under >> 24,
                self.whole,
                *at(&self.memory.offsets, self.address),
                *at(&self.memory.last, kind),
                (*at(&self.memory.blocks, self.depth)).wrapping_add(self.depth.min(1) as u32),
                0,
            ]
        } else {
            let back = |count: u32| (self.recent >> (8 * count - 8)) as u32 & 255;
            let alignment = self.at as u32 & 3;
            [
                place_number,
                part,
                repetition,
                back(1),
                back(2),
                back(3),
                back(4),
                back(5),
                back(6),
                back(8),
                alignment,
                0,
                0,
                0,
                0,
                0,
            ]
        };
        let contexts = &mut self.contexts;
        context::write(&mut contexts.hashes, &known, kind != OTHER && kind != DATA);
        contexts.place = place;
        contexts.kind = kind;
        contexts.before = self.before as usize & 255;
        contexts.repeated = self.repeated;
    }
}
