//! The one order in which the rows of all tables stand: the table's number, then the key.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{Change, KEY_SIZE_MAX, KeyRange, Table};

/// Puts the table's number before the key.
pub(super) fn row_key(table: Table, key: &[u8]) -> Bytes {
    let mut row = BytesMut::with_capacity(1 + key.len());
    row.put_u8(table.0);
    row.put_slice(key);
    row.freeze()
}

/// The change's row key, and its value after the change (`None`: no row).
pub(super) fn row_after(change: &Change) -> (Bytes, Option<Bytes>) {
    let (row, value) = match change {
        Change::Put { table, key, value } => (row_key(*table, key), Some(value.clone())),
        Change::Delete { table, key } => (row_key(*table, key), None),
    };
    assert!(
        row.len() <= KEY_SIZE_MAX,
        "a key layout is longer than KEY_SIZE_MAX: {} bytes",
        row.len()
    );
    (row, value)
}

/// The rows of one range in the common order: from (included), until (left out; `None` is the end of all).
#[derive(Clone, Debug)]
pub(super) struct RowRange {
    pub(super) from: Bytes,
    pub(super) until: Option<Bytes>,
}

impl RowRange {
    /// Places a range of one table in the common order; `None` if it cannot hold a row.
    pub(super) fn of(table: Table, range: &KeyRange) -> Option<Self> {
        let from = row_key(table, &range.from);
        let until = match &range.until {
            Some(until) => Some(row_key(table, until)),
            None => table.0.checked_add(1).map(|next| row_key(Table(next), &[])),
        };
        let holds_rows = until.as_ref().is_none_or(|until| from < *until);
        holds_rows.then_some(Self { from, until })
    }

    /// The borders as the ordered maps take them.
    pub(super) fn borders(&self) -> (std::ops::Bound<&[u8]>, std::ops::Bound<&[u8]>) {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        (
            Included(&self.from),
            self.until.as_deref().map_or(Unbounded, Excluded),
        )
    }
}

/// The first row key after `row`.
pub(super) fn successor(row: &[u8]) -> Bytes {
    let mut next = BytesMut::with_capacity(row.len() + 1);
    next.put_slice(row);
    next.put_u8(0);
    next.freeze()
}
