use super::*;
use crate::domain::catalog::Standing;
use crate::domain::reporting::DataKind;

#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    let mut source = KIND.built_in();
    let text = String::from_utf8(source.files[0].1.clone()).unwrap();
    assert!(text.contains(from), "the file lacks {from}");
    source.files[0].1 = text.replacen(from, to, 1).into_bytes();
    let mistakes = parse(&source).unwrap_err();
    let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes, expected);
}

#[test]
fn penalties_are_due_in_seven_working_days_by_the_document_of_2018() {
    let rules = Policies::built_in().timeliness;
    let on = |text: &str| text.parse().unwrap();
    let rule = rules.rule(DataKind::Penalty, on("2018-07-25")).unwrap();
    assert_eq!(rule.limit, Limit::WorkingDays(7));
    assert_eq!(
        (rule.source.as_str(), rule.standing),
        ("发改办财金〔2018〕424号", Standing::Law)
    );
    assert_eq!(rules.rule(DataKind::Penalty, on("2018-07-24")), None);
    for &kind in DataKind::ALL {
        assert!(rules.rule(kind, on("2024-12-31")).is_some(), "{kind:?}");
    }
    let commitment = rules.rule(DataKind::Commitment, on("2024-12-31")).unwrap();
    assert_eq!(commitment.standing, Standing::Construction);
}

#[test]
fn a_wrong_rule_is_named_with_line_and_remedy() {
    let file = "timeliness/rules.toml";
    check(
        "working_days = 7",
        "next_month_day = 32",
        &[&format!("{file}:9: `next_month_day` is from 1 to 31")],
    );
    check(
        "working_days = 7\n",
        "",
        &[&format!(
            "{file}:7: a rule has either `working_days` or `next_month_day`"
        )],
    );
    check(
        "\"licence\"",
        "\"license\"",
        &[&format!(
            "{file}:7: `data` `license`: {}",
            crate::domain::reporting::DataKindError
        )],
    );
    check(
        "[\"commitment\"]",
        "[\"licence\"]",
        &[&format!(
            "{file}:16: another rule holds for licence from 2018-07-25; end one where the other begins"
        )],
    );
}
