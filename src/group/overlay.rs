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
    view: Arc<dyn View + 'a>,
    hashes: &'a dyn KeyedHashes,
    changes: BTreeMap<Place, Option<Bytes>>,
    /// What each change replaced, for taking a command back.
    replaced: Vec<(Place, Option<Option<Bytes>>)>,
}

impl<'a> Overlay<'a> {
    #[must_use]
    pub fn new(view: Arc<dyn View + 'a>, hashes: &'a dyn KeyedHashes) -> Self {
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
        merged(&*self.view, &self.changes, table, range, rows_max)
    }
}

/// Rows of a view with changes laid over them.
fn merged(
    view: &dyn View,
    changes: &BTreeMap<Place, Option<Bytes>>,
    table: Table,
    range: &KeyRange,
    rows_max: usize,
) -> Result<Rows, Error> {
    let mut rows = BTreeMap::new();
    let mut from = range.from.clone();
    loop {
        let page = KeyRange {
            from: from.clone(),
            until: range.until.clone(),
        };
        let found = view.scan(table, &page, rows_max)?;
        let last = found.rows.last().map(|(key, _)| key.clone());
        rows.extend(found.rows);
        match last {
            Some(last) if found.more => from = Bytes::from([&last[..], &[0]].concat()),
            _ => break,
        }
        // One more than is asked for tells that there is more, whatever the changes take away.
        if rows.len() > rows_max + changes.len() {
            break;
        }
    }
    for ((of, key), value) in changes.range((table, range.from.clone())..) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::revision::{Epoch, Place as At};
    use crate::store::Tables;
    use crate::store::in_memory::InMemory;

    const TABLE: Table = Table(60);

    /// All rows by pages of one size, as a reader goes on after the last key.
    fn paged(view: &dyn View, changes: &BTreeMap<Place, Option<Bytes>>, size: usize) -> Vec<u8> {
        let mut range = KeyRange {
            from: Bytes::new(),
            until: None,
        };
        let mut keys = Vec::new();
        loop {
            let page = merged(view, changes, TABLE, &range, size).unwrap();
            keys.extend(page.rows.iter().map(|(key, _)| key[0]));
            match page.rows.last() {
                Some((last, _)) if page.more => range.from = Bytes::from([&last[..], &[0]].concat()),
                _ => return keys,
            }
        }
    }

    #[test]
    fn pages_go_on_to_the_end_whatever_changes_lie_over_them() {
        let tables = InMemory::new();
        let put = |key: u8| Change::Put {
            table: TABLE,
            key: Bytes::copy_from_slice(&[key]),
            value: Bytes::new(),
        };
        let head = Head {
            place: At {
                epoch: Epoch(1),
                revision: Revision(1),
            },
            hash: [0; 32],
        };
        let rows: Vec<Change> = (10..30).map(put).collect();
        tables.apply(head, &rows).unwrap();
        let view = tables.view().unwrap();
        let at = |key: u8| (TABLE, Bytes::copy_from_slice(&[key]));
        let over: [&[(u8, bool)]; 5] = [
            &[],
            &[(5, true), (40, true)],
            &[(10, false), (11, false), (12, false)],
            &[(28, false), (29, false)],
            &[(9, true), (15, false), (16, false), (17, false), (31, true)],
        ];
        for changed in over {
            let changes: BTreeMap<Place, Option<Bytes>> = changed
                .iter()
                .map(|(key, is_there)| (at(*key), is_there.then(Bytes::new)))
                .collect();
            let mut expected: Vec<u8> = (10..30).collect();
            expected.retain(|key| !changed.contains(&(*key, false)));
            expected.extend(
                changed
                    .iter()
                    .filter(|(_, is_there)| *is_there)
                    .map(|(key, _)| *key),
            );
            expected.sort_unstable();
            for size in 1..=25 {
                assert_eq!(paged(&*view, &changes, size), expected, "{changed:?} {size}");
            }
        }
    }
}
