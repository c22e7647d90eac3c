//! What must be true of the rule sets of the district, all together.

use super::super::Policies;
use super::uncovered;
use crate::domain::catalog::Standing;
use crate::domain::civil_date::CivilDate;
use crate::domain::grading::Outcome;
use crate::domain::rules::MeasureKind;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

#[test]
fn each_sector_has_a_rule_set_on_every_day_from_2024_on_and_some_change() {
    let Policies { catalog, rules, .. } = Policies::built_in();
    let begins = rules.all().iter().map(|set| set.from);
    let ends = rules
        .all()
        .iter()
        .filter_map(|set| set.until.and_then(CivilDate::next));
    for on in begins.chain(ends).chain([day("2024-01-01"), day("2026-12-31")]) {
        assert_eq!(uncovered(&rules, &catalog, on), [], "{on}");
    }
    let sectors = catalog.sectors().iter();
    let several = sectors.filter(|sector| rules.of_sector(sector.code).count() > 1);
    assert!(several.count() >= 3);
}

#[test]
fn each_level_is_expected_by_a_case_and_has_its_inspections() {
    for set in Policies::built_in().rules.all() {
        for level in &set.levels {
            let is_expected = set
                .cases
                .iter()
                .any(|case| case.expect.outcome == Outcome::Graded && case.expect.level == level.code);
            assert!(is_expected, "{}: no case expects {}", set.code, level.code);
            let is_inspected = set
                .measures_of(&level.code)
                .any(|measure| matches!(measure.kind, MeasureKind::Inspection(_)));
            assert!(is_inspected, "{}: {} has no inspections", set.code, level.code);
        }
        for one in &set.not_rated {
            let is_expected = set
                .cases
                .iter()
                .any(|case| case.expect.by.as_ref() == Some(&one.code));
            assert!(is_expected, "{}: no case expects {}", set.code, one.code);
        }
        for one in &set.verdicts {
            let holds = |names: &Vec<String>| names.contains(&one.code);
            let is_expected = set
                .cases
                .iter()
                .any(|case| case.expect.verdicts.as_ref().is_some_and(holds));
            assert!(is_expected, "{}: no case expects {}", set.code, one.code);
        }
    }
}

#[test]
fn a_model_is_adopted_by_a_document_and_says_what_it_follows() {
    for set in Policies::built_in().rules.all() {
        match set.standing {
            Standing::Model => assert!(set.follows.is_some() && set.adopted_by.is_some(), "{}", set.code),
            Standing::Construction => assert!(set.source.contains("our own"), "{}", set.code),
            Standing::Law | Standing::Adopted => assert!(set.adopted_by.is_some(), "{}", set.code),
        }
    }
}
