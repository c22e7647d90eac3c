use super::super::{Policies, listed};
use super::*;
use crate::domain::civil_date::CivilDate;

const FOOD: &str = "rules/FOOD_SALE.toml";

fn built_in() -> DataFiles {
    KIND.built_in()
}

fn text_of(files: &DataFiles, name: &str) -> String {
    let (_, content) = files.files.iter().find(|(other, _)| other == name).unwrap();
    String::from_utf8(content.clone()).unwrap()
}

fn parsed(files: &DataFiles) -> Result<RuleSets, Vec<Mistake>> {
    let policies = Policies::built_in();
    parse(files, &policies.catalog, &policies.editions)
}

/// A whole file of a sector in few lines; `body` replaces its bands and adds to it.
pub(super) fn small(sector: &str, head: &str, body: &str) -> String {
    let level =
        |code: &str| format!("[[level]]\ncode = \"{code}\"\ntitle_zh = \"等\"\ntitle_en = \"level\"\n");
    let (a, b, c) = (level("A"), level("B"), level("C"));
    format!(
        "sector = \"{sector}\"\ntitle_zh = \"规则\"\ntitle_en = \"rules\"\nstanding = \"construction\"\n\
         source = \"made for a test\"\ntrust = \"C\"\npolarity = \"credit\"\nbase = 100\n{head}\n\
         [cycle]\nkind = \"year\"\nresult_month_day = \"04-30\"\n{a}{b}{c}\
         [[group]]\ncode = \"BAD\"\nfloor = -100\n\
         [[indicator]]\ncode = \"BAD-1\"\ngroup = \"BAD\"\ntitle_zh = \"扣分\"\ntitle_en = \"deductions\"\n\
         where = 'kind == \"penalty\"'\nwindow = \"period\"\npoints = -5\n{body}"
    )
}

pub(super) const HEAD: &str = "code = \"T\"\nfrom = 2024-01-01";
pub(super) const BANDS: &str = "[[band]]\nlevel = \"A\"\nat_least = 90\n[[band]]\nlevel = \"B\"\nat_least = 60\n[[band]]\nlevel = \"C\"\n";

pub(super) fn one(name: &str, text: &str) -> DataFiles {
    DataFiles {
        files: vec![(format!("rules/{name}.toml"), text.as_bytes().to_vec())],
    }
}

/// The mistakes of one file of the sector TAX with this body.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    let text = small("TAX", HEAD, body);
    let found = parsed(&one("TAX", &text)).err().unwrap_or_default();
    // Lines are told from the beginning of the body, so that the head may grow.
    let before = text.lines().count() - body.lines().count();
    let told: Vec<String> = found
        .iter()
        .map(|mistake| match (mistake.line, mistake.column) {
            (Some(line), Some(column)) => format!("{}:{column}: {}", line - before, mistake.text),
            (Some(line), None) => format!("{}: {}", line.saturating_sub(before), mistake.text),
            (None, _) => mistake.text.clone(),
        })
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn a_small_rule_set_stands() {
    check(BANDS, &[]);
}

#[test]
fn what_is_built_in_is_found_by_sector_and_day() {
    let sets = parsed(&built_in()).unwrap();
    let day = |text: &str| text.parse::<CivilDate>().unwrap();
    let food = "FOOD_SALE".parse().unwrap();
    let found = sets.of(food, day("2024-01-01")).unwrap();
    assert_eq!(sets.by_code(&found.code), Some(found));
    assert_eq!(sets.of(food, day("2000-01-01")), None);
    assert_eq!(sets.of_sector(food).last(), Some(found));
    let hash: [u8; 32] = Sha256::digest(text_of(&built_in(), FOOD).as_bytes()).into();
    assert_eq!(found.sha256, hash);
    let catalog = Policies::built_in().catalog;
    assert!(!uncovered(&sets, &catalog, day("2024-01-01")).contains(&food));
    assert!(uncovered(&sets, &catalog, day("2000-01-01")).contains(&food));
}

#[test]
fn a_gap_between_bands_is_named_by_a_score() {
    let bands = "[[band]]\nlevel = \"A\"\nat_least = 90\n[[band]]\nlevel = \"B\"\nat_least = 60\nless_than = 85\n[[band]]\nlevel = \"C\"\nless_than = 60\n";
    check(bands, &["9: no band takes the score 85"]);
    let end = "[[band]]\nlevel = \"A\"\nmore_than = 90\n[[band]]\nlevel = \"B\"\nless_than = 90\n[[band]]\nlevel = \"C\"\nless_than = 0\n";
    check(
        end,
        &[
            "8: no band takes the score 90",
            "8: the band is never reached: earlier bands take every score that it takes",
        ],
    );
}

#[test]
fn what_no_score_reaches_is_no_gap() {
    // Scores are 100, 95, 90 and so on: nothing lies between 85 and 90, below 0 or above 100.
    let bands = "[[band]]\nlevel = \"A\"\nat_least = 90\nat_most = 100\n[[band]]\nlevel = \"B\"\nat_least = 60\nat_most = 85\n[[band]]\nlevel = \"C\"\nat_least = 0\nless_than = 60\n";
    check(bands, &[]);
}

#[test]
fn conditions_leave_a_last_band_without_one() {
    let bands = "[[band]]\nlevel = \"A\"\nat_least = 90\n[[band]]\nlevel = \"B\"\nwhen = 'registered'\n[[band]]\nlevel = \"C\"\nwhen = '!registered'\n";
    check(
        bands,
        &[
            "8: no band takes the score 85 where the conditions do not hold; end with a band without condition, or with `when = 'true'`",
        ],
    );
    check(&bands.replace("'!registered'", "'true'"), &[]);
}

#[test]
fn events_alone_leave_a_last_band_without_a_condition_too() {
    let whole = small("TAX", HEAD, "");
    let head = &whole[..whole.find("[[group]]").unwrap()];
    let head = head.replace("polarity = \"credit\"\nbase = 100", "polarity = \"none\"");
    let file = |last: &str| {
        let bands = "[[band]]\nlevel = \"C\"\nwhen = 'deregistered'\n[[band]]\nlevel = \"A\"\n";
        one("TAX", &format!("{head}{bands}{last}"))
    };
    assert_eq!(parsed(&file("")).map(|sets| sets.all().len()), Ok(1));
    let mistakes = listed(&parsed(&file("when = 'registered'\n")).unwrap_err());
    assert!(
        mistakes.contains("no band fits where the conditions do not hold"),
        "{mistakes}"
    );
}

#[test]
fn a_band_that_is_never_reached_and_one_that_contradicts_an_earlier_one_are_named() {
    let bands = "[[band]]\nlevel = \"A\"\nat_least = 60\n[[band]]\nlevel = \"B\"\nat_least = 80\nless_than = 90\n[[band]]\nlevel = \"C\"\n";
    check(
        bands,
        &["5: the band is never reached: earlier bands take every score that it takes"],
    );
    let bands = "[[band]]\nlevel = \"A\"\nat_least = 90\n[[band]]\nlevel = \"B\"\nat_least = 60\nat_most = 90\n[[band]]\nlevel = \"C\"\n";
    check(
        bands,
        &["5: an earlier band takes the score 90 already, which this band states too"],
    );
}

#[test]
fn types_and_names_of_conditions_are_checked_with_their_place() {
    let verdict = |when: &str| {
        format!(
            "{BANDS}[[verdict]]\ncode = \"V\"\ntitle_zh = \"判\"\ntitle_en = \"verdict\"\nlevel = \"C\"\nwhen = '{when}'\n"
        )
    };
    for (when, expected) in [
        (
            "member_days",
            "14:9: expected true or false, found a whole number",
        ),
        (
            "registered && member_days",
            "14:23: expected true or false, found a whole number",
        ),
        ("member_since > 3", "14:24: expected a day, found a whole number"),
        (
            "member_days > \"3\"",
            "14:23: expected a whole number, found a text",
        ),
        (
            "subject_kind < \"a\"",
            "14:9: expected a whole number or a day, found a text",
        ),
        (
            "subject_kind == \"firm\"",
            "14:25: expected one of organisation, individual_business, person, found \"firm\"",
        ),
        (
            "previous in [\"A\", \"E\"]",
            "14:27: expected one of A, B, C, none, found \"E\"",
        ),
        (
            "member_days in [1, \"a\"]",
            "14:28: expected literals of one type in a list",
        ),
        (
            "member_days in []",
            "14:24: expected at least one literal in the list",
        ),
        (
            "member_days in 3",
            "14:24: expected a list of literals, such as [\"01\", \"02\"]",
        ),
        (
            "day == date(\"2024-02-30\")",
            "14:21: `2024-02-30`: the date does not exist",
        ),
        (
            "member_days + day > day * 2",
            "14:29: expected a whole number, found a day",
        ),
        (
            "score > 90",
            "14:17: 90 is 90/100000 of a point; write points(\"90\")",
        ),
        (
            "score > 0.5",
            "14:17: decimals are not part of the language; points are written points(\"0.5\")",
        ),
        (
            "\"无\" == previous && member_days",
            "14:9: expected one of A, B, C, none, found \"无\"",
        ),
        (
            "member_days > 99999999999999999999",
            "14:23: the condition cannot be read: invalid int literal",
        ),
    ] {
        check(&verdict(when), &[expected]);
    }
    for (when, part) in [
        (
            "nobody > 0",
            "14:9: unknown name `nobody`; known are day, period_start",
        ),
        (
            "previous.size() > 0",
            "calls with a dot are not part of the language",
        ),
        ("size(previous) > 0", "`size` is not part of the language"),
        ("[1].exists(x, x > 0)", "macros are not part of the language"),
        ("subject.kind == \"A\"", "fields are not part of the language"),
        ("{1: 2} == {1: 2}", "maps are not part of the language"),
        ("registered &&", "the condition cannot be read"),
    ] {
        let text = small("TAX", HEAD, &verdict(when));
        let mistakes = parsed(&one("TAX", &text)).unwrap_err();
        assert!(
            listed(&mistakes).contains(part.trim_start_matches("14:9: ")),
            "{when}: {mistakes:?}"
        );
        assert!(
            mistakes
                .iter()
                .all(|mistake| mistake.line.is_some() && mistake.column.is_some()),
            "{mistakes:?}"
        );
    }
}

#[test]
fn a_condition_over_several_lines_or_with_escapes_still_has_its_line() {
    let verdict = |when: &str| {
        format!(
            "{BANDS}[[verdict]]\ncode = \"V\"\ntitle_zh = \"判\"\ntitle_en = \"verdict\"\nlevel = \"C\"\nwhen = {when}\n"
        )
    };
    check(
        &verdict("'''\nregistered &&\n  nothing'''").replace("nothing", "member_days"),
        &["16:3: expected true or false, found a whole number"],
    );
    check(
        &verdict("\"previous == \\\"E\\\"\""),
        &["14:9: expected one of A, B, C, none, found \"E\""],
    );
}

#[test]
fn names_of_levels_groups_and_entries_must_exist() {
    check(
        &format!("{BANDS}[[bar]]\ncode = \"X\"\nwhen = 'registered'\nnot_better_than = \"E\"\n"),
        &["12: there is no level `E`; levels are A, B, C"],
    );
    check(
        &BANDS.replace("level = \"B\"", "of = [\"GOOD\"]\nlevel = \"B\""),
        &["5: there is no group `GOOD`; groups are BAD"],
    );
    check(
        &format!("{BANDS}[[streak]]\nname = \"score\"\nlevel = \"A\"\n"),
        &["10: `score` is a variable of the language already"],
    );
}

#[test]
fn a_restraint_without_a_basis_in_the_list_in_force_is_refused() {
    let measure = |rest: &str| {
        format!(
            "{BANDS}[[measure]]\nlevel = \"C\"\nkind = \"restraint\"\ntitle_zh = \"限\"\ntitle_en = \"bar\"\n{rest}"
        )
    };
    check(&measure("list_entry = \"AWARDS\"\n"), &["9: `basis` is missing"]);
    check(
        &measure("basis = \"某法第一条\"\n"),
        &["9: `list_entry` is missing"],
    );
    check(
        &measure("list_entry = \"SHAME\"\nbasis = \"某法第一条\"\n"),
        &[
            "14: SHAME is no entry of punishment_measures-2022, in force from 2022-12-28: a restraint needs a basis in the list",
        ],
    );
    check(&measure("list_entry = \"AWARDS\"\nbasis = \"某法第一条\"\n"), &[]);
}

#[test]
fn a_verdict_that_is_kept_does_not_ask_what_past_days_do_not_know() {
    check(
        &format!(
            "{BANDS}[[verdict]]\ncode = \"V\"\ntitle_zh = \"判\"\ntitle_en = \"verdict\"\nlevel = \"C\"\nwhen = 'score < 0'\nholds_for = \"1 year\"\n"
        ),
        &[
            "14: with `holds_for` the condition is asked on past days too, where score, previous, is_first and streaks are not known",
        ],
    );
}

#[test]
fn points_are_exact_decimals_of_three_places() {
    check(
        &BANDS.replace("at_least = 90", "at_least = 90.5"),
        &[
            "3: `at_least` is float, but ought to be a whole number, or a decimal of at most 3 places in quotes, such as \"-0.5\"",
        ],
    );
    check(&BANDS.replace("at_least = 90", "at_least = \"92.5\""), &[]);
}

#[test]
fn an_until_before_from_is_a_lapsed_rule_set() {
    let text = small(
        "TAX",
        "code = \"T\"\nfrom = 2024-01-01\nuntil = 2023-12-31",
        BANDS,
    );
    let mistakes = parsed(&one("TAX", &text)).unwrap_err();
    assert_eq!(
        mistakes[0].to_string(),
        "rules/TAX.toml:11: `until` lies before `from`"
    );
}

#[test]
fn a_sector_has_one_rule_set_on_each_day() {
    let pair = |first: &str, second: &str| {
        let files = [("TAX", first), ("TAX-NEW", second)].map(|(name, head)| {
            let head = format!("code = \"{name}\"\n{head}");
            (
                format!("rules/{name}.toml"),
                small("TAX", &head, BANDS).into_bytes(),
            )
        });
        let found = parsed(&DataFiles {
            files: files.to_vec(),
        });
        found
            .map(|sets| sets.all().len())
            .map_err(|mistakes| listed(&mistakes))
    };
    let old = "from = 2024-01-01\nuntil = 2024-12-31";
    assert_eq!(pair(old, "from = 2025-01-01"), Ok(2));
    assert_eq!(
        pair(old, "from = 2024-12-31"),
        Err("rules/TAX-NEW.toml: two rule sets of TAX are in force on 2024-12-31: this one and rules/TAX.toml; end the earlier one with `until`".to_owned())
    );
    assert_eq!(
        pair(old, "from = 2025-01-03"),
        Err("rules/TAX-NEW.toml: TAX has no rule set from 2025-01-01 to 2025-01-02: rules/TAX.toml ends before".to_owned())
    );
    assert_eq!(
        pair(old, "from = 2025-01-01\nuntil = 2025-12-31"),
        Err("rules/TAX-NEW.toml: TAX has no rule set from 2026-01-01 on; leave `until` out, or add the rule set that follows".to_owned())
    );
}

#[test]
fn grades_that_wait_for_each_other_are_refused() {
    let file = |sector: &str, other: &str| {
        let body = format!("{BANDS}[[input]]\nname = \"other\"\nsector = \"{other}\"\n");
        let head = format!("code = \"{sector}\"\nfrom = 2024-01-01");
        (
            format!("rules/{sector}.toml"),
            small(sector, &head, &body).into_bytes(),
        )
    };
    let files = vec![file("FIRE", "TAX"), file("TAX", "WATER"), file("WATER", "TAX")];
    let mistakes = parsed(&DataFiles { files }).unwrap_err();
    assert_eq!(
        listed(&mistakes),
        "rules/TAX.toml: grades wait for each other: TAX -> WATER -> TAX"
    );
}

#[test]
fn a_standing_needs_what_it_rests_on() {
    let stands = |to: &str| {
        let text = small("TAX", HEAD, BANDS).replace("standing = \"construction\"", to);
        parsed(&one("TAX", &text))
            .map_err(|mistakes| listed(&mistakes))
            .err()
            .unwrap_or_default()
    };
    assert_eq!(
        stands("standing = \"adopted\""),
        "rules/TAX.toml:1: `adopted_by` is missing"
    );
    assert_eq!(
        stands("standing = \"adopted\"\nadopted_by = \"某办法\""),
        "rules/TAX.toml:5: name the document by number and article, such as 某发〔2023〕1号第七条"
    );
    assert_eq!(
        stands("standing = \"law\"\nadopted_by = \"总局公告2025年第12号第三条\""),
        ""
    );
    assert_eq!(
        stands("standing = \"model\""),
        "rules/TAX.toml:1: `follows` is missing"
    );
}

#[test]
fn a_mistake_in_one_file_does_not_hide_those_of_another() {
    let mut files = built_in();
    for (name, content) in &mut files.files {
        let text = String::from_utf8(content.clone()).unwrap();
        *content = text.replacen("polarity = ", "polarty = ", 1).into_bytes();
        assert!(name.starts_with("rules/"));
    }
    let mistakes = parsed(&files).unwrap_err();
    for (name, _) in &files.files {
        assert!(mistakes.iter().any(|mistake| mistake.file == *name), "{name}");
    }
}

#[test]
fn a_case_must_name_what_exists() {
    let case = |rest: &str| format!("{BANDS}[[case]]\nname = \"a\"\nday = 2024-12-31\n{rest}\n");
    check(&case("expect = { level = \"A\" }"), &[]);
    check(
        &case("expect = { level = \"E\" }"),
        &["12: there is no level `E`"],
    );
    check(
        &case("expect = { outcome = \"refused\", level = \"A\" }"),
        &["12: a case expects either a level or an outcome"],
    );
    check(
        &case("inputs = { other = \"A\" }\nexpect = { level = \"A\" }"),
        &["12: there is no input `other`"],
    );
}
