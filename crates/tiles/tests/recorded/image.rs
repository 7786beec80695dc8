//! Comparing images.

use tiny_skia::Pixmap;

/// How different two images are.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Mean difference of channels, 0 to 255, of the pixels that are painted in either image.
    pub mean: f64,
    /// Share of the painted pixels of which a channel differs by more than 32.
    pub far: f64,
    /// Share of all pixels that are painted in either image.
    pub painted: f64,
}

/// Compares images of the same size, as they look on white, and their alpha.
pub fn compare(ours: &Pixmap, theirs: &Pixmap) -> Difference {
    assert_eq!((ours.width(), ours.height()), (theirs.width(), theirs.height()));
    let channels = |pixel: &tiny_skia::PremultipliedColorU8| {
        let rest = 255 - pixel.alpha();
        [pixel.red() + rest, pixel.green() + rest, pixel.blue() + rest, pixel.alpha()]
    };
    let (mut sum, mut far, mut painted) = (0_u64, 0_u64, 0_u64);
    for (ours, theirs) in ours.pixels().iter().zip(theirs.pixels()) {
        if ours.alpha() == 0 && theirs.alpha() == 0 {
            continue;
        }
        painted += 1;
        let differences: Vec<u8> =
            channels(ours).into_iter().zip(channels(theirs)).map(|(ours, theirs)| ours.abs_diff(theirs)).collect();
        sum += differences.iter().map(|difference| u64::from(*difference)).sum::<u64>();
        far += u64::from(differences.iter().any(|difference| *difference > 32));
    }
    let count = painted.max(1) as f64;
    Difference {
        mean: sum as f64 / 4.0 / count,
        far: far as f64 / count,
        painted: painted as f64 / ours.pixels().len() as f64,
    }
}
