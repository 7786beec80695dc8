//! Values of a feature's fields, compared and computed with as Mapnik does.

use crate::expression::{Operator, compute};
use crate::limits::{LONGEST_COMPUTED, beginning};
use crate::number;
use std::cmp::Ordering;

/// The value of a column for one feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FieldValue {
    /// SQL's `NULL`.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Text, and everything that is sent as text, such as dates.
    Text(String),
}

impl From<bool> for FieldValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for FieldValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for FieldValue {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for FieldValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl FieldValue {
    /// The value as a number, if it is one.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            #[expect(clippy::cast_precision_loss, reason = "so much is never drawn")]
            Self::Integer(value) => Some(*value as f64),
            Self::Number(value) => Some(*value),
            Self::Null | Self::Text(_) => None,
        }
    }

    /// The order of two numbers or two texts; nothing else has one.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => Some(left.as_str().cmp(right)),
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (left, right) => left.as_number()?.partial_cmp(&right.as_number()?),
        }
    }

    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.order(other) == Some(Ordering::Equal)
    }

    pub(crate) fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            // Mapnik takes null and empty text for the same here.
            (Self::Null, Self::Text(text)) => !text.is_empty(),
            _ => !self.equals(other),
        }
    }

    /// The value as text.
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Number(value) => number::text(value),
            Self::Text(value) => value,
        }
    }

    /// The value with no more text than is computed with.
    pub(crate) fn shortened(self) -> Self {
        match self {
            Self::Text(mut text) if text.len() > LONGEST_COMPUTED => {
                text.truncate(beginning(&text, LONGEST_COMPUTED).len());
                Self::Text(text)
            }
            value => value,
        }
    }

    /// Arithmetic; adding to text appends.
    pub(crate) fn operate(self, operator: Operator, other: &Self) -> Self {
        match (&self, other) {
            (Self::Integer(left), Self::Integer(right)) => {
                let whole = match operator {
                    Operator::Add => left.checked_add(*right),
                    Operator::Subtract => left.checked_sub(*right),
                    Operator::Multiply => left.checked_mul(*right),
                    Operator::Divide => left.checked_div(*right),
                    Operator::Remainder => left.checked_rem(*right),
                };
                whole.map_or(Self::Null, Self::Integer)
            }
            (Self::Text(_), _) | (_, Self::Text(_)) if operator == Operator::Add => {
                let text = self.into_text() + &other.clone().into_text();
                Self::Text(text).shortened()
            }
            _ => match (self.as_number(), other.as_number()) {
                (Some(left), Some(right)) => Self::Number(compute(operator, left, right)),
                _ => Self::Null,
            },
        }
    }
}
