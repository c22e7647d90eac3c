//! Working days 工作日: Monday to Friday without the days off, plus the make-up days 调休上班.
//!
//! The calendar of a year is data; a year without one is an error, never a count of Mondays to Fridays.
//! The day from which a period runs is not counted: day 1 is the next working day, and the period ends
//! with its last day. Read first: [`WorkingDays::add`].
//!
//! Source: `domain.md` 11.

use std::collections::BTreeMap;

use super::catalog::Standing;
use super::civil_date::CivilDate;
use super::revision::Revision;
use super::trust::Trust;

/// The calendar in force says nothing about this year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no working-day calendar of the year {year}")]
pub struct NoCalendar {
    pub year: i16,
}

/// A holiday of a year's notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    pub title_zh: String,
    pub title_en: String,
    /// First day off.
    pub from: CivilDate,
    /// Last day off, included.
    pub until: CivilDate,
    /// Saturdays and Sundays that are worked for it.
    pub make_up: Vec<CivilDate>,
}

/// What the yearly notice of the State Council's general office says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarYear {
    pub year: i16,
    pub holidays: Vec<Holiday>,
    /// Number of the notice, such as 国办发明电〔2023〕7号.
    pub source: String,
    pub standing: Standing,
    pub trust: Trust,
}

impl CalendarYear {
    fn is_working(&self, day: CivilDate) -> bool {
        let off = |one: &Holiday| one.from <= day && day <= one.until;
        let made_up = |one: &Holiday| one.make_up.contains(&day);
        if self.holidays.iter().any(made_up) {
            return true;
        }
        !day.is_weekend() && !self.holidays.iter().any(off)
    }

    /// Returns the working days of the year, in order.
    #[must_use]
    pub fn working_days(&self) -> Vec<CivilDate> {
        let mut days = Vec::new();
        let mut next = CivilDate::new(self.year, 1, 1).ok();
        while let Some(day) = next.filter(|day| day.year() == self.year) {
            if self.is_working(day) {
                days.push(day);
            }
            next = day.next();
        }
        days
    }
}

/// Calendars that were in force earlier: a late or changed notice does not alter what is closed.
///
/// What was received is judged by the calendar that was known then. Only where that calendar had no
/// answer, for want of a year, is a later one asked: such a case was open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarlierCalendars {
    /// The last revision at which each was in force, ascending.
    calendars: Vec<(Revision, WorkingDays)>,
}

impl EarlierCalendars {
    /// Takes calendars with the last revision at which each was in force, the oldest first.
    #[must_use]
    pub fn new(calendars: Vec<(Revision, WorkingDays)>) -> Self {
        Self { calendars }
    }

    /// Asks the calendar that was known at a revision; where it lacks a year, those after it in turn, and
    /// the one in force last.
    ///
    /// # Errors
    /// [`NoCalendar`] of the one in force.
    pub fn ask<T>(
        &self,
        known: Revision,
        in_force: &WorkingDays,
        question: impl Fn(&WorkingDays) -> Result<T, NoCalendar>,
    ) -> Result<T, NoCalendar> {
        let from = self.calendars.partition_point(|(last, _)| *last < known);
        let answer = self.calendars[from..]
            .iter()
            .find_map(|(_, days)| question(days).ok());
        answer.map_or_else(|| question(in_force), Ok)
    }
}

/// The working days of all years that have a calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingDays {
    years: BTreeMap<i16, Year>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Year {
    calendar: CalendarYear,
    working: Vec<CivilDate>,
}

impl WorkingDays {
    /// Puts years together; of two calendars of one year the later in the list stands.
    #[must_use]
    pub fn new(years: Vec<CalendarYear>) -> Self {
        let years = years.into_iter().map(|calendar| {
            let working = calendar.working_days();
            (calendar.year, Year { calendar, working })
        });
        Self {
            years: years.collect(),
        }
    }

    /// The calendars, by year.
    pub fn years(&self) -> impl Iterator<Item = &CalendarYear> {
        self.years.values().map(|year| &year.calendar)
    }

    /// How many working days a year has.
    ///
    /// # Errors
    /// [`NoCalendar`].
    pub fn count_of(&self, year: i16) -> Result<usize, NoCalendar> {
        Ok(self.year(year)?.working.len())
    }

    fn year(&self, year: i16) -> Result<&Year, NoCalendar> {
        self.years.get(&year).ok_or(NoCalendar { year })
    }

    /// Says whether a day is a working day.
    ///
    /// # Errors
    /// [`NoCalendar`].
    pub fn is_working(&self, day: CivilDate) -> Result<bool, NoCalendar> {
        Ok(self.year(day.year())?.working.binary_search(&day).is_ok())
    }

    /// Returns the last day of a period of `count` working days that runs from `start`, itself not
    /// counted. No days at all end on `start`.
    ///
    /// # Errors
    /// [`NoCalendar`] for the first year that is needed and has none.
    pub fn add(&self, start: CivilDate, count: u32) -> Result<CivilDate, NoCalendar> {
        let mut left = count as usize;
        if left == 0 {
            return Ok(start);
        }
        let first = start.next().ok_or(NoCalendar { year: i16::MAX })?;
        let mut year = first.year();
        loop {
            let working = &self.year(year)?.working;
            let before = working.partition_point(|day| *day < first);
            match working.get(before + left - 1) {
                Some(day) => return Ok(*day),
                None => left -= working.len() - before,
            }
            year += 1;
        }
    }

    /// Counts the working days after `start` up to `end`, included; none if `end` is not after `start`.
    ///
    /// # Errors
    /// [`NoCalendar`] for the first year that is needed and has none.
    pub fn between(&self, start: CivilDate, end: CivilDate) -> Result<u32, NoCalendar> {
        let Some(first) = start.next().filter(|first| *first <= end) else {
            return Ok(0);
        };
        let mut count = 0;
        for year in first.year()..=end.year() {
            let working = &self.year(year)?.working;
            let from = working.partition_point(|day| *day < first);
            let until = working.partition_point(|day| *day <= end);
            count += until - from;
        }
        Ok(u32::try_from(count).expect("9999 years have fewer than 2^32 days"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn holiday(from: &str, until: &str, make_up: &[&str]) -> Holiday {
        Holiday {
            title_zh: "假".to_owned(),
            title_en: "holiday".to_owned(),
            from: day(from),
            until: day(until),
            make_up: make_up.iter().copied().map(day).collect(),
        }
    }

    fn year(year: i16, holidays: Vec<Holiday>) -> CalendarYear {
        CalendarYear {
            year,
            holidays,
            source: "〔2023〕0号".to_owned(),
            standing: Standing::Construction,
            trust: Trust::Constructed,
        }
    }

    /// 2024-01-01 is a Monday.
    fn two_years() -> WorkingDays {
        WorkingDays::new(vec![
            year(2023, vec![]),
            year(2024, vec![holiday("2024-01-01", "2024-01-03", &["2024-01-06"])]),
        ])
    }

    #[test]
    fn a_day_off_is_skipped_a_make_up_day_counts_and_the_start_does_not() {
        let days = two_years();
        for (start, count, end) in [
            ("2023-12-29", 0, "2023-12-29"),
            ("2023-12-28", 1, "2023-12-29"),
            ("2023-12-29", 1, "2024-01-04"),
            ("2023-12-29", 3, "2024-01-06"),
            ("2024-01-06", 1, "2024-01-08"),
            ("2024-01-02", 1, "2024-01-04"),
        ] {
            assert_eq!(days.add(day(start), count), Ok(day(end)), "{start} + {count}");
            assert_eq!(days.between(day(start), day(end)), Ok(count), "{start} to {end}");
        }
        assert_eq!(days.is_working(day("2024-01-06")), Ok(true));
        assert_eq!(days.is_working(day("2024-01-07")), Ok(false));
        assert_eq!(days.is_working(day("2024-01-03")), Ok(false));
    }

    #[test]
    fn a_period_that_ends_before_it_begins_has_no_days() {
        let days = two_years();
        assert_eq!(days.between(day("2024-01-08"), day("2024-01-08")), Ok(0));
        assert_eq!(days.between(day("2024-01-09"), day("2024-01-08")), Ok(0));
    }

    #[test]
    fn a_year_without_calendar_is_an_error_only_where_it_is_needed() {
        let days = two_years();
        let missing = |year| Err(NoCalendar { year });
        assert_eq!(days.add(day("2024-12-30"), 1), Ok(day("2024-12-31")));
        assert_eq!(days.add(day("2024-12-30"), 2), missing(2025));
        assert_eq!(days.add(day("2024-12-31"), 1), missing(2025));
        assert_eq!(days.add(day("2022-12-31"), 1), Ok(day("2023-01-02")));
        assert_eq!(days.add(day("2022-12-30"), 1), missing(2022));
        assert_eq!(
            days.between(day("2024-12-30"), day("2025-01-01")),
            Err(NoCalendar { year: 2025 })
        );
        assert_eq!(days.between(day("2024-12-30"), day("2024-12-31")), Ok(1));
        assert_eq!(days.is_working(day("2025-01-04")), Err(NoCalendar { year: 2025 }));
        assert_eq!(days.count_of(2022), Err(NoCalendar { year: 2022 }));
        assert_eq!(days.add(day("9999-12-31"), 1), missing(i16::MAX));
    }

    #[test]
    fn adding_and_counting_agree_on_every_day() {
        let days = two_years();
        let mut start = day("2023-01-01");
        while start < day("2024-11-30") {
            for count in 1..=7 {
                let end = days.add(start, count).unwrap();
                assert!(days.is_working(end).unwrap() && end > start, "{start} + {count}");
                assert_eq!(days.between(start, end), Ok(count), "{start} to {end}");
            }
            start = start.next().unwrap();
        }
    }

    #[test]
    fn the_calendar_known_then_answers_and_a_later_one_where_it_lacks_the_year() {
        let year = |year| CalendarYear {
            year,
            holidays: Vec::new(),
            source: "〔2023〕0号".to_owned(),
            standing: Standing::Construction,
            trust: Trust::Constructed,
        };
        let days = |years: &[i16]| WorkingDays::new(years.iter().map(|one| year(*one)).collect());
        let earlier = EarlierCalendars::new(vec![
            (Revision(10), days(&[2023])),
            (Revision(20), days(&[2023, 2024])),
        ]);
        let in_force = days(&[2023, 2024, 2025]);
        // Which calendar answers a question about a year, told by how many years it has.
        let answers = |known, about| {
            let question = |days: &WorkingDays| days.count_of(about).map(|_| days.years().count());
            earlier.ask(Revision(known), &in_force, question)
        };
        assert_eq!(answers(1, 2023), Ok(1));
        assert_eq!(answers(10, 2023), Ok(1));
        assert_eq!(answers(11, 2023), Ok(2));
        assert_eq!(answers(20, 2023), Ok(2));
        assert_eq!(answers(21, 2023), Ok(3));
        assert_eq!(answers(10, 2024), Ok(2), "a year that came later");
        assert_eq!(answers(10, 2025), Ok(3));
        assert_eq!(answers(10, 2026), Err(NoCalendar { year: 2026 }));
        let none = EarlierCalendars::default();
        let question = |days: &WorkingDays| days.count_of(2024);
        assert_eq!(
            none.ask(Revision(1), &days(&[2023]), question),
            Err(NoCalendar { year: 2024 })
        );
    }
}
