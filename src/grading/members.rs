//! Who is in a sector, and in which sectors a subject is.

use std::collections::BTreeSet;

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

/// Members of a sector at any time of a period, from a membership on.
///
/// # Errors
/// The view's.
pub fn page(
    view: &dyn View,
    sector: SectorCode,
    period: Period,
    from: Revision,
    rows_max: usize,
) -> Result<Members, Error> {
    let after = Revision(from.0.saturating_sub(1));
    let found = view.scan(keys::MEMBERSHIP, &layout::members_in(sector, after), rows_max)?;
    let mut subjects = Vec::new();
    let mut next = None;
    for (key, _) in &found.rows {
        let first = layout::membership_first(key);
        let said = row(view, first)?;
        let overlaps = said.from <= period.last && said.until.is_none_or(|until| until >= period.first);
        if overlaps {
            let subject = place::current(view, said.subject)?;
            if !subjects.contains(&subject) {
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

/// Everyone who was a member of a sector at any time of a period.
///
/// # Errors
/// The view's; the tables' if a page does not go on.
pub fn all(view: &dyn View, sector: SectorCode, period: Period) -> Result<BTreeSet<SubjectNumber>, Error> {
    let mut everyone = BTreeSet::new();
    let mut from = Revision(1);
    loop {
        let found = page(view, sector, period, from, 1_000)?;
        everyone.extend(found.subjects);
        match found.next {
            None => return Ok(everyone),
            Some(next) if next > from => from = next,
            Some(_) => return Err(contradiction(from)),
        }
    }
}
