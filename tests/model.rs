//! Random histories against a naive model, and the retraction property.
//!
//! `MODEL_HISTORIES` histories from `MODEL_SEED` on; a failure prints the seed of its history, which alone
//! (`MODEL_SEED=… MODEL_HISTORIES=1`) repeats it.

use std::collections::BTreeSet;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use credence::domain::civil_date::CivilDate;
use credence::domain::commitment::PerformanceState;
use credence::domain::fact::Outcome;
use credence::domain::record::{End, RecordKind};
use credence::testkit::naive::{Effect, Entry, Index, Model, Promise, RecordName, Row, Target};

#[path = "model/derived.rs"]
mod derived;
#[path = "model/smallest.rs"]
mod smallest;
#[path = "model/world.rs"]
mod world;

use derived::{by_model, by_service};
use world::{BODIES, MATTERS, PARTIES, PERSONS, Step, World};

const HISTORIES: u64 = 100;
const SEED: u64 = 20_241_123;
const STEPS_MAX: usize = 40;
/// After how many failed histories no more are tried.
const FAILURES_MAX: usize = 5;

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => default,
    }
}

fn day(month: u8, day: u8) -> CivilDate {
    CivilDate::new(2024, month, day).expect("a day")
}

/// Chance, and the steps it makes of what is there.
struct Chance(ChaCha12Rng);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn some<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| self.pick(from))
    }

    /// A row that often has the key of another, and sometimes all that it says.
    fn row(&mut self, model: &Model) -> Row {
        let known: Vec<Row> = model
            .records
            .iter()
            .flat_map(|one| one.snapshots.iter().map(|shot| shot.row))
            .collect();
        if let Some(row) = self.some(&known).filter(|_| self.below(3) == 0) {
            let source = self.source();
            return Row { source, ..row };
        }
        let kind = self.pick(&[
            RecordKind::Penalty,
            RecordKind::Penalty,
            RecordKind::Licence,
            RecordKind::Ruling,
            RecordKind::Ruling,
            RecordKind::Ruling,
        ]);
        let words = self.below(3);
        let is_penalty = kind == RecordKind::Penalty;
        let ended = self.pick(&[
            None,
            None,
            None,
            None,
            None,
            Some(End::Withdrawn),
            Some(End::Deleted),
        ]);
        let mut row = Row {
            kind,
            body: self.below(2),
            number: self.below(2),
            party: self.below(PARTIES),
            decided_on: self.pick(&[day(1, 8), day(1, 9)]),
            matter: self.below(MATTERS.len()),
            sector: None,
            words,
            // Words of their own, so that what is asked is part of what is said.
            asks: is_penalty && words == 2,
            ended: ended.filter(|_| is_penalty),
            target: None,
            source: self.source(),
        };
        if kind == RecordKind::Ruling {
            row.decided_on = self.pick(&[day(2, 1), day(2, 20)]);
            // It has none.
            row.matter = 0;
            row.target = Some(self.target(model, &mut row));
        }
        row
    }

    fn source(&mut self) -> Option<Index> {
        self.pick(&[None, Some(0), Some(1), Some(2)])
    }

    /// Mostly a decision that is there, and then against its party.
    fn target(&mut self, model: &Model, row: &mut Row) -> Target {
        let effect = self.pick(&[
            Effect::Kept,
            Effect::Changed,
            Effect::Changed,
            Effect::Annulled,
            Effect::Annulled,
        ]);
        let known: Vec<Row> = model.records.iter().map(|one| one.current().row).collect();
        let known: Vec<Row> = known
            .into_iter()
            .filter(|one| one.decided_on <= row.decided_on)
            .collect();
        if let Some(of) = self.some(&known).filter(|_| self.below(4) > 0) {
            row.party = of.party;
            return Target {
                kind: of.kind,
                body: of.body,
                number: of.number,
                decided_on: of.decided_on,
                effect,
            };
        }
        Target {
            kind: self.pick(&[RecordKind::Penalty, RecordKind::Licence, RecordKind::Ruling]),
            body: self.below(2),
            number: self.below(2),
            decided_on: self.pick(&[day(1, 8), day(1, 9)]),
            effect,
        }
    }

    fn promise(&mut self) -> (Promise, Option<PerformanceState>) {
        let name = (
            self.below(2),
            self.pick(&[day(1, 8), day(2, 1)]),
            1 + self.below(2),
        );
        let performance = [
            None,
            None,
            Some(PerformanceState::Full),
            Some(PerformanceState::Partial),
        ];
        let promise = Promise {
            name,
            party: self.below(PARTIES),
            words: self.below(2),
        };
        (promise, self.pick(&performance))
    }

    fn sector(&mut self) -> Option<Index> {
        self.pick(&[None, Some(0), Some(1)])
    }

    /// What may happen next; `None` where there is nothing to happen to.
    fn step(&mut self, model: &Model) -> Option<Step> {
        let records: Vec<RecordName> = model.records.iter().map(|one| one.name).collect();
        let seen: Vec<Index> = model.seen.iter().copied().collect();
        Some(match self.below(26) {
            0..10 => Step::Report((0..=self.below(3)).map(|_| self.row(model)).collect()),
            10..12 => {
                let rows = (0..=self.below(2)).map(|_| self.promise()).collect();
                Step::Promise(rows, self.below(2) == 0)
            }
            12 => Step::Advance(1 + self.below(20) as i64),
            13..16 => {
                let end = self.pick(End::ALL);
                Step::End(self.some(&records)?, end, self.pick(&["据一", "据二"]))
            }
            16..18 => Step::Revive(self.some(&records)?),
            18 => {
                let names: Vec<_> = model.commitments.iter().map(|one| one.name).collect();
                Step::Withdraw(self.some(&names)?, "误报")
            }
            19..21 => Step::Merge(self.some(&seen)?, self.some(&seen)?),
            21 => {
                let merged: Vec<Index> = model.merged.keys().copied().collect();
                Step::UndoMerge(self.some(&merged)?)
            }
            22..24 => {
                let from = self.some(&seen)?;
                let its: Vec<Entry> = model
                    .entries()
                    .filter(|entry| model.owner(*entry) == from)
                    .collect();
                let entries = its.into_iter().filter(|_| self.below(2) == 0).collect();
                Step::Move(from, self.some(&seen)?, entries)
            }
            24 => Step::Attribute(self.some(&records)?, self.sector()),
            _ => {
                let kind = self.pick(&[RecordKind::Penalty, RecordKind::Licence]);
                Step::AttributeClass((kind, self.below(2), self.below(MATTERS.len())), self.sector())
            }
        })
    }
}

/// Has the same happen to the model; one outcome per row.
fn tell(model: &mut Model, step: &Step, today: CivilDate) -> Vec<Outcome> {
    match step {
        Step::Advance(_) => Vec::new(),
        Step::Report(rows) => rows.iter().map(|row| model.report(*row, today)).collect(),
        Step::Promise(rows, correct) => {
            let outcomes = rows.iter().flat_map(|(promise, performance)| {
                let (outcome, performed) = model.promise(*promise, *performance, *correct, today);
                std::iter::once(outcome).chain(performed)
            });
            outcomes.collect()
        }
        Step::End(name, end, reason) => vec![model.end(*name, *end, reason)],
        Step::Revive(name) => vec![model.revive(*name)],
        Step::Withdraw(name, reason) => vec![model.withdraw(*name, reason)],
        Step::Merge(from, into) => vec![model.merge(*from, *into)],
        Step::UndoMerge(from) => vec![model.undo_merge(*from)],
        Step::Move(from, to, entries) => vec![model.reattribute(*from, *to, entries)],
        Step::Attribute(name, sector) => {
            model.attribute(*name, *sector);
            vec![Outcome::Created]
        }
        Step::AttributeClass(class, sector) => {
            model.attribute_class(*class, *sector);
            vec![Outcome::Created]
        }
    }
}

fn new_model() -> Model {
    Model {
        persons: PERSONS.into_iter().collect(),
        ..Model::default()
    }
}

/// A history with what became of each step, told to service and model alike.
struct History {
    world: World,
    model: Model,
    steps: Vec<(Step, Vec<Outcome>)>,
}

impl History {
    fn new(seed: u64) -> Self {
        Self {
            world: World::new(seed),
            model: new_model(),
            steps: Vec::new(),
        }
    }

    fn go(&mut self, mut step: Step) {
        if let Step::Report(rows) = &mut step {
            for row in rows {
                row.sector = world::sector_by_data(row, &self.world.policies);
            }
        }
        let outcomes = self.world.apply(&step);
        let told = tell(&mut self.model, &step, self.world.today());
        self.steps.push((step, outcomes.clone()));
        assert_eq!(
            outcomes,
            told,
            "outcomes, service left; the history:{}",
            self.told()
        );
    }

    fn told(&self) -> String {
        let steps = self
            .steps
            .iter()
            .map(|(step, outcomes)| format!("\n  {step:?} -> {outcomes:?}"));
        steps.collect()
    }

    /// Compares part by part, so that the first difference is short.
    #[track_caller]
    fn compare(&self) {
        let (service, model) = (
            by_service(&self.world, &self.model),
            by_model(&self.model, &self.world),
        );
        same(&service, &model, &|| self.told());
    }
}

#[track_caller]
fn same(one: &derived::Derived, other: &derived::Derived, told: &dyn Fn() -> String) {
    if one == other {
        return;
    }
    for ((name, left), (_, right)) in one.records.iter().zip(&other.records) {
        assert_eq!(left, right, "{name:?}; the history:{}", told());
    }
    assert_eq!(one.commitments, other.commitments, "the history:{}", told());
    assert_eq!(one.files, other.files, "the history:{}", told());
    assert_eq!(one.questions, other.questions, "the history:{}", told());
    assert_eq!(one.unattributed, other.unattributed, "the history:{}", told());
    assert_eq!(one, other, "the history:{}", told());
}

/// Runs `check` with the seed of each history; every failure is printed, and the seeds are listed.
fn histories(check: impl Fn(u64) + std::panic::RefUnwindSafe) {
    let seed = setting("MODEL_SEED", SEED);
    let count = setting("MODEL_HISTORIES", HISTORIES);
    println!("{count} histories from MODEL_SEED={seed} on");
    let fails = |seed: &u64| std::panic::catch_unwind(|| check(*seed)).is_err();
    let failed: Vec<u64> = (seed..seed + count).filter(fails).take(FAILURES_MAX).collect();
    assert!(
        failed.is_empty(),
        "MODEL_SEED of the histories that failed: {failed:?}"
    );
}

fn random(seed: u64) -> History {
    let mut chance = Chance(ChaCha12Rng::seed_from_u64(seed));
    let mut history = History::new(seed);
    for _ in 0..1 + chance.below(STEPS_MAX) {
        if let Some(step) = chance.step(&history.model) {
            history.go(step);
            if chance.below(8) == 0 {
                history.compare();
            }
        }
    }
    history
}

#[test]
fn a_random_history_leaves_what_a_naive_model_says() {
    assert!(BODIES.len() >= 2 && MATTERS.len() >= 2);
    histories(|seed| {
        let history = random(seed);
        history.compare();
        history.world.end();
    });
}

/// What a step is without a record: nothing of its rows, nothing about it; only what was not refused.
fn without(step: &Step, outcomes: &[Outcome], gone: RecordName) -> Option<Step> {
    let stands = |place: usize| outcomes.get(place) != Some(&Outcome::Refused);
    match step {
        Step::Report(rows) => {
            let rows = rows.iter().enumerate();
            let left = rows.filter(|(place, row)| row.name() != gone && stands(*place));
            let left: Vec<Row> = left.map(|(_, row)| *row).collect();
            (!left.is_empty()).then_some(Step::Report(left))
        }
        Step::End(name, ..) | Step::Revive(name) | Step::Attribute(name, _) if *name == gone => None,
        Step::Move(from, to, entries) => {
            let mut entries = entries.clone();
            entries.retain(|entry| *entry != Entry::Record(gone));
            (stands(0) && !entries.is_empty()).then_some(Step::Move(*from, *to, entries))
        }
        // Each row of a promise has one outcome or two, and no record takes part in it.
        Step::Promise(..) | Step::Advance(_) => Some(step.clone()),
        Step::End(..)
        | Step::Revive(_)
        | Step::Withdraw(..)
        | Step::Merge(..)
        | Step::UndoMerge(_)
        | Step::Attribute(..)
        | Step::AttributeClass(..) => stands(0).then(|| step.clone()),
    }
}

/// One commitment of each party first, so that all subjects are known whatever records say.
fn of_everybody() -> Step {
    let promise = |party| Promise {
        name: (0, day(1, 8), 100 + party),
        party,
        words: 0,
    };
    Step::Promise((0..PARTIES).map(|party| (promise(party), None)).collect(), false)
}

/// A history in which everybody is known, but for the record `gone` if it is given, with what was done.
fn retraction(seed: u64) {
    let mut chance = Chance(ChaCha12Rng::seed_from_u64(seed));
    let mut with = History::new(seed);
    with.go(of_everybody());
    let mut reacted = BTreeSet::new();
    for _ in 0..4 + chance.below(STEPS_MAX) {
        let Some(step) = chance.step(&with.model) else {
            continue;
        };
        // Rows that came while a ruling's change stood are what the ruling called for, also behind it in one
        // report.
        let changed_by = |model: &Model, row: &Row| model.record(row.name())?.current().changed_by;
        let rows = if let Step::Report(rows) = &step {
            rows.clone()
        } else {
            Vec::new()
        };
        reacted.extend(rows.iter().filter_map(|row| changed_by(&with.model, row)));
        with.go(step);
        let after = rows.iter().filter_map(|row| changed_by(&with.model, row));
        reacted.extend(after.filter(|ruling| rows.iter().any(|row| row.name() == *ruling)));
    }
    let names: Vec<RecordName> = with.model.records.iter().map(|one| one.name).collect();
    let names: Vec<RecordName> = names.into_iter().filter(|name| !reacted.contains(name)).collect();
    let Some(gone) = chance.some(&names) else {
        return with.world.end();
    };
    let about_it = with.model.records.iter().filter(|one| {
        let target = one.current().row.target;
        target.is_some_and(|of| (of.kind, of.body, of.number) == (gone.kind, gone.body, gone.number))
    });
    let about_it: BTreeSet<RecordName> = about_it.map(|one| one.name).collect();
    with.go(Step::End(gone, End::Withdrawn, "据三"));
    let trace = by_service(&with.world, &with.model);
    let (_, shown) = trace
        .records
        .iter()
        .find(|(name, _)| *name == gone)
        .expect("it is still there");
    assert_eq!(shown.end.as_ref().map(|end| end.0), Some(End::Withdrawn));
    let mut never = History::new(seed);
    for (step, outcomes) in &with.steps {
        if let Some(step) = without(step, outcomes, gone) {
            never.go(step);
        }
    }
    let told = || format!("{}\nwithout {gone:?}:{}", with.told(), never.told());
    let (one, other) = (
        trace.without(gone, &about_it),
        by_service(&never.world, &never.model),
    );
    same(&one, &other.without(gone, &about_it), &told);
    with.world.end();
    never.world.end();
}

#[test]
fn a_withdrawn_record_leaves_the_world_in_which_it_never_was() {
    histories(retraction);
}
