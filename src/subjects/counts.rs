//! How many subjects there are, by kind and by how they stand.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::domain::civil_date::CivilDate;
use crate::domain::subject::SubjectKind;
use crate::group::fold::subjects::state;
use crate::store::keys::{self, SubjectRow};
use crate::store::{self, Error, KeyRange, View};

/// How a subject stands on a day. The order is that of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Known from reports only.
    Provisional,
    /// Confirmed by a register.
    Registered,
    /// Its last day is over.
    Ended,
    /// It went into another subject.
    Merged,
}

/// Counts by kind and standing; only what occurs.
pub type Counts = BTreeMap<(SubjectKind, Standing), u64>;

/// Counts all subjects as of a day.
///
/// # Errors
/// The view's; [`Error::Engine`] if a row does not decode.
pub fn subjects(view: &dyn View, on: CivilDate) -> Result<Counts, Error> {
    let all = KeyRange {
        from: Bytes::new(),
        until: None,
    };
    let mut counts = Counts::new();
    store::each(view, keys::SUBJECT, all, |key, value| {
        let row = SubjectRow::decode(value).ok_or_else(|| Error::Engine {
            operation: "count subjects",
            detail: "a subject's row does not decode".to_owned(),
        })?;
        let state = state(view, keys::subject_value(key))?;
        let standing = if state.successor.is_some() {
            Standing::Merged
        } else if state.ended_on.is_some_and(|ended| ended < on) {
            Standing::Ended
        } else if state.registered.is_some() {
            Standing::Registered
        } else {
            Standing::Provisional
        };
        *counts.entry((row.kind, standing)).or_default() += 1;
        Ok::<_, Error>(())
    })?;
    Ok(counts)
}
