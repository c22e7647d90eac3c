//! Attribution as a kind of data: `attribution/*.toml`.
//!
//! Read first: [`parse`].

use std::collections::HashMap;

use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use super::{Mistake, Policies};
use crate::domain::attribution::{Attribution, AttributionRule};
use crate::domain::catalog::{Catalog, SectorCode};
use crate::domain::record::RecordKind;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::title::ComparedName;

/// Attribution as a kind of data.
pub const KIND: Kind = Kind {
    name: "attribution",
    lies: Lies::In("attribution"),
    embedded: &[(
        "attribution/matters.toml",
        include_str!("../../policies/attribution/matters.toml"),
    )],
    parse: |files, policies: &mut Policies| {
        policies.attribution = parse(files, &policies.catalog)?;
        Ok(())
    },
};

/// Makes the data of its files; bodies and sectors are those of a catalogue.
///
/// # Errors
/// Every mistake found, by file and line.
pub fn parse(source: &DataFiles, catalog: &Catalog) -> Result<Attribution, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut rules = Vec::new();
    let codes = codes(catalog);
    for (name, content) in &source.files {
        let file = File::new(name, content);
        let document = file.document();
        let top = file.entry(&document);
        top.keys(&["standing", "trust", "rule"]);
        top.standing();
        for entry in top.entries("rule") {
            rules.extend(rule(&entry, &codes, catalog));
        }
        mistakes.extend(file.into_mistakes());
    }
    if mistakes.is_empty() {
        Ok(Attribution::new(rules))
    } else {
        Err(mistakes)
    }
}

/// Unified codes of bodies and departments by their short codes; a department that is a body has one.
fn codes(catalog: &Catalog) -> HashMap<String, SocialCreditCode> {
    let departments = catalog.departments().iter();
    let bodies = catalog.bodies().iter();
    departments
        .map(|one| (one.code.to_string(), one.social_credit_code))
        .chain(bodies.map(|one| (one.code.to_string(), one.social_credit_code)))
        .collect()
}

fn rule(
    entry: &Entry<'_>,
    codes: &HashMap<String, SocialCreditCode>,
    catalog: &Catalog,
) -> Option<AttributionRule> {
    entry.keys(&["bodies", "kind", "matters", "sectors", "from", "until"]);
    let named: Option<Vec<String>> = entry.list("bodies");
    let (kind, sectors): (_, Option<Vec<SectorCode>>) = (kind(entry), entry.list("sectors"));
    let matters: Option<Vec<String>> = if entry.has("matters") {
        entry.list("matters")
    } else {
        Some(Vec::new())
    };
    let (from, until) = entry.period()?;
    let mut bodies = Vec::new();
    for name in named? {
        match codes.get(&name) {
            Some(code) => bodies.push(*code),
            None => entry.mistake_at("bodies", format!("there is no body or department {name}")),
        }
    }
    let sectors = sectors?;
    for sector in &sectors {
        if catalog.sector(*sector).is_none() {
            entry.mistake_at("sectors", format!("there is no sector {sector}"));
        }
    }
    if sectors.is_empty() || bodies.is_empty() {
        entry.mistake_at("sectors", "a rule names at least one body and one sector");
    }
    let mut compared = Vec::new();
    for matter in matters? {
        match ComparedName::of(&matter) {
            Some(name) => compared.push(name),
            None => entry.mistake_at("matters", format!("`{matter}` is too vague")),
        }
    }
    Some(AttributionRule {
        bodies,
        kind: kind?,
        matters: compared,
        sectors,
        from,
        until,
    })
}

fn kind(entry: &Entry<'_>) -> Option<RecordKind> {
    let kind = match entry.text("kind")? {
        "penalty" => RecordKind::Penalty,
        "licence" => RecordKind::Licence,
        "listing" => RecordKind::Listing,
        "abnormal_listing" => RecordKind::AbnormalListing,
        "commendation" => RecordKind::Commendation,
        "evaluation" => RecordKind::Evaluation,
        "inspection_result" => RecordKind::InspectionResult,
        "ruling" => RecordKind::Ruling,
        _ => {
            entry.mistake_at("kind", "`kind` is one of the kinds of records, such as penalty");
            return None;
        }
    };
    Some(kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn built_in() -> (Catalog, Attribution) {
        let policies = Policies::built_in();
        (policies.catalog, policies.attribution)
    }

    #[test]
    fn every_sector_and_every_enforcement_body_occurs() {
        let (catalog, data) = built_in();
        let sectors: BTreeSet<SectorCode> = data
            .rules()
            .iter()
            .flat_map(|rule| rule.sectors.clone())
            .collect();
        let all: BTreeSet<SectorCode> = catalog.sectors().iter().map(|one| one.code).collect();
        assert_eq!(sectors, all);
        assert_eq!(sectors.len(), 43);
        let bodies: BTreeSet<SocialCreditCode> = data
            .rules()
            .iter()
            .filter(|rule| rule.kind == RecordKind::Penalty)
            .flat_map(|rule| rule.bodies.clone())
            .collect();
        for body in catalog.bodies() {
            assert!(bodies.contains(&body.social_credit_code), "{}", body.code);
        }
        assert_eq!(catalog.bodies().len(), 54);
    }

    #[test]
    fn a_general_matter_stays_unattributed() {
        let (catalog, data) = built_in();
        let police = catalog
            .bodies()
            .iter()
            .find(|body| body.code.as_str() == "GAJ")
            .expect("public security is a body");
        let on = "2024-01-01".parse().unwrap();
        let of = |matter| data.sectors(RecordKind::Penalty, &police.social_credit_code, Some(matter), on);
        assert_eq!(of("扰乱公共秩序"), []);
        assert_eq!(of("货运机动车超载").len(), 1);
    }

    #[track_caller]
    fn check(text: &str, line: Option<usize>, part: &str) {
        let (catalog, _) = built_in();
        let files = DataFiles {
            files: vec![("attribution/x.toml".to_owned(), text.as_bytes().to_vec())],
        };
        let mistakes = parse(&files, &catalog).unwrap_err();
        let found = mistakes
            .iter()
            .any(|mistake| mistake.line == line && mistake.text.contains(part));
        assert!(found, "{mistakes:?}");
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let head = "standing = \"construction\"\ntrust = \"C\"\n[[rule]]\n";
        let rule = |body: &str, kind: &str, sector: &str| {
            format!(
                "{head}bodies = [\"{body}\"]\nkind = \"{kind}\"\nsectors = [\"{sector}\"]\nfrom = 2004-01-01\n"
            )
        };
        check("", None, "empty");
        check(
            &rule("NOWHERE", "penalty", "TAX"),
            Some(4),
            "no body or department NOWHERE",
        );
        check(&rule("SWJ", "fine", "TAX"), Some(5), "one of the kinds");
        check(&rule("SWJ", "penalty", "NOWHERE"), Some(6), "no sector NOWHERE");
        let vague = rule("SWJ", "penalty", "TAX") + "matters = [\"*\"]\n";
        check(&vague, Some(8), "too vague");
    }
}
