//! Dataviews that are told here: from the address that the server would be asked by to the answer that it would give.

use crate::config::dataview_query;
use crate::digits::Digits;
use crate::json::Json;
use crate::map::Map;
use vector::{
    Answer, Area, Categories, CategoryName, Dataview, Formula, Histogram, Operation, Request, TimeSeries, Type,
    Undecided, Unit,
};

/// How far a place in a tile may be from where it is in the database, in units: rounded, and a little for what is computed.
const TOLERANCE: f64 = 0.75;

/// What can be told of a dataview.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// Its answer.
    Here(String),
    /// It may be told when tiles are there that are under way.
    Later,
    /// The server is to be asked.
    There,
}

impl Map {
    /// Answers the question of an address, if it is about a box in which everything is there.
    pub fn dataview(&mut self, address: &str) -> Told {
        self.told(address).unwrap_or(Told::There)
    }

    fn told(&mut self, address: &str) -> Option<Told> {
        let (_, rest) = compact::split_once(address, "/dataview/")?;
        let (id, query) = rest.split_once('?')?;
        let parameter = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
                .map(|(_, value)| value)
        };
        let number = |text: &str| self.digits.number(text);
        let mut bounds = [0.0; 4];
        let mut written = parameter("bbox")?.split(',');
        for edge in &mut bounds {
            *edge = number(written.next()?)?;
        }
        if written.next().is_some() || parameter("filters").is_some() {
            return None;
        }
        let asked = self.current.at(&["dataviews", id])?;
        let (source, filter) = self.resolve(dataview_query(&self.current, asked)?, None, self.group())?;
        let source = self.sources.get(source)?;
        let tiles = source.tiles.as_ref()?;
        let option = |name: &str| asked.at(&["options", name]).and_then(Json::text);
        let column = || Some(option("column")?.to_owned());
        let whole = |name: &str| number(parameter(name)?);
        let range = parameter("start").and_then(number).zip(parameter("end").and_then(number));
        let kind = asked.get("type")?.text()?;
        let operation =
            operation(option(if kind == "formula" { "operation" } else { "aggregation" }).unwrap_or_default());
        let dataview = match kind {
            "formula" => Dataview::Formula { operation: operation?, column: column() },
            "aggregation" => Dataview::Category {
                column: column()?,
                operation: operation?,
                operation_column: option("aggregationColumn").map(str::to_owned),
                limit: whole("categories")? as u32,
            },
            "histogram" if parameter("aggregation").is_some() => {
                let unit = parameter("aggregation")?;
                // What is no unit, the server knows.
                let unit = if unit == "auto" { None } else { Some(Unit::named(unit)?) };
                Dataview::TimeSeries { column: column()?, unit, offset: whole("offset").unwrap_or(0.0) as i64, range }
            }
            "histogram" => {
                let column = column()?;
                if tiles.schema.type_of(&column) != Some(Type::Number) {
                    return None;
                }
                Dataview::Histogram { column, bins: whole("bins").map(|bins| bins as u32), range }
            }
            _ => return None,
        };
        let is_counted_of_others = match &dataview {
            Dataview::Formula { column: Some(column), .. } => tiles.schema.type_of(column) != Some(Type::Number),
            _ => false,
        };
        let (area, number) = (Area::of_degrees(bounds), tiles.number);
        // Coarser tiles do as well when they are there.
        for zoom in (0..=u8::try_from(self.zoom).ok()?).rev() {
            let request = Request {
                layer: number,
                zoom,
                area: &area,
                tolerance: TOLERANCE,
                buffer: source.buffer().into(),
                schema: &tiles.schema,
                filter: filter.as_ref(),
                dataview: &dataview,
            };
            match self.store.dataview(&request) {
                Ok(answer) => {
                    let name = option(if kind == "formula" { "operation" } else { "aggregation" }).unwrap_or_default();
                    let writer = Writer { digits: self.digits };
                    return Some(Told::Here(writer.answer(&answer, name, is_counted_of_others).written()));
                }
                Err(Undecided::Incomplete | Undecided::Edge) => {}
                Err(_) => return None,
            }
        }
        Some(if source.is_countable() { Told::Later } else { Told::There })
    }
}

fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "count" => Operation::Count,
        "sum" => Operation::Sum,
        "avg" => Operation::Avg,
        "min" => Operation::Min,
        "max" => Operation::Max,
        _ => return None,
    })
}

/// Writes answers as the server does.
struct Writer {
    digits: Digits,
}

impl Writer {
    fn number(&self, number: f64) -> Json {
        self.digits.json(number)
    }

    #[expect(clippy::cast_precision_loss, reason = "so many rows are in no tile")]
    fn count(&self, count: u64) -> Json {
        self.number(count as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "times are exact")]
    fn time(&self, time: i64) -> Json {
        self.number(time as f64)
    }

    fn answer(&self, answer: &Answer, operation: &str, is_counted_of_others: bool) -> Json {
        match answer {
            Answer::Formula(found) => self.formula(found, operation, is_counted_of_others),
            Answer::Category(found) => self.categories(found, operation),
            Answer::Histogram(found) => self.histogram(found),
            Answer::TimeSeries(found) => self.times(found),
        }
    }

    fn formula(&self, found: &Formula, operation: &str, is_counted_of_others: bool) -> Json {
        let count = |count: Option<u64>| count.map_or_else(Json::null, |count| self.count(count));
        let mut json = Json::object([
            ("operation", operation.into()),
            ("result", found.result.map_or_else(Json::null, |result| self.number(result))),
            ("nulls", count(found.nulls)),
        ]);
        // Where they cannot be, nobody is told how many there are.
        if !is_counted_of_others {
            json.set("nans", count(found.nans));
            json.set("infinities", count(found.infinities));
        }
        json.set("type", "formula".into());
        json
    }

    fn categories(&self, found: &Categories, operation: &str) -> Json {
        let category = |category: &vector::Category| {
            let name = match &category.name {
                Some(CategoryName::Text(text)) => text.as_str().into(),
                Some(CategoryName::Number(number)) => self.number(*number),
                Some(CategoryName::Bool(truth)) => (*truth).into(),
                Some(CategoryName::Null) => Json::null(),
                None => "Other".into(),
            };
            let value = self.number(category.value);
            Json::object([("category", name), ("value", value), ("agg", category.name.is_none().into())])
        };
        Json::object([
            ("aggregation", operation.into()),
            ("count", self.count(found.count)),
            ("nulls", self.count(found.nulls)),
            ("nans", self.count(found.nans)),
            ("infinities", self.count(found.infinities)),
            ("min", self.number(found.min)),
            ("max", self.number(found.max)),
            ("categoriesCount", self.count(found.categories_count)),
            ("categories", Json::List(found.categories.iter().map(category).collect())),
            ("type", "aggregation".into()),
        ])
    }

    fn histogram(&self, found: &Histogram) -> Json {
        let bin = |bin: &vector::Bin| {
            Json::object([
                ("bin", self.count(bin.bin.into())),
                ("min", self.number(bin.min)),
                ("max", self.number(bin.max)),
                ("avg", self.number(bin.avg)),
                ("freq", self.count(bin.freq)),
            ])
        };
        let mut json = Json::object([]);
        if let (Some(width), Some(count), Some(start)) = (found.bin_width, found.bins_count, found.bins_start) {
            json.set("bin_width", self.number(width));
            json.set("bins_count", self.count(count.into()));
            json.set("bins_start", self.number(start));
        }
        json.set("nulls", self.count(found.nulls));
        json.set("infinities", self.count(found.infinities));
        json.set("nans", self.count(found.nans));
        json.set("avg", self.number(found.avg));
        json.set("bins", Json::List(found.bins.iter().map(bin).collect()));
        json.set("type", "histogram".into());
        json
    }

    fn times(&self, found: &TimeSeries) -> Json {
        let bin = |bin: &vector::TimeBin| {
            let mut json = Json::object([("freq", self.count(bin.freq))]);
            let place = bin.place.map(|(place, begin)| (self.time(place), self.time(begin)));
            let (place, begin) = place.unwrap_or_else(|| (Json::null(), Json::null()));
            json.set("bin", place);
            for name in ["min", "max", "avg", "timestamp"] {
                json.set(name, begin.clone());
            }
            json
        };
        let mut json = Json::object([("aggregation", found.unit.name().into()), ("offset", self.time(found.offset))]);
        if let Some(start) = found.timestamp_start {
            json.set("timestamp_start", self.time(start));
            json.set("nulls", self.count(0));
        }
        json.set("bin_width", self.time(found.bin_width));
        json.set("bins_count", self.time(found.bins_count));
        if let Some(start) = found.bins_start {
            json.set("bins_start", self.time(start));
        }
        json.set("bins", Json::List(found.bins.iter().map(bin).collect()));
        json.set("type", "histogram".into());
        json
    }
}
