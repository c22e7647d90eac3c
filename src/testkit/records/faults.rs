//! One fault at a time, put into a good penalty so that exactly one rule refuses it.

use super::{Party, rows};
use crate::domain::finding::Rule;
use crate::domain::record::ReportedRecord;
use crate::testkit::dice::Dice;
use crate::testkit::numbers;

/// The rules that a penalty by itself can break.
pub(super) const RULES: [Rule; 16] = [
    Rule::Required,
    Rule::ValueList,
    Rule::Length,
    Rule::Date,
    Rule::SocialCreditCodeShape,
    Rule::SocialCreditCodeAlphabet,
    Rule::SocialCreditCodeCheck,
    Rule::ResidentIdCheck,
    Rule::KindAgainstCode,
    Rule::FutureDate,
    Rule::PersonPublic,
    Rule::Characters,
    Rule::ItemUnknown,
    Rule::Money,
    Rule::MoneyPrecision,
    Rule::ForeignDistrict,
];

/// Whether a natural person has to be the party of a row that breaks this rule.
pub(super) fn needs_person(rule: Rule) -> bool {
    [Rule::ResidentIdCheck, Rule::PersonPublic, Rule::KindAgainstCode].contains(&rule)
}

/// Breaks `rule` in a good row about `party`.
///
/// # Panics
/// For a rule that is not among [`RULES`].
pub(super) fn spoil(dice: &mut Dice, rule: Rule, row: &mut ReportedRecord, party: &Party) {
    const CODE: &str = "CF_XDR_SHXYM";
    let code = &party.code;
    let mut set = |item: &str, text: String| rows::set(row, item, text);
    if rule == Rule::Required {
        set(
            ["CF_SY", "CF_YJ", "CF_NR", "CF_WSH"][dice.below(4)],
            String::new(),
        );
    } else if rule == Rule::ValueList {
        set("CF_CFLB", ["批评教育", "21"][dice.below(2)].to_owned());
    } else if rule == Rule::Length {
        set("CF_WFXW", "长".repeat(2_001));
    } else if rule == Rule::Date {
        let date = ["2024-02-30", "2024/13/01", "长期", "20241131"][dice.below(4)];
        set(["CF_JDRQ", "CF_YXQ"][dice.below(2)], date.to_owned());
    } else if rule == Rule::SocialCreditCodeShape {
        set(CODE, code[..17].to_owned());
    } else if rule == Rule::SocialCreditCodeAlphabet {
        set(CODE, format!("{}I{}", &code[..10], &code[11..]));
    } else if rule == Rule::SocialCreditCodeCheck {
        set(
            CODE,
            numbers::with_wrong_last(code, "0123456789ABCDEFGHJKLMNPQRTUWXY"),
        );
    } else if rule == Rule::ResidentIdCheck {
        set("CF_XDR_ZJHM", numbers::with_wrong_last(code, "0123456789X"));
    } else if rule == Rule::KindAgainstCode {
        let other = numbers::social_credit_code("91", &code[..6], &numbers::organisation_part(dice));
        set(CODE, other);
    } else if rule == Rule::FutureDate {
        set("CF_JDRQ", "2026-01-05".to_owned());
        set("CF_YXQ", "2099-12-31".to_owned());
        set("CF_GSJZQ", String::new());
    } else if rule == Rule::PersonPublic {
        set("CF_SYFW", "可向社会公开".to_owned());
    } else if rule == Rule::Characters {
        set("CF_CFJG", "执法\u{7}机关".to_owned());
    } else if rule == Rule::ItemUnknown {
        set("CF_XYZ", "1".to_owned());
    } else if rule == Rule::Money {
        set("CF_NR_FK", ["二千元", "0.2.0"][dice.below(2)].to_owned());
    } else if rule == Rule::MoneyPrecision {
        set("CF_NR_FK", "0.1234567".to_owned());
    } else if rule == Rule::ForeignDistrict {
        set("CF_CFJG", "（测试）五原县某局".to_owned());
        set(
            "CF_CFJGDM",
            numbers::social_credit_code("11", "150821", "01170099"),
        );
    } else {
        panic!("{rule:?} is not a fault of one row");
    }
}
