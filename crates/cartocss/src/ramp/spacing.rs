//! How a style is written, so that what is added looks alike.

use super::overloads::{Outcome, Ramp};
use super::scan::Found;
use crate::limits::beginning;

/// Bytes of space that are written again and again.
const MOST_SPACE: usize = 200;

/// A block of rules.
#[derive(Clone, Debug)]
struct Block {
    /// Start of the last thing in it, when that is a declaration.
    last_declaration: Option<usize>,
    /// Whether there is a semicolon behind it.
    has_semicolon: bool,
}

/// The space of a style.
#[derive(Clone, Debug, Default)]
pub(super) struct Spacing {
    blocks: Vec<Block>,
    /// Space before the first declaration.
    before_declaration: Option<String>,
    /// Space before the first opening brace.
    before_open: Option<String>,
    /// Space before the first closing brace.
    before_close: Option<String>,
    /// Space at the start of the first line within a block.
    indent: Option<String>,
}

impl Spacing {
    /// Sees a block begin behind a head, in the block of a number.
    pub(super) fn opens(&mut self, head: &str, outer: Option<usize>) {
        self.before_open.get_or_insert_with(|| at_end(head));
        if let Some(outer) = outer.and_then(|outer| self.blocks.get_mut(outer)) {
            outer.last_declaration = None;
        }
        self.blocks.push(Block { last_declaration: None, has_semicolon: false });
    }

    /// Sees a block end behind a text.
    pub(super) fn closes(&mut self, text: &str) {
        self.before_close.get_or_insert_with(|| at_end(text));
    }

    /// Sees a statement behind space. What is in the first block says how far blocks are indented.
    pub(super) fn begins(&mut self, before: &str, depth: usize) {
        if let (1, Some((_, indent))) = (depth, before.rsplit_once('\n')) {
            self.indent.get_or_insert_with(|| short(indent));
        }
    }

    /// Sees a statement end that began at a byte, in the block of a number.
    pub(super) fn ends(&mut self, block: usize, start: usize, has_semicolon: bool) {
        if let Some(block) = self.blocks.get_mut(block) {
            block.last_declaration = Some(start);
            block.has_semicolon = has_semicolon;
        }
    }

    /// Sees that it was a declaration.
    pub(super) fn declares(&mut self, before: &str) {
        self.before_declaration.get_or_insert_with(|| short(before));
    }

    /// Space before a rule that is added, of that before the declaration.
    pub(super) fn before_rule(before: &str) -> String {
        short(before)
    }

    /// What is between property and value, of the value with the space before it.
    pub(super) fn colon(value: &str) -> String {
        let space = value.get(..value.len() - value.trim_start().len()).unwrap_or("");
        [":", space].concat()
    }

    pub(super) fn before_open(&self) -> &str {
        self.before_open.as_deref().unwrap_or(" ")
    }

    /// Space before the declaration in a block that is added, so many blocks deep.
    pub(super) fn inner(&self, depth: usize) -> String {
        self.deeper(self.before_declaration.as_deref().unwrap_or(" "), depth + 1)
    }

    /// Space before its end.
    pub(super) fn before_close(&self, depth: usize) -> String {
        self.deeper(self.before_close.as_deref().unwrap_or(" "), depth)
    }

    fn deeper(&self, space: &str, depth: usize) -> String {
        let indent = self.indent.as_deref().unwrap_or("    ");
        match space.rsplit_once('\n') {
            Some((lines, _)) => [lines, "\n", &indent.repeat(depth)].concat(),
            None => space.to_owned(),
        }
    }

    /// What is behind the declaration in such a block: a semicolon, when the first block that ends with a declaration has
    /// one there. A ramp ends with its rules.
    pub(super) fn semicolon(&self, ramps: &[(Found, Ramp)], outcomes: &[Outcome]) -> &'static str {
        let ends_with_rules = |block: usize, start: usize| {
            ramps
                .iter()
                .zip(outcomes)
                .any(|((found, _), outcome)| found.block == block && found.start == start && !outcome.rules.is_empty())
        };
        let found = self.blocks.iter().enumerate().find_map(|(index, block)| {
            let start = block.last_declaration?;
            (!ends_with_rules(index, start)).then_some(block.has_semicolon)
        });
        if found == Some(true) { ";" } else { "" }
    }
}

fn at_end(text: &str) -> String {
    short(text.get(text.trim_end().len()..).unwrap_or(""))
}

/// Space, unless it is so much that it would make a style many times as long.
fn short(space: &str) -> String {
    beginning(space, MOST_SPACE).to_owned()
}
