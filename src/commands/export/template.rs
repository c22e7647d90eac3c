//! Empty tables 空表: the headers of a layout with what each column may hold. Read first: [`columns`].

use crate::domain::layout::{ItemType, Layout, LayoutItem, Layouts, Need};
use crate::sheets::written::XlsxColumn;

/// The items that a table of this layout has columns for.
pub fn items(layout: &Layout) -> impl Iterator<Item = &LayoutItem> {
    layout
        .items()
        .iter()
        .filter(|item| item.item_type != ItemType::Ignored)
}

/// The columns of a table of this layout, in the order of the form.
#[must_use]
pub fn columns(layout: &Layout, layouts: &Layouts) -> Vec<XlsxColumn> {
    items(layout).map(|item| column(item, layouts)).collect()
}

/// The column of one item.
#[must_use]
pub fn column(item: &LayoutItem, layouts: &Layouts) -> XlsxColumn {
    XlsxColumn {
        header: item.chinese.clone(),
        is_required: item.is_always_needed(),
        choices: choices(item, layouts),
    }
}

/// The words of a list of which one is chosen; several cannot be chosen from a cell's list.
fn choices(item: &LayoutItem, layouts: &Layouts) -> Vec<String> {
    let ItemType::Choice(list) = &item.item_type else {
        return Vec::new();
    };
    let words = |list: &crate::domain::layout::ValueList| {
        let values = list.values().iter();
        values.map(|value| value.chinese.clone()).collect()
    };
    layouts.list(list).map(words).unwrap_or_default()
}

/// What each column may hold, one line an item: header, code, what it holds, when it is required.
#[must_use]
pub fn notes(layout: &Layout, layouts: &Layouts) -> Vec<Vec<String>> {
    let head = vec![
        format!("{}（{}）", layout.title_zh, layout.code),
        "字段代码".to_owned(),
        "填写内容".to_owned(),
        "是否必填".to_owned(),
    ];
    let line = |item: &LayoutItem| {
        vec![
            item.chinese.clone(),
            item.code.clone(),
            holds(item, layouts),
            needed(item),
        ]
    };
    std::iter::once(head).chain(items(layout).map(line)).collect()
}

fn holds(item: &LayoutItem, layouts: &Layouts) -> String {
    let max = item.length_max;
    let listed = |list: &str| {
        let values = layouts.list(list).map(|list| list.values()).unwrap_or_default();
        let words = values.iter().map(|value| {
            let words = if value.takes_words { "-具体内容" } else { "" };
            format!("{}{words}", value.chinese)
        });
        words.collect::<Vec<_>>().join("、")
    };
    match &item.item_type {
        ItemType::Text => format!("文字，不超过{max}个字符"),
        ItemType::Date => "日期，如2024-06-03或2024/6/3".to_owned(),
        ItemType::Until => "截止日期，长期填2099-12-31".to_owned(),
        ItemType::Money => "金额，单位为万元，最多6位小数（2000元填0.2）".to_owned(),
        ItemType::Decimal => "数字，最多6位小数".to_owned(),
        ItemType::Choice(list) => format!("以下之一：{}", listed(list)),
        ItemType::Choices(list) => format!("以下一项或多项，用分号隔开：{}", listed(list)),
        ItemType::SocialCreditCode => "18位统一社会信用代码，单元格须为文本格式".to_owned(),
        ItemType::SocialCreditCodes => "18位统一社会信用代码，多个用分号隔开".to_owned(),
        ItemType::Older(_) => format!("旧代码，不超过{max}个字符，单元格须为文本格式"),
        ItemType::Document => "证件号码，单元格须为文本格式".to_owned(),
        ItemType::Division => "6位行政区划代码".to_owned(),
        ItemType::Ignored => "不入库".to_owned(),
    }
}

fn needed(item: &LayoutItem) -> String {
    let words = |need: &Need| match need {
        Need::Always => "必填",
        Need::Organisation => "法人及非法人组织必填",
        Need::IndividualBusiness => "个体工商户必填",
        Need::Person => "自然人必填",
        Need::Fine => "有罚款时必填",
        Need::Confiscation => "有没收时必填",
        Need::LicenceTaken => "暂扣或吊销许可证时必填",
        Need::Changed => "裁决结果为变更时必填",
    };
    item.needs.iter().map(words).collect::<Vec<_>>().join("、")
}
