//! Dataviews over random tables, compared with a slow model.

use crate::random::Random;
use crate::table::{Row, store, tile};
use crate::writer::{LayerWriter, Written, text};
use std::collections::BTreeMap;
use vector::{
    Answer, Area, Box4, Categories, CategoryName, Condition, Dataview, Filter, Formula, Kind, Limits, Operand,
    Operation, Request, Schema, Store, Tile, TileKey, Type, Undecided, Unit,
};

const ZOOM: u8 = 2;
const EXTENT: u32 = 1 << 16;
const BUFFER: f64 = 16.0;

fn schema() -> Schema {
    let types = [
        ("cartodb_id", Type::Number),
        ("n", Type::Number),
        ("x", Type::Number),
        ("c", Type::Text),
        ("t", Type::Seconds),
    ];
    Schema(types.map(|(name, kind)| (name.to_owned(), kind)).to_vec())
}

fn ask(store: &mut Store, area: &Area, filter: Option<&Filter>, dataview: &Dataview) -> Result<Answer, Undecided> {
    let (schema, tolerance) = (schema(), 0.5);
    store.dataview(&Request {
        layer: 1,
        zoom: ZOOM,
        area,
        tolerance,
        buffer: BUFFER,
        schema: &schema,
        filter,
        dataview,
    })
}

fn formula(operation: Operation, column: &str) -> Dataview {
    Dataview::Formula { operation, column: Some(column.to_owned()) }
}

fn number_of(row: &Row, column: &str) -> Option<f64> {
    row.values.iter().find(|(name, _)| *name == column).map(|(_, value)| match value {
        Written::Int(number) => *number as f64,
        Written::Double(number) => *number,
        other => panic!("no number: {other:?}"),
    })
}

fn text_of(row: &Row) -> Option<&str> {
    row.values.iter().find(|(name, _)| *name == "c").map(|(_, value)| match value {
        Written::Text(text) => text.as_str(),
        other => panic!("no text: {other:?}"),
    })
}

fn values(random: &mut Random, id: usize) -> Vec<(&'static str, Written)> {
    let mut values = vec![("cartodb_id", Written::Int(id as i64))];
    if random.below(8) > 0 {
        values.push(("n", Written::Int(random.below(2001) as i64 - 1000)));
    }
    if random.below(8) > 0 {
        values.push(("x", Written::Double(random.within(0.0, 10.0))));
    }
    if random.below(8) > 0 {
        values.push(("c", text(&format!("c{}", random.below(12)))));
    }
    values
}

/// A box of a side of up to all of the world.
fn area(random: &mut Random) -> Box4 {
    let ends = |random: &mut Random| {
        let (one, other) = (random.within(0.0, 1.0), random.within(0.0, 1.0));
        (f64::min(one, other), f64::max(one, other))
    };
    let ((west, east), (north, south)) = (ends(random), ends(random));
    [west, north, east, south]
}

/// Points, many of them at borders of tiles.
fn points(random: &mut Random, count: usize, with_id: bool) -> Vec<Row> {
    let row = |id: usize| {
        let mut axis = || match random.below(4) {
            0 => (random.below(5) as f64 / 4.0 + random.within(-2.0, 2.0) / 4.0 / f64::from(EXTENT)).clamp(0.0, 1.0),
            // In the middle between two units.
            1 => (random.below(4 * EXTENT as usize) as f64 + 0.5) / 4.0 / f64::from(EXTENT),
            _ => random.within(0.0, 1.0),
        };
        let place = [axis(), axis()];
        let mut values = values(random, id);
        values.drain(..usize::from(!with_id));
        Row::point(place, values)
    };
    (0..count).map(row).collect()
}

fn is_inside([x, y]: [f64; 2], [west, north, east, south]: Box4) -> bool {
    (west..=east).contains(&x) && (north..=south).contains(&y)
}

/// Whether a convex shape and a box have a point in common: no line along a side of either is between them.
pub fn is_touched(shape: &[[f64; 2]], [west, north, east, south]: Box4) -> bool {
    let corners = [[west, north], [east, north], [east, south], [west, south]];
    let mut axes = vec![[1.0, 0.0], [0.0, 1.0]];
    for (from, to) in shape.iter().zip(shape.iter().cycle().skip(1)) {
        axes.push([from[1] - to[1], to[0] - from[0]]);
    }
    let ends = |points: &[[f64; 2]], axis: [f64; 2]| {
        let along = points.iter().map(|[x, y]| x * axis[0] + y * axis[1]);
        along.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    axes.into_iter().all(|axis| {
        let ((low, high), (other_low, other_high)) = (ends(shape, axis), ends(&corners, axis));
        low <= other_high && other_low <= high
    })
}

/// What the model says of a formula.
fn expected(rows: &[&Row], operation: Operation, column: &str) -> Formula {
    let values: Vec<Option<f64>> = rows.iter().map(|row| number_of(row, column)).collect();
    let numbers: Vec<f64> = values.iter().flatten().copied().collect();
    let sum: f64 = numbers.iter().sum();
    let some = |number: f64| (!numbers.is_empty()).then_some(number);
    let result = match operation {
        Operation::Count => Some(numbers.len() as f64),
        Operation::Sum => some(sum),
        Operation::Avg => some(sum / numbers.len() as f64),
        Operation::Min => some(numbers.iter().copied().fold(f64::INFINITY, f64::min)),
        Operation::Max => some(numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
    };
    let of_rows = |count| (!rows.is_empty()).then_some(count);
    let nulls = (values.len() - numbers.len()) as u64;
    Formula { result, nulls: of_rows(nulls), nans: of_rows(0), infinities: of_rows(0) }
}

fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= 1e-12 * one.abs().max(1.0),
        (one, other) => one == other,
    }
}

const OPERATIONS: [Operation; 5] = [Operation::Count, Operation::Sum, Operation::Avg, Operation::Min, Operation::Max];

#[test]
fn points_count_once_over_borders() {
    let mut random = Random::new(3);
    for with_id in [true, false] {
        let rows = points(&mut random, 1500, with_id);
        let mut store = store(&rows, ZOOM, EXTENT, BUFFER);
        let (mut decided, mut tried) = (0, 0);
        for _ in 0..200 {
            let area = area(&mut random);
            let inside: Vec<&Row> = rows.iter().filter(|row| is_inside(row.parts[0][0], area)).collect();
            let (operation, column) = (*random.pick(&OPERATIONS), *random.pick(&["n", "x"]));
            tried += 1;
            match ask(&mut store, &Area(vec![area]), None, &formula(operation, column)) {
                Ok(Answer::Formula(found)) => {
                    let expected = expected(&inside, operation, column);
                    assert!(is_near(found.result, expected.result), "{area:?} {operation:?}: {found:?} {expected:?}");
                    assert_eq!(Formula { result: None, ..found }, Formula { result: None, ..expected });
                    decided += 1;
                }
                Ok(other) => panic!("{other:?}"),
                Err(undecided) => assert_eq!(undecided, Undecided::Edge),
            }
        }
        assert!(decided * 4 > tried * 3, "{decided} of {tried}");
    }
}

#[test]
fn points_together_count_once_by_identifier() {
    let mut random = Random::new(5);
    let shape = |id: usize| {
        let corners = 2 + random.below(2);
        let (x, y, size) = (random.within(0.2, 0.8), random.within(0.2, 0.8), random.within(0.001, 0.2));
        let corner = |_| [x + random.within(-size, size), y + random.within(-size, size)];
        let corners: Vec<[f64; 2]> = (0..corners).map(corner).collect();
        let values = values(&mut random, id);
        Row { kind: Kind::Points, parts: vec![corners], values }
    };
    let rows: Vec<Row> = (0..300).map(shape).collect();
    let mut store = store(&rows, ZOOM, EXTENT, BUFFER);
    let (mut decided, mut inside_and_out) = (0, [0; 2]);
    for _ in 0..300 {
        let area = area(&mut random);
        let is_inside = |row: &&Row| row.parts[0].iter().any(|place| is_inside(*place, area));
        let inside: Vec<&Row> = rows.iter().filter(is_inside).collect();
        match ask(&mut store, &Area(vec![area]), None, &formula(Operation::Sum, "n")) {
            Ok(Answer::Formula(found)) => {
                assert_eq!(found, expected(&inside, Operation::Sum, "n"), "{area:?}");
                inside_and_out[0] += inside.len();
                inside_and_out[1] += rows.len() - inside.len();
                decided += 1;
            }
            Ok(other) => panic!("{other:?}"),
            Err(undecided) => assert_eq!(undecided, Undecided::Edge),
        }
    }
    assert!(decided > 200 && inside_and_out.iter().all(|count| *count > 10_000), "{decided} {inside_and_out:?}");
}

fn categories(rows: &[&Row], operation: Operation, limit: usize) -> Categories {
    let mut groups: BTreeMap<Option<&str>, Vec<f64>> = BTreeMap::new();
    let mut nulls = 0;
    for row in rows {
        let group = groups.entry(text_of(row)).or_default();
        nulls += u64::from(text_of(row).is_none());
        group.extend(if operation == Operation::Count { Some(1.0) } else { number_of(row, "n") });
    }
    let categories_count = groups.len() as u64;
    let value = |numbers: &Vec<f64>| {
        let sum: f64 = numbers.iter().sum();
        match operation {
            Operation::Count | Operation::Sum => sum,
            Operation::Avg => sum / numbers.len() as f64,
            Operation::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Operation::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    };
    let is_ranked = |(name, numbers): &(&Option<&str>, &Vec<f64>)| {
        !numbers.is_empty() && (operation != Operation::Count || name.is_some())
    };
    let mut ranked: Vec<(Option<&str>, f64)> =
        groups.iter().filter(is_ranked).map(|(name, numbers)| (*name, value(numbers))).collect();
    ranked.sort_by(|one, other| {
        let key = |name: Option<&str>| (name.is_none(), name.map(str::to_owned));
        other.1.total_cmp(&one.1).then_with(|| key(one.0).cmp(&key(other.0)))
    });
    let all: Vec<f64> = ranked.iter().map(|(_, value)| *value).collect();
    let shown = if ranked.len() < limit { ranked.len() } else { limit - 1 };
    let others = ranked.split_off(shown);
    let named = |(name, value): (Option<&str>, f64)| vector::Category {
        name: Some(name.map_or(CategoryName::Null, |name| CategoryName::Text(name.to_owned()))),
        value,
    };
    let mut categories: Vec<_> = ranked.into_iter().map(named).collect();
    if !others.is_empty() {
        categories
            .push(vector::Category { name: None, value: value(&others.iter().map(|(_, value)| *value).collect()) });
    }
    let (min, max) = (all.iter().copied().reduce(f64::min), all.iter().copied().reduce(f64::max));
    let (min, max) = (min.unwrap_or(0.0), max.unwrap_or(0.0));
    Categories { categories, count: rows.len() as u64, nulls, nans: 0, infinities: 0, min, max, categories_count }
}

#[test]
fn categories_are_ranked() {
    let mut random = Random::new(11);
    let rows = points(&mut random, 800, true);
    let mut store = store(&rows, ZOOM, EXTENT, BUFFER);
    let (mut decided, mut undecided) = (0, 0);
    for _ in 0..300 {
        let area = area(&mut random);
        let inside: Vec<&Row> = rows.iter().filter(|row| is_inside(row.parts[0][0], area)).collect();
        let (operation, limit) = (*random.pick(&OPERATIONS), random.below(15) as u32 + 1);
        let operation_column = Some("n".to_owned()).filter(|_| operation != Operation::Count);
        let dataview = Dataview::Category { column: "c".into(), operation, operation_column, limit };
        match ask(&mut store, &Area(vec![area]), None, &dataview) {
            Ok(Answer::Category(found)) => {
                let expected = categories(&inside, operation, limit as usize);
                let names = |categories: &Categories| {
                    categories.categories.iter().map(|category| category.name.clone()).collect::<Vec<_>>()
                };
                assert_eq!(names(&found), names(&expected), "{found:?} {expected:?}");
                for (one, other) in found.categories.iter().zip(&expected.categories) {
                    assert!(is_near(Some(one.value), Some(other.value)), "{operation:?} {one:?} {other:?}");
                }
                assert!(is_near(Some(found.min), Some(expected.min)) && is_near(Some(found.max), Some(expected.max)));
                let rest = |found: &Categories| (found.count, found.nulls, found.nans, found.categories_count);
                assert_eq!(rest(&found), rest(&expected));
                decided += 1;
            }
            Ok(other) => panic!("{other:?}"),
            Err(Undecided::Edge) => undecided += 1,
            // Averages of whole numbers can be the same, which is known, or that of others.
            Err(other) => panic!("{other:?} {operation:?}"),
        }
    }
    assert!(decided > 200 && undecided < 100, "{decided} {undecided}");
}

/// A store of one tile of the whole world with these values at its middle.
fn of_values(rows: &[Vec<(&str, Written)>]) -> Store {
    let mut layer = LayerWriter::new("layer0");
    for tags in rows {
        layer.point([2048, 2048], tags);
    }
    let tile = Tile::decode(&layer.tile(), &Limits::default()).unwrap();
    let mut store = Store::new(1 << 24);
    store.insert(TileKey { layer: 1, zoom: 0, x: 0, y: 0 }, tile, true);
    store
}

fn of_world(store: &mut Store, dataview: &Dataview) -> Result<Answer, Undecided> {
    let (schema, area) = (schema(), Area(vec![[0.0, 0.0, 1.0, 1.0]]));
    let (area, filter) = (&area, None);
    store.dataview(&Request { layer: 1, zoom: 0, area, tolerance: 0.5, buffer: 0.0, schema: &schema, filter, dataview })
}

#[test]
fn odd_numbers_are_counted_apart() {
    let x = |number| vec![("x", Written::Double(number))];
    let mut store = of_values(&[x(f64::NAN), x(f64::INFINITY), x(1.5), x(2.5), vec![]]);
    let Ok(Answer::Formula(found)) = of_world(&mut store, &formula(Operation::Max, "x")) else { panic!("no formula") };
    let expected = Formula { result: Some(2.5), nulls: Some(1), nans: Some(1), infinities: Some(1) };
    assert_eq!(found, expected);
    let histogram = |range| Dataview::Histogram { column: "x".into(), bins: Some(2), range };
    let Ok(Answer::Histogram(found)) = of_world(&mut store, &histogram(None)) else { panic!("no histogram") };
    assert_eq!((found.nulls, found.nans, found.infinities, found.avg), (1, 1, 1, 2.0));
    assert_eq!(found.bins.iter().map(|bin| (bin.bin, bin.min)).collect::<Vec<_>>(), [(0, 1.5), (1, 2.5)]);
    let Ok(Answer::Histogram(found)) = of_world(&mut store, &histogram(Some((9.0, 1.0)))) else {
        panic!("no histogram")
    };
    assert_eq!((found.nulls, found.nans, found.bins_start, found.bin_width), (0, 0, Some(1.0), Some(4.0)));
}

#[test]
fn bins_are_chosen_as_the_server_does() {
    // Without a third quarter its range is NULL, which is not 0, and the greatest number of bins is left.
    let count = |numbers: &[i64]| {
        let rows: Vec<_> = numbers.iter().map(|number| vec![("n", Written::Int(*number))]).collect();
        let dataview = Dataview::Histogram { column: "n".into(), bins: None, range: None };
        match of_world(&mut of_values(&rows), &dataview) {
            Ok(Answer::Histogram(found)) => found.bins_count,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([count(&[]), count(&[5]), count(&[5, 6])], [None, Some(48), Some(48)]);
    assert_eq!([count(&[5, 5, 5, 5]), count(&[1, 2, 3, 4])], [Some(1), Some(4)]);
    let many: Vec<i64> = (0..100).chain([10_000]).collect();
    assert_eq!([count(&(0..100).collect::<Vec<_>>()), count(&many)], [Some(6), Some(48)]);
    // Quarters of 2, 1, 1 and 1: 2 and 13 are the ends of the first and the third, and 33 / 22 is rounded up.
    assert_eq!(count(&[0, 2, 3, 13, 33]), Some(5));
}

#[test]
fn times_without_a_day_have_a_bin_of_their_own() {
    let t = |time| vec![("t", Written::Double(time))];
    let mut store = of_values(&[t(-0.5), t(86_399.999_999), vec![], t(0.0)]);
    let series = |unit, offset| Dataview::TimeSeries { column: "t".into(), unit, offset, range: None };
    let Ok(Answer::TimeSeries(found)) = of_world(&mut store, &series(Some(Unit::Day), 0)) else { panic!("no series") };
    let bins: Vec<_> = found.bins.iter().map(|bin| (bin.place, bin.freq)).collect();
    assert_eq!(bins, [(Some((0, -86_400)), 1), (Some((1, 0)), 2), (None, 1)]);
    let Ok(Answer::TimeSeries(found)) = of_world(&mut store, &series(None, 3600)) else { panic!("no series") };
    assert_eq!((found.unit, found.timestamp_start, found.bins_count), (Unit::Hour, Some(-3600), 25));
    let mut store = of_values(&[t(f64::INFINITY)]);
    assert_eq!(of_world(&mut store, &series(None, 0)), Err(Undecided::Meaning));
    assert_eq!(of_world(&mut store, &formula(Operation::Max, "t")), Err(Undecided::Meaning));
}

#[test]
fn what_is_not_sure_is_undecided() {
    let c = |name: &str, number| vec![("c", text(name)), ("n", Written::Int(number)), ("x", Written::Single(0.1))];
    let category = |operation, column: &str, limit| Dataview::Category {
        column: "c".into(),
        operation,
        operation_column: Some(column.to_owned()),
        limit,
    };
    // Databases do not agree where capitals come, which matters when values are the same.
    let mut store = of_values(&[c("a", 1), c("B", 1), c("c", 5)]);
    assert_eq!(of_world(&mut store, &category(Operation::Sum, "n", 9)), Err(Undecided::Order));
    assert!(of_world(&mut store, &category(Operation::Sum, "n", 2)).is_ok(), "both are among the others");
    assert_eq!(of_world(&mut store, &category(Operation::Sum, "n", 3)), Err(Undecided::Order));
    assert_eq!(of_world(&mut store, &formula(Operation::Sum, "x")), Err(Undecided::Rounding));
    assert_eq!(of_world(&mut store, &formula(Operation::Sum, "c")), Err(Undecided::Meaning));
    assert_eq!(of_world(&mut store, &formula(Operation::Sum, "unknown")), Err(Undecided::Column));
    let x = |name: &str, number| vec![("c", text(name)), ("x", Written::Double(number))];
    let mut store = of_values(&[x("a", 0.1), x("a", 0.2), x("b", 0.3)]);
    assert_eq!(of_world(&mut store, &category(Operation::Sum, "x", 9)), Err(Undecided::Rounding));
    let edges = Dataview::Histogram { column: "x".into(), bins: Some(2), range: None };
    assert_eq!(of_world(&mut store, &edges), Err(Undecided::Rounding), "0.2 is at the edge of two bins");
}

#[test]
fn tiles_that_miss_something_are_not_counted() {
    let rows = [Row::point([0.3, 0.3], vec![("n", Written::Int(1))]), Row::point([0.6, 0.6], Vec::new())];
    let whole = || store(&rows, ZOOM, EXTENT, BUFFER);
    let count = Dataview::Formula { operation: Operation::Count, column: None };
    let asked = |store: &mut Store, area: Box4| match ask(store, &Area(vec![area]), None, &count) {
        Ok(Answer::Formula(found)) => Ok(found.result),
        Ok(other) => panic!("{other:?}"),
        Err(undecided) => Err(undecided),
    };
    let near = [0.26, 0.26, 0.4, 0.4];
    assert_eq!(asked(&mut whole(), [0.0, 0.0, 1.0, 1.0]), Ok(Some(2.0)));
    assert_eq!(asked(&mut whole(), near), Ok(Some(1.0)));
    let key = TileKey { layer: 1, zoom: ZOOM, x: 1, y: 1 };
    let mut store = whole();
    assert!(store.remove(&key) && !store.remove(&key));
    assert_eq!(asked(&mut store, near), Err(Undecided::Incomplete));
    assert_eq!(asked(&mut store, [0.51, 0.51, 0.7, 0.7]), Ok(Some(1.0)), "other tiles are not needed");
    let mut replaced = |bytes: &[u8], is_complete| {
        let tile = Tile::decode(bytes, &Limits::default()).unwrap();
        store.insert(key, tile, is_complete);
        asked(&mut store, near)
    };
    let bytes = tile(&rows, ZOOM, (1, 1), EXTENT, BUFFER);
    assert_eq!(replaced(&bytes, true), Ok(Some(1.0)));
    assert_eq!(replaced(&bytes, false), Err(Undecided::Incomplete));
    assert_eq!(replaced(&[], true), Ok(Some(0.0)), "nothing is complete, too");
    let mut skipped = LayerWriter::new("a");
    skipped.raw_feature(None, 1, &[9], &[]);
    assert_eq!(replaced(&skipped.tile(), true), Err(Undecided::Incomplete));
    let stripes = LayerWriter::new("errorTileSquareLayer").tile();
    assert_eq!(replaced(&stripes, true), Err(Undecided::Incomplete));
    let mut clusters = LayerWriter::new("a");
    clusters.point([9, 9], &[("_cdb_feature_count", Written::Int(7))]);
    assert_eq!(replaced(&clusters.tile(), true), Err(Undecided::Aggregated));
    // The same number twice in one tile is of two rows, and points together need one. Lines can be too small for a tile.
    let two = |id: Option<i64>, kind: Kind| {
        let tags: Vec<_> = id.map(|id| ("cartodb_id", Written::Int(id))).into_iter().collect();
        let mut layer = LayerWriter::new("a");
        for _ in 0..2 {
            layer.feature(None, kind, &[vec![[500, 500], [900, 900]]], &tags);
        }
        layer.tile()
    };
    assert_eq!(replaced(&two(Some(1), Kind::Points), true), Err(Undecided::Identity));
    assert_eq!(replaced(&two(None, Kind::Points), true), Err(Undecided::Identity));
    assert_eq!(replaced(&two(Some(1), Kind::Lines), true), Err(Undecided::Incomplete));
    // Beyond the world tiles have their buffer only.
    assert_eq!(asked(&mut whole(), [0.1, -0.01, 0.4, 0.4]), Ok(Some(1.0)));
    assert_eq!(asked(&mut whole(), [0.1, -0.1, 0.4, 0.4]), Err(Undecided::Incomplete));
    assert_eq!(asked(&mut whole(), [0.1, f64::NAN, 0.4, 0.4]), Err(Undecided::Incomplete));
    assert_eq!(asked(&mut whole(), [0.3, 0.1, 0.4, 0.4]), Err(Undecided::Edge));
}

#[test]
fn filters_narrow_dataviews() {
    let rows: Vec<Row> =
        (0..10).map(|n| Row::point([0.1 + f64::from(n) / 20.0, 0.3], vec![("n", Written::Int(n.into()))])).collect();
    let mut store = store(&rows, ZOOM, EXTENT, BUFFER);
    let at_most =
        |number| Filter::Column { column: "n".into(), conditions: vec![Condition::Lte(Operand::Number(number))] };
    // The last point is at the edge of the area, which matters to nobody when it is filtered out.
    let area = Area(vec![[0.05, 0.05, 0.55, 0.9]]);
    let sum = formula(Operation::Sum, "n");
    let asked = |store: &mut Store, number| ask(store, &area, Some(&at_most(number)), &sum);
    assert!(matches!(asked(&mut store, 4.0), Ok(Answer::Formula(Formula { result: Some(10.0), .. }))));
    assert_eq!(asked(&mut store, 9.0), Err(Undecided::Edge));
}

#[test]
fn areas_are_those_of_requests() {
    let area = |degrees| Area::of_degrees(degrees).0;
    let near = |one: &[Box4], other: &[Box4]| {
        one.len() == other.len()
            && one.iter().flatten().zip(other.iter().flatten()).all(|(one, other)| (one - other).abs() < 1e-12)
    };
    let (west, east) = ([0.0, 0.5, 10.0 / 360.0, 0.5], [350.0 / 360.0, 0.5, 1.0, 0.5]);
    assert!(near(&area([170.0, 0.0, 190.0, 0.0]), &[east, west]));
    assert!(near(&area([-190.0, 0.0, -170.0, 0.0]), &[east, west]));
    assert!(near(&area([-300.0, 0.0, 200.0, 0.0]), &[[0.0, 0.5, 1.0, 0.5]]));
    assert!(near(&area([-180.0, -85.051_128_779_806_59, 180.0, 85.051_128_779_806_59]), &[[0.0, 0.0, 1.0, 1.0]]));
    assert!(area([0.0, -90.0, 1.0, 90.0]).iter().flatten().all(|edge| edge.is_finite()));
}

#[test]
fn tiles_unused_for_longest_are_let_go() {
    let tile = |x: u32| {
        let bytes = tile(&[Row::point([0.1, 0.1], vec![("c", text("a"))])], 0, (0, 0), 4096, 0.0);
        (TileKey { layer: 1, zoom: 5, x, y: 0 }, Tile::decode(&bytes, &Limits::default()).unwrap())
    };
    let mut probe = Store::new(1 << 20);
    let (key, one) = tile(0);
    assert!(probe.insert(key, one.clone(), true).is_empty());
    let weight = probe.weight();
    let mut store = Store::new(weight * 3);
    for x in 0..3 {
        assert!(store.insert(tile(x).0, tile(x).1, true).is_empty());
    }
    assert!(store.layer(&tile(0).0).is_some(), "used");
    assert_eq!(store.insert(tile(3).0, tile(3).1, true), [tile(1).0]);
    assert_eq!(store.insert(tile(3).0, tile(3).1, true), [], "in place of itself");
    assert_eq!(store.weight(), weight * 3);
    assert!(store.contains(&tile(0).0) && !store.contains(&tile(1).0));
    store.remove_layer(1);
    assert_eq!((store.weight(), store.contains(&tile(0).0)), (0, false));
    assert_eq!(Store::new(weight - 1).insert(key, one, true), [key], "too large");
}
