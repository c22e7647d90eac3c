use super::super::read;
use super::super::tests::{BANDS, HEAD, one, small};
use super::*;
use crate::policy::{Mistake, Policies};

/// What is found in a file of the sector TAX with this behind its bands, line by line from there.
#[track_caller]
fn check(more: &str, expected: &[&str]) {
    let text = small("TAX", HEAD, &format!("{BANDS}{more}"));
    let before = text.lines().count() - more.lines().count();
    assert_eq!(found(&text, before), expected);
}

fn found(text: &str, before: usize) -> Vec<String> {
    let policies = Policies::built_in();
    let context = Context {
        beside: Some((&policies.catalog, &policies.editions)),
        lists: Some(&policies.layouts),
    };
    let mistakes = read(&one("TAX", text), &context).err().unwrap_or_default();
    let told = |one: Mistake| {
        format!(
            "{}: {}",
            one.line.unwrap_or_default().saturating_sub(before),
            one.text
        )
    };
    mistakes.into_iter().map(told).collect()
}

fn indicator(code: &str, condition: &str, more: &str) -> String {
    format!(
        "[[indicator]]\ncode = \"{code}\"\ngroup = \"BAD\"\ntitle_zh = \"项\"\ntitle_en = \"item\"\nwindow = \"12 months\"\nwhere = '{condition}'\n{more}\n"
    )
}

#[test]
fn a_condition_that_no_event_fits_is_dead_and_one_that_some_fit_is_not() {
    let dead = "7: the condition contradicts itself: no event that is looked at fits it";
    for (condition, is_dead) in [
        ("kind == \"penalty\" && kind == \"listing\"", true),
        ("kind == \"penalty\" || kind == \"listing\"", false),
        ("quantity > 3 && quantity < 4", true),
        ("quantity > 3 && quantity < 5", false),
        ("amount < 0", true),
        // A window of a year looks at nothing older.
        ("age_days > 400", true),
        ("age_days > 300", false),
        (
            "severity == \"minor\" && !(severity in [\"minor\", \"general\"])",
            true,
        ),
        // What is repaired does not count unless the indicator says so.
        ("kind == \"penalty\" && repaired", true),
        ("!in_sector", true),
        ("matter == \"甲\" && matter != \"乙\"", false),
        ("matter == \"甲\" && matter == \"乙\"", true),
        // What cannot be told apart by the numbers named is let pass.
        ("decided - until > 5 && decided - until < 4", false),
    ] {
        let text = indicator("X", condition, "points = -1");
        let expected: &[&str] = if is_dead { &[dead] } else { &[] };
        check(&text, expected);
    }
    check(
        &indicator("X", "repaired", "points = -1\nrepaired = \"counted\""),
        &[],
    );
    check(
        &indicator("X", "!in_sector", "points = -1\nscope = \"subject\""),
        &[],
    );
}

#[test]
fn a_condition_on_the_subject_that_none_fits_is_dead() {
    let dead = "8: the condition contradicts itself: it holds for no subject";
    for (condition, is_dead) in [
        ("revoked < 0", true),
        ("revoked > 0 && revoked < 1", true),
        ("revoked > 0 && revoked < 2", false),
        ("registered && !registered", true),
        ("previous == \"A\" && previous == \"B\"", true),
        ("previous == \"A\" && is_first", false),
        ("subject_kind == \"person\" && member_days > 30", false),
    ] {
        let text = format!(
            "[[count]]\nname = \"revoked\"\nwhere = 'kind == \"penalty\" && item == \"06\"'\nwindow = \"all\"\n\
             [[verdict]]\ncode = \"V\"\nlevel = \"C\"\nwhen = '{condition}'\ntitle_zh = \"直接判级\"\ntitle_en = \"verdict\"\n"
        );
        let expected: &[&str] = if is_dead { &[dead] } else { &[] };
        check(&text, expected);
    }
}

#[test]
fn a_verdict_on_a_count_that_is_always_zero_is_dead_with_it() {
    let text = "[[count]]\nname = \"none_of_them\"\nwhere = 'kind == \"penalty\" && kind == \"ruling\"'\nwindow = \"all\"\n\
                [[bar]]\ncode = \"B\"\nnot_better_than = \"B\"\nwhen = 'none_of_them > 0'\n";
    let expected = [
        "3: the condition contradicts itself: no event that is looked at fits it",
        "8: the condition contradicts itself: it holds for no subject",
    ];
    check(text, &expected);
}

#[test]
fn items_are_those_of_the_lists_of_values() {
    let unknown = |item: &str| format!("7: `{item}` is no item of a penalty; its list is penalty_kind");
    check(
        &indicator(
            "X",
            "kind == \"penalty\" && item in [\"01\", \"02\"]",
            "points = -1",
        ),
        &[],
    );
    let wrong = indicator(
        "X",
        "kind == \"penalty\" && (item == \"01\" || item == \"罚款\")",
        "points = -1",
    );
    check(&wrong, &[&unknown("罚款")]);
    let by_item = indicator(
        "X",
        "kind == \"penalty\"",
        "points_by_item = { \"01\" = -1, \"77\" = -2 }",
    );
    check(
        &by_item,
        &["8: `77` is no item of a penalty; its list is penalty_kind"],
    );
    let promise = indicator(
        "X",
        "kind == \"commitment\" && item == \"broken\"",
        "points = -1\nscope = \"subject\"",
    );
    check(
        &promise,
        &["7: `broken` is no item of a commitment; its list is performed, partial, unperformed, breach"],
    );
    // Codes of violations are the districts' own.
    check(
        &indicator("X", "kind == \"inspection\" && item == \"ZZ-9\"", "points = -1"),
        &[],
    );
}

#[test]
fn what_is_graver_is_never_better() {
    let tiers = |small: &str, large: &str| {
        let tiers = format!(
            "tier = [{{ of = \"amount\", less_than = 1000, points = {small} }}, {{ of = \"amount\", at_least = 1000, points = {large} }}]"
        );
        indicator("X", "kind == \"penalty\" && has_amount", &tiers)
    };
    check(&tiers("-2", "-5"), &[]);
    check(&tiers("2", "5"), &[]);
    check(
        &tiers("-5", "-2"),
        &["8: more weighs less: 999 takes -5 points, but 1000 takes -2"],
    );
    let severities = |minor: &str, serious: &str| {
        let one = |code: &str, severity: &str, points: &str| {
            let condition = format!("kind == \"penalty\" && severity == \"{severity}\"");
            indicator(code, &condition, &format!("points = {points}"))
        };
        one("M", "minor", minor) + &one("S", "serious", serious)
    };
    check(&severities("-1", "-3"), &[]);
    check(
        &severities("-3", "-1"),
        &["16: serious weighs less than minor: -1 points here, -3 in M"],
    );
    let bands = BANDS.replace("level = \"A\"\nat_least = 90", "level = \"B\"\nat_least = 90");
    let bands = bands.replacen("level = \"B\"\nat_least = 60", "level = \"A\"\nat_least = 60", 1);
    let text = small("TAX", HEAD, &bands);
    let before = text.lines().count() - bands.lines().count();
    assert_eq!(
        found(&text, before),
        ["2: graver is better: the score 90 gives B, but 85, which is worse, gives A"]
    );
}
