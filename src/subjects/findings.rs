//! What the register says against a row: another name for its code, another code for its name, an end
//! before its date. It suggests and never guesses.
//!
//! Source: `domain.md` 2.8 (name–code pair: ask), 13 item 4, 7.1 (a well-formed code may be another's).

use crate::domain::civil_date::CivilDate;
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::hash::KeyedHashes;
use crate::domain::record::Party;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::{SubjectKind, SubjectNumber};
use crate::domain::title::ComparedName;
use crate::group::fold::subjects::{state, title_hash};
use crate::store::keys::subjects as layout;
use crate::store::{Error, View, keys};

use super::place;

/// Most suggestions that a finding names.
const SUGGESTIONS_MAX: usize = 3;

/// The fields of a row to which findings belong.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    pub name: &'static str,
    pub code: &'static str,
    pub date: &'static str,
}

/// Compares a party with the register. Persons stand in no register.
///
/// # Errors
/// As the view's.
pub fn register_findings(
    view: &dyn View,
    hashes: &dyn KeyedHashes,
    party: &Party,
    on: CivilDate,
    fields: Fields,
) -> Result<Vec<Finding>, Error> {
    if party.kind == SubjectKind::Person {
        return Ok(Vec::new());
    }
    let bearer = super::by_identity(view, &party.identity, hashes, on)?;
    let known = match bearer {
        Some(number) => Some((number, state(view, number)?)),
        None => None,
    };
    let name = ComparedName::of(&party.name);
    let others = match &name {
        Some(name) => of_name(view, &title_hash(hashes, party.kind, name), bearer)?,
        None => Vec::new(),
    };
    let mut findings = Vec::new();
    match known {
        Some((number, state)) if state.registered.is_some() => {
            if !has_name(view, hashes, number, party.kind, name.as_ref())? {
                findings.push(name_against(fields, &others));
            }
            if state.ended_on.is_some_and(|ended| ended < on) {
                findings.push(ended(fields));
            }
        }
        Some(_) | None if !others.is_empty() => findings.push(code_unknown(fields, &others)),
        Some(_) | None => {}
    }
    Ok(findings)
}

/// Whether the register, or a recorded change of name, ever had this name for the subject.
fn has_name(
    view: &dyn View,
    hashes: &dyn KeyedHashes,
    number: SubjectNumber,
    kind: SubjectKind,
    name: Option<&ComparedName>,
) -> Result<bool, Error> {
    let Some(name) = name else { return Ok(false) };
    let key = layout::title_key(&title_hash(hashes, kind, name), number);
    let found = view.get(keys::TITLE, &key)?;
    Ok(found.as_deref().is_some_and(layout::title_by_register))
}

/// Codes of registered subjects that bear a name by the register, but for one; they are public.
fn of_name(
    view: &dyn View,
    title: &[u8; 16],
    but: Option<SubjectNumber>,
) -> Result<Vec<SocialCreditCode>, Error> {
    let mut numbers = Vec::new();
    place::each(view, keys::TITLE, layout::under(title), |key, value| {
        let number = layout::title_subject(key);
        if layout::title_by_register(value) && Some(number) != but && numbers.len() <= SUGGESTIONS_MAX {
            numbers.push(number);
        }
    })?;
    let mut codes = Vec::new();
    for number in numbers {
        codes.extend(state(view, number)?.code);
    }
    Ok(codes)
}

/// The suggestions in words, in both languages; more than a few are not named.
fn suggested(codes: &[SocialCreditCode]) -> (String, String) {
    match codes {
        [] => (String::new(), String::new()),
        _ if codes.len() > SUGGESTIONS_MAX => (
            " The register has the name under several codes.".to_owned(),
            "登记信息中该名称对应多个代码。".to_owned(),
        ),
        _ => {
            let codes: Vec<&str> = codes.iter().map(SocialCreditCode::as_str).collect();
            (
                format!(" The register has the name under {}.", codes.join(", ")),
                format!("登记信息中该名称对应的代码为{}。", codes.join("、")),
            )
        }
    }
}

fn name_against(fields: Fields, others: &[SocialCreditCode]) -> Finding {
    let (english, chinese) = suggested(others);
    Finding {
        field: fields.name.into(),
        rule: Rule::NameAgainstRegister,
        kind: CheckKind::Ask,
        english: format!(
            "The register has another name for this code; compare name and code with the certificate.{english}"
        ),
        chinese: format!("名称与登记信息中该代码的名称不一致，请与证照核对名称和代码。{chinese}"),
    }
}

fn code_unknown(fields: Fields, others: &[SocialCreditCode]) -> Finding {
    let (english, chinese) = suggested(others);
    Finding {
        field: fields.code.into(),
        rule: Rule::CodeNotInRegister,
        kind: CheckKind::Ask,
        english: format!("The register does not have this code; compare it with the certificate.{english}"),
        chinese: format!("登记信息中没有该代码，请与证照核对。{chinese}"),
    }
}

fn ended(fields: Fields) -> Finding {
    Finding {
        field: fields.date.into(),
        rule: Rule::SubjectEnded,
        kind: CheckKind::Warn,
        english: "The date lies after the subject's last day by the register; compare date and code."
            .to_owned(),
        chinese: "日期晚于登记信息中该主体的注销日期，请核对日期和代码。".to_owned(),
    }
}
