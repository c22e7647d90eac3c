//! Why the rules say something else than what was settled: other rules, or other facts.

use super::{Paragraph, both, facts_named};
use crate::domain::grading::Event;
use crate::domain::layout::Layouts;
use crate::grading::read::AssessmentRead;

/// Says what came, went or changed between two assessments; nothing if both say the same.
pub(super) fn differs(then: &AssessmentRead, now: &AssessmentRead, lists: &Layouts) -> Option<Paragraph> {
    let (was, is) = (&then.found.assessment, &now.found.assessment);
    if (was.outcome, &was.level) == (is.outcome, &is.level) {
        return None;
    }
    let mut reasons: Vec<Paragraph> = Vec::new();
    if then.rules.sha256 != now.rules.sha256 {
        let (was, is) = (&then.rules.code, &now.rules.code);
        reasons.push(both(
            format!("规则已变更（{was} → {is}）"),
            format!("the rules were changed ({was} → {is})"),
        ));
    }
    let (old, new) = (&then.found.evidence.events, &now.found.evidence.events);
    let is_same = |one: &Event, other: &Event| (&one.record, &one.item) == (&other.record, &other.item);
    let lacks = |all: &[Event], one: &Event| !all.iter().any(|other| is_same(one, other));
    let came: Vec<&Event> = new.iter().filter(|one| lacks(old, one)).collect();
    let gone: Vec<&Event> = old.iter().filter(|one| lacks(new, one)).collect();
    let changed = |one: &&Event| {
        let before = old.iter().find(|other| is_same(one, other));
        before.is_some_and(|before| *before != **one)
    };
    let changed: Vec<&Event> = new.iter().filter(changed).collect();
    for (events, zh, en) in [
        (came, "此后记录", "recorded since"),
        (gone, "此后不再计入", "no longer counted"),
        (changed, "此后更正", "corrected since"),
    ] {
        if !events.is_empty() {
            let named = facts_named(&events, lists);
            reasons.push(both(format!("{zh}：{}", named.zh), format!("{en}: {}", named.en)));
        }
    }
    if reasons.is_empty() {
        reasons.push(both(
            "日期变化、期限届满".to_owned(),
            "the day is another, and terms have run out".to_owned(),
        ));
    }
    let zh: Vec<String> = reasons.iter().map(|one| one.zh.clone()).collect();
    let en: Vec<String> = reasons.iter().map(|one| one.en.clone()).collect();
    Some(both(
        format!("差异原因：{}。", zh.join("；")),
        format!("Why they differ: {}.", en.join("; ")),
    ))
}
