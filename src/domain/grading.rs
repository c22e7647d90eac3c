//! What a grade is made of and what comes out: events, evidence, assessments.
//!
//! An assessment is a pure function of evidence, a rule set, a calendar and a day; nothing here reads a
//! clock or a store. Read first: [`Evidence`], then [`Assessment`].
//!
//! Source: `domain.md` 3.

use std::fmt;

use super::catalog::SectorCode;
use super::civil_date::CivilDate;
use super::commitment::Validity;
use super::numbered::numbered;
use super::record::{End, Severity};
use super::revision::Revision;
use super::subject::SubjectKind;

/// Number of the meaning of rule sets: it changes when the same rules and evidence may give another result.
pub const SEMANTICS: u32 = 1;

/// Points, in units of 1/100,000 of a point, so that a whole percent of three decimals is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Points(pub i64);

impl Points {
    /// Units in one point.
    pub const UNIT: i64 = 100_000;

    /// Reads a decimal such as `-0.5`.
    ///
    /// Returns `None` if it is no decimal of at most five places, or too large.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let ends_in_point = digits.ends_with('.');
        if whole.is_empty() || part.len() > 5 || ends_in_point || !is_decimal(whole) || !is_decimal(part) {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let part: i64 = format!("{part:0<5}").parse().ok()?;
        let units = whole.checked_mul(Self::UNIT)?.checked_add(part)?;
        Some(Self(if is_negative { -units } else { units }))
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = Self::UNIT.unsigned_abs();
        let (whole, part) = (self.0.unsigned_abs() / units, self.0.unsigned_abs() % units);
        let sign = if self.0 < 0 { "-" } else { "" };
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let part = format!("{part:05}");
        write!(f, "{sign}{whole}.{}", part.trim_end_matches('0'))
    }
}

/// What an event speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EventKind {
    Penalty = 1,
    Licence = 2,
    Listing = 3,
    AbnormalListing = 4,
    Commendation = 5,
    Evaluation = 6,
    Inspection = 7,
    Ruling = 8,
    Commitment = 9,
}

numbered!(EventKind {
    Penalty,
    Licence,
    Listing,
    AbnormalListing,
    Commendation,
    Evaluation,
    Inspection,
    Ruling,
    Commitment,
});

impl EventKind {
    /// The word that rules use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Penalty => "penalty",
            Self::Licence => "licence",
            Self::Listing => "listing",
            Self::AbnormalListing => "abnormal_listing",
            Self::Commendation => "commendation",
            Self::Evaluation => "evaluation",
            Self::Inspection => "inspection",
            Self::Ruling => "ruling",
            Self::Commitment => "commitment",
        }
    }
}

/// How a penalty was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Procedure {
    Simple,
    General,
    #[default]
    Unknown,
}

/// One thing that rules may count: a record, or one kind or violation of a record that names several.
///
/// What was withdrawn or deleted is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    /// Kind of penalty (`01` to `14`), list, kind of evaluation, code of a violation, and so on; empty where
    /// the row says none.
    pub item: String,
    /// Level of an evaluation, outcome of an inspection; else empty.
    pub level: String,
    /// In the words of the row.
    pub matter: String,
    pub severity: Option<Severity>,
    pub procedure: Procedure,
    /// Fine and confiscation, in fen.
    pub amount: Option<i64>,
    /// How many of it, 1 unless the row says otherwise.
    pub quantity: i64,
    /// Score of an evaluation, or points that a violation carries.
    pub value: Option<Points>,
    pub decided: CivilDate,
    pub until: Validity,
    /// Repaired or expired, and since when.
    pub ended: Option<(End, CivilDate)>,
    /// Whether it is attributed to the sector asked about.
    pub in_sector: bool,
    /// Events of one violation share it.
    pub case: String,
    /// Of the snapshot it was read from.
    pub revision: Revision,
    /// Resource name of the record.
    pub record: String,
}

/// A grade that was settled earlier, as the evidence of a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub sector: SectorCode,
    /// Of the cycle it was settled for; of a real-time grade the day it was settled for.
    pub period_last: CivilDate,
    pub outcome: Outcome,
    /// Code of the level; empty unless graded.
    pub level: String,
    /// First day.
    pub from: CivilDate,
    /// Last day; `None` while it lasts.
    pub until: Option<CivilDate>,
}

/// Everything an assessment rests on beside the rules, the calendar and the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub subject_kind: SubjectKind,
    pub is_registered: bool,
    pub established_on: Option<CivilDate>,
    pub deregistered_on: Option<CivilDate>,
    /// First and last day of the membership in the sector that holds on the day, or the last one before.
    pub member_from: Option<CivilDate>,
    pub member_until: Option<CivilDate>,
    /// In the order of their days, then revisions, then items.
    pub events: Vec<Event>,
    /// Of this sector and of others, in the order of their first days.
    pub earlier: Vec<Earlier>,
    /// In runs alone.
    pub rank: Option<Rank>,
}

/// The place in the cohort of a run, best first; equals share the better place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// From 1.
    pub place: u32,
    pub of: u32,
}

/// The days an assessment speaks of, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub first: CivilDate,
    pub last: CivilDate,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// A level was given.
    Graded = 1,
    /// 不评定
    NotRated = 2,
    /// 新设主体
    New = 3,
    /// 缺失
    Missing = 4,
    /// 拒绝参评
    Refused = 5,
    /// A condition could not be evaluated; an officer has to decide.
    Failed = 6,
}

numbered!(Outcome {
    Graded,
    NotRated,
    New,
    Missing,
    Refused,
    Failed
});

impl Outcome {
    /// The word that rules use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Graded => "graded",
            Self::NotRated => "not_rated",
            Self::New => "new",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Which part of a rule set a finding comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum StepKind {
    Base = 1,
    NotRated = 2,
    /// Points of an indicator.
    Indicator = 3,
    /// The sum of a group, where a cap, floor or weight changed it.
    Group = 4,
    Score = 5,
    Band = 6,
    Verdict = 7,
    Lowered = 8,
    Bar = 9,
    Upgrade = 10,
    Reset = 11,
    Failed = 12,
}

numbered!(StepKind {
    Base,
    NotRated,
    Indicator,
    Group,
    Score,
    Band,
    Verdict,
    Lowered,
    Bar,
    Upgrade,
    Reset,
    Failed,
});

/// One step of an assessment, for the explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub kind: StepKind,
    /// Of the indicator, group, band, verdict and so on.
    pub code: String,
    /// Article or text that it rests on; may be empty.
    pub law: String,
    /// Before caps and floors.
    pub raw: Option<Points>,
    pub points: Option<Points>,
    /// Level before and after, by code, where the step changed it.
    pub level: Option<(String, String)>,
    /// Places of the events in [`Evidence::events`].
    pub events: Vec<usize>,
    /// What could not be evaluated, and why.
    pub failure: Option<String>,
}

/// The result of assessing one subject in one sector on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    pub outcome: Outcome,
    /// Code of the level; empty unless graded.
    pub level: String,
    pub score: Option<Points>,
    pub steps: Vec<Step>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_exact_decimals() {
        for (text, units) in [
            ("0", 0),
            ("-0.5", -50_000),
            ("100", 10_000_000),
            ("7.125", 712_500),
            ("0.00001", 1),
        ] {
            assert_eq!(Points::parse(text), Some(Points(units)), "{text}");
            assert_eq!(Points(units).to_string(), text);
        }
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "1.000001",
            "1e3",
            "+1",
            "--1",
            "99999999999999",
        ] {
            assert_eq!(Points::parse(text), None, "{text}");
        }
    }
}
