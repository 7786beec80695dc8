//! Ramps over what real servers have told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use cartocss::ramp::Method;
use serde_json::Value;

fn digits() -> Digits {
    Digits { read: |text| text.parse().unwrap_or(f64::NAN), write: |number| number.to_string() }
}

/// A recorded style, and what the server told of it: the style without ramps, and rules.
fn recorded(name: &str) -> (String, String, Value) {
    let path = [env!("CARGO_MANIFEST_DIR"), "/../../tests/wire/styles/", name, ".json"].concat();
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |name: &str| recorded[name].as_str().unwrap().to_owned();
    (text("cartocss"), text("cartocss_compiled"), recorded["cartocss_meta"].clone())
}

fn learned(name: &str) -> (KnownRamps, String, String, Value) {
    let (css, drawn, about) = recorded(name);
    let mut ramps = KnownRamps::default();
    ramps.learn("of", &css, &drawn, &Json::parse(&about.to_string()).unwrap(), digits());
    (ramps, css, drawn, about)
}

/// The same, but for how whole numbers are written.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64()),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}

fn compiled(ramps: &KnownRamps, css: &str) -> Option<(String, Value)> {
    let (drawn, about) = ramps.compile("of", css, digits())?;
    Some((drawn, plain(&serde_json::from_str(&about.written()).unwrap())))
}

#[test]
fn what_was_told_is_told_again() {
    let names = [
        "g-ramp",
        "l-ramp-width",
        "p-ramp-category",
        "p-ramp-equal",
        "p-ramp-jenks",
        "p-ramp-old-form",
        "p-ramp-quantiles",
    ];
    for name in names {
        let (ramps, css, drawn, about) = learned(name);
        assert_eq!(compiled(&ramps, &css), Some((drawn, plain(&about))), "{name}");
        assert_eq!(ramps.compile("other data", &css, digits()), None, "{name}");
    }
}

#[test]
fn other_values_over_the_same_classes_ask_nobody() {
    let (ramps, ..) = learned("p-ramp-quantiles");
    let (drawn, about) = compiled(
        &ramps,
        "#layer{marker-fill:ramp([pop], (#fff, #ccc, #999, #666, #000), quantiles(5));marker-width:ramp([pop], range(1, 5), quantiles(5), >=)}",
    )
    .unwrap();
    let style = |property: &str, sign: &str, values: [&str; 5]| {
        let rule = |(end, value)| format!("[ pop {sign} {end} ]{{{property}:{value}}}");
        let rules: String = [1968, 9243, 45153, 241_122].into_iter().zip(&values[1..]).map(rule).collect();
        format!("{property}:{};{rules}", values[0])
    };
    let fill = style("marker-fill", ">", ["#fff", "#ccc", "#999", "#666", "#000"]);
    let width = style("marker-width", ">=", ["1", "2", "3", "4", "5"]);
    assert_eq!(drawn, format!("#layer{{{fill}{width}}}"));
    let rules = about["rules"].as_array().unwrap();
    assert_eq!((&rules[0]["mapping"], &rules[1]["mapping"]), (&Value::from(">"), &Value::from(">=")));
    let bucket =
        serde_json::json!({ "filter": { "type": "range", "start": 241_122.0, "end": 1_202_340.0 }, "value": "#000" });
    assert_eq!(rules[0]["buckets"][4], bucket);
    assert_eq!(rules[0]["stats"]["filter_avg"], 151_655.364_810_330_9);
}

#[test]
fn what_was_not_told_is_asked_for() {
    let (ramps, ..) = learned("p-ramp-quantiles");
    for ramp in [
        // Another column, method, or number of classes.
        "[rank], range(3, 20), quantiles(5)",
        "[pop], range(3, 20), jenks(5)",
        "[pop], range(3, 20), quantiles(4)",
        // Where the last class ends is not known.
        "[pop], range(3, 20), quantiles(5), =",
        // Colours that nobody has told.
        "[pop], cartocolor(Sunset), quantiles(5)",
        // Mistakes.
        "[pop], range(3), quantiles(5)",
        "[pop]",
    ] {
        assert_eq!(compiled(&ramps, &format!("#layer{{marker-width:ramp({ramp})}}")), None, "{ramp}");
    }
    // Classes that the style says itself need no server.
    let (drawn, _) = compiled(&ramps, "#layer{marker-width:ramp([x], (1, 2), (5, 9))}").unwrap();
    assert_eq!(drawn, "#layer{marker-width:1;[ x > 5 ]{marker-width:2}}");
}

#[test]
fn colours_of_a_scheme_are_known_when_they_were_told() {
    let (mut ramps, css, drawn, about) = learned("p-ramp-category");
    // The classes of another column, of which there are as many, in colours that the style says.
    let renamed = |text: &str| text.replace("country", "place").replace("Country", "Place");
    let (css, drawn, about) = (renamed(&css), renamed(&drawn), renamed(&about.to_string()));
    let colours = "(#E58606, #5D69B1, #52BCA3, #99C945, #CC61B0, #24796C, #DAA51B, #2F8AC4, #A5AA99)";
    let listed = css.replace("cartocolor(Vivid)", colours);
    ramps.learn("of", &listed, &drawn, &Json::parse(&about).unwrap(), digits());
    assert_eq!(compiled(&ramps, &css).unwrap().0, drawn);
    assert_eq!(compiled(&ramps, &css.replace("Vivid", "Bold")), None);
}

#[test]
fn classes_that_rules_do_not_tell_whole_are_not_kept() {
    // Means end before the greatest value.
    let (ramps, css, ..) = learned("p-ramp-headtails");
    assert_eq!(compiled(&ramps, &css), None);
    // How many classes there are only the scheme says.
    let (ramps, css, ..) = learned("p-ramp-colorbrewer");
    assert_eq!(compiled(&ramps, &css), None);
    // The server has made something else of it.
    let (css, drawn, about) = recorded("p-ramp-equal");
    let about = Json::parse(&about.to_string()).unwrap();
    let mut ramps = KnownRamps::default();
    ramps.learn("of", &css, &drawn.replace('>', "<"), &about, digits());
    assert_eq!(compiled(&ramps, &css), None);
    // What is told is no such thing.
    for about in ["7", "{\"rules\":7}", "{\"rules\":[7]}", "{\"rules\":[{\"buckets\":[{\"filter\":{\"end\":1e999}}]}]}"]
    {
        ramps.learn("of", &css, &drawn, &Json::parse(about).unwrap(), digits());
        assert_eq!(compiled(&ramps, &css), None, "{about}");
    }
}

#[test]
fn no_more_is_kept_than_may_be() {
    let (css, drawn, about) = recorded("p-ramp-quantiles");
    let about = Json::parse(&about.to_string()).unwrap();
    let mut ramps = KnownRamps::default();
    for of in 0..MOST_CLASSES + 3 {
        ramps.learn(&of.to_string(), &css, &drawn, &about, digits());
    }
    assert_eq!(ramps.found.len(), MOST_CLASSES);
    assert!(ramps.compile("2", &css, digits()).is_none() && ramps.compile("3", &css, digits()).is_some());
}

/// Numbers that look random, from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }

    fn ramp(&mut self) -> String {
        let column = self.of(&["a", "b", "few"]);
        let values = self.of(&[
            "(1, 2)",
            "(1, 2, 3)",
            "(1, 2, 3, 4, 5, 6)",
            "(red, lime, blue, #fff, gray)",
            "range(2, 22)",
            "range(2, 22, 3)",
            "cartocolor(Sunset)",
            "cartocolor(Bold, 4)",
            "cartocolor(Bold)",
            "colorbrewer(YlGnBu, 7)",
            "2, 22",
            "2, 22, 4",
        ]);
        let classes = self.below(8);
        let method = self.of(&["quantiles", "equal", "jenks", "headtails", "category"]);
        let sign = self.of(&["", "", "", ", >", ", >=", ", <", ", <=", ", =", ", category", ", headtails"]);
        match self.below(6) {
            0 => format!("ramp([{column}], {values})"),
            1 => format!("ramp([{column}], {values}, {method})"),
            2 => format!("ramp([{column}], {values}, (3, 5, 8){sign})"),
            3 => format!("ramp([{column}], {values}, buckets(b, {method}, {classes}){sign})"),
            _ => format!("ramp([{column}], {values}, {method}({classes}){sign})"),
        }
    }
}

/// What a server finds of a question: of a column with few values not as many classes as there are asked for.
fn found(question: &Question) -> Classes {
    let most = if question.column == "few" { 2 } else { question.classes as usize };
    let count = most.min(question.classes as usize);
    if question.method == Method::Category {
        let name = |index: usize| {
            if question.column == "b" {
                FieldValue::Number(index as f64)
            } else {
                FieldValue::Text(format!("{} {index}", question.column))
            }
        };
        return Classes { ends: (0..count).map(name).collect(), ..Classes::default() };
    }
    let end = |index: usize| (index + 1) as f64 * 10.5 + question.classes as f64;
    let max = if question.method == Method::HeadTails { 1000.0 } else { end(count.max(1) - 1) };
    Classes {
        ends: (0..count).map(|index| FieldValue::Number(end(index))).collect(),
        min: Some(0.5),
        max: Some(max),
        average: Some(7.25),
    }
}

/// What a server makes of a style.
fn asked(css: &str) -> Option<(String, Json)> {
    let ramps = Ramps::find(css).ok()?;
    let answers: Vec<Option<Classes>> = ramps.questions().map(|question| question.map(found)).collect();
    let made = ramps.compile(&answers).ok()?;
    let rules = made.rules.iter().map(|rule| write_rule(rule, digits())).collect();
    Some((made.cartocss, Json::object([("rules", Json::List(rules))])))
}

#[test]
fn random_ramps_are_what_the_server_makes_of_them() {
    let (mut random, mut known, mut here, mut refused) = (Random(7), KnownRamps::default(), 0, 0);
    for _ in 0..20_000 {
        let css = match random.below(3) {
            0 => format!("#l {{ marker-width: {}; [zoom > 3] {{ marker-fill: {}; }} }}", random.ramp(), random.ramp()),
            _ => format!("#l{{line-width:{}}}", random.ramp()),
        };
        let there = asked(&css);
        match known.compile("of", &css, digits()) {
            Some(made) => {
                assert_eq!(Some(made), there, "{css}");
                here += 1;
            }
            None => match there {
                Some((drawn, about)) => known.learn("of", &css, &drawn, &about, digits()),
                None => refused += 1,
            },
        }
    }
    assert!(here > 5000 && refused > 1000, "{here} here, {refused} refused");
}
