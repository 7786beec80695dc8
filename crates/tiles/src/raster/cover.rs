//! What a path covers of an image, in few bytes.

use super::fill::{Run, cover};
use super::pixels::FillRule;
use tiny_skia_path::Path;

/// Runs of pixels, one behind the other: rows since the one before, pixels since the end of the one before or the border, length,
/// and how much is covered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cover(Box<[u8]>);

impl Cover {
    /// What a path covers of an image of some pixels.
    pub(crate) fn new(path: &Path, rule: FillRule, size: (u32, u32)) -> Self {
        let mut bytes = Vec::new();
        let (mut row, mut end) = (0, 0);
        cover(path, (rule, 1.0), size, &mut |Run { y, x, length, part }| {
            let rows = y - row;
            if rows > 0 {
                (row, end) = (y, 0);
            }
            // Mostly it is the next pixel of the same row, by itself.
            if rows == 0 && x == end && length == 1 && part > LAST_MARK {
                bytes.push(part);
            } else if length == 1 && rows == 0 {
                bytes.push(SAME_ROW);
                write(&mut bytes, x - end);
                bytes.push(part);
            } else {
                bytes.push(ANY);
                write(&mut bytes, rows);
                write(&mut bytes, x - end);
                write(&mut bytes, length);
                bytes.push(part);
            }
            end = x + length;
        });
        Self(bytes.into_boxed_slice())
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Calls back with each run.
    pub(super) fn runs(&self, found: &mut dyn FnMut(Run)) {
        let mut left = self.0.iter().copied();
        let (mut y, mut end) = (0, 0);
        while let Some(mark) = left.next() {
            let (mut rows, mut skipped, mut length, mut part) = (0, 0, 1, mark);
            if mark <= LAST_MARK {
                if mark == ANY {
                    rows = read(&mut left);
                }
                skipped = read(&mut left);
                if mark == ANY {
                    length = read(&mut left);
                }
                part = left.next().unwrap_or_default();
            }
            if rows > 0 {
                y += rows;
                end = 0;
            }
            let x = end + skipped;
            found(Run { y, x, length, part });
            end = x + length;
        }
    }
}

/// A run that says all of it; one pixel of the same row; and any other byte is what is covered of the next pixel.
const ANY: u8 = 0;
const SAME_ROW: u8 = 1;
const LAST_MARK: u8 = SAME_ROW;

/// Writes a number, seven bits at a time.
fn write(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read(bytes: &mut impl Iterator<Item = u8>) -> usize {
    let (mut number, mut shift) = (0, 0);
    for byte in bytes {
        number |= usize::from(byte & 127) << shift;
        shift += 7;
        if byte < 128 || shift > 21 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiny_skia_path::PathBuilder;

    #[test]
    fn runs_are_what_they_were() {
        let mut state = 5_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 * 700.0 - 50.0
        };
        for corners in [3, 4, 9, 40] {
            let mut builder = PathBuilder::new();
            builder.move_to(random(), random());
            (1..corners).for_each(|_| builder.line_to(random(), random()));
            builder.close();
            let path = builder.finish().unwrap();
            let (mut runs, mut kept) = (Vec::new(), Vec::new());
            cover(&path, (FillRule::EvenOdd, 1.0), (600, 500), &mut |run| runs.push(run));
            let cover = Cover::new(&path, FillRule::EvenOdd, (600, 500));
            cover.runs(&mut |run| kept.push(run));
            assert!(runs.len() > 500, "{}", runs.len());
            assert_eq!(runs, kept);
            assert!(cover.bytes() < runs.len() * 4, "{} bytes of {} runs", cover.bytes(), runs.len());
        }
    }
}
