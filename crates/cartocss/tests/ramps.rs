//! Ramps in CartoCSS: `tests/ramps/compare.mjs` compares thousands of them with the original; these are of each kind.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use cartocss::FieldValue;
use cartocss::ramp::{Classes, Ramps};

/// The style that a ramp becomes when the classes end with some numbers, and how the column is compared.
fn compiled(ramp: &str, ends: &[i64]) -> (String, &'static str) {
    let ramps = Ramps::find(&format!("#l{{marker-fill: ramp({ramp})}}")).unwrap();
    let ends: Vec<FieldValue> = ends.iter().map(|end| FieldValue::Integer(*end)).collect();
    let answers: Vec<Option<Classes>> = ramps
        .questions()
        .map(|question| question.map(|_| Classes { ends: ends.clone(), ..Classes::default() }))
        .collect();
    let compiled = ramps.compile(&answers).unwrap();
    (compiled.cartocss.replace("marker-fill: ", ""), compiled.rules[0].mapping)
}

#[test]
fn classes_of_methods_are_paired_with_values() {
    for (ramp, ends, style, mapping) in [
        ("[a], (red, green, blue), quantiles", [1, 2, 3], "#l{red;[ a > 1 ]{green}[ a > 2 ]{blue}}", ">"),
        ("[a], (red, green, blue), headtails", [1, 2, 3], "#l{red;[ a > 2 ]{green}}", ">"),
        ("[a], (red, green, blue), category", [1, 2, 3], "#l{red;[ a = 2 ]{green}[ a = 3 ]{blue}}", "="),
        (
            "[a], (red, green, blue), buckets(b, quantiles, 3)",
            [1, 2, 3],
            "#l{red;[ a > 1 ]{green}[ a > 2 ]{blue}}",
            ">",
        ),
        ("[a], (red, green, blue), buckets(b, headtails, 3)", [1, 2, 3], "#l{red;[ a > 2 ]{green}}", ">"),
        (
            "[a], (red, green, blue), buckets(b, category, 3), <",
            [1, 2, 3],
            "#l{red;[ a = 2 ]{green}[ a = 3 ]{blue}}",
            "=",
        ),
        ("[a], (red, green, blue), headtails(3)", [1, 2, 3], "#l{blue;[ a < 3 ]{green}[ a < 2 ]{red}}", "<"),
        ("[a], (red, green, blue), headtails(3), quantiles", [1, 2, 3], "#l{red;[ a > 1 ]{green}[ a > 2 ]{blue}}", ">"),
        ("[a], (red, green, blue), category(3)", [1, 2, 3], "#l{[ a = 1 ]{red}[ a = 2 ]{green}[ a = 3 ]{blue}}", "="),
    ] {
        assert_eq!(compiled(ramp, &ends), (style.to_owned(), mapping), "{ramp}");
    }
    // There may be fewer classes than were asked for.
    assert_eq!(compiled("[a], (red, green, blue), headtails(3)", &[1]).0, "#l{red}");
    assert_eq!(compiled("[a], (red, green, blue), buckets(b, headtails, 3)", &[1]).0, "#l{red}");
    assert_eq!(compiled("[a], (red, green, blue), headtails", &[]).0, "#l{red}");
    assert_eq!(compiled("[a], range(1, 9, 0)", &[1, 2]).0, "#l{1;[ a > 1 ]{9}}");
}

#[test]
fn classes_that_the_style_says_may_be_numbers_and_equal() {
    for (ramp, style, mapping) in [
        ("[a], (red, green, blue), (6, 8, 4), category", "#l{red;[ a = 6 ]{red}[ a = 8 ]{green}[ a = 4 ]{blue}}", "="),
        ("[a], (red, green, blue), (6, 8, 4), =", "#l{[ a = 6 ]{red}[ a = 8 ]{green}[ a = 4 ]{blue}}", "="),
        ("[a], (red, green, blue), (6, 8), ==", "#l{blue;[ a = 6 ]{red}[ a = 8 ]{green}}", "="),
        ("[a], (red, green, blue), (6, 8, 4), quantiles", "#l{red;[ a > 6 ]{green}[ a > 8 ]{blue}}", ">"),
        ("[a], (red, green, blue), (6, 8, 4), headtails", "#l{red;[ a > 8 ]{green}}", ">"),
        ("[a], (red, green), ('x', 'y'), category", "#l{[ a = \"x\" ]{red}[ a = \"y\" ]{green}}", "="),
    ] {
        assert_eq!(compiled(ramp, &[]), (style.to_owned(), mapping), "{ramp}");
    }
}

#[test]
fn rules_are_indented_as_deep_as_they_are() {
    let style = "#l {\n  [zoom > 3] {\n    marker-width: ramp([a], (1, 2), (5, 6));\n  }\n}";
    let compiled = Ramps::find(style).unwrap().compile(&[None]).unwrap().cartocss;
    let expected = "#l {\n  [zoom > 3] {\n    marker-width: 1;\n    [ a > 5 ] {\n      marker-width: 2\n    }\n  }\n}";
    assert_eq!(compiled, expected);
    // A byte order mark is no part of a style.
    assert_eq!(Ramps::find(&format!("\u{feff}{style}")).unwrap().compile(&[None]).unwrap().cartocss, expected);
}
