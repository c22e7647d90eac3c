//! Explanations in plain words, fit for a reply to the subject: Chinese and English.
//!
//! Every figure comes from a step of the assessment, every fact from its evidence. Read first: [`words`].

use crate::domain::catalog::Standing;
use crate::domain::grade_fact::{Cause, SettledFact};
use crate::domain::grading::{Event, EventKind, Outcome, Points, Step, StepKind};
use crate::domain::layout::Layouts;
use crate::domain::rules::{Basis, RuleSet};
use crate::domain::subject::SubjectKind;

use super::read::AssessmentRead;

mod why;

/// One paragraph in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    pub zh: String,
    pub en: String,
}

fn both(zh: String, en: String) -> Paragraph {
    Paragraph { zh, en }
}

/// What is explained.
pub struct Subject<'a> {
    pub grade: &'a SettledFact,
    /// The lists of values in force, for the names of codes.
    pub lists: &'a Layouts,
    /// Chinese and English title of the sector.
    pub sector: (&'a str, &'a str),
    /// How the grade came about; `None` for an officer's decision.
    pub settled: Option<&'a AssessmentRead>,
    pub evidence_agrees: bool,
    /// What the rules say now; `None` if no rules are in force.
    pub current: Option<&'a AssessmentRead>,
}

/// Explains a grade.
#[must_use]
pub fn words(subject: &Subject<'_>) -> Vec<Paragraph> {
    let mut text = vec![headline(subject)];
    match subject.settled {
        None => text.push(decision(subject.grade)),
        Some(read) => {
            text.push(rules(&read.rules));
            let steps = &read.found.assessment.steps;
            text.extend(steps.iter().filter_map(|one| step(one, read, subject.lists)));
            text.extend(measures(&read.rules, &subject.grade.judgement.level));
        }
    }
    if !subject.evidence_agrees {
        text.push(both(
            "注意：按当时记录重新汇集的事实与确定等级时的事实摘要不一致，请由信用办核查。".to_owned(),
            "Note: the facts gathered again do not have the hash that was settled; the credit office has to look into it."
                .to_owned(),
        ));
    }
    text.extend(subject.current.and_then(|now| difference(subject.grade, now)));
    if let (Some(then), Some(now)) = (subject.settled, subject.current) {
        text.extend(why::differs(then, now, subject.lists));
    }
    text.push(remedy(subject.grade));
    text
}

fn outcome(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Graded => ("已评级", "graded"),
        Outcome::NotRated => ("不评定", "not rated"),
        Outcome::New => ("新设主体，暂不评定", "new, not rated yet"),
        Outcome::Missing => ("缺失", "missing"),
        Outcome::Refused => ("拒绝参评", "refused to take part"),
        Outcome::Failed => (
            "无法自动评定，须由人工决定",
            "could not be assessed; an officer decides",
        ),
    }
}

fn level(rules: Option<&RuleSet>, code: &str) -> (String, String) {
    let found = rules.and_then(|rules| rules.levels.iter().find(|level| level.code == code));
    match found {
        None => (code.to_owned(), code.to_owned()),
        Some(level) => (
            format!("{code}（{}）", level.title_zh),
            format!("{code} ({})", level.title_en),
        ),
    }
}

fn headline(subject: &Subject<'_>) -> Paragraph {
    let grade = subject.grade;
    let rules = subject.settled.map(|read| &read.rules);
    let judged = &grade.judgement;
    let (zh, en) = if judged.outcome == Outcome::Graded {
        level(rules, &judged.level)
    } else {
        let (zh, en) = outcome(judged.outcome);
        (zh.to_owned(), en.to_owned())
    };
    let score = judged.score.filter(|_| judged.outcome == Outcome::Graded);
    let (score_zh, score_en) = score.map_or_else(Default::default, |score| {
        (format!("，得分{score}"), format!(", score {score}"))
    });
    let (until_zh, until_en) = grade.until.map_or_else(Default::default, |until| {
        (format!("至{until}"), format!(" to {until}"))
    });
    let (sector_zh, sector_en) = subject.sector;
    let (first, last) = (grade.period.first, grade.period.last);
    both(
        format!(
            "在“{sector_zh}”领域，该主体自{}起{until_zh}的等级为{zh}{score_zh}，评价期为{first}至{last}。",
            grade.from
        ),
        format!(
            "In the sector “{sector_en}” the subject's grade from {}{until_en} is {en}{score_en}, for the period {first} to {last}.",
            grade.from
        ),
    )
}

fn decision(grade: &SettledFact) -> Paragraph {
    // An officer's words about a person may name him.
    let is_person = grade.who.kind == SubjectKind::Person;
    let reason = if is_person { "*" } else { &grade.reason };
    both(
        format!("该等级由工作人员决定。理由：{reason}。依据：{}。", grade.basis),
        format!(
            "An officer decided this grade. Reason: {reason}. Basis: {}.",
            grade.basis
        ),
    )
}

fn standing(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Law => ("法律法规规章", "law"),
        Standing::Adopted => ("本地正式通过", "adopted by a local document"),
        Standing::Model => ("参照外地公布规则", "after a published rule of another place"),
        Standing::Construction => (
            "本系统自拟，没有公布的来源",
            "a construction of this system without a published source",
        ),
    }
}

fn rules(rules: &RuleSet) -> Paragraph {
    let (zh, en) = standing(rules.standing);
    let also = |text: &Option<String>, before: &str| {
        text.as_deref()
            .filter(|text| !text.is_empty())
            .map_or_else(String::new, |text| format!("{before}{text}"))
    };
    both(
        format!(
            "适用规则：《{}》（{}，自{}起施行；{zh}{}{}）。",
            rules.title_zh,
            rules.code,
            rules.from,
            also(&rules.follows, "，参照"),
            also(&rules.adopted_by, "，通过文件："),
        ),
        format!(
            "Rules applied: {} ({}, in force from {}; {en}{}{}).",
            rules.title_en,
            rules.code,
            rules.from,
            also(&rules.follows, ", following "),
            also(&rules.adopted_by, ", adopted by "),
        ),
    )
}

/// Chinese and English title of the part of a rule set that a step comes from.
#[must_use]
pub fn titles(rules: &RuleSet, step: &Step) -> (String, String) {
    let named = |basis: &Basis| (basis.title_zh.clone(), basis.title_en.clone());
    let code = &step.code;
    let found = match step.kind {
        StepKind::Indicator => rules
            .indicators
            .iter()
            .find(|one| one.code == *code)
            .map(|one| named(&one.basis)),
        StepKind::Group => {
            let group = rules.groups.iter().find(|one| one.code == *code);
            group.map(|one| (one.title_zh.clone(), one.title_en.clone()))
        }
        StepKind::NotRated => rules
            .not_rated
            .iter()
            .find(|one| one.code == *code)
            .map(|one| named(&one.basis)),
        StepKind::Verdict => rules
            .verdicts
            .iter()
            .find(|one| one.code == *code)
            .map(|one| named(&one.basis)),
        StepKind::Lowered => rules
            .lowers
            .iter()
            .find(|one| one.code == *code)
            .map(|one| named(&one.basis)),
        StepKind::Bar => rules
            .bars
            .iter()
            .find(|one| one.code == *code)
            .map(|one| named(&one.basis)),
        StepKind::Base
        | StepKind::Score
        | StepKind::Band
        | StepKind::Upgrade
        | StepKind::Reset
        | StepKind::Failed => None,
    };
    found.unwrap_or_default()
}

fn named(titles: &(String, String), code: &str) -> (String, String) {
    let or_code = |title: &String| {
        if title.is_empty() {
            code.to_owned()
        } else {
            title.clone()
        }
    };
    (or_code(&titles.0), or_code(&titles.1))
}

fn points(points: Option<Points>) -> String {
    points.unwrap_or_default().to_string()
}

fn step(step: &Step, read: &AssessmentRead, lists: &Layouts) -> Option<Paragraph> {
    let (zh, en) = named(&titles(&read.rules, step), &step.code);
    let law = |before: &str, after: &str| {
        if step.law.is_empty() {
            String::new()
        } else {
            format!("{before}{}{after}", step.law)
        }
    };
    let (law_zh, law_en) = (law("，依据", ""), law(", by ", ""));
    let facts = facts(step, read, lists);
    let changed = step.level.as_ref().map(|(was, is)| {
        let (was, is) = (level(Some(&read.rules), was), level(Some(&read.rules), is));
        ((was.0, is.0), (was.1, is.1))
    });
    let from_to = |zh: &str, en: &str| {
        let ((was_zh, is_zh), (was_en, is_en)) = changed.clone()?;
        Some(both(
            format!("{zh}：等级由{was_zh}变为{is_zh}{law_zh}{}。", facts.zh),
            format!(
                "{en}: the level goes from {was_en} to {is_en}{law_en}{}.",
                facts.en
            ),
        ))
    };
    match step.kind {
        StepKind::Base => Some(both(
            format!("基础分{}分。", points(step.points)),
            format!("Base score: {} points.", points(step.points)),
        )),
        StepKind::Indicator => {
            let raw = step.raw.filter(|raw| step.points != Some(*raw));
            let (limit_zh, limit_en) = raw.map_or_else(Default::default, |raw| {
                (
                    format!("（原为{raw}分，按上下限计）"),
                    format!(" ({raw} before cap or floor)"),
                )
            });
            Some(both(
                format!("{zh}：{}分{limit_zh}{law_zh}{}。", points(step.points), facts.zh),
                format!(
                    "{en}: {} points{limit_en}{law_en}{}.",
                    points(step.points),
                    facts.en
                ),
            ))
        }
        StepKind::Group => Some(both(
            format!("{zh}合计：{}分计为{}分。", points(step.raw), points(step.points)),
            format!(
                "{en} in all: {} points count as {}.",
                points(step.raw),
                points(step.points)
            ),
        )),
        StepKind::Score => Some(both(
            format!("总分{}分。", points(step.points)),
            format!("Score in all: {} points.", points(step.points)),
        )),
        StepKind::NotRated => Some(both(
            format!("不评级的原因：{zh}{law_zh}{}。", facts.zh),
            format!("Why no level is given: {en}{law_en}{}.", facts.en),
        )),
        StepKind::Band => {
            let (_, is) = step.level.as_ref()?;
            let (zh, en) = level(Some(&read.rules), is);
            Some(both(
                format!("按分档对应等级{zh}。"),
                format!("By its band the level is {en}."),
            ))
        }
        StepKind::Verdict => from_to(&format!("直接判级（{zh}）"), &format!("Direct verdict ({en})")),
        StepKind::Lowered => from_to(&format!("降级（{zh}）"), &format!("Lowered ({en})")),
        StepKind::Bar => from_to(
            &format!("不得评为更高等级（{zh}）"),
            &format!("Barred from better levels ({en})"),
        ),
        StepKind::Upgrade => from_to("升级须满规定期限", "A better level has to wait for its term"),
        StepKind::Reset => Some(both(
            format!("此前的事项清零{}。", facts.zh),
            format!("What lies before is set to zero{}.", facts.en),
        )),
        StepKind::Failed => {
            let failure = step.failure.clone().unwrap_or_default();
            Some(both(
                format!("规则“{}”无法计算：{failure}。", step.code),
                format!("The rule “{}” could not be evaluated: {failure}.", step.code),
            ))
        }
    }
}

/// Most facts that one sentence names.
const SHOWN_MAX: usize = 5;

/// The facts of a step.
fn facts(step: &Step, read: &AssessmentRead, lists: &Layouts) -> Paragraph {
    let events = &read.found.evidence.events;
    let found = step.events.iter().filter_map(|place| events.get(*place));
    let found: Vec<&Event> = found.collect();
    if found.is_empty() {
        return both(String::new(), String::new());
    }
    let named = facts_named(&found, lists);
    both(format!("；事实：{}", named.zh), format!("; facts: {}", named.en))
}

/// Facts by day, kind and item: at most [`SHOWN_MAX`], and how many more there are.
fn facts_named(events: &[&Event], lists: &Layouts) -> Paragraph {
    let in_zh = |event: &&Event| format!("{}{}{}", event.decided, kind(event.kind).0, item(event, lists).0);
    let in_en = |event: &&Event| format!("{} {}{}", event.decided, kind(event.kind).1, item(event, lists).1);
    let shown = events.iter().take(SHOWN_MAX);
    let (zh, en): (Vec<String>, Vec<String>) = shown.map(|event| (in_zh(event), in_en(event))).unzip();
    let more = events.len().saturating_sub(SHOWN_MAX);
    let (more_zh, more_en) = if more == 0 {
        Default::default()
    } else {
        (format!("等{}项", events.len()), format!(" and {more} more"))
    };
    both(
        format!("{}{more_zh}", zh.join("、")),
        format!("{}{more_en}", en.join(", ")),
    )
}

/// What the event's item is called, in both languages; its code where no list has it.
fn item(event: &Event, lists: &Layouts) -> (String, String) {
    if event.item.is_empty() {
        return Default::default();
    }
    let list = match event.kind {
        EventKind::Penalty => Some("penalty_kind"),
        EventKind::Listing => Some("serious_list"),
        EventKind::AbnormalListing => Some("abnormal_reason"),
        EventKind::Evaluation => Some("evaluation_kind"),
        EventKind::Licence
        | EventKind::Commendation
        | EventKind::Inspection
        | EventKind::Ruling
        | EventKind::Commitment => None,
    };
    let value = list
        .and_then(|list| lists.list(list))
        .and_then(|list| list.value(&event.item));
    let (zh, en) = value.map_or((&event.item, &event.item), |value| {
        (&value.chinese, &value.english)
    });
    (format!("（{zh}）"), format!(" ({en})"))
}

fn kind(kind: EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::Penalty => ("行政处罚", "penalty"),
        EventKind::Licence => ("行政许可", "licence"),
        EventKind::Listing => ("列入严重失信主体名单", "serious listing"),
        EventKind::AbnormalListing => ("列入异常名录", "abnormal listing"),
        EventKind::Commendation => ("表彰奖励", "commendation"),
        EventKind::Evaluation => ("外部评价", "evaluation"),
        EventKind::Inspection => ("检查结果", "inspection"),
        EventKind::Ruling => ("复议或诉讼结果", "ruling"),
        EventKind::Commitment => ("信用承诺", "commitment"),
    }
}

fn measures(rules: &RuleSet, level: &str) -> Option<Paragraph> {
    let found: Vec<&Basis> = rules.measures_of(level).map(|measure| &measure.basis).collect();
    if found.is_empty() {
        return None;
    }
    let zh: Vec<&str> = found.iter().map(|basis| basis.title_zh.as_str()).collect();
    let en: Vec<&str> = found.iter().map(|basis| basis.title_en.as_str()).collect();
    Some(both(
        format!("该等级对应的措施：{}。", zh.join("；")),
        format!("What follows from this level: {}.", en.join("; ")),
    ))
}

fn difference(grade: &SettledFact, now: &AssessmentRead) -> Option<Paragraph> {
    let said = &now.found.assessment;
    let told = |outcome_now: Outcome, code: &str| {
        if outcome_now == Outcome::Graded {
            level(Some(&now.rules), code)
        } else {
            let (zh, en) = outcome(outcome_now);
            (zh.to_owned(), en.to_owned())
        }
    };
    let (zh, en) = told(said.outcome, &said.level);
    let same = said.outcome == grade.judgement.outcome && said.level == grade.judgement.level;
    let (mut zh, mut en) = if same {
        (
            format!("按{}的规则和已知事实，等级仍为{zh}", now.as_of),
            format!(
                "By the rules and the facts known on {} the level is still {en}",
                now.as_of
            ),
        )
    } else {
        (
            format!(
                "按{}的规则和已知事实，等级应为{zh}，与已确定的等级不同",
                now.as_of
            ),
            format!(
                "By the rules and the facts known on {} the level would be {en}, which is not the one settled",
                now.as_of
            ),
        )
    };
    if let Some(on) = now.may_change_on {
        zh.push_str(&format!("；如无新的记录，最早可能于{on}变化"));
        en.push_str(&format!(
            "; without a new record it may change on {on} at the earliest"
        ));
    }
    Some(both(zh + "。", en + "."))
}

fn remedy(grade: &SettledFact) -> Paragraph {
    let of_run = grade.cause == Cause::Run;
    let (zh, en) = if of_run {
        ("在公示的异议期内", "within the term stated with the results")
    } else {
        ("随时", "at any time")
    };
    both(
        format!("如对该等级有异议，可{zh}向信用办或评价部门提出。"),
        format!("Whoever disagrees may object {en}, to the credit office or the department that grades."),
    )
}
