//! What is said about wrong styles, in the words of the original compiler.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cartocss::Stylesheet;

/// The message for a style of a layer whose identifier is `L1`.
fn message(css: &str) -> String {
    Stylesheet::parse_named(css, "style0", "L1").expect_err(css).to_string()
}

#[test]
fn recorded_messages() {
    assert_eq!(
        message("#layer { marker-wid: 8; }"),
        "style0:1:6 Unrecognized rule: marker-wid. Did you mean marker-width?"
    );
    assert_eq!(message("#layer { marker-width: ; "), "style0:1:22 missing closing `}`");
    assert_eq!(message(""), "style0: CartoCSS is empty");
    assert_eq!(message(" \n\t"), "style0: CartoCSS is empty");
    let data_url = "#layer { marker-file: url(data:image/svg+xml;base64,PHN2ZyB4b/c+); marker-width: 14; }";
    assert_eq!(
        Stylesheet::parse(data_url).unwrap_err().to_string(),
        "style0:1:10 Invalid code: marker-file: url(data:image/svg+xml;\nstyle0:1:46 Invalid code: base64,PHN2ZyB4b/c+);"
    );
}

#[test]
fn messages_of_the_compiler() {
    for (css, expected) in [
        ("#layer { marker-width: ; }", "style0:1:6 Invalid code: marker-width: ;"),
        (
            "#layer { marker-fill: redd }",
            "style0:1:6 Invalid value for marker-fill, the type color is expected. redd (of type keyword)  was given.",
        ),
        ("#layer { marker-fill: @x; }", "style0:1:19 variable @x is undefined"),
        ("#layer{marker-width:5;}}", "style0:1:21 missing opening `{`"),
        (
            "#layer { marker-width: 5; marker-type: box }",
            "style0:1:23 Invalid value for marker-type, the type keyword (options: arrow, ellipse, rectangle) is expected. box (of type keyword)  was given.",
        ),
        ("#layer { marker-width: 5 marker-fill: red; }", "style0:1:6 Invalid code: marker-width: 5 marker-fill: red;"),
        ("#layer { text-name: [a]; }", "style0:1:6 Property text-face-name required for defining text styles."),
        ("#layer[zoom>30] { marker-width: 4; }", "style0:1:4 Only zoom levels between 0 and 25 supported."),
        ("#layer{ ramp: 3 }", "style0:1:6 Unrecognized rule: ramp"),
        (
            "#layer{ marker-width: 3;\n  marker-widht: 4 }",
            "style0:2:2 Unrecognized rule: marker-widht. Did you mean marker-width?",
        ),
    ] {
        assert_eq!(message(css), expected);
    }
}

#[test]
fn every_mistake_is_told_once() {
    let css = "#layer { marker-wid: 8; [a = 1] { marker-fill: red; } line-colour: red; }";
    assert_eq!(
        message(css),
        "style0:1:6 Unrecognized rule: marker-wid. Did you mean marker-width?\n\
         style0:1:51 Unrecognized rule: line-colour. Did you mean line-color?"
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    for (css, part) in [
        ("#layer { marker-width: ramp([pop], range(3, 20), quantiles(5)); }", "ramp() must be the value of a property"),
        ("#layer { marker-width: foo(3); }", "unknown function foo()"),
        ("#layer { marker-fill: rgb(1, 2); }", "incorrect number of arguments for rgb(). 3 expected."),
        ("#layer { marker-fill: lighten(3, 4); }", "incorrect arguments given to lighten()"),
        ("#layer { marker-width: 5furlong; }", "Invalid unit: 'furlong'"),
        ("#layer { marker-width: 5 }  #layer { marker-width 5 }", "Invalid code: marker-width 5"),
        ("@a: @b; @b: @a; #layer { marker-width: @a; }", "is defined by itself"),
        ("#layer[a =~ 3] { marker-width: 5; }", "Cannot use operator \"=~\" with value 3"),
        ("#layer[a = b] { marker-width: 5; }", "b is not a valid keyword in a filter expression"),
        ("Map { marker-width: 5; } #layer { marker-width: 3; }", "Rule marker-width not allowed for Map."),
    ] {
        assert!(message(css).contains(part), "{}", message(css));
    }
}

#[test]
fn hostile_styles_do_no_harm() {
    let deep = "#a{".repeat(100_000) + &"}".repeat(100_000);
    let parentheses = format!("#a {{ marker-width: {}1{}; }}", "(".repeat(100_000), ")".repeat(100_000));
    let calls = format!("#a {{ marker-width: {}1; }}", "lighten(".repeat(100_000));
    let variables = (0..100).map(|n| format!("@v{n}: @v{};", n + 1)).collect::<String>() + "#a { line-width: @v0; }";
    for css in [deep, parentheses, calls, variables] {
        assert!(Stylesheet::parse(&css).is_err());
    }
    let signs: Vec<char> = "#a.*[]{}():;,@'\"\\/-+%=<>!~ \n\u{e9}1marker-width".chars().collect();
    let mut state = 7_usize;
    for _ in 0..20_000 {
        let text: String = (0..24)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                signs[(state >> 33) % signs.len()]
            })
            .collect();
        let _ = Stylesheet::parse(&text);
        let _ = Stylesheet::parse(&format!("#a {{ {text} }}"));
    }
}

#[test]
fn what_is_not_drawn_is_told_with_its_place() {
    let undrawn = |style: &str| {
        let style = Stylesheet::parse(style).unwrap();
        style.undrawn().map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.message))
    };
    for (style, told) in [
        (
            "#l {\n  marker-width: 5;\n  [a > 1] {\n    shield-name: [b]; shield-file: url(c); shield-face-name: 'd';\n  }\n}",
            "4:4 shield-name",
        ),
        ("#l { line-width: 2; line-smooth: 1; marker-transform: rotate(5); }", "1:25 line-smooth"),
        ("#l::a { polygon-fill: red; comp-op: invert; }", "1:33 comp-op"),
        ("#l { marker-offset: [a]; marker-width: 5; }", "1:10 marker-offset"),
        (
            "Map { background-color: red; background-image: url(a.png); } #l { marker-width: 5; }",
            "1:29 background-image",
        ),
    ] {
        assert_eq!(undrawn(style).as_deref(), Some(told), "{style}");
    }
    for style in [
        "#l { line-width: 2; line-smooth: 0; line-clip: false; line-simplify: 3; }",
        "#l { polygon-fill: red; polygon-comp-op: multiply; polygon-gamma: 0.5; }",
        "\u{feff}#l { text-name: [a]; text-face-name: 'DejaVu Sans Book'; text-placement-type: dummy; }",
    ] {
        assert_eq!(undrawn(style), None, "{style}");
    }
}
