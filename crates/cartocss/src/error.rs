//! What is wrong with a style, where, in the words of the original compiler.

#[cfg(feature = "standalone")]
use crate::limits::LONGEST_MESSAGE;
use crate::limits::MOST_MISTAKES;
use crate::message::Message;
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
    pub(crate) message: Message,
}

impl Mistake {
    #[cfg(not(feature = "standalone"))]
    pub(crate) fn new(at: usize, message: impl Into<Message>) -> Self {
        Self { at, message: message.into() }
    }

    #[cfg(feature = "standalone")]
    pub(crate) fn new(at: usize, message: impl Into<Message>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        Self { at, message }
    }

    /// The mistake as one of the whole text.
    pub(crate) fn whole(self) -> Problem {
        #[cfg(feature = "standalone")]
        let message = self.message;
        #[cfg(not(feature = "standalone"))]
        let message = String::new();
        Problem { line: 0, column: 0, message }
    }

    /// The mistake, whose place nobody will read.
    #[cfg(not(feature = "standalone"))]
    pub(crate) fn locate(self, _: &str) -> Problem {
        self.whole()
    }

    /// The mistake with its place as line and column, as JavaScript counts them.
    #[cfg(feature = "standalone")]
    pub(crate) fn locate(self, text: &str) -> Problem {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").encode_utf16().count();
        let on_break = text.get(self.at..).is_some_and(|rest| rest.starts_with('\n'));
        let column = if on_break { -1 } else { isize::try_from(column).unwrap_or(isize::MAX) };
        Problem { line, column, message: self.message }
    }
}

/// The mistakes of a style, of which not more are kept than anybody reads.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    pub(crate) fn push(&mut self, mistake: Mistake) {
        if !self.is_full() && self.0.last() != Some(&mistake) {
            self.0.push(mistake);
        }
    }

    /// Is there no use in looking further?
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= MOST_MISTAKES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes in the order of the text, each once.
    pub(crate) fn sorted(mut self) -> Vec<Mistake> {
        compact::sort_by(&mut self.0, |one, other| one.at.cmp(&other.at));
        self.0.dedup();
        self.0
    }
}
