//! Text that somebody else sets in the same font is in the same places, and looks the same.
use super::*;
use crate::drawing::{FillRule, LineJoin, Mask, PathBuilder, Stroke, Transform};
use crate::shaping::Face;
use crate::{Cancel, Feature, LabelBox, Layer, MarkerCache, Painted, TileId, paint_unless, reaches};
use cartocss::Stylesheet;
use geo_types::{Geometry, Point, line_string};

const TILE: TileId = TileId { z: 0, x: 0, y: 0 };

/// The server's fonts, asked as a browser is.
#[derive(Debug)]
struct Own;

impl Typesetter for Own {
    fn width(&self, text: &str, is_bold: bool) -> f32 {
        Face::get(is_bold).unwrap().line(text, 1.0, 0.0).width
    }

    fn cover(&self, writing: &Writing<'_>) -> Vec<u8> {
        let face = Face::get(writing.is_bold).unwrap();
        let mut path = PathBuilder::new();
        for (text, place) in writing.texts.split('\n').zip(writing.places.as_chunks().0) {
            let [x, y, angle] = *place;
            let (sine, cosine) = angle.sin_cos();
            for glyph in face.line(text, writing.size, 0.0).glyphs {
                let place = (x + glyph.x * cosine - glyph.y * sine, y + glyph.x * sine + glyph.y * cosine);
                face.outline(glyph, writing.size, place, angle, &mut path);
            }
        }
        let mut mask = Mask::new(writing.width, writing.height).unwrap();
        let path = path.finish().unwrap();
        let stroke = Stroke { width: writing.line, line_join: LineJoin::Round, ..Stroke::default() };
        let path = if writing.line > 0.0 { path.stroke(&stroke, 1.0).unwrap() } else { path };
        mask.fill_path(&path, FillRule::Winding, true, Transform::identity());
        mask.data().to_vec()
    }
}

/// A browser that tells nonsense.
#[derive(Debug)]
struct Odd(f32, usize);

impl Typesetter for Odd {
    fn width(&self, _text: &str, _is_bold: bool) -> f32 {
        self.0
    }

    fn cover(&self, _writing: &Writing<'_>) -> Vec<u8> {
        vec![255; self.1]
    }
}

fn features() -> Vec<Feature> {
    let words =
        ["Paris", "São Tomé and Príncipe", "Washington, D.C.", "A VAT", "e\u{301}t\u{e9}", "x", "New\nYork", " "];
    let mut features: Vec<Feature> = words
        .iter()
        .enumerate()
        .map(|(index, words)| {
            let place = Point::new(-1.7e7 + 4.1e6 * index as f64, 1.5e7 - 3.9e6 * index as f64);
            Feature { geometry: Some(place.into()), fields: vec![(*words).into()] }
        })
        .collect();
    let bent = line_string![(x: -1.9e7, y: -6e6), (x: -9e6, y: -9.5e6), (x: 2e6, y: -1.0e7), (x: 1.9e7, y: -1.1e7)];
    features.push(Feature { geometry: Some(Geometry::LineString(bent)), fields: vec!["Rio de la Plata".into()] });
    features
}

fn looks(css: &str, cache: &MarkerCache, scale: u32) -> (Vec<(usize, LabelBox)>, Vec<u8>) {
    let style =
        Stylesheet::parse(&format!("#l {{ text-name: [name]; text-face-name: 'DejaVu Sans Book'; {css} }}")).unwrap();
    let (features, columns) = (features(), ["name".to_owned()]);
    let layer = Layer { style: &style, columns: &columns, features: &features };
    let painted = paint_unless(&Cancel::default(), cache, &[Painted::Features(layer)], &TILE.view(scale)).unwrap();
    (reaches(cache, Painted::Features(layer), TILE).labels, painted.rgba())
}

#[test]
fn labels_are_where_the_server_has_them_and_look_alike() {
    let (server, browser) = (MarkerCache::default(), MarkerCache::default().with_typesetter(&Own));
    for css in [
        "text-size: 12;",
        "text-size: 14; text-face-name: 'Open Sans Bold'; text-halo-radius: 2; text-halo-fill: #ff0;",
        "text-size: 11; text-wrap-width: 40; text-line-spacing: 3; text-dx: 5; text-dy: -7; text-fill: #07a;",
        "text-size: 9; text-orientation: 30; text-allow-overlap: true; text-halo-radius: 1; text-opacity: 0.5;",
        "text-size: 13; text-character-spacing: 2; text-horizontal-alignment: left; text-vertical-alignment: top;",
        "text-size: 12; text-placement: line; text-halo-radius: 1.5; text-dy: 4;",
        "text-size: 12; text-placement: line; text-spacing: 20; text-min-distance: 15; text-transform: uppercase;",
        "text-size: 16; text-placement: vertex; text-comp-op: multiply; text-fill: #a40;",
        "text-size: 120; text-min-distance: 3;",
    ] {
        for scale in [1, 2] {
            let ((own, drawn), (theirs, written)) = (looks(css, &server, scale), looks(css, &browser, scale));
            assert!(!own.is_empty(), "{css}");
            assert_eq!(own.len(), theirs.len(), "{css}");
            for ((feature, LabelBox(one)), (other_feature, LabelBox(other))) in own.iter().zip(&theirs) {
                let is_near = one.iter().zip(other).all(|(one, other)| (one - other).abs() < 0.02);
                assert!(feature == other_feature && is_near, "{css} {feature}: {one:?}, {other:?}");
            }
            let off: u64 = drawn.iter().zip(&written).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
            let ink: u64 = drawn.as_chunks::<4>().0.iter().map(|[.., alpha]| u64::from(*alpha)).sum();
            assert!(off * 100 < ink * 2, "{css}: {off} of {ink}");
        }
    }
}

#[test]
fn what_is_written_is_kept() {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    #[derive(Debug)]
    struct Counting(AtomicUsize);
    impl Typesetter for Counting {
        fn width(&self, text: &str, is_bold: bool) -> f32 {
            Own.width(text, is_bold)
        }
        fn cover(&self, writing: &Writing<'_>) -> Vec<u8> {
            self.0.fetch_add(1, Relaxed);
            Own.cover(writing)
        }
    }
    static COUNTING: Counting = Counting(AtomicUsize::new(0));
    let cache = MarkerCache::default().with_typesetter(&COUNTING);
    let first = looks("text-size: 12; text-halo-radius: 1;", &cache, 1);
    let count = COUNTING.0.load(Relaxed);
    assert!(count >= 10, "{count}");
    // Other colours need nobody; a larger font does.
    let second = looks("text-size: 12; text-halo-radius: 1; text-fill: #f00; text-halo-fill: #00f;", &cache, 1);
    assert_eq!(COUNTING.0.load(Relaxed), count);
    assert!(first.0 == second.0 && first.1 != second.1);
    looks("text-size: 13; text-halo-radius: 1;", &cache, 1);
    assert!(COUNTING.0.load(Relaxed) > count);
}

#[test]
fn nonsense_of_a_typesetter_is_survived() {
    static ODD: [Odd; 6] =
        [Odd(f32::NAN, 0), Odd(f32::INFINITY, 1), Odd(-1.0, 7), Odd(0.0, 1 << 20), Odd(1e30, 3), Odd(0.5, 65_536)];
    for odd in &ODD {
        let cache = MarkerCache::default().with_typesetter(odd);
        for css in
            ["text-size: 12;", "text-placement: line; text-halo-radius: 100;", "text-size: 1000; text-wrap-width: 1;"]
        {
            looks(css, &cache, 1);
        }
    }
}

#[test]
fn texts_are_taken_apart_where_letters_stand_alone() {
    assert_eq!(letters("ab c"), ["a", "b", " ", "c"]);
    assert_eq!(letters("e\u{301}\u{302}t"), ["e\u{301}\u{302}", "t"]);
    assert_eq!(letters("نهر النيل!"), ["نهر", " ", "النيل", "!"]);
    assert_eq!(letters("👩\u{200d}🚀x"), ["👩\u{200d}🚀", "x"]);
    assert_eq!(letters("\u{301}a"), ["\u{301}", "a"]);
    let setter = Setter { typesetter: &Own, is_bold: false };
    // Pairs of letters are as close as they are together.
    let (apart, whole) = (setter.line("AVATAR", 20.0, 0.0, true), setter.line("AVATAR", 20.0, 0.0, false));
    assert_eq!((apart.glyphs.len(), whole.glyphs.len()), (6, 1));
    assert!((apart.width - whole.width).abs() < 1e-3);
    // What is read from the right begins there.
    assert_eq!(setter.line("نهر النيل", 20.0, 0.0, true).pieces, ["النيل", " ", "نهر"]);
    assert_eq!(setter.line("", 20.0, 0.0, true).width, 0.0);
}
