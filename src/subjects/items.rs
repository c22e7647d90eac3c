//! The items of the register's and the roster's rows, and the sentences of findings on them.
//!
//! A sentence names item, rule and remedy; it never repeats the value.

use crate::domain::civil_date::{CivilDate, DateError};
use crate::domain::commitment::Choice;
use crate::domain::finding::code_fault;
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::social_credit_code::SocialCreditCode;

/// One item: path in the row's message, its names, and its limit in characters.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub field: &'static str,
    pub english: &'static str,
    pub chinese: &'static str,
    pub length_max: usize,
}

pub(super) const fn item(
    field: &'static str,
    english: &'static str,
    chinese: &'static str,
    length_max: usize,
) -> Item {
    Item {
        field,
        english,
        chinese,
        length_max,
    }
}

/// Makes a finding; the two sentences follow the item's name.
pub(super) fn finding(item: Item, rule: Rule, kind: CheckKind, english: &str, chinese: &str) -> Finding {
    Finding {
        field: item.field.into(),
        rule,
        kind,
        english: format!("The {} {english}", item.english),
        chinese: format!("“{}”{chinese}", item.chinese),
    }
}

/// Gathers what is found on one row.
#[derive(Default)]
pub(super) struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn reject(&mut self, item: Item, rule: Rule, english: &str, chinese: &str) {
        self.0
            .push(finding(item, rule, CheckKind::Reject, english, chinese));
    }

    pub fn refuse(&self) -> bool {
        self.0.iter().any(|finding| finding.kind.refuses())
    }

    fn required(&mut self, item: Item) {
        self.reject(
            item,
            Rule::Required,
            "is required and empty; fill it in.",
            "为必填项，不得为空，请补填。",
        );
    }

    /// A text of one line; an empty one passes unless it is required.
    pub fn text(&mut self, item: Item, value: &str, is_required: bool) {
        if value.is_empty() {
            if is_required {
                self.required(item);
            }
            return;
        }
        if value.chars().count() > item.length_max {
            let max = item.length_max;
            self.reject(
                item,
                Rule::Length,
                &format!("has more than {max} characters; shorten it."),
                &format!("超过{max}个字符，请缩短。"),
            );
        }
        if value.chars().any(char::is_control) {
            self.reject(
                item,
                Rule::Characters,
                "holds control characters; remove them.",
                "含有控制字符，请删除。",
            );
        }
    }

    pub fn choice<T: Copy>(&mut self, item: Item, choice: &Choice<T>, values: &str) -> Option<T> {
        match choice {
            Choice::Known(value) => return Some(*value),
            Choice::Absent => self.required(item),
            Choice::Unknown(_) => self.reject(
                item,
                Rule::ValueList,
                &format!("is not on its list; choose one of {values}."),
                &format!("不在取值范围内，请从{values}中选择。"),
            ),
        }
        None
    }

    /// A date; empty is none. One after the day of receipt is refused where it tells of what happened.
    pub fn date(&mut self, item: Item, value: &str, latest: Option<CivilDate>) -> Option<CivilDate> {
        if value.is_empty() {
            return None;
        }
        let (english, chinese) = match value.parse() {
            Ok(date) if latest.is_none_or(|latest| date <= latest) => return Some(date),
            Ok(_) => {
                self.reject(
                    item,
                    Rule::FutureDate,
                    "lies after the day of receipt; correct it.",
                    "晚于接收日期，请更正。",
                );
                return None;
            }
            Err(DateError::Shape) => (
                "is not a date; write it as YYYY-MM-DD.",
                "不是日期，请按YYYY-MM-DD填写。",
            ),
            Err(DateError::NoSuchDay) => (
                "names a day that does not exist; correct it.",
                "所填日期不存在，请更正。",
            ),
        };
        self.reject(item, Rule::Date, english, chinese);
        None
    }

    /// The same, required.
    pub fn day(&mut self, item: Item, value: &str) -> Option<CivilDate> {
        if value.is_empty() {
            self.required(item);
        }
        self.date(item, value, None)
    }

    /// A unified social credit code, with every fault of a wrong one.
    pub fn code(&mut self, item: Item, value: &str) -> Option<SocialCreditCode> {
        if value.is_empty() {
            self.required(item);
            return None;
        }
        for fault in SocialCreditCode::faults(value) {
            let (rule, english, chinese) = code_fault(fault);
            self.reject(item, rule, english, chinese);
        }
        value.parse().ok()
    }
}
