//! The working days of 2024, written down a second time so that the district's calendar is checked by it.
//!
//! Source: 国办发明电〔2023〕7号.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// Within how many working days after the decision a record is to be published.
///
/// Source: 发改办财金〔2018〕424号.
const TERM: usize = 7;

/// First and last day of each holiday, as (month, day).
const OFF: [((i8, i8), (i8, i8)); 7] = [
    ((1, 1), (1, 1)),
    ((2, 10), (2, 17)),
    ((4, 4), (4, 6)),
    ((5, 1), (5, 5)),
    ((6, 10), (6, 10)),
    ((9, 15), (9, 17)),
    ((10, 1), (10, 7)),
];
/// Saturdays and Sundays that are worked.
const MADE_UP: [(i8, i8); 8] = [
    (2, 4),
    (2, 18),
    (4, 7),
    (4, 28),
    (5, 11),
    (9, 14),
    (9, 29),
    (10, 12),
];

/// Says whether a day of 2024 is a working day.
pub fn is_working(day: Date) -> bool {
    assert_eq!(day.year(), 2024, "the table is of one year");
    let at = (day.month(), day.day());
    if MADE_UP.contains(&at) {
        return true;
    }
    let off = OFF.iter().any(|(from, until)| (*from..=*until).contains(&at));
    day.weekday().to_monday_one_offset() <= 5 && !off
}

/// The day that lies `count` working days before another, or the first working day of the year.
pub fn before(day: Date, count: usize) -> Date {
    let first = date(2024, 1, 2);
    let mut at = day;
    let mut left = count;
    while left > 0 && at > first {
        at -= 1.days();
        left -= usize::from(is_working(at));
    }
    at.max(first)
}

/// Says whether what was decided on a day of 2024 comes late on another day of it.
pub fn is_late(decided_on: Date, received_on: Date) -> bool {
    let mut term = 0;
    let mut day = decided_on;
    while term < TERM {
        day += 1.days();
        if day.year() > 2024 {
            return false;
        }
        term += usize::from(is_working(day));
    }
    received_on > day
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::civil_date::CivilDate;
    use crate::policy::Policies;

    #[test]
    fn the_districts_calendar_has_the_same_days_and_terms() {
        let calendar = Policies::built_in().calendar;
        let mut day = date(2024, 1, 1);
        let civil = |day: Date| day.to_string().parse::<CivilDate>().unwrap();
        let mut working = 0;
        while day.year() == 2024 {
            assert_eq!(Ok(is_working(day)), calendar.is_working(civil(day)), "{day}");
            working += usize::from(is_working(day));
            let due = calendar.add(civil(day), 7).unwrap();
            let last = date(2024, 12, 31);
            for received in [due, due.next().unwrap()] {
                let received: Date = received.to_string().parse().unwrap();
                if received <= last {
                    assert_eq!(is_late(day, received), civil(received) > due, "{day} {received}");
                }
            }
            day += 1.days();
        }
        assert_eq!(working, 251);
        assert_eq!(before(date(2024, 2, 19), 1), date(2024, 2, 18));
        assert_eq!(before(date(2024, 2, 18), 1), date(2024, 2, 9));
        assert_eq!(before(date(2024, 1, 4), 30), date(2024, 1, 2));
    }
}
