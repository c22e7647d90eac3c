//! Facts of grading: grades that were settled, runs, corrections to be confirmed, objections.
//!
//! A grade once settled is never changed; a later one follows it. Read first: [`GradeFact`].
//!
//! Source: `domain.md` 3.5; the settling of grades is our own construction (ADR 0001).

use super::catalog::SectorCode;
use super::civil_date::CivilDate;
use super::grading::{Outcome, Period, Points, Rank};
use super::numbered::numbered;
use super::revision::Revision;
use super::subject_fact::Who;

/// A fact of grading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GradeFact {
    Settled(Box<SettledFact>),
    /// Pairs were looked at and their grade stands; when each is to be looked at again.
    Reviewed(ReviewedFact),
    RunOpened(Box<RunFact>),
    CorrectionRaised(Box<CorrectionFact>),
    CorrectionClosed(CorrectionClose),
    ObjectionFiled(Box<ObjectionFact>),
    ObjectionAnswered(Box<AnswerFact>),
}

impl GradeFact {
    /// The number under which the kind is stored; never reused.
    #[must_use]
    pub fn kind_number(&self) -> u16 {
        match self {
            Self::Settled(_) => 60,
            Self::Reviewed(_) => 61,
            Self::RunOpened(_) => 62,
            Self::CorrectionRaised(_) => 63,
            Self::CorrectionClosed(_) => 64,
            Self::ObjectionFiled(_) => 65,
            Self::ObjectionAnswered(_) => 66,
        }
    }

    /// The name of the kind in exports.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Settled(_) => "grade_settled",
            Self::Reviewed(_) => "grades_reviewed",
            Self::RunOpened(_) => "run_opened",
            Self::CorrectionRaised(_) => "correction_raised",
            Self::CorrectionClosed(_) => "correction_closed",
            Self::ObjectionFiled(_) => "objection_filed",
            Self::ObjectionAnswered(_) => "objection_answered",
        }
    }
}

/// What settled a grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Cause {
    /// A fact about the subject; the revision is its.
    Fact = 1,
    /// A day that began; the revision is that of its turn.
    Day = 2,
    /// A run; the revision is that of its opening.
    Run = 3,
    /// A correction that was confirmed; the revision is that of its raising.
    Correction = 4,
    /// An officer's decision.
    Officer = 5,
    /// Rules or other data that were adopted; the revision is that of the adoption.
    Data = 6,
}

numbered!(Cause {
    Fact,
    Day,
    Run,
    Correction,
    Officer,
    Data
});

/// Which rule set, as adopted at which revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesRef {
    pub code: String,
    pub adopted: Revision,
    /// Number of the meaning of rule sets.
    pub semantics: u32,
}

/// What an assessment or an officer says of a subject in a sector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub outcome: Outcome,
    /// Code of the level; empty unless graded.
    pub level: String,
    pub score: Option<Points>,
}

/// A grade as it was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledFact {
    pub who: Who,
    pub sector: SectorCode,
    pub judgement: Judgement,
    /// The days it speaks of.
    pub period: Period,
    /// As of which day it was assessed.
    pub assessed_on: CivilDate,
    /// First day on which it holds.
    pub from: CivilDate,
    /// Last day; `None` until another follows.
    pub until: Option<CivilDate>,
    /// `None` for an officer's decision.
    pub rules: Option<RulesRef>,
    /// Up to which revision facts were known.
    pub known: Revision,
    /// Over the evidence, by natural keys.
    pub evidence: [u8; 32],
    /// The place in the cohort, where the rule set asks for it.
    pub rank: Option<Rank>,
    pub cause: Cause,
    /// What the cause is, see [`Cause`]; 0 for an officer's decision.
    pub by: Revision,
    /// The settled grade that it follows.
    pub earlier: Option<Revision>,
    /// When it is to be looked at again.
    pub due: Option<CivilDate>,
    /// Of an officer's decision; else empty.
    pub reason: String,
    /// Of an officer's decision; else empty.
    pub basis: String,
}

/// Pairs whose grade stands after a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedFact {
    pub pairs: Vec<Due>,
}

/// When a subject is to be assessed anew in a sector; `None` for not before something is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub who: Who,
    pub sector: SectorCode,
    pub on: Option<CivilDate>,
}

/// A run over everyone in a sector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFact {
    pub sector: SectorCode,
    pub rules: RulesRef,
    pub period: Period,
    /// As of which day subjects are assessed, and on which the results are shown.
    pub result_on: CivilDate,
    /// Last day of the display before effect; `None` without one.
    pub displayed_until: Option<CivilDate>,
    /// Last day on which objections are taken; `None` where the rule set names no term.
    pub objections_until: Option<CivilDate>,
    /// First day on which the grades hold.
    pub effect_on: CivilDate,
    /// How many subjects are assessed.
    pub cohort: u32,
    /// Empty for a run that came by itself on its day.
    pub reason: String,
}

/// A grade of a closed period that would come out otherwise by what is known now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionFact {
    pub who: Who,
    pub sector: SectorCode,
    /// The settled grade.
    pub grade: Revision,
    pub judgement: Judgement,
    pub evidence: [u8; 32],
    pub rank: Option<Rank>,
    pub known: Revision,
    /// The fact that made the difference.
    pub by: Revision,
}

/// What became of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Closed {
    /// A corrected grade was settled.
    Confirmed = 1,
    /// The settled grade stands.
    Dismissed = 2,
    /// By what was recorded later there is no difference any more, or another one.
    Lapsed = 3,
}

numbered!(Closed {
    Confirmed,
    Dismissed,
    Lapsed
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionClose {
    pub who: Who,
    pub sector: SectorCode,
    /// Revision at which it was raised.
    pub correction: Revision,
    pub closed: Closed,
    pub reason: String,
}

/// 异议: a subject objects to a settled grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectionFact {
    pub who: Who,
    pub sector: SectorCode,
    /// The settled grade objected to.
    pub grade: Revision,
    pub text: String,
    pub filed_on: CivilDate,
    /// Last day for an answer, in working days; `None` where the calendar does not reach.
    pub answer_by: Option<CivilDate>,
}

/// The answer to an objection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerFact {
    pub who: Who,
    pub sector: SectorCode,
    /// Revision of the objection's filing.
    pub objection: Revision,
    pub is_upheld: bool,
    pub text: String,
    pub answered_on: CivilDate,
}
