//! The functions of the language.

use crate::error::Mistake;
use crate::expression::{Expression, Operator, Unit, compute};
use crate::message::message;
use csscolorparser::Color;

/// Functions that are given on to image filters and transformations, which take them as they are.
const PASSED_ON: &[&str] = &[
    "agg-stack-blur",
    "emboss",
    "blur",
    "gray",
    "sobel",
    "edge-detect",
    "x-gradient",
    "y-gradient",
    "invert",
    "sharpen",
    "color-blind-protanope",
    "color-blind-deuteranope",
    "color-blind-tritanope",
    "colorize-alpha",
    "color-to-alpha",
    "scale-hsla",
    "matrix",
    "translate",
    "scale",
    "rotate",
    "skewX",
    "skewY",
    "stop",
];

/// Is it one of the functions of `image-filters`?
pub(crate) fn is_image_filter(name: &str) -> bool {
    PASSED_ON.iter().take(8).any(|known| *known == name) || matches!(name, "sharpen" | "scale-hsla")
}

/// Calls a function with arguments without variables.
pub(crate) fn call(name: &str, arguments: Vec<Expression>, at: usize) -> Result<Expression, Mistake> {
    if PASSED_ON.contains(&name) {
        return Ok(Expression::Call { name: name.to_owned(), arguments, at });
    }
    let needed = match name {
        "rgba" | "hsla" => 4,
        "rgb" | "hsl" | "mix" => 3,
        "saturate" | "desaturate" | "lighten" | "darken" | "fadein" | "fadeout" | "spin" => 2,
        "hue" | "saturation" | "lightness" | "alpha" | "greyscale" => 1,
        _ => return Err(Mistake::new(at, message!("unknown function {name}()"))),
    };
    if arguments.len() < needed {
        return Err(Mistake::new(at, message!("incorrect number of arguments for {name}(). {needed} expected.")));
    }
    compute_color(name, &arguments).ok_or_else(|| Mistake::new(at, message!("incorrect arguments given to {name}()")))
}

fn compute_color(name: &str, arguments: &[Expression]) -> Option<Expression> {
    let color = |index: usize| match arguments.get(index) {
        Some(Expression::Color(color)) => Some(*color),
        _ => None,
    };
    // Percentages as parts of one.
    let part = |index: usize| match arguments.get(index) {
        Some(Expression::Number { value, unit: Unit::Percent }) => Some(*value as f32 / 100.0),
        Some(Expression::Number { value, .. }) => Some(*value as f32),
        _ => None,
    };
    // Amounts are percentages, with or without the sign.
    let amount = |index: usize| match arguments.get(index) {
        Some(Expression::Number { value, .. }) => Some(*value as f32),
        _ => None,
    };
    let channel = |index: usize| match arguments.get(index) {
        Some(Expression::Number { unit: Unit::Percent, .. }) => part(index),
        _ => part(index).map(|value| value / 255.0),
    };
    let percent =
        |part: f32| Some(Expression::Number { value: f64::from((part * 100.0).round()), unit: Unit::Percent });
    let plain = |value: f32| Some(Expression::Number { value: f64::from(value), unit: Unit::None });
    Some(Expression::Color(match name {
        "rgb" => Color::new(channel(0)?, channel(1)?, channel(2)?, 1.0).clamp(),
        "rgba" => Color::new(channel(0)?, channel(1)?, channel(2)?, part(3)?).clamp(),
        "hsl" => from_hsla([part(0)?, part(1)?, part(2)?, 1.0]),
        "hsla" => from_hsla([part(0)?, part(1)?, part(2)?, part(3)?]),
        "saturate" => adjusted(&color(0)?, |hsla| hsla[1] += amount(1).unwrap_or(0.0) / 100.0),
        "desaturate" => adjusted(&color(0)?, |hsla| hsla[1] -= amount(1).unwrap_or(0.0) / 100.0),
        "lighten" => adjusted(&color(0)?, |hsla| hsla[2] += amount(1).unwrap_or(0.0) / 100.0),
        "darken" => adjusted(&color(0)?, |hsla| hsla[2] -= amount(1).unwrap_or(0.0) / 100.0),
        "fadein" => adjusted(&color(0)?, |hsla| hsla[3] += amount(1).unwrap_or(0.0) / 100.0),
        "fadeout" => adjusted(&color(0)?, |hsla| hsla[3] -= amount(1).unwrap_or(0.0) / 100.0),
        "spin" => adjusted(&color(0)?, |hsla| hsla[0] += amount(1).unwrap_or(0.0)),
        "greyscale" => adjusted(&color(0)?, |hsla| hsla[1] = 0.0),
        "mix" => mixed(&color(0)?, &color(1)?, amount(2)? / 100.0),
        "hue" => return plain(color(0)?.to_hsla()[0].round()),
        "saturation" => return percent(color(0)?.to_hsla()[1]),
        "lightness" => return percent(color(0)?.to_hsla()[2]),
        "alpha" => return plain(color(0)?.a),
        _ => return None,
    }))
}

fn from_hsla([hue, saturation, lightness, alpha]: [f32; 4]) -> Color {
    let part = |value: f32| value.clamp(0.0, 1.0);
    Color::from_hsla(hue.rem_euclid(360.0), part(saturation), part(lightness), part(alpha))
}

/// A colour of which something was changed: hue, saturation, lightness or alpha.
fn adjusted(color: &Color, change: impl FnOnce(&mut [f32; 4])) -> Color {
    let mut hsla = color.to_hsla();
    change(&mut hsla);
    from_hsla(hsla)
}

/// Two colours mixed, the more transparent one counting less.
fn mixed(first: &Color, second: &Color, weight: f32) -> Color {
    let alpha_difference = first.a - second.a;
    let balance = weight * 2.0 - 1.0;
    let product = balance * alpha_difference;
    let shifted = if product == -1.0 { balance } else { (balance + alpha_difference) / (1.0 + product) };
    let share = (shifted + 1.0) / 2.0;
    let blend = |first: f32, second: f32| first * share + second * (1.0 - share);
    let alpha = first.a * weight + second.a * (1.0 - weight);
    Color::new(blend(first.r, second.r), blend(first.g, second.g), blend(first.b, second.b), alpha).clamp()
}

/// Arithmetic of colours, channel by channel; the first one's alpha stays.
#[expect(clippy::cast_possible_truncation, reason = "channels are small")]
pub(crate) fn per_channel(operator: Operator, color: Color, [red, green, blue, _]: [f32; 4]) -> Color {
    let channel = |left: f32, right: f32| compute(operator, f64::from(left), f64::from(right)) as f32;
    Color::new(channel(color.r, red), channel(color.g, green), channel(color.b, blue), color.a).clamp()
}
