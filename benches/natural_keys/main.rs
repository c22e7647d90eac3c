//! Natural keys in the table of snapshots and in an index in memory, asked as the recorder asks them.
//!
//! `cargo bench --bench natural_keys [-- --keys N]`; N is 200,000 unless given. What follows from the
//! figures: `docs/adr/0005-natural-keys.md`.

use std::collections::HashMap;
use std::hint::black_box;

use bytes::Bytes;
use credence::domain::hash::hash16;
use credence::domain::revision::{Epoch, Place, Revision};
use credence::store::on_disk::OnDisk;
use credence::store::{Change, Head, Tables as _, View, keys};

const KEYS: u64 = 200_000;
const KEYS_PER_GROUP: u64 = 500;
const LOOKUPS: u64 = 200_000;
/// Coprime to any number of keys that is no multiple of it, so that lookups hop about.
const STRIDE: u64 = 7_919;

fn main() {
    let count = count();
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder");
    let tables =
        OnDisk::open(&folder.path().join("tables"), credence::clock::monotonic()).expect("new tables");
    for first in (0..count).step_by(usize::try_from(KEYS_PER_GROUP).expect("small")) {
        let numbers = first..count.min(first + KEYS_PER_GROUP);
        let changes: Vec<Change> = numbers.map(snapshot).collect();
        tables.apply(head(first + 1), &changes).expect("applied");
    }
    let view = tables.view().expect("a view");
    let clock = credence::clock::monotonic();
    let begin = clock();
    let index = built(&*view);
    let build = clock() - begin;
    assert_eq!(index.len() as u64, count);

    println!("{count} natural keys, one snapshot each");
    let known = |asked: u64| natural(asked * STRIDE % count);
    let unknown = |asked: u64| natural(count + asked);
    for (what, key) in [
        ("a known key", &known as &dyn Fn(u64) -> [u8; 16]),
        ("a new key", &unknown),
    ] {
        let table = per_lookup(|asked| in_table(&*view, &key(asked)));
        let memory = per_lookup(|asked| in_memory(&index, &key(asked)));
        println!(
            "  {what:<12} table {table:>7.2} us, memory {memory:>7.2} us, saved {:>7.2} us per record",
            table - memory
        );
    }
    let entry = size_of::<([u8; 16], (Revision, Vec<[u8; 16]>))>() + 16;
    println!(
        "  building the index takes {:.2} s at each start, and at least {} KiB",
        build.as_secs_f64(),
        index.capacity() * entry / 1_024
    );
}

fn count() -> u64 {
    let arguments: Vec<String> = std::env::args().collect();
    let place = arguments.iter().position(|argument| argument == "--keys");
    place.map_or(KEYS, |place| {
        let number = arguments.get(place + 1).and_then(|text| text.parse().ok());
        number.expect("--keys takes a number")
    })
}

fn natural(number: u64) -> [u8; 16] {
    hash16(b"bench", &[&number.to_be_bytes()])
}

fn snapshot(number: u64) -> Change {
    Change::Put {
        table: keys::SNAPSHOT,
        key: keys::snapshot_key(&natural(number), 1),
        value: keys::snapshot_value(Revision(number + 1), &natural(!number)),
    }
}

fn head(revision: u64) -> Head {
    Head {
        place: Place {
            epoch: Epoch(1),
            revision: Revision(revision),
        },
        hash: [0; 32],
    }
}

/// As the recorder decides a row: is the key known, and if so, is this content one of its snapshots.
fn in_table(view: &dyn View, natural: &[u8; 16]) -> Option<Revision> {
    let first = view
        .get(keys::SNAPSHOT, &keys::snapshot_key(natural, 1))
        .expect("readable")?;
    let found = view
        .scan(keys::SNAPSHOT, &keys::snapshots_of(natural), 64)
        .expect("readable");
    let content = found.rows.iter().map(|(_, value)| keys::snapshot_content(value));
    black_box(content.last());
    Some(keys::revision_value(&first))
}

type Index = HashMap<[u8; 16], (Revision, Vec<[u8; 16]>)>;

fn in_memory(index: &Index, natural: &[u8; 16]) -> Option<Revision> {
    let (first, contents) = index.get(natural)?;
    black_box(contents.last());
    Some(*first)
}

/// Reads the whole table, as a start would have to.
fn built(view: &dyn View) -> Index {
    let mut index = Index::new();
    let mut range = credence::store::KeyRange {
        from: Bytes::new(),
        until: None,
    };
    loop {
        let page = view.scan(keys::SNAPSHOT, &range, 1_000).expect("readable");
        for (key, value) in &page.rows {
            let natural: [u8; 16] = key[..16].try_into().expect("a natural key");
            let entry = index.entry(natural).or_default();
            entry.0 = keys::revision_value(value);
            entry.1.push(keys::snapshot_content(value));
        }
        match page.rows.last() {
            Some((key, _)) if page.more => range.from = [&key[..], &[0]].concat().into(),
            Some(_) | None => return index,
        }
    }
}

/// Microseconds of one lookup, key included on both sides.
fn per_lookup(look: impl Fn(u64) -> Option<Revision>) -> f64 {
    let clock = credence::clock::monotonic();
    let begin = clock();
    for asked in 0..LOOKUPS {
        black_box(look(asked));
    }
    (clock() - begin).as_secs_f64() * 1e6 / LOOKUPS as f64
}
