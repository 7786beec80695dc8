//! The properties of CartoCSS for Mapnik 3.0: which symbolizer each belongs to, and what values it takes.

use Kind::{Boolean, Color, Float, Functions, Keyword, Numbers, String, Tags, Unsigned, Uri};

/// What values a property takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Color,
    Float,
    Functions,
    Keyword(&'static [&'static str]),
    Numbers,
    String,
    Tags,
    Unsigned,
    Uri,
}

impl Kind {
    /// The name of the kind in messages.
    pub(crate) fn name(self) -> std::string::String {
        match self {
            Keyword(words) => format!("keyword (options: {})", words.join(", ")),
            plain => plain.word().to_owned(),
        }
    }

    /// Whether values of this name are of this kind.
    pub(crate) fn is_called(self, name: &str) -> bool {
        !matches!(self, Keyword(_)) && self.word() == name
    }

    fn word(self) -> &'static str {
        match self {
            Boolean => "boolean",
            Color => "color",
            Float => "float",
            Functions => "functions",
            Keyword(_) => "keyword",
            Numbers => "numbers",
            String => "string",
            Tags => "tags",
            Unsigned => "unsigned",
            Uri => "uri",
        }
    }
}

/// A property of the style language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property {
    /// Its name.
    pub(crate) name: &'static str,
    /// The values it takes.
    pub(crate) kind: Kind,
    /// Whether it also takes expressions over a feature's fields.
    pub(crate) expression: bool,
}

const fn any(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, expression: true }
}

const fn strict(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, expression: false }
}

/// The symbolizer (`*` for properties of a whole style) and the property of a name.
pub(crate) fn find(name: &str) -> Option<(&'static str, &'static Property)> {
    all().find(|(_, property)| property.name == name)
}

/// The first of the properties that are spelled most like a name, if fewer than three letters differ.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    // Nothing is near to a long name, and looking for it would take long.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    all()
        .map(|(_, property)| (edit_distance(name, property.name), property.name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance < 3)
        .map(|(_, name)| name)
}

/// All properties, each with its symbolizer.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static Property)> {
    SYMBOLIZERS
        .iter()
        .flat_map(|(symbolizer, properties)| properties.iter().map(move |property| (*symbolizer, property)))
}

/// How many letters must be replaced, added or removed to get from one word to the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut distances: Vec<usize> = (0..=to.len()).collect();
    for (row, left) in from.chars().enumerate() {
        let mut diagonal = row;
        let mut previous = row + 1;
        if let Some(first) = distances.first_mut() {
            *first = previous;
        }
        for (right, distance) in to.iter().zip(distances.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = *distance;
            previous = replaced.min(diagonal + 1).min(previous + 1);
            *distance = previous;
        }
    }
    distances.last().copied().unwrap_or(0)
}

#[rustfmt::skip]
const COMP_OPS: &[&str] = &[
    "clear", "src", "dst", "src-over", "dst-over", "src-in", "dst-in", "src-out", "dst-out", "src-atop", "dst-atop",
    "xor", "plus", "minus", "multiply", "divide", "screen", "overlay", "darken", "lighten", "color-dodge",
    "color-burn", "linear-dodge", "linear-burn", "hard-light", "soft-light", "difference", "exclusion", "contrast",
    "invert", "invert-rgb", "grain-merge", "grain-extract", "hue", "saturation", "color", "value",
];
#[rustfmt::skip]
const HALO_COMP_OPS: &[&str] = &[
    "clear", "src", "dst", "src-over", "dst-over", "src-in", "dst-in", "src-out", "dst-out", "src-atop", "dst-atop",
    "xor", "plus", "minus", "multiply", "screen", "overlay", "darken", "lighten", "color-dodge", "color-burn",
    "hard-light", "soft-light", "difference", "exclusion", "contrast", "invert", "invert-rgb", "grain-merge",
    "grain-extract", "hue", "saturation", "color", "value",
];
const DIRECTIONS: &[&str] = &["auto", "auto-down", "left", "right", "left-only", "right-only", "up", "down"];
const GAMMA_METHODS: &[&str] = &["power", "linear", "none", "threshold", "multiply"];
const LABEL_PLACEMENTS: &[&str] = &["point", "line", "vertex", "interior"];
const PLACEMENT_TYPES: &[&str] = &["dummy", "simple", "list"];
const RASTERIZERS: &[&str] = &["full", "fast"];
const SIMPLIFY: &[&str] = &["radial-distance", "zhao-saalfeld", "visvalingam-whyatt"];
const TRANSFORMS: &[&str] = &["none", "uppercase", "lowercase", "capitalize", "reverse"];
const VERTICAL: &[&str] = &["top", "middle", "bottom", "auto"];

/// Symbolizers and their properties, in the order in which the original compiler looks for similar names.
#[rustfmt::skip]
const SYMBOLIZERS: &[(&str, &[Property])] = &[
    (
        "*",
        &[
            strict("image-filters", Functions),
            strict("image-filters-inflate", Boolean),
            strict("direct-image-filters", Functions),
            strict("comp-op", Keyword(COMP_OPS)),
            strict("opacity", Float),
        ],
    ),
    (
        "map",
        &[
            strict("background-color", Color),
            strict("background-image", Uri),
            strict("background-image-comp-op", Keyword(COMP_OPS)),
            strict("background-image-opacity", Float),
            strict("srs", String),
            strict("buffer-size", Float),
            strict("maximum-extent", String),
            strict("base", String),
            strict("font-directory", Uri),
        ],
    ),
    (
        "polygon",
        &[
            any("polygon-fill", Color),
            any("polygon-opacity", Float),
            any("polygon-gamma", Float),
            any("polygon-gamma-method", Keyword(GAMMA_METHODS)),
            any("polygon-clip", Boolean),
            any("polygon-simplify", Float),
            any("polygon-simplify-algorithm", Keyword(SIMPLIFY)),
            any("polygon-smooth", Float),
            strict("polygon-geometry-transform", Functions),
            any("polygon-comp-op", Keyword(COMP_OPS)),
        ],
    ),
    (
        "line",
        &[
            any("line-color", Color),
            any("line-width", Float),
            any("line-opacity", Float),
            any("line-join", Keyword(&["miter", "miter-revert", "round", "bevel"])),
            any("line-cap", Keyword(&["butt", "round", "square"])),
            any("line-gamma", Float),
            any("line-gamma-method", Keyword(GAMMA_METHODS)),
            any("line-dasharray", Numbers),
            any("line-dash-offset", Numbers),
            any("line-miterlimit", Float),
            any("line-clip", Boolean),
            any("line-simplify", Float),
            any("line-simplify-algorithm", Keyword(SIMPLIFY)),
            any("line-smooth", Float),
            any("line-offset", Float),
            any("line-rasterizer", Keyword(RASTERIZERS)),
            strict("line-geometry-transform", Functions),
            any("line-comp-op", Keyword(COMP_OPS)),
        ],
    ),
    (
        "markers",
        &[
            any("marker-file", Uri),
            any("marker-opacity", Float),
            any("marker-fill-opacity", Float),
            any("marker-line-color", Color),
            any("marker-line-width", Float),
            any("marker-line-opacity", Float),
            any("marker-placement", Keyword(&["point", "line", "interior", "vertex-first", "vertex-last"])),
            any("marker-multi-policy", Keyword(&["each", "whole", "largest"])),
            any("marker-type", Keyword(&["arrow", "ellipse", "rectangle"])),
            any("marker-width", Float),
            any("marker-height", Float),
            any("marker-fill", Color),
            any("marker-allow-overlap", Boolean),
            any("marker-avoid-edges", Boolean),
            any("marker-ignore-placement", Boolean),
            any("marker-spacing", Float),
            any("marker-max-error", Float),
            strict("marker-transform", Functions),
            any("marker-clip", Boolean),
            any("marker-simplify", Float),
            any("marker-simplify-algorithm", Keyword(SIMPLIFY)),
            any("marker-smooth", Float),
            any("marker-geometry-transform", Functions),
            any("marker-offset", Float),
            any("marker-comp-op", Keyword(COMP_OPS)),
            any("marker-direction", Keyword(DIRECTIONS)),
        ],
    ),
    (
        "shield",
        &[
            any("shield-name", String),
            any("shield-file", Uri),
            any("shield-face-name", String),
            any("shield-unlock-image", Boolean),
            any("shield-size", Float),
            any("shield-fill", Color),
            any("shield-placement", Keyword(LABEL_PLACEMENTS)),
            any("shield-avoid-edges", Boolean),
            any("shield-allow-overlap", Boolean),
            any("shield-margin", Float),
            any("shield-repeat-distance", Float),
            any("shield-min-distance", Float),
            any("shield-spacing", Float),
            any("shield-min-padding", Float),
            any("shield-label-position-tolerance", Float),
            any("shield-wrap-width", Unsigned),
            any("shield-wrap-before", Boolean),
            any("shield-wrap-character", String),
            any("shield-halo-fill", Color),
            any("shield-halo-radius", Float),
            any("shield-halo-rasterizer", Keyword(RASTERIZERS)),
            strict("shield-halo-transform", Functions),
            any("shield-halo-comp-op", Keyword(HALO_COMP_OPS)),
            any("shield-halo-opacity", Float),
            any("shield-character-spacing", Unsigned),
            any("shield-line-spacing", Float),
            any("shield-text-dx", Float),
            any("shield-text-dy", Float),
            any("shield-dx", Float),
            any("shield-dy", Float),
            any("shield-opacity", Float),
            any("shield-text-opacity", Float),
            any("shield-horizontal-alignment", Keyword(&["left", "middle", "right", "auto"])),
            any("shield-vertical-alignment", Keyword(VERTICAL)),
            any("shield-placement-type", Keyword(PLACEMENT_TYPES)),
            any("shield-placements", String),
            any("shield-text-transform", Keyword(TRANSFORMS)),
            any("shield-justify-alignment", Keyword(&["left", "center", "right", "auto"])),
            strict("shield-transform", Functions),
            any("shield-clip", Boolean),
            any("shield-simplify", Float),
            any("shield-simplify-algorithm", Keyword(SIMPLIFY)),
            any("shield-smooth", Float),
            any("shield-comp-op", Keyword(COMP_OPS)),
        ],
    ),
    (
        "line-pattern",
        &[
            any("line-pattern-file", Uri),
            any("line-pattern-clip", Boolean),
            any("line-pattern-opacity", Float),
            any("line-pattern-simplify", Float),
            any("line-pattern-simplify-algorithm", Keyword(SIMPLIFY)),
            any("line-pattern-smooth", Float),
            any("line-pattern-offset", Float),
            strict("line-pattern-geometry-transform", Functions),
            strict("line-pattern-transform", Functions),
            any("line-pattern-comp-op", Keyword(COMP_OPS)),
        ],
    ),
    (
        "polygon-pattern",
        &[
            any("polygon-pattern-file", Uri),
            any("polygon-pattern-alignment", Keyword(&["global", "local"])),
            any("polygon-pattern-gamma", Float),
            any("polygon-pattern-opacity", Float),
            any("polygon-pattern-clip", Boolean),
            any("polygon-pattern-simplify", Float),
            any("polygon-pattern-simplify-algorithm", Keyword(SIMPLIFY)),
            any("polygon-pattern-smooth", Float),
            strict("polygon-pattern-geometry-transform", Functions),
            strict("polygon-pattern-transform", Functions),
            any("polygon-pattern-comp-op", Keyword(COMP_OPS)),
        ],
    ),
    (
        "raster",
        &[
            strict("raster-opacity", Float),
            strict("raster-filter-factor", Float),
            strict("raster-scaling", Keyword(&["near", "fast", "bilinear", "bicubic", "spline16", "spline36", "hanning", "hamming", "hermite", "kaiser", "quadric", "catrom", "gaussian", "bessel", "mitchell", "sinc", "lanczos", "blackman"])),
            strict("raster-mesh-size", Unsigned),
            strict("raster-comp-op", Keyword(COMP_OPS)),
            strict("raster-colorizer-default-mode", Keyword(&["discrete", "linear", "exact"])),
            strict("raster-colorizer-default-color", Color),
            strict("raster-colorizer-epsilon", Float),
            strict("raster-colorizer-stops", Tags),
        ],
    ),
    (
        "point",
        &[
            any("point-file", Uri),
            any("point-allow-overlap", Boolean),
            any("point-ignore-placement", Boolean),
            any("point-opacity", Float),
            any("point-placement", Keyword(&["centroid", "interior"])),
            strict("point-transform", Functions),
            any("point-comp-op", Keyword(COMP_OPS)),
        ],
    ),
    (
        "text",
        &[
            any("text-name", String),
            strict("text-face-name", String),
            any("text-size", Float),
            any("text-ratio", Unsigned),
            any("text-wrap-width", Unsigned),
            any("text-wrap-before", Boolean),
            any("text-wrap-character", String),
            any("text-repeat-wrap-character", Boolean),
            any("text-spacing", Unsigned),
            any("text-character-spacing", Float),
            any("text-line-spacing", Float),
            any("text-label-position-tolerance", Float),
            any("text-max-char-angle-delta", Float),
            any("text-fill", Color),
            any("text-opacity", Float),
            any("text-halo-opacity", Float),
            any("text-halo-fill", Color),
            any("text-halo-radius", Float),
            any("text-halo-rasterizer", Keyword(RASTERIZERS)),
            any("text-halo-transform", Functions),
            any("text-dx", Float),
            any("text-dy", Float),
            any("text-vertical-alignment", Keyword(VERTICAL)),
            any("text-avoid-edges", Boolean),
            any("text-margin", Float),
            any("text-repeat-distance", Float),
            any("text-min-distance", Float),
            any("text-min-padding", Float),
            any("text-min-path-length", Float),
            any("text-allow-overlap", Boolean),
            any("text-orientation", Float),
            strict("text-rotate-displacement", Boolean),
            any("text-upright", Keyword(&["auto", "auto-down", "left", "right", "left-only", "right-only"])),
            any("text-placement", Keyword(LABEL_PLACEMENTS)),
            any("text-placement-type", Keyword(PLACEMENT_TYPES)),
            any("text-placements", String),
            any("text-transform", Keyword(TRANSFORMS)),
            any("text-horizontal-alignment", Keyword(&["left", "middle", "right", "auto", "adjust"])),
            any("text-align", Keyword(&["left", "right", "center", "auto"])),
            any("text-clip", Boolean),
            any("text-simplify", Float),
            any("text-simplify-algorithm", Keyword(SIMPLIFY)),
            any("text-smooth", Float),
            any("text-comp-op", Keyword(COMP_OPS)),
            any("text-halo-comp-op", Keyword(HALO_COMP_OPS)),
            strict("text-font-feature-settings", String),
            any("text-largest-bbox-only", Boolean),
        ],
    ),
    (
        "building",
        &[
            any("building-fill", Color),
            any("building-fill-opacity", Float),
            any("building-height", Float),
        ],
    ),
    (
        "debug",
        &[
            any("debug-mode", String),
        ],
    ),
    (
        "dot",
        &[
            any("dot-fill", Color),
            any("dot-opacity", Float),
            any("dot-width", Float),
            any("dot-height", Float),
            strict("dot-comp-op", Keyword(COMP_OPS)),
        ],
    ),

];
