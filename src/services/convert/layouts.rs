//! To the wire: layouts of rows, in the words of the data files. Read first: [`layout`].

use super::catalog::standing;
use crate::domain::identity::IdentityKind;
use crate::domain::layout::{
    BodyRule, ItemType, Layout, LayoutItem, Layouts, ListValue, Need, Role, ValueList,
};
use crate::domain::record::RecordKind;
use crate::domain::revision::Place;
use crate::policy::records::words::Word;
use crate::services::pb;

/// Shows a layout with the lists of its items; `adopted` is where the layouts were adopted.
#[must_use]
pub fn layout(layout: &Layout, layouts: &Layouts, adopted: Place) -> pb::RecordLayout {
    let mut names: Vec<&str> = layout.items().iter().filter_map(list_of).collect();
    names.sort_unstable();
    names.dedup();
    pb::RecordLayout {
        name: format!("layouts/{}", layout.code),
        code: layout.code.clone(),
        title_chinese: layout.title_zh.clone(),
        title_english: layout.title_en.clone(),
        kind: layout
            .kind
            .and_then(Word::<RecordKind>::of)
            .unwrap_or_default()
            .to_owned(),
        body: match layout.body {
            BodyRule::District => "district",
            BodyRule::Anyone => "anyone",
        }
        .to_owned(),
        standing: standing(layout.standing).to_owned(),
        trust: layout.trust.mark().to_owned(),
        source: layout.source.clone(),
        in_force_from: layout.from.to_string(),
        in_force_until: layout.until.map(|on| on.to_string()).unwrap_or_default(),
        items: layout.items().iter().map(item).collect(),
        lists: names
            .into_iter()
            .filter_map(|name| layouts.list(name))
            .map(list)
            .collect(),
        revision: adopted.to_string(),
    }
}

fn list_of(item: &LayoutItem) -> Option<&str> {
    match &item.item_type {
        ItemType::Choice(list) | ItemType::Choices(list) => Some(list),
        ItemType::Text
        | ItemType::Date
        | ItemType::Until
        | ItemType::Money
        | ItemType::Decimal
        | ItemType::SocialCreditCode
        | ItemType::SocialCreditCodes
        | ItemType::Older(_)
        | ItemType::Document
        | ItemType::Division
        | ItemType::Ignored => None,
    }
}

fn item(item: &LayoutItem) -> pb::RecordLayoutItem {
    let (kind, older) = match &item.item_type {
        ItemType::Text => ("text", None),
        ItemType::Date => ("date", None),
        ItemType::Until => ("until", None),
        ItemType::Money => ("money", None),
        ItemType::Decimal => ("decimal", None),
        ItemType::Choice(_) => ("choice", None),
        ItemType::Choices(_) => ("choices", None),
        ItemType::SocialCreditCode => ("social_credit_code", None),
        ItemType::SocialCreditCodes => ("social_credit_codes", None),
        ItemType::Older(kind) => ("older", Word::<IdentityKind>::of(*kind)),
        ItemType::Document => ("document", None),
        ItemType::Division => ("division", None),
        ItemType::Ignored => ("ignored", None),
    };
    let needs = item.needs.iter().filter_map(|need| Word::<Need>::of(*need));
    pb::RecordLayoutItem {
        code: item.code.clone(),
        title_chinese: item.chinese.clone(),
        title_english: item.english.clone(),
        aliases: item.aliases.clone(),
        r#type: kind.to_owned(),
        list: list_of(item).unwrap_or_default().to_owned(),
        older_kind: older.unwrap_or_default().to_owned(),
        length_max: u32::try_from(item.length_max).expect("at most 5,000"),
        needs: needs.map(str::to_owned).collect(),
        role: item
            .role
            .and_then(Word::<Role>::of)
            .unwrap_or_default()
            .to_owned(),
        prose: item.is_prose,
        personal: item.is_personal,
        extra: item.is_extra,
        plausible_max_fen: item.plausible_max.unwrap_or_default(),
    }
}

fn list(list: &ValueList) -> pb::RecordValueList {
    let value = |value: &ListValue| pb::RecordListValue {
        code: value.code.clone(),
        chinese: value.chinese.clone(),
        english: value.english.clone(),
        aliases: value.aliases.clone(),
        takes_words: value.takes_words,
    };
    pb::RecordValueList {
        code: list.code.clone(),
        title_chinese: list.title_zh.clone(),
        title_english: list.title_en.clone(),
        trust: list.trust.mark().to_owned(),
        source: list.source.clone(),
        values: list.values().iter().map(value).collect(),
    }
}
