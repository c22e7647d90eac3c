//! Who is in a sector, and in which sectors a subject is.

use std::collections::{BTreeSet, HashSet};

use crate::domain::catalog::SectorCode;
use crate::domain::grading::Period;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::ingest::rows::{Error, contradiction};
use crate::store::keys::subjects::{self as layout, MembershipRow};
use crate::store::{View, keys};
use crate::subjects::place::{self, Known};

/// The sectors that a subject, or what went into it, is or was a member of.
///
/// # Errors
/// The view's.
pub fn sectors_of(view: &dyn View, subject: SubjectNumber) -> Result<BTreeSet<SectorCode>, Error> {
    let mut firsts = Vec::new();
    for number in place::with_predecessors(view, subject, Known::all())? {
        let range = layout::members_of(number, Revision(0));
        place::each(view, keys::MEMBERSHIP, range, |key, _| {
            firsts.push(layout::membership_first(key));
        })?;
    }
    let mut sectors = BTreeSet::new();
    for first in firsts {
        sectors.insert(row(view, first)?.sector);
    }
    Ok(sectors)
}

fn row(view: &dyn View, first: Revision) -> Result<MembershipRow, Error> {
    Ok(crate::group::fold::subjects::membership(view, first)?)
}

/// A page of the members of a sector, in the order in which their memberships were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// As they count now, each once, with the membership it was found by.
    pub subjects: Vec<SubjectNumber>,
    /// The membership to go on from; `None` at the end.
    pub next: Option<Revision>,
}

/// Members of a sector at any time of a period, from a membership on; those recorded behind `known` are none.
///
/// # Errors
/// The view's.
pub fn page(
    view: &dyn View,
    sector: SectorCode,
    period: Period,
    (from, known): (Revision, Revision),
    rows_max: usize,
) -> Result<Members, Error> {
    let after = Revision(from.0.saturating_sub(1));
    let found = view.scan(keys::MEMBERSHIP, &layout::members_in(sector, after), rows_max)?;
    let mut subjects = Vec::new();
    let mut seen = HashSet::new();
    let mut next = None;
    for (key, _) in &found.rows {
        let first = layout::membership_first(key);
        if first > known {
            return Ok(Members { subjects, next: None });
        }
        let said = row(view, first)?;
        if overlaps(&said, period) {
            let subject = place::current(view, said.subject)?;
            if seen.insert(subject) {
                subjects.push(subject);
            }
        }
        next = Some(first.plus(1));
    }
    Ok(Members {
        subjects,
        next: next.filter(|_| found.more),
    })
}

fn overlaps(said: &MembershipRow, period: Period) -> bool {
    said.from <= period.last && said.until.is_none_or(|until| until >= period.first)
}

/// Says whether a subject is one of those of [`page`].
///
/// # Errors
/// The view's.
pub fn is_in(
    view: &dyn View,
    subject: SubjectNumber,
    sector: SectorCode,
    period: Period,
    known: Revision,
) -> Result<bool, Error> {
    let mut firsts = Vec::new();
    for number in place::with_predecessors(view, subject, Known::all())? {
        let range = layout::members_of(number, Revision(0));
        place::each(view, keys::MEMBERSHIP, range, |key, _| {
            firsts.push(layout::membership_first(key));
        })?;
    }
    for first in firsts.into_iter().filter(|first| *first <= known) {
        let said = row(view, first)?;
        if said.sector == sector && overlaps(&said, period) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Everyone who was a member of a sector at any time of a period, by memberships recorded up to `known`.
///
/// # Errors
/// The view's; the tables' if a page does not go on.
pub fn all(
    view: &dyn View,
    sector: SectorCode,
    period: Period,
    known: Revision,
) -> Result<BTreeSet<SubjectNumber>, Error> {
    let mut everyone = BTreeSet::new();
    let mut from = Revision(1);
    loop {
        let found = page(view, sector, period, (from, known), 1_000)?;
        everyone.extend(found.subjects);
        match found.next {
            None => return Ok(everyone),
            Some(next) if next > from => from = next,
            Some(_) => return Err(contradiction(from)),
        }
    }
}
