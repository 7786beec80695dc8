//! What the arguments of a ramp mean. There are many ways to write one, old and new.

use super::arguments::Node;
use super::schemes::Scheme;
use super::{Classes, MOST_CLASSES, Method, Question, RampBucket, RampFilter};
use crate::field::FieldValue;
use crate::message::{Message, message};
use crate::{letters, number};

/// Classes of methods and ranges that do not say how many.
const USUAL_CLASSES: f64 = 5.0;

/// Values that a property may take.
#[derive(Clone, Debug)]
enum Values {
    List(Vec<FieldValue>),
    Range { from: f64, to: f64, usual: usize },
    Scheme { scheme: Scheme, usual: usize },
}

impl Values {
    /// The values for a number of classes; 0 stands for the usual number.
    fn get(&self, classes: usize) -> Vec<FieldValue> {
        match self {
            Self::List(list) => {
                let mut values = list.clone();
                if classes > 0 {
                    values.truncate(classes);
                }
                values
            }
            Self::Range { from, to, usual } => {
                let count = if classes == 0 { *usual } else { classes };
                let step = (to - from) / (count as f64 - 1.0);
                let step = if step.is_finite() { step } else { 0.0 };
                (0..count).map(|index| FieldValue::Number(from + index as f64 * step)).collect()
            }
            Self::Scheme { scheme, usual } => {
                let colors = scheme.colors(classes).or_else(|| scheme.colors(*usual)).unwrap_or_default();
                colors.iter().map(|color| FieldValue::from(*color)).collect()
            }
        }
    }

    /// The greatest number of classes that there are values for.
    fn most(&self) -> usize {
        match self {
            Self::List(list) => list.len(),
            Self::Range { .. } => usize::MAX,
            Self::Scheme { scheme, .. } => scheme.most(),
        }
    }
}

/// How columns are compared with classes, and classes put together with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mapping {
    Equal,
    Above(&'static str),
    Below(&'static str),
    /// One value for each class, as old ways of writing have it.
    Paired(Pairing),
}

/// What becomes of pairs of classes and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pairing {
    /// The column is above the end of the class before.
    Max,
    /// The same, without the first class.
    Split,
    /// The column is equal; the first class is that of all others.
    Exact,
    /// The same, where the style itself says the classes: the first one is named, too.
    Named,
}

impl Mapping {
    /// The mapping of a sign or of a method's name. What the original does not know is the usual pairing.
    fn from_word(word: &str) -> Self {
        match word {
            "=" | "==" => Self::Equal,
            ">" => Self::Above(">"),
            ">=" => Self::Above(">="),
            "<" => Self::Below("<"),
            "<=" => Self::Below("<="),
            "headtails" | "split" => Self::Paired(Pairing::Split),
            "category" | "exact" => Self::Paired(Pairing::Exact),
            _ => Self::Paired(Pairing::Max),
        }
    }

    /// The mapping of an argument, if it says one.
    fn from_argument(argument: Option<&Argument>) -> Option<Self> {
        match argument {
            Some(Argument::Text(text)) if !text.is_empty() => Some(Self::from_word(text)),
            Some(Argument::Number(number)) if *number != 0.0 => Some(Self::Paired(Pairing::Max)),
            _ => None,
        }
    }

    /// That of a method whose classes are made for the ramp.
    fn of_method(method: Method) -> Self {
        match method {
            Method::HeadTails => Self::Below("<"),
            Method::Category => Self::Equal,
            _ => Self::Above(">"),
        }
    }
}

impl Pairing {
    /// That of a method whose classes come from elsewhere.
    fn of_method(method: Method) -> Self {
        match method {
            Method::HeadTails => Self::Split,
            Method::Category => Self::Exact,
            _ => Self::Max,
        }
    }
}

/// How many values there are for the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Supply {
    /// As many as are needed, as far as there are.
    Needed,
    /// The usual number.
    Usual,
}

/// A ramp as it is meant.
#[derive(Clone, Debug)]
pub(super) struct Ramp {
    pub(super) column: String,
    pub(super) question: Option<Question>,
    values: Values,
    /// The classes, if the style says them.
    ends: Option<Vec<FieldValue>>,
    mapping: Mapping,
    supply: Supply,
}

/// What a ramp comes to.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) mapping: &'static str,
    /// The value where no rule applies; without it, the property is not said there.
    pub(super) default: Option<FieldValue>,
    /// Rules in their order: what the column is compared with, and the value.
    pub(super) rules: Vec<(FieldValue, FieldValue)>,
    pub(super) buckets: Vec<RampBucket>,
    pub(super) average: Option<f64>,
}

/// An argument whose calls were made.
enum Argument {
    Number(f64),
    Text(String),
    Values(Values),
    /// Classes of the ramp's own column, `quantiles(5)`.
    Classes(Method, f64),
    /// Classes of any column, `buckets(column, quantiles, 5)`.
    Buckets(Question),
}

fn column_name(text: &str) -> String {
    without(&without(text, '['), ']')
}

/// A text without the first one of a sign.
fn without(text: &str, sign: char) -> String {
    let (before, behind) = text.split_once(sign).unwrap_or((text, ""));
    [before, behind].concat()
}

fn question(column: &str, method: Method, classes: f64) -> Result<Question, Message> {
    let classes = classes.round();
    if !(0.0..=f64::from(MOST_CLASSES)).contains(&classes) {
        return Err(message!("unable to compute ramp, number of classes must be between 0 and {MOST_CLASSES}"));
    }
    Ok(Question { column: column.to_owned(), method, classes: classes as u32 })
}

fn method_of(name: &str) -> Result<Method, Message> {
    Method::from_name(name).ok_or_else(|| {
        message!("unable to compute ramp, Invalid method \"{name}\", valid methods: [quantiles,equal,jenks,headtails,category]")
    })
}

/// A call that is no function of ramps, such as that of a colour, as text.
fn as_text(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Number(number) => number::text(*number),
        Node::Call(name, arguments) => {
            let mut text = [name, "("].concat();
            for (index, argument) in arguments.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&as_text(argument));
            }
            text.push(')');
            text
        }
    }
}

fn value(node: &Node) -> FieldValue {
    match node {
        Node::Number(number) => FieldValue::Number(*number),
        other => FieldValue::Text(as_text(other)),
    }
}

fn argument(node: &Node) -> Result<Argument, Message> {
    let (name, arguments) = match node {
        Node::Number(number) => return Ok(Argument::Number(*number)),
        Node::Text(text) => return Ok(Argument::Text(text.clone())),
        Node::Call(name, arguments) => (name.as_str(), arguments.as_slice()),
    };
    let number = |index: usize| match arguments.get(index) {
        Some(Node::Number(number)) => Some(*number),
        _ => None,
    };
    let text = |index: usize| arguments.get(index).map(as_text).unwrap_or_default();
    Ok(match name {
        "" => Argument::Values(Values::List(arguments.iter().map(value).collect())),
        "range" => {
            let (Some(from), Some(to)) = (number(0), number(1)) else {
                return Err("range() needs two numbers".into());
            };
            Argument::Values(Values::Range { from, to, usual: usual_of_range(classes_of_range(number(2))?) })
        }
        "cartocolor" | "colorbrewer" => {
            let mut scheme =
                Scheme::find(name, &text(0)).ok_or_else(|| message!("Invalid {name} scheme: \"{}\"", text(0)))?;
            // Numbers of classes that it does not have have the colours of this one.
            scheme.name.push_str(&text(1));
            let usual = scheme.clamped(number(1).filter(|number| *number != 0.0).unwrap_or(USUAL_CLASSES));
            Argument::Values(Values::Scheme { scheme, usual })
        }
        "buckets" => {
            let method = method_of(&text(1))?;
            Argument::Buckets(question(&column_name(&text(0)), method, number(2).unwrap_or(USUAL_CLASSES))?)
        }
        _ => match Method::from_name(name) {
            Some(method) => Argument::Classes(method, number(0).unwrap_or(USUAL_CLASSES)),
            None => Argument::Text(as_text(node)),
        },
    })
}

fn classes_of_range(classes: Option<f64>) -> Result<usize, Message> {
    let classes = classes.unwrap_or(USUAL_CLASSES);
    match (0.0..=f64::from(MOST_CLASSES)).contains(&classes) {
        true => Ok(classes as usize),
        false => Err(message!("number of classes must be between 0 and {MOST_CLASSES}")),
    }
}

/// Of a range without classes its two ends are the values.
fn usual_of_range(classes: usize) -> usize {
    if classes == 0 { 2 } else { classes }
}

/// Reads the arguments of a ramp.
pub(super) fn read(nodes: &[Node]) -> Result<Ramp, Message> {
    let too_few = || Err("invalid number of arguments".into());
    let Some((column, rest)) = nodes.split_first() else { return too_few() };
    let column = column_name(&as_text(column));
    let mut arguments = Vec::new();
    for node in rest {
        arguments.push(argument(node)?);
    }
    let mut arguments = arguments.into_iter();
    let Some(first) = arguments.next() else { return too_few() };
    let (second, third, fourth) = (arguments.next(), arguments.next(), arguments.next());
    match first {
        Argument::Number(from) => old_range(column, from, second, third, fourth),
        Argument::Values(values) => match second {
            Some(Argument::Classes(method, classes)) => {
                let mapping = Mapping::from_argument(third.as_ref()).unwrap_or(Mapping::of_method(method));
                let question = Some(question(&column, method, classes)?);
                Ok(Ramp { column, question, values, ends: None, mapping, supply: Supply::Needed })
            }
            Some(Argument::Buckets(question)) => {
                let mapping = Mapping::Paired(Pairing::of_method(question.method));
                Ok(Ramp { column, question: Some(question), values, ends: None, mapping, supply: Supply::Needed })
            }
            Some(Argument::Values(ends)) => {
                let mapping = Mapping::from_argument(third.as_ref()).unwrap_or(Mapping::Above(">"));
                let mapping = match mapping {
                    Mapping::Paired(Pairing::Exact) => Mapping::Paired(Pairing::Named),
                    other => other,
                };
                let ends = Some(ends.get(0));
                Ok(Ramp { column, question: None, values, ends, mapping, supply: Supply::Needed })
            }
            other => {
                let classes = values.get(0).len() as f64;
                old(column, values, classes, other)
            }
        },
        Argument::Text(_) | Argument::Classes(..) | Argument::Buckets(_) => {
            Err("the second argument must be values, such as (red, green), range(1, 5) or cartocolor(Bold)".into())
        }
    }
}

/// `ramp([column], values, method)`
fn old(column: String, values: Values, classes: f64, method: Option<Argument>) -> Result<Ramp, Message> {
    let name = match method {
        None => "quantiles".to_owned(),
        Some(Argument::Text(name)) if name.is_empty() => "quantiles".to_owned(),
        Some(Argument::Text(name)) => letters::small(&name),
        Some(_) => return Err("unable to compute ramp, the method must be a word".into()),
    };
    let method = method_of(&name)?;
    let mapping = Mapping::Paired(Pairing::of_method(method));
    let question = Some(question(&column, method, classes)?);
    Ok(Ramp { column, question, values, ends: None, mapping, supply: Supply::Usual })
}

/// `ramp([column], from, to, classes, method)` and its shorter forms.
fn old_range(
    column: String,
    from: f64,
    to: Option<Argument>,
    third: Option<Argument>,
    fourth: Option<Argument>,
) -> Result<Ramp, Message> {
    let to = match to {
        Some(Argument::Number(to)) => to,
        None => return Err("invalid number of arguments".into()),
        Some(_) => return Err("the third argument must be a number, as the second is".into()),
    };
    let (classes, behind) = match third {
        Some(Argument::Number(classes)) => (Some(classes), fourth),
        third => (None, third),
    };
    if let Some(Argument::Values(ends)) = behind {
        let ends = ends.get(0);
        let count = classes_of_range(classes.or(Some(ends.len() as f64)))?;
        if ends.len() != count {
            return Err(message!("invalid ramp length, got {} values, expected {count}", ends.len()));
        }
        let mapping = Mapping::Paired(Pairing::Max);
        let values = Values::Range { from, to, usual: usual_of_range(count) };
        return Ok(Ramp { column, question: None, values, ends: Some(ends), mapping, supply: Supply::Usual });
    }
    let count = classes_of_range(classes)?;
    let usual = usual_of_range(count);
    old(column, Values::Range { from, to, usual }, count as f64, behind)
}

/// Numbers that JavaScript takes for finite ones.
fn number(value: &FieldValue) -> Option<f64> {
    match value {
        FieldValue::Integer(_) | FieldValue::Number(_) => value.as_number().filter(|number| number.is_finite()),
        _ => None,
    }
}

impl Ramp {
    /// Whether rules tell all classes.
    pub(super) fn tells_all(&self) -> bool {
        let Some(question) = &self.question else { return false };
        let is_enough = match (&self.values, self.supply) {
            // In old forms it says how many classes there are.
            (Values::Scheme { .. }, supply) => supply == Supply::Needed,
            (values, Supply::Needed) => values.most() >= question.classes as usize,
            (values, Supply::Usual) => values.get(0).len() >= question.classes as usize,
        };
        is_enough
            && match self.mapping {
                Mapping::Paired(pairing) => pairing == Pairing::Max,
                // The last one of means is not the greatest value.
                Mapping::Below(_) => question.method != Method::HeadTails,
                Mapping::Equal | Mapping::Above(_) => true,
            }
    }

    /// The family and name of the scheme that gives the values.
    pub(super) fn scheme(&self) -> Option<&str> {
        match &self.values {
            Values::Scheme { scheme, .. } => Some(&scheme.name),
            _ => None,
        }
    }

    /// Says the values in place of a scheme.
    pub(super) fn set_values(&mut self, values: Vec<FieldValue>) {
        self.values = Values::List(values);
    }

    /// What the ramp comes to with an answer to its question.
    pub(super) fn outcome(&self, answer: Classes) -> Result<Outcome, Message> {
        #[cfg(not(feature = "standalone"))]
        if self.scheme().is_some() {
            return Err(Message);
        }
        let answer = match &self.ends {
            Some(ends) => Classes { ends: ends.clone(), ..Classes::default() },
            None => answer,
        };
        // What is no number can only be equal.
        let has_words = answer.ends.iter().any(|end| number(end).is_none());
        match self.mapping {
            Mapping::Paired(pairing) => self.paired(if has_words { None } else { Some(pairing) }, answer),
            _ if has_words => equal(&self.values, answer),
            Mapping::Equal => equal(&self.values, answer),
            Mapping::Above(sign) => Ok(above(&self.values, answer, sign)),
            Mapping::Below(sign) => Ok(below(&self.values, answer, sign)),
        }
    }

    /// What pairs of classes and values come to; no pairing where classes are words.
    fn paired(&self, pairing: Option<Pairing>, mut answer: Classes) -> Result<Outcome, Message> {
        if pairing.is_none() && self.supply == Supply::Needed {
            return equal(&self.values, answer);
        }
        let most = match self.supply {
            Supply::Needed => self.values.most(),
            Supply::Usual => self.values.get(0).len(),
        };
        let classes = most.min(answer.ends.len());
        let values = match self.supply {
            Supply::Needed => self.values.get(classes),
            Supply::Usual => self.values.get(0),
        };
        answer.ends.truncate(classes);
        // Without any class the first value is that of all.
        let mut values = values;
        values.truncate(classes.max(1));
        if pairing == Some(Pairing::Named) {
            values.extend(values.first().cloned());
            return equal(&Values::List(values), answer);
        }
        if pairing != Some(Pairing::Max) && !answer.ends.is_empty() {
            answer.ends.remove(0);
        }
        if matches!(pairing, None | Some(Pairing::Exact)) {
            let count = values.len().min(1);
            values.rotate_left(count);
            return equal(&Values::List(values), answer);
        }
        Ok(above(&Values::List(values), answer, ">"))
    }
}

/// The last value is that of all that is in no class.
fn equal(values: &Values, answer: Classes) -> Result<Outcome, Message> {
    let ends = answer.ends;
    if ends.len() > values.most() {
        return Err("`=` requires more or same values than filters to work.".into());
    }
    let values = values.get(ends.len() + 1);
    let default = values.last().filter(|_| values.len() != ends.len()).cloned();
    let (mut rules, mut buckets) = (Vec::new(), Vec::new());
    for (end, value) in ends.into_iter().zip(values) {
        buckets.push(RampBucket { filter: RampFilter::Category(end.clone()), value: value.clone() });
        rules.push((end, value));
    }
    if let Some(value) = default.clone() {
        buckets.push(RampBucket { filter: RampFilter::Default, value });
    }
    Ok(Outcome { mapping: "=", default, rules, buckets, average: None })
}

/// The first value is that of all that is not above an end. The end of the last class is the greatest value.
fn above(values: &Values, mut answer: Classes, mapping: &'static str) -> Outcome {
    let count = values.most().min(answer.ends.len());
    let values = values.get(if count <= 1 { count + 1 } else { count });
    // Without any value that fits there are as many classes as answers.
    if count > 0 {
        answer.ends.truncate(count);
    }
    let inner = answer.ends.len().saturating_sub(1);
    let mut rules = Vec::new();
    for (end, value) in answer.ends.iter().take(inner).zip(values.iter().skip(1)) {
        rules.push((end.clone(), value.clone()));
    }
    let default = Some(values.first().cloned().unwrap_or_default());
    Outcome { mapping, default, rules, buckets: ranges(&answer, values), average: answer.average }
}

/// The last value is that of all that is not below an end; the rules come in falling order.
fn below(values: &Values, answer: Classes, mapping: &'static str) -> Outcome {
    let values = values.get(answer.ends.len());
    let inner = answer.ends.len().saturating_sub(1);
    let mut rules = Vec::new();
    for (end, value) in answer.ends.iter().rev().take(inner).zip(values.iter().rev().skip(1)) {
        rules.push((end.clone(), value.clone()));
    }
    let default = Some(values.last().cloned().unwrap_or_default());
    Outcome { mapping, default, rules, buckets: ranges(&answer, values), average: answer.average }
}

/// The classes as ranges from end to end.
fn ranges(answer: &Classes, values: Vec<FieldValue>) -> Vec<RampBucket> {
    let inner = answer.ends.len().saturating_sub(1);
    let mut start = answer.min.filter(|min| min.is_finite());
    let mut buckets = Vec::new();
    for (index, value) in values.into_iter().enumerate().take(inner + 1) {
        let end = if index < inner { answer.ends.get(index).and_then(number) } else { answer.max };
        buckets.push(RampBucket { filter: RampFilter::Range { start, end }, value });
        start = end;
    }
    buckets
}
