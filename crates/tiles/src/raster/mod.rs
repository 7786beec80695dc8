//! In place of `tiny-skia` in a build for the browser: the part of it that tiles are drawn with, under the same names. A shape
//! covers the same pixels as there; a third of the code does it.

mod blend;
mod cover;
mod fill;
mod pixels;

pub(crate) use blend::BlendMode;
pub(crate) use cover::Cover;
pub(crate) use pixels::{Color, FillRule, Mask, Paint, Pixmap, PixmapPaint, PremultipliedColorU8};
pub(crate) use tiny_skia_path::{LineCap, LineJoin, Path, PathBuilder, Rect, Stroke, StrokeDash, Transform};

#[cfg(all(test, feature = "skia"))]
mod tests {
    use super::*;

    /// Outlines of many kinds: straight and curved, with holes, crossing themselves, beside the image.
    fn paths() -> Vec<Path> {
        let mut state = 1_u32;
        let mut random = move |range: f32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 * range
        };
        let mut paths = vec![PathBuilder::from_circle(40.0, 40.0, 30.5).unwrap()];
        for number in 0..60 {
            let mut builder = PathBuilder::new();
            builder.move_to(random(120.0) - 20.0, random(120.0) - 20.0);
            for _ in 0..3 + number % 7 {
                let mut place = || random(120.0) - 20.0;
                match number % 3 {
                    0 => builder.line_to(place(), place()),
                    1 => builder.quad_to(place(), place(), place(), place()),
                    _ => builder.cubic_to(place(), place(), place(), place(), place(), place()),
                }
            }
            builder.close();
            let path = builder.finish().unwrap();
            let stroke = Stroke { width: 3.0, line_join: LineJoin::Round, ..Stroke::default() };
            paths.extend(path.stroke(&stroke, 1.0));
            paths.push(path);
        }
        paths
    }

    #[test]
    fn shapes_cover_what_they_cover_in_the_drawing_library() {
        let (mut sum, mut worst) = (0_u64, 0);
        for path in paths() {
            for rule in [FillRule::Winding, FillRule::EvenOdd] {
                let mut own = Mask::new(80, 90).unwrap();
                own.fill_path(&path, rule, true, Transform::identity());
                let theirs_rule = match rule {
                    FillRule::Winding => tiny_skia::FillRule::Winding,
                    FillRule::EvenOdd => tiny_skia::FillRule::EvenOdd,
                };
                let mut theirs = tiny_skia::Mask::new(80, 90).unwrap();
                theirs.fill_path(&path, theirs_rule, true, Transform::identity());
                let off = own.data().iter().zip(theirs.data()).map(|(one, other)| one.abs_diff(*other));
                let off: Vec<u64> = off.map(u64::from).collect();
                worst = worst.max(off.iter().sum::<u64>());
                sum += off.iter().sum::<u64>();
            }
        }
        // Of 255 for each pixel. Curves are drawn in other pieces.
        let share = sum as f64 / (255.0 * 80.0 * 90.0 * paths().len() as f64 * 2.0);
        assert!(share < 0.003, "{share}, {worst}");
    }

    #[test]
    fn colours_are_put_over_others_as_in_the_drawing_library() {
        use tiny_skia::BlendMode as Theirs;
        let modes = [
            (BlendMode::Clear, Theirs::Clear),
            (BlendMode::Source, Theirs::Source),
            (BlendMode::Destination, Theirs::Destination),
            (BlendMode::SourceOver, Theirs::SourceOver),
            (BlendMode::DestinationOver, Theirs::DestinationOver),
            (BlendMode::SourceIn, Theirs::SourceIn),
            (BlendMode::DestinationIn, Theirs::DestinationIn),
            (BlendMode::SourceOut, Theirs::SourceOut),
            (BlendMode::DestinationOut, Theirs::DestinationOut),
            (BlendMode::SourceAtop, Theirs::SourceAtop),
            (BlendMode::DestinationAtop, Theirs::DestinationAtop),
            (BlendMode::Xor, Theirs::Xor),
            (BlendMode::Plus, Theirs::Plus),
            (BlendMode::Screen, Theirs::Screen),
            (BlendMode::Overlay, Theirs::Overlay),
            (BlendMode::Darken, Theirs::Darken),
            (BlendMode::Lighten, Theirs::Lighten),
            (BlendMode::ColorDodge, Theirs::ColorDodge),
            (BlendMode::ColorBurn, Theirs::ColorBurn),
            (BlendMode::HardLight, Theirs::HardLight),
            (BlendMode::SoftLight, Theirs::SoftLight),
            (BlendMode::Difference, Theirs::Difference),
            (BlendMode::Exclusion, Theirs::Exclusion),
            (BlendMode::Multiply, Theirs::Multiply),
            (BlendMode::Hue, Theirs::Hue),
            (BlendMode::Saturation, Theirs::Saturation),
            (BlendMode::Color, Theirs::Color),
            (BlendMode::Luminosity, Theirs::Luminosity),
        ];
        let colors = [
            [255, 0, 0, 255],
            [20, 200, 120, 255],
            [90, 80, 250, 128],
            [255, 255, 255, 40],
            [0, 0, 0, 255],
            [7, 9, 8, 0],
        ];
        // Its borders are where samples begin, so that both cover the same of it.
        let mut corner = PathBuilder::new();
        corner.move_to(1.0, 1.0);
        for (x, y) in [(6.5, 1.0), (6.5, 3.0), (4.0, 3.0), (4.0, 6.25), (1.0, 6.25)] {
            corner.line_to(x, y);
        }
        corner.close();
        let corner = corner.finish().unwrap();
        for (mode, theirs_mode) in modes {
            for [red, green, blue, alpha] in colors {
                for below in colors {
                    let mut own = Pixmap::new(8, 8).unwrap();
                    own.fill(Color::from_rgba8(below[0], below[1], below[2], below[3]));
                    let mut paint = Paint { blend_mode: mode, ..Paint::default() };
                    paint.set_color(Color::from_rgba8(red, green, blue, alpha));
                    own.fill_path(&corner, &paint, FillRule::Winding, Transform::identity(), None);
                    let mut theirs = tiny_skia::Pixmap::new(8, 8).unwrap();
                    theirs.fill(tiny_skia::Color::from_rgba8(below[0], below[1], below[2], below[3]));
                    let mut paint = tiny_skia::Paint {
                        blend_mode: theirs_mode,
                        anti_alias: true,
                        force_hq_pipeline: mode != BlendMode::SourceOver,
                        ..tiny_skia::Paint::default()
                    };
                    paint.set_color_rgba8(red, green, blue, alpha);
                    theirs.fill_path(&corner, &paint, tiny_skia::FillRule::Winding, Transform::identity(), None);
                    for (one, other) in own.pixels().iter().zip(theirs.pixels()) {
                        let one = [one.red(), one.green(), one.blue(), one.alpha()];
                        let other = [other.red(), other.green(), other.blue(), other.alpha()];
                        let is_near = one.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= 3);
                        assert!(
                            is_near,
                            "{mode:?} {:?} over {below:?}: {one:?}, not {other:?}",
                            [red, green, blue, alpha]
                        );
                    }
                }
            }
        }
    }
}
