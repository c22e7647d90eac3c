//! Which commitments a question means.

use super::breach::BreachState;
use super::catalog::DepartmentCode;
use super::civil_date::CivilDate;
use super::commitment::{CommitmentKind, PerformanceState};
use super::subject::{SubjectKind, SubjectName};

/// Which commitments are meant; what is `None` lets everything pass, all else applies together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CommitmentFilter {
    pub subject: Option<SubjectName>,
    pub department: Option<DepartmentCode>,
    pub kind: Option<CommitmentKind>,
    pub subject_kind: Option<SubjectKind>,
    /// `Some(true)` lets withdrawn ones pass only, `Some(false)` those that count.
    pub withdrawn: Option<bool>,
    pub performance: Option<PerformanceFilter>,
    /// First and last day of the promise, both included.
    pub made_from: Option<CivilDate>,
    pub made_until: Option<CivilDate>,
    /// First and last day of receipt of the first snapshot, both included.
    pub received_from: Option<CivilDate>,
    pub received_until: Option<CivilDate>,
    /// How far a breach has come; without one nothing passes.
    pub breach: Option<BreachState>,
}

/// Which performance passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerformanceFilter {
    State(PerformanceState),
    /// Nothing is recorded.
    Unrecorded,
    /// Performed in part or not at all.
    Breached,
}

impl PerformanceFilter {
    /// Says whether the current state of performance passes; `None` stands for nothing recorded.
    #[must_use]
    pub fn passes(self, state: Option<PerformanceState>) -> bool {
        match self {
            Self::State(wanted) => state == Some(wanted),
            Self::Unrecorded => state.is_none(),
            Self::Breached => match state {
                Some(PerformanceState::Partial | PerformanceState::Unperformed) => true,
                Some(PerformanceState::Full) | None => false,
            },
        }
    }
}

/// By what commitments are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CountDimension {
    Kind,
    Department,
    MonthReceived,
    MonthMade,
    SubjectKind,
    Performance,
    State,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breach_is_partial_or_no_performance_and_not_a_missing_one() {
        let breached = |state| PerformanceFilter::Breached.passes(state);
        assert!(breached(Some(PerformanceState::Partial)) && breached(Some(PerformanceState::Unperformed)));
        assert!(!breached(Some(PerformanceState::Full)) && !breached(None));
        assert!(PerformanceFilter::Unrecorded.passes(None));
        assert!(!PerformanceFilter::Unrecorded.passes(Some(PerformanceState::Full)));
    }
}
