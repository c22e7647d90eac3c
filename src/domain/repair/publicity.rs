//! What the rules say of one decision on one path: the part of the notice that is computed.

use super::{ApplyFrom, Path, Transition};
use crate::domain::catalog::Standing;
use crate::domain::civil_date::CivilDate;
use crate::domain::numbered::numbered;
use crate::domain::record::Severity;
use crate::domain::severity::Origin;
use crate::domain::trust::Trust;

/// How far a sentence or a date of the notice can be relied on, and on what it rests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub standing: Standing,
    pub trust: Trust,
    /// Document number and article.
    pub source: String,
}

impl Mark {
    /// Says whether it is a setting that nobody has checked against the official text.
    #[must_use]
    pub fn is_unchecked(&self) -> bool {
        match self.trust {
            Trust::Knowledge => true,
            Trust::Source | Trust::Constructed | Trust::Derived => false,
        }
    }
}

impl From<&Origin> for Mark {
    fn from(origin: &Origin) -> Self {
        Self {
            standing: origin.standing,
            trust: origin.trust,
            source: origin.source.clone(),
        }
    }
}

/// Whether a record is shown. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Shown {
    Shown = 1,
    /// It could be shown, and a setting says that it is not.
    LeftUnshown = 2,
    /// The rules do not let it be shown, or do not collect it.
    NotShown = 3,
}

numbered!(Shown {
    Shown,
    LeftUnshown,
    NotShown
});

/// When the shortest publicity is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minimum {
    /// There is none: repair as soon as the duties are performed.
    AtOnce,
    /// After so many months from the decision, with this day as the last.
    Over { months: u16, on: CivilDate },
    /// Not repairable.
    NotRepairable,
    /// The rules of the list say it.
    ByListRule,
}

/// When the longest publicity is over; the record then stops being shown by itself if the conduct is
/// corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maximum {
    pub months: u16,
    pub on: CivilDate,
}

/// What was taken for granted because nothing said it. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Assumption {
    /// Simple or general procedure is not stated and decides the level: the general one was taken.
    GeneralProcedure = 1,
    /// Neither the body nor the data give a level: that of the setting was taken.
    DefaultSeverity = 2,
    /// The decision is attributed to no sector: terms of special sectors were not looked at.
    NoSector = 3,
}

numbered!(Assumption {
    GeneralProcedure,
    DefaultSeverity,
    NoSector
});

/// Which version was chosen, by which setting, and what the others would have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub transition: Transition,
    /// On what the setting rests.
    pub mark: Mark,
    /// Day for which it was asked which version is in force.
    pub asked_for: CivilDate,
    /// Versions that came into question and were not chosen.
    pub others: Vec<Other>,
}

/// A version that was not chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    pub version: String,
    pub apply_from: Option<CivilDate>,
    pub maximum: Option<CivilDate>,
}

/// What the rules say of one decision on one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publicity {
    pub path: Path,
    /// Code of the version that governs, such as `R3`.
    pub version: String,
    pub title: String,
    /// Its document number.
    pub document: String,
    pub place_zh: String,
    pub place_en: String,
    /// Level; `None` where the version knows none.
    pub severity: Option<Severity>,
    /// By which rule it has that level; `None` where the body stated it, or there is none.
    pub severity_mark: Option<Mark>,
    pub shown: Shown,
    /// On what the setting rests, where what may be left unshown is shown or not by a setting.
    pub shown_mark: Option<Mark>,
    /// The date of the decision.
    pub starts_on: CivilDate,
    pub minimum: Minimum,
    /// First day on which repair can be applied for, once the duties are performed; `None` where it cannot
    /// or the rules of a list say it.
    pub apply_from: Option<CivilDate>,
    /// Which reading of "the minimum is reached" gave that day.
    pub apply_rule: ApplyFrom,
    /// On what that reading rests.
    pub apply_mark: Mark,
    /// `None` where nothing is shown or the rules of a list say it.
    pub maximum: Option<Maximum>,
    /// The terms that were applied, with what they rest on; of several the longest ends were taken.
    pub terms: Vec<(String, Mark)>,
    /// In rising order.
    pub assumptions: Vec<Assumption>,
    pub choice: Choice,
}
