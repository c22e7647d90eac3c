//! What facts about credit records say, by natural key, in plaintext.

use std::collections::{BTreeSet, HashMap};

use super::Entry;
use crate::domain::hash::hash16;
use crate::domain::hashes;
use crate::domain::record::RecordKind;
use crate::domain::record_fact::{EndedFact, RecordFact, RecordedFact, RevivedFact};
use crate::domain::revision::Revision;

/// Under which kind the sources of all records are digested.
pub const SOURCE: &str = "record_source";

/// Sources met so far, as a set: which of them came first makes no other content.
#[derive(Default)]
pub struct Sources(BTreeSet<Entry>);

impl Sources {
    /// Every source of every record, in order.
    pub fn into_entries(self) -> Vec<Entry> {
        self.0.into_iter().collect()
    }
}

/// Kind, natural key and content hash of a fact; `names` has the natural keys of records by first revision.
pub fn said(
    fact: &RecordFact,
    revision: Revision,
    names: &mut HashMap<Revision, [u8; 16]>,
    sources: &mut Sources,
) -> Option<(&'static str, [u8; 16], [u8; 16])> {
    match fact {
        RecordFact::Recorded(fact) => {
            let key = hashes::record_key(&fact.record);
            names.insert(fact.first.unwrap_or(revision), key);
            if fact.source.is_stated() {
                sources.0.insert((key, hashes::source_hash(&fact.source)));
            }
            let name = kind_name(fact.record.kind, fact.first.is_none());
            Some((name, key, snapshot(fact, names)))
        }
        RecordFact::Ended(ended) => {
            let key = *names.get(&ended.about.first)?;
            Some((fact.kind_name(), key, end(ended, names)))
        }
        RecordFact::Revived(revived) => {
            let key = *names.get(&revived.about.first)?;
            Some((fact.kind_name(), key, revival(revived, names)))
        }
        RecordFact::SourceAdded(added) => {
            let key = *names.get(&added.about.first)?;
            sources.0.insert((key, hashes::source_hash(&added.source)));
            None
        }
        RecordFact::Stopped(stopped) => {
            let body = stopped.body.map_or_else(String::new, |code| code.to_string());
            let rules: Vec<u8> = stopped.findings.iter().map(|one| one.rule.number()).collect();
            let key = hash16(b"stopped", &[stopped.layout.as_bytes(), body.as_bytes()]);
            Some((fact.kind_name(), key, hash16(b"rules", &[&rules])))
        }
        // Whether a decision came before or after the ruling on it makes no other content.
        RecordFact::RulingUnmatched { .. } | RecordFact::RulingSettled { .. } => None,
    }
}

/// Each kind of record has a digest of its own.
fn kind_name(kind: RecordKind, is_first: bool) -> &'static str {
    match (kind, is_first) {
        (RecordKind::Penalty, true) => "penalty_recorded",
        (RecordKind::Penalty, false) => "penalty_corrected",
        (RecordKind::Licence, true) => "licence_recorded",
        (RecordKind::Licence, false) => "licence_corrected",
        (RecordKind::Listing, true) => "listing_recorded",
        (RecordKind::Listing, false) => "listing_corrected",
        (RecordKind::AbnormalListing, true) => "abnormal_listing_recorded",
        (RecordKind::AbnormalListing, false) => "abnormal_listing_corrected",
        (RecordKind::Commendation, true) => "commendation_recorded",
        (RecordKind::Commendation, false) => "commendation_corrected",
        (RecordKind::Evaluation, true) => "evaluation_recorded",
        (RecordKind::Evaluation, false) => "evaluation_corrected",
        (RecordKind::InspectionResult, true) => "inspection_result_recorded",
        (RecordKind::InspectionResult, false) => "inspection_result_corrected",
        (RecordKind::Ruling, true) => "ruling_recorded",
        (RecordKind::Ruling, false) => "ruling_corrected",
    }
}

fn snapshot(fact: &RecordedFact, names: &HashMap<Revision, [u8; 16]>) -> [u8; 16] {
    let content = hashes::record_hash(&fact.record);
    match &fact.changed_by {
        None => content,
        Some(changed) => {
            let ruling = names.get(&changed.ruling).copied().unwrap_or_default();
            hash16(b"changed", &[&content, &ruling, changed.words.as_bytes()])
        }
    }
}

fn of_ruling(ruling: Option<Revision>, names: &HashMap<Revision, [u8; 16]>) -> [u8; 16] {
    ruling
        .and_then(|ruling| names.get(&ruling).copied())
        .unwrap_or_default()
}

fn end(fact: &EndedFact, names: &HashMap<Revision, [u8; 16]>) -> [u8; 16] {
    let parts: [&[u8]; 4] = [
        &[fact.end.number()],
        &fact.on.key().to_be_bytes(),
        &hashes::grounds_hash(&[&fact.reason, &fact.basis]),
        &of_ruling(fact.ruling, names),
    ];
    hash16(b"end", &parts)
}

fn revival(fact: &RevivedFact, names: &HashMap<Revision, [u8; 16]>) -> [u8; 16] {
    let restored = fact.restored.map_or(0, |ending| ending.end.number());
    let parts: [&[u8]; 4] = [
        &[restored],
        &fact.on.key().to_be_bytes(),
        &hashes::grounds_hash(&[&fact.reason, &fact.basis]),
        &of_ruling(fact.ruling, names),
    ];
    hash16(b"revival", &parts)
}
