//! Credit records between the wire and the domain.
//!
//! In: rows are taken as they are, filters and grounds are parsed. Out: records with persons masked.

use super::answers::{BatchAnswered, finding, snapshot_revision};
use super::masked::Masked;
use super::requests::{self, Wrong, trimmed};
use super::timestamp;
use crate::domain::commitment::Validity;
use crate::domain::fact::{Outcome, RowOutcome};
use crate::domain::identity::PersonDocument;
use crate::domain::layout::Layouts;
use crate::domain::record::{End, Item, ReportedRecord, Severity, Source, Value};
use crate::domain::record_fact::{RecordState, RecordedFact};
use crate::domain::record_filter::{RecordDimension, RecordFilter, SeverityFilter, StateFilter, Timeliness};
use crate::domain::record_name::RecordName;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::resident_id::ResidentId;
use crate::domain::revision::{Epoch, Place};
use crate::domain::subject::{IdentityKind, masked_name};
use crate::ingest::records::clean;
use crate::ingest::records::ends::Ground;
use crate::ingest::records::read::{EndRead, RecordKey, RecordRead, SourceRead};
use crate::services::pb;
use crate::services::pb::record_value::Value as Shown;

/// Longest reason of an end or a revival, in characters.
pub const REASON_LENGTH_MAX: usize = 500;

/// Longest number of the document that an end rests on, in characters.
pub const BASIS_LENGTH_MAX: usize = 200;

/// Takes a row as it was sent; of its source, what it does not say is the batch's.
#[must_use]
pub fn reported(row: pb::RecordRow, batch: &pb::RecordSource) -> ReportedRecord {
    let source = row.source.unwrap_or_default();
    let part = |own: String, common: &str| {
        let own = trimmed(own);
        if own.is_empty() {
            common.trim().to_owned()
        } else {
            own
        }
    };
    ReportedRecord {
        layout: trimmed(row.layout),
        items: row.items.into_iter().map(|item| (item.code, item.text)).collect(),
        source: Source {
            system: part(source.system, &batch.system),
            key: part(source.key, &batch.key),
            batch: part(source.batch, &batch.batch),
        },
    }
}

/// Reads the name of a record.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn record_name(field: &str, text: &str) -> Result<RecordName, Refusal> {
    let form = "is not of the form records/{20 characters}";
    text.parse()
        .map_err(|_| Refusal::plain(Reason::MalformedName).violating(field, form))
}

/// Reads which end is meant.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn end(number: i32) -> Result<End, Refusal> {
    let end = u8::try_from(number)
        .ok()
        .and_then(|number| End::try_from(number).ok());
    end.ok_or_else(|| Refusal::plain(Reason::MalformedValue).violating("end", "is required, one of the four"))
}

/// Reads reason and basis.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn ground(reason: &str, basis: &str) -> Result<Ground, Refusal> {
    let reason = requests::text("reason", reason, REASON_LENGTH_MAX)?;
    let basis = match basis.trim() {
        "" => String::new(),
        basis => requests::text("basis", basis, BASIS_LENGTH_MAX)?,
    };
    Ok(Ground { reason, basis })
}

/// Reads a filter.
///
/// # Errors
/// `MALFORMED_VALUE` or `MALFORMED_NAME` with every wrong field; `LAYOUT_UNKNOWN`.
pub fn filter(filter: Option<&pb::RecordFilter>, layouts: &Layouts) -> Result<RecordFilter, Refusal> {
    let Some(filter) = filter else {
        return Ok(RecordFilter::default());
    };
    let mut wrong = Wrong::default();
    if !filter.number.is_empty() && filter.body_code.is_empty() {
        wrong.value::<()>("filter.body_code", "is required where number is set");
    }
    let parsed = RecordFilter {
        kind: wrong.choice("filter.kind", filter.kind),
        layout: Some(filter.layout.clone()).filter(|layout| !layout.is_empty()),
        subject: wrong.set("filter.subject", &filter.subject, requests::subject_name),
        subject_kind: wrong.choice("filter.party_kind", filter.party_kind),
        department: wrong.set("filter.department", &filter.department, requests::department_name),
        body: wrong.set("filter.body_code", &filter.body_code, body_code),
        number: Some(clean::number(&filter.number)).filter(|number| !number.is_empty()),
        state: state(filter.state, &mut wrong),
        severity: severity(filter.severity, &mut wrong),
        decided_from: wrong.set("filter.decided_from", &filter.decided_from, requests::date),
        decided_until: wrong.set("filter.decided_until", &filter.decided_until, requests::date),
        received_from: wrong.set("filter.received_from", &filter.received_from, requests::date),
        received_until: wrong.set("filter.received_until", &filter.received_until, requests::date),
        late: match pb::TimelinessFilter::try_from(filter.timeliness) {
            Ok(pb::TimelinessFilter::Unspecified) => None,
            Ok(pb::TimelinessFilter::InTime) => Some(false),
            Ok(pb::TimelinessFilter::Late) => Some(true),
            Err(_) => wrong.value("filter.timeliness", "is not on the list"),
        },
    };
    let parsed = wrong.unless(parsed)?;
    match &parsed.layout {
        Some(layout) if layouts.layout(layout).is_none() => {
            Err(Refusal::plain(Reason::LayoutUnknown).violating("filter.layout", "is no layout in force"))
        }
        Some(_) | None => Ok(parsed),
    }
}

fn body_code(
    field: &str,
    text: &str,
) -> Result<crate::domain::social_credit_code::SocialCreditCode, Refusal> {
    text.trim().parse().map_err(|_| {
        Refusal::plain(Reason::MalformedValue).violating(field, "is no valid unified social credit code")
    })
}

fn state(number: i32, wrong: &mut Wrong) -> Option<StateFilter> {
    use pb::RecordStateFilter as Sent;
    let ended = |end| Some(StateFilter::State(RecordState::Ended(end)));
    match Sent::try_from(number) {
        Ok(Sent::Unspecified) => None,
        Ok(Sent::Recorded) => Some(StateFilter::State(RecordState::Recorded)),
        Ok(Sent::Withdrawn) => ended(End::Withdrawn),
        Ok(Sent::Deleted) => ended(End::Deleted),
        Ok(Sent::Repaired) => ended(End::Repaired),
        Ok(Sent::Expired) => ended(End::Expired),
        Ok(Sent::Standing) => Some(StateFilter::Standing),
        Err(_) => wrong.value("filter.state", "is not on the list"),
    }
}

fn severity(number: i32, wrong: &mut Wrong) -> Option<SeverityFilter> {
    use pb::SeverityFilter as Sent;
    match Sent::try_from(number) {
        Ok(Sent::Unspecified) => None,
        Ok(Sent::Minor) => Some(SeverityFilter::Level(Severity::Minor)),
        Ok(Sent::General) => Some(SeverityFilter::Level(Severity::General)),
        Ok(Sent::Serious) => Some(SeverityFilter::Level(Severity::Serious)),
        Ok(Sent::None) => Some(SeverityFilter::Unknown),
        Err(_) => wrong.value("filter.severity", "is not on the list"),
    }
}

/// Reads the dimensions of a count.
///
/// # Errors
/// `MALFORMED_VALUE` for one that is not on the list or stands twice.
pub fn dimensions(numbers: &[i32]) -> Result<Vec<RecordDimension>, Refusal> {
    use pb::RecordCountDimension as Sent;
    requests::dimensions_of(numbers, |number| {
        Some(match Sent::try_from(number).ok()? {
            Sent::Kind => RecordDimension::Kind,
            Sent::Layout => RecordDimension::Layout,
            Sent::Department => RecordDimension::Department,
            Sent::Body => RecordDimension::Body,
            Sent::MonthReceived => RecordDimension::MonthReceived,
            Sent::MonthDecided => RecordDimension::MonthDecided,
            Sent::PartyKind => RecordDimension::SubjectKind,
            Sent::Severity => RecordDimension::Severity,
            Sent::State => RecordDimension::State,
            Sent::Timeliness => RecordDimension::Timeliness,
            Sent::Unspecified => return None,
        })
    })
}

/// Answers a batch; outcomes stand in request order.
#[must_use]
pub fn batch_result(answered: BatchAnswered, outcomes: &[RowOutcome]) -> pb::RecordBatchResult {
    let mut result = pb::RecordBatchResult {
        revision: answered.place.to_string(),
        replayed: answered.replayed,
        validate_only: answered.validate_only,
        ..Default::default()
    };
    for (index, row) in (0_u32..).zip(outcomes) {
        match row.outcome {
            Outcome::Created => result.created_count += 1,
            Outcome::Repeated => result.repeated_count += 1,
            Outcome::Corrected => result.corrected_count += 1,
            Outcome::Refused => result.refused_count += 1,
        }
        result.results.push(pb::RecordRowResult {
            index,
            outcome: row.outcome.number().into(),
            name: row.record.map(|name| name.to_string()).unwrap_or_default(),
            revision: snapshot_revision(row, answered),
            snapshot: row.snapshot,
            findings: row.findings.iter().map(finding).collect(),
        });
    }
    result
}

/// Shows a record that was read at a place; natural persons are masked everywhere.
#[must_use]
pub fn record(read: &RecordRead, epoch: Epoch) -> pb::Record {
    shown_record(read, epoch, &masked(&read.fact))
}

/// Shows a record as it was reported, natural persons too.
#[must_use]
pub fn record_in_full(read: &RecordRead, epoch: Epoch) -> pb::Record {
    let party = &read.fact.record.party;
    shown_record(read, epoch, &Masked::in_full(&party.identity, &party.name))
}

fn shown_record(read: &RecordRead, epoch: Epoch, masked: &Masked<'_>) -> pb::Record {
    let (fact, row) = (&read.fact, &read.row);
    let record = &fact.record;
    let (valid_until, open_ended) = last_day(record.until);
    pb::Record {
        name: fact.name.to_string(),
        kind: record.kind.number().into(),
        layout: record.layout.clone(),
        subject: format!("subjects/{}", read.subject),
        department: format!("departments/{}", fact.department),
        party_name: masked.name.clone(),
        party_kind: record.party.kind.number().into(),
        party_code: masked.code.clone(),
        body_code: record.body.to_string(),
        number: masked.text(&record.number),
        decided_on: record.decided_on.to_string(),
        valid_until,
        open_ended,
        severity: record.severity.map_or(0, Severity::number).into(),
        matter: record
            .matter
            .as_deref()
            .map_or_else(String::new, |matter| masked.text(matter)),
        state: record_state(row.state()).into(),
        ending: read.ending.as_ref().map(|ending| shown_ending(ending, masked)),
        items: record
            .items
            .iter()
            .map(|item| shown_item(item, &fact.personal, masked))
            .collect(),
        snapshot: fact.snapshot,
        snapshot_count: row.snapshots,
        source: Some(shown_source(&fact.source)).filter(|_| fact.source.is_stated()),
        source_count: row.sources,
        revision: Place {
            epoch,
            revision: row.changed,
        }
        .to_string(),
        recorded_at: Some(timestamp(read.recorded_at)),
        received_on: row.received_on.to_string(),
        due_on: read.term.map_or_else(String::new, |term| term.due_on.to_string()),
        working_days_late: read.term.map_or(0, |term| term.days_late),
        changed_by: read.changed_by.map(|name| name.to_string()).unwrap_or_default(),
        change: fact
            .changed_by
            .as_ref()
            .map_or_else(String::new, |changed| masked.text(&changed.words)),
        findings: fact.findings.iter().map(finding).collect(),
        sectors: read
            .sectors
            .0
            .iter()
            .map(|code| format!("sectors/{code}"))
            .collect(),
        attributed_by_officer: read.sectors.1,
    }
}

/// Everything that texts about a record must not repeat.
fn masked(fact: &RecordedFact) -> Masked<'_> {
    let party = &fact.record.party;
    let mut masked = Masked::of(&party.identity, party.kind, &party.name);
    for item in &fact.record.items {
        match &item.value {
            Value::Document(number) => masked.hide(number, masked_document(number)),
            Value::Text(name) if fact.personal.contains(&item.code) && name.chars().count() > 1 => {
                masked.hide(name, masked_name(name));
            }
            Value::Text(_)
            | Value::Date(_)
            | Value::Until(_)
            | Value::Fen(_)
            | Value::Millionths(_)
            | Value::Choices(_)
            | Value::Code(_) => {}
        }
    }
    masked
}

fn masked_document(number: &str) -> String {
    if let Ok(id) = number.parse::<ResidentId>() {
        return id.masked();
    }
    let document = PersonDocument::new(IdentityKind::OtherDocument, number);
    document.map_or_else(|_| "******".to_owned(), |document| document.masked())
}

fn last_day(validity: Validity) -> (String, bool) {
    match validity {
        Validity::NotStated => (String::new(), false),
        Validity::Until(on) => (on.to_string(), false),
        Validity::OpenEnded => (String::new(), true),
    }
}

fn record_state(state: RecordState) -> pb::RecordState {
    match state {
        RecordState::Recorded => pb::RecordState::Recorded,
        RecordState::Ended(End::Withdrawn) => pb::RecordState::Withdrawn,
        RecordState::Ended(End::Deleted) => pb::RecordState::Deleted,
        RecordState::Ended(End::Repaired) => pb::RecordState::Repaired,
        RecordState::Ended(End::Expired) => pb::RecordState::Expired,
    }
}

fn shown_ending(ending: &EndRead, masked: &Masked<'_>) -> pb::RecordEnding {
    pb::RecordEnding {
        on: ending.fact.on.to_string(),
        reason: masked.text(&ending.fact.reason),
        basis: masked.text(&ending.fact.basis),
        ruling: ending.ruling.map(|name| name.to_string()).unwrap_or_default(),
        recorded_at: Some(timestamp(ending.recorded_at)),
    }
}

fn shown_item(item: &Item, personal: &[String], masked: &Masked<'_>) -> pb::RecordValue {
    let value = match &item.value {
        Value::Text(text) if masked.is_in_full() => Shown::Text(text.clone()),
        Value::Document(number) if masked.is_in_full() => Shown::Text(number.clone()),
        Value::Text(name) if personal.contains(&item.code) => Shown::Text(masked_name(name)),
        Value::Text(text) => Shown::Text(masked.text(text)),
        Value::Date(on) => Shown::Date(on.to_string()),
        Value::Until(validity) => {
            let (on, open_ended) = last_day(*validity);
            Shown::LastDay(pb::RecordLastDay { on, open_ended })
        }
        Value::Fen(fen) => Shown::Fen(*fen),
        Value::Millionths(millionths) => Shown::Millionths(*millionths),
        Value::Choices(chosen) => Shown::Choices(pb::RecordChoices {
            values: chosen
                .iter()
                .map(|one| pb::RecordChoice {
                    code: one.code.clone(),
                    words: masked.text(&one.words),
                })
                .collect(),
        }),
        Value::Code(code) => Shown::SocialCreditCode(code.to_string()),
        Value::Document(number) => Shown::MaskedDocument(masked_document(number)),
    };
    pb::RecordValue {
        code: item.code.clone(),
        value: Some(value),
    }
}

fn shown_source(source: &Source) -> pb::RecordSource {
    pb::RecordSource {
        system: source.system.clone(),
        key: source.key.clone(),
        batch: source.batch.clone(),
    }
}

/// Shows a source and when it was first heard of.
#[must_use]
pub fn source(read: &SourceRead, epoch: Epoch) -> pb::RecordSourceHeard {
    pb::RecordSourceHeard {
        source: Some(shown_source(&read.source)),
        snapshot: read.snapshot,
        received_on: read.received_on.to_string(),
        recorded_at: Some(timestamp(read.recorded_at)),
        revision: Place {
            epoch,
            revision: read.recorded,
        }
        .to_string(),
    }
}

/// Shows what records were counted under.
#[must_use]
pub fn count_key(key: RecordKey) -> String {
    let named =
        |name: Option<&'static str>| name.expect("the wire has every number of the domain").to_owned();
    match key {
        RecordKey::Kind(kind) => {
            let kind = pb::RecordKind::try_from(i32::from(kind.number()));
            named(kind.ok().map(|kind| kind.as_str_name()))
        }
        RecordKey::Layout(code) => code,
        RecordKey::Department(code) => format!("departments/{code}"),
        RecordKey::Body(code) => code.to_string(),
        RecordKey::Month(month) => month.to_string(),
        RecordKey::SubjectKind(kind) => {
            let kind = pb::SubjectKind::try_from(i32::from(kind.number()));
            named(kind.ok().map(|kind| kind.as_str_name()))
        }
        RecordKey::Severity(None) | RecordKey::Timeliness(Timeliness::Unknown) => "NONE".to_owned(),
        RecordKey::Severity(Some(severity)) => {
            let severity = pb::Severity::try_from(i32::from(severity.number()));
            named(severity.ok().map(|severity| severity.as_str_name()))
        }
        RecordKey::State(state) => record_state(state).as_str_name().to_owned(),
        RecordKey::Timeliness(Timeliness::InTime) => "IN_TIME".to_owned(),
        RecordKey::Timeliness(Timeliness::Late) => "LATE".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::RecordKind;

    #[test]
    fn numbers_of_kinds_levels_and_ends_are_the_wires() {
        for kind in RecordKind::ALL {
            assert!(pb::RecordKind::try_from(i32::from(kind.number())).is_ok());
        }
        for severity in Severity::ALL {
            assert!(pb::Severity::try_from(i32::from(severity.number())).is_ok());
        }
        for one in End::ALL {
            let wire = pb::RecordEnd::try_from(i32::from(one.number())).expect("on the wire");
            assert_eq!(end(wire.into()), Ok(*one));
        }
        assert!(end(0).is_err() && end(5).is_err());
    }

    #[test]
    fn a_row_takes_from_the_batch_what_it_does_not_say_of_its_source() {
        let batch = pb::RecordSource {
            system: " 市平台 ".to_owned(),
            key: String::new(),
            batch: "2024-03".to_owned(),
        };
        let row = pb::RecordRow {
            source: Some(pb::RecordSource {
                key: "7".to_owned(),
                batch: "2024-04".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let Source { system, key, batch } = reported(row, &batch).source;
        assert_eq!(
            (system.as_str(), key.as_str(), batch.as_str()),
            ("市平台", "7", "2024-04")
        );
    }

    #[test]
    fn every_wrong_field_of_a_filter_is_listed() {
        let sent = pb::RecordFilter {
            kind: 9,
            number: "1".to_owned(),
            decided_from: "2024-02-30".to_owned(),
            state: 9,
            ..Default::default()
        };
        let refusal = filter(Some(&sent), &Layouts::default()).expect_err("four fields are wrong");
        assert_eq!(refusal.reason, Reason::MalformedValue);
        assert_eq!(refusal.violations.len(), 4, "{refusal:?}");
        let unknown = pb::RecordFilter {
            layout: "PENALTY_V9".to_owned(),
            ..Default::default()
        };
        let refusal = filter(Some(&unknown), &Layouts::default()).expect_err("no such layout");
        assert_eq!(refusal.reason, Reason::LayoutUnknown);
    }

    #[test]
    fn a_document_is_masked_whatever_its_kind() {
        assert_eq!(masked_document("11010519491231002X"), "1101**********002X");
        assert_eq!(masked_document("G12345678"), "G******78");
        assert_eq!(masked_document(""), "******");
    }
}
