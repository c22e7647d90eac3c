//! Notice pairs on the wire.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::requests;
use super::timeliness::{choice, required};
use super::timestamp;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Recorded};
use crate::domain::notice::{Begun, Clock, ClockNow, Exclusion, NoticeName, State, Verdict};
use crate::domain::notice_content::Reference;
use crate::domain::notice_fact::{DueDay, NoticeFact, ReceiptFact};
use crate::domain::record::{Party, RecordKind, Severity};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Epoch, Instant, Place, Revision};
use crate::domain::service_mode::{Attachment, Attendant, Delivery, Failure, Recipient};
use crate::domain::severity::Procedure;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::{Identity, SubjectKind, SubjectName};
use crate::notices::commands::{PrepareNotice, RecordReceipt};
use crate::notices::read::{NoticeFilter, PairRead, Rate, RateKey};
use crate::notices::verify;
use crate::services::pb;

/// Most parties of one decision.
pub const PARTIES_MAX: usize = 50;
/// Largest sealed decision that is taken to be hashed, in bytes.
pub const DOCUMENT_SIZE_MAX: usize = 2 * 1024 * 1024;
/// Most servers, witnesses or attachments of one receipt.
const LISTED_MAX: usize = 20;
const TEXT_LENGTH_MAX: usize = 500;
const NUMBER_LENGTH_MAX: usize = 64;
const BASIS_LENGTH_MAX: usize = 2_000;

fn wrong(field: &str, english: &str) -> Refusal {
    Refusal::plain(Reason::MalformedValue).violating(field, english)
}

fn optional(field: &str, text: &str, length_max: usize) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    requests::text(field, text, length_max)
}

/// Reads the name of a pair.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn name(field: &str, text: &str) -> Result<NoticeName, Refusal> {
    text.parse().map_err(|_| {
        Refusal::plain(Reason::MalformedName).violating(field, "is not of the form notices/{20 characters}")
    })
}

/// Reads a unified code.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn code(field: &str, text: &str) -> Result<SocialCreditCode, Refusal> {
    text.trim()
        .parse()
        .map_err(|_| wrong(field, "is no unified social credit code"))
}

fn optional_code(field: &str, text: &str) -> Result<Option<SocialCreditCode>, Refusal> {
    if text.is_empty() {
        Ok(None)
    } else {
        code(field, text).map(Some)
    }
}

/// Reads the kind of a clock.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn clock(number: i32) -> Result<Clock, Refusal> {
    required("clock", number)
}

/// Reads a reason for exclusion; `None` lets all pass.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn exclusion(number: i32) -> Result<Option<Exclusion>, Refusal> {
    choice("reason", number)
}

/// Reads which pairs a list shows.
///
/// # Errors
/// `MALFORMED_VALUE`, `MALFORMED_NAME`.
pub fn filter(message: &pb::ListNoticesRequest) -> Result<NoticeFilter, Refusal> {
    let department = match message.department.as_str() {
        "" => None,
        text => Some(requests::department_name("department", text)?),
    };
    Ok(NoticeFilter {
        body: optional_code("body_code", &message.body_code)?,
        department,
        state: choice::<State>("state", message.state)?,
        verdict: choice::<Verdict>("verdict", message.verdict)?,
        is_owed: message.owed.then_some(true),
        is_overdue: message.overdue,
        is_questioned: message.questioned,
        decided_from: requests::optional_date("decided_from", &message.decided_from)?,
        decided_until: requests::optional_date("decided_until", &message.decided_until)?,
    })
}

/// Reads which pairs are counted.
///
/// # Errors
/// `MALFORMED_VALUE`, `MALFORMED_NAME`.
pub fn rates_filter(message: &pb::GetNoticeRatesRequest) -> Result<NoticeFilter, Refusal> {
    filter(&pb::ListNoticesRequest {
        body_code: message.body_code.clone(),
        department: message.department.clone(),
        decided_from: message.decided_from.clone(),
        decided_until: message.decided_until.clone(),
        ..pb::ListNoticesRequest::default()
    })
}

fn document(message: &pb::PrepareDualNoticeRequest) -> Result<Option<[u8; 32]>, Refusal> {
    match (message.document_sha256.is_empty(), message.document.is_empty()) {
        (true, true) => Ok(None),
        (false, true) => {
            let hash = message.document_sha256.as_slice().try_into();
            hash.map(Some)
                .map_err(|_| wrong("document_sha256", "has not 32 bytes"))
        }
        (true, false) if message.document.len() > DOCUMENT_SIZE_MAX => {
            Err(wrong("document", "is larger than 2 MiB; send its SHA-256"))
        }
        (true, false) => Ok(Some(Sha256::digest(&message.document).into())),
        (false, false) => Err(wrong(
            "document",
            "stands beside document_sha256; send one of them",
        )),
    }
}

fn party(place: usize, message: &pb::NoticeParty) -> Result<(Party, String), Refusal> {
    let field = |name: &str| format!("parties[{place}].{name}");
    let kind: SubjectKind = required(&field("kind"), message.kind)?;
    if kind == SubjectKind::Person {
        let refusal = Refusal::plain(Reason::NoticeOutOfScope).with("reason", "PERSON");
        return Err(refusal.violating(field("kind"), "natural persons get no notice"));
    }
    let code = code(&field("social_credit_code"), &message.social_credit_code)?;
    let party = Party {
        kind,
        identity: Identity::Code(code),
        name: requests::text(&field("name"), &message.name, TEXT_LENGTH_MAX)?,
    };
    let representative = optional(
        &field("representative"),
        &message.representative,
        NUMBER_LENGTH_MAX,
    )?;
    Ok((party, representative))
}

fn amount(field: &str, fen: i64) -> Result<Option<i64>, Refusal> {
    match fen {
        0 => Ok(None),
        fen if fen > 0 => Ok(Some(fen)),
        _ => Err(wrong(field, "is negative")),
    }
}

/// Reads a decision for which notices are to be issued.
///
/// # Errors
/// `MALFORMED_VALUE`, `MALFORMED_NAME`, `NOTICE_OUT_OF_SCOPE` for a natural person.
pub fn prepare(message: &pb::PrepareDualNoticeRequest) -> Result<PrepareNotice, Refusal> {
    if message.parties.is_empty() || message.parties.len() > PARTIES_MAX {
        return Err(wrong("parties", "is empty or has more than 50 entries"));
    }
    if !message.replaces.is_empty() && message.parties.len() > 1 {
        return Err(wrong("replaces", "stands with more than one party"));
    }
    let parties = message
        .parties
        .iter()
        .enumerate()
        .map(|(place, one)| party(place, one))
        .collect::<Result<Vec<_>, _>>()?;
    let replaces = match message.replaces.as_str() {
        "" => None,
        text => Some(name("replaces", text)?),
    };
    let procedure = match pb::NoticeProcedure::try_from(message.procedure) {
        Ok(pb::NoticeProcedure::Unspecified) => None,
        Ok(pb::NoticeProcedure::Simple) => Some(Procedure::Simple),
        Ok(pb::NoticeProcedure::General) => Some(Procedure::General),
        Err(_) => return Err(wrong("procedure", "is not on the list")),
    };
    let kind: RecordKind = required("decision_kind", message.decision_kind)?;
    if !matches!(kind, RecordKind::Penalty | RecordKind::Listing) {
        return Err(wrong("decision_kind", "is not on the list"));
    }
    let sectors = message
        .sectors
        .iter()
        .map(|text| requests::sector_name("sectors", text))
        .collect::<Result<_, _>>()?;
    let mut penalty_kinds = Vec::new();
    for kind in &message.penalty_kinds {
        let kind = requests::text("penalty_kinds", kind, NUMBER_LENGTH_MAX)?;
        penalty_kinds.push((kind, String::new()));
    }
    let severity = i32::try_from(message.severity).unwrap_or(i32::MAX);
    Ok(PrepareNotice {
        body: code("body_code", &message.body_code)?,
        phone: optional("phone", &message.phone, NUMBER_LENGTH_MAX)?,
        reference: Reference {
            kind,
            number: requests::text("decision_number", &message.decision_number, NUMBER_LENGTH_MAX)?,
            decided_on: requests::date("decided_on", &message.decided_on)?,
            penalty_kinds,
            procedure,
            fine: amount("fine_fen", message.fine_fen)?,
            confiscated: amount("confiscated_fen", message.confiscated_fen)?,
            violation: requests::text("violation", &message.violation, TEXT_LENGTH_MAX)?,
            basis: optional("basis", &message.basis, BASIS_LENGTH_MAX)?,
            document: document(message)?,
        },
        severity: choice::<Severity>("severity", severity)?,
        is_specially_serious: message.specially_serious,
        sectors,
        parties,
        replaces,
    })
}

fn attendants(field: &str, messages: &[pb::DeliveryAttendant]) -> Result<Vec<Attendant>, Refusal> {
    if messages.len() > LISTED_MAX {
        return Err(wrong(field, "has more than 20 entries"));
    }
    let one = |message: &pb::DeliveryAttendant| {
        Ok(Attendant {
            name: optional(field, &message.name, TEXT_LENGTH_MAX)?,
            certificate: optional(field, &message.certificate, TEXT_LENGTH_MAX)?,
        })
    };
    messages.iter().map(one).collect()
}

fn minute(text: &str) -> Result<Option<u16>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts = text
        .split_once(':')
        .filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2);
    let numbers =
        parts.and_then(|(hour, minute)| Some((hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?)));
    numbers
        .filter(|(hour, minute)| *hour < 24 && *minute < 60)
        .map(|(hour, minute)| Some(hour * 60 + minute))
        .ok_or_else(|| wrong("time", "is not of the form HH:MM"))
}

/// Reads a receipt; `here` is the place that is read at.
///
/// # Errors
/// `MALFORMED_VALUE`, `MALFORMED_NAME`, `MALFORMED_REVISION`, `EPOCH_ENDED`.
pub fn receipt(message: &pb::RecordReceiptRequest, here: Place) -> Result<RecordReceipt, Refusal> {
    let recipient = if message.recipient_name.is_empty() {
        None
    } else {
        Some(Recipient {
            name: requests::text("recipient_name", &message.recipient_name, TEXT_LENGTH_MAX)?,
            relation: required("recipient_relation", message.recipient_relation)?,
            has_signed: message.recipient_signed,
        })
    };
    if message.attachments.len() > LISTED_MAX {
        return Err(wrong("attachments", "has more than 20 entries"));
    }
    let attachment = |one: &pb::DeliveryAttachment| {
        Ok(Attachment {
            kind: required("attachments.kind", one.kind)?,
            sha256: one
                .sha256
                .as_slice()
                .try_into()
                .map_err(|_| wrong("attachments.sha256", "has not 32 bytes"))?,
        })
    };
    let attachments = message.attachments.iter().map(attachment);
    Ok(RecordReceipt {
        name: name("name", &message.name)?,
        of_decision: message.of_decision,
        of_notice: message.of_notice,
        linked: known(&message.linked, here)?,
        delivery: Delivery {
            mode: required("mode", message.mode)?,
            cause: optional("cause", &message.cause, TEXT_LENGTH_MAX)?,
            documents: Vec::new(),
            addressee: optional("addressee", &message.addressee, TEXT_LENGTH_MAX)?,
            place: optional("place", &message.place, TEXT_LENGTH_MAX)?,
            on: requests::optional_date("on", &message.on)?,
            minute: minute(&message.time)?,
            recipient,
            servers: attendants("servers", &message.servers)?,
            refusal: optional("refusal", &message.refusal, TEXT_LENGTH_MAX)?,
            witnesses: attendants("witnesses", &message.witnesses)?,
            through: optional("through", &message.through, TEXT_LENGTH_MAX)?,
            tracking_number: optional("tracking_number", &message.tracking_number, NUMBER_LENGTH_MAX)?,
            failure: choice::<Failure>("failure", message.failure)?,
            attachments: attachments.collect::<Result<_, Refusal>>()?,
        },
    })
}

/// Reads a revision of this epoch; empty is none.
///
/// # Errors
/// `MALFORMED_REVISION`, `EPOCH_ENDED`.
pub fn known(text: &str, here: Place) -> Result<Option<Revision>, Refusal> {
    match requests::min_revision(text)? {
        Some(place) if place.epoch != here.epoch => {
            Err(Refusal::plain(Reason::EpochEnded).with("epoch", here.epoch.0.to_string()))
        }
        place => Ok(place.map(|place| place.revision)),
    }
}

/// Reads a verification code.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn verification_code(text: &str) -> Result<[u8; 32], Refusal> {
    let bytes = HEXLOWER.decode(text.trim().to_lowercase().as_bytes()).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| wrong("verification_code", "has not 64 hexadecimal digits"))
}

/// Names that a pair's row only numbers.
pub struct Names {
    pub subject: SubjectName,
    /// `records/…`; empty where no record is here.
    pub record: String,
    pub replaced_by: String,
    pub replaces: String,
}

fn day(day: Option<CivilDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn clock_now(kind: Clock, now: &ClockNow, on: CivilDate) -> pb::NoticeClock {
    pb::NoticeClock {
        kind: i32::from(kind.number()),
        start: now.start.to_string(),
        working_days: now.days.into(),
        suspended_working_days: now.suspended_days.into(),
        due: day(now.due.day()),
        missing_calendar_year: match now.due {
            DueDay::On(_) => 0,
            DueDay::NoCalendar(year) => year.into(),
        },
        suspended_on: day(now.suspended_on),
        ended_on: day(now.ended_on),
        overdue: now.is_overdue(on),
    }
}

/// Writes a pair as of a day.
#[must_use]
pub fn notice(read: &PairRead, names: &Names, on: CivilDate, epoch: Epoch) -> pb::Notice {
    let pair = &read.pair;
    let is_person = pair.who.kind == SubjectKind::Person;
    let content = read.content.as_ref();
    let publicity = content.and_then(|content| content.publicity.first());
    let clocks = Clock::ALL.iter();
    let clocks = clocks.filter_map(|clock| Some(clock_now(*clock, pair.clock(*clock)?, on)));
    let party = content.map_or("", |content| &content.addressee.name);
    pb::Notice {
        name: pair.name.to_string(),
        subject: format!("subjects/{}", names.subject),
        party_name: if is_person {
            crate::domain::subject::masked_name(party)
        } else {
            party.to_owned()
        },
        party_kind: i32::from(pair.who.kind.number()),
        body_code: pair.body.to_string(),
        department: format!("departments/{}", pair.department),
        decision_kind: i32::from(pair.kind.number()),
        decision_number: if is_person {
            String::new()
        } else {
            read.decision_number.clone()
        },
        decided_on: pair.decided_on.to_string(),
        opened_on: pair.opened_on.to_string(),
        owed: pair.begun == Begun::Owed,
        state: i32::from(pair.state().number()),
        verdict: pair.verdict.map_or(0, |verdict| i32::from(verdict.number())),
        number: content.map_or_else(String::new, |content| content.head.number.clone()),
        verification_code: content.map_or_else(String::new, |content| HEXLOWER.encode(&content.hash())),
        issued_on: day(content.map(|content| content.foot.issued_on)),
        decision_delivered_on: day(pair.decision.map(|served| served.on)),
        notice_delivered_on: day(pair.notice.map(|served| served.on)),
        clocks: clocks.collect(),
        record: names.record.clone(),
        replaced_by: names.replaced_by.clone(),
        replaces: names.replaces.clone(),
        questioned: pair.questioned.is_some() && pair.stands(),
        has_unchecked: content.is_some_and(|content| content.has_unchecked()),
        repair_version: publicity.map_or_else(String::new, |path| path.version.clone()),
        apply_from: day(publicity.and_then(|path| path.apply_from)),
        shown_until: day(publicity.and_then(|path| path.maximum).map(|maximum| maximum.on)),
        revision: place(epoch, pair.changed),
    }
}

fn place(epoch: Epoch, revision: Revision) -> String {
    Place { epoch, revision }.to_string()
}

fn receipt_shown(fact: &ReceiptFact, epoch: Epoch) -> pb::NoticeReceipt {
    let delivery = &fact.delivery;
    pb::NoticeReceipt {
        of_decision: fact.of_decision,
        of_notice: fact.of_notice,
        mode: i32::from(delivery.mode.number()),
        delivered_on: day(fact.served),
        failure: delivery.failure.map_or(0, |failure| i32::from(failure.number())),
        linked: fact
            .linked
            .map_or_else(String::new, |linked| place(epoch, linked)),
        late_event: fact.is_late_event,
        attachments: delivery
            .attachments
            .iter()
            .map(|one| HEXLOWER.encode(&one.sha256))
            .collect(),
    }
}

fn dues(dues: (Option<DueDay>, Option<DueDay>)) -> (String, String) {
    let shown = |due: Option<DueDay>| day(due.and_then(DueDay::day));
    (shown(dues.0), shown(dues.1))
}

/// Writes something that happened to a pair.
#[must_use]
pub fn event((at, instant, recorded): &(Revision, Instant, Recorded), epoch: Epoch) -> pb::NoticeEvent {
    let mut event = pb::NoticeEvent {
        revision: place(epoch, *at),
        recorded_at: Some(timestamp(*instant)),
        principal: recorded.principal.as_str().to_owned(),
        ..pb::NoticeEvent::default()
    };
    let Fact::Notice(fact) = &recorded.fact else {
        return event;
    };
    fact.kind_name().clone_into(&mut event.kind);
    let is_person = fact.who().is_some_and(|who| who.kind == SubjectKind::Person);
    let words = |words: &str| {
        if is_person {
            "*".to_owned()
        } else {
            words.to_owned()
        }
    };
    match fact {
        NoticeFact::Issued(fact) => event.on = fact.on.to_string(),
        NoticeFact::Owed(fact) => {
            event.on = fact.on.to_string();
            event.verdict = Verdict::Late.number().into();
        }
        NoticeFact::Matched(fact) => event.on = fact.on.to_string(),
        NoticeFact::Received(fact) => {
            event.on = day(fact.delivery.on);
            event.receipt = Some(receipt_shown(fact, epoch));
        }
        NoticeFact::Judged(fact) => {
            event.on = fact.notice_on.to_string();
            event.verdict = fact.verdict.number().into();
        }
        NoticeFact::Suspended(fact) => {
            event.on = fact.on.to_string();
            event.clock = fact.clock.number().into();
            event.reason = words(&fact.reason);
        }
        NoticeFact::Resumed(fact) => {
            event.on = fact.on.to_string();
            event.clock = fact.clock.number().into();
            event.reason = words(&fact.reason);
            (event.due_before, event.due_after) = dues((None, Some(fact.due)));
        }
        NoticeFact::Moved(fact) => {
            event.clock = fact.clock.number().into();
            (event.due_before, event.due_after) = dues((Some(fact.from), Some(fact.to)));
        }
        NoticeFact::Overdue(fact) => {
            event.clock = fact.clock.number().into();
            event.due_before = fact.due.to_string();
        }
        NoticeFact::Voided(fact) => {
            event.on = fact.on.to_string();
            event.reason = words(&fact.reason);
            (event.due_before, event.due_after) = dues((None, fact.clock.map(|clock| clock.due)));
        }
        NoticeFact::Restored(fact) => event.on = fact.on.to_string(),
        NoticeFact::Questioned(fact) => {
            event.on = fact.on.to_string();
            event.differs = fact
                .differs
                .iter()
                .map(|one| difference(*one).to_owned())
                .collect();
        }
        NoticeFact::TakenDown(fact) => {
            event.on = fact.on.to_string();
            event.clock = Clock::TakeDown.number().into();
            event.reason = words(&fact.explanation);
        }
        NoticeFact::OutOfScope(_) => {}
    }
    event
}

fn difference(difference: crate::domain::notice_fact::Difference) -> &'static str {
    use crate::domain::notice_fact::Difference as D;
    match difference {
        D::DecidedOn => "DECIDED_ON",
        D::PenaltyKinds => "PENALTY_KINDS",
        D::Fine => "FINE",
        D::Confiscated => "CONFISCATED",
        D::Violation => "VIOLATION",
        D::Deleted => "DELETED",
        D::Ruling => "RULING",
        D::Party => "PARTY",
    }
}

/// Writes what is known of a paper.
#[must_use]
pub fn genuine(verdict: verify::Verdict) -> pb::NoticeGenuineness {
    match verdict {
        verify::Verdict::Current => pb::NoticeGenuineness::Current,
        verify::Verdict::NotCurrent => pb::NoticeGenuineness::NoLonger,
        verify::Verdict::NotGenuine => pb::NoticeGenuineness::NotGenuine,
    }
}

/// Writes one row of counts.
#[must_use]
pub fn rate(key: Option<&RateKey>, rate: &Rate) -> pb::NoticeRate {
    let basis_points = |part: u64| match rate.in_scope {
        0 => 0,
        all => u32::try_from(10_000 * part / all).expect("a part is at most the whole"),
    };
    pb::NoticeRate {
        department: key
            .map(|key| format!("departments/{}", key.0))
            .unwrap_or_default(),
        body_code: key.map(|key| key.1.to_string()).unwrap_or_default(),
        month: key.map(|key| key.2.to_string()).unwrap_or_default(),
        decisions_in_scope: rate.in_scope,
        prepared: rate.prepared,
        owed: rate.owed,
        together: rate.together,
        late: rate.late,
        open: rate.open,
        never_delivered: rate.undelivered,
        in_time: rate.in_time,
        voided: rate.voided,
        together_basis_points: basis_points(rate.together),
        in_time_basis_points: basis_points(rate.in_time),
    }
}
