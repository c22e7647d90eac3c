//! Facts to stored bodies and back; a person's content is sealed on the way out and opened on the way in.
//!
//! The messages are `proto_stored/credence/stored/v1/facts.proto`; kinds and versions are here.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{Commitment, Performance, Validity};
use crate::domain::fact::{
    CommitmentFact, Fact, Outcome, PerformanceFact, Principal, Recorded, RequestId, RowOutcome,
};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::revision::{Epoch, Instant, Place, Revision};
use crate::domain::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use crate::ledger::{Body, Reader};

use super::keyring::{self, Key, Keyring, NonceBytes};

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
                ciphertext: ciphertext.into(),
            })
        } else {
            stored::content::Form::Open(plain.into())
        };
        Some(stored::Content { form: Some(form) })
    };
    let bytes = match &recorded.fact {
        Fact::LedgerOpened { id } => stored::LedgerOpened {
            ledger_id: id.to_vec().into(),
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
        Fact::DataAdopted { kind, files, sha256 } => stored::DataAdopted {
            principal,
            kind: kind.clone(),
            files: files
                .iter()
                .map(|(name, content)| stored::DataFile {
                    name: name.clone(),
                    content: content.clone().into(),
                })
                .collect(),
            sha256: sha256.to_vec().into(),
        }
        .encode_to_vec(),
        Fact::RequestRecorded { id, hash, outcomes } => stored::RequestRecorded {
            principal,
            request_id: id.0.to_vec().into(),
            request_hash: hash.to_vec().into(),
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
                reported_name: reported_name.clone(),
            };
            stored::SubjectOpened {
                principal,
                number: number.0,
                name: name.to_string(),
                kind: of.number().into(),
                content: content(*number, *of, inner.encode_to_vec()),
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
            row_hash: row.to_vec().into(),
        }
        .encode_to_vec(),
        Fact::SealedRead { subject, purpose } => stored::SealedRead {
            principal,
            subject: subject.0,
            purpose: purpose.clone(),
        }
        .encode_to_vec(),
    };
    Body {
        kind,
        version: VERSION,
        bytes: Bytes::from(bytes),
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

/// Reads one body; every `None` inside is named with the revision by [`decode`].
struct Decoder<'a> {
    keys: &'a Keyring,
    kind: u16,
}

/// Reads a fact back.
///
/// # Errors
/// [`Error::Corrupt`] if the body is of an unknown kind or version, does not decode, or does not unseal.
pub fn decode(body: &Body, revision: Revision, keys: &Keyring) -> Result<Recorded, Error> {
    let corrupt = |what| Error::Corrupt(revision.0, what);
    if body.version != VERSION {
        return Err(corrupt("its version is unknown to this release"));
    }
    Decoder {
        keys,
        kind: body.kind,
    }
    .recorded(&body.bytes)
    .ok_or_else(|| corrupt("its bytes do not make a fact of its kind"))
}

fn read<M: Message + Default>(bytes: &[u8]) -> Option<M> {
    M::decode(bytes).ok()
}

impl Decoder<'_> {
    fn content(&self, subject: u32, content: Option<stored::Content>) -> Option<Vec<u8>> {
        match content?.form? {
            stored::content::Form::Open(plain) => Some(plain.to_vec()),
            stored::content::Form::Sealed(sealed) => {
                let subject = SubjectNumber(subject);
                let key = self.keys.key(subject)?;
                keyring::unseal(
                    &key,
                    &sealed.nonce,
                    &sealed.ciphertext,
                    &about(subject, self.kind),
                )
            }
        }
    }

    fn recorded(&self, bytes: &[u8]) -> Option<Recorded> {
        let service = Principal::service().as_str().to_owned();
        let (principal, fact) = match self.kind {
            1 => (
                service,
                Fact::LedgerOpened {
                    id: read::<stored::LedgerOpened>(bytes)?.ledger_id[..]
                        .try_into()
                        .ok()?,
                },
            ),
            2 => {
                let message: stored::EpochOpened = read(bytes)?;
                let kept = Place {
                    epoch: Epoch(message.kept_epoch),
                    revision: Revision(message.kept_revision),
                };
                (
                    service,
                    Fact::EpochOpened {
                        cause: message.cause,
                        kept,
                    },
                )
            }
            3 => {
                let message: stored::ServerStarted = read(bytes)?;
                (
                    message.principal,
                    Fact::ServerStarted {
                        version: message.version,
                    },
                )
            }
            4 => {
                let message: stored::DayTurned = read(bytes)?;
                (
                    message.principal,
                    Fact::DayTurned {
                        day: CivilDate::from_days(message.day)?,
                    },
                )
            }
            5 => {
                let message: stored::DataAdopted = read(bytes)?;
                let files = message
                    .files
                    .into_iter()
                    .map(|file| (file.name, file.content.to_vec()))
                    .collect();
                let sha256 = message.sha256[..].try_into().ok()?;
                (
                    message.principal,
                    Fact::DataAdopted {
                        kind: message.kind,
                        files,
                        sha256,
                    },
                )
            }
            6 => {
                let message: stored::RequestRecorded = read(bytes)?;
                let fact = Fact::RequestRecorded {
                    id: RequestId(message.request_id[..].try_into().ok()?),
                    hash: message.request_hash[..].try_into().ok()?,
                    outcomes: message
                        .outcomes
                        .into_iter()
                        .map(outcome_in)
                        .collect::<Option<_>>()?,
                };
                (message.principal, fact)
            }
            10 => self.subject(read(bytes)?)?,
            11 | 12 => self.commitment(read(bytes)?)?,
            13 => self.withdrawn(read(bytes)?)?,
            14 | 15 => self.performance(read(bytes)?)?,
            16 => {
                let message: stored::RowStopped = read(bytes)?;
                let fact = Fact::RowStopped {
                    body: message.accepting_body_code.parse().ok()?,
                    code: message.commitment_code.parse().ok()?,
                    department: message.department.parse().ok()?,
                    received_on: CivilDate::from_days(message.received_on)?,
                    findings: message
                        .findings
                        .into_iter()
                        .map(finding_in)
                        .collect::<Option<_>>()?,
                    row: message.row_hash[..].try_into().ok()?,
                };
                (message.principal, fact)
            }
            17 => {
                let message: stored::SealedRead = read(bytes)?;
                let subject = SubjectNumber(message.subject);
                (
                    message.principal,
                    Fact::SealedRead {
                        subject,
                        purpose: message.purpose,
                    },
                )
            }
            _ => return None,
        };
        Some(Recorded {
            principal: Principal::stored(principal),
            fact,
        })
    }

    fn subject(&self, message: stored::SubjectOpened) -> Option<(String, Fact)> {
        let kind = SubjectKind::try_from(u8::try_from(message.kind).ok()?).ok()?;
        let inner: stored::SubjectContent = read(&self.content(message.number, message.content)?)?;
        let fact = Fact::SubjectOpened {
            number: SubjectNumber(message.number),
            name: SubjectName::from_text(&message.name)?,
            kind,
            identity: identity_in(kind, &inner.identity)?,
            reported_name: inner.reported_name,
        };
        Some((message.principal, fact))
    }

    fn commitment(&self, message: stored::CommitmentRecorded) -> Option<(String, Fact)> {
        let inner: stored::CommitmentContent = read(&self.content(message.subject, message.content)?)?;
        let subject_kind = SubjectKind::try_from(u8::try_from(message.subject_kind).ok()?).ok()?;
        let fact = Box::new(CommitmentFact {
            subject: SubjectNumber(message.subject),
            department: message.department.parse::<DepartmentCode>().ok()?,
            received_on: CivilDate::from_days(message.received_on)?,
            first: Some(Revision(message.first)).filter(|revision| revision.0 > 0),
            snapshot: message.snapshot,
            commitment: Commitment {
                code: inner.code.parse().ok()?,
                subject_name: inner.subject_name,
                subject_kind,
                subject: identity_in(subject_kind, &inner.identity)?,
                kind: u8::try_from(message.kind).ok()?.try_into().ok()?,
                kind_words: inner.kind_words,
                reason: inner.reason,
                content: inner.content,
                liability: inner.liability,
                made_on: CivilDate::from_days(message.made_on)?,
                validity: match message.validity {
                    0 => Validity::NotStated,
                    1 => Validity::Until(CivilDate::from_days(message.valid_until)?),
                    2 => Validity::OpenEnded,
                    _ => return None,
                },
                accepting_body_name: inner.accepting_body_name,
                accepting_body_code: inner.accepting_body_code.parse().ok()?,
                publication: u8::try_from(message.publication).ok()?.try_into().ok()?,
                remarks: inner.remarks,
            },
            findings: message
                .findings
                .into_iter()
                .map(finding_in)
                .collect::<Option<_>>()?,
        });
        let fact = if self.kind == 11 {
            Fact::CommitmentRecorded(fact)
        } else {
            Fact::CommitmentCorrected(fact)
        };
        Some((message.principal, fact))
    }

    fn withdrawn(&self, message: stored::CommitmentWithdrawn) -> Option<(String, Fact)> {
        let sealed = matches!(
            message.content.as_ref()?.form.as_ref()?,
            stored::content::Form::Sealed(_)
        );
        let reason = String::from_utf8(self.content(message.subject, message.content)?).ok()?;
        let fact = Fact::CommitmentWithdrawn {
            first: Revision(message.first),
            subject: SubjectNumber(message.subject),
            subject_kind: if sealed {
                SubjectKind::Person
            } else {
                SubjectKind::Organisation
            },
            reason,
        };
        Some((message.principal, fact))
    }

    fn performance(&self, message: stored::PerformanceRecorded) -> Option<(String, Fact)> {
        let sealed = matches!(
            message.content.as_ref()?.form.as_ref()?,
            stored::content::Form::Sealed(_)
        );
        let inner: stored::PerformanceContent = read(&self.content(message.subject, message.content)?)?;
        let found_on = if message.found_on_stated {
            Some(CivilDate::from_days(message.found_on)?)
        } else {
            None
        };
        let code = Some(inner.finding_body_code).filter(|code| !code.is_empty());
        let fact = Box::new(PerformanceFact {
            subject: SubjectNumber(message.subject),
            subject_kind: if sealed {
                SubjectKind::Person
            } else {
                SubjectKind::Organisation
            },
            commitment: Revision(message.commitment),
            received_on: CivilDate::from_days(message.received_on)?,
            snapshot: message.snapshot,
            performance: Performance {
                state: u8::try_from(message.state).ok()?.try_into().ok()?,
                unperformed: inner.unperformed,
                measures_taken: inner.measures_taken,
                found_on,
                finding_body_name: inner.finding_body_name,
                finding_body_code: code.map(|code| code.parse()).transpose().ok()?,
            },
            findings: message
                .findings
                .into_iter()
                .map(finding_in)
                .collect::<Option<_>>()?,
        });
        let fact = if self.kind == 14 {
            Fact::PerformanceRecorded(fact)
        } else {
            Fact::PerformanceCorrected(fact)
        };
        Some((message.principal, fact))
    }
}

fn identity_in(kind: SubjectKind, text: &str) -> Option<Identity> {
    match kind {
        SubjectKind::Person => text.parse().ok().map(Identity::Person),
        SubjectKind::Organisation | SubjectKind::IndividualBusiness => text.parse().ok().map(Identity::Code),
    }
}

fn finding_in(finding: stored::Finding) -> Option<Finding> {
    Some(Finding {
        field: finding.field.into(),
        rule: Rule::try_from(u8::try_from(finding.rule).ok()?).ok()?,
        kind: CheckKind::try_from(u8::try_from(finding.kind).ok()?).ok()?,
        english: finding.english,
        chinese: finding.chinese,
    })
}

fn outcome_in(outcome: stored::RowOutcome) -> Option<RowOutcome> {
    Some(RowOutcome {
        outcome: Outcome::try_from(u8::try_from(outcome.outcome).ok()?).ok()?,
        revision: Revision(outcome.revision),
        snapshot: outcome.snapshot,
        findings: outcome
            .findings
            .into_iter()
            .map(finding_in)
            .collect::<Option<_>>()?,
        performance: match outcome.performance {
            Some(inner) => Some(Box::new(outcome_in(*inner)?)),
            None => None,
        },
    })
}

/// Facts by revision: the ledger's reading end with the keys to open it.
#[derive(Clone)]
pub struct Facts {
    reader: Arc<Reader>,
    keys: Arc<Keyring>,
}

impl Facts {
    #[must_use]
    pub fn new(reader: Arc<Reader>, keys: Arc<Keyring>) -> Self {
        Self { reader, keys }
    }

    #[must_use]
    pub fn reader(&self) -> &Arc<Reader> {
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
