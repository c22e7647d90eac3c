//! Clocks in working days: deadlines that can be suspended, and what a changed calendar moves.
//!
//! The day from which a clock runs is not counted, and no suspended day is. A year without a calendar gives
//! an estimate that says so, never a silent count of Mondays to Fridays. Read first: [`Clock::due`].
//!
//! Source: `domain.md` 11.

use super::calendar::{CalendarYear, NoCalendar, WorkingDays};
use super::catalog::Standing;
use super::civil_date::CivilDate;
use super::trust::Trust;

/// Days on which a clock stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// First day that does not count.
    pub from: CivilDate,
    /// Last day that does not count; `None` while it lasts.
    pub until: Option<CivilDate>,
}

/// A period of working days, and when it stood still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The day of the event; itself not counted.
    pub from: CivilDate,
    /// Length, in working days.
    pub working_days: u32,
    /// In the order of their first days, without overlap; see [`Clock::suspend`].
    pauses: Vec<Pause>,
}

/// When a clock runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At the end of this day.
    On(CivilDate),
    /// It stands still, with so many working days left.
    Suspended { left: u32 },
    /// It runs into a year without calendar. The estimate counts that year's Mondays to Fridays.
    Unknown { year: i16, estimate: CivilDate },
    /// It would run out after the year 9999.
    Never,
}

/// Why a clock cannot be suspended or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PauseError {
    /// It stands still already.
    #[error("the clock is suspended already, since {0}")]
    Suspended(CivilDate),
    /// It runs.
    #[error("the clock is not suspended")]
    Running,
    /// A pause begins or ends before what is known of the clock.
    #[error("{0} lies before the clock's last change")]
    Before(CivilDate),
}

impl Clock {
    /// Starts a clock on the day of an event, which is not counted.
    #[must_use]
    pub fn new(from: CivilDate, working_days: u32) -> Self {
        Self {
            from,
            working_days,
            pauses: Vec::new(),
        }
    }

    /// Returns its pauses, in order.
    #[must_use]
    pub fn pauses(&self) -> &[Pause] {
        &self.pauses
    }

    /// Says whether it stands still.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.pauses.last().is_some_and(|pause| pause.until.is_none())
    }

    /// Stops it from a day on, which no longer counts.
    ///
    /// # Errors
    /// [`PauseError::Suspended`], [`PauseError::Before`] for a day before the clock or its last pause.
    pub fn suspend(&mut self, from: CivilDate) -> Result<(), PauseError> {
        let earliest = match self.pauses.last() {
            None => self.from,
            Some(Pause {
                until: Some(until), ..
            }) => *until,
            Some(Pause { from, until: None }) => return Err(PauseError::Suspended(*from)),
        };
        if from < earliest {
            return Err(PauseError::Before(from));
        }
        self.pauses.push(Pause { from, until: None });
        Ok(())
    }

    /// Lets it run again: `on` is the first day that counts.
    ///
    /// # Errors
    /// [`PauseError::Running`], [`PauseError::Before`] for a day before the pause.
    pub fn resume(&mut self, on: CivilDate) -> Result<(), PauseError> {
        let pause = self.pauses.last_mut().filter(|pause| pause.until.is_none());
        let pause = pause.ok_or(PauseError::Running)?;
        if on <= pause.from {
            // Nothing was suspended when it resumes on the day on which it was to stop.
            if on < pause.from {
                return Err(PauseError::Before(on));
            }
            self.pauses.pop();
            return Ok(());
        }
        pause.until = on.previous();
        Ok(())
    }

    /// Returns when it runs out by a calendar.
    #[must_use]
    pub fn due(&self, calendar: &WorkingDays) -> Due {
        let missing = match self.run(calendar) {
            Ok(due) => return due,
            Err(missing) => missing,
        };
        let mut known = calendar.clone();
        let mut lacking = missing;
        // A clock of a few weeks, however often suspended, meets few years; each round adds the next one.
        loop {
            match estimated(&known, lacking.year) {
                Some(filled) => known = filled,
                None => return Due::Never,
            }
            match self.run(&known) {
                Ok(Due::On(estimate)) => {
                    return Due::Unknown {
                        year: missing.year,
                        estimate,
                    };
                }
                Ok(due) => return due,
                Err(NoCalendar { year }) if year <= lacking.year => return Due::Never,
                Err(next) => lacking = next,
            }
        }
    }

    fn run(&self, calendar: &WorkingDays) -> Result<Due, NoCalendar> {
        let mut left = self.working_days;
        let mut counted_to = self.from;
        for pause in &self.pauses {
            if left == 0 {
                break;
            }
            if let Some(last) = pause.from.previous().filter(|last| *last > counted_to) {
                let ran = calendar.between(counted_to, last)?;
                if ran >= left {
                    break;
                }
                left -= ran;
            }
            match pause.until {
                None => return Ok(Due::Suspended { left }),
                Some(until) => counted_to = counted_to.max(until),
            }
        }
        calendar.add(counted_to, left).map(Due::On)
    }

    /// Returns what a changed calendar moves: the ends by the one before and by the one after, where they
    /// differ. Asked of open clocks only; a closed one stays as it was closed.
    #[must_use]
    pub fn moved(&self, before: &WorkingDays, after: &WorkingDays) -> Option<(Due, Due)> {
        let (old, new) = (self.due(before), self.due(after));
        (old != new).then_some((old, new))
    }
}

/// A calendar with a year of Mondays to Fridays put in; `None` outside the years that there are.
fn estimated(calendar: &WorkingDays, year: i16) -> Option<WorkingDays> {
    CivilDate::new(year, 1, 1).ok()?;
    let mut years: Vec<CalendarYear> = calendar.years().cloned().collect();
    years.push(CalendarYear {
        year,
        holidays: Vec::new(),
        source: "estimate".to_owned(),
        standing: Standing::Construction,
        trust: Trust::Constructed,
    });
    Some(WorkingDays::new(years))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Holiday;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    /// 2026 with its Spring Festival; 2026-02-12 is a Thursday.
    fn calendar(make_up: &[&str]) -> WorkingDays {
        WorkingDays::new(vec![CalendarYear {
            year: 2026,
            holidays: vec![Holiday {
                title_zh: "春节".to_owned(),
                title_en: "Spring Festival".to_owned(),
                from: day("2026-02-15"),
                until: day("2026-02-23"),
                make_up: make_up.iter().copied().map(day).collect(),
            }],
            source: "test".to_owned(),
            standing: Standing::Construction,
            trust: Trust::Constructed,
        }])
    }

    #[track_caller]
    fn check(clock: &Clock, expected: Due) {
        assert_eq!(clock.due(&calendar(&["2026-02-14", "2026-02-28"])), expected);
    }

    fn on(text: &str) -> Due {
        Due::On(day(text))
    }

    #[test]
    fn a_clock_that_never_stood_still_ends_as_the_calendar_says() {
        for (from, working_days, end) in [
            ("2026-02-12", 0, "2026-02-12"),
            ("2026-02-12", 1, "2026-02-13"),
            ("2026-02-12", 3, "2026-02-24"),
            ("2026-02-12", 7, "2026-02-28"),
            ("2026-02-13", 10, "2026-03-05"),
        ] {
            check(&Clock::new(day(from), working_days), on(end));
        }
    }

    #[test]
    fn suspended_days_do_not_count() {
        // Three days from Monday the 2nd: the 3rd, 4th, 5th.
        let mut clock = Clock::new(day("2026-03-02"), 3);
        check(&clock, on("2026-03-05"));
        clock.suspend(day("2026-03-04")).unwrap();
        assert!(clock.is_suspended());
        check(&clock, Due::Suspended { left: 2 });
        clock.resume(day("2026-03-09")).unwrap();
        check(&clock, on("2026-03-10"));
        // A second pause, over a weekend alone, takes nothing.
        clock.suspend(day("2026-03-10")).unwrap();
        check(&clock, Due::Suspended { left: 1 });
        clock.resume(day("2026-03-11")).unwrap();
        check(&clock, on("2026-03-11"));
        assert_eq!(clock.pauses().len(), 2);
    }

    #[test]
    fn a_pause_over_days_off_alone_moves_nothing_and_one_after_the_end_neither() {
        let mut clock = Clock::new(day("2026-03-05"), 2);
        check(&clock, on("2026-03-09"));
        clock.suspend(day("2026-03-07")).unwrap();
        clock.resume(day("2026-03-09")).unwrap();
        check(&clock, on("2026-03-09"));
        clock.suspend(day("2026-03-10")).unwrap();
        check(&clock, on("2026-03-09"));
    }

    #[test]
    fn a_clock_suspended_on_its_first_day_has_all_its_days_left() {
        let mut clock = Clock::new(day("2026-03-02"), 7);
        clock.suspend(day("2026-03-02")).unwrap();
        check(&clock, Due::Suspended { left: 7 });
        clock.resume(day("2026-03-16")).unwrap();
        check(&clock, on("2026-03-24"));
    }

    #[test]
    fn a_pause_has_an_order() {
        let mut clock = Clock::new(day("2026-03-02"), 7);
        assert_eq!(clock.resume(day("2026-03-03")), Err(PauseError::Running));
        let before = day("2026-03-01");
        assert_eq!(clock.suspend(before), Err(PauseError::Before(before)));
        clock.suspend(day("2026-03-04")).unwrap();
        assert_eq!(
            clock.suspend(day("2026-03-05")),
            Err(PauseError::Suspended(day("2026-03-04")))
        );
        let early = day("2026-03-03");
        assert_eq!(clock.resume(early), Err(PauseError::Before(early)));
        // Resumed on the very day on which it was to stop: it never stood still.
        clock.resume(day("2026-03-04")).unwrap();
        assert_eq!(clock.pauses(), []);
        check(&clock, on("2026-03-11"));
    }

    #[test]
    fn a_year_without_calendar_is_an_estimate_that_says_so() {
        // 2026-12-22 is a Tuesday: seven days end on the last of the year, eight reach into the next.
        check(&Clock::new(day("2026-12-22"), 7), on("2026-12-31"));
        check(
            &Clock::new(day("2026-12-22"), 8),
            Due::Unknown {
                year: 2027,
                estimate: day("2027-01-01"),
            },
        );
        check(
            &Clock::new(day("2026-12-22"), 300),
            Due::Unknown {
                year: 2027,
                estimate: day("2028-02-15"),
            },
        );
        let mut clock = Clock::new(day("2026-12-22"), 8);
        clock.suspend(day("2026-12-23")).unwrap();
        check(&clock, Due::Suspended { left: 8 });
        check(&Clock::new(day("9999-12-31"), 1), Due::Never);
    }

    #[test]
    fn a_changed_calendar_moves_the_clocks_that_meet_the_change_and_no_other() {
        let (before, after) = (calendar(&["2026-02-14", "2026-02-28"]), calendar(&["2026-02-14"]));
        let moved = Clock::new(day("2026-02-12"), 7).moved(&before, &after);
        assert_eq!(moved, Some((on("2026-02-28"), on("2026-03-02"))));
        assert_eq!(Clock::new(day("2026-02-12"), 3).moved(&before, &after), None);
        assert_eq!(Clock::new(day("2026-03-02"), 7).moved(&before, &after), None);
        // A year that comes in makes an estimate a day.
        let mut years: Vec<CalendarYear> = before.years().cloned().collect();
        years.push(CalendarYear {
            year: 2027,
            ..years[0].clone()
        });
        years[1].holidays.clear();
        let later = WorkingDays::new(years);
        assert_eq!(
            Clock::new(day("2026-12-22"), 8).moved(&before, &later),
            Some((
                Due::Unknown {
                    year: 2027,
                    estimate: day("2027-01-01")
                },
                on("2027-01-01")
            ))
        );
    }
}
