//! XML in pieces: elements are read one at a time, never the whole document.

use super::ImportError;
use super::encoding::Limited;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::{BufReader, Read};

/// Levels of elements.
const DEEPEST: usize = 200;
/// Bytes between two tags, and of one element that is read whole.
const LONGEST: u64 = 256 << 20;

/// A tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// Its name without a prefix.
    pub name: String,
    /// Its attributes, their names without a prefix.
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An element with all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its tag.
    pub tag: Tag,
    /// Its text, without that of its children.
    pub text: String,
    /// Elements in it.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.tag.name == name)
    }

    /// Its text without blanks around it; none when there is none.
    pub fn plain_text(&self) -> Option<String> {
        let text = self.text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// An element begins.
    Open(Tag),
    /// A part of a text.
    Text(String),
    /// The last element that began ends.
    Close,
}

/// A document that is being read.
pub struct Xml<R: Read> {
    reader: quick_xml::Reader<BufReader<Limited<R>>>,
    buffer: Vec<u8>,
    depth: usize,
    since: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl<R: Read> Xml<R> {
    /// Begins to read.
    pub fn new(source: R) -> Xml<R> {
        let (limited, since) = Limited::new(source, LONGEST, "an element does not end");
        let mut reader = quick_xml::Reader::from_reader(BufReader::with_capacity(64 << 10, limited));
        reader.config_mut().expand_empty_elements = true;
        Xml { reader, buffer: Vec::new(), depth: 0, since }
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// The document is broken, or nested too deeply.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, ImportError> {
        self.since.store(0, std::sync::atomic::Ordering::Relaxed);
        self.piece()
    }

    fn piece(&mut self) -> Result<Option<Piece>, ImportError> {
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            let event = event.map_err(|error| ImportError(format!("The XML cannot be read: {error}.")))?;
            return Ok(Some(match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(ImportError("The XML is nested too deeply.".into()));
                    }
                    Piece::Open(tag(&start))
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Piece::Close
                }
                Event::Text(text) => Piece::Text(text.into_inner().into_owned()),
                Event::CData(text) => Piece::Text(text.into_inner().into_owned()),
                Event::GeneralRef(reference) => Piece::Text(referred(&reference)),
                Event::Eof if self.depth == 0 => return Ok(None),
                Event::Eof => return Err(ImportError("The XML cannot be read: it is cut off.".into())),
                // What a document type declares is never expanded.
                _ => continue,
            }));
        }
    }

    /// The rest of an element that began with this tag.
    ///
    /// # Errors
    /// As [`Xml::next`].
    pub fn element(&mut self, tag: Tag) -> Result<Element, ImportError> {
        self.since.store(0, std::sync::atomic::Ordering::Relaxed);
        let mut open = vec![Element { tag, ..Element::default() }];
        loop {
            match self.piece()? {
                Some(Piece::Open(tag)) => open.push(Element { tag, ..Element::default() }),
                Some(Piece::Text(text)) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Some(Piece::Close) => match (open.pop(), open.last_mut()) {
                    (Some(element), Some(parent)) => parent.children.push(element),
                    (Some(element), None) => return Ok(element),
                    (None, _) => return Err(ImportError("The XML cannot be read.".into())),
                },
                None => return Err(ImportError("The XML cannot be read: it is cut off.".into())),
            }
        }
    }

    /// Passes over the rest of an element that began.
    ///
    /// # Errors
    /// As [`Xml::next`].
    pub fn skip(&mut self) -> Result<(), ImportError> {
        let mut depth = 1;
        while depth > 0 {
            match self.next_piece()? {
                Some(Piece::Open(_)) => depth += 1,
                Some(Piece::Close) => depth -= 1,
                Some(Piece::Text(_)) => {}
                None => break,
            }
        }
        Ok(())
    }
}

fn tag(start: &BytesStart<'_>) -> Tag {
    let attributes = start.attributes().flatten().map(|attribute| {
        let value =
            attribute.normalized_value(XmlVersion::Implicit1_0).map(std::borrow::Cow::into_owned).unwrap_or_default();
        (attribute.key.local_name().as_ref().to_owned(), value)
    });
    Tag { name: start.local_name().as_ref().to_owned(), attributes: attributes.collect() }
}

/// The letters that a reference stands for; those of documents of their own stand for nothing.
fn referred(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        return letter.to_string();
    }
    resolve_predefined_entity(reference).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Result<Element, ImportError> {
        let mut xml = Xml::new(text.as_bytes());
        loop {
            match xml.next_piece()? {
                Some(Piece::Open(tag)) => return xml.element(tag),
                Some(_) => {}
                None => return Err(ImportError("empty".into())),
            }
        }
    }

    #[test]
    fn elements_have_texts_and_children() {
        let element = first(
            "<?xml version=\"1.0\"?><k:a xmlns:k=\"x\" b=\"&lt;1\">x &amp; <![CDATA[<y>]]> &#233;<c/><d>z</d></k:a>",
        )
        .unwrap();
        assert_eq!((element.tag.name.as_str(), element.tag.attribute("b")), ("a", Some("<1")));
        assert_eq!(element.text, "x & <y> é");
        assert_eq!(element.child("d").and_then(Element::plain_text), Some("z".to_owned()));
        assert_eq!(element.child("c").and_then(Element::plain_text), None);
    }

    #[test]
    fn documents_do_not_explode() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"xxxxxxxxxx\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>";
        assert_eq!(first(bomb).unwrap().text, "");
        assert!(first(&"<a>".repeat(100_000)).is_err());
        assert!(first("<a><b></a>").is_err() && first("<a>").is_err());
    }
}
