//! Rows of a table by first revision: pages of them, and counts.
//!
//! Each answer is of one view, hence of one revision.

use std::collections::BTreeMap;

use crate::domain::civil_date::CivilDate;
use crate::domain::refusal::Refusal;
use crate::domain::revision::Revision;
use crate::store::{self, KeyRange, Table, View, keys, record};

/// Most rows that one page looks at; a page of a narrow filter may therefore be short, even empty.
const ROWS_PER_PAGE_MAX: usize = 20_000;

/// Rows fetched at a time.
const ROWS_PER_SCAN: usize = 1_000;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Record(#[from] record::Error),
}

/// A page of a list; `next` is the last key looked at, if more may follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    pub items: Vec<T>,
    pub next: Option<K>,
}

/// The current state of something, found under the revision at which it was first recorded.
pub trait Row: Copy {
    const TABLE: Table;
    /// `None` if the bytes are no such row.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// The part of a list that one page shows.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Rows first recorded behind this, up to `until`.
    pub after: Revision,
    pub until: Revision,
    /// Most items.
    pub size: usize,
}

/// Among which rows is looked.
pub enum Among {
    /// The whole table.
    All,
    /// These first revisions, in rising order.
    Firsts(Vec<Revision>),
}

/// Reads the row that was first recorded at a revision.
///
/// # Errors
/// The view's; [`store::Error::Engine`] if there is none.
pub fn row<R: Row>(view: &dyn View, first: Revision) -> Result<R, store::Error> {
    let bytes = view.get(R::TABLE, &keys::revision_key(first))?;
    bytes
        .as_deref()
        .and_then(R::decode)
        .ok_or_else(|| store::Error::Engine {
            operation: "find a record",
            detail: format!("no row in table {} for revision {}", R::TABLE.0, first.0),
        })
}

/// Shows those of the rows that pass, in the order in which they were first recorded.
///
/// # Errors
/// The view's, and those of `show`.
pub fn page<R: Row, T>(
    view: &dyn View,
    among: &Among,
    span: Span,
    passes: impl Fn(Revision, &R) -> bool,
    mut show: impl FnMut(Revision, R) -> Result<T, Error>,
) -> Result<Page<T, Revision>, Error> {
    let mut page = Page {
        items: Vec::new(),
        next: None,
    };
    let mut last = span.after;
    let mut looked_at = 0;
    while last < span.until {
        let rows = after::<R>(view, among, last, span.until)?;
        let Some(&(end, _)) = rows.last() else {
            return Ok(page);
        };
        for (first, row) in rows {
            last = first;
            looked_at += 1;
            if passes(first, &row) {
                page.items.push(show(first, row)?);
            }
            if page.items.len() == span.size || looked_at == ROWS_PER_PAGE_MAX {
                // Whether another row follows is the next page's to find out, unless this was the last.
                let follows = last < end || !after::<R>(view, among, last, span.until)?.is_empty();
                page.next = follows.then_some(last);
                return Ok(page);
            }
        }
    }
    Ok(page)
}

/// The next rows by first revision.
fn after<R: Row>(
    view: &dyn View,
    among: &Among,
    after: Revision,
    until: Revision,
) -> Result<Vec<(Revision, R)>, Error> {
    match among {
        Among::All => {
            let range = KeyRange {
                from: keys::revision_key(after.plus(1)),
                until: Some(keys::revision_key(until.plus(1))),
            };
            let found = view.scan(R::TABLE, &range, ROWS_PER_SCAN)?;
            let rows = found.rows.iter();
            rows.map(|(key, value)| Ok((keys::revision_value(key), decoded(value)?)))
                .collect()
        }
        Among::Firsts(firsts) => {
            let begin = firsts.partition_point(|first| *first <= after);
            let wanted = firsts[begin..].iter().take_while(|first| **first <= until);
            wanted
                .take(ROWS_PER_SCAN)
                .map(|first| Ok((*first, row(view, *first)?)))
                .collect()
        }
    }
}

/// Counts the rows that pass, in total and by the keys of each; only what occurs is counted.
///
/// # Errors
/// The view's.
pub fn count<R: Row, K: Ord>(
    view: &dyn View,
    among: &Among,
    passes: impl Fn(Revision, &R) -> bool,
    keys_of: impl Fn(Revision, &R) -> Vec<K>,
) -> Result<(u64, BTreeMap<Vec<K>, u64>), Error> {
    let mut total = 0;
    let mut counts = BTreeMap::new();
    let mut take = |first, row: &R| {
        if passes(first, row) {
            total += 1;
            let keys = keys_of(first, row);
            if !keys.is_empty() {
                *counts.entry(keys).or_default() += 1;
            }
        }
    };
    every(view, among, |first, row| take(first, &row))?;
    Ok((total, counts))
}

/// Hands every row with its first revision to `take`, in the order in which they were first recorded.
///
/// # Errors
/// The view's.
pub fn every<R: Row>(view: &dyn View, among: &Among, mut take: impl FnMut(Revision, R)) -> Result<(), Error> {
    match among {
        Among::All => {
            let range = KeyRange {
                from: keys::revision_key(Revision(0)),
                until: None,
            };
            store::each(view, R::TABLE, range, |key, value| {
                take(keys::revision_value(key), decoded(value)?);
                Ok::<_, Error>(())
            })
        }
        Among::Firsts(firsts) => {
            for first in firsts {
                take(*first, row(view, *first)?);
            }
            Ok(())
        }
    }
}

fn decoded<R: Row>(value: &[u8]) -> Result<R, Error> {
    R::decode(value).ok_or_else(|| {
        let detail = format!("a row of table {} does not decode", R::TABLE.0);
        Error::Store(store::Error::Engine {
            operation: "read a row",
            detail,
        })
    })
}

/// Says whether a day lies between two others, both included.
#[must_use]
pub fn within(day: CivilDate, from: Option<CivilDate>, until: Option<CivilDate>) -> bool {
    from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}

/// The error that another kind of fact stands where one was looked for.
#[must_use]
pub fn contradiction(revision: Revision) -> Error {
    let detail = format!("another kind of fact stands at revision {}", revision.0);
    Error::Store(store::Error::Engine {
        operation: "read a record",
        detail,
    })
}
