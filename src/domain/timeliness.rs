//! Timeliness 及时率: from the decision to receipt here, by the working-day calendar.
//!
//! Receipt here decides, not the time that a file states. Read first: [`TimelinessRule::judge`].
//!
//! Source: 发改办财金〔2018〕424号; `domain.md` 2 and 9.2.

use super::calendar::{EarlierCalendars, NoCalendar, WorkingDays};
use super::catalog::Standing;
use super::civil_date::{CivilDate, Month};
use super::numbered::numbered;
use super::reporting::DataKind;
use super::revision::Revision;
use super::trust::Trust;

/// Until when data is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Within so many working days from the decision, whose own day is not counted.
    WorkingDays(u32),
    /// By this day of the month after the decision's month; the last day if the month has no such day.
    NextMonth { day: u8 },
}

impl Limit {
    /// Returns the last day in time.
    ///
    /// # Errors
    /// [`NoCalendar`], for working days only.
    pub fn due_on(self, decided_on: CivilDate, days: &WorkingDays) -> Result<CivilDate, NoCalendar> {
        match self {
            Self::WorkingDays(count) => days.add(decided_on, count),
            Self::NextMonth { day } => {
                let missing = NoCalendar {
                    year: decided_on.year(),
                };
                let first = Month::of(decided_on).last_day().next().ok_or(missing)?;
                let last = Month::of(first).last_day();
                let due = CivilDate::new(first.year(), first.month(), day);
                Ok(due.unwrap_or(last))
            }
        }
    }
}

/// A rule of timeliness, in force for decisions of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelinessRule {
    pub data: Vec<DataKind>,
    /// First day of decision.
    pub from: CivilDate,
    /// Last day of decision; `None` while it lasts.
    pub until: Option<CivilDate>,
    pub limit: Limit,
    /// Number of the document.
    pub source: String,
    pub standing: Standing,
    pub trust: Trust,
}

/// How late something came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    InTime,
    /// By so many working days, at least one.
    Late(u32),
}

impl TimelinessRule {
    /// Judges a receipt. Only the calendar up to the day of receipt is asked: what came in time before an
    /// unknown year begins is in time, wherever its last day lies.
    ///
    /// A receipt after the last day in time is late even if no working day lies between; it then counts
    /// as one.
    ///
    /// # Errors
    /// [`NoCalendar`].
    pub fn judge(
        &self,
        decided_on: CivilDate,
        received_on: CivilDate,
        days: &WorkingDays,
    ) -> Result<Judged, NoCalendar> {
        let late = match self.limit {
            Limit::WorkingDays(count) => {
                let taken = days.between(decided_on, received_on)?;
                if taken < count {
                    return Ok(Judged::InTime);
                }
                let due = days.add(decided_on, count)?;
                (due < received_on).then(|| taken - count)
            }
            Limit::NextMonth { .. } => {
                let due = self.limit.due_on(decided_on, days)?;
                if received_on <= due {
                    return Ok(Judged::InTime);
                }
                Some(days.between(due, received_on)?)
            }
        };
        Ok(late.map_or(Judged::InTime, |late| Judged::Late(late.max(1))))
    }
}

/// All rules of timeliness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeliness {
    rules: Vec<TimelinessRule>,
}

impl Timeliness {
    /// Takes rules; those of one kind of data do not overlap, which is the maker's to check.
    #[must_use]
    pub fn new(rules: Vec<TimelinessRule>) -> Self {
        Self { rules }
    }

    #[must_use]
    pub fn rules(&self) -> &[TimelinessRule] {
        &self.rules
    }

    /// Returns the rule for a kind of data decided on a day.
    #[must_use]
    pub fn rule(&self, data: DataKind, decided_on: CivilDate) -> Option<&TimelinessRule> {
        self.rules.iter().find(|rule| {
            rule.data.contains(&data)
                && rule.from <= decided_on
                && rule.until.is_none_or(|until| decided_on <= until)
        })
    }
}

/// What receipts are judged by: the rules in force, and the calendar that was known when each came.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub rules: &'a Timeliness,
    /// The one in force.
    pub calendar: &'a WorkingDays,
    pub earlier: &'a EarlierCalendars,
}

impl Terms<'_> {
    /// Judges what was first recorded at a revision; `None` if no rule holds for it.
    ///
    /// # Errors
    /// [`NoCalendar`].
    pub fn judge(
        &self,
        data: DataKind,
        decided_on: CivilDate,
        received_on: CivilDate,
        first: Revision,
    ) -> Option<Result<Judged, NoCalendar>> {
        let rule = self.rules.rule(data, decided_on)?;
        let question = |days: &WorkingDays| rule.judge(decided_on, received_on, days);
        Some(self.earlier.ask(first, self.calendar, question))
    }

    /// Returns the last day in time of what was first recorded at a revision; `None` if no rule or no
    /// calendar says it.
    #[must_use]
    pub fn due_on(&self, data: DataKind, decided_on: CivilDate, first: Revision) -> Option<CivilDate> {
        let rule = self.rules.rule(data, decided_on)?;
        let question = |days: &WorkingDays| rule.limit.due_on(decided_on, days);
        self.earlier.ask(first, self.calendar, question).ok()
    }
}

/// Whose fault a delay is said to be. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Cause {
    /// The department's own.
    Department = 1,
    /// 平台故障: the platform was down.
    PlatformOutage = 2,
    /// 市平台退回: the city returned what had been sent in time.
    ReturnedByCity = 3,
}

numbered!(Cause {
    Department,
    PlatformOutage,
    ReturnedByCity
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{CalendarYear, Holiday};

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    /// 2024-06-10 is a Monday off; nothing else differs from Mondays to Fridays.
    fn calendar() -> WorkingDays {
        WorkingDays::new(vec![CalendarYear {
            year: 2024,
            holidays: vec![Holiday {
                title_zh: "端午节".to_owned(),
                title_en: "Dragon Boat Festival".to_owned(),
                from: day("2024-06-10"),
                until: day("2024-06-10"),
                make_up: vec![day("2024-06-15")],
            }],
            source: "〔2023〕0号".to_owned(),
            standing: Standing::Construction,
            trust: Trust::Constructed,
        }])
    }

    fn rule(limit: Limit) -> TimelinessRule {
        TimelinessRule {
            data: vec![DataKind::Penalty],
            from: day("2018-07-25"),
            until: None,
            limit,
            source: "〔2018〕0号".to_owned(),
            standing: Standing::Construction,
            trust: Trust::Constructed,
        }
    }

    #[track_caller]
    fn check(limit: Limit, decided_on: &str, received_on: &str, expected: Judged) {
        let judged = rule(limit).judge(day(decided_on), day(received_on), &calendar());
        assert_eq!(judged, Ok(expected), "{decided_on} {received_on}");
    }

    #[test]
    fn the_seventh_working_day_is_in_time_and_the_eighth_is_one_late() {
        let seven = Limit::WorkingDays(7);
        // Decided on a Thursday: 7, 11, 12, 13, 14, 15 (made up), 17 June.
        let due = seven.due_on(day("2024-06-06"), &calendar());
        assert_eq!(due, Ok(day("2024-06-17")));
        check(seven, "2024-06-06", "2024-06-06", Judged::InTime);
        check(seven, "2024-06-06", "2024-06-17", Judged::InTime);
        check(seven, "2024-06-06", "2024-06-18", Judged::Late(1));
        check(seven, "2024-06-06", "2024-06-24", Judged::Late(5));
    }

    #[test]
    fn a_weekend_after_the_last_day_is_late_by_one() {
        // The seventh working day is Friday, 2024-06-28.
        let seven = Limit::WorkingDays(7);
        check(seven, "2024-06-19", "2024-06-28", Judged::InTime);
        check(seven, "2024-06-19", "2024-06-29", Judged::Late(1));
        check(seven, "2024-06-19", "2024-07-01", Judged::Late(1));
        check(seven, "2024-06-19", "2024-07-02", Judged::Late(2));
    }

    #[test]
    fn an_unknown_year_matters_only_where_the_receipt_reaches_it() {
        let seven = rule(Limit::WorkingDays(7));
        let judge = |received_on| seven.judge(day("2024-12-27"), day(received_on), &calendar());
        assert_eq!(judge("2024-12-31"), Ok(Judged::InTime));
        assert_eq!(judge("2025-01-02"), Err(NoCalendar { year: 2025 }));
        let due = Limit::WorkingDays(7).due_on(day("2024-12-27"), &calendar());
        assert_eq!(due, Err(NoCalendar { year: 2025 }));
    }

    #[test]
    fn monthly_data_is_due_by_a_day_of_the_next_month() {
        let tenth = Limit::NextMonth { day: 10 };
        for decided_on in ["2024-05-01", "2024-05-31"] {
            assert_eq!(tenth.due_on(day(decided_on), &calendar()), Ok(day("2024-06-10")));
        }
        let last = Limit::NextMonth { day: 31 };
        assert_eq!(last.due_on(day("2024-01-15"), &calendar()), Ok(day("2024-02-29")));
        assert_eq!(last.due_on(day("2024-12-15"), &calendar()), Ok(day("2025-01-31")));
        check(tenth, "2024-05-20", "2024-06-10", Judged::InTime);
        check(tenth, "2024-05-20", "2024-06-11", Judged::Late(1));
        check(tenth, "2024-05-20", "2024-06-17", Judged::Late(6));
    }

    #[test]
    fn the_rule_is_that_of_the_day_of_decision() {
        let before = TimelinessRule {
            from: day("2015-01-01"),
            until: Some(day("2018-07-24")),
            ..rule(Limit::WorkingDays(20))
        };
        let rules = Timeliness::new(vec![before, rule(Limit::WorkingDays(7))]);
        let limit = |data, on| rules.rule(data, day(on)).map(|rule| rule.limit);
        assert_eq!(
            limit(DataKind::Penalty, "2018-07-24"),
            Some(Limit::WorkingDays(20))
        );
        assert_eq!(
            limit(DataKind::Penalty, "2018-07-25"),
            Some(Limit::WorkingDays(7))
        );
        assert_eq!(limit(DataKind::Penalty, "2014-12-31"), None);
        assert_eq!(limit(DataKind::Licence, "2024-01-01"), None);
    }
}
