//! What a rule set makes of evidence: pure, exact, the same for the same inputs.
//!
//! The order is that of `docs/rules-language.md`: events, not rated, indicators, groups, score, bands,
//! verdicts, lowering, bars, upgrade. Read first: [`assess`].

use crate::domain::civil_date::CivilDate;
use crate::domain::grading::{Assessment, Evidence, Outcome, Period, Points, Step, StepKind};
use crate::domain::rules::{Basis, Cause, Fault, Place, RuleSet};

pub mod cases;
mod change;
mod levels;
mod points;
mod view;

#[cfg(test)]
mod tests;

pub use change::next_change;

use levels::Levels;
use points::Scores;
use view::{SubjectFacts, View};

/// The result without its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brief {
    pub outcome: Outcome,
    /// Place in [`RuleSet::levels`]; `None` unless graded.
    pub level: Option<usize>,
    /// Also where the outcome failed after the score was known.
    pub score: Option<Points>,
}

/// Assesses a subject by a rule set, with every step.
///
/// `period` is the cycle that is graded, `day` the day as of which: what is decided later does not count.
/// A condition that cannot be evaluated makes the outcome [`Outcome::Failed`], with the place in a step.
#[must_use]
pub fn assess(rules: &RuleSet, evidence: &Evidence, period: Period, day: CivilDate) -> Assessment {
    let mut steps = Vec::new();
    let brief = run(rules, evidence, period, day, &mut steps);
    Assessment {
        outcome: brief.outcome,
        level: brief
            .level
            .map_or_else(String::new, |level| rules.levels[level].code.clone()),
        score: brief.score,
        steps,
    }
}

/// Assesses a subject by a rule set, without the steps: the same result, faster.
///
/// In a run of a rule set with ranks the score of everyone is known before anyone's place: without a place
/// the outcome of a subject whose level depends on it is [`Outcome::Failed`], but its score stands here.
#[must_use]
pub fn brief(rules: &RuleSet, evidence: &Evidence, period: Period, day: CivilDate) -> Brief {
    run(rules, evidence, period, day, &mut Untraced)
}

/// Where the steps go.
trait Trace {
    fn step(&mut self, make: impl FnOnce() -> Step);
}

impl Trace for Vec<Step> {
    fn step(&mut self, make: impl FnOnce() -> Step) {
        self.push(make());
    }
}

struct Untraced;

impl Trace for Untraced {
    #[inline]
    fn step(&mut self, _make: impl FnOnce() -> Step) {}
}

/// A step that says nothing yet but where it comes from.
fn step(kind: StepKind, code: &str, basis: Option<&Basis>) -> Step {
    Step {
        kind,
        code: code.to_owned(),
        law: basis.map_or_else(String::new, |basis| basis.law.clone()),
        raw: None,
        points: None,
        level: None,
        events: Vec::new(),
        failure: None,
    }
}

/// A fault, and the code of the entry in which it arose.
struct Failed<'a> {
    code: &'a str,
    fault: Fault,
}

impl<'a> Failed<'a> {
    /// Says of a fault where it arose.
    fn in_entry(code: &'a str) -> impl FnOnce(Fault) -> Self {
        move |fault| Self { code, fault }
    }
}

/// How far an assessment comes.
enum Reached {
    Ended(Outcome),
    Level(usize),
}

fn run(
    rules: &RuleSet,
    evidence: &Evidence,
    period: Period,
    day: CivilDate,
    trace: &mut impl Trace,
) -> Brief {
    let mut score = None;
    match level(rules, evidence, period, day, &mut score, trace) {
        Ok(Reached::Level(level)) => Brief {
            outcome: Outcome::Graded,
            level: Some(level),
            score,
        },
        Ok(Reached::Ended(outcome)) => Brief {
            outcome,
            level: None,
            score,
        },
        Err(Failed { code, fault }) => {
            trace.step(|| Step {
                failure: Some(told(rules, fault)),
                ..step(StepKind::Failed, code, None)
            });
            Brief {
                outcome: Outcome::Failed,
                level: None,
                score,
            }
        }
    }
}

/// Writes a fault with its place in the file.
fn told(rules: &RuleSet, fault: Fault) -> String {
    let Place { line, column } = fault.place;
    format!("{}:{line}:{column}: {}", rules.file, fault.cause)
}

fn level<'a>(
    rules: &'a RuleSet,
    evidence: &'a Evidence,
    period: Period,
    day: CivilDate,
    score: &mut Option<Points>,
    trace: &mut impl Trace,
) -> Result<Reached, Failed<'a>> {
    let view = View::new(rules, evidence, period, day).map_err(Failed::in_entry("reset"))?;
    if let (Some(on), Some(reset)) = (view.reset_on, &rules.reset) {
        trace.step(|| Step {
            events: view.ending_in(reset, on),
            ..step(StepKind::Reset, "reset", None)
        });
    }
    let mut facts = SubjectFacts::new(&view);
    for entry in &rules.not_rated {
        if entry
            .when
            .program
            .holds(&facts)
            .map_err(Failed::in_entry(&entry.code))?
        {
            trace.step(|| Step {
                events: view.behind(&entry.when),
                ..step(StepKind::NotRated, &entry.code, Some(&entry.basis))
            });
            return Ok(Reached::Ended(entry.outcome));
        }
    }
    let scores = Scores::of(&view, trace)?;
    *score = scores.whole;
    facts.score = scores.whole;
    let levels = Levels {
        view: &view,
        facts: &facts,
        scores: &scores,
    };
    Ok(Reached::Level(levels.settle(trace)?))
}

/// The fault of an assessment that none of the bands takes.
fn no_band(rules: &RuleSet) -> Failed<'_> {
    Failed {
        code: &rules.code,
        fault: Fault {
            cause: Cause::NoBand,
            place: Place { line: 1, column: 1 },
        },
    }
}
