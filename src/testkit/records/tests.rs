//! The plan is recounted from the sends by a simple evaluation of their texts, apart from the bookkeeping
//! that made it; rows are read by the district's own check.

use super::*;
use crate::domain::civil_date::CivilDate;
use crate::domain::finding::{Finding, Rule};
use crate::domain::hashes::{record_hash, record_key};
use crate::domain::record::{Item, Record, Value};
use crate::ingest::records::check::check;
use crate::policy::Policies;
use crate::testkit::plan::rule_name;
use crate::testkit::record_plan::{REPORTED_BODIES, REPORTED_PENALTIES, Rate};
use crate::testkit::register::RegisterRow;

fn year_of(seed: u64, scale: u32) -> Year {
    let policies = Policies::built_in();
    let authorities = Authorities::of(&policies.catalog, &policies.attribution);
    whole_year(seed, scale, &District::of(&policies.catalog), &authorities)
}

/// What is known of one key.
struct Known {
    contents: HashSet<[u8; 16]>,
    current: Record,
    received_on: CivilDate,
    end: Option<End>,
    ruled: bool,
}

struct Naive {
    policies: Policies,
    today: CivilDate,
    known: HashMap<[u8; 16], Known>,
    keys: HashMap<usize, [u8; 16]>,
    counts: YearCounts,
    codes: HashSet<String>,
    names: HashMap<String, String>,
    members: HashSet<(String, String)>,
}

impl Naive {
    fn send(&mut self, step: &Step) {
        match step {
            Step::Advance(to) => self.today = CivilDate::of_instant(*to),
            Step::Import(_) | Step::Perform(_) | Step::Withdraw(_) => {}
            Step::Register(register) => {
                for batch in register.batches() {
                    self.counts.year_batches += 1;
                    assert!(batch.rows.len() <= 1_000);
                    batch.rows.iter().for_each(|row| self.register_row(row));
                }
            }
            Step::RegisterRows(batches) => {
                self.counts.year_batches += batches.len() as u64;
                let rows = batches.iter().flat_map(|batch| &batch.rows);
                rows.for_each(|row| self.register_row(row));
            }
            Step::Memberships(batches) => {
                self.counts.year_batches += batches.len() as u64;
                for row in batches.iter().flat_map(|batch| &batch.rows) {
                    let name = row.outcome.name().to_owned();
                    *self.counts.membership_outcomes.entry(name).or_default() += 1;
                    if matches!(row.outcome, Outcome::Refused(_)) {
                        continue;
                    }
                    assert_eq!(self.names.get(&row.code), Some(&row.name));
                    let is_new = self.members.insert((row.sector.clone(), row.code.clone()));
                    assert_eq!(is_new, row.outcome == Outcome::Created);
                }
            }
            Step::Records(batches) => {
                self.counts.year_batches += batches.len() as u64;
                for batch in batches {
                    assert!(batch.rows.len() <= BATCH_ROWS_MAX);
                    batch.rows.iter().for_each(|row| self.row(row));
                }
            }
            Step::End(sends) => {
                for send in sends {
                    let key = self.keys[&send.record];
                    let known = self.known.get_mut(&key).expect("what ends is recorded");
                    assert_eq!(known.end.replace(send.end), None);
                }
            }
        }
    }

    fn register_row(&mut self, row: &RegisterRow) {
        self.counts.register_rows += 1;
        let name = row.outcome.name().to_owned();
        *self.counts.register_outcomes.entry(name).or_default() += 1;
        let is_valid =
            crate::domain::social_credit_code::SocialCreditCode::faults(&row.entry.code).is_empty();
        assert_eq!(is_valid, !matches!(row.outcome, Outcome::Refused(_)));
        if is_valid {
            self.names.insert(row.entry.code.clone(), row.entry.name.clone());
            let is_new = self.codes.insert(row.entry.code.clone());
            assert_eq!(is_new, row.outcome == Outcome::Created);
        }
    }

    fn row(&mut self, row: &RecordRow) {
        let counts = &mut self.counts;
        counts.records_sent += 1;
        let Policies { layouts, catalog, .. } = &self.policies;
        let checked = check(&row.reported, None, layouts, catalog, self.today);
        let rules = refusing(&checked.findings);
        let Some(record) = checked.record else {
            assert_eq!(rules.len(), 1, "{:?} {:?}", checked.findings, row.reported);
            assert_eq!(row.outcome, Outcome::Refused(rules[0]));
            counts.records_refused += 1;
            *counts
                .records_refused_by_rule
                .entry(rule_name(rules[0]))
                .or_default() += 1;
            return;
        };
        if let Some(name) = self.names.get(record.party.identity.expose()) {
            assert_eq!(name, &record.party.name, "the register's name");
        } else {
            assert_eq!(record.party.kind, SubjectKind::Person);
        }
        let (key, content) = (record_key(&record), record_hash(&record));
        let target = record.target.clone();
        let party = record.party.clone();
        let outcome = match self.known.get_mut(&key) {
            None => {
                self.known.insert(
                    key,
                    Known {
                        contents: HashSet::from([content]),
                        current: record,
                        received_on: self.today,
                        end: checked.ended,
                        ruled: false,
                    },
                );
                Outcome::Created
            }
            Some(known) if known.contents.contains(&content) => Outcome::Repeated,
            Some(known) if matches!(known.end, Some(End::Withdrawn | End::Deleted)) => {
                Outcome::Refused(Rule::RecordEnded)
            }
            Some(known) => {
                known.contents.insert(content);
                known.current = record;
                known.end = known.end.or(checked.ended);
                Outcome::Corrected
            }
        };
        assert_eq!(outcome, row.outcome, "{:?}", row.reported);
        counts::row(&mut self.counts, row);
        self.counts.records_sent -= 1;
        if let Some(number) = row.record {
            assert_eq!(
                *self.keys.entry(number).or_insert(key),
                key,
                "one record has one key"
            );
        }
        if let (Some(target), Outcome::Created) = (target, outcome) {
            let is_target = |known: &&mut Known| {
                known.current.number == target.number
                    && known.current.body == target.body
                    && known.current.party.identity.expose() == party.identity.expose()
                    && known.current.kind == target.kind
            };
            let of = self
                .known
                .values_mut()
                .find(is_target)
                .expect("rulings come after their penalties");
            assert_eq!(target.decided_on, Some(of.current.decided_on));
            let changes = row.reported.items.iter().any(|(code, _)| code == "CJ_BGNR");
            of.end = of.end.or(target.end);
            of.ruled |= changes || target.end.is_some();
        }
    }

    fn counts(mut self) -> YearCounts {
        let counts = &mut self.counts;
        for known in self.known.values() {
            let record = &known.current;
            match known.end {
                Some(End::Withdrawn) => counts.records_withdrawn += 1,
                Some(End::Deleted) => counts.records_deleted += 1,
                Some(End::Repaired) => counts.records_repaired += 1,
                Some(End::Expired) | None => {}
            }
            counts.rulings_correcting += u64::from(known.ruled);
            if matches!(known.end, Some(End::Withdrawn | End::Deleted)) {
                continue;
            }
            let kind = super::super::plan::screaming(&format!("{:?}", record.kind));
            *counts.records_by_kind.entry(kind).or_default() += 1;
            let sectors = self.policies.attribution.sectors(
                record.kind,
                &record.body,
                record.matter.as_deref(),
                record.decided_on,
            );
            counts.unattributed_records += u64::from(sectors.is_empty());
            match (record.kind, record.layout.as_str()) {
                (RecordKind::Penalty, "PENALTY_V1") => counts.penalties_history += 1,
                (RecordKind::Penalty, _) => {
                    counts.penalties += 1;
                    *counts
                        .penalties_by_body
                        .entry(record.body.to_string())
                        .or_default() += 1;
                    let month = known.received_on.to_string()[..7].to_owned();
                    *counts.penalties_by_month.entry(month).or_default() += 1;
                    for code in kinds(&record.items) {
                        *counts.penalties_by_kind.entry(code).or_default() += 1;
                    }
                    let party = super::super::plan::screaming(&format!("{:?}", record.party.kind));
                    *counts.penalties_by_party.entry(party).or_default() += 1;
                }
                (RecordKind::Licence, _) => counts.licences += 1,
                (_, _) => {}
            }
            let has_term = matches!(record.layout.as_str(), "PENALTY_V2" | "LICENCE_V2");
            if has_term {
                let due = self
                    .policies
                    .calendar
                    .add(record.decided_on, 7)
                    .expect("2024 is known");
                let is_late = known.received_on > due;
                counts.late += u64::from(is_late);
                counts.timeliness_rate.of += 1;
                counts.timeliness_rate.in_time += u64::from(!is_late);
            }
        }
        counts.enforcement_bodies = counts.penalties_by_body.len() as u64;
        counts.subjects = self.codes.len() as u64;
        counts.memberships = self.members.len() as u64;
        for (sector, _) in &self.members {
            *counts.memberships_by_sector.entry(sector.clone()).or_default() += 1;
        }
        self.counts
    }
}

fn refusing(findings: &[Finding]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = findings
        .iter()
        .filter(|one| one.kind.refuses())
        .map(|one| one.rule)
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn kinds(items: &[Item]) -> Vec<String> {
    let item = items
        .iter()
        .find(|item| item.code == "CF_CFLB")
        .expect("required");
    let Value::Choices(chosen) = &item.value else {
        panic!("a list")
    };
    chosen.iter().map(|one| one.code.clone()).collect()
}

#[test]
fn the_plan_of_the_records_adds_up_from_their_sends() {
    for (seed, scale) in [(1, 10), (2_024, 10), (7, 100), (2_024, 1)] {
        let year = year_of(seed, scale);
        let mut naive = Naive {
            policies: Policies::built_in(),
            today: CivilDate::new(2024, 1, 1).unwrap(),
            known: HashMap::new(),
            keys: HashMap::new(),
            counts: YearCounts::default(),
            codes: HashSet::new(),
            names: HashMap::new(),
            members: HashSet::new(),
        };
        year.sends.iter().for_each(|step| naive.send(step));
        assert_eq!(
            naive.counts(),
            year.plan.expected.year,
            "seed {seed}, scale {scale}"
        );
    }
}

#[test]
fn the_year_has_what_the_report_counts_and_much_that_must_not_count() {
    let counts = year_of(2_024, 1).plan.expected.year;
    assert_eq!(counts.penalties, REPORTED_PENALTIES);
    assert_eq!(counts.enforcement_bodies, REPORTED_BODIES);
    assert_eq!(counts.penalties_history, 500);
    assert_eq!(
        (counts.records_by_kind["RULING"], counts.rulings_correcting),
        (182, 9)
    );
    assert_eq!(counts.memberships_by_sector.len(), 43);
    assert!(counts.memberships_by_sector.values().all(|count| *count >= 24));
    assert!((59_000..=61_000).contains(&counts.subjects));
    let standing: u64 = counts.records_by_kind.values().sum();
    assert!((counts.records_sent - standing) * 100 >= counts.penalties * 8);
    let Rate { in_time, of } = counts.timeliness_rate;
    assert!(counts.late > 100 && in_time * 100 >= of * 80, "{counts:?}");
    for rule in faults::RULES.into_iter().chain([Rule::RecordEnded]) {
        assert!(
            counts.records_refused_by_rule.contains_key(&rule_name(rule)),
            "{rule:?}"
        );
    }
    for (quiet, flood) in [("2024-02", "2024-03"), ("2024-11", "2024-12")] {
        let months = &counts.penalties_by_month;
        assert!(months[flood] * 10 > months[quiet] * 13, "{months:?}");
    }
    assert_eq!(year_of(2_024, 10).plan.expected.year.penalties, 417);
}

#[test]
fn the_commitments_of_a_seed_stay_as_they_are() {
    let policies = Policies::built_in();
    let alone = super::super::generator::year(2_024, 10, &District::of(&policies.catalog));
    let whole = year_of(2_024, 10);
    let said = |year: &Year| {
        let of = |step: &&Step| matches!(step, Step::Import(_) | Step::Perform(_) | Step::Withdraw(_));
        let steps: Vec<String> = year
            .sends
            .iter()
            .filter(of)
            .map(|step| format!("{step:?}"))
            .collect();
        let mut expected = year.plan.expected.clone();
        expected.year = YearCounts::default();
        (steps, expected)
    };
    assert!(said(&alone) == said(&whole));
}

#[test]
fn a_seed_gives_the_same_rows_and_time_never_goes_back() {
    let year = year_of(5, 10);
    assert_eq!(format!("{:?}", year.sends), format!("{:?}", year_of(5, 10).sends));
    let instants: Vec<_> = year
        .sends
        .iter()
        .filter_map(|step| {
            if let Step::Advance(to) = step {
                Some(*to)
            } else {
                None
            }
        })
        .collect();
    assert!(instants.is_sorted());
}
