//! The writer's thread: one group after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Outcome, Principal, Recorded, RowOutcome};
use crate::domain::grade_fact::GradeFact;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Instant, Place, Revision};
use crate::domain::subject::SubjectNumber;
use crate::domain::supervision_fact::SupervisionFact;
use crate::failpoint::crash_point;
use crate::grading;
use crate::group::unsettled::{self, Cause};
use crate::group::{Begun, Circumstances, Group};
use crate::ingest::breach;
use crate::ingest::commands::{self, Failure};
use crate::ingest::records::commands as records;
use crate::ingest::withdrawals;
use crate::ledger::{AppendError, Body, Ledger};
use crate::notices;
use crate::oversight;
use crate::store::keyring::{Key, NonceBytes};
use crate::store::{Change, Error, Head, View, record};
use crate::subjects;

use super::start::Unrecorded;
use super::{Answer, Command, Condition, Monotonic, Now, Order, Reply, Request, Shared};

/// A group takes no further command once it changes this many rows.
const GROUP_CHANGES_MAX: usize = 1_000;
/// How far the clock may stand behind the last record, in nanoseconds: 5 minutes.
const CLOCK_BEHIND_MAX: i64 = 5 * 60 * 1_000_000_000;
/// After which time a caller of a ledger that takes no writes for now may try again.
const READ_ONLY_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Fills a buffer with random bytes.
pub type Random = Box<dyn FnMut(&mut [u8]) + Send + Sync>;

pub struct Writer {
    pub ledger: Box<dyn Ledger>,
    pub shared: Arc<Shared>,
    pub now: Now,
    pub monotonic: Monotonic,
    pub random: Random,
    /// The start, as long as a full disk keeps it from being recorded.
    pub unrecorded: Option<Unrecorded>,
}

/// A group that is ready to be written.
pub(super) struct Built {
    pub instant: Instant,
    pub facts: Vec<Recorded>,
    pub changes: Vec<Change>,
}

type Settled = (Reply, Result<Answer, Refusal>);

/// What the writer does after a group.
enum After {
    GoOn,
    /// Effects of an earlier fact are still to be settled.
    EffectsLeft,
    /// Nothing more is written by this process.
    Failed(String),
}

/// Why a group does not stand.
pub(super) enum NotWritten {
    /// The disk takes no more; nothing was written.
    Full(String),
    /// It may or may not stand in the ledger; nothing more is written by this process.
    Failed(String),
}

impl From<Error> for NotWritten {
    fn from(error: Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl NotWritten {
    fn refusal(&self) -> Refusal {
        match self {
            Self::Full(why) => read_only(why),
            Self::Failed(_) => Refusal::plain(Reason::OutcomeUnknown),
        }
    }

    fn after(self) -> After {
        match self {
            Self::Full(_) => After::GoOn,
            Self::Failed(why) => After::Failed(why),
        }
    }
}

impl Writer {
    /// Serves orders until all senders are gone, then closes the ledger.
    ///
    /// Effects that are left take turns with orders; a stop leaves them to the next start.
    pub fn run(mut self, mut orders: mpsc::Receiver<(Order, Reply)>) {
        let mut after = self.settle();
        loop {
            let next = match after {
                After::GoOn => orders.blocking_recv().ok_or(TryRecvError::Disconnected),
                After::EffectsLeft => orders.try_recv(),
                After::Failed(why) => return self.give_up(why, orders),
            };
            after = match next {
                Ok(first) => self.group(first, &mut orders),
                Err(TryRecvError::Empty) => After::GoOn,
                Err(TryRecvError::Disconnected) => break,
            };
            if matches!(after, After::GoOn) {
                after = self.settle();
            }
        }
        match self.ledger.close() {
            Ok(()) => tracing::info!("the ledger is closed at {}", self.ledger.head().place),
            Err(error) => tracing::error!("the ledger could not be closed: {error}"),
        }
        self.shared.condition.send_replace(Condition::Stopped);
    }

    fn give_up(&mut self, why: String, mut orders: mpsc::Receiver<(Order, Reply)>) {
        tracing::error!("writing has ended: {why}");
        self.shared.condition.send_replace(Condition::Failed(why));
        self.ledger.abandon();
        while let Some((_, reply)) = orders.blocking_recv() {
            drop(reply.send(Err(Refusal::plain(Reason::OutcomeUnknown))));
        }
    }

    /// Decides, appends and applies one group.
    fn group(&mut self, first: (Order, Reply), orders: &mut mpsc::Receiver<(Order, Reply)>) -> After {
        if let Err(not_written) = self.record_start() {
            drop(first.1.send(Err(not_written.refusal())));
            return not_written.after();
        }
        let view = match self.shared.view() {
            Ok(view) => view,
            Err(refusal) => {
                let why = refusal.to_string();
                drop(first.1.send(Err(refusal)));
                return After::Failed(why);
            }
        };
        let read = (self.now)();
        if let Some(refusal) = self.closed_to_writes(read) {
            drop(first.1.send(Err(refusal)));
            return After::GoOn;
        }
        let instant = read.max(self.ledger.instant());
        let shared = Arc::clone(&self.shared);
        let monotonic = Arc::clone(&self.monotonic);
        let mut settled: Vec<Settled> = Vec::new();
        let built = self.built(view, instant, |group| {
            let mut next = Some(first);
            while let Some((order, reply)) = next.take() {
                let passed = order.deadline.is_some_and(|deadline| monotonic() > deadline);
                let result = if passed {
                    Err(Refusal::plain(Reason::DeadlinePassed))
                } else {
                    decide(&shared, group, &order)
                };
                settled.push((reply, result));
                // What comes after a command with effects is decided over a view that shows them.
                if group.change_count() < GROUP_CHANGES_MAX && !order.command.has_effects() {
                    next = orders.try_recv().ok();
                }
            }
        });
        if built.facts.is_empty() {
            if self.ledger.has_room() {
                shared.serves_again();
            }
            answer(settled, self.ledger.head().place);
            return After::GoOn;
        }
        match self.commit(&built) {
            Ok(place) => {
                crash_point("before_answer");
                answer(settled, place);
                After::GoOn
            }
            Err(not_written) => {
                refuse(settled, &not_written.refusal());
                not_written.after()
            }
        }
    }

    /// Settles the next slice of the oldest fact whose effects are not all settled.
    fn settle(&mut self) -> After {
        if self.unrecorded.is_some() {
            return After::GoOn;
        }
        match self.settle_slice() {
            Ok(true) => After::EffectsLeft,
            Ok(false) => After::GoOn,
            // On a full disk it is tried again after the next order.
            Err(not_written) => not_written.after(),
        }
    }

    fn settle_slice(&mut self) -> Result<bool, NotWritten> {
        let view = self.shared.tables.view()?;
        let Some(cause) = unsettled::causes(&*view)?.first().copied() else {
            return Ok(false);
        };
        let recorded = unsettled::recorded(&cause, &self.shared.facts)?;
        let instant = (self.now)().max(self.ledger.instant());
        let mut result = Ok(());
        let built = self.built(view, instant, |group| {
            result = effects(group, &cause, &recorded);
        });
        result?;
        self.commit(&built)?;
        crash_point("between_slices");
        Ok(true)
    }

    /// Builds a group over `view`.
    fn built(&mut self, view: Arc<dyn View>, instant: Instant, build: impl FnOnce(&mut Group<'_>)) -> Built {
        let shared = Arc::clone(&self.shared);
        let random = &mut self.random;
        let mut draw = || {
            let mut bytes = [0; 13];
            random(&mut bytes);
            bytes
        };
        let mut group = Group::new(Circumstances {
            view,
            first: self.ledger.head().place.revision.plus(1),
            now: instant,
            policies: &shared.policies,
            hashes: &**shared.facts.keys(),
            ledger: &shared.facts,
            memory: &shared.memory,
            random: &mut draw,
        });
        build(&mut group);
        let (facts, changes) = group.finish();
        Built {
            instant,
            changes,
            facts,
        }
    }

    /// Appends a group, applies it, and lets readers see it.
    pub(super) fn commit(&mut self, built: &Built) -> Result<Place, NotWritten> {
        let head = match self.write(built.instant, &built.facts) {
            Ok(head) => head,
            Err(AppendError::Full(why)) => {
                tracing::warn!("writes are refused: {why}");
                self.shared
                    .condition
                    .send_replace(Condition::ReadOnly(why.clone()));
                return Err(NotWritten::Full(why));
            }
            Err(error @ (AppendError::OutcomeUnknown(_) | AppendError::Moved(_))) => {
                return Err(NotWritten::Failed(error.to_string()));
            }
        };
        // A group that cannot be applied stands in the ledger; the next start rebuilds the tables from it.
        self.shared.tables.apply(head, &built.changes)?;
        crash_point("after_apply");
        self.adopted(&built.facts, head.place.revision);
        self.shared.head.send_replace(head);
        self.shared.serves_again();
        Ok(head.place)
    }

    /// Why nothing can be written at this moment, if so.
    fn closed_to_writes(&self, read: Instant) -> Option<Refusal> {
        let last = self.ledger.instant();
        if read.0 < last.0.saturating_sub(CLOCK_BEHIND_MAX) {
            let behind = (last.0 - read.0) / 1_000_000_000;
            return Some(Refusal::plain(Reason::ClockBehind).with("seconds_behind", behind.to_string()));
        }
        self.ledger.closed_to_writes().map(|why| read_only(&why))
    }

    /// Encodes facts, stores new keys, and appends the group.
    pub(super) fn write(&mut self, instant: Instant, facts: &[Recorded]) -> Result<Head, AppendError> {
        let keyring = Arc::clone(self.shared.facts.keys());
        let mut fresh: Vec<(SubjectNumber, Key, NonceBytes)> = Vec::new();
        for recorded in facts {
            let is_known =
                |subject| keyring.key(subject).is_some() || fresh.iter().any(|(known, ..)| *known == subject);
            let Some(number) = record::key_needed(&recorded.fact, is_known) else {
                continue;
            };
            let mut key = Key::new([0; 32]);
            (self.random)(&mut key[..]);
            let mut nonce = NonceBytes::default();
            (self.random)(&mut nonce);
            fresh.push((number, key, nonce));
        }
        keyring
            .add(&fresh)
            .map_err(|error| AppendError::Full(error.to_string()))?;
        let bodies: Vec<Body> = facts
            .iter()
            .map(|recorded| {
                let mut nonce = NonceBytes::default();
                (self.random)(&mut nonce);
                record::encode(recorded, |subject| keyring.key(subject), nonce)
            })
            .collect();
        self.ledger.append(self.ledger.head(), instant, &bodies)
    }

    pub(super) fn adopted(&self, facts: &[Recorded], last: Revision) {
        let first = last.0 + 1 - facts.len() as u64;
        for (place, recorded) in (first..).zip(facts) {
            if let Fact::DataAdopted { kind, .. } = &recorded.fact {
                self.shared.adopted(kind, Revision(place));
            }
        }
    }
}

fn read_only(why: &str) -> Refusal {
    Refusal::plain(Reason::ReadOnly)
        .with("cause", why)
        .retry_after(READ_ONLY_RETRY_AFTER)
}

fn answer(settled: Vec<Settled>, place: Place) {
    for (reply, result) in settled {
        drop(reply.send(result.map(|answer| Answer { place, ..answer })));
    }
}

fn refuse(settled: Vec<Settled>, refusal: &Refusal) {
    for (reply, result) in settled {
        // A refusal that rests on nothing of this group stays what it is.
        drop(reply.send(Err(result.err().unwrap_or_else(|| refusal.clone()))));
    }
}

/// Adds a slice of what follows from a cause.
fn effects(group: &mut Group<'_>, cause: &Cause, recorded: &Recorded) -> Result<(), Error> {
    if let Fact::BatchesWithdrawn { spans, reason } = &recorded.fact {
        let begun = group.begin();
        withdrawals::slice(group, &recorded.principal, cause, spans, reason)?;
        return settle_touched(group, begun);
    }
    if let Fact::DataAdopted { .. } = &recorded.fact {
        return notices::clocks::moved(group, cause);
    }
    let settled = if let Fact::Grade(GradeFact::RunOpened(run)) = &recorded.fact {
        grading::runs::slice(group, cause, run)
    } else if let Fact::DayTurned { .. } = &recorded.fact {
        turned(group, cause)
    } else {
        return Err(unsettled::no_cause(cause, "another kind of fact stands there"));
    };
    settled.map_err(grading::commands::storage)
}

/// Tells what is overdue first, then looks at the grades that are due.
fn turned(group: &mut Group<'_>, cause: &Cause) -> Result<(), crate::ingest::rows::Error> {
    if let Some(day) = grading::turn::last_day(group)?
        && notices::clocks::overdue(group, day)?
    {
        let settled = Fact::EffectsSettled {
            cause: cause.revision,
            slice: cause.slices + 1,
            next: cause.next,
        };
        group.push(&Principal::service(), settled)?;
        return Ok(());
    }
    grading::turn::slice(group, cause)
}

/// Does for notice pairs and settles for grades what the facts since `begun` mean.
fn settle_touched(group: &mut Group<'_>, begun: Begun) -> Result<(), Error> {
    let since = group.facts_since(begun);
    notices::settle::touched(group, since).map_err(grading::commands::storage)?;
    grading::settle::touched(group, since).map_err(grading::commands::storage)
}

/// Decides one order; what it refused or only tried leaves no trace in the group.
fn decide(shared: &Shared, group: &mut Group<'_>, order: &Order) -> Result<Answer, Refusal> {
    let begun = group.begin();
    let result = decided(group, order);
    let place = Place {
        epoch: shared.head().place.epoch,
        revision: Revision(group.next().0 - 1),
    };
    match result {
        Ok((outcomes, replayed)) => {
            let outcomes = if order.validate_only {
                group.take_back(begun);
                outcomes.into_iter().map(unnumbered).collect()
            } else {
                outcomes
            };
            Ok(Answer {
                place,
                replayed,
                outcomes,
            })
        }
        Err(failure) => {
            group.take_back(begun);
            Err(match failure {
                Failure::Refused(refusal) => refusal,
                Failure::Store(error) => super::storage(&error),
            })
        }
    }
}

/// An outcome that was only tried has no revision, and a record that was not made has no name.
fn unnumbered(outcome: RowOutcome) -> RowOutcome {
    let keeps = outcome.outcome == Outcome::Repeated;
    RowOutcome {
        record: outcome.record.filter(|_| outcome.outcome != Outcome::Created),
        revision: if keeps { outcome.revision } else { Revision(0) },
        performance: outcome.performance.map(|inner| Box::new(unnumbered(*inner))),
        ..outcome
    }
}

fn decided(group: &mut Group<'_>, order: &Order) -> Result<(Vec<RowOutcome>, bool), Failure> {
    let begun = group.begin();
    let earlier = match order.request {
        Some(request) => earlier(group, order, request)?,
        None => None,
    };
    let principal = &order.principal;
    let outcomes = match (&order.command, &earlier) {
        (Command::RecordCommitments(batch), earlier) => {
            commands::record_commitments(group, principal, batch, earlier.as_deref())?
        }
        (
            Command::Withdraw(_)
            | Command::RecordPerformance(_)
            | Command::WithdrawBatches(_)
            | Command::RecordBreach(_)
            | Command::Revive(_),
            Some(outcomes),
        ) => outcomes.clone(),
        (Command::WithdrawBatches(command), None) => {
            vec![withdrawals::withdraw(group, principal, command)?]
        }
        (Command::Withdraw(command), None) => vec![commands::withdraw(group, principal, command)?],
        (Command::RecordPerformance(command), None) => {
            vec![commands::record_performance(group, principal, command)?]
        }
        (Command::Record(command), earlier) => {
            records::decide(group, principal, command, earlier.as_deref())?
        }
        (Command::Subject(command), earlier) => {
            subjects::commands::decide(group, principal, command, earlier.as_deref())?
        }
        (Command::Oversight(command), earlier) => {
            oversight::decide(group, principal, command, earlier.as_deref())?
        }
        (Command::Grade(command), earlier) => {
            grading::commands::decide(group, principal, command, earlier.as_deref())?
        }
        (Command::Notice(command), earlier) => {
            notices::commands::decide(group, principal, command, earlier.as_deref())?
        }
        (Command::RecordBreach(command), None) => {
            vec![breach::record(group, principal, command)?]
        }
        (Command::Revive(command), None) => vec![breach::revive(group, principal, command)?],
        (Command::NoteSealedRead { subject, purpose }, _) => {
            group.push(
                principal,
                Fact::SealedRead {
                    subject: *subject,
                    purpose: purpose.clone(),
                },
            )?;
            Vec::new()
        }
        (Command::NoteReadInFull(fact), _) => {
            let fact = Fact::Supervision(SupervisionFact::ReadInFull(fact.clone()));
            group.push(principal, fact)?;
            Vec::new()
        }
        (Command::Probe, _) => Vec::new(),
        (Command::TurnDays { until }, _) => {
            turn_days(group, principal, *until)?;
            Vec::new()
        }
    };
    let grown = group.has_grown(begun);
    if grown && !order.validate_only {
        settle_touched(group, begun)?;
    }
    if let Some(request) = order.request.filter(|_| grown && !order.validate_only) {
        let remembered = outcomes.iter().cloned().map(forgetting_refusals).collect();
        let fact = Fact::RequestRecorded {
            id: request.id,
            hash: group.hashes().keyed_whole(request.hash),
            outcomes: remembered,
        };
        group.push(principal, fact)?;
    }
    Ok((outcomes, earlier.is_some() && !grown))
}

/// Refusals are not remembered: a repeated batch decides its refused rows anew.
fn forgetting_refusals(outcome: RowOutcome) -> RowOutcome {
    match outcome.outcome {
        Outcome::Refused => RowOutcome::refused(Vec::new()),
        Outcome::Created | Outcome::Repeated | Outcome::Corrected => outcome,
    }
}

/// What this request was answered with before.
fn earlier(group: &Group<'_>, order: &Order, request: Request) -> Result<Option<Vec<RowOutcome>>, Failure> {
    let Some(revision) = commands::earlier_answer(group, &order.principal, request.id)? else {
        return Ok(None);
    };
    let Fact::RequestRecorded { hash, outcomes, .. } = group.recall(revision)? else {
        return Err(Failure::Store(Error::Engine {
            operation: "read an earlier answer",
            detail: format!("revision {} is no answer", revision.0),
        }));
    };
    if hash != group.hashes().keyed_whole(request.hash) {
        let refusal = Refusal::plain(Reason::RequestIdReused).with("field", "request_id");
        return Err(Failure::Refused(
            refusal.violating("request_id", "was used before with other content"),
        ));
    }
    Ok(Some(outcomes))
}

fn turn_days(group: &mut Group<'_>, principal: &Principal, until: CivilDate) -> Result<(), Error> {
    let mut day = match grading::turn::last_day(group)? {
        Some(last) => last.next(),
        None => Some(until),
    };
    let policies = group.policies();
    while let Some(turned) = day.filter(|day| *day <= until) {
        group.push(principal, Fact::DayTurned { day: turned })?;
        grading::runs::open_due(group, policies, turned).map_err(grading::commands::storage)?;
        day = turned.next();
    }
    Ok(())
}
