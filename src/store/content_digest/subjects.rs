//! What facts about subjects say, with subjects by identity and records by their natural key.

use std::collections::HashMap;

use crate::domain::hash::hash16;
use crate::domain::hashes;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::domain::subject_fact::{Change, SubjectChange, SubjectFact};

/// Subjects and records met so far, by what they are known by everywhere.
#[derive(Default)]
pub struct Met {
    subjects: HashMap<SubjectNumber, [u8; 16]>,
    /// Natural keys of mergers and memberships by the revision of their first fact.
    own: HashMap<Revision, [u8; 16]>,
}

impl Met {
    /// Notes a subject under the key of its identity.
    pub fn opened(&mut self, number: SubjectNumber, key: [u8; 16]) {
        self.subjects.insert(number, key);
    }

    /// The key of a subject's identity.
    pub fn subject(&self, number: SubjectNumber) -> [u8; 16] {
        self.subjects.get(&number).copied().unwrap_or_default()
    }

    /// Natural key and content hash of a fact; `records` has the natural keys of records.
    pub fn said(
        &mut self,
        fact: &SubjectFact,
        revision: Revision,
        records: &HashMap<Revision, [u8; 16]>,
    ) -> ([u8; 16], [u8; 16]) {
        match fact {
            SubjectFact::Registered(fact) => (
                hash16(b"register", &[fact.entry.code.as_bytes()]),
                hashes::register_hash(&fact.entry),
            ),
            SubjectFact::Changed(fact) => {
                let key = hash16(
                    b"change",
                    &[&self.subject(fact.who.subject), &self.key_of(&fact.change)],
                );
                self.own.insert(revision, key);
                (key, self.change(fact, records))
            }
            SubjectFact::Member(fact) => {
                let said = &fact.membership;
                let key = hash16(
                    b"member",
                    &[
                        &self.subject(fact.who.subject),
                        said.sector.as_str().as_bytes(),
                        &said.from.key().to_be_bytes(),
                    ],
                );
                self.own.insert(fact.first.unwrap_or(revision), key);
                (key, hashes::membership_hash(said))
            }
            SubjectFact::MembershipEnded(fact) => (
                self.own.get(&fact.first).copied().unwrap_or_default(),
                hash16(b"end", &[&fact.on.key().to_be_bytes(), fact.reason.as_bytes()]),
            ),
            SubjectFact::Attributed(fact) => {
                let mut about: Vec<[u8; 16]> = fact
                    .records
                    .iter()
                    .map(|first| records.get(first).copied().unwrap_or_default())
                    .collect();
                about.sort_unstable();
                let class = fact.class.as_ref().map_or([0; 16], |class| {
                    let kind = [class.kind.number()];
                    hash16(b"class", &[&kind, class.body.as_bytes(), class.matter.as_bytes()])
                });
                let key = hash16(b"attributed", &[&class, &about.concat()]);
                let sectors: Vec<&[u8]> = fact
                    .sectors
                    .iter()
                    .map(|sector| sector.as_str().as_bytes())
                    .collect();
                let sectors = hash16(b"sectors", &sectors);
                (key, hash16(b"attributed", &[&sectors, fact.reason.as_bytes()]))
            }
        }
    }

    /// What tells one change of a kind from another.
    fn key_of(&self, change: &Change) -> Vec<u8> {
        match change {
            Change::Renamed { from, .. } => from.key().to_be_bytes().to_vec(),
            Change::CodeAssigned { identity, from } => {
                [identity.expose().as_bytes(), &from.key().to_be_bytes()].concat()
            }
            Change::CodeEnded { identity, until } => {
                [identity.expose().as_bytes(), &until.key().to_be_bytes()].concat()
            }
            Change::Merged { into, .. } | Change::MergeUndone { into, .. } => self.subject(*into).to_vec(),
            Change::Split { on, .. } | Change::Deregistered { on } => on.key().to_be_bytes().to_vec(),
            Change::Reattributed { to, .. } => self.subject(*to).to_vec(),
            Change::Answered { question, .. } => self.own.get(question).copied().unwrap_or_default().to_vec(),
        }
    }

    fn change(&self, fact: &SubjectChange, records: &HashMap<Revision, [u8; 16]>) -> [u8; 16] {
        let mut parts: Vec<Vec<u8>> = vec![fact.reason.clone().into_bytes()];
        match &fact.change {
            Change::Renamed { name, .. } => parts.push(name.clone().into_bytes()),
            Change::CodeAssigned { .. } | Change::CodeEnded { .. } | Change::MergeUndone { .. } => {}
            Change::Merged { on, .. } | Change::Deregistered { on } => {
                parts.push(on.key().to_be_bytes().to_vec());
            }
            Change::Split { into, on } => {
                parts.push(on.key().to_be_bytes().to_vec());
                parts.extend(into.iter().map(|subject| self.subject(*subject).to_vec()));
            }
            Change::Reattributed { records: moved, .. } => {
                let mut keys: Vec<Vec<u8>> = moved
                    .iter()
                    .map(|record| records.get(&record.first).copied().unwrap_or_default().to_vec())
                    .collect();
                keys.sort_unstable();
                parts.extend(keys);
            }
            Change::Answered { answer, .. } => parts.push(vec![answer.number()]),
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        hash16(b"change of a subject", &parts)
    }
}
