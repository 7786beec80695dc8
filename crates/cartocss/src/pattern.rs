//! What `=~` compares with: a regular expression, which must match the whole text.

#[cfg(feature = "standalone")]
mod own {
    use crate::limits::LARGEST_PATTERN;
    use regex_lite::{Error, Regex, RegexBuilder};

    /// A pattern. The time that matching takes is linear in both pattern and text.
    #[derive(Clone, Debug)]
    pub(crate) struct Pattern(Regex);

    impl Pattern {
        pub(crate) fn new(pattern: &str) -> Result<Self, Error> {
            let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build();
            // As it is first: in parentheses it could close them.
            build(pattern)?;
            // The original's match is one of the whole text.
            build(&format!("^(?:{pattern})$")).map(Self)
        }

        pub(crate) fn is_match(&self, text: &str) -> bool {
            self.0.is_match(text)
        }
    }
}

#[cfg(not(feature = "standalone"))]
mod hosts {
    use crate::host::host;

    /// A pattern.
    #[derive(Clone, Debug)]
    pub(crate) struct Pattern(String);

    impl Pattern {
        pub(crate) fn new(pattern: &str) -> Result<Self, &'static str> {
            let is_read = host().is_some_and(|host| (host.matches)(pattern, "").is_some());
            is_read.then(|| Self(pattern.to_owned())).ok_or("it is no regular expression")
        }

        pub(crate) fn is_match(&self, text: &str) -> bool {
            host().and_then(|host| (host.matches)(&self.0, text)).unwrap_or(false)
        }
    }
}

#[cfg(not(feature = "standalone"))]
pub(crate) use hosts::Pattern;
#[cfg(feature = "standalone")]
pub(crate) use own::Pattern;
