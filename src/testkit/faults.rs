//! One fault at a time, put into a good row so that exactly one rule refuses it.

use jiff::ToSpan;
use jiff::civil::Date;

use super::dice::Dice;
use super::numbers;
use crate::domain::commitment::{Choice, Publication, Reported};
use crate::domain::finding::Rule;
use crate::domain::subject::SubjectKind;

/// The rules that a row by itself can break.
pub(super) const RULES: [Rule; 19] = [
    Rule::Required,
    Rule::ValueList,
    Rule::Length,
    Rule::Date,
    Rule::CommitmentCodeShape,
    Rule::CodeDateMismatch,
    Rule::SocialCreditCodeShape,
    Rule::SocialCreditCodeAlphabet,
    Rule::SocialCreditCodeCheck,
    Rule::OrganisationCodeCheck,
    Rule::ResidentIdShape,
    Rule::ResidentIdDate,
    Rule::ResidentIdCheck,
    Rule::KindAgainstCode,
    Rule::FutureDate,
    Rule::ValidityBeforePromise,
    Rule::PersonPublic,
    Rule::Characters,
    Rule::ForeignDistrict,
];

/// The kind of promisor a row must have to break this rule.
pub(super) fn needs(rule: Rule) -> Option<SubjectKind> {
    if matches!(
        rule,
        Rule::ResidentIdShape | Rule::ResidentIdDate | Rule::ResidentIdCheck | Rule::PersonPublic
    ) {
        Some(SubjectKind::Person)
    } else if matches!(
        rule,
        Rule::SocialCreditCodeShape
            | Rule::SocialCreditCodeAlphabet
            | Rule::SocialCreditCodeCheck
            | Rule::OrganisationCodeCheck
            | Rule::KindAgainstCode
    ) {
        Some(SubjectKind::Organisation)
    } else {
        None
    }
}

/// Breaks `rule` in `row`, which was good on the day of receipt.
///
/// # Panics
/// For a rule that is not among [`RULES`].
pub(super) fn spoil(dice: &mut Dice, rule: Rule, row: &mut Reported, received_on: Date, division: &str) {
    let code = row.subject_code.clone();
    if rule == Rule::Required {
        [&mut row.content, &mut row.liability, &mut row.subject_name][dice.below(3)].clear();
    } else if rule == Rule::ValueList {
        row.publication = Choice::Unknown("9".to_owned());
    } else if rule == Rule::Length {
        row.reason = "长".repeat(513);
    } else if rule == Rule::Date {
        row.valid_until = ["2024-02-30", "2025/01/31", "长期有效"][dice.below(3)].to_owned();
    } else if rule == Rule::CommitmentCodeShape {
        row.code.truncate(19);
    } else if rule == Rule::CodeDateMismatch {
        let made_on: Date = row.made_on.parse().expect("composed from a date");
        row.made_on = (made_on - 1.days()).to_string();
        row.valid_until.clear();
    } else if rule == Rule::SocialCreditCodeShape {
        row.subject_code.truncate(17);
    } else if rule == Rule::SocialCreditCodeAlphabet {
        row.subject_code = format!("{}I{}", &code[..10], &code[11..]);
    } else if rule == Rule::SocialCreditCodeCheck {
        row.subject_code = numbers::with_wrong_last(&code, "0123456789ABCDEFGHJKLMNPQRTUWXY");
    } else if rule == Rule::OrganisationCodeCheck {
        row.subject_code = numbers::with_wrong_last(&code[..17], "0123456789X");
        let check = numbers::code_check(&row.subject_code);
        row.subject_code.push(check);
    } else if rule == Rule::ResidentIdShape {
        row.subject_code.truncate(16);
    } else if rule == Rule::ResidentIdDate {
        row.subject_code = numbers::resident_id(division, "19930231", dice.below(1_000));
    } else if rule == Rule::ResidentIdCheck {
        row.subject_code = numbers::with_wrong_last(&code, "0123456789X");
    } else if rule == Rule::KindAgainstCode {
        row.subject_kind = Choice::Known(SubjectKind::Person);
        row.publication = Choice::Known(Publication::Closed);
    } else if rule == Rule::FutureDate {
        // A year typed wrongly: it lies after the whole year, so a later second sending is refused too.
        let made_on = received_on + 2.years();
        // A serial that no other row of that day bears.
        row.code = format!(
            "{}{}9{:05}",
            &row.code[..6],
            made_on.strftime("%Y%m%d"),
            dice.below(100_000)
        );
        row.made_on = made_on.to_string();
        row.valid_until.clear();
    } else if rule == Rule::ValidityBeforePromise {
        let made_on: Date = row.made_on.parse().expect("composed from a date");
        row.valid_until = (made_on - 1.days()).to_string();
    } else if rule == Rule::PersonPublic {
        row.publication = Choice::Known(Publication::Public);
    } else if rule == Rule::Characters {
        row.remarks = "备注\u{7}".to_owned();
    } else if rule == Rule::ForeignDistrict {
        if dice.chance(500) {
            row.code = format!("150821{}", &row.code[6..]);
        } else {
            row.accepting_body_name = "（测试）五原县某局".to_owned();
            row.accepting_body_code = numbers::social_credit_code("11", "150821", "01170099");
        }
    } else {
        panic!("{rule:?} is not a fault of one row");
    }
}
