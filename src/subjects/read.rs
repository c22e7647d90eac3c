//! A subject's file by one call: who it is, what it was called, where it belongs, and its records.
//!
//! As of a day and as known at a revision. Nothing here is unbounded: facts about the subject itself,
//! reported names, memberships and entries each have a limit, and the answer says where one was met.
//! Read first: [`subject`].

use std::collections::BTreeMap;

use crate::domain::breach::BreachState;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::PerformanceState;
use crate::domain::fact::Fact;
use crate::domain::record::End;
use crate::domain::record_fact::RecordFact;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use crate::domain::subject_fact::{Change, SubjectFact};
use crate::group::fold;
use crate::ingest::rows::Error;
use crate::store::keys::subjects as layout;
use crate::store::record::{Facts, Recall};
use crate::store::{self, View, keys};

use super::file::{self, Entry, EntryKey};
use super::place::{self, Known};
use super::profile::{MemberRead, Profile, Told};

/// Most facts about one subject that are read.
pub const HISTORY_MAX: usize = 500;
/// Most reported names that are shown.
pub const REPORTED_NAMES_MAX: usize = 100;
/// Most memberships that are shown with a subject.
pub const MEMBERSHIPS_MAX: usize = 200;

/// What is asked about a subject.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub known: Known,
    /// Entries behind this one.
    pub after: EntryKey,
    /// Most entries.
    pub size: usize,
}

/// A subject that went into this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predecessor {
    pub name: SubjectName,
    pub on: CivilDate,
}

/// A subject as it stands in one view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRead {
    pub name: SubjectName,
    pub kind: SubjectKind,
    /// The code it is known by on the day asked.
    pub identity: Identity,
    pub profile: Profile,
    /// Names under which it was reported or registered, the latest first.
    pub titles: Vec<String>,
    pub opened: Revision,
    pub opened_at: Instant,
    /// Of the last change of the subject or its records.
    pub changed: Revision,
    /// Into which it went, and the day.
    pub successor: Option<Predecessor>,
    pub predecessors: Vec<Predecessor>,
    pub split_into: Vec<Predecessor>,
    pub split_from: Vec<Predecessor>,
    /// On the day asked, its predecessors' included.
    pub memberships: Vec<(SubjectName, MemberRead)>,
    pub counts: Counts,
    pub entries: Vec<Entry>,
    pub next: Option<EntryKey>,
    /// No limit was met.
    pub complete: bool,
}

/// Counts over the records of a file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// Commitments, withdrawn ones left out.
    pub commitments: u32,
    pub performed: u32,
    pub breached: u32,
    /// Commitments on which a breach was confirmed.
    pub confirmed_breaches: u32,
    /// Withdrawn commitments.
    pub withdrawn: u32,
    /// Records of all other kinds that did not come to an end.
    pub records: u32,
    /// Those that did, by their end.
    pub ended: BTreeMap<End, u32>,
}

/// Finds the number of a subject by its opaque name.
///
/// # Errors
/// `SUBJECT_UNKNOWN`; the view's.
pub fn number(view: &dyn View, name: SubjectName) -> Result<SubjectNumber, Error> {
    let unknown = || Refusal::plain(Reason::SubjectUnknown).with("name", format!("subjects/{name}"));
    Ok(super::by_name(view, name)?.ok_or_else(unknown)?)
}

/// Reads a subject's file.
///
/// # Errors
/// `SUBJECT_UNKNOWN` if it was not known yet; the view's and the ledger's.
pub fn subject(
    view: &dyn View,
    facts: &Facts,
    number: SubjectNumber,
    asked: &Asked,
) -> Result<SubjectRead, Error> {
    let row = super::row(view, number)?;
    let known = asked.known;
    if row.opened > known.revision {
        return Err(Refusal::plain(Reason::SubjectUnknown)
            .with("name", format!("subjects/{}", row.name))
            .into());
    }
    let (told, all_told) = history(view, facts, number, known.revision)?;
    let profile = Profile::fold(number, &told);
    let opened_at = facts.fact(row.opened)?.1;
    let titles = titles(view, facts, number, &profile, known)?;
    let numbers = place::with_predecessors(view, number, known)?;
    let entries = file::entries(view, facts, &numbers, known)?;
    let (counts, changed) = counted(view, facts, &entries.keys, known.revision)?;
    let (shown, next) = page(view, facts, number, &entries.keys, asked)?;
    let (memberships, all_memberships) = memberships(view, facts, &numbers, &profile, known)?;
    let codes = profile.codes_on(known.on);
    let code = codes.first().copied().or(profile.codes.last());
    let identity = code.map(|code| code.identity.clone());
    let successor = place::merged(view, number, known)?;
    let named = |(other, on): (SubjectNumber, CivilDate)| -> Result<Predecessor, Error> {
        let name = super::row(view, other)?.name;
        Ok(Predecessor { name, on })
    };
    let by_then = |pairs: &[(SubjectNumber, CivilDate)]| -> Result<Vec<Predecessor>, Error> {
        let pairs = pairs.iter().copied().filter(|(_, on)| *on <= known.on);
        pairs.map(named).collect()
    };
    let mut predecessors = Vec::new();
    for other in numbers.iter().skip(1) {
        if let Some((_, on, _)) = place::merged(view, *other, known)? {
            predecessors.push(named((*other, on))?);
        }
    }
    Ok(SubjectRead {
        name: row.name,
        kind: row.kind,
        identity: identity.ok_or_else(|| no_opening(row.opened))?,
        titles,
        opened: row.opened,
        opened_at,
        changed: changed.max(profile.changed).max(row.opened),
        successor: successor.map(|(into, on, _)| named((into, on))).transpose()?,
        predecessors,
        split_into: by_then(&profile.split_into)?,
        split_from: by_then(&profile.split_from)?,
        memberships,
        counts,
        entries: shown,
        next,
        complete: all_told && all_memberships && entries.complete,
        profile,
    })
}

fn no_opening(revision: Revision) -> Error {
    Error::Store(store::Error::Engine {
        operation: "read a subject",
        detail: format!("no subject was opened at revision {}", revision.0),
    })
}

/// The facts about a subject up to a revision, and whether they are all.
///
/// # Errors
/// The view's and the ledger's.
pub fn history(
    view: &dyn View,
    facts: &dyn Recall,
    number: SubjectNumber,
    known: Revision,
) -> Result<(Vec<Told>, bool), Error> {
    let mut revisions = Vec::new();
    place::each(
        view,
        keys::SUBJECT_HISTORY,
        layout::of_subject(number),
        |key, _| {
            let revision = layout::history_revision(key);
            if revision <= known {
                revisions.push(revision);
            }
        },
    )?;
    let complete = revisions.len() <= HISTORY_MAX;
    // The opening and the latest facts say most.
    if !complete {
        revisions.drain(1..revisions.len() - HISTORY_MAX + 1);
    }
    let mut told = Vec::with_capacity(revisions.len());
    for revision in revisions {
        let (recorded, at) = facts.fact(revision)?;
        told.push(Told {
            revision,
            at,
            fact: recorded.fact,
        });
    }
    Ok((told, complete))
}

/// Names of a subject, the latest first: the one in force, then all under which it was reported.
fn titles(
    view: &dyn View,
    facts: &Facts,
    number: SubjectNumber,
    profile: &Profile,
    known: Known,
) -> Result<Vec<String>, Error> {
    let mut firsts = Vec::new();
    place::each(
        view,
        keys::SUBJECT_TITLES,
        layout::of_subject(number),
        |_, value| {
            let first = keys::revision_value(value);
            if first <= known.revision {
                firsts.push(first);
            }
        },
    )?;
    firsts.sort_unstable_by(|one, other| other.cmp(one));
    firsts.truncate(REPORTED_NAMES_MAX);
    let last = fold::subjects::state(view, number)?.titled;
    if last <= known.revision {
        firsts.retain(|first| *first != last);
        firsts.insert(0, last);
    }
    let mut titles: Vec<String> = Vec::new();
    if let Some(named) = profile.name_on(known.on) {
        titles.push(named.name.clone());
    }
    for first in firsts {
        let fact = facts.fact(first)?.0.fact;
        if let Some(name) = name_in(&fact)
            && !titles.contains(&name)
            && !is_moved(view, &fact, first, known.revision)?
        {
            titles.push(name);
        }
    }
    Ok(titles)
}

/// Says whether a fact is about a record that was moved to another subject, and its name with it.
fn is_moved(view: &dyn View, fact: &Fact, revision: Revision, known: Revision) -> Result<bool, Error> {
    if let Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact) = fact {
        let first = fact.first.unwrap_or(revision);
        Ok(place::owner(view, first, fact.subject, known)? != fact.subject)
    } else if let Fact::Record(RecordFact::Recorded(fact)) = fact {
        let first = fact.first.unwrap_or(revision);
        Ok(place::owner(view, first, fact.subject, known)? != fact.subject)
    } else {
        Ok(false)
    }
}

/// The name of a subject that a fact brings.
pub(super) fn name_in(fact: &Fact) -> Option<String> {
    if let Fact::SubjectOpened { reported_name, .. } = fact {
        Some(reported_name.clone())
    } else if let Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact) = fact {
        Some(fact.commitment.subject_name.clone())
    } else if let Fact::Record(RecordFact::Recorded(fact)) = fact {
        Some(fact.record.party.name.clone())
    } else if let Fact::Subject(SubjectFact::Registered(fact)) = fact {
        Some(fact.entry.name.clone())
    } else if let Fact::Subject(SubjectFact::Changed(fact)) = fact
        && let Change::Renamed { name, .. } = &fact.change
    {
        Some(name.clone())
    } else {
        None
    }
}

/// Counts the entries, and finds the last change among them.
fn counted(
    view: &dyn View,
    facts: &Facts,
    entries: &[EntryKey],
    known: Revision,
) -> Result<(Counts, Revision), Error> {
    let mut counts = Counts::default();
    let mut changed = Revision(0);
    for key in entries {
        let standing = file::standing(view, facts, *key, known)?;
        changed = changed.max(standing.changed);
        match (key.file, standing.end) {
            (keys::FILE_COMMITMENT, Some(_)) => counts.withdrawn += 1,
            (keys::FILE_COMMITMENT, None) => {
                counts.commitments += 1;
                match standing.breach {
                    Some(BreachState::Confirmed | BreachState::CarriedOut) => counts.confirmed_breaches += 1,
                    Some(BreachState::Notified | BreachState::Corrected) | None => {}
                }
                match standing.performance {
                    Some(PerformanceState::Full) => counts.performed += 1,
                    Some(PerformanceState::Partial | PerformanceState::Unperformed) => counts.breached += 1,
                    None => {}
                }
            }
            (_, Some(end)) => *counts.ended.entry(end).or_default() += 1,
            (_, None) => counts.records += 1,
        }
    }
    Ok((counts, changed))
}

/// The entries of one page, and where the next one goes on.
fn page(
    view: &dyn View,
    facts: &Facts,
    number: SubjectNumber,
    entries: &[EntryKey],
    asked: &Asked,
) -> Result<(Vec<Entry>, Option<EntryKey>), Error> {
    let begin = entries.partition_point(|key| *key <= asked.after);
    let end = entries.len().min(begin.saturating_add(asked.size));
    let shown = entries[begin..end]
        .iter()
        .map(|key| file::shown(view, facts, number, *key, asked.known.revision))
        .collect::<Result<_, _>>()?;
    let next = (end < entries.len() && end > begin).then(|| entries[end - 1]);
    Ok((shown, next))
}

/// Memberships of a subject and its predecessors on a day, and whether they are all.
fn memberships(
    view: &dyn View,
    facts: &Facts,
    numbers: &[SubjectNumber],
    own: &Profile,
    known: Known,
) -> Result<(Vec<(SubjectName, MemberRead)>, bool), Error> {
    let mut found = Vec::new();
    let mut complete = true;
    for (place, number) in numbers.iter().enumerate() {
        let other;
        let profile = if place == 0 {
            own
        } else {
            let (told, all) = history(view, facts, *number, known.revision)?;
            complete &= all;
            other = Profile::fold(*number, &told);
            &other
        };
        let name = super::row(view, *number)?.name;
        for read in profile.memberships.values() {
            let said = &read.membership;
            if said.from <= known.on && said.until.is_none_or(|until| known.on <= until) {
                found.push((name, read.clone()));
            }
        }
        if found.len() > MEMBERSHIPS_MAX {
            found.truncate(MEMBERSHIPS_MAX);
            complete = false;
            break;
        }
    }
    Ok((found, complete))
}
