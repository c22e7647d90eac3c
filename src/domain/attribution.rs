//! Attribution 领域归因: to which sectors a credit record belongs, by dated data.
//!
//! The body that decided and the matter (violation type, licence item, power item) say it. What matches
//! nothing belongs to no sector until an officer says so: it is never spread over all, never dropped.
//! Read first: [`Attribution::sectors`].

use std::collections::BTreeMap;

use super::catalog::SectorCode;
use super::civil_date::CivilDate;
use super::record::RecordKind;
use super::social_credit_code::SocialCreditCode;
use super::title::ComparedName;

/// One rule of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributionRule {
    pub bodies: Vec<SocialCreditCode>,
    pub kind: RecordKind,
    /// As they are compared; none means every matter that no rule of the body names.
    pub matters: Vec<ComparedName>,
    pub sectors: Vec<SectorCode>,
    /// First day.
    pub from: CivilDate,
    /// Last day; `None` while it lasts.
    pub until: Option<CivilDate>,
}

impl AttributionRule {
    fn holds_on(&self, day: CivilDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

type Key = (RecordKind, SocialCreditCode, Option<String>);

/// The data in force, by what it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Attribution {
    rules: Vec<AttributionRule>,
    /// Places in `rules`; `None` for every matter.
    index: BTreeMap<Key, Vec<usize>>,
}

impl Attribution {
    /// Puts rules together.
    #[must_use]
    pub fn new(rules: Vec<AttributionRule>) -> Self {
        let mut index: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (place, rule) in rules.iter().enumerate() {
            for body in &rule.bodies {
                let mut put = |matter| index.entry((rule.kind, *body, matter)).or_default().push(place);
                if rule.matters.is_empty() {
                    put(None);
                }
                for matter in &rule.matters {
                    put(Some(matter.as_str().to_owned()));
                }
            }
        }
        Self { rules, index }
    }

    #[must_use]
    pub fn rules(&self) -> &[AttributionRule] {
        &self.rules
    }

    /// The sectors of a record decided on a day, in the order of their codes; none if nothing matches.
    ///
    /// | rank | rule |
    /// |---|---|
    /// | 0 | names the body and the matter |
    /// | 1 | names the body and no matter |
    ///
    /// The first rank that has a rule in force on the day decides alone.
    #[must_use]
    pub fn sectors(
        &self,
        kind: RecordKind,
        body: &SocialCreditCode,
        matter: Option<&str>,
        on: CivilDate,
    ) -> Vec<SectorCode> {
        let matter = matter.and_then(ComparedName::of);
        let named = matter.map(|matter| Some(matter.as_str().to_owned()));
        for matter in named.into_iter().chain([None]) {
            let places = self.index.get(&(kind, *body, matter));
            let rules = places.into_iter().flatten().map(|place| &self.rules[*place]);
            let mut sectors: Vec<SectorCode> = rules
                .filter(|rule| rule.holds_on(on))
                .flat_map(|rule| rule.sectors.iter().copied())
                .collect();
            sectors.sort_unstable();
            sectors.dedup();
            if !sectors.is_empty() {
                return sectors;
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "11152105011615166F";
    const OTHER: &str = "11230500001755309F";

    fn rule(matters: &[&str], sectors: &[&str], from: &str, until: Option<&str>) -> AttributionRule {
        AttributionRule {
            bodies: vec![BODY.parse().unwrap()],
            kind: RecordKind::Penalty,
            matters: matters.iter().map(|one| ComparedName::of(one).unwrap()).collect(),
            sectors: sectors.iter().map(|one| one.parse().unwrap()).collect(),
            from: from.parse().unwrap(),
            until: until.map(|one| one.parse().unwrap()),
        }
    }

    #[track_caller]
    fn check(kind: RecordKind, body: &str, matter: Option<&str>, on: &str, expected: &[&str]) {
        let data = Attribution::new(vec![
            rule(&["无照经营"], &["MKT_GEN"], "2020-01-01", None),
            rule(
                &["无照经营", "超限运输（货运）"],
                &["ROAD_FRT"],
                "2021-01-01",
                Some("2021-12-31"),
            ),
            rule(&[], &["URBAN"], "2020-01-01", None),
        ]);
        let sectors = data.sectors(kind, &body.parse().unwrap(), matter, on.parse().unwrap());
        let sectors: Vec<&str> = sectors.iter().map(SectorCode::as_str).collect();
        assert_eq!(sectors, expected, "{matter:?} {on}");
    }

    #[test]
    fn the_matter_decides_before_the_body_and_every_rule_has_its_days() {
        use RecordKind::{Licence, Penalty};
        check(Penalty, BODY, Some("无照经营"), "2020-12-31", &["MKT_GEN"]);
        check(
            Penalty,
            BODY,
            Some("无照经营"),
            "2021-01-01",
            &["MKT_GEN", "ROAD_FRT"],
        );
        check(
            Penalty,
            BODY,
            Some("无照经营"),
            "2021-12-31",
            &["MKT_GEN", "ROAD_FRT"],
        );
        check(
            Penalty,
            BODY,
            Some("超限运输 (货运)"),
            "2021-06-01",
            &["ROAD_FRT"],
        );
        check(Penalty, BODY, Some("超限运输（货运）"), "2022-01-01", &["URBAN"]);
        check(Penalty, BODY, Some("别的"), "2022-01-01", &["URBAN"]);
        check(Penalty, BODY, None, "2022-01-01", &["URBAN"]);
        check(Penalty, BODY, Some("无照经营"), "2019-12-31", &[]);
        check(Penalty, OTHER, Some("无照经营"), "2021-06-01", &[]);
        check(Licence, BODY, Some("无照经营"), "2021-06-01", &[]);
    }
}
