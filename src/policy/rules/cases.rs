//! The examples of a rule set, each with the result that is expected.

use super::super::reader::Entry;
use super::points::word;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::grading::{Earlier, Event, EventKind, Evidence, Outcome, Period, Points, Procedure, Rank};
use crate::domain::record::{End, Severity};
use crate::domain::revision::Revision;
use crate::domain::rules::{Case, Expect, InputFrom, RuleSet};
use crate::domain::subject::SubjectKind;

const KEYS: &[&str] = &[
    "name",
    "day",
    "period",
    "member_since",
    "member_until",
    "subject_kind",
    "registered",
    "deregistered",
    "established",
    "inputs",
    "previous",
    "events",
    "rank",
    "expect",
];

pub fn cases(top: &Entry<'_>, rules: &RuleSet) -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    for row in top.tables("case") {
        row.keys(KEYS);
        if let Some(case) = case(&row, rules) {
            if all.iter().any(|other| other.name == case.name) {
                row.mistake_at("name", "two cases have this name");
            }
            all.push(case);
        }
    }
    all
}

fn case(row: &Entry<'_>, rules: &RuleSet) -> Option<Case> {
    let (name, day) = (row.text("name"), row.date("day"));
    let expect = row
        .table("expect")
        .and_then(|expect| self::expect(&expect, rules));
    let period = row.if_any("period", |row, key| {
        let table = row.table(key)?;
        table.keys(&["first", "last"]);
        let (first, last) = (table.date("first"), table.date("last"));
        Some(Period {
            first: first?,
            last: last?,
        })
    });
    let day = day?;
    let period = period?.unwrap_or_else(|| rules.cycle.kind.containing(day));
    let evidence = evidence(row, rules, day)?;
    Some(Case {
        name: name?.to_owned(),
        line: row.place().line,
        day,
        period,
        evidence,
        expect: expect?,
    })
}

fn evidence(row: &Entry<'_>, rules: &RuleSet, day: CivilDate) -> Option<Evidence> {
    let kinds = [
        ("organisation", SubjectKind::Organisation),
        ("individual_business", SubjectKind::IndividualBusiness),
        ("person", SubjectKind::Person),
    ];
    let kind = row.if_any("subject_kind", |row, key| word(row, key, &kinds));
    let date = |key: &str| row.if_any(key, Entry::date);
    let (established_on, deregistered_on) = (date("established"), date("deregistered"));
    let (member_from, member_until) = (date("member_since"), date("member_until"));
    let rank = row.if_any("rank", |row, key| {
        let table = row.table(key)?;
        table.keys(&["place", "of"]);
        let number = |key: &str| u32::try_from(table.number(key, 1..=10_000_000)?).ok();
        let (place, of) = (number("place"), number("of"));
        Some(Rank {
            place: place?,
            of: of?,
        })
    });
    let mut events: Vec<Event> = Vec::new();
    for (place, row) in row.tables("events").iter().enumerate() {
        events.extend(event(row, place));
    }
    let mut earlier = previous(row, rules);
    inputs(row, rules, day, &mut events, &mut earlier);
    events.sort_by_key(|event| (event.decided, event.revision));
    earlier.sort_by_key(|one| one.from);
    Some(Evidence {
        subject_kind: kind?.unwrap_or(SubjectKind::Organisation),
        is_registered: !row.has("registered") || row.flag("registered") == Some(true),
        established_on: established_on?,
        deregistered_on: deregistered_on?,
        member_from: member_from?,
        member_until: member_until?,
        events,
        earlier,
        rank: rank?,
    })
}

fn event(row: &Entry<'_>, place: usize) -> Option<Event> {
    row.keys(&[
        "kind",
        "item",
        "level",
        "matter",
        "severity",
        "procedure",
        "amount",
        "quantity",
        "value",
        "decided",
        "until",
        "repaired",
        "expired",
        "in_sector",
        "case",
    ]);
    let kinds: Vec<(&str, EventKind)> = EventKind::ALL.iter().map(|kind| (kind.word(), *kind)).collect();
    let severities = [
        ("none", None),
        ("minor", Some(Severity::Minor)),
        ("general", Some(Severity::General)),
        ("serious", Some(Severity::Serious)),
    ];
    let procedures = [
        ("simple", Procedure::Simple),
        ("general", Procedure::General),
        ("unknown", Procedure::Unknown),
    ];
    let (kind, decided) = (word(row, "kind", &kinds), row.date("decided"));
    let severity = row.if_any("severity", |row, key| word(row, key, &severities));
    let procedure = row.if_any("procedure", |row, key| word(row, key, &procedures));
    let number = |key: &str, from: i64| row.if_any(key, |row, key| row.number(key, from..=i64::MAX));
    let (amount, quantity) = (number("amount", 0), number("quantity", i64::MIN));
    let value = row.if_any("value", Entry::points);
    let until = match row.table_text("until") {
        Some("open") => Some(Validity::OpenEnded),
        _ if row.has("until") => row.date("until").map(Validity::Until),
        _ => Some(Validity::NotStated),
    };
    let ended = |key: &str, end: End| {
        row.has(key)
            .then(|| row.date(key))
            .flatten()
            .map(|since| (end, since))
    };
    let ended = ended("repaired", End::Repaired).or_else(|| ended("expired", End::Expired));
    let text = |key: &str| row.text_if_any(key).unwrap_or_default().to_owned();
    let number = u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1);
    let case = if row.has("case") {
        text("case")
    } else {
        format!("event {number}")
    };
    Some(Event {
        kind: kind?,
        // An inspection that found nothing has an empty item.
        item: row.table_text("item").map_or_else(|| text("item"), str::to_owned),
        level: text("level"),
        matter: text("matter"),
        severity: severity?.flatten(),
        procedure: procedure?.unwrap_or_default(),
        amount: amount?,
        quantity: quantity?.unwrap_or(1),
        value: value?,
        decided: decided?,
        until: until?,
        ended,
        in_sector: !row.has("in_sector") || row.flag("in_sector") == Some(true),
        case,
        revision: Revision(number),
        record: format!("records/event-{number}"),
    })
}

/// The grades that were settled before, by rising first day.
fn previous(row: &Entry<'_>, rules: &RuleSet) -> Vec<Earlier> {
    let mut all: Vec<Earlier> = Vec::new();
    for row in row.tables("previous") {
        row.keys(&["level", "outcome", "from", "until", "period_last"]);
        let outcomes: Vec<(&str, Outcome)> = Outcome::ALL.iter().map(|one| (one.word(), *one)).collect();
        let outcome = if row.has("outcome") {
            word(&row, "outcome", &outcomes)
        } else {
            Some(Outcome::Graded)
        };
        let level = if row.has("level") {
            row.text("level")
        } else {
            Some("")
        };
        if outcome == Some(Outcome::Graded) && level.is_none_or(str::is_empty) {
            row.mistake_at("level", "a grade has a level");
        }
        let (from, until) = (row.date("from"), row.if_any("until", Entry::date));
        let period_last = row.if_any("period_last", Entry::date);
        if let (Some(outcome), Some(level), Some(from), Some(until), Some(stated)) =
            (outcome, level, from, until, period_last)
        {
            all.push(Earlier {
                sector: rules.sector,
                period_last: stated.unwrap_or_else(|| settled_for(rules, from)),
                outcome,
                level: level.to_owned(),
                from,
                until,
            });
        }
    }
    all.sort_by_key(|one| one.from);
    for place in 1..all.len() {
        let next = all[place].from;
        let before = &mut all[place - 1];
        before.until = before.until.or_else(|| next.previous());
    }
    all
}

/// Last day of the cycle whose grade begins on a day: the one before, or in real time the day.
fn settled_for(rules: &RuleSet, from: CivilDate) -> CivilDate {
    use crate::domain::rules::CycleKind;
    match rules.cycle.kind {
        CycleKind::RealTime => from,
        CycleKind::Month | CycleKind::Quarter | CycleKind::Year => {
            let period = rules.cycle.kind.containing(from);
            rules.cycle.kind.before(period).map_or(from, |before| before.last)
        }
    }
}

/// Makes of each stated input what it is read from.
fn inputs(
    row: &Entry<'_>,
    rules: &RuleSet,
    day: CivilDate,
    events: &mut Vec<Event>,
    earlier: &mut Vec<Earlier>,
) {
    if !row.has("inputs") {
        return;
    }
    let Some(table) = row.table("inputs") else {
        return;
    };
    for name in table.names() {
        let Some(input) = rules.inputs.iter().find(|input| input.name == name) else {
            table.mistake_at(name, format!("there is no input `{name}`"));
            continue;
        };
        let Some(level) = table.text(name) else { continue };
        if level == "none" {
            continue;
        }
        match &input.from {
            InputFrom::Evaluation(kind) => events.push(Event {
                kind: EventKind::Evaluation,
                item: kind.clone(),
                level: level.to_owned(),
                matter: String::new(),
                severity: None,
                procedure: Procedure::Unknown,
                amount: None,
                quantity: 1,
                value: None,
                decided: day,
                until: Validity::NotStated,
                ended: None,
                in_sector: false,
                case: format!("input {name}"),
                revision: Revision(u64::MAX),
                record: format!("records/input-{name}"),
            }),
            InputFrom::Sector(sector) => earlier.push(Earlier {
                sector: *sector,
                period_last: day,
                outcome: Outcome::Graded,
                level: level.to_owned(),
                from: day,
                until: None,
            }),
        }
    }
}

fn expect(row: &Entry<'_>, rules: &RuleSet) -> Option<Expect> {
    row.keys(&["level", "outcome", "score", "by", "verdicts", "findings"]);
    let outcomes: Vec<(&str, Outcome)> = Outcome::ALL.iter().map(|one| (one.word(), *one)).collect();
    if row.has("level") == row.has("outcome") {
        row.mistake_at("level", "a case expects either a level or an outcome");
        return None;
    }
    let (outcome, level) = if row.has("level") {
        let level = row.text("level")?;
        if rules.level(level).is_none() {
            row.mistake_at("level", format!("there is no level `{level}`"));
        }
        (Outcome::Graded, level)
    } else {
        (word(row, "outcome", &outcomes)?, "")
    };
    let score: Option<Points> = row.if_any("score", Entry::exact_points)?;
    let list = |key: &str| row.has(key).then(|| row.list_if_any::<String>(key));
    Some(Expect {
        outcome,
        level: level.to_owned(),
        score,
        by: row.text_if_any("by").map(str::to_owned),
        verdicts: list("verdicts"),
        findings: list("findings").unwrap_or_default(),
    })
}
