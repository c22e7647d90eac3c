//! The group being built: what a verb sees, and to what it adds facts.
//!
//! A verb sees the tables at the last durable group plus everything that commands before it put into
//! this group, so that two commands of one group cannot contradict each other.

use std::sync::Arc;

use bytes::Bytes;

use crate::domain::catalog::Catalog;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal, Recorded};
use crate::domain::hash::KeyedHashes;
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::SubjectName;
use crate::policy::Policies;
use crate::store::record::{self, Facts, Recall};
use crate::store::{Change, Error, Head, KeyRange, Rows, Table, View};

pub mod fold;
pub mod memory;
pub mod overlay;
pub mod unsettled;

use memory::Memory;
use overlay::Overlay;

/// Everything a group is decided with; no verb reads a clock or draws for itself.
pub struct Circumstances<'a> {
    pub view: Arc<dyn View + 'a>,
    /// Revision of the first fact of this group.
    pub first: Revision,
    pub now: Instant,
    pub policies: &'a Policies,
    pub hashes: &'a dyn KeyedHashes,
    /// What was recorded before this group.
    pub ledger: &'a Facts,
    /// What was computed before, for commands and reads alike.
    pub memory: &'a Memory,
    pub random: &'a mut (dyn FnMut() -> [u8; 13] + Send + Sync),
}

/// The facts of a group so far, and the tables as they will be behind them.
pub struct Group<'a> {
    tables: Overlay<'a>,
    facts: Vec<Recorded>,
    first: Revision,
    now: Instant,
    policies: &'a Policies,
    ledger: &'a Facts,
    memory: &'a Memory,
    random: &'a mut (dyn FnMut() -> [u8; 13] + Send + Sync),
}

/// How far a group stood when a command began.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    facts: usize,
    changes: usize,
}

impl<'a> Group<'a> {
    #[must_use]
    pub fn new(circumstances: Circumstances<'a>) -> Self {
        let Circumstances {
            view,
            first,
            now,
            policies,
            hashes,
            ledger,
            memory,
            random,
        } = circumstances;
        Self {
            tables: Overlay::new(view, hashes),
            facts: Vec::new(),
            first,
            now,
            policies,
            ledger,
            memory,
            random,
        }
    }

    /// The day of receipt, in UTC+8.
    #[must_use]
    pub fn today(&self) -> CivilDate {
        CivilDate::of_instant(self.now)
    }

    #[must_use]
    pub fn catalog(&self) -> &'a Catalog {
        &self.policies.catalog
    }

    /// The data in force.
    #[must_use]
    pub fn policies(&self) -> &'a Policies {
        self.policies
    }

    /// What was computed before from facts that stay as they are.
    #[must_use]
    pub fn memory(&self) -> &'a Memory {
        self.memory
    }

    /// The hashes that need a key.
    #[must_use]
    pub fn hashes(&self) -> &'a dyn KeyedHashes {
        self.tables.hashes()
    }

    /// Draws an opaque name.
    pub fn draw_name(&mut self) -> SubjectName {
        SubjectName::from_random((self.random)())
    }

    /// Revision that the next fact will bear.
    #[must_use]
    pub fn next(&self) -> Revision {
        self.first.plus(self.facts.len() as u64)
    }

    #[must_use]
    pub fn facts(&self) -> &[Recorded] {
        &self.facts
    }

    /// A fact of this group or of an earlier one, for the few commands that rest on what was said, not
    /// on the state alone; every other one goes by the tables.
    ///
    /// # Errors
    /// [`Error::Engine`] if the ledger cannot be read.
    pub fn recall(&self, revision: Revision) -> Result<Fact, Error> {
        let found = Recall::fact(self, revision).map_err(|error| Error::Engine {
            operation: "recall a fact",
            detail: error.to_string(),
        })?;
        Ok(found.0.fact)
    }

    /// How many rows this group changes.
    #[must_use]
    pub fn change_count(&self) -> usize {
        self.tables.change_count()
    }

    /// Ends the group: its facts, and what they change in key order.
    #[must_use]
    pub fn finish(self) -> (Vec<Recorded>, Vec<Change>) {
        (self.facts, self.tables.changes())
    }

    /// Adds a fact; what it changes is seen at once.
    ///
    /// # Errors
    /// As the view's.
    pub fn push(&mut self, principal: &Principal, fact: Fact) -> Result<Revision, Error> {
        let revision = self.next();
        let recorded = Recorded {
            principal: principal.clone(),
            fact,
        };
        self.tables.fold(&recorded, revision)?;
        self.facts.push(recorded);
        Ok(revision)
    }

    /// Remembers where a command begins.
    #[must_use]
    pub fn begin(&self) -> Begun {
        Begun {
            facts: self.facts.len(),
            changes: self.tables.mark(),
        }
    }

    /// Takes back everything since `begun`.
    pub fn take_back(&mut self, begun: Begun) {
        self.facts.truncate(begun.facts);
        self.tables.take_back(begun.changes);
    }

    /// Number of the first fact since `begun` among [`Self::facts`].
    #[must_use]
    pub fn facts_since(&self, begun: Begun) -> usize {
        begun.facts
    }

    /// Says whether anything was added since `begun`.
    #[must_use]
    pub fn has_grown(&self, begun: Begun) -> bool {
        self.facts.len() > begun.facts
    }
}

impl Recall for Group<'_> {
    fn fact(&self, revision: Revision) -> Result<(Recorded, Instant), record::Error> {
        let own = revision.0.checked_sub(self.first.0);
        let own = own.and_then(|place| self.facts.get(usize::try_from(place).ok()?));
        match own {
            Some(recorded) => Ok((recorded.clone(), self.now)),
            None => self.ledger.fact(revision),
        }
    }
}

impl View for Group<'_> {
    fn head(&self) -> Option<Head> {
        self.tables.head()
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.tables.get(table, key)
    }

    fn scan(&self, table: Table, range: &KeyRange, rows_max: usize) -> Result<Rows, Error> {
        self.tables.scan(table, range, rows_max)
    }
}
