//! The notice pair 两书同达: what it is at present, and how each fact about it changes that.
//!
//! A pair is a decision and its credit-repair notice for one party. It begins *prepared*, before the body
//! serves, or *owed*, when a decision arrives for which nothing was prepared; then it is late from its first
//! day. Read first: [`Pair::after`], the one place where a pair moves.
//!
//! Source: `domain.md` 4; the division into prepared and owed is our own construction.

use std::fmt;
use std::str::FromStr;

use super::catalog::DepartmentCode;
use super::civil_date::CivilDate;
use super::notice_fact::{DueDay, NoticeFact, ReceiptFact};
use super::numbered::numbered;
use super::record::RecordKind;
use super::revision::Revision;
use super::service_mode::Mode;
use super::social_credit_code::SocialCreditCode;
use super::subject::SubjectName;
use super::subject_fact::Who;

/// The opaque identifier in `notices/{20 characters}`: random, and it tells nothing about the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoticeName(pub SubjectName);

impl NoticeName {
    /// Takes the 20 characters as they stand in a table or a fact; `None` if they are no such name.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        SubjectName::from_text(text).map(Self)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        self.0.as_bytes()
    }

    /// Returns the 20 characters without the collection before them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// `notices/{20 characters}`, as the wire has it.
impl fmt::Display for NoticeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "notices/{}", self.0)
    }
}

/// A text that is not of the form `notices/{20 characters}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a notice pair is named notices/ and 20 characters of a to z and 2 to 7")]
pub struct NoticeNameError;

impl FromStr for NoticeName {
    type Err = NoticeNameError;

    fn from_str(text: &str) -> Result<Self, NoticeNameError> {
        text.strip_prefix("notices/")
            .and_then(Self::from_text)
            .ok_or(NoticeNameError)
    }
}

/// How a pair began. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Begun {
    /// The body asked before it served.
    Prepared = 1,
    /// The decision arrived and nothing was prepared.
    Owed = 2,
}

numbered!(Begun { Prepared, Owed });

/// Whether the notice was delivered no later than the decision. Fixed once, for good. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Verdict {
    /// 同达: delivered no later than the decision.
    Together = 1,
    /// Delivered after it, or owed from the beginning.
    Late = 2,
}

numbered!(Verdict { Together, Late });

/// Where a pair stands. Numbers are the wire's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// There is no notice yet.
    Owed = 1,
    /// The notice is issued; neither document is delivered.
    Issued = 2,
    /// The decision is delivered, the notice is not.
    DecisionDelivered = 3,
    /// The notice is delivered, the decision is not.
    NoticeDelivered = 4,
    /// Both are delivered.
    Delivered = 5,
    /// The decision is withdrawn, and the notice with it.
    Voided = 6,
    /// Another notice took its place.
    Replaced = 7,
}

numbered!(State {
    Owed,
    Issued,
    DecisionDelivered,
    NoticeDelivered,
    Delivered,
    Voided,
    Replaced,
});

/// A period in working days that runs for a pair. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Clock {
    /// 送达: both documents are to be delivered; runs from the decision.
    Delivery = 1,
    /// 公示上传: the decision is to be here; runs from the decision.
    Upload = 2,
    /// 撤下公示: what is withdrawn or changed is to be taken down; runs from the day that became known.
    TakeDown = 3,
}

numbered!(Clock {
    Delivery,
    Upload,
    TakeDown
});

/// A clock as it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSet {
    pub clock: Clock,
    /// The day that is not counted.
    pub start: CivilDate,
    /// How many working days it runs.
    pub days: u16,
    pub due: DueDay,
}

/// A clock as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockNow {
    pub start: CivilDate,
    pub days: u16,
    /// Working days for which it was suspended, which do not count.
    pub suspended_days: u16,
    pub due: DueDay,
    /// Since when it is suspended.
    pub suspended_on: Option<CivilDate>,
    /// When it came to its end: what it waits for happened, or the pair was voided.
    pub ended_on: Option<CivilDate>,
    /// That it is overdue was said.
    pub told: bool,
}

impl ClockNow {
    fn set(set: &ClockSet) -> Self {
        Self {
            start: set.start,
            days: set.days,
            suspended_days: 0,
            due: set.due,
            suspended_on: None,
            ended_on: None,
            told: false,
        }
    }

    /// Says whether it still runs or is suspended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.ended_on.is_none()
    }

    /// Says whether it ran out before what it waits for happened, as of a day. A suspended clock does not run
    /// out, and one of a year without calendar is not known to have.
    #[must_use]
    pub fn is_overdue(&self, on: CivilDate) -> bool {
        let end = self.ended_on.map_or(on, |ended| ended.min(on));
        self.suspended_on.is_none() && self.due.day().is_some_and(|due| due < end)
    }

    /// The day after whose end it is to be looked at; `None` if it need not be.
    #[must_use]
    pub fn watched(&self) -> Option<CivilDate> {
        let runs = self.is_open() && self.suspended_on.is_none() && !self.told;
        self.due.day().filter(|_| runs)
    }
}

/// When a document counts as delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Of an announcement the day on which its period is over, which may lie ahead.
    pub on: CivilDate,
    /// Minutes after midnight, where the receipt says it.
    pub minute: Option<u16>,
}

/// The number of a notice: `市监信修告〔2025〕12号`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    pub year: i16,
    /// Counts from 1 for each body and year, without gap.
    pub serial: u32,
}

/// Everything a pair is at present; made by its facts and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    pub name: NoticeName,
    pub who: Who,
    pub body: SocialCreditCode,
    pub department: DepartmentCode,
    /// A penalty or a listing.
    pub kind: RecordKind,
    pub decided_on: CivilDate,
    /// Day on which it began here.
    pub opened_on: CivilDate,
    pub begun: Begun,
    /// By which decision and record find it: body, number, party; as tables hold it.
    pub key: [u8; 16],
    /// Revision of the fact that has the notice's content; `None` while it is owed.
    pub issued: Option<Revision>,
    pub number: Option<Numbered>,
    /// First revision of the decision's record.
    pub record: Option<Revision>,
    pub decision: Option<Served>,
    pub notice: Option<Served>,
    pub verdict: Option<Verdict>,
    /// Modes of which an attempt failed, one bit for each number.
    pub failed: u8,
    /// Revision of the fact that voided it.
    pub voided: Option<Revision>,
    /// First revision of the pair that took its place.
    pub replaced_by: Option<Revision>,
    /// First revision of the pair whose place it took.
    pub replaces: Option<Revision>,
    /// Revision of the fact by which the record says something else than the notice.
    pub questioned: Option<Revision>,
    /// Of the last fact about it.
    pub changed: Revision,
    /// By number of the clock, from 1.
    pub clocks: [Option<ClockNow>; 3],
}

impl Pair {
    #[must_use]
    pub fn state(&self) -> State {
        if self.voided.is_some() {
            return State::Voided;
        }
        if self.replaced_by.is_some() {
            return State::Replaced;
        }
        match (self.issued, self.decision, self.notice) {
            (_, Some(_), Some(_)) => State::Delivered,
            (None, _, _) => State::Owed,
            (Some(_), Some(_), None) => State::DecisionDelivered,
            (Some(_), None, Some(_)) => State::NoticeDelivered,
            (Some(_), None, None) => State::Issued,
        }
    }

    /// Says whether it counts: its decision stands and no other notice took its place.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.voided.is_none() && self.replaced_by.is_none()
    }

    #[must_use]
    pub fn clock(&self, clock: Clock) -> Option<&ClockNow> {
        self.clocks[place(clock)].as_ref()
    }

    /// The modes of which an attempt failed.
    #[must_use]
    pub fn failed_modes(&self) -> Vec<Mode> {
        let has = |mode: &Mode| self.failed & bit(*mode) != 0;
        Mode::ALL.iter().copied().filter(has).collect()
    }

    /// The verdict that follows from two deliveries: on one day the times decide, where both are known.
    #[must_use]
    pub fn judged(decision: Served, notice: Served) -> Verdict {
        let later_that_day = match (decision.minute, notice.minute) {
            (Some(decision), Some(notice)) => notice > decision,
            (_, _) => false,
        };
        if notice.on > decision.on || notice.on == decision.on && later_that_day {
            Verdict::Late
        } else {
            Verdict::Together
        }
    }

    /// The pair that a first fact opens; `None` for a fact that opens none.
    #[must_use]
    pub fn opened(fact: &NoticeFact, at: Revision) -> Option<Self> {
        let blank = if let NoticeFact::Owed(fact) = fact {
            Self {
                begun: Begun::Owed,
                verdict: Some(Verdict::Late),
                record: Some(fact.record),
                ..Self::blank(
                    (fact.name, fact.who, fact.key),
                    (fact.body, fact.department),
                    (fact.kind, fact.decided_on),
                    fact.on,
                )
            }
        } else if let NoticeFact::Issued(fact) = fact
            && fact.pair.is_none()
        {
            Self {
                record: fact.record,
                ..Self::blank(
                    (fact.name, fact.who, fact.key),
                    (fact.body, fact.department),
                    fact.decision(),
                    fact.on,
                )
            }
        } else {
            return None;
        };
        Some(blank.after(fact, at))
    }

    fn blank(
        (name, who, key): (NoticeName, Who, [u8; 16]),
        (body, department): (SocialCreditCode, DepartmentCode),
        (kind, decided_on): (RecordKind, CivilDate),
        opened_on: CivilDate,
    ) -> Self {
        Self {
            name,
            who,
            body,
            department,
            kind,
            decided_on,
            opened_on,
            begun: Begun::Prepared,
            key,
            issued: None,
            number: None,
            record: None,
            decision: None,
            notice: None,
            verdict: None,
            failed: 0,
            voided: None,
            replaced_by: None,
            replaces: None,
            questioned: None,
            changed: Revision(0),
            clocks: [None; 3],
        }
    }

    /// What it is after a fact about it. A verdict that stands is never changed.
    #[must_use]
    pub fn after(mut self, fact: &NoticeFact, at: Revision) -> Self {
        self.changed = at;
        match fact {
            NoticeFact::Issued(fact) => {
                self.issued = Some(at);
                self.number = Some(fact.number);
                self.replaces = fact.replaces;
                self.set(&fact.clocks);
            }
            NoticeFact::Owed(fact) => self.set(&fact.clocks),
            NoticeFact::Matched(fact) => {
                self.record = Some(fact.record);
                self.end(Clock::Upload, fact.on);
            }
            NoticeFact::Received(fact) => self.received(fact),
            NoticeFact::Judged(fact) => self.verdict = self.verdict.or(Some(fact.verdict)),
            NoticeFact::Suspended(fact) => {
                if let Some(clock) = &mut self.clocks[place(fact.clock)] {
                    clock.suspended_on = Some(fact.on);
                }
            }
            NoticeFact::Resumed(fact) => {
                if let Some(clock) = &mut self.clocks[place(fact.clock)] {
                    clock.suspended_on = None;
                    clock.suspended_days = clock.suspended_days.saturating_add(fact.days);
                    clock.due = fact.due;
                }
            }
            NoticeFact::Moved(fact) => {
                if let Some(clock) = &mut self.clocks[place(fact.clock)] {
                    clock.due = fact.to;
                }
            }
            NoticeFact::Overdue(fact) => {
                if let Some(clock) = &mut self.clocks[place(fact.clock)] {
                    clock.told = true;
                }
            }
            NoticeFact::Voided(fact) => {
                self.voided = Some(at);
                self.end(Clock::Delivery, fact.on);
                self.end(Clock::Upload, fact.on);
                self.set(fact.clock.as_slice());
            }
            NoticeFact::Restored(fact) => {
                self.voided = None;
                self.clocks[place(Clock::TakeDown)] = None;
                self.set(&fact.clocks);
            }
            NoticeFact::Questioned(fact) => {
                self.questioned = Some(at);
                self.set(fact.clock.as_slice());
            }
            NoticeFact::TakenDown(fact) => self.end(Clock::TakeDown, fact.on),
            NoticeFact::OutOfScope(_) => {}
        }
        self
    }

    /// What the pair whose place another took is after that other's notice.
    #[must_use]
    pub fn replaced(mut self, by: Revision, on: CivilDate, at: Revision) -> Self {
        self.replaced_by = Some(by);
        self.changed = at;
        self.end(Clock::Delivery, on);
        self.end(Clock::Upload, on);
        self
    }

    fn set(&mut self, clocks: &[ClockSet]) {
        for set in clocks {
            self.clocks[place(set.clock)] = Some(ClockNow::set(set));
        }
    }

    fn end(&mut self, clock: Clock, on: CivilDate) {
        if let Some(clock) = &mut self.clocks[place(clock)] {
            clock.ended_on = clock.ended_on.or(Some(on));
        }
    }

    fn received(&mut self, fact: &ReceiptFact) {
        match fact.served {
            None => self.failed |= bit(fact.delivery.mode),
            Some(on) => {
                let served = Served {
                    on,
                    minute: fact.delivery.minute,
                };
                if fact.of_decision {
                    self.decision = self.decision.or(Some(served));
                }
                if fact.of_notice {
                    self.notice = self.notice.or(Some(served));
                }
            }
        }
        if let (Some(decision), Some(notice)) = (self.decision, self.notice) {
            self.end(Clock::Delivery, decision.on.max(notice.on));
        }
    }
}

fn place(clock: Clock) -> usize {
    usize::from(clock.number()) - 1
}

fn bit(mode: Mode) -> u8 {
    1 << (mode.number() - 1)
}

/// Why a decision gets no pair. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exclusion {
    /// The party is a natural person.
    Person = 1,
    /// The party is an individual business, and the setting leaves them out.
    IndividualBusiness = 2,
    /// Decided by the simple procedure.
    SimpleProcedure = 3,
    /// It is not shown, or left unshown as minor.
    NotShown = 4,
    /// Decided before the practice was in force for the body.
    BeforeInForce = 5,
    /// A row of a layout that only history arrives in.
    History = 6,
    /// It had been withdrawn or deleted when it arrived.
    Ended = 7,
    /// The body or the kind of decision is not covered on that day.
    NotCovered = 8,
}

numbered!(Exclusion {
    Person,
    IndividualBusiness,
    SimpleProcedure,
    NotShown,
    BeforeInForce,
    History,
    Ended,
    NotCovered,
});
