//! The plan is recounted from the sends by a simple evaluation of their texts, apart from the bookkeeping
//! that made it.

use super::*;
use crate::domain::catalog::{Department, DepartmentKind, Division, Standing};
use crate::domain::finding::Finding;
use crate::ingest::check::check;
use crate::testkit::plan::commitment_name;
use crate::testkit::plan::{Batch, Expected, Row, Step, rule_name, screaming};
use crate::testkit::tally::{BATCH_ROWS_MAX, count_row};
use crate::testkit::{faults, numbers};

fn catalog() -> Catalog {
    let since = CivilDate::new(2010, 1, 1).expect("a day");
    let division = Division {
        code: "150802".to_owned(),
        from: since,
        until: None,
        standing: Standing::Construction,
    };
    let department = |number: usize| Department {
        code: format!("DEPT{number}").parse().expect("a short code"),
        title_zh: format!("（测试）单位{number}"),
        title_en: format!("unit {number}"),
        kind: DepartmentKind::Government,
        authorities: match number {
            0..10 => vec![Authority::Commitment],
            10..30 => vec![Authority::Commitment, Authority::SectorLead],
            _ => vec![Authority::DataSupply],
        },
        social_credit_code: numbers::social_credit_code("11", "150802", &format!("0117{number:04}"))
            .parse()
            .expect("a composed code"),
        from: None,
        until: None,
        successor: None,
        former: Vec::new(),
        standing: Standing::Construction,
    };
    Catalog::new(
        vec![division],
        (0..33).map(department).collect(),
        Vec::new(),
        Vec::new(),
    )
}

fn district() -> District {
    District::of(&catalog())
}

/// What is known of one key: every content it had, and its current state.
#[derive(Default)]
struct Known {
    contents: Vec<Reported>,
    performances: Vec<ReportedPerformance>,
    month: String,
    withdrawn: bool,
}

#[derive(Default)]
struct Naive {
    /// Sends the batches of a step in the opposite order.
    backwards: bool,
    known: BTreeMap<String, Known>,
    month: String,
    expected: Expected,
}

impl Naive {
    fn send(&mut self, step: &Step) {
        match step {
            Step::Advance(instant) => self.month = month_of(*instant),
            Step::Import(batches) => {
                let mut batches: Vec<&Batch> = batches.iter().collect();
                if self.backwards {
                    batches.reverse();
                }
                for batch in batches {
                    self.expected.batches += 1;
                    batch.rows.iter().for_each(|row| self.row(row));
                }
            }
            Step::Perform(sends) => {
                for send in sends {
                    let known = self
                        .known
                        .get_mut(&send.commitment)
                        .expect("performance is of a recorded commitment");
                    let outcome = perform(known, &send.performance, send.correct);
                    assert_eq!(outcome, send.outcome, "{}", send.commitment);
                    *self
                        .expected
                        .performance_outcomes
                        .entry(outcome.name().to_owned())
                        .or_default() += 1;
                }
            }
            Step::Withdraw(withdrawals) => {
                for one in withdrawals {
                    let known = self
                        .known
                        .get_mut(&one.commitment)
                        .expect("what is withdrawn is recorded");
                    assert!(!known.withdrawn, "{} is withdrawn twice", one.commitment);
                    known.withdrawn = true;
                }
            }
            Step::Register(_)
            | Step::RegisterRows(_)
            | Step::Memberships(_)
            | Step::Records(_)
            | Step::End(_) => unreachable!("a year of commitments has no such step"),
        }
    }

    fn row(&mut self, row: &Row) {
        let outcome = if let Outcome::Refused(rule) = row.outcome
            && rule != Rule::Withdrawn
        {
            row.outcome
        } else {
            self.good_row(row)
        };
        assert_eq!(outcome, row.outcome, "{:?}", row.reported);
        count_row(&mut self.expected, row);
    }

    fn good_row(&mut self, row: &Row) -> Outcome {
        let mut content = row.reported.clone();
        let performance = content.performance.take();
        let known = self.known.entry(commitment_name(&content)).or_default();
        let outcome = if known.contents.contains(&content) {
            Outcome::Repeated
        } else if known.withdrawn {
            Outcome::Refused(Rule::Withdrawn)
        } else if known.contents.is_empty() {
            known.month.clone_from(&self.month);
            Outcome::Created
        } else {
            Outcome::Corrected
        };
        if matches!(outcome, Outcome::Created | Outcome::Corrected) {
            known.contents.push(content);
        }
        if let Some(items) = performance
            && !matches!(row.performance, Some(Outcome::Refused(_)))
        {
            assert_eq!(
                Some(perform(known, &items, false)),
                row.performance,
                "{:?}",
                row.reported
            );
        }
        outcome
    }

    fn counts(mut self) -> Expected {
        let expected = &mut self.expected;
        let mut promises: HashMap<String, u64> = HashMap::new();
        for known in self.known.values() {
            let now = known.contents.last().expect("a known key has a content");
            let first = &known.contents[0];
            let promise = format!(
                "{:?}",
                (
                    &first.subject_code,
                    &first.kind,
                    &first.reason,
                    &first.made_on,
                    &first.accepting_body_code
                )
            );
            *promises.entry(promise).or_default() += 1;
            if known.withdrawn {
                expected.withdrawn += 1;
                continue;
            }
            let state = known.performances.last().map(state_of);
            let state_name = state.map_or("NONE".to_owned(), |state| screaming(&format!("{state:?}")));
            let department = district()
                .bodies
                .iter()
                .find(|body| body.code == now.accepting_body_code)
                .expect("made by the test")
                .department
                .clone();
            let word = |debug: String| screaming(debug.trim_start_matches("Known(").trim_end_matches(')'));
            for (map, key) in [
                (&mut expected.by_kind, word(format!("{:?}", now.kind))),
                (&mut expected.by_department, department),
                (&mut expected.by_receipt_month, known.month.clone()),
                (
                    &mut expected.by_subject_kind,
                    word(format!("{:?}", now.subject_kind)),
                ),
                (&mut expected.by_performance, state_name),
            ] {
                *map.entry(key).or_default() += 1;
            }
            expected.commitments_collected += 1;
            expected.performed += u64::from(state == Some(PerformanceState::Full));
            expected.breached += u64::from(state.is_some_and(|state| state != PerformanceState::Full));
        }
        expected.same_as = promises.values().map(|count| count - 1).sum();
        expected.departments_reporting = expected.by_department.len() as u64;
        let silent = district().bodies.into_iter().map(|body| body.department);
        expected.zero_reporters = silent
            .filter(|one| !expected.by_department.contains_key(one))
            .collect();
        expected.zero_reporters.sort();
        self.expected
    }
}

fn perform(known: &mut Known, items: &ReportedPerformance, correct: bool) -> Outcome {
    let outcome = if known.performances.contains(items) {
        Outcome::Repeated
    } else if known.performances.is_empty() {
        Outcome::Created
    } else if correct {
        Outcome::Corrected
    } else {
        Outcome::Refused(Rule::PerformanceExists)
    };
    if matches!(outcome, Outcome::Created | Outcome::Corrected) {
        known.performances.push(items.clone());
    }
    outcome
}

fn month_of(instant: Instant) -> String {
    let local = jiff::Timestamp::from_nanosecond(i128::from(instant.0))
        .expect("made by the test")
        .to_zoned(Offset::constant(8).to_time_zone());
    local.strftime("%Y-%m").to_string()
}

#[test]
fn the_plan_adds_up_from_its_sends() {
    for (seed, scale) in [(1, 10), (2_024, 10), (7, 100), (2_024, 1)] {
        let year = year(seed, scale, &district());
        for backwards in [false, true] {
            let mut naive = Naive {
                backwards,
                ..Naive::default()
            };
            year.sends.iter().for_each(|step| naive.send(step));
            assert_eq!(
                naive.counts(),
                year.plan.expected,
                "seed {seed}, scale {scale}, backwards {backwards}"
            );
        }
    }
}

#[test]
fn a_year_counts_what_the_report_counts_and_a_tenth_of_it() {
    assert_eq!(
        year(1, 1, &district()).plan.expected.commitments_collected,
        20_481
    );
    assert_eq!(
        year(1, 10, &district()).plan.expected.commitments_collected,
        2_048
    );
}

#[test]
fn enough_rows_must_not_count_and_every_rule_is_met() {
    for scale in [1, 10] {
        let expected = year(3, scale, &district()).plan.expected;
        let extra = expected.rows_sent - expected.commitments_collected;
        assert!(
            extra * 100 >= expected.commitments_collected * 8,
            "{extra} extra rows at scale {scale}"
        );
        for rule in faults::RULES {
            assert!(
                expected.refused_by_rule.contains_key(&rule_name(rule)),
                "{rule:?} at scale {scale}"
            );
        }
        assert_eq!(expected.zero_reporters.len(), 4);
    }
}

#[test]
fn every_batch_records_something_and_keeps_its_limit() {
    for step in year(4, 1, &district()).sends {
        if let Step::Import(batches) = step {
            for batch in batches {
                assert!(
                    batch.rows.iter().any(|row| row.outcome == Outcome::Created),
                    "{}",
                    batch.request_id
                );
                assert!(batch.rows.len() <= 2 * BATCH_ROWS_MAX);
            }
        }
    }
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    let bytes = |seed| format!("{:?}", year(seed, 10, &district()));
    assert_eq!(bytes(5), bytes(5));
    assert_ne!(bytes(5), bytes(6));
}

#[test]
fn the_year_floods_at_quarter_ends() {
    let months = year(1, 1, &district()).plan.expected.by_receipt_month;
    for (quiet, flood) in [
        ("2024-02", "2024-03"),
        ("2024-05", "2024-06"),
        ("2024-11", "2024-12"),
    ] {
        assert!(months[flood] * 10 > months[quiet] * 15, "{months:?}");
    }
}

#[test]
fn each_refused_row_breaks_its_rule_and_no_other() {
    fn broken(findings: &[Finding]) -> HashSet<Rule> {
        findings
            .iter()
            .filter(|one| one.kind.refuses())
            .map(|one| one.rule)
            .collect()
    }
    fn expected(outcome: Outcome) -> HashSet<Rule> {
        match outcome {
            Outcome::Created | Outcome::Repeated | Outcome::Corrected | Outcome::Refused(Rule::Withdrawn) => {
                HashSet::new()
            }
            Outcome::Refused(rule) => HashSet::from([rule]),
        }
    }
    let catalog = catalog();
    let mut received_on = CivilDate::new(2024, 1, 1).expect("a day");
    let mut rows = 0;
    for step in year(8, 1, &District::of(&catalog)).sends {
        match step {
            Step::Advance(instant) => received_on = CivilDate::of_instant(instant),
            Step::Import(batches) => {
                for row in batches.iter().flat_map(|batch| &batch.rows) {
                    let checked = check(&row.reported, &catalog, received_on);
                    assert_eq!(
                        broken(&checked.findings),
                        expected(row.outcome),
                        "{:?}",
                        row.reported
                    );
                    if let (Some(part), Some(outcome)) = (checked.performance, row.performance) {
                        assert_eq!(broken(&part.findings), expected(outcome), "{:?}", row.reported);
                    }
                    rows += 1;
                }
            }
            Step::Perform(_)
            | Step::Withdraw(_)
            | Step::Register(_)
            | Step::RegisterRows(_)
            | Step::Memberships(_)
            | Step::Records(_)
            | Step::End(_) => {}
        }
    }
    assert!(rows > 20_481);
}

#[test]
fn the_districts_own_catalogue_carries_a_year() {
    use crate::policy::Policies;

    let catalog = Policies::built_in().catalog;
    let district = District::of(&catalog);
    let expected = year(2_024, 1, &district).plan.expected;
    let takers = catalog.departments_with(Authority::Commitment).count() as u64;
    assert_eq!(
        expected.departments_reporting + expected.zero_reporters.len() as u64,
        takers
    );
    assert!(
        expected.zero_reporters.len() >= 3,
        "{:?}",
        expected.zero_reporters
    );
}
