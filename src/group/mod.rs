//! The group being built: what a verb sees, and to what it adds facts.
//!
//! A verb sees the tables at the last durable group plus everything that commands before it put into
//! this group, so that two commands of one group cannot contradict each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::domain::catalog::Catalog;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal, Recorded};
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::{Identity, SubjectName};
use crate::store::{Change, Error, Head, KeyRange, Rows, Table, View};

pub mod fold;

/// What an identity is looked up by.
pub type IdentityHash<'a> = &'a dyn Fn(&Identity) -> [u8; 16];

/// Everything a group is decided with; no verb reads a clock or draws for itself.
pub struct Circumstances<'a> {
    pub view: Arc<dyn View>,
    /// Revision of the first fact of this group.
    pub first: Revision,
    pub now: Instant,
    pub catalog: &'a Catalog,
    pub identity_hash: IdentityHash<'a>,
    pub random: &'a mut dyn FnMut() -> [u8; 13],
}

type Place = (Table, Bytes);

/// The facts of a group so far, and the tables as they will be behind them.
pub struct Group<'a> {
    circumstances: Circumstances<'a>,
    facts: Vec<Recorded>,
    changes: BTreeMap<Place, Option<Bytes>>,
    /// What each change replaced, for taking a command back.
    replaced: Vec<(Place, Option<Option<Bytes>>)>,
}

/// How far a group stood when a command began.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    facts: usize,
    replaced: usize,
}

impl<'a> Group<'a> {
    #[must_use]
    pub fn new(circumstances: Circumstances<'a>) -> Self {
        Self {
            circumstances,
            facts: Vec::new(),
            changes: BTreeMap::new(),
            replaced: Vec::new(),
        }
    }

    #[must_use]
    pub fn now(&self) -> Instant {
        self.circumstances.now
    }

    /// The day of receipt, in UTC+8.
    #[must_use]
    pub fn today(&self) -> CivilDate {
        CivilDate::of_instant(self.circumstances.now)
    }

    #[must_use]
    pub fn catalog(&self) -> &'a Catalog {
        self.circumstances.catalog
    }

    #[must_use]
    pub fn identity_hash(&self, identity: &Identity) -> [u8; 16] {
        (self.circumstances.identity_hash)(identity)
    }

    /// Draws an opaque name.
    pub fn draw_name(&mut self) -> SubjectName {
        SubjectName::from_random((self.circumstances.random)())
    }

    /// Revision that the next fact will bear.
    #[must_use]
    pub fn next(&self) -> Revision {
        self.circumstances.first.plus(self.facts.len() as u64)
    }

    #[must_use]
    pub fn facts(&self) -> &[Recorded] {
        &self.facts
    }

    /// How many rows this group changes.
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

    /// Adds a fact; what it changes is seen at once.
    ///
    /// # Errors
    /// As the view's.
    pub fn push(&mut self, principal: &Principal, fact: Fact) -> Result<Revision, Error> {
        let revision = self.next();
        for change in fold::changes(&fact, revision, principal, self, self.circumstances.identity_hash)? {
            let (place, value) = match change {
                Change::Put { table, key, value } => ((table, key), Some(value)),
                Change::Delete { table, key } => ((table, key), None),
            };
            let before = self.changes.insert(place.clone(), value);
            self.replaced.push((place, before));
        }
        self.facts.push(Recorded {
            principal: principal.clone(),
            fact,
        });
        Ok(revision)
    }

    /// Remembers where a command begins.
    #[must_use]
    pub fn begin(&self) -> Begun {
        Begun {
            facts: self.facts.len(),
            replaced: self.replaced.len(),
        }
    }

    /// Takes back everything since `begun`.
    pub fn take_back(&mut self, begun: Begun) {
        self.facts.truncate(begun.facts);
        for (place, before) in self.replaced.drain(begun.replaced..).rev() {
            match before {
                Some(value) => self.changes.insert(place, value),
                None => self.changes.remove(&place),
            };
        }
    }

    /// Says whether anything was added since `begun`.
    #[must_use]
    pub fn has_grown(&self, begun: Begun) -> bool {
        self.facts.len() > begun.facts
    }
}

impl View for Group<'_> {
    fn head(&self) -> Option<Head> {
        self.circumstances.view.head()
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, Error> {
        match self.changes.get(&(table, Bytes::copy_from_slice(key))) {
            Some(value) => Ok(value.clone()),
            None => self.circumstances.view.get(table, key),
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
            let found = self.circumstances.view.scan(table, &page, rows_max)?;
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
