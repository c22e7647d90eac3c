//! What happens in the naive world, and how it is answered.

use super::{
    Class, Commitment, CommitmentName, Effect, Entry, Index, Model, Promise, Record, RecordName, Row,
    Snapshot, strength,
};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::PerformanceState;
use crate::domain::fact::Outcome;
use crate::domain::record::End;

impl Model {
    /// Takes a row in.
    pub fn report(&mut self, row: Row, today: CivilDate) -> Outcome {
        let name = row.name();
        self.seen.insert(row.party);
        let sector = self.sector_of(&row);
        let outcome = match self.record(name) {
            None => {
                self.records.push(Record {
                    name,
                    received_on: today,
                    snapshots: Vec::new(),
                    sources: Vec::new(),
                    ends: Vec::new(),
                    officer: None,
                    sector,
                    before_change: None,
                    moved: None,
                });
                Outcome::Created
            }
            Some(known) if known.snapshots.iter().any(|one| one.row.says() == row.says()) => {
                Outcome::Repeated
            }
            Some(known) if !self.stands(known) => return Outcome::Refused,
            Some(_) => Outcome::Corrected,
        };
        let record = self.record_mut(name);
        if let Some(source) = row.source.filter(|source| !record.sources.contains(source)) {
            record.sources.push(source);
        }
        if outcome == Outcome::Repeated {
            return outcome;
        }
        let changed_by = record.snapshots.last().and_then(|last| last.changed_by);
        record.snapshots.push(Snapshot {
            row,
            changed_by,
            by_ruling: false,
        });
        record.sector = sector;
        if let Some(end) = row.ended {
            record.ends.push((end, String::new()));
        }
        self.settle();
        outcome
    }

    /// What an officer said of the row's class, else what the data say.
    fn sector_of(&self, row: &Row) -> Option<Index> {
        let class = self.classes.get(&(row.kind, row.body, row.matter));
        class.copied().unwrap_or(row.sector)
    }

    /// Puts the change of the latest ruling on each record, or takes that of a fallen one away.
    ///
    /// A ruling that is so changed itself may be about another decision then, hence again and again.
    fn settle(&mut self) {
        while (0..self.records.len()).any(|place| self.settle_one(place)) {}
    }

    fn settle_one(&mut self, place: usize) -> bool {
        let record = &self.records[place];
        let change = self
            .standing_on(record, Effect::Changed)
            .last()
            .map(|one| one.name);
        let current = *record.current();
        if change == current.changed_by {
            return false;
        }
        let before = record.before_change.unwrap_or((current.row, record.sector));
        // What the body has reported since stays as long as any ruling's change does.
        let (row, attributed) = change.map_or(before, |_| (current.row, record.sector));
        let sector = attributed.or_else(|| self.sector_of(&row));
        let record = &mut self.records[place];
        record.before_change = change.map(|_| before);
        record.sector = sector;
        record.snapshots.push(Snapshot {
            row,
            changed_by: change,
            by_ruling: change.is_some(),
        });
        true
    }

    /// Ends a record.
    pub fn end(&mut self, name: RecordName, end: End, reason: &str) -> Outcome {
        let record = self.record(name).expect("the record is known");
        let present = self.end_of(record);
        match &present {
            Some(ended) if ended.end == end && !ended.by_ruling => return Outcome::Repeated,
            // What a ruling did is said again on a ground of its own, which outlives the ruling.
            Some(ended) if ended.end == end => {}
            _ if strength(present.as_ref().map(|one| one.end)) < strength(Some(end)) => {}
            _ => return Outcome::Refused,
        }
        self.record_mut(name).ends.push((end, reason.to_owned()));
        self.settle();
        Outcome::Created
    }

    /// Takes the last end back.
    pub fn revive(&mut self, name: RecordName) -> Outcome {
        let record = self.record(name).expect("the record is known");
        match self.end_of(record) {
            Some(ended) if !ended.by_ruling => {}
            Some(_) | None => return Outcome::Refused,
        }
        self.record_mut(name).ends.pop();
        self.settle();
        Outcome::Created
    }

    /// Takes a commitment in, and its performance with it.
    pub fn promise(
        &mut self,
        promise: Promise,
        performance: Option<PerformanceState>,
        correct: bool,
        today: CivilDate,
    ) -> (Outcome, Option<Outcome>) {
        let outcome = match self.commitment(promise.name) {
            None => Outcome::Created,
            Some(known) if known.snapshots.contains(&promise) => Outcome::Repeated,
            Some(known) if known.withdrawn.is_some() => Outcome::Refused,
            Some(_) => Outcome::Corrected,
        };
        match outcome {
            Outcome::Refused => return (outcome, performance.map(|_| Outcome::Refused)),
            Outcome::Repeated => {}
            Outcome::Created => self.commitments.push(Commitment {
                name: promise.name,
                received_on: today,
                snapshots: vec![promise],
                performances: Vec::new(),
                withdrawn: None,
                moved: None,
            }),
            Outcome::Corrected => self.commitment_mut(promise.name).snapshots.push(promise),
        }
        self.seen.insert(promise.party);
        let known = self.commitment_mut(promise.name);
        let performed = performance.map(|state| {
            let outcome = match (known.performances.contains(&state), known.performances.is_empty()) {
                (true, _) => return Outcome::Repeated,
                _ if known.withdrawn.is_some() => return Outcome::Refused,
                (false, true) => Outcome::Created,
                (false, false) if correct => Outcome::Corrected,
                (false, false) => return Outcome::Refused,
            };
            known.performances.push(state);
            outcome
        });
        (outcome, performed)
    }

    /// Takes a commitment back.
    pub fn withdraw(&mut self, name: CommitmentName, reason: &str) -> Outcome {
        let known = self.commitment_mut(name);
        if known.withdrawn.is_some() {
            return Outcome::Repeated;
        }
        known.withdrawn = Some(reason.to_owned());
        Outcome::Created
    }

    fn goes_over(&self, from: Index, to: Index) -> bool {
        from != to
            && self.persons.contains(&from) == self.persons.contains(&to)
            && !self.merged.contains_key(&to)
    }

    /// Merges a subject into another.
    pub fn merge(&mut self, from: Index, into: Index) -> Outcome {
        if self.merged.get(&from) == Some(&into) && !self.merged.contains_key(&into) {
            return Outcome::Repeated;
        }
        if self.merged.contains_key(&from) || !self.goes_over(from, into) {
            return Outcome::Refused;
        }
        self.merged.insert(from, into);
        self.settle();
        Outcome::Created
    }

    /// The merger never was.
    pub fn undo_merge(&mut self, from: Index) -> Outcome {
        if self.merged.remove(&from).is_none() {
            return Outcome::Refused;
        }
        self.settle();
        Outcome::Created
    }

    /// Moves entries that were reported under a wrong code.
    pub fn reattribute(&mut self, from: Index, to: Index, entries: &[Entry]) -> Outcome {
        let its: Vec<Entry> = entries
            .iter()
            .copied()
            .filter(|entry| self.owner(*entry) == from)
            .collect();
        if !self.goes_over(from, to) || its.is_empty() {
            return Outcome::Refused;
        }
        for entry in its {
            match entry {
                Entry::Record(name) => self.record_mut(name).moved = Some((name.party, to)),
                Entry::Commitment(name) => {
                    let one = self.commitment_mut(name);
                    one.moved = one.snapshots.last().map(|promise| (promise.party, to));
                }
            }
        }
        Outcome::Created
    }

    /// An officer says to which sector a record belongs; to none, if `None`.
    pub fn attribute(&mut self, name: RecordName, sector: Option<Index>) {
        self.record_mut(name).officer = Some(sector);
    }

    /// An officer says it of a class: of all that is unattributed in it now, and of what comes.
    pub fn attribute_class(&mut self, class: Class, sector: Option<Index>) {
        for record in &mut self.records {
            let row = record.current().row;
            if (row.kind, row.body, row.matter) == class
                && record.officer.is_none()
                && record.sector.is_none()
            {
                record.officer = Some(sector);
            }
        }
        self.classes.insert(class, sector);
    }
}
