use super::*;
use crate::domain::civil_date::CivilDate;
use crate::domain::trust::Trust;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

#[track_caller]
fn check(name: &str, from: &str, to: &str, expected: &[&str]) {
    let mut source = KIND.built_in();
    let (_, content) = source.files.iter_mut().find(|(other, _)| other == name).unwrap();
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains(from), "{name} lacks {from}");
    *content = text.replacen(from, to, 1).into_bytes();
    let mistakes = parse(&source).unwrap_err();
    let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes, expected);
}

#[test]
fn each_day_has_the_edition_that_was_in_force() {
    let editions = Policies::built_in().editions;
    let named = |list, on| {
        editions
            .in_force(list, day(on))
            .map(|found| (found.edition.as_str(), found.entry_count))
    };
    for (on, classes, measures) in [
        ("2021-12-15", None, None),
        ("2021-12-16", Some(("2021", 11)), Some(("2021", 14))),
        ("2022-12-27", Some(("2021", 11)), Some(("2021", 14))),
        ("2022-12-28", Some(("2022", 12)), Some(("2022", 14))),
        ("2024-03-03", Some(("2022", 12)), Some(("2022", 14))),
        ("2024-03-04", Some(("2024", 13)), Some(("2024", 14))),
        ("2026-11-23", Some(("2024", 13)), Some(("2024", 14))),
    ] {
        assert_eq!(named(NationalList::CreditCatalogue, on), classes, "{on}");
        assert_eq!(named(NationalList::PunishmentMeasures, on), measures, "{on}");
    }
}

#[test]
fn what_is_not_read_in_the_source_says_so() {
    let editions = Policies::built_in().editions;
    let latest = editions
        .in_force(NationalList::CreditCatalogue, day("2024-12-31"))
        .unwrap();
    let sourced = latest.entries.iter().filter(|one| one.trust == Trust::Source);
    assert_eq!((sourced.count(), latest.entries.len()), (5, 13));
    assert_eq!(latest.trust, Trust::Knowledge);
    assert!(latest.is_complete);
    let measures = editions
        .in_force(NationalList::PunishmentMeasures, day("2024-12-31"))
        .unwrap();
    assert!(!measures.is_complete && measures.entries.len() < measures.entry_count as usize);
}

#[test]
fn a_wrong_edition_is_named_with_line_and_remedy() {
    let file = "editions/credit-catalogue-2022.toml";
    check(
        file,
        "entry_count = 12",
        "entry_count = 13",
        &[
            "editions/credit-catalogue-2022.toml:14: 12 entries are listed; correct this number, or say `complete = false`",
        ],
    );
    check(
        file,
        "code = \"JUDICIAL\"",
        "code = \"REGISTRATION\"",
        &["editions/credit-catalogue-2022.toml:24: REGISTRATION stands twice"],
    );
    check(
        file,
        "until = 2024-03-03",
        "until = 2024-03-04",
        &[
            "editions/credit-catalogue-2024.toml: editions/credit-catalogue-2022.toml is in force on the same days; end one where the other begins",
        ],
    );
    check(
        file,
        "list = \"credit_catalogue\"",
        "list = \"catalogue\"",
        &["editions/credit-catalogue-2022.toml:8: `list` is one of credit_catalogue, punishment_measures"],
    );
}
