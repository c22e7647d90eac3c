//! All rule sets, by sector and day.

use super::RuleSet;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;

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
