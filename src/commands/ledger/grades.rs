//! Lines of facts of grading.

use serde_json::{Map, Value, json};

use super::constant;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::grade_fact::{Due, GradeFact, Judgement, RulesRef, RunFact, SettledFact};
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectKind;
use crate::domain::subject_fact::Who;

pub(super) fn line(fact: &GradeFact) -> Value {
    match fact {
        GradeFact::Settled(fact) => settled(fact),
        GradeFact::Reviewed(fact) => {
            json!({ "pairs": fact.pairs.iter().map(due).collect::<Vec<_>>() })
        }
        GradeFact::RunOpened(fact) => run(fact),
        GradeFact::CorrectionRaised(fact) => {
            let mut line = pair(fact.who, fact.sector);
            judged(&mut line, &fact.judgement);
            line.insert("grade".into(), json!(fact.grade.0));
            line.insert("known".into(), json!(fact.known.0));
            line.insert("by".into(), json!(fact.by.0));
            Value::Object(line)
        }
        GradeFact::CorrectionClosed(fact) => {
            let mut line = pair(fact.who, fact.sector);
            line.insert("correction".into(), json!(fact.correction.0));
            line.insert("closed".into(), json!(constant(&format!("{:?}", fact.closed))));
            line.insert("reason".into(), json!(masked(fact.who, &fact.reason)));
            Value::Object(line)
        }
        GradeFact::ObjectionFiled(fact) => {
            let mut line = pair(fact.who, fact.sector);
            line.insert("grade".into(), json!(fact.grade.0));
            line.insert("text".into(), json!(masked(fact.who, &fact.text)));
            line.insert("filed_on".into(), json!(fact.filed_on.to_string()));
            line.insert("answer_by".into(), day(fact.answer_by));
            Value::Object(line)
        }
        GradeFact::ObjectionAnswered(fact) => {
            let mut line = pair(fact.who, fact.sector);
            line.insert("objection".into(), json!(fact.objection.0));
            line.insert("upheld".into(), json!(fact.is_upheld));
            line.insert("text".into(), json!(masked(fact.who, &fact.text)));
            line.insert("answered_on".into(), json!(fact.answered_on.to_string()));
            Value::Object(line)
        }
    }
}

/// Words about a person may name him.
fn masked(who: Who, words: &str) -> &str {
    if who.kind == SubjectKind::Person {
        "*"
    } else {
        words
    }
}

fn day(day: Option<CivilDate>) -> Value {
    json!(day.map(|day| day.to_string()))
}

fn pair(who: Who, sector: SectorCode) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("subject".into(), json!(who.subject.0));
    line.insert("subject_kind".into(), json!(constant(&format!("{:?}", who.kind))));
    line.insert("sector".into(), json!(sector.as_str()));
    line
}

fn judged(line: &mut Map<String, Value>, judgement: &Judgement) {
    line.insert(
        "outcome".into(),
        json!(constant(&format!("{:?}", judgement.outcome))),
    );
    line.insert("level".into(), json!(judgement.level));
    line.insert(
        "score".into(),
        json!(judgement.score.map(|score| score.to_string())),
    );
}

fn rules(rules: &RulesRef) -> Value {
    json!({ "code": rules.code, "adopted": rules.adopted.0, "semantics": rules.semantics })
}

fn due(due: &Due) -> Value {
    let mut line = pair(due.who, due.sector);
    line.insert("due".into(), day(due.on));
    Value::Object(line)
}

fn settled(fact: &SettledFact) -> Value {
    let mut line = pair(fact.who, fact.sector);
    judged(&mut line, &fact.judgement);
    line.insert("period_first".into(), json!(fact.period.first.to_string()));
    line.insert("period_last".into(), json!(fact.period.last.to_string()));
    line.insert("assessed_on".into(), json!(fact.assessed_on.to_string()));
    line.insert("from".into(), json!(fact.from.to_string()));
    line.insert("until".into(), day(fact.until));
    line.insert("rules".into(), json!(fact.rules.as_ref().map(rules)));
    line.insert("known".into(), json!(fact.known.0));
    line.insert(
        "evidence".into(),
        json!(data_encoding::HEXLOWER.encode(&fact.evidence)),
    );
    line.insert("cause".into(), json!(constant(&format!("{:?}", fact.cause))));
    line.insert("by".into(), json!(fact.by.0));
    line.insert(
        "earlier".into(),
        json!(fact.earlier.map(|Revision(number)| number)),
    );
    line.insert("due".into(), day(fact.due));
    line.insert("reason".into(), json!(masked(fact.who, &fact.reason)));
    line.insert("basis".into(), json!(fact.basis));
    Value::Object(line)
}

fn run(fact: &RunFact) -> Value {
    json!({
        "sector": fact.sector.as_str(),
        "rules": rules(&fact.rules),
        "period_first": fact.period.first.to_string(),
        "period_last": fact.period.last.to_string(),
        "result_on": fact.result_on.to_string(),
        "displayed_until": day(fact.displayed_until),
        "objections_until": day(fact.objections_until),
        "effect_on": fact.effect_on.to_string(),
        "cohort": fact.cohort,
        "reason": fact.reason,
    })
}
