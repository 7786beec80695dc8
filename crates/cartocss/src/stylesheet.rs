//! A stylesheet for one layer: rulesets put flat, values checked, rules in order of specificity.

use crate::error::{Error, Mistake, Problem};
use crate::evaluation::{Rule, Style, Test};
use crate::expression::{Expression, Variables};
use crate::parser::{self, Node, Ruleset};
use crate::picture;
use crate::properties::{self, Kind};
use crate::selector::{ALL_ZOOMS, Comparison, DEEPEST_ZOOM, Filter, Selector};
use crate::symbolizer::Color;
use std::ops::RangeInclusive;

/// A property with its checked values.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) symbolizer: &'static str,
    pub(crate) instance: String,
    pub(crate) property: &'static str,
    pub(crate) values: Vec<Expression>,
    pub(crate) at: usize,
}

/// What a block says, for all that its selector applies to.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    attachment: String,
    zooms: u32,
    filters: Vec<Filter>,
    specificity: [usize; 4],
    declarations: Vec<Declaration>,
}

/// The definitions of one attachment, most specific first.
#[derive(Clone, Debug)]
struct Attachment {
    name: String,
    definitions: Vec<Definition>,
}

/// A style that was parsed and checked.
#[derive(Clone, Debug)]
pub struct Stylesheet {
    attachments: Vec<Attachment>,
    columns: Vec<String>,
    background: Option<Color>,
}

impl Stylesheet {
    /// Parses the style of a map's first layer. Selectors may name the layer as they like.
    ///
    /// # Errors
    /// The style is empty or wrong.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_named(text, "style0", "layer0")
    }

    /// Parses a style whose name stands in messages, for a layer of a name.
    ///
    /// As the original does, every `#name` before a block is first replaced by the layer's name, so the columns in
    /// messages are those of the replaced text. A layer without an identifier is called `layer0`, `layer1`, ….
    ///
    /// # Errors
    /// The style is empty or wrong.
    pub fn parse_named(text: &str, style: &str, layer: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            let problem = Problem { line: 0, column: 0, message: "CartoCSS is empty".to_owned() };
            return Err(Error { style: style.to_owned(), problems: vec![problem] });
        }
        let text = with_layer_name(&text.replace("\r\n", "\n"), layer);
        compile(&text).map_err(|mistakes| Error {
            style: style.to_owned(),
            problems: mistakes.into_iter().map(|mistake| mistake.locate(&text)).collect(),
        })
    }

    /// The columns that filters and values read, each once.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Addresses of the pictures that the style draws, as far as they do not depend on features; each once.
    #[must_use]
    pub fn pictures(&self) -> Vec<String> {
        let definitions = self.attachments.iter().flat_map(|attachment| &attachment.definitions);
        let declarations = definitions.flat_map(|definition| &definition.declarations);
        let files = declarations.filter(|declaration| picture::FILES.contains(&declaration.property));
        let constant = files.filter_map(|file| file.values.first()).filter(|value| !value.is_dynamic());
        let mut addresses: Vec<String> = constant.map(Expression::text).collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }

    /// Puts another address, such as a data URL, in place of a picture's.
    pub fn embed_picture(&mut self, address: &str, data: &str) {
        let definitions = self.attachments.iter_mut().flat_map(|attachment| &mut attachment.definitions);
        let declarations = definitions.flat_map(|definition| &mut definition.declarations);
        for file in declarations.filter(|declaration| picture::FILES.contains(&declaration.property)) {
            if let Some(value) = file.values.first_mut().filter(|value| !value.is_dynamic() && value.text() == address)
            {
                *value = Expression::Url(data.to_owned());
            }
        }
    }

    /// The colour behind the map, if the style says one.
    #[must_use]
    pub fn background(&self) -> Option<Color> {
        self.background
    }

    /// Is anything drawn at a zoom level?
    #[must_use]
    pub fn is_drawn_at(&self, zoom: u32) -> bool {
        self.drawn_zooms() & zoom_bit(zoom) != 0
    }

    /// The zoom levels at which anything is drawn, as ranges. The last level of CartoCSS, 25, stands for all deeper
    /// ones too.
    #[must_use]
    pub fn zooms(&self) -> Vec<RangeInclusive<u32>> {
        let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
        for zoom in (0..=DEEPEST_ZOOM).filter(|zoom| self.is_drawn_at(*zoom)) {
            match ranges.last_mut() {
                Some(last) if *last.end() + 1 == zoom => *last = *last.start()..=zoom,
                _ => ranges.push(zoom..=zoom),
            }
        }
        ranges
    }

    fn drawn_zooms(&self) -> u32 {
        self.attachments
            .iter()
            .flat_map(|attachment| &attachment.definitions)
            .filter(|definition| definition.declarations.iter().any(|declaration| declaration.symbolizer != "*"))
            .fold(0, |zooms, definition| zooms | definition.zooms)
    }

    /// The styles of a zoom level, one for each attachment in the order in which they are painted, for features whose
    /// fields are the values of the given columns.
    pub fn at<S: AsRef<str>>(&self, zoom: u32, columns: &[S]) -> Vec<Style<'_>> {
        let columns: Vec<&str> = columns.iter().map(AsRef::as_ref).collect();
        self.attachments
            .iter()
            .filter_map(|attachment| {
                let rules: Vec<Rule<'_>> = attachment
                    .definitions
                    .iter()
                    .filter(|definition| definition.zooms & zoom_bit(zoom) != 0)
                    .map(|definition| Rule {
                        tests: definition.filters.iter().map(|filter| Test::new(filter, &columns)).collect(),
                        declarations: &definition.declarations,
                    })
                    .collect();
                let whole = || attachment.definitions.iter().flat_map(|definition| &definition.declarations);
                let style_value = |property: &str| {
                    whole().find(|declaration| declaration.property == property).and_then(|found| found.values.first())
                };
                (!rules.is_empty()).then(|| Style::new(&attachment.name, rules, &columns, &style_value))
            })
            .collect()
    }
}

fn zoom_bit(zoom: u32) -> u32 {
    1 << zoom.min(DEEPEST_ZOOM)
}

/// Replaces the `#name` of selectors.
fn with_layer_name(text: &str, layer: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(hash) = rest.find('#') {
        let (before, from_hash) = rest.split_at_checked(hash).unwrap_or((rest, ""));
        replaced.push_str(before);
        let name = from_hash.get(1..).unwrap_or("");
        let ends = |character: char| character.is_whitespace() || matches!(character, '[' | '{' | ';' | ':');
        let length = name.find(ends).unwrap_or(name.len());
        let behind = name.get(length..).unwrap_or("").trim_start();
        if length > 0 && behind.starts_with([':', '[', '{']) {
            replaced.push('#');
            replaced.push_str(layer);
            replaced.push(' ');
            rest = behind;
        } else {
            replaced.push('#');
            rest = name;
        }
    }
    replaced.push_str(rest);
    replaced
}

fn compile(text: &str) -> Result<Stylesheet, Vec<Mistake>> {
    let nodes = parser::parse(text)?;
    let variables = Variables::new(
        nodes
            .iter()
            .filter_map(|node| match node {
                Node::Declaration(variable) => Some((variable.name.as_str(), variable.values.as_slice())),
                Node::Ruleset(_) => None,
            })
            .filter(|(name, _)| name.starts_with('@'))
            .collect(),
    );
    let mut compiler = Compiler { variables, definitions: Vec::new(), background: None, mistakes: Vec::new() };
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
    definitions: Vec<Definition>,
    background: Option<Color>,
    mistakes: Vec<Mistake>,
}

impl Compiler<'_> {
    /// Notes the definitions of a block and of the blocks in it. `has_line_width` tells whether a block around it says
    /// how wide the lines of markers are.
    fn flatten(&mut self, ruleset: &Ruleset, outer: &[Selector], has_line_width: bool) {
        let selectors: Vec<Selector> = match outer {
            [] => ruleset.selectors.clone(),
            outer => ruleset
                .selectors
                .iter()
                .flat_map(|inner| outer.iter().map(|outer| outer.nested(inner)))
                .filter(|selector| selector.applies() || selector.is_map())
                .collect(),
        };
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
        let mut declarations = Vec::new();
        let mut first = None;
        for node in &ruleset.nodes {
            match node {
                Node::Ruleset(inner) => self.flatten(inner, &selectors, has_line_width),
                Node::Declaration(declaration) => {
                    first = first.or(Some(declaration.at));
                    match self.check(declaration) {
                        Ok(checked) => declarations.push(checked),
                        Err(mistake) => self.mistakes.push(mistake),
                    }
                }
            }
        }
        // CARTO carries styles over from Mapnik 2, where a line of markers was one pixel wide if there was one at all.
        let last_line = own().rfind(|own| own.name.starts_with("marker-line-"));
        if let Some(line) = last_line.filter(|_| !has_line_width) {
            declarations.push(Declaration {
                symbolizer: "markers",
                instance: String::new(),
                property: "marker-line-width",
                values: vec![Expression::number(1.0, "")],
                at: line.at,
            });
        }
        for mut selector in selectors {
            selector.at = first.unwrap_or(selector.at);
            match self.define(&selector, &declarations) {
                Ok(definition) => self.definitions.push(definition),
                Err(mistake) => self.mistakes.push(mistake),
            }
        }
    }

    fn define(&self, selector: &Selector, declarations: &[Declaration]) -> Result<Definition, Mistake> {
        let mut zooms = ALL_ZOOMS;
        for test in &selector.zooms {
            zooms &= test.zooms(&self.variables)?;
        }
        let filters = selector.filters.iter().map(|filter| self.resolve_filter(filter)).collect::<Result<_, _>>()?;
        Ok(Definition {
            attachment: selector.attachment.clone().unwrap_or_default(),
            zooms,
            filters,
            specificity: selector.specificity(),
            declarations: declarations.to_vec(),
        })
    }

    fn resolve_filter(&self, filter: &Filter) -> Result<Filter, Mistake> {
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
        let suits = match (&value, filter.comparison) {
            (Expression::Keyword(word), _) if !is_keyword(word) => {
                let message = format!("{word} is not a valid keyword in a filter expression");
                return Err(Mistake::new(filter.at, message));
            }
            (_, Comparison::Equal | Comparison::NotEqual) => true,
            (Expression::Quoted(pattern), Comparison::Matches) => {
                if let Err(error) = regex_lite::Regex::new(pattern) {
                    return Err(Mistake::new(filter.at, format!("Cannot read the pattern {pattern}: {error}")));
                }
                true
            }
            (_, Comparison::Matches) => false,
            (Expression::Quoted(text), _) => text.trim().parse::<f64>().is_ok(),
            (Expression::Number { .. } | Expression::Field(_), _) => true,
            _ => false,
        };
        if !suits {
            let sign = filter.comparison.sign();
            let message = format!("Cannot use operator \"{sign}\" with value {}", value.text());
            return Err(Mistake::new(filter.at, message));
        }
        Ok(Filter { column, value, ..filter.clone() })
    }

    /// Finds the property of a declaration, and tests whether its values are such as it takes.
    fn check(&self, declaration: &parser::Declaration) -> Result<Declaration, Mistake> {
        let parser::Declaration { name, instance, values, at } = declaration;
        let Some((symbolizer, property)) = properties::find(name) else {
            let hint = properties::nearest(name).map(|near| format!(". Did you mean {near}?")).unwrap_or_default();
            return Err(Mistake::new(*at, format!("Unrecognized rule: {name}{hint}")));
        };
        let mut resolved = Vec::with_capacity(values.len());
        for value in values {
            match self.variables.resolve(value) {
                // A variable with several values, such as the dashes of a line.
                Ok(Expression::List(list)) if matches!(value, Expression::Variable { .. }) => resolved.extend(list),
                Ok(value) => resolved.push(value),
                Err(mistake) if mistake.at == 0 => return Err(Mistake { at: *at, ..mistake }),
                Err(mistake) => return Err(mistake),
            }
        }
        let Some(first) = resolved.first() else {
            return Err(Mistake::new(*at, format!("Invalid value for {name}")));
        };
        if !is_valid(property, first, &resolved) {
            let text = resolved.iter().map(Expression::text).collect::<Vec<_>>().join(", ");
            let message = format!(
                "Invalid value for {name}, the type {} is expected. {text} (of type {})  was given.",
                property.kind.name(),
                first.type_name(),
            );
            return Err(Mistake::new(*at, message));
        }
        Ok(Declaration { symbolizer, instance: instance.clone(), property: property.name, values: resolved, at: *at })
    }

    fn map_properties(&mut self, ruleset: &Ruleset) {
        for node in &ruleset.nodes {
            let Node::Declaration(declaration) = node else { continue };
            match self.check(declaration) {
                Ok(Declaration { symbolizer: "map", property, values, .. }) => {
                    if let ("background-color", Some(Expression::Color(color))) = (property, values.first()) {
                        self.background = Some(Color::from_float(color));
                    }
                }
                Ok(other) => {
                    let message = format!("Rule {} not allowed for Map.", other.property);
                    self.mistakes.push(Mistake::new(other.at, message));
                }
                Err(mistake) => self.mistakes.push(mistake),
            }
        }
    }

    /// Sorts the definitions into attachments.
    fn finish(mut self) -> Result<Stylesheet, Vec<Mistake>> {
        self.definitions.sort_by_key(|definition| std::cmp::Reverse(definition.specificity));
        let mut attachments: Vec<Attachment> = Vec::new();
        for definition in self.definitions {
            match attachments.iter_mut().find(|attachment| attachment.name == definition.attachment) {
                Some(attachment) => attachment.definitions.push(definition),
                None => {
                    attachments.push(Attachment { name: definition.attachment.clone(), definitions: vec![definition] })
                }
            }
        }
        attachments.retain(|attachment| first_place(attachment).is_some());
        // The attachment whose first declaration stands first is painted first.
        attachments.sort_by_key(first_place);
        for attachment in &attachments {
            self.mistakes.extend(missing_properties(attachment));
        }
        self.mistakes.sort_by_key(|mistake| mistake.at);
        self.mistakes.dedup();
        if !self.mistakes.is_empty() {
            return Err(self.mistakes);
        }
        let columns = columns_of(&attachments);
        Ok(Stylesheet { attachments, columns, background: self.background })
    }
}

fn first_place(attachment: &Attachment) -> Option<usize> {
    attachment.definitions.iter().flat_map(|definition| &definition.declarations).map(|found| found.at).min()
}

/// Properties without which a symbolizer is nothing.
fn missing_properties(attachment: &Attachment) -> Vec<Mistake> {
    let declarations = || attachment.definitions.iter().flat_map(|definition| &definition.declarations);
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
            let message = format!("Property {missing} required for defining {symbolizer} styles.");
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
        (kind, _) => kind.name() == given,
    }
}

fn columns_of(attachments: &[Attachment]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let mut note = |name: &str| {
        if !name.starts_with("mapnik::") && !columns.iter().any(|known| known == name) {
            columns.push(name.to_owned());
        }
    };
    for definition in attachments.iter().flat_map(|attachment| &attachment.definitions) {
        for filter in &definition.filters {
            filter.column.each_column(&mut note);
            filter.value.each_column(&mut note);
        }
        for value in definition.declarations.iter().flat_map(|declaration| &declaration.values) {
            value.each_column(&mut note);
        }
    }
    columns
}
