//! What will be true when a generated year has been sent, and the sends that make it true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::commitment::{Reported, ReportedPerformance};
use crate::domain::finding::Rule;
use crate::domain::revision::Instant;

use super::record_plan::{EndSend, MembershipBatch, RecordBatch, YearCounts};
use super::register::{Register, RegisterBatch};

/// Commitments that the district's report of 2024 counts as collected.
pub const REPORTED_COLLECTED: u64 = 20_481;

/// The plan file: what made the year, and what must be counted at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Number of this file's layout.
    pub format: u32,
    /// The seed that the year was made from.
    pub seed: u64,
    /// The year is this many times smaller than the real one.
    pub scale: u32,
    pub expected: Expected,
}

/// Counts at the end of the year. Keys are names as the wire writes them, without the enum's prefix.
///
/// `rows_sent` = `created` + `repeated` + `corrected` + `refused`; `foreign` is part of `refused`;
/// `created` = `commitments_collected` + `withdrawn`. All maps count collected commitments by their
/// current state, except `refused_by_rule`, which counts rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub commitments_collected: u64,
    pub by_kind: BTreeMap<String, u64>,
    pub by_department: BTreeMap<String, u64>,
    /// By the month of first receipt in UTC+8, such as `2024-03`.
    pub by_receipt_month: BTreeMap<String, u64>,
    pub by_subject_kind: BTreeMap<String, u64>,
    /// By current performance; `NONE` where nothing is recorded.
    pub by_performance: BTreeMap<String, u64>,
    pub batches: u64,
    pub rows_sent: u64,
    pub created: u64,
    pub repeated: u64,
    pub corrected: u64,
    pub refused: u64,
    pub refused_by_rule: BTreeMap<String, u64>,
    /// Refused rows of another district.
    pub foreign: u64,
    pub withdrawn: u64,
    /// Collected commitments performed in full.
    pub performed: u64,
    /// Collected commitments performed in part or not at all.
    pub breached: u64,
    pub departments_reporting: u64,
    /// Departments that take commitments and reported none, by code, sorted.
    pub zero_reporters: Vec<String>,
    /// Recorded commitments whose promise stands under another code too.
    pub same_as: u64,
    /// Performance records by outcome: those in rows and those sent on their own.
    pub performance_outcomes: BTreeMap<String, u64>,
    /// Everything but the commitments.
    #[serde(flatten)]
    pub year: YearCounts,
}

/// A plan and its sends.
#[derive(Clone, Debug)]
pub struct Year {
    pub plan: Plan,
    /// In order. The parts of one step do not depend on each other and may be sent at the same time.
    pub sends: Vec<Step>,
}

/// One step of a year.
#[derive(Clone, Debug)]
pub enum Step {
    /// Moves the clock.
    Advance(Instant),
    Import(Vec<Batch>),
    Perform(Vec<PerformanceSend>),
    Withdraw(Vec<Withdrawal>),
    /// The whole register, made while it is sent.
    Register(Register),
    /// Rows that a register sends later.
    RegisterRows(Vec<RegisterBatch>),
    Memberships(Vec<MembershipBatch>),
    Records(Vec<RecordBatch>),
    End(Vec<EndSend>),
}

/// One batch of rows under one request id.
#[derive(Clone, Debug)]
pub struct Batch {
    pub request_id: Uuid,
    pub rows: Vec<Row>,
}

/// A row and what must become of it.
#[derive(Clone, Debug)]
pub struct Row {
    pub reported: Reported,
    pub outcome: Outcome,
    /// What must become of items 11 to 16, if the row has them.
    pub performance: Option<Outcome>,
    /// Whether the row must be found to repeat a promise under another code.
    pub same_as: bool,
}

/// What becomes of a row or a performance record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Repeated,
    Corrected,
    /// Refused by this rule and by no other.
    Refused(Rule),
}

impl Outcome {
    /// The name of the outcome as the wire writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Repeated => "REPEATED",
            Self::Corrected => "CORRECTED",
            Self::Refused(_) => "REFUSED",
        }
    }
}

/// A performance record sent on its own.
#[derive(Clone, Debug)]
pub struct PerformanceSend {
    pub request_id: Uuid,
    /// Resource name of the commitment.
    pub commitment: String,
    pub performance: ReportedPerformance,
    pub correct: bool,
    pub outcome: Outcome,
}

/// A commitment taken back.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    pub request_id: Uuid,
    /// Resource name of the commitment.
    pub commitment: String,
    pub reason: String,
}

/// The resource name of a commitment.
#[must_use]
pub fn commitment_name(row: &Reported) -> String {
    format!("commitments/{}-{}", row.accepting_body_code, row.code)
}

/// The name of a rule as the wire writes it, such as `FUTURE_DATE`.
#[must_use]
pub fn rule_name(rule: Rule) -> String {
    screaming(&format!("{rule:?}"))
}

/// `ApprovalReplacing` as `APPROVAL_REPLACING`.
pub(super) fn screaming(camel: &str) -> String {
    let mut name = String::with_capacity(camel.len() + 4);
    for (place, one) in camel.chars().enumerate() {
        if one.is_ascii_uppercase() && place > 0 {
            name.push('_');
        }
        name.push(one.to_ascii_uppercase());
    }
    name
}
