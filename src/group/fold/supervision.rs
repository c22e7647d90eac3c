//! What facts of supervision change in the tables.

use super::{put, questions, row};
use crate::domain::hash::{KeyedHashes, hash16, table_hash};
use crate::domain::hashes;
use crate::domain::revision::Revision;
use crate::domain::supervision_fact::{BreachFact, SupervisionFact};
use crate::store::keys::supervision::ExcuseRow;
use crate::store::keys::{self, BreachColumns, CommitmentRow};
use crate::store::{Change, Error, View};

/// The natural key of the breach of a commitment.
#[must_use]
pub fn breach_key(natural: &[u8; 16]) -> [u8; 16] {
    hash16(b"breach", &[natural])
}

/// The changes of one fact at `revision`, over the tables before it.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the tables contradict the ledger.
pub fn changes(
    fact: &SupervisionFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    Ok(match fact {
        SupervisionFact::BreachRecorded(fact) | SupervisionFact::BreachUpdated(fact) => {
            breach(fact, revision, before, keyed)?
        }
        SupervisionFact::CommitmentRevived(fact) => {
            let row = CommitmentRow {
                withdrawn: None,
                revived: Some(revision),
                ..row(before, fact.first)?
            };
            vec![
                put(keys::COMMITMENT, keys::revision_key(fact.first), row.encode()),
                super::grades::told(fact.first, revision, keys::grades::REVIVED),
            ]
        }
        SupervisionFact::ExcuseFiled(fact) => {
            let natural = hashes::excuse_key(&fact.excuse);
            let row = ExcuseRow {
                natural,
                judged: None,
                judgments: 0,
            };
            vec![
                put(keys::EXCUSE, keys::revision_key(revision), row.encode()),
                put(
                    keys::SNAPSHOT,
                    keys::snapshot_key(&natural, 1),
                    keys::snapshot_value(revision, &natural),
                ),
            ]
        }
        SupervisionFact::ExcuseJudged(fact) => {
            let row = ExcuseRow {
                judged: Some((revision, fact.is_accepted)),
                judgments: fact.number,
                ..excuse_row(before, fact.excuse)?
            };
            vec![put(keys::EXCUSE, keys::revision_key(fact.excuse), row.encode())]
        }
        SupervisionFact::ReadInFull(_) => Vec::new(),
        SupervisionFact::ZeroReported(fact) => vec![put(
            keys::ZERO_REPORT,
            keys::supervision::zero_report_key(fact.reporter, fact.data, fact.month),
            keys::revision_key(revision),
        )],
    })
}

/// Reads the row of an excuse that was filed at a revision.
///
/// # Errors
/// [`Error::Engine`] if there is none.
pub fn excuse_row(view: &dyn View, filed: Revision) -> Result<ExcuseRow, Error> {
    let bytes = view.get(keys::EXCUSE, &keys::revision_key(filed))?;
    bytes
        .as_deref()
        .and_then(ExcuseRow::decode)
        .ok_or_else(|| Error::Engine {
            operation: "find an excuse",
            detail: format!("no row for revision {}", filed.0),
        })
}

fn breach(
    fact: &BreachFact,
    revision: Revision,
    before: &dyn View,
    keyed: &dyn KeyedHashes,
) -> Result<Vec<Change>, Error> {
    let old = row(before, fact.commitment)?;
    let columns = BreachColumns {
        state: fact.breach.state(),
        current: revision,
        snapshots: fact.snapshot,
    };
    let row = CommitmentRow {
        breach: Some(columns),
        ..old
    };
    let content = table_hash(keyed, old.subject_kind, hashes::breach_hash(&fact.breach));
    let mut changes = vec![
        put(
            keys::COMMITMENT,
            keys::revision_key(fact.commitment),
            row.encode(),
        ),
        put(
            keys::SNAPSHOT,
            keys::snapshot_key(&breach_key(&old.natural), fact.snapshot),
            keys::snapshot_value(revision, &content),
        ),
    ];
    changes.extend(questions(&fact.findings, revision));
    Ok(changes)
}
