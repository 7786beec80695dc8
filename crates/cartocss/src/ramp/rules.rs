//! Writing what ramps come to into a style, with the space that the style itself has.

use super::overloads::{Outcome, Ramp};
use super::scan::{Found, Outline};
use crate::field::FieldValue;
use crate::limits::LONGEST_STYLE;
use std::fmt::Write;

/// The style with a declaration and rules in place of each ramp; or the ramp that makes it too long.
pub(super) fn rewritten<'a>(
    text: &str,
    outline: &Outline,
    parts: &[(&'a Found, &Ramp, &Outcome)],
) -> Result<String, &'a Found> {
    let semicolon = if has_semicolons(outline, parts) { ";" } else { "" };
    let open = outline.before_open.as_deref().unwrap_or(" ");
    let indent = outline.indent.as_deref().unwrap_or("    ");
    let mut written = String::with_capacity(text.len());
    let mut behind = 0;
    for (found, ramp, outcome) in parts {
        written.push_str(text.get(behind..found.start).unwrap_or(""));
        behind = found.end;
        let Found { property, colon, before, .. } = found;
        let mut space = "";
        if let Some(default) = &outcome.default {
            let end = if found.has_semicolon || !outcome.rules.is_empty() { ";" } else { "" };
            let _ = write!(written, "{property}{colon}{}{end}", default.clone().into_text());
            space = before;
        }
        let inner = deeper(outline.before_declaration.as_deref().unwrap_or(" "), indent, found.depth + 1);
        let close = deeper(outline.before_close.as_deref().unwrap_or(" "), indent, found.depth);
        for (end, value) in &outcome.rules {
            let (sign, column, end, value) = (outcome.mapping, &ramp.column, literal(end), value.clone().into_text());
            let _ = write!(
                written,
                "{space}[ {column} {sign} {end} ]{open}{{{inner}{property}{colon}{value}{semicolon}{close}}}"
            );
            space = before;
            if written.len() > LONGEST_STYLE {
                return Err(found);
            }
        }
    }
    written.push_str(text.get(behind..).unwrap_or(""));
    Ok(written)
}

/// Space before something that is so many blocks deep.
fn deeper(space: &str, indent: &str, depth: usize) -> String {
    match space.rsplit_once('\n') {
        Some((lines, _)) => format!("{lines}\n{}", indent.repeat(depth)),
        None => space.to_owned(),
    }
}

/// Does the first block that ends with a declaration have a semicolon at its end? A ramp ends with its rules.
fn has_semicolons(outline: &Outline, parts: &[(&Found, &Ramp, &Outcome)]) -> bool {
    let ends_with_rules = |block: usize, start: usize| {
        parts
            .iter()
            .any(|(found, _, outcome)| found.block == block && found.start == start && !outcome.rules.is_empty())
    };
    let mut blocks = outline.blocks.iter().enumerate();
    blocks
        .find_map(|(index, block)| {
            let start = block.last_declaration?;
            (!ends_with_rules(index, start)).then_some(block.has_semicolon)
        })
        .unwrap_or(false)
}

/// What a column is compared with.
fn literal(value: &FieldValue) -> String {
    match value {
        FieldValue::Integer(_) | FieldValue::Number(_) => value.clone().into_text(),
        FieldValue::Text(text) if text == "true" || text == "false" => text.clone(),
        other => {
            let text = other.clone().into_text();
            let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
            format!("{quote}{text}{quote}")
        }
    }
}
