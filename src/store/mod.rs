//! Bytes: the port between the recorder and what keeps its tables, and the adapters behind it.
//!
//! Tables are derived from the ledger and may be thrown away. Keys and values are laid out in
//! [`keys`]; the adapters see bytes only. Read first: [`Tables`], [`View`].

use std::sync::Arc;

use bytes::Bytes;

use crate::domain::revision::Place;

pub mod before_images;
pub mod content_digest;
#[cfg(test)]
mod contract;
pub mod digest;
pub mod in_memory;
pub mod keyring;
pub mod keys;
pub mod on_disk;
pub mod record;
pub mod reflects;
mod row_key;
pub mod set_aside;
mod sparse;

/// Longest key, with the table's number: longer ones leave sled's inline form.
pub const KEY_SIZE_MAX: usize = 22;

/// The number of a table; names and layouts are in [`keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Table(pub u8);

/// One change of a table: absolute values, never increments, so that replay converges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Put { table: Table, key: Bytes, value: Bytes },
    Delete { table: Table, key: Bytes },
}

/// The end of the group that tables reflect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub place: Place,
    /// Hash of the last group's frame.
    pub hash: [u8; 32],
}

/// `EPOCH.REVISION:HASH`, as it is written down outside and given to `ledger verify --expect`.
impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.place, data_encoding::HEXLOWER.encode(&self.hash))
    }
}

/// Keys of one table from `from` (included) to `until` (left out; `None` is the table's end).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    pub from: Bytes,
    pub until: Option<Bytes>,
}

/// A page of rows in key order, and whether more may follow.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Rows {
    pub rows: Vec<(Bytes, Bytes)>,
    pub more: bool,
}

/// Why tables cannot answer. None of these touches what the ledger holds.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The view is older than it may become, or its before-images are gone.
    #[error("the view is too old to answer")]
    ViewExpired,
    /// The engine failed; the tables are to be dropped and rebuilt from the ledger.
    #[error("the tables cannot {operation}: {detail}")]
    Engine { operation: &'static str, detail: String },
}

/// Derived tables: written by one writer, read through views.
pub trait Tables: Send + Sync {
    /// The group end the tables stand at; `None` for empty tables.
    fn reflects(&self) -> Option<Head>;

    /// Digest of all rows (`docs/data-format.md`), kept incrementally.
    fn digest(&self) -> [u8; 32];

    /// The group end the tables stand at and the digest there, taken together; `None` for empty tables.
    fn digest_at(&self) -> Option<(Head, [u8; 32])>;

    /// Applies one group's changes, whole or not at all, and moves `reflects` with them.
    ///
    /// # Errors
    /// [`Error::Engine`]; the tables are then to be rebuilt.
    fn apply(&self, head: Head, changes: &[Change]) -> Result<(), Error>;

    /// A view of the state at `reflects`, unmoved by later groups.
    ///
    /// # Errors
    /// [`Error::Engine`].
    fn view(&self) -> Result<Arc<dyn View>, Error>;
}

/// All tables at one revision.
pub trait View: Send + Sync {
    /// The group end this view shows; `None` before the first group.
    fn head(&self) -> Option<Head>;

    /// # Errors
    /// [`Error::ViewExpired`], [`Error::Engine`].
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, Error>;

    /// At most `rows_max` rows of `range`, in key order.
    ///
    /// # Errors
    /// [`Error::ViewExpired`], [`Error::Engine`].
    fn scan(&self, table: Table, range: &KeyRange, rows_max: usize) -> Result<Rows, Error>;
}

impl<V: View + ?Sized> View for &V {
    fn head(&self) -> Option<Head> {
        (**self).head()
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, Error> {
        (**self).get(table, key)
    }

    fn scan(&self, table: Table, range: &KeyRange, rows_max: usize) -> Result<Rows, Error> {
        (**self).scan(table, range, rows_max)
    }
}

/// Rows fetched at a time by [`each`].
const ROWS_PER_SCAN: usize = 1_000;

/// Hands every row of a range to `take`, in key order.
///
/// # Errors
/// The view's, and those of `take`.
pub fn each<E: From<Error>>(
    view: &dyn View,
    table: Table,
    range: KeyRange,
    mut take: impl FnMut(&Bytes, &Bytes) -> Result<(), E>,
) -> Result<(), E> {
    let KeyRange { mut from, until } = range;
    loop {
        let page = KeyRange {
            from: from.clone(),
            until: until.clone(),
        };
        let found = view.scan(table, &page, ROWS_PER_SCAN)?;
        for (key, value) in &found.rows {
            take(key, value)?;
        }
        match found.rows.last() {
            Some((last, _)) if found.more => from = Bytes::from([&last[..], &[0]].concat()),
            Some(_) | None => return Ok(()),
        }
    }
}
