//! From the wire: requests are parsed into domain values, or refused with every wrong field.

use prost::Message;

use crate::domain::catalog::{BodyCode, DepartmentCode, SectorCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{Choice, PerformanceState, Reported, ReportedPerformance};
use crate::domain::fact::RequestId;
use crate::domain::filter::{CommitmentFilter, CountDimension, PerformanceFilter};
use crate::domain::hash::hash32;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Place;
use crate::domain::subject::SubjectName;
use crate::ingest::batch::ROWS_PER_BATCH_MAX;
use crate::ingest::commands::CommitmentName;
use crate::ingest::withdrawals::BATCHES_MAX;
use crate::services::pb;

pub mod subjects;

/// Size of a page if none is asked for.
pub const PAGE_SIZE_DEFAULT: usize = 100;

/// Largest page; a larger ask gets this many and a next token.
pub const PAGE_SIZE_MAX: usize = 500;

/// Longest reason of a withdrawal, in characters.
pub const WITHDRAWAL_REASON_LENGTH_MAX: usize = 500;

/// Longest purpose of a read, in characters.
pub const PURPOSE_LENGTH_MAX: usize = 200;

/// Reads a request id: a UUID with hyphens.
///
/// # Errors
/// `MALFORMED_REQUEST_ID`.
pub fn request_id(text: &str) -> Result<RequestId, Refusal> {
    id_in("request_id", text)
}

fn id_in(field: &str, text: &str) -> Result<RequestId, Refusal> {
    let malformed = || Refusal::plain(Reason::MalformedRequestId).violating(field, "is not a UUID");
    if text.len() != 36 {
        return Err(malformed());
    }
    uuid::Uuid::try_parse(text)
        .map(|id| RequestId(id.into_bytes()))
        .map_err(|_| malformed())
}

/// Reads the request ids of batches.
///
/// # Errors
/// `BATCH_EMPTY`, `BATCH_TOO_LARGE`, `MALFORMED_REQUEST_ID`.
pub fn batch_ids(texts: &[String]) -> Result<Vec<RequestId>, Refusal> {
    if texts.is_empty() {
        return Err(Refusal::plain(Reason::BatchEmpty).violating("batches", "is empty"));
    }
    if texts.len() > BATCHES_MAX {
        let refusal = Refusal::plain(Reason::BatchTooLarge).violating("batches", "has too many ids");
        return Err(refusal.with("batches_max", BATCHES_MAX.to_string()));
    }
    let ids = texts.iter().enumerate();
    ids.map(|(place, text)| id_in(&format!("batches[{place}]"), text))
        .collect()
}

/// Hashes what a request asks for, without the id it is asked under (which the caller has emptied).
#[must_use]
pub fn request_hash(method: &str, request: &impl Message) -> [u8; 32] {
    hash32(b"request content", &[method.as_bytes(), &request.encode_to_vec()])
}

/// Reads the least revision that an answer is to reflect; empty means the latest.
///
/// # Errors
/// `MALFORMED_REVISION`.
pub fn min_revision(text: &str) -> Result<Option<Place>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let malformed = || {
        Refusal::plain(Reason::MalformedRevision)
            .violating("min_revision", "is not of the form EPOCH.REVISION")
    };
    text.parse().map(Some).map_err(|_| malformed())
}

/// Reads the size of a page: 0 means [`PAGE_SIZE_DEFAULT`], more than [`PAGE_SIZE_MAX`] means that.
///
/// # Errors
/// `MALFORMED_VALUE` for a negative size.
pub fn page_size(size: i32) -> Result<usize, Refusal> {
    match usize::try_from(size) {
        Ok(0) => Ok(PAGE_SIZE_DEFAULT),
        Ok(size) => Ok(size.min(PAGE_SIZE_MAX)),
        Err(_) => Err(Refusal::plain(Reason::MalformedValue).violating("page_size", "is negative")),
    }
}

/// Reads the name of a commitment.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn commitment_name(field: &str, text: &str) -> Result<CommitmentName, Refusal> {
    text.parse().map_err(|()| {
        let form = "is not of the form commitments/{accepting body code}-{commitment code}";
        Refusal::plain(Reason::MalformedName).violating(field, form)
    })
}

/// Reads the name of a subject.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn subject_name(field: &str, text: &str) -> Result<SubjectName, Refusal> {
    let name = text.strip_prefix("subjects/").and_then(SubjectName::from_text);
    let form = "is not of the form subjects/{20 characters}";
    name.ok_or_else(|| Refusal::plain(Reason::MalformedName).violating(field, form))
}

/// Reads the name of a department.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn department_name(field: &str, text: &str) -> Result<DepartmentCode, Refusal> {
    short_name(field, text, "departments/")
}

/// Reads the name of a body.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn body_name(field: &str, text: &str) -> Result<BodyCode, Refusal> {
    short_name(field, text, "bodies/")
}

/// Reads the name of a sector.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn sector_name(field: &str, text: &str) -> Result<SectorCode, Refusal> {
    short_name(field, text, "sectors/")
}

fn short_name<T: std::str::FromStr>(field: &str, text: &str, prefix: &str) -> Result<T, Refusal> {
    text.strip_prefix(prefix)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| {
            Refusal::plain(Reason::MalformedName).violating(field, format!("is not of the form {prefix}CODE"))
        })
}

/// Looks at the number of rows of a batch.
///
/// # Errors
/// `BATCH_EMPTY`, `BATCH_TOO_LARGE`.
pub fn batch_size(rows: usize) -> Result<(), Refusal> {
    match rows {
        0 => Err(Refusal::plain(Reason::BatchEmpty).violating("rows", "is empty")),
        1..=ROWS_PER_BATCH_MAX => Ok(()),
        _ => Err(Refusal::plain(Reason::BatchTooLarge)
            .violating(
                "rows",
                format!("has {rows} rows, at most {ROWS_PER_BATCH_MAX} are taken"),
            )
            .with("rows", rows.to_string())
            .with("rows_max", ROWS_PER_BATCH_MAX.to_string())),
    }
}

/// Reads a text that must not be empty; white space around it is dropped.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn text(field: &str, text: &str, length_max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let wrong = if text.is_empty() {
        "is required".to_owned()
    } else if text.chars().count() > length_max {
        format!("is longer than {length_max} characters")
    } else if text
        .chars()
        .any(|character| character.is_control() && character != '\n')
    {
        "holds control characters".to_owned()
    } else {
        return Ok(text.to_owned());
    };
    Err(Refusal::plain(Reason::MalformedValue).violating(field, wrong))
}

/// Takes a row as a department sent it. White space around texts is dropped; nothing is checked.
#[must_use]
pub fn reported(row: pb::CommitmentRow) -> Reported {
    Reported {
        code: trimmed(row.code),
        subject_name: trimmed(row.subject_name),
        subject_kind: choice(row.subject_kind),
        subject_code: trimmed(row.subject_code),
        kind: choice(row.kind),
        kind_words: trimmed(row.kind_words),
        reason: trimmed(row.reason),
        content: trimmed(row.content),
        liability: trimmed(row.liability),
        made_on: trimmed(row.made_on),
        valid_until: trimmed(row.valid_until),
        performance: row.performance.and_then(reported_performance),
        accepting_body_name: trimmed(row.accepting_body_name),
        accepting_body_code: trimmed(row.accepting_body_code),
        publication: choice(row.publication),
        remarks: trimmed(row.remarks),
    }
}

/// Takes items 11 to 16 as a department sent them; `None` if none of them is filled.
#[must_use]
pub fn reported_performance(items: pb::PerformanceItems) -> Option<ReportedPerformance> {
    let reported = ReportedPerformance {
        state: choice(items.state),
        unperformed: trimmed(items.unperformed),
        measures_taken: trimmed(items.measures_taken),
        found_on: trimmed(items.found_on),
        finding_body_name: trimmed(items.finding_body_name),
        finding_body_code: trimmed(items.finding_body_code),
    };
    let empty = ReportedPerformance {
        state: Choice::Absent,
        unperformed: String::new(),
        measures_taken: String::new(),
        found_on: String::new(),
        finding_body_name: String::new(),
        finding_body_code: String::new(),
    };
    (reported != empty).then_some(reported)
}

/// What a row calls itself, if its codes make a name.
#[must_use]
pub fn name_of(reported: &Reported) -> Option<CommitmentName> {
    let body = reported.accepting_body_code.parse().ok()?;
    Some(CommitmentName {
        body,
        code: reported.code.parse().ok()?,
    })
}

pub(super) fn trimmed(text: String) -> String {
    if text.trim().len() == text.len() {
        text
    } else {
        text.trim().to_owned()
    }
}

/// The domain's enums bear the wire's numbers; zero is what was not filled in.
fn choice<T: TryFrom<u8>>(number: i32) -> Choice<T> {
    if number == 0 {
        return Choice::Absent;
    }
    let known = u8::try_from(number)
        .ok()
        .and_then(|number| T::try_from(number).ok());
    known.map_or_else(|| Choice::Unknown(number.to_string()), Choice::Known)
}

/// Reads a filter.
///
/// # Errors
/// `MALFORMED_VALUE` or `MALFORMED_NAME`, with every wrong field.
pub fn filter(filter: Option<&pb::CommitmentFilter>) -> Result<CommitmentFilter, Refusal> {
    let Some(filter) = filter else {
        return Ok(CommitmentFilter::default());
    };
    let mut wrong = Wrong::default();
    let parsed = CommitmentFilter {
        subject: wrong.set("filter.subject", &filter.subject, subject_name),
        department: wrong.set("filter.department", &filter.department, department_name),
        kind: wrong.choice("filter.kind", filter.kind),
        subject_kind: wrong.choice("filter.subject_kind", filter.subject_kind),
        withdrawn: match pb::CommitmentState::try_from(filter.state) {
            Ok(pb::CommitmentState::Unspecified) => None,
            Ok(pb::CommitmentState::Recorded) => Some(false),
            Ok(pb::CommitmentState::Withdrawn) => Some(true),
            Err(_) => wrong.value("filter.state", "is not on the list"),
        },
        performance: match pb::PerformanceFilter::try_from(filter.performance) {
            Ok(pb::PerformanceFilter::Unspecified) => None,
            Ok(pb::PerformanceFilter::Full) => Some(PerformanceFilter::State(PerformanceState::Full)),
            Ok(pb::PerformanceFilter::Partial) => Some(PerformanceFilter::State(PerformanceState::Partial)),
            Ok(pb::PerformanceFilter::Unperformed) => {
                Some(PerformanceFilter::State(PerformanceState::Unperformed))
            }
            Ok(pb::PerformanceFilter::None) => Some(PerformanceFilter::Unrecorded),
            Ok(pb::PerformanceFilter::Breached) => Some(PerformanceFilter::Breached),
            Err(_) => wrong.value("filter.performance", "is not on the list"),
        },
        made_from: wrong.set("filter.made_from", &filter.made_from, date),
        made_until: wrong.set("filter.made_until", &filter.made_until, date),
        received_from: wrong.set("filter.received_from", &filter.received_from, date),
        received_until: wrong.set("filter.received_until", &filter.received_until, date),
        breach: wrong.choice("filter.breach", filter.breach),
    };
    wrong.unless(parsed)
}

/// Reads the dimensions of a count.
///
/// # Errors
/// `MALFORMED_VALUE` for one that is not on the list or stands twice.
pub fn dimensions(numbers: &[i32]) -> Result<Vec<CountDimension>, Refusal> {
    use pb::CountDimension as Sent;
    dimensions_of(numbers, |number| {
        Some(match Sent::try_from(number).ok()? {
            Sent::Kind => CountDimension::Kind,
            Sent::Department => CountDimension::Department,
            Sent::MonthReceived => CountDimension::MonthReceived,
            Sent::MonthMade => CountDimension::MonthMade,
            Sent::SubjectKind => CountDimension::SubjectKind,
            Sent::Performance => CountDimension::Performance,
            Sent::State => CountDimension::State,
            Sent::Unspecified => return None,
        })
    })
}

/// Reads the dimensions of a count, each of which may stand once.
///
/// # Errors
/// `MALFORMED_VALUE` for one that is not on the list or stands twice.
pub(super) fn dimensions_of<T: PartialEq>(
    numbers: &[i32],
    read: impl Fn(i32) -> Option<T>,
) -> Result<Vec<T>, Refusal> {
    let mut wrong = Wrong::default();
    let mut dimensions = Vec::new();
    for (place, &number) in numbers.iter().enumerate() {
        let field = format!("group_by[{place}]");
        match read(number) {
            Some(dimension) if dimensions.contains(&dimension) => {
                wrong.value::<()>(&field, "stands twice");
            }
            Some(dimension) => dimensions.push(dimension),
            None => {
                wrong.value::<()>(&field, "is not on the list");
            }
        }
    }
    wrong.unless(dimensions)
}

/// Reads a civil date.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn date(field: &str, text: &str) -> Result<CivilDate, Refusal> {
    text.parse().map_err(|_| {
        Refusal::plain(Reason::MalformedValue)
            .violating(field, "is not an existing date of the form YYYY-MM-DD")
    })
}

/// Reads a civil date that may be left empty.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn optional_date(field: &str, text: impl AsRef<str>) -> Result<Option<CivilDate>, Refusal> {
    match text.as_ref() {
        "" => Ok(None),
        text => date(field, text).map(Some),
    }
}

/// Gathers what is wrong with the fields of one request; the reason is the first by precedence.
#[derive(Default)]
pub(super) struct Wrong(Option<Refusal>);

impl Wrong {
    /// What was parsed, if nothing was wrong.
    pub(super) fn unless<T>(self, parsed: T) -> Result<T, Refusal> {
        self.0.map_or(Ok(parsed), Err)
    }

    pub(super) fn add(&mut self, refusal: Refusal) {
        self.0 = Some(match self.0.take() {
            None => refusal,
            Some(before) => {
                let (mut first, second) = if refusal.reason < before.reason {
                    (refusal, before)
                } else {
                    (before, refusal)
                };
                first.violations.extend(second.violations);
                first
            }
        });
    }

    pub(super) fn value<T>(&mut self, field: &str, what: &str) -> Option<T> {
        self.add(Refusal::plain(Reason::MalformedValue).violating(field, what));
        None
    }

    /// Parses a field that is set.
    pub(super) fn set<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl Fn(&str, &str) -> Result<T, Refusal>,
    ) -> Option<T> {
        if text.is_empty() {
            return None;
        }
        parse(field, text).map_err(|refusal| self.add(refusal)).ok()
    }

    pub(super) fn choice<T: TryFrom<u8>>(&mut self, field: &str, number: i32) -> Option<T> {
        match choice(number) {
            Choice::Absent => None,
            Choice::Known(value) => Some(value),
            Choice::Unknown(_) => self.value(field, "is not on the list"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::commitment::CommitmentKind;
    use crate::domain::subject::SubjectKind;

    #[test]
    fn a_request_id_is_a_uuid_of_36_characters() {
        assert!(request_id("00000000-0000-4000-8000-000000000001").is_ok());
        for text in [
            "",
            "1",
            "00000000000040008000000000000001",
            "00000000-0000-4000-8000-00000000000g",
        ] {
            assert_eq!(
                request_id(text).map_err(|refusal| refusal.reason),
                Err(Reason::MalformedRequestId)
            );
        }
    }

    #[test]
    fn a_page_is_coerced_at_the_top_and_refused_below_zero() {
        assert_eq!(page_size(0), Ok(PAGE_SIZE_DEFAULT));
        assert_eq!(page_size(1), Ok(1));
        assert_eq!(page_size(500), Ok(500));
        assert_eq!(page_size(501), Ok(500));
        assert_eq!(
            page_size(-1).map_err(|refusal| refusal.reason),
            Err(Reason::MalformedValue)
        );
    }

    #[test]
    fn a_batch_has_one_to_a_thousand_rows() {
        assert_eq!(
            batch_size(0).map_err(|refusal| refusal.reason),
            Err(Reason::BatchEmpty)
        );
        assert_eq!(batch_size(1), Ok(()));
        assert_eq!(batch_size(1_000), Ok(()));
        assert_eq!(
            batch_size(1_001).map_err(|refusal| refusal.reason),
            Err(Reason::BatchTooLarge)
        );
    }

    #[test]
    fn wire_numbers_are_the_domains_and_zero_is_not_filled_in() {
        assert_eq!(choice::<SubjectKind>(0), Choice::Absent);
        assert_eq!(choice::<SubjectKind>(3), Choice::Unknown("3".to_owned()));
        assert_eq!(choice::<SubjectKind>(260), Choice::Unknown("260".to_owned()));
        assert_eq!(choice::<SubjectKind>(-1), Choice::Unknown("-1".to_owned()));
        for kind in CommitmentKind::ALL {
            assert!(pb::CommitmentKind::try_from(i32::from(kind.number())).is_ok());
        }
        for kind in SubjectKind::ALL {
            assert!(pb::SubjectKind::try_from(i32::from(kind.number())).is_ok());
        }
    }

    #[test]
    fn items_11_to_16_without_content_are_none() {
        assert_eq!(reported_performance(pb::PerformanceItems::default()), None);
        let blank = pb::PerformanceItems {
            found_on: " ".to_owned(),
            ..Default::default()
        };
        assert_eq!(reported_performance(blank), None);
        let filled = pb::PerformanceItems {
            state: 1,
            ..Default::default()
        };
        assert!(reported_performance(filled).is_some());
    }

    #[test]
    fn every_wrong_field_of_a_filter_is_listed_under_the_first_reason() {
        let filter_sent = pb::CommitmentFilter {
            made_from: "2024-02-30".to_owned(),
            subject: "subjects/x".to_owned(),
            kind: 9,
            ..Default::default()
        };
        let refusal = filter(Some(&filter_sent)).expect_err("three fields are wrong");
        assert_eq!(refusal.reason, Reason::MalformedName);
        assert_eq!(refusal.violations.len(), 3, "{refusal:?}");
    }

    #[test]
    fn a_dimension_stands_once() {
        use pb::CountDimension::{Kind, State};
        assert!(dimensions(&[Kind as i32, State as i32]).is_ok());
        assert!(dimensions(&[Kind as i32, Kind as i32]).is_err());
        assert!(dimensions(&[0]).is_err());
    }
}
