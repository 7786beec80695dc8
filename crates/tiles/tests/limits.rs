//! Pictures, styles and geometries of strangers take neither all memory nor time without end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartocss::{FieldValue, Stylesheet};
use geo_types::{Geometry, LineString, MultiPoint, Point, Polygon};
use std::time::{Duration, Instant};
use tiles::{Cancel, DrawError, Feature, GridOptions, Layer, PictureError, TileId, check_picture};

/// The stack of a server's threads.
const STACK: usize = 2 << 20;

/// Builds for tests are slow, and tests run side by side.
const PATIENCE: Duration = Duration::from_secs(30);

fn address(svg: &str) -> String {
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

/// Reads a picture of these contents on the stack of a server's thread.
fn read(contents: &str) -> Result<(), PictureError> {
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'>{contents}</svg>");
    whole(svg)
}

fn whole(svg: String) -> Result<(), PictureError> {
    let begin = Instant::now();
    let work = move || check_picture(&address(&svg));
    let result = std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    result
}

#[test]
fn pictures_of_drawing_programs_are_drawn() {
    let illustrator = "<?xml version='1.0' encoding='utf-8'?>
        <!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd' [
          <!ENTITY ns_svg 'http://www.w3.org/2000/svg'> <!ENTITY ns_link 'http://www.w3.org/1999/xlink'>]>
        <svg xmlns='&ns_svg;' xmlns:xlink='&ns_link;' viewBox='0 0 20 20'><style type='text/css'>
        .st0{fill:url(#SVGID_1_);} .st1{clip-path:url(#SVGID_2_);marker:none;} g .st2{opacity:0.5;}</style>
        <linearGradient id='SVGID_1_'><stop offset='0' stop-color='red'/><stop offset='1'/></linearGradient>
        <defs><rect id='SVGID_3_' width='9' height='9'/></defs>
        <clipPath id='SVGID_2_'><use xlink:href='#SVGID_3_'/></clipPath>
        <g class='st1'><path class='st0' d='M1 1h9v9z' style='marker-start:none;stroke:#000;stroke-dasharray:2,1'/></g></svg>";
    assert_eq!(whole(illustrator.into()), Ok(()));
    let sketch = "<defs><path id='a' d='M0 0h9v9z'/><filter id='unused'><feOffset dy='2'/></filter></defs>
        <mask id='m' fill='#fff'><use href='#a'/></mask><use fill='#f00' href='#a'/>
        <g mask='url(#m)' transform='scale(2)'><circle r='4'/></g>";
    assert_eq!(read(sketch), Ok(()));
    assert_eq!(read(&"<rect width='1' height='1'/>".repeat(4_000)), Ok(()));
}

#[test]
fn filters_and_patterns_are_refused() {
    for filter in [
        "<filter id='f'><feTurbulence numOctaves='2000' baseFrequency='0.1'/></filter><rect width='9' height='9' filter='url(#f)'/>",
        "<filter id='f'><feGaussianBlur stdDeviation='1000'/></filter><rect width='9' height='9' style='filter:url(#f)'/>",
        "<filter id='f'><feTurbulence/></filter><style>rect{filter:url(#f)}</style><rect width='9' height='9'/>",
        "<filter id='f'><feTurbulence/></filter><g filter='url(#f)'><g><rect width='9' height='9'/></g></g>",
        "<rect width='9' height='9' filter='blur(5px)'/>",
        "<rect width='9' height='9' style='filter: drop-shadow(1px 1px 9px red)'/>",
        "<style>* { filter: blur(9px) }</style><rect width='9' height='9'/>",
        "<filter id='f'><feTurbulence/></filter><mask id='m'><rect width='9' height='9' filter='url(#f)'/></mask>
         <rect width='9' height='9' mask='url(#m)'/>",
    ] {
        assert_eq!(read(filter), Err(PictureError::Filters), "{filter}");
    }
    for pattern in [
        "<pattern id='p' width='1e6' height='1e6' patternUnits='userSpaceOnUse'><rect width='9' height='9'/></pattern>
         <rect width='9' height='9' fill='url(#p)'/>",
        "<pattern id='p' width='1' height='1' patternUnits='userSpaceOnUse'><rect width='9' height='9'/></pattern>
         <path d='M0 0h9' stroke='url(#p)'/>",
    ] {
        assert_eq!(read(pattern), Err(PictureError::Patterns), "{pattern}");
    }
}

#[test]
fn pictures_do_not_multiply() {
    let doubled = |element: &str, reference: &str, start: &str| {
        let level = |level: usize| {
            let inner = format!("<{}/>", reference.replace("#N", &format!("#n{}", level - 1))).repeat(10);
            format!("<{element} id='n{level}'>{inner}</{element}>")
        };
        let levels: String = (1..12).map(level).collect();
        format!("<defs><g id='n0'>{start}</g>{levels}</defs><{}/>", reference.replace("#N", "#n11"))
    };
    let rectangle = "<rect width='9' height='9'/>";
    let markers = format!("<marker id='m'>{rectangle}</marker>");
    let entities =
        |value: &str| format!("<!DOCTYPE svg [<!ENTITY a '{value}'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>");
    let long = "x".repeat(300_000);
    let path = format!("M0 0{}", "h1v1".repeat(60_000));
    for (name, contents) in [
        ("use", doubled("g", "use href='#N'", rectangle)),
        ("masks", doubled("mask", "rect width='9' height='9' mask='url(#N)'", rectangle)),
        ("clips", doubled("clipPath", "rect width='9' height='9' clip-path='url(#N)'", rectangle)),
        ("patterns", doubled("pattern", "rect width='9' height='9' fill='url(#N)'", rectangle)),
        ("styles", doubled("mask", "rect width='9' height='9' style=\"mask:url( '#N' )\"", rectangle)),
        ("markers", format!("{markers}<path d='{path}' marker-mid='url(#m)'/>")),
        ("markers by style", format!("{markers}<path d='{path}' style='marker: url(#m)'/>")),
        ("markers by sheet", format!("<style>path {{ marker-mid :url(#m) }}</style>{markers}<path d='{path}'/>")),
        ("long paths", format!("<defs><path id='p' d='{path}'/></defs>{}", "<use href='#p'/>".repeat(100))),
        ("paths", format!("<path d='{path}{}'/>", "h1v1".repeat(50_000))),
        ("many", "<a/>".repeat(100_000)),
        ("many rectangles", rectangle.repeat(6_000)),
        ("deep", format!("{}{rectangle}{}", "<g opacity='0.5'>".repeat(30_000), "</g>".repeat(30_000))),
        ("rather deep", format!("{}{rectangle}{}", "<g opacity='0.5'>".repeat(60), "</g>".repeat(60))),
        ("chain", (0..9_000).map(|n| format!("<use id='u{n}' href='#u{}'/>", n + 1)).collect()),
        ("circle", "<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>".into()),
        ("dashes", "<path d='M0 0h1000000' stroke='#000' stroke-dasharray='0.001'/>".into()),
        ("many dashes", "<path d='M0 0h9000' stroke='#000' stroke-dasharray='1'/>".repeat(10)),
        ("rules", format!("<style>{}</style>{}", "a{fill:red}".repeat(9_000), rectangle.repeat(1_000))),
        ("selectors", format!("<style>{}rect{{fill:red}}</style>{rectangle}", "* ".repeat(30))),
        (
            "sheet",
            format!(
                "<style>.a{{mask:url(#a)}}.b{{mask:url(#b)}}</style><mask id='a'>{0}</mask><mask id='b'>{0}</mask>{0}",
                rectangle.repeat(100)
            ),
        ),
    ] {
        let expected = if name == "deep" { PictureError::Data } else { PictureError::TooMuch };
        assert_eq!(read(&contents), Err(expected), "{name}");
    }
    for definition in [entities("x"), format!("<!DOCTYPE svg [<!ENTITY a '{long}'>]>")] {
        let svg = format!(
            "{definition}<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{}</svg>",
            "&b;".repeat(1_000)
        );
        assert_eq!(whole(svg), Err(PictureError::TooMuch));
    }
    let used = "&a;".repeat(100_000);
    let svg = format!("<!DOCTYPE svg [<!ENTITY a '{}'>]><svg id='{used}'/>", "x".repeat(4_000));
    assert_eq!(whole(svg), Err(PictureError::TooMuch));
    // Just deep enough to be drawn, on a small stack.
    let deep = format!("{}{rectangle}{}", "<g opacity='0.5'>".repeat(45), "</g>".repeat(45));
    assert_eq!(read(&deep), Ok(()));
    for unit in ["<g>", "<!ENTITY a '", "<![CDATA[", "<!--", "&a;", "<a b='"] {
        assert!(whole(unit.repeat(10_000_000 / unit.len())).is_err(), "{unit}");
        assert!(read(&unit.repeat(100_000)).is_err(), "{unit}");
    }
}

#[test]
fn pictures_cost_what_they_have_in_them() {
    let many = address(&format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'>{}</svg>",
        "<g opacity='0.9'><rect width='10' height='10' opacity='0.5'/></g>".repeat(2_000)
    ));
    let css = format!("marker-file: url('{many}'); marker-width: 1e9; marker-allow-overlap: true;");
    let features = vec![point(0.0, 0.0); 20];
    let (_, taken) = draw(&css, &features, &Cancel::default());
    assert!(taken < PATIENCE, "{taken:?}");
}

fn point(x: f64, y: f64) -> Feature {
    Feature { geometry: Some(Point::new(x, y).into()), fields: vec![FieldValue::from("some words")] }
}

const TILE: TileId = TileId { z: 1, x: 0, y: 0 };

fn draw(css: &str, features: &[Feature], cancel: &Cancel) -> (Result<Vec<u8>, DrawError>, Duration) {
    let style = Stylesheet::parse(&format!("#l {{ {css} }}")).unwrap();
    let columns = ["name".to_owned()];
    let layer = Layer { style: &style, columns: &columns, features };
    let begin = Instant::now();
    let drawn = tiles::draw_view_unless(cancel, &[layer], &TILE.view(2));
    let (cache, options) = (tiles::MarkerCache::default(), GridOptions { key: Some("name"), columns: &["name"] });
    let _ = tiles::grid_unless(cancel, &cache, &layer, TILE, &options);
    (drawn, begin.elapsed())
}

/// Lines to and fro through the tile, as points and as areas too.
fn geometries() -> Vec<Feature> {
    let far = 1.5e7;
    let place = |index: i32| (-f64::from(index % 997) * 2e4, f64::from(index % 991) * 2e4);
    let line: LineString<f64> = (0..60_000).map(place).collect();
    let wide: LineString<f64> = (0..200).map(|index| (-far * f64::from(index % 2), f64::from(index) * 1e5)).collect();
    let points = MultiPoint((0..60_000).map(|index| Point::from(place(index))).collect());
    let feature = |geometry: Geometry<f64>| Feature {
        geometry: Some(geometry),
        fields: vec![FieldValue::Text("word and ".repeat(20_000))],
    };
    let mut features = vec![
        feature(line.clone().into()),
        feature(points.into()),
        feature(Polygon::new(line, Vec::new()).into()),
        feature(wide.into()),
    ];
    features.extend((0..300).map(|index| {
        let (x, y) = place(index);
        Feature { geometry: Some(Point::new(x, y).into()), fields: vec![FieldValue::from("a point")] }
    }));
    features
}

#[test]
fn whatever_is_drawn_can_be_cancelled() {
    let text = "text-name: [name]; text-face-name: 'x';";
    let svg =
        address("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>");
    let features = geometries();
    for css in [
        "line-width: 1; line-dasharray: 0.0001;".to_owned(),
        "line-width: 1; line-dasharray: 0.01, 0.01;".into(),
        format!("line-width: 1; line-dasharray: {};", "0.5, 0.5,".repeat(20_000) + "1"),
        "line-width: 1e9; line-offset: 1e9; line-join: round; line-cap: round; line-dasharray: 1, 1;".into(),
        "marker-placement: line; marker-spacing: 0.0001; marker-allow-overlap: true;".into(),
        "marker-placement: line; marker-spacing: 1; marker-width: 1e9; marker-height: 1e9;".into(),
        "marker-multi-policy: each; marker-width: 400; marker-allow-overlap: true; ::b { marker-width: 0.1; }".into(),
        format!(
            "marker-file: url('{svg}'); marker-width: 1e9; marker-allow-overlap: true; marker-placement: line; marker-spacing: 1;"
        ),
        format!("{text} text-placement: vertex; text-allow-overlap: true; text-size: 1000;"),
        format!("{text} text-placement: line; text-spacing: 0.0001; text-allow-overlap: true; text-size: 1;"),
        format!("{text} text-placement: line; text-spacing: 0.1; text-size: 0.1; text-min-distance: 10000;"),
        format!("{text} text-wrap-width: 100000; text-size: 3; text-halo-radius: 100; text-allow-overlap: true;"),
        format!("{text} text-wrap-width: 0.01; text-character-spacing: 1e9; text-line-spacing: -1e9;"),
        "polygon-fill: red; polygon-gamma: 0.3; polygon-comp-op: multiply; opacity: 0.5; comp-op: src-in;".into(),
        format!("polygon-pattern-file: url('{svg}');"),
        (0..90).map(|name| format!("::n{name} {{ polygon-fill: red; opacity: 0.5; }}")).collect(),
    ] {
        let cancel = Cancel::default();
        let stop = cancel.clone();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(500));
            stop.cancel();
        });
        let (drawn, taken) = draw(&css, &features, &cancel);
        let start: String = css.chars().take(90).collect();
        println!("{taken:?} {} {start}", if drawn.is_ok() { "drawn" } else { "cancelled" });
        assert!(matches!(drawn, Ok(_) | Err(DrawError::Cancelled)), "{drawn:?}");
        assert!(taken < Duration::from_secs(10), "{start}: {taken:?}");
        stopper.join().unwrap();
        // What was cancelled before it began is not begun.
        let (drawn, taken) = draw(&css, &features, &cancel);
        assert_eq!(drawn, Err(DrawError::Cancelled));
        assert!(taken < Duration::from_secs(2), "{start}: {taken:?}");
    }
}

#[test]
fn large_markers_take_no_memory_to_be_told_apart() {
    // Every marker would be in all of the 67,000 cells of such an image.
    let css = "marker-width: 20000; marker-fill: transparent; marker-line-width: 0; marker-allow-overlap: true;
        ::b { marker-width: 3; }";
    let style = Stylesheet::parse(&format!("#l {{ {css} }}")).unwrap();
    let features: Vec<Feature> = (0..3_000).map(|index| point(f64::from(index) * -1e3, 1e7)).collect();
    let layer = Layer { style: &style, columns: &[], features: &features };
    let view = tiles::View { width: 8192, height: 16, ..TILE.view(1) };
    let begin = Instant::now();
    tiles::draw_view(&[layer], &view).unwrap();
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
}

#[test]
fn deep_and_lying_geometries_are_refused() {
    let collection = |count: u32| [&[1, 7, 0, 0, 0][..], &count.to_le_bytes()].concat();
    let work = move || {
        for depth in [10, 100, 120, 1_000, 100_000, 1_000_000] {
            let mut wkb = collection(1).repeat(depth);
            let _ = Feature::from_wkb(&wkb, Vec::new());
            wkb.extend([1, 1, 0, 0, 0]);
            wkb.extend([0; 16]);
            if let Ok(feature) = Feature::from_wkb(&wkb, Vec::new()) {
                assert!(depth < 200);
                let (drawn, _) = draw("marker-width: 3; line-width: 1;", &[feature], &Cancel::default());
                assert!(drawn.is_ok());
            }
        }
        for kind in 1..=17 {
            for count in [1_u32, 1 << 16, 1 << 28, u32::MAX] {
                let mut wkb = vec![1, kind, 0, 0, 0];
                wkb.extend(count.to_le_bytes());
                assert!(Feature::from_wkb(&wkb, Vec::new()).is_err() || count == 1 || kind == 1);
                wkb.extend(count.to_le_bytes().repeat(100));
                let _ = Feature::from_wkb(&wkb, Vec::new());
            }
        }
    };
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
}
