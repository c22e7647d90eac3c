//! Dates against each other, against receipt, organs and rules.

use super::*;
use crate::domain::catalog::Catalog;

#[test]
fn dates_exist_and_have_a_known_style() {
    for text in [
        "2024-11-05",
        "2024/11/5",
        "20241105",
        "2024年11月5日",
        "2024-11-05 00:00:00",
    ] {
        check_item("CF_JDRQ", text, &[]);
    }
    for text in ["2024-02-30", "20241131", "45601", "05.11.2024", "2024-11", "长期"] {
        check_item("CF_JDRQ", text, &[("CF_JDRQ", Rule::Date, Reject)]);
    }
    check_item("CF_YXQ", "长期", &[("CF_YXQ", Rule::Date, Reject)]);
}

#[test]
fn a_decision_lies_not_after_its_receipt() {
    check_item("CF_JDRQ", "2024-11-20", &[]);
    check_item("CF_JDRQ", "2024-11-21", &[("CF_JDRQ", Rule::FutureDate, Reject)]);
    check_item("CF_JDRQ", "2099-12-31", &[("CF_JDRQ", Rule::FutureDate, Reject)]);
}

#[test]
fn a_decision_lies_within_the_life_of_its_organ() {
    let found = policies()
        .catalog
        .body(&REGULATOR.parse().unwrap())
        .unwrap()
        .clone();
    let decided = |on: CivilDate| penalty().with(&[("CF_JDRQ", &on.to_string()), ("CF_YJ", "条例")]);
    check(&decided(found.from), &[]);
    let before = decided(CivilDate::from_days(found.from.days() - 1).unwrap());
    check(&before, &[("CF_CFJGDM", Rule::BeforeBody, Reject)]);
    // A catalogue in which the organ ended.
    let catalog = policies().catalog.clone();
    let mut bodies = catalog.bodies().to_vec();
    for body in &mut bodies {
        if body.social_credit_code == found.social_credit_code {
            body.until = Some(day("2024-11-04"));
        }
    }
    let ended = Catalog::new(
        catalog.divisions().to_vec(),
        catalog.departments().to_vec(),
        bodies,
        catalog.sectors().to_vec(),
    );
    for (on, expected) in [
        ("2024-11-04", &[][..]),
        ("2024-11-05", &[("CF_CFJGDM", Rule::AfterBody, Ask)]),
    ] {
        let row = penalty().with(&[("CF_JDRQ", on)]);
        let checked = super::super::check(
            &row.reported(),
            None,
            &policies().layouts,
            &ended,
            day("2024-11-20"),
        );
        check_findings(&row, &checked, expected);
    }
}

#[test]
fn begin_and_end_of_validity_are_in_order() {
    check(&licence(), &[]);
    check(&licence().with(&[("XK_YXQZ", "2029-11-04")]), &[]);
    let swapped = licence().with(&[("XK_YXQZ", "2029-11-04"), ("XK_YXQZI", "2024-11-05")]);
    check(&swapped, &[("XK_YXQZ", Rule::ValidFromAfterUntil, Reject)]);
    check(
        &licence().with(&[("XK_YXQZ", "2029-11-05")]),
        &[("XK_YXQZ", Rule::ValidFromAfterUntil, Reject)],
    );
    // Two far dates mean that there is no end.
    for far in ["2099/12/31", "9999-12-31"] {
        let endless = licence().with(&[("XK_YXQZI", far), ("XK_YXQZ", "2024-11-05")]);
        check(&endless, &[]);
        assert_eq!(endless.record().until, Validity::OpenEnded);
    }
    assert_eq!(
        licence().with(&[("XK_YXQZI", "2099-12-30")]).record().until,
        Validity::Until(day("2099-12-30"))
    );
    check_item("CF_YXQ", "2024-11-05", &[]);
    check_item(
        "CF_YXQ",
        "2024-11-04",
        &[("CF_YXQ", Rule::UntilBeforeDecision, Warn)],
    );
}

#[test]
fn publicity_ends_after_the_decision_and_within_the_longest_of_the_day() {
    let before = [("CF_GSJZQ", Rule::PublicityBeforeDecision, Warn)];
    let beyond = [("CF_GSJZQ", Rule::PublicityBeyondMaximum, Warn)];
    // Order 58: three years, whatever the level.
    for (until, expected) in [
        ("", &[][..]),
        ("2024-11-04", &before),
        ("2024-11-05", &[]),
        ("2027-11-05", &[]),
        ("2027-11-06", &beyond),
        ("2099-12-31", &beyond),
    ] {
        check_item("CF_GSJZQ", until, expected);
    }
    let row = penalty().with(&[("CF_GSJZQ", "2027-11-06")]);
    let findings = row.check().findings;
    assert!(
        findings[0].english.contains("it ends on 2027-11-05"),
        "{findings:?}"
    );
    assert!(
        findings[0].chinese.contains("公示至2027-11-05为止"),
        "{findings:?}"
    );
    // Order 36: by level.
    let on = |severity: &str, until: &str, expected: Expected<'_>| {
        let row = penalty().with(&[
            ("CF_JDRQ", "2026-04-01"),
            ("CF_SXYZCD", severity),
            ("CF_GSJZQ", until),
        ]);
        let row = row.with(&[("CF_AJCXLB", if severity == "轻微" { "简易" } else { "一般" })]);
        check_findings(&row, &row.check_on(None, "2026-05-01"), expected);
    };
    on("轻微", "2026-07-01", &[]);
    on("轻微", "2026-07-02", &beyond);
    on("一般", "2027-04-01", &[]);
    on("一般", "2027-04-02", &beyond);
    // Before July 2019 no rule speaks.
    let old = penalty().with(&[("CF_JDRQ", "2019-06-30"), ("CF_GSJZQ", "2030-01-01")]);
    check(&old, &[]);
    check(&old.with(&[("CF_JDRQ", "2019-07-01")]), &beyond);
}
