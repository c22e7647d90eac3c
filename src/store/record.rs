//! Facts to stored bodies and back; a person's content is sealed on the way out and opened on the way in.
//!
//! The messages are `proto_stored/credence/stored/v1/facts.proto`; kinds and versions are here.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{Commitment, Validity};
use crate::domain::fact::{Fact, Recorded, RowOutcome};
use crate::domain::finding::Finding;
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::{Identity, SubjectKind, SubjectNumber};
use crate::ledger::{Body, Groups};

use super::keyring::{self, Key, Keyring, NonceBytes};

mod clear;
mod decode;
pub mod delivery;
mod grades;
#[cfg(test)]
mod identity_tests;
pub mod notice_content;
mod notices;
pub mod records;
mod subjects;
mod supervision;

pub use clear::{ClearPart, Column, clear_part};
pub use decode::{decode, decode_without_keys};

/// The generated stored messages.
#[allow(
    missing_docs,
    clippy::pedantic,
    reason = "generated; the proto file holds the comments"
)]
pub mod stored {
    include!(concat!(env!("OUT_DIR"), "/credence.stored.v1.rs"));
}

/// The only version of each body as yet.
const VERSION: u8 = 1;

/// The kind number of a fact; stored, never reused.
#[must_use]
pub fn kind_of(fact: &Fact) -> u16 {
    match fact {
        Fact::LedgerOpened { .. } => 1,
        Fact::EpochOpened { .. } => 2,
        Fact::ServerStarted { .. } => 3,
        Fact::DayTurned { .. } => 4,
        Fact::DataAdopted { .. } => 5,
        Fact::RequestRecorded { .. } => 6,
        Fact::SubjectOpened { .. } => 10,
        Fact::CommitmentRecorded(_) => 11,
        Fact::CommitmentCorrected(_) => 12,
        Fact::CommitmentWithdrawn { .. } => 13,
        Fact::PerformanceRecorded(_) => 14,
        Fact::PerformanceCorrected(_) => 15,
        Fact::RowStopped { .. } => 16,
        Fact::SealedRead { .. } => 17,
        Fact::BatchesWithdrawn { .. } => 18,
        Fact::EffectsSettled { .. } => 19,
        Fact::Subject(fact) => fact.kind_number(),
        Fact::Record(fact) => fact.kind_number(),
        Fact::Supervision(fact) => fact.kind_number(),
        Fact::Grade(fact) => fact.kind_number(),
        Fact::Notice(fact) => fact.kind_number(),
    }
}

/// The name of a kind in exports and logs.
#[must_use]
pub fn kind_name(fact: &Fact) -> &'static str {
    match fact {
        Fact::LedgerOpened { .. } => "ledger_opened",
        Fact::EpochOpened { .. } => "epoch_opened",
        Fact::ServerStarted { .. } => "server_started",
        Fact::DayTurned { .. } => "day_turned",
        Fact::DataAdopted { .. } => "data_adopted",
        Fact::RequestRecorded { .. } => "request_recorded",
        Fact::SubjectOpened { .. } => "subject_opened",
        Fact::CommitmentRecorded(_) => "commitment_recorded",
        Fact::CommitmentCorrected(_) => "commitment_corrected",
        Fact::CommitmentWithdrawn { .. } => "commitment_withdrawn",
        Fact::PerformanceRecorded(_) => "performance_recorded",
        Fact::PerformanceCorrected(_) => "performance_corrected",
        Fact::RowStopped { .. } => "row_stopped",
        Fact::SealedRead { .. } => "sealed_read",
        Fact::BatchesWithdrawn { .. } => "batches_withdrawn",
        Fact::EffectsSettled { .. } => "effects_settled",
        Fact::Subject(fact) => fact.kind_name(),
        Fact::Record(fact) => fact.kind_name(),
        Fact::Supervision(fact) => fact.kind_name(),
        Fact::Grade(fact) => fact.kind_name(),
        Fact::Notice(fact) => fact.kind_name(),
    }
}

/// Why a stored body gives no fact.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the stored record at revision {0} does not decode: {1}")]
    Corrupt(u64, &'static str),
    #[error("no record stands at revision {0}")]
    Absent(u64),
    #[error("the ledger cannot be read: {0}")]
    Disk(#[from] io::Error),
}

/// Where facts are read by their revision: the ledger, or a group that is being built over it.
pub trait Recall {
    /// The fact at `revision` with its instant.
    ///
    /// # Errors
    /// Each [`Error`].
    fn fact(&self, revision: Revision) -> Result<(Recorded, Instant), Error>;
}

impl Recall for Facts {
    fn fact(&self, revision: Revision) -> Result<(Recorded, Instant), Error> {
        Self::fact(self, revision)
    }
}

/// Writes a fact. `key` gives the key of a person's subject; `nonce` a fresh random nonce.
///
/// # Panics
/// If a person's subject has no key: the recorder draws one with the subject.
pub fn encode(recorded: &Recorded, key: impl Fn(SubjectNumber) -> Option<Key>, nonce: NonceBytes) -> Body {
    let kind = kind_of(&recorded.fact);
    let principal = recorded.principal.as_str().to_owned();
    let content = |subject: SubjectNumber, of: SubjectKind, plain: Vec<u8>| {
        let form = if of == SubjectKind::Person {
            let key = key(subject).expect("a person's key is drawn with the subject");
            let ciphertext = keyring::seal(&key, &nonce, &plain, &about(subject, kind));
            stored::content::Form::Sealed(stored::Sealed {
                nonce: Bytes::copy_from_slice(&nonce).into(),
                ciphertext,
            })
        } else {
            stored::content::Form::Open(plain)
        };
        Some(stored::Content { form: Some(form) })
    };
    let bytes = match &recorded.fact {
        Fact::LedgerOpened { id } => stored::LedgerOpened {
            ledger_id: id.to_vec(),
        }
        .encode_to_vec(),
        Fact::EpochOpened { cause, kept } => stored::EpochOpened {
            cause: cause.clone(),
            kept_epoch: kept.epoch.0,
            kept_revision: kept.revision.0,
            kept_hash: Vec::new(),
        }
        .encode_to_vec(),
        Fact::ServerStarted { version } => stored::ServerStarted {
            principal,
            version: version.clone(),
        }
        .encode_to_vec(),
        Fact::DayTurned { day } => stored::DayTurned {
            principal,
            day: day.days(),
        }
        .encode_to_vec(),
        Fact::DataAdopted {
            kind,
            files,
            sha256,
            replaces,
        } => stored::DataAdopted {
            principal,
            kind: kind.clone(),
            files: files
                .iter()
                .map(|(name, content)| stored::DataFile {
                    name: name.clone(),
                    content: content.clone(),
                })
                .collect(),
            sha256: sha256.to_vec(),
            replaces: replaces.map_or(0, |revision| revision.0),
        }
        .encode_to_vec(),
        Fact::RequestRecorded { id, hash, outcomes } => stored::RequestRecorded {
            principal,
            request_id: id.0.to_vec(),
            request_hash: hash.to_vec(),
            outcomes: outcomes.iter().map(outcome_out).collect(),
        }
        .encode_to_vec(),
        Fact::SubjectOpened {
            number,
            name,
            kind: of,
            identity,
            reported_name,
        } => {
            let inner = stored::SubjectContent {
                identity: identity.expose().to_owned(),
                identity_kind: identity_kind_out(*of, identity),
                reported_name: reported_name.clone(),
            };
            stored::SubjectOpened {
                principal,
                number: number.0,
                name: name.to_string(),
                kind: of.number().into(),
                content: content(*number, opened_sealed(*of, identity), inner.encode_to_vec()),
            }
            .encode_to_vec()
        }
        Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact) => {
            let commitment = &fact.commitment;
            let (validity, valid_until) = match commitment.validity {
                Validity::NotStated => (0, 0),
                Validity::Until(on) => (1, on.days()),
                Validity::OpenEnded => (2, 0),
            };
            stored::CommitmentRecorded {
                principal,
                subject: fact.subject.0,
                department: fact.department.to_string(),
                subject_kind: commitment.subject_kind.number().into(),
                kind: commitment.kind.number().into(),
                publication: commitment.publication.number().into(),
                made_on: commitment.made_on.days(),
                received_on: fact.received_on.days(),
                validity,
                valid_until,
                first: fact.first.map_or(0, |revision| revision.0),
                snapshot: fact.snapshot,
                findings: fact.findings.iter().map(finding_out).collect(),
                content: content(fact.subject, commitment.subject_kind, commitment_out(commitment)),
            }
            .encode_to_vec()
        }
        Fact::CommitmentWithdrawn {
            first,
            subject,
            subject_kind,
            reason,
        } => stored::CommitmentWithdrawn {
            principal,
            subject: subject.0,
            first: first.0,
            content: content(*subject, *subject_kind, reason.clone().into_bytes()),
        }
        .encode_to_vec(),
        Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact) => {
            let performance = &fact.performance;
            let inner = stored::PerformanceContent {
                unperformed: performance.unperformed.clone(),
                measures_taken: performance.measures_taken.clone(),
                finding_body_name: performance.finding_body_name.clone(),
                finding_body_code: performance
                    .finding_body_code
                    .map_or_else(String::new, |code| code.to_string()),
            };
            stored::PerformanceRecorded {
                principal,
                subject: fact.subject.0,
                commitment: fact.commitment.0,
                state: performance.state.number().into(),
                found_on: performance.found_on.map_or(0, CivilDate::days),
                found_on_stated: performance.found_on.is_some(),
                received_on: fact.received_on.days(),
                snapshot: fact.snapshot,
                findings: fact.findings.iter().map(finding_out).collect(),
                content: content(fact.subject, fact.subject_kind, inner.encode_to_vec()),
            }
            .encode_to_vec()
        }
        Fact::RowStopped {
            body,
            code,
            department,
            received_on,
            findings,
            row,
        } => stored::RowStopped {
            principal,
            accepting_body_code: body.to_string(),
            commitment_code: code.to_string(),
            department: department.to_string(),
            received_on: received_on.days(),
            findings: findings.iter().map(finding_out).collect(),
            row_hash: row.to_vec(),
        }
        .encode_to_vec(),
        Fact::BatchesWithdrawn { spans, reason } => stored::BatchesWithdrawn {
            principal,
            spans: spans
                .iter()
                .map(|span| stored::Span {
                    first: span.first.0,
                    last: span.last.0,
                })
                .collect(),
            reason: reason.clone(),
        }
        .encode_to_vec(),
        Fact::EffectsSettled { cause, slice, next } => stored::EffectsSettled {
            principal,
            cause: cause.0,
            slice: *slice,
            next: next.0,
        }
        .encode_to_vec(),
        Fact::SealedRead { subject, purpose } => stored::SealedRead {
            principal,
            subject: subject.0,
            purpose: purpose.clone(),
        }
        .encode_to_vec(),
        Fact::Subject(fact) => subjects::encode(principal, fact, &content),
        Fact::Record(fact) => records::encode(principal, fact, &content),
        Fact::Supervision(fact) => supervision::encode(principal, fact, &content),
        Fact::Grade(fact) => grades::encode(principal, fact, &content),
        Fact::Notice(fact) => notices::encode(principal, fact, &content),
    };
    Body {
        kind,
        version: VERSION,
        bytes: Bytes::from(bytes),
    }
}

/// The subject that gets a key before a fact is written: a person just opened always gets a fresh one,
/// any other subject of whom something is sealed where `is_known` says that it has none.
#[must_use]
pub fn key_needed(fact: &Fact, is_known: impl Fn(SubjectNumber) -> bool) -> Option<SubjectNumber> {
    match fact {
        Fact::SubjectOpened {
            number,
            kind,
            identity,
            ..
        } => (opened_sealed(*kind, identity) == SubjectKind::Person).then_some(*number),
        Fact::Record(fact) => records::sealed_for(fact).filter(|subject| !is_known(*subject)),
        Fact::Notice(fact) => notices::sealed_for(fact).filter(|subject| !is_known(*subject)),
        Fact::LedgerOpened { .. }
        | Fact::EpochOpened { .. }
        | Fact::ServerStarted { .. }
        | Fact::DayTurned { .. }
        | Fact::DataAdopted { .. }
        | Fact::RequestRecorded { .. }
        | Fact::CommitmentRecorded(_)
        | Fact::CommitmentCorrected(_)
        | Fact::CommitmentWithdrawn { .. }
        | Fact::PerformanceRecorded(_)
        | Fact::PerformanceCorrected(_)
        | Fact::RowStopped { .. }
        | Fact::SealedRead { .. }
        | Fact::BatchesWithdrawn { .. }
        | Fact::EffectsSettled { .. }
        | Fact::Subject(_)
        | Fact::Supervision(_)
        | Fact::Grade(_) => None,
    }
}

/// The kind by which the opening of a subject is sealed: a person's number is one whoever bears it.
fn opened_sealed(kind: SubjectKind, identity: &Identity) -> SubjectKind {
    if identity.kind().is_personal() {
        SubjectKind::Person
    } else {
        kind
    }
}

fn about(subject: SubjectNumber, kind: u16) -> Vec<u8> {
    [&subject.0.to_be_bytes()[..], &kind.to_be_bytes(), &[VERSION]].concat()
}

fn finding_out(finding: &Finding) -> stored::Finding {
    stored::Finding {
        field: finding.field.to_string(),
        rule: finding.rule.number().into(),
        kind: finding.kind.number().into(),
        english: finding.english.clone(),
        chinese: finding.chinese.clone(),
    }
}

fn outcome_out(outcome: &RowOutcome) -> stored::RowOutcome {
    stored::RowOutcome {
        outcome: outcome.outcome.number().into(),
        revision: outcome.revision.0,
        snapshot: outcome.snapshot,
        findings: outcome.findings.iter().map(finding_out).collect(),
        performance: outcome
            .performance
            .as_deref()
            .map(|inner| Box::new(outcome_out(inner))),
        first: 0,
        record: outcome
            .record
            .map_or_else(String::new, |name| name.as_str().to_owned()),
    }
}

/// Left out (0) where the kind of subject says it, as it did before there were others.
fn identity_kind_out(kind: SubjectKind, identity: &Identity) -> u32 {
    match (identity, kind) {
        (Identity::Code(_), SubjectKind::Organisation | SubjectKind::IndividualBusiness)
        | (Identity::Person(_), SubjectKind::Person) => 0,
        (Identity::Code(_) | Identity::Person(_) | Identity::Older(_) | Identity::Document(_), _) => {
            identity.kind().number().into()
        }
    }
}

fn commitment_out(commitment: &Commitment) -> Vec<u8> {
    stored::CommitmentContent {
        code: commitment.code.to_string(),
        subject_name: commitment.subject_name.clone(),
        identity: commitment.subject.expose().to_owned(),
        kind_words: commitment.kind_words.clone(),
        reason: commitment.reason.clone(),
        content: commitment.content.clone(),
        liability: commitment.liability.clone(),
        accepting_body_name: commitment.accepting_body_name.clone(),
        accepting_body_code: commitment.accepting_body_code.to_string(),
        remarks: commitment.remarks.clone(),
    }
    .encode_to_vec()
}

/// Facts by revision: the ledger's reading end with the keys to open it.
#[derive(Clone)]
pub struct Facts {
    reader: Arc<dyn Groups>,
    keys: Arc<Keyring>,
}

impl Facts {
    #[must_use]
    pub fn new(reader: Arc<dyn Groups>, keys: Arc<Keyring>) -> Self {
        Self { reader, keys }
    }

    #[must_use]
    pub fn reader(&self) -> &Arc<dyn Groups> {
        &self.reader
    }

    #[must_use]
    pub fn keys(&self) -> &Arc<Keyring> {
        &self.keys
    }

    /// The fact at `revision` with its instant.
    ///
    /// # Errors
    /// Each [`Error`].
    pub fn fact(&self, revision: Revision) -> Result<(Recorded, Instant), Error> {
        let (body, instant) = self.reader.fact(revision)?.ok_or(Error::Absent(revision.0))?;
        Ok((decode(&body, revision, &self.keys)?, instant))
    }
}
