//! Four numbers at a time: compilers that are told to be brief do not find it themselves.

pub use vector::{Floats, Ints};

impl Floats {
    /// The sum of all four.
    #[inline(always)]
    pub fn sum(self) -> f32 {
        let [a, b, c, d] = self.lanes();
        (a + b) + (c + d)
    }
}

impl Ints {
    /// Likelihoods of 65536 as logarithms of how many a yes there is for a no, to the base 2: nearly, because floating-point numbers
    /// are nearly the logarithms of themselves.
    #[inline(always)]
    pub fn stretched(self) -> Floats {
        let floats = self.floats();
        let yes = floats.plus(Floats::all(0.5));
        let no = Floats::all(65535.5).minus(floats);
        yes.bits().minus(no.bits()).floats().times(Floats::all(1. / 8_388_608.))
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod vector {
    use core::arch::wasm32::*;

    /// Four floating-point numbers.
    #[derive(Clone, Copy)]
    pub struct Floats(v128);

    /// Four whole numbers.
    #[derive(Clone, Copy)]
    pub struct Ints(v128);

    impl Floats {
        pub const NONE: Floats = Floats(f32x4(0., 0., 0., 0.));

        #[inline(always)]
        pub fn all(number: f32) -> Floats {
            Floats(f32x4_splat(number))
        }

        #[inline(always)]
        pub fn plus(self, other: Floats) -> Floats {
            Floats(f32x4_add(self.0, other.0))
        }

        #[inline(always)]
        pub fn minus(self, other: Floats) -> Floats {
            Floats(f32x4_sub(self.0, other.0))
        }

        #[inline(always)]
        pub fn times(self, other: Floats) -> Floats {
            Floats(f32x4_mul(self.0, other.0))
        }

        #[inline(always)]
        pub fn by(self, other: Floats) -> Floats {
            Floats(f32x4_div(self.0, other.0))
        }

        /// Without what is behind the point.
        #[inline(always)]
        pub fn ints(self) -> Ints {
            Ints(i32x4_trunc_sat_f32x4(self.0))
        }

        #[inline(always)]
        pub fn bits(self) -> Ints {
            Ints(self.0)
        }

        /// Two numbers and none.
        #[inline(always)]
        pub fn two(one: f32, other: f32) -> Floats {
            Floats(f32x4(one, other, 0., 0.))
        }

        #[inline(always)]
        pub fn lanes(self) -> [f32; 4] {
            let lanes = self.0;
            [
                f32x4_extract_lane::<0>(lanes),
                f32x4_extract_lane::<1>(lanes),
                f32x4_extract_lane::<2>(lanes),
                f32x4_extract_lane::<3>(lanes),
            ]
        }
    }

    impl Ints {
        pub const NONE: Ints = Ints(i32x4(0, 0, 0, 0));

        #[inline(always)]
        pub fn all(number: i32) -> Ints {
            Ints(i32x4_splat(number))
        }

        #[inline(always)]
        pub fn new(lane: impl Fn(usize) -> i32) -> Ints {
            Ints(i32x4(lane(0), lane(1), lane(2), lane(3)))
        }

        #[inline(always)]
        pub fn plus(self, other: Ints) -> Ints {
            Ints(i32x4_add(self.0, other.0))
        }

        #[inline(always)]
        pub fn minus(self, other: Ints) -> Ints {
            Ints(i32x4_sub(self.0, other.0))
        }

        #[inline(always)]
        pub fn and(self, other: Ints) -> Ints {
            Ints(v128_and(self.0, other.0))
        }

        #[inline(always)]
        pub fn min(self, other: Ints) -> Ints {
            Ints(i32x4_min(self.0, other.0))
        }

        #[inline(always)]
        pub fn left(self, bits: u32) -> Ints {
            Ints(i32x4_shl(self.0, bits))
        }

        #[inline(always)]
        pub fn right(self, bits: u32) -> Ints {
            Ints(i32x4_shr(self.0, bits))
        }

        #[inline(always)]
        pub fn floats(self) -> Floats {
            Floats(f32x4_convert_i32x4(self.0))
        }

        #[inline(always)]
        pub fn lanes(self) -> [i32; 4] {
            let lanes = self.0;
            [
                i32x4_extract_lane::<0>(lanes),
                i32x4_extract_lane::<1>(lanes),
                i32x4_extract_lane::<2>(lanes),
                i32x4_extract_lane::<3>(lanes),
            ]
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod vector {
    use core::array::from_fn;

    /// Four floating-point numbers.
    #[derive(Clone, Copy)]
    pub struct Floats([f32; 4]);

    /// Four whole numbers.
    #[derive(Clone, Copy)]
    pub struct Ints([i32; 4]);

    #[expect(clippy::indexing_slicing, reason = "all have four")]
    impl Floats {
        pub const NONE: Floats = Floats([0.; 4]);

        #[inline(always)]
        pub fn all(number: f32) -> Floats {
            Floats([number; 4])
        }

        #[inline(always)]
        pub fn plus(self, other: Floats) -> Floats {
            Floats(from_fn(|lane| self.0[lane] + other.0[lane]))
        }

        #[inline(always)]
        pub fn minus(self, other: Floats) -> Floats {
            Floats(from_fn(|lane| self.0[lane] - other.0[lane]))
        }

        #[inline(always)]
        pub fn times(self, other: Floats) -> Floats {
            Floats(from_fn(|lane| self.0[lane] * other.0[lane]))
        }

        #[inline(always)]
        pub fn by(self, other: Floats) -> Floats {
            Floats(from_fn(|lane| self.0[lane] / other.0[lane]))
        }

        /// Without what is behind the point.
        #[inline(always)]
        pub fn ints(self) -> Ints {
            Ints(self.0.map(|number| number as i32))
        }

        #[inline(always)]
        pub fn bits(self) -> Ints {
            Ints(self.0.map(|number| number.to_bits() as i32))
        }

        /// Two numbers and none.
        #[inline(always)]
        pub fn two(one: f32, other: f32) -> Floats {
            Floats([one, other, 0., 0.])
        }

        #[inline(always)]
        pub fn lanes(self) -> [f32; 4] {
            self.0
        }
    }

    #[expect(clippy::indexing_slicing, reason = "all have four")]
    impl Ints {
        pub const NONE: Ints = Ints([0; 4]);

        #[inline(always)]
        pub fn all(number: i32) -> Ints {
            Ints([number; 4])
        }

        #[inline(always)]
        pub fn new(lane: impl Fn(usize) -> i32) -> Ints {
            Ints(from_fn(lane))
        }

        #[inline(always)]
        pub fn plus(self, other: Ints) -> Ints {
            Ints(from_fn(|lane| self.0[lane] + other.0[lane]))
        }

        #[inline(always)]
        pub fn minus(self, other: Ints) -> Ints {
            Ints(from_fn(|lane| self.0[lane] - other.0[lane]))
        }

        #[inline(always)]
        pub fn and(self, other: Ints) -> Ints {
            Ints(from_fn(|lane| self.0[lane] & other.0[lane]))
        }

        #[inline(always)]
        pub fn min(self, other: Ints) -> Ints {
            Ints(from_fn(|lane| self.0[lane].min(other.0[lane])))
        }

        #[inline(always)]
        pub fn left(self, bits: u32) -> Ints {
            Ints(self.0.map(|number| number << bits))
        }

        #[inline(always)]
        pub fn right(self, bits: u32) -> Ints {
            Ints(self.0.map(|number| number >> bits))
        }

        #[inline(always)]
        pub fn floats(self) -> Floats {
            Floats(self.0.map(|number| number as f32))
        }

        #[inline(always)]
        pub fn lanes(self) -> [i32; 4] {
            self.0
        }
    }
}
