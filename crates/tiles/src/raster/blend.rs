//! How colours are put over others, all of them multiplied by their opacity: red, green, blue and opacity from 0 to 1.

/// What is done with what is below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BlendMode {
    Clear,
    Source,
    Destination,
    #[default]
    SourceOver,
    DestinationOver,
    SourceIn,
    DestinationIn,
    SourceOut,
    DestinationOut,
    SourceAtop,
    DestinationAtop,
    Xor,
    Plus,
    Screen,
    Overlay,
    Darken,
    Lighten,
    ColorDodge,
    ColorBurn,
    HardLight,
    SoftLight,
    Difference,
    Exclusion,
    Multiply,
    Hue,
    Saturation,
    Color,
    Luminosity,
}

/// A colour put over another.
pub(super) fn blend(mode: BlendMode, above: [f32; 4], below: [f32; 4]) -> [f32; 4] {
    let ([.., sa], [.., da]) = (above, below);
    let (si, di) = (1.0 - sa, 1.0 - da);
    // Both as shares of the one and of the other.
    let porter_duff = |of_above: f32, of_below: f32| each(above, below, &|s, d| (s * of_above + d * of_below).min(1.0));
    let mixed = |inside: &dyn Fn(f32, f32) -> f32| {
        let [r, g, b, _] = each(above, below, &|s, d| s * di + d * si + inside(s, d));
        [r, g, b, sa + da * si]
    };
    let hard = |s: f32, d: f32, is_dark: bool| if is_dark { 2.0 * s * d } else { sa * da - 2.0 * (da - d) * (sa - s) };
    match mode {
        BlendMode::Clear => [0.0; 4],
        BlendMode::Source => above,
        BlendMode::Destination => below,
        BlendMode::SourceOver => porter_duff(1.0, si),
        BlendMode::DestinationOver => porter_duff(di, 1.0),
        BlendMode::SourceIn => porter_duff(da, 0.0),
        BlendMode::DestinationIn => porter_duff(0.0, sa),
        BlendMode::SourceOut => porter_duff(di, 0.0),
        BlendMode::DestinationOut => porter_duff(0.0, si),
        BlendMode::SourceAtop => porter_duff(da, si),
        BlendMode::DestinationAtop => porter_duff(di, sa),
        BlendMode::Xor => porter_duff(di, si),
        BlendMode::Plus => porter_duff(1.0, 1.0),
        BlendMode::Multiply => mixed(&|s, d| s * d),
        BlendMode::Screen => each(above, below, &|s, d| s + d - s * d),
        BlendMode::Overlay => mixed(&|s, d| hard(s, d, 2.0 * d <= da)),
        BlendMode::HardLight => mixed(&|s, d| hard(s, d, 2.0 * s <= sa)),
        BlendMode::Darken => mixed(&|s, d| (s * da).min(d * sa)),
        BlendMode::Lighten => mixed(&|s, d| (s * da).max(d * sa)),
        BlendMode::Difference => mixed(&|s, d| (s * da - d * sa).abs()),
        BlendMode::Exclusion => mixed(&|s, d| s * da + d * sa - 2.0 * s * d),
        BlendMode::ColorDodge => mixed(&|s, d| match (d, sa - s) {
            (0.0, _) => 0.0,
            (_, ..=0.0) => sa * da,
            (_, left) => sa * da.min(d * sa / left),
        }),
        BlendMode::ColorBurn => mixed(&|s, d| match da - d {
            ..=0.0 => sa * da,
            _ if s <= 0.0 => 0.0,
            left => sa * (da - da.min(left * sa / s)),
        }),
        BlendMode::SoftLight => mixed(&|s, d| {
            let m = if da > 0.0 { d / da } else { 0.0 };
            if 2.0 * s <= sa {
                return d * (sa + (2.0 * s - sa) * (1.0 - m));
            }
            let curved = if 4.0 * d <= da { ((16.0 * m - 12.0) * m + 3.0) * m } else { m.sqrt() - m };
            d * sa + da * (2.0 * s - sa) * curved
        }),
        BlendMode::Hue | BlendMode::Saturation | BlendMode::Color | BlendMode::Luminosity => {
            let (s, d) = (rgb(above).map(|channel| channel * da), rgb(below).map(|channel| channel * sa));
            let inside = match mode {
                BlendMode::Hue => with_luminosity(with_saturation(s, saturation(d)), luminosity(d), sa * da),
                BlendMode::Saturation => with_luminosity(with_saturation(d, saturation(s)), luminosity(d), sa * da),
                BlendMode::Color => with_luminosity(s, luminosity(d), sa * da),
                _ => with_luminosity(d, luminosity(s), sa * da),
            };
            let ([sr, sg, sb], [dr, dg, db], [r, g, b]) = (rgb(above), rgb(below), inside);
            let channel = |s: f32, d: f32, inside: f32| s * di + d * si + inside;
            [channel(sr, dr, r), channel(sg, dg, g), channel(sb, db, b), sa + da * si]
        }
    }
}

fn each(above: [f32; 4], below: [f32; 4], of: &dyn Fn(f32, f32) -> f32) -> [f32; 4] {
    let ([sr, sg, sb, sa], [dr, dg, db, da]) = (above, below);
    [of(sr, dr), of(sg, dg), of(sb, db), of(sa, da)]
}

fn rgb([red, green, blue, _]: [f32; 4]) -> [f32; 3] {
    [red, green, blue]
}

fn luminosity([red, green, blue]: [f32; 3]) -> f32 {
    0.3 * red + 0.59 * green + 0.11 * blue
}

fn range(channels: [f32; 3]) -> (f32, f32) {
    let [red, green, blue] = channels;
    (red.min(green).min(blue), red.max(green).max(blue))
}

fn saturation(channels: [f32; 3]) -> f32 {
    let (least, most) = range(channels);
    most - least
}

fn with_saturation(channels: [f32; 3], saturation: f32) -> [f32; 3] {
    let (least, most) = range(channels);
    let by = if most > least { saturation / (most - least) } else { 0.0 };
    channels.map(|channel| (channel - least) * by)
}

/// The colour with another luminosity, its channels kept between 0 and an opacity.
fn with_luminosity(channels: [f32; 3], wanted: f32, opacity: f32) -> [f32; 3] {
    let by = wanted - luminosity(channels);
    let moved = channels.map(|channel| channel + by);
    let (light, (least, most)) = (luminosity(moved), range(moved));
    moved.map(|channel| {
        // The drawing library keeps dark channels as they are, unless all are below 0.
        let low = if most < 0.0 { light + (channel - light) * light / (light - least) } else { channel };
        let is_bright = most > opacity && most > light;
        let high = if is_bright { light + (low - light) * (opacity - light) / (most - light) } else { low };
        high.max(0.0)
    })
}
