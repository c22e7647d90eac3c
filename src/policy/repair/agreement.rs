//! What the files of the rules of repair must say together.

use crate::domain::record::{RecordKind, Severity};
use crate::domain::repair::{About, Path, RepairRules, TermRule, Version};
use crate::domain::severity::Origin;
use crate::policy::Mistake;

/// Checks that every decision meets a term, that settings do not contradict each other, and that a general
/// path is there.
pub fn check(rules: &RepairRules, mistakes: &mut Vec<Mistake>) {
    for version in rules.versions.iter().filter(|version| !version.is_plan) {
        for record in [RecordKind::Penalty, RecordKind::Listing] {
            covers(version, record, mistakes);
        }
    }
    let is_general = |version: &Version| version.path == Path::General && !version.is_plan;
    if !rules.versions.iter().any(is_general) {
        mistakes.push(Mistake::whole(
            "repair",
            "no file holds a version of the path general",
        ));
    }
    let origins = |name: &str, origins: Vec<&Origin>, mistakes: &mut Vec<Mistake>| {
        if origins.is_empty() {
            mistakes.push(Mistake::whole("repair", format!("no file holds a `[[{name}]]`")));
        }
        for (place, one) in origins.iter().enumerate() {
            for other in &origins[..place] {
                if meet(one, other) {
                    let text = format!(
                        "`[[{name}]]` `{}` holds on days of `{}`; end one where the other begins",
                        one.name, other.name
                    );
                    mistakes.push(Mistake::whole("repair", text));
                }
            }
        }
    };
    origins(
        "transition",
        rules.transitions.iter().map(|one| &one.origin).collect(),
        mistakes,
    );
    origins(
        "apply_from",
        rules.apply_from.iter().map(|one| &one.origin).collect(),
        mistakes,
    );
    origins(
        "shows_optional",
        rules.shows_optional.iter().map(|one| &one.origin).collect(),
        mistakes,
    );
    origins(
        "verification",
        rules.verification.iter().map(|one| &one.origin).collect(),
        mistakes,
    );
    for record in [RecordKind::Penalty, RecordKind::Listing] {
        let titles = rules
            .titles
            .iter()
            .filter(|one| one.record == record && one.department.is_none());
        origins("title", titles.map(|one| &one.origin).collect(), mistakes);
    }
}

fn meet(one: &Origin, other: &Origin) -> bool {
    other.until.is_none_or(|end| one.from <= end) && one.until.is_none_or(|end| other.from <= end)
}

/// Every decision of a kind must meet a term: either one that asks for nothing, or one for each level.
fn covers(version: &Version, record: RecordKind, mistakes: &mut Vec<Mistake>) {
    let terms = || version.terms.iter().filter(|term| term.record == record);
    let by_level_alone = |term: &TermRule, severity: Option<Severity>| {
        let alone = About {
            severity,
            ..About::default()
        };
        term.about == alone
    };
    if terms().next().is_none() || terms().any(|term| by_level_alone(term, None)) {
        return;
    }
    for severity in Severity::ALL {
        if !terms().any(|term| by_level_alone(term, Some(*severity))) {
            mistakes.push(Mistake::whole(
                "repair",
                format!(
                    "version `{}` has no term for a decision of level {severity:?}",
                    version.code
                ),
            ));
        }
    }
    if version.severity_default.is_none() {
        let text = format!(
            "version `{}` has terms by level and no `[default_severity]`",
            version.code
        );
        mistakes.push(Mistake::whole("repair", text));
    }
}
