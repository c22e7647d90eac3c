//! Stored bodies of facts about notice pairs, back to facts.

use super::{Decoder, read, stored};
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::Fact;
use crate::domain::notice::{Clock, ClockSet, NoticeName, Numbered};
use crate::domain::notice_fact::{
    Difference, DueDay, IssuedFact, JudgedFact, MatchedFact, MovedFact, NoticeFact, Of, OutOfScope,
    OverdueFact, OwedFact, QuestionedFact, ReceiptFact, RestoredFact, ResumedFact, ScopeFact, SuspendedFact,
    TakenDownFact, VoidedFact,
};
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectKind, SubjectNumber};
use crate::domain::subject_fact::Who;
use crate::store::record::delivery::delivery_in;
use crate::store::record::notice_content::content_in;

impl Decoder<'_> {
    /// Reads a body of kinds 70 to 84.
    pub(super) fn about_notices(&self, bytes: &[u8]) -> Option<(String, Fact)> {
        let (principal, fact) = match self.kind {
            70 => self.issued(read(bytes)?)?,
            71 => self.owed(read(bytes)?)?,
            72 => matched(read(bytes)?)?,
            73 => self.receipt(read(bytes)?)?,
            74 => judged(read(bytes)?)?,
            75 => self.suspended(read(bytes)?)?,
            76 => self.resumed(read(bytes)?)?,
            77 => moved(read(bytes)?)?,
            78 => overdue(read(bytes)?)?,
            79 => self.voided(read(bytes)?)?,
            80 => restored(read(bytes)?)?,
            81 => questioned(read(bytes)?)?,
            82 => self.taken_down(read(bytes)?)?,
            83 => out_of_scope(read(bytes)?)?,
            _ => return None,
        };
        Some((principal, Fact::Notice(fact)))
    }

    fn said(&self, of: Of, content: Option<stored::Content>) -> Option<String> {
        String::from_utf8(self.content(of.who.subject.0, content)?).ok()
    }

    fn issued(&self, message: stored::NoticeIssued) -> Option<(String, NoticeFact)> {
        let content: stored::NoticeContent = read(&self.content(message.subject, message.content)?)?;
        let fact = IssuedFact {
            pair: maybe(message.pair),
            name: NoticeName::from_text(&message.name)?,
            who: who(message.subject, message.subject_kind)?,
            body: message.body.parse().ok()?,
            department: message.department.parse().ok()?,
            key: message.key.as_slice().try_into().ok()?,
            number: Numbered {
                year: i16::try_from(message.year).ok()?,
                serial: message.serial,
            },
            content: content_in(content)?,
            clocks: sets(message.clocks)?,
            record: maybe(message.record),
            replaces: maybe(message.replaces),
            on: CivilDate::from_days(message.on)?,
        };
        Some((message.principal, NoticeFact::Issued(Box::new(fact))))
    }

    fn owed(&self, message: stored::NoticeOwed) -> Option<(String, NoticeFact)> {
        let number = self.content(message.subject, message.content)?;
        let fact = OwedFact {
            name: NoticeName::from_text(&message.name)?,
            who: who(message.subject, message.subject_kind)?,
            body: message.body.parse().ok()?,
            department: message.department.parse().ok()?,
            key: message.key.as_slice().try_into().ok()?,
            kind: small(message.kind)?.try_into().ok()?,
            decided_on: CivilDate::from_days(message.decided_on)?,
            decision_number: String::from_utf8(number).ok()?,
            record: Revision(message.record),
            clocks: sets(message.clocks)?,
            on: CivilDate::from_days(message.on)?,
        };
        Some((message.principal, NoticeFact::Owed(Box::new(fact))))
    }

    fn receipt(&self, message: stored::NoticeReceipt) -> Option<(String, NoticeFact)> {
        let of = of(message.of)?;
        let delivery: stored::Delivery = read(&self.content(of.who.subject.0, message.content)?)?;
        let served = match message.served {
            None => None,
            Some(days) => Some(CivilDate::from_days(days)?),
        };
        let fact = ReceiptFact {
            of,
            of_decision: message.of_decision,
            of_notice: message.of_notice,
            delivery: delivery_in(delivery)?,
            served,
            linked: maybe(message.linked),
            is_late_event: message.late_event,
            on: CivilDate::from_days(message.on)?,
        };
        Some((message.principal, NoticeFact::Received(Box::new(fact))))
    }

    fn suspended(&self, message: stored::NoticeClockChanged) -> Option<(String, NoticeFact)> {
        let of = of(message.of)?;
        let fact = SuspendedFact {
            of,
            clock: clock(message.clock?.clock)?,
            on: CivilDate::from_days(message.on)?,
            reason: self.said(of, message.content)?,
        };
        Some((message.principal, NoticeFact::Suspended(fact)))
    }

    fn resumed(&self, message: stored::NoticeClockChanged) -> Option<(String, NoticeFact)> {
        let of = of(message.of)?;
        let set = message.clock?;
        let fact = ResumedFact {
            of,
            clock: clock(set.clock)?,
            on: CivilDate::from_days(message.on)?,
            days: u16::try_from(set.days).ok()?,
            due: due(&set)?,
            reason: self.said(of, message.content)?,
        };
        Some((message.principal, NoticeFact::Resumed(fact)))
    }

    fn voided(&self, message: stored::NoticeVoided) -> Option<(String, NoticeFact)> {
        let of = of(message.of)?;
        let words: stored::NoticeWords = read(&self.content(of.who.subject.0, message.content)?)?;
        let fact = VoidedFact {
            of,
            by: maybe(message.by),
            on: CivilDate::from_days(message.on)?,
            clock: sets(message.clocks)?.into_iter().next(),
            reason: words.reason,
            basis: words.basis,
        };
        Some((message.principal, NoticeFact::Voided(fact)))
    }

    fn taken_down(&self, message: stored::NoticeTakenDown) -> Option<(String, NoticeFact)> {
        let of = of(message.of)?;
        let fact = TakenDownFact {
            of,
            on: CivilDate::from_days(message.on)?,
            explanation: self.said(of, message.content)?,
        };
        Some((message.principal, NoticeFact::TakenDown(fact)))
    }
}

fn small(number: u32) -> Option<u8> {
    u8::try_from(number).ok()
}

fn maybe(revision: u64) -> Option<Revision> {
    (revision > 0).then_some(Revision(revision))
}

fn who(subject: u32, kind: u32) -> Option<Who> {
    Some(Who {
        subject: SubjectNumber(subject),
        kind: SubjectKind::try_from(small(kind)?).ok()?,
    })
}

fn of(of: Option<stored::NoticeOf>) -> Option<Of> {
    let of = of?;
    Some(Of {
        pair: Revision(of.pair),
        who: who(of.subject, of.subject_kind)?,
    })
}

fn clock(number: u32) -> Option<Clock> {
    Clock::try_from(small(number)?).ok()
}

fn due(set: &stored::NoticeClockSet) -> Option<DueDay> {
    match set.due {
        Some(days) => CivilDate::from_days(days).map(DueDay::On),
        None => i16::try_from(set.no_calendar).ok().map(DueDay::NoCalendar),
    }
}

fn sets(sets: Vec<stored::NoticeClockSet>) -> Option<Vec<ClockSet>> {
    let set = |set: stored::NoticeClockSet| {
        Some(ClockSet {
            clock: clock(set.clock)?,
            start: CivilDate::from_days(set.start)?,
            days: u16::try_from(set.days).ok()?,
            due: due(&set)?,
        })
    };
    sets.into_iter().map(set).collect()
}

fn matched(message: stored::NoticeMatched) -> Option<(String, NoticeFact)> {
    let fact = MatchedFact {
        of: of(message.of)?,
        record: Revision(message.record),
        on: CivilDate::from_days(message.on)?,
    };
    Some((message.principal, NoticeFact::Matched(fact)))
}

fn judged(message: stored::NoticeJudged) -> Option<(String, NoticeFact)> {
    let fact = JudgedFact {
        of: of(message.of)?,
        verdict: small(message.verdict)?.try_into().ok()?,
        decision_on: CivilDate::from_days(message.decision_on)?,
        notice_on: CivilDate::from_days(message.notice_on)?,
    };
    Some((message.principal, NoticeFact::Judged(fact)))
}

fn moved(message: stored::NoticeDeadlineMoved) -> Option<(String, NoticeFact)> {
    let (from, to) = (message.from?, message.to?);
    let fact = MovedFact {
        of: of(message.of)?,
        clock: clock(to.clock)?,
        from: due(&from)?,
        to: due(&to)?,
        by: Revision(message.by),
    };
    Some((message.principal, NoticeFact::Moved(fact)))
}

fn overdue(message: stored::NoticeOverdue) -> Option<(String, NoticeFact)> {
    let fact = OverdueFact {
        of: of(message.of)?,
        clock: clock(message.clock)?,
        due: CivilDate::from_days(message.due)?,
    };
    Some((message.principal, NoticeFact::Overdue(fact)))
}

fn restored(message: stored::NoticeVoided) -> Option<(String, NoticeFact)> {
    let fact = RestoredFact {
        of: of(message.of)?,
        by: Revision(message.by),
        on: CivilDate::from_days(message.on)?,
        clocks: sets(message.clocks)?,
    };
    Some((message.principal, NoticeFact::Restored(fact)))
}

fn questioned(message: stored::NoticeQuestioned) -> Option<(String, NoticeFact)> {
    let differs = message
        .differs
        .iter()
        .map(|number| Difference::try_from(small(*number)?).ok());
    let fact = QuestionedFact {
        of: of(message.of)?,
        by: Revision(message.by),
        differs: differs.collect::<Option<_>>()?,
        clock: sets(message.clocks)?.into_iter().next(),
        on: CivilDate::from_days(message.on)?,
    };
    Some((message.principal, NoticeFact::Questioned(fact)))
}

fn out_of_scope(message: stored::NoticesOutOfScope) -> Option<(String, NoticeFact)> {
    let one = |one: stored::NoticeOutOfScope| {
        Some(OutOfScope {
            record: Revision(one.record),
            reason: small(one.reason)?.try_into().ok()?,
        })
    };
    let records = message.records.into_iter().map(one).collect::<Option<_>>()?;
    Some((message.principal, NoticeFact::OutOfScope(ScopeFact { records })))
}
