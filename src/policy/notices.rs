//! Which decisions get a notice pair, its deadlines and numbers: `notices/*.toml`.
//!
//! Read first: [`parse`].

use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use super::records::origin;
use super::records::words::Word;
use super::{Mistake, Policies};
use crate::domain::catalog::Catalog;
use crate::domain::notice::Clock;
use crate::domain::notice_scope::{DeadlineRule, NoticeRules, NumberRule, ScopeRule};
use crate::domain::record::RecordKind;
use crate::domain::social_credit_code::SocialCreditCode;

/// The rules of the notice pair as a kind of data.
pub const KIND: Kind = Kind {
    name: "notices",
    lies: Lies::In("notices"),
    embedded: &[(
        "notices/rules.toml",
        include_str!("../../policies/notices/rules.toml"),
    )],
    parse: |files, policies: &mut Policies| {
        policies.notices = parse(files, &policies.catalog)?;
        Ok(())
    },
};

/// Most working days a clock may run.
const WORKING_DAYS_MAX: i64 = 250;

/// Makes the rules of their files.
///
/// # Errors
/// Every mistake found, by file and line.
pub fn parse(source: &DataFiles, catalog: &Catalog) -> Result<NoticeRules, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut rules = NoticeRules::default();
    for (name, content) in &source.files {
        let file = File::new(name, content);
        let document = file.document();
        let top = file.entry(&document);
        top.keys(&["history_layouts", "scope", "deadline", "number"]);
        rules
            .history_layouts
            .extend(top.list_if_any::<String>("history_layouts"));
        for entry in &top.entries_if_any("scope") {
            rules.scopes.extend(scope(entry, catalog, &rules.scopes));
        }
        for entry in &top.entries_if_any("deadline") {
            rules.deadlines.extend(deadline(entry, &rules.deadlines));
        }
        for entry in &top.entries_if_any("number") {
            rules.numbers.extend(number(entry, catalog, &rules.numbers));
        }
        mistakes.extend(file.into_mistakes());
    }
    if mistakes.is_empty() {
        Ok(rules)
    } else {
        Err(mistakes)
    }
}

/// The body of a rule, which is in the catalogue.
fn body(entry: &Entry<'_>, catalog: &Catalog) -> Option<SocialCreditCode> {
    let body = entry.parsed_if_any::<SocialCreditCode>("body")?;
    if catalog.body(&body).is_none() {
        entry.mistake_at("body", "no body of the catalogue has this code");
    }
    Some(body)
}

fn scope(entry: &Entry<'_>, catalog: &Catalog, before: &[ScopeRule]) -> Option<ScopeRule> {
    entry.keys(&[
        "name",
        "body",
        "kinds",
        "individual_businesses",
        "simple_procedure",
        "from",
        "until",
        "standing",
        "trust",
        "source",
    ]);
    let kinds = entry.list::<Word<RecordKind>>("kinds");
    let (individual, simple) = (
        entry.flag("individual_businesses"),
        entry.flag("simple_procedure"),
    );
    let rule = ScopeRule {
        body: body(entry, catalog),
        origin: origin(entry)?,
        kinds: kinds?.into_iter().map(|Word(kind)| kind).collect(),
        individual_businesses: individual?,
        simple_procedure: simple?,
    };
    for kind in &rule.kinds {
        if !matches!(kind, RecordKind::Penalty | RecordKind::Listing) {
            entry.mistake_at("kinds", "only penalties and listings have notices");
        }
    }
    let meets = |other: &&ScopeRule| other.body == rule.body && meet(&other.origin, &rule.origin);
    if before.iter().any(|other| meets(&other)) {
        entry.mistake_at(
            "from",
            "another scope of the same body holds on some of these days",
        );
    }
    Some(rule)
}

fn meet(one: &crate::domain::severity::Origin, other: &crate::domain::severity::Origin) -> bool {
    other.until.is_none_or(|end| one.from <= end) && one.until.is_none_or(|end| other.from <= end)
}

fn deadline(entry: &Entry<'_>, before: &[DeadlineRule]) -> Option<DeadlineRule> {
    entry.keys(&[
        "name",
        "clock",
        "working_days",
        "from",
        "until",
        "standing",
        "trust",
        "source",
    ]);
    let clock = entry.parsed::<Word<Clock>>("clock");
    let days = entry.number("working_days", 1..=WORKING_DAYS_MAX);
    let rule = DeadlineRule {
        origin: origin(entry)?,
        clock: clock?.0,
        working_days: u16::try_from(days?).ok()?,
    };
    let meets = |other: &DeadlineRule| other.clock == rule.clock && meet(&other.origin, &rule.origin);
    if before.iter().any(meets) {
        entry.mistake_at(
            "from",
            "another deadline of the same clock holds on some of these days",
        );
    }
    Some(rule)
}

fn number(entry: &Entry<'_>, catalog: &Catalog, before: &[NumberRule]) -> Option<NumberRule> {
    entry.keys(&["name", "body", "department", "form"]);
    entry.text("name")?;
    let rule = NumberRule {
        body: body(entry, catalog),
        department: entry.parsed_if_any("department"),
        form: entry.text("form")?.to_owned(),
    };
    if !rule.form.contains("{year}") || !rule.form.contains("{serial}") {
        entry.mistake_at(
            "form",
            "`form` has `{year}` and `{serial}`, so that no number is given twice",
        );
    }
    if rule.body.is_none() && !rule.form.contains("{body}") {
        entry.mistake_at(
            "form",
            "without `body` the form has `{body}`: bodies number their notices by themselves",
        );
    }
    let same = |other: &NumberRule| {
        other.form == rule.form || (other.body == rule.body && other.department == rule.department)
    };
    if before.iter().any(same) {
        entry.mistake_at("form", "another rule has this form, or is about the same bodies");
    }
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(change: impl Fn(&str) -> String) -> String {
        let text = change(include_str!("../../policies/notices/rules.toml"));
        let files = DataFiles {
            files: vec![("notices/rules.toml".to_owned(), text.into_bytes())],
        };
        let policies = Policies::built_in();
        parse(&files, &policies.catalog)
            .map_or_else(|mistakes| super::super::listed(&mistakes), |_| String::new())
    }

    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        let found = mistakes(|text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn the_built_in_rules_are_whole() {
        assert_eq!(mistakes(str::to_owned), "");
        let rules = Policies::built_in().notices;
        assert_eq!(rules.deadlines.len(), Clock::ALL.len());
        assert_eq!(rules.history_layouts, ["PENALTY_V1"]);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        check("\"listing\"", "\"licence\"", "only penalties and listings");
        check("〕{serial}号\"", "〕号\"", "so that no number is given twice");
        check(
            "信修告{body}",
            "信修告",
            "bodies number their notices by themselves",
        );
        check("working_days = 3", "working_days = 0", "working_days");
        check("clock = \"upload\"", "clock = \"delivery\"", "another deadline");
        check("individual_businesses = true\n", "", "individual_businesses");
        check("kinds =", "body = \"11150802MB0000000X\"\nkinds =", "body");
    }
}
