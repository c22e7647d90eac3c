//! One file, from its first line to its rule set.

use super::super::reader::{Entry, File};
use super::entries::{BASIS, code, keys, span};
use super::names::Names;
use super::points::{counts, groups, indicators, inputs, levels, select, streaks, word};
use super::{Context, cases, coverage, outcomes, sense};
use crate::domain::catalog::{SectorCode, Standing};
use crate::domain::grading::Points;
use crate::domain::rules::{Cycle, CycleKind, Polarity, ResultDay, RuleSet, Select, Span, Stands, Window};
use crate::domain::trust::Trust;

const KEYS: &[&str] = &[
    "sector",
    "code",
    "title_zh",
    "title_en",
    "standing",
    "follows",
    "adopted_by",
    "source",
    "trust",
    "from",
    "until",
    "polarity",
    "base",
    "cycle",
    "level",
    "group",
    "indicator",
    "count",
    "input",
    "streak",
    "not_rated",
    "band",
    "verdict",
    "bar",
    "lower",
    "upgrade",
    "reset",
    "measure",
    "case",
];

/// Reads a file; what is wrong is noted there, and nothing is returned that lacks a part.
pub fn rule_set(file: &File<'_>, context: &Context<'_>, name: &str) -> Option<RuleSet> {
    let document = file.document();
    let top = file.entry(&document);
    top.keys(KEYS);
    let (sector, id) = (sector(&top, context, name), code(&top, "code"));
    let (title_zh, title_en) = (top.text("title_zh"), top.text("title_en"));
    let (standing, trust, source) = (top.standing(), top.trust(), top.text("source"));
    let (follows, adopted_by) = (top.text_if_any("follows"), top.text_if_any("adopted_by"));
    stands(&top, standing, trust);
    let in_force = top.period();
    let polarity = [
        ("credit", Polarity::Credit),
        ("risk", Polarity::Risk),
        ("none", Polarity::NoScore),
    ];
    let polarity = word(&top, "polarity", &polarity);
    let base = base(&top, polarity);
    let cycle = top.table("cycle").and_then(|row| cycle(&row));
    let kind = cycle.map(|cycle| cycle.kind);

    let mut names = Names::new(levels(&top), groups(&top));
    let indicators = indicators(&top, &names, polarity);
    let counts = counts(&top, &names);
    names.make_known(&counts, &[], &[]);
    let inputs = inputs(&top, &names, context);
    names.make_known(&[], &inputs, &[]);
    let streaks = streaks(&top, &names, kind);
    names.make_known(&[], &[], &streaks);
    let with_score = polarity != Some(Polarity::NoScore);
    let rules = RuleSet {
        not_rated: outcomes::not_rated(&top, &names),
        bands: outcomes::bands(&top, &names, polarity),
        verdicts: outcomes::verdicts(&top, &names, with_score),
        lowers: outcomes::lowers(&top, &names, with_score),
        bars: outcomes::bars(&top, &names, with_score),
        upgrade_only_after: upgrade(&top),
        reset: reset(&top, &names),
        measures: outcomes::measures(&top, &names, context, in_force),
        code: id?,
        sector: sector?,
        title_zh: title_zh?.to_owned(),
        title_en: title_en?.to_owned(),
        standing: standing?,
        follows: follows.map(str::to_owned),
        adopted_by: adopted_by.map(str::to_owned),
        source: source?.to_owned(),
        trust: trust?,
        from: in_force?.0,
        until: in_force?.1,
        polarity: polarity?,
        base: base?,
        cycle: cycle?,
        levels: names.levels,
        groups: names.groups,
        indicators,
        counts,
        inputs,
        streaks,
        cases: Vec::new(),
        file: name.to_owned(),
        sha256: [0; 32],
    };
    if file.stands() {
        coverage::check(&top, &rules);
        if context.beside.is_some() {
            sense::check(&top, &rules, context);
        }
    }
    let cases = cases::cases(&top, &rules);
    Some(RuleSet { cases, ..rules })
}

/// The sector, after which the file is called.
fn sector(top: &Entry<'_>, context: &Context<'_>, name: &str) -> Option<SectorCode> {
    let sector: SectorCode = top.parsed("sector")?;
    if !context.knows(sector) {
        top.mistake_at(
            "sector",
            format!("there is no sector {sector}; sectors stand in sectors.toml"),
        );
    }
    let stem = name
        .rsplit('/')
        .next()
        .and_then(|name| name.strip_suffix(".toml"));
    let rest = stem.and_then(|stem| stem.strip_prefix(sector.as_str()));
    if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
        let text =
            format!("the file of this sector is called {sector}.toml, or {sector}-… for a further one");
        top.mistake_at("sector", text);
    }
    Some(sector)
}

/// Checks what the standing demands.
fn stands(top: &Entry<'_>, standing: Option<Standing>, trust: Option<Trust>) {
    let is_exact = |text: &str| {
        let has_article = ["条", "项", "款", "章", "article", "item"]
            .iter()
            .any(|word| text.contains(word));
        has_article && ["号", "《", "No."].iter().any(|word| text.contains(word))
    };
    match standing {
        Some(Standing::Law | Standing::Adopted) => {
            top.text("adopted_by");
        }
        Some(Standing::Model) => {
            top.text("follows");
        }
        Some(Standing::Construction) if trust.is_some_and(|trust| trust != Trust::Constructed) => {
            top.mistake_at("trust", "a construction has trust C");
        }
        Some(Standing::Construction) | None => {}
    }
    if top.text_if_any("adopted_by").is_some_and(|text| !is_exact(text)) {
        top.mistake_at(
            "adopted_by",
            "name the document by number and article, such as 某发〔2023〕1号第七条",
        );
    }
}

fn base(top: &Entry<'_>, polarity: Option<Polarity>) -> Option<Points> {
    if polarity == Some(Polarity::NoScore) {
        if top.has("base") {
            top.mistake_at("base", "`polarity` is none: there is no score");
        }
        return Some(Points(0));
    }
    top.points("base")
}

fn cycle(row: &Entry<'_>) -> Option<Cycle> {
    row.keys(&[
        "kind",
        "result_month_day",
        "result_day",
        "valid",
        "display_working_days",
        "objection_working_days",
        "objection_trust",
    ]);
    let kinds = [
        CycleKind::RealTime,
        CycleKind::Month,
        CycleKind::Quarter,
        CycleKind::Year,
    ];
    let kind = word(row, "kind", &kinds.map(|kind| (kind.word(), kind)));
    let result = kind.and_then(|kind| result_day(row, kind));
    let stands = if row.text_if_any("valid").is_none_or(|valid| valid == "until_next") {
        Some(Stands::UntilNext)
    } else {
        span(row, "valid").map(Stands::For)
    };
    let days = |key: &str| {
        let days = row.if_any(key, |row, key| row.number(key, 0..=250))?;
        u16::try_from(days.unwrap_or(0)).ok()
    };
    let (display, objection) = (days("display_working_days"), days("objection_working_days"));
    let objection_trust = row.if_any("objection_trust", |row, key| {
        let trust = Trust::of_mark(row.text(key)?);
        if trust.is_none() {
            row.mistake_at(key, "`objection_trust` is one of S, K, C, D");
        }
        trust
    });
    Some(Cycle {
        kind: kind?,
        result: result?,
        stands: stands?,
        display_working_days: display?,
        objection_working_days: objection?,
        objection_trust: objection_trust?,
    })
}

fn result_day(row: &Entry<'_>, kind: CycleKind) -> Option<ResultDay> {
    let (wanted, other) = match kind {
        CycleKind::RealTime => (None, ["result_month_day", "result_day"].as_slice()),
        CycleKind::Month | CycleKind::Quarter => (Some("result_day"), ["result_month_day"].as_slice()),
        CycleKind::Year => (Some("result_month_day"), ["result_day"].as_slice()),
    };
    for key in other.iter().filter(|key| row.has(key)) {
        row.mistake_at(key, format!("`{key}` does not belong to this kind of cycle"));
    }
    match wanted {
        None => Some(ResultDay::AtOnce),
        Some("result_day") => {
            let day = row.number("result_day", 1..=31)?;
            Some(ResultDay::OfNextMonth(u8::try_from(day).ok()?))
        }
        Some(key) => {
            let text = row.text(key)?;
            // A leap year, so that 02-29 is a day.
            let day = format!("2024-{text}").parse::<crate::domain::civil_date::CivilDate>();
            match day {
                Ok(day) => Some(ResultDay::OfNextYear(day.month(), day.day())),
                Err(_) => {
                    row.mistake_at(key, format!("`{key}` is month and day, such as \"04-30\""));
                    None
                }
            }
        }
    }
}

fn upgrade(top: &Entry<'_>) -> Option<Span> {
    if !top.has("upgrade") {
        return None;
    }
    let row = top.table("upgrade")?;
    keys(&row, &["only_after"], &[&BASIS]);
    span(&row, "only_after")
}

fn reset(top: &Entry<'_>, names: &Names) -> Option<Select> {
    if !top.has("reset") {
        return None;
    }
    let row = top.table("reset")?;
    keys(&row, &["where", "scope"], &[&BASIS]);
    select(&row, names, Some(Window::All))
}
