//! Facts about notice pairs to stored bodies.

use prost::Message;

use super::delivery::delivery_out;
use super::notice_content::content_out;
use super::stored;
use super::subjects::Seal;
use crate::domain::civil_date::CivilDate;
use crate::domain::notice::{Clock, ClockSet};
use crate::domain::notice_fact::{
    DueDay, IssuedFact, NoticeFact, Of, OwedFact, QuestionedFact, ReceiptFact, RestoredFact, VoidedFact,
};
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectKind, SubjectNumber};

/// Writes the message of a fact.
pub(super) fn encode(principal: String, fact: &NoticeFact, seal: Seal<'_>) -> Vec<u8> {
    let words = |of: Of, words: &str| seal(of.who.subject, of.who.kind, words.as_bytes().to_vec());
    match fact {
        NoticeFact::Issued(fact) => issued(principal, fact, seal).encode_to_vec(),
        NoticeFact::Owed(fact) => owed(principal, fact, seal).encode_to_vec(),
        NoticeFact::Matched(fact) => stored::NoticeMatched {
            principal,
            of: of(fact.of),
            record: fact.record.0,
            on: fact.on.days(),
        }
        .encode_to_vec(),
        NoticeFact::Received(fact) => receipt(principal, fact, seal).encode_to_vec(),
        NoticeFact::Judged(fact) => stored::NoticeJudged {
            principal,
            of: of(fact.of),
            verdict: fact.verdict.number().into(),
            decision_on: fact.decision_on.days(),
            notice_on: fact.notice_on.days(),
        }
        .encode_to_vec(),
        NoticeFact::Suspended(fact) => stored::NoticeClockChanged {
            principal,
            of: of(fact.of),
            on: fact.on.days(),
            clock: Some(stored::NoticeClockSet {
                clock: fact.clock.number().into(),
                ..stored::NoticeClockSet::default()
            }),
            content: words(fact.of, &fact.reason),
        }
        .encode_to_vec(),
        NoticeFact::Resumed(fact) => stored::NoticeClockChanged {
            principal,
            of: of(fact.of),
            on: fact.on.days(),
            clock: Some(due(fact.clock, fact.days, fact.due)),
            content: words(fact.of, &fact.reason),
        }
        .encode_to_vec(),
        NoticeFact::Moved(fact) => stored::NoticeDeadlineMoved {
            principal,
            of: of(fact.of),
            from: Some(due(fact.clock, 0, fact.from)),
            to: Some(due(fact.clock, 0, fact.to)),
            by: fact.by.0,
        }
        .encode_to_vec(),
        NoticeFact::Overdue(fact) => stored::NoticeOverdue {
            principal,
            of: of(fact.of),
            clock: fact.clock.number().into(),
            due: fact.due.days(),
        }
        .encode_to_vec(),
        NoticeFact::Voided(fact) => voided(principal, fact, seal).encode_to_vec(),
        NoticeFact::Restored(fact) => restored(principal, fact).encode_to_vec(),
        NoticeFact::Questioned(fact) => questioned(principal, fact).encode_to_vec(),
        NoticeFact::TakenDown(fact) => stored::NoticeTakenDown {
            principal,
            of: of(fact.of),
            on: fact.on.days(),
            content: words(fact.of, &fact.explanation),
        }
        .encode_to_vec(),
        NoticeFact::OutOfScope(fact) => stored::NoticesOutOfScope {
            principal,
            records: fact
                .records
                .iter()
                .map(|one| stored::NoticeOutOfScope {
                    record: one.record.0,
                    reason: one.reason.number().into(),
                })
                .collect(),
        }
        .encode_to_vec(),
    }
}

/// The subject of whom a fact seals something: it needs a key.
pub(super) fn sealed_for(fact: &NoticeFact) -> Option<SubjectNumber> {
    let who = fact.who()?;
    // A receipt names whoever signed it, also where the party is an organisation.
    if let NoticeFact::Received(_) = fact {
        return Some(who.subject);
    }
    (who.kind == SubjectKind::Person).then_some(who.subject)
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "a field of a stored message is an option"
)]
fn of(of: Of) -> Option<stored::NoticeOf> {
    Some(stored::NoticeOf {
        pair: of.pair.0,
        subject: of.who.subject.0,
        subject_kind: of.who.kind.number().into(),
    })
}

fn due(clock: Clock, days: u16, due: DueDay) -> stored::NoticeClockSet {
    stored::NoticeClockSet {
        clock: clock.number().into(),
        start: 0,
        days: days.into(),
        due: due.day().map(CivilDate::days),
        no_calendar: match due {
            DueDay::On(_) => 0,
            DueDay::NoCalendar(year) => year.into(),
        },
    }
}

fn set(clock: &ClockSet) -> stored::NoticeClockSet {
    stored::NoticeClockSet {
        start: clock.start.days(),
        ..due(clock.clock, clock.days, clock.due)
    }
}

fn or_zero(revision: Option<Revision>) -> u64 {
    revision.map_or(0, |revision| revision.0)
}

fn issued(principal: String, fact: &IssuedFact, seal: Seal<'_>) -> stored::NoticeIssued {
    stored::NoticeIssued {
        principal,
        pair: or_zero(fact.pair),
        name: fact.name.as_str().to_owned(),
        subject: fact.who.subject.0,
        subject_kind: fact.who.kind.number().into(),
        body: fact.body.to_string(),
        department: fact.department.to_string(),
        key: fact.key.to_vec(),
        year: fact.number.year.into(),
        serial: fact.number.serial,
        clocks: fact.clocks.iter().map(set).collect(),
        record: or_zero(fact.record),
        replaces: or_zero(fact.replaces),
        on: fact.on.days(),
        content: seal(
            fact.who.subject,
            fact.who.kind,
            content_out(&fact.content).encode_to_vec(),
        ),
    }
}

fn owed(principal: String, fact: &OwedFact, seal: Seal<'_>) -> stored::NoticeOwed {
    let number = fact.decision_number.as_bytes().to_vec();
    stored::NoticeOwed {
        principal,
        name: fact.name.as_str().to_owned(),
        subject: fact.who.subject.0,
        subject_kind: fact.who.kind.number().into(),
        body: fact.body.to_string(),
        department: fact.department.to_string(),
        key: fact.key.to_vec(),
        kind: fact.kind.number().into(),
        decided_on: fact.decided_on.days(),
        record: fact.record.0,
        clocks: fact.clocks.iter().map(set).collect(),
        on: fact.on.days(),
        content: seal(fact.who.subject, fact.who.kind, number),
    }
}

fn receipt(principal: String, fact: &ReceiptFact, seal: Seal<'_>) -> stored::NoticeReceipt {
    // The receipt of an organisation names persons too, as its paper does.
    let content = delivery_out(&fact.delivery).encode_to_vec();
    stored::NoticeReceipt {
        principal,
        of: of(fact.of),
        of_decision: fact.of_decision,
        of_notice: fact.of_notice,
        served: fact.served.map(CivilDate::days),
        linked: or_zero(fact.linked),
        late_event: fact.is_late_event,
        on: fact.on.days(),
        content: seal(fact.of.who.subject, SubjectKind::Person, content),
    }
}

fn voided(principal: String, fact: &VoidedFact, seal: Seal<'_>) -> stored::NoticeVoided {
    let words = stored::NoticeWords {
        reason: fact.reason.clone(),
        basis: fact.basis.clone(),
    };
    stored::NoticeVoided {
        principal,
        of: of(fact.of),
        by: or_zero(fact.by),
        on: fact.on.days(),
        clocks: fact.clock.iter().map(set).collect(),
        content: seal(fact.of.who.subject, fact.of.who.kind, words.encode_to_vec()),
    }
}

fn restored(principal: String, fact: &RestoredFact) -> stored::NoticeVoided {
    stored::NoticeVoided {
        principal,
        of: of(fact.of),
        by: fact.by.0,
        on: fact.on.days(),
        clocks: fact.clocks.iter().map(set).collect(),
        content: None,
    }
}

fn questioned(principal: String, fact: &QuestionedFact) -> stored::NoticeQuestioned {
    stored::NoticeQuestioned {
        principal,
        of: of(fact.of),
        by: fact.by.0,
        differs: fact.differs.iter().map(|one| one.number().into()).collect(),
        clocks: fact.clock.iter().map(set).collect(),
        on: fact.on.days(),
    }
}
