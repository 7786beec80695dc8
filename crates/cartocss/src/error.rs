//! What is wrong with a style, where, in the words of the original compiler.

use std::fmt;

/// One mistake in a style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, counted from 1; 0 when the whole text is meant.
    pub line: usize,
    /// Column, counted from 0; -1 on a line break.
    pub column: isize,
    /// What is wrong.
    pub message: String,
}

/// All mistakes that were found in a style. `Display` gives one line for each, as the Maps API answers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Name of the style, `style0` for the first layer of a map.
    pub style: String,
    /// The mistakes.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            match problem.line {
                0 => write!(out, "{}: {}", self.style, problem.message)?,
                line => write!(out, "{}:{line}:{} {}", self.style, problem.column, problem.message)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// A mistake at a byte of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Mistake {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    /// The mistake with its place as line and column, as JavaScript counts them.
    pub(crate) fn locate(self, text: &str) -> Problem {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").encode_utf16().count();
        let on_break = text.get(self.at..).is_some_and(|rest| rest.starts_with('\n'));
        let column = if on_break { -1 } else { isize::try_from(column).unwrap_or(isize::MAX) };
        Problem { line, column, message: self.message }
    }
}
