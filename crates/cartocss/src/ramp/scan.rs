//! Where the ramps of a style are.

use super::arguments::{self, Node};
use crate::limits::{DEEPEST, MOST_RAMPS, beginning};

/// Bytes of selectors that clients are told.
const LONGEST_SELECTOR: usize = 4_096;

/// Bytes of space that are written again and again.
const MOST_SPACE: usize = 200;

/// A declaration whose value is a ramp.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// First byte of the declaration.
    pub(super) start: usize,
    /// The byte behind it and behind its semicolon, if it has one.
    pub(super) end: usize,
    pub(super) property: String,
    /// What is between property and value.
    pub(super) colon: String,
    /// Space before the declaration.
    pub(super) before: String,
    /// Selectors of all blocks around it.
    pub(super) selector: String,
    /// Selector of the block that it is in.
    pub(super) own_selector: String,
    pub(super) arguments: Vec<Node>,
    /// Number of the block that it is in, in the order of their beginnings.
    pub(super) block: usize,
    /// How many blocks are around it.
    pub(super) depth: usize,
    /// Is there a semicolon behind it?
    pub(super) has_semicolon: bool,
}

/// A block of rules.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Start of the last thing in it, when that is a declaration.
    pub(super) last_declaration: Option<usize>,
    /// Whether there is a semicolon behind it.
    pub(super) has_semicolon: bool,
}

/// How a style is written, so that what is added looks alike.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    pub(super) blocks: Vec<Block>,
    /// Space before the first declaration.
    pub(super) before_declaration: Option<String>,
    /// Space before the first opening brace.
    pub(super) before_open: Option<String>,
    /// Space before the first closing brace.
    pub(super) before_close: Option<String>,
    /// Space at the start of the first line within a block.
    pub(super) indent: Option<String>,
}

/// A block that is not yet closed.
struct Open {
    index: usize,
    selector: String,
}

struct Scan<'a> {
    text: &'a str,
    outline: Outline,
    found: Vec<Found>,
    open: Vec<Open>,
    /// Where the statement that is being read begins.
    item: Option<usize>,
    /// The byte behind the last statement or comment.
    behind: usize,
}

/// Goes through a style.
pub(super) fn scan(text: &str) -> (Outline, Vec<Found>) {
    let mut scan =
        Scan { text, outline: Outline::default(), found: Vec::new(), open: Vec::new(), item: None, behind: 0 };
    let mut at = 0;
    let mut parentheses = 0_usize;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or("");
        let is_line_remark = rest.starts_with("//") && parentheses == 0;
        if rest.starts_with("/*") || is_line_remark {
            let end = if is_line_remark { rest.find('\n') } else { rest.find("*/").map(|end| end + 2) };
            at += end.unwrap_or(rest.len());
            if scan.item.is_none() {
                scan.behind = at;
            }
            continue;
        }
        if !next.is_whitespace() && !matches!(next, '{' | '}' | ';') {
            scan.item.get_or_insert(at);
        }
        match next {
            '"' | '\'' => {
                at += arguments::quoted_length(rest);
                continue;
            }
            '(' => parentheses += 1,
            ')' => parentheses = parentheses.saturating_sub(1),
            '{' if parentheses == 0 => scan.opens(at),
            '}' if parentheses == 0 => scan.closes(at),
            ';' if parentheses == 0 => scan.ends(at, true),
            _ => {}
        }
        at += next.len_utf8();
    }
    (scan.outline, scan.found)
}

fn space_before(text: &str) -> String {
    short(text.get(text.trim_end().len()..).unwrap_or(""))
}

/// Space, unless it is so much that it would make a style many times as long.
fn short(space: &str) -> String {
    beginning(space, MOST_SPACE).to_owned()
}

impl Scan<'_> {
    fn opens(&mut self, at: usize) {
        let start = self.item.take().unwrap_or(at);
        let head = self.text.get(start..at).unwrap_or("");
        self.note_indent(self.behind, start);
        self.outline.before_open.get_or_insert_with(|| space_before(head));
        if let Some(outer) = self.open.last().and_then(|open| self.outline.blocks.get_mut(open.index)) {
            outer.last_declaration = None;
        }
        let selector = beginning(head.trim_end(), LONGEST_SELECTOR).to_owned();
        self.open.push(Open { index: self.outline.blocks.len(), selector });
        self.outline.blocks.push(Block { last_declaration: None, has_semicolon: false });
        self.behind = at + 1;
    }

    /// What is in the first block says how far blocks are indented.
    fn note_indent(&mut self, behind: usize, start: usize) {
        let before = self.text.get(behind..start).unwrap_or("");
        if let (1, Some((_, indent))) = (self.open.len(), before.rsplit_once('\n')) {
            self.outline.indent.get_or_insert_with(|| short(indent));
        }
    }

    fn closes(&mut self, at: usize) {
        self.ends(at, false);
        self.open.pop();
        let before = self.text.get(..at).unwrap_or("");
        self.outline.before_close.get_or_insert_with(|| space_before(before));
        self.behind = at + 1;
    }

    /// A declaration ends before a byte.
    fn ends(&mut self, at: usize, has_semicolon: bool) {
        let behind = std::mem::replace(&mut self.behind, at + usize::from(has_semicolon));
        let Some(start) = self.item.take() else { return };
        let text = self.text.get(start..at).unwrap_or("");
        let before = self.text.get(behind..start).unwrap_or("");
        if let Some(block) = self.open.last().and_then(|open| self.outline.blocks.get_mut(open.index)) {
            block.last_declaration = Some(start);
            block.has_semicolon = has_semicolon;
        }
        let Some((property, value)) = text.split_once(':').filter(|_| !text.starts_with('@')) else { return };
        self.outline.before_declaration.get_or_insert_with(|| short(before));
        self.note_indent(behind, start);
        // The compiler says what is wrong with styles that are nested more deeply.
        let is_looked_at = self.open.len() <= DEEPEST && self.found.len() <= MOST_RAMPS;
        let Some(arguments) = arguments::of_ramp(value).filter(|_| is_looked_at) else { return };
        let space = value.get(..value.len() - value.trim_start().len()).unwrap_or("");
        self.found.push(Found {
            start,
            end: if has_semicolon { at + 1 } else { start + text.trim_end().len() },
            property: property.trim().to_owned(),
            colon: format!(":{space}"),
            before: short(before),
            selector: self.open.iter().map(|open| open.selector.as_str()).collect(),
            own_selector: self.open.last().map(|open| open.selector.clone()).unwrap_or_default(),
            arguments,
            block: self.open.last().map_or(usize::MAX, |open| open.index),
            depth: self.open.len(),
            has_semicolon,
        });
    }
}
