//! Where the ramps of a style are.

use super::arguments::{self, Node};
use super::spacing::Spacing;
use crate::limits::{DEEPEST, MOST_RAMPS, beginning};

/// Bytes of selectors that clients are told.
const LONGEST_SELECTOR: usize = 4_096;

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
    /// Selector of the block that it is in, which its mistakes name.
    #[cfg(feature = "standalone")]
    pub(super) own_selector: String,
    pub(super) arguments: Vec<Node>,
    /// Number of the block that it is in, in the order of their beginnings.
    pub(super) block: usize,
    /// How many blocks are around it.
    pub(super) depth: usize,
    /// Is there a semicolon behind it?
    pub(super) has_semicolon: bool,
}

/// A block that is not yet closed.
struct Open {
    index: usize,
    selector: String,
}

struct Scan<'a> {
    text: &'a str,
    spacing: Spacing,
    found: Vec<Found>,
    open: Vec<Open>,
    /// Blocks that were opened.
    blocks: usize,
    /// Where the statement that is being read begins.
    item: Option<usize>,
    /// The byte behind the last statement or comment.
    behind: usize,
}

/// Goes through a style.
pub(super) fn scan(text: &str) -> (Spacing, Vec<Found>) {
    let mut scan = Scan {
        text,
        spacing: Spacing::default(),
        found: Vec::new(),
        open: Vec::new(),
        blocks: 0,
        item: None,
        behind: 0,
    };
    let mut at = 0;
    let mut parentheses = 0_usize;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or("");
        let is_line_remark = rest.starts_with("//") && parentheses == 0;
        if rest.starts_with("/*") || is_line_remark {
            let end = if is_line_remark { rest.find('\n') } else { compact::find(rest, "*/").map(|end| end + 2) };
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
    (scan.spacing, scan.found)
}

impl Scan<'_> {
    fn opens(&mut self, at: usize) {
        let start = self.item.take().unwrap_or(at);
        let head = self.text.get(start..at).unwrap_or("");
        self.begins(self.behind, start);
        self.spacing.opens(head, self.open.last().map(|open| open.index));
        let selector = beginning(head.trim_end(), LONGEST_SELECTOR).to_owned();
        self.open.push(Open { index: self.blocks, selector });
        self.blocks += 1;
        self.behind = at + 1;
    }

    fn begins(&mut self, behind: usize, start: usize) {
        let before = self.text.get(behind..start).unwrap_or("");
        self.spacing.begins(before, self.open.len());
    }

    fn closes(&mut self, at: usize) {
        self.ends(at, false);
        self.open.pop();
        self.spacing.closes(self.text.get(..at).unwrap_or(""));
        self.behind = at + 1;
    }

    /// A declaration ends before a byte.
    fn ends(&mut self, at: usize, has_semicolon: bool) {
        let behind = std::mem::replace(&mut self.behind, at + usize::from(has_semicolon));
        let Some(start) = self.item.take() else { return };
        let block = self.open.last().map_or(usize::MAX, |open| open.index);
        self.spacing.ends(block, start, has_semicolon);
        let text = self.text.get(start..at).unwrap_or("");
        let Some((property, value)) = text.split_once(':').filter(|_| !text.starts_with('@')) else { return };
        let before = self.text.get(behind..start).unwrap_or("");
        self.spacing.declares(before);
        self.begins(behind, start);
        // The compiler says what is wrong with styles that are nested more deeply.
        let is_looked_at = self.open.len() <= DEEPEST && self.found.len() <= MOST_RAMPS;
        let Some(arguments) = arguments::of_ramp(value).filter(|_| is_looked_at) else { return };
        let mut selector = String::new();
        for open in &self.open {
            selector.push_str(&open.selector);
        }
        self.found.push(Found {
            start,
            end: if has_semicolon { at + 1 } else { start + text.trim_end().len() },
            property: property.trim().to_owned(),
            colon: Spacing::colon(value),
            before: Spacing::before_rule(before),
            selector,
            #[cfg(feature = "standalone")]
            own_selector: self.open.last().map(|open| open.selector.clone()).unwrap_or_default(),
            arguments,
            block,
            depth: self.open.len(),
            has_semicolon,
        });
    }
}
