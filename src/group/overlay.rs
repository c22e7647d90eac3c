//! Tables with changes laid over them that are not applied yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::domain::fact::Recorded;
use crate::domain::revision::Revision;
use crate::store::{Change, Error, Head, KeyRange, Rows, Table, View};

use super::fold;
use crate::domain::hash::KeyedHashes;

type Place = (Table, Bytes);

/// A view and what facts behind it have changed.
pub struct Overlay<'a> {
    view: Arc<dyn View>,
    hashes: &'a dyn KeyedHashes,
    changes: BTreeMap<Place, Option<Bytes>>,
    /// What each change replaced, for taking a command back.
    replaced: Vec<(Place, Option<Option<Bytes>>)>,
}

impl<'a> Overlay<'a> {
    #[must_use]
    pub fn new(view: Arc<dyn View>, hashes: &'a dyn KeyedHashes) -> Self {
        Self {
            view,
            hashes,
            changes: BTreeMap::new(),
            replaced: Vec::new(),
        }
    }

    #[must_use]
    pub fn hashes(&self) -> &'a dyn KeyedHashes {
        self.hashes
    }

    /// Folds one fact in.
    ///
    /// # Errors
    /// As the view's.
    pub fn fold(&mut self, recorded: &Recorded, revision: Revision) -> Result<(), Error> {
        for change in fold::changes(&recorded.fact, revision, &recorded.principal, self, self.hashes)? {
            let (place, value) = match change {
                Change::Put { table, key, value } => ((table, key), Some(value)),
                Change::Delete { table, key } => ((table, key), None),
            };
            let before = self.changes.insert(place.clone(), value);
            self.replaced.push((place, before));
        }
        Ok(())
    }

    /// How many rows are changed.
    #[must_use]
    pub fn change_count(&self) -> usize {
        self.changes.len()
    }

    /// The changes in key order.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let change = |((table, key), value): (&Place, &Option<Bytes>)| match value {
            Some(value) => Change::Put {
                table: *table,
                key: key.clone(),
                value: value.clone(),
            },
            None => Change::Delete {
                table: *table,
                key: key.clone(),
            },
        };
        self.changes.iter().map(change).collect()
    }

    /// A place to go back to.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.replaced.len()
    }

    /// Takes back every change since `mark`.
    pub fn take_back(&mut self, mark: usize) {
        for (place, before) in self.replaced.drain(mark..).rev() {
            match before {
                Some(value) => self.changes.insert(place, value),
                None => self.changes.remove(&place),
            };
        }
    }
}

impl View for Overlay<'_> {
    fn head(&self) -> Option<Head> {
        self.view.head()
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, Error> {
        match self.changes.get(&(table, Bytes::copy_from_slice(key))) {
            Some(value) => Ok(value.clone()),
            None => self.view.get(table, key),
        }
    }

    fn scan(&self, table: Table, range: &KeyRange, rows_max: usize) -> Result<Rows, Error> {
        let mut rows = BTreeMap::new();
        let mut from = range.from.clone();
        loop {
            let page = KeyRange {
                from: from.clone(),
                until: range.until.clone(),
            };
            let found = self.view.scan(table, &page, rows_max)?;
            let last = found.rows.last().map(|(key, _)| key.clone());
            rows.extend(found.rows);
            match last {
                Some(last) if found.more => from = Bytes::from([&last[..], &[0]].concat()),
                _ => break,
            }
            if rows.len() >= rows_max + self.changes.len() {
                break;
            }
        }
        for ((of, key), value) in self.changes.range((table, range.from.clone())..) {
            if *of != table || range.until.as_ref().is_some_and(|until| key >= until) {
                break;
            }
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        let more = rows.len() > rows_max;
        Ok(Rows {
            rows: rows.into_iter().take(rows_max).collect(),
            more,
        })
    }
}
