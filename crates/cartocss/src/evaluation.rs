//! From a zoom level's rules and a feature's fields to symbolizers.

use crate::cancel::Cancel;
use crate::color_text;
use crate::expression::Expression;
use crate::field::FieldValue;
use crate::limits::{LONGEST_MATCHED, MOST_OUTCOMES};
use crate::maps::{HashSet, OrderedMap};
use crate::number;
use crate::pattern::Pattern;
use crate::selector::{Comparison, Filter};
use crate::stylesheet::{Block, Declaration};
use crate::symbolizer::{Color, CompOp, Symbolizer, Values, drawable};
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

/// The kind of a feature's geometry, which filters can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeometryKind {
    /// One point or many.
    Point,
    /// One line or many.
    Line,
    /// One polygon or many.
    Polygon,
    /// Geometries of several kinds.
    Collection,
}

impl GeometryKind {
    fn number(self) -> i64 {
        match self {
            Self::Point => 1,
            Self::Line => 2,
            Self::Polygon => 3,
            Self::Collection => 4,
        }
    }
}

/// One side of a comparison.
#[derive(Clone, Debug)]
enum Operand<'a> {
    Column(usize),
    GeometryKind,
    Constant(FieldValue),
    Expression(&'a Expression),
}

impl<'a> Operand<'a> {
    fn new(expression: &'a Expression, columns: &[&str]) -> Self {
        match expression {
            Expression::Field(name) if name == "mapnik::geometry_type" => Self::GeometryKind,
            // A column that the features do not have is null.
            Expression::Field(name) => {
                columns.iter().position(|column| column == name).map_or(Self::Constant(FieldValue::Null), Self::Column)
            }
            Expression::Keyword(word) => Self::Constant(match word.as_str() {
                "point" => FieldValue::Integer(1),
                "linestring" => FieldValue::Integer(2),
                "polygon" => FieldValue::Integer(3),
                "collection" => FieldValue::Integer(4),
                _ => expression.evaluate(&|_| FieldValue::Null),
            }),
            dynamic if dynamic.is_dynamic() => Self::Expression(dynamic),
            constant => Self::Constant(constant.evaluate(&|_| FieldValue::Null)),
        }
    }
}

/// A filter whose columns were looked up.
#[derive(Clone, Debug)]
pub(crate) struct Test<'a> {
    left: Operand<'a>,
    comparison: Comparison,
    right: Operand<'a>,
    pattern: Option<&'a Pattern>,
}

impl<'a> Test<'a> {
    pub(crate) fn new(filter: &'a Filter, columns: &[&str]) -> Self {
        let mut right = Operand::new(&filter.value, columns);
        // Numbers in quotes are numbers to comparisons of size.
        if let (Operand::Constant(FieldValue::Text(text)), true) = (&right, is_order(filter.comparison)) {
            right = Operand::Constant(number::parse(text.trim()).map_or(FieldValue::Null, FieldValue::Number));
        }
        Self {
            left: Operand::new(&filter.column, columns),
            comparison: filter.comparison,
            right,
            pattern: filter.pattern.as_ref(),
        }
    }

    fn passes(&self, feature: &TestedFeature<'_>) -> bool {
        let (mut left_own, mut right_own) = (FieldValue::Null, FieldValue::Null);
        let left = feature.value(&self.left, &mut left_own);
        let right = feature.value(&self.right, &mut right_own);
        match self.comparison {
            Comparison::Equal => left.equals(right),
            Comparison::NotEqual => left.differs(right),
            Comparison::Matches => match (left, &self.pattern) {
                (FieldValue::Text(text), Some(pattern)) => text.len() <= LONGEST_MATCHED && pattern.is_match(text),
                _ => false,
            },
            _ if matches!((left, right), (FieldValue::Null, _) | (_, FieldValue::Null)) => false,
            Comparison::Less => left.order(right) == Some(Ordering::Less),
            Comparison::AtMost => matches!(left.order(right), Some(Ordering::Less | Ordering::Equal)),
            Comparison::Greater => left.order(right) == Some(Ordering::Greater),
            Comparison::AtLeast => matches!(left.order(right), Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

fn is_order(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Less | Comparison::AtMost | Comparison::Greater | Comparison::AtLeast)
}

/// What tests look at.
struct TestedFeature<'a> {
    columns: &'a [String],
    fields: &'a [FieldValue],
    kind: GeometryKind,
}

impl TestedFeature<'_> {
    fn field(&self, name: &str) -> FieldValue {
        if name == "mapnik::geometry_type" {
            return FieldValue::Integer(self.kind.number());
        }
        let index = self.columns.iter().position(|column| column == name);
        index.and_then(|index| self.fields.get(index)).cloned().unwrap_or_default().shortened()
    }

    /// The value of an operand, borrowed where it can be.
    fn value<'b>(&'b self, operand: &'b Operand<'_>, own: &'b mut FieldValue) -> &'b FieldValue {
        match operand {
            Operand::Column(index) => match self.fields.get(*index) {
                Some(value) => return value,
                None => *own = FieldValue::Null,
            },
            Operand::Constant(value) => return value,
            Operand::GeometryKind => *own = FieldValue::Integer(self.kind.number()),
            Operand::Expression(expression) => *own = expression.evaluate(&|name| self.field(name)),
        }
        own
    }
}

/// A rule of a zoom level.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Numbers of the tests that a feature must pass.
    pub(crate) tests: Vec<u32>,
    /// Number of the block that says what follows.
    pub(crate) block: usize,
}

/// What is known of a test for the feature at hand.
#[derive(Clone, Copy, Debug)]
enum Known {
    Nothing,
    Passes,
    Fails,
}

/// The properties of a symbolizer, of which the most specific were chosen.
#[derive(Clone, Debug)]
struct Chosen<'a> {
    symbolizer: &'static str,
    instance: &'a str,
    declarations: Vec<&'a Declaration>,
}

/// The symbolizers of one combination of rules.
#[derive(Clone, Debug)]
enum Outcome<'a> {
    Constant(Rc<[Symbolizer]>),
    Dynamic(Rc<[Chosen<'a>]>),
}

/// The style of one attachment at one zoom level.
#[derive(Clone, Debug)]
pub struct Style<'a> {
    name: &'a str,
    comp_op: CompOp,
    opacity: f32,
    columns: Vec<String>,
    blocks: &'a [Block],
    tests: Vec<Test<'a>>,
    rules: Vec<Rule>,
    /// What tests said of the last feature.
    known: Vec<Known>,
    /// Outcomes by the bits of the rules that apply.
    outcomes: OrderedMap<Vec<u64>, Outcome<'a>>,
    matched: Vec<u64>,
}

impl<'a> Style<'a> {
    pub(crate) fn new(
        name: &'a str,
        blocks: &'a [Block],
        (tests, rules): (Vec<Test<'a>>, Vec<Rule>),
        columns: &[&str],
        style_value: &dyn Fn(&str) -> Option<&'a Expression>,
    ) -> Self {
        let comp_op = style_value("comp-op").map_or(CompOp::SrcOver, |value| CompOp::from_name(&value.text()));
        let opacity = style_value("opacity").and_then(|value| drawable(&value.evaluate(&|_| FieldValue::Null)));
        Self {
            name,
            comp_op,
            opacity: opacity.unwrap_or(1.0).clamp(0.0, 1.0),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            blocks,
            known: vec![Known::Nothing; tests.len()],
            tests,
            rules,
            outcomes: OrderedMap::new(),
            matched: Vec::new(),
        }
    }

    /// The attachment's name, empty for rules without one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// How the whole style goes together with what is below it.
    #[must_use]
    pub fn comp_op(&self) -> CompOp {
        self.comp_op
    }

    /// How opaque the whole style is.
    #[must_use]
    pub fn opacity(&self) -> f32 {
        self.opacity
    }

    /// Pixels from the middle of a point's marker to its farthest edge, at most, when all that is drawn is markers whose size
    /// does not depend on features or pictures.
    #[must_use]
    pub fn marker_reach(&self) -> Option<f32> {
        // What markers have that do not say it.
        let (mut side, mut line) = (10.0_f32, 0.5_f32);
        let blocks = self.rules.iter().filter_map(|rule| self.blocks.get(rule.block));
        for declaration in blocks.flat_map(|block| &block.declarations) {
            let greatest = match (declaration.symbolizer, declaration.property) {
                ("*" | "map", _) => continue,
                ("markers", "marker-width" | "marker-height") => &mut side,
                ("markers", "marker-line-width") => &mut line,
                // An arrow is longer, and so is its line.
                ("markers", "marker-file" | "marker-type" | "marker-transform") => return None,
                ("markers", _) => continue,
                _ => return None,
            };
            let [value] = declaration.values.as_slice() else { return None };
            if value.is_dynamic() {
                return None;
            }
            *greatest = greatest.max(drawable(&value.evaluate(&|_| FieldValue::Null)).unwrap_or(0.0));
        }
        Some(side / 2.0 + line)
    }

    /// What to draw for a feature, in order. Features that the same rules apply to share the answer.
    pub fn symbolizers(&mut self, fields: &[FieldValue], kind: GeometryKind) -> Rc<[Symbolizer]> {
        self.symbolizers_unless(&Cancel::default(), fields, kind).unwrap_or_default()
    }

    /// The same, for as long as somebody waits for it: a style may have many rules.
    pub fn symbolizers_unless(
        &mut self,
        cancel: &Cancel,
        fields: &[FieldValue],
        kind: GeometryKind,
    ) -> Option<Rc<[Symbolizer]>> {
        let feature = TestedFeature { columns: &self.columns, fields, kind };
        self.matched.clear();
        self.matched.resize(self.rules.len().div_ceil(64), 0);
        self.known.fill(Known::Nothing);
        let (tests, known) = (&self.tests, &mut self.known);
        let mut passes = |number: &u32| {
            let (Some(test), Some(known)) = (tests.get(*number as usize), known.get_mut(*number as usize)) else {
                return false;
            };
            if matches!(known, Known::Nothing) {
                // A pattern may take a while. What is cancelled needs no answer.
                let passes = (test.pattern.is_none() || !cancel.is_cancelled()) && test.passes(&feature);
                *known = if passes { Known::Passes } else { Known::Fails };
            }
            matches!(known, Known::Passes)
        };
        for (rules, bits) in self.rules.chunks(64).zip(&mut self.matched) {
            for (bit, rule) in rules.iter().enumerate() {
                if rule.tests.iter().all(&mut passes) {
                    *bits |= 1 << bit;
                }
            }
            if cancel.is_cancelled() {
                return None;
            }
        }
        if self.outcomes.len() * self.matched.len().max(8) > MOST_OUTCOMES {
            self.outcomes.clear();
        }
        let outcome = match self.outcomes.get(&self.matched) {
            Some(outcome) => outcome,
            None => {
                let outcome = combine(self.blocks, &self.rules, &self.matched);
                self.outcomes.entry(self.matched.clone()).or_insert(outcome)
            }
        };
        Some(match outcome {
            Outcome::Constant(symbolizers) => Rc::clone(symbolizers),
            Outcome::Dynamic(chosen) => build(chosen, &|name| feature.field(name)),
        })
    }
}

/// Puts the properties of rules together, the most specific rules first.
fn combine<'a>(blocks: &'a [Block], rules: &[Rule], matched: &[u64]) -> Outcome<'a> {
    let mut chosen: Vec<Chosen<'a>> = Vec::new();
    let applies = |index: usize| matched.get(index / 64).is_some_and(|bits| bits & (1 << (index % 64)) != 0);
    let applying = rules.iter().enumerate().filter(|(index, _)| applies(*index)).map(|(_, rule)| rule);
    // What a block says a second time was said before.
    let mut seen = HashSet::new();
    let applying = applying.filter(|rule| seen.insert(rule.block)).filter_map(|rule| blocks.get(rule.block));
    for declaration in applying.flat_map(|block| &block.declarations) {
        if matches!(declaration.symbolizer, "*" | "map") {
            continue;
        }
        let same = chosen
            .iter_mut()
            .find(|known| known.symbolizer == declaration.symbolizer && known.instance == declaration.instance);
        match same {
            Some(known) => {
                if !known.declarations.iter().any(|found| found.property == declaration.property) {
                    known.declarations.push(declaration);
                }
            }
            None => chosen.push(Chosen {
                symbolizer: declaration.symbolizer,
                instance: &declaration.instance,
                declarations: vec![declaration],
            }),
        }
    }
    let first = |chosen: &Chosen<'_>| chosen.declarations.iter().map(|declaration| declaration.at).min();
    compact::sort_by(&mut chosen, |one, other| first(one).cmp(&first(other)));
    let is_dynamic = chosen
        .iter()
        .flat_map(|chosen| &chosen.declarations)
        .any(|declaration| declaration.values.iter().any(Expression::is_dynamic));
    if is_dynamic { Outcome::Dynamic(chosen.into()) } else { Outcome::Constant(build(&chosen, &|_| FieldValue::Null)) }
}

fn build(chosen: &[Chosen<'_>], field: &dyn Fn(&str) -> FieldValue) -> Rc<[Symbolizer]> {
    chosen
        .iter()
        .map(|chosen| Symbolizer::build(chosen.symbolizer, &Evaluated { declarations: &chosen.declarations, field }))
        .collect()
}

/// Values of a symbolizer's properties for one feature.
struct Evaluated<'a> {
    declarations: &'a [&'a Declaration],
    field: &'a dyn Fn(&str) -> FieldValue,
}

impl Evaluated<'_> {
    fn values(&self, name: &str) -> Option<&[Expression]> {
        self.declarations.iter().find(|found| found.property == name).map(|found| found.values.as_slice())
    }

    fn value(&self, name: &str) -> Option<&Expression> {
        self.values(name)?.first()
    }
}

impl Values for Evaluated<'_> {
    fn number(&self, name: &str) -> Option<f32> {
        drawable(&self.value(name)?.evaluate(self.field))
    }

    fn color(&self, name: &str) -> Option<Color> {
        match self.value(name)? {
            Expression::Color(color) => Some(Color::from_float(color)),
            dynamic => {
                let text = dynamic.evaluate(self.field).into_text();
                color_text::parse(&text).map(|color| Color::from_float(&color))
            }
        }
    }

    fn boolean(&self, name: &str) -> Option<bool> {
        match self.value(name)?.evaluate(self.field) {
            FieldValue::Bool(value) => Some(value),
            FieldValue::Text(text) => Some(text == "true"),
            other => Some(drawable(&other)? != 0.0),
        }
    }

    fn word(&self, name: &str) -> Option<String> {
        Some(self.value(name)?.evaluate(self.field).into_text())
    }

    fn address(&self, name: &str) -> Option<Arc<str>> {
        Some(match self.value(name)? {
            Expression::Url(address) => address.clone(),
            other => other.evaluate(self.field).into_text().into(),
        })
    }

    fn numbers(&self, name: &str) -> Vec<f32> {
        let flat = self.values(name).unwrap_or_default().iter().flat_map(|value| match value {
            Expression::List(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        });
        flat.filter_map(|value| drawable(&value.evaluate(self.field))).collect()
    }
}
