//! Whatever strangers nest, repeat or multiply has an end, and is told with its line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cartocss::ramp::{Classes, Method, Ramps};
use cartocss::{Cancel, FieldValue, GeometryKind, Stylesheet};
use std::time::{Duration, Instant};

/// Half the stack of a server's threads: tests are built without optimisation, which takes more.
const STACK: usize = 1 << 20;

/// Time that a style may take to be read; tests run side by side and without optimisation.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything that a server does with a style, on a small stack.
fn message_of(css: String) -> String {
    let begin = Instant::now();
    let work = move || {
        if let Ok(ramps) = Ramps::find(&css) {
            let answers: Vec<_> = ramps.questions().map(|_| Some(Classes::default())).collect();
            let _ = ramps.compile(&answers);
        }
        match Stylesheet::parse(&css) {
            Ok(style) => {
                let columns = style.columns().to_vec();
                let fields = vec![FieldValue::from("some text"); columns.len()];
                for zoom in [0, 25] {
                    for mut style in style.at(zoom, &columns) {
                        style.symbolizers(&fields, GeometryKind::Point);
                    }
                }
                let _ = (style.zooms(), style.pictures(), style.clone());
                String::new()
            }
            Err(error) => error.to_string(),
        }
    };
    let message = std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    message
}

#[test]
fn long_sums_are_refused_with_their_line() {
    for sign in ["+", "-", "*", "/", " % ", " + ", " * "] {
        let css = format!("#layer {{\n marker-fill: red;\n marker-width: {}1;\n}}", format!("1{sign}").repeat(3_100));
        let message = message_of(css);
        assert!(message.starts_with("style0:3:"), "{message}");
        assert!(message.contains("A value has more than 128 operators."), "{message}");
    }
    for count in [1, 10, 100] {
        assert_eq!(message_of(format!("#layer {{ marker-width: {}1; }}", "1+".repeat(count))), "");
        assert_eq!(message_of(format!("#layer {{ marker-width: {}[a]; }}", "[a]+".repeat(count))), "");
    }
}

#[test]
fn nothing_nested_or_long_ends_the_process() {
    type Make = fn(usize) -> String;
    let inputs: [(&str, Make); 27] = [
        ("sums", |n| format!("#a{{marker-width:{}1;}}", "1+".repeat(n))),
        ("sums of fields", |n| format!("#a{{marker-width:{}1;}}", "[a]+".repeat(n))),
        ("products", |n| format!("#a{{marker-width:{}1;}}", "1*".repeat(n))),
        ("negative numbers", |n| format!("#a{{marker-width:{}1;}}", "-".repeat(n))),
        ("parentheses", |n| format!("#a{{marker-width:{}1{};}}", "(".repeat(n), ")".repeat(n))),
        ("open parentheses", |n| format!("#a{{marker-width:{}1;}}", "(".repeat(n))),
        ("calls", |n| format!("#a{{marker-fill:{}red{};}}", "lighten(".repeat(n), ",1)".repeat(n))),
        ("open calls", |n| format!("#a{{marker-fill:{}1;) }}", "f(".repeat(n))),
        ("open calls in parentheses", |n| format!("#a{{marker-fill:{}1;) }}", "f((".repeat(n))),
        ("calls of calls", |n| format!("#a{{marker-fill:{}1;}}", "f()".repeat(n))),
        ("lists", |n| format!("#a{{line-dasharray:{}1;}}", "1 ".repeat(n))),
        ("lists with commas", |n| format!("#a{{line-dasharray:{}1;}}", "1,".repeat(n))),
        ("blocks", |n| format!("{}{}", "#a{".repeat(n), "}".repeat(n))),
        ("blocks with filters", |n| format!("#a{{{}marker-width:1;{}}}", "[a=1]{".repeat(n), "}".repeat(n))),
        ("attachments", |n| format!("#a{}{{marker-width:1;}}", "::b".repeat(n))),
        ("attachments in blocks", |n| format!("#a{{{}marker-width:1;{}}}", "::b{".repeat(n), "}".repeat(n))),
        ("filters", |n| format!("#a{}{{marker-width:1;}}", "[a=1]".repeat(n))),
        ("columns", |n| {
            format!("#a{}{{marker-width:1;}}", (0..n / 4).map(|n| format!("[a{n}=1]")).collect::<String>())
        }),
        ("selectors", |n| format!("{}#a{{marker-width:1;}}", "#a,".repeat(n))),
        ("elements", |n| format!("{}{{marker-width:1;}}", "#a".repeat(n))),
        ("rules", |n| "#a{marker-width:1;}".repeat(n / 10)),
        ("names", |n| format!("{}{{marker-width:1;}}", "#".repeat(n))),
        ("comments", |n| format!("#a{{marker-width:1;}}{}", "/*/".repeat(n))),
        ("quotes", |n| format!("#a{{marker-width:1;{}}}", "\\'".repeat(n))),
        ("mistakes", |n| format!("#a{{{}}}", "x;\n".repeat(n))),
        ("ramps", |n| format!("#a{{marker-width:{}{};}}", "ramp(".repeat(n), ")".repeat(n))),
        ("blocks with ramps", |n| {
            let open = "#a{marker-width:ramp([a],(1,2),(1,2),=);".repeat(n / 10);
            format!("{open}{}", "}".repeat(n / 10))
        }),
    ];
    for (name, input) in inputs {
        for count in [10, 100, 1_000, 10_000, 100_000, 300_000] {
            let begin = Instant::now();
            let message = message_of(input(count));
            assert!(message.len() < 200_000, "{name}");
            println!("{name}, {count}, {:?}: {}", begin.elapsed(), message.lines().next().unwrap_or_default());
        }
        // Ten megabytes of it.
        let unit = input(1_000).len();
        assert!(message_of(input(10_000_000 / unit * 1_000)).contains("longer than"), "{name}");
    }
}

#[test]
fn variables_do_not_multiply() {
    let doubled = |start: &str, join: &str, value: &str| {
        let mut css = format!("@v0: {start};\n");
        for number in 1..31 {
            css += &format!("@v{number}: @v{}{join}@v{};\n", number - 1, number - 1);
        }
        css + &format!("#a {{\n {value}: @v30;\n}}")
    };
    for (start, join, value) in [
        ("1", " ", "line-dasharray"),
        ("1", ", ", "line-dasharray"),
        ("[a]", "+", "marker-width"),
        ("1", "+", "marker-width"),
        ("'text'", "+", "text-name"),
        ("red", " ", "marker-fill"),
    ] {
        let message = message_of(doubled(start, join, value));
        assert!(message.starts_with("style0:33:"), "{message}");
    }
    // Long, not many.
    let long = format!("@a: '{}';", "x".repeat(90_000))
        + "@b: @a + @a; @c: @b + @b; @d: @c + @c;"
        + &(0..200)
            .map(|n| format!("#a[b{n}='1'] {{ text-name: @d + @d; text-face-name: 'x'; }}\n"))
            .collect::<String>();
    assert!(message_of(long).contains("too much text"));
    assert!(message_of("@a: @b; @b: @a;\n#a { marker-width: @a; }".into()).contains("is defined by itself"));
    let chain = (0..30_000).map(|n| format!("@v{n}:@v{};", n + 1)).collect::<String>();
    assert!(message_of(chain + "#a { marker-width: @v0; }").contains("is defined by itself"));
    // Deep, not many.
    let deep =
        (0..30).map(|n| format!("@v{n}: {}@v{}{};\n", "1+(".repeat(60), n + 1, ")".repeat(60))).collect::<String>();
    assert!(message_of(deep + "@v30: [a]; #a { marker-width: @v0; }").contains("nested too deeply"));
}

/// A list of as many selectors.
fn selectors(count: usize, column: &str) -> String {
    (0..count).map(|number| format!("[{column}={number}]")).collect::<Vec<_>>().join(",")
}

#[test]
fn selectors_do_not_multiply() {
    let nested = |levels: usize, count: usize| {
        let mut css = "#layer {\n marker-width: 1;\n".to_owned();
        for level in 0..levels {
            css += &format!("{} {{\n", selectors(count, &format!("c{level}")));
        }
        css + "marker-fill: red;" + &"}".repeat(levels + 1)
    };
    let message = message_of(nested(4, 30));
    assert_eq!(message, "style0:5:0 The selectors up to here come to more than 20000 rules, or to very long ones.");
    assert_eq!(message_of(nested(2, 30)), "");
    assert_eq!(message_of(nested(60, 1)), "");
    assert!(message_of(nested(60, 2)).contains("more than 20000 rules"));
    // With zoom levels, names and without declarations alike.
    let zooms = (0..25).map(|zoom| format!("[zoom={zoom}]")).collect::<Vec<_>>().join(",");
    let css = format!("#a {{ {0} {{ {0} {{ {0} {{ {0} {{ marker-width: 1; }} }} }} }} }}", zooms);
    assert!(message_of(css).contains("more than 20000 rules"));
    let names = (0..30).map(|name| format!("::n{name}")).collect::<Vec<_>>().join(",");
    let css = format!("#a {{ {0} {{ {0} {{ {0} {{ {0} {{ marker-width: 1; }} }} }} }} }}", names);
    assert!(message_of(css).contains("more than 20000 rules"));
    let long = format!("::{}", "n".repeat(90_000));
    let css = format!("#a{long} {{ {0} {{ {0} {{ marker-width: 1; }} }} }}", selectors(30, "a"));
    assert!(message_of(css).contains("very long ones"));
    // Many blocks one after the other.
    let css = (0..30_000).map(|n| format!("#a[b={n}]{{line-width:1;}}\n")).collect::<String>();
    let message = message_of(css);
    assert!(message.starts_with("style0:20001:"), "{message}");
    let css = (0..15_000).map(|n| format!("#a[b={n}]{{marker-width:1;}}\n")).collect::<String>();
    assert_eq!(message_of(css), "");
}

#[test]
fn counts_have_limits_that_are_told() {
    for (css, line, words) in [
        (
            (0..300).map(|n| format!("#a[b{n}=1] {{ marker-width: 1; }}\n")).collect::<String>(),
            44,
            "may read 256 columns",
        ),
        ((0..300).map(|n| format!("#a::b{n} {{ marker-width: 1; }}\n")).collect(), 0, "may have 100 attachments"),
        ((0..300).map(|n| format!("#a {{ b{n}/marker-width: 1; }}\n")).collect(), 101, "100 different things"),
        ((0..300).map(|n| format!("#a[b =~ 'x{n}'] {{ marker-width: 1; }}\n")).collect(), 201, "may have 200 patterns"),
        (format!("\n#a[b =~ '{}'] {{ marker-width: 1; }}", "x".repeat(2_000)), 2, "may have 1000 bytes"),
        ("\n#a[b =~ '((x{200}){200}){200}'] { marker-width: 1; }".into(), 2, "Cannot read the pattern"),
        ("\n#a[b =~ 'x)|(y'] { marker-width: 1; }".into(), 2, "Cannot read the pattern"),
    ] {
        let begin = Instant::now();
        let message = message_of(css);
        println!("{words}: {:?}", begin.elapsed());
        assert!(message.contains(words), "{message}");
        assert!(line == 0 || message.starts_with(&format!("style0:{line}:")), "{message}");
    }
    let many = (0..10_000).map(|n| format!("x{n}: 1;\n")).collect::<String>();
    let message = message_of(format!("#a {{ {many} }}"));
    assert_eq!(message.lines().count(), 100);
    let long = message_of(format!("#a {{ {}: 1; }}", "x".repeat(500_000)));
    assert!(long.len() < 2_000, "{}", long.len());
    // The name of a layer stands in every selector.
    let css = "#a{marker-width:1;}".repeat(500);
    let error = Stylesheet::parse_named(&css, "style0", &"n".repeat(1_000_000));
    assert!(error.is_ok());
}

#[test]
fn ramps_do_not_multiply() {
    let many = (0..100).map(|n| format!("#a {{ marker-width: ramp([b{n}], range(1, 9), jenks(1000)); }}\n"));
    let error = Ramps::find(&many.collect::<String>()).unwrap_err();
    assert!(error.message.contains("a style may have 64 ramps"), "{}", error.message);
    assert_eq!(error.start.0, 65);
    // Space that is written before each rule.
    let space = " ".repeat(50_000);
    let css = format!("#a{space}{{{space}marker-width: ramp([b], range(1, 9), quantiles(1000));{space}}}");
    let ramps = Ramps::find(&css).unwrap();
    let ends = (0..1_000).map(|end| FieldValue::Number(f64::from(end))).collect();
    let answer = Some(Classes { ends, ..Classes::default() });
    assert!(ramps.compile(std::slice::from_ref(&answer)).unwrap().cartocss.len() < 1 << 20);
    // A long column of as many rules, and long values.
    let css = format!("#a {{ marker-width: ramp([{}], range(1, 9), quantiles(1000)); }}", "b".repeat(50_000));
    let error = Ramps::find(&css).unwrap().compile(&[answer]).unwrap_err();
    assert!(error.message.contains("becomes too long"), "{}", error.message);
    let ends = vec![FieldValue::Text("x".repeat(500_000)); 9];
    let answer = Some(Classes { ends, ..Classes::default() });
    let ramps = Ramps::find("#a { marker-width: ramp([b], (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), category(9)); }").unwrap();
    assert!(ramps.questions().flatten().any(|question| question.method == Method::Category));
    assert!(ramps.compile(&[answer]).is_err());
}

#[test]
fn nobody_waits_for_cancelled_work() {
    let rules = (0..199).map(|n| format!("#a[b =~ '(x+x+)+y{n}'] {{ marker-width: {n}; }}")).collect::<String>();
    let style = Stylesheet::parse(&rules).unwrap();
    let mut styles = style.at(3, &["b"]);
    let fields = [FieldValue::Text("x".repeat(8_000))];
    let cancel = Cancel::default();
    assert!(styles[0].symbolizers_unless(&cancel, &[FieldValue::from("xxy7")], GeometryKind::Point).is_some());
    let stop = cancel.clone();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        stop.cancel();
    });
    let begin = Instant::now();
    while styles[0].symbolizers_unless(&cancel, &fields, GeometryKind::Point).is_some() {}
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    stopper.join().unwrap();
    let values: Vec<(f64, f64)> = (0..20_000).map(|n| (f64::from(n * n), 1.0)).collect();
    let begin = Instant::now();
    let _ = cartocss::ramp::jenks(&cancel, &values, 1_000);
    assert!(begin.elapsed() < Duration::from_secs(1));
}
