//! Reading credit records: one, lists, snapshots, sources, counts.
//!
//! Each answer is of one view, hence of one revision. Read first: `Reader`.

use std::collections::{BTreeMap, BTreeSet};

use super::commands::find;
use super::rulings;
use crate::domain::catalog::{DepartmentCode, SectorCode};
use crate::domain::civil_date::{CivilDate, Month};
use crate::domain::fact::Fact;
use crate::domain::hashes;
use crate::domain::record::{RecordKind, Severity, Source};
use crate::domain::record_fact::{EndedFact, RecordFact, RecordState, RecordedFact};
use crate::domain::record_filter::{RecordDimension, RecordFilter, Timeliness};
use crate::domain::record_name::RecordName;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Instant, Revision};
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::{SubjectKind, SubjectName, SubjectNumber};
use crate::domain::timeliness::{Judged, Terms};
use crate::group::fold::records::row as row_at;
use crate::ingest::rows::{self, Among, Error, Page, Row, Span, contradiction, within};
use crate::store::keys::records::{self as layout, RecordRow};
use crate::store::record::{Facts, Recall};
use crate::store::{self, Table, View, keys};
use crate::subjects::{self, place};

/// A record as it stands in one view, at one of its snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRead {
    pub fact: RecordedFact,
    /// Of the snapshot shown.
    pub recorded_at: Instant,
    /// Current state, whatever the snapshot.
    pub row: RecordRow,
    /// Under whom it counts.
    pub subject: SubjectName,
    pub ending: Option<EndRead>,
    /// The ruling whose change the snapshot shown carries.
    pub changed_by: Option<RecordName>,
    /// To which it belongs, and whether an officer said so.
    pub sectors: (Vec<SectorCode>, bool),
    /// Last day of the term of publicity, and working days after it; `None` where there is no such term
    /// or no calendar.
    pub term: Option<Term>,
}

/// The end in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndRead {
    pub fact: EndedFact,
    pub recorded_at: Instant,
    pub ruling: Option<RecordName>,
}

/// The term within which a decision had to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub due_on: CivilDate,
    /// Working days from the day after the term to the receipt; zero if it came in time.
    pub days_late: u32,
}

impl Row for RecordRow {
    const TABLE: Table = keys::RECORD;

    fn decode(bytes: &[u8]) -> Option<Self> {
        Self::decode(bytes)
    }
}

/// Where records are read from: the tables, the bodies behind them, and what terms are judged by.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub view: &'a dyn View,
    pub facts: &'a Facts,
    pub terms: Terms<'a>,
}

/// Judges the receipt of a record that has a term of publicity: a penalty or a licence; `None` for others,
/// and where no rule holds or no calendar knows the days.
fn judged(first: Revision, row: &RecordRow, terms: Terms<'_>) -> Option<Judged> {
    match row.kind {
        RecordKind::Penalty | RecordKind::Licence => {}
        RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult
        | RecordKind::Ruling => return None,
    }
    let judged = terms.judge(row.kind.into(), row.decided_on, row.received_on, first)?;
    judged.ok()
}

/// The term of publicity of a record and how late it came.
#[must_use]
pub fn term(first: Revision, row: &RecordRow, terms: Terms<'_>) -> Option<Term> {
    let days_late = match judged(first, row, terms)? {
        Judged::InTime => 0,
        Judged::Late(days) => days,
    };
    let due_on = terms.due_on(row.kind.into(), row.decided_on, first)?;
    Some(Term { due_on, days_late })
}

fn timeliness(first: Revision, row: &RecordRow, terms: Terms<'_>) -> Timeliness {
    match judged(first, row, terms) {
        None => Timeliness::Unknown,
        Some(Judged::InTime) => Timeliness::InTime,
        Some(Judged::Late(_)) => Timeliness::Late,
    }
}

impl Reader<'_> {
    /// Reads a record; snapshot 0 is the current one.
    ///
    /// # Errors
    /// `RECORD_UNKNOWN`, `SNAPSHOT_UNKNOWN`; the view's and the ledger's.
    pub fn record(&self, name: RecordName, snapshot: u32) -> Result<RecordRead, Error> {
        let (first, current) = self.known(name)?;
        let revision = if snapshot == 0 || snapshot == current.snapshots {
            current.current
        } else {
            let found = self
                .view
                .get(keys::SNAPSHOT, &keys::snapshot_key(&current.natural, snapshot))?;
            let unknown = || {
                Refusal::plain(Reason::SnapshotUnknown)
                    .with("snapshot", snapshot.to_string())
                    .with("snapshot_count", current.snapshots.to_string())
            };
            keys::revision_value(&found.ok_or_else(unknown)?)
        };
        self.shown(first, current, revision)
    }

    /// Reads what the tables hold of a record.
    ///
    /// # Errors
    /// `RECORD_UNKNOWN`; the view's.
    pub fn row(&self, name: RecordName) -> Result<RecordRow, Error> {
        Ok(self.known(name)?.1)
    }

    fn known(&self, name: RecordName) -> Result<(Revision, RecordRow), Error> {
        let unknown = || Refusal::plain(Reason::RecordUnknown).with("name", name.to_string());
        let first = find(self.view, name)?.ok_or_else(unknown)?;
        Ok((first, row_at(self.view, first)?))
    }

    /// Reads the bodies behind a row.
    fn shown(&self, first: Revision, row: RecordRow, revision: Revision) -> Result<RecordRead, Error> {
        let (fact, recorded_at) = recorded(self.facts, revision)?;
        let ending = match row.ending {
            None => None,
            Some(ending) => Some(self.ending(ending.fact)?),
        };
        let changed_by = match &fact.changed_by {
            None => None,
            Some(changed) => Some(row_at(self.view, changed.ruling)?.name),
        };
        let owner = place::owner(self.view, first, row.subject, Revision(u64::MAX))?;
        let owner = place::current(self.view, owner)?;
        Ok(RecordRead {
            subject: subjects::row(self.view, owner)?.name,
            fact,
            recorded_at,
            row,
            ending,
            changed_by,
            sectors: subjects::attribution::sectors(self.view, first)?,
            term: term(first, &row, self.terms),
        })
    }

    fn ending(&self, revision: Revision) -> Result<EndRead, Error> {
        let (found, recorded_at) = self.facts.fact(revision)?;
        let Fact::Record(RecordFact::Ended(fact)) = found.fact else {
            return Err(contradiction(revision));
        };
        let ruling = match fact.ruling {
            None => None,
            Some(ruling) => Some(row_at(self.view, ruling)?.name),
        };
        Ok(EndRead {
            fact: *fact,
            recorded_at,
            ruling,
        })
    }

    /// Lists records first recorded in a span, in that order.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn list(&self, wanted: &Resolved, span: Span) -> Result<Page<RecordRead, Revision>, Error> {
        let show = |first, row: RecordRow| self.shown(first, row, row.current);
        let passes = |first, row: &RecordRow| wanted.passes(first, row, self.terms);
        rows::page(self.view, &wanted.among, span, passes, show)
    }

    /// Counts records in total and by the given dimensions; only what occurs is counted.
    ///
    /// # Errors
    /// The view's.
    pub fn count(
        &self,
        wanted: &Resolved,
        dimensions: &[RecordDimension],
    ) -> Result<(u64, BTreeMap<Vec<RecordKey>, u64>), Error> {
        let keys_of = |first, row: &RecordRow| {
            let keys = dimensions.iter().map(|by| key_of(first, row, *by, self.terms));
            keys.collect()
        };
        let passes = |first, row: &RecordRow| wanted.passes(first, row, self.terms);
        rows::count(self.view, &wanted.among, passes, keys_of)
    }

    /// Lists the snapshots of a record after the `after`th, in order.
    ///
    /// # Errors
    /// `RECORD_UNKNOWN`; the view's and the ledger's.
    pub fn snapshots(
        &self,
        name: RecordName,
        after: u32,
        size: usize,
    ) -> Result<Page<RecordRead, u32>, Error> {
        let (_, current) = self.known(name)?;
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let end = current.snapshots.min(after.saturating_add(size));
        let numbers = after.saturating_add(1)..=end;
        let items = numbers
            .map(|number| self.record(name, number))
            .collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            next: (end < current.snapshots).then_some(end),
        })
    }

    /// Lists the sources of a record that were first heard of after a revision, in the order in which
    /// they were heard of.
    ///
    /// # Errors
    /// `RECORD_UNKNOWN`; the view's and the ledger's.
    pub fn sources(
        &self,
        name: RecordName,
        after: Revision,
        size: usize,
    ) -> Result<Page<SourceRead, Revision>, Error> {
        let (first, _) = self.known(name)?;
        let mut facts = BTreeSet::new();
        store::each(
            self.view,
            keys::RECORD_SOURCE,
            layout::sources_of(first),
            |_, value| {
                facts.insert(keys::revision_value(value));
                Ok::<_, Error>(())
            },
        )?;
        let mut left = facts.range(after.plus(1)..);
        let items = left.by_ref().take(size).map(|revision| self.source(*revision));
        let items: Vec<SourceRead> = items.collect::<Result<_, _>>()?;
        let next = left.next().and(items.last()).map(|last| last.recorded);
        Ok(Page { items, next })
    }

    fn source(&self, revision: Revision) -> Result<SourceRead, Error> {
        let (found, recorded_at) = self.facts.fact(revision)?;
        let Fact::Record(fact) = found.fact else {
            return Err(contradiction(revision));
        };
        let (source, snapshot, received_on) = match fact {
            RecordFact::Recorded(fact) => (fact.source, fact.snapshot, fact.received_on),
            RecordFact::SourceAdded(fact) => (fact.source, fact.snapshot, fact.received_on),
            RecordFact::Ended(_)
            | RecordFact::Revived(_)
            | RecordFact::Stopped(_)
            | RecordFact::RulingUnmatched { .. }
            | RecordFact::RulingSettled { .. } => return Err(contradiction(revision)),
        };
        Ok(SourceRead {
            source,
            snapshot,
            received_on,
            recorded: revision,
            recorded_at,
        })
    }
}

/// A source and when it was first heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRead {
    pub source: Source,
    /// The snapshot whose content it sent then.
    pub snapshot: u32,
    pub received_on: CivilDate,
    pub recorded: Revision,
    pub recorded_at: Instant,
}

/// Reads one snapshot's fact.
///
/// # Errors
/// The ledger's; the tables' if another fact stands there.
pub fn recorded(facts: &dyn Recall, revision: Revision) -> Result<(RecordedFact, Instant), Error> {
    let (found, at) = facts.fact(revision)?;
    let Fact::Record(RecordFact::Recorded(fact)) = found.fact else {
        return Err(contradiction(revision));
    };
    Ok((*fact, at))
}

/// A filter whose subject or decision is looked up.
pub struct Resolved {
    filter: RecordFilter,
    among: Among,
}

/// Looks subject and decision of a filter up.
///
/// # Errors
/// `SUBJECT_UNKNOWN`; the view's.
pub fn resolve(view: &dyn View, filter: RecordFilter) -> Result<Resolved, Error> {
    let of_subject = match filter.subject {
        None => None,
        Some(name) => {
            let unknown = || Refusal::plain(Reason::SubjectUnknown).with("name", format!("subjects/{name}"));
            let number = subjects::by_name(view, name)?.ok_or_else(unknown)?;
            Some(file_of(view, number)?)
        }
    };
    let of_decision = match (&filter.body, &filter.number) {
        (Some(body), Some(number)) => {
            let decision = layout::short(&hashes::decision_key(body, number));
            Some(BTreeSet::from_iter(rulings::records_of(view, &decision)?))
        }
        (Some(_) | None, None) | (None, Some(_)) => None,
    };
    let among = match (of_subject, of_decision) {
        (None, None) => Among::All,
        (Some(firsts), None) | (None, Some(firsts)) => Among::Firsts(firsts.into_iter().collect()),
        (Some(one), Some(other)) => Among::Firsts(one.intersection(&other).copied().collect()),
    };
    Ok(Resolved { filter, among })
}

/// First revisions of the records that count under a subject: its own, those of subjects that went into
/// it, those moved to it, without those moved away.
///
/// # Errors
/// The view's.
pub fn file_of(view: &dyn View, subject: SubjectNumber) -> Result<BTreeSet<Revision>, Error> {
    let all = Revision(u64::MAX);
    let members = place::with_predecessors(view, subject, place::Known::all())?;
    let mut firsts = BTreeSet::new();
    for member in &members {
        for kind in RecordKind::ALL {
            let range = keys::subject_file_of(*member, layout::file_kind(*kind));
            store::each(view, keys::SUBJECT_FILE, range, |key, _| {
                let first = keys::subject_file_first(key);
                if members.contains(&place::owner(view, first, *member, all)?) {
                    firsts.insert(first);
                }
                Ok::<_, Error>(())
            })?;
        }
        for (kind, first) in place::moved_to(view, *member, all)? {
            if kind != keys::FILE_COMMITMENT {
                let reported = row_at(view, first)?.subject;
                if members.contains(&place::owner(view, first, reported, all)?) {
                    firsts.insert(first);
                }
            }
        }
    }
    Ok(firsts)
}

impl Resolved {
    fn passes(&self, first: Revision, row: &RecordRow, terms: Terms<'_>) -> bool {
        let filter = &self.filter;
        filter.kind.is_none_or(|wanted| row.kind == wanted)
            && filter
                .layout
                .as_ref()
                .is_none_or(|wanted| row.layout_bytes == RecordRow::layout_bytes(wanted))
            && filter
                .subject_kind
                .is_none_or(|wanted| row.subject_kind == wanted)
            && filter.department.is_none_or(|wanted| row.department == wanted)
            && filter.body.is_none_or(|wanted| row.body == wanted)
            && filter.state.is_none_or(|wanted| wanted.passes(row.state()))
            && filter.severity.is_none_or(|wanted| wanted.passes(row.severity))
            && within(row.decided_on, filter.decided_from, filter.decided_until)
            && within(row.received_on, filter.received_from, filter.received_until)
            && filter.late.is_none_or(|late| {
                let wanted = if late {
                    Timeliness::Late
                } else {
                    Timeliness::InTime
                };
                timeliness(first, row, terms) == wanted
            })
    }
}

/// What a record is counted under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKey {
    Kind(RecordKind),
    Layout(String),
    Department(DepartmentCode),
    Body(SocialCreditCode),
    Month(Month),
    SubjectKind(SubjectKind),
    Severity(Option<Severity>),
    State(RecordState),
    Timeliness(Timeliness),
}

fn key_of(first: Revision, row: &RecordRow, dimension: RecordDimension, terms: Terms<'_>) -> RecordKey {
    match dimension {
        RecordDimension::Kind => RecordKey::Kind(row.kind),
        RecordDimension::Layout => RecordKey::Layout(row.layout()),
        RecordDimension::Department => RecordKey::Department(row.department),
        RecordDimension::Body => RecordKey::Body(row.body),
        RecordDimension::MonthReceived => RecordKey::Month(Month::of(row.received_on)),
        RecordDimension::MonthDecided => RecordKey::Month(Month::of(row.decided_on)),
        RecordDimension::SubjectKind => RecordKey::SubjectKind(row.subject_kind),
        RecordDimension::Severity => RecordKey::Severity(row.severity),
        RecordDimension::State => RecordKey::State(row.state()),
        RecordDimension::Timeliness => RecordKey::Timeliness(timeliness(first, row, terms)),
    }
}
