//! What facts of grading change in the tables.

use bytes::Bytes;

use super::put;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::grade_fact::{Due, GradeFact, SettledFact};
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::store::keys::grades::{self as layout, GradeRow, PairRow};
use crate::store::{Change, Error, View, keys};

/// The first slice of a run looks at every member.
const FROM_THE_FIRST: Revision = Revision(1);
/// What stands for "where to go on" of a day's turn: what is due says it.
pub const BY_DUE: Revision = Revision(u64::MAX);

/// The changes of one fact at `revision`, over the tables before it.
///
/// # Errors
/// As the view's; [`Error::Engine`] if a row does not decode.
pub fn changes(fact: &GradeFact, revision: Revision, before: &dyn View) -> Result<Vec<Change>, Error> {
    let open = |kind| put(keys::GRADE_OPEN, layout::open_key(kind, revision), Bytes::new());
    let close = |kind, opened| Change::Delete {
        table: keys::GRADE_OPEN,
        key: layout::open_key(kind, opened),
    };
    Ok(match fact {
        GradeFact::Settled(fact) => settled(fact, revision, before)?,
        GradeFact::Reviewed(fact) => {
            let mut changes = Vec::new();
            for pair in &fact.pairs {
                changes.extend(due(pair, pair_row(before, pair.sector, pair.who.subject)?));
            }
            changes
        }
        GradeFact::RunOpened(fact) => vec![
            put(
                keys::GRADE_RUN,
                layout::run_key(fact.sector, fact.period.last, revision),
                Bytes::new(),
            ),
            put(
                keys::CAUSE,
                keys::revision_key(revision),
                keys::cause_value(FROM_THE_FIRST, 0),
            ),
        ],
        GradeFact::CorrectionRaised(fact) => {
            let row = PairRow {
                correction: Some(revision),
                ..pair_row(before, fact.sector, fact.who.subject)?
            };
            let key = layout::pair_key(fact.sector, fact.who.subject);
            vec![
                put(keys::GRADE_PAIR, key, row.encode()),
                open(layout::OPEN_CORRECTION),
            ]
        }
        GradeFact::CorrectionClosed(fact) => {
            let row = PairRow {
                correction: None,
                ..pair_row(before, fact.sector, fact.who.subject)?
            };
            let key = layout::pair_key(fact.sector, fact.who.subject);
            vec![
                put(keys::GRADE_PAIR, key, row.encode()),
                close(layout::OPEN_CORRECTION, fact.correction),
            ]
        }
        GradeFact::ObjectionFiled(fact) => vec![
            open(layout::OPEN_OBJECTION),
            put(
                keys::OBJECTED,
                layout::grade_key(fact.who.subject, fact.sector, revision),
                keys::revision_key(fact.grade),
            ),
        ],
        GradeFact::ObjectionAnswered(fact) => vec![
            close(layout::OPEN_OBJECTION, fact.objection),
            Change::Delete {
                table: keys::OBJECTED,
                key: layout::grade_key(fact.who.subject, fact.sector, fact.objection),
            },
        ],
    })
}

fn settled(fact: &SettledFact, revision: Revision, before: &dyn View) -> Result<Vec<Change>, Error> {
    let subject = fact.who.subject;
    let row = GradeRow {
        sector: fact.sector,
        outcome: fact.judgement.outcome,
        level: fact.judgement.level.clone(),
        score: fact.judgement.score,
        from: fact.from,
        until: fact.until,
        period_last: fact.period.last,
        cause: fact.cause,
        by: fact.by,
    };
    let pair = PairRow {
        last: Some(revision),
        ..pair_row(before, fact.sector, subject)?
    };
    let next = Due {
        who: fact.who,
        sector: fact.sector,
        on: fact.due,
    };
    let mut changes = vec![put(
        keys::GRADE,
        layout::grade_key(subject, fact.sector, revision),
        row.encode(),
    )];
    changes.extend(due(&next, pair));
    Ok(changes)
}

/// Puts a pair's row, and its entry among what is due in the place of the one it had.
fn due(next: &Due, row: PairRow) -> Vec<Change> {
    let subject = next.who.subject;
    let mut changes = Vec::new();
    if let Some(on) = row.due.filter(|on| Some(*on) != next.on) {
        changes.push(Change::Delete {
            table: keys::GRADE_DUE,
            key: layout::due_key(on, subject, next.sector),
        });
    }
    if let Some(on) = next.on.filter(|on| row.due != Some(*on)) {
        changes.push(put(
            keys::GRADE_DUE,
            layout::due_key(on, subject, next.sector),
            layout::due_value(next.sector),
        ));
    }
    let row = PairRow { due: next.on, ..row };
    changes.push(put(
        keys::GRADE_PAIR,
        layout::pair_key(next.sector, subject),
        row.encode(),
    ));
    changes
}

/// The state of a subject in a sector; empty for one that was never assessed.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the row does not decode.
pub fn pair_row(view: &dyn View, sector: SectorCode, subject: SubjectNumber) -> Result<PairRow, Error> {
    match view.get(keys::GRADE_PAIR, &layout::pair_key(sector, subject))? {
        None => Ok(PairRow::default()),
        Some(bytes) => PairRow::decode(&bytes).ok_or_else(|| Error::Engine {
            operation: "read the state of a grade",
            detail: format!(
                "the row of subject number {} in {sector} does not decode",
                subject.0
            ),
        }),
    }
}

/// The changes of a day that begins: what is due by then is to be assessed, in slices behind it.
///
/// # Errors
/// As the view's.
pub fn turned(day: CivilDate, revision: Revision, before: &dyn View) -> Result<Option<Change>, Error> {
    let found = before.scan(keys::GRADE_DUE, &layout::due_until(day), 1)?;
    let is_due = !found.rows.is_empty() || super::notices::is_due(day, before)?;
    if !is_due || is_turning(before)? {
        return Ok(None);
    }
    Ok(Some(put(
        keys::CAUSE,
        keys::revision_key(revision),
        keys::cause_value(BY_DUE, 0),
    )))
}

/// Says whether an earlier day's turn is not settled yet; its slices take in what is due later too.
fn is_turning(view: &dyn View) -> Result<bool, Error> {
    let causes = crate::group::unsettled::causes(view)?;
    Ok(causes.iter().any(|cause| cause.next == BY_DUE))
}

/// The row by which it stays known when a record came to an end or was revived.
#[must_use]
pub fn told(first: Revision, revision: Revision, what: u8) -> Change {
    put(
        keys::ENDS,
        layout::ends_key(first, revision),
        Bytes::copy_from_slice(&[what]),
    )
}

/// The rows by which it stays known what an officer said of a record's sectors, and when.
#[must_use]
pub fn said(records: &[Revision], value: &Bytes, revision: Revision) -> Vec<Change> {
    let said = |first: &Revision| {
        put(
            keys::GRADE_SAID,
            layout::said_key(*first, revision),
            value.clone(),
        )
    };
    records.iter().map(said).collect()
}
