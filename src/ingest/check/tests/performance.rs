//! Items 11 to 16, by themselves and beside their commitment.

use super::*;

#[test]
fn a_breach_owes_what_full_performance_must_not_hold() {
    use PerformanceState::{Full, Partial, Unperformed};
    const TWELVE: &str = "performance.unperformed";
    const THIRTEEN: &str = "performance.measures_taken";
    check_part(full(), &[]);
    for state in [Partial, Unperformed] {
        check_part(breach(state), &[]);
        let emptied = ReportedPerformance {
            state: Choice::Known(state),
            ..full()
        };
        check_part(
            emptied,
            &[
                (TWELVE, Rule::Required, Reject),
                (THIRTEEN, Rule::Required, Reject),
            ],
        );
    }
    check_part(
        breach(Full),
        &[
            (TWELVE, Rule::MustBeEmpty, Reject),
            (THIRTEEN, Rule::MustBeEmpty, Reject),
        ],
    );
    let long = |length| ReportedPerformance {
        unperformed: "未".repeat(length),
        ..breach(Partial)
    };
    check_part(long(4000), &[]);
    check_part(long(4001), &[(TWELVE, Rule::Length, Reject)]);
}

#[test]
fn the_items_of_the_finding_are_judged_when_filled() {
    let state = |state| ReportedPerformance { state, ..full() };
    check_part(
        state(Choice::Absent),
        &[("performance.state", Rule::Required, Reject)],
    );
    check_part(
        state(Choice::Unknown("9".to_owned())),
        &[("performance.state", Rule::ValueList, Reject)],
    );
    let empty = String::new;
    let nothing = ReportedPerformance {
        found_on: empty(),
        finding_body_name: empty(),
        finding_body_code: empty(),
        ..full()
    };
    check_part(nothing, &[]);
    let found = |on: &str| ReportedPerformance {
        found_on: on.to_owned(),
        ..full()
    };
    const ON: &str = "performance.found_on";
    check_part(found("2024-11-04"), &[(ON, Rule::FindingBeforePromise, Reject)]);
    check_part(found("2024-11-05"), &[]);
    check_part(found("2024-11-20"), &[]);
    check_part(found("2024-11-21"), &[(ON, Rule::FutureDate, Reject)]);
    check_part(found("2024-11-31"), &[(ON, Rule::Date, Reject)]);
    let body = |code: &str| ReportedPerformance {
        finding_body_code: code.to_owned(),
        ..full()
    };
    const CODE: &str = "performance.finding_body_code";
    check_part(body("1"), &[(CODE, Rule::SocialCreditCodeShape, Reject)]);
    check_part(
        body("9133010057462616X9"),
        &[(CODE, Rule::OrganisationCodeCheck, Reject)],
    );
    check_part(body(COMPANY), &[(CODE, Rule::BodyCodePrefix, Ask)]);
    let named = ReportedPerformance {
        finding_body_name: "别的单位".to_owned(),
        ..full()
    };
    check_part(named, &[("performance.finding_body_name", Rule::BodyName, Warn)]);
}

#[test]
fn a_bad_commitment_refuses_its_performance_and_not_the_other_way_round() {
    let outcome = |content: &str, found_on: &str| {
        let performance = Some(ReportedPerformance {
            found_on: found_on.to_owned(),
            ..full()
        });
        let reported = Reported {
            content: content.to_owned(),
            performance,
            ..row()
        };
        let checked = check(&reported, &catalog(), day("2024-11-20"));
        let part = checked.performance.unwrap();
        (
            checked.commitment.is_some(),
            part.performance.is_some(),
            part.findings.len(),
        )
    };
    assert_eq!(outcome("承诺", "2024-11-10"), (true, true, 0));
    assert_eq!(outcome("承诺", "2024-11-04"), (true, false, 1));
    assert_eq!(outcome("", "2024-11-10"), (false, false, 0));
    assert_eq!(outcome("", "2024-11-04"), (false, false, 1));
}
