//! The four channels of a pixel, two at a time.

/// Every other channel of a pixel, each with as many bits above it.
pub(crate) const PAIR: u32 = 0x00ff_00ff;

/// What comes of both pairs of channels; `of` may use all 16 bits of each.
#[inline]
pub(crate) fn by_pairs(pixel: u32, of: impl Fn(u32) -> u32) -> u32 {
    of(pixel & PAIR) & PAIR | (of(pixel >> 8 & PAIR) & PAIR) << 8
}
