use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::domain::commitment::Validity;
use crate::domain::grading::{Earlier, Event, EventKind, Procedure};
use crate::domain::record::End;
use crate::domain::revision::Revision;
use crate::domain::rules::{CycleKind, RuleSets};
use crate::domain::subject::SubjectKind;
use crate::policy::{self, DataFiles, Policies};

const FILES: [&str; 3] = [
    include_str!("tests/points.toml"),
    include_str!("tests/levels.toml"),
    include_str!("tests/risk.toml"),
];

/// The files, read once.
static READ: LazyLock<[RuleSet; 3]> = LazyLock::new(|| FILES.map(read));

fn read(text: &str) -> RuleSet {
    let policies = Policies::built_in();
    let files = DataFiles {
        files: vec![("rules/TAX.toml".to_owned(), text.as_bytes().to_vec())],
    };
    let sets = policy::rules::parse(&files, &policies.catalog, &policies.editions);
    let sets: RuleSets = sets.unwrap_or_else(|mistakes| panic!("{}", policy::listed(&mistakes)));
    sets.all()[0].clone()
}

fn run_cases(rules: &RuleSet) -> usize {
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
        let traced = (result.found.outcome, result.found.score);
        let brief = brief(rules, &case.evidence, case.period, case.day);
        assert_eq!(
            (brief.outcome, brief.score),
            traced,
            "{}: {}",
            rules.code,
            case.name
        );
    }
    rules.cases.len()
}

#[test]
fn every_case_of_the_built_in_rules_comes_out_as_expected() {
    let policies = Policies::built_in();
    let ran: usize = policies.rules.all().iter().map(run_cases).sum();
    assert!(ran >= policies.rules.all().len());
}

#[test]
fn every_feature_of_the_language_does_what_its_cases_say() {
    let ran: usize = READ.iter().map(run_cases).sum();
    assert!(ran >= 60, "{ran}");
}

#[test]
fn a_step_names_the_events_that_it_rests_on() {
    let rules = &READ[1];
    let case = rules
        .cases
        .iter()
        .find(|case| case.name == "the worst of two verdicts wins")
        .unwrap();
    let found = assess(rules, &case.evidence, case.period, case.day);
    let events: Vec<_> = found
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::Verdict)
        .map(|step| (step.code.as_str(), step.events.clone(), step.level.clone()))
        .collect();
    let moved = |one: &str, other: &str| Some((one.to_owned(), other.to_owned()));
    assert_eq!(
        events,
        [
            ("REVOKED", vec![0], moved("A", "D")),
            ("STOPPED", vec![1, 2], None),
        ]
    );
}

#[test]
fn a_fault_names_its_place_in_the_file() {
    let rules = &READ[2];
    let case = rules
        .cases
        .iter()
        .find(|case| case.expect.outcome == Outcome::Failed)
        .unwrap();
    let found = assess(rules, &case.evidence, case.period, case.day);
    let step = found.steps.last().unwrap();
    assert_eq!(step.kind, StepKind::Failed);
    let line = FILES[2]
        .lines()
        .position(|line| line.starts_with("when"))
        .unwrap()
        + 1;
    let failure = step.failure.as_deref().unwrap();
    assert!(
        failure.starts_with(&format!("rules/TAX.toml:{line}:")),
        "{failure}"
    );
    assert!(failure.ends_with("division by zero"), "{failure}");
}

/// Days about the middle of 2024.
fn some_day() -> impl Strategy<Value = CivilDate> {
    (19_000_i32..20_100).prop_map(|days| CivilDate::from_days(days).unwrap())
}

fn some_event() -> impl Strategy<Value = Event> {
    let kind = prop::sample::select(EventKind::ALL);
    let item = prop::sample::select(vec![
        "",
        "01",
        "02",
        "03",
        "04",
        "06",
        "contract",
        "verification_passed",
    ]);
    let until = prop::option::of(some_day());
    let ended = prop::option::of((
        prop::sample::select(vec![End::Repaired, End::Expired]),
        some_day(),
    ));
    let amounts = (
        prop::option::of(0_i64..20_000),
        prop::option::of(-20_i64..60),
        0_i64..3,
    );
    (kind, item, some_day(), until, ended, amounts, any::<bool>()).prop_map(
        |(kind, item, decided, until, ended, (amount, value, quantity), in_sector)| Event {
            kind,
            item: item.to_owned(),
            level: "C".to_owned(),
            matter: "一般事故".to_owned(),
            severity: None,
            procedure: Procedure::Unknown,
            amount,
            quantity,
            value: value.map(|value| Points(value * Points::UNIT)),
            decided,
            until: until.map_or(Validity::NotStated, Validity::Until),
            ended,
            in_sector,
            case: item.to_owned(),
            revision: Revision(1),
            record: String::new(),
        },
    )
}

fn some_evidence() -> impl Strategy<Value = Evidence> {
    let events = prop::collection::vec(some_event(), 0..6);
    let earlier = prop::collection::vec((some_day(), prop::sample::select(vec!["A", "B", "C"])), 0..3);
    let days = (
        some_day(),
        prop::option::of(some_day()),
        prop::option::of(some_day()),
    );
    (events, earlier, days).prop_map(|(mut events, earlier, (member, established, gone))| {
        events.sort_by_key(|event| event.decided);
        let mut earlier: Vec<Earlier> = earlier
            .into_iter()
            .map(|(from, level)| Earlier {
                sector: "TAX".parse().unwrap(),
                period_last: CycleKind::Year
                    .before(CycleKind::Year.containing(from))
                    .unwrap()
                    .last,
                outcome: Outcome::Graded,
                level: level.to_owned(),
                from,
                until: None,
            })
            .collect();
        earlier.sort_by_key(|one| one.from);
        Evidence {
            subject_kind: SubjectKind::Organisation,
            is_registered: true,
            established_on: established,
            deregistered_on: gone,
            member_from: Some(member),
            member_until: None,
            events,
            earlier,
            rank: None,
        }
    })
}

#[test]
fn a_membership_that_ends_is_looked_at_on_the_day_after() {
    let rules = Policies::built_in().rules;
    let rules = rules.by_code("URBAN-2024").expect("built in");
    let day: CivilDate = "2024-06-03".parse().unwrap();
    let mut evidence = rules.cases[0].evidence.clone();
    evidence.events.clear();
    let year = rules.cycle.kind.containing(day);
    assert_eq!(next_change(rules, &evidence, year, day), year.last.next());
    evidence.member_until = Some("2024-06-20".parse().unwrap());
    assert_eq!(
        next_change(rules, &evidence, year, day),
        Some("2024-06-21".parse().unwrap())
    );
}

#[test]
fn comparisons_with_days_are_solved() {
    let day = |text: &str| text.parse::<CivilDate>().unwrap();
    let member = day("2024-03-01");
    let after = |days: i32| CivilDate::from_days(member.days() + days);
    let evidence = Evidence {
        subject_kind: SubjectKind::Organisation,
        is_registered: true,
        established_on: None,
        deregistered_on: None,
        member_from: Some(member),
        member_until: None,
        events: Vec::new(),
        earlier: Vec::new(),
        rank: None,
    };
    for (when, expected) in [
        ("!registered", None),
        ("member_days < 365", after(365)),
        ("member_days <= 365", after(366)),
        ("member_days > 10", None),
        ("member_days != 92", after(93)),
        ("100 == member_days", after(100)),
        ("member_days in [90, 95, 400]", after(95)),
        ("day >= date(\"2024-12-25\")", Some(day("2024-12-25"))),
        ("day - member_since >= 200", after(200)),
        ("2 * member_days + stops > 300", after(151)),
        ("-member_days < -150", after(151)),
        // A billion years are beyond the calendar.
        ("member_days > 400000000000", None),
        ("established < day", None),
        // What cannot be solved is asked again on the next day.
        ("member_days % 7 == 0", after(93)),
        ("(registered ? member_days : 0) > 365", after(93)),
    ] {
        let text = FILES[1].replace("when = 'member_days < 365'", &format!("when = '{when}'"));
        let rules = read(&text);
        let on = after(92).unwrap();
        let period = rules.cycle.kind.containing(on);
        assert_eq!(next_change(&rules, &evidence, period, on), expected, "{when}");
    }
}

/// Goes from day to day until the change that is foretold, and finds the same result on each day before it.
fn nothing_changes_before(rules: &RuleSet, evidence: &Evidence, day: CivilDate) {
    let period = rules.cycle.kind.containing(day);
    let changes = next_change(rules, evidence, period, day);
    assert!(changes.is_none_or(|change| day < change));
    let steps = |on: CivilDate| {
        let mut found = assess(rules, evidence, period, on);
        // A verdict may rest on another day's events on the way to its end, with the same effect.
        found.steps.retain(|step| step.kind != StepKind::Verdict);
        found
    };
    let first = steps(day);
    let mut on = day;
    for _ in 0..800 {
        on = on.next().unwrap();
        if changes.is_some_and(|change| change <= on) {
            return;
        }
        assert_eq!(steps(on), first, "{day} {on} {changes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_result_stays_until_the_day_that_is_foretold(evidence in some_evidence(), day in some_day()) {
        for rules in READ.iter() {
            nothing_changes_before(rules, &evidence, day);
        }
    }

    #[test]
    fn with_and_without_steps_the_result_is_the_same(evidence in some_evidence(), day in some_day()) {
        for rules in READ.iter() {
            let period = rules.cycle.kind.containing(day);
            let traced = assess(rules, &evidence, period, day);
            let brief = brief(rules, &evidence, period, day);
            prop_assert_eq!((traced.outcome, traced.score), (brief.outcome, brief.score));
            let level = brief.level.map_or("", |level| rules.levels[level].code.as_str());
            prop_assert_eq!(traced.level, level);
        }
    }
}
