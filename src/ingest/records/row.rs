//! A reported row of a credit record, checked, with all that deciding it will need.

use super::check::CheckedRecord;
use super::check::check;
use crate::domain::catalog::Catalog;
use crate::domain::civil_date::CivilDate;
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::hashes;
use crate::domain::layout::{Class, ItemType, Layout, Layouts, Need, Role};
use crate::domain::record::{Record, ReportedRecord, Source, Value};
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::SubjectKind;

/// Most items of one row; the largest layout has about forty.
pub const ITEMS_PER_ROW_MAX: usize = 200;

/// Longest name of a source's system, its key and its batch, in characters.
pub const SOURCE_LENGTHS_MAX: [usize; 3] = [64, 128, 128];

/// One row of a batch.
#[derive(Clone, Debug)]
pub struct Row {
    pub checked: CheckedRecord,
    pub source: Source,
    /// Code of the layout; empty if there is no such layout.
    pub layout: String,
    /// The deciding body, if the row names one, also where the row is refused.
    pub body: Option<SocialCreditCode>,
    /// Codes of items that name a natural person whatever the party.
    pub personal: Vec<String>,
    /// What a ruling says it changes; empty for all other rows.
    pub changes: String,
    /// Hash of the row as it was sent.
    pub hash: [u8; 16],
}

/// Checks a row received on a day against the data in force; `party_kind` is the kind that the whole
/// import was said to have.
#[must_use]
pub fn row(
    reported: ReportedRecord,
    party_kind: Option<SubjectKind>,
    layouts: &Layouts,
    catalog: &Catalog,
    received_on: CivilDate,
) -> Row {
    let hash = hashes::row_hash(&reported);
    let layout = layouts.layout(&reported.layout);
    let mut checked = if reported.items.len() > ITEMS_PER_ROW_MAX {
        refused(too_many(reported.items.len()))
    } else {
        check(&reported, party_kind, layouts, catalog, received_on)
    };
    checked.findings.extend(source_findings(&reported.source));
    if checked.findings.iter().any(|finding| finding.kind.refuses()) {
        checked.record = None;
    } else if checked.department.is_none() && checked.record.take().is_some() {
        checked.findings.push(foreign());
    }
    let body = layout.and_then(|layout| body_of(layout, &reported));
    let mut source = reported.source;
    if let (Some(layout), Some(record), false) = (layout, &checked.record, source.is_stated()) {
        // Who supplies the row is where it comes from, unless more is said.
        source.system = supplier(layout, record).unwrap_or_default();
    }
    Row {
        body,
        personal: layout.map(personal).unwrap_or_default(),
        changes: match (layout, &checked.record) {
            (Some(layout), Some(record)) => changes(layouts, layout, record),
            (Some(_) | None, None) | (None, Some(_)) => String::new(),
        },
        layout: layout.map(|layout| layout.code.clone()).unwrap_or_default(),
        checked,
        source,
        hash,
    }
}

/// The code of the unit that supplies the row 数据来源单位.
fn supplier(layout: &Layout, record: &Record) -> Option<String> {
    let item = &layout.role(Role::SourceCode)?.code;
    let found = record.items.iter().find(|one| one.code == *item)?;
    Some(found.value.code()?.to_string())
}

fn refused(finding: Finding) -> CheckedRecord {
    CheckedRecord {
        department: None,
        record: None,
        ended: None,
        findings: vec![finding],
    }
}

fn too_many(count: usize) -> Finding {
    Finding {
        field: "items".into(),
        rule: Rule::ItemCount,
        kind: CheckKind::Reject,
        english: format!(
            "The row has {count} items, more than {ITEMS_PER_ROW_MAX}; send those of its layout."
        ),
        chinese: format!("该行有{count}个数据项，超过{ITEMS_PER_ROW_MAX}个，请仅报送其格式规定的数据项。"),
    }
}

fn foreign() -> Finding {
    Finding {
        field: "items".into(),
        rule: Rule::ForeignDistrict,
        kind: CheckKind::Reject,
        english: "Neither the deciding body nor the source of the data is a body of this district; let a body of the district supply the row.".to_owned(),
        chinese: "决定机关和数据来源单位均不属于本区，请由本区单位报送。".to_owned(),
    }
}

/// The texts of a source are short lines.
fn source_findings(source: &Source) -> Vec<Finding> {
    let Source { system, key, batch } = source;
    let parts = [
        ("source.system", "system", "系统", system),
        ("source.key", "key", "主键", key),
        ("source.batch", "batch", "批次号", batch),
    ];
    let mut findings = Vec::new();
    for ((field, english, chinese, text), max) in parts.into_iter().zip(SOURCE_LENGTHS_MAX) {
        if text.chars().count() > max {
            findings.push(Finding {
                field: field.into(),
                rule: Rule::Length,
                kind: CheckKind::Reject,
                english: format!("The source's {english} has more than {max} characters; shorten it."),
                chinese: format!("数据来源的{chinese}超过{max}个字符，请缩短。"),
            });
        }
        if text.chars().any(char::is_control) {
            findings.push(Finding {
                field: field.into(),
                rule: Rule::Characters,
                kind: CheckKind::Reject,
                english: format!("The source's {english} holds control characters; remove them."),
                chinese: format!("数据来源的{chinese}含有控制字符，请删除。"),
            });
        }
    }
    findings
}

fn body_of(layout: &Layout, reported: &ReportedRecord) -> Option<SocialCreditCode> {
    let item = layout.role(Role::BodyCode)?;
    let named = |code: &str| layout.item(code).is_some_and(|found| found.code == item.code);
    let (_, text) = reported.items.iter().find(|(code, _)| named(code))?;
    text.trim().parse().ok()
}

fn personal(layout: &Layout) -> Vec<String> {
    let items = layout.items().iter().filter(|item| item.is_personal);
    items.map(|item| item.code.clone()).collect()
}

/// The words of a ruling whose outcome changes the decision.
fn changes(layouts: &Layouts, layout: &Layout, record: &Record) -> String {
    let item = |code: &str| record.items.iter().find(|item| item.code == code);
    let Some(outcome) = layout.role(Role::Outcome) else {
        return String::new();
    };
    let list = if let ItemType::Choice(list) = &outcome.item_type {
        layouts.list(list)
    } else {
        None
    };
    let changes = match (item(&outcome.code).map(|item| &item.value), list) {
        (Some(Value::Choices(chosen)), Some(list)) => chosen.iter().any(|one| {
            list.value(&one.code)
                .is_some_and(|value| value.class == Some(Class::Changed))
        }),
        (Some(_) | None, _) => false,
    };
    if !changes {
        return String::new();
    }
    let words = layout
        .items()
        .iter()
        .filter(|item| item.needs.contains(&Need::Changed));
    words
        .filter_map(|words| match &item(&words.code)?.value {
            Value::Text(text) => Some(text.as_str()),
            Value::Date(_)
            | Value::Until(_)
            | Value::Fen(_)
            | Value::Millionths(_)
            | Value::Choices(_)
            | Value::Code(_)
            | Value::Document(_) => None,
        })
        .collect::<Vec<_>>()
        .join("\n")
}
