//! Tables in memory: a persistent map, so that a view is a copy of its root.
//!
//! Nothing is kept across a restart; start folds the ledger anew.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use imbl::OrdMap;

use super::digest::TableDigest;
use super::row_key::{RowRange, row_after, row_key};
use super::{Change, Error, Head, KeyRange, Rows, Table, Tables, View};

/// All rows at the end of one group.
#[derive(Clone, Default)]
struct State {
    rows: OrdMap<Bytes, Bytes>,
    head: Option<Head>,
    digest: TableDigest,
}

/// Tables that live as long as the process.
#[derive(Default)]
pub struct InMemory {
    state: RwLock<State>,
}

impl InMemory {
    /// Makes empty tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn current(&self) -> State {
        // A group is built aside and swapped in whole, so a panic elsewhere leaves a whole state.
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tables for InMemory {
    fn reflects(&self) -> Option<Head> {
        self.current().head
    }

    fn digest(&self) -> [u8; 32] {
        self.current().digest.to_bytes()
    }

    fn digest_at(&self) -> Option<(Head, [u8; 32])> {
        let State { head, digest, .. } = self.current();
        Some((head?, digest.to_bytes()))
    }

    fn apply(&self, head: Head, changes: &[Change]) -> Result<(), Error> {
        let mut next = self.current();
        for change in changes {
            let (row, after) = row_after(change);
            let before = match &after {
                Some(value) => next.rows.insert(row.clone(), value.clone()),
                None => next.rows.remove(&row),
            };
            next.digest.replace(&row, before.as_deref(), after.as_deref());
        }
        next.head = Some(head);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    fn view(&self) -> Result<Arc<dyn View>, Error> {
        Ok(Arc::new(Snapshot {
            state: self.current(),
        }))
    }
}

/// One state, kept by whoever looks at it.
struct Snapshot {
    state: State,
}

impl View for Snapshot {
    fn head(&self) -> Option<Head> {
        self.state.head
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, Error> {
        Ok(self.state.rows.get(&row_key(table, key)).cloned())
    }

    fn scan(&self, table: Table, range: &KeyRange, rows_max: usize) -> Result<Rows, Error> {
        let Some(range) = RowRange::of(table, range) else {
            return Ok(Rows::default());
        };
        let mut found = self.state.rows.range::<_, [u8]>(range.borders());
        let rows = found
            .by_ref()
            .take(rows_max)
            .map(|(row, value)| (row.slice(1..), value.clone()))
            .collect();
        Ok(Rows {
            rows,
            more: found.next().is_some(),
        })
    }
}
