//! What every adapter of the port promises; each test runs on each adapter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tempfile::TempDir;

use super::digest::TableDigest;
use super::in_memory::InMemory;
use super::on_disk::{Monotonic, OnDisk};
use super::{Change, Head, KEY_SIZE_MAX, KeyRange, Rows, Table, Tables, View};
use crate::domain::revision::{Epoch, Place, Revision};

/// Runs each named contract on each adapter.
macro_rules! on_each_adapter {
    ($($contract:ident),* $(,)?) => {
        mod in_memory {
            $(#[test] fn $contract() { super::$contract(&super::InMemory::new()); })*
        }
        mod on_disk {
            $(#[test] fn $contract() {
                let (tables, _folder) = super::on_disk_in_new_folder();
                super::$contract(&tables);
            })*
        }
    };
}

on_each_adapter!(
    empty_tables_reflect_nothing,
    rows_come_back_by_key_and_in_order,
    tables_do_not_see_each_other,
    pages_give_every_row_once,
    an_empty_or_inverted_range_holds_nothing,
    a_deleted_row_is_gone,
    the_last_change_of_a_key_in_a_group_counts,
    reflects_and_digest_move_with_the_group,
    a_view_held_across_1000_groups_answers_the_same,
    views_of_different_ages_show_each_its_own_state,
    a_group_is_visible_whole_or_not_at_all_while_groups_are_written,
);

/// A monotonic reading that stands still.
pub(super) fn standing() -> Monotonic {
    Arc::new(|| Duration::ZERO)
}

pub(super) fn on_disk_in_new_folder() -> (OnDisk, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let tables = OnDisk::open(&folder.path().join("tables"), standing()).unwrap();
    (tables, folder)
}

pub(super) fn head(revision: u64) -> Head {
    let mut hash = [0xa5; 32];
    hash[24..].copy_from_slice(&revision.to_be_bytes());
    Head {
        place: Place {
            epoch: Epoch(1),
            revision: Revision(revision),
        },
        hash,
    }
}

pub(super) fn put(table: u8, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Change {
    let (key, value) = (
        Bytes::copy_from_slice(key.as_ref()),
        Bytes::copy_from_slice(value.as_ref()),
    );
    Change::Put {
        table: Table(table),
        key,
        value,
    }
}

pub(super) fn delete(table: u8, key: impl AsRef<[u8]>) -> Change {
    Change::Delete {
        table: Table(table),
        key: Bytes::copy_from_slice(key.as_ref()),
    }
}

fn range(from: &[u8], until: Option<&[u8]>) -> KeyRange {
    KeyRange {
        from: Bytes::copy_from_slice(from),
        until: until.map(Bytes::copy_from_slice),
    }
}

pub(super) fn whole_table(view: &dyn View, table: u8) -> Vec<(Bytes, Bytes)> {
    let rows = view.scan(Table(table), &range(&[], None), usize::MAX).unwrap();
    assert!(!rows.more, "no row is left out by a scan without a limit");
    rows.rows
}

fn texts(rows: &[(Bytes, Bytes)]) -> Vec<(&str, &str)> {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    rows.iter().map(|(key, value)| (text(key), text(value))).collect()
}

/// What the tables ought to hold: (table, key) to value.
pub(super) type Model = BTreeMap<(u8, Bytes), Bytes>;

pub(super) fn fold(model: &mut Model, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Put { table, key, value } => model.insert((table.0, key.clone()), value.clone()),
            Change::Delete { table, key } => model.remove(&(table.0, key.clone())),
        };
    }
}

pub(super) fn digest_of(model: &Model) -> [u8; 32] {
    let mut digest = TableDigest::default();
    for ((table, key), value) in model {
        digest.add(Table(*table), key, value);
    }
    digest.to_bytes()
}

/// Compares every row of the named tables, by scan and by key.
#[track_caller]
pub(super) fn assert_shows(view: &dyn View, model: &Model, tables: &[u8]) {
    for table in tables {
        let of_table = model.iter().filter(|((owner, _), _)| owner == table);
        let expected: Vec<(Bytes, Bytes)> = of_table
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect();
        assert_eq!(whole_table(view, *table), expected, "table {table}");
        for (key, value) in &expected {
            assert_eq!(
                view.get(Table(*table), key).unwrap().as_ref(),
                Some(value),
                "table {table}, key {key:?}"
            );
        }
    }
}

fn empty_tables_reflect_nothing(tables: &dyn Tables) {
    assert_eq!(tables.reflects(), None);
    assert_eq!(tables.digest(), [0; 32]);
    let view = tables.view().unwrap();
    assert_eq!(view.head(), None);
    assert_eq!(view.get(Table(0), b"").unwrap(), None);
    assert_eq!(whole_table(&*view, 0), []);
}

fn rows_come_back_by_key_and_in_order(tables: &dyn Tables) {
    tables
        .apply(
            head(1),
            &[
                put(1, "b", "2"),
                put(1, "c", "3"),
                put(1, "a", "1"),
                put(1, "", "0"),
            ],
        )
        .unwrap();
    let view = tables.view().unwrap();
    assert_eq!(view.get(Table(1), b"b").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(view.get(Table(1), b"bb").unwrap(), None);
    assert_eq!(
        texts(&whole_table(&*view, 1)),
        [("", "0"), ("a", "1"), ("b", "2"), ("c", "3")]
    );
    let from_b = view.scan(Table(1), &range(b"b", None), 9).unwrap();
    assert_eq!(
        texts(&from_b.rows),
        [("b", "2"), ("c", "3")],
        "the lower end is part of a range"
    );
    let to_c = view.scan(Table(1), &range(b"aa", Some(b"c")), 9).unwrap();
    assert_eq!(texts(&to_c.rows), [("b", "2")], "the upper end is not");
}

fn tables_do_not_see_each_other(tables: &dyn Tables) {
    let longest = [0xff; KEY_SIZE_MAX - 1];
    let mut changes = Vec::new();
    for table in [0, 1, 2, 254, 255] {
        changes.extend([put(table, "", [table]), put(table, longest, [table])]);
    }
    tables.apply(head(1), &changes).unwrap();
    let view = tables.view().unwrap();
    for table in [0, 1, 2, 254, 255] {
        let value = Bytes::copy_from_slice(&[table]);
        let expected = [
            (Bytes::new(), value.clone()),
            (Bytes::copy_from_slice(&longest), value),
        ];
        assert_eq!(whole_table(&*view, table), expected);
    }
    assert_eq!(whole_table(&*view, 3), []);
    assert_eq!(whole_table(&*view, 253), []);
}

fn pages_give_every_row_once(tables: &dyn Tables) {
    let keys: Vec<String> = (0..10).map(|number| format!("{number:02}")).collect();
    let changes: Vec<Change> = keys.iter().map(|key| put(5, key, key)).collect();
    tables.apply(head(1), &changes).unwrap();
    let view = tables.view().unwrap();
    // Later groups take rows away and bring others, also at the borders of pages.
    tables
        .apply(
            head(2),
            &[
                delete(5, "00"),
                delete(5, "03"),
                delete(5, "09"),
                put(5, "035", "new"),
            ],
        )
        .unwrap();
    tables
        .apply(
            head(3),
            &[put(5, "03", "again"), put(5, "99", "new"), delete(5, "04")],
        )
        .unwrap();
    for page_size in 1..=12 {
        let mut seen = Vec::new();
        let mut from = Bytes::new();
        loop {
            let asked = KeyRange {
                from: from.clone(),
                until: None,
            };
            let Rows { rows, more } = view.scan(Table(5), &asked, page_size).unwrap();
            assert!(rows.len() == page_size || !more, "only the last page is short");
            seen.extend(
                rows.iter()
                    .map(|(key, _)| String::from_utf8(key.to_vec()).unwrap()),
            );
            let Some((last, _)) = rows.last().filter(|_| more) else {
                break;
            };
            from = [last, &[0][..]].concat().into();
        }
        assert_eq!(seen, keys, "pages of {page_size}");
    }
    assert_eq!(
        view.scan(Table(5), &range(&[], None), 0).unwrap(),
        Rows {
            rows: vec![],
            more: true
        }
    );
}

fn an_empty_or_inverted_range_holds_nothing(tables: &dyn Tables) {
    tables
        .apply(head(1), &[put(1, "a", "1"), put(1, "b", "2")])
        .unwrap();
    let view = tables.view().unwrap();
    for (from, until) in [("b", "b"), ("b", "a"), ("c", "d"), ("", "")] {
        let found = view
            .scan(Table(1), &range(from.as_bytes(), Some(until.as_bytes())), 9)
            .unwrap();
        assert_eq!(found, Rows::default(), "from {from:?} until {until:?}");
    }
}

fn a_deleted_row_is_gone(tables: &dyn Tables) {
    tables
        .apply(head(1), &[put(1, "a", "1"), put(1, "b", "2")])
        .unwrap();
    let before = tables.digest();
    tables
        .apply(head(2), &[put(1, "c", "3"), delete(1, "absent")])
        .unwrap();
    tables.apply(head(3), &[delete(1, "c")]).unwrap();
    let view = tables.view().unwrap();
    assert_eq!(view.get(Table(1), b"c").unwrap(), None);
    assert_eq!(texts(&whole_table(&*view, 1)), [("a", "1"), ("b", "2")]);
    assert_eq!(
        tables.digest(),
        before,
        "equal rows have equal digests, whatever was there between"
    );
}

fn the_last_change_of_a_key_in_a_group_counts(tables: &dyn Tables) {
    let before = tables.view().unwrap();
    let changes = [
        put(1, "a", "1"),
        put(1, "a", "2"),
        put(1, "b", "1"),
        delete(1, "b"),
        delete(1, "c"),
        put(1, "c", "3"),
    ];
    tables.apply(head(1), &changes).unwrap();
    assert_eq!(
        texts(&whole_table(&*tables.view().unwrap(), 1)),
        [("a", "2"), ("c", "3")]
    );
    assert_eq!(whole_table(&*before, 1), []);
    let mut model = Model::new();
    fold(&mut model, &changes);
    assert_eq!(tables.digest(), digest_of(&model));
}

fn reflects_and_digest_move_with_the_group(tables: &dyn Tables) {
    let mut model = Model::new();
    for revision in [1, 4, 5, 1_000] {
        let changes = [
            put(1, revision.to_string(), "x"),
            put(2, "last", revision.to_string()),
        ];
        let earlier = tables.view().unwrap();
        let earlier_head = tables.reflects();
        tables.apply(head(revision), &changes).unwrap();
        fold(&mut model, &changes);
        assert_eq!(tables.reflects(), Some(head(revision)));
        assert_eq!(tables.view().unwrap().head(), Some(head(revision)));
        assert_eq!(earlier.head(), earlier_head, "a view stays where it was opened");
        assert_eq!(tables.digest(), digest_of(&model));
        assert_eq!(tables.digest_at(), Some((head(revision), digest_of(&model))));
    }
    let digest = tables.digest();
    tables.apply(head(1_001), &[]).unwrap();
    assert_eq!(
        (tables.reflects(), tables.digest()),
        (Some(head(1_001)), digest),
        "a group may change no table"
    );
}

fn a_view_held_across_1000_groups_answers_the_same(tables: &dyn Tables) {
    let mut model = Model::new();
    let start: Vec<Change> = (0..100_u8).step_by(2).map(|key| put(1, [key], "start")).collect();
    tables.apply(head(1), &start).unwrap();
    fold(&mut model, &start);
    let view = tables.view().unwrap();
    for group in 2..=1_001_u64 {
        let key = |step: u64| [u8::try_from(group * step % 100).unwrap()];
        let changes = [
            put(1, key(7), group.to_string()),
            delete(1, key(11)),
            put(2, key(3), "x"),
            put(1, key(1), "y"),
        ];
        tables.apply(head(group), &changes).unwrap();
        if group % 50 == 0 {
            assert_shows(&*view, &model, &[1, 2]);
        }
        assert_eq!(view.get(Table(1), &[4]).unwrap().as_deref(), Some(&b"start"[..]));
        assert_eq!(view.get(Table(1), &[5]).unwrap(), None);
    }
    assert_shows(&*view, &model, &[1, 2]);
    assert_eq!(view.head(), Some(head(1)));
}

fn views_of_different_ages_show_each_its_own_state(tables: &dyn Tables) {
    let mut model = Model::new();
    let mut views: Vec<(Arc<dyn View>, Model)> = vec![(tables.view().unwrap(), Model::new())];
    for group in 1..=60_u64 {
        let key = |step: u64| [u8::try_from(group * step % 9).unwrap()];
        let changes = [
            put(1, key(2), group.to_string()),
            delete(1, key(5)),
            put(1, key(4), []),
        ];
        tables.apply(head(group), &changes).unwrap();
        fold(&mut model, &changes);
        views.push((tables.view().unwrap(), model.clone()));
        if group % 3 == 0 {
            // Views go in no particular order, the oldest among them.
            views.remove(usize::try_from(group).unwrap() % views.len());
            views.remove(0);
        }
        for (view, shown) in &views {
            assert_shows(&**view, shown, &[1]);
        }
    }
}

/// Each group writes its revision into some rows and takes the others away; a state that mixes two groups
/// would show two revisions, or a row too many or too few.
fn a_group_is_visible_whole_or_not_at_all_while_groups_are_written(tables: &dyn Tables) {
    const GROUPS: u64 = 150;
    let rows_of = |revision: u64| (0..60_u64).filter(move |row| !(row + revision).is_multiple_of(3));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut views_seen = 0_u64;
                    while !done.load(Ordering::Acquire) || views_seen == 0 {
                        let view = tables.view().unwrap();
                        let Some(shown) = view.head() else { continue };
                        let revision = shown.place.revision.0;
                        let stamp = Bytes::copy_from_slice(&revision.to_be_bytes());
                        let expected: Vec<(Bytes, Bytes)> = rows_of(revision)
                            .map(|row| (Bytes::copy_from_slice(&row.to_be_bytes()), stamp.clone()))
                            .collect();
                        assert_eq!(whole_table(&*view, 1), expected, "revision {revision}");
                        for row in 0..60_u64 {
                            let there = view.get(Table(1), &row.to_be_bytes()).unwrap();
                            assert_eq!(
                                there.is_some(),
                                (row + revision) % 3 != 0,
                                "row {row} at {revision}"
                            );
                            assert!(
                                there.is_none_or(|value| value == stamp),
                                "row {row} at {revision}"
                            );
                        }
                        views_seen += 1;
                    }
                    views_seen
                })
            })
            .collect();
        for revision in 1..=GROUPS {
            let changes: Vec<Change> = (0..60_u64)
                .map(|row| match (row + revision) % 3 {
                    0 => delete(1, row.to_be_bytes()),
                    _ => put(1, row.to_be_bytes(), revision.to_be_bytes()),
                })
                .collect();
            tables.apply(head(revision), &changes).unwrap();
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
}

#[derive(Clone, Debug)]
enum Step {
    Apply(Vec<Change>),
    OpenView,
    CloseView(usize),
    Reopen,
}

fn any_change() -> impl Strategy<Value = Change> {
    let table = prop::sample::select(vec![0_u8, 1, 2, 255]);
    let key = prop::collection::vec(prop::sample::select(vec![0_u8, 1, 0x7f, 0xff]), 0..4);
    let value = prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 0..40));
    (table, key, value).prop_map(|(table, key, value)| match value {
        Some(value) => put(table, key, value),
        None => delete(table, key),
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => prop::collection::vec(any_change(), 0..30).prop_map(Step::Apply),
        4 => Just(Step::OpenView),
        3 => any::<prop::sample::Index>().prop_map(|index| Step::CloseView(index.index(8))),
        1 => Just(Step::Reopen),
    ]
}

/// Runs the steps on both adapters and on a plain map; views and digests must agree all the time.
fn run_on_both(steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tables");
    let in_memory = InMemory::new();
    let mut on_disk = OnDisk::open(&path, standing()).unwrap();
    let mut model = Model::new();
    type Watched = (Arc<dyn View>, Arc<dyn View>, Model);
    let mut views: Vec<Watched> = Vec::new();
    let mut revision = 0;
    for step in steps {
        match step {
            Step::Apply(changes) => {
                revision += 1;
                in_memory.apply(head(revision), changes).unwrap();
                on_disk.apply(head(revision), changes).unwrap();
                fold(&mut model, changes);
            }
            Step::OpenView => views.push((in_memory.view().unwrap(), on_disk.view().unwrap(), model.clone())),
            Step::CloseView(index) if *index < views.len() => drop(views.swap_remove(*index)),
            Step::CloseView(_) => {}
            Step::Reopen => {
                views.clear();
                drop(on_disk);
                on_disk = OnDisk::open(&path, standing()).unwrap();
            }
        }
        assert_eq!(in_memory.digest(), digest_of(&model));
        assert_eq!(on_disk.digest(), digest_of(&model));
        assert_eq!(on_disk.reflects(), in_memory.reflects());
        for (in_memory, on_disk, shown) in &views {
            assert_shows(&**in_memory, shown, &[0, 1, 2, 3, 255]);
            assert_shows(&**on_disk, shown, &[0, 1, 2, 3, 255]);
        }
    }
    views.clear();
    drop(on_disk);
    let reopened = OnDisk::open(&path, standing()).unwrap();
    assert_eq!(
        (reopened.digest(), reopened.reflects()),
        (digest_of(&model), in_memory.reflects())
    );
    assert_shows(&*reopened.view().unwrap(), &model, &[0, 1, 2, 3, 255]);
}

/// The seed of this run: from the variable `PROPTEST_RNG_SEED`, else drawn; printed for the next run.
pub(super) fn seed() -> u64 {
    let seed = match Config::default().rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => rand::random(),
    };
    eprintln!("seed: PROPTEST_RNG_SEED={seed}");
    seed
}

#[test]
fn both_adapters_agree_with_a_plain_map_after_any_steps_and_after_reopening() {
    let rng_seed = RngSeed::Fixed(seed());
    let config = Config {
        cases: 40,
        failure_persistence: None,
        rng_seed,
        ..Config::default()
    };
    let steps = prop::collection::vec(any_step(), 1..40);
    let agreed = TestRunner::new(config).run(&steps, |steps| {
        run_on_both(&steps);
        Ok(())
    });
    agreed.unwrap();
}
