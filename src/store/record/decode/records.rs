//! Stored bodies of facts about credit records, back to facts.

use super::{Decoder, finding_in, read, stored};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::fact::Fact;
use crate::domain::finding::Finding;
use crate::domain::record::{Chosen, End, Item, Party, Record, RecordKind, Severity, Source, Target, Value};
use crate::domain::record_fact::{
    About, ChangedBy, EndedFact, Ending, RecordFact, RecordedFact, RevivedFact, SourceFact, StoppedFact,
};
use crate::domain::record_name::RecordName;
use crate::domain::revision::Revision;
use crate::domain::subject::{Identity, IdentityKind, SubjectKind, SubjectNumber};

fn numbered<T: TryFrom<u8>>(number: u32) -> Option<T> {
    T::try_from(u8::try_from(number).ok()?).ok()
}

fn unless_zero(revision: u64) -> Option<Revision> {
    Some(Revision(revision)).filter(|revision| revision.0 > 0)
}

/// The end of this number; `Some(None)` for zero, `None` for a number that is no end.
fn end_in(number: u32) -> Option<Option<End>> {
    match number {
        0 => Some(None),
        number => numbered(number).map(Some),
    }
}

fn findings(findings: Vec<stored::Finding>) -> Option<Vec<Finding>> {
    findings.into_iter().map(finding_in).collect()
}

fn validity(kind: u32, until: i32) -> Option<Validity> {
    match kind {
        0 => Some(Validity::NotStated),
        1 => CivilDate::from_days(until).map(Validity::Until),
        2 => Some(Validity::OpenEnded),
        _ => None,
    }
}

impl Decoder<'_> {
    /// Reads a body of kinds 20 to 29.
    pub(super) fn about_record(&self, bytes: &[u8]) -> Option<(String, Fact)> {
        let (principal, fact) = match self.kind {
            20 | 21 => self.recorded_record(read(bytes)?)?,
            22 => self.ended(read(bytes)?)?,
            23 => self.revived(read(bytes)?)?,
            24 => self.source_added(read(bytes)?)?,
            25 => stopped(read(bytes)?)?,
            26 => {
                let message: stored::RulingUnmatched = read(bytes)?;
                let fact = RecordFact::RulingUnmatched {
                    ruling: Revision(message.ruling),
                    findings: findings(message.findings)?,
                };
                (message.principal, fact)
            }
            27 => {
                let message: stored::RulingSettled = read(bytes)?;
                let fact = RecordFact::RulingSettled {
                    ruling: Revision(message.ruling),
                    unmatched: Revision(message.unmatched),
                };
                (message.principal, fact)
            }
            _ => return None,
        };
        // A first snapshot under the kind of a corrected one, or the other way round, is damage.
        (fact.kind_number() == self.kind).then_some((principal, Fact::Record(fact)))
    }

    fn recorded_record(&self, message: stored::RecordRecorded) -> Option<(String, RecordFact)> {
        let content: stored::RecordContent = read(&self.content(message.subject, message.content)?)?;
        let mut items = content.items;
        if message.personal.is_some() {
            let apart: stored::RecordItems = read(&self.content(message.subject, message.personal)?)?;
            items.extend(apart.items);
            items.sort_by_key(|item| item.place);
        }
        let kind: RecordKind = numbered(message.kind)?;
        let identity_kind: IdentityKind = numbered(content.identity_kind)?;
        let record = Record {
            kind,
            layout: message.layout,
            party: Party {
                kind: numbered(content.party_kind)?,
                identity: Identity::of(identity_kind, &content.identity)?,
                name: content.party_name,
            },
            body: content.body.parse().ok()?,
            number: content.number,
            decided_on: CivilDate::from_days(message.decided_on)?,
            until: validity(message.validity, message.valid_until)?,
            severity: match content.severity {
                0 => None,
                severity => Some(numbered::<Severity>(severity)?),
            },
            matter: content.matter,
            target: match content.target {
                None => None,
                Some(target) => Some(target_in(target)?),
            },
            items: items.into_iter().map(item_in).collect::<Option<_>>()?,
        };
        let changed_by = unless_zero(message.changed_by).map(|ruling| ChangedBy {
            ruling,
            before: Revision(message.changed_before),
            words: content.changed_words,
        });
        let fact = RecordFact::Recorded(Box::new(RecordedFact {
            name: RecordName::from_text(&message.name)?,
            subject: SubjectNumber(message.subject),
            department: message.department.parse().ok()?,
            received_on: CivilDate::from_days(message.received_on)?,
            first: unless_zero(message.first),
            snapshot: message.snapshot,
            record,
            personal: content.personal,
            changes: content.changes,
            source: source_in(content.source?),
            changed_by,
            sectors: message
                .sectors
                .iter()
                .map(|code| code.parse().ok())
                .collect::<Option<_>>()?,
            findings: findings(message.findings)?,
        }));
        Some((message.principal, fact))
    }

    fn grounds(&self, subject: u32, content: Option<stored::Content>) -> Option<(String, String)> {
        let grounds: stored::RecordGrounds = read(&self.content(subject, content)?)?;
        Some((grounds.reason, grounds.basis))
    }

    fn ended(&self, message: stored::RecordEnded) -> Option<(String, RecordFact)> {
        let (reason, basis) = self.grounds(message.subject, message.content)?;
        let fact = RecordFact::Ended(Box::new(EndedFact {
            about: about(message.first, message.subject, message.subject_kind)?,
            end: numbered(message.end)?,
            on: CivilDate::from_days(message.on)?,
            reason,
            basis,
            ruling: unless_zero(message.ruling),
            earlier: unless_zero(message.earlier),
        }));
        Some((message.principal, fact))
    }

    fn revived(&self, message: stored::RecordRevived) -> Option<(String, RecordFact)> {
        let (reason, basis) = self.grounds(message.subject, message.content)?;
        let restored = match end_in(message.restored_end)? {
            None => None,
            Some(end) => Some(Ending {
                end,
                on: CivilDate::from_days(message.restored_on)?,
                fact: Revision(message.restored_fact),
                ruling: unless_zero(message.restored_ruling),
            }),
        };
        let fact = RecordFact::Revived(Box::new(RevivedFact {
            about: about(message.first, message.subject, message.subject_kind)?,
            on: CivilDate::from_days(message.on)?,
            reason,
            basis,
            ruling: unless_zero(message.ruling),
            restored,
        }));
        Some((message.principal, fact))
    }

    fn source_added(&self, message: stored::RecordSourceAdded) -> Option<(String, RecordFact)> {
        let source: stored::RecordSource = read(&self.content(message.subject, message.content)?)?;
        let fact = RecordFact::SourceAdded(SourceFact {
            about: about(message.first, message.subject, message.subject_kind)?,
            snapshot: message.snapshot,
            received_on: CivilDate::from_days(message.received_on)?,
            source: source_in(source),
        });
        Some((message.principal, fact))
    }
}

fn about(first: u64, subject: u32, kind: u32) -> Option<About> {
    Some(About {
        first: Revision(first),
        subject: SubjectNumber(subject),
        subject_kind: numbered::<SubjectKind>(kind)?,
    })
}

fn stopped(message: stored::RecordStopped) -> Option<(String, RecordFact)> {
    let fact = RecordFact::Stopped(StoppedFact {
        layout: message.layout,
        department: match message.department.as_str() {
            "" => None,
            code => Some(code.parse().ok()?),
        },
        body: match message.body.as_str() {
            "" => None,
            code => Some(code.parse().ok()?),
        },
        received_on: CivilDate::from_days(message.received_on)?,
        findings: findings(message.findings)?,
        row: message.row_hash[..].try_into().ok()?,
    });
    Some((message.principal, fact))
}

fn source_in(source: stored::RecordSource) -> Source {
    Source {
        system: source.system,
        key: source.key,
        batch: source.batch,
    }
}

fn target_in(target: stored::RecordTarget) -> Option<Target> {
    Some(Target {
        kind: numbered(target.kind)?,
        body: target.body.parse().ok()?,
        number: target.number,
        decided_on: match target.decided_on {
            None => None,
            Some(days) => Some(CivilDate::from_days(days)?),
        },
        end: end_in(target.end)?,
    })
}

fn item_in(item: stored::RecordItem) -> Option<Item> {
    use stored::record_item::Value as Stored;
    let value = match item.value? {
        Stored::Text(text) => Value::Text(text),
        Stored::Date(days) => Value::Date(CivilDate::from_days(days)?),
        Stored::Until(until) => Value::Until(validity(until.validity, until.valid_until)?),
        Stored::Fen(fen) => Value::Fen(fen),
        Stored::Millionths(millionths) => Value::Millionths(millionths),
        Stored::Choices(choices) => {
            let chosen = choices.values.into_iter().map(|one| Chosen {
                code: one.code,
                words: one.words,
            });
            Value::Choices(chosen.collect())
        }
        Stored::SocialCreditCode(code) => Value::Code(code.parse().ok()?),
        Stored::Document(number) => Value::Document(number),
    };
    Some(Item {
        code: item.code,
        value,
        of_the_row: item.of_the_row,
    })
}
