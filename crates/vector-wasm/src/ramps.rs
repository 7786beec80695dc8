//! Ramps over classes that the server has told already, so that other colours or sizes over them need no request.

use crate::digits::Digits;
use crate::json::Json;
use crate::newest;
use cartocss::FieldValue;
use cartocss::ramp::{Classes, Method, Question, RampBucket, RampFilter, RampRule, Ramps};

/// Columns, methods and numbers of classes that are remembered.
const MOST_CLASSES: usize = 64;
/// Colour schemes that are remembered, each for a number of classes.
const MOST_SCHEMES: usize = 256;

/// What the server found of one question over a source.
#[derive(Debug)]
struct Found {
    /// The query, and when its data changed.
    of: String,
    question: Question,
    /// Whether the classes are values and not ranges.
    is_equal: bool,
    classes: Classes,
}

/// A colour scheme, and its colours for a number of classes.
#[derive(Debug)]
struct Scheme {
    name: String,
    /// Whether the classes are values. Then the last colour is that of all others.
    is_equal: bool,
    colors: Vec<FieldValue>,
}

/// What the server found of all questions, and which colours it knows.
#[derive(Debug, Default)]
pub struct KnownRamps {
    found: Vec<Found>,
    schemes: Vec<Scheme>,
}

impl KnownRamps {
    /// Remembers what the server has made the rules of a style of.
    pub fn learn(&mut self, of: &str, css: &str, drawn: &str, about: &Json, digits: Digits) {
        let Ok(mut ramps) = Ramps::find(css) else { return };
        let (mut answers, mut told) = (Vec::new(), Vec::new());
        for (index, rule) in about.get("rules").map(Json::items).unwrap_or_default().iter().enumerate() {
            let (classes, values) = read_rule(rule, digits);
            let is_whole = ramps.tells_all(index);
            let name = ramps.schemes().nth(index).flatten().map(str::to_owned);
            if name.is_some() {
                ramps.set_values(index, values.clone());
            }
            answers.push(Some(classes));
            told.push((is_whole, name, values));
        }
        // Rules of another compiler may mean something else.
        let Some(made) = ramps.compile(&answers).ok().filter(|made| made.cartocss == drawn) else { return };
        let found = answers.into_iter().flatten().zip(told).zip(&made.rules);
        for (question, ((classes, (is_whole, name, colors)), rule)) in ramps.questions().zip(found) {
            // Without classes one is told all the same.
            let Some(question) = question.filter(|question| is_whole && question.classes > 0) else { continue };
            let is_equal = rule.mapping == "=";
            let is_open = !is_equal && classes.ends.len() != colors.len();
            if is_open || name.is_some() && !is_of_enough(&classes, &colors, is_equal, question.classes) {
                continue;
            }
            self.found.retain(|found| found.of != of || found.question != *question);
            let found = Found { of: of.to_owned(), question: question.clone(), is_equal, classes };
            newest::push(&mut self.found, MOST_CLASSES, found);
            // Of one class there are two colours, one of which is not told, and below others a colour is left out.
            let Some(name) = name.filter(|_| colors.len() > 1 && !is_below(rule)) else { continue };
            if self.colors(&name, is_equal, colors.len()).is_none() && self.schemes.len() < MOST_SCHEMES {
                self.schemes.push(Scheme { name, is_equal, colors });
            }
        }
    }

    fn colors(&self, name: &str, is_equal: bool, count: usize) -> Option<&Vec<FieldValue>> {
        let found = self
            .schemes
            .iter()
            .find(|scheme| scheme.name == name && scheme.is_equal == is_equal && scheme.colors.len() == count)?;
        Some(&found.colors)
    }

    /// What the server would make of a style with ramps, and what it would tell of it; nothing when it must be asked.
    pub fn compile(&self, of: &str, css: &str, digits: Digits) -> Option<(String, Json)> {
        let mut ramps = Ramps::find(css).ok()?;
        let (mut answers, mut kinds, mut colors) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (question, scheme)) in ramps.questions().zip(ramps.schemes()).enumerate() {
            let (mut answer, mut kind, mut named) = (None, None, None);
            if let Some(question) = question {
                let found = self.found.iter().find(|found| found.of == of && found.question == *question)?;
                // The mean that is the last end is not told.
                let is_above = scheme.is_some() || question.method == Method::HeadTails;
                (answer, kind) = (Some(found.classes.clone()), Some((found.is_equal, is_above)));
                if let Some(scheme) = scheme {
                    let count = found.classes.ends.len() + usize::from(found.is_equal);
                    named =
                        Some(self.colors(scheme, found.is_equal, count).filter(|_| ramps.tells_all(index))?.clone());
                }
            }
            answers.push(answer);
            kinds.push(kind);
            colors.push(named);
        }
        for (index, colors) in colors.into_iter().enumerate() {
            if let Some(colors) = colors {
                ramps.set_values(index, colors);
            }
        }
        let made = ramps.compile(&answers).ok()?;
        let mut rules = Vec::new();
        for (rule, kind) in made.rules.iter().zip(kinds) {
            // Of ranges it is not known where the last one ends.
            if kind.is_some_and(|(is_equal, is_above)| is_equal != (rule.mapping == "=") || is_above && is_below(rule))
            {
                return None;
            }
            rules.push(write_rule(rule, digits));
        }
        Some((made.cartocss, Json::object([("rules", Json::List(rules))])))
    }
}

/// Whether a scheme has a colour for each class. Else some are left out, and of values the last colour is there twice.
fn is_of_enough(classes: &Classes, colors: &[FieldValue], is_equal: bool, asked: u32) -> bool {
    match colors {
        [.., last, other] if is_equal => last != other,
        _ => classes.ends.len() == asked as usize,
    }
}

/// Whether what is below the end of a class is in it.
fn is_below(rule: &RampRule) -> bool {
    rule.mapping.starts_with('<')
}

fn read_number(json: &Json, digits: Digits) -> Option<f64> {
    match json {
        Json::Plain(plain) => digits.number(plain),
        _ => None,
    }
}

fn read_value(json: &Json, digits: Digits) -> Option<FieldValue> {
    match json {
        Json::Text(text) => Some(FieldValue::Text(text.clone())),
        Json::Plain(plain) if plain == "true" || plain == "false" => Some(FieldValue::Bool(plain == "true")),
        json => read_number(json, digits).map(FieldValue::Number),
    }
}

/// The classes that a rule tells, and the values for them.
fn read_rule(rule: &Json, digits: Digits) -> (Classes, Vec<FieldValue>) {
    let (mut classes, mut values) = (Classes::default(), Vec::new());
    classes.average = rule.at(&["stats", "filter_avg"]).and_then(|number| read_number(number, digits));
    for (index, bucket) in rule.get("buckets").map(Json::items).unwrap_or_default().iter().enumerate() {
        let number = |name: &str| bucket.at(&["filter", name]).and_then(|number| read_number(number, digits));
        if index == 0 {
            classes.min = number("start");
        }
        classes.max = number("end");
        classes.ends.extend(classes.max.map(FieldValue::Number));
        classes.ends.extend(bucket.at(&["filter", "name"]).and_then(|name| read_value(name, digits)));
        values.extend(bucket.get("value").and_then(|value| read_value(value, digits)));
    }
    (classes, values)
}

fn write_value(value: &FieldValue, digits: Digits) -> Json {
    match value {
        FieldValue::Text(text) => text.as_str().into(),
        FieldValue::Number(number) => digits.json(*number),
        FieldValue::Bool(truth) => (*truth).into(),
        _ => Json::null(),
    }
}

fn write_bucket(bucket: &RampBucket, digits: Digits) -> Json {
    let number = |number: f64| digits.json(number);
    let filter = match &bucket.filter {
        RampFilter::Range { start, end } => {
            let mut filter = Json::object([("type", "range".into()), ("start", start.map_or_else(Json::null, number))]);
            if let Some(end) = end {
                filter.set("end", number(*end));
            }
            filter
        }
        RampFilter::Category(name) => Json::object([("name", write_value(name, digits)), ("type", "category".into())]),
        RampFilter::Default => Json::object([("type", "default".into())]),
    };
    Json::object([("filter", filter), ("value", write_value(&bucket.value, digits))])
}

fn write_rule(rule: &RampRule, digits: Digits) -> Json {
    let mut stats = Json::object([]);
    if let Some(average) = rule.average {
        stats.set("filter_avg", digits.json(average));
    }
    let mut buckets = Vec::new();
    for bucket in &rule.buckets {
        buckets.push(write_bucket(bucket, digits));
    }
    Json::object([
        ("selector", rule.selector.as_str().into()),
        ("prop", rule.property.as_str().into()),
        ("column", rule.column.as_str().into()),
        ("mapping", rule.mapping.into()),
        ("buckets", Json::List(buckets)),
        ("stats", stats),
    ])
}

#[cfg(test)]
#[path = "ramps_tests.rs"]
mod tests;
