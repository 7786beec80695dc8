//! The reference of CartoCSS in `www/docs/how-to/styles.md` is that of the code: each property that is drawn has a picture
//! which shows that it changes something, and what is said to change nothing does not.
//!
//! `CARTO_WRITE_REFERENCE=1 cargo test -p tiles --test reference` writes the page's tables and pictures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod examples;
mod scene;

use cartocss::ramp::{Classes, Method, Question, Ramps, jenks};
use cartocss::reference::{self, ReferenceProperty};
use cartocss::{Cancel, FieldValue, Stylesheet};
use examples::{EXAMPLES, Example, FORMS, Form, complete};
use scene::{HEIGHT, KINDS, NUMBERS, Scene, WIDTH};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use tiny_skia::Pixmap;

/// Sections of the page: the symbolizer, and what its properties are of.
const SECTIONS: &[(&str, &str)] = &[
    ("markers", "Markers"),
    ("line", "Lines and outlines"),
    ("polygon", "Areas"),
    ("polygon-pattern", "Areas filled with a picture"),
    ("text", "Labels"),
    ("*", "A whole style"),
    ("map", "The map"),
];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/docs/how-to")
}

fn is_writing() -> bool {
    std::env::var_os("CARTO_WRITE_REFERENCE").is_some()
}

/// The style of an example, with its property or without.
fn style(example: &Example, is_with: bool) -> String {
    // Labels need both of these, so that without them there is another value in place of none.
    let without = match example.property {
        "text-name" => "text-name: '';",
        "text-face-name" => "text-face-name: 'DejaVu Sans Book';",
        _ => "",
    };
    let own = if is_with { example.declaration } else { without };
    let css = if example.property == "background-color" {
        format!("Map {{ {own} }} #layer {{ {} }}", example.around)
    } else {
        format!("#layer {{ {} {own} }}", example.around)
    };
    complete(&css)
}

/// The style of a form, its ramp computed as the server does.
fn compiled(form: &Form) -> String {
    let more = match form.property {
        "marker-fill" => "marker-width: 11;",
        _ => "marker-fill: #34657f; marker-line-width: 0;",
    };
    let css = format!("#layer {{ {}: {}; {more} marker-allow-overlap: true; }}", form.property, form.ramp);
    let ramps = Ramps::find(&css).unwrap();
    let answers: Vec<_> = ramps.questions().map(|question| question.map(answer)).collect();
    assert_eq!(answers.len(), 1, "{css}");
    ramps.compile(&answers).unwrap().cartocss
}

fn answer(question: &Question) -> Classes {
    let count = question.classes as usize;
    let (low, high) = (NUMBERS[0], NUMBERS[8]);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ends: Vec<f64> = match question.method {
        Method::Quantiles => (1..=count).map(|class| NUMBERS[(class * 9).div_ceil(count) - 1]).collect(),
        Method::Equal => (1..=count).map(|class| low + (high - low) / count as f64 * class as f64).collect(),
        Method::Jenks => jenks(&Cancel::default(), &NUMBERS.map(|number| (number, 1.0)), count),
        Method::HeadTails => {
            let mut means = vec![mean(&NUMBERS)];
            while means.len() < count {
                let last = means[means.len() - 1];
                let above: Vec<f64> = NUMBERS.into_iter().filter(|number| *number > last).collect();
                if above.is_empty() {
                    break;
                }
                means.push(mean(&above));
            }
            means
        }
        Method::Category => {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            KINDS.into_iter().for_each(|kind| *counts.entry(kind).or_default() += 1);
            let mut kinds: Vec<_> = counts.into_iter().collect();
            kinds.sort_by_key(|(kind, times)| (std::cmp::Reverse(*times), *kind));
            let ends = kinds.iter().take(count).map(|(kind, _)| FieldValue::from(*kind)).collect();
            return Classes { ends, ..Classes::default() };
        }
    };
    let ends = ends.into_iter().map(FieldValue::Number).collect();
    Classes { ends, min: Some(low), max: Some(high), average: Some(mean(&NUMBERS)) }
}

/// All pictures of the page, by their names.
fn pictures() -> BTreeMap<String, Vec<u8>> {
    let (mut all, mut silent) = (BTreeMap::new(), Vec::new());
    for example in EXAMPLES {
        let drawn = example.scene.draw(&style(example, true));
        if drawn == example.scene.draw(&style(example, false)) {
            silent.push(example.property);
        }
        all.insert(format!("{}.png", example.property), drawn);
    }
    for (index, form) in FORMS.iter().enumerate() {
        all.insert(format!("ramp-{}.png", index + 1), Scene::Numbers.draw(&compiled(form)));
    }
    assert!(silent.is_empty(), "examples that change nothing: {silent:?}");
    all
}

/// The table of a symbolizer.
fn table(symbolizer: &str) -> String {
    let mut rows = "| property | what it is; without it | example | |\n| --- | --- | --- | --- |\n".to_owned();
    for property in drawn().filter(|property| property.symbolizer == symbolizer) {
        let example = EXAMPLES.iter().find(|example| example.property == property.name).unwrap();
        let name = property.name;
        writeln!(
            rows,
            "| `{name}` | {} | `{}` | <img src=\"./styles/{name}.png\" width=\"{WIDTH}\" height=\"{HEIGHT}\" style=\"min-width: {WIDTH}px\" alt=\"{name}\"> |",
            meaning(&property, example),
            example.declaration.replace("STAR", "url(\"…\")"),
        )
        .unwrap();
    }
    rows
}

fn meaning(property: &ReferenceProperty, example: &Example) -> String {
    let fixed = if property.takes_columns || property.symbolizer == "map" { "" } else { ". Takes no column" };
    format!("{}{fixed}", example.meaning)
}

fn drawn() -> impl Iterator<Item = ReferenceProperty> {
    reference::properties().filter(|property| EXAMPLES.iter().any(|example| example.property == property.name))
}

/// Properties that are taken and change nothing.
fn silent() -> impl Iterator<Item = ReferenceProperty> {
    reference::properties()
        .filter(|property| !property.is_refused && EXAMPLES.iter().all(|example| example.property != property.name))
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn generated() -> String {
    let mut text = String::new();
    for (symbolizer, title) in SECTIONS {
        write!(text, "\n### {title}\n\n{}", table(symbolizer)).unwrap();
    }
    let operations = reference::properties().find(|property| property.name == "comp-op").unwrap().words;
    let (refused, taken): (Vec<_>, Vec<_>) = operations
        .iter()
        .map(|word| (*word).to_owned())
        .partition(|word| reference::refused_operations().contains(&word.as_str()));
    write!(text, "\n### Operations of comp-op\n\n{}.\n", list(taken.into_iter())).unwrap();
    write!(text, "\nNot drawn, and so refused: {}.\n", list(refused.into_iter())).unwrap();
    let mut symbolizers: Vec<&str> = Vec::new();
    let mut single = Vec::new();
    let all: Vec<ReferenceProperty> = reference::properties().collect();
    for property in all.iter().filter(|property| property.is_refused) {
        let own = |other: &&ReferenceProperty| other.symbolizer == property.symbolizer;
        if all.iter().filter(own).any(|other| !other.is_refused) {
            single.push(property.name.to_owned());
        } else if !symbolizers.contains(&property.symbolizer) {
            symbolizers.push(property.symbolizer);
        }
    }
    write!(text, "\n### What is refused\n\nThese are in the language, and the server does not draw them. A style with one is refused, with its line:\n").unwrap();
    writeln!(
        text,
        "all that begins with {}; and {}.",
        list(symbolizers.iter().map(|name| format!("{name}-"))),
        list(single.into_iter())
    )
    .unwrap();
    write!(
        text,
        "\n### What changes nothing\n\nThese are taken and change no picture: {}.\n",
        list(silent().map(|property| property.name.to_owned()))
    )
    .unwrap();
    text
}

fn forms() -> String {
    let mut rows = "\n| form | what it is | |\n| --- | --- | --- |\n".to_owned();
    for (index, form) in FORMS.iter().enumerate() {
        writeln!(
            rows,
            "| `{}: {}` | {} | <img src=\"./styles/ramp-{}.png\" width=\"{WIDTH}\" height=\"{HEIGHT}\" style=\"min-width: {WIDTH}px\" alt=\"nine points\"> |",
            form.property,
            form.ramp,
            form.meaning,
            index + 1
        )
        .unwrap();
    }
    rows
}

fn schemes() -> String {
    let names = |family| {
        let names = reference::schemes(family).map(|(name, most)| format!("`{name}` ({most})"));
        names.collect::<Vec<_>>().join(", ")
    };
    format!("\n`cartocolor()`: {}.\n\n`colorbrewer()`: {}.\n", names("cartocolor"), names("colorbrewer"))
}

/// A page with what is between two marks replaced.
fn replaced(page: &str, name: &str, content: &str) -> String {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let from = page.find(&start).unwrap_or_else(|| panic!("no mark of {name}")) + start.len();
    let to = page.find(&end).unwrap_or_else(|| panic!("no end of {name}"));
    format!("{}{content}\n{}", &page[..from], &page[to..])
}

/// Do two pictures look the same? Machines may differ in the last bit of a colour.
fn look_alike(left: &[u8], right: &[u8]) -> bool {
    let (left, right) = (Pixmap::decode_png(left).unwrap(), Pixmap::decode_png(right).unwrap());
    let is_near = |(left, right): (&u8, &u8)| left.abs_diff(*right) <= 2;
    left.width() == right.width() && left.data().iter().zip(right.data()).all(is_near)
}

#[test]
fn the_page_is_that_of_the_code() {
    let directory = docs().join("styles");
    let path = docs().join("styles.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut now = replaced(&page, "properties", &generated());
    now = replaced(&now, "forms", &forms());
    now = replaced(&now, "schemes", &schemes());
    let pictures = pictures();
    if is_writing() {
        fs::create_dir_all(&directory).unwrap();
        fs::write(&path, &now).unwrap();
        pictures.iter().for_each(|(name, png)| fs::write(directory.join(name), png).unwrap());
    }
    let hint = "CARTO_WRITE_REFERENCE=1 cargo test -p tiles --test reference writes it";
    assert!(is_writing() || now == page, "www/docs/how-to/styles.md is out of date: {hint}");
    for (name, png) in &pictures {
        let written = fs::read(directory.join(name)).unwrap_or_else(|_| panic!("{name} is missing: {hint}"));
        assert!(look_alike(png, &written), "{name} is out of date: {hint}");
    }
    let written: Vec<_> = fs::read_dir(&directory).unwrap().map(|file| file.unwrap().file_name()).collect();
    let odd: Vec<_> = written.iter().filter(|name| !pictures.contains_key(&*name.to_string_lossy())).collect();
    assert!(odd.is_empty(), "pictures that nobody shows: {odd:?}");
}

#[test]
fn what_is_said_to_change_nothing_changes_nothing() {
    let scenes = [
        (Scene::Crowd, "marker-width: 20; text-name: [name]; text-size: 12;"),
        (
            Scene::Line,
            "line-width: 5; marker-placement: line; marker-width: 9; text-name: [name]; text-placement: line;",
        ),
        (Scene::Areas, "polygon-fill: #5d8a66; line-width: 3; text-name: [name]; polygon-pattern-file: STAR;"),
    ];
    let plain = scenes.map(|(scene, css)| scene.draw(&complete(&format!("#layer {{ {css} }}"))));
    for property in silent() {
        // They need other properties beside them, or are numbers that only 0 may be.
        let values: Vec<String> = match property.kind {
            "boolean" => vec!["true".into(), "false".into()],
            "color" => vec!["#f00".into()],
            "number" if property.name.ends_with("-smooth") || property.name == "marker-offset" => vec!["0".into()],
            "number" => vec!["0.5".into(), "3".into()],
            "numbers" => vec!["3, 2".into()],
            "word" => property.words.iter().rev().take(3).map(|word| (*word).to_owned()).collect(),
            _ => vec!["'x'".into()],
        };
        for value in values {
            let own = format!("{}: {value};", property.name);
            let of_map = if property.symbolizer == "map" { own.as_str() } else { "" };
            let of_layer = if property.symbolizer == "map" { "" } else { own.as_str() };
            // Some words are refused.
            for ((scene, css), without) in scenes.iter().zip(&plain) {
                let with = complete(&format!("Map {{ {of_map} }} #layer {{ {css} {of_layer} }}"));
                if Stylesheet::parse(&with).is_ok_and(|style| style.undrawn().is_none()) {
                    assert!(scene.draw(&with) == *without, "{own} changes {scene:?}");
                }
            }
        }
    }
}

#[test]
fn styles_of_the_page_are_drawn() {
    let page = fs::read_to_string(docs().join("styles.md")).unwrap();
    let blocks: Vec<&str> = page.split("```cartocss\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 5, "{}", blocks.len());
    for block in blocks {
        let ramps = Ramps::find(block).unwrap_or_else(|error| panic!("{block}: {error}"));
        if ramps.is_empty() {
            let style = Stylesheet::parse(block).unwrap_or_else(|error| panic!("{block}: {error}"));
            assert!(style.undrawn().is_none(), "{block}");
        }
    }
}
