//! The turn of a day: what is due is assessed, each on the day it was due, in slices behind the fact.

use std::collections::{BTreeSet, HashSet};

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal};
use crate::domain::grade_fact::{Cause as Causes, Due};
use crate::domain::revision::Revision;
use crate::domain::rules::CycleKind;
use crate::domain::subject::SubjectNumber;
use crate::domain::subject_fact::Who;
use crate::group::Group;
use crate::group::fold::grades::BY_DUE;
use crate::group::unsettled::Cause;
use crate::ingest::rows::Error;
use crate::store::keys::grades as layout;
use crate::store::{self, View, keys};

use super::members;
use super::settle::{self, Why};

/// Pairs that one slice looks at.
const SLICE_PAIRS: usize = 250;
/// A slice begins no further subject once it changes this many rows.
const SLICE_CHANGES_MAX: usize = 900;

/// The last day that was turned.
///
/// # Errors
/// The view's.
pub fn last_day(view: &dyn View) -> Result<Option<CivilDate>, store::Error> {
    let found = view.get(keys::COUNTER, &keys::counter_key(keys::COUNTER_DAY))?;
    Ok(found.and_then(|bytes| CivilDate::from_key(u32::try_from(keys::revision_value(&bytes).0).ok()?)))
}

/// Adds the next slice of what is due by the last day that was turned.
///
/// # Errors
/// The view's and the ledger's.
pub fn slice(group: &mut Group<'_>, cause: &Cause) -> Result<(), Error> {
    let mut reviewed = Vec::new();
    let mut next = BY_DUE;
    if let Some(day) = last_day(group)? {
        let found = group.scan(keys::GRADE_DUE, &layout::due_until(day), SLICE_PAIRS)?;
        let mut done = HashSet::new();
        for (key, value) in &found.rows {
            let (_, subject, sector) = layout::due_read(key, value).ok_or_else(broken)?;
            if !done.insert(subject) {
                continue;
            }
            // What does not fit any more is still due in the next slice.
            if group.change_count() + 3 * reviewed.len() >= SLICE_CHANGES_MAX {
                break;
            }
            let mut sectors = members::sectors_of(group, subject)?;
            sectors.insert(sector);
            of_subject(group, cause.revision, subject, &sectors, day, &mut reviewed)?;
        }
        if found.rows.is_empty() {
            next = Revision(0);
        }
    }
    settle::review(group, reviewed)?;
    let settled = Fact::EffectsSettled {
        cause: cause.revision,
        slice: cause.slices + 1,
        next,
    };
    group.push(&Principal::service(), settled)?;
    Ok(())
}

/// Settles whatever is due for a subject in some sectors by a day, in the order of the days.
///
/// Where it counts in other sectors, these are looked at too. A slice and a reader whose turn has not come
/// yet do the same.
///
/// # Errors
/// The view's and the ledger's.
pub fn of_subject(
    group: &mut Group<'_>,
    turn: Revision,
    subject: SubjectNumber,
    sectors: &BTreeSet<SectorCode>,
    until: CivilDate,
    reviewed: &mut Vec<Due>,
) -> Result<(), Error> {
    let why = Why {
        cause: Causes::Day,
        by: turn,
    };
    let who = Who {
        subject,
        kind: crate::subjects::row(group, subject)?.kind,
    };
    loop {
        let mut first = None;
        for sector in sectors {
            let due = settle::due(group, reviewed, who, *sector)?;
            if let Some(on) = due.filter(|on| *on <= until && first.is_none_or(|(first, _)| *on < first)) {
                first = Some((on, *sector));
            }
        }
        let Some((on, sector)) = first else {
            return Ok(());
        };
        let rules = group.policies().rules.of(sector, on);
        match rules.filter(|rules| rules.cycle.kind == CycleKind::RealTime) {
            Some(_) => settle::with_readers(group, who, sector, on, why, reviewed)?,
            None => settle::put_off(reviewed, who, sector),
        }
    }
}

fn broken() -> store::Error {
    store::Error::Engine {
        operation: "read what is due",
        detail: "an entry does not decode".to_owned(),
    }
}
