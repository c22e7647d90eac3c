//! The turn of a day: what is due is assessed, each on the day it was due, in slices behind the fact.

use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal};
use crate::domain::grade_fact::{Cause as Causes, Due};
use crate::domain::revision::Revision;
use crate::domain::rules::CycleKind;
use crate::domain::subject_fact::Who;
use crate::group::Group;
use crate::group::fold::grades::{BY_DUE, pair_row};
use crate::group::unsettled::Cause;
use crate::ingest::rows::Error;
use crate::store::keys::grades as layout;
use crate::store::{self, View, keys};

use super::settle::{self, Why};

/// Pairs that one slice looks at; each changes at most four rows.
const SLICE_PAIRS: usize = 200;

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
    let why = Why {
        cause: Causes::Day,
        by: cause.revision,
    };
    let mut reviewed = Vec::new();
    let mut next = BY_DUE;
    if let Some(day) = last_day(group)? {
        let found = group.scan(keys::GRADE_DUE, &layout::due_until(day), SLICE_PAIRS)?;
        for (key, value) in &found.rows {
            let Some((on, subject, sector)) = layout::due_read(key, value) else {
                return Err(broken().into());
            };
            let who = Who {
                subject,
                kind: crate::subjects::row(group, subject)?.kind,
            };
            // A grade settled for this pair in this slice may have moved it already.
            if pair_row(group, sector, subject)?.due != Some(on) {
                continue;
            }
            let rules = group.policies().rules.of(sector, on);
            match rules.filter(|rules| rules.cycle.kind == CycleKind::RealTime) {
                Some(_) => settle::with_readers(group, who, sector, on, why, &mut reviewed)?,
                None => reviewed.push(Due {
                    who,
                    sector,
                    on: None,
                }),
            }
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

fn broken() -> store::Error {
    store::Error::Engine {
        operation: "read what is due",
        detail: "an entry does not decode".to_owned(),
    }
}
