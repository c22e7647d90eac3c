//! What the attribution of records changes in the tables.

use super::put;
use super::subjects::reported;
use crate::domain::hash::KeyedHashes;
use crate::domain::record_fact::RecordedFact;
use crate::domain::revision::Revision;
use crate::domain::subject_fact::{AttributionFact, RecordClass};
use crate::store::keys;
use crate::store::keys::subjects as layout;
use crate::store::{Change, Error, View};

/// What the recording of a credit record changes about its subject and its sectors.
///
/// # Errors
/// As the view's.
pub fn of_record(
    fact: &RecordedFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let party = &fact.record.party;
    let kind = party.sealing_kind();
    let mut changes = reported(fact.subject, kind, &party.name, revision, before, keyed)?;
    let first = fact.first.unwrap_or(revision);
    let key = layout::attributed_record_key(first);
    let stands = before.get(keys::ATTRIBUTION, &key)?;
    // What an officer said of the record itself holds whatever its row says now.
    if stands.as_deref().is_some_and(layout::attributed_by_officer) {
        return Ok(changes);
    }
    let record = &fact.record;
    if fact.sectors.is_empty() {
        let matter = record.matter.as_deref().unwrap_or_default();
        let class = layout::class_hash(record.kind, &record.body, matter);
        changes.push(put(
            keys::ATTRIBUTION,
            layout::unattributed_key(first),
            layout::unattributed_value(fact.department, &class),
        ));
        if stands.is_some() {
            changes.push(Change::Delete {
                table: keys::ATTRIBUTION,
                key,
            });
        }
    } else {
        let value = layout::attributed_value(revision, false, &fact.sectors);
        changes.push(put(keys::ATTRIBUTION, key, value));
        if fact.first.is_some() {
            changes.push(Change::Delete {
                table: keys::ATTRIBUTION,
                key: layout::unattributed_key(first),
            });
        }
    }
    Ok(changes)
}

/// The changes of an officer's decision.
pub(super) fn attributed(fact: &AttributionFact, revision: Revision) -> Vec<Change> {
    let value = layout::attributed_value(revision, true, &fact.sectors);
    let mut changes = super::grades::said(&fact.records, &value, revision);
    for first in &fact.records {
        changes.push(put(
            keys::ATTRIBUTION,
            layout::attributed_record_key(*first),
            value.clone(),
        ));
        changes.push(Change::Delete {
            table: keys::ATTRIBUTION,
            key: layout::unattributed_key(*first),
        });
    }
    if let Some(RecordClass { kind, body, matter }) = &fact.class {
        let class = layout::class_hash(*kind, body, matter);
        changes.push(put(
            keys::ATTRIBUTION,
            layout::attributed_class_key(&class),
            value,
        ));
    }
    changes
}
