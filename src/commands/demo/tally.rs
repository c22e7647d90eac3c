//! What the answers of a year say, in numbers, and where they differ from what was planned for a row.

use std::collections::{BTreeMap, HashMap};

use super::drive::Error;
use crate::services::pb;
use crate::testkit::plan::{Batch, Outcome, Row, rule_name};
use crate::testkit::record_plan::{MembershipBatch, RecordBatch};
use crate::testkit::register::RegisterBatch;

/// What the answers said, in numbers.
#[derive(Debug, Default)]
pub struct Tally {
    pub batches: u64,
    /// Batches of the register, of rosters and of credit records.
    pub year_batches: u64,
    pub replayed_batches: u64,
    pub rows_sent: u64,
    pub created: u64,
    pub repeated: u64,
    pub corrected: u64,
    pub refused: u64,
    pub refused_by_rule: BTreeMap<String, u64>,
    pub same_as: u64,
    pub withdrawals: u64,
    pub performance_outcomes: BTreeMap<String, u64>,
    /// Rows of credit records by outcome, and the rules that refused some.
    pub record_outcomes: BTreeMap<String, u64>,
    pub records_refused_by_rule: BTreeMap<String, u64>,
    /// Rows of the register and of rosters by outcome.
    pub register_outcomes: BTreeMap<String, u64>,
    pub membership_outcomes: BTreeMap<String, u64>,
    /// Names of records by the plan's own numbers.
    pub names: HashMap<usize, String>,
    /// Rows whose answer is not what was planned for them: the first few in words, and how many in all.
    pub surprises: Vec<String>,
    pub surprise_count: u64,
}

pub(super) fn count_batch(
    tally: &mut Tally,
    batch: &Batch,
    result: &pb::CommitmentBatchResult,
) -> Result<(), Error> {
    same_size(batch.rows.len(), result.results.len())?;
    tally.batches += 1;
    tally.replayed_batches += u64::from(result.replayed);
    for (index, (row, result)) in batch.rows.iter().zip(&result.results).enumerate() {
        count_row(tally, result);
        if let Some(surprise) = surprise(row, result) {
            note(
                tally,
                format!("row {index} of batch {}: {surprise}", batch.request_id),
            );
        }
    }
    Ok(())
}

fn count_row(tally: &mut Tally, result: &pb::CommitmentRowResult) {
    tally.rows_sent += 1;
    match result.outcome() {
        pb::Outcome::Created => {
            tally.created += 1;
            tally.same_as += u64::from(
                result
                    .findings
                    .iter()
                    .any(|one| one.rule() == pb::FindingRule::SameAs),
            );
        }
        pb::Outcome::Repeated => tally.repeated += 1,
        pb::Outcome::Corrected => tally.corrected += 1,
        pb::Outcome::Refused => {
            tally.refused += 1;
            for rule in refusing_rules(&result.findings) {
                *tally.refused_by_rule.entry(rule).or_default() += 1;
            }
        }
        pb::Outcome::Unspecified => {}
    }
    if let Some(performance) = &result.performance {
        *tally
            .performance_outcomes
            .entry(bare(performance.outcome().as_str_name(), "OUTCOME_"))
            .or_default() += 1;
    }
}

/// The rules that refused a row, each once, by their names without the enum's prefix.
fn refusing_rules(findings: &[pb::Finding]) -> Vec<String> {
    let mut rules: Vec<String> = findings
        .iter()
        .filter(|one| matches!(one.kind(), pb::CheckKind::Reject | pb::CheckKind::Stop))
        .map(|one| bare(one.rule().as_str_name(), "FINDING_RULE_"))
        .collect();
    rules.sort();
    rules.dedup();
    rules
}

pub(super) fn bare(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_owned()
}

/// Says how an answer differs from what was planned for its row.
fn surprise(row: &Row, result: &pb::CommitmentRowResult) -> Option<String> {
    let commitment = differs(row.outcome, result.outcome(), &result.findings);
    let performance = match (row.performance, &result.performance) {
        (None, None) => None,
        (Some(planned), Some(result)) => differs(planned, result.outcome(), &result.findings),
        (planned, _) => Some(format!(
            "performance planned as {planned:?} is answered otherwise"
        )),
    };
    commitment.or(performance)
}

pub(super) fn differs(planned: Outcome, answered: pb::Outcome, findings: &[pb::Finding]) -> Option<String> {
    let rules = refusing_rules(findings);
    let planned_rules = match planned {
        Outcome::Created | Outcome::Repeated | Outcome::Corrected => Vec::new(),
        Outcome::Refused(rule) => vec![rule_name(rule)],
    };
    let answered = bare(answered.as_str_name(), "OUTCOME_");
    (answered != planned.name() || rules != planned_rules)
        .then(|| format!("planned {planned:?}, answered {answered} {rules:?}"))
}

pub(super) fn note(tally: &mut Tally, surprise: String) {
    tally.surprise_count += 1;
    if tally.surprises.len() < 10 {
        tally.surprises.push(surprise);
    }
}

/// Counts the outcomes of a batch of the register.
pub(super) fn count_register(
    tally: &mut Tally,
    batch: &RegisterBatch,
    result: &pb::RegisterBatchResult,
) -> Result<(), Error> {
    same_size(batch.rows.len(), result.results.len())?;
    tally.year_batches += 1;
    tally.replayed_batches += u64::from(result.replayed);
    for (row, result) in batch.rows.iter().zip(&result.results) {
        let name = bare(result.outcome().as_str_name(), "OUTCOME_");
        *tally.register_outcomes.entry(name).or_default() += 1;
        if let Some(surprise) = differs(row.outcome, result.outcome(), &result.findings) {
            note(tally, format!("a row of the register: {surprise}"));
        }
    }
    Ok(())
}

/// Counts the outcomes of a batch of a roster.
pub(super) fn count_memberships(
    tally: &mut Tally,
    batch: &MembershipBatch,
    result: &pb::MembershipBatchResult,
) -> Result<(), Error> {
    same_size(batch.rows.len(), result.results.len())?;
    tally.year_batches += 1;
    tally.replayed_batches += u64::from(result.replayed);
    for (row, result) in batch.rows.iter().zip(&result.results) {
        let name = bare(result.outcome().as_str_name(), "OUTCOME_");
        *tally.membership_outcomes.entry(name).or_default() += 1;
        if let Some(surprise) = differs(row.outcome, result.outcome(), &result.findings) {
            note(tally, format!("a member of {}: {surprise}", row.sector));
        }
    }
    Ok(())
}

/// Counts the outcomes of a batch of credit records and keeps the names of what was recorded.
pub(super) fn count_records(
    tally: &mut Tally,
    batch: &RecordBatch,
    result: &pb::RecordBatchResult,
) -> Result<(), Error> {
    same_size(batch.rows.len(), result.results.len())?;
    tally.year_batches += 1;
    tally.replayed_batches += u64::from(result.replayed);
    for (index, (row, result)) in batch.rows.iter().zip(&result.results).enumerate() {
        let name = bare(result.outcome().as_str_name(), "OUTCOME_");
        *tally.record_outcomes.entry(name).or_default() += 1;
        if result.outcome() == pb::Outcome::Refused {
            for rule in refusing_rules(&result.findings) {
                *tally.records_refused_by_rule.entry(rule).or_default() += 1;
            }
        }
        if let Some(record) = row.record.filter(|_| !result.name.is_empty()) {
            tally.names.insert(record, result.name.clone());
        }
        if let Some(surprise) = differs(row.outcome, result.outcome(), &result.findings) {
            let request_id = batch.request_id;
            note(tally, format!("record {index} of batch {request_id}: {surprise}"));
        }
    }
    Ok(())
}

fn same_size(rows: usize, results: usize) -> Result<(), Error> {
    if rows == results {
        return Ok(());
    }
    Err(Error::Contract(format!("{results} results for {rows} rows")))
}
