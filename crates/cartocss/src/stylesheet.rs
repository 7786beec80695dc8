//! A stylesheet for one layer, and what it says at a zoom level.

use crate::compiler::compile;
use crate::error::{Error, Mistake, Problem};
use crate::evaluation::{Rule, Style, Test};
use crate::expression::Expression;
use crate::limits::{LONGEST_NAME, LONGEST_STYLE, beginning};
use crate::maps::HashMap;
use crate::message::{Message, message};
use crate::picture;
use crate::selector::{ALL_ZOOMS, DEEPEST_ZOOM, Filter};
use crate::symbolizer::Color;
use crate::undrawn;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Pixels of a marker and of its outline that does not say them.
const USUAL_MARKER: f64 = 10.0;
const USUAL_LINE: f64 = 0.5;

/// What texts may begin with that came from files.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// A property with its checked values.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) symbolizer: &'static str,
    pub(crate) instance: String,
    pub(crate) property: &'static str,
    pub(crate) values: Vec<Expression>,
    pub(crate) at: usize,
}

/// What the declarations of a block say; each property once, because the first counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) declarations: Vec<Declaration>,
    /// Place of the first declaration.
    pub(crate) first: Option<usize>,
    pub(crate) is_drawn: bool,
}

/// A block, for all that one of its selectors applies to.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) attachment: Arc<str>,
    pub(crate) zooms: u32,
    pub(crate) filters: Vec<Arc<Filter>>,
    pub(crate) specificity: [usize; 4],
    /// Number of the block, which many definitions may share.
    pub(crate) block: usize,
}

/// The definitions of one attachment, most specific first.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) name: Arc<str>,
    pub(crate) definitions: Vec<Definition>,
    /// Their blocks, each once.
    pub(crate) blocks: Vec<usize>,
}

/// A style that was parsed and checked.
#[derive(Clone, Debug)]
pub struct Stylesheet {
    pub(crate) blocks: Vec<Block>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) columns: Vec<String>,
    pub(crate) background: Option<Color>,
    /// The first property that is not drawn, as a message, and where it is.
    pub(crate) undrawn: Option<Problem>,
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
        let refused = |message: Message| {
            let problem = Mistake { at: 0, message }.whole();
            Error { style: style.to_owned(), problems: vec![problem] }
        };
        let too_long = || refused(message!("CartoCSS is longer than {LONGEST_STYLE} bytes"));
        if text.len() > LONGEST_STYLE {
            return Err(too_long());
        }
        // Some editors begin every file with it.
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if text.trim().is_empty() {
            return Err(refused("CartoCSS is empty".into()));
        }
        let text = with_layer_name(&compact::replace(text, "\r\n", "\n"), layer).ok_or_else(too_long)?;
        let compiled = compile(&text).map_err(|mistakes| Error {
            style: style.to_owned(),
            problems: mistakes.into_iter().map(|mistake| mistake.locate(&text)).collect(),
        })?;
        let undrawn = undrawn::first(&compiled.blocks, &text);
        Ok(Self { undrawn, ..compiled })
    }

    /// The first property of the style that is allowed but not drawn: its line, its column, and its name as the message.
    #[must_use]
    pub fn undrawn(&self) -> Option<&Problem> {
        self.undrawn.as_ref()
    }

    /// The columns that filters and values read, each once.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Addresses of the pictures that the style draws, as far as they do not depend on features; each once.
    #[must_use]
    pub fn pictures(&self) -> Vec<String> {
        let declarations = self.blocks.iter().flat_map(|block| &block.declarations);
        let files = declarations.filter(|declaration| picture::FILES.contains(&declaration.property));
        let constant = files.filter_map(|file| file.values.first()).filter(|value| !value.is_dynamic());
        let mut addresses: Vec<String> = constant.map(Expression::text).collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }

    /// Are there labels?
    #[must_use]
    pub fn draws_text(&self) -> bool {
        self.declarations().any(|declaration| declaration.symbolizer == "text")
    }

    /// May the marker of a point reach farther than some pixels, or look otherwise because of what is farther away? That is
    /// so with labels, markers that give way to others, and sizes that depend on the data.
    ///
    /// ```
    /// let style = cartocss::Stylesheet::parse("#l { marker-width: 9; marker-allow-overlap: true; [a > 1] { marker-width: 20; } }")?;
    /// assert!(style.reaches_beyond(9.0) && !style.reaches_beyond(16.0));
    /// # Ok::<(), cartocss::Error>(())
    /// ```
    #[must_use]
    pub fn reaches_beyond(&self, pixels: f64) -> bool {
        let is_true = |declaration: &Declaration| {
            declaration.values.first().is_some_and(|value| !value.is_dynamic() && value.text() == "true")
        };
        let overlaps = |declaration: &&Declaration| declaration.property == "marker-allow-overlap";
        let is_free = |attachment: &Attachment| {
            let mut always = attachment.definitions.iter().filter(|definition| definition.filters.is_empty());
            always.any(|definition| {
                let block = self.blocks.get(definition.block).filter(|_| definition.zooms == ALL_ZOOMS);
                block.is_some_and(|block| block.declarations.iter().filter(overlaps).any(is_true))
            })
        };
        let (mut size, mut line) = (USUAL_MARKER, USUAL_LINE);
        for declaration in self.declarations() {
            let number = match declaration.values.first() {
                Some(Expression::Number { value, .. }) => *value,
                _ => f64::INFINITY,
            };
            // Markers of other names are drawn beside those without one.
            if !declaration.instance.is_empty() || declaration.property.ends_with("transform") {
                return true;
            }
            match declaration.property {
                "marker-width" | "marker-height" => size = size.max(number),
                "marker-line-width" => line = line.max(number),
                "marker-allow-overlap" if !is_true(declaration) => return true,
                _ => {}
            }
        }
        self.draws_text() || !self.attachments.iter().all(is_free) || (size + line) / 2.0 + 1.0 > pixels
    }

    /// Are there pictures, as markers or as patterns?
    #[must_use]
    pub fn draws_pictures(&self) -> bool {
        self.declarations().any(|declaration| picture::FILES.contains(&declaration.property))
    }

    /// Are there lines beside their geometry? On which side depends on where that begins.
    #[must_use]
    pub fn draws_aside(&self) -> bool {
        self.declarations().any(|declaration| declaration.property == "line-offset")
    }

    fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        self.blocks.iter().flat_map(|block| &block.declarations)
    }

    /// Puts another address, such as a data URL, in place of a picture's.
    pub fn embed_picture(&mut self, address: &str, data: &str) {
        let data: Arc<str> = data.into();
        let declarations = self.blocks.iter_mut().flat_map(|block| &mut block.declarations);
        for file in declarations.filter(|declaration| picture::FILES.contains(&declaration.property)) {
            if let Some(value) = file.values.first_mut().filter(|value| !value.is_dynamic() && value.text() == address)
            {
                *value = Expression::Url(data.clone());
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
            .filter(|definition| self.blocks.get(definition.block).is_some_and(|block| block.is_drawn))
            .fold(0, |zooms, definition| zooms | definition.zooms)
    }

    /// The styles of a zoom level, one for each attachment in the order in which they are painted, for features whose
    /// fields are the values of the given columns.
    pub fn at<S: AsRef<str>>(&self, zoom: u32, columns: &[S]) -> Vec<Style<'_>> {
        let columns: Vec<&str> = columns.iter().map(AsRef::as_ref).collect();
        self.attachments.iter().filter_map(|attachment| self.style_at(attachment, zoom, &columns)).collect()
    }

    fn style_at<'a>(&'a self, attachment: &'a Attachment, zoom: u32, columns: &[&str]) -> Option<Style<'a>> {
        // Rules of nested blocks share filters, each of which is looked at once.
        let mut known: HashMap<*const Filter, u32> = HashMap::new();
        let mut tests = Vec::new();
        let mut number = |filter: &'a Arc<Filter>| {
            *known.entry(Arc::as_ptr(filter)).or_insert_with(|| {
                tests.push(Test::new(filter, columns));
                (tests.len() - 1) as u32
            })
        };
        let visible = attachment.definitions.iter().filter(|found| found.zooms & zoom_bit(zoom) != 0);
        let rules: Vec<Rule> = visible
            .map(|found| Rule { tests: found.filters.iter().map(&mut number).collect(), block: found.block })
            .collect();
        let value = |property: &str| {
            let blocks = attachment.blocks.iter().filter_map(|block| self.blocks.get(*block));
            let mut declarations = blocks.flat_map(|block| &block.declarations);
            declarations.find(|declaration| declaration.property == property)?.values.first()
        };
        (!rules.is_empty()).then(|| Style::new(&attachment.name, &self.blocks, (tests, rules), columns, &value))
    }
}

fn zoom_bit(zoom: u32) -> u32 {
    1 << zoom.min(DEEPEST_ZOOM)
}

/// Replaces the `#name` of selectors, unless that makes the text too long.
fn with_layer_name(text: &str, layer: &str) -> Option<String> {
    let layer = beginning(layer, LONGEST_NAME);
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(hash) = rest.find('#') {
        let (before, from_hash) = rest.split_at_checked(hash).unwrap_or((rest, ""));
        replaced.push_str(before);
        replaced.push('#');
        let name = from_hash.get(1..).unwrap_or("");
        let ends = |character: char| character.is_whitespace() || matches!(character, '[' | '{' | ';' | ':');
        let length = name.find(ends).unwrap_or(name.len());
        let behind = name.get(length..).unwrap_or("");
        let next = behind.trim_start();
        if length > 0 && next.starts_with([':', '[', '{']) {
            replaced.push_str(layer);
            replaced.push(' ');
            rest = next;
        } else {
            // What holds for this sign holds for all that follow it in the same word.
            replaced.push_str(name.get(..length).unwrap_or(""));
            rest = behind;
        }
        if replaced.len() > LONGEST_STYLE {
            return None;
        }
    }
    replaced.push_str(rest);
    (replaced.len() <= LONGEST_STYLE).then_some(replaced)
}
