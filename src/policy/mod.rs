//! Data under `policies/`, read into checked nouns or into a list of every mistake found.
//!
//! Nothing here decides what is in force: a file is a proposal until a fact adopts its bytes.
//! Read first: [`catalog::parse`].

use std::fmt;

pub mod catalog;
mod reader;
pub mod records;

/// One mistake in a data file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    pub file: String,
    /// From 1; `None` where the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub text: String,
}

impl Mistake {
    /// Makes the mistake of a file as a whole.
    #[must_use]
    pub fn whole(file: &str, text: impl fmt::Display) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            text: text.to_string(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.text),
            None => write!(f, "{}: {}", self.file, self.text),
        }
    }
}
