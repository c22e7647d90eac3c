//! What can be said of a sealed body without its key: the columns that stand in clear.

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{CommitmentKind, PerformanceState, Publication, Validity};
use crate::domain::fact::Principal;
use crate::domain::finding::Finding;
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectKind, SubjectNumber};
use crate::ledger::Body;

use super::decode::{finding_in, read, validity_in};
use super::{Error, stored};

mod records;

/// The clear columns of one sealed fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearPart {
    /// The name of the fact's kind, as [`kind_name`](super::kind_name) gives it.
    pub kind: &'static str,
    pub principal: Principal,
    /// Whose key opens the rest.
    pub subject: SubjectNumber,
    /// Name and value, in the order of the message.
    pub columns: Vec<(&'static str, Column)>,
    pub findings: Vec<Finding>,
}

/// A value that stands in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    Number(u64),
    Numbers(Vec<u64>),
    Text(String),
    /// A value of a closed list, by its name in the code.
    Choice(String),
    Day(CivilDate),
    Validity(Validity),
}

/// The clear part of a body whose content is sealed; `None` if nothing of it is, or its kind has none.
///
/// # Errors
/// [`Error::Corrupt`] if the clear columns do not decode.
pub fn clear_part(body: &Body, revision: Revision) -> Result<Option<ClearPart>, Error> {
    let part = match body.kind {
        10 => subject(&body.bytes),
        11 => commitment("commitment_recorded", &body.bytes),
        12 => commitment("commitment_corrected", &body.bytes),
        13 => withdrawn(&body.bytes),
        14 => performance("performance_recorded", &body.bytes),
        15 => performance("performance_corrected", &body.bytes),
        20 => records::recorded("record_recorded", &body.bytes),
        21 => records::recorded("record_corrected", &body.bytes),
        22 => records::ended(&body.bytes),
        23 => records::revived(&body.bytes),
        24 => records::source_added(&body.bytes),
        32 => changed("subject_renamed", &body.bytes),
        33 => changed("subject_code_assigned", &body.bytes),
        34 => changed("subject_code_ended", &body.bytes),
        35 => changed("subjects_merged", &body.bytes),
        36 => changed("merge_undone", &body.bytes),
        37 => changed("subject_split", &body.bytes),
        38 => changed("subject_deregistered", &body.bytes),
        39 => changed("records_reattributed", &body.bytes),
        40 => member("membership_recorded", &body.bytes),
        41 => member("membership_corrected", &body.bytes),
        42 => membership_ended(&body.bytes),
        44 => changed("question_answered", &body.bytes),
        _ => Some(None),
    };
    part.ok_or(Error::Corrupt(revision.0, "its clear columns do not decode"))
}

/// `None` outside is a body that does not decode, inside one of which nothing is sealed.
type Found = Option<Option<ClearPart>>;

/// A part whose columns are still to be put in.
struct Part(ClearPart);

impl Part {
    /// `None` if the content is not sealed.
    fn of(
        kind: &'static str,
        principal: String,
        subject: u32,
        content: Option<&stored::Content>,
    ) -> Option<Option<Self>> {
        match content?.form.as_ref()? {
            stored::content::Form::Open(_) => Some(None),
            stored::content::Form::Sealed(_) => Some(Some(Self(ClearPart {
                kind,
                principal: Principal::stored(principal),
                subject: SubjectNumber(subject),
                columns: Vec::new(),
                findings: Vec::new(),
            }))),
        }
    }

    fn put(mut self, name: &'static str, column: Column) -> Self {
        self.0.columns.push((name, column));
        self
    }

    fn text(self, name: &'static str, text: String) -> Self {
        self.put(name, Column::Text(text))
    }

    /// A number of which zero means that there is none.
    fn number(self, name: &'static str, number: u64) -> Self {
        match number {
            0 => self,
            number => self.put(name, Column::Number(number)),
        }
    }

    fn day(self, name: &'static str, days: i32) -> Option<Self> {
        Some(self.put(name, Column::Day(CivilDate::from_days(days)?)))
    }

    fn choice<T: TryFrom<u8> + std::fmt::Debug>(self, name: &'static str, number: u32) -> Option<Self> {
        let choice = T::try_from(u8::try_from(number).ok()?).ok()?;
        Some(self.put(name, Column::Choice(format!("{choice:?}"))))
    }

    fn done(mut self, findings: Vec<stored::Finding>) -> Found {
        self.0.findings = findings.into_iter().map(finding_in).collect::<Option<_>>()?;
        Some(Some(self.0))
    }
}

fn subject(bytes: &[u8]) -> Found {
    let message: stored::SubjectOpened = read(bytes)?;
    let content = message.content.as_ref();
    let Some(part) = Part::of("subject_opened", message.principal, message.number, content)? else {
        return Some(None);
    };
    part.text("name", format!("subjects/{}", message.name))
        .choice::<SubjectKind>("subject_kind", message.kind)?
        .done(Vec::new())
}

fn commitment(kind: &'static str, bytes: &[u8]) -> Found {
    let message: stored::CommitmentRecorded = read(bytes)?;
    let content = message.content.as_ref();
    let Some(part) = Part::of(kind, message.principal, message.subject, content)? else {
        return Some(None);
    };
    let validity = validity_in(message.validity, message.valid_until)?;
    part.choice::<SubjectKind>("subject_kind", message.subject_kind)?
        .text("department", message.department)
        .choice::<CommitmentKind>("commitment_kind", message.kind)?
        .choice::<Publication>("publication", message.publication)?
        .day("made_on", message.made_on)?
        .day("received_on", message.received_on)?
        .put("valid_until", Column::Validity(validity))
        .number("first", message.first)
        .number("snapshot", message.snapshot.into())
        .done(message.findings)
}

fn withdrawn(bytes: &[u8]) -> Found {
    let message: stored::CommitmentWithdrawn = read(bytes)?;
    let content = message.content.as_ref();
    let Some(part) = Part::of(
        "commitment_withdrawn",
        message.principal,
        message.subject,
        content,
    )?
    else {
        return Some(None);
    };
    part.number("first", message.first).done(Vec::new())
}

fn performance(kind: &'static str, bytes: &[u8]) -> Found {
    let message: stored::PerformanceRecorded = read(bytes)?;
    let content = message.content.as_ref();
    let Some(mut part) = Part::of(kind, message.principal, message.subject, content)? else {
        return Some(None);
    };
    part = part
        .choice::<PerformanceState>("performance_state", message.state)?
        .day("received_on", message.received_on)?;
    if message.found_on_stated {
        part = part.day("found_on", message.found_on)?;
    }
    part.number("first", message.commitment)
        .number("snapshot", message.snapshot.into())
        .done(message.findings)
}

fn changed(kind: &'static str, bytes: &[u8]) -> Found {
    let message: stored::SubjectChanged = read(bytes)?;
    let content = message.content.as_ref();
    let Some(mut part) = Part::of(kind, message.principal, message.subject, content)? else {
        return Some(None);
    };
    part = part.choice::<SubjectKind>("subject_kind", message.subject_kind)?;
    if !message.others.is_empty() {
        let others = message.others.into_iter().map(u64::from).collect();
        part = part.put("others", Column::Numbers(others));
    }
    // Which of these kinds speak of a day, and which do not, their comment in the proto says.
    if message.on != 0 {
        part = part.day("on", message.on)?;
    }
    let records: Vec<u64> = message.records.iter().map(|record| record.first).collect();
    if !records.is_empty() {
        part = part.put("records", Column::Numbers(records));
    }
    part.number("refers", message.refers).done(Vec::new())
}

fn member(kind: &'static str, bytes: &[u8]) -> Found {
    let message: stored::MembershipRecorded = read(bytes)?;
    let content = message.content.as_ref();
    let Some(mut part) = Part::of(kind, message.principal, message.subject, content)? else {
        return Some(None);
    };
    part = part
        .choice::<SubjectKind>("subject_kind", message.subject_kind)?
        .text("sector", message.sector)
        .day("from", message.from)?;
    if let Some(until) = message.until {
        part = part.day("until", until)?;
    }
    part.day("received_on", message.received_on)?
        .number("first", message.first)
        .number("snapshot", message.snapshot.into())
        .done(message.findings)
}

fn membership_ended(bytes: &[u8]) -> Found {
    let message: stored::MembershipEnded = read(bytes)?;
    let content = message.content.as_ref();
    let Some(part) = Part::of("membership_ended", message.principal, message.subject, content)? else {
        return Some(None);
    };
    part.choice::<SubjectKind>("subject_kind", message.subject_kind)?
        .number("first", message.first)
        .day("on", message.on)?
        .done(Vec::new())
}
