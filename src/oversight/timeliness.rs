//! Timeliness by body, department and month: how much came in time, how much late, and whose fault.
//!
//! The denominator of every rate is the rows that stand and were received in the period asked for. What
//! never came has no row: it is looked for by [`zero_reports`](super::zero_reports). Read first: [`count`].

use std::collections::BTreeMap;

use super::arrivals::{self, Arrival, Filter};
use super::excuses::{self, ExcuseName, ExcuseRead};
use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::{CivilDate, Month};
use crate::domain::reporting::DataKind;
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::timeliness::{Cause, Judged};
use crate::ingest::rows::{Error, Page};
use crate::policy::Policies;
use crate::store::View;
use crate::store::record::Facts;

/// By what arrivals are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    Data,
    Department,
    Body,
    MonthReceived,
    MonthDecided,
}

/// Under what arrivals are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Data(DataKind),
    Department(DepartmentCode),
    Body(SocialCreditCode),
    Month(Month),
}

fn key_of(one: &Arrival, dimension: Dimension) -> Key {
    match dimension {
        Dimension::Data => Key::Data(one.data),
        Dimension::Department => Key::Department(one.department),
        Dimension::Body => Key::Body(one.body),
        Dimension::MonthReceived => Key::Month(Month::of(one.received_on)),
        Dimension::MonthDecided => Key::Month(Month::of(one.decided_on)),
    }
}

/// What is said of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    InTime,
    Late {
        working_days: u32,
        excuse: Option<Standing>,
    },
    /// No rule holds for such data decided on that day.
    NoRule,
    /// A year that the judgment needs has no calendar.
    NoCalendar {
        year: i16,
    },
}

/// The excuse that covers a late arrival, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub name: ExcuseName,
    pub cause: Cause,
    /// `None` while it is not judged.
    pub is_accepted: Option<bool>,
}

/// Counts of arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    /// All rows: the denominator.
    pub rows: u64,
    pub in_time: u64,
    pub late: u64,
    /// Of the late ones, by an accepted excuse.
    pub platform_outage: u64,
    pub returned_by_city: u64,
    /// Of the late ones, under an excuse that is not judged.
    pub pending: u64,
    /// No rule, or no calendar.
    pub not_judged: u64,
    /// Working days late, over all late rows.
    pub days_late: u64,
    pub days_late_max: u32,
}

impl Tally {
    fn add(&mut self, verdict: Verdict) {
        self.rows += 1;
        match verdict {
            Verdict::InTime => self.in_time += 1,
            Verdict::NoRule | Verdict::NoCalendar { .. } => self.not_judged += 1,
            Verdict::Late { working_days, excuse } => {
                self.late += 1;
                self.days_late += u64::from(working_days);
                self.days_late_max = self.days_late_max.max(working_days);
                match excuse.map(|excuse| (excuse.is_accepted, excuse.cause)) {
                    Some((Some(true), Cause::PlatformOutage)) => self.platform_outage += 1,
                    Some((Some(true), Cause::ReturnedByCity)) => self.returned_by_city += 1,
                    Some((None, _)) => self.pending += 1,
                    Some((Some(true), Cause::Department) | (Some(false), _)) | None => {}
                }
            }
        }
    }

    /// The rate 及时率 in hundredths of a percent, rounded down; `None` without rows.
    #[must_use]
    pub fn rate_basis_points(&self) -> Option<u32> {
        basis_points(self.in_time, self.rows)
    }

    /// The same with what was not the reporter's fault taken for in time.
    #[must_use]
    pub fn excused_rate_basis_points(&self) -> Option<u32> {
        basis_points(
            self.in_time + self.platform_outage + self.returned_by_city,
            self.rows,
        )
    }
}

/// A part of a whole in hundredths of a percent, rounded down; `None` of nothing.
#[must_use]
pub fn basis_points(part: u64, whole: u64) -> Option<u32> {
    let ratio = (part * 10_000).checked_div(whole)?;
    Some(u32::try_from(ratio).expect("a part is at most the whole"))
}

/// What arrivals are judged by: rules in force, the calendars of their receipt, and all excuses.
pub struct Judge<'a> {
    policies: &'a Policies,
    excuses: Vec<(ExcuseRead, Option<bool>)>,
}

impl<'a> Judge<'a> {
    /// # Errors
    /// The view's and the ledger's.
    pub fn new(view: &dyn View, facts: &Facts, policies: &'a Policies) -> Result<Self, Error> {
        Ok(Self {
            policies,
            excuses: excuses::all(view, facts)?,
        })
    }

    /// Judges an arrival by the rule of its day and the calendar that was known when it came.
    #[must_use]
    pub fn verdict(&self, one: &Arrival) -> Verdict {
        let terms = self.policies.terms();
        match terms.judge(one.data, one.decided_on, one.received_on, one.first) {
            None => Verdict::NoRule,
            Some(Ok(Judged::InTime)) => Verdict::InTime,
            Some(Ok(Judged::Late(working_days))) => Verdict::Late {
                working_days,
                excuse: self.excuse(one),
            },
            Some(Err(missing)) => Verdict::NoCalendar { year: missing.year },
        }
    }

    /// The last day in time; `None` if no rule or no calendar says it.
    #[must_use]
    pub fn due_on(&self, one: &Arrival) -> Option<CivilDate> {
        self.policies.terms().due_on(one.data, one.decided_on, one.first)
    }

    /// The excuse that counts for a late arrival: one accepted, else one not judged, else one rejected; of
    /// several the first filed.
    fn excuse(&self, one: &Arrival) -> Option<Standing> {
        let reporters = one.reporters(&self.policies.catalog);
        let covers = |read: &ExcuseRead| read.fact.excuse.covers(one.data, &reporters, one.received_on);
        let rank = |accepted: Option<bool>| match accepted {
            Some(true) => 0,
            None => 1,
            Some(false) => 2,
        };
        let covering = self.excuses.iter().filter(|(read, _)| covers(read));
        let best = covering.min_by_key(|(read, accepted)| (rank(*accepted), read.filed));
        best.map(|(read, accepted)| Standing {
            name: read.name,
            cause: read.fact.excuse.cause,
            is_accepted: *accepted,
        })
    }
}

/// Counts in total and by the given dimensions; only what occurs is counted.
///
/// # Errors
/// The view's.
pub fn count(
    view: &dyn View,
    judge: &Judge<'_>,
    filter: &Filter,
    dimensions: &[Dimension],
) -> Result<(Tally, BTreeMap<Vec<Key>, Tally>), Error> {
    let mut total = Tally::default();
    let mut by_keys: BTreeMap<Vec<Key>, Tally> = BTreeMap::new();
    arrivals::every(view, filter, |one| {
        let verdict = judge.verdict(one);
        total.add(verdict);
        if !dimensions.is_empty() {
            let keys = dimensions.iter().map(|by| key_of(one, *by)).collect();
            by_keys.entry(keys).or_default().add(verdict);
        }
    })?;
    Ok((total, by_keys))
}

/// Which verdicts a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Late,
    InTime,
    NotJudged,
    All,
}

impl Wanted {
    fn passes(self, verdict: Verdict) -> bool {
        match (self, verdict) {
            (Self::All, _)
            | (Self::Late, Verdict::Late { .. })
            | (Self::InTime, Verdict::InTime)
            | (Self::NotJudged, Verdict::NoRule | Verdict::NoCalendar { .. }) => true,
            (Self::Late | Self::InTime | Self::NotJudged, _) => false,
        }
    }
}

/// Lists the arrivals behind a count, first recorded behind `after` and up to `until`, in that order.
///
/// # Errors
/// The view's.
pub fn list(
    view: &dyn View,
    judge: &Judge<'_>,
    filter: &Filter,
    wanted: Wanted,
    (after, until): (Revision, Revision),
    size: usize,
) -> Result<Page<(Arrival, Verdict), Revision>, Error> {
    let mut found = Vec::new();
    arrivals::every(view, filter, |one| {
        if one.first > after && one.first <= until {
            let verdict = judge.verdict(one);
            if wanted.passes(verdict) {
                found.push((*one, verdict));
            }
        }
    })?;
    found.sort_unstable_by_key(|(one, _)| one.first);
    let more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| more).map(|(one, _)| one.first);
    Ok(Page { items: found, next })
}
