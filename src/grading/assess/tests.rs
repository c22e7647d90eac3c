use super::*;
use crate::policy::Policies;

#[test]
fn every_case_of_the_built_in_rules_comes_out_as_expected() {
    let policies = Policies::built_in();
    let mut ran = 0;
    for rules in policies.rules.all() {
        for case in &rules.cases {
            let found = assess(rules, &case.evidence, case.period, case.day);
            let expected = (case.expect.outcome, case.expect.level.as_str());
            assert_eq!(
                (found.outcome, found.level.as_str()),
                expected,
                "{}: {}: {found:#?}",
                rules.code,
                case.name
            );
            ran += 1;
        }
    }
    assert!(ran >= policies.rules.all().len());
}
