//! Causes whose effects are still being settled, and a view that shows them as settled.
//!
//! A fact that touches many is one fact; what follows from it comes in slices behind it. A reader must
//! not see some of it done and some not, so every reader looks through [`seen`].

use std::sync::Arc;

use bytes::Bytes;

use super::Group;
use crate::domain::fact::{Fact, Recorded};
use crate::domain::revision::{Revision, Span};
use crate::store::keys::{self, CommitmentRow};
use crate::store::record::Facts;
use crate::store::{Error, Head, KeyRange, Rows, Table, View};

/// Most causes that may be unsettled at a time; further commands with effects are refused meanwhile.
pub const CAUSES_MAX: usize = 16;

/// Most causes that are looked at; those of the service itself come beside those of commands.
const CAUSES_READ_MAX: usize = 1_024;

/// A cause with how far its effects have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Of the fact that causes the effects.
    pub revision: Revision,
    /// The first record that the next slice looks at.
    pub next: Revision,
    /// How many slices are settled.
    pub slices: u32,
}

/// The unsettled causes, the oldest first.
///
/// # Errors
/// As the view's.
pub fn causes(view: &dyn View) -> Result<Vec<Cause>, Error> {
    let all = KeyRange {
        from: Bytes::new(),
        until: None,
    };
    let found = view.scan(keys::CAUSE, &all, CAUSES_READ_MAX)?;
    let cause = |(key, value): &(Bytes, Bytes)| {
        let (next, slices) = keys::cause_row(value);
        Cause {
            revision: keys::revision_value(key),
            next,
            slices,
        }
    };
    Ok(found.rows.iter().map(cause).collect())
}

/// The same view, with the effects of every unsettled cause in it.
///
/// # Errors
/// The view's; [`Error::Engine`] if a cause cannot be read.
pub fn seen(view: Arc<dyn View>, facts: &Facts) -> Result<Arc<dyn View>, Error> {
    let causes = causes(&*view)?;
    if causes.is_empty() {
        return Ok(view);
    }
    let mut withdrawn = Vec::new();
    for cause in causes {
        // What days and runs leave open, whoever reads grades assesses for himself.
        if let Fact::BatchesWithdrawn { spans, .. } = recorded(&cause, facts)?.fact {
            withdrawn.extend(open_parts(&spans, &cause).map(|span| (span, cause.revision)));
        }
    }
    if withdrawn.is_empty() {
        return Ok(view);
    }
    Ok(Arc::new(Seen {
        inner: view,
        withdrawn,
    }))
}

/// The parts of a cause's spans, which are in order, whose effects are still to come. What is settled may
/// have changed again since, by a revival.
fn open_parts(spans: &[Span], cause: &Cause) -> impl Iterator<Item = Span> {
    let next = cause.next;
    spans
        .iter()
        .filter(move |span| span.last >= next)
        .map(move |span| Span {
            first: span.first.max(next),
            last: span.last,
        })
}

/// Says whether the withdrawal of a commitment, named by its first revision, is still to come.
///
/// # Errors
/// As the view's; [`Error::Engine`] if a cause cannot be read.
pub fn is_withdrawal_open(group: &Group<'_>, first: Revision) -> Result<bool, Error> {
    for cause in causes(group)? {
        if let Fact::BatchesWithdrawn { spans, .. } = group.recall(cause.revision)?
            && open_parts(&spans, &cause).any(|span| span.contains(first))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The fact behind a cause.
///
/// # Errors
/// [`Error::Engine`] if it cannot be read.
pub fn recorded(cause: &Cause, facts: &Facts) -> Result<Recorded, Error> {
    match facts.fact(cause.revision) {
        Ok((recorded, _)) => Ok(recorded),
        Err(error) => Err(no_cause(cause, &error.to_string())),
    }
}

/// What is said where another fact stands at a cause's revision.
#[must_use]
pub fn no_cause(cause: &Cause, what: &str) -> Error {
    Error::Engine {
        operation: "settle effects",
        detail: format!("revision {} is no cause: {what}", cause.revision.0),
    }
}

struct Seen {
    inner: Arc<dyn View>,
    /// Spans of first revisions, with the cause that withdraws what stands there.
    withdrawn: Vec<(Span, Revision)>,
}

impl Seen {
    fn shown(&self, key: &[u8], value: Bytes) -> Bytes {
        let first = keys::revision_value(key);
        let cause = self.withdrawn.iter().find(|(span, _)| span.contains(first));
        match (cause, CommitmentRow::decode(&value)) {
            (Some((_, cause)), Some(row)) if row.withdrawn.is_none() => CommitmentRow {
                withdrawn: Some(*cause),
                ..row
            }
            .encode(),
            (Some(_) | None, Some(_) | None) => value,
        }
    }
}

impl View for Seen {
    fn head(&self) -> Option<Head> {
        self.inner.head()
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, Error> {
        let found = self.inner.get(table, key)?;
        Ok(match found {
            Some(value) if table == keys::COMMITMENT => Some(self.shown(key, value)),
            found => found,
        })
    }

    fn scan(&self, table: Table, range: &KeyRange, rows_max: usize) -> Result<Rows, Error> {
        let mut found = self.inner.scan(table, range, rows_max)?;
        if table == keys::COMMITMENT {
            for (key, value) in &mut found.rows {
                *value = self.shown(key, std::mem::take(value));
            }
        }
        Ok(found)
    }
}
