//! The smallest histories in which service and model once differed, each with what was wrong.

use credence::domain::record::{End, RecordKind};
use credence::testkit::naive::{Effect, Row, Target};

use super::world::Step;
use super::{History, day};

fn penalty(party: usize) -> Row {
    Row {
        kind: RecordKind::Penalty,
        body: 0,
        number: 0,
        party,
        decided_on: day(1, 8),
        matter: 1,
        sector: None,
        words: 0,
        asks: false,
        ended: None,
        target: None,
        source: None,
    }
}

/// A ruling of a number and day on a record.
fn ruling(number: usize, month: u8, of: Row, effect: Effect) -> Row {
    Row {
        kind: RecordKind::Ruling,
        number,
        decided_on: day(month, 1),
        matter: 0,
        asks: false,
        ended: None,
        target: Some(Target {
            kind: of.kind,
            body: of.body,
            number: of.number,
            decided_on: of.decided_on,
            effect,
        }),
        ..of
    }
}

fn report(row: Row) -> Step {
    Step::Report(vec![row])
}

fn withdraw(row: Row) -> Step {
    Step::End(row.name(), End::Withdrawn, "据一")
}

#[track_caller]
fn check(steps: Vec<Step>) {
    let mut history = History::new(1);
    for step in steps {
        history.go(step);
        history.compare();
    }
    history.world.end();
}

// Post-mortem: an end asked for over the same end by a ruling was answered as a repeat and recorded nothing,
// so that the record stood again once the ruling fell.
#[test]
fn an_end_of_its_own_outlives_the_ruling_that_said_the_same() {
    let ruled = ruling(1, 2, penalty(0), Effect::Annulled);
    check(vec![
        report(penalty(0)),
        report(ruled),
        withdraw(penalty(0)),
        withdraw(ruled),
        Step::Revive(penalty(0).name()),
    ]);
}

// Post-mortem: the snapshot to which the fall of a ruling's change leads back had lost its findings, and its
// open question with them.
#[test]
fn the_fall_of_a_change_asks_again_what_was_open() {
    let row = Row {
        words: 2,
        asks: true,
        ..penalty(0)
    };
    let ruled = ruling(1, 2, penalty(0), Effect::Changed);
    check(vec![report(row), report(ruled), withdraw(ruled)]);
}

// Post-mortem: a second ruling's change began from what stood before the first, so that the row which the
// body had corrected in between was no longer the current one.
#[test]
fn a_second_change_keeps_what_the_body_corrected() {
    let row = Row {
        words: 1,
        ..penalty(0)
    };
    let (one, other) = (
        ruling(1, 2, penalty(0), Effect::Changed),
        ruling(0, 3, penalty(0), Effect::Changed),
    );
    check(vec![
        report(penalty(0)),
        report(one),
        report(row),
        report(other),
        withdraw(other),
        withdraw(one),
    ]);
}

// Post-mortem: a change by a ruling asked the office for a row of a record that had been deleted.
#[test]
fn a_change_of_what_does_not_count_asks_nothing() {
    let row = Row {
        ended: Some(End::Deleted),
        ..penalty(0)
    };
    let ruled = ruling(1, 2, penalty(0), Effect::Changed);
    check(vec![report(row), report(ruled), Step::Revive(row.name())]);
}

// Post-mortem: rulings found their decisions when either arrived, and not when a merger made their parties
// one; nor did the merger's reversal part them.
#[test]
fn a_merger_joins_rulings_to_decisions_and_its_reversal_parts_them() {
    let ruled = ruling(1, 2, penalty(1), Effect::Annulled);
    for (from, into) in [(0, 1), (1, 0)] {
        check(vec![
            report(penalty(0)),
            report(ruled),
            Step::Merge(from, into),
            Step::UndoMerge(from),
        ]);
    }
}

// Post-mortem: the snapshot to which a fall leads back kept the sectors of its own day, whatever an officer
// had said of its class since.
#[test]
fn the_fall_of_a_change_leads_back_to_the_class_as_attributed_now() {
    let row = Row {
        kind: RecordKind::Licence,
        ..penalty(0)
    };
    let ruled = ruling(1, 2, row, Effect::Changed);
    check(vec![
        report(row),
        report(ruled),
        report(Row { matter: 0, ..row }),
        Step::AttributeClass((row.kind, row.body, row.matter), Some(0)),
        withdraw(ruled),
    ]);
}

// Post-mortem: a ruling's change, and its fall, took what an officer had since said of the class for a record
// that the data had attributed, so that a ruling withdrawn left it in another sector.
#[test]
fn a_change_and_its_fall_attribute_nothing_anew() {
    let row = Row {
        matter: 0,
        ..penalty(0)
    };
    let ruled = ruling(1, 2, row, Effect::Changed);
    let mut history = History::new(1);
    history.go(report(row));
    let attributed = |history: &History| {
        history.compare();
        history.model.sector(&history.model.records[0])
    };
    let first = attributed(&history);
    assert!(first.0.is_some_and(|sector| sector != 0), "the data attribute it");
    for step in [
        Step::AttributeClass((row.kind, row.body, row.matter), Some(0)),
        report(ruled),
        withdraw(ruled),
    ] {
        history.go(step);
        assert_eq!(attributed(&history), first);
    }
    history.world.end();
}

// Post-mortem: a ruling led back to an earlier snapshot kept acting on the decision of the later one.
#[test]
fn a_ruling_led_back_acts_on_its_former_decision() {
    let other = Row {
        number: 1,
        ..penalty(0)
    };
    let (first, second) = (
        ruling(0, 2, penalty(0), Effect::Annulled),
        ruling(0, 2, other, Effect::Annulled),
    );
    let over = ruling(1, 3, first, Effect::Changed);
    let second = Row { number: 0, ..second };
    check(vec![
        report(penalty(0)),
        report(other),
        report(first),
        report(over),
        report(second),
        withdraw(over),
    ]);
}

// Post-mortem: when a ruling fell that had ended another, and a second one ended it just as well, the ended one
// took effect in between: the decision got two snapshots that nobody had ever meant.
#[test]
fn an_end_passes_from_a_fallen_ruling_to_another_without_a_trace_below() {
    let changed = ruling(1, 2, penalty(0), Effect::Changed);
    let one = ruling(0, 3, changed, Effect::Annulled);
    let other = Row { body: 1, ..one };
    check(vec![
        report(penalty(0)),
        report(changed),
        report(one),
        report(other),
        withdraw(one),
        withdraw(other),
    ]);
}

// Post-mortem: a merger's reversal gave back two rulings that change one decision, and the decision was
// changed by the one and then by the other.
#[test]
fn rulings_that_come_back_together_change_a_decision_once() {
    let one = ruling(1, 2, penalty(1), Effect::Changed);
    let other = Row { party: 2, ..one };
    let annuls = Row {
        party: 4,
        ..ruling(0, 3, one, Effect::Annulled)
    };
    check(vec![
        report(penalty(1)),
        report(one),
        report(other),
        Step::Merge(2, 1),
        report(annuls),
        Step::Merge(4, 1),
        Step::UndoMerge(4),
    ]);
}
