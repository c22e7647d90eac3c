//! Composes what a notice says from the decision and the rules in force; nothing of it is typed in.
//!
//! Read first: [`compose`].
//!
//! Source: `domain.md` 4.2.

use super::paper;
use crate::domain::catalog::{DepartmentCode, SectorCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::notice_content::{
    Addressee, Clause, Contact, Foot, Head, ListedDocument, NoticeContent, ReceiptForm, Reference, TimeLimit,
};
use crate::domain::record::{RecordKind, Severity};
use crate::domain::repair::{self, Block, Decision, Mark, Publicity, RepairRules, Version};
use crate::domain::severity::{Origin, Severities};
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::trust::Trust;

#[cfg(test)]
mod tests;

/// The body that decided, and that issues the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    pub name: String,
    pub code: SocialCreditCode,
    pub department: DepartmentCode,
    /// Telephone of the case handlers as the body gives it; empty: that of the data.
    pub phone: String,
}

/// What a notice is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Notice number, as allocated.
    pub number: String,
    pub issuer: Issuer,
    pub addressee: Addressee,
    pub reference: Reference,
    /// Sectors to which the decision is attributed; empty where it is to none.
    pub sectors: Vec<SectorCode>,
    /// Level as the body states it; `None`: the data decide.
    pub severity: Option<Severity>,
    /// 特定严重失信行为, as the body states it.
    pub is_specially_serious: bool,
}

impl Inputs {
    /// Returns what the repair rules look at.
    #[must_use]
    pub fn decision(&self) -> Decision {
        let reference = &self.reference;
        let kinds = reference.penalty_kinds.iter();
        Decision {
            kind: reference.kind,
            department: Some(self.issuer.department),
            sectors: self.sectors.clone(),
            party: self.addressee.kind,
            penalty_kinds: kinds.map(|(code, _)| code.clone()).collect(),
            procedure: reference.procedure,
            fine: reference.fine,
            severity: self.severity,
            is_specially_serious: self.is_specially_serious,
            decided_on: reference.decided_on,
        }
    }
}

/// Composes the notice that is issued on `today`, under the version that the transition setting chooses.
///
/// The same inputs and data give the same content.
///
/// # Errors
/// Each [`repair::Error`]: no version governs the decision, a setting has no value.
pub fn compose(
    inputs: &Inputs,
    rules: &RepairRules,
    severities: &Severities,
    today: CivilDate,
) -> Result<NoticeContent, repair::Error> {
    let decision = inputs.decision();
    let publicity = rules.publicity(&decision, severities, today)?;
    let governing = &publicity[0];
    let version = rules
        .version(&governing.version)
        .ok_or(repair::Error::NoVersion {
            decided_on: decision.decided_on,
        })?;
    let own = own_versions(rules, &decision, &publicity, today);
    let title = rules.title(decision.kind, decision.department, today)?;
    let verification = repair::set_on(&rules.verification, "verification", today)?;
    let reference = inputs.reference.clone();
    Ok(NoticeContent {
        head: Head {
            title: title.to_owned(),
            number: inputs.number.clone(),
            body_name: inputs.issuer.name.clone(),
            body_code: inputs.issuer.code,
        },
        addressee: inputs.addressee.clone(),
        clauses: clauses(rules, version, &own, decision.kind, today),
        limits: limits(version, &own),
        contacts: contacts(inputs, rules, today),
        foot: Foot {
            issued_on: today,
            template: paper::TEMPLATE,
            verification: verification.value.clone(),
        },
        receipt: receipt(&reference, title, &inputs.number),
        reference,
        publicity,
    })
}

/// The versions of the department's own paths: those that show the decision too, and those that only add to
/// the notice.
fn own_versions<'a>(
    rules: &'a RepairRules,
    decision: &'a Decision,
    publicity: &[Publicity],
    today: CivilDate,
) -> Vec<&'a Version> {
    let mut own: Vec<&Version> = publicity[1..]
        .iter()
        .filter_map(|one| rules.version(&one.version))
        .collect();
    for version in rules.own_paths(decision, today) {
        if !own.iter().any(|one| one.path == version.path) {
            own.push(version);
        }
    }
    own
}

fn clauses(
    rules: &RepairRules,
    version: &Version,
    own: &[&Version],
    kind: RecordKind,
    today: CivilDate,
) -> Vec<Clause> {
    let mut clauses = Vec::new();
    for block in Block::ALL {
        let of_own = own.iter().flat_map(|version| version.clauses(*block, kind));
        let all = version.clauses(*block, kind).chain(of_own);
        for rule in all.chain(rules.common_clauses(*block, kind, today)) {
            clauses.push(Clause {
                block: rule.block,
                chinese: rule.chinese.clone(),
                english: rule.english.clone(),
                mark: Mark::from(&rule.origin),
            });
        }
    }
    clauses
}

fn limits(version: &Version, own: &[&Version]) -> Vec<TimeLimit> {
    let own = own.iter().flat_map(|version| &version.limits);
    let limits = version.limits.iter().chain(own).map(|rule| {
        let days = rule.working_days.to_string();
        TimeLimit {
            chinese: rule.chinese.replace("{n}", &days),
            english: rule.english.replace("{n}", &days),
            working_days: rule.working_days,
            mark: Mark::from(&rule.origin),
        }
    });
    limits.collect()
}

/// The body that decided, with its own telephone or its department's; then the credit office.
fn contacts(inputs: &Inputs, rules: &RepairRules, today: CivilDate) -> Vec<Contact> {
    let in_force = |origin: &Origin| origin.governs(today);
    let of = |department: Option<DepartmentCode>| {
        rules
            .contacts
            .iter()
            .find(|contact| contact.department == department && in_force(&contact.origin))
    };
    let mut contacts = Vec::new();
    let department = of(Some(inputs.issuer.department));
    if !inputs.issuer.phone.is_empty() || department.is_some() {
        let stated = Mark {
            standing: crate::domain::catalog::Standing::Adopted,
            trust: Trust::Source,
            source: inputs.issuer.name.clone(),
        };
        contacts.push(Contact {
            name: inputs.issuer.name.clone(),
            phone: if inputs.issuer.phone.is_empty() {
                department.map_or_else(String::new, |one| one.phone.clone())
            } else {
                inputs.issuer.phone.clone()
            },
            address: department.map_or_else(String::new, |one| one.address.clone()),
            mark: department
                .filter(|_| inputs.issuer.phone.is_empty())
                .map_or(stated, |one| Mark::from(&one.origin)),
        });
    }
    contacts.extend(of(None).map(|office| Contact {
        name: office.title_zh.clone(),
        phone: office.phone.clone(),
        address: office.address.clone(),
        mark: Mark::from(&office.origin),
    }));
    contacts
}

/// Title of the decision as a document.
fn decision_title(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Penalty => "行政处罚决定书",
        RecordKind::Listing => "列入严重失信主体名单决定书",
        RecordKind::Licence
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult
        | RecordKind::Ruling => "决定书",
    }
}

fn receipt(reference: &Reference, title: &str, number: &str) -> ReceiptForm {
    let listed = |name: &str, number: &str| ListedDocument {
        name: name.to_owned(),
        number: number.to_owned(),
        copies: 1,
    };
    ReceiptForm {
        cause: reference.violation.clone(),
        documents: vec![
            listed(decision_title(reference.kind), &reference.number),
            listed(title, number),
        ],
    }
}
