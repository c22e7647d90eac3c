//! Spans, windows and cycles: which days a rule looks at, and when it is applied.

use super::super::civil_date::{CivilDate, Month};
use super::super::grading::Period;
use super::super::trust::Trust;

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Days(u16),
    /// Calendar months: they end on the corresponding day, else on the last of the month.
    Months(u16),
}

/// The first day there is.
fn first_day() -> CivilDate {
    CivilDate::new(1, 1, 1).expect("the first day of year 1 exists")
}

impl Span {
    /// Reads such as `12 months`, `2 years` or `30 days`; from 1 to 1,200 months or 36,500 days.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_once(' ')?;
        let is_number = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: u16 = is_number.then(|| number.parse().ok()).flatten()?;
        let span = match unit {
            "day" | "days" => Self::Days(number),
            "month" | "months" => Self::Months(number),
            "year" | "years" => Self::Months(number.checked_mul(12)?),
            _ => return None,
        };
        let fits = match span {
            Self::Days(days) => days <= 36_500,
            Self::Months(months) => months <= 1_200,
        };
        fits.then_some(span)
    }

    /// Returns the day that lies this long before.
    #[must_use]
    pub fn before(self, day: CivilDate) -> CivilDate {
        match self {
            Self::Days(days) => CivilDate::from_days(day.days() - i32::from(days)),
            Self::Months(months) => shifted(day, -i32::from(months)),
        }
        .unwrap_or_else(first_day)
    }

    /// Returns the day that lies this long after; `None` after the year 9999.
    #[must_use]
    pub fn after(self, day: CivilDate) -> Option<CivilDate> {
        match self {
            Self::Days(days) => CivilDate::from_days(day.days() + i32::from(days)),
            Self::Months(months) => shifted(day, i32::from(months)),
        }
    }

    /// Says whether the day lies in the window of this length that ends on `last`: its first day is left
    /// out, its last day is in.
    #[must_use]
    pub fn reaches(self, day: CivilDate, last: CivilDate) -> bool {
        day <= last && self.before(last) < day
    }

    /// Returns the first later day whose window no longer reaches `day`.
    #[must_use]
    pub fn left_on(self, day: CivilDate) -> Option<CivilDate> {
        let mut left = self.after(day)?;
        // Where a month is short, the corresponding day lies before the day that counts.
        while self.before(left) < day {
            left = left.next()?;
        }
        Some(left)
    }
}

/// The corresponding day some months away, else the last of that month.
fn shifted(day: CivilDate, months: i32) -> Option<CivilDate> {
    let index = i32::from(day.year()) * 12 + i32::from(day.month()) - 1 + months;
    let year = i16::try_from(index.div_euclid(12)).ok()?;
    let month = u8::try_from(index.rem_euclid(12) + 1).ok()?;
    let first = CivilDate::new(year, month, 1).ok()?;
    let last = Month::of(first).last_day();
    CivilDate::new(year, month, day.day().min(last.day())).ok()
}

/// Which events count, by their days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Decided in the period.
    Period,
    /// Decided within this long before the day.
    Rolling(Span),
    /// Decided on or before the day.
    All,
    /// Decided on or before the day, and not over before it.
    Valid,
}

/// How often a rule set is applied. A cycle is a period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CycleKind {
    /// With each fact; its period is the calendar year.
    RealTime,
    Month,
    Quarter,
    Year,
}

impl CycleKind {
    /// Returns the word that files use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::RealTime => "real_time",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// Returns the period in which the day lies.
    #[must_use]
    pub fn containing(self, day: CivilDate) -> Period {
        let (first, months) = match self {
            Self::RealTime | Self::Year => (1, 12),
            Self::Quarter => ((day.month() - 1) / 3 * 3 + 1, 3),
            Self::Month => (day.month(), 1),
        };
        let start = CivilDate::new(day.year(), first, 1).expect("the first of a month exists");
        let last = CivilDate::new(day.year(), first + months - 1, 1).expect("the first of a month exists");
        Period {
            first: start,
            last: Month::of(last).last_day(),
        }
    }

    /// Returns the period that ends before this one begins; `None` before the year 1.
    #[must_use]
    pub fn before(self, period: Period) -> Option<Period> {
        period.first.previous().map(|day| self.containing(day))
    }
}

/// On which day a run is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultDay {
    /// Real time: with the fact.
    AtOnce,
    /// Of the month after the period; the last of the month where it is shorter.
    OfNextMonth(u8),
    /// Month and day of the year after the period.
    OfNextYear(u8, u8),
}

/// How long a result stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    UntilNext,
    For(Span),
}

/// When a rule set is applied, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    pub kind: CycleKind,
    pub result: ResultDay,
    pub stands: Stands,
    /// Working days of display before the effect; 0: effect on the result day.
    pub display_working_days: u16,
    /// Working days in which an objection may be raised; 0: none stated.
    pub objection_working_days: u16,
    /// How far the objection term can be relied on, where that differs from the rule set.
    pub objection_trust: Option<Trust>,
}

impl Cycle {
    /// Returns the day on which the results of a period are due; `None` in real time.
    #[must_use]
    pub fn result_day(&self, period: Period) -> Option<CivilDate> {
        let clamped = |year: i16, month: u8, day: u8| {
            let last = Month::of(CivilDate::new(year, month, 1).ok()?).last_day();
            CivilDate::new(year, month, day.min(last.day())).ok()
        };
        match self.result {
            ResultDay::AtOnce => None,
            ResultDay::OfNextMonth(day) => {
                let next = period.last.next()?;
                clamped(next.year(), next.month(), day)
            }
            ResultDay::OfNextYear(month, day) => clamped(period.last.year() + 1, month, day),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_leaves_its_first_day_out_and_ends_on_its_last() {
        let year = Span::parse("12 months").unwrap();
        for (decided, on, expected) in [
            ("2024-03-01", "2025-02-28", true),
            ("2024-03-01", "2025-03-01", false),
            ("2024-03-01", "2024-03-01", true),
            ("2024-03-01", "2024-02-29", false),
            ("2024-02-29", "2025-02-27", true),
            ("2024-02-29", "2025-02-28", true),
            ("2024-02-29", "2025-03-01", false),
        ] {
            assert_eq!(year.reaches(day(decided), day(on)), expected, "{decided} {on}");
        }
    }

    #[test]
    fn the_day_an_event_leaves_a_window_is_the_first_that_does_not_reach_it() {
        for span in ["1 month", "12 months", "2 years", "1 day", "30 days"] {
            let span = Span::parse(span).unwrap();
            let mut decided = day("2023-12-25");
            while decided < day("2024-04-05") {
                let left = span.left_on(decided).unwrap();
                let mut expected = decided;
                while span.reaches(decided, expected) {
                    expected = expected.next().unwrap();
                }
                assert_eq!(left, expected, "{span:?} {decided}");
                decided = decided.next().unwrap();
            }
        }
    }

    #[test]
    fn spans_are_written_with_a_number_and_a_unit() {
        assert_eq!(Span::parse("1 year"), Some(Span::Months(12)));
        assert_eq!(Span::parse("30 days"), Some(Span::Days(30)));
        for text in [
            "",
            "12",
            "0 months",
            "-1 years",
            "1.5 years",
            "2  years",
            "101 years",
            "a month",
        ] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
    }

    #[test]
    fn results_are_due_after_the_period() {
        let cycle = |kind, result| Cycle {
            kind,
            result,
            stands: Stands::UntilNext,
            display_working_days: 0,
            objection_working_days: 0,
            objection_trust: None,
        };
        let year = CycleKind::Year.containing(day("2024-05-06"));
        let due = cycle(CycleKind::Year, ResultDay::OfNextYear(4, 30)).result_day(year);
        assert_eq!(due, Some(day("2025-04-30")));
        let month = CycleKind::Month.containing(day("2025-01-31"));
        let due = cycle(CycleKind::Month, ResultDay::OfNextMonth(31)).result_day(month);
        assert_eq!(due, Some(day("2025-02-28")));
        let quarter = CycleKind::Quarter.containing(day("2024-12-31"));
        assert_eq!(
            (quarter.first, quarter.last),
            (day("2024-10-01"), day("2024-12-31"))
        );
        let due = cycle(CycleKind::Quarter, ResultDay::OfNextMonth(10)).result_day(quarter);
        assert_eq!(due, Some(day("2025-01-10")));
        assert_eq!(
            CycleKind::Quarter.before(quarter).unwrap().last,
            day("2024-09-30")
        );
    }
}
