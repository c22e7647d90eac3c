//! The modes of delivery: `delivery/*.toml`.
//!
//! Read first: [`parse`].

use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use super::records::origin;
use super::records::words::Word;
use super::{Mistake, Policies};
use crate::domain::service_mode::{DeliveryModes, Mode, ModeRule, Need};

#[cfg(test)]
mod tests;

/// Longest announcement that a rule may ask for, in days.
const DAYS_MAX: i64 = 366;

/// The modes of delivery as a kind of data.
pub const KIND: Kind = Kind {
    name: "delivery",
    lies: Lies::In("delivery"),
    embedded: &[(
        "delivery/modes.toml",
        include_str!("../../policies/delivery/modes.toml"),
    )],
    parse: |files, policies: &mut Policies| {
        policies.delivery = parse(files)?;
        Ok(())
    },
};

/// Makes the modes of their files.
///
/// # Errors
/// Every mistake found, by file and line.
pub fn parse(source: &DataFiles) -> Result<DeliveryModes, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut rules: Vec<ModeRule> = Vec::new();
    for (name, content) in &source.files {
        let file = File::new(name, content);
        let document = file.document();
        let top = file.entry(&document);
        top.keys(&["mode"]);
        for entry in &top.entries("mode") {
            if let Some(rule) = rule(entry, &rules) {
                rules.push(rule);
            }
        }
        mistakes.extend(file.into_mistakes());
    }
    if mistakes.is_empty() {
        Ok(DeliveryModes { rules })
    } else {
        Err(mistakes)
    }
}

/// Reads a rule, which must not hold on the days of one `before` it about the same mode.
fn rule(entry: &Entry<'_>, before: &[ModeRule]) -> Option<ModeRule> {
    entry.keys(&[
        "name", "mode", "needs", "days", "after", "from", "until", "standing", "trust", "source",
    ]);
    let mode = entry.parsed::<Word<Mode>>("mode");
    let needs = entry.list::<Word<Need>>("needs");
    let after = entry.list_if_any::<Word<Mode>>("after");
    let days = entry.if_any("days", |entry, key| entry.number(key, 1..=DAYS_MAX));
    let origin = origin(entry);
    let (Word(mode), days) = (mode?, days?);
    let rule = ModeRule {
        origin: origin?,
        mode,
        needs: needs?.into_iter().map(|Word(need)| need).collect(),
        days: u16::try_from(days.unwrap_or(0)).expect("at most 366"),
        after: after.into_iter().map(|Word(mode)| mode).collect(),
    };
    if (rule.days > 0) != (mode == Mode::Announcement) {
        entry.mistake_at("mode", "an announcement has `days`, and no other mode has");
    }
    if !rule.needs.contains(&Need::Day) {
        entry.mistake_at("needs", "every mode needs `day`");
    }
    if rule.after.contains(&mode) {
        entry.mistake_at("after", "a mode does not come after itself");
    }
    let (from, until) = (rule.origin.from, rule.origin.until);
    let meets = |other: &&ModeRule| {
        other.mode == mode
            && other.origin.until.is_none_or(|end| from <= end)
            && until.is_none_or(|end| other.origin.from <= end)
    };
    if let Some(other) = before.iter().find(meets) {
        entry.mistake_at(
            "mode",
            format!(
                "`{}` holds for this mode from {}; end one where the other begins",
                other.origin.name, other.origin.from
            ),
        );
    }
    Some(rule)
}
