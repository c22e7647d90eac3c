//! All rule sets, by sector and day.

use super::RuleSet;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::revision::Revision;

/// The rule sets that are adopted. Those of one sector do not overlap, which is the maker's to check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSets {
    all: Vec<RuleSet>,
}

impl RuleSets {
    #[must_use]
    pub fn new(mut all: Vec<RuleSet>) -> Self {
        all.sort_by_key(|rules| (rules.sector, rules.from));
        Self { all }
    }

    /// The rule sets, by sector and first day.
    #[must_use]
    pub fn all(&self) -> &[RuleSet] {
        &self.all
    }

    /// Returns the rule set by which a sector is graded on a day.
    #[must_use]
    pub fn of(&self, sector: SectorCode, day: CivilDate) -> Option<&RuleSet> {
        let begin = self.all.partition_point(|rules| rules.sector < sector);
        let own = self.all[begin..]
            .iter()
            .take_while(|rules| rules.sector == sector);
        own.filter(|rules| rules.stands_on(day)).last()
    }

    /// Returns the rule set of a code.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<&RuleSet> {
        self.all.iter().find(|rules| rules.code == code)
    }

    /// The rule sets of a sector, by first day.
    pub fn of_sector(&self, sector: SectorCode) -> impl Iterator<Item = &RuleSet> {
        self.all.iter().filter(move |rules| rules.sector == sector)
    }
}

/// The rule sets that were adopted before those in force, as they were then and without their examples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EarlierRules {
    /// With the revision of the adoption, ascending.
    adoptions: Vec<(Revision, RuleSets)>,
}

impl EarlierRules {
    #[must_use]
    pub fn new(mut adoptions: Vec<(Revision, RuleSets)>) -> Self {
        adoptions.sort_by_key(|(adopted, _)| *adopted);
        for rules in adoptions.iter_mut().flat_map(|(_, sets)| &mut sets.all) {
            rules.cases = Vec::new();
        }
        Self { adoptions }
    }

    /// The rule sets that one fact adopted.
    #[must_use]
    pub fn adopted_at(&self, adopted: Revision) -> Option<&RuleSets> {
        let found = self.adoptions.iter().find(|(one, _)| *one == adopted);
        found.map(|(_, rules)| rules)
    }

    /// The rule sets that had been adopted last up to a revision.
    #[must_use]
    pub fn known_at(&self, known: Revision) -> Option<&RuleSets> {
        let found = self.adoptions.iter().rfind(|(adopted, _)| *adopted <= known);
        found.map(|(_, rules)| rules)
    }
}
