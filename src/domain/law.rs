//! Versions of laws and regulations, to find a basis that did not stand on the day of the decision.
//!
//! Source: `domain.md` 2.8, last row. Read first: [`Laws::faults`].

use super::civil_date::CivilDate;
use super::trust::Trust;

/// One version of a law, from its first day to its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawVersion {
    /// Full title, without book marks.
    pub title: String,
    /// Other titles it is cited by.
    pub short_titles: Vec<String>,
    pub from: CivilDate,
    /// Last day in force; `None` while it lasts.
    pub until: Option<CivilDate>,
    /// Number of its last article; `None` where it is not known.
    pub articles: Option<u32>,
    pub trust: Trust,
    /// What replaced or repealed it.
    pub source: String,
}

/// The versions known; a law of which there is none is not judged.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Laws {
    pub versions: Vec<LawVersion>,
}

/// Why a cited law cannot be the basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LawFault {
    /// No version of it was in force on the day.
    NotInForce { title: String },
    /// The version in force on the day has no such article.
    NoSuchArticle { title: String, article: u32 },
}
