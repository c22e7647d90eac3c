//! What became of rows, whoever judged them, and the sums over a file.

use crate::domain::finding::CheckKind;
use crate::services::pb;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    Created,
    Repeated,
    Corrected,
    Refused,
}

/// One thing found on a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Code of the layout's item; empty for the row as a whole.
    pub item: String,
    pub kind: CheckKind,
    pub english: String,
    pub chinese: String,
}

/// What became of one row, and of the performance that it carried.
#[derive(Clone, Debug)]
pub struct RowOutcome {
    pub became: Became,
    pub found: Vec<Found>,
    /// Items 11 to 16 of a commitment have an outcome of their own.
    pub performance: Option<Became>,
}

impl RowOutcome {
    /// Says whether anything of the row has to be sent again.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.became == Became::Refused || self.performance == Some(Became::Refused)
    }

    /// Says whether the credit office has to look at it.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        let asks = self.found.iter().any(|found| found.kind == CheckKind::Ask);
        asks && self.became != Became::Refused
    }
}

/// What became of a batch.
#[derive(Clone, Debug, Default)]
pub struct BatchOutcome {
    /// Revision that the answer reflects; empty where no server was asked.
    pub revision: String,
    pub is_replayed: bool,
    /// In the order of the rows sent.
    pub rows: Vec<RowOutcome>,
}

/// The outcome that the wire states; `None` for one that this program does not know.
#[must_use]
pub fn became(outcome: i32) -> Option<Became> {
    match pb::Outcome::try_from(outcome).ok()? {
        pb::Outcome::Unspecified => None,
        pb::Outcome::Created => Some(Became::Created),
        pb::Outcome::Repeated => Some(Became::Repeated),
        pb::Outcome::Corrected => Some(Became::Corrected),
        pb::Outcome::Refused => Some(Became::Refused),
    }
}

/// A finding of the wire, on the item that `item` says its field is.
#[must_use]
pub fn found(finding: pb::Finding, item: &dyn Fn(&str) -> String) -> Found {
    let kind = match finding.kind() {
        pb::CheckKind::Ask => CheckKind::Ask,
        pb::CheckKind::Warn => CheckKind::Warn,
        pb::CheckKind::Stop => CheckKind::Stop,
        pb::CheckKind::Reject | pb::CheckKind::Unspecified => CheckKind::Reject,
    };
    Found {
        item: item(&finding.field),
        kind,
        english: finding.english,
        chinese: finding.chinese,
    }
}

/// How many rows became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub created: u64,
    pub repeated: u64,
    pub corrected: u64,
    pub refused: u64,
}

impl Counts {
    fn add(&mut self, became: Became) {
        *match became {
            Became::Created => &mut self.created,
            Became::Repeated => &mut self.repeated,
            Became::Corrected => &mut self.corrected,
            Became::Refused => &mut self.refused,
        } += 1;
    }

    /// Returns the rows counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.created + self.repeated + self.corrected + self.refused
    }
}

/// The sums over a file.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub rows: Counts,
    /// Of items 11 to 16 of commitments.
    pub performances: Counts,
    /// Recorded rows with a question to the credit office.
    pub asked: u64,
    /// Rows that come back: refused, or with a refused performance.
    pub returned: u64,
    /// Batches that the server had answered before.
    pub replayed_batches: u64,
    /// Of the last answer.
    pub revision: String,
}

impl Tally {
    /// Counts a batch with its outcome.
    pub fn count(&mut self, outcome: &BatchOutcome, spoilt: usize) {
        for row in &outcome.rows {
            self.rows.add(row.became);
            if let Some(performance) = row.performance {
                self.performances.add(performance);
            }
            self.asked += u64::from(row.is_asked());
            self.returned += u64::from(row.is_refused());
        }
        self.rows.refused += spoilt as u64;
        self.returned += spoilt as u64;
        self.replayed_batches += u64::from(outcome.is_replayed);
        if !outcome.revision.is_empty() {
            self.revision.clone_from(&outcome.revision);
        }
    }
}
