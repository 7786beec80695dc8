//! What the arguments of a ramp mean. There are many ways to write one, old and new.

use super::arguments::Node;
use super::schemes::Scheme;
use super::{Classes, MOST_CLASSES, Method, Question, RampBucket, RampFilter};
use crate::field::FieldValue;

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
            Self::List(list) if classes == 0 => list.clone(),
            Self::List(list) => list.iter().take(classes).cloned().collect(),
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

/// How columns are compared with classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mapping {
    Equal,
    Above(&'static str),
    Below(&'static str),
}

impl Mapping {
    /// The mapping of a sign, if it is one.
    fn from_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" | "==" => Self::Equal,
            ">" => Self::Above(">"),
            ">=" => Self::Above(">="),
            "<" => Self::Below("<"),
            "<=" => Self::Below("<="),
            _ => return None,
        })
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Above(sign) | Self::Below(sign) => sign,
        }
    }

    fn of_method(method: Method) -> Self {
        match method {
            Method::HeadTails => Self::Below("<"),
            Method::Category => Self::Equal,
            _ => Self::Above(">"),
        }
    }
}

/// How classes and values are put together.
#[derive(Clone, Debug)]
enum Form {
    /// As the newer ways of writing have it; nothing is a mapping that the original does not know.
    New(Option<Mapping>),
    /// One value for each class, and the first class is dropped where the method says so.
    Old { is_split: bool, is_category: bool },
}

/// A ramp as it is meant.
#[derive(Clone, Debug)]
pub(super) struct Ramp {
    pub(super) column: String,
    pub(super) question: Option<Question>,
    values: Values,
    /// The classes, if the style says them.
    ends: Option<Vec<FieldValue>>,
    form: Form,
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
    text.replacen('[', "", 1).replacen(']', "", 1)
}

fn question(column: &str, method: Method, classes: f64) -> Result<Question, String> {
    let classes = classes.round();
    if !(0.0..=f64::from(MOST_CLASSES)).contains(&classes) {
        return Err(format!("unable to compute ramp, number of classes must be between 0 and {MOST_CLASSES}"));
    }
    Ok(Question { column: column.to_owned(), method, classes: classes as u32 })
}

fn method_of(name: &str) -> Result<Method, String> {
    Method::from_name(name).ok_or_else(|| {
        format!("unable to compute ramp, Invalid method \"{name}\", valid methods: [quantiles,equal,jenks,headtails,category]")
    })
}

/// A call that is no function of ramps, such as that of a colour, as text.
fn as_text(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Number(number) => number.to_string(),
        Node::Call(name, arguments) => {
            format!("{name}({})", arguments.iter().map(as_text).collect::<Vec<_>>().join(","))
        }
    }
}

fn value(node: &Node) -> FieldValue {
    match node {
        Node::Number(number) => FieldValue::Number(*number),
        other => FieldValue::Text(as_text(other)),
    }
}

fn argument(node: &Node) -> Result<Argument, String> {
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
                return Err("range() needs two numbers".to_owned());
            };
            Argument::Values(Values::Range { from, to, usual: classes_of_range(number(2))? })
        }
        "cartocolor" | "colorbrewer" => {
            let scheme =
                Scheme::find(name, &text(0)).ok_or_else(|| format!("Invalid {name} scheme: \"{}\"", text(0)))?;
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

fn classes_of_range(classes: Option<f64>) -> Result<usize, String> {
    let classes = classes.unwrap_or(USUAL_CLASSES);
    match (0.0..=f64::from(MOST_CLASSES)).contains(&classes) {
        true => Ok(classes as usize),
        false => Err(format!("number of classes must be between 0 and {MOST_CLASSES}")),
    }
}

/// Reads the arguments of a ramp.
pub(super) fn read(nodes: &[Node]) -> Result<Ramp, String> {
    let too_few = || Err("invalid number of arguments".to_owned());
    let Some((column, rest)) = nodes.split_first() else { return too_few() };
    let column = column_name(&as_text(column));
    let mut arguments = rest.iter().map(argument).collect::<Result<Vec<_>, _>>()?.into_iter();
    let Some(first) = arguments.next() else { return too_few() };
    let (second, third, fourth) = (arguments.next(), arguments.next(), arguments.next());
    match first {
        Argument::Number(from) => old_range(column, from, second, third, fourth),
        Argument::Values(values) => match second {
            Some(Argument::Classes(method, classes)) => {
                let mapping = match third.as_ref().and_then(sign) {
                    Some(sign) => Mapping::from_sign(&sign),
                    None => Some(Mapping::of_method(method)),
                };
                let question = question(&column, method, classes)?;
                Ok(Ramp { column, question: Some(question), values, ends: None, form: Form::New(mapping) })
            }
            Some(Argument::Buckets(question)) => {
                Ok(Ramp { column, question: Some(question), values, ends: None, form: Form::New(None) })
            }
            Some(Argument::Values(ends)) => {
                let mapping = third.as_ref().and_then(sign);
                let mapping = mapping.map_or(Some(Mapping::Above(">")), |sign| Mapping::from_sign(&sign));
                Ok(Ramp { column, question: None, values, ends: Some(ends.get(0)), form: Form::New(mapping) })
            }
            other => {
                let classes = values.get(0).len() as f64;
                old(column, values, classes, other)
            }
        },
        Argument::Text(_) | Argument::Classes(..) | Argument::Buckets(_) => {
            Err("the second argument must be values, such as (red, green), range(1, 5) or cartocolor(Bold)".to_owned())
        }
    }
}

/// The text of an argument, if it is one that says something.
fn sign(argument: &Argument) -> Option<String> {
    match argument {
        Argument::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// `ramp([column], values, method)`
fn old(column: String, values: Values, classes: f64, method: Option<Argument>) -> Result<Ramp, String> {
    let name = match method {
        None => "quantiles".to_owned(),
        Some(Argument::Text(name)) if name.is_empty() => "quantiles".to_owned(),
        Some(Argument::Text(name)) => name.to_lowercase(),
        Some(_) => return Err("unable to compute ramp, the method must be a word".to_owned()),
    };
    let method = method_of(&name)?;
    let form = Form::Old { is_split: method == Method::HeadTails, is_category: method == Method::Category };
    let question = question(&column, method, classes)?;
    Ok(Ramp { column, question: Some(question), values, ends: None, form })
}

/// `ramp([column], from, to, classes, method)` and its shorter forms.
fn old_range(
    column: String,
    from: f64,
    to: Option<Argument>,
    third: Option<Argument>,
    fourth: Option<Argument>,
) -> Result<Ramp, String> {
    let to = match to {
        Some(Argument::Number(to)) => to,
        None => return Err("invalid number of arguments".to_owned()),
        Some(_) => return Err("the third argument must be a number, as the second is".to_owned()),
    };
    let (classes, behind) = match third {
        Some(Argument::Number(classes)) => (Some(classes), fourth),
        third => (None, third),
    };
    if let Some(Argument::Values(ends)) = behind {
        let ends = ends.get(0);
        let count = classes_of_range(classes.or(Some(ends.len() as f64)))?;
        if ends.len() != count {
            return Err(format!("invalid ramp length, got {} values, expected {count}", ends.len()));
        }
        let form = Form::Old { is_split: false, is_category: false };
        let values = Values::Range { from, to, usual: count };
        return Ok(Ramp { column, question: None, values, ends: Some(ends), form });
    }
    let usual = classes_of_range(classes)?;
    old(column, Values::Range { from, to, usual }, usual as f64, behind)
}

/// Numbers that JavaScript takes for finite ones.
fn number(value: &FieldValue) -> Option<f64> {
    match value {
        FieldValue::Integer(_) | FieldValue::Number(_) => value.as_number().filter(|number| number.is_finite()),
        _ => None,
    }
}

impl Ramp {
    /// What the ramp comes to with an answer to its question.
    pub(super) fn outcome(&self, answer: Classes) -> Result<Outcome, String> {
        let answer = match &self.ends {
            Some(ends) => Classes { ends: ends.clone(), ..Classes::default() },
            None => answer,
        };
        // What is no number can only be equal.
        let has_words = answer.ends.iter().any(|end| number(end).is_none());
        match self.form {
            Form::New(mapping) => match if has_words { Some(Mapping::Equal) } else { mapping } {
                Some(Mapping::Equal) => equal(&self.values, answer),
                Some(mapping @ Mapping::Above(_)) => Ok(above(&self.values, answer, mapping)),
                Some(mapping @ Mapping::Below(_)) => Ok(below(&self.values, answer, mapping)),
                None => {
                    let classes = self.values.most().min(answer.ends.len());
                    let values = Values::List(self.values.get(classes));
                    Ok(above(&values, shortened(answer, classes), Mapping::Above(">")))
                }
            },
            Form::Old { is_split, is_category } => {
                let values = self.values.get(0);
                let classes = values.len().min(answer.ends.len());
                let mut answer = shortened(answer, classes);
                // Without any class the first value is that of all.
                let mut values: Vec<FieldValue> = values.into_iter().take(classes.max(1)).collect();
                let is_category = is_category || has_words;
                if (is_split || is_category) && !answer.ends.is_empty() {
                    answer.ends.remove(0);
                }
                if is_category {
                    let count = values.len().min(1);
                    values.rotate_left(count);
                    return equal(&Values::List(values), answer);
                }
                Ok(above(&Values::List(values), answer, Mapping::Above(">")))
            }
        }
    }
}

fn shortened(answer: Classes, classes: usize) -> Classes {
    Classes { ends: answer.ends.into_iter().take(classes).collect(), ..answer }
}

/// The last value is that of all that is in no class.
fn equal(values: &Values, answer: Classes) -> Result<Outcome, String> {
    let ends = answer.ends;
    if ends.len() > values.most() {
        return Err("`=` requires more or same values than filters to work.".to_owned());
    }
    let values = values.get(ends.len() + 1);
    let default = values.last().filter(|_| values.len() != ends.len()).cloned();
    let rules: Vec<_> = ends.into_iter().zip(values).collect();
    let bucket = |(end, value): &(FieldValue, FieldValue)| RampBucket {
        filter: RampFilter::Category(end.clone()),
        value: value.clone(),
    };
    let mut buckets: Vec<RampBucket> = rules.iter().map(bucket).collect();
    buckets.extend(default.clone().map(|value| RampBucket { filter: RampFilter::Default, value }));
    Ok(Outcome { mapping: "=", default, rules, buckets, average: None })
}

/// The first value is that of all that is not above an end. The end of the last class is the greatest value.
fn above(values: &Values, answer: Classes, mapping: Mapping) -> Outcome {
    let count = values.most().min(answer.ends.len());
    let values = values.get(if count <= 1 { count + 1 } else { count });
    // Without any value that fits there are as many classes as answers.
    let answer = if count > 0 { shortened(answer, count) } else { answer };
    let inner = answer.ends.len().saturating_sub(1);
    let rules = answer.ends.iter().take(inner).cloned().zip(values.iter().skip(1).cloned()).collect();
    Outcome {
        mapping: mapping.sign(),
        default: Some(values.first().cloned().unwrap_or_default()),
        rules,
        buckets: ranges(&answer, &values),
        average: answer.average,
    }
}

/// The last value is that of all that is not below an end; the rules come in falling order.
fn below(values: &Values, answer: Classes, mapping: Mapping) -> Outcome {
    let values = values.get(answer.ends.len());
    let inner = answer.ends.len().saturating_sub(1);
    let rules = answer.ends.iter().rev().take(inner).cloned().zip(values.iter().rev().skip(1).cloned()).collect();
    Outcome {
        mapping: mapping.sign(),
        default: Some(values.last().cloned().unwrap_or_default()),
        rules,
        buckets: ranges(&answer, &values),
        average: answer.average,
    }
}

/// The classes as ranges from end to end.
fn ranges(answer: &Classes, values: &[FieldValue]) -> Vec<RampBucket> {
    let inner = answer.ends.len().saturating_sub(1);
    let mut start = answer.min.filter(|min| min.is_finite());
    let ends = answer.ends.iter().take(inner).map(number).chain([answer.max]);
    ends.zip(values)
        .map(|(end, value)| {
            let filter = RampFilter::Range { start, end };
            start = end;
            RampBucket { filter, value: value.clone() }
        })
        .collect()
}
