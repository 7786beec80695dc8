//! Values as they are written, and what becomes of them: constants at once, expressions over fields per feature.

use crate::color_text;
use crate::error::Mistake;
use crate::field::FieldValue;
use crate::functions;
use crate::limits::{DEEPEST_VALUE, MOST_PARTS, MOST_PARTS_OF_STYLE, MOST_TEXT};
use crate::maps::HashMap;
use crate::message::message;
use crate::number;
use csscolorparser::Color as FloatColor;
use std::cell::Cell;
use std::sync::Arc;

/// How many variables may lead to one value.
const LONGEST_CHAIN: usize = 32;

/// Pixels of an inch, as the original assumes.
const PIXELS_PER_INCH: f64 = 90.714;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Number {
        value: f64,
        unit: Unit,
    },
    Color(FloatColor),
    Quoted(String),
    Keyword(String),
    Field(String),
    Variable {
        name: String,
        at: usize,
    },
    /// Shared, because it may be the whole data of a picture.
    Url(Arc<str>),
    Call {
        name: String,
        arguments: Vec<Expression>,
        at: usize,
    },
    Operation {
        operator: Operator,
        operands: Box<[Expression; 2]>,
        at: usize,
    },
    List(Vec<Expression>),
}

/// What a number counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    None,
    Pixels,
    Percent,
    Unknown(String),
}

impl Expression {
    /// A number with the name of its unit.
    pub(crate) fn number(value: f64, unit: &str) -> Self {
        let (per_inch, unit) = match unit {
            "" => (None, Unit::None),
            "%" => (None, Unit::Percent),
            "px" => (None, Unit::Pixels),
            "m" => (Some(0.0254), Unit::Pixels),
            "cm" => (Some(2.54), Unit::Pixels),
            "mm" => (Some(25.4), Unit::Pixels),
            "in" => (Some(1.0), Unit::Pixels),
            "pt" => (Some(72.0), Unit::Pixels),
            "pc" => (Some(6.0), Unit::Pixels),
            unknown => (None, Unit::Unknown(unknown.to_owned())),
        };
        Self::Number { value: per_inch.map_or(value, |per_inch| value / per_inch * PIXELS_PER_INCH), unit }
    }

    /// A colour of three or six hexadecimal digits.
    pub(crate) fn hexadecimal(digits: &str) -> Option<Self> {
        let digit = |index: usize| digits.get(index..=index).and_then(|digit| u8::from_str_radix(digit, 16).ok());
        let channel = |index: usize| match digits.len() {
            3 => digit(index).map(|value| value * 17),
            _ => Some(digit(index * 2)? * 16 + digit(index * 2 + 1)?),
        };
        Some(Self::Color(FloatColor::from_rgba8(channel(0)?, channel(1)?, channel(2)?, 255)))
    }

    /// A colour of CSS by its name, or `transparent`.
    pub(crate) fn named_color(word: &str) -> Option<Self> {
        // Hexadecimal digits without their sign are a colour to the library, but not in CartoCSS.
        let is_name = !word.chars().all(|digit| digit.is_ascii_hexdigit());
        color_text::parse(word).filter(|_| is_name).map(Self::Color)
    }

    /// Is the value known only with a feature?
    pub(crate) fn is_dynamic(&self) -> bool {
        match self {
            Self::Field(_) | Self::Operation { .. } => true,
            Self::List(values) | Self::Call { arguments: values, .. } => values.iter().any(Self::is_dynamic),
            _ => false,
        }
    }

    /// Calls back with every column that is read.
    pub(crate) fn each_column<'a>(&'a self, found: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Field(name) => found(name),
            Self::List(values) | Self::Call { arguments: values, .. } => {
                values.iter().for_each(|value| value.each_column(found));
            }
            Self::Operation { operands, .. } => operands.iter().for_each(|operand| operand.each_column(found)),
            _ => {}
        }
    }

    /// The kind of value in messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Number { .. } => "float",
            Self::Color(_) => "color",
            Self::Quoted(_) => "string",
            Self::Keyword(word) if word == "true" || word == "false" => "boolean",
            Self::Keyword(_) => "keyword",
            Self::Field(_) | Self::Operation { .. } => "field",
            Self::Variable { .. } => "variable",
            Self::Url(_) => "uri",
            Self::Call { name, .. } if functions::is_image_filter(name) => "imagefilter",
            Self::Call { .. } => "call",
            Self::List(_) => "expression",
        }
    }

    /// The value as it stands in messages.
    pub(crate) fn text(&self) -> String {
        let joined =
            |values: &[Self], separator: &str| values.iter().map(Self::text).collect::<Vec<_>>().join(separator);
        match self {
            Self::Number { value, .. } => number::text(*value),
            Self::Color(color) => hexadecimal_text(color),
            Self::Quoted(text) | Self::Keyword(text) => text.clone(),
            Self::Url(address) => address.as_ref().to_owned(),
            Self::Field(name) => ["[", name, "]"].concat(),
            Self::Variable { name, .. } => name.clone(),
            Self::Call { name, arguments, .. } => [name, "(", &joined(arguments, ","), ")"].concat(),
            Self::Operation { operands, .. } => joined(operands.as_slice(), " "),
            Self::List(values) => joined(values, " "),
        }
    }

    /// The value for a feature, whose fields are looked up by name.
    pub(crate) fn evaluate(&self, field: &dyn Fn(&str) -> FieldValue) -> FieldValue {
        match self {
            // Whole numbers stay whole: the original divides integers as integers.
            #[expect(clippy::cast_possible_truncation, reason = "the number is whole and small")]
            Self::Number { value, .. } if value.fract() == 0.0 && value.abs() < 1e15 => {
                FieldValue::Integer(*value as i64)
            }
            Self::Number { value, .. } => FieldValue::Number(*value),
            Self::Field(name) => field(name),
            Self::Operation { operator, operands, .. } => {
                let [left, right] = operands.as_ref();
                left.evaluate(field).operate(*operator, &right.evaluate(field))
            }
            Self::Keyword(word) if word == "true" || word == "false" => FieldValue::Bool(word == "true"),
            Self::Keyword(word) if word == "null" => FieldValue::Null,
            other => FieldValue::Text(other.text()),
        }
    }
}

/// A colour as `#` and digits, with those of its opacity unless it is opaque.
fn hexadecimal_text(color: &FloatColor) -> String {
    let channels = color.to_rgba8();
    let shown = if channels.ends_with(&[u8::MAX]) { 3 } else { 4 };
    let mut text = String::from("#");
    for channel in channels.iter().take(shown) {
        let digits = [channel >> 4, channel & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
        text.extend(digits);
    }
    text
}

/// The variables of a stylesheet: the first of a name counts.
pub(crate) struct Variables<'a> {
    by_name: HashMap<&'a str, &'a [Expression]>,
    /// Parts and bytes of texts that all values may still have.
    parts_left: Cell<usize>,
    text_left: Cell<usize>,
}

impl<'a> Variables<'a> {
    pub(crate) fn new(all: impl Iterator<Item = (&'a str, &'a [Expression])>) -> Self {
        let mut by_name = HashMap::new();
        for (name, values) in all {
            by_name.entry(name).or_insert(values);
        }
        Self { by_name, parts_left: Cell::new(MOST_PARTS_OF_STYLE), text_left: Cell::new(MOST_TEXT) }
    }

    /// Puts in variables, and computes what needs no feature. A mistake without a place is one of the whole value.
    pub(crate) fn resolve(&self, expression: &Expression) -> Result<Expression, Mistake> {
        let mut resolving = Resolving { variables: self, parts: 0 };
        resolving.resolve(expression, 0, 0)
    }
}

/// A value that variables are being put into. A few of them can stand for a value without end.
struct Resolving<'a> {
    variables: &'a Variables<'a>,
    parts: usize,
}

impl Resolving<'_> {
    fn count_part(&mut self, depth: usize) -> Result<(), Mistake> {
        self.parts += 1;
        let left = self.variables.parts_left.get().checked_sub(1);
        self.variables.parts_left.set(left.unwrap_or(0));
        if depth > DEEPEST_VALUE {
            return Err(Mistake::new(0, "A value is nested too deeply."));
        }
        if self.parts > MOST_PARTS || left.is_none() {
            return Err(Mistake::new(0, "A value has too many parts once its variables are put in."));
        }
        Ok(())
    }

    fn count_text(&self, value: Expression) -> Result<Expression, Mistake> {
        let length = match &value {
            Expression::Quoted(text) | Expression::Keyword(text) | Expression::Field(text) => text.len(),
            Expression::Call { name, .. } => name.len(),
            _ => 0,
        };
        match self.variables.text_left.get().checked_sub(length) {
            Some(left) => self.variables.text_left.set(left),
            None => return Err(Mistake::new(0, "The values have too much text once their variables are put in.")),
        }
        Ok(value)
    }

    fn resolve_all(&mut self, values: &[Expression], chain: usize, depth: usize) -> Result<Vec<Expression>, Mistake> {
        values.iter().map(|value| self.resolve(value, chain, depth)).collect()
    }

    /// `chain` counts the variables that led here, `depth` everything.
    fn resolve(&mut self, expression: &Expression, chain: usize, depth: usize) -> Result<Expression, Mistake> {
        self.count_part(depth)?;
        let depth = depth + 1;
        let resolved = match expression {
            Expression::Variable { name, at } => {
                let found = self.variables.by_name.get(name.as_str()).copied();
                match found {
                    Some(_) if chain >= LONGEST_CHAIN => {
                        return Err(Mistake::new(*at, message!("variable {name} is defined by itself")));
                    }
                    Some([value]) => return self.resolve(value, chain + 1, depth),
                    Some(values) => Expression::List(self.resolve_all(values, chain + 1, depth)?),
                    None => return Err(Mistake::new(*at, message!("variable {name} is undefined"))),
                }
            }
            Expression::Number { unit: Unit::Unknown(unit), .. } => {
                return Err(Mistake::new(0, message!("Invalid unit: '{unit}'")));
            }
            // Its arguments are no values.
            Expression::Call { name, at, .. } if name == "ramp" => {
                return Err(Mistake::new(*at, "ramp() must be the value of a property, and is computed before"));
            }
            Expression::Call { name, arguments, at } => {
                functions::call(name, self.resolve_all(arguments, chain, depth)?, *at)?
            }
            Expression::Operation { operator, operands, at } => {
                let [left, right] = operands.as_ref();
                let left = self.resolve(left, chain, depth)?;
                operate(*operator, left, self.resolve(right, chain, depth)?, *at)?
            }
            Expression::List(values) => Expression::List(self.resolve_all(values, chain, depth)?),
            constant => constant.clone(),
        };
        self.count_text(resolved)
    }
}

/// Arithmetic of numbers.
pub(crate) fn compute(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
    }
}

fn operate(operator: Operator, left: Expression, right: Expression, at: usize) -> Result<Expression, Mistake> {
    use Expression::{Color, Field, Number, Operation, Quoted};
    Ok(match (left, right) {
        (Color(_), Field(_) | Operation { .. }) | (Field(_) | Operation { .. }, Color(_)) => {
            return Err(Mistake::new(at, "Can't subtract, divide, or multiply colors in expressions."));
        }
        (left @ (Field(_) | Operation { .. }), right) | (left, right @ (Field(_) | Operation { .. })) => {
            Operation { operator, operands: Box::new([left, right]), at }
        }
        (Number { value: left, unit: Unit::Percent }, Number { value: right, unit: Unit::Percent }) => {
            Number { value: compute(operator, left, right), unit: Unit::Percent }
        }
        (Number { unit: Unit::Percent, .. }, Number { .. }) => {
            return Err(Mistake::new(at, "If two operands differ, the first must not be %"));
        }
        (Number { value: left, unit }, Number { value: right, unit: Unit::Percent }) => match operator {
            Operator::Add | Operator::Subtract => Number { value: compute(operator, left, left * right * 0.01), unit },
            _ => {
                let message = "Percent values can only be added or subtracted from other values";
                return Err(Mistake::new(at, message));
            }
        },
        (Number { value: left, unit }, Number { value: right, unit: other }) => {
            let unit = if unit == Unit::None { other } else { unit };
            Number { value: compute(operator, left, right), unit }
        }
        (Color(left), Color(right)) => Color(functions::per_channel(operator, left, right.to_array())),
        (Color(color), Number { value, .. }) => Color(tinted(operator, color, value)),
        (Number { value, .. }, Color(color)) if matches!(operator, Operator::Add | Operator::Multiply) => {
            Color(tinted(operator, color, value))
        }
        (Number { .. }, Color(_)) => {
            return Err(Mistake::new(at, "Can't substract or divide a color from a number"));
        }
        (Quoted(left), right) if operator == Operator::Add => Quoted(left + &right.text()),
        (Quoted(_), Quoted(_)) => return Err(Mistake::new(at, "Can't subtract, divide, or multiply strings.")),
        (left, _) => return Err(Mistake::new(at, message!("Cannot do math with type {}.", left.type_name()))),
    })
}

/// A colour whose channels, 0 to 255, are computed with a number.
#[expect(clippy::cast_possible_truncation, reason = "channels are small")]
fn tinted(operator: Operator, color: FloatColor, value: f64) -> FloatColor {
    // Factors apply to channels of any scale, summands to those of 0 to 255.
    let other = if matches!(operator, Operator::Multiply | Operator::Divide) { value } else { value / 255.0 };
    functions::per_channel(operator, color, [other as f32; 4])
}
