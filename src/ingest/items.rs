//! The items of the collection template by name, with their limits, and the sentences of findings.
//!
//! A sentence names item, rule and remedy. It never repeats the value, which may be personal or stand
//! in the wrong column.

use crate::domain::finding::{CheckKind, Finding, Rule};

/// How an item's text may be laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One line: no control characters at all.
    Line,
    /// Prose: line feeds and tabs are allowed.
    Prose,
}

/// One item of the template.
#[derive(Clone, Copy)]
pub struct Item {
    /// Path in the row's message.
    pub field: &'static str,
    /// Number in the template.
    pub number: u8,
    pub chinese: &'static str,
    pub english: &'static str,
    /// In characters, not bytes.
    pub length_max: usize,
    pub layout: Layout,
}

macro_rules! items {
    ($($name:ident = $number:literal $field:literal $chinese:literal $english:literal $max:literal $layout:ident;)+) => {
        $(pub const $name: Item = Item {
            field: $field,
            number: $number,
            chinese: $chinese,
            english: $english,
            length_max: $max,
            layout: Layout::$layout,
        };)+
    };
}

// Source: collection template of a city platform, `domain.md` 1.3 [S2]; the words of item 5 have its limit.
items! {
    CODE = 1 "code" "承诺编码" "commitment code" 20 Line;
    SUBJECT_NAME = 2 "subject_name" "承诺人名称" "promisor's name" 200 Line;
    SUBJECT_KIND = 3 "subject_kind" "承诺人类别" "promisor's kind" 16 Line;
    SUBJECT_CODE = 4 "subject_code" "承诺人代码" "promisor's code" 18 Line;
    KIND = 5 "kind" "承诺类型" "commitment kind" 64 Line;
    KIND_WORDS = 5 "kind_words" "承诺类型（文字）" "commitment kind in words" 64 Line;
    REASON = 6 "reason" "承诺事由" "reason" 512 Prose;
    CONTENT = 7 "content" "承诺内容" "content" 4000 Prose;
    LIABILITY = 8 "liability" "违诺责任" "liability" 4000 Prose;
    MADE_ON = 9 "made_on" "承诺作出日期" "date of the promise" 10 Line;
    VALID_UNTIL = 10 "valid_until" "承诺有效期" "end of validity" 10 Line;
    STATE = 11 "performance.state" "承诺履行状态" "performance state" 16 Line;
    UNPERFORMED = 12 "performance.unperformed" "未履行的承诺内容" "unperformed content" 4000 Prose;
    MEASURES_TAKEN = 13 "performance.measures_taken" "违诺责任追究内容" "measures taken" 4000 Prose;
    FOUND_ON = 14 "performance.found_on" "承诺履行状态认定日期" "date of the finding" 10 Line;
    FINDING_BODY_NAME = 15 "performance.finding_body_name" "承诺履行状态认定单位" "finding body's name" 200 Line;
    FINDING_BODY_CODE = 16 "performance.finding_body_code" "承诺履行状态认定单位代码" "finding body's code" 18 Line;
    ACCEPTING_BODY_NAME = 17 "accepting_body_name" "承诺受理单位" "accepting body's name" 200 Line;
    ACCEPTING_BODY_CODE = 18 "accepting_body_code" "承诺受理单位代码" "accepting body's code" 18 Line;
    PUBLICATION = 19 "publication" "公开类型" "publication type" 16 Line;
    REMARKS = 20 "remarks" "备注" "remarks" 512 Prose;
}

/// Makes the finding on an item; the two sentences follow its name.
pub fn finding(item: Item, rule: Rule, kind: CheckKind, english: &str, chinese: &str) -> Finding {
    Finding {
        field: item.field.into(),
        rule,
        kind,
        english: format!("Item {} ({}) {english}", item.number, item.english),
        chinese: format!("第{}项“{}”{chinese}", item.number, item.chinese),
    }
}

/// Makes a finding that refuses the row.
pub fn reject(item: Item, rule: Rule, english: &str, chinese: &str) -> Finding {
    finding(item, rule, CheckKind::Reject, english, chinese)
}

/// Makes the finding that a required item is empty.
pub fn required(item: Item) -> Finding {
    reject(
        item,
        Rule::Required,
        "is required and empty; fill it in.",
        "为必填项，不得为空，请补填。",
    )
}

/// Finds a text that is too long or holds control characters, and one that is required and blank.
pub fn text(findings: &mut Vec<Finding>, item: Item, value: &str, is_required: bool) {
    if is_required && value.trim().is_empty() {
        findings.push(required(item));
        return;
    }
    // No text has more characters than bytes, so most need no counting.
    if value.len() > item.length_max && value.chars().count() > item.length_max {
        let max = item.length_max;
        findings.push(reject(
            item,
            Rule::Length,
            &format!("has more than {max} characters; shorten it."),
            &format!("超过{max}个字符，请缩短。"),
        ));
    }
    let is_allowed = |character| match item.layout {
        Layout::Line => false,
        Layout::Prose => matches!(character, '\n' | '\t'),
    };
    if value
        .chars()
        .any(|character| character.is_control() && !is_allowed(character))
    {
        let (english, chinese) = match item.layout {
            Layout::Line => ("holds control characters; remove them.", "含有控制字符，请删除。"),
            Layout::Prose => (
                "holds control characters other than line feed and tab; remove them.",
                "含有换行符和制表符以外的控制字符，请删除。",
            ),
        };
        findings.push(reject(item, Rule::Characters, english, chinese));
    }
}
