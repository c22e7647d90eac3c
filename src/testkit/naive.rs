//! A naive model of a small world: what is true of records, commitments and subjects after a history.
//!
//! Plain lists, no tables, no hashes, no revisions, nothing shared with the code it is held against. What
//! rulings do is not remembered but worked out anew at every look: a record is as its own ends and the
//! rulings that stand on it make it. Only snapshots are kept, since they are what was said at a time.
//! Read first: [`Model`], then [`Model::end_of`]; what happens to it stands in `happens`.
//!
//! Source: `domain.md` 1.3, 2.8, 13 (items 3, 6, 7), 14 (item 10); decisions 18 to 24.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::PerformanceState;
use crate::domain::record::{End, RecordKind};

mod happens;

/// Bodies, subjects, decision numbers, matters, sectors and sources are numbers in a small world.
pub type Index = usize;

/// What a ruling does to its decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Kept,
    Changed,
    Annulled,
}

/// By what a record is told from every other; the day is a licence's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordName {
    pub kind: RecordKind,
    pub body: Index,
    pub number: Index,
    pub party: Index,
    pub day: Option<CivilDate>,
}

/// The decision that a ruling is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub kind: RecordKind,
    pub body: Index,
    pub number: Index,
    pub decided_on: CivilDate,
    pub effect: Effect,
}

/// A reported row of a record; all but its source is what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub kind: RecordKind,
    pub body: Index,
    pub number: Index,
    pub party: Index,
    pub decided_on: CivilDate,
    pub matter: Index,
    /// The sector that the data in force give to kind, body and matter.
    pub sector: Option<Index>,
    /// One of several wordings.
    pub words: Index,
    /// It leaves something open that the credit office is asked about.
    pub asks: bool,
    pub ended: Option<End>,
    pub target: Option<Target>,
    pub source: Option<Index>,
}

impl Row {
    #[must_use]
    pub fn name(&self) -> RecordName {
        RecordName {
            kind: self.kind,
            body: self.body,
            number: self.number,
            party: self.party,
            day: (self.kind == RecordKind::Licence).then_some(self.decided_on),
        }
    }

    fn says(&self) -> Self {
        Self {
            source: None,
            ..*self
        }
    }
}

/// What a record said at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub row: Row,
    /// The ruling whose change it carries.
    pub changed_by: Option<RecordName>,
    /// It was made by that ruling, not by a row.
    pub by_ruling: bool,
}

#[derive(Clone, Debug)]
pub struct Record {
    pub name: RecordName,
    pub received_on: CivilDate,
    pub snapshots: Vec<Snapshot>,
    /// Each source once, in the order in which they were heard of.
    pub sources: Vec<Index>,
    /// Ends that were asked for or reported and not taken back, each stronger than the one before.
    pub ends: Vec<(End, String)>,
    /// What an officer said of this record.
    pub officer: Option<Option<Index>>,
    /// By data or by a decision about its class, as of the last snapshot.
    pub sector: Option<Index>,
    /// What the body had said when the first ruling changed it, and its sector then.
    before_change: Option<(Row, Option<Index>)>,
    moved: Option<(Index, Index)>,
}

impl Record {
    #[must_use]
    pub fn current(&self) -> &Snapshot {
        self.snapshots.last().expect("a record has a snapshot")
    }
}

/// By what a commitment is told from every other: body, day, serial.
pub type CommitmentName = (Index, CivilDate, Index);

/// A reported commitment, perhaps with its performance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    pub name: CommitmentName,
    pub party: Index,
    pub words: Index,
}

#[derive(Clone, Debug)]
pub struct Commitment {
    pub name: CommitmentName,
    pub received_on: CivilDate,
    pub snapshots: Vec<Promise>,
    pub performances: Vec<PerformanceState>,
    pub withdrawn: Option<String>,
    moved: Option<(Index, Index)>,
}

/// An entry of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    Record(RecordName),
    Commitment(CommitmentName),
}

/// A class of records: kind, body, matter.
pub type Class = (RecordKind, Index, Index);

/// The whole world.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// In the order in which they were first recorded.
    pub records: Vec<Record>,
    pub commitments: Vec<Commitment>,
    /// Subjects that a row has named.
    pub seen: BTreeSet<Index>,
    /// Those that are natural persons.
    pub persons: BTreeSet<Index>,
    /// Into whom subjects went.
    pub merged: BTreeMap<Index, Index>,
    /// What officers said of classes.
    pub classes: BTreeMap<Class, Option<Index>>,
}

/// The end in force, and whether a ruling brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub end: End,
    pub by_ruling: bool,
    /// Of an end that was asked for.
    pub reason: String,
}

fn strength(end: Option<End>) -> u8 {
    match end {
        None => 0,
        Some(End::Expired) => 1,
        Some(End::Repaired) => 2,
        Some(End::Deleted) => 3,
        Some(End::Withdrawn) => 4,
    }
}

impl Model {
    #[must_use]
    pub fn record(&self, name: RecordName) -> Option<&Record> {
        self.records.iter().find(|record| record.name == name)
    }

    fn record_mut(&mut self, name: RecordName) -> &mut Record {
        let found = self.records.iter_mut().find(|record| record.name == name);
        found.expect("the record is known")
    }

    #[must_use]
    pub fn commitment(&self, name: CommitmentName) -> Option<&Commitment> {
        self.commitments.iter().find(|one| one.name == name)
    }

    fn commitment_mut(&mut self, name: CommitmentName) -> &mut Commitment {
        let found = self.commitments.iter_mut().find(|one| one.name == name);
        found.expect("the commitment is known")
    }

    /// The subject at the end of the way through mergers.
    #[must_use]
    pub fn successor(&self, mut subject: Index) -> Index {
        while let Some(into) = self.merged.get(&subject) {
            subject = *into;
        }
        subject
    }

    /// Says whether a ruling is about a record; of two rulings the later is about the earlier.
    #[must_use]
    pub fn is_about(&self, ruling: &Record, record: &Record) -> bool {
        let (its, row) = (ruling.current().row, record.current().row);
        let Some(target) = its.target else { return false };
        let is_of_day = match record.name.kind {
            RecordKind::Licence => target.decided_on == row.decided_on,
            RecordKind::Ruling => row.decided_on < its.decided_on,
            RecordKind::Penalty
            | RecordKind::Listing
            | RecordKind::AbnormalListing
            | RecordKind::Commendation
            | RecordKind::Evaluation
            | RecordKind::InspectionResult => true,
        };
        (target.kind, target.body, target.number) == (row.kind, row.body, row.number)
            && is_of_day
            && self.successor(its.party) == self.successor(row.party)
            && ruling.name != record.name
    }

    /// The rulings that stand on a record with an effect, the latest last.
    fn standing_on(&self, record: &Record, effect: Effect) -> Vec<&Record> {
        let with_effect = |ruling: &&Record| {
            let target = ruling.current().row.target;
            target.is_some_and(|target| target.effect == effect)
        };
        let mut found: Vec<&Record> = self
            .records
            .iter()
            .filter(with_effect)
            .filter(|ruling| self.is_about(ruling, record) && self.stands(ruling))
            .collect();
        found.sort_by_key(|ruling| ruling.current().row.decided_on);
        found
    }

    /// The end in force: the strongest of its own and of what standing rulings bring.
    #[must_use]
    pub fn end_of(&self, record: &Record) -> Option<Ended> {
        let own = record.ends.last();
        let is_annulled = !self.standing_on(record, Effect::Annulled).is_empty();
        if is_annulled && strength(own.map(|own| own.0)) < strength(Some(End::Withdrawn)) {
            return Some(Ended {
                end: End::Withdrawn,
                by_ruling: true,
                reason: String::new(),
            });
        }
        own.map(|(end, reason)| Ended {
            end: *end,
            by_ruling: false,
            reason: reason.clone(),
        })
    }

    /// Says whether it counts as a fact about its subject.
    #[must_use]
    pub fn stands(&self, record: &Record) -> bool {
        strength(self.end_of(record).map(|ended| ended.end)) < strength(Some(End::Deleted))
    }

    /// Under whom an entry counts.
    #[must_use]
    pub fn owner(&self, entry: Entry) -> Index {
        let (reported, moved) = match entry {
            Entry::Record(name) => (name.party, self.record(name).and_then(|one| one.moved)),
            Entry::Commitment(name) => {
                let one = self.commitment(name).expect("the commitment is known");
                (one.snapshots.last().map_or(0, |promise| promise.party), one.moved)
            }
        };
        match moved {
            Some((of, to)) if of == reported => to,
            Some(_) | None => reported,
        }
    }

    /// Every entry, records first.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let records = self.records.iter().map(|one| Entry::Record(one.name));
        records.chain(self.commitments.iter().map(|one| Entry::Commitment(one.name)))
    }

    /// What counts under a subject that went into no other.
    #[must_use]
    pub fn file(&self, subject: Index) -> BTreeSet<Entry> {
        let is_its = |entry: &Entry| self.successor(self.owner(*entry)) == subject;
        self.entries().filter(is_its).collect()
    }

    /// The sector of a record, and whether an officer said so of the record itself.
    #[must_use]
    pub fn sector(&self, record: &Record) -> (Option<Index>, bool) {
        match record.officer {
            Some(sector) => (sector, true),
            None => (record.sector, false),
        }
    }

    /// Records that stand and of which nothing says to which sector they belong.
    #[must_use]
    pub fn unattributed(&self) -> Vec<RecordName> {
        let silent = |one: &&Record| one.officer.is_none() && one.sector.is_none() && self.stands(one);
        self.records.iter().filter(silent).map(|one| one.name).collect()
    }

    /// Rulings that stand and whose decision is not here.
    #[must_use]
    pub fn awaited(&self) -> BTreeSet<RecordName> {
        let waits = |ruling: &&Record| {
            ruling.current().row.target.is_some()
                && self.stands(ruling)
                && !self.records.iter().any(|record| self.is_about(ruling, record))
        };
        self.records.iter().filter(waits).map(|one| one.name).collect()
    }

    /// Records that stand and ask: what a row left open, or for the row that a ruling calls for.
    #[must_use]
    pub fn asking(&self) -> BTreeSet<RecordName> {
        let asks = |one: &&Record| {
            let current = one.current();
            (current.by_ruling || current.row.asks) && self.stands(one)
        };
        self.records.iter().filter(asks).map(|one| one.name).collect()
    }
}
