//! Reads a WebAssembly module that was packed by predicting it: each byte is a few decisions, each decision as long as it was
//! unlikely. How likely it is, a small network says, which learns while it reads.
//!
//! [`module`] walks through a module and knows what each byte is for, [`context`] says what it may depend on, [`predict`] how
//! likely a decision is, and [`code`] makes bytes of decisions and decisions of bytes. Sums of floating-point numbers are
//! taken in one order, so that all browsers and the build come to the same.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(not(any(test, target_arch = "wasm32")), expect(dead_code, reason = "called by JavaScript"))]

mod code;
mod context;
#[cfg(target_arch = "wasm32")]
mod exports;
mod lanes;
mod module;
mod predict;
mod store;
mod tree;

/// The entry of an array that has a power of two of them, so that each number is one of an entry.
#[expect(clippy::indexing_slicing, reason = "the number is below the length")]
#[inline(always)]
fn at<T, const N: usize>(array: &[T; N], number: usize) -> &T {
    const { assert!(N.is_power_of_two()) };
    &array[number & (N - 1)]
}

/// The same, to change it.
#[expect(clippy::indexing_slicing, reason = "the number is below the length")]
#[inline(always)]
fn at_mut<T, const N: usize>(array: &mut [T; N], number: usize) -> &mut T {
    const { assert!(N.is_power_of_two()) };
    &mut array[number & (N - 1)]
}

/// What depends on two numbers.
fn hash(one: u32, other: u32) -> u32 {
    let mixed = (one.rotate_left(5) ^ other).wrapping_mul(0x9e37_79b1);
    mixed ^ (mixed >> 15)
}
