//! The working-day calendars: one file for each year, `calendars/<YEAR>.toml`.
//!
//! A file states how many working days its year has, and the count must come out. Read first: [`parse`].

use std::collections::BTreeMap;

use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use super::{Mistake, Policies};
use crate::domain::calendar::{CalendarYear, Holiday, WorkingDays};

#[cfg(test)]
mod tests;

/// The calendars as a kind of data.
pub const KIND: Kind = Kind {
    name: "calendars",
    lies: Lies::In("calendars"),
    embedded: &[
        (
            "calendars/2023.toml",
            include_str!("../../policies/calendars/2023.toml"),
        ),
        (
            "calendars/2024.toml",
            include_str!("../../policies/calendars/2024.toml"),
        ),
        (
            "calendars/2025.toml",
            include_str!("../../policies/calendars/2025.toml"),
        ),
        (
            "calendars/2026.toml",
            include_str!("../../policies/calendars/2026.toml"),
        ),
    ],
    parse: |files, policies: &mut Policies| {
        policies.calendar = parse(files)?;
        Ok(())
    },
};

/// Makes the calendar of its files.
///
/// # Errors
/// Every mistake found, by file and line.
pub fn parse(source: &DataFiles) -> Result<WorkingDays, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut years = Vec::new();
    let mut files = BTreeMap::new();
    for (name, content) in &source.files {
        let Some(calendar) = year(name, content, &mut mistakes) else {
            continue;
        };
        if let Some(earlier) = files.insert(calendar.year, name) {
            let text = format!("the year {} has a calendar in {earlier} already", calendar.year);
            mistakes.push(Mistake::whole(name, text));
        }
        years.push(calendar);
    }
    if source.files.is_empty() {
        mistakes.push(Mistake::whole("calendars", "there is no calendar"));
    }
    if mistakes.is_empty() {
        Ok(WorkingDays::new(years))
    } else {
        Err(mistakes)
    }
}

/// Reads the calendar of one year; `None` if anything about it is wrong.
fn year(name: &str, content: &[u8], mistakes: &mut Vec<Mistake>) -> Option<CalendarYear> {
    let file = File::new(name, content);
    let calendar = read(&file, name);
    let found = file.into_mistakes();
    let stands = found.is_empty();
    mistakes.extend(found);
    calendar.filter(|_| stands)
}

fn read(file: &File<'_>, name: &str) -> Option<CalendarYear> {
    let document = file.document();
    let top = file.entry(&document);
    top.keys(&["standing", "trust", "source", "year", "working_days", "holiday"]);
    let (standing, trust) = (top.standing(), top.trust());
    let source = top.text("source");
    let year = top.number("year", 1..=9998);
    let stated = top.number("working_days", 1..=366);
    let entries = top.entries("holiday");
    let year = i16::try_from(year?).expect("a year below 9999 fits");
    if name != format!("calendars/{year}.toml") {
        top.mistake_at(
            "year",
            format!("the calendar of {year} stands in calendars/{year}.toml"),
        );
    }
    let mut holidays: Vec<Holiday> = Vec::new();
    for entry in &entries {
        if let Some(one) = holiday(entry, year, &holidays) {
            holidays.push(one);
        }
    }
    let calendar = CalendarYear {
        year,
        holidays,
        source: source?.to_owned(),
        standing: standing?,
        trust: trust?,
    };
    let counted = calendar.working_days().len();
    if file.stands() && i64::try_from(counted).ok() != stated {
        top.mistake_at(
            "working_days",
            format!("the days given leave {counted} working days; correct the days or this number"),
        );
    }
    Some(calendar)
}

/// Reads a holiday, which must not touch those `before` it.
fn holiday(entry: &Entry<'_>, year: i16, before: &[Holiday]) -> Option<Holiday> {
    entry.keys(&["title_zh", "title_en", "from", "until", "make_up"]);
    let (title_zh, title_en) = (entry.text("title_zh"), entry.text("title_en"));
    let (period, make_up) = (entry.period(), entry.dates("make_up"));
    let (from, until) = period?;
    let (until, make_up) = (until.unwrap_or(from), make_up?);
    for (key, day) in [("from", from), ("until", until)] {
        if day.year() != year {
            entry.mistake_at(
                key,
                format!("{day} is not of {year}; put it into the file of its year"),
            );
        }
    }
    if let Some(other) = before.iter().find(|one| one.from <= until && from <= one.until) {
        entry.mistake_at("from", format!("these days belong to {} already", other.title_zh));
    }
    let worked = before.iter().flat_map(|one| &one.make_up);
    if let Some(day) = worked.into_iter().find(|day| from <= **day && **day <= until) {
        entry.mistake_at(
            "from",
            format!("{day} is made up for another holiday; it cannot be off too"),
        );
    }
    for day in &make_up {
        if day.year() != year {
            entry.mistake_at(
                "make_up",
                format!("{day} is not of {year}; put it into the file of its year"),
            );
        }
        if !day.is_weekend() {
            entry.mistake_at(
                "make_up",
                format!("{day} is no Saturday or Sunday, so nothing is made up on it"),
            );
        }
        let off = |one: &Holiday| one.from <= *day && *day <= one.until;
        if (from <= *day && *day <= until) || before.iter().any(off) {
            entry.mistake_at("make_up", format!("{day} is a day off; it cannot be worked too"));
        }
        if before.iter().any(|one| one.make_up.contains(day)) {
            entry.mistake_at("make_up", format!("{day} is made up for another holiday already"));
        }
    }
    Some(Holiday {
        title_zh: title_zh?.to_owned(),
        title_en: title_en?.to_owned(),
        from,
        until,
        make_up,
    })
}
