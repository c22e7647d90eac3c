//! What will be true of subjects and credit records at the end of a generated year, and their sends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::plan::Outcome;
use crate::domain::record::{End, ReportedRecord};
use crate::domain::subject::SubjectKind;

/// Penalties in the layout since 2018 that the district's report of 2024 counts.
pub const REPORTED_PENALTIES: u64 = 4_171;

/// Enforcement bodies with at least one of them.
pub const REPORTED_BODIES: u64 = 54;

/// Counts at the end of the year; of commitments, [`Expected`](super::plan::Expected) has them.
///
/// A record counts while it is neither withdrawn nor deleted. `records_sent` = `records_created` +
/// `records_repeated` + `records_corrected` + `records_refused`, rows of all layouts together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearCounts {
    /// Penalties in layout `PENALTY_V2` that count.
    pub penalties: u64,
    /// Bodies with at least one of these.
    pub enforcement_bodies: u64,
    /// Of these penalties, by unified social credit code of the body.
    pub penalties_by_body: BTreeMap<String, u64>,
    /// By month of first receipt in UTC+8.
    pub penalties_by_month: BTreeMap<String, u64>,
    /// By code of the kind of penalty; a penalty of two kinds counts under both.
    pub penalties_by_kind: BTreeMap<String, u64>,
    pub penalties_by_party: BTreeMap<String, u64>,
    /// Penalties in layout `PENALTY_V1` that count.
    pub penalties_history: u64,
    /// Licences that count.
    pub licences: u64,
    /// Everything that counts, by kind of record.
    pub records_by_kind: BTreeMap<String, u64>,
    /// Penalties annulled or changed by a ruling.
    pub rulings_correcting: u64,
    pub records_sent: u64,
    pub records_created: u64,
    pub records_repeated: u64,
    pub records_corrected: u64,
    pub records_refused: u64,
    pub records_refused_by_rule: BTreeMap<String, u64>,
    pub records_withdrawn: u64,
    pub records_deleted: u64,
    pub records_repaired: u64,
    /// Penalties and licences that count and came after the 7 working days.
    pub late: u64,
    pub timeliness_rate: Rate,
    /// Records that count and belong to no sector.
    pub unattributed_records: u64,
    /// Subjects that the register has.
    pub subjects: u64,
    pub register_rows: u64,
    pub register_outcomes: BTreeMap<String, u64>,
    pub memberships: u64,
    /// By sector; all sectors have some.
    pub memberships_by_sector: BTreeMap<String, u64>,
    pub membership_outcomes: BTreeMap<String, u64>,
    /// Batches of the register, of rosters and of credit records.
    pub year_batches: u64,
}

/// How many came in time, of all that have a term: penalties and licences that count and whose days the
/// calendars know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    pub in_time: u64,
    pub of: u64,
}

/// One batch of rows of credit records under one request id.
#[derive(Clone, Debug)]
pub struct RecordBatch {
    pub request_id: Uuid,
    pub rows: Vec<RecordRow>,
}

/// A row and what must become of it.
#[derive(Clone, Debug)]
pub struct RecordRow {
    pub reported: ReportedRecord,
    /// The plan's own number of the record; `None` for a row that no record comes of.
    pub record: Option<usize>,
    pub outcome: Outcome,
}

/// A record brought to an end by a call.
#[derive(Clone, Debug)]
pub struct EndSend {
    pub request_id: Uuid,
    /// The plan's own number of the record.
    pub record: usize,
    pub end: End,
    pub on: String,
    pub reason: String,
    pub basis: String,
}

/// One batch of a roster.
#[derive(Clone, Debug)]
pub struct MembershipBatch {
    pub request_id: Uuid,
    pub rows: Vec<MembershipRow>,
}

/// A row of a roster and what must become of it.
#[derive(Clone, Debug)]
pub struct MembershipRow {
    pub name: String,
    pub kind: SubjectKind,
    pub code: String,
    pub sector: String,
    pub from: String,
    pub evidence: String,
    pub outcome: Outcome,
}
