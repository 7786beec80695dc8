//! Writing what ramps come to into a style, with the space that the style itself has.

use super::Ramps;
use super::overloads::Outcome;
use super::scan::Found;
use crate::field::FieldValue;
use crate::limits::LONGEST_STYLE;

/// The style with a declaration and rules in place of each ramp; or the ramp that makes it too long.
pub(super) fn rewritten<'a>(ramps: &'a Ramps, outcomes: &[Outcome]) -> Result<String, &'a Found> {
    let Ramps { text, spacing, ramps } = ramps;
    let semicolon = spacing.semicolon(ramps, outcomes);
    let mut written = String::new();
    let mut behind = 0;
    for ((found, ramp), outcome) in ramps.iter().zip(outcomes) {
        written.push_str(text.get(behind..found.start).unwrap_or(""));
        behind = found.end;
        let Found { property, colon, before, .. } = found;
        let mut space = "";
        if let Some(default) = &outcome.default {
            let end = if found.has_semicolon || !outcome.rules.is_empty() { ";" } else { "" };
            push(&mut written, &[property, colon, &default.clone().into_text(), end]);
            space = before;
        }
        let (inner, close) = (spacing.inner(found.depth), spacing.before_close(found.depth));
        for (end, value) in &outcome.rules {
            let (end, value) = (literal(end), value.clone().into_text());
            push(
                &mut written,
                &[space, "[ ", &ramp.column, " ", outcome.mapping, " ", &end, " ]", spacing.before_open()],
            );
            push(&mut written, &["{", &inner, property, colon, &value, semicolon, &close, "}"]);
            space = before;
            if written.len() > LONGEST_STYLE {
                return Err(found);
            }
        }
    }
    written.push_str(text.get(behind..).unwrap_or(""));
    Ok(written)
}

fn push(written: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| written.push_str(part));
}

/// What a column is compared with.
fn literal(value: &FieldValue) -> String {
    match value {
        FieldValue::Integer(_) | FieldValue::Number(_) => value.clone().into_text(),
        FieldValue::Text(text) if text == "true" || text == "false" => text.clone(),
        other => {
            let text = other.clone().into_text();
            let has = |quote| text.bytes().any(|byte| byte == quote);
            let quote = if has(b'"') && !has(b'\'') { "'" } else { "\"" };
            [quote, &text, quote].concat()
        }
    }
}
