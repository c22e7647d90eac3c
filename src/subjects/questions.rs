//! Whom an open question of a recorded row is about.

use crate::domain::fact::Fact;
use crate::domain::record_fact::RecordFact;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::ingest::rows::Error;
use crate::store::keys;
use crate::store::record::Facts;

/// The record behind a question: its kind in the file, first revision, and the subject whose code it bore.
pub type About = (u8, Revision, SubjectNumber);

/// Finds the record of the fact that asks; `None` for a stopped row and for rows that are no records.
///
/// # Errors
/// The ledger's.
pub fn about(facts: &Facts, question: Revision) -> Result<Option<About>, Error> {
    let fact = facts.fact(question)?.0.fact;
    Ok(
        if let Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact) = fact {
            Some((
                keys::FILE_COMMITMENT,
                fact.first.unwrap_or(question),
                fact.subject,
            ))
        } else if let Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact) = fact {
            Some((keys::FILE_COMMITMENT, fact.commitment, fact.subject))
        } else if let Fact::Record(RecordFact::Recorded(fact)) = fact {
            let file = keys::records::file_kind(fact.record.kind);
            Some((file, fact.first.unwrap_or(question), fact.subject))
        } else {
            None
        },
    )
}
