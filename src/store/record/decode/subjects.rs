//! Stored bodies of facts about subjects, back to facts.

use super::{Decoder, finding_in, read, stored};
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::Fact;
use crate::domain::finding::Finding;
use crate::domain::revision::Revision;
use crate::domain::subject::{Identity, IdentityKind, SubjectKind, SubjectNumber};
use crate::domain::subject_fact::{
    AttributionFact, Change, Membership, MembershipEnd, MembershipFact, MovedRecord, RecordClass,
    RegisterEntry, RegisterFact, RegisterFurther, SubjectChange, SubjectFact, Who,
};

impl Decoder<'_> {
    /// Reads a body of kinds 30 to 49.
    pub(super) fn about_subject(&self, bytes: &[u8]) -> Option<(String, Fact)> {
        let (principal, fact) = match self.kind {
            30 | 31 => registered(read(bytes)?)?,
            32..=39 | 44 => self.changed(read(bytes)?)?,
            40 | 41 => self.member(read(bytes)?)?,
            42 => self.membership_ended(read(bytes)?)?,
            43 => attributed(read(bytes)?)?,
            _ => return None,
        };
        // A first snapshot under the kind of a corrected one, or the other way round, is damage.
        (fact.kind_number() == self.kind).then_some((principal, Fact::Subject(fact)))
    }

    fn changed(&self, message: stored::SubjectChanged) -> Option<(String, SubjectFact)> {
        let content: stored::SubjectChangeContent = read(&self.content(message.subject, message.content)?)?;
        let on = CivilDate::from_days(message.on)?;
        let mut others = message.others.iter().map(|number| SubjectNumber(*number));
        let change = match self.kind {
            32 => Change::Renamed {
                name: content.name,
                from: on,
            },
            33 => Change::CodeAssigned {
                identity: identity(&content.identity?)?,
                from: on,
            },
            34 => Change::CodeEnded {
                identity: identity(&content.identity?)?,
                until: on,
            },
            35 => Change::Merged {
                into: others.next()?,
                on,
            },
            36 => Change::MergeUndone {
                into: others.next()?,
                merge: Revision(message.refers),
            },
            37 => Change::Split {
                into: others.collect(),
                on,
            },
            38 => Change::Deregistered { on },
            39 => Change::Reattributed {
                to: others.next()?,
                records: message.records.iter().map(moved).collect::<Option<_>>()?,
            },
            44 => Change::Answered {
                question: Revision(message.refers),
                answer: u8::try_from(message.settlement).ok()?.try_into().ok()?,
            },
            _ => return None,
        };
        let fact = SubjectChange {
            who: who(message.subject, message.subject_kind)?,
            change,
            reason: content.reason,
        };
        Some((message.principal, SubjectFact::Changed(Box::new(fact))))
    }

    fn member(&self, message: stored::MembershipRecorded) -> Option<(String, SubjectFact)> {
        let evidence = self.content(message.subject, message.content)?;
        let fact = MembershipFact {
            who: who(message.subject, message.subject_kind)?,
            membership: Membership {
                sector: message.sector.parse().ok()?,
                from: CivilDate::from_days(message.from)?,
                until: day(message.until)?,
                evidence: String::from_utf8(evidence).ok()?,
            },
            received_on: CivilDate::from_days(message.received_on)?,
            first: first(message.first),
            snapshot: message.snapshot,
            findings: findings(message.findings)?,
        };
        Some((message.principal, SubjectFact::Member(Box::new(fact))))
    }

    fn membership_ended(&self, message: stored::MembershipEnded) -> Option<(String, SubjectFact)> {
        let reason = self.content(message.subject, message.content)?;
        let fact = MembershipEnd {
            who: who(message.subject, message.subject_kind)?,
            first: Revision(message.first),
            on: CivilDate::from_days(message.on)?,
            reason: String::from_utf8(reason).ok()?,
        };
        Some((message.principal, SubjectFact::MembershipEnded(Box::new(fact))))
    }
}

fn registered(message: stored::SubjectRegistered) -> Option<(String, SubjectFact)> {
    let succession = match u8::try_from(message.succession).ok()? {
        0 => None,
        number => Some(number.try_into().ok()?),
    };
    let predecessors = message.predecessors.iter().map(|code| code.parse().ok());
    let fact = RegisterFact {
        subject: SubjectNumber(message.subject),
        entry: RegisterEntry {
            code: message.code.parse().ok()?,
            kind: SubjectKind::try_from(u8::try_from(message.subject_kind).ok()?).ok()?,
            name: message.name,
            older_codes: message.older_codes.iter().map(identity).collect::<Option<_>>()?,
            established_on: day(message.established_on)?,
            holds_from: day(message.holds_from)?,
            state: u8::try_from(message.state).ok()?.try_into().ok()?,
            deregistered_on: day(message.deregistered_on)?,
            further: RegisterFurther {
                division: message.division,
                address: message.address,
                predecessors: predecessors.collect::<Option<_>>()?,
                succession,
            },
        },
        received_on: CivilDate::from_days(message.received_on)?,
        first: first(message.first),
        snapshot: message.snapshot,
        findings: findings(message.findings)?,
    };
    Some((message.principal, SubjectFact::Registered(Box::new(fact))))
}

fn attributed(message: stored::AttributionDecided) -> Option<(String, SubjectFact)> {
    let class = if message.record_kind > 0 {
        Some(RecordClass {
            kind: u8::try_from(message.record_kind).ok()?.try_into().ok()?,
            body: message.body.parse().ok()?,
            matter: message.matter,
        })
    } else {
        None
    };
    let sectors = message.sectors.iter().map(|code| code.parse().ok());
    let fact = AttributionFact {
        records: message.records.into_iter().map(Revision).collect(),
        class,
        sectors: sectors.collect::<Option<_>>()?,
        department: message.department.parse().ok()?,
        reason: message.reason,
    };
    Some((message.principal, SubjectFact::Attributed(Box::new(fact))))
}

fn who(subject: u32, kind: u32) -> Option<Who> {
    Some(Who {
        subject: SubjectNumber(subject),
        kind: SubjectKind::try_from(u8::try_from(kind).ok()?).ok()?,
    })
}

fn first(revision: u64) -> Option<Revision> {
    (revision > 0).then_some(Revision(revision))
}

/// The outer `None` is a day that does not exist.
fn day(days: Option<i32>) -> Option<Option<CivilDate>> {
    match days {
        None => Some(None),
        Some(days) => Some(Some(CivilDate::from_days(days)?)),
    }
}

fn findings(findings: Vec<stored::Finding>) -> Option<Vec<Finding>> {
    findings.into_iter().map(finding_in).collect()
}

fn identity(stored: &stored::StoredIdentity) -> Option<Identity> {
    let kind = IdentityKind::try_from(u8::try_from(stored.kind).ok()?).ok()?;
    Identity::of(kind, &stored.text)
}

fn moved(record: &stored::MovedRecord) -> Option<MovedRecord> {
    Some(MovedRecord {
        file: u8::try_from(record.file).ok()?,
        first: Revision(record.first),
        reported: SubjectNumber(record.reported),
    })
}
