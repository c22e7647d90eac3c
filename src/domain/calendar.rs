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
}
