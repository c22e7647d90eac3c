//! What follows: not rated, bands, verdicts, lowering, bars, measures.

use super::super::reader::Entry;
use super::Context;
use super::entries::{BASIS, BOUNDS, basis, bounds, code, keys, once, span};
use super::names::Names;
use super::points::word;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::edition::NationalList;
use crate::domain::grading::Outcome;
use crate::domain::rules::condition::{Number, Truth, Word};
use crate::domain::rules::variables::{SubjectFlag, SubjectNumber, SubjectWord};
use crate::domain::rules::{
    Band, Bar, Inspection, Lower, Measure, MeasureKind, NotRated, Polarity, SubjectCondition, Verdict,
};

pub fn not_rated(top: &Entry<'_>, names: &Names) -> Vec<NotRated> {
    let mut all: Vec<NotRated> = Vec::new();
    let outcomes = [
        ("not_rated", Outcome::NotRated),
        ("new", Outcome::New),
        ("missing", Outcome::Missing),
        ("refused", Outcome::Refused),
    ];
    for row in top.tables("not_rated") {
        keys(&row, &["code", "when", "outcome"], &[&BASIS]);
        let (code, when) = (code(&row, "code"), names.subject(&row, "when", false));
        let (outcome, basis) = (word(&row, "outcome", &outcomes), basis(&row, true));
        if let (Some(code), Some(when), Some(outcome)) = (code, when, outcome) {
            once(&row, "code", &all, &code, |one| &one.code);
            all.push(NotRated {
                code,
                when,
                outcome,
                basis,
            });
        }
    }
    all
}

pub fn bands(top: &Entry<'_>, names: &Names, polarity: Option<Polarity>) -> Vec<Band> {
    if !top.has("band") {
        top.mistake_at("band", "the file holds no `[[band]]`: nothing gives a level");
    }
    let bands = top.tables("band");
    bands
        .iter()
        .filter_map(|row| band(row, names, polarity))
        .collect()
}

fn band(row: &Entry<'_>, names: &Names, polarity: Option<Polarity>) -> Option<Band> {
    let own = [
        "level",
        "of",
        "when",
        "rank_top_percent",
        "rank_above_percent",
        "by_rank",
    ];
    keys(row, &own, &[&BOUNDS, &BASIS]);
    let (level, basis) = (names.level(row, "level"), basis(row, false));
    let bounds = bounds(row, |key| row.points(key).map(|points| points.0));
    if polarity == Some(Polarity::NoScore) && (bounds != Default::default() || row.has("of")) {
        row.mistake_at("level", "`polarity` is none: there is no score to compare");
    }
    let with_score = polarity != Some(Polarity::NoScore);
    let when = row.if_any("when", |row, key| names.subject(row, key, with_score));
    let percent = |key: &str| {
        let number = row.has(key).then(|| row.number(key, 1..=100)).flatten();
        number.and_then(|number| u8::try_from(number).ok())
    };
    let (top_percent, above_percent) = (percent("rank_top_percent"), percent("rank_above_percent"));
    if row.has("by_rank") && top_percent.is_none() && above_percent.is_none() {
        row.mistake_at("by_rank", "`by_rank` is for bands with a rank");
    }
    let of: Option<Vec<String>> = row.has("of").then(|| row.list_if_any("of"));
    let of = of.map(|of| {
        let groups = of.iter().map(|code| names.group(row, "of", code));
        groups.collect::<Option<Vec<usize>>>()
    });
    let by_rank = row.text_if_any("by_rank").map(str::to_owned);
    Some(Band {
        level: level?,
        bounds,
        of: match of {
            Some(groups) => Some(groups?),
            None => None,
        },
        when: when?,
        rank_top_percent: top_percent,
        rank_above_percent: above_percent,
        by_rank,
        basis,
        place: row.place(),
    })
}

/// Notes that a condition asked on past days names what is known of the day of the assessment alone.
fn asked_on_past_days(row: &Entry<'_>, when: &SubjectCondition) {
    let numbers = when.program.numbers.iter().any(|(node, _)| {
        matches!(
            node,
            Number::Variable(SubjectNumber::Score | SubjectNumber::Streak(_))
        )
    });
    let words = when
        .program
        .words
        .iter()
        .any(|node| matches!(node, Word::Variable(SubjectWord::Previous)));
    let flags = when
        .program
        .truths
        .iter()
        .any(|node| matches!(node, Truth::Flag(SubjectFlag::IsFirst)));
    if numbers || words || flags {
        let text = "with `holds_for` the condition is asked on past days too, \
                    where score, previous, is_first and streaks are not known";
        row.mistake_at("when", text);
    }
}

pub fn verdicts(top: &Entry<'_>, names: &Names, with_score: bool) -> Vec<Verdict> {
    let mut all: Vec<Verdict> = Vec::new();
    for row in top.tables("verdict") {
        keys(&row, &["code", "when", "level", "holds_for"], &[&BASIS]);
        let (code, when) = (code(&row, "code"), names.subject(&row, "when", with_score));
        let (level, basis) = (names.ranked_level(&row, "level"), basis(&row, true));
        let holds_for = row.if_any("holds_for", span);
        if let (Some(code), Some(when), Some(level), Some(holds_for)) = (code, when, level, holds_for) {
            once(&row, "code", &all, &code, |one| &one.code);
            if holds_for.is_some() {
                asked_on_past_days(&row, &when);
            }
            all.push(Verdict {
                code,
                when,
                level,
                holds_for,
                basis,
            });
        }
    }
    all
}

pub fn lowers(top: &Entry<'_>, names: &Names, with_score: bool) -> Vec<Lower> {
    let mut all: Vec<Lower> = Vec::new();
    for row in top.tables("lower") {
        keys(&row, &["code", "when", "by"], &[&BASIS]);
        let (code, when) = (code(&row, "code"), names.subject(&row, "when", with_score));
        let (by, basis) = (row.number("by", 1..=5), basis(&row, false));
        if let (Some(code), Some(when), Some(by)) = (code, when, by) {
            once(&row, "code", &all, &code, |one| &one.code);
            let by = u8::try_from(by).unwrap_or(1);
            all.push(Lower {
                code,
                when,
                by,
                basis,
            });
        }
    }
    all
}

pub fn bars(top: &Entry<'_>, names: &Names, with_score: bool) -> Vec<Bar> {
    let mut all: Vec<Bar> = Vec::new();
    for row in top.tables("bar") {
        keys(&row, &["code", "when", "not_better_than"], &[&BASIS]);
        let (code, when) = (code(&row, "code"), names.subject(&row, "when", with_score));
        let (level, basis) = (names.ranked_level(&row, "not_better_than"), basis(&row, false));
        if let (Some(code), Some(when), Some(not_better_than)) = (code, when, level) {
            once(&row, "code", &all, &code, |one| &one.code);
            all.push(Bar {
                code,
                when,
                not_better_than,
                basis,
            });
        }
    }
    all
}

/// The days in which a rule set is in force.
pub type InForce = (CivilDate, Option<CivilDate>);

pub fn measures(
    top: &Entry<'_>,
    names: &Names,
    context: &Context<'_>,
    in_force: Option<InForce>,
) -> Vec<Measure> {
    let mut all = Vec::new();
    for row in top.tables("measure") {
        let own = [
            "level",
            "kind",
            "ratio_percent",
            "per_year",
            "cause_only",
            "list_entry",
            "basis",
        ];
        keys(&row, &own, &[&BASIS]);
        let (level, basis) = (names.level(&row, "level"), basis(&row, true));
        if let (Some(level), Some(kind)) = (level, measure(&row, context, in_force)) {
            all.push(Measure { level, kind, basis });
        }
    }
    all
}

/// What kind of measure an entry names.
#[derive(Clone, Copy, PartialEq)]
enum MeasureWord {
    Inspection,
    Service,
    Restraint,
}

fn measure(row: &Entry<'_>, context: &Context<'_>, in_force: Option<InForce>) -> Option<MeasureKind> {
    let kinds = [
        ("inspection", MeasureWord::Inspection),
        ("service", MeasureWord::Service),
        ("restraint", MeasureWord::Restraint),
    ];
    let kind = word(row, "kind", &kinds)?;
    let (of_inspection, of_restraint) = (
        ["ratio_percent", "per_year", "cause_only"],
        ["list_entry", "basis"],
    );
    let foreign: &[&str] = match kind {
        MeasureWord::Inspection => &of_restraint,
        MeasureWord::Service => &["ratio_percent", "per_year", "cause_only", "list_entry", "basis"],
        MeasureWord::Restraint => &of_inspection,
    };
    for key in foreign.iter().filter(|key| row.has(key)) {
        row.mistake_at(key, format!("`{key}` does not belong to this kind of measure"));
    }
    match kind {
        MeasureWord::Service => Some(MeasureKind::Service),
        MeasureWord::Inspection => inspection(row).map(MeasureKind::Inspection),
        MeasureWord::Restraint => restraint(row, context, in_force),
    }
}

fn inspection(row: &Entry<'_>) -> Option<Inspection> {
    let stated = ["ratio_percent", "per_year", "cause_only"]
        .into_iter()
        .filter(|key| row.has(key));
    match stated.collect::<Vec<_>>().as_slice() {
        ["ratio_percent"] => {
            let ratio = row.number("ratio_percent", 0..=100)?;
            Some(Inspection::RatioPercent(u8::try_from(ratio).ok()?))
        }
        ["per_year"] => {
            let (low, high) = row.range("per_year", 0..=366)?;
            Some(Inspection::PerYear(
                u16::try_from(low).ok()?,
                u16::try_from(high).ok()?,
            ))
        }
        ["cause_only"] => {
            if row.flag("cause_only") == Some(false) {
                row.mistake_at("cause_only", "`cause_only` is true, or left out");
            }
            Some(Inspection::CauseOnly)
        }
        _ => {
            row.mistake_at(
                "kind",
                "an inspection states one of ratio_percent, per_year and cause_only",
            );
            None
        }
    }
}

/// A restraint stands only on an entry of the list of measures in force, and on a basis in law.
fn restraint(row: &Entry<'_>, context: &Context<'_>, in_force: Option<InForce>) -> Option<MeasureKind> {
    let (entry, basis) = (row.parsed::<SectorCode>("list_entry"), row.text("basis"));
    let ((from, until), list_entry) = (in_force?, entry?);
    let known = context.beside.map(|(_, editions)| editions.all());
    let mut editions = known.into_iter().flatten().filter(|one| {
        one.list == NationalList::PunishmentMeasures
            && one.until.is_none_or(|last| from <= last)
            && until.is_none_or(|last| one.from <= last)
    });
    let mut is_bound = known.is_none();
    let lacking = editions.find(|one| {
        is_bound = true;
        !one.entries.iter().any(|entry| entry.code == list_entry)
    });
    if let Some(edition) = lacking {
        let text = format!(
            "{list_entry} is no entry of {}, in force from {}: a restraint needs a basis in the list",
            edition.id(),
            edition.from
        );
        row.mistake_at("list_entry", text);
    } else if !is_bound {
        row.mistake_at("list_entry", "no list of measures is in force in these days");
    }
    Some(MeasureKind::Restraint {
        list_entry,
        basis: basis?.to_owned(),
    })
}
