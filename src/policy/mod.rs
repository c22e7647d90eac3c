//! Data under `policies/`, read into checked nouns or into a list of every mistake found.
//!
//! Nothing here decides what is in force: a file is a proposal until a fact adopts its bytes.
//! Read first: [`KINDS`], then [`catalog::parse`].

use std::fmt;

use crate::domain::attribution::Attribution;
use crate::domain::calendar::{EarlierCalendars, WorkingDays};
use crate::domain::catalog::Catalog;
use crate::domain::edition::Editions;
use crate::domain::layout::Layouts;
use crate::domain::notice_scope::NoticeRules;
use crate::domain::repair::RepairRules;
use crate::domain::rules::{EarlierRules, RuleSets};
use crate::domain::service_mode::DeliveryModes;
use crate::domain::timeliness::{Terms, Timeliness};

pub mod attribution;
pub mod calendar;
pub mod catalog;
pub mod data;
pub mod delivery;
pub mod edition;
pub mod notices;
mod reader;
pub mod records;
pub mod repair;
pub mod rules;
pub mod timeliness;

pub use data::{DataFiles, Kind};

/// Every kind of data that is adopted into the ledger. A kind may rest on those before it.
pub const KINDS: &[Kind] = &[
    catalog::KIND,
    calendar::KIND,
    edition::KIND,
    records::KIND,
    attribution::KIND,
    timeliness::KIND,
    rules::KIND,
    repair::KIND,
    delivery::KIND,
    notices::KIND,
];

/// All adopted data, parsed: one field for each kind.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    pub catalog: Catalog,
    pub calendar: WorkingDays,
    /// Those that were in force before it.
    pub earlier_calendars: EarlierCalendars,
    pub editions: Editions,
    pub layouts: Layouts,
    pub attribution: Attribution,
    pub timeliness: Timeliness,
    pub rules: RuleSets,
    /// Those that were adopted before them.
    pub earlier_rules: EarlierRules,
    pub repair: RepairRules,
    pub delivery: DeliveryModes,
    pub notices: NoticeRules,
}

impl Policies {
    /// Returns what the receipt of data is judged by.
    #[must_use]
    pub fn terms(&self) -> Terms<'_> {
        Terms {
            rules: &self.timeliness,
            calendar: &self.calendar,
            earlier: &self.earlier_calendars,
        }
    }

    /// Returns what is built in.
    ///
    /// # Panics
    /// If a built-in file has a mistake, which a test rules out.
    #[must_use]
    pub fn built_in() -> Self {
        let mut policies = Self::default();
        for kind in KINDS {
            let parsed = (kind.parse)(&kind.built_in(), &mut policies);
            parsed.unwrap_or_else(|mistakes| panic!("built-in {}: {}", kind.name, listed(&mistakes)));
        }
        policies
    }
}

/// Writes mistakes one after the other.
#[must_use]
pub fn listed(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// One mistake in a data file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    pub file: String,
    /// From 1; `None` where the file as a whole is meant.
    pub line: Option<usize>,
    /// From 1, in characters; `None` where the line says enough.
    pub column: Option<usize>,
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
            column: None,
            text: text.to_string(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.text),
            (Some(line), None) => write!(f, "{}:{line}: {}", self.file, self.text),
            (None, _) => write!(f, "{}: {}", self.file, self.text),
        }
    }
}
