//! An item by itself: its text cleaned, and the value that it says.

use crate::domain::civil_date::DateError;
use crate::domain::commitment::Validity;
use crate::domain::finding::code_fault;
use crate::domain::finding::{CheckKind, Rule};
use crate::domain::identity::OlderCode;
use crate::domain::layout::{ItemType, LayoutItem, ListValue, Role, ValueList};
use crate::domain::money::{DecimalError, millionths};
use crate::domain::record::{Chosen, Value};
use crate::domain::social_credit_code::SocialCreditCode;

use super::row::Row;
use crate::ingest::records::clean;

/// Cleans a text by the type and the part of its item.
pub fn clean(item: &LayoutItem, raw: &str) -> String {
    match item.item_type {
        ItemType::Text
            if matches!(
                item.role,
                Some(Role::Number | Role::NumberStandIn | Role::TargetNumber)
            ) =>
        {
            clean::number(raw)
        }
        ItemType::Text => clean::text(raw),
        ItemType::SocialCreditCode | ItemType::Older(_) | ItemType::Document => clean::code(raw),
        ItemType::Date
        | ItemType::Until
        | ItemType::Money
        | ItemType::Decimal
        | ItemType::Choice(_)
        | ItemType::Choices(_)
        | ItemType::SocialCreditCodes
        | ItemType::Division
        | ItemType::Ignored => clean::value(raw),
    }
}

/// Reads the value of a text that is not empty; `None` with a finding where it is not right.
pub fn value(row: &mut Row<'_>, item: &LayoutItem, text: &str) -> Option<Value> {
    match &item.item_type {
        ItemType::Text => words(row, item, text),
        ItemType::Date => date(row, item, text).map(Value::Date),
        ItemType::Until => date(row, item, text).map(|date| Value::Until(Validity::ending(date))),
        ItemType::Money => amount(row, item, text).map(Value::Fen),
        ItemType::Decimal => decimal(row, item, text).map(Value::Millionths),
        ItemType::Choice(list) => {
            let list = row
                .layouts
                .list(list)
                .expect("lists are there: checked with the data");
            let chosen = one(list, text);
            chosen_or_finding(row, item, list, chosen.into_iter().collect())
        }
        ItemType::Choices(list) => {
            let list = row
                .layouts
                .list(list)
                .expect("lists are there: checked with the data");
            chosen_or_finding(row, item, list, several(list, text))
        }
        // The party's own codes and documents are read together, once its kind is known.
        ItemType::SocialCreditCode if item.role == Some(Role::PartyCode) => None,
        ItemType::SocialCreditCode => social_credit_code(row, item, text).map(Value::Code),
        ItemType::SocialCreditCodes => social_credit_codes(row, item, text),
        ItemType::Older(kind) => {
            let code = length(row, item, text)
                .then(|| OlderCode::new(*kind, text).ok())
                .flatten();
            if code.is_none() {
                not_a_number(row, item);
            }
            code.map(|code| Value::Text(code.as_str().to_owned()))
        }
        ItemType::Document | ItemType::Ignored => None,
        ItemType::Division => Some(Value::Text(text.to_owned())),
    }
}

fn words(row: &mut Row<'_>, item: &LayoutItem, text: &str) -> Option<Value> {
    let fits = length(row, item, text);
    let is_allowed = |character| item.is_prose && matches!(character, '\n' | '\t');
    let is_clean = !text.chars().any(|one| one.is_control() && !is_allowed(one));
    if !is_clean {
        let (english, chinese) = if item.is_prose {
            (
                "holds control characters other than line feed and tab; remove them.",
                "含有换行符和制表符以外的控制字符，请删除。",
            )
        } else {
            ("holds control characters; remove them.", "含有控制字符，请删除。")
        };
        row.reject(item, Rule::Characters, english, chinese);
    }
    (fits && is_clean).then(|| Value::Text(text.to_owned()))
}

/// Says whether the text keeps the limit, in characters; else finds it.
fn length(row: &mut Row<'_>, item: &LayoutItem, text: &str) -> bool {
    let max = item.length_max;
    // No text has more characters than bytes, so most need no counting.
    let fits = text.len() <= max || text.chars().count() <= max;
    if !fits {
        row.reject(
            item,
            Rule::Length,
            &format!("has more than {max} characters; shorten it."),
            &format!("超过{max}个字符，请缩短。"),
        );
    }
    fits
}

fn date(row: &mut Row<'_>, item: &LayoutItem, text: &str) -> Option<crate::domain::civil_date::CivilDate> {
    let (english, chinese) = match clean::date(text) {
        Ok(date) => return Some(date),
        Err(DateError::Shape) => (
            "is not a date; write it as YYYY-MM-DD or YYYY/MM/DD.",
            "不是日期，请按YYYY-MM-DD或YYYY/MM/DD填写。",
        ),
        Err(DateError::NoSuchDay) => (
            "names a day that does not exist; correct it.",
            "所填日期不存在，请更正。",
        ),
    };
    row.reject(item, Rule::Date, english, chinese);
    None
}

fn amount(row: &mut Row<'_>, item: &LayoutItem, text: &str) -> Option<i64> {
    let number = text.strip_suffix("万元").unwrap_or(text).trim_end();
    let (rule, english, chinese) = match millionths(number) {
        Ok(fen) => return Some(fen),
        Err(DecimalError::Shape) => (
            Rule::Money,
            "is no number in 万元; write digits with at most six decimals: 2,000 yuan are 0.2.",
            "不是以万元为单位的数字，请填写数字，最多六位小数（2000元填0.2）。",
        ),
        Err(DecimalError::Precision) => (
            Rule::MoneyPrecision,
            "has more than six decimals of 万元, which is less than a fen; correct it.",
            "小数超过六位，不足一分，请更正。",
        ),
    };
    row.reject(item, rule, english, chinese);
    None
}

fn decimal(row: &mut Row<'_>, item: &LayoutItem, text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let number = millionths(digits).ok();
    if number.is_none() {
        row.reject(
            item,
            Rule::Decimal,
            "is no number; write digits with at most six decimals.",
            "不是数字，请填写数字，最多六位小数。",
        );
    }
    number.map(|number| sign * number)
}

/// A value chosen, and whether it has the words it ought to have.
type Choice<'a> = (&'a ListValue, String);

/// Reads one value: its code, its word, or `其他-…` with the concrete one in words.
fn one<'a>(list: &'a ValueList, text: &str) -> Option<Choice<'a>> {
    if let Some(value) = list.value(text) {
        return Some((value, String::new()));
    }
    let (head, words) = text.split_once(['-', ':', '(', '—', '－', '：'])?;
    let value = list.value(head).filter(|value| value.takes_words)?;
    let words = words.trim_matches(|one: char| matches!(one, '-' | '—' | ')') || one.is_whitespace());
    Some((value, words.to_owned()))
}

/// Reads values joined by semicolons, or by commas where none of them is part of a word; empty if one of
/// them is not on the list.
fn several<'a>(list: &'a ValueList, text: &str) -> Vec<Choice<'a>> {
    let mut chosen = Vec::new();
    for part in text
        .split([';', '|', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if let Some(one) = one(list, part) {
            chosen.push(one);
            continue;
        }
        for word in part
            .split(['、', ','])
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            match one(list, word) {
                Some(one) => chosen.push(one),
                None => return Vec::new(),
            }
        }
    }
    chosen
}

fn chosen_or_finding(
    row: &mut Row<'_>,
    item: &LayoutItem,
    list: &ValueList,
    mut chosen: Vec<Choice<'_>>,
) -> Option<Value> {
    if chosen.is_empty() {
        let words: Vec<&str> = list.values().iter().map(|value| value.chinese.as_str()).collect();
        let codes: Vec<&str> = list.values().iter().map(|value| value.code.as_str()).collect();
        row.reject(
            item,
            Rule::ValueList,
            &format!("is not on its list; choose of {}.", codes.join(", ")),
            &format!("不在取值范围内，请从{}中选择。", words.join("、")),
        );
        return None;
    }
    if chosen
        .iter()
        .any(|(value, words)| value.takes_words && words.is_empty())
    {
        row.warn(
            item,
            Rule::ChoiceWords,
            "says \"other\" without saying what; write it behind the word: 其他-….",
            "填了“其他”但未写明具体内容，请写作“其他-具体内容”。",
        );
    }
    chosen.sort_by_key(|(value, _)| list.place(&value.code));
    chosen.dedup();
    Some(Value::Choices(
        chosen
            .into_iter()
            .map(|(value, words)| Chosen {
                code: value.code.clone(),
                words,
            })
            .collect(),
    ))
}

/// Finds what is wrong with a unified code, item by item.
pub fn social_credit_code(row: &mut Row<'_>, item: &LayoutItem, text: &str) -> Option<SocialCreditCode> {
    for fault in SocialCreditCode::faults(text) {
        let (rule, english, chinese) = code_fault(fault);
        row.find(item, rule, CheckKind::Reject, english, chinese);
    }
    text.parse().ok()
}

fn social_credit_codes(row: &mut Row<'_>, item: &LayoutItem, text: &str) -> Option<Value> {
    let mut codes = Vec::new();
    for part in text
        .split([';', '、', ',', '\n'])
        .filter(|part| !part.trim().is_empty())
    {
        codes.push(social_credit_code(row, item, &clean::code(part))?.to_string());
    }
    (!codes.is_empty()).then(|| Value::Text(codes.join(";")))
}

/// Finds a number with characters that no such number has.
pub fn not_a_number(row: &mut Row<'_>, item: &LayoutItem) {
    row.reject(
        item,
        Rule::DocumentShape,
        "holds no number: 1 to 64 letters and digits; correct it or leave it empty.",
        "不是证照号码（1至64位字母和数字），请更正或留空。",
    );
}
