//! The built-in rules of repair against the vectors of `domain.md` 5.6, and the mistakes that files can have.

use super::*;
use crate::domain::civil_date::CivilDate;
use crate::domain::repair::{Assumption, Decision, Error, Minimum, Publicity, Shown};
use crate::domain::subject::SubjectKind;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn built_in() -> Policies {
    Policies::built_in()
}

/// A fine of the general procedure by the transport bureau, attributed to a sector without special terms.
fn fine(decided_on: &str) -> Decision {
    Decision {
        kind: RecordKind::Penalty,
        department: Some("JTJ".parse().unwrap()),
        sectors: vec!["ROAD_FRT".parse().unwrap()],
        party: SubjectKind::Organisation,
        penalty_kinds: vec!["02".to_owned()],
        procedure: Some(Procedure::General),
        fine: Some(200_000),
        severity: None,
        is_specially_serious: false,
        decided_on: day(decided_on),
    }
}

/// What the general path says on a day, under a transition setting.
fn general(decision: &Decision, transition: Transition, today: &str) -> Publicity {
    let mut policies = built_in();
    policies.repair.transitions[0].value = transition;
    let severities = policies.layouts.severities();
    let publicity = policies.repair.publicity(decision, severities, day(today));
    publicity.unwrap().remove(0)
}

/// Version, level, shown, end of the minimum, first day of application, end of the maximum.
fn summary(publicity: &Publicity) -> String {
    let minimum = match publicity.minimum {
        Minimum::AtOnce => "at once".to_owned(),
        Minimum::Over { on, .. } => on.to_string(),
        Minimum::NotRepairable => "never".to_owned(),
        Minimum::ByListRule => "by list".to_owned(),
    };
    let text = |day: Option<CivilDate>| day.map_or("-".to_owned(), |day| day.to_string());
    format!(
        "{} {} {:?} {minimum} {} {}",
        publicity.version,
        publicity
            .severity
            .map_or("-".to_owned(), |level| format!("{level:?}")),
        publicity.shown,
        text(publicity.apply_from),
        text(publicity.maximum.map(|maximum| maximum.on)),
    )
}

#[track_caller]
fn check(decision: &Decision, expected: &str) {
    let today = decision.decided_on.to_string();
    let found = general(decision, Transition::DecisionDate, &today);
    assert_eq!(summary(&found), expected);
    assert_eq!(found.starts_on, decision.decided_on);
}

#[test]
fn the_vectors_of_the_field_come_out() {
    let fire = |decided_on: &str| Decision {
        sectors: vec!["FIRE".parse().unwrap()],
        ..fine(decided_on)
    };
    let level = |decided_on: &str, severity| Decision {
        severity: Some(severity),
        ..fine(decided_on)
    };
    check(&fine("2026-03-31"), "R2 - Shown 2026-06-30 2026-07-01 2029-03-31");
    check(&fire("2026-03-31"), "R2 - Shown 2027-03-31 2027-04-01 2029-03-31");
    check(
        &fine("2026-04-01"),
        "R3 General Shown 2026-07-01 2026-07-02 2027-04-01",
    );
    check(
        &level("2026-08-31", Severity::Minor),
        "R3 Minor Shown at once 2026-08-31 2026-11-30",
    );
    check(&fire("2024-02-29"), "R2 - Shown 2025-02-28 2025-03-01 2027-02-28");
    check(
        &level("2026-11-23", Severity::Serious),
        "R3 Serious Shown 2027-11-23 2027-11-24 2029-11-23",
    );
    // A decision of 2025 if the new rules apply to it.
    let old = fine("2025-11-30");
    let found = general(&old, Transition::MoreFavourable, "2025-12-01");
    assert_eq!(
        summary(&found),
        "R3 General Shown 2026-02-28 2026-03-01 2026-11-30"
    );
    assert_eq!(found.choice.others.len(), 1);
    assert_eq!(found.choice.others[0].version, "R2");
    assert_eq!(found.choice.others[0].maximum, Some(day("2028-11-30")));
}

#[test]
fn each_version_governs_from_its_first_day_to_its_last() {
    check(
        &fine("2019-07-01"),
        "R1 General Shown 2019-10-01 2019-10-02 2020-07-01",
    );
    check(
        &fine("2023-04-30"),
        "R1 General Shown 2023-07-30 2023-07-31 2024-04-30",
    );
    check(&fine("2023-05-01"), "R2 - Shown 2023-08-01 2023-08-02 2026-05-01");
    check(&fine("2026-03-31"), "R2 - Shown 2026-06-30 2026-07-01 2029-03-31");
    check(
        &fine("2026-04-01"),
        "R3 General Shown 2026-07-01 2026-07-02 2027-04-01",
    );
    let policies = built_in();
    let too_old = fine("2019-06-30");
    let found = policies
        .repair
        .publicity(&too_old, policies.layouts.severities(), day("2019-07-01"));
    assert_eq!(
        found,
        Err(Error::NoVersion {
            decided_on: day("2019-06-30")
        })
    );
}

#[test]
fn the_plan_of_2025_governs_nothing() {
    for decided_on in ["2025-06-22", "2025-12-31", "2026-03-31"] {
        for transition in Transition::ALL {
            let found = general(&fine(decided_on), *transition, "2026-11-23");
            assert_ne!(found.version, "R2-PLAN");
            assert!(found.choice.others.iter().all(|other| other.version != "R2-PLAN"));
        }
    }
    assert!(built_in().repair.version("R2-PLAN").unwrap().is_plan);
}

#[test]
fn the_first_rules_had_a_kind_that_is_never_repaired() {
    let serious = Decision {
        severity: Some(Severity::Serious),
        ..fine("2022-05-31")
    };
    check(&serious, "R1 Serious Shown 2022-11-30 2022-12-01 2025-05-31");
    let specially = Decision {
        is_specially_serious: true,
        ..serious
    };
    check(&specially, "R1 Serious Shown never - 2025-05-31");
}

#[test]
fn a_warning_was_not_shown_under_order_58_and_is_shown_with_a_fine_beside_it() {
    let kinds = |codes: &[&str]| Decision {
        penalty_kinds: codes.iter().map(|code| (*code).to_owned()).collect(),
        ..fine("2024-05-06")
    };
    check(&kinds(&["01"]), "R2 - NotShown at once 2024-05-06 -");
    check(&kinds(&["01", "08"]), "R2 - NotShown at once 2024-05-06 -");
    check(
        &kinds(&["01", "02"]),
        "R2 - Shown 2024-08-06 2024-08-07 2027-05-06",
    );
    check(&kinds(&[]), "R2 - Shown 2024-08-06 2024-08-07 2027-05-06");
    let simple = Decision {
        procedure: Some(Procedure::Simple),
        ..fine("2024-05-06")
    };
    check(&simple, "R2 - NotShown at once 2024-05-06 -");
}

#[test]
fn the_gravest_of_several_kinds_gives_the_level() {
    let kinds = |codes: &[&str]| Decision {
        penalty_kinds: codes.iter().map(|code| (*code).to_owned()).collect(),
        ..fine("2026-05-06")
    };
    check(&kinds(&["01"]), "R3 Minor Shown at once 2026-05-06 2026-08-06");
    check(
        &kinds(&["01", "02"]),
        "R3 General Shown 2026-08-06 2026-08-07 2027-05-06",
    );
    check(
        &kinds(&["01", "02", "05"]),
        "R3 Serious Shown 2027-05-06 2027-05-07 2029-05-06",
    );
}

#[test]
fn what_is_taken_for_granted_is_said() {
    let today = "2026-05-06";
    let found = |decision: &Decision| general(decision, Transition::DecisionDate, today).assumptions;
    assert_eq!(found(&fine(today)), []);
    let detention = Decision {
        penalty_kinds: vec!["06".to_owned()],
        ..fine(today)
    };
    assert_eq!(found(&detention), [Assumption::DefaultSeverity]);
    let unstated = Decision {
        procedure: None,
        ..fine(today)
    };
    assert_eq!(found(&unstated), [Assumption::GeneralProcedure]);
    let nowhere = Decision {
        sectors: vec![],
        ..fine("2026-03-31")
    };
    let found = general(&nowhere, Transition::DecisionDate, "2026-03-31");
    assert_eq!(found.assumptions, [Assumption::NoSector]);
    assert_eq!(summary(&found), "R2 - Shown 2026-06-30 2026-07-01 2029-03-31");
}

#[test]
fn the_fire_brigade_needs_no_sector_to_be_a_special_field() {
    let fire = Decision {
        department: Some("XFDD".parse().unwrap()),
        sectors: vec![],
        ..fine("2026-03-31")
    };
    check(&fire, "R2 - Shown 2027-03-31 2027-04-01 2029-03-31");
}

#[test]
fn minor_dishonesty_is_left_unshown_where_the_setting_says_so() {
    let mut policies = built_in();
    policies.repair.shows_optional[0].value = false;
    let minor = Decision {
        severity: Some(Severity::Minor),
        ..fine("2026-08-31")
    };
    let found = |decision: &Decision| {
        let severities = policies.layouts.severities();
        let all = policies
            .repair
            .publicity(decision, severities, decision.decided_on);
        all.unwrap().remove(0)
    };
    assert_eq!(
        summary(&found(&minor)),
        "R3 Minor LeftUnshown at once 2026-08-31 -"
    );
    assert_eq!(found(&fine("2026-08-31")).shown, Shown::Shown);
}

#[test]
fn repair_begins_on_the_day_the_minimum_ends_or_the_day_after() {
    let mut policies = built_in();
    let decision = fine("2026-04-01");
    let from = |rules: &RepairRules| {
        let all = rules.publicity(&decision, built_in().layouts.severities(), decision.decided_on);
        all.unwrap()[0].apply_from
    };
    assert_eq!(from(&policies.repair), Some(day("2026-07-02")));
    policies.repair.apply_from[0].value = ApplyFrom::LastDay;
    assert_eq!(from(&policies.repair), Some(day("2026-07-01")));
}

#[test]
fn the_transition_setting_chooses_and_what_was_not_chosen_is_kept() {
    let old = fine("2026-03-02");
    let chosen = |transition, today| {
        let found = general(&old, transition, today);
        (found.version, found.choice.asked_for.to_string())
    };
    let is = |version: &str, day: &str| (version.to_owned(), day.to_owned());
    assert_eq!(
        chosen(Transition::DecisionDate, "2026-03-02"),
        is("R2", "2026-03-02")
    );
    // The minimum of the older version ends when it is gone, so the newer one is asked.
    assert_eq!(
        chosen(Transition::ApplicationDate, "2026-03-02"),
        is("R3", "2026-06-03")
    );
    assert_eq!(
        chosen(Transition::ApplicationDate, "2026-11-23"),
        is("R3", "2026-11-23")
    );
    assert_eq!(
        chosen(Transition::MoreFavourable, "2026-03-02"),
        is("R3", "2026-03-02")
    );
    // Before the newer version was issued nobody knew of it.
    let early = fine("2025-07-01");
    let found = general(&early, Transition::MoreFavourable, "2025-07-01");
    assert_eq!(found.version, "R2");
    assert_eq!(found.choice.others, []);
    let late = general(&early, Transition::ApplicationDate, "2025-07-01");
    assert_eq!(late.version, "R2");
    assert_eq!(late.choice.asked_for, day("2025-10-02"));
}

#[test]
fn what_is_more_favourable_is_not_always_newer() {
    // Serious by its kind under the newer version, ordinary under the older one.
    let closed = Decision {
        penalty_kinds: vec!["05".to_owned()],
        ..fine("2026-03-31")
    };
    let found = general(&closed, Transition::MoreFavourable, "2026-04-10");
    assert_eq!(summary(&found), "R2 - Shown 2026-06-30 2026-07-01 2029-03-31");
    let newer = general(&closed, Transition::ApplicationDate, "2026-11-23");
    assert_eq!(
        summary(&newer),
        "R3 Serious Shown 2027-03-31 2027-04-01 2029-03-31"
    );
}

#[test]
fn a_serious_listing_has_its_terms_or_those_of_its_list() {
    let listing = |decided_on: &str| Decision {
        kind: RecordKind::Listing,
        penalty_kinds: vec![],
        procedure: None,
        fine: None,
        ..fine(decided_on)
    };
    check(
        &listing("2026-04-01"),
        "R3 Serious Shown 2027-04-01 2027-04-02 2029-04-01",
    );
    check(&listing("2026-03-31"), "R2 - Shown by list - -");
}

#[test]
fn market_regulators_show_their_decisions_in_two_places_and_tax_bureaux_add_a_path() {
    let policies = built_in();
    let all = |department: &str, sector: &str, decided_on: &str| {
        let decision = Decision {
            department: Some(department.parse().unwrap()),
            sectors: vec![sector.parse().unwrap()],
            ..fine(decided_on)
        };
        let severities = policies.layouts.severities();
        let all = policies
            .repair
            .publicity(&decision, severities, decision.decided_on);
        let own = policies.repair.own_paths(&decision, decision.decided_on);
        let own: Vec<String> = own.map(|version| version.code.clone()).collect();
        let all: Vec<String> = all.unwrap().iter().map(summary).collect();
        (all, own)
    };
    let (shown, own) = all("SCJG", "MKT_GEN", "2026-04-01");
    assert_eq!(
        shown,
        [
            "R3 General Shown 2026-07-01 2026-07-02 2027-04-01",
            "M - Shown 2026-10-01 2026-10-02 2029-04-01"
        ]
    );
    assert_eq!(own, ["M"]);
    let (shown, _) = all("SCJG", "FOOD_SALE", "2024-02-29");
    assert_eq!(
        shown,
        [
            "R2 - Shown 2025-02-28 2025-03-01 2027-02-28",
            "M - Shown 2025-02-28 2025-03-01 2027-02-28"
        ]
    );
    let (shown, own) = all("SCJG", "FOOD_SALE", "2021-08-31");
    assert_eq!((shown.len(), own.len()), (1, 0), "before the path began");
    let (shown, own) = all("SWJ", "TAX", "2025-07-01");
    assert_eq!((shown.len(), own), (1, vec!["T".to_owned()]));
    let (_, own) = all("SWJ", "TAX", "2025-06-30");
    assert!(own.is_empty());
}

/// How long a record is shown at most stands in two places: by level beside the levels, for the check of rows,
/// and in the terms. They must not drift apart.
#[test]
fn the_longest_publicity_is_the_same_for_the_check_of_rows() {
    let policies = built_in();
    let severities = policies.layouts.severities();
    let mut compared = 0;
    for rule in &severities.publicity {
        let last = rule.origin.until.unwrap_or(day("2026-11-23"));
        for decided_on in [rule.origin.from, last] {
            for level in Severity::ALL
                .iter()
                .filter(|level| rule.severity.is_none_or(|one| one == **level))
            {
                let decision = Decision {
                    severity: Some(*level),
                    ..fine(&decided_on.to_string())
                };
                let terms = general(&decision, Transition::DecisionDate, &decided_on.to_string());
                let months = terms.maximum.map(|maximum| maximum.months);
                assert_eq!(months, Some(rule.months), "{decided_on} {level:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 16);
}

/// The built-in files with one piece of text changed.
fn changed(name: &str, from: &str, to: &str) -> DataFiles {
    let mut files = KIND.built_in();
    let (_, content) = files.files.iter_mut().find(|(one, _)| one == name).unwrap();
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    *content = text.replacen(from, to, 1).into_bytes();
    files
}

#[track_caller]
fn mistaken(name: &str, from: &str, to: &str, expected: &str) {
    let policies = built_in();
    let found = parse(&changed(name, from, to), &policies.catalog, &policies.layouts);
    let mistakes: Vec<String> = found.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(mistakes, [expected]);
}

#[test]
fn mistakes_are_named_by_file_and_line() {
    mistaken(
        "repair/general-2026.toml",
        "minimum_months = 12",
        "minimum_months = 37",
        "repair/general-2026.toml:56: `maximum_months` is below `minimum_months`",
    );
    mistaken(
        "repair/general-2023.toml",
        "\"SPEC_EQUIP\", ",
        "\"LIFTS\", ",
        "repair/general-2023.toml:33: the catalogue has no sector LIFTS",
    );
    mistaken(
        "repair/general-2023.toml",
        "only_kinds = [\"01\"",
        "only_kinds = [\"99\"",
        "repair/general-2023.toml:60: list `penalty_kind` has no value `99`",
    );
    mistaken(
        "repair/general-2026.toml",
        "display = \"optional\"",
        "display = \"hidden\"",
        "repair/general-2026.toml:30: `display` is one of shown, optional, not_shown, not_repairable, \
         by_list_rule",
    );
    mistaken(
        "repair/general-2026.toml",
        "{n}个工作日内决定",
        "3个工作日内决定",
        "repair/general-2026.toml:128: `zh` has no {n} where the number of days stands",
    );
}

#[test]
fn versions_of_a_path_leave_no_day_to_two_of_them_and_no_decision_to_none() {
    mistaken(
        "repair/general-2026.toml",
        "\nfrom = 2026-04-01\nplan",
        "\nfrom = 2026-03-31\nplan",
        "repair/general-2026.toml:10: version `R2` of this path holds from 2023-05-01; end one where the other \
         begins",
    );
    mistaken(
        "repair/general-2026.toml",
        "severity = \"serious\"\ndisplay",
        "severity = \"general\"\ndisplay",
        "repair: version `R3` has no term for a decision of level Serious",
    );
    mistaken(
        "repair/common.toml",
        "[[apply_from]]\nname = \"apply-from-the-day-after\"",
        "[[apply_from]]\nname = \"one\"\nvalue = \"last_day\"\nfrom = 2026-01-01\nstanding = \"construction\"\n\
         trust = \"C\"\nsource = \"test\"\n\n[[apply_from]]\nname = \"apply-from-the-day-after\"",
        "repair: `[[apply_from]]` `apply-from-the-day-after` holds on days of `one`; end one where the other \
         begins",
    );
}
