//! What facts about subjects change in the tables.
//!
//! Pointers, not rewrites: a merger or a moved record leaves every row where it stands and says where it
//! counts. Read first: [`changes`].

use bytes::Bytes;

use super::put;
use crate::domain::civil_date::CivilDate;
use crate::domain::hash::{KeyedHashes, hash16, table_hash};
use crate::domain::hashes;
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::{Identity, SubjectKind, SubjectNumber};
use crate::domain::subject_fact::{
    Change as Happened, MembershipFact, RegisterFact, RegisterState, SubjectChange, SubjectFact, Who,
};
use crate::domain::title::ComparedName;
use crate::store::keys::subjects::{self as layout, MembershipRow, SubjectState};
use crate::store::keys::{self, SubjectRow};
use crate::store::{Change, Error, View};

/// The changes of one fact about subjects.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the tables contradict the ledger.
pub fn changes(
    fact: &SubjectFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    if let Some(who) = fact.who() {
        for subject in std::iter::once(who.subject).chain(fact.others()) {
            changes.push(history(subject, revision, fact.kind_number()));
        }
    }
    match fact {
        SubjectFact::Registered(fact) => changes.extend(registered(fact, revision, before, keyed)?),
        SubjectFact::Changed(fact) => changes.extend(changed(fact, revision, before, keyed)?),
        SubjectFact::Member(fact) => changes.extend(member(fact, revision, before, keyed)?),
        SubjectFact::MembershipEnded(fact) => {
            let row = MembershipRow {
                until: Some(fact.on),
                ended: Some(revision),
                ..membership(before, fact.first)?
            };
            changes.push(put(
                keys::MEMBERSHIP,
                layout::membership_key(fact.first),
                row.encode(),
            ));
        }
        SubjectFact::Attributed(fact) => changes.extend(super::attribution::attributed(fact, revision)),
    }
    Ok(changes)
}

/// The changes of a subject's opening, apart from its row and its name.
///
/// # Errors
/// As the view's.
pub fn opened(
    number: SubjectNumber,
    kind: SubjectKind,
    identity: &Identity,
    reported_name: &str,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let hash = keyed.identity(identity);
    let key = layout::identity_from(&hash, None);
    let mut changes = vec![
        history(number, revision, 10),
        put(keys::ATTRIBUTION, layout::asking_key(number), Bytes::new()),
    ];
    // A code that another bore before comes to this one by a fact of its own, with its day.
    if before.get(keys::SUBJECT_IDENTITY, &key)?.is_none() {
        let value = layout::identity_value(Some(number), false);
        changes.push(put(keys::SUBJECT_IDENTITY, key, value));
    }
    let mut state = SubjectState {
        changed: revision,
        ..SubjectState::default()
    };
    changes.extend(titled(
        number,
        kind,
        reported_name,
        revision,
        false,
        &mut state,
        before,
        keyed,
    )?);
    changes.push(put(
        keys::SUBJECT_STATE,
        keys::subject_key(number),
        state.encode(),
    ));
    Ok(changes)
}

/// The changes of a report that names the subject: nothing, unless the name is not the last one.
///
/// # Errors
/// As the view's.
pub fn reported(
    number: SubjectNumber,
    kind: SubjectKind,
    name: &str,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let mut state = state(before, number)?;
    let was = state;
    let mut changes = titled(number, kind, name, revision, false, &mut state, before, keyed)?;
    if state != was {
        changes.push(put(
            keys::SUBJECT_STATE,
            keys::subject_key(number),
            state.encode(),
        ));
    }
    Ok(changes)
}

/// The state of a subject; that of one without a row is empty.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the row does not decode.
pub fn state(view: &dyn View, number: SubjectNumber) -> Result<SubjectState, Error> {
    match view.get(keys::SUBJECT_STATE, &keys::subject_key(number))? {
        None => Ok(SubjectState::default()),
        Some(bytes) => {
            SubjectState::decode(&bytes).ok_or_else(|| contradiction("a subject's state", number.0))
        }
    }
}

/// The row of a membership by its first revision.
///
/// # Errors
/// As the view's; [`Error::Engine`] if there is none.
pub fn membership(view: &dyn View, first: Revision) -> Result<MembershipRow, Error> {
    view.get(keys::MEMBERSHIP, &layout::membership_key(first))?
        .as_deref()
        .and_then(MembershipRow::decode)
        .ok_or_else(|| contradiction("a membership", first.0))
}

/// The hash by which a name is found.
#[must_use]
pub fn title_hash(keyed: &dyn KeyedHashes, kind: SubjectKind, name: &ComparedName) -> [u8; 16] {
    table_hash(keyed, kind, name.hash())
}

/// The natural key of a register's row: the code, and the subject, since a code may come to another.
#[must_use]
pub fn register_key(code: &SocialCreditCode, subject: SubjectNumber) -> [u8; 16] {
    hash16(b"register", &[code.as_bytes(), &subject.0.to_be_bytes()])
}

/// Natural key and content hash of a change that may come again; `None` for one whose state says it.
#[must_use]
pub fn change_key(who: Who, change: &Happened, keyed: &dyn KeyedHashes) -> Option<([u8; 16], [u8; 16])> {
    let subject = who.subject.0.to_be_bytes();
    let key = |what: &[u8], on: CivilDate| hash16(what, &[&subject, &on.key().to_be_bytes()]);
    match change {
        Happened::Renamed { name, from } => {
            Some((key(b"renamed", *from), hash16(b"renamed", &[name.as_bytes()])))
        }
        Happened::CodeAssigned { identity, from } => {
            Some((key(b"code assigned", *from), keyed.identity(identity)))
        }
        Happened::CodeEnded { identity, until } => {
            Some((key(b"code ended", *until), keyed.identity(identity)))
        }
        Happened::Split { into, on } => {
            let others: Vec<u8> = into.iter().flat_map(|other| other.0.to_be_bytes()).collect();
            Some((key(b"split", *on), hash16(b"split", &[&others])))
        }
        Happened::Merged { .. }
        | Happened::MergeUndone { .. }
        | Happened::Deregistered { .. }
        | Happened::Reattributed { .. }
        | Happened::Answered { .. } => None,
    }
}

/// The number of the next snapshot of a natural key.
fn next_snapshot(view: &dyn View, natural: &[u8; 16]) -> Result<u32, Error> {
    let mut number = 1;
    while view
        .get(keys::SNAPSHOT, &keys::snapshot_key(natural, number))?
        .is_some()
    {
        number += 1;
    }
    Ok(number)
}

/// The natural key of a membership: subject, sector and first day.
#[must_use]
pub fn membership_natural(
    subject: SubjectNumber,
    sector: crate::domain::catalog::SectorCode,
    from: CivilDate,
) -> [u8; 16] {
    hash16(
        b"membership",
        &[
            &subject.0.to_be_bytes(),
            sector.as_str().as_bytes(),
            &from.key().to_be_bytes(),
        ],
    )
}

fn contradiction(what: &str, number: impl std::fmt::Display) -> Error {
    Error::Engine {
        operation: "fold a fact about a subject",
        detail: format!("{what} {number} is missing or does not decode"),
    }
}

fn history(subject: SubjectNumber, revision: Revision, kind: u16) -> Change {
    put(
        keys::SUBJECT_HISTORY,
        layout::history_key(subject, revision),
        Bytes::copy_from_slice(&kind.to_be_bytes()),
    )
}

/// Notes a name in both indexes, and in the state as the last one. Vague names are not looked for.
#[allow(clippy::too_many_arguments, reason = "one name with all it is noted by")]
fn titled(
    number: SubjectNumber,
    kind: SubjectKind,
    name: &str,
    revision: Revision,
    by_register: bool,
    state: &mut SubjectState,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let hash = match ComparedName::of(name) {
        Some(name) => title_hash(keyed, kind, &name),
        // It still is a name that was reported, under a hash nobody can ask for.
        None => table_hash(keyed, kind, hash16(b"vague name", &[name.as_bytes()])),
    };
    if state.title == hash && !by_register {
        return Ok(Vec::new());
    }
    (state.titled, state.title) = (revision, hash);
    let mut changes = Vec::new();
    let key = layout::title_key(&hash, number);
    let known = before.get(keys::TITLE, &key)?;
    let first = known.as_deref().map_or(revision, keys::revision_value);
    let stands = known.as_deref().is_some_and(layout::title_by_register);
    if known.is_none() || (by_register && !stands) {
        changes.push(put(keys::TITLE, key, layout::title_value(first, by_register)));
    }
    if known.is_none() {
        changes.push(put(
            keys::SUBJECT_TITLES,
            layout::subject_title_key(number, &hash),
            keys::revision_key(revision),
        ));
    }
    Ok(changes)
}

fn registered(
    fact: &RegisterFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let (number, entry) = (fact.subject, &fact.entry);
    let bytes = before.get(keys::SUBJECT, &keys::subject_key(number))?;
    let row = bytes.as_deref().and_then(SubjectRow::decode);
    let row = row.ok_or_else(|| contradiction("the subject", number.0))?;
    let mut state = state(before, number)?;
    state.registered = Some(revision);
    state.code = Some(entry.code);
    state.changed = revision;
    state.ended_on = match entry.state {
        RegisterState::Active => None,
        RegisterState::Deregistered => entry.deregistered_on.or(Some(fact.received_on)),
    };
    let mut changes = titled(
        number,
        entry.kind,
        &entry.name,
        revision,
        true,
        &mut state,
        before,
        keyed,
    )?;
    changes.push(put(
        keys::SUBJECT_STATE,
        keys::subject_key(number),
        state.encode(),
    ));
    changes.push(Change::Delete {
        table: keys::ATTRIBUTION,
        key: layout::asking_key(number),
    });
    if row.kind != entry.kind {
        let row = SubjectRow {
            kind: entry.kind,
            ..row
        };
        changes.push(put(keys::SUBJECT, keys::subject_key(number), row.encode()));
    }
    for identity in std::iter::once(&Identity::Code(entry.code)).chain(&entry.older_codes) {
        let key = layout::identity_from(&keyed.identity(identity), None);
        if before.get(keys::SUBJECT_IDENTITY, &key)?.is_none() {
            let value = layout::identity_value(Some(number), false);
            changes.push(put(keys::SUBJECT_IDENTITY, key, value));
        }
    }
    let content = hashes::register_hash(entry);
    changes.push(put(
        keys::SNAPSHOT,
        keys::snapshot_key(&register_key(&entry.code, number), fact.snapshot),
        keys::snapshot_value(revision, &content),
    ));
    changes.extend(super::questions(&fact.findings, revision));
    Ok(changes)
}

fn changed(
    fact: &SubjectChange,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let number = fact.who.subject;
    let mut state = state(before, number)?;
    state.changed = revision;
    let mut changes = Vec::new();
    match &fact.change {
        Happened::Renamed { name, .. } => {
            changes = titled(
                number,
                fact.who.kind,
                name,
                revision,
                true,
                &mut state,
                before,
                keyed,
            )?;
        }
        Happened::CodeAssigned { identity, from } => {
            let hash = keyed.identity(identity);
            changes.extend(dated(&hash, *from, Some(number), before)?);
        }
        Happened::CodeEnded { identity, until } => {
            let hash = keyed.identity(identity);
            if let Some(next) = until.next() {
                changes.extend(dated(&hash, next, None, before)?);
            }
        }
        Happened::Merged { into, on } => {
            state.successor = Some(*into);
            changes.push(merge(number, revision, Some(*into), *on));
            changes.push(put(
                keys::MERGED_IN,
                layout::merged_in_key(*into, number),
                Bytes::new(),
            ));
            changes.push(Change::Delete {
                table: keys::ATTRIBUTION,
                key: layout::asking_key(number),
            });
        }
        Happened::MergeUndone { into, merge: of } => {
            state.successor = None;
            let row = before.get(keys::MERGE, &layout::history_key(number, *of))?;
            let row = row.as_deref().and_then(layout::merge_read);
            let (_, on) = row.ok_or_else(|| contradiction("the merger into", into.0))?;
            changes.push(merge(number, revision, None, on));
            if state.registered.is_none() {
                changes.push(put(keys::ATTRIBUTION, layout::asking_key(number), Bytes::new()));
            }
        }
        Happened::Split { .. } => {}
        Happened::Deregistered { on } => state.ended_on = Some(*on),
        Happened::Reattributed { to, records } => {
            for record in records {
                changes.push(put(
                    keys::PLACED,
                    layout::placed_key(record.first, revision),
                    layout::placed_value(record.reported, *to),
                ));
                changes.push(put(
                    keys::PLACED_IN,
                    layout::placed_in_key(*to, record.first, revision),
                    Bytes::copy_from_slice(&[record.file]),
                ));
            }
        }
        Happened::Answered { question, .. } => {
            changes.push(Change::Delete {
                table: keys::QUESTION,
                key: keys::revision_key(*question),
            });
            // The question whether a subject exists is asked by its opening.
            if opening(before, number)? == Some(*question) {
                changes.push(Change::Delete {
                    table: keys::ATTRIBUTION,
                    key: layout::asking_key(number),
                });
            }
        }
    }
    if let Some((natural, content)) = change_key(fact.who, &fact.change, keyed) {
        let content = table_hash(keyed, fact.who.kind, content);
        let snapshot = next_snapshot(before, &natural)?;
        changes.push(put(
            keys::SNAPSHOT,
            keys::snapshot_key(&natural, snapshot),
            keys::snapshot_value(revision, &content),
        ));
    }
    // A stopped row has no subject.
    if number.0 > 0 {
        changes.push(put(
            keys::SUBJECT_STATE,
            keys::subject_key(number),
            state.encode(),
        ));
    }
    Ok(changes)
}

fn opening(view: &dyn View, number: SubjectNumber) -> Result<Option<Revision>, Error> {
    let row = view.get(keys::SUBJECT, &keys::subject_key(number))?;
    Ok(row.as_deref().and_then(SubjectRow::decode).map(|row| row.opened))
}

fn merge(from: SubjectNumber, revision: Revision, into: Option<SubjectNumber>, on: CivilDate) -> Change {
    put(
        keys::MERGE,
        layout::history_key(from, revision),
        layout::merge_value(into, on),
    )
}

/// Puts an identity to a subject, or to nobody, from a day on; the first row learns that later ones exist.
fn dated(
    hash: &[u8; 16],
    from: CivilDate,
    subject: Option<SubjectNumber>,
    before: &dyn View,
) -> Result<Vec<Change>, Error> {
    let key = layout::identity_from(hash, None);
    let first = before.get(keys::SUBJECT_IDENTITY, &key)?;
    let (bearer, is_dated) = first.as_deref().map_or((None, false), layout::identity_read);
    let mut changes = vec![put(
        keys::SUBJECT_IDENTITY,
        layout::identity_from(hash, Some(from)),
        layout::identity_value(subject, false),
    )];
    if first.is_none() || !is_dated {
        changes.push(put(
            keys::SUBJECT_IDENTITY,
            key,
            layout::identity_value(bearer, true),
        ));
    }
    Ok(changes)
}

fn member(
    fact: &MembershipFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let (membership_said, number) = (&fact.membership, fact.who.subject);
    let first = fact.first.unwrap_or(revision);
    let row = MembershipRow {
        subject: number,
        sector: membership_said.sector,
        from: membership_said.from,
        until: membership_said.until,
        current: revision,
        snapshots: fact.snapshot,
        ended: None,
    };
    let natural = membership_natural(number, membership_said.sector, membership_said.from);
    let content = table_hash(keyed, fact.who.kind, hashes::membership_hash(membership_said));
    let mut changes = vec![
        put(keys::MEMBERSHIP, layout::membership_key(first), row.encode()),
        put(
            keys::SNAPSHOT,
            keys::snapshot_key(&natural, fact.snapshot),
            keys::snapshot_value(revision, &content),
        ),
    ];
    if fact.first.is_none() {
        changes.push(put(
            keys::MEMBERSHIP,
            layout::member_key(number, first),
            Bytes::new(),
        ));
        changes.push(put(
            keys::MEMBERSHIP,
            layout::sector_key(membership_said.sector, first),
            Bytes::new(),
        ));
    } else {
        // It stands, or the fact that corrects it would not.
        membership(before, first)?;
    }
    changes.extend(super::questions(&fact.findings, revision));
    Ok(changes)
}
