//! The editions of the national lists: one file for each, `editions/<LIST>-<YEAR>.toml`.
//!
//! Read first: [`parse`].

use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use super::{Mistake, Policies};
use crate::domain::edition::{self, Edition, Editions, NationalList};

#[cfg(test)]
mod tests;

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../policies/", $name)))),+]
    };
}

/// The editions as a kind of data.
pub const KIND: Kind = Kind {
    name: "editions",
    lies: Lies::In("editions"),
    embedded: embedded![
        "editions/credit-catalogue-2021.toml",
        "editions/credit-catalogue-2022.toml",
        "editions/credit-catalogue-2024.toml",
        "editions/punishment-measures-2021.toml",
        "editions/punishment-measures-2022.toml",
        "editions/punishment-measures-2024.toml",
    ],
    parse: |files, policies: &mut Policies| {
        policies.editions = parse(files)?;
        Ok(())
    },
};

/// Makes the editions of their files.
///
/// # Errors
/// Every mistake found, by file and line.
pub fn parse(source: &DataFiles) -> Result<Editions, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut editions: Vec<(&str, Edition)> = Vec::new();
    for (name, content) in &source.files {
        let file = File::new(name, content);
        let read = edition(&file);
        let found = file.into_mistakes();
        if let (Some(edition), true) = (read, found.is_empty()) {
            let overlap = editions.iter().find(|(_, other)| overlaps(other, &edition));
            if let Some((earlier, _)) = overlap {
                let text = format!("{earlier} is in force on the same days; end one where the other begins");
                mistakes.push(Mistake::whole(name, text));
            }
            editions.push((name, edition));
        }
        mistakes.extend(found);
    }
    if mistakes.is_empty() {
        Ok(Editions::new(
            editions.into_iter().map(|(_, edition)| edition).collect(),
        ))
    } else {
        Err(mistakes)
    }
}

fn overlaps(one: &Edition, other: &Edition) -> bool {
    one.list == other.list && (one.stands_on(other.from) || other.stands_on(one.from))
}

fn edition(file: &File<'_>) -> Option<Edition> {
    let document = file.document();
    let top = file.entry(&document);
    top.keys(&[
        "standing",
        "trust",
        "source",
        "list",
        "edition",
        "title_zh",
        "title_en",
        "from",
        "until",
        "entry_count",
        "complete",
        "entry",
    ]);
    let (standing, trust, source) = (top.standing(), top.trust(), top.text("source"));
    let list = top.text("list").and_then(NationalList::of_word);
    if list.is_none() {
        top.mistake_at("list", "`list` is one of credit_catalogue, punishment_measures");
    }
    let name = top.text("edition");
    if name.is_some_and(|name| name.len() != 4 || !name.bytes().all(|byte| byte.is_ascii_digit())) {
        top.mistake_at("edition", "an edition is called by a year of four digits");
    }
    let (title_zh, title_en, period) = (top.text("title_zh"), top.text("title_en"), top.period());
    let (count, complete) = (top.number("entry_count", 1..=1_000), top.flag("complete"));
    let mut entries: Vec<edition::Entry> = Vec::new();
    for row in top.entries_if_any("entry") {
        if let Some(one) = entry(&row) {
            if entries.iter().any(|other| other.code == one.code) {
                row.mistake_at("code", format!("{} stands twice", one.code));
            }
            entries.push(one);
        }
    }
    let (count, complete) = (usize::try_from(count?).unwrap_or(usize::MAX), complete?);
    if complete && entries.len() != count && file.stands() {
        let text = format!(
            "{} entries are listed; correct this number, or say `complete = false`",
            entries.len()
        );
        top.mistake_at("entry_count", text);
    }
    if entries.len() > count {
        top.mistake_at("entry_count", format!("{} entries are listed", entries.len()));
    }
    let (from, until) = period?;
    Some(Edition {
        list: list?,
        edition: name?.to_owned(),
        title_zh: title_zh?.to_owned(),
        title_en: title_en?.to_owned(),
        from,
        until,
        entry_count: u32::try_from(count).ok()?,
        is_complete: complete,
        entries,
        source: source?.to_owned(),
        standing: standing?,
        trust: trust?,
    })
}

fn entry(row: &Entry<'_>) -> Option<edition::Entry> {
    row.keys(&["code", "title_zh", "title_en", "trust"]);
    let (code, trust) = (row.parsed("code"), row.trust());
    let (title_zh, title_en) = (row.text("title_zh"), row.text("title_en"));
    Some(edition::Entry {
        code: code?,
        title_zh: title_zh?.to_owned(),
        title_en: title_en?.to_owned(),
        trust: trust?,
    })
}
