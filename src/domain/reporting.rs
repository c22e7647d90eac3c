//! Who reports what: the kinds of data by which timeliness and silence are counted, and the reporters.
//!
//! Read first: [`DataKind`].

use std::fmt;
use std::str::FromStr;

use super::catalog::{Authority, BodyCode, Catalog, DepartmentCode};
use super::civil_date::Month;
use super::numbered::numbered;
use super::record::RecordKind;

/// What is reported. Numbers are stored; those of credit records are [`RecordKind`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DataKind {
    Penalty = 1,
    Licence = 2,
    Listing = 3,
    AbnormalListing = 4,
    Commendation = 5,
    Evaluation = 6,
    InspectionResult = 7,
    Ruling = 8,
    /// 信用承诺
    Commitment = 9,
}

numbered!(DataKind {
    Penalty,
    Licence,
    Listing,
    AbnormalListing,
    Commendation,
    Evaluation,
    InspectionResult,
    Ruling,
    Commitment
});

impl From<RecordKind> for DataKind {
    fn from(kind: RecordKind) -> Self {
        match kind {
            RecordKind::Penalty => Self::Penalty,
            RecordKind::Licence => Self::Licence,
            RecordKind::Listing => Self::Listing,
            RecordKind::AbnormalListing => Self::AbnormalListing,
            RecordKind::Commendation => Self::Commendation,
            RecordKind::Evaluation => Self::Evaluation,
            RecordKind::InspectionResult => Self::InspectionResult,
            RecordKind::Ruling => Self::Ruling,
        }
    }
}

impl DataKind {
    /// Returns the word by which data files call the kind.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Penalty => "penalty",
            Self::Licence => "licence",
            Self::Listing => "listing",
            Self::AbnormalListing => "abnormal_listing",
            Self::Commendation => "commendation",
            Self::Evaluation => "evaluation",
            Self::InspectionResult => "inspection_result",
            Self::Ruling => "ruling",
            Self::Commitment => "commitment",
        }
    }

    /// Returns the credit record's kind; `None` for commitments.
    #[must_use]
    pub fn record_kind(self) -> Option<RecordKind> {
        RecordKind::try_from(self.number()).ok()
    }
}

/// A text that calls no kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a kind of data is one of penalty, licence, listing, abnormal_listing, commendation, evaluation, inspection_result, ruling, commitment"
)]
pub struct DataKindError;

impl FromStr for DataKind {
    type Err = DataKindError;

    fn from_str(word: &str) -> Result<Self, DataKindError> {
        let found = Self::ALL.iter().copied().find(|kind| kind.word() == word);
        found.ok_or(DataKindError)
    }
}

/// Who reports: a department with all its bodies, or one enforcement body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reporter {
    Department(DepartmentCode),
    Body(BodyCode),
}

impl fmt::Display for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Department(code) => write!(f, "departments/{code}"),
            Self::Body(code) => write!(f, "bodies/{code}"),
        }
    }
}

/// A text that names no reporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reporter is named departments/CODE or bodies/CODE")]
pub struct ReporterError;

impl FromStr for Reporter {
    type Err = ReporterError;

    fn from_str(text: &str) -> Result<Self, ReporterError> {
        let named = |prefix| text.strip_prefix(prefix);
        if let Some(code) = named("departments/") {
            return code.parse().map(Self::Department).map_err(|_| ReporterError);
        }
        let code = named("bodies/").ok_or(ReporterError)?;
        code.parse().map(Self::Body).map_err(|_| ReporterError)
    }
}

/// Says whether the catalogue knows a reporter.
#[must_use]
pub fn is_known(catalog: &Catalog, reporter: Reporter) -> bool {
    match reporter {
        Reporter::Department(code) => catalog.department(code).is_some(),
        Reporter::Body(code) => catalog.bodies().iter().any(|body| body.code == code),
    }
}

/// Returns those who are expected to report a kind of data for a month, in the order of the catalogue:
/// enforcement bodies for penalties, departments by their authority for commitments, licences and
/// inspection results, nobody for the rest. Who existed on any day of the month is expected.
#[must_use]
pub fn expected(catalog: &Catalog, kind: DataKind, month: Month) -> Vec<Reporter> {
    let departments = |authority| {
        let all = catalog.departments_with(authority);
        all.filter(|one| {
            one.from.is_none_or(|from| from <= month.last_day())
                && one.until.is_none_or(|until| month.first_day() <= until)
        })
        .map(|one| Reporter::Department(one.code))
        .collect()
    };
    match kind {
        DataKind::Penalty => catalog
            .bodies()
            .iter()
            .filter(|one| {
                one.from <= month.last_day() && one.until.is_none_or(|until| month.first_day() <= until)
            })
            .map(|one| Reporter::Body(one.code))
            .collect(),
        DataKind::Commitment => departments(Authority::Commitment),
        DataKind::Licence => departments(Authority::License),
        DataKind::InspectionResult => departments(Authority::Inspection),
        DataKind::Listing
        | DataKind::AbnormalListing
        | DataKind::Commendation
        | DataKind::Evaluation
        | DataKind::Ruling => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_keep_the_numbers_of_records() {
        for &kind in RecordKind::ALL {
            assert_eq!(DataKind::from(kind).number(), kind.number());
            assert_eq!(DataKind::from(kind).record_kind(), Some(kind));
        }
        assert_eq!(DataKind::Commitment.record_kind(), None);
        for &kind in DataKind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
        }
        assert_eq!("commitments".parse::<DataKind>(), Err(DataKindError));
    }

    #[test]
    fn a_reporter_is_named_with_its_kind() {
        for text in ["departments/SCJG", "bodies/TOWN_03"] {
            assert_eq!(text.parse::<Reporter>().unwrap().to_string(), text);
        }
        for text in ["", "SCJG", "departments/", "bodies/x", "sectors/FOOD_PROD"] {
            assert_eq!(text.parse::<Reporter>(), Err(ReporterError), "{text}");
        }
    }
}
