//! `ramp()` of TurboCARTO: a property that takes its value from the classes of a column.
//!
//! Classes need the data of a map, which this crate does not have. So it goes in three steps: [`Ramps::find`] reads a
//! style, [`Ramps::questions`] says which classes are needed, and [`Ramps::compile`] puts the answers in. What comes
//! out is plain CartoCSS, word for word that of real servers, and what they tell clients of it (`cartocss_meta`).

mod arguments;
mod jenks;
mod overloads;
mod rules;
mod scan;
mod schemes;
mod spacing;
mod told;

use crate::field::FieldValue;
use crate::limits::{LONGEST_STYLE, MOST_RAMPS};
use crate::message::{Message, message};
use crate::stylesheet::BYTE_ORDER_MARK;
use spacing::Spacing;
use std::fmt;

pub use jenks::jenks;
#[cfg(feature = "standalone")]
pub(crate) use schemes::all as schemes;

/// The most classes that a ramp may have; the original knows no limit.
pub const MOST_CLASSES: u32 = 1000;

/// How a column is divided into classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// As many rows in each class.
    Quantiles,
    /// As wide a range in each class.
    Equal,
    /// Natural breaks, see [`jenks`].
    Jenks,
    /// The mean, the mean of what is above it, and so on.
    HeadTails,
    /// The most frequent values.
    Category,
}

impl Method {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "quantiles" => Self::Quantiles,
            "equal" => Self::Equal,
            "jenks" => Self::Jenks,
            "headtails" => Self::HeadTails,
            "category" => Self::Category,
            _ => return None,
        })
    }
}

/// What a ramp must know of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The column.
    pub column: String,
    /// How it is divided.
    pub method: Method,
    /// Number of classes, 0 to [`MOST_CLASSES`].
    pub classes: u32,
}

/// The classes of a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classes {
    /// The upper ends of the classes, least first; for [`Method::HeadTails`] the means, for [`Method::Category`] the
    /// values, most frequent first. Nulls are left out.
    pub ends: Vec<FieldValue>,
    /// The least value; none for categories.
    pub min: Option<f64>,
    /// The greatest value; none for categories.
    pub max: Option<f64>,
    /// The mean; none for categories.
    pub average: Option<f64>,
}

/// A ramp that cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RampError {
    /// What is wrong, in the words of the original.
    pub message: String,
    /// The selector of the block that the declaration is in.
    pub selector: String,
    /// Line and column of the declaration's first character, both counted from 1.
    pub start: (usize, usize),
    /// Line and column of its last one.
    pub end: (usize, usize),
}

impl fmt::Display for RampError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for RampError {}

/// What a rule tells of a class.
#[derive(Clone, Debug, PartialEq)]
pub enum RampFilter {
    /// Values from one number to another. Nothing at the start is told as null, nothing at the end not at all.
    Range {
        /// The end of the class before, or the least value.
        start: Option<f64>,
        /// The end of this class.
        end: Option<f64>,
    },
    /// One value.
    Category(FieldValue),
    /// All other values.
    Default,
}

/// A class, and what the property is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct RampBucket {
    /// The class.
    pub filter: RampFilter,
    /// The property's value: a number or text.
    pub value: FieldValue,
}

/// What clients are told of a ramp, so that they can draw a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct RampRule {
    /// The selectors of all blocks around the declaration.
    pub selector: String,
    /// The property.
    pub property: String,
    /// The column.
    pub column: String,
    /// The comparison of the column with the classes: `>`, `>=`, `<`, `<=` or `=`.
    pub mapping: &'static str,
    /// The classes.
    pub buckets: Vec<RampBucket>,
    /// The mean of the column.
    pub average: Option<f64>,
}

/// A style whose ramps were computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// CartoCSS without ramps.
    pub cartocss: String,
    /// A rule for each ramp, in the order of the text.
    pub rules: Vec<RampRule>,
}

/// The ramps of a style.
#[derive(Clone, Debug)]
pub struct Ramps {
    text: String,
    spacing: Spacing,
    ramps: Vec<(scan::Found, overloads::Ramp)>,
}

impl Ramps {
    /// Finds the ramps of a style. One that is no CartoCSS has none; its compiler says what is wrong.
    ///
    /// # Errors
    /// The first ramp whose arguments make no sense.
    pub fn find(text: &str) -> Result<Self, RampError> {
        if text.len() > LONGEST_STYLE {
            return Ok(Self { text: String::new(), spacing: Spacing::default(), ramps: Vec::new() });
        }
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let (spacing, found) = scan::scan(text);
        if let Some(beyond) = found.get(MOST_RAMPS) {
            return Err(error(text, beyond, &message!("a style may have {MOST_RAMPS} ramps")));
        }
        let mut ramps = Vec::new();
        for found in found {
            match overloads::read(&found.arguments) {
                Ok(ramp) => ramps.push((found, ramp)),
                Err(message) => return Err(error(text, &found, &message)),
            }
        }
        Ok(Self { text: text.to_owned(), spacing, ramps })
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ramps.is_empty()
    }

    /// What each ramp must know; nothing where the style says the classes itself.
    pub fn questions(&self) -> impl Iterator<Item = Option<&Question>> {
        self.ramps.iter().map(|(_, ramp)| ramp.question.as_ref())
    }

    /// The error of a ramp whose question has no answer, such as that of an unknown column.
    #[must_use]
    pub fn refused(&self, index: usize, reason: &str) -> RampError {
        let nowhere = RampError { message: reason.to_owned(), selector: String::new(), start: (1, 1), end: (1, 1) };
        self.ramps
            .get(index)
            .map_or(nowhere, |(found, _)| error(&self.text, found, &message!("unable to compute ramp, {reason}")))
    }

    /// Puts the answers in, in the order of the questions.
    ///
    /// # Errors
    /// Classes and values of a ramp do not fit.
    pub fn compile(&self, answers: &[Option<Classes>]) -> Result<Compiled, RampError> {
        let mut outcomes = Vec::new();
        for (index, (found, ramp)) in self.ramps.iter().enumerate() {
            let answer = answers.get(index).cloned().flatten().unwrap_or_default();
            outcomes.push(ramp.outcome(answer).map_err(|message| error(&self.text, found, &message))?);
        }
        let cartocss = rules::rewritten(self, &outcomes);
        let cartocss = cartocss.map_err(|found| error(&self.text, found, &"the style becomes too long".into()))?;
        let mut rules = Vec::new();
        for ((found, ramp), outcome) in self.ramps.iter().zip(outcomes) {
            rules.push(RampRule {
                // A declaration that was taken away is in no block any more.
                selector: if outcome.default.is_some() { found.selector.clone() } else { String::new() },
                property: found.property.clone(),
                column: ramp.column.clone(),
                mapping: outcome.mapping,
                buckets: outcome.buckets,
                average: outcome.average,
            });
        }
        Ok(Compiled { cartocss, rules })
    }
}

#[cfg(feature = "standalone")]
fn error(text: &str, found: &scan::Found, reason: &Message) -> RampError {
    let place = |at: usize| {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        (line, before.rsplit('\n').next().unwrap_or("").encode_utf16().count() + 1)
    };
    RampError {
        message: format!("Failed to process \"{}\" property: {reason}", found.property),
        selector: found.own_selector.clone(),
        start: place(found.start),
        end: place(found.end.saturating_sub(1)),
    }
}

#[cfg(not(feature = "standalone"))]
fn error(_: &str, _: &scan::Found, _: &Message) -> RampError {
    RampError { message: String::new(), selector: String::new(), start: (1, 1), end: (1, 1) }
}
