//! Civil dates and months: the days that the law counts, at the fixed offset +08:00.
//!
//! A civil date is no instant; the one bridge between them is [`CivilDate::of_instant`].

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::{Date, Weekday, date};

use super::revision::Instant;

const EPOCH: Date = date(1970, 1, 1);
const HOURS_PER_DAY: i64 = 24;
const NANOSECONDS_PER_DAY: i128 = 86_400_000_000_000;
/// China keeps one offset the whole year.
const OFFSET_NANOSECONDS: i128 = 8 * 3_600_000_000_000;

/// A day from 0001-01-01 to 9999-12-31, both included, written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(Date);

/// A text that is not `YYYY-MM-DD` or names a day that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not four, two and two ASCII digits with hyphens between.
    #[error("a date is written YYYY-MM-DD")]
    Shape,
    /// The calendar has no such day.
    #[error("the date does not exist")]
    NoSuchDay,
}

impl CivilDate {
    /// Makes a date of its parts.
    ///
    /// # Errors
    /// [`DateError::NoSuchDay`], also for years before 1 and after 9999.
    pub fn new(year: i16, month: u8, day: u8) -> Result<Self, DateError> {
        let part = |number: u8| i8::try_from(number).map_err(|_| DateError::NoSuchDay);
        if year < 1 {
            return Err(DateError::NoSuchDay);
        }
        Date::new(year, part(month)?, part(day)?)
            .map(Self)
            .map_err(|_| DateError::NoSuchDay)
    }

    /// Takes eight ASCII digits, `YYYYMMDD`, as they stand inside codes.
    ///
    /// # Errors
    /// [`DateError::Shape`] for anything but eight digits, [`DateError::NoSuchDay`].
    pub fn from_digits(digits: &[u8]) -> Result<Self, DateError> {
        if digits.len() != 8 || !digits.iter().all(u8::is_ascii_digit) {
            return Err(DateError::Shape);
        }
        let number = |part: &[u8]| {
            part.iter()
                .fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'))
        };
        let two = |part: &[u8]| u8::try_from(number(part)).expect("two digits are below 256");
        Self::new(number(&digits[..4]), two(&digits[4..6]), two(&digits[6..]))
    }

    /// Returns the day at +08:00 on which the instant falls.
    #[must_use]
    pub fn of_instant(instant: Instant) -> Self {
        let days = (i128::from(instant.0) + OFFSET_NANOSECONDS).div_euclid(NANOSECONDS_PER_DAY);
        let days = i32::try_from(days).expect("an i64 of nanoseconds spans 584 years");
        Self::from_days(days).expect("an i64 of nanoseconds lies between 1677 and 2262")
    }

    /// Returns the days since 1970-01-01, negative before it.
    #[must_use]
    pub fn days(self) -> i32 {
        let hours = self.0.duration_since(EPOCH).as_hours();
        i32::try_from(hours / HOURS_PER_DAY).expect("9999 years have fewer than 2^31 days")
    }

    /// Returns the day that lies `days` after 1970-01-01; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_days(days: i32) -> Option<Self> {
        let date = EPOCH
            .checked_add(SignedDuration::from_hours(i64::from(days) * HOURS_PER_DAY))
            .ok()?;
        (date.year() >= 1).then_some(Self(date))
    }

    /// Returns the number under which the day stands in table keys: days plus 2^31, so that keys sort.
    #[must_use]
    pub fn key(self) -> u32 {
        self.days().cast_unsigned() ^ (1 << 31)
    }

    /// Takes a number made by [`Self::key`]; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_key(key: u32) -> Option<Self> {
        Self::from_days((key ^ (1 << 31)).cast_signed())
    }

    /// Returns the day after; `None` after 9999-12-31.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.tomorrow().ok().map(Self)
    }

    /// Returns the day before; `None` before 0001-01-01.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        Self::from_days(self.days() - 1)
    }

    /// Says whether the day is a Saturday or a Sunday.
    #[must_use]
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// Returns the month of the year, from 1.
    #[must_use]
    pub fn month(self) -> u8 {
        self.0.month().cast_unsigned()
    }

    /// Returns the day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.0.day().cast_unsigned()
    }
}

impl FromStr for CivilDate {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let bytes: &[u8; 10] = text.as_bytes().try_into().map_err(|_| DateError::Shape)?;
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else {
            return Err(DateError::Shape);
        };
        Self::from_digits(&[y1, y2, y3, y4, m1, m2, d1, d2])
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A calendar month, written `YYYY-MM`, by which counts are grouped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month {
    first: CivilDate,
}

impl Month {
    /// Returns the month in which the day lies.
    #[must_use]
    pub fn of(day: CivilDate) -> Self {
        Self {
            first: CivilDate(day.0.first_of_month()),
        }
    }

    #[must_use]
    pub fn first_day(self) -> CivilDate {
        self.first
    }

    #[must_use]
    pub fn last_day(self) -> CivilDate {
        CivilDate(self.first.0.last_of_month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for Month {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let bytes: &[u8; 7] = text.as_bytes().try_into().map_err(|_| DateError::Shape)?;
        let [y1, y2, y3, y4, b'-', m1, m2] = *bytes else {
            return Err(DateError::Shape);
        };
        let first = CivilDate::from_digits(&[y1, y2, y3, y4, m1, m2, b'0', b'1'])?;
        Ok(Self { first })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i32, DateError>) {
        let parsed = text.parse::<CivilDate>();
        assert_eq!(parsed.map(CivilDate::days), expected, "{text}");
        if let Ok(date) = parsed {
            assert_eq!(date.to_string(), text);
            assert_eq!(CivilDate::from_days(date.days()), Some(date));
            assert_eq!(CivilDate::from_key(date.key()), Some(date));
        }
    }

    #[test]
    fn a_date_is_exactly_ten_characters_and_exists() {
        check("1970-01-01", Ok(0));
        check("1969-12-31", Ok(-1));
        check("2024-02-29", Ok(19_782));
        check("2000-02-29", Ok(11_016));
        check("0001-01-01", Ok(-719_162));
        check("9999-12-31", Ok(2_932_896));
        for missing in [
            "2023-02-29",
            "1900-02-29",
            "2024-04-31",
            "2024-13-01",
            "2024-00-10",
            "2024-01-00",
        ] {
            check(missing, Err(DateError::NoSuchDay));
        }
        check("0000-01-01", Err(DateError::NoSuchDay));
        for shape in [
            "",
            "2024-1-01",
            "20240101",
            "2024/01/01",
            "2024-01-01 ",
            " 2024-01-01",
            "+024-01-01",
        ] {
            check(shape, Err(DateError::Shape));
        }
        for shape in [
            "2024-01-0a",
            "2024-01-０",
            "-2024-1-01",
            "2024-01-01T00:00:00",
            "02024-01-01",
        ] {
            check(shape, Err(DateError::Shape));
        }
    }

    #[test]
    fn keys_sort_as_dates_do() {
        let keys = [
            "0001-01-01",
            "1969-12-31",
            "1970-01-01",
            "2024-11-05",
            "9999-12-31",
        ]
        .map(|text| text.parse::<CivilDate>().unwrap().key());
        assert!(keys.is_sorted());
        assert_eq!(keys[2], 1 << 31);
        assert_eq!(CivilDate::from_key(0), None);
        assert_eq!(CivilDate::from_key(u32::MAX), None);
    }

    #[test]
    fn the_day_of_an_instant_turns_at_sixteen_hours_utc() {
        let noon_to_midnight = 16 * 3_600_000_000_000_i64;
        let on = |nanoseconds| CivilDate::of_instant(Instant(nanoseconds)).to_string();
        assert_eq!(on(noon_to_midnight - 1), "1970-01-01");
        assert_eq!(on(noon_to_midnight), "1970-01-02");
        assert_eq!(on(0), "1970-01-01");
        assert_eq!(on(-8 * 3_600_000_000_000), "1970-01-01");
        assert_eq!(on(-8 * 3_600_000_000_000 - 1), "1969-12-31");
        assert_eq!(on(i64::MIN), "1677-09-21");
        assert_eq!(on(i64::MAX), "2262-04-12");
    }

    #[test]
    fn saturday_and_sunday_are_the_weekend() {
        let mut day: CivilDate = "2024-01-01".parse().unwrap();
        for expected in [false, false, false, false, false, true, true, false] {
            assert_eq!(day.is_weekend(), expected, "{day}");
            assert_eq!(day.next().unwrap().previous(), Some(day));
            day = day.next().unwrap();
        }
        assert_eq!("0001-01-01".parse::<CivilDate>().unwrap().previous(), None);
    }

    #[test]
    fn the_last_day_of_all_has_no_next() {
        let next = |text: &str| {
            text.parse::<CivilDate>()
                .unwrap()
                .next()
                .map(|day| day.to_string())
        };
        assert_eq!(next("2024-02-28").as_deref(), Some("2024-02-29"));
        assert_eq!(next("2024-12-31").as_deref(), Some("2025-01-01"));
        assert_eq!(next("9999-12-31"), None);
    }

    #[test]
    fn a_month_knows_its_ends() {
        let month: Month = "2024-02".parse().unwrap();
        assert_eq!(month.to_string(), "2024-02");
        assert_eq!(month.first_day().to_string(), "2024-02-01");
        assert_eq!(month.last_day().to_string(), "2024-02-29");
        assert_eq!(Month::of(month.last_day()), month);
        assert_eq!("2024-13".parse::<Month>(), Err(DateError::NoSuchDay));
        assert_eq!("2024-2".parse::<Month>(), Err(DateError::Shape));
    }
}
