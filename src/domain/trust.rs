//! How far an entry of the data can be relied on.

use super::numbered::numbered;

/// From where an entry is known. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Trust {
    /// Read in a source that is named (S).
    Source = 1,
    /// General knowledge, to be checked against the source (K).
    Knowledge = 2,
    /// A construction (C).
    Constructed = 3,
    /// Derived from other entries (D).
    Derived = 4,
}

numbered!(Trust {
    Source,
    Knowledge,
    Constructed,
    Derived
});

impl Trust {
    /// Returns the mark by which files and answers name it.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Source => "S",
            Self::Knowledge => "K",
            Self::Constructed => "C",
            Self::Derived => "D",
        }
    }

    /// Takes a mark; `None` if it is none of the four.
    #[must_use]
    pub fn of_mark(mark: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|trust| trust.mark() == mark)
    }
}
