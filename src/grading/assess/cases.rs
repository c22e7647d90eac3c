//! Runs the examples of a rule set.

use super::assess;
use crate::domain::grading::{Assessment, Outcome, StepKind};
use crate::domain::rules::{Case, RuleSet};

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub found: Assessment,
    /// Each difference: what it is about, what was expected, what was found.
    pub differences: Vec<(&'static str, String, String)>,
}

/// Runs a case, and compares what comes out with what it expects.
#[must_use]
pub fn run(rules: &RuleSet, case: &Case) -> Ran {
    let found = assess(rules, &case.evidence, case.period, case.day);
    let differences = differences(case, &found);
    Ran { found, differences }
}

fn differences(case: &Case, found: &Assessment) -> Vec<(&'static str, String, String)> {
    let expect = &case.expect;
    let mut all = Vec::new();
    let mut compare = |about, expected: String, found: String| {
        if expected != found {
            all.push((about, expected, found));
        }
    };
    let result = |outcome: Outcome, level: &str| match outcome {
        Outcome::Graded => level.to_owned(),
        Outcome::NotRated | Outcome::New | Outcome::Missing | Outcome::Refused | Outcome::Failed => {
            outcome.word().to_owned()
        }
    };
    compare(
        "level",
        result(expect.outcome, &expect.level),
        result(found.outcome, &found.level),
    );
    if let Some(score) = expect.score {
        let found = found
            .score
            .map_or_else(|| "none".to_owned(), |score| score.to_string());
        compare("score", score.to_string(), found);
    }
    let codes = |kind: StepKind| {
        let steps = found.steps.iter().filter(move |step| step.kind == kind);
        steps.map(|step| step.code.clone()).collect::<Vec<String>>()
    };
    if let Some(by) = &expect.by {
        let by_what = match found.outcome {
            Outcome::Graded => StepKind::Band,
            Outcome::NotRated | Outcome::New | Outcome::Missing | Outcome::Refused => StepKind::NotRated,
            Outcome::Failed => StepKind::Failed,
        };
        compare("by", by.clone(), codes(by_what).join(", "));
    }
    if let Some(verdicts) = &expect.verdicts {
        compare(
            "verdicts",
            sorted(verdicts.clone()),
            sorted(codes(StepKind::Verdict)),
        );
    }
    for code in &expect.findings {
        let is_there = found.steps.iter().any(|step| step.code == *code);
        let there: Vec<&str> = found.steps.iter().map(|step| step.code.as_str()).collect();
        if !is_there {
            compare("finding", code.clone(), there.join(", "));
        }
    }
    all
}

fn sorted(mut codes: Vec<String>) -> String {
    codes.sort_unstable();
    codes.join(", ")
}
