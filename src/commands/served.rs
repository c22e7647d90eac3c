//! The layouts that a server checks rows by, so that a file is read as the server reads it.
//!
//! Read first: [`layouts`].

use std::collections::BTreeMap;

use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use crate::domain::catalog::Standing;
use crate::domain::identity::IdentityKind;
use crate::domain::law::Laws;
use crate::domain::layout::{
    BodyRule, ItemType, Layout, LayoutHead, LayoutItem, Layouts, ListValue, Need, Role, ValueList,
};
use crate::domain::record::RecordKind;
use crate::domain::severity::Severities;
use crate::domain::trust::Trust;
use crate::policy::records::words::Word;
use crate::services::pb;
use crate::services::pb::catalog_service_client::CatalogServiceClient;

/// Layouts asked for at a time.
const PAGE_SIZE: i32 = 100;
/// Largest page taken, in bytes.
const PAGE_SIZE_MAX: usize = 16 << 20;

/// The layouts of the server behind an endpoint, for reading and writing files.
///
/// `None` where none answers, or one that has no such call: whoever asks goes on with what is built in, and
/// meets the server's own words later. Layouts with a word that this program does not know are left out.
pub async fn layouts(endpoint: &Endpoint) -> Option<Layouts> {
    let channel = endpoint.connect().await.ok()?;
    asked(channel).await.ok()
}

async fn asked(channel: Channel) -> Result<Layouts, Status> {
    let mut client = CatalogServiceClient::new(channel).max_decoding_message_size(PAGE_SIZE_MAX);
    let mut layouts = Vec::new();
    let mut lists: BTreeMap<String, ValueList> = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListRecordLayoutsRequest {
            page_size: PAGE_SIZE,
            page_token,
            ..Default::default()
        };
        let page = client.list_record_layouts(request).await?.into_inner();
        for shown in page.layouts {
            for shown in &shown.lists {
                if let Some(list) = list(shown) {
                    lists.insert(list.code.clone(), list);
                }
            }
            layouts.extend(layout(&shown));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            // Levels and laws are the server's to judge by.
            let lists = lists.into_values().collect();
            return Ok(Layouts::new(
                layouts,
                lists,
                Severities::default(),
                Laws::default(),
            ));
        }
    }
}

/// A word of a closed set; `Some(None)` for the empty text.
fn word<T>(text: &str) -> Option<Option<T>>
where
    Word<T>: std::str::FromStr,
{
    if text.is_empty() {
        return Some(None);
    }
    let Word(value) = text.parse().ok()?;
    Some(Some(value))
}

fn layout(shown: &pb::RecordLayout) -> Option<Layout> {
    let head = LayoutHead {
        code: shown.code.clone(),
        title_zh: shown.title_chinese.clone(),
        title_en: shown.title_english.clone(),
        kind: word::<RecordKind>(&shown.kind)?,
        body: word::<BodyRule>(&shown.body)??,
        standing: match shown.standing.as_str() {
            "law" => Standing::Law,
            "adopted" => Standing::Adopted,
            "model" => Standing::Model,
            "construction" => Standing::Construction,
            _ => return None,
        },
        trust: Trust::of_mark(&shown.trust)?,
        source: shown.source.clone(),
        from: shown.in_force_from.parse().ok()?,
        until: match shown.in_force_until.as_str() {
            "" => None,
            day => Some(day.parse().ok()?),
        },
    };
    let items = shown.items.iter().map(item).collect::<Option<Vec<_>>>()?;
    Some(Layout::new(head, items))
}

fn item(shown: &pb::RecordLayoutItem) -> Option<LayoutItem> {
    let item_type = match shown.r#type.as_str() {
        "text" => ItemType::Text,
        "date" => ItemType::Date,
        "until" => ItemType::Until,
        "money" => ItemType::Money,
        "decimal" => ItemType::Decimal,
        "choice" => ItemType::Choice(shown.list.clone()),
        "choices" => ItemType::Choices(shown.list.clone()),
        "social_credit_code" => ItemType::SocialCreditCode,
        "social_credit_codes" => ItemType::SocialCreditCodes,
        "older" => ItemType::Older(word::<IdentityKind>(&shown.older_kind)??),
        "document" => ItemType::Document,
        "division" => ItemType::Division,
        "ignored" => ItemType::Ignored,
        _ => return None,
    };
    let needs = shown.needs.iter().map(|need| word::<Need>(need)?);
    Some(LayoutItem {
        code: shown.code.clone(),
        chinese: shown.title_chinese.clone(),
        english: shown.title_english.clone(),
        aliases: shown.aliases.clone(),
        item_type,
        length_max: usize::try_from(shown.length_max).ok()?,
        needs: needs.collect::<Option<_>>()?,
        role: word::<Role>(&shown.role)?,
        is_prose: shown.prose,
        is_personal: shown.personal,
        is_extra: shown.extra,
        place: 0,
        plausible_max: Some(shown.plausible_max_fen).filter(|fen| *fen != 0),
    })
}

fn list(shown: &pb::RecordValueList) -> Option<ValueList> {
    let value = |value: &pb::RecordListValue| ListValue {
        code: value.code.clone(),
        chinese: value.chinese.clone(),
        english: value.english.clone(),
        aliases: value.aliases.clone(),
        takes_words: value.takes_words,
        // What checks ask of a value is the server's.
        class: None,
        end: None,
    };
    Some(ValueList::new(
        (
            shown.code.clone(),
            shown.title_chinese.clone(),
            shown.title_english.clone(),
        ),
        Trust::of_mark(&shown.trust)?,
        shown.source.clone(),
        shown.values.iter().map(value).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::revision::{Epoch, Place, Revision};
    use crate::policy::Policies;
    use crate::services::convert::layouts;

    #[test]
    fn a_layout_comes_over_the_wire_as_it_is_built_in() {
        let built_in = Policies::built_in().layouts;
        let adopted = Place {
            epoch: Epoch(1),
            revision: Revision(1),
        };
        for one in built_in.layouts() {
            let shown = layouts::layout(one, &built_in, adopted);
            assert_eq!(layout(&shown).as_ref(), Some(one));
            for item in one.items() {
                let (ItemType::Choice(code) | ItemType::Choices(code)) = &item.item_type else {
                    continue;
                };
                let served = shown.lists.iter().find(|list| list.code == *code);
                let served = list(served.expect("each list of an item is there")).expect("known words");
                let own = built_in.list(code).expect("agreed upon");
                for value in own.values() {
                    for name in value.names() {
                        let found = served.value(name).map(|found| (&found.code, found.takes_words));
                        assert_eq!(found, Some((&value.code, value.takes_words)), "{name}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_layout_with_an_unknown_word_is_left_out() {
        let built_in = Policies::built_in().layouts;
        let adopted = Place {
            epoch: Epoch(1),
            revision: Revision(1),
        };
        let mut shown = layouts::layout(&built_in.layouts()[0], &built_in, adopted);
        assert!(layout(&shown).is_some());
        shown.items[0].r#type = "picture".to_owned();
        assert_eq!(layout(&shown), None);
    }
}
