//! The disk by itself: the groups that a ledger holds, and what writing them durably takes at the least.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use credence::ledger::file::{Folder as _, RealFolder};
use credence::ledger::{scan, segment};
use credence::recorder::Monotonic;
use tempfile::TempDir;

/// A folder beside the build's results, hence on the disk that the project lies on.
pub fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder")
}

/// Bytes of all files below a folder.
pub fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let sizes = entries.map(|entry| {
        let entry = entry.expect("readable");
        let about = entry.metadata().expect("readable");
        if about.is_dir() {
            size(&entry.path())
        } else {
            about.len()
        }
    });
    sizes.sum()
}

/// The bytes of each group of a stopped server's ledger, in order.
pub fn groups(folder: &Path) -> Vec<Vec<u8>> {
    let folder = RealFolder::open(&folder.join("ledger")).expect("a ledger");
    let found = scan::scan(&folder, |_| {}).expect("readable");
    assert!(found.damage.is_none(), "a stopped ledger is whole");
    let bytes = |group: &scan::GroupAt| {
        let mut bytes = vec![0; group.size as usize];
        let file = folder.open(&segment::name(group.segment)).expect("a segment");
        file.read_at(group.offset, &mut bytes).expect("readable");
        bytes
    };
    found.groups.iter().map(bytes).collect()
}

/// A file that is zeroed and synced beforehand, as segments are, and written from its beginning.
pub struct Disk {
    file: File,
    offset: u64,
    clock: Monotonic,
}

impl Disk {
    pub fn preallocated(folder: &Path, size: usize) -> Self {
        let file = File::create(folder.join("raw")).expect("a file");
        let zeroes = vec![0; 1 << 20];
        for place in 0..=size / zeroes.len() {
            let offset = (place * zeroes.len()) as u64;
            file.write_all_at(&zeroes, offset).expect("written");
        }
        file.sync_all().expect("synced");
        Self {
            file,
            offset: 0,
            clock: credence::clock::monotonic(),
        }
    }

    /// Writes bytes behind the ones before and returns how long it took until they were durable.
    pub fn append(&mut self, bytes: &[u8]) -> Duration {
        let begin = (self.clock)();
        self.file.write_all_at(bytes, self.offset).expect("written");
        self.file.sync_data().expect("synced");
        self.offset += bytes.len() as u64;
        (self.clock)() - begin
    }
}
