//! The rules of timeliness: `timeliness/*.toml`.
//!
//! Read first: [`parse`].

use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use super::{Mistake, Policies};
use crate::domain::timeliness::{Limit, Timeliness, TimelinessRule};

#[cfg(test)]
mod tests;

/// The rules of timeliness as a kind of data.
pub const KIND: Kind = Kind {
    name: "timeliness",
    lies: Lies::In("timeliness"),
    embedded: &[(
        "timeliness/rules.toml",
        include_str!("../../policies/timeliness/rules.toml"),
    )],
    parse: |files, policies: &mut Policies| {
        policies.timeliness = parse(files)?;
        Ok(())
    },
};

/// Makes the rules of their files.
///
/// # Errors
/// Every mistake found, by file and line.
pub fn parse(source: &DataFiles) -> Result<Timeliness, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut rules: Vec<TimelinessRule> = Vec::new();
    for (name, content) in &source.files {
        let file = File::new(name, content);
        let document = file.document();
        let top = file.entry(&document);
        top.keys(&["rule"]);
        for entry in &top.entries("rule") {
            if let Some(rule) = rule(entry, &rules) {
                rules.push(rule);
            }
        }
        mistakes.extend(file.into_mistakes());
    }
    if mistakes.is_empty() {
        Ok(Timeliness::new(rules))
    } else {
        Err(mistakes)
    }
}

/// Reads a rule, which must not hold on the same days for the same data as one `before` it.
fn rule(entry: &Entry<'_>, before: &[TimelinessRule]) -> Option<TimelinessRule> {
    entry.keys(&[
        "data",
        "from",
        "until",
        "working_days",
        "next_month_day",
        "source",
        "standing",
        "trust",
    ]);
    let (data, period) = (entry.list("data"), entry.period());
    let (source, standing, trust) = (entry.text("source"), entry.standing(), entry.trust());
    if entry.has("working_days") == entry.has("next_month_day") {
        entry.mistake_at("data", "a rule has either `working_days` or `next_month_day`");
        return None;
    }
    let limit = if entry.has("working_days") {
        let days = entry.number("working_days", 1..=250)?;
        Limit::WorkingDays(u32::try_from(days).ok()?)
    } else {
        let day = entry.number("next_month_day", 1..=31)?;
        Limit::NextMonth {
            day: u8::try_from(day).ok()?,
        }
    };
    let (from, until) = period?;
    let rule = TimelinessRule {
        data: data?,
        from,
        until,
        limit,
        source: source?.to_owned(),
        standing: standing?,
        trust: trust?,
    };
    if rule.data.is_empty() {
        entry.mistake_at("data", "`data` is empty");
    }
    let meets = |other: &&TimelinessRule| {
        other.until.is_none_or(|end| rule.from <= end) && rule.until.is_none_or(|end| other.from <= end)
    };
    for other in before.iter().filter(meets) {
        if let Some(kind) = rule.data.iter().find(|kind| other.data.contains(kind)) {
            let word = kind.word();
            entry.mistake_at(
                "data",
                format!(
                    "another rule holds for {word} from {}; end one where the other begins",
                    other.from
                ),
            );
        }
    }
    Some(rule)
}
