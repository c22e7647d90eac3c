//! Which credit records a question means, and by what they are counted.

use super::catalog::DepartmentCode;
use super::civil_date::CivilDate;
use super::record::{RecordKind, Severity};
use super::record_fact::RecordState;
use super::social_credit_code::SocialCreditCode;
use super::subject::{SubjectKind, SubjectName};

/// Which records are meant; what is `None` lets everything pass, all else applies together.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RecordFilter {
    pub kind: Option<RecordKind>,
    /// Code of the layout of the current snapshot.
    pub layout: Option<String>,
    pub subject: Option<SubjectName>,
    pub subject_kind: Option<SubjectKind>,
    pub department: Option<DepartmentCode>,
    /// The deciding body.
    pub body: Option<SocialCreditCode>,
    /// Number of the decision, together with its body: all parties of one decision.
    pub number: Option<String>,
    pub state: Option<StateFilter>,
    pub severity: Option<SeverityFilter>,
    /// First and last day of the decision, both included.
    pub decided_from: Option<CivilDate>,
    pub decided_until: Option<CivilDate>,
    /// First and last day of receipt of the first snapshot, both included.
    pub received_from: Option<CivilDate>,
    pub received_until: Option<CivilDate>,
    /// `Some(true)` lets those pass that came after the term of publicity, `Some(false)` those in time.
    pub late: Option<bool>,
}

/// Which state passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    State(RecordState),
    /// What counts as a fact about the subject: all but withdrawn and deleted.
    Standing,
}

impl StateFilter {
    #[must_use]
    pub fn passes(self, state: RecordState) -> bool {
        match self {
            Self::State(wanted) => state == wanted,
            Self::Standing => state.stands(),
        }
    }
}

/// Which level passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeverityFilter {
    Level(Severity),
    /// No level is known.
    Unknown,
}

impl SeverityFilter {
    #[must_use]
    pub fn passes(self, severity: Option<Severity>) -> bool {
        match self {
            Self::Level(wanted) => severity == Some(wanted),
            Self::Unknown => severity.is_none(),
        }
    }
}

/// By what records are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordDimension {
    Kind,
    Layout,
    Department,
    Body,
    MonthReceived,
    MonthDecided,
    SubjectKind,
    Severity,
    State,
    Timeliness,
}

/// Whether a record came within the term of publicity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timeliness {
    InTime,
    Late,
    /// The calendar of a year between decision and receipt is not known, or the kind has no such term.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::End;

    #[test]
    fn what_was_withdrawn_or_deleted_does_not_pass_as_standing() {
        let passing: Vec<End> = End::ALL
            .iter()
            .copied()
            .filter(|end| StateFilter::Standing.passes(RecordState::Ended(*end)))
            .collect();
        assert_eq!(passing, [End::Repaired, End::Expired]);
        assert!(StateFilter::Standing.passes(RecordState::Recorded));
        assert!(!StateFilter::State(RecordState::Recorded).passes(RecordState::Ended(End::Expired)));
    }

    #[test]
    fn an_unknown_level_is_none_of_the_three() {
        assert!(SeverityFilter::Unknown.passes(None));
        assert!(!SeverityFilter::Level(Severity::Minor).passes(None));
        assert!(SeverityFilter::Level(Severity::Minor).passes(Some(Severity::Minor)));
    }
}
