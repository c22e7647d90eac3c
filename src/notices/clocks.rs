//! Periods in working days: set, suspended, moved with the calendar, and told once when they are over.

use bytes::Bytes;

use super::refuse;
use crate::domain::calendar::WorkingDays;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal};
use crate::domain::notice::{Clock, ClockSet, Pair};
use crate::domain::notice_fact::{
    DueDay, MovedFact, NoticeFact, Of, OverdueFact, ResumedFact, SuspendedFact, TakenDownFact,
};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::group::Group;
use crate::group::fold::notices::row;
use crate::group::unsettled::Cause;
use crate::ingest::rows::Error;
use crate::policy::Policies;
use crate::store::keys::notices as layout;
use crate::store::{self, KeyRange, View, keys};

/// Pairs that one slice looks at; each changes at most twelve rows.
const SLICE_PAIRS: usize = 80;

/// Returns the last day of a period, or the year whose calendar it lacks.
#[must_use]
pub fn due(calendar: &WorkingDays, start: CivilDate, days: u32) -> DueDay {
    match calendar.add(start, days) {
        Ok(day) => DueDay::On(day),
        Err(missing) => DueDay::NoCalendar(missing.year),
    }
}

/// Sets a clock by the data in force on `governed_by`; `None` where they have none.
#[must_use]
pub fn set(policies: &Policies, clock: Clock, start: CivilDate, governed_by: CivilDate) -> Option<ClockSet> {
    let rule = policies.notices.deadline(clock, governed_by)?;
    Some(ClockSet {
        clock,
        start,
        days: rule.working_days,
        due: due(&policies.calendar, start, rule.working_days.into()),
    })
}

/// Says which pair a fact is about.
#[must_use]
pub fn of(first: Revision, pair: &Pair) -> Of {
    Of {
        pair: first,
        who: pair.who,
    }
}

fn not_running(pair: &Pair, clock: Clock) -> Error {
    Refusal::plain(Reason::ClockNotRunning)
        .with("name", pair.name.to_string())
        .with("clock", format!("{clock:?}").to_uppercase())
        .into()
}

/// Suspends a clock: from `on` no day counts.
///
/// # Errors
/// `CLOCK_NOT_RUNNING` if it does not run, or ran out before; `MALFORMED_VALUE` for a day it does not reach.
pub fn suspend(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    (clock, on, reason): (Clock, CivilDate, &str),
) -> Result<Revision, Error> {
    let pair = row(group, first)?;
    let running = pair.clock(clock).filter(|now| {
        now.is_open() && now.suspended_on.is_none() && now.due.day().is_none_or(|due| on <= due)
    });
    let Some(now) = running else {
        return Err(not_running(&pair, clock));
    };
    if on <= now.start || on > group.today() {
        return Err(refuse::wrong("on", "is not a day on which the clock ran", "不在该期限内").into());
    }
    let fact = NoticeFact::Suspended(SuspendedFact {
        of: of(first, &pair),
        clock,
        on,
        reason: reason.to_owned(),
    });
    Ok(group.push(principal, Fact::Notice(fact))?)
}

/// Resumes a clock: `on` is the first day that counts again.
///
/// # Errors
/// `CLOCK_NOT_RUNNING` if it is not suspended; `CALENDAR_MISSING`; `MALFORMED_VALUE` for a day before the
/// suspension or after today.
pub fn resume(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    (clock, on, reason): (Clock, CivilDate, &str),
) -> Result<Revision, Error> {
    let pair = row(group, first)?;
    let now = pair.clock(clock).filter(|now| now.is_open());
    let Some((now, since)) = now.and_then(|now| Some((now, now.suspended_on?))) else {
        return Err(not_running(&pair, clock));
    };
    if on < since || on > group.today() {
        return Err(refuse::wrong(
            "on",
            "lies before the suspension or after today",
            "早于中止日或者晚于今天",
        )
        .into());
    }
    let calendar = &group.policies().calendar;
    let before = |day: CivilDate| day.previous().unwrap_or(day);
    let days = calendar
        .between(before(since), before(on))
        .map_err(|missing| Refusal::plain(Reason::CalendarMissing).with("year", missing.year.to_string()))?;
    let days = u16::try_from(days).unwrap_or(u16::MAX);
    let all = u32::from(now.days) + u32::from(now.suspended_days) + u32::from(days);
    let fact = NoticeFact::Resumed(ResumedFact {
        of: of(first, &pair),
        clock,
        on,
        days,
        due: due(calendar, now.start, all),
        reason: reason.to_owned(),
    });
    Ok(group.push(principal, Fact::Notice(fact))?)
}

/// Records that what was withdrawn or changed is taken down, with how the public was told.
///
/// # Errors
/// `CLOCK_NOT_RUNNING` if nothing is to be taken down; `MALFORMED_VALUE` for a day before or after today.
pub fn taken_down(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    (on, explanation): (CivilDate, &str),
) -> Result<Revision, Error> {
    let pair = row(group, first)?;
    let Some(now) = pair.clock(Clock::TakeDown).filter(|now| now.is_open()) else {
        return Err(not_running(&pair, Clock::TakeDown));
    };
    if on < now.start || on > group.today() {
        return Err(refuse::wrong(
            "on",
            "lies before the withdrawal or after today",
            "早于撤销日或者晚于今天",
        )
        .into());
    }
    let fact = NoticeFact::TakenDown(TakenDownFact {
        of: of(first, &pair),
        on,
        explanation: explanation.to_owned(),
    });
    Ok(group.push(principal, Fact::Notice(fact))?)
}

/// Tells the next deadlines that passed before a day was turned; says whether there were any.
///
/// # Errors
/// The view's.
pub fn overdue(group: &mut Group<'_>, day: CivilDate) -> Result<bool, store::Error> {
    let found = group.scan(keys::NOTICE_DUE, &layout::due_before(day), SLICE_PAIRS)?;
    for (key, _) in &found.rows {
        let (due, clock, first) = layout::due_read(key).ok_or_else(broken)?;
        let pair = row(group, first)?;
        let fact = NoticeFact::Overdue(OverdueFact {
            of: of(first, &pair),
            clock,
            due,
        });
        group.push(&Principal::service(), Fact::Notice(fact))?;
    }
    Ok(!found.rows.is_empty())
}

fn broken() -> store::Error {
    store::Error::Engine {
        operation: "read a deadline",
        detail: "an entry does not decode".to_owned(),
    }
}

/// Moves the open deadlines of the next pairs to the calendar in force. What has passed or ended stays.
///
/// # Errors
/// The view's.
pub fn moved(group: &mut Group<'_>, cause: &Cause) -> Result<(), store::Error> {
    let range = KeyRange {
        from: keys::revision_key(cause.next),
        until: None,
    };
    let found = group.scan(keys::NOTICE, &range, SLICE_PAIRS)?;
    let today = group.today();
    let mut last = cause.next;
    for (key, value) in &found.rows {
        last = keys::revision_value(key);
        let pair = layout::decode(value).ok_or_else(broken)?;
        for clock in Clock::ALL {
            let Some(now) = pair.clock(*clock).filter(|now| now.is_open() && !now.told) else {
                continue;
            };
            let all = u32::from(now.days) + u32::from(now.suspended_days);
            let to = due(&group.policies().calendar, now.start, all);
            let has_passed = now.suspended_on.is_none() && now.due.day().is_some_and(|due| due < today);
            if to == now.due || has_passed {
                continue;
            }
            let fact = NoticeFact::Moved(MovedFact {
                of: of(last, &pair),
                clock: *clock,
                from: now.due,
                to,
                by: cause.revision,
            });
            group.push(&Principal::service(), Fact::Notice(fact))?;
        }
    }
    let settled = Fact::EffectsSettled {
        cause: cause.revision,
        slice: cause.slices + 1,
        next: if found.more { last.plus(1) } else { Revision(0) },
    };
    group.push(&Principal::service(), settled)?;
    Ok(())
}

/// Finds the pair of a name.
///
/// # Errors
/// `NOTICE_UNKNOWN`; the view's.
pub fn find(view: &dyn View, name: crate::domain::notice::NoticeName) -> Result<Revision, Error> {
    let key = Bytes::copy_from_slice(name.as_bytes());
    let found = view.get(keys::NOTICE_NAME, &key)?;
    let unknown = || Refusal::plain(Reason::NoticeUnknown).with("name", name.to_string());
    Ok(found
        .map(|bytes| keys::revision_value(&bytes))
        .ok_or_else(unknown)?)
}
