//! What facts about notice pairs change in the tables.

use bytes::Bytes;

use super::put;
use crate::domain::civil_date::CivilDate;
use crate::domain::notice::{Clock, Pair};
use crate::domain::notice_fact::NoticeFact;
use crate::domain::revision::Revision;
use crate::store::keys::notices::{self as layout, Answered};
use crate::store::{Change, Error, KeyRange, View, keys};

/// The kind of data by which open deadlines move.
pub const CALENDARS: &str = "calendars";

/// The changes of one fact at `revision`, over the tables before it.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the tables contradict the ledger.
pub fn changes(fact: &NoticeFact, revision: Revision, before: &dyn View) -> Result<Vec<Change>, Error> {
    if let NoticeFact::OutOfScope(fact) = fact {
        let row = |one: &crate::domain::notice_fact::OutOfScope| {
            let answered = Answered::OutOfScope(one.reason, revision).encode();
            put(keys::NOTICE_RECORD, keys::revision_key(one.record), answered)
        };
        return Ok(fact.records.iter().map(row).collect());
    }
    let first = fact.pair(revision).unwrap_or(revision);
    let (old, pair) = match Pair::opened(fact, revision) {
        Some(pair) => (None, pair),
        None => {
            let old = row(before, first)?;
            (Some(old), old.after(fact, revision))
        }
    };
    let mut changes = vec![put(
        keys::NOTICE,
        keys::revision_key(first),
        layout::encode(&pair),
    )];
    changes.extend(watched(old.as_ref(), Some(&pair), first));
    changes.push(history(first, revision, fact));
    if old.is_none() {
        let name = Bytes::copy_from_slice(pair.name.as_bytes());
        changes.push(put(keys::NOTICE_NAME, name, keys::revision_key(first)));
        let key = Bytes::copy_from_slice(&pair.key);
        changes.push(put(keys::NOTICE_DECISION, key, keys::revision_key(first)));
    }
    if pair.record != old.and_then(|old| old.record)
        && let Some(record) = pair.record
    {
        let answered = Answered::Pair(first).encode();
        changes.push(put(keys::NOTICE_RECORD, keys::revision_key(record), answered));
    }
    if let NoticeFact::Issued(fact) = fact {
        let number = fact.number;
        changes.push(put(
            keys::NOTICE_SERIAL,
            layout::serial_key(&fact.body, number.year),
            Bytes::copy_from_slice(&number.serial.to_be_bytes()),
        ));
        let place = [revision.0.to_be_bytes(), first.0.to_be_bytes()].concat();
        let text = &fact.content.head.number;
        changes.push(put(
            keys::NOTICE_NUMBER,
            layout::number_key(text),
            Bytes::from(place),
        ));
        if let Some(replaced) = fact.replaces {
            let old = row(before, replaced)?;
            let new = old.replaced(first, fact.on, revision);
            changes.push(put(
                keys::NOTICE,
                keys::revision_key(replaced),
                layout::encode(&new),
            ));
            changes.extend(watched(Some(&old), Some(&new), replaced));
            changes.push(history(replaced, revision, &NoticeFact::Issued(fact.clone())));
        }
    }
    Ok(changes)
}

fn history(pair: Revision, at: Revision, fact: &NoticeFact) -> Change {
    put(
        keys::NOTICE_HISTORY,
        layout::history_key(pair, at),
        Bytes::copy_from_slice(&fact.kind_number().to_be_bytes()),
    )
}

/// What is due of a pair takes the place of what was.
fn watched(old: Option<&Pair>, new: Option<&Pair>, first: Revision) -> Vec<Change> {
    let mut changes = Vec::new();
    for clock in Clock::ALL {
        let on = |pair: Option<&Pair>| pair?.clock(*clock)?.watched();
        let (was, is) = (on(old), on(new));
        if was == is {
            continue;
        }
        changes.extend(was.map(|day| Change::Delete {
            table: keys::NOTICE_DUE,
            key: layout::due_key(day, *clock, first),
        }));
        changes.extend(is.map(|day| {
            let key = layout::due_key(day, *clock, first);
            put(keys::NOTICE_DUE, key, Bytes::new())
        }));
    }
    changes
}

/// Reads the pair that began at a revision.
///
/// # Errors
/// [`Error::Engine`] if there is none.
pub fn row(view: &dyn View, first: Revision) -> Result<Pair, Error> {
    let bytes = view.get(keys::NOTICE, &keys::revision_key(first))?;
    bytes
        .as_deref()
        .and_then(layout::decode)
        .ok_or_else(|| Error::Engine {
            operation: "find a notice pair",
            detail: format!("no row for revision {}", first.0),
        })
}

/// Says whether a deadline has passed by a day and was not told.
///
/// # Errors
/// As the view's.
pub fn is_due(day: CivilDate, view: &dyn View) -> Result<bool, Error> {
    let found = view.scan(keys::NOTICE_DUE, &layout::due_before(day), 1)?;
    Ok(!found.rows.is_empty())
}

/// Says whether there is any pair.
///
/// # Errors
/// As the view's.
pub fn has_pairs(view: &dyn View) -> Result<bool, Error> {
    let all = KeyRange {
        from: Bytes::new(),
        until: None,
    };
    Ok(!view.scan(keys::NOTICE, &all, 1)?.rows.is_empty())
}
