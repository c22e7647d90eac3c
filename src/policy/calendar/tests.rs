use super::*;
use crate::domain::calendar::NoCalendar;
use crate::domain::civil_date::CivilDate;

fn built_in() -> WorkingDays {
    Policies::built_in().calendar
}

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

/// The built-in files with one replacement in one file, which must take place.
fn changed(name: &str, from: &str, to: &str) -> DataFiles {
    let mut source = KIND.built_in();
    let (_, content) = source.files.iter_mut().find(|(other, _)| other == name).unwrap();
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains(from), "{name} lacks {from}");
    *content = text.replacen(from, to, 1).into_bytes();
    source
}

#[track_caller]
fn check(source: &DataFiles, expected: &[&str]) {
    let mistakes: Vec<String> = parse(source)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(mistakes, expected);
}

#[test]
fn the_years_have_the_working_days_that_are_known() {
    let days = built_in();
    let years: Vec<i16> = days.years().map(|one| one.year).collect();
    assert_eq!(years, [2023, 2024, 2025, 2026]);
    assert_eq!(days.count_of(2024), Ok(251));
    for (year, months) in [
        (2025, [19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23]),
        (2026, [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23]),
    ] {
        assert_eq!(days.count_of(year), Ok(248));
        for (month, expected) in (1..).zip(months) {
            let last = CivilDate::new(year, month, 1).unwrap().previous().unwrap();
            let next = if month == 12 {
                CivilDate::new(year + 1, 1, 1)
            } else {
                CivilDate::new(year, month + 1, 1)
            };
            let end = next.unwrap().previous().unwrap();
            assert_eq!(days.between(last, end), Ok(expected), "{year}-{month}");
        }
    }
}

/// Every row of `domain.md` 11: the start, and the days 1, 3, 7, 10 and 20 working days later.
#[test]
fn periods_end_on_the_days_that_are_known() {
    let days = built_in();
    for (start, ends) in [
        ("2025-01-22", ["01-23", "01-26", "02-07", "02-11", "02-25"]),
        ("2025-01-24", ["01-26", "02-05", "02-10", "02-13", "02-27"]),
        ("2025-09-26", ["09-28", "09-30", "10-13", "10-16", "10-30"]),
        ("2026-02-12", ["02-13", "02-24", "02-28", "03-04", "03-18"]),
        ("2026-02-13", ["02-14", "02-25", "03-02", "03-05", "03-19"]),
        ("2026-04-30", ["05-06", "05-08", "05-13", "05-18", "06-01"]),
        ("2026-09-18", ["09-20", "09-22", "09-29", "10-09", "10-22"]),
        ("2026-09-28", ["09-29", "10-08", "10-13", "10-16", "10-30"]),
        ("2026-11-23", ["11-24", "11-26", "12-02", "12-07", "12-21"]),
    ] {
        for (count, end) in [1, 3, 7, 10, 20].into_iter().zip(ends) {
            let end = day(&format!("{}-{end}", &start[..4]));
            assert_eq!(days.add(day(start), count), Ok(end), "{start} + {count}");
            assert_eq!(days.between(day(start), end), Ok(count), "{start} to {end}");
        }
    }
}

#[test]
fn a_period_that_reaches_2027_is_an_error_from_2026_12_23_on() {
    let days = built_in();
    assert_eq!(days.add(day("2026-12-22"), 7), Ok(day("2026-12-31")));
    assert_eq!(days.add(day("2026-12-23"), 7), Err(NoCalendar { year: 2027 }));
    assert_eq!(days.is_working(day("2027-01-04")), Err(NoCalendar { year: 2027 }));
    assert_eq!(
        days.between(day("2026-12-23"), day("2027-01-04")),
        Err(NoCalendar { year: 2027 })
    );
}

#[test]
fn a_wrong_file_is_named_with_line_and_remedy() {
    let file = "calendars/2025.toml";
    check(
        &changed(file, "working_days = 248", "working_days = 250"),
        &["calendars/2025.toml:7: the days given leave 248 working days; correct the days or this number"],
    );
    let of_2024 = parse(&changed(file, "year = 2025", "year = 2024")).unwrap_err();
    assert_eq!(
        of_2024[0].to_string(),
        "calendars/2025.toml:6: the calendar of 2024 stands in calendars/2024.toml"
    );
    assert_eq!(
        of_2024[1].to_string(),
        "calendars/2025.toml:12: 2025-01-01 is not of 2024; put it into the file of its year"
    );
    check(
        &changed(file, "2025-01-26, 2025-02-08", "2025-01-27, 2025-02-08"),
        &["calendars/2025.toml:21: 2025-01-27 is no Saturday or Sunday, so nothing is made up on it"],
    );
    check(
        &changed(file, "2025-01-26, 2025-02-08", "2025-02-02, 2025-02-08"),
        &["calendars/2025.toml:21: 2025-02-02 is a day off; it cannot be worked too"],
    );
    check(
        &changed(file, "from = 2025-04-04", "from = 2025-02-04"),
        &[
            "calendars/2025.toml:26: these days belong to 春节 already",
            "calendars/2025.toml:26: 2025-02-08 is made up for another holiday; it cannot be off too",
        ],
    );
    check(
        &changed(file, "[2025-04-27]", "[2025-01-26]"),
        &["calendars/2025.toml:35: 2025-01-26 is made up for another holiday already"],
    );
    check(
        &changed(file, "trust = \"K\"", "trust = \"X\""),
        &["calendars/2025.toml:4: `trust` is one of S, K, C, D"],
    );
    check(
        &changed(file, "source = \"国办发明电〔2024〕12号\"\n", ""),
        &["calendars/2025.toml:1: `source` is missing"],
    );
}

#[test]
fn one_year_has_one_calendar() {
    let mut source = KIND.built_in();
    let again = source.files[1].1.clone();
    source.files.push(("calendars/2024-b.toml".to_owned(), again));
    check(
        &source,
        &["calendars/2024-b.toml:8: the calendar of 2024 stands in calendars/2024.toml"],
    );
    check(
        &DataFiles { files: Vec::new() },
        &["calendars: there is no calendar"],
    );
}
