use super::*;
use crate::policy::Policies;

#[test]
fn every_case_of_the_built_in_rules_comes_out_as_expected() {
    let policies = Policies::built_in();
    let mut ran = 0;
    for rules in policies.rules.all() {
        for case in &rules.cases {
            let result = cases::run(rules, case);
            assert_eq!(
                result.differences,
                [],
                "{}: {}: {:#?}",
                rules.code,
                case.name,
                result.found
            );
            ran += 1;
        }
    }
    assert!(ran >= policies.rules.all().len());
}
