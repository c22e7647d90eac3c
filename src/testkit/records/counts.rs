//! Counts what must be true when everything is sent.

use super::{Entry, Maker, calendar};
use crate::domain::record::{End, RecordKind};
use crate::testkit::plan::{Outcome, rule_name, screaming};
use crate::testkit::record_plan::{Rate, RecordRow, YearCounts};

/// Counts a row by what must become of it.
pub(super) fn row(counts: &mut YearCounts, row: &RecordRow) {
    counts.records_sent += 1;
    match row.outcome {
        Outcome::Created => counts.records_created += 1,
        Outcome::Repeated => counts.records_repeated += 1,
        Outcome::Corrected => counts.records_corrected += 1,
        Outcome::Refused(rule) => {
            counts.records_refused += 1;
            *counts.records_refused_by_rule.entry(rule_name(rule)).or_default() += 1;
        }
    }
}

fn counts_as_fact(entry: &Entry) -> bool {
    !matches!(entry.end, Some(End::Withdrawn | End::Deleted))
}

impl Maker<'_> {
    /// Counts the records as they stand at the end.
    pub(super) fn count(&mut self) {
        let counts = &mut self.counts;
        for entry in &self.entries {
            match entry.end {
                Some(End::Withdrawn) => counts.records_withdrawn += 1,
                Some(End::Deleted) => counts.records_deleted += 1,
                Some(End::Repaired) => counts.records_repaired += 1,
                Some(End::Expired) | None => {}
            }
            counts.rulings_correcting += u64::from(entry.by_ruling);
            if !counts_as_fact(entry) {
                continue;
            }
            let kind = screaming(&format!("{:?}", entry.kind));
            *counts.records_by_kind.entry(kind).or_default() += 1;
            counts.unattributed_records += u64::from(entry.sector.is_none());
            let is_history = entry.first.layout == "PENALTY_V1";
            match entry.kind {
                RecordKind::Penalty if is_history => counts.penalties_history += 1,
                RecordKind::Penalty => penalty(counts, entry, &self.authorities.penalising[entry.body].code),
                RecordKind::Licence => counts.licences += 1,
                RecordKind::Listing
                | RecordKind::AbnormalListing
                | RecordKind::Commendation
                | RecordKind::Evaluation
                | RecordKind::InspectionResult
                | RecordKind::Ruling => {}
            }
            if matches!(entry.kind, RecordKind::Penalty | RecordKind::Licence) && !is_history {
                let is_late = calendar::is_late(entry.decided_on, entry.received_on);
                counts.late += u64::from(is_late);
                let Rate { in_time, of } = counts.timeliness_rate;
                counts.timeliness_rate = Rate {
                    in_time: in_time + u64::from(!is_late),
                    of: of + 1,
                };
            }
        }
        counts.enforcement_bodies = counts.penalties_by_body.len() as u64;
    }
}

fn penalty(counts: &mut YearCounts, entry: &Entry, body: &str) {
    counts.penalties += 1;
    *counts.penalties_by_body.entry(body.to_owned()).or_default() += 1;
    let month = entry.received_on.strftime("%Y-%m").to_string();
    *counts.penalties_by_month.entry(month).or_default() += 1;
    for kind in entry.penalty_kinds {
        *counts.penalties_by_kind.entry((*kind).to_owned()).or_default() += 1;
    }
    let party = screaming(&format!("{:?}", entry.party.kind));
    *counts.penalties_by_party.entry(party).or_default() += 1;
}
