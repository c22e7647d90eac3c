//! What the credit office has to look at: open questions on recorded rows, and stopped rows.

use crate::domain::fact::Fact;
use crate::domain::finding::{CheckKind, Finding};
use crate::domain::record_fact::RecordFact;
use crate::domain::record_name::RecordName;
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::SubjectName;
use crate::domain::supervision_fact::SupervisionFact;
use crate::store::keys;
use crate::store::record::Facts;
use crate::store::{KeyRange, View};
use crate::subjects;

use super::commands::CommitmentName;
use super::read::{Error, Page, commitment_fact};
use super::records;

/// What a question is about, as callers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Commitment(CommitmentName),
    Record(RecordName),
    /// A row of the register or of a roster, by its subject.
    Subject(SubjectName),
    /// A stopped row of a credit record, which has no name.
    Row,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub about: Asked,
    pub finding: Finding,
    pub recorded: Revision,
    pub recorded_at: Instant,
}

/// Where a list of questions goes on: behind this finding of this fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct QuestionKey {
    pub revision: Revision,
    /// Counts the questions of the fact, from 1.
    pub number: u32,
}

/// Lists questions behind `after` of facts up to `until`, in the order of recording.
///
/// # Errors
/// The view's and the ledger's.
pub fn list(
    view: &dyn View,
    facts: &Facts,
    after: QuestionKey,
    until: Revision,
    size: usize,
) -> Result<Page<Question, QuestionKey>, Error> {
    let mut page = Page {
        items: Vec::new(),
        next: None,
    };
    // The fact in which the page before ended is looked at again.
    let mut from = after.revision;
    loop {
        let range = KeyRange {
            from: keys::revision_key(from),
            until: Some(keys::revision_key(until.plus(1))),
        };
        let found = view.scan(keys::QUESTION, &range, size + 1)?;
        for (key, _) in &found.rows {
            let revision = keys::revision_value(key);
            for (number, question) in (1..).zip(asked(view, facts, revision)?) {
                let key = QuestionKey { revision, number };
                if key <= after {
                    continue;
                }
                if page.items.len() == size {
                    return Ok(page);
                }
                page.items.push(question);
                page.next = Some(key);
            }
            from = revision.plus(1);
        }
        if !found.more {
            page.next = None;
            return Ok(page);
        }
    }
}

/// The questions of one fact.
fn asked(view: &dyn View, facts: &Facts, revision: Revision) -> Result<Vec<Question>, Error> {
    let (recorded, recorded_at) = facts.fact(revision)?;
    let (about, kind, findings) = match recorded.fact {
        Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact) => {
            let about = Asked::Commitment(named(&fact.commitment));
            (about, CheckKind::Ask, fact.findings)
        }
        Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact) => {
            let (commitment, _) = commitment_fact(facts, fact.commitment)?;
            let about = Asked::Commitment(named(&commitment.commitment));
            (about, CheckKind::Ask, fact.findings)
        }
        Fact::Supervision(SupervisionFact::BreachRecorded(fact) | SupervisionFact::BreachUpdated(fact)) => {
            let (commitment, _) = commitment_fact(facts, fact.commitment)?;
            let about = Asked::Commitment(named(&commitment.commitment));
            (about, CheckKind::Ask, fact.findings)
        }
        Fact::RowStopped {
            body, code, findings, ..
        } => {
            let about = Asked::Commitment(CommitmentName { body, code });
            (about, CheckKind::Stop, findings)
        }
        Fact::Record(RecordFact::Recorded(fact)) => (Asked::Record(fact.name), CheckKind::Ask, fact.findings),
        Fact::Record(RecordFact::Stopped(fact)) => (Asked::Row, CheckKind::Stop, fact.findings),
        Fact::Record(RecordFact::RulingUnmatched { ruling, findings }) => {
            let name = records::read::recorded(facts, ruling)?.0.name;
            (Asked::Record(name), CheckKind::Ask, findings)
        }
        Fact::Subject(fact) => {
            let Some(who) = fact.who() else {
                return Ok(Vec::new());
            };
            let about = Asked::Subject(subjects::row(view, who.subject)?.name);
            (about, CheckKind::Ask, fact.findings().to_vec())
        }
        Fact::LedgerOpened { .. }
        | Fact::EpochOpened { .. }
        | Fact::ServerStarted { .. }
        | Fact::DayTurned { .. }
        | Fact::DataAdopted { .. }
        | Fact::RequestRecorded { .. }
        | Fact::SubjectOpened { .. }
        | Fact::CommitmentWithdrawn { .. }
        | Fact::SealedRead { .. }
        | Fact::Record(
            RecordFact::Ended(_)
            | RecordFact::Revived(_)
            | RecordFact::SourceAdded(_)
            | RecordFact::RulingSettled { .. },
        )
        | Fact::BatchesWithdrawn { .. }
        | Fact::EffectsSettled { .. }
        | Fact::Grade(_)
        | Fact::Notice(_)
        | Fact::Supervision(
            SupervisionFact::CommitmentRevived(_)
            | SupervisionFact::ExcuseFiled(_)
            | SupervisionFact::ExcuseJudged(_)
            | SupervisionFact::ZeroReported(_)
            | SupervisionFact::ReadInFull(_),
        ) => return Ok(Vec::new()),
    };
    let asking = findings.into_iter().filter(|finding| finding.kind == kind);
    let question = |finding| Question {
        about,
        finding,
        recorded: revision,
        recorded_at,
    };
    Ok(asking.map(question).collect())
}

fn named(commitment: &crate::domain::commitment::Commitment) -> CommitmentName {
    CommitmentName {
        body: commitment.accepting_body_code,
        code: commitment.code,
    }
}
