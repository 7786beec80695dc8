//! From nested rulesets to a stylesheet: put flat, values checked, rules in order of specificity.

use crate::error::{Mistake, Mistakes};
use crate::expression::{Expression, Variables};
use crate::limits::{
    LONGEST_PATTERN, MOST_ATTACHMENTS, MOST_COLUMNS, MOST_CONDITIONS, MOST_INSTANCES, MOST_PATTERNS, MOST_RULES,
};
use crate::maps::{HashMap, HashSet};
use crate::message::message;
use crate::number;
use crate::parser::{self, Node, Ruleset};
use crate::pattern::Pattern;
use crate::properties::{self, Kind};
use crate::selector::{ALL_ZOOMS, Comparison, Filter, Selector};
use crate::stylesheet::{Attachment, Block, Declaration, Definition, Stylesheet};
use crate::symbolizer::Color;
use std::sync::Arc;

/// Compiles the text of a style.
pub(crate) fn compile(text: &str) -> Result<Stylesheet, Vec<Mistake>> {
    let nodes = parser::parse(text)?;
    let variables = Variables::new(
        nodes
            .iter()
            .filter_map(|node| match node {
                Node::Declaration(variable) => Some((variable.name.as_str(), variable.values.as_slice())),
                Node::Ruleset(_) => None,
            })
            .filter(|(name, _)| name.starts_with('@')),
    );
    let mut compiler = Compiler {
        variables,
        blocks: Vec::new(),
        definitions: Vec::new(),
        background: None,
        mistakes: Mistakes::default(),
        rules: 0,
        conditions: 0,
        patterns: 0,
        instances: HashSet::new(),
        is_given_up: false,
    };
    for node in &nodes {
        // Declarations outside of all blocks apply to nothing.
        if let Node::Ruleset(ruleset) = node {
            compiler.flatten(ruleset, &[], false);
        }
    }
    compiler.finish()
}

struct Compiler<'a> {
    variables: Variables<'a>,
    blocks: Vec<Block>,
    definitions: Vec<Definition>,
    background: Option<Color>,
    mistakes: Mistakes,
    /// Rules so far, and parts of their selectors.
    rules: usize,
    conditions: usize,
    /// Filters by pattern so far.
    patterns: usize,
    /// Symbolizers and their names so far.
    instances: HashSet<(&'static str, String)>,
    /// The style is more than a limit allows, which was told.
    is_given_up: bool,
}

impl Compiler<'_> {
    /// Notes the definitions of a block and of the blocks in it. `has_line_width` tells whether a block around it says
    /// how wide the lines of markers are.
    fn flatten(&mut self, ruleset: &Ruleset, outer: &[Selector], has_line_width: bool) {
        if self.is_given_up || self.mistakes.is_full() {
            return;
        }
        let own: Vec<Selector> = ruleset.selectors.iter().map(|selector| self.resolved(selector)).collect();
        let Some(selectors) = self.combined(own, outer) else { return };
        if selectors.iter().any(Selector::is_map) {
            self.map_properties(ruleset);
            return;
        }
        let selectors: Vec<Selector> = selectors.into_iter().filter(Selector::applies).collect();
        if selectors.is_empty() {
            return;
        }
        let own = || {
            ruleset.nodes.iter().filter_map(|node| match node {
                Node::Declaration(declaration) => Some(declaration),
                Node::Ruleset(_) => None,
            })
        };
        let has_line_width = has_line_width || own().any(|own| own.name == "marker-line-width");
        let mut block = Block::default();
        let mut known = HashSet::new();
        let mut first = None;
        for node in &ruleset.nodes {
            if self.is_given_up || self.mistakes.is_full() {
                return;
            }
            match node {
                Node::Ruleset(inner) => self.flatten(inner, &selectors, has_line_width),
                Node::Declaration(declaration) => {
                    first = first.or(Some(declaration.at));
                    match self.check(declaration) {
                        Ok(checked) => {
                            // Within a block, the first of two declarations of a property counts in the original.
                            if known.insert((checked.symbolizer, checked.instance.clone(), checked.property)) {
                                block.declarations.push(checked);
                            }
                        }
                        Err(mistake) => self.mistakes.push(mistake),
                    }
                }
            }
        }
        // CARTO carries styles over from Mapnik 2, where a line of markers was one pixel wide if there was one at all.
        let last_line = own().rfind(|own| own.name.starts_with("marker-line-"));
        if let Some(line) = last_line.filter(|_| !has_line_width) {
            block.declarations.push(Declaration {
                symbolizer: "markers",
                instance: String::new(),
                property: "marker-line-width",
                values: vec![Expression::number(1.0, "")],
                at: line.at,
            });
        }
        block.first = block.declarations.iter().map(|declaration| declaration.at).min();
        block.is_drawn = block.declarations.iter().any(|declaration| declaration.symbolizer != "*");
        let number = self.blocks.len();
        self.blocks.push(block);
        for mut selector in selectors {
            selector.at = first.unwrap_or(selector.at);
            self.definitions.push(Definition {
                specificity: selector.specificity(),
                attachment: selector.attachment.unwrap_or_else(|| "".into()),
                zooms: ALL_ZOOMS & !selector.hidden,
                filters: selector.filters,
                block: number,
            });
        }
    }

    /// A selector whose filters and zoom levels have their values. What is wrong with them is told once, however many
    /// rules the selector becomes a part of.
    fn resolved(&mut self, selector: &Selector) -> Selector {
        let mut resolved = selector.clone();
        if !selector.applies() {
            return resolved;
        }
        for test in resolved.zooms.drain(..) {
            match test.zooms(&self.variables) {
                Ok(zooms) => resolved.hidden |= ALL_ZOOMS & !zooms,
                Err(mistake) => self.mistakes.push(placed(mistake, test.at)),
            }
        }
        for filter in &mut resolved.filters {
            match self.resolve_filter(filter) {
                Ok(known) => *filter = Arc::new(known),
                Err(mistake) => self.mistakes.push(placed(mistake, filter.at)),
            }
        }
        resolved
    }

    /// The selectors of a block within those around it. A few lines of nested lists can stand for millions of them.
    fn combined(&mut self, own: Vec<Selector>, outer: &[Selector]) -> Option<Vec<Selector>> {
        let place = own.first().map_or(0, |selector| selector.at);
        let count = own.len().saturating_mul(outer.len().max(1));
        let size = |all: &[Selector]| all.iter().map(Selector::size).sum::<usize>();
        let inner_size = size(&own).saturating_mul(outer.len().max(1));
        let outer_size = size(outer).saturating_mul(own.len());
        self.rules = self.rules.saturating_add(count);
        self.conditions = self.conditions.saturating_add(inner_size).saturating_add(outer_size);
        if self.rules > MOST_RULES || self.conditions > MOST_CONDITIONS {
            self.is_given_up = true;
            let message =
                message!("The selectors up to here come to more than {MOST_RULES} rules, or to very long ones.");
            self.mistakes.push(Mistake::new(place, message));
            return None;
        }
        if outer.is_empty() {
            return Some(own);
        }
        let nested = own.iter().flat_map(|inner| outer.iter().map(|outer| outer.nested(inner)));
        Some(nested.filter(|selector| selector.applies() || selector.is_map()).collect())
    }

    fn resolve_filter(&mut self, filter: &Filter) -> Result<Filter, Mistake> {
        let value = self.variables.resolve(&filter.value)?;
        let column = match self.variables.resolve(&filter.column)? {
            Expression::Field(name) if name == "mapnik-geometry-type" => {
                Expression::Field("mapnik::geometry_type".to_owned())
            }
            Expression::Quoted(name) | Expression::Keyword(name) => Expression::Field(name),
            other => other,
        };
        let is_keyword =
            |word: &str| matches!(word, "true" | "false" | "null" | "point" | "linestring" | "polygon" | "collection");
        let mut compiled = None;
        let suits = match (&value, filter.comparison) {
            (Expression::Keyword(word), _) if !is_keyword(word) => {
                let message = message!("{word} is not a valid keyword in a filter expression");
                return Err(Mistake::new(filter.at, message));
            }
            (_, Comparison::Equal | Comparison::NotEqual) => true,
            (Expression::Quoted(pattern), Comparison::Matches) => {
                compiled = Some(self.compile_pattern(pattern, filter.at)?);
                true
            }
            (_, Comparison::Matches) => false,
            (Expression::Quoted(text), _) => number::parse(text.trim()).is_some(),
            (Expression::Number { .. } | Expression::Field(_), _) => true,
            _ => false,
        };
        if !suits {
            let sign = filter.comparison.sign();
            let message = message!("Cannot use operator \"{sign}\" with value {}", value.text());
            return Err(Mistake::new(filter.at, message));
        }
        Ok(Filter { column, value, pattern: compiled, comparison: filter.comparison, at: filter.at })
    }

    /// Compiles what `=~` compares with. The time that matching takes is linear in both pattern and text.
    fn compile_pattern(&mut self, pattern: &str, at: usize) -> Result<Pattern, Mistake> {
        self.patterns += 1;
        if self.patterns > MOST_PATTERNS {
            self.is_given_up = true;
            return Err(Mistake::new(at, message!("A style may have {MOST_PATTERNS} patterns.")));
        }
        if pattern.len() > LONGEST_PATTERN {
            return Err(Mistake::new(at, message!("A pattern may have {LONGEST_PATTERN} bytes.")));
        }
        Pattern::new(pattern).map_err(|error| Mistake::new(at, message!("Cannot read the pattern {pattern}: {error}")))
    }

    /// Finds the property of a declaration, and tests whether its values are such as it takes.
    fn check(&mut self, declaration: &parser::Declaration) -> Result<Declaration, Mistake> {
        let parser::Declaration { name, instance, values, at } = declaration;
        let Some((symbolizer, property)) = properties::find(name) else {
            let hint = || properties::nearest(name).map(|near| format!(". Did you mean {near}?")).unwrap_or_default();
            return Err(Mistake::new(*at, message!("Unrecognized rule: {name}{}", hint())));
        };
        let mut resolved = Vec::with_capacity(values.len());
        for value in values {
            match self.variables.resolve(value) {
                // A variable with several values, such as the dashes of a line.
                Ok(Expression::List(list)) if matches!(value, Expression::Variable { .. }) => resolved.extend(list),
                Ok(value) => resolved.push(value),
                Err(mistake) => return Err(placed(mistake, *at)),
            }
        }
        let Some(first) = resolved.first() else {
            return Err(Mistake::new(*at, message!("Invalid value for {name}")));
        };
        if !is_valid(property, first, &resolved) {
            let text = || resolved.iter().map(Expression::text).collect::<Vec<_>>().join(", ");
            let message = message!(
                "Invalid value for {name}, the type {} is expected. {} (of type {})  was given.",
                property.kind.name(),
                text(),
                first.type_name(),
            );
            return Err(Mistake::new(*at, message));
        }
        if self.instances.len() <= MOST_INSTANCES {
            self.instances.insert((symbolizer, instance.clone()));
        }
        if self.instances.len() > MOST_INSTANCES {
            self.is_given_up = true;
            let message = message!("A style may draw {MOST_INSTANCES} different things for a feature.");
            return Err(Mistake::new(*at, message));
        }
        Ok(Declaration { symbolizer, instance: instance.clone(), property: property.name, values: resolved, at: *at })
    }

    fn map_properties(&mut self, ruleset: &Ruleset) {
        for node in &ruleset.nodes {
            if self.is_given_up || self.mistakes.is_full() {
                return;
            }
            let Node::Declaration(declaration) = node else { continue };
            match self.check(declaration) {
                Ok(checked) if checked.symbolizer == "map" => {
                    if let ("background-color", Some(Expression::Color(color))) =
                        (checked.property, checked.values.first())
                    {
                        self.background = Some(Color::from_float(color));
                    }
                    // No feature has it; it is kept for who asks what is not drawn.
                    self.blocks.push(Block { declarations: vec![checked], ..Block::default() });
                }
                Ok(other) => {
                    let message = message!("Rule {} not allowed for Map.", other.property);
                    self.mistakes.push(Mistake::new(other.at, message));
                }
                Err(mistake) => self.mistakes.push(mistake),
            }
        }
    }

    /// Sorts the definitions into attachments.
    fn finish(mut self) -> Result<Stylesheet, Vec<Mistake>> {
        compact::sort_by(&mut self.definitions, |one, other| other.specificity.cmp(&one.specificity));
        let mut attachments: Vec<Attachment> = Vec::new();
        let mut known: HashMap<Arc<str>, usize> = HashMap::new();
        for definition in std::mem::take(&mut self.definitions) {
            let next = attachments.len();
            let index = *known.entry(definition.attachment.clone()).or_insert(next);
            if index == next {
                if next >= MOST_ATTACHMENTS {
                    let [.., at] = definition.specificity;
                    self.mistakes.push(Mistake::new(at, message!("A style may have {MOST_ATTACHMENTS} attachments.")));
                    break;
                }
                let name = definition.attachment.clone();
                attachments.push(Attachment { name, definitions: Vec::new(), blocks: Vec::new() });
            }
            if let Some(attachment) = attachments.get_mut(index) {
                attachment.definitions.push(definition);
            }
        }
        for attachment in &mut attachments {
            let mut seen = HashSet::new();
            let blocks = attachment.definitions.iter().map(|definition| definition.block);
            attachment.blocks = blocks.filter(|block| seen.insert(*block)).collect();
        }
        let first_place =
            |attachment: &Attachment| attachment.blocks.iter().filter_map(|block| self.blocks.get(*block)?.first).min();
        attachments.retain(|attachment| first_place(attachment).is_some());
        // The attachment whose first declaration stands first is painted first.
        compact::sort_by(&mut attachments, |one, other| first_place(one).cmp(&first_place(other)));
        for attachment in &attachments {
            missing_properties(attachment, &self.blocks).into_iter().for_each(|missing| self.mistakes.push(missing));
        }
        let columns = columns_of(&attachments, &self.blocks, &mut self.mistakes);
        if !self.mistakes.is_empty() {
            return Err(self.mistakes.sorted());
        }
        Ok(Stylesheet { blocks: self.blocks, attachments, columns, background: self.background, undrawn: None })
    }
}

/// A mistake at a place, unless it knows its own.
fn placed(mistake: Mistake, at: usize) -> Mistake {
    if mistake.at == 0 { Mistake { at, ..mistake } } else { mistake }
}

fn declarations<'a>(attachment: &'a Attachment, blocks: &'a [Block]) -> impl Iterator<Item = &'a Declaration> {
    attachment.blocks.iter().filter_map(|block| blocks.get(*block)).flat_map(|block| &block.declarations)
}

/// Properties without which a symbolizer is nothing.
fn missing_properties(attachment: &Attachment, blocks: &[Block]) -> Vec<Mistake> {
    let declarations = || declarations(attachment, blocks);
    let mut mistakes = Vec::new();
    for (symbolizer, needed) in [
        ("text", &["text-name", "text-face-name"][..]),
        ("shield", &["shield-file", "shield-face-name"]),
        ("line-pattern", &["line-pattern-file"]),
        ("polygon-pattern", &["polygon-pattern-file"]),
    ] {
        let Some(first) = declarations().find(|found| found.symbolizer == symbolizer) else { continue };
        let missing = needed.iter().find(|needed| !declarations().any(|found| found.property == **needed));
        if let Some(missing) = missing {
            let message = message!("Property {missing} required for defining {symbolizer} styles.");
            mistakes.push(Mistake::new(first.at, message));
        }
    }
    mistakes
}

/// Does a property take these values?
fn is_valid(property: &properties::Property, first: &Expression, values: &[Expression]) -> bool {
    let given = first.type_name();
    match (property.kind, first) {
        (Kind::Keyword(words), Expression::Keyword(word)) if given == "keyword" => words.contains(&word.as_str()),
        (kind, Expression::Keyword(_)) if given == "keyword" => {
            // `none` is how many properties say that there is nothing.
            kind == Kind::String || kind == Kind::Functions
        }
        // Names of colours are words to properties that take words, such as `comp-op: color`.
        (Kind::Numbers, _) => values.iter().all(|value| match value {
            Expression::List(list) => list.iter().all(|value| value.type_name() == "float"),
            value => value.type_name() == "float",
        }),
        (Kind::Functions, Expression::Call { .. } | Expression::List(_) | Expression::Quoted(_)) => true,
        (Kind::Functions, _) => given == "imagefilter",
        (Kind::Tags, _) => matches!(first, Expression::Call { .. } | Expression::List(_)),
        (Kind::Unsigned, _) => given == "float",
        _ if property.expression => true,
        (kind, _) => kind.is_called(given),
    }
}

fn columns_of(attachments: &[Attachment], blocks: &[Block], mistakes: &mut Mistakes) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    let mut note = |name: &str, at: usize| {
        if name.starts_with("mapnik::") || known.contains(name) {
            return;
        }
        if columns.len() == MOST_COLUMNS {
            mistakes.push(Mistake::new(at, message!("A style may read {MOST_COLUMNS} columns.")));
        }
        if columns.len() <= MOST_COLUMNS {
            known.insert(name.to_owned());
            columns.push(name.to_owned());
        }
    };
    let mut seen = HashSet::new();
    let mut seen_filters = HashSet::new();
    for definition in attachments.iter().flat_map(|attachment| &attachment.definitions) {
        for filter in definition.filters.iter().filter(|filter| seen_filters.insert(Arc::as_ptr(filter))) {
            filter.column.each_column(&mut |name| note(name, filter.at));
            filter.value.each_column(&mut |name| note(name, filter.at));
        }
        let block = blocks.get(definition.block).filter(|_| seen.insert(definition.block));
        for declaration in block.into_iter().flat_map(|block| &block.declarations) {
            declaration.values.iter().for_each(|value| value.each_column(&mut |name| note(name, declaration.at)));
        }
    }
    columns
}
