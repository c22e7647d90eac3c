//! Lines of facts about notice pairs.

use serde_json::{Map, Value, json};

use super::constant;
use crate::domain::notice::{Clock, ClockSet};
use crate::domain::notice_fact::{DueDay, NoticeFact, Of};
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectKind;
use crate::domain::subject_fact::Who;

pub(super) fn line(fact: &NoticeFact) -> Value {
    match fact {
        NoticeFact::Issued(fact) => {
            let mut line = who(fact.who);
            let reference = &fact.content.reference;
            line.insert("notice".into(), json!(fact.name.to_string()));
            line.insert("pair".into(), json!(fact.pair.map(|pair| pair.0)));
            line.insert("body".into(), json!(fact.body.to_string()));
            line.insert("department".into(), json!(fact.department.to_string()));
            line.insert("number".into(), json!(fact.content.head.number));
            line.insert("decision".into(), json!(masked(fact.who, &reference.number)));
            line.insert("decided_on".into(), json!(reference.decided_on.to_string()));
            line.insert("hash".into(), json!(hex(&fact.content.hash())));
            line.insert("clocks".into(), clocks(&fact.clocks));
            line.insert("record".into(), revision(fact.record));
            line.insert("replaces".into(), revision(fact.replaces));
            line.insert("on".into(), json!(fact.on.to_string()));
            Value::Object(line)
        }
        NoticeFact::Owed(fact) => {
            let mut line = who(fact.who);
            line.insert("notice".into(), json!(fact.name.to_string()));
            line.insert("body".into(), json!(fact.body.to_string()));
            line.insert("department".into(), json!(fact.department.to_string()));
            line.insert("decision".into(), json!(masked(fact.who, &fact.decision_number)));
            line.insert("decided_on".into(), json!(fact.decided_on.to_string()));
            line.insert("record".into(), json!(fact.record.0));
            line.insert("clocks".into(), clocks(&fact.clocks));
            line.insert("on".into(), json!(fact.on.to_string()));
            Value::Object(line)
        }
        NoticeFact::Matched(fact) => with(
            fact.of,
            json!({"record": fact.record.0, "on": fact.on.to_string()}),
        ),
        // Who signed, served or saw it are persons: the line says what was proved.
        NoticeFact::Received(fact) => with(
            fact.of,
            json!({
                "of_decision": fact.of_decision,
                "of_notice": fact.of_notice,
                "mode": constant(&format!("{:?}", fact.delivery.mode)),
                "delivered_on": fact.served.map(|on| on.to_string()),
                "failure": fact.delivery.failure.map(|failure| constant(&format!("{failure:?}"))),
                "linked": revision(fact.linked),
                "late_event": fact.is_late_event,
                "on": fact.on.to_string(),
            }),
        ),
        NoticeFact::Judged(fact) => with(
            fact.of,
            json!({
                "verdict": constant(&format!("{:?}", fact.verdict)),
                "decision_on": fact.decision_on.to_string(),
                "notice_on": fact.notice_on.to_string(),
            }),
        ),
        NoticeFact::Suspended(fact) => with(
            fact.of,
            json!({
                "clock": clock(fact.clock),
                "on": fact.on.to_string(),
                "reason": masked(fact.of.who, &fact.reason),
            }),
        ),
        NoticeFact::Resumed(fact) => with(
            fact.of,
            json!({
                "clock": clock(fact.clock),
                "on": fact.on.to_string(),
                "working_days": fact.days,
                "due": due(fact.due),
                "reason": masked(fact.of.who, &fact.reason),
            }),
        ),
        NoticeFact::Moved(fact) => with(
            fact.of,
            json!({
                "clock": clock(fact.clock),
                "from": due(fact.from),
                "to": due(fact.to),
                "by": fact.by.0,
            }),
        ),
        NoticeFact::Overdue(fact) => with(
            fact.of,
            json!({"clock": clock(fact.clock), "due": fact.due.to_string()}),
        ),
        NoticeFact::Voided(fact) => with(
            fact.of,
            json!({
                "by": revision(fact.by),
                "on": fact.on.to_string(),
                "clocks": clocks(fact.clock.as_slice()),
                "reason": masked(fact.of.who, &fact.reason),
                "basis": masked(fact.of.who, &fact.basis),
            }),
        ),
        NoticeFact::Restored(fact) => with(
            fact.of,
            json!({
                "by": fact.by.0,
                "on": fact.on.to_string(),
                "clocks": clocks(&fact.clocks),
            }),
        ),
        NoticeFact::Questioned(fact) => with(
            fact.of,
            json!({
                "by": fact.by.0,
                "differs": fact.differs.iter().map(|one| constant(&format!("{one:?}"))).collect::<Vec<_>>(),
                "clocks": clocks(fact.clock.as_slice()),
                "on": fact.on.to_string(),
            }),
        ),
        NoticeFact::TakenDown(fact) => with(
            fact.of,
            json!({
                "on": fact.on.to_string(),
                "explanation": masked(fact.of.who, &fact.explanation),
            }),
        ),
        NoticeFact::OutOfScope(fact) => json!({
            "records": fact.records.iter().map(|one| json!({
                "record": one.record.0,
                "reason": constant(&format!("{:?}", one.reason)),
            })).collect::<Vec<_>>(),
        }),
    }
}

fn who(who: Who) -> Map<String, Value> {
    Map::from_iter([("subject".to_owned(), json!(who.subject.0))])
}

fn with(of: Of, body: Value) -> Value {
    let mut line = who(of.who);
    line.insert("pair".into(), json!(of.pair.0));
    if let Value::Object(body) = body {
        line.extend(body);
    }
    Value::Object(line)
}

/// Words about a person may name him.
fn masked(who: Who, words: &str) -> &str {
    if who.kind == SubjectKind::Person {
        "*"
    } else {
        words
    }
}

fn revision(revision: Option<Revision>) -> Value {
    json!(revision.map(|revision| revision.0))
}

fn clock(clock: Clock) -> Value {
    json!(constant(&format!("{clock:?}")))
}

fn due(due: DueDay) -> Value {
    match due {
        DueDay::On(day) => json!(day.to_string()),
        DueDay::NoCalendar(year) => json!({"no_calendar": year}),
    }
}

fn clocks(clocks: &[ClockSet]) -> Value {
    let clocks = clocks.iter().map(|one| {
        json!({
            "clock": clock(one.clock),
            "start": one.start.to_string(),
            "working_days": one.days,
            "due": due(one.due),
        })
    });
    json!(clocks.collect::<Vec<_>>())
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
