//! All memory, so that nobody need ask for more.

#[cfg(any(test, feature = "pack"))]
use crate::code::{Counter, Writer, write};
use crate::code::{Reader, Signs};
use crate::context::TABLES;
use crate::module::{LIMIT, Memory, Walker};

/// Bytes before the decisions: 4 of how many bytes the module has without the sizes of functions, and those that are frequent.
const LENGTH: usize = 4;

/// A module that is packed, and what it is unpacked with.
#[repr(C)]
pub struct Store {
    memory: Memory,
    /// What is to be unpacked, or packed.
    pub input: [u8; LIMIT],
    #[cfg(any(test, feature = "pack"))]
    packed: [u8; LIMIT],
}

impl Store {
    /// Nothing but zeros.
    pub const fn new() -> Store {
        Store {
            memory: Memory::new(),
            input: [0; LIMIT],
            #[cfg(any(test, feature = "pack"))]
            packed: [0; LIMIT],
        }
    }

    /// What was unpacked, or packed.
    pub fn output(&self) -> &[u8; LIMIT] {
        self.memory.whole()
    }

    /// Unpacks: how many bytes it has become.
    pub fn unpack(&mut self) -> usize {
        let mut signs = Signs::new(&self.input);
        let length = u32::from_le_bytes([(); LENGTH].map(|()| signs.byte())) as usize;
        let frequent = [[(); 15]; TABLES].map(|table| table.map(|()| signs.byte()));
        Walker::new(&mut self.memory, &frequent, length, Reader::new(signs)).walk().0
    }

    /// Packs so many bytes, which are a module without the sizes of functions: how many they have become.
    #[cfg(any(test, feature = "pack"))]
    pub fn pack(&mut self, length: usize) -> usize {
        let (bytes, _) = self.input.split_at(length.min(LIMIT));
        let none = [[0; 15]; TABLES];
        let (_, mut counter) = Walker::new(&mut self.memory, &none, bytes.len(), Counter::new(bytes)).walk();
        let frequent: [[u8; 15]; TABLES] = core::array::from_fn(|table| counter.frequent(table));
        self.memory.clear();
        let (_, writer) =
            Walker::new(&mut self.memory, &frequent, bytes.len(), Writer::new(bytes, &mut self.packed)).walk();
        let head = (bytes.len() as u32).to_le_bytes();
        let decided = writer.finish();
        let made = head.iter().chain(frequent.as_flattened()).chain(self.packed.iter().take(decided));
        write(made, self.memory.whole_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, PoisonError};

    /// One for all tests: it is large.
    static STORE: Mutex<Store> = Mutex::new(Store::new());

    /// Packs and unpacks: the bytes as they were, how many they were meanwhile, and the module.
    fn there_and_back(bytes: &[u8]) -> (Vec<u8>, usize, Vec<u8>) {
        let mut store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
        let store = &mut *store;
        store.memory.clear();
        store.input[..bytes.len()].copy_from_slice(bytes);
        let packed = store.pack(bytes.len());
        let made = store.output()[..packed].to_vec();
        store.memory.clear();
        store.input.fill(0);
        store.input[..packed].copy_from_slice(&made);
        let length = store.unpack();
        (store.memory.bytes()[..bytes.len()].to_vec(), packed, store.output()[..length].to_vec())
    }

    /// A module of functions that are alike, without their sizes and with them.
    fn module(functions: u8) -> [Vec<u8>; 2] {
        let head = b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f";
        // A loop with a table of targets, loads, stores and numbers of all sorts.
        let body = |number: u8| {
            let mut body = vec![1, 2, 0x7f, 3, 0x40, 0x20, 0, 0x28, 2, number, 0x21, 1, 0x41, 0xff, 1, 0x42, 3, 0x1a];
            body.extend([0x43, 0, 0, 0x80, 0x3f, 0x1a, 0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x1a]);
            body.extend([
                0x20, 0, 0x20, 1, 0x36, 2, 8, 0x20, 1, 0x0e, 1, 0, 1, 0x20, 0, 0xfc, 0x0b, 0, 0x0b, 0x20, 1, 0x0b,
            ]);
            body
        };
        let code = |is_whole: bool| {
            let mut code = head.to_vec();
            code.extend([10, 0x7f, functions]);
            for number in 0..functions {
                let body = body(number);
                code.extend(is_whole.then_some(body.len() as u8));
                code.extend(body);
            }
            code.extend(b"\x0b\x0c\x01\0\x41\0\x0b\x06abcabc");
            code
        };
        [code(false), code(true)]
    }

    #[test]
    fn a_module_comes_back_with_the_sizes_of_its_functions() {
        let [bytes, whole] = module(100);
        let (same, packed, unpacked) = there_and_back(&bytes);
        assert!(same == bytes);
        assert!(unpacked == whole);
        assert!(packed < bytes.len() / 10, "{packed} of {}", bytes.len());
    }

    #[test]
    fn bytes_that_are_no_module_come_back() {
        let mut state = 1_u32;
        let random: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(3000)
        .collect();
        let [module, _] = module(9);
        // Sections of code that are cut off, and what is behind the eight bytes of any head.
        let code = [&module[..8], &[10, 1, 200], &random].concat();
        for bytes in
            [&[][..], b"a", &b"Where it goes, and where it comes from. ".repeat(30), &random, &code, &module[..60]]
        {
            let (same, packed, unpacked) = there_and_back(bytes);
            assert!(same == bytes, "{} bytes", bytes.len());
            assert!(packed < bytes.len() * 3 / 2 + 220, "{packed} of {}", bytes.len());
            assert!(unpacked.len() >= bytes.len());
        }
    }

    #[test]
    fn what_nobody_has_packed_has_an_end() {
        let mut store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in [0, 1, 10, 0x55, 0xff] {
            store.memory.clear();
            write(5000_u32.to_le_bytes().iter().chain(&[byte; 6000]), &mut store.input);
            assert!(store.unpack() >= 5000);
        }
    }
}
