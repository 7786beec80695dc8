//! Which values reach a feature.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cartocss::{
    Color, CompOp, FieldValue, GeometryKind, LineCap, LineJoin, MarkerShape, Markers, Stylesheet, Symbolizer,
};

const COLUMNS: [&str; 4] = ["name", "pop", "capital", "rank"];

fn fields(name: &str, pop: f64) -> Vec<FieldValue> {
    vec![name.into(), pop.into(), true.into(), FieldValue::Integer(7)]
}

fn symbolizers(css: &str, zoom: u32, fields: &[FieldValue]) -> Vec<Vec<Symbolizer>> {
    let style = Stylesheet::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"));
    let mut styles = style.at(zoom, &COLUMNS);
    styles.iter_mut().map(|style| style.symbolizers(fields, GeometryKind::Point).to_vec()).collect()
}

/// The only marker of a style.
fn marker(css: &str, zoom: u32, fields: &[FieldValue]) -> Markers {
    match symbolizers(css, zoom, fields).as_slice() {
        [one] => match one.as_slice() {
            [Symbolizer::Markers(markers)] => markers.clone(),
            other => panic!("{css}: {other:?}"),
        },
        other => panic!("{css}: {other:?}"),
    }
}

fn width(css: &str) -> f32 {
    marker(css, 5, &fields("Vik", 300.0)).width.unwrap()
}

fn fill(css: &str) -> Color {
    marker(&format!("#a {{ marker-fill: {css}; }}"), 5, &fields("Vik", 300.0)).fill
}

#[test]
fn it_is_known_whether_markers_reach_far_or_give_way() {
    let reaches = |css: &str| Stylesheet::parse(css).unwrap().reaches_beyond(16.0);
    for css in [
        "#l { marker-width: 20; marker-allow-overlap: true; }",
        "#l { marker-allow-overlap: true; [a = 1] { marker-width: 29; } [zoom > 3] { marker-height: 29; marker-line-width: 1; } }",
        "#l { marker-width: 5; marker-allow-overlap: true; ::over { marker-width: 7; marker-allow-overlap: true; } }",
        "@size: 12; #l { marker-width: @size; marker-allow-overlap: true; line-width: 90; }",
    ] {
        assert!(!reaches(css), "{css}");
    }
    for css in [
        "#l { marker-width: 20; }",
        "#l { marker-width: 31; marker-allow-overlap: true; }",
        "#l { marker-width: 20; marker-line-width: 12; marker-allow-overlap: true; }",
        "#l { marker-width: [a]; marker-allow-overlap: true; }",
        "#l { marker-allow-overlap: true; [a = 1] { marker-allow-overlap: false; } }",
        "#l { marker-width: 5; [a = 1] { marker-allow-overlap: true; } }",
        "#l { marker-width: 5; [zoom > 4] { marker-allow-overlap: true; } }",
        "#l { marker-width: 5; marker-allow-overlap: true; ::over { marker-width: 7; } }",
        "#l { marker-width: 5; marker-allow-overlap: true; text-name: [a]; text-face-name: 'DejaVu Sans Book'; }",
        "#l { marker-width: 5; marker-allow-overlap: true; a/marker-width: 5; }",
        "#l { marker-width: 5; marker-allow-overlap: true; marker-transform: 'scale(9)'; }",
    ] {
        assert!(reaches(css), "{css}");
    }
}

#[test]
fn defaults_are_those_of_mapnik() {
    let markers = marker("#a { marker-opacity: 1; }", 5, &[]);
    assert_eq!((markers.width, markers.height, markers.shape), (None, None, MarkerShape::Ellipse));
    assert_eq!((markers.fill, markers.line_color), (Color::opaque(0, 0, 255), Color::opaque(0, 0, 0)));
    assert_eq!((markers.line_width, markers.allow_overlap), (0.5, false));
    let all = symbolizers("#a { line-opacity: 1; polygon-opacity: 0.5; }", 5, &[]);
    let [Symbolizer::Line(line), Symbolizer::Polygon(polygon)] = all[0].as_slice() else { panic!("{all:?}") };
    assert_eq!((line.color, line.width), (Color::opaque(0, 0, 0), 1.0));
    assert_eq!((line.cap, line.join, line.miter_limit), (LineCap::Butt, LineJoin::Miter, 4.0));
    assert_eq!(polygon.fill, Color { alpha: 0.5, ..Color::opaque(128, 128, 128) });
}

#[test]
fn a_coloured_line_of_markers_is_one_pixel_wide() {
    assert_eq!(marker("#a { marker-line-color: red; }", 5, &[]).line_width, 1.0);
    assert_eq!(marker("#a { marker-line-width: 3; [zoom > 1] { marker-line-color: red; } }", 5, &[]).line_width, 3.0);
    assert_eq!(marker("#a { marker-width: 3; }", 5, &[]).line_width, 0.5);
}

#[test]
fn specific_rules_win() {
    assert_eq!(width("#a { marker-width: 1; } #a { marker-width: 2; }"), 2.0, "later blocks");
    assert_eq!(width("#a { marker-width: 1; marker-width: 2; }"), 1.0, "the first of a block, as in the original");
    assert_eq!(width("#a { marker-width: 1; } * { marker-width: 2; }"), 1.0, "identifiers");
    assert_eq!(width("#a[pop > 1] { marker-width: 1; } #a { marker-width: 2; }"), 1.0, "conditions");
    assert_eq!(width("#a { [pop > 1][pop < 999] { marker-width: 1; } [pop > 2] { marker-width: 2; } }"), 1.0);
    assert_eq!(width("#a { [pop > 1] { marker-width: 1; } [pop > 2] { marker-width: 2; } marker-width: 3; }"), 2.0);
    assert_eq!(width("[zoom > 3] { marker-width: 1; } #a, #b { marker-width: 2; }"), 2.0);
    assert_eq!(width("#a { marker-width: 1; } .b { marker-width: 2; }"), 1.0, "layers have no classes");
}

#[test]
fn filters() {
    for (filter, passes) in [
        ("[name = 'Vik']", true),
        ("[name = \"Vik\"]", true),
        ("['name' = 'Vik']", true),
        ("[name != 'Vik']", false),
        ("[name =~ 'V.k']", true),
        ("[name =~ 'V']", false),
        ("[pop = 300]", true),
        ("[pop >= 300]", true),
        ("[pop > 300]", false),
        ("[pop <= '300']", true),
        ("[pop < 299.5]", false),
        ("[pop != null]", true),
        ("[pop = null]", false),
        ("[nope = null]", true),
        ("[nope > 1]", false),
        ("[nope != 'x']", true),
        ("[capital = true]", true),
        ("[rank = 7]", true),
        ("[pop > [rank]]", true),
        ("[pop = @limit]", true),
        ("[mapnik-geometry-type = 1]", true),
        ("['mapnik::geometry_type' = polygon]", false),
        ("[pop > 1][name = 'Vik'][zoom < 6]", true),
        ("[zoom = 5]", true),
        ("[zoom >= @deep]", false),
    ] {
        let css = format!("@limit: 300; @deep: 9; #a {{ marker-width: 1; {filter} {{ marker-width: 2; }} }}");
        assert_eq!(width(&css) == 2.0, passes, "{filter}");
    }
    assert_eq!(marker("#a { marker-width: 1; [pop > 1] { marker-width: 2; } }", 5, &[]).width, Some(1.0), "no fields");
}

#[test]
fn attachments_are_painted_in_the_order_of_their_first_declarations() {
    let style = Stylesheet::parse(
        "#a::casing { line-width: 6; } #a { marker-width: 4; ::top { marker-width: 2; ::in { marker-width: 1; } } }",
    )
    .unwrap();
    let names: Vec<String> = style.at(5, &COLUMNS).iter().map(|style| style.name().to_owned()).collect();
    assert_eq!(names, ["casing", "", "top", "top/in"]);
}

#[test]
fn symbolizers_are_painted_in_the_order_of_their_first_declarations() {
    let css = "#a { line-width: 1; polygon-fill: red; line-color: red; b/line-width: 3; text-name: [name]; text-face-name: 'x'; }";
    let all = symbolizers(css, 5, &[]);
    assert!(matches!(
        all[0].as_slice(),
        [Symbolizer::Line(first), Symbolizer::Polygon(_), Symbolizer::Line(second), Symbolizer::Text(text)]
            if text.words.is_empty() && first.width == 1.0 && second.width == 3.0 && second.color == Color::opaque(0, 0, 0)
    ));
}

#[test]
fn colours() {
    let red = Color::opaque(255, 0, 0);
    for same in [
        "#f00",
        "#FF0000",
        "red",
        "rgb(255, 0, 0)",
        "rgba(255,0,0,1)",
        "hsl(0, 100%, 50%)",
        "hsla(360, 1, 0.5, 1)",
        "@red",
    ] {
        let css = format!("@red: red; #a {{ marker-fill: {same}; }}");
        assert_eq!(marker(&css, 5, &[]).fill, red, "{same}");
    }
    assert_eq!(fill("transparent").alpha, 0.0);
    assert_eq!(fill("rgba(1, 2, 3, 0.255)"), Color { red: 1, green: 2, blue: 3, alpha: 0.26 });
    assert_eq!(fill("lighten(#800000, 25%)"), red.faded(1.0));
    assert_eq!(fill("darken(#2a9d8f, 20%)"), Color::opaque(0x14, 0x4d, 0x46));
    assert_eq!(fill("fadeout(red, 40%)"), Color { alpha: 0.6, ..red });
    assert_eq!(fill("spin(red, 120)"), Color::opaque(0, 255, 0));
    assert_eq!(fill("mix(#f00, #00f, 50%)"), Color::opaque(128, 0, 128));
    assert_eq!(fill("greyscale(#f00)"), Color::opaque(128, 128, 128));
    assert_eq!(fill("#111 + #222"), Color::opaque(0x33, 0x33, 0x33));
    assert_eq!(fill("#111 * 2"), Color::opaque(0x22, 0x22, 0x22));
    assert_eq!(fill("#ffffff"), Color::opaque(255, 255, 255));
}

#[test]
fn numbers() {
    for (value, expected) in [
        ("4", 4.0),
        (".5", 0.5),
        ("1e1", 10.0),
        ("4px", 4.0),
        ("2 + 3 * 4", 14.0),
        ("(2 + 3) * 4", 20.0),
        ("10 - 4 - 3", 3.0),
        ("9/2", 4.5),
        ("@w * 2", 6.0),
        ("@w + 50%", 4.5),
        ("1in", 90.714),
        ("[pop] / 100", 3.0),
        ("[pop] / 100 + 1", 4.0),
        ("[rank] / 2", 3.0),
        ("[rank] / 2.0", 3.0),
        ("[rank] / 2.5", 2.8),
        ("[rank]", 7.0),
    ] {
        let css = format!("@w: 3; #a {{ marker-width: {value}; }}");
        assert!((width(&css) - expected).abs() < 1e-4, "{value}: {}", width(&css));
    }
    assert_eq!(marker("#a { marker-width: [nope]; }", 5, &[]).width, None, "no number, no width");
    assert_eq!(marker("#a { marker-width: -3; }", 5, &[]).width, Some(0.0));
}

#[test]
fn lines() {
    let css = "@d: 8, 4; #a { line-width: 3; line-cap: round; line-join: bevel; line-dasharray: @d; line-opacity: 0.5; line-comp-op: multiply; }";
    let all = symbolizers(css, 5, &[]);
    let [Symbolizer::Line(line)] = all[0].as_slice() else { panic!("{all:?}") };
    assert_eq!((line.cap, line.join, line.comp_op), (LineCap::Round, LineJoin::Bevel, CompOp::Multiply));
    assert_eq!((line.dashes.as_slice(), line.color.alpha), ([8.0, 4.0].as_slice(), 0.5));
}

#[test]
fn comments_may_stand_everywhere() {
    let css = "/* a { */ #a /* b */ { // c }\n marker-width: 6 /* d */; /* ; */ marker-fill: red // e\n ; } // f";
    let markers = marker(css, 5, &[]);
    assert_eq!((markers.width, markers.fill), (Some(6.0), Color::opaque(255, 0, 0)));
}

#[test]
fn columns_and_zooms() {
    let css = "#a[zoom >= 3][zoom < 6] { marker-width: [pop] / 3; [name = 'x'] { line-width: 2; } [zoom = 5][mapnik-geometry-type = 1] { marker-fill: [tint]; } } #a[zoom > 20] { polygon-fill: red; }";
    let style = Stylesheet::parse(css).unwrap();
    let mut columns = style.columns().to_vec();
    columns.sort();
    assert_eq!(columns, ["name", "pop", "tint"]);
    assert_eq!(style.zooms(), [3..=5, 21..=25]);
    assert!(style.is_drawn_at(40) && !style.is_drawn_at(6));
    assert!(style.at(6, &COLUMNS).is_empty());
}

#[test]
fn whole_styles() {
    let style =
        Stylesheet::parse("Map { background-color: #ffd; } #a { marker-width: 3; comp-op: screen; opacity: 0.5; }")
            .unwrap();
    assert_eq!(style.background(), Some(Color::opaque(255, 255, 221)));
    let styles = style.at(5, &COLUMNS);
    assert_eq!((styles[0].comp_op(), styles[0].opacity()), (CompOp::Screen, 0.5));
}

#[test]
fn undrawn_properties_are_no_mistakes() {
    for css in [
        "#a { text-name: [name] + ' (' + [name] + ')'; text-face-name: \"DejaVu Sans Book\"; text-dy: -10; text-transform: uppercase; }",
        "#a { marker-file: url(http://example.com/a.svg); marker-transform: rotate(45) translate(1, 2); }",
        "#a { polygon-pattern-file: url('x.png'); line-pattern-file: url(\"y.png\"); }",
        "#a { image-filters: colorize-alpha(blue, cyan), agg-stack-blur(2, 2); raster-opacity: 0.5; }",
        "#a { raster-colorizer-stops: stop(0, red) stop(5, blue); point-file: url(a.png); dot-fill: red; }",
        "#a { building-height: [pop] * 2; shield-name: [name]; shield-file: url(x.png); shield-face-name: x; debug-mode: collision; }",
    ] {
        Stylesheet::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"));
    }
}
