//! The records in a subject's file: its own, those of the subjects that went into it, and those moved to
//! it; as known at a revision and as of a day.
//!
//! Entries stand in the order of their days. Read first: [`entries`]; then [`shown`].
//!
//! What is bounded: of a file with more than [`ENTRIES_MAX`] entries only those found first are shown
//! and counted, and the answer says so.

use std::collections::HashSet;

use crate::domain::breach::BreachState;
use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::PerformanceState;
use crate::domain::fact::Fact;
use crate::domain::record::End;
use crate::domain::record_fact::{EndedFact, RecordFact};
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::{Identity, SubjectName, SubjectNumber};
use crate::group::fold;
use crate::ingest::commands::CommitmentName;
use crate::ingest::read::{self, commitment_fact};
use crate::ingest::records::read::recorded;
use crate::ingest::rows::{Error, contradiction};
use crate::store::keys::CommitmentRow;
use crate::store::keys::records::RecordRow;
use crate::store::keys::subjects as layout;
use crate::store::record::Recall;
use crate::store::{self, View, keys};

use super::place::{self, Known};

/// Most entries of one file that are looked at.
pub const ENTRIES_MAX: usize = 20_000;

/// Where an entry stands in the order of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EntryKey {
    /// The day as in table keys, 0 before the first.
    pub day: u32,
    pub file: u8,
    pub first: Revision,
}

/// The entries of a file, and whether they are all.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Entries {
    /// In the order of their days.
    pub keys: Vec<EntryKey>,
    pub complete: bool,
}

/// An entry of a file as it was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub file: u8,
    /// Resource name of the record.
    pub name: String,
    pub on: CivilDate,
    pub department: DepartmentCode,
    /// In a few words: the matter, the number of the decision.
    pub headline: String,
    /// As the row named its subject.
    pub reported_name: String,
    pub reported_identity: Identity,
    /// The subject whose code the row bore, if the file is another's.
    pub reported_subject: Option<SubjectName>,
    pub standing: Standing,
    /// Of the snapshot shown.
    pub revision: Revision,
    pub recorded_at: Instant,
}

/// What had become of a record. An end that was taken back since is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Standing {
    /// The end it came to; a commitment is withdrawn, if anything.
    pub end: Option<End>,
    /// Of a commitment.
    pub performance: Option<PerformanceState>,
    /// Of a commitment.
    pub breach: Option<BreachState>,
    /// Revision of the last fact about it.
    pub changed: Revision,
}

/// Finds the entries of a subject's file.
///
/// # Errors
/// The view's and the ledger's.
pub fn entries(
    view: &dyn View,
    facts: &dyn Recall,
    numbers: &[SubjectNumber],
    known: Known,
) -> Result<Entries, Error> {
    let mut found = Entries {
        keys: Vec::new(),
        complete: true,
    };
    let mut seen = HashSet::new();
    for number in numbers {
        let mut candidates = Vec::new();
        place::each(view, keys::SUBJECT_FILE, layout::of_subject(*number), |key, _| {
            let first = keys::subject_file_first(key);
            if first <= known.revision && candidates.len() <= ENTRIES_MAX {
                candidates.push((layout::file_kind(key), first));
            }
        })?;
        candidates.extend(place::moved_to(view, *number, known.revision)?);
        for (file, first) in candidates {
            if !seen.insert((file, first)) {
                continue;
            }
            let Some((reported, on)) = columns(view, facts, file, first, known.revision)? else {
                continue;
            };
            let owner = place::owner(view, first, reported, known.revision)?;
            if !numbers.contains(&owner) || on > known.on {
                continue;
            }
            if found.keys.len() == ENTRIES_MAX {
                found.complete = false;
                break;
            }
            found.keys.push(EntryKey {
                day: on.key(),
                file,
                first,
            });
        }
    }
    found.keys.sort_unstable();
    Ok(found)
}

/// The subject a record's row named, and its day, as known; `None` if it was not recorded yet.
fn columns(
    view: &dyn View,
    facts: &dyn Recall,
    file: u8,
    first: Revision,
    known: Revision,
) -> Result<Option<(SubjectNumber, CivilDate)>, Error> {
    if first > known {
        return Ok(None);
    }
    match file {
        keys::FILE_COMMITMENT => {
            let row = fold::row(view, first)?;
            if row.current <= known {
                return Ok(Some((row.subject, row.made_on)));
            }
            let (fact, _) = commitment_fact(facts, commitment_at(view, &row, first, known)?)?;
            Ok(Some((fact.subject, fact.commitment.made_on)))
        }
        _ => {
            let row = fold::records::row(view, first)?;
            if row.current <= known {
                return Ok(Some((row.subject, row.decided_on)));
            }
            let (fact, _) = recorded(facts, record_at(view, &row, first, known)?)?;
            Ok(Some((fact.subject, fact.record.decided_on)))
        }
    }
}

/// Revision of the snapshot of a commitment that was current.
///
/// # Errors
/// The view's.
pub fn commitment_at(
    view: &dyn View,
    row: &CommitmentRow,
    first: Revision,
    known: Revision,
) -> Result<Revision, store::Error> {
    if row.current <= known {
        return Ok(row.current);
    }
    Ok(snapshot_at(view, &row.natural, known)?.map_or(first, |(_, revision)| revision))
}

/// The same of a credit record.
///
/// # Errors
/// The view's.
pub fn record_at(
    view: &dyn View,
    row: &RecordRow,
    first: Revision,
    known: Revision,
) -> Result<Revision, store::Error> {
    if row.current <= known {
        return Ok(row.current);
    }
    Ok(snapshot_at(view, &row.natural, known)?.map_or(first, |(_, revision)| revision))
}

/// Number and revision of the last snapshot of a natural key up to a revision.
///
/// # Errors
/// The view's.
pub fn snapshot_at(
    view: &dyn View,
    natural: &[u8; 16],
    known: Revision,
) -> Result<Option<(u32, Revision)>, store::Error> {
    let mut last = None;
    place::each(view, keys::SNAPSHOT, keys::snapshots_of(natural), |key, value| {
        let revision = keys::revision_value(value);
        if revision <= known
            && let Some(number) = key.get(16..20).and_then(|bytes| bytes.try_into().ok())
        {
            last = Some((u32::from_be_bytes(number), revision));
        }
    })?;
    Ok(last)
}

/// What had become of a record up to a revision.
///
/// # Errors
/// The view's and the ledger's.
pub fn standing(
    view: &dyn View,
    facts: &dyn Recall,
    key: EntryKey,
    known: Revision,
) -> Result<Standing, Error> {
    match key.file {
        keys::FILE_COMMITMENT => {
            let row = fold::row(view, key.first)?;
            let withdrawn = row.withdrawn.filter(|revision| *revision <= known);
            let performance = match row.performance {
                None => None,
                Some(columns) if columns.current <= known => Some((columns.state, columns.current)),
                Some(_) => {
                    let natural = fold::performance_key(&row.natural);
                    match snapshot_at(view, &natural, known)? {
                        None => None,
                        Some((_, revision)) => Some((performance_state(facts, revision)?, revision)),
                    }
                }
            };
            let breach = match row.breach {
                None => None,
                Some(columns) if columns.current <= known => Some((columns.state, columns.current)),
                Some(_) => {
                    let natural = fold::supervision::breach_key(&row.natural);
                    match snapshot_at(view, &natural, known)? {
                        None => None,
                        Some((_, revision)) => {
                            Some((read::breach(facts, revision)?.fact.breach.state(), revision))
                        }
                    }
                }
            };
            let snapshot = commitment_at(view, &row, key.first, known)?;
            let changed = [
                Some(snapshot),
                withdrawn,
                performance.map(|(_, revision)| revision),
                breach.map(|(_, revision)| revision),
                row.revived.filter(|revision| *revision <= known),
            ];
            Ok(Standing {
                end: withdrawn.map(|_| End::Withdrawn),
                performance: performance.map(|(state, _)| state),
                breach: breach.map(|(state, _)| state),
                changed: changed.into_iter().flatten().max().unwrap_or(snapshot),
            })
        }
        _ => record_standing(view, facts, key.first, known),
    }
}

/// What had become of a credit record; an end that is not its first is looked for back to the first.
fn record_standing(
    view: &dyn View,
    facts: &dyn Recall,
    first: Revision,
    known: Revision,
) -> Result<Standing, Error> {
    let row = fold::records::row(view, first)?;
    let snapshot = record_at(view, &row, first, known)?;
    let mut ending = row.ending.map(|ending| (ending.fact, ending.end));
    while let Some((revision, _)) = ending.filter(|(revision, _)| *revision > known) {
        ending = match ended(facts, revision)?.earlier {
            None => None,
            Some(earlier) => Some((earlier, ended(facts, earlier)?.end)),
        };
    }
    Ok(Standing {
        end: ending.map(|(_, end)| end),
        performance: None,
        breach: None,
        changed: ending.map_or(snapshot, |(revision, _)| revision.max(snapshot)),
    })
}

fn ended(facts: &dyn Recall, revision: Revision) -> Result<EndedFact, Error> {
    let Fact::Record(RecordFact::Ended(fact)) = facts.fact(revision)?.0.fact else {
        return Err(contradiction(revision));
    };
    Ok(*fact)
}

fn performance_state(facts: &dyn Recall, revision: Revision) -> Result<PerformanceState, Error> {
    let (Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact)) = facts.fact(revision)?.0.fact
    else {
        return Err(contradiction(revision));
    };
    Ok(fact.performance.state)
}

/// Reads an entry of the file of a subject.
///
/// # Errors
/// The view's and the ledger's.
pub fn shown(
    view: &dyn View,
    facts: &dyn Recall,
    of: SubjectNumber,
    key: EntryKey,
    known: Revision,
) -> Result<Entry, Error> {
    let standing = standing(view, facts, key, known)?;
    match key.file {
        keys::FILE_COMMITMENT => {
            let row = fold::row(view, key.first)?;
            let revision = commitment_at(view, &row, key.first, known)?;
            let (fact, recorded_at) = commitment_fact(facts, revision)?;
            let commitment = fact.commitment;
            let name = CommitmentName {
                body: commitment.accepting_body_code,
                code: commitment.code,
            };
            Ok(Entry {
                file: key.file,
                name: name.to_string(),
                on: commitment.made_on,
                department: fact.department,
                headline: commitment.reason,
                reported_name: commitment.subject_name,
                reported_identity: commitment.subject,
                reported_subject: named(view, fact.subject, of)?,
                standing,
                revision,
                recorded_at,
            })
        }
        _ => {
            let row = fold::records::row(view, key.first)?;
            let revision = record_at(view, &row, key.first, known)?;
            let (fact, recorded_at) = recorded(facts, revision)?;
            let record = fact.record;
            let words = [Some(record.number), record.matter];
            let words: Vec<String> = words
                .into_iter()
                .flatten()
                .filter(|one| !one.is_empty())
                .collect();
            Ok(Entry {
                file: key.file,
                name: fact.name.to_string(),
                on: record.decided_on,
                department: fact.department,
                headline: words.join(" "),
                reported_name: record.party.name,
                reported_identity: record.party.identity,
                reported_subject: named(view, fact.subject, of)?,
                standing,
                revision,
                recorded_at,
            })
        }
    }
}

/// The name of a subject that is not the one whose file is read.
fn named(view: &dyn View, reported: SubjectNumber, of: SubjectNumber) -> Result<Option<SubjectName>, Error> {
    if reported == of {
        return Ok(None);
    }
    Ok(Some(super::row(view, reported)?.name))
}
