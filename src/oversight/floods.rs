//! What looks busy: identical promises by the hundred on one day, and rows that pile up at quarter ends.
//!
//! Neither is a fault by itself; both are made visible, with the rows behind them. Read first: [`groups`].

use std::collections::{BTreeMap, HashMap};

use super::arrivals::{self, Arrival, Filter};
use crate::domain::calendar::{NoCalendar, WorkingDays};
use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::{CivilDate, Month};
use crate::domain::commitment::CommitmentKind;
use crate::domain::reporting::DataKind;
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::ingest::rows::{Error, Page};
use crate::store::View;

/// Which day is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// Of the receipt here.
    Received,
    /// Of the promise or decision.
    Decided,
}

impl By {
    fn day(self, one: &Arrival) -> CivilDate {
        match self {
            Self::Received => one.received_on,
            Self::Decided => one.decided_on,
        }
    }
}

/// What identical promises of one day have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupKey {
    pub on: CivilDate,
    pub body: SocialCreditCode,
    pub kind: CommitmentKind,
    /// Hash of reason and content, under the lookup key.
    pub wording: [u8; 16],
}

/// Identical promises of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MassGroup {
    pub key: GroupKey,
    pub department: DepartmentCode,
    pub rows: u64,
    /// One of them, to be read.
    pub sample: Arrival,
}

/// Finds commitments of one body, kind, reason and content of which at least `rows_min` fall on one day;
/// the largest groups first.
///
/// # Errors
/// The view's.
pub fn groups(view: &dyn View, filter: &Filter, by: By, rows_min: u64) -> Result<Vec<MassGroup>, Error> {
    let filter = Filter {
        data: Some(DataKind::Commitment),
        ..*filter
    };
    let mut found: HashMap<GroupKey, MassGroup> = HashMap::new();
    arrivals::every(view, &filter, |one| {
        if let Some((kind, wording)) = one.promise {
            let key = GroupKey {
                on: by.day(one),
                body: one.body,
                kind,
                wording,
            };
            let group = found.entry(key).or_insert(MassGroup {
                key,
                department: one.department,
                rows: 0,
                sample: *one,
            });
            group.rows += 1;
        }
    })?;
    let mut groups: Vec<MassGroup> = found
        .into_values()
        .filter(|group| group.rows >= rows_min)
        .collect();
    groups.sort_unstable_by_key(|group| (std::cmp::Reverse(group.rows), group.key));
    Ok(groups)
}

/// Lists the commitments of a group, first recorded behind `after` and up to `until`.
///
/// # Errors
/// The view's.
pub fn members(
    view: &dyn View,
    by: By,
    key: &GroupKey,
    (after, until): (Revision, Revision),
    size: usize,
) -> Result<Page<Arrival, Revision>, Error> {
    let filter = Filter {
        data: Some(DataKind::Commitment),
        body: Some(key.body),
        ..Filter::default()
    };
    let mut items = Vec::new();
    arrivals::every(view, &filter, |one| {
        let is_member = by.day(one) == key.on && one.promise == Some((key.kind, key.wording));
        if is_member && one.first > after && one.first <= until && items.len() <= size {
            items.push(*one);
        }
    })?;
    let more = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| more).map(|one| one.first);
    Ok(Page { items, next })
}

/// A quarter, by its first month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quarter {
    pub year: i16,
    /// From 1 to 4.
    pub number: u8,
}

impl Quarter {
    /// Returns the quarter in which a day lies.
    #[must_use]
    pub fn of(day: CivilDate) -> Self {
        Self {
            year: day.year(),
            number: (day.month() - 1) / 3 + 1,
        }
    }

    /// Returns its last day.
    #[must_use]
    pub fn last_day(self) -> CivilDate {
        let month =
            CivilDate::new(self.year, self.number * 3, 1).expect("a quarter ends in month 3, 6, 9 or 12");
        Month::of(month).last_day()
    }

    /// Says whether a day is one of the last working days of the quarter, or a day off next to them.
    ///
    /// # Errors
    /// [`NoCalendar`].
    pub fn is_at_end(
        self,
        day: CivilDate,
        working_days: u32,
        calendar: &WorkingDays,
    ) -> Result<bool, NoCalendar> {
        let before = day.previous().unwrap_or(day);
        Ok(calendar.between(before, self.last_day())? <= working_days)
    }
}

/// How much of a quarter came in its last days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QuarterTally {
    pub rows: u64,
    pub at_end: u64,
}

/// Counts what each body sent of a quarter and in its last working days, by the day meant.
///
/// # Errors
/// The view's; [`Error::Refused`] with `CALENDAR_MISSING`.
pub fn quarter_ends(
    view: &dyn View,
    filter: &Filter,
    by: By,
    working_days: u32,
    calendar: &WorkingDays,
) -> Result<BTreeMap<(Quarter, DepartmentCode, SocialCreditCode), QuarterTally>, Error> {
    let mut ends: HashMap<CivilDate, Result<bool, NoCalendar>> = HashMap::new();
    let mut counts: BTreeMap<_, QuarterTally> = BTreeMap::new();
    let mut missing = None;
    arrivals::every(view, filter, |one| {
        let day = by.day(one);
        let quarter = Quarter::of(day);
        let at_end = *ends
            .entry(day)
            .or_insert_with(|| quarter.is_at_end(day, working_days, calendar));
        match at_end {
            Ok(at_end) => {
                let tally = counts.entry((quarter, one.department, one.body)).or_default();
                tally.rows += 1;
                tally.at_end += u64::from(at_end);
            }
            Err(error) => missing = Some(error),
        }
    })?;
    match missing {
        None => Ok(counts),
        Some(error) => Err(crate::ingest::due::calendar_missing(error).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policies;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_working_days_of_a_quarter_are_by_the_calendar() {
        let calendar = Policies::built_in().calendar;
        // 2024-06-28 is a Friday; the last five working days begin on Monday, 2024-06-24.
        let quarter = Quarter::of(day("2024-04-01"));
        assert_eq!(quarter.last_day(), day("2024-06-30"));
        for (on, expected) in [
            ("2024-06-21", false),
            ("2024-06-23", true),
            ("2024-06-24", true),
            ("2024-06-28", true),
            ("2024-06-30", true),
        ] {
            assert_eq!(quarter.is_at_end(day(on), 5, &calendar), Ok(expected), "{on}");
        }
        assert_eq!(
            Quarter::of(day("2024-12-31")),
            Quarter {
                year: 2024,
                number: 4
            }
        );
        assert_eq!(
            Quarter::of(day("2027-01-01")).is_at_end(day("2027-03-30"), 5, &calendar),
            Err(NoCalendar { year: 2027 })
        );
    }
}
