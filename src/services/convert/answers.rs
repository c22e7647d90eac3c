//! To the wire: what became of rows, and commitments as they are shown.

use crate::domain::commitment::Validity;
use crate::domain::fact::{CommitmentFact, Outcome, PerformanceFact, RowOutcome};
use crate::domain::finding::Finding;
use crate::domain::revision::{Epoch, Instant, Place, Revision};
use crate::domain::subject::SubjectName;
use crate::ingest::commands::CommitmentName;
use crate::ingest::questions::{Asked, Question};
use crate::ingest::read::CountKey;
use crate::services::pb;

use super::masked::Masked;
use super::supervision::{self, BreachShown};
use super::timestamp;

pub mod subjects;

/// A commitment and all that is shown beside it.
#[derive(Clone, Copy, Debug)]
pub struct CommitmentShown<'a> {
    pub fact: &'a CommitmentFact,
    pub recorded_at: Instant,
    pub snapshot_count: u32,
    pub subject: SubjectName,
    /// Of the last change, that of its performance included.
    pub changed: Place,
    /// Of the first snapshot.
    pub received_on: crate::domain::civil_date::CivilDate,
    pub performance: Option<PerformanceShown<'a>>,
    /// Why and when it was withdrawn.
    pub withdrawn: Option<(&'a str, Instant)>,
    /// Why and when it was last revived.
    pub revived: Option<(&'a str, Instant)>,
    pub breach: Option<BreachShown<'a>>,
}

/// A performance and what is shown beside it.
#[derive(Clone, Copy, Debug)]
pub struct PerformanceShown<'a> {
    pub fact: &'a PerformanceFact,
    pub recorded: Place,
    pub recorded_at: Instant,
    pub snapshot_count: u32,
}

/// Shows a commitment; a natural person is masked everywhere.
#[must_use]
pub fn commitment(shown: &CommitmentShown<'_>) -> pb::Commitment {
    let said = &shown.fact.commitment;
    shown_as(
        shown,
        &Masked::of(&said.subject, said.subject_kind, &said.subject_name),
    )
}

/// Shows a commitment as it was reported, a natural person too.
#[must_use]
pub fn commitment_in_full(shown: &CommitmentShown<'_>) -> pb::Commitment {
    let said = &shown.fact.commitment;
    shown_as(shown, &Masked::in_full(&said.subject, &said.subject_name))
}

fn shown_as(shown: &CommitmentShown<'_>, masked: &Masked<'_>) -> pb::Commitment {
    let CommitmentFact {
        commitment,
        department,
        snapshot,
        findings,
        ..
    } = shown.fact;
    let name = CommitmentName {
        body: commitment.accepting_body_code,
        code: commitment.code,
    };
    let (withdrawn_reason, withdrawn_at) = match shown.withdrawn {
        Some((reason, at)) => (masked.text(reason), Some(timestamp(at))),
        None => (String::new(), None),
    };
    let (revived_reason, revived_at) = match shown.revived {
        Some((reason, at)) => (masked.text(reason), Some(timestamp(at))),
        None => (String::new(), None),
    };
    let state = if shown.withdrawn.is_some() {
        pb::CommitmentState::Withdrawn
    } else {
        pb::CommitmentState::Recorded
    };
    pb::Commitment {
        name: name.to_string(),
        subject: format!("subjects/{}", shown.subject),
        department: format!("departments/{department}"),
        state: state.into(),
        code: commitment.code.to_string(),
        subject_name: masked.name.clone(),
        subject_kind: commitment.subject_kind.number().into(),
        subject_code: masked.code.clone(),
        kind: commitment.kind.number().into(),
        kind_words: masked.text(&commitment.kind_words),
        reason: masked.text(&commitment.reason),
        content: masked.text(&commitment.content),
        liability: masked.text(&commitment.liability),
        made_on: commitment.made_on.to_string(),
        valid_until: match commitment.validity {
            Validity::Until(on) => on.to_string(),
            Validity::NotStated | Validity::OpenEnded => String::new(),
        },
        open_ended: commitment.validity == Validity::OpenEnded,
        accepting_body_name: commitment.accepting_body_name.clone(),
        accepting_body_code: commitment.accepting_body_code.to_string(),
        publication: commitment.publication.number().into(),
        remarks: masked.text(&commitment.remarks),
        performance: shown
            .performance
            .map(|performance| performance_of(&performance, masked)),
        snapshot: *snapshot,
        snapshot_count: shown.snapshot_count,
        revision: shown.changed.to_string(),
        recorded_at: Some(timestamp(shown.recorded_at)),
        received_on: shown.received_on.to_string(),
        withdrawn_reason,
        withdrawn_at,
        findings: findings.iter().map(finding).collect(),
        breach: shown.breach.map(|breach| supervision::breach(&breach, masked)),
        revived_reason,
        revived_at,
    }
}

fn performance_of(shown: &PerformanceShown<'_>, masked: &Masked<'_>) -> pb::Performance {
    let PerformanceFact {
        performance,
        snapshot,
        findings,
        ..
    } = shown.fact;
    pb::Performance {
        state: performance.state.number().into(),
        unperformed: masked.text(&performance.unperformed),
        measures_taken: masked.text(&performance.measures_taken),
        found_on: performance.found_on.map(|on| on.to_string()).unwrap_or_default(),
        finding_body_name: performance.finding_body_name.clone(),
        finding_body_code: performance
            .finding_body_code
            .map(|code| code.to_string())
            .unwrap_or_default(),
        snapshot: *snapshot,
        snapshot_count: shown.snapshot_count,
        revision: shown.recorded.to_string(),
        recorded_at: Some(timestamp(shown.recorded_at)),
        findings: findings.iter().map(finding).collect(),
    }
}

/// Shows a finding.
#[must_use]
pub fn finding(finding: &Finding) -> pb::Finding {
    pb::Finding {
        field: finding.field.to_string(),
        rule: finding.rule.number().into(),
        kind: finding.kind.number().into(),
        english: finding.english.clone(),
        chinese: finding.chinese.clone(),
    }
}

/// What an answer to a batch says of the batch as a whole.
#[derive(Clone, Copy, Debug)]
pub struct BatchAnswered {
    /// Which the answer reflects.
    pub place: Place,
    pub replayed: bool,
    pub validate_only: bool,
}

/// Answers a batch; `rows` are the names and outcomes in request order.
#[must_use]
pub fn batch_result<'a>(
    answered: BatchAnswered,
    rows: impl IntoIterator<Item = (Option<CommitmentName>, &'a RowOutcome)>,
) -> pb::CommitmentBatchResult {
    let mut result = pb::CommitmentBatchResult {
        revision: answered.place.to_string(),
        replayed: answered.replayed,
        validate_only: answered.validate_only,
        ..Default::default()
    };
    for (index, (name, row)) in (0_u32..).zip(rows) {
        match row.outcome {
            Outcome::Created => result.created_count += 1,
            Outcome::Repeated => result.repeated_count += 1,
            Outcome::Corrected => result.corrected_count += 1,
            Outcome::Refused => result.refused_count += 1,
        }
        result.results.push(pb::CommitmentRowResult {
            index,
            outcome: row.outcome.number().into(),
            name: name.map(|name| name.to_string()).unwrap_or_default(),
            revision: snapshot_revision(row, answered),
            snapshot: row.snapshot,
            findings: row.findings.iter().map(finding).collect(),
            performance: row
                .performance
                .as_deref()
                .map(|part| performance_result(part, answered)),
        });
    }
    result
}

/// Answers items 11 to 16.
#[must_use]
pub fn performance_result(part: &RowOutcome, answered: BatchAnswered) -> pb::PerformanceResult {
    pb::PerformanceResult {
        outcome: part.outcome.number().into(),
        revision: snapshot_revision(part, answered),
        snapshot: part.snapshot,
        findings: part.findings.iter().map(finding).collect(),
    }
}

/// The revision of the snapshot meant; what was only checked has none unless it stood before.
pub(super) fn snapshot_revision(row: &RowOutcome, answered: BatchAnswered) -> String {
    let only_checked = answered.validate_only && row.outcome != Outcome::Repeated;
    if only_checked || row.revision == Revision(0) {
        return String::new();
    }
    let epoch: Epoch = answered.place.epoch;
    Place {
        epoch,
        revision: row.revision,
    }
    .to_string()
}

/// Shows what commitments were counted under.
#[must_use]
pub fn count_key(key: CountKey) -> String {
    let name = |number: u8, name: &dyn Fn(i32) -> Option<&'static str>| {
        name(number.into())
            .expect("the wire has every number of the domain")
            .to_owned()
    };
    match key {
        CountKey::Kind(kind) => name(kind.number(), &|number| {
            pb::CommitmentKind::try_from(number)
                .ok()
                .map(|kind| kind.as_str_name())
        }),
        CountKey::Department(code) => format!("departments/{code}"),
        CountKey::Month(month) => month.to_string(),
        CountKey::SubjectKind(kind) => name(kind.number(), &|number| {
            pb::SubjectKind::try_from(number)
                .ok()
                .map(|kind| kind.as_str_name())
        }),
        CountKey::Performance(None) => "NONE".to_owned(),
        CountKey::Performance(Some(state)) => name(state.number(), &|number| {
            pb::PerformanceState::try_from(number)
                .ok()
                .map(|state| state.as_str_name())
        }),
        CountKey::Withdrawn(true) => pb::CommitmentState::Withdrawn.as_str_name().to_owned(),
        CountKey::Withdrawn(false) => pb::CommitmentState::Recorded.as_str_name().to_owned(),
    }
}

/// Shows an open question.
#[must_use]
pub fn open_question(question: &Question, epoch: Epoch) -> pb::OpenQuestion {
    pb::OpenQuestion {
        commitment: match question.about {
            Asked::Commitment(name) => name.to_string(),
            Asked::Record(_) | Asked::Subject(_) | Asked::Row => String::new(),
        },
        record: match question.about {
            Asked::Record(name) => name.to_string(),
            Asked::Commitment(_) | Asked::Subject(_) | Asked::Row => String::new(),
        },
        subject: match &question.about {
            Asked::Subject(name) => format!("subjects/{name}"),
            Asked::Commitment(_) | Asked::Record(_) | Asked::Row => String::new(),
        },
        finding: Some(finding(&question.finding)),
        recorded_at: Some(timestamp(question.recorded_at)),
        revision: Place {
            epoch,
            revision: question.recorded,
        }
        .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::{CheckKind, Rule};

    #[test]
    fn numbers_and_names_of_rules_kinds_and_outcomes_are_the_wires() {
        let snake = |name: String| {
            name.chars().fold(String::new(), |mut text, character| {
                if character.is_uppercase() && !text.is_empty() {
                    text.push('_');
                }
                text.push(character.to_ascii_uppercase());
                text
            })
        };
        for rule in Rule::ALL {
            let wire = pb::FindingRule::try_from(i32::from(rule.number())).expect("on the wire");
            assert_eq!(
                wire.as_str_name(),
                format!("FINDING_RULE_{}", snake(format!("{rule:?}")))
            );
        }
        for kind in CheckKind::ALL {
            let wire = pb::CheckKind::try_from(i32::from(kind.number())).expect("on the wire");
            assert_eq!(
                wire.as_str_name(),
                format!("CHECK_KIND_{}", snake(format!("{kind:?}")))
            );
        }
        for outcome in Outcome::ALL {
            let wire = pb::Outcome::try_from(i32::from(outcome.number())).expect("on the wire");
            assert_eq!(
                wire.as_str_name(),
                format!("OUTCOME_{}", snake(format!("{outcome:?}")))
            );
        }
    }

    #[test]
    fn a_batch_counts_its_rows_and_a_check_gives_out_no_revisions() {
        let row = |outcome, revision| RowOutcome::of(outcome, Revision(revision), 1, Vec::new());
        let rows = [
            row(Outcome::Created, 7),
            row(Outcome::Repeated, 3),
            RowOutcome::refused(Vec::new()),
        ];
        let place = Place {
            epoch: Epoch(1),
            revision: Revision(7),
        };
        let answer = |validate_only| {
            let answered = BatchAnswered {
                place,
                replayed: false,
                validate_only,
            };
            batch_result(answered, rows.iter().map(|row| (None, row)))
        };
        let recorded = answer(false);
        assert_eq!(
            (
                recorded.created_count,
                recorded.repeated_count,
                recorded.refused_count
            ),
            (1, 1, 1)
        );
        let revisions = |answer: &pb::CommitmentBatchResult| {
            answer
                .results
                .iter()
                .map(|row| row.revision.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(revisions(&recorded), ["1.7", "1.3", ""]);
        assert_eq!(revisions(&answer(true)), ["", "1.3", ""]);
    }
}
