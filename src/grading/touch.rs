//! Whom facts are about, as far as grades rest on them.

use crate::domain::fact::Fact;
use crate::domain::record_fact::RecordFact;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::domain::subject_fact::SubjectFact;
use crate::domain::supervision_fact::SupervisionFact;
use crate::group::{Group, fold};
use crate::ingest::rows::Error;
use crate::store::keys;
use crate::store::record::Recall;

use super::settle::Touched;

/// The subjects that facts of a group touch, from its fact number `begun` on, as they count now.
///
/// # Errors
/// The view's and the ledger's.
pub fn subjects(group: &Group<'_>, begun: usize) -> Result<Touched, Error> {
    let first = group.next().0 - (group.facts().len() - begun) as u64;
    let mut named: Vec<(SubjectNumber, Revision)> = Vec::new();
    for (place, recorded) in (first..).zip(&group.facts()[begun..]) {
        let revision = Revision(place);
        named.extend(of(group, &recorded.fact)?.into_iter().map(|one| (one, revision)));
    }
    let mut touched = Touched::new();
    for (subject, revision) in named {
        // A subject that went into another is graded there; it keeps what it had.
        let counted = crate::subjects::place::current(group, subject)?;
        touched.entry(counted).or_insert(revision);
    }
    Ok(touched)
}

fn of(group: &Group<'_>, fact: &Fact) -> Result<Vec<SubjectNumber>, Error> {
    Ok(match fact {
        Fact::CommitmentRecorded(fact) => vec![fact.subject],
        Fact::CommitmentCorrected(fact) => {
            let mut both = vec![fact.subject];
            if let Some(first) = fact.first {
                let natural = fold::row(group, first)?.natural;
                both.extend(before(group, &natural, fact.snapshot)?);
            }
            both
        }
        Fact::CommitmentWithdrawn { subject, .. } => vec![*subject],
        Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact) => vec![fact.subject],
        Fact::Record(RecordFact::Recorded(fact)) => {
            let mut both = vec![fact.subject];
            if let Some(first) = fact.first {
                let natural = fold::records::row(group, first)?.natural;
                both.extend(before(group, &natural, fact.snapshot)?);
                both.push(crate::subjects::place::owner(
                    group,
                    first,
                    fact.subject,
                    Revision(u64::MAX),
                )?);
            }
            both
        }
        Fact::Record(RecordFact::Ended(fact)) => under(group, fact.about.first)?,
        Fact::Record(RecordFact::Revived(fact)) => under(group, fact.about.first)?,
        Fact::Subject(SubjectFact::Attributed(fact)) => {
            let mut all = Vec::new();
            for first in &fact.records {
                all.extend(under(group, *first)?);
            }
            all
        }
        Fact::Subject(fact) => {
            let who = fact.who().map(|who| who.subject);
            who.into_iter().chain(fact.others()).collect()
        }
        Fact::Supervision(SupervisionFact::BreachRecorded(fact) | SupervisionFact::BreachUpdated(fact)) => {
            vec![fact.subject]
        }
        Fact::Supervision(SupervisionFact::CommitmentRevived(fact)) => vec![fact.subject],
        Fact::Record(
            RecordFact::SourceAdded(_)
            | RecordFact::Stopped(_)
            | RecordFact::RulingUnmatched { .. }
            | RecordFact::RulingSettled { .. },
        )
        | Fact::Supervision(
            SupervisionFact::ExcuseFiled(_)
            | SupervisionFact::ExcuseJudged(_)
            | SupervisionFact::ZeroReported(_)
            | SupervisionFact::ReadInFull(_),
        )
        | Fact::LedgerOpened { .. }
        | Fact::EpochOpened { .. }
        | Fact::ServerStarted { .. }
        | Fact::DayTurned { .. }
        | Fact::DataAdopted { .. }
        | Fact::RequestRecorded { .. }
        | Fact::SubjectOpened { .. }
        | Fact::RowStopped { .. }
        | Fact::SealedRead { .. }
        | Fact::BatchesWithdrawn { .. }
        | Fact::EffectsSettled { .. }
        | Fact::Grade(_)
        | Fact::Notice(_) => Vec::new(),
    })
}

/// Under whom a credit record counts.
fn under(group: &Group<'_>, first: Revision) -> Result<Vec<SubjectNumber>, Error> {
    let reported = fold::records::row(group, first)?.subject;
    Ok(vec![crate::subjects::place::owner(
        group,
        first,
        reported,
        Revision(u64::MAX),
    )?])
}

/// The subject that the snapshot before one named.
fn before(group: &Group<'_>, natural: &[u8; 16], snapshot: u32) -> Result<Option<SubjectNumber>, Error> {
    let key = keys::snapshot_key(natural, snapshot.saturating_sub(1));
    let Some(bytes) = crate::store::View::get(group, keys::SNAPSHOT, &key)? else {
        return Ok(None);
    };
    let revision = keys::revision_value(&bytes);
    let fact = Recall::fact(group, revision)?.0.fact;
    if let Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact) = &fact {
        return Ok(Some(fact.subject));
    }
    let Fact::Record(RecordFact::Recorded(fact)) = fact else {
        return Ok(None);
    };
    Ok(Some(fact.subject))
}
