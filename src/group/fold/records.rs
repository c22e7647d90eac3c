//! What facts about credit records change in the tables.
//!
//! A row keeps its place whatever becomes of it: an end is a column, an earlier snapshot a row of its own.
//! Read first: [`changes`].

use bytes::Bytes;

use super::grades::told;
use super::put;
use crate::domain::finding::CheckKind;
use crate::domain::hash::{KeyedHashes, table_hash};
use crate::domain::hashes;
use crate::domain::record_fact::{
    About, EndedFact, Ending, RecordFact, RecordedFact, RevivedFact, SourceFact,
};
use crate::domain::revision::Revision;
use crate::store::keys;
use crate::store::keys::grades::{ENDED, REVIVED};
use crate::store::keys::records::{self as layout, RecordRow, RulingRow, ShortHash};
use crate::store::{Change, Error, Table, View};

/// The changes of one fact about a record.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the tables contradict the ledger.
pub fn changes(
    fact: &RecordFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    match fact {
        RecordFact::Recorded(fact) => {
            let mut changes = match fact.first {
                None => recorded(fact, revision, keyed),
                Some(first) => corrected(fact, first, revision, before, keyed)?,
            };
            changes.extend(super::attribution::of_record(fact, revision, before, keyed)?);
            Ok(changes)
        }
        RecordFact::Ended(fact) => ended(fact, revision, before),
        RecordFact::Revived(fact) => revived(fact, revision, before),
        RecordFact::SourceAdded(fact) => source_added(fact, revision, before),
        RecordFact::Stopped(fact) => Ok(vec![
            put(
                keys::STOPPED,
                Bytes::copy_from_slice(&fact.row),
                keys::revision_key(revision),
            ),
            question(revision),
        ]),
        RecordFact::RulingUnmatched { ruling, .. } => Ok(vec![
            put(
                keys::AWAITED,
                keys::revision_key(*ruling),
                keys::revision_key(revision),
            ),
            question(revision),
        ]),
        RecordFact::RulingSettled { ruling, unmatched } => Ok(vec![
            delete(keys::AWAITED, keys::revision_key(*ruling)),
            delete(keys::QUESTION, keys::revision_key(*unmatched)),
        ]),
    }
}

/// Reads the row of a record that a later fact names.
///
/// # Errors
/// [`Error::Engine`] if there is none.
pub fn row(view: &dyn View, first: Revision) -> Result<RecordRow, Error> {
    let bytes = view.get(keys::RECORD, &keys::revision_key(first))?;
    bytes
        .as_deref()
        .and_then(RecordRow::decode)
        .ok_or_else(|| Error::Engine {
            operation: "find a record",
            detail: format!("no row for revision {}", first.0),
        })
}

fn delete(table: Table, key: Bytes) -> Change {
    Change::Delete { table, key }
}

fn question(revision: Revision) -> Change {
    put(keys::QUESTION, keys::revision_key(revision), Bytes::new())
}

fn no_question(revision: Revision) -> Change {
    delete(keys::QUESTION, keys::revision_key(revision))
}

/// The row that a snapshot makes; what is not the snapshot's is that of a record just begun.
fn row_of(fact: &RecordedFact, revision: Revision, natural: [u8; 16]) -> RecordRow {
    let record = &fact.record;
    RecordRow {
        current: revision,
        snapshots: fact.snapshot,
        subject: fact.subject,
        department: fact.department,
        kind: record.kind,
        subject_kind: record.party.kind,
        severity: record.severity,
        decided_on: record.decided_on,
        received_on: fact.received_on,
        until: record.until,
        ending: None,
        changed: revision,
        changed_by: fact.changed_by.as_ref().map(|changed| changed.ruling),
        sources: u32::from(fact.source.is_stated()),
        asks: fact.findings.iter().any(|finding| finding.kind == CheckKind::Ask),
        layout_bytes: RecordRow::layout_bytes(&record.layout),
        body: record.body,
        decision: layout::short(&hashes::decision_key(&record.body, &record.number)),
        natural,
        name: fact.name,
    }
}

fn file_key(row: &RecordRow, first: Revision) -> Bytes {
    keys::subject_file_key(row.subject, layout::file_kind(row.kind), row.decided_on, first)
}

/// What a ruling is about, and what it does to it.
fn ruling(fact: &RecordedFact) -> Option<(ShortHash, RulingRow)> {
    let target = fact.record.target.as_ref()?;
    let decision = layout::short(&hashes::decision_key(&target.body, &target.number));
    let row = RulingRow {
        kind: target.kind,
        decided_on: target.decided_on,
        end: target.end,
        changes: !fact.changes.is_empty(),
    };
    Some((decision, row))
}

/// Both ways between a ruling and its decision.
fn ruled(fact: &RecordedFact, first: Revision) -> Vec<Change> {
    let Some((decision, row)) = ruling(fact) else {
        return Vec::new();
    };
    vec![
        put(
            keys::RULING,
            layout::under_decision(&decision, first),
            row.encode(),
        ),
        put(
            keys::RULES_ON,
            keys::revision_key(first),
            Bytes::copy_from_slice(&decision),
        ),
    ]
}

fn snapshot(fact: &RecordedFact, revision: Revision, natural: &[u8; 16], keyed: &dyn KeyedHashes) -> Change {
    let kind = fact.record.party.sealing_kind();
    let content = table_hash(keyed, kind, hashes::record_hash(&fact.record));
    put(
        keys::SNAPSHOT,
        keys::snapshot_key(natural, fact.snapshot),
        keys::snapshot_value(revision, &content),
    )
}

fn recorded(fact: &RecordedFact, revision: Revision, keyed: &dyn KeyedHashes) -> Vec<Change> {
    let natural = hashes::record_key(&fact.record);
    let natural = table_hash(keyed, fact.record.party.sealing_kind(), natural);
    let row = row_of(fact, revision, natural);
    let first = keys::revision_key(revision);
    let mut changes = vec![
        put(keys::RECORD, first.clone(), row.encode()),
        put(
            keys::RECORD_NAME,
            Bytes::copy_from_slice(fact.name.as_bytes()),
            first.clone(),
        ),
        snapshot(fact, revision, &natural, keyed),
        put(keys::SUBJECT_FILE, file_key(&row, revision), Bytes::new()),
        put(
            keys::DECISION,
            layout::under_decision(&row.decision, revision),
            Bytes::new(),
        ),
    ];
    if fact.source.is_stated() {
        let key = layout::source_key(revision, &hashes::source_hash(&fact.source));
        changes.push(put(keys::RECORD_SOURCE, key, first));
    }
    changes.extend(ruled(fact, revision));
    if row.asks {
        changes.push(question(revision));
    }
    changes
}

fn corrected(
    fact: &RecordedFact,
    first: Revision,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let old = row(before, first)?;
    let source = layout::source_key(first, &hashes::source_hash(&fact.source));
    let is_new_source = fact.source.is_stated() && before.get(keys::RECORD_SOURCE, &source)?.is_none();
    let new = RecordRow {
        received_on: old.received_on,
        ending: old.ending,
        sources: old.sources + u32::from(is_new_source),
        name: old.name,
        ..row_of(fact, revision, old.natural)
    };
    let mut changes = vec![
        put(keys::RECORD, keys::revision_key(first), new.encode()),
        snapshot(fact, revision, &old.natural, keyed),
    ];
    if is_new_source {
        changes.push(put(keys::RECORD_SOURCE, source, keys::revision_key(revision)));
    }
    if file_key(&old, first) != file_key(&new, first) {
        // Under another subject's code the old entry stays for those who ask what was known before.
        if old.subject == new.subject {
            changes.push(delete(keys::SUBJECT_FILE, file_key(&old, first)));
        }
        changes.push(put(keys::SUBJECT_FILE, file_key(&new, first), Bytes::new()));
    }
    // A question about a snapshot that no longer holds is nobody's to answer.
    if old.asks {
        changes.push(no_question(old.current));
    }
    if new.asks && new.state().stands() {
        changes.push(question(revision));
    }
    if fact.record.target.is_some() {
        changes.extend(moved_ruling(fact, first, before)?);
    }
    Ok(changes)
}

/// A corrected ruling may be about another decision, or do something else to it.
fn moved_ruling(fact: &RecordedFact, first: Revision, before: &dyn View) -> Result<Vec<Change>, Error> {
    let old = before.get(keys::RULES_ON, &keys::revision_key(first))?;
    let old = old.as_deref().and_then(layout::short_hash);
    let old = old.map(|decision| delete(keys::RULING, layout::under_decision(&decision, first)));
    Ok(old.into_iter().chain(ruled(fact, first)).collect())
}

/// A record that does not count asks nothing; once it counts again, it asks again.
fn asking(old: &RecordRow, new: &RecordRow) -> Option<Change> {
    match (old.asks, old.state().stands(), new.state().stands()) {
        (true, true, false) => Some(no_question(old.current)),
        (true, false, true) => Some(question(old.current)),
        (true, true, true) | (true, false, false) | (false, _, _) => None,
    }
}

fn with_ending(
    about: About,
    ending: Option<Ending>,
    revision: Revision,
    before: &dyn View,
) -> Result<Vec<Change>, Error> {
    let old = row(before, about.first)?;
    let new = RecordRow {
        ending,
        changed: revision,
        ..old
    };
    let mut changes = vec![put(keys::RECORD, keys::revision_key(about.first), new.encode())];
    changes.extend(asking(&old, &new));
    Ok(changes)
}

fn ended(fact: &EndedFact, revision: Revision, before: &dyn View) -> Result<Vec<Change>, Error> {
    let ending = Ending {
        end: fact.end,
        on: fact.on,
        fact: revision,
        ruling: fact.ruling,
    };
    let mut changes = with_ending(fact.about, Some(ending), revision, before)?;
    changes.push(told(fact.about.first, revision, ENDED));
    Ok(changes)
}

fn revived(fact: &RevivedFact, revision: Revision, before: &dyn View) -> Result<Vec<Change>, Error> {
    let mut changes = with_ending(fact.about, fact.restored, revision, before)?;
    changes.push(told(fact.about.first, revision, REVIVED));
    Ok(changes)
}

fn source_added(fact: &SourceFact, revision: Revision, before: &dyn View) -> Result<Vec<Change>, Error> {
    let first = fact.about.first;
    let old = row(before, first)?;
    let new = RecordRow {
        sources: old.sources + 1,
        changed: revision,
        ..old
    };
    Ok(vec![
        put(keys::RECORD, keys::revision_key(first), new.encode()),
        put(
            keys::RECORD_SOURCE,
            layout::source_key(first, &hashes::source_hash(&fact.source)),
            keys::revision_key(revision),
        ),
    ])
}
