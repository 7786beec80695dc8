//! An example of each property that is drawn, and of each form of `ramp()`.

use crate::scene::Scene::{self, Area, Areas, Crowd, Group, Label, Line, Points, Street};

/// An example of a property.
pub struct Example {
    pub property: &'static str,
    /// What it does, and what is drawn without it.
    pub meaning: &'static str,
    pub scene: Scene,
    /// The example itself.
    pub declaration: &'static str,
    /// What else the picture needs.
    pub around: &'static str,
}

const fn of(
    property: &'static str,
    meaning: &'static str,
    scene: Scene,
    declaration: &'static str,
    around: &'static str,
) -> Example {
    Example { property, meaning, scene, declaration, around }
}

const DOT: &str = "marker-width: 20; marker-allow-overlap: true;";
const SVG: &str = "url(\"data:image/svg+xml;base64,PHN2ZyB4bWxucz0naHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmcnIHdpZHRoPScyMicgaGVpZ2h0PScyMic+PHBhdGggZD0nTTExIDFsMyA3aDdsLTYgNSAyIDgtNi01LTYgNSAyLTgtNi01aDd6JyBmaWxsPScjZTBhMDIwJy8+PC9zdmc+\")";
const WORDS: &str = "text-name: [name]; text-size: 16; text-allow-overlap: true;";

/// A style with the picture's address in the place of its name, and a font, which labels need.
pub fn complete(css: &str) -> String {
    let css = css.replace("STAR", SVG);
    if css.contains("text-face-name") {
        css
    } else {
        css.replace("text-name:", "text-face-name: 'DejaVu Sans Book'; text-name:")
    }
}

#[rustfmt::skip]
pub const EXAMPLES: &[Example] = &[
    of("comp-op", "how the whole style goes together with what is below; `src-over`", Areas, "comp-op: multiply;", "polygon-fill: #d46780;"),
    of("opacity", "how opaque the whole style is, 0 to 1; 1", Areas, "opacity: 0.5;", "polygon-fill: #d46780; line-width: 3;"),
    of("background-color", "the colour behind everything, in a block `Map`", Points, "background-color: #c8dbe0;", DOT),

    of("polygon-fill", "the colour of areas; gray", Area, "polygon-fill: #5d8a66;", "line-width: 1;"),
    of("polygon-opacity", "0 to 1; 1", Areas, "polygon-opacity: 0.4;", "polygon-fill: #5d8a66;"),
    of("polygon-gamma", "how soft edges are: less than 1 paints more of the pixels at the edge; 1", Area, "polygon-gamma: 0.1;", "polygon-fill: #5d8a66;"),
    of("polygon-comp-op", "how each area goes together with what is below; `src-over`", Areas, "polygon-comp-op: multiply;", "polygon-fill: #d46780;"),

    of("line-color", "the colour of lines and outlines; black", Line, "line-color: #c2452d;", "line-width: 3;"),
    of("line-width", "pixels; 1", Line, "line-width: 6;", "line-color: #34657f;"),
    of("line-opacity", "0 to 1; 1", Line, "line-opacity: 0.4;", "line-color: #34657f; line-width: 6;"),
    of("line-join", "corners: `miter`, `round`, `bevel`; `miter`", Line, "line-join: round;", "line-color: #34657f; line-width: 12;"),
    of("line-cap", "ends: `butt`, `round`, `square`; `butt`", Line, "line-cap: round;", "line-color: #34657f; line-width: 12;"),
    of("line-dasharray", "pixels of dashes and gaps in turn; no gaps", Line, "line-dasharray: 8, 4;", "line-color: #34657f; line-width: 3;"),
    of("line-dash-offset", "pixels by which the dashes begin later; 0", Line, "line-dash-offset: 6;", "line-dasharray: 8, 4; line-color: #34657f; line-width: 3;"),
    of("line-miterlimit", "how far a sharp corner may reach, in widths of the line; 4", Line, "line-miterlimit: 1;", "line-color: #34657f; line-width: 12;"),
    of("line-offset", "pixels to the right of the line as seen along it, to the left if negative; 0", Line, "line-offset: 8;", "line-color: #34657f; line-width: 2;"),
    of("line-comp-op", "how lines go together with what is below; `src-over`", Areas, "line-comp-op: multiply;", "line-color: #d46780; line-width: 10;"),

    of("marker-file", "a picture in place of a shape: an SVG or PNG", Points, "marker-file: STAR;", "marker-allow-overlap: true;"),
    of("marker-opacity", "0 to 1 for fill and outline; 1", Crowd, "marker-opacity: 0.4;", DOT),
    of("marker-fill-opacity", "0 to 1; 1", Crowd, "marker-fill-opacity: 0.4;", DOT),
    of("marker-line-color", "the colour of the outline; black", Points, "marker-line-color: #fff;", "marker-width: 20; marker-line-width: 3;"),
    of("marker-line-width", "pixels; 0.5", Points, "marker-line-width: 4;", "marker-width: 20; marker-line-color: #fff;"),
    of("marker-line-opacity", "0 to 1; 1", Points, "marker-line-opacity: 0.4;", "marker-width: 20; marker-line-width: 4;"),
    of("marker-placement", "where on lines and areas: `point`, `line`, `interior`, `vertex-first`, `vertex-last`; `point`", Line, "marker-placement: line;", "marker-width: 8; marker-spacing: 20; marker-allow-overlap: true;"),
    of("marker-multi-policy", "features of many parts: a marker for `each`, for the `whole`, for the `largest`; `each`", Group, "marker-multi-policy: whole;", DOT),
    of("marker-type", "`ellipse`, `arrow`, `rectangle`; `ellipse`", Points, "marker-type: rectangle;", DOT),
    of("marker-width", "pixels; 10. Without `marker-height` also the height", Points, "marker-width: 24;", "marker-allow-overlap: true;"),
    of("marker-height", "pixels; as the width", Points, "marker-height: 8;", DOT),
    of("marker-fill", "the colour of markers; blue", Points, "marker-fill: #c2452d;", DOT),
    of("marker-allow-overlap", "draw also the markers that touch one that is there; `false`", Crowd, "marker-allow-overlap: true;", "marker-width: 20;"),
    of("marker-ignore-placement", "take no place from markers and labels that come later; `false`", Crowd, "marker-ignore-placement: true;", "marker-width: 20;"),
    of("marker-spacing", "pixels between markers along a line; 100", Line, "marker-spacing: 12;", "marker-placement: line; marker-width: 8; marker-allow-overlap: true;"),
    of("marker-comp-op", "how markers go together with what is below; `src-over`", Crowd, "marker-comp-op: multiply;", "marker-width: 24; marker-fill: #d46780; marker-line-width: 0; marker-allow-overlap: true;"),

    of("polygon-pattern-file", "a picture that fills areas: an SVG or PNG", Area, "polygon-pattern-file: STAR;", "line-width: 1;"),
    of("polygon-pattern-alignment", "`local` begins at each area anew, `global` is the same all over the map; `local`", Area, "polygon-pattern-alignment: global;", "polygon-pattern-file: STAR; line-width: 1;"),
    of("polygon-pattern-opacity", "0 to 1; 1", Area, "polygon-pattern-opacity: 0.4;", "polygon-pattern-file: STAR; line-width: 1;"),
    of("polygon-pattern-comp-op", "how the pattern goes together with what is below; `src-over`", Areas, "polygon-pattern-comp-op: multiply;", "polygon-pattern-file: STAR; line-width: 1;"),

    of("text-name", "what to write: a column, a text, or both: `[name] + '!'`. Labels need it", Label, "text-name: [name];", "text-size: 16;"),
    of("text-face-name", "the font, which labels need. All text is DejaVu Sans, bold where the name has `Bold`", Label, "text-face-name: 'DejaVu Sans Bold';", WORDS),
    of("text-size", "pixels; 10", Label, "text-size: 24;", "text-name: [name];"),
    of("text-wrap-width", "pixels after which a new line begins; 0 is no limit", Label, "text-wrap-width: 40;", "text-name: 'The old town by the sea'; text-size: 9;"),
    of("text-spacing", "pixels between labels along a line; 0 is one label", Street, "text-spacing: 12;", "text-name: 'A1'; text-size: 12; text-placement: line;"),
    of("text-character-spacing", "pixels more between letters; 0", Label, "text-character-spacing: 3;", WORDS),
    of("text-line-spacing", "pixels more between lines; 0", Label, "text-line-spacing: 6;", "text-name: 'The old town by the sea'; text-size: 8; text-wrap-width: 30;"),
    of("text-fill", "the colour of letters; black", Label, "text-fill: #c2452d;", WORDS),
    of("text-opacity", "0 to 1; 1", Label, "text-opacity: 0.4;", WORDS),
    of("text-halo-fill", "the colour around letters; white", Label, "text-halo-fill: #ffd966;", "text-name: [name]; text-size: 16; text-halo-radius: 3;"),
    of("text-halo-radius", "pixels around letters; 0", Label, "text-halo-radius: 3;", "text-name: [name]; text-size: 16; text-halo-fill: #ffd966;"),
    of("text-halo-opacity", "0 to 1; 1", Label, "text-halo-opacity: 0.4;", "text-name: [name]; text-size: 16; text-halo-fill: #e0a020; text-halo-radius: 3;"),
    of("text-dx", "pixels to the right; 0", Label, "text-dx: 12;", "text-name: 'Old'; text-size: 12; marker-width: 6;"),
    of("text-dy", "pixels down; 0", Label, "text-dy: -10;", "text-name: [name]; text-size: 12; marker-width: 6; text-allow-overlap: true;"),
    of("text-horizontal-alignment", "`left`, `middle`, `right`, `auto`, `adjust`; `auto` follows `text-dx`", Label, "text-horizontal-alignment: left;", "text-name: 'Old'; text-size: 14; text-allow-overlap: true; marker-width: 6;"),
    of("text-vertical-alignment", "`top`, `middle`, `bottom`, `auto`; `auto` follows `text-dy`", Label, "text-vertical-alignment: top;", "text-name: [name]; text-size: 14; text-allow-overlap: true; marker-width: 6;"),
    of("text-margin", "pixels that must be free around a label; 0", Points, "text-margin: 20;", "text-name: [name]; text-size: 10;"),
    of("text-min-distance", "the same; the larger of the two counts", Points, "text-min-distance: 20;", "text-name: [name]; text-size: 10;"),
    of("text-allow-overlap", "write also the labels that touch something that is there; `false`", Crowd, "text-allow-overlap: true;", "text-name: [name]; text-size: 13;"),
    of("text-orientation", "degrees, clockwise; 0", Label, "text-orientation: 20;", WORDS),
    of("text-placement", "`point`, `line` (along it), `vertex` (at each), `interior`; `point`", Street, "text-placement: line;", "text-name: 'Old road'; text-size: 12;"),
    of("text-transform", "`none`, `uppercase`, `lowercase`, `capitalize`, `reverse`; `none`", Label, "text-transform: uppercase;", WORDS),
    of("text-comp-op", "how text goes together with what is below; `src-over`", Areas, "text-comp-op: multiply;", "text-name: 'Old'; text-size: 20; text-fill: #d46780; text-allow-overlap: true;"),
];

/// A form of `ramp()`: what it says, and what it is for.
pub struct Form {
    pub ramp: &'static str,
    pub property: &'static str,
    pub meaning: &'static str,
}

const fn form(property: &'static str, ramp: &'static str, meaning: &'static str) -> Form {
    Form { ramp, property, meaning }
}

#[rustfmt::skip]
pub const FORMS: &[Form] = &[
    form("marker-fill", "ramp([n], (#f6d2a9, #ea8171, #b13f64), quantiles)", "colours that you list; a class for each"),
    form("marker-fill", "ramp([n], cartocolor(Sunset, 5), quantiles(5))", "a scheme of CARTO; as many points in each class"),
    form("marker-fill", "ramp([n], colorbrewer(YlGnBu, 5), equal(5))", "a scheme of ColorBrewer; classes of equal width"),
    form("marker-fill", "ramp([n], cartocolor(Sunset), jenks(4))", "natural breaks: gaps between values are the ends of classes"),
    form("marker-fill", "ramp([n], cartocolor(Sunset), headtails(4))", "the mean, the mean of what is above it, and so on: for few large and many small values"),
    form("marker-fill", "ramp([n], cartocolor(Sunset, 3), (5, 20, 70))", "ends of classes that you give: up to 5, up to 20, and above"),
    form("marker-fill", "ramp([n], cartocolor(Sunset, 3), (5, 20, 70), >=)", "the same with another comparison: `>` (without one), `>=`, `<`, `<=`, `=`"),
    form("marker-fill", "ramp([kind], (#e58606, #5d69b1, #ccc), category(2))", "the most frequent values; the last colour is for all others"),
    form("marker-fill", "ramp([kind], cartocolor(Bold), category(3))", "the same with a scheme, which has a colour for all others"),
    form("marker-fill", "ramp([kind], (#e58606, #5d69b1, #ccc), (\"town\", \"city\"), =)", "values that you name"),
    form("marker-width", "ramp([n], range(6, 24), quantiles(5))", "numbers from one to another, evenly, as many as there are classes"),
    form("marker-width", "ramp([n], range(6, 24, 4), jenks(4))", "the same, with their number"),
    form("marker-width", "ramp([n], (4, 8, 24), equal)", "numbers that you list"),
    form("marker-width", "ramp([n], range(6, 24), buckets(n, quantiles, 5))", "classes of a column that is named; it may be another one"),
    form("marker-width", "ramp([n], 6, 24)", "an older form: from, to; five classes by `quantiles`"),
    form("marker-width", "ramp([n], 6, 24, 4, equal)", "an older form: from, to, how many classes, method"),
    form("marker-width", "ramp([n], 6, 24, (5, 20, 70))", "an older form: from, to, ends of classes"),
];
