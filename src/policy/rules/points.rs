//! Levels, groups, indicators, counts, inputs and streaks.

use super::super::reader::Entry;
use super::Context;
use super::entries::{BASIS, BOUNDS, basis, bounds, code, keys, limits, name, once, span};
use super::names::Names;
use crate::domain::grading::Points;
use crate::domain::rules::{
    Count, CountOf, CycleKind, Group, Indicator, Input, InputFrom, Level, Per, Pick, Polarity, Select,
    Streak, Tier, TierOf, Window, Worth,
};

/// The keys of [`select`].
const SELECT: [&str; 5] = ["where", "window", "scope", "repaired", "expired"];

pub fn levels(top: &Entry<'_>) -> Vec<Level> {
    let mut all: Vec<Level> = Vec::new();
    for row in top.tables("level") {
        row.keys(&["code", "title_zh", "title_en", "unranked"]);
        let (level, is_ranked) = (code(&row, "code"), !row.flag_if_any("unranked"));
        let (title_zh, title_en) = (row.text("title_zh"), row.text("title_en"));
        if let (Some(code), Some(title_zh), Some(title_en)) = (level, title_zh, title_en) {
            once(&row, "code", &all, &code, |level| &level.code);
            if code == "none" {
                row.mistake_at("code", "`none` is the word for no level at all");
            }
            all.push(Level {
                code,
                title_zh: title_zh.to_owned(),
                title_en: title_en.to_owned(),
                is_ranked,
            });
        }
    }
    let ranked = all.iter().filter(|level| level.is_ranked).count();
    if !(3..=6).contains(&ranked) && top.file().stands() {
        let text = format!("there are 3 to 6 levels in the order, not {ranked}");
        top.mistake_at("level", text);
    }
    all
}

pub fn groups(top: &Entry<'_>) -> Vec<Group> {
    let mut all: Vec<Group> = Vec::new();
    for row in top.tables("group") {
        keys(&row, &["code", "cap", "floor", "weight", "needs"], &[&BASIS]);
        let limits = limits(&row);
        let weight = row.if_any("weight", |row, key| row.number(key, 0..=1_000));
        let titles = basis(&row, false);
        if let (Some(code), Some(weight)) = (code(&row, "code"), weight) {
            once(&row, "code", &all, &code, |group| &group.code);
            all.push(Group {
                code,
                title_zh: titles.title_zh,
                title_en: titles.title_en,
                limits,
                weight: weight
                    .and_then(|weight| u16::try_from(weight).ok())
                    .unwrap_or(100),
                is_needed: row.flag_if_any("needs"),
            });
        }
    }
    all
}

/// One of the words of a list.
pub fn word<T: Copy>(row: &Entry<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    let text = row.text(key)?;
    let found = words
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, value)| *value);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        row.mistake_at(key, format!("`{key}` is one of {}", known.join(", ")));
    }
    found
}

/// One of the words of a list; the first, if the key is absent. `None` if the word is wrong.
fn word_or_first<T: Copy>(row: &Entry<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    if row.has(key) {
        word(row, key, words)
    } else {
        words.first().map(|(_, value)| *value)
    }
}

/// Which events an indicator, a count or a reset looks at; the window is `window` if the key is absent.
pub fn select(row: &Entry<'_>, names: &Names, window: Option<Window>) -> Option<Select> {
    let when = names.event(row, "where");
    let of_subject = word_or_first(row, "scope", &[("sector", false), ("subject", true)]);
    let repaired = word_or_first(row, "repaired", &[("not_counted", false), ("counted", true)]);
    let expired = word_or_first(row, "expired", &[("counted", true), ("not_counted", false)]);
    let window = match window {
        Some(window) if !row.has("window") => Some(window),
        Some(_) | None => self::window(row),
    };
    Some(Select {
        when: when?,
        window: window?,
        of_subject: of_subject?,
        counts_repaired: repaired?,
        counts_expired: expired?,
    })
}

fn window(row: &Entry<'_>) -> Option<Window> {
    match row.text("window")? {
        "period" => Some(Window::Period),
        "all" => Some(Window::All),
        "valid" => Some(Window::Valid),
        _ => span(row, "window").map(Window::Rolling),
    }
}

pub fn indicators(top: &Entry<'_>, names: &Names, polarity: Option<Polarity>) -> Vec<Indicator> {
    let mut all: Vec<Indicator> = Vec::new();
    let rows = top.tables("indicator");
    if let (Some(row), Some(Polarity::NoScore)) = (rows.first(), polarity) {
        row.mistake_at(
            "code",
            "`polarity` is none: there is no score, so there are no indicators",
        );
    }
    for row in rows {
        if let Some(indicator) = indicator(&row, names) {
            once(&row, "code", &all, &indicator.code, |one| &one.code);
            all.push(indicator);
        }
    }
    all
}

fn indicator(row: &Entry<'_>, names: &Names) -> Option<Indicator> {
    let own = [
        "code",
        "group",
        "per",
        "points",
        "points_of",
        "times",
        "points_by_item",
        "tier",
        "pick",
        "cap",
        "floor",
    ];
    keys(row, &own, &[&SELECT, &BASIS]);
    let (code, group, select) = (code(row, "code"), row.text("group"), select(row, names, None));
    let group = group.and_then(|code| names.group(row, "group", code));
    let per = [
        ("event", Per::Event),
        ("case", Per::Case),
        ("quantity", Per::Quantity),
        ("once", Per::Once),
    ];
    let per = word_or_first(row, "per", &per);
    let pick = word_or_first(row, "pick", &[("heaviest", Pick::Heaviest), ("sum", Pick::Sum)]);
    if row.has("pick") && per.is_some_and(|per| per != Per::Case) {
        row.mistake_at("pick", "`pick` is for `per = \"case\"`");
    }
    let (limits, basis, worth) = (limits(row), basis(row, true), worth(row));
    Some(Indicator {
        code: code?,
        group: group?,
        select: select?,
        per: per?,
        worth: worth?,
        pick: pick?,
        limits,
        basis,
    })
}

fn worth(row: &Entry<'_>) -> Option<Worth> {
    let ways = ["points", "points_of", "points_by_item", "tier"];
    let stated: Vec<&str> = ways.into_iter().filter(|way| row.has(way)).collect();
    let [way] = stated.as_slice() else {
        let text = "exactly one of points, points_of, points_by_item and tier is stated";
        row.mistake_at(stated.get(1).copied().unwrap_or("code"), text);
        return None;
    };
    if row.has("times") && *way != "points_of" {
        row.mistake_at("times", "`times` is for `points_of`");
    }
    match *way {
        "points" => row.points("points").map(Worth::Each),
        "points_of" => {
            word(row, "points_of", &[("value", ())])?;
            let times = row.if_any("times", Entry::points)?;
            Some(Worth::OwnValue(times.unwrap_or(Points(Points::UNIT))))
        }
        "points_by_item" => {
            let items = row.table("points_by_item")?;
            let by_item = items
                .names()
                .map(|item| Some((item.to_owned(), items.points(item)?)));
            let by_item: Option<Vec<_>> = by_item.collect();
            if by_item.as_ref().is_some_and(Vec::is_empty) {
                row.mistake_at("points_by_item", "no item is listed");
            }
            by_item.map(Worth::ByItem)
        }
        _ => row
            .tables("tier")
            .iter()
            .map(tier)
            .collect::<Option<Vec<_>>>()
            .map(Worth::Tiers),
    }
}

fn tier(row: &Entry<'_>) -> Option<Tier> {
    keys(row, &["of", "points"], &[&BOUNDS]);
    let of = [
        ("amount", TierOf::Amount),
        ("quantity", TierOf::Quantity),
        ("value", TierOf::Value),
    ];
    let (of, points) = (word(row, "of", &of)?, row.points("points"));
    let bounds = bounds(row, |key| match of {
        TierOf::Amount | TierOf::Quantity => row.number(key, i64::MIN..=i64::MAX),
        TierOf::Value => row.points(key).map(|points| points.0),
    });
    Some(Tier {
        of,
        bounds,
        points: points?,
    })
}

pub fn counts(top: &Entry<'_>, names: &Names) -> Vec<Count> {
    let mut all: Vec<Count> = Vec::new();
    for row in top.tables("count") {
        keys(&row, &["name", "of"], &[&SELECT, &BASIS]);
        let of = [
            ("events", CountOf::Events),
            ("cases", CountOf::Cases),
            ("quantity", CountOf::Quantity),
            ("amount", CountOf::Amount),
        ];
        let (name, select, of) = (
            name(&row),
            select(&row, names, None),
            word_or_first(&row, "of", &of),
        );
        if let (Some(name), Some(select), Some(of)) = (name, select, of) {
            free(&row, names, &name);
            once(&row, "name", &all, &name, |count| &count.name);
            all.push(Count { name, select, of });
        }
    }
    all
}

fn free(row: &Entry<'_>, names: &Names, name: &str) {
    if names.is_taken(name) {
        row.mistake_at("name", format!("`{name}` is a variable of the language already"));
    }
}

pub fn inputs(top: &Entry<'_>, names: &Names, context: &Context<'_>) -> Vec<Input> {
    let mut all: Vec<Input> = Vec::new();
    for row in top.tables("input") {
        keys(&row, &["name", "evaluation", "sector"], &[&BASIS]);
        if row.has("evaluation") == row.has("sector") {
            row.mistake_at("name", "an input names either an evaluation or a sector");
            continue;
        }
        let from = if row.has("sector") {
            row.parsed("sector").map(|sector| {
                if !context.knows(sector) {
                    row.mistake_at("sector", format!("there is no sector {sector}"));
                }
                InputFrom::Sector(sector)
            })
        } else {
            row.text("evaluation")
                .map(|kind| InputFrom::Evaluation(kind.to_owned()))
        };
        if let (Some(name), Some(from)) = (name(&row), from) {
            free(&row, names, &name);
            once(&row, "name", &all, &name, |input| &input.name);
            all.push(Input { name, from });
        }
    }
    all
}

pub fn streaks(top: &Entry<'_>, names: &Names, cycle: Option<CycleKind>) -> Vec<Streak> {
    let mut all: Vec<Streak> = Vec::new();
    for row in top.tables("streak") {
        keys(&row, &["name", "level"], &[&BASIS]);
        if cycle == Some(CycleKind::RealTime) {
            row.mistake_at("name", "a streak counts cycles, and in real time there are none");
        }
        if let (Some(name), Some(level)) = (name(&row), names.ranked_level(&row, "level")) {
            free(&row, names, &name);
            once(&row, "name", &all, &name, |streak| &streak.name);
            all.push(Streak { name, level });
        }
    }
    all
}
