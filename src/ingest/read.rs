//! Reading what was taken in: one commitment, lists, snapshots, counts.
//!
//! Each answer is of one view, hence of one revision. Read first: [`commitment`].

use std::collections::BTreeMap;

use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::Month;
use crate::domain::commitment::{CommitmentKind, PerformanceState};
use crate::domain::fact::{CommitmentFact, Fact, PerformanceFact};
use crate::domain::filter::{CommitmentFilter, CountDimension};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::{SubjectKind, SubjectName, SubjectNumber};
use crate::domain::supervision_fact::{BreachFact, SupervisionFact};
use crate::group::fold::row;
use crate::store::keys::{self, CommitmentRow};
use crate::store::record::{Facts, Recall};
use crate::store::{Table, View};
use crate::subjects::{self, place};

use super::commands::{self, CommitmentName};
use super::rows::{self, Among, Row, Span, contradiction, within};

pub use super::rows::{Error, Page};

/// A commitment as it stands in one view, at one of its snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitmentRead {
    pub fact: CommitmentFact,
    pub recorded_at: Instant,
    /// Current state, whatever the snapshot.
    pub row: CommitmentRow,
    pub subject: SubjectName,
    /// Of the last change, that of its performance and its withdrawal included.
    pub changed: Revision,
    pub performance: Option<PerformanceRead>,
    /// Why and when it was withdrawn.
    pub withdrawn: Option<(String, Instant)>,
    /// Why and when it was last revived.
    pub revived: Option<(String, Instant)>,
    pub breach: Option<BreachRead>,
}

/// A breach at its current snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreachRead {
    pub fact: BreachFact,
    pub recorded: Revision,
    pub recorded_at: Instant,
}

/// A performance record at its current snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerformanceRead {
    pub fact: PerformanceFact,
    pub recorded: Revision,
    pub recorded_at: Instant,
    pub snapshot_count: u32,
}

/// Reads a commitment; snapshot 0 is the current one.
///
/// # Errors
/// `COMMITMENT_UNKNOWN`, `SNAPSHOT_UNKNOWN`; the view's and the ledger's.
pub fn commitment(
    view: &dyn View,
    facts: &Facts,
    name: &CommitmentName,
    snapshot: u32,
) -> Result<CommitmentRead, Error> {
    let (first, current) = known(view, name)?;
    let revision = if snapshot == 0 || snapshot == current.snapshots {
        current.current
    } else {
        let found = view.get(keys::SNAPSHOT, &keys::snapshot_key(&current.natural, snapshot))?;
        let unknown = || {
            Refusal::plain(Reason::SnapshotUnknown)
                .with("snapshot", snapshot.to_string())
                .with("snapshot_count", current.snapshots.to_string())
        };
        keys::revision_value(&found.ok_or_else(unknown)?)
    };
    shown(view, facts, first, current, revision)
}

fn known(view: &dyn View, name: &CommitmentName) -> Result<(Revision, CommitmentRow), Error> {
    let unknown = || Refusal::plain(Reason::CommitmentUnknown).with("name", name.to_string());
    let first = commands::find(view, name)?.ok_or_else(unknown)?;
    Ok((first, row(view, first)?))
}

/// Reads the bodies behind a row.
pub(super) fn shown(
    view: &dyn View,
    facts: &Facts,
    first: Revision,
    current: CommitmentRow,
    revision: Revision,
) -> Result<CommitmentRead, Error> {
    let (fact, recorded_at) = commitment_fact(facts, revision)?;
    let performance = match current.performance {
        None => None,
        Some(columns) => {
            let (recorded, recorded_at) = facts.fact(columns.current)?;
            let (Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact)) = recorded.fact else {
                return Err(contradiction(columns.current));
            };
            let (recorded, snapshot_count) = (columns.current, columns.snapshots);
            Some(PerformanceRead {
                fact: *fact,
                recorded,
                recorded_at,
                snapshot_count,
            })
        }
    };
    let withdrawn = match current.withdrawn {
        None => None,
        Some(revision) => {
            let (recorded, at) = facts.fact(revision)?;
            let (Fact::CommitmentWithdrawn { reason, .. } | Fact::BatchesWithdrawn { reason, .. }) =
                recorded.fact
            else {
                return Err(contradiction(revision));
            };
            Some((reason, at))
        }
    };
    let revived = match current.revived {
        None => None,
        Some(revision) => {
            let (recorded, at) = facts.fact(revision)?;
            let Fact::Supervision(SupervisionFact::CommitmentRevived(fact)) = recorded.fact else {
                return Err(contradiction(revision));
            };
            Some((fact.reason, at))
        }
    };
    let breach = match current.breach {
        None => None,
        Some(columns) => Some(breach(facts, columns.current)?),
    };
    let changed = last_change(&current).max(first);
    let owner = place::counts_under(view, first, current.subject)?;
    let subject = subjects::row(view, owner)?.name;
    Ok(CommitmentRead {
        fact,
        recorded_at,
        row: current,
        subject,
        changed,
        performance,
        withdrawn,
        revived,
        breach,
    })
}

/// Reads the snapshot of a breach.
///
/// # Errors
/// The ledger's; the tables' if another fact stands there.
pub fn breach(facts: &dyn Recall, revision: Revision) -> Result<BreachRead, Error> {
    let (recorded, recorded_at) = facts.fact(revision)?;
    let Fact::Supervision(SupervisionFact::BreachRecorded(fact) | SupervisionFact::BreachUpdated(fact)) =
        recorded.fact
    else {
        return Err(contradiction(revision));
    };
    Ok(BreachRead {
        fact: *fact,
        recorded: revision,
        recorded_at,
    })
}

/// Reads one snapshot's fact.
///
/// # Errors
/// The ledger's; the tables' if another fact stands there.
pub fn commitment_fact(facts: &dyn Recall, revision: Revision) -> Result<(CommitmentFact, Instant), Error> {
    let (recorded, at) = facts.fact(revision)?;
    let (Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact)) = recorded.fact else {
        return Err(contradiction(revision));
    };
    Ok((*fact, at))
}

/// Revision of the last change of what a row stands for.
#[must_use]
pub fn last_change(row: &CommitmentRow) -> Revision {
    let performed = row.performance.map(|columns| columns.current);
    let breached = row.breach.map(|columns| columns.current);
    [Some(row.current), performed, row.withdrawn, row.revived, breached]
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(row.current)
}

impl Row for CommitmentRow {
    const TABLE: Table = keys::COMMITMENT;

    fn decode(bytes: &[u8]) -> Option<Self> {
        Self::decode(bytes)
    }
}

/// A filter whose subject is looked up.
pub struct Resolved {
    filter: CommitmentFilter,
    subject: Option<SubjectNumber>,
}

/// Looks the subject of a filter up.
///
/// # Errors
/// `SUBJECT_UNKNOWN`; the view's.
pub fn resolve(view: &dyn View, filter: CommitmentFilter) -> Result<Resolved, Error> {
    let subject = match filter.subject {
        None => None,
        Some(name) => {
            let unknown = || Refusal::plain(Reason::SubjectUnknown).with("name", format!("subjects/{name}"));
            Some(subjects::by_name(view, name)?.ok_or_else(unknown)?)
        }
    };
    Ok(Resolved { filter, subject })
}

impl Resolved {
    /// The rows among which the wanted ones are.
    pub(super) fn among(&self, view: &dyn View) -> Result<Among, Error> {
        Ok(match self.subject {
            None => Among::All,
            Some(subject) => Among::Firsts(place::firsts_under(view, subject, keys::FILE_COMMITMENT)?),
        })
    }

    /// Says whether a row is one of the wanted.
    pub(super) fn passes(&self, row: &CommitmentRow) -> bool {
        let filter = &self.filter;
        let performed = row.performance.map(|columns| columns.state);
        filter.department.is_none_or(|wanted| row.department == wanted)
            && filter.kind.is_none_or(|wanted| row.kind == wanted)
            && filter
                .subject_kind
                .is_none_or(|wanted| row.subject_kind == wanted)
            && filter
                .withdrawn
                .is_none_or(|wanted| row.withdrawn.is_some() == wanted)
            && filter.performance.is_none_or(|wanted| wanted.passes(performed))
            && filter
                .breach
                .is_none_or(|wanted| row.breach.is_some_and(|columns| columns.state == wanted))
            && within(row.made_on, filter.made_from, filter.made_until)
            && within(row.received_on, filter.received_from, filter.received_until)
    }
}

/// Lists commitments first recorded in a span, in that order.
///
/// # Errors
/// The view's and the ledger's.
pub fn list(
    view: &dyn View,
    facts: &Facts,
    wanted: &Resolved,
    span: Span,
) -> Result<Page<CommitmentRead, Revision>, Error> {
    let show = |first, row: CommitmentRow| shown(view, facts, first, row, row.current);
    rows::page(
        view,
        &wanted.among(view)?,
        span,
        |_, row| wanted.passes(row),
        show,
    )
}

/// Lists the snapshots of a commitment after the `after`th, in order.
///
/// # Errors
/// `COMMITMENT_UNKNOWN`; the view's and the ledger's.
pub fn snapshots(
    view: &dyn View,
    facts: &Facts,
    name: &CommitmentName,
    after: u32,
    size: usize,
) -> Result<Page<CommitmentRead, u32>, Error> {
    let (_, current) = known(view, name)?;
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    let end = current.snapshots.min(after.saturating_add(size));
    let numbers = after.saturating_add(1)..=end;
    let items = numbers
        .map(|number| commitment(view, facts, name, number))
        .collect::<Result<_, _>>()?;
    Ok(Page {
        items,
        next: (end < current.snapshots).then_some(end),
    })
}

/// What a commitment is counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CountKey {
    Kind(CommitmentKind),
    Department(DepartmentCode),
    Month(Month),
    SubjectKind(SubjectKind),
    Performance(Option<PerformanceState>),
    Withdrawn(bool),
}

/// Counts commitments in total and by the given dimensions; only what occurs is counted.
///
/// # Errors
/// The view's.
pub fn count(
    view: &dyn View,
    wanted: &Resolved,
    dimensions: &[CountDimension],
) -> Result<(u64, BTreeMap<Vec<CountKey>, u64>), Error> {
    let keys_of = |_, row: &CommitmentRow| dimensions.iter().map(|by| key_of(row, *by)).collect();
    rows::count(view, &wanted.among(view)?, |_, row| wanted.passes(row), keys_of)
}

pub(super) fn key_of(row: &CommitmentRow, dimension: CountDimension) -> CountKey {
    match dimension {
        CountDimension::Kind => CountKey::Kind(row.kind),
        CountDimension::Department => CountKey::Department(row.department),
        CountDimension::MonthReceived => CountKey::Month(Month::of(row.received_on)),
        CountDimension::MonthMade => CountKey::Month(Month::of(row.made_on)),
        CountDimension::SubjectKind => CountKey::SubjectKind(row.subject_kind),
        CountDimension::Performance => CountKey::Performance(row.performance.map(|columns| columns.state)),
        CountDimension::State => CountKey::Withdrawn(row.withdrawn.is_some()),
    }
}
