//! What facts of supervision say, with commitments and excuses by their natural key.

use std::collections::HashMap;

use crate::domain::hash::hash16;
use crate::domain::hashes;
use crate::domain::revision::Revision;
use crate::domain::supervision_fact::SupervisionFact;

/// Natural key and content hash of a fact; `names` has the natural keys of what was recorded before.
/// `None` for a fact about what was never recorded.
pub fn said(
    fact: &SupervisionFact,
    revision: Revision,
    names: &mut HashMap<Revision, [u8; 16]>,
) -> Option<([u8; 16], [u8; 16])> {
    Some(match fact {
        // Who read what makes no other content.
        SupervisionFact::ReadInFull(_) => return None,
        SupervisionFact::BreachRecorded(fact) | SupervisionFact::BreachUpdated(fact) => {
            (*names.get(&fact.commitment)?, hashes::breach_hash(&fact.breach))
        }
        SupervisionFact::CommitmentRevived(fact) => (
            *names.get(&fact.first)?,
            hash16(b"reason", &[fact.reason.as_bytes()]),
        ),
        SupervisionFact::ExcuseFiled(fact) => {
            let key = hashes::excuse_key(&fact.excuse);
            names.insert(revision, key);
            (key, key)
        }
        SupervisionFact::ExcuseJudged(fact) => (
            *names.get(&fact.excuse)?,
            hashes::judgment_hash(fact.is_accepted, &fact.reason),
        ),
        SupervisionFact::ZeroReported(fact) => (
            hashes::zero_report_key(fact.reporter, fact.data, fact.month),
            hash16(b"remarks", &[fact.remarks.as_bytes()]),
        ),
    })
}
