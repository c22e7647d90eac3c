//! The file of a subject so far.

use crate::domain::breach::BreachState;
use crate::domain::commitment::PerformanceState;
use crate::domain::fact::Fact;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use crate::group::fold;
use crate::ingest::read::{Error, commitment_fact, file_of, last_change};
use crate::store::View;
use crate::store::record::Facts;

/// A subject as it stands in one view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRead {
    pub name: SubjectName,
    pub kind: SubjectKind,
    pub identity: Identity,
    /// Names under which it was reported, the latest first.
    pub titles: Vec<String>,
    pub opened: Revision,
    pub opened_at: Instant,
    /// Of the last change of the subject or its commitments.
    pub changed: Revision,
    pub commitments: u32,
    pub performed: u32,
    pub breached: u32,
    /// Commitments on which a breach was confirmed.
    pub confirmed_breaches: u32,
    pub withdrawn: u32,
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
/// The view's and the ledger's.
pub fn subject(view: &dyn View, facts: &Facts, number: SubjectNumber) -> Result<SubjectRead, Error> {
    let row = super::row(view, number)?;
    let (opened, opened_at) = facts.fact(row.opened)?;
    let Fact::SubjectOpened {
        identity,
        reported_name,
        ..
    } = opened.fact
    else {
        let detail = format!("no subject was opened at revision {}", row.opened.0);
        return Err(crate::store::Error::Engine {
            operation: "read a subject",
            detail,
        }
        .into());
    };
    let mut read = SubjectRead {
        name: row.name,
        kind: row.kind,
        identity,
        titles: Vec::new(),
        opened: row.opened,
        opened_at,
        changed: row.opened,
        commitments: 0,
        performed: 0,
        breached: 0,
        confirmed_breaches: 0,
        withdrawn: 0,
    };
    let mut titles = vec![(row.opened, reported_name)];
    for first in file_of(view, number)? {
        let row = fold::row(view, first)?;
        read.changed = read.changed.max(last_change(&row));
        titles.push((
            row.current,
            commitment_fact(facts, row.current)?.0.commitment.subject_name,
        ));
        if row.withdrawn.is_some() {
            read.withdrawn += 1;
            continue;
        }
        read.commitments += 1;
        match row.breach.map(|columns| columns.state) {
            Some(BreachState::Confirmed | BreachState::CarriedOut) => read.confirmed_breaches += 1,
            Some(BreachState::Notified | BreachState::Corrected) | None => {}
        }
        match row.performance.map(|columns| columns.state) {
            Some(PerformanceState::Full) => read.performed += 1,
            Some(PerformanceState::Partial | PerformanceState::Unperformed) => read.breached += 1,
            None => {}
        }
    }
    titles.sort_by_key(|(revision, _)| std::cmp::Reverse(*revision));
    for (_, title) in titles {
        if !read.titles.contains(&title) {
            read.titles.push(title);
        }
    }
    Ok(read)
}
