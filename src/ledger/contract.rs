//! What every adapter of the port promises; each test runs on each adapter.

use std::sync::Arc;

use bytes::Bytes;
use tempfile::TempDir;

use super::file::{Folder, RealFolder};
use super::simulated::SimulatedFolder;
use super::{AppendError, Body, Frame, InMemory, Ledger, OnDisk, Options};
use super::{KIND_LEDGER_OPENED, frame::FrameKind};
use crate::domain::revision::{Epoch, Instant, Place, Revision};
use crate::store::Head;

const ID: [u8; 16] = [7; 16];
const NOW: Instant = Instant(1_700_000_000_000_000_000);
/// Small, so that the groups of a test lie in several segments.
const OPTIONS: Options = Options {
    segment_size: 4_096,
    disk_reserve: 0,
};

/// Runs each named contract on each adapter.
macro_rules! on_each_adapter {
    ($($contract:ident),* $(,)?) => {
        mod in_memory {
            $(#[test] fn $contract() { super::$contract(&mut super::InMemory::new(super::ID, super::NOW)); })*
        }
        mod on_a_simulated_disk {
            $(#[test] fn $contract() { super::$contract(&mut super::on_a_simulated_disk()); })*
        }
        mod on_disk {
            $(#[test] fn $contract() {
                let (mut ledger, _folder) = super::on_disk_in_new_folder();
                super::$contract(&mut ledger);
            })*
        }
    };
}

on_each_adapter!(
    a_new_ledger_holds_the_fact_that_opened_it,
    revisions_follow_without_a_gap_and_each_group_bears_the_hash_before_it,
    an_append_that_expects_another_head_is_told_where_the_ledger_stands,
    pages_give_every_group_once_and_in_order,
    reading_from_inside_a_group_gives_that_group,
    a_group_bears_its_instant_and_the_ledger_that_of_the_last,
    a_fact_is_found_by_its_revision_with_the_instant_of_its_group,
    a_reader_taken_earlier_sees_later_groups,
    a_closed_ledger_takes_nothing_and_is_still_read,
);

fn opened(folder: Arc<dyn Folder>) -> OnDisk {
    let opened = OnDisk::open(folder, OPTIONS, ID, NOW, None, |_| {});
    opened.expect("a new ledger").ledger
}

fn on_a_simulated_disk() -> OnDisk {
    opened(Arc::new(SimulatedFolder::default()))
}

fn on_disk_in_new_folder() -> (OnDisk, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = RealFolder::open(&folder.path().join("ledger")).expect("a folder");
    (opened(Arc::new(files)), folder)
}

fn body(number: u64) -> Body {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.resize(90, 0x2e);
    Body {
        kind: 99,
        version: 1,
        bytes: Bytes::from(bytes),
    }
}

fn at(number: u64) -> Instant {
    Instant(NOW.0 + i64::try_from(number).expect("few groups"))
}

/// Appends groups of one, two and three facts in turn, each a nanosecond after the one before.
fn fill(ledger: &mut dyn Ledger, groups: u64) -> Vec<Head> {
    (1..=groups)
        .map(|number| {
            let bodies: Vec<Body> = (0..=number % 3).map(|place| body(10 * number + place)).collect();
            ledger
                .append(ledger.head(), at(number), &bodies)
                .expect("nothing is in the way")
        })
        .collect()
}

fn all(ledger: &dyn Ledger) -> Vec<Arc<Frame>> {
    ledger.read(Revision(1), usize::MAX).expect("readable")
}

fn a_new_ledger_holds_the_fact_that_opened_it(ledger: &mut dyn Ledger) {
    assert_eq!(ledger.id(), ID);
    let place = Place {
        epoch: Epoch(1),
        revision: Revision(1),
    };
    assert_eq!(ledger.head().place, place);
    let groups = all(ledger);
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].hash, ledger.head().hash);
    let kinds: Vec<u16> = groups[0].bodies.iter().map(|body| body.kind).collect();
    assert_eq!(kinds, [KIND_LEDGER_OPENED]);
    assert_eq!(ledger.closed_to_writes(), None);
}

fn revisions_follow_without_a_gap_and_each_group_bears_the_hash_before_it(ledger: &mut dyn Ledger) {
    let heads = fill(ledger, 60);
    let groups = all(ledger);
    assert_eq!(groups.len(), 61);
    let (mut next, mut previous) = (Revision(1), [0; 32]);
    for frame in &groups {
        assert_eq!((frame.first, frame.previous), (next, previous));
        assert_eq!((frame.kind, frame.epoch), (FrameKind::Group, Epoch(1)));
        (next, previous) = (frame.last().plus(1), frame.hash);
    }
    for (frame, head) in groups[1..].iter().zip(&heads) {
        assert_eq!((frame.last(), frame.hash), (head.place.revision, head.hash));
    }
    assert_eq!(ledger.head(), heads[59]);
}

fn an_append_that_expects_another_head_is_told_where_the_ledger_stands(ledger: &mut dyn Ledger) {
    let before = ledger.head();
    fill(ledger, 1);
    let now = ledger.head();
    let stale = ledger.append(before, at(2), &[body(1)]);
    assert!(
        matches!(stale, Err(AppendError::Moved(head)) if head == now),
        "{stale:?}"
    );
    let other = Head { hash: [1; 32], ..now };
    let other = ledger.append(other, at(2), &[body(1)]);
    assert!(matches!(other, Err(AppendError::Moved(head)) if head == now));
    assert_eq!((ledger.head(), all(ledger).len()), (now, 2));
    assert_eq!(ledger.instant(), at(1));
    ledger.append(now, at(2), &[body(1)]).expect("it goes on");
}

fn pages_give_every_group_once_and_in_order(ledger: &mut dyn Ledger) {
    fill(ledger, 23);
    let whole = all(ledger);
    for size in [1, 2, 7, 24, 100] {
        let mut pages = Vec::new();
        let mut next = Revision(1);
        loop {
            let page = ledger.read(next, size).expect("readable");
            assert!(page.len() <= size);
            let Some(last) = page.last() else { break };
            next = last.last().plus(1);
            pages.extend(page);
        }
        assert_eq!(pages, whole, "pages of {size}");
    }
    assert!(ledger.read(Revision(1), 0).expect("readable").is_empty());
}

fn reading_from_inside_a_group_gives_that_group(ledger: &mut dyn Ledger) {
    fill(ledger, 5);
    for frame in all(ledger) {
        for revision in frame.first.0..=frame.last().0 {
            let found = ledger.read(Revision(revision), 1).expect("readable");
            assert_eq!(found, std::slice::from_ref(&frame), "revision {revision}");
        }
    }
    let beyond = ledger.head().place.revision.plus(1);
    assert!(ledger.read(beyond, 1).expect("readable").is_empty());
    assert_eq!(ledger.reader().group(beyond).expect("readable"), None);
}

fn a_group_bears_its_instant_and_the_ledger_that_of_the_last(ledger: &mut dyn Ledger) {
    assert_eq!(ledger.instant(), NOW);
    fill(ledger, 3);
    // Two groups of one instant are welcome: the clock may stand.
    ledger.append(ledger.head(), at(3), &[body(1)]).expect("appended");
    let instants: Vec<Instant> = all(ledger).iter().map(|frame| frame.instant).collect();
    assert_eq!(instants, [NOW, at(1), at(2), at(3), at(3)]);
    assert_eq!(ledger.instant(), at(3));
}

fn a_fact_is_found_by_its_revision_with_the_instant_of_its_group(ledger: &mut dyn Ledger) {
    fill(ledger, 4);
    let reader = ledger.reader();
    for (number, frame) in all(ledger).iter().enumerate().skip(1) {
        for (place, body) in frame.bodies.iter().enumerate() {
            let fact = reader.fact(frame.first.plus(place as u64)).expect("readable");
            assert_eq!(fact, Some((body.clone(), at(number as u64))));
        }
    }
    let beyond = ledger.head().place.revision.plus(1);
    assert_eq!(reader.fact(beyond).expect("readable"), None);
}

fn a_reader_taken_earlier_sees_later_groups(ledger: &mut dyn Ledger) {
    let reader = ledger.reader();
    fill(ledger, 2);
    let head = ledger.head();
    let last = reader.group(head.place.revision).expect("readable");
    assert_eq!(last.map(|frame| frame.hash), Some(head.hash));
}

fn a_closed_ledger_takes_nothing_and_is_still_read(ledger: &mut dyn Ledger) {
    fill(ledger, 2);
    ledger.close().expect("nothing is in the way");
    let late = ledger.append(ledger.head(), at(3), &[body(1)]);
    assert!(matches!(late, Err(AppendError::OutcomeUnknown(_))), "{late:?}");
    assert_eq!(all(ledger).len(), 3);
}

/// What one adapter says of its groups holds for the others: the hashes do not know where they lie.
#[test]
fn the_same_groups_make_the_same_chain_on_each_adapter() {
    let heads = fill(&mut InMemory::new(ID, NOW), 40);
    assert_eq!(heads, fill(&mut on_a_simulated_disk(), 40));
    let (mut ledger, _folder) = on_disk_in_new_folder();
    assert_eq!(heads, fill(&mut ledger, 40));
}
