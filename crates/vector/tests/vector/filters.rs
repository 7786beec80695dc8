//! Filters of rows, with what PostgreSQL makes of their SQL.

use crate::random::Random;
use crate::writer::{LayerWriter, Written, text};
use vector::{Condition, Filter, Layer, Limits, Operand, Schema, Tile, Type, Undecided, Verdict};

/// `2020-01-01T00:00:00Z` in seconds.
const NEW_YEAR: f64 = 1_577_836_800.0;
const HALF_DAY: f64 = 43_200.0;

fn schema() -> Schema {
    let types = [
        ("n", Type::Number),
        ("w", Type::Number),
        ("s", Type::Text),
        ("b", Type::Bool),
        ("d", Type::Seconds),
        ("e", Type::Seconds),
        ("m", Type::Milliseconds),
        ("none", Type::Text),
        ("Quoted", Type::Number),
    ];
    Schema(types.map(|(name, kind)| (name.to_owned(), kind)).to_vec())
}

/// The rows that the answers below are of. `e` is a column of type `date`.
fn table() -> Layer {
    let numbers =
        [Some(1.5), Some(2.0), Some(f64::NAN), Some(f64::NEG_INFINITY), None, Some(-0.0), Some(100.0), Some(2.0)];
    let whole = [Some(1), Some(2), Some(3), Some(-4), None, Some(0), Some(100), Some(2)];
    let texts = [Some("a"), Some("b"), Some("a'b"), Some("x\ny"), None, Some("say \"hi\""), Some("100%_\\"), Some("")];
    let truths = [Some(true), Some(false), None, Some(true), Some(false), None, Some(true), Some(false)];
    let noon = NEW_YEAR + HALF_DAY;
    let (leap, june, day) = (-310_521_600.0, 1_590_969_600.0, 86_400.0);
    let before = NEW_YEAR - 0.001;
    let dates = [
        Some(NEW_YEAR),
        Some(noon),
        Some(NEW_YEAR + day),
        None,
        Some(noon + 0.0005),
        Some(before),
        Some(leap),
        Some(june),
    ];
    let days = [NEW_YEAR, NEW_YEAR + day, NEW_YEAR + 2.0 * day, f64::NAN, NEW_YEAR, NEW_YEAR - day, leap, june];
    let mut layer = LayerWriter::new("a");
    for row in 0..8 {
        let mut tags = vec![("Quoted", Written::Uint(row as u64))];
        tags.extend(numbers[row].map(|number| ("n", Written::Double(number))));
        tags.extend(whole[row].map(|number| ("w", Written::Sint(number))));
        tags.extend(texts[row].map(|value| ("s", text(value))));
        tags.extend(truths[row].map(|truth| ("b", Written::Bool(truth))));
        tags.extend(dates[row].map(|time| ("d", Written::Double(time))));
        tags.extend(dates[row].map(|time| ("m", Written::Double(time * 1000.0))));
        tags.extend(Some(days[row]).filter(|day| !day.is_nan()).map(|day| ("e", Written::Double(day))));
        layer.point([0, 0], &tags);
    }
    Tile::decode(&layer.tile(), &Limits::default()).unwrap().layers.remove(0)
}

fn number(number: f64) -> Operand {
    Operand::Number(number)
}

fn words(texts: &[&str]) -> Vec<Operand> {
    texts.iter().map(|text| Operand::Text((*text).to_owned())).collect()
}

fn word(text: &str) -> Operand {
    Operand::Text(text.to_owned())
}

/// Seconds after the new year, as JavaScript's milliseconds.
fn date(seconds: f64) -> Operand {
    Operand::Date((NEW_YEAR + seconds) * 1000.0)
}

fn on(column: &str, condition: Condition) -> Filter {
    Filter::Column { column: column.to_owned(), conditions: vec![condition] }
}

/// The rows that pass; those of which nothing is known are negative.
fn passing(filter: &Filter) -> Result<Vec<i32>, Undecided> {
    let layer = table();
    let bound = filter.bind(&schema(), &layer)?;
    let row = |row: usize| match bound.test(row) {
        Verdict::Yes => Some(row as i32),
        Verdict::No => None,
        Verdict::Unknown => Some(-(row as i32) - 1),
    };
    Ok((0..layer.len()).filter_map(row).collect())
}

#[test]
fn conditions_mean_what_the_database_says() {
    use Condition as C;
    let cases = [
        ("n", C::Eq(number(2.0)), vec![1, 7]),
        ("n", C::NotEq(number(2.0)), vec![0, 2, 3, 5, 6]),
        ("n", C::Lt(number(2.0)), vec![0, 3, 5]),
        ("n", C::Lte(number(2.0)), vec![0, 1, 3, 5, 7]),
        ("n", C::Gt(number(2.0)), vec![2, 6]),
        ("n", C::Gte(number(1.5)), vec![0, 1, 2, 6, 7]),
        ("N", C::Eq(number(0.0)), vec![5]),
        ("n", C::In(words(&["2", "100"])), vec![1, 6, 7]),
        ("n", C::NotIn(words(&["2"])), vec![0, 2, 3, 5, 6]),
        ("n", C::NotIn(Vec::new()), vec![0, 1, 2, 3, 4, 5, 6, 7]),
        ("n", C::In(Vec::new()), vec![]),
        ("w", C::In(words(&["2", "0"])), vec![1, 5, 7]),
        ("w", C::Gt(number(1.5)), vec![1, 2, 6, 7]),
        ("n", C::Between(number(1.0), number(2.0)), vec![0, 1, 7]),
        ("n", C::NotBetween(number(1.0), number(2.0)), vec![2, 3, 5, 6]),
        ("n", C::Between(number(2.0), number(1.0)), vec![]),
        ("n", C::BetweenSymmetric(number(2.0), number(1.0)), vec![0, 1, 7]),
        ("n", C::NotBetweenSymmetric(number(2.0), number(1.0)), vec![2, 3, 5, 6]),
        ("s", C::Eq(word("a")), vec![0]),
        ("s", C::NotEq(word("a")), vec![1, 2, 3, 5, 6, 7]),
        ("s", C::In(words(&["b", "a"])), vec![0, 1]),
        ("s", C::NotIn(words(&["a", "b"])), vec![2, 3, 5, 6, 7]),
        ("s", C::Eq(word("a'b")), vec![2]),
        // The backslashes that CARTO.js writes are part of the text.
        ("s", C::Eq(word("x\ny")), vec![]),
        ("s", C::Eq(word("say \"hi\"")), vec![]),
        ("s", C::Like("a%".into()), vec![0, 2]),
        ("s", C::Like("%".into()), vec![0, 1, 2, 3, 5, 6, 7]),
        ("s", C::Like("_".into()), vec![0, 1]),
        ("s", C::Like(r"%\%\_\\".into()), vec![6]),
        ("s", C::Like("100%_".into()), vec![6]),
        ("s", C::Like(String::new()), vec![7]),
        ("none", C::NotEq(word("a")), vec![]),
        ("b", C::In(words(&["true"])), vec![0, 3, 6]),
        ("b", C::NotIn(words(&["t"])), vec![1, 4, 7]),
        ("\"Quoted\"", C::Lt(number(2.0)), vec![0, 1]),
    ];
    for (column, condition, expected) in cases {
        assert_eq!(passing(&on(column, condition.clone())), Ok(expected), "{column} {condition:?}");
    }
}

#[test]
fn dates_are_compared_as_times() {
    use Condition as C;
    let ends = || (date(-0.001), date(0.0));
    let cases = [
        (C::Gt(date(0.0)), vec![1, 2, 4, 7]),
        (C::Between(ends().0, ends().1), vec![0, 5]),
        (C::NotBetween(ends().0, ends().1), vec![1, 2, 4, 6, 7]),
    ];
    for (condition, expected) in cases {
        for column in ["d", "m"] {
            assert_eq!(passing(&on(column, condition.clone())), Ok(expected.clone()), "{column} {condition:?}");
        }
    }
    // A whole day may be a day, which noon is not later than, and row 0 is one.
    assert_eq!(passing(&on("d", C::Gte(date(HALF_DAY)))), Ok(vec![-1, 1, 2, 4, 7]));
    assert_eq!(passing(&on("d", C::Eq(date(HALF_DAY)))), Ok(vec![-1, 1]));
    assert_eq!(passing(&on("d", C::Gt(date(HALF_DAY)))), Ok(vec![2, 4, 7]));
    // The database says 0, 1, 2, 4, 7 of days.
    assert_eq!(passing(&on("e", C::Gte(date(HALF_DAY)))), Ok(vec![-1, 1, 2, -5, 7]));
    assert_eq!(passing(&on("e", C::Gt(date(0.0)))), Ok(vec![1, 2, 7]));
    assert_eq!(passing(&on("e", C::Lt(date(HALF_DAY + 86_400.0)))), Ok(vec![0, -2, 4, 5, 6]));
}

#[test]
fn filters_are_joined() {
    let n = |condition| on("n", condition);
    let above = Filter::And(vec![n(Condition::Gt(number(1.0))), on("s", Condition::Eq(word("a")))]);
    let or = Filter::Or(vec![above, on("b", Condition::In(words(&["false"])))]);
    assert_eq!(passing(&or), Ok(vec![0, 1, 4, 7]));
    let either = Filter::Or(vec![n(Condition::NotEq(number(2.0))), on("s", Condition::Eq(word("nothing")))]);
    assert_eq!(passing(&Filter::And(vec![either, on("w", Condition::Gt(number(0.0)))])), Ok(vec![0, 2, 6]));
    let all: Vec<i32> = (0..8).collect();
    let empty = || Filter::Column { column: "n".into(), conditions: Vec::new() };
    for filter in [empty(), Filter::And(Vec::new()), Filter::Or(vec![empty()]), n(Condition::NotIn(Vec::new()))] {
        assert_eq!(passing(&filter), Ok(all.clone()), "{filter:?}");
    }
    // What is no condition is left out of the SQL, also of an OR.
    assert_eq!(passing(&Filter::Or(vec![empty(), n(Condition::Eq(number(100.0)))])), Ok(vec![6]));
    // What is not known does not matter where the rest decides.
    let unknown = on("d", Condition::Eq(date(HALF_DAY)));
    let first = |condition| Filter::And(vec![unknown.clone(), n(condition)]);
    assert_eq!(passing(&first(Condition::Gt(number(1.5)))), Ok(vec![1]));
    assert_eq!(passing(&Filter::Or(vec![unknown.clone(), n(Condition::Eq(number(1.5)))])), Ok(vec![0, 1]));
    let mut names = Vec::new();
    Filter::And(vec![or, on("\"Quoted\"", Condition::Other), on("a + b", Condition::Other)]).columns(&mut names);
    assert_eq!(names, ["n", "s", "b", "Quoted"]);
}

#[test]
fn what_the_database_alone_knows_is_undecided() {
    use Condition as C;
    let meaning = [
        ("w", C::In(words(&["1.5"]))),
        ("n", C::Eq(word("abc"))),
        ("w", C::Eq(word("40000"))),
        ("n", C::In(vec![word("2"), number(3.0)])),
        ("n", C::Like("1%".into())),
        ("n", C::Eq(number(f64::NAN))),
        ("s", C::Like("a\\".into())),
        ("s", C::Eq(number(5.0))),
        ("s", C::Lt(number(5.0))),
        ("s", C::Gt(date(0.0))),
        ("b", C::Eq(number(1.0))),
        ("b", C::Eq(word("perhaps"))),
        ("d", C::Lt(number(5.0))),
        ("d", C::Eq(word("2020-01-01"))),
        ("d", C::Gt(Operand::Date(f64::NAN))),
        ("n", C::Other),
        ("n", C::Gt(Operand::Other)),
    ];
    for (column, condition) in meaning {
        assert_eq!(passing(&on(column, condition.clone())), Err(Undecided::Meaning), "{column} {condition:?}");
    }
    for column in ["nothing", "quoted", "\"N\"", "n + 1", "", "\"", "1n", "USER", "a.n"] {
        assert_eq!(passing(&on(column, C::Eq(number(1.0)))), Err(Undecided::Column), "{column}");
    }
    // Values that are not of the type that was told.
    let layer = table();
    let wrong = Schema(vec![("s".into(), Type::Number), ("n".into(), Type::Text)]);
    assert!(on("s", C::Eq(number(1.0))).bind(&wrong, &layer).is_err());
    assert!(on("n", C::Eq(word("1"))).bind(&wrong, &layer).is_err());
    let mut deep = on("n", C::Eq(number(1.0)));
    for _ in 0..200 {
        deep = Filter::And(vec![deep]);
    }
    assert_eq!(passing(&deep), Err(Undecided::Meaning));
}

/// `LIKE` as its definition says it.
fn is_like(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|start| is_like(rest, &text[start..])),
        ['_', rest @ ..] => !text.is_empty() && is_like(rest, &text[1..]),
        ['\\', char, rest @ ..] | [char, rest @ ..] => text.first() == Some(char) && is_like(rest, &text[1..]),
    }
}

#[test]
fn patterns_match_as_defined() {
    let mut random = Random::new(7);
    let mut matches = 0;
    for _ in 0..300 {
        let mut letters = |alphabet: &str| {
            let alphabet: Vec<char> = alphabet.chars().collect();
            (0..random.below(7)).map(|_| *random.pick(&alphabet)).collect::<String>()
        };
        let texts: Vec<String> = (0..20).map(|_| letters("aaéb%")).collect();
        let pattern = letters("aaéb%%_") + ["", "\\%"][texts[0].len() % 2];
        let mut layer = LayerWriter::new("a");
        for value in &texts {
            layer.point([0, 0], &[("s", text(value))]);
        }
        let layer = Tile::decode(&layer.tile(), &Limits::default()).unwrap().layers.remove(0);
        let filter = on("s", Condition::Like(pattern.clone()));
        let bound = filter.bind(&schema(), &layer).unwrap();
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (row, text) in texts.iter().enumerate() {
            let expected = is_like(&chars(&pattern), &chars(text));
            matches += usize::from(expected);
            assert_eq!(bound.test(row) == Verdict::Yes, expected, "{text:?} LIKE {pattern:?}");
        }
    }
    assert!(matches > 500, "{matches}");
}

#[test]
fn filters_of_carto_js_are_read_back_from_their_sql() {
    let path = format!("{}/../../tests/vectors/carto-js-v4-vectors.json", env!("CARGO_MANIFEST_DIR"));
    let vectors: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let number = |digits: &str| digits.parse().unwrap_or(f64::NAN);
    let (mut read, mut others) = (0, Vec::new());
    for case in vectors["filterSql"].as_array().unwrap() {
        let Some(sql) = case["sql"].as_str().filter(|sql| !sql.is_empty()) else { continue };
        let query = format!("SELECT * FROM (SELECT 1) as originalQuery WHERE {sql}");
        match vector::unfiltered(&query, &number) {
            Some((inner, _)) => {
                assert_eq!(inner, "SELECT 1");
                read += 1;
            }
            None => others.push(sql),
        }
    }
    println!("{read} {others:#?}");
    assert!(read > 60, "{read}");
    // What is left asks the database, or means nothing to it.
    let is_odd = |sql: &&&str| ["SIMILAR TO", "(SELECT", "Weird Col"].iter().any(|odd| sql.contains(odd));
    assert_eq!(others.iter().filter(|sql| !is_odd(sql)).collect::<Vec<_>>(), Vec::<&&str>::new());
}
