//! Layouts of credit records and the dated data that rows are checked against: the folder `records/`.
//!
//! `lists.toml`, `severity.toml` and `laws.toml` have names of their own; every other file is one layout.
//! Read first: [`parse`].

use std::str::FromStr;

use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use super::{Mistake, Policies};
use crate::domain::catalog::Standing;
use crate::domain::identity::IdentityKind;
use crate::domain::law::{LawVersion, Laws};
use crate::domain::layout::{
    BodyRule, Class, ItemType, Layout, LayoutHead, LayoutItem, Layouts, ListValue, Need, Role, ValueList,
};
use crate::domain::money::millionths;
use crate::domain::record::{End, RecordKind};
use crate::domain::trust::Trust;

mod agreement;
mod severity;
#[cfg(test)]
mod tests;
pub mod words;

use words::Word;

const LISTS: &str = "records/lists.toml";
const SEVERITY: &str = "records/severity.toml";
const LAWS: &str = "records/laws.toml";

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$((concat!("records/", $name), include_str!(concat!("../../policies/records/", $name)))),+]
    };
}

/// The layouts and what belongs to them as a kind of data.
pub const KIND: Kind = Kind {
    name: "records",
    lies: Lies::In("records"),
    embedded: embedded![
        "abnormal_listing.toml",
        "breach.toml",
        "commendation.toml",
        "commitment.toml",
        "commitment_withdrawal.toml",
        "evaluation.toml",
        "inspection_result.toml",
        "laws.toml",
        "licence_v2.toml",
        "lists.toml",
        "membership.toml",
        "penalty_v1.toml",
        "penalty_v2.toml",
        "performance.toml",
        "register.toml",
        "ruling.toml",
        "serious_listing.toml",
        "severity.toml",
        "withdrawal.toml",
    ],
    parse: |files, policies: &mut Policies| {
        policies.layouts = parse(files)?;
        Ok(())
    },
};

/// Makes the layouts of their bytes.
///
/// # Errors
/// Every mistake found, by file and line. Each file is checked by itself first; whether they agree is
/// checked once all of them stand.
pub fn parse(source: &DataFiles) -> Result<Layouts, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let lists = part(source, LISTS, &mut mistakes, lists).unwrap_or_default();
    let severities = part(source, SEVERITY, &mut mistakes, severity::severities).unwrap_or_default();
    let laws = part(source, LAWS, &mut mistakes, laws).unwrap_or_default();
    let mut layouts = Vec::new();
    for (name, _) in &source.files {
        if ![LISTS, SEVERITY, LAWS].contains(&name.as_str())
            && let Some(layout) = part(source, name, &mut mistakes, layout)
        {
            layouts.push((name.as_str(), layout));
        }
    }
    if mistakes.is_empty() {
        mistakes = agreement::disagreements(&layouts, &lists, &severities);
    }
    if mistakes.is_empty() {
        let layouts = layouts.into_iter().map(|(_, (layout, _))| layout).collect();
        let lists = lists.into_iter().map(|(_, list)| list).collect();
        Ok(Layouts::new(layouts, lists, severities, laws))
    } else {
        Err(mistakes)
    }
}

/// Reads one file, which notes all its mistakes before it is given up.
fn part<T>(
    source: &DataFiles,
    name: &str,
    mistakes: &mut Vec<Mistake>,
    read: fn(&Entry<'_>) -> Option<T>,
) -> Option<T> {
    let Some((_, content)) = source.files.iter().find(|(other, _)| other == name) else {
        mistakes.push(Mistake::whole(name, "the file is missing"));
        return None;
    };
    let file = File::new(name, content);
    let document = file.document();
    let part = read(&file.entry(&document));
    mistakes.extend(file.into_mistakes());
    part
}

/// A layout, and the line of each of its items.
type LayoutRows = (Layout, Vec<usize>);

fn layout(entry: &Entry<'_>) -> Option<LayoutRows> {
    entry.keys(&[
        "code", "title_zh", "title_en", "kind", "body", "standing", "trust", "source", "from", "until",
        "item",
    ]);
    let code = entry.text("code");
    if code.is_some_and(|code| !is_code(code)) {
        entry.mistake_at(
            "code",
            "a code is 1 to 32 characters of A-Z, 0-9 and _, a letter first",
        );
    }
    let (title_zh, title_en) = (entry.text("title_zh"), entry.text("title_en"));
    let kind = entry
        .parsed_if_any::<Word<RecordKind>>("kind")
        .map(|Word(kind)| kind);
    let body = entry.parsed::<Word<BodyRule>>("body");
    let (standing, trust, source) = (entry.standing(), entry.trust(), entry.text("source"));
    let period = entry.period();
    let entries = entry.entries("item");
    let lines = entries.iter().map(Entry::line).collect();
    let items: Vec<_> = entries.iter().map(item).collect();
    let ((from, until), Word(body)) = (period?, body?);
    let head = LayoutHead {
        code: code?.to_owned(),
        title_zh: title_zh?.to_owned(),
        title_en: title_en?.to_owned(),
        kind,
        body,
        standing: standing?,
        trust: trust?,
        source: source?.to_owned(),
        from,
        until,
    };
    let items = items.into_iter().collect::<Option<Vec<_>>>()?;
    Some((Layout::new(head, items), lines))
}

/// Longest text of an item, in characters.
const LENGTH_MAX: i64 = 5_000;

fn item(entry: &Entry<'_>) -> Option<LayoutItem> {
    entry.keys(&[
        "code",
        "zh",
        "en",
        "type",
        "list",
        "of",
        "length",
        "need",
        "role",
        "aliases",
        "prose",
        "personal",
        "extra",
        "plausible_max",
    ]);
    let (code, chinese, english) = (entry.text("code"), entry.text("zh"), entry.text("en"));
    let item_type = item_type(entry);
    let length_max = entry.number("length", 1..=LENGTH_MAX);
    let needs = entry.list_if_any::<Word<Need>>("need");
    let role = entry.parsed_if_any::<Word<Role>>("role");
    let aliases = entry.list_if_any::<String>("aliases");
    let plausible = entry.text_if_any("plausible_max").map(millionths);
    if let Some(Err(error)) = plausible {
        entry.mistake_at(
            "plausible_max",
            format!("`plausible_max` is an amount in 万元: {error}"),
        );
    }
    let is_prose = entry.flag_if_any("prose");
    if is_prose && item_type != Some(ItemType::Text) {
        entry.mistake_at("prose", "only a text can be prose");
    }
    Some(LayoutItem {
        code: code?.to_owned(),
        chinese: chinese?.to_owned(),
        english: english?.to_owned(),
        aliases,
        item_type: item_type?,
        length_max: usize::try_from(length_max?).expect("below 5,000"),
        needs: needs.into_iter().map(|Word(need)| need).collect(),
        role: role.map(|Word(role)| role),
        is_prose,
        is_personal: entry.flag_if_any("personal"),
        is_extra: entry.flag_if_any("extra"),
        place: 0,
        plausible_max: plausible.and_then(Result::ok),
    })
}

fn item_type(entry: &Entry<'_>) -> Option<ItemType> {
    let name = entry.text("type")?;
    let beside = match name {
        "choice" | "choices" => "list",
        "older" => "of",
        _ => "",
    };
    for key in ["list", "of"] {
        if key != beside && entry.has(key) {
            entry.mistake_at(key, format!("`{key}` does not belong to an item of type {name}"));
        }
    }
    Some(match name {
        "text" => ItemType::Text,
        "date" => ItemType::Date,
        "until" => ItemType::Until,
        "money" => ItemType::Money,
        "decimal" => ItemType::Decimal,
        "choice" => ItemType::Choice(entry.text("list")?.to_owned()),
        "choices" => ItemType::Choices(entry.text("list")?.to_owned()),
        "social_credit_code" => ItemType::SocialCreditCode,
        "social_credit_codes" => ItemType::SocialCreditCodes,
        "older" => {
            let Word(kind) = entry.parsed::<Word<IdentityKind>>("of")?;
            ItemType::Older(kind)
        }
        "document" => ItemType::Document,
        "division" => ItemType::Division,
        "ignored" => ItemType::Ignored,
        _ => {
            entry.mistake_at(
                "type",
                "`type` is one of text, date, until, money, decimal, choice, choices, social_credit_code, \
                 social_credit_codes, older, document, division, ignored",
            );
            return None;
        }
    })
}

/// The lists, each with its line.
fn lists(entry: &Entry<'_>) -> Option<Vec<(usize, ValueList)>> {
    entry.keys(&["list"]);
    let lists = entry.entries("list");
    lists
        .iter()
        .map(|entry| Some((entry.line(), list(entry)?)))
        .collect()
}

fn list(entry: &Entry<'_>) -> Option<ValueList> {
    entry.keys(&["code", "title_zh", "title_en", "trust", "source", "value"]);
    let (code, title_zh, title_en) = (entry.text("code"), entry.text("title_zh"), entry.text("title_en"));
    let (trust, source) = (entry.trust(), entry.text("source"));
    let values: Vec<_> = entry.entries("value").iter().map(value).collect();
    Some(ValueList::new(
        (code?.to_owned(), title_zh?.to_owned(), title_en?.to_owned()),
        trust?,
        source?.to_owned(),
        values.into_iter().collect::<Option<_>>()?,
    ))
}

fn value(entry: &Entry<'_>) -> Option<ListValue> {
    entry.keys(&["code", "zh", "en", "aliases", "words", "class", "end"]);
    let (code, chinese, english) = (entry.text("code"), entry.text("zh"), entry.text("en"));
    let aliases = entry.list_if_any::<String>("aliases");
    let class = entry.parsed_if_any::<Word<Class>>("class");
    let end = entry.parsed_if_any::<Word<End>>("end");
    Some(ListValue {
        code: code?.to_owned(),
        chinese: chinese?.to_owned(),
        english: english?.to_owned(),
        aliases,
        takes_words: entry.flag_if_any("words"),
        class: class.map(|Word(class)| class),
        end: end.map(|Word(end)| end),
    })
}

fn laws(entry: &Entry<'_>) -> Option<Laws> {
    entry.keys(&["law"]);
    let versions = entry.entries("law").iter().map(law).collect::<Option<_>>()?;
    Some(Laws { versions })
}

/// Articles of the longest law there is, with room.
const ARTICLES_MAX: i64 = 2_000;

fn law(entry: &Entry<'_>) -> Option<LawVersion> {
    entry.keys(&[
        "title",
        "short_titles",
        "from",
        "until",
        "articles",
        "trust",
        "source",
    ]);
    let (title, short_titles) = (entry.text("title"), entry.list_if_any::<String>("short_titles"));
    let period = entry.period();
    let articles = entry
        .has("articles")
        .then(|| entry.number("articles", 1..=ARTICLES_MAX))
        .flatten();
    let (trust, source): (Option<Trust>, _) = (entry.trust(), entry.text("source"));
    let (from, until) = period?;
    Some(LawVersion {
        title: title?.to_owned(),
        short_titles,
        from,
        until,
        articles: articles.and_then(|articles| u32::try_from(articles).ok()),
        trust: trust?,
        source: source?.to_owned(),
    })
}

/// Reads standing, trust, source and period of a rule.
pub(super) fn origin(entry: &Entry<'_>) -> Option<crate::domain::severity::Origin> {
    let (name, source) = (entry.text("name"), entry.text("source"));
    let (standing, trust): (Option<Standing>, Option<Trust>) = (entry.standing(), entry.trust());
    let (from, until) = entry.period()?;
    Some(crate::domain::severity::Origin {
        name: name?.to_owned(),
        standing: standing?,
        trust: trust?,
        source: source?.to_owned(),
        from,
        until,
    })
}

fn is_code(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() <= 32
        && text.bytes().all(known)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase())
}

impl FromStr for Word<BodyRule> {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(match text {
            "district" => BodyRule::District,
            "anyone" => BodyRule::Anyone,
            _ => return Err("it is one of district, anyone"),
        }))
    }
}
