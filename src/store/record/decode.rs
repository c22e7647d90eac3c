//! Stored bodies back to facts; every byte comes from the disk, so nothing here may panic.

use prost::Message;

use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{Commitment, Performance, Validity};
use crate::domain::fact::{
    CommitmentFact, Fact, Outcome, PerformanceFact, Principal, Recorded, RequestId, RowOutcome,
};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::record_name::RecordName;
use crate::domain::revision::{Epoch, Place, Revision, Span};
use crate::domain::subject::{Identity, IdentityKind, SubjectKind, SubjectName, SubjectNumber};
use crate::ledger::Body;

use super::{Error, VERSION, about, stored};
use crate::store::keyring::{self, Keyring};

mod grades;
mod notices;
mod records;
mod subjects;
mod supervision;

/// Reads one body; every `None` inside is named with the revision by [`decode`].
struct Decoder<'a> {
    keys: Option<&'a Keyring>,
    kind: u16,
}

/// Reads a fact back.
///
/// # Errors
/// [`Error::Corrupt`] if the body is of an unknown kind or version, does not decode, or does not unseal.
pub fn decode(body: &Body, revision: Revision, keys: &Keyring) -> Result<Recorded, Error> {
    decode_with(body, revision, Some(keys))
}

/// Reads back a fact of which nothing is sealed.
///
/// # Errors
/// As [`decode`]; a sealed body does not unseal.
pub fn decode_without_keys(body: &Body, revision: Revision) -> Result<Recorded, Error> {
    decode_with(body, revision, None)
}

fn decode_with(body: &Body, revision: Revision, keys: Option<&Keyring>) -> Result<Recorded, Error> {
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

pub(super) fn read<M: Message + Default>(bytes: &[u8]) -> Option<M> {
    M::decode(bytes).ok()
}

impl Decoder<'_> {
    fn content(&self, subject: u32, content: Option<stored::Content>) -> Option<Vec<u8>> {
        match content?.form? {
            stored::content::Form::Open(plain) => Some(plain.to_vec()),
            stored::content::Form::Sealed(sealed) => {
                let subject = SubjectNumber(subject);
                let key = self.keys?.key(subject)?;
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
                        replaces: (message.replaces != 0).then_some(Revision(message.replaces)),
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
            18 => {
                let message: stored::BatchesWithdrawn = read(bytes)?;
                let span = |span: &stored::Span| Span {
                    first: Revision(span.first),
                    last: Revision(span.last),
                };
                let fact = Fact::BatchesWithdrawn {
                    spans: message.spans.iter().map(span).collect(),
                    reason: message.reason,
                };
                (message.principal, fact)
            }
            19 => {
                let message: stored::EffectsSettled = read(bytes)?;
                let fact = Fact::EffectsSettled {
                    cause: Revision(message.cause),
                    slice: message.slice,
                    next: Revision(message.next),
                };
                (message.principal, fact)
            }
            20..=29 => self.about_record(bytes)?,
            30..=49 => self.about_subject(bytes)?,
            50..=59 => self.about_supervision(bytes)?,
            60..=69 => self.about_grades(bytes)?,
            70..=84 => self.about_notices(bytes)?,
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
            identity: identity_in(kind, inner.identity_kind, &inner.identity)?,
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
                subject: identity_in(subject_kind, 0, &inner.identity)?,
                kind: u8::try_from(message.kind).ok()?.try_into().ok()?,
                kind_words: inner.kind_words,
                reason: inner.reason,
                content: inner.content,
                liability: inner.liability,
                made_on: CivilDate::from_days(message.made_on)?,
                validity: validity_in(message.validity, message.valid_until)?,
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

/// Without a stored kind, as in facts of before there were others, the kind of subject says it.
fn identity_in(kind: SubjectKind, stored: u32, text: &str) -> Option<Identity> {
    let kind = match (stored, kind) {
        (0, SubjectKind::Person) => IdentityKind::ResidentId,
        (0, SubjectKind::Organisation | SubjectKind::IndividualBusiness) => IdentityKind::SocialCreditCode,
        (number, _) => u8::try_from(number).ok()?.try_into().ok()?,
    };
    Identity::of(kind, text)
}

pub(super) fn validity_in(validity: u32, valid_until: i32) -> Option<Validity> {
    Some(match validity {
        0 => Validity::NotStated,
        1 => Validity::Until(CivilDate::from_days(valid_until)?),
        2 => Validity::OpenEnded,
        _ => return None,
    })
}

pub(super) fn finding_in(finding: stored::Finding) -> Option<Finding> {
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
        record: match outcome.record.as_str() {
            "" => None,
            name => Some(RecordName::from_text(name)?),
        },
    })
}
