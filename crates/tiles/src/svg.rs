//! SVG of strangers: what is drawn of it, and how much it may be.
//!
//! A few bytes of SVG can stand for any amount of work: filters compute for minutes, patterns take any memory, references
//! multiply. What would be too much is refused before the library expands it, and once more when it is expanded.

use crate::picture::PictureError;
use resvg::usvg::roxmltree::{self, Document, Node as Element, NodeId};
use resvg::usvg::{self, Group, Node, Paint, Tree};
use std::collections::HashMap;
use tiny_skia::{Path, PathSegment};

/// Elements, and how deep they may be nested, references counted.
const MOST_ELEMENTS: u32 = 20_000;
const DEEPEST: usize = 48;

/// Bytes of all attributes, as often as references repeat them.
const MOST_EXPANDED: usize = 4 << 20;

/// What an element takes beside its attributes.
const ELEMENT_BYTES: usize = 64;

/// Nodes that are drawn, the segments of their paths, and dashes of their outlines.
const MOST_NODES: usize = 5_000;
const MOST_SEGMENTS: usize = 200_000;
const MOST_DASHES: f32 = 10_000.0;

/// Bytes of a type definition, and references to what it defines.
const LONGEST_DEFINITION: usize = 4_096;
const MOST_ENTITIES: usize = 100;

/// Rules of a style sheet times elements, and parts of a selector.
const MOST_MATCHES: usize = 200_000;
const LONGEST_SELECTOR: usize = 3;

/// Elements in clips and masks, and bytes of a picture, whose style sheet refers to such.
const MOST_CLIPPING: usize = 6;
const MOST_STYLED: usize = 64 << 10;

/// Pixels times nodes that are painted for one picture.
const MOST_PAINTED: f32 = 5e8;

/// A picture that may be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Svg {
    pub(crate) tree: Box<Tree>,
    /// How many times all of its pixels may have to be painted.
    passes: f32,
}

impl Svg {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        let text = std::str::from_utf8(bytes).map_err(|_| PictureError::Data)?;
        check_entities(text)?;
        let options = roxmltree::ParsingOptions { allow_dtd: true, nodes_limit: MOST_ELEMENTS, ..Default::default() };
        let document = Document::parse_with_options(text, options).map_err(|error| match error {
            roxmltree::Error::NodesLimitReached => PictureError::TooMuch,
            _ => PictureError::Data,
        })?;
        check(&document)?;
        // A picture reads neither files nor other pictures.
        let options = usvg::Options {
            image_href_resolver: usvg::ImageHrefResolver {
                resolve_data: Box::new(|_, _, _| None),
                resolve_string: Box::new(|_, _| None),
            },
            ..usvg::Options::default()
        };
        let tree = Tree::from_xmltree(&document, &options).map_err(|_| PictureError::Data)?;
        let mut drawn = Drawn::default();
        drawn.group(tree.root())?;
        Ok(Self { passes: (drawn.nodes + 4 * drawn.layers) as f32, tree: Box::new(tree) })
    }

    /// May it be drawn with so many pixels?
    pub(crate) fn fits(&self, pixels: f32) -> bool {
        pixels * self.passes <= MOST_PAINTED
    }
}

/// Entities may stand for names, as drawing programs write them, but not for each other and not for whole pictures.
fn check_entities(text: &str) -> Result<(), PictureError> {
    let Some(start) = text.find("<!ENTITY") else { return Ok(()) };
    let definition = text.get(start..).and_then(|rest| rest.find("]>").and_then(|end| rest.get(..end)));
    let definition = definition.ok_or(PictureError::Data)?;
    let is_plain = definition.len() <= LONGEST_DEFINITION && !definition.contains(['&', '%']);
    let is_used_little = text.matches('&').count() <= MOST_ENTITIES;
    if is_plain && is_used_little { Ok(()) } else { Err(PictureError::TooMuch) }
}

/// How large a part of a picture is with all that it refers to.
#[derive(Clone, Copy, Default)]
struct Size {
    bytes: usize,
    elements: usize,
}

impl Size {
    fn add(&mut self, other: Size) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.elements = self.elements.saturating_add(other.elements);
    }
}

/// Measures parts of a picture, each once.
struct Measure<'a, 'input> {
    by_name: HashMap<&'a str, Element<'a, 'input>>,
    /// Nothing for a part that is being measured: it refers to itself.
    known: HashMap<NodeId, Option<Size>>,
}

impl<'a, 'input> Measure<'a, 'input> {
    fn size(&mut self, element: Element<'a, 'input>, depth: usize) -> Result<Size, PictureError> {
        match self.known.get(&element.id()) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(PictureError::TooMuch),
            None if depth > DEEPEST => return Err(PictureError::TooMuch),
            None => {}
        }
        self.known.insert(element.id(), None);
        let mut size = Size { bytes: ELEMENT_BYTES, elements: 1 };
        for attribute in element.attributes() {
            let value = attribute.value();
            size.bytes = size.bytes.saturating_add(value.len());
            // Markers stand at every corner of a path.
            let is_marker = match attribute.name() {
                "style" => has_markers(value),
                name => name.starts_with("marker"),
            };
            if is_marker && value.contains("url") {
                return Err(PictureError::TooMuch);
            }
            for name in references(value).chain(value.strip_prefix('#').filter(|_| attribute.name() == "href")) {
                if let Some(found) = self.by_name.get(name).copied() {
                    size.add(self.size(found, depth + 1)?);
                }
            }
        }
        for child in element.children().filter(Element::is_element) {
            size.add(self.size(child, depth + 1)?);
        }
        if size.bytes > MOST_EXPANDED {
            return Err(PictureError::TooMuch);
        }
        self.known.insert(element.id(), Some(size));
        Ok(size)
    }
}

/// The names in `url(#name)`.
fn references(value: &str) -> impl Iterator<Item = &str> {
    value.split("url(").skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches(|sign: char| sign.is_whitespace() || matches!(sign, '"' | '\''));
        let name = rest.strip_prefix('#')?;
        name.get(..name.find(['"', '\'', ')']).unwrap_or(name.len())).map(str::trim_end)
    })
}

/// Does a style put markers on paths?
fn has_markers(style: &str) -> bool {
    style.split("marker").skip(1).any(|rest| {
        let rest = ["-start", "-mid", "-end"].iter().find_map(|which| rest.strip_prefix(which)).unwrap_or(rest);
        rest.trim_start().strip_prefix(':').is_some_and(|value| value.trim_start().starts_with("url"))
    })
}

/// Is the picture small enough to be expanded?
fn check(document: &Document<'_>) -> Result<(), PictureError> {
    let mut measure = Measure { by_name: HashMap::new(), known: HashMap::new() };
    let elements = || document.descendants().filter(Element::is_element);
    for element in elements() {
        if let Some(name) = element.attribute("id") {
            measure.by_name.entry(name).or_insert(element);
        }
    }
    let whole = measure.size(document.root_element(), 0)?;
    let sheet: String = elements()
        .filter(|element| element.has_tag_name("style"))
        .flat_map(|element| element.descendants().filter_map(|inner| inner.text()))
        .collect();
    if sheet.is_empty() {
        return Ok(());
    }
    let rules = sheet.matches('{').count() + sheet.matches(',').count();
    let selectors = sheet.split('}').filter_map(|rule| rule.split('{').next()).flat_map(|all| all.split(','));
    let longest = selectors
        .map(|one| one.split(|sign: char| sign.is_whitespace() || matches!(sign, '>' | '+' | '~')))
        .map(|parts| parts.filter(|part| !part.is_empty()).count())
        .max();
    if rules.saturating_mul(whole.elements) > MOST_MATCHES || longest.unwrap_or(0) > LONGEST_SELECTOR {
        return Err(PictureError::TooMuch);
    }
    if has_markers(&sheet) {
        return Err(PictureError::TooMuch);
    }
    // Colours that run are small. Whatever else a rule refers to, any element may have.
    let is_gradient = |name: &str| {
        let found = measure.by_name.get(name).map(|found| found.tag_name().name());
        matches!(found, None | Some("linearGradient" | "radialGradient"))
    };
    if references(&sheet).all(is_gradient) {
        return Ok(());
    }
    let clipping: usize = elements()
        .filter(|element| matches!(element.tag_name().name(), "clipPath" | "mask" | "pattern" | "marker" | "symbol"))
        .filter_map(|element| measure.known.get(&element.id()).copied().flatten())
        .map(|size| size.elements - 1)
        .sum();
    if clipping > MOST_CLIPPING || whole.bytes > MOST_STYLED { Err(PictureError::TooMuch) } else { Ok(()) }
}

/// What an expanded picture draws.
#[derive(Default)]
struct Drawn {
    nodes: usize,
    segments: usize,
    dashes: f32,
    /// Groups that are painted apart before they are painted.
    layers: usize,
}

impl Drawn {
    fn group(&mut self, group: &Group) -> Result<(), PictureError> {
        if !group.filters().is_empty() {
            return Err(PictureError::Filters);
        }
        self.layers += usize::from(group.should_isolate());
        for node in group.children() {
            self.nodes += 1;
            let mut found = Ok(());
            match node {
                Node::Group(group) => self.group(group)?,
                Node::Path(path) => self.path(path)?,
                Node::Image(_) | Node::Text(_) => {}
            }
            node.subroots(|group| {
                if found.is_ok() {
                    found = self.group(group);
                }
            });
            found?;
            if self.nodes > MOST_NODES || self.segments > MOST_SEGMENTS || self.dashes > MOST_DASHES {
                return Err(PictureError::TooMuch);
            }
        }
        Ok(())
    }

    fn path(&mut self, path: &usvg::Path) -> Result<(), PictureError> {
        self.segments += path.data().len();
        let is_pattern = |paint: &Paint| matches!(paint, Paint::Pattern(_));
        let fill = path.fill().is_some_and(|fill| is_pattern(fill.paint()));
        if fill || path.stroke().is_some_and(|stroke| is_pattern(stroke.paint())) {
            return Err(PictureError::Patterns);
        }
        if let Some(dashes) = path.stroke().and_then(|stroke| stroke.dasharray()) {
            let period: f32 = dashes.iter().sum();
            self.dashes += length(path.data()) / period * dashes.len() as f32;
            // What is no number is none that may be drawn.
            if self.dashes.is_nan() {
                return Err(PictureError::TooMuch);
            }
        }
        Ok(())
    }
}

/// The length of a path, or somewhat more: curves are as long as their corners are apart.
fn length(path: &Path) -> f32 {
    let mut length = 0.0;
    let (mut start, mut at) = (tiny_skia::Point::zero(), tiny_skia::Point::zero());
    let mut walk = |points: &[tiny_skia::Point]| {
        for point in points {
            length += at.distance(*point);
            at = *point;
        }
    };
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => start = to,
            PathSegment::LineTo(to) => walk(&[to]),
            PathSegment::QuadTo(one, to) => walk(&[one, to]),
            PathSegment::CubicTo(one, other, to) => walk(&[one, other, to]),
            PathSegment::Close => walk(&[start]),
        }
    }
    length
}
