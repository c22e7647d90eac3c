//! What can be asked of the ledger about notice pairs. Read first: [`prepare`].

use super::content::{Inputs, compose};
use super::{clocks, decision, receipts, refuse};
use crate::domain::catalog::{EnforcementBody, SectorCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::notice::{Clock, NoticeName, Numbered, Pair};
use crate::domain::notice_content::Addressee;
use crate::domain::notice_content::Reference;
use crate::domain::notice_fact::{IssuedFact, NoticeFact, VoidedFact};
use crate::domain::record::{Party, Severity};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject_fact::Who;
use crate::group::Group;
use crate::group::fold::notices::row;
use crate::ingest::commands::Failure;
use crate::ingest::records::clean;
use crate::ingest::rows::Error;
use crate::store::keys::notices as layout;
use crate::store::{View, keys};

pub use super::receipts::RecordReceipt;

/// A command about notice pairs.
#[derive(Clone, Debug)]
pub enum NoticeCommand {
    Prepare(Box<PrepareNotice>),
    Receive(Box<RecordReceipt>),
    Suspend(ChangeClock),
    Resume(ChangeClock),
    Void {
        name: NoticeName,
        reason: String,
        basis: String,
    },
    TakenDown {
        name: NoticeName,
        on: CivilDate,
        explanation: String,
    },
}

/// A clock that is suspended or resumed.
#[derive(Clone, Debug)]
pub struct ChangeClock {
    pub name: NoticeName,
    pub clock: Clock,
    pub on: CivilDate,
    pub reason: String,
}

/// A decision that is about to be served, with everyone it is taken against.
#[derive(Clone, Debug)]
pub struct PrepareNotice {
    pub body: SocialCreditCode,
    /// Telephone of the case handlers; empty: that of the data.
    pub phone: String,
    /// The decision; its number as the body writes it, the words of its kinds of penalty open.
    pub reference: Reference,
    pub severity: Option<Severity>,
    pub is_specially_serious: bool,
    pub sectors: Vec<SectorCode>,
    /// One pair each.
    pub parties: Vec<(Party, String)>,
    /// The pair whose notice this one replaces; only with a single party.
    pub replaces: Option<NoticeName>,
}

/// Decides a command; the outcome's revision is that of the fact it made.
///
/// # Errors
/// As each verb's; the view's and the ledger's.
pub fn decide(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &NoticeCommand,
    earlier: Option<&[RowOutcome]>,
) -> Result<Vec<RowOutcome>, Failure> {
    if let Some(outcomes) = earlier {
        return Ok(outcomes.to_vec());
    }
    decided(group, principal, command).map_err(failure)
}

fn decided(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &NoticeCommand,
) -> Result<Vec<RowOutcome>, Error> {
    let revision = match command {
        NoticeCommand::Prepare(command) => return prepare(group, principal, command),
        NoticeCommand::Receive(command) => receipts::record(group, principal, command)?,
        NoticeCommand::Suspend(command) => {
            let first = clocks::find(group, command.name)?;
            let change = (command.clock, command.on, command.reason.as_str());
            clocks::suspend(group, principal, first, change)?
        }
        NoticeCommand::Resume(command) => {
            let first = clocks::find(group, command.name)?;
            let change = (command.clock, command.on, command.reason.as_str());
            clocks::resume(group, principal, first, change)?
        }
        NoticeCommand::Void { name, reason, basis } => void(group, principal, *name, reason, basis)?,
        NoticeCommand::TakenDown {
            name,
            on,
            explanation,
        } => {
            let first = clocks::find(group, *name)?;
            clocks::taken_down(group, principal, first, (*on, explanation))?
        }
    };
    Ok(vec![RowOutcome::of(Outcome::Created, revision, 0, Vec::new())])
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Refused(refusal) => Failure::Refused(refusal),
        Error::Store(error) => Failure::Store(error),
        Error::Record(error) => Failure::Store(crate::store::Error::Engine {
            operation: "decide about a notice pair",
            detail: error.to_string(),
        }),
    }
}

/// Issues the notices that are to be served with a decision, one for each party: notice, number, decision
/// reference and deadlines in one fact, hence whole or not at all.
///
/// A pair that is owed gets its notice so; it stays late.
///
/// # Errors
/// `BODY_UNKNOWN`, `NOTICE_EXISTS`, `NOTICE_OUT_OF_SCOPE`, `NOTICE_UNKNOWN`, `REPAIR_RULES_MISSING`,
/// `MALFORMED_VALUE`; the view's.
pub fn prepare(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &PrepareNotice,
) -> Result<Vec<RowOutcome>, Error> {
    let today = group.today();
    let decided_on = command.reference.decided_on;
    let known = group
        .catalog()
        .body(&command.body)
        .filter(|body| body.stands_on(decided_on));
    let body = known.ok_or_else(|| {
        Refusal::plain(Reason::BodyUnknown)
            .with("body", command.body.to_string())
            .violating(
                "body_code",
                "is no body of the district on the day of the decision",
            )
    })?;
    if decided_on > today {
        return Err(refuse::wrong("decided_on", "lies after today", "晚于今天").into());
    }
    let number = clean::number(&command.reference.number);
    if number.is_empty() {
        return Err(refuse::wrong("decision_number", "is required", "请填写决定书文号").into());
    }
    let mut reference = Reference {
        number,
        ..command.reference.clone()
    };
    for (code, words) in &mut reference.penalty_kinds {
        *words = decision::words(group.policies(), code);
    }
    reference.penalty_kinds.sort();
    let mut outcomes = Vec::new();
    for (party, representative) in &command.parties {
        let inputs = Inputs {
            number: String::new(),
            issuer: decision::issuer(body, today, &command.phone),
            addressee: Addressee {
                name: party.name.clone(),
                kind: party.kind,
                code: decision::code_of(party),
                representative: representative.clone(),
            },
            reference: reference.clone(),
            sectors: command.sectors.clone(),
            severity: command.severity,
            is_specially_serious: command.is_specially_serious,
        };
        let revision = issue(group, principal, (body, party), inputs, command.replaces)?;
        outcomes.push(RowOutcome::of(Outcome::Created, revision, 0, Vec::new()));
    }
    Ok(outcomes)
}

/// What a notice is issued for.
enum Place {
    New,
    Owed(Revision, Pair),
    Instead(Revision, Pair),
}

fn issue(
    group: &mut Group<'_>,
    principal: &Principal,
    (body, party): (&EnforcementBody, &Party),
    mut inputs: Inputs,
    replaces: Option<NoticeName>,
) -> Result<Revision, Error> {
    let today = group.today();
    let policies = group.policies();
    let case = decision::scope_case(policies, &inputs, today);
    if let Some(reason) = policies.notices.excluded(&case) {
        let reason = super::exclusion_name(reason);
        return Err(Refusal::plain(Reason::NoticeOutOfScope)
            .with("reason", reason)
            .into());
    }
    let reference = &inputs.reference;
    let key = decision::key(
        group.hashes(),
        reference.kind,
        &body.social_credit_code,
        &reference.number,
        party,
        reference.decided_on,
    );
    let place = place(group, &key, replaces)?;
    let subject = crate::subjects::of_party(group, principal, party, reference.decided_on)?;
    let year = today.year();
    let last = group.get(
        keys::NOTICE_SERIAL,
        &layout::serial_key(&body.social_credit_code, year),
    )?;
    let last = last.and_then(|bytes| bytes.as_ref().try_into().ok().map(u32::from_be_bytes));
    let serial = last.unwrap_or(0) + 1;
    let department = inputs.issuer.department;
    let written = policies
        .notices
        .number((&body.social_credit_code, department), year, serial);
    inputs.number = clean::number(&written);
    let content = compose(&inputs, &policies.repair, policies.layouts.severities(), today)
        .map_err(|error| Refusal::plain(Reason::RepairRulesMissing).with("cause", error.to_string()))?;
    let decided_on = inputs.reference.decided_on;
    let set = |clock, start| clocks::set(policies, clock, start, decided_on);
    let (pair, record, replaced, clocks) = match &place {
        Place::New => {
            let clocks = [set(Clock::Delivery, decided_on), set(Clock::Upload, decided_on)];
            (None, None, None, clocks.into_iter().flatten().collect())
        }
        Place::Owed(first, pair) => (Some(*first), pair.record, None, Vec::new()),
        Place::Instead(first, pair) => {
            let clocks = set(Clock::Delivery, today).into_iter().collect();
            (None, pair.record, Some(*first), clocks)
        }
    };
    let name = match &place {
        Place::Owed(_, pair) => pair.name,
        Place::New | Place::Instead(..) => draw(group)?,
    };
    let fact = NoticeFact::Issued(Box::new(IssuedFact {
        pair,
        name,
        who: Who {
            subject,
            kind: party.sealing_kind(),
        },
        body: body.social_credit_code,
        department,
        key,
        number: Numbered { year, serial },
        content,
        clocks,
        record,
        replaces: replaced,
        on: today,
    }));
    Ok(group.push(principal, Fact::Notice(fact))?)
}

/// Draws a name that no pair has.
///
/// # Errors
/// The view's.
pub fn draw(group: &mut Group<'_>) -> Result<NoticeName, crate::store::Error> {
    loop {
        let name = NoticeName(group.draw_name());
        if group.get(keys::NOTICE_NAME, name.as_bytes())?.is_none() {
            return Ok(name);
        }
    }
}

fn place(group: &Group<'_>, key: &[u8; 16], replaces: Option<NoticeName>) -> Result<Place, Error> {
    let found = group.get(keys::NOTICE_DECISION, key)?;
    let standing = match found.map(|bytes| keys::revision_value(&bytes)) {
        None => None,
        Some(first) => Some((first, row(group, first)?)).filter(|(_, pair)| pair.stands()),
    };
    match (standing, replaces) {
        (None, None) => Ok(Place::New),
        (Some((first, pair)), None) if pair.issued.is_none() => Ok(Place::Owed(first, pair)),
        (Some((first, pair)), Some(name)) if pair.name == name && pair.issued.is_some() => {
            Ok(Place::Instead(first, pair))
        }
        (Some((_, pair)), _) => {
            let refusal = Refusal::plain(Reason::NoticeExists).with("name", pair.name.to_string());
            Err(refusal.into())
        }
        (None, Some(name)) => {
            let refusal = Refusal::plain(Reason::NoticeUnknown).with("name", name.to_string());
            Err(refusal
                .violating("replaces", "is no standing notice of this decision and party")
                .into())
        }
    }
}

/// Voids a pair whose decision the body took back before any record of it came.
fn void(
    group: &mut Group<'_>,
    principal: &Principal,
    name: NoticeName,
    reason: &str,
    basis: &str,
) -> Result<Revision, Error> {
    let first = clocks::find(group, name)?;
    let pair = row(group, first)?;
    if !pair.stands() {
        return Err(Refusal::plain(Reason::NoticeEnded)
            .with("name", name.to_string())
            .into());
    }
    if pair.record.is_some() {
        return Err(Refusal::plain(Reason::NoticeMatched)
            .with("name", name.to_string())
            .into());
    }
    let fact = NoticeFact::Voided(VoidedFact {
        of: clocks::of(first, &pair),
        by: None,
        on: group.today(),
        clock: None,
        reason: reason.to_owned(),
        basis: basis.to_owned(),
    });
    Ok(group.push(principal, Fact::Notice(fact))?)
}
