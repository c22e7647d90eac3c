//! The rule sets of the sectors: one file for each, `rules/<SECTOR>.toml` or `rules/<SECTOR>-<ANY>.toml`.
//!
//! What a file may say is told in `docs/rules-language.md`. Read first: [`parse`].

use sha2::{Digest, Sha256};

use super::data::{DataFiles, Kind, Lies};
use super::reader::File;
use super::{Mistake, Policies};
use crate::domain::catalog::{Catalog, SectorCode};
use crate::domain::edition::Editions;
use crate::domain::layout::Layouts;
use crate::domain::rules::{RuleSet, RuleSets};

mod agreement;
mod cases;
mod coverage;
mod entries;
pub mod expression;
mod names;
mod outcomes;
mod points;
mod sense;
mod top;

#[cfg(test)]
mod district_tests;
#[cfg(test)]
mod tests;

pub use agreement::uncovered;

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../policies/", $name)))),+]
    };
}

/// The rule sets as a kind of data. Sectors without a file are no mistake; [`uncovered`] names them.
pub const KIND: Kind = Kind {
    name: "rules",
    lies: Lies::In("rules"),
    embedded: embedded![
        "rules/AGRI_INPUT.toml",
        "rules/AGRI_QUAL.toml",
        "rules/BIDDING.toml",
        "rules/CATERING.toml",
        "rules/COMMERCE.toml",
        "rules/CONSTR.toml",
        "rules/CULT_TOUR.toml",
        "rules/DRUG_DEV.toml",
        "rules/DRV_TRAIN.toml",
        "rules/ECOMMERCE.toml",
        "rules/EDU_TRAIN-2025.toml",
        "rules/EDU_TRAIN.toml",
        "rules/ELDERLY.toml",
        "rules/ENERGY.toml",
        "rules/ENV.toml",
        "rules/FIRE.toml",
        "rules/FOOD_PROD.toml",
        "rules/FOOD_SALE.toml",
        "rules/FOREST.toml",
        "rules/GOV_PROC.toml",
        "rules/HEALTH.toml",
        "rules/HOUS_FUND.toml",
        "rules/HR_SERV.toml",
        "rules/LABOUR.toml",
        "rules/LAND_MINE.toml",
        "rules/LEGAL.toml",
        "rules/LOCAL_FIN.toml",
        "rules/MED_INS.toml",
        "rules/MKT_GEN.toml",
        "rules/POST.toml",
        "rules/PROD_QUAL.toml",
        "rules/PROPERTY.toml",
        "rules/REALTY.toml",
        "rules/ROAD_FRT.toml",
        "rules/ROAD_PASS.toml",
        "rules/SOC_ORG.toml",
        "rules/SPEC_EQUIP.toml",
        "rules/STATS.toml",
        "rules/TAX-2025.toml",
        "rules/TAX.toml",
        "rules/TOBACCO.toml",
        "rules/URBAN.toml",
        "rules/UTILITY.toml",
        "rules/WATER.toml",
        "rules/WORK_SAFE-2024H2.toml",
        "rules/WORK_SAFE.toml",
    ],
    parse: |files, policies: &mut Policies| {
        let context = Context {
            beside: Some((&policies.catalog, &policies.editions)),
            lists: Some(&policies.layouts),
        };
        policies.rules = read(files, &context)?;
        Ok(())
    },
};

/// Makes the rule sets of their files, whatever the lists of values are.
///
/// # Errors
/// Every mistake found, by file, line and, inside conditions, column. A file with mistakes does not keep
/// the others from being read; whether they agree is checked among those that stand.
pub fn parse(source: &DataFiles, catalog: &Catalog, editions: &Editions) -> Result<RuleSets, Vec<Mistake>> {
    let context = Context {
        beside: Some((catalog, editions)),
        lists: None,
    };
    read(source, &context)
}

fn read(source: &DataFiles, context: &Context<'_>) -> Result<RuleSets, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut all: Vec<RuleSet> = Vec::new();
    for (name, content) in &source.files {
        let file = File::new(name, content);
        let read = top::rule_set(&file, context, name);
        let found = file.into_mistakes();
        if let (Some(rules), true) = (read, found.is_empty()) {
            all.push(RuleSet {
                sha256: Sha256::digest(content).into(),
                ..rules
            });
        }
        mistakes.extend(found);
    }
    mistakes.extend(agreement::disagreements(&all, &mistakes));
    if mistakes.is_empty() {
        Ok(RuleSets::new(all))
    } else {
        Err(mistakes)
    }
}

/// Makes one rule set of its file as it was adopted, without the data it was checked against then.
///
/// # Errors
/// Every mistake of the file itself.
pub fn adopted(name: &str, content: &[u8]) -> Result<RuleSet, Vec<Mistake>> {
    let file = File::new(name, content);
    let read = top::rule_set(&file, &Context::default(), name);
    let mistakes = file.into_mistakes();
    match read {
        Some(rules) if mistakes.is_empty() => Ok(RuleSet {
            sha256: Sha256::digest(content).into(),
            ..rules
        }),
        Some(_) | None => Err(mistakes),
    }
}

/// What a rule set rests on beside its file; nothing for one that was adopted, and so checked, before.
#[derive(Default)]
struct Context<'a> {
    beside: Option<(&'a Catalog, &'a Editions)>,
    /// The lists of values of records.
    lists: Option<&'a Layouts>,
}

impl Context<'_> {
    fn knows(&self, sector: SectorCode) -> bool {
        self.beside
            .is_none_or(|(catalog, _)| catalog.sector(sector).is_some())
    }
}
