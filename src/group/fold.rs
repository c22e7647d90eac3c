//! What a fact changes in the tables. Replay uses this and nothing else: it decides nothing.

use crate::domain::commitment::{CommitmentCode, Performance};
use crate::domain::fact::{CommitmentFact, Fact, PerformanceFact, Principal};
use crate::domain::finding::CheckKind;
use crate::domain::finding::Finding;
use crate::domain::hash::{KeyedHashes, hash16, table_hash};
use crate::domain::hashes;
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::store::keys::{self, CommitmentRow, PerformanceColumns, SubjectRow};
use crate::store::{Change, Error, Table, View};

use bytes::Bytes;

pub mod attribution;
pub mod grades;
pub mod notices;
pub mod records;
pub mod subjects;
pub mod supervision;

fn put(table: Table, key: Bytes, value: Bytes) -> Change {
    Change::Put { table, key, value }
}

/// The changes of one fact at `revision`, over the tables before it.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the tables contradict the ledger.
pub fn changes(
    fact: &Fact,
    revision: Revision,
    principal: &Principal,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    Ok(match fact {
        Fact::LedgerOpened { .. }
        | Fact::EpochOpened { .. }
        | Fact::ServerStarted { .. }
        | Fact::SealedRead { .. } => Vec::new(),
        Fact::DayTurned { day } => {
            let bytes = Bytes::copy_from_slice(&u64::from(day.key()).to_be_bytes());
            let mut changes = vec![put(keys::COUNTER, keys::counter_key(keys::COUNTER_DAY), bytes)];
            changes.extend(grades::turned(*day, revision, before)?);
            changes
        }
        Fact::DataAdopted { kind, .. } => {
            let mut changes = vec![put(
                keys::DATA,
                keys::data_key(kind),
                keys::revision_key(revision),
            )];
            // Deadlines that are open follow the calendar in slices.
            if kind == notices::CALENDARS && notices::has_pairs(before)? {
                let value = keys::cause_value(Revision(1), 0);
                changes.push(put(keys::CAUSE, keys::revision_key(revision), value));
            }
            changes
        }
        Fact::RequestRecorded { id, .. } => {
            vec![put(
                keys::REQUEST,
                keys::request_key(principal, *id),
                keys::revision_key(revision),
            )]
        }
        Fact::SubjectOpened {
            number,
            name,
            kind,
            identity,
            reported_name,
        } => {
            let row = SubjectRow {
                name: *name,
                kind: *kind,
                opened: revision,
            };
            let count = Bytes::copy_from_slice(&u64::from(number.0).to_be_bytes());
            let name = Bytes::copy_from_slice(name.as_bytes());
            let mut changes =
                subjects::opened(*number, *kind, identity, reported_name, revision, before, keyed)?;
            changes.extend([
                put(keys::SUBJECT, keys::subject_key(*number), row.encode()),
                put(keys::SUBJECT_NAME, name, keys::subject_key(*number)),
                put(keys::COUNTER, keys::counter_key(keys::COUNTER_SUBJECTS), count),
            ]);
            changes
        }
        Fact::CommitmentRecorded(fact) => recorded(fact, revision, before, keyed)?,
        Fact::CommitmentCorrected(fact) => corrected(fact, revision, before, keyed)?,
        Fact::CommitmentWithdrawn { first, .. } => {
            let row = CommitmentRow {
                withdrawn: Some(revision),
                ..row(before, *first)?
            };
            vec![
                put(keys::COMMITMENT, keys::revision_key(*first), row.encode()),
                grades::told(*first, revision, keys::grades::ENDED),
            ]
        }
        Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact) => {
            performance(fact, revision, before, keyed)?
        }
        Fact::RowStopped { body, code, .. } => vec![
            put(
                keys::STOPPED,
                stopped_key(body, code),
                keys::revision_key(revision),
            ),
            put(keys::QUESTION, keys::revision_key(revision), Bytes::new()),
        ],
        Fact::BatchesWithdrawn { spans, .. } => {
            let next = spans.first().map_or(Revision(0), |span| span.first);
            vec![put(
                keys::CAUSE,
                keys::revision_key(revision),
                keys::cause_value(next, 0),
            )]
        }
        Fact::EffectsSettled { cause, slice, next } => {
            let key = keys::revision_key(*cause);
            vec![if next.0 == 0 {
                Change::Delete {
                    table: keys::CAUSE,
                    key,
                }
            } else {
                put(keys::CAUSE, key, keys::cause_value(*next, *slice))
            }]
        }
        Fact::Subject(fact) => subjects::changes(fact, revision, before, keyed)?,
        Fact::Record(fact) => records::changes(fact, revision, before, keyed)?,
        Fact::Supervision(fact) => supervision::changes(fact, revision, before, keyed)?,
        Fact::Grade(fact) => grades::changes(fact, revision, before)?,
        Fact::Notice(fact) => notices::changes(fact, revision, before)?,
    })
}

/// Says whether any subject was ever opened.
///
/// # Errors
/// As the view's.
pub fn has_subjects(view: &dyn View) -> Result<bool, Error> {
    let counter = keys::counter_key(keys::COUNTER_SUBJECTS);
    Ok(view.get(keys::COUNTER, &counter)?.is_some())
}

/// Reads the row of a commitment that a later fact names.
///
/// # Errors
/// [`Error::Engine`] if there is none.
pub fn row(view: &dyn View, first: Revision) -> Result<CommitmentRow, Error> {
    let bytes = view.get(keys::COMMITMENT, &keys::revision_key(first))?;
    bytes
        .as_deref()
        .and_then(CommitmentRow::decode)
        .ok_or_else(|| Error::Engine {
            operation: "find a commitment",
            detail: format!("no row for revision {}", first.0),
        })
}

/// Under which key a stopped row is remembered.
#[must_use]
pub fn stopped_key(body: &SocialCreditCode, code: &CommitmentCode) -> Bytes {
    Bytes::copy_from_slice(&hashes::natural_key(body, code))
}

/// The natural key of the performance record of a commitment.
#[must_use]
pub fn performance_key(natural: &[u8; 16]) -> [u8; 16] {
    hash16(b"performance", &[natural])
}

/// The hash of a performance as tables hold it: always under the key.
///
/// Whose it is may be corrected from a person to an organisation and back; its hash must not change then.
pub fn performance_content(keyed: &dyn KeyedHashes, performance: &Performance) -> [u8; 16] {
    keyed.keyed(hashes::performance_hash(performance))
}

fn questions(findings: &[Finding], revision: Revision) -> Option<Change> {
    let asks = findings.iter().any(|finding| finding.kind == CheckKind::Ask);
    asks.then(|| put(keys::QUESTION, keys::revision_key(revision), Bytes::new()))
}

fn recorded(
    fact: &CommitmentFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let commitment = &fact.commitment;
    let natural = hashes::natural_key(&commitment.accepting_body_code, &commitment.code);
    let row = CommitmentRow {
        current: revision,
        snapshots: 1,
        subject: fact.subject,
        department: fact.department,
        kind: commitment.kind,
        subject_kind: commitment.subject_kind,
        publication: commitment.publication,
        made_on: commitment.made_on,
        received_on: fact.received_on,
        validity: commitment.validity,
        performance: None,
        withdrawn: None,
        natural,
        body: commitment.accepting_body_code,
        wording: keyed.keyed(hashes::wording_hash(commitment)),
        revived: None,
        breach: None,
    };
    let content = table_hash(keyed, commitment.subject_kind, hashes::content_hash(commitment));
    let file = keys::subject_file_key(fact.subject, keys::FILE_COMMITMENT, commitment.made_on, revision);
    let mut changes = vec![
        put(keys::COMMITMENT, keys::revision_key(revision), row.encode()),
        put(
            keys::SNAPSHOT,
            keys::snapshot_key(&natural, 1),
            keys::snapshot_value(revision, &content),
        ),
        put(keys::SUBJECT_FILE, file, Bytes::new()),
    ];
    let promise = table_hash(keyed, commitment.subject_kind, hashes::tuple_key(commitment));
    if before.get(keys::SAME_PROMISE, &promise)?.is_none() {
        changes.push(put(
            keys::SAME_PROMISE,
            Bytes::copy_from_slice(&promise),
            keys::revision_key(revision),
        ));
    }
    changes.extend(questions(&fact.findings, revision));
    changes.extend(named(fact, revision, before, keyed)?);
    Ok(changes)
}

/// The promisor's name, where it is not the last one known.
fn named(
    fact: &CommitmentFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let commitment = &fact.commitment;
    let (subject, kind) = (fact.subject, commitment.subject_kind);
    subjects::reported(subject, kind, &commitment.subject_name, revision, before, keyed)
}

fn corrected(
    fact: &CommitmentFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let first = fact.first.unwrap_or(revision);
    let old = row(before, first)?;
    let commitment = &fact.commitment;
    let row = CommitmentRow {
        current: revision,
        snapshots: fact.snapshot,
        subject: fact.subject,
        department: fact.department,
        kind: commitment.kind,
        subject_kind: commitment.subject_kind,
        publication: commitment.publication,
        made_on: commitment.made_on,
        validity: commitment.validity,
        wording: keyed.keyed(hashes::wording_hash(commitment)),
        ..old
    };
    let content = table_hash(keyed, commitment.subject_kind, hashes::content_hash(commitment));
    let key =
        |row: &CommitmentRow| keys::subject_file_key(row.subject, keys::FILE_COMMITMENT, row.made_on, first);
    let mut changes = vec![
        put(keys::COMMITMENT, keys::revision_key(first), row.encode()),
        put(
            keys::SNAPSHOT,
            keys::snapshot_key(&old.natural, fact.snapshot),
            keys::snapshot_value(revision, &content),
        ),
    ];
    if key(&old) != key(&row) {
        // Under another subject's code the old entry stays for those who ask what was known before.
        if old.subject == row.subject {
            changes.push(Change::Delete {
                table: keys::SUBJECT_FILE,
                key: key(&old),
            });
        }
        changes.push(put(keys::SUBJECT_FILE, key(&row), Bytes::new()));
    }
    changes.extend(questions(&fact.findings, revision));
    changes.extend(named(fact, revision, before, keyed)?);
    Ok(changes)
}

fn performance(
    fact: &PerformanceFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let old = row(before, fact.commitment)?;
    let columns = PerformanceColumns {
        state: fact.performance.state,
        current: revision,
        snapshots: fact.snapshot,
    };
    let row = CommitmentRow {
        performance: Some(columns),
        ..old
    };
    let natural = performance_key(&old.natural);
    let content = performance_content(keyed, &fact.performance);
    let mut changes = vec![
        put(
            keys::COMMITMENT,
            keys::revision_key(fact.commitment),
            row.encode(),
        ),
        put(
            keys::SNAPSHOT,
            keys::snapshot_key(&natural, fact.snapshot),
            keys::snapshot_value(revision, &content),
        ),
    ];
    changes.extend(questions(&fact.findings, revision));
    Ok(changes)
}
