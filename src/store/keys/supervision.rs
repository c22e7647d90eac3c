//! Layouts of the tables of supervision, numbers 40 to 44.

use bytes::Bytes;

use super::{array_at, joined, u64_at};
use crate::domain::civil_date::Month;
use crate::domain::hash::hash16;
use crate::domain::reporting::{DataKind, Reporter};
use crate::domain::revision::Revision;

/// What [`super::EXCUSE`] holds:
/// natural key 16 | last judgment revision u64 (0: none) | accepted u8 | judgments u32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExcuseRow {
    pub natural: [u8; 16],
    /// Revision of the last judgment, and whether it accepts.
    pub judged: Option<(Revision, bool)>,
    pub judgments: u32,
}

const EXCUSE_ROW_SIZE: usize = 29;

impl ExcuseRow {
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let (judged, accepted) = self
            .judged
            .map_or((0, 0), |(revision, is_accepted)| (revision.0, is_accepted.into()));
        joined(&[
            &self.natural,
            &judged.to_be_bytes(),
            &[accepted],
            &self.judgments.to_be_bytes(),
        ])
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != EXCUSE_ROW_SIZE {
            return None;
        }
        let is_accepted = match bytes[24] {
            0 => false,
            1 => true,
            _ => return None,
        };
        let judged = Revision(u64_at(bytes, 16));
        Some(Self {
            natural: array_at(bytes, 0),
            judged: (judged.0 > 0).then_some((judged, is_accepted)),
            judgments: u32::from_be_bytes(array_at(bytes, 25)),
        })
    }
}

/// Month first, so that a month's reports stand together: first day u32 | hash of reporter and kind 16.
#[must_use]
pub fn zero_report_key(reporter: Reporter, data: DataKind, month: Month) -> Bytes {
    let who = hash16(
        b"zero report",
        &[reporter.to_string().as_bytes(), &[data.number()]],
    );
    joined(&[&month.first_day().key().to_be_bytes(), &who])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excuse_comes_back_as_it_was() {
        for judged in [None, Some((Revision(9), false)), Some((Revision(1 << 40), true))] {
            let row = ExcuseRow {
                natural: [7; 16],
                judged,
                judgments: 3,
            };
            let bytes = row.encode();
            assert_eq!(ExcuseRow::decode(&bytes), Some(row));
            assert_eq!(ExcuseRow::decode(&bytes[1..]), None);
        }
    }
}
