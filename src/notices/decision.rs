//! A decision as its record or its body states it, on the way to a notice.

use super::content::{Inputs, Issuer};
use crate::domain::catalog::EnforcementBody;
use crate::domain::civil_date::CivilDate;
use crate::domain::hash::{KeyedHashes, table_hash};
use crate::domain::hashes;
use crate::domain::layout::{Class, ItemType, Layout, Role};
use crate::domain::notice_content::{Addressee, Reference};
use crate::domain::notice_fact::Difference;
use crate::domain::notice_scope::ScopeCase;
use crate::domain::record::{Party, Record, RecordKind, Value};
use crate::domain::record_fact::RecordedFact;
use crate::domain::repair::Shown;
use crate::domain::severity::Procedure;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::Identity;
use crate::policy::Policies;

/// Returns by what a pair and the record of its decision find each other: kind, body, number, party.
///
/// It is the natural key of the record, so that brackets and full-width digits make no difference.
#[must_use]
pub fn key(
    hashes: &dyn KeyedHashes,
    kind: RecordKind,
    body: &SocialCreditCode,
    number: &str,
    party: &Party,
    decided_on: CivilDate,
) -> [u8; 16] {
    let record = Record {
        kind,
        layout: String::new(),
        party: party.clone(),
        body: *body,
        number: number.to_owned(),
        decided_on,
        until: crate::domain::commitment::Validity::NotStated,
        severity: None,
        matter: None,
        target: None,
        items: Vec::new(),
    };
    table_hash(hashes, party.sealing_kind(), hashes::record_key(&record))
}

/// Says who issues the notice, as the body is called on a day.
#[must_use]
pub fn issuer(body: &EnforcementBody, on: CivilDate, phone: &str) -> Issuer {
    Issuer {
        name: body.titles_on(on).0.to_owned(),
        code: body.social_credit_code,
        department: body.department_on(on),
        phone: phone.to_owned(),
    }
}

/// The party's unified code, if it has one.
#[must_use]
pub fn code_of(party: &Party) -> Option<SocialCreditCode> {
    match &party.identity {
        Identity::Code(code) => Some(*code),
        Identity::Person(_) | Identity::Older(_) | Identity::Document(_) => None,
    }
}

/// Reads what a notice would say out of the record of a decision; its number is left open.
#[must_use]
pub fn of_record(policies: &Policies, fact: &RecordedFact) -> Inputs {
    let record = &fact.record;
    let form = policies.layouts.layout(&record.layout);
    let text = |role| {
        form.and_then(|form| find(record, form, role).and_then(Value::text))
            .unwrap_or("")
    };
    let fen = |role| form.and_then(|form| find(record, form, role).and_then(Value::fen));
    let kinds = form
        .and_then(|form| find(record, form, Role::PenaltyKinds))
        .map_or(&[][..], Value::choices);
    let mut penalty_kinds: Vec<(String, String)> = kinds
        .iter()
        .map(|kind| {
            let words = if kind.words.is_empty() {
                words(policies, &kind.code)
            } else {
                kind.words.clone()
            };
            (kind.code.clone(), words)
        })
        .collect();
    penalty_kinds.sort();
    let title = policies
        .catalog
        .body(&record.body)
        .map_or("", |body| &body.title_zh);
    Inputs {
        number: String::new(),
        issuer: Issuer {
            name: title.to_owned(),
            code: record.body,
            department: fact.department,
            phone: String::new(),
        },
        addressee: Addressee {
            name: record.party.name.clone(),
            kind: record.party.kind,
            code: code_of(&record.party),
            representative: text(Role::Representative).to_owned(),
        },
        reference: Reference {
            kind: record.kind,
            number: record.number.clone(),
            decided_on: record.decided_on,
            penalty_kinds,
            procedure: form.and_then(|form| procedure(policies, record, form)),
            fine: fen(Role::FineAmount),
            confiscated: fen(Role::ConfiscationAmount),
            violation: record.matter.clone().unwrap_or_default(),
            basis: text(Role::Basis).to_owned(),
            document: None,
        },
        sectors: fact.sectors.clone(),
        severity: record.severity,
        is_specially_serious: false,
    }
}

/// The words of a kind of penalty by its code; the code itself where the list has no such value.
#[must_use]
pub fn words(policies: &Policies, code: &str) -> String {
    let list = policies.layouts.list("penalty_kind");
    let value = list.and_then(|list| list.value(code));
    value.map_or(code, |value| &value.chinese).to_owned()
}

fn find<'a>(record: &'a Record, form: &Layout, role: Role) -> Option<&'a Value> {
    form.of_role(role).find_map(|wanted| {
        let found = record.items.iter().find(|item| item.code == wanted.code);
        found.map(|item| &item.value)
    })
}

fn procedure(policies: &Policies, record: &Record, form: &Layout) -> Option<Procedure> {
    let item = form.role(Role::Procedure)?;
    let (ItemType::Choice(list) | ItemType::Choices(list)) = &item.item_type else {
        return None;
    };
    let value = find(record, form, Role::Procedure)?;
    let code = &value.choices().first()?.code;
    let class = policies.layouts.list(list)?.value(code)?.class?;
    if class == Class::SimpleProcedure {
        Some(Procedure::Simple)
    } else {
        (class == Class::GeneralProcedure).then_some(Procedure::General)
    }
}

/// What the scope is asked of.
#[must_use]
pub fn scope_case(policies: &Policies, inputs: &Inputs, today: CivilDate) -> ScopeCase {
    let severities = policies.layouts.severities();
    let publicity = policies.repair.publicity(&inputs.decision(), severities, today);
    // Where no version speaks of it, nothing says that it is not shown.
    let is_shown = publicity.map_or(true, |paths| {
        paths.first().is_none_or(|path| path.shown == Shown::Shown)
    });
    ScopeCase {
        kind: inputs.reference.kind,
        body: inputs.issuer.code,
        party: inputs.addressee.kind,
        procedure: inputs.reference.procedure,
        is_shown,
        is_history: false,
        has_ended: false,
        decided_on: inputs.reference.decided_on,
    }
}

/// What of a decision's record is not as its notice says.
#[must_use]
pub fn differences(notice: &Reference, record: &Reference) -> Vec<Difference> {
    let codes = |reference: &Reference| {
        let mut codes: Vec<String> = reference
            .penalty_kinds
            .iter()
            .map(|(code, _)| code.clone())
            .collect();
        codes.sort();
        codes
    };
    let none_is_zero = |amount: Option<i64>| amount.unwrap_or(0);
    let pairs = [
        (Difference::DecidedOn, notice.decided_on != record.decided_on),
        (Difference::PenaltyKinds, codes(notice) != codes(record)),
        (
            Difference::Fine,
            none_is_zero(notice.fine) != none_is_zero(record.fine),
        ),
        (
            Difference::Confiscated,
            none_is_zero(notice.confiscated) != none_is_zero(record.confiscated),
        ),
    ];
    pairs
        .into_iter()
        .filter_map(|(difference, differs)| differs.then_some(difference))
        .collect()
}
