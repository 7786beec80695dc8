//! How much memory a style takes, for those who keep many.

use crate::expression::Expression;
use crate::limits::LARGEST_PATTERN;
use crate::selector::Filter;
use crate::stylesheet::{Block, Declaration, Definition, Stylesheet};
use std::collections::HashSet;
use std::mem::size_of;
use std::sync::Arc;

impl Stylesheet {
    /// Bytes that the style takes in memory, about. Few blocks in each other make many rules, and a variable is copied to
    /// where it is used: the length of the text says little.
    #[must_use]
    pub fn size(&self) -> usize {
        let declarations: usize = self.blocks.iter().flat_map(|block| &block.declarations).map(of_declaration).sum();
        let definitions = self.attachments.iter().flat_map(|attachment| &attachment.definitions);
        let mut counted = HashSet::new();
        let rules: usize = definitions
            .map(|definition| {
                let new = definition.filters.iter().filter(|filter| counted.insert(Arc::as_ptr(filter)));
                let filters: usize = new.map(|filter| of_filter(filter)).sum();
                size_of::<Definition>() + definition.filters.len() * size_of::<Arc<Filter>>() + filters
            })
            .sum();
        let columns: usize = self.columns.iter().map(|column| size_of::<String>() + column.len()).sum();
        size_of::<Self>() + self.blocks.len() * size_of::<Block>() + declarations + rules + columns
    }
}

fn of_declaration(declaration: &Declaration) -> usize {
    size_of::<Declaration>() + declaration.instance.len() + of_all(&declaration.values)
}

fn of_filter(filter: &Filter) -> usize {
    let pattern = if filter.pattern.is_some() { LARGEST_PATTERN } else { 0 };
    size_of::<Filter>() + of_expression(&filter.column) + of_expression(&filter.value) + pattern
}

fn of_all(expressions: &[Expression]) -> usize {
    expressions.iter().map(of_expression).sum()
}

fn of_expression(expression: &Expression) -> usize {
    let inside = match expression {
        Expression::Number { .. } | Expression::Color(_) => 0,
        Expression::Quoted(text) | Expression::Keyword(text) | Expression::Field(text) => text.len(),
        Expression::Variable { name, .. } => name.len(),
        Expression::Url(text) => text.len(),
        Expression::Call { name, arguments, .. } => name.len() + of_all(arguments),
        Expression::Operation { operands, .. } => of_all(operands.as_slice()),
        Expression::List(list) => of_all(list),
    };
    size_of::<Expression>() + inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> usize {
        Stylesheet::parse(text).expect("a style").size()
    }

    #[test]
    fn what_multiplies_is_counted() {
        let few = size("#l { marker-width: 8; }");
        assert!((200..5_000).contains(&few), "{few}");
        let nested = |depth: usize| {
            let blocks: String = (0..depth).map(|number| format!("[a = {number}], [b = {number}] {{ ")).collect();
            size(&format!("#l {{ {blocks} marker-width: 8; {} }}", "}".repeat(depth)))
        };
        assert!(nested(8) > 20 * nested(2), "{} and {}", nested(8), nested(2));
        let text = "x".repeat(10_000);
        let uses: String =
            (0..50).map(|number| format!("[a = {number}] {{ text-name: @t; text-face-name: 'x'; }} ")).collect();
        let copied = size(&format!("@t: '{text}'; #l {{ {uses} }}"));
        assert!(copied > 50 * text.len(), "{copied}");
        assert!(size("#l[name =~ 'a.*'] { marker-width: 8; }") > LARGEST_PATTERN);
    }
}
