//! The reading end of a ledger.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytes::Bytes;

use crate::domain::revision::Revision;

use super::file::{File, Folder};
use super::frame::{self, Frame};
use super::port::Groups;
use super::scan::GroupAt;
use super::segment;

/// How many bytes of groups a reader keeps. Settling a grade reads facts of a subject from all over the
/// ledger, and each that is not kept costs the reading and hashing of its whole group.
const CACHED_SIZE_MAX: u64 = 64 << 20;
/// What a kept group takes beside its bytes, and for each of its facts.
const CACHED_OVERHEAD: u64 = 256;
const CACHED_OVERHEAD_PER_FACT: u64 = 48;

/// The reading end: groups by revision, checked against their hash each time they leave the disk.
pub struct Reader {
    folder: Arc<dyn Folder>,
    groups: RwLock<Vec<GroupAt>>,
    files: Mutex<BTreeMap<u32, Arc<dyn File>>>,
    cache: Mutex<Cache>,
}

impl Reader {
    pub(super) fn new(folder: Arc<dyn Folder>, groups: Vec<GroupAt>) -> Self {
        Self {
            folder,
            groups: RwLock::new(groups),
            files: Mutex::new(BTreeMap::new()),
            cache: Mutex::default(),
        }
    }

    pub(super) fn add(&self, group: GroupAt) {
        self.groups
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(group);
    }

    /// Where the group that holds `revision` stands; `None` beyond the end.
    #[must_use]
    pub fn locate(&self, revision: Revision) -> Option<GroupAt> {
        let groups = self.groups.read().unwrap_or_else(PoisonError::into_inner);
        let place = groups.partition_point(|group| group.last < revision);
        groups.get(place).filter(|group| group.first <= revision).copied()
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, number: u32) -> io::Result<Arc<dyn File>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&number) {
            return Ok(Arc::clone(file));
        }
        let file = self.folder.open(&segment::name(number))?;
        files.insert(number, Arc::clone(&file));
        Ok(file)
    }
}

impl Groups for Reader {
    fn group(&self, revision: Revision) -> io::Result<Option<Arc<Frame>>> {
        let Some(at) = self.locate(revision) else {
            return Ok(None);
        };
        let kept = self.cache().get(at.first);
        if kept.is_some() {
            return Ok(kept);
        }
        let frame = Arc::new(read_frame(&*self.file(at.segment)?, at.offset, at.size)?);
        self.cache().put(at.first, &frame, u64::from(at.size));
        Ok(Some(frame))
    }
}

/// Groups that were read, the least recently used first to go.
#[derive(Default)]
struct Cache {
    /// By first revision: the group, its size, and when it was used.
    groups: HashMap<Revision, (Arc<Frame>, u64, u64)>,
    /// First revisions by when they were used.
    uses: BTreeMap<u64, Revision>,
    size: u64,
    clock: u64,
}

impl Cache {
    fn get(&mut self, first: Revision) -> Option<Arc<Frame>> {
        self.clock += 1;
        let (frame, _, used) = self.groups.get_mut(&first)?;
        self.uses.remove(used);
        *used = self.clock;
        self.uses.insert(self.clock, first);
        Some(Arc::clone(frame))
    }

    fn put(&mut self, first: Revision, frame: &Arc<Frame>, bytes: u64) {
        if self.get(first).is_some() {
            return;
        }
        let facts = frame.bodies.len() as u64;
        let size = bytes + CACHED_OVERHEAD + CACHED_OVERHEAD_PER_FACT * facts;
        self.groups.insert(first, (Arc::clone(frame), size, self.clock));
        self.uses.insert(self.clock, first);
        self.size += size;
        // The group that was just read stays, however large.
        while self.size > CACHED_SIZE_MAX && self.groups.len() > 1 {
            let Some((_, oldest)) = self.uses.pop_first() else {
                return;
            };
            if let Some((_, size, _)) = self.groups.remove(&oldest) {
                self.size -= size;
            }
        }
    }
}

pub(super) fn read_frame(file: &dyn File, offset: u64, size: u32) -> io::Result<Frame> {
    let mut bytes = vec![0; size as usize];
    file.read_at(offset, &mut bytes)?;
    frame::decode(&Bytes::from(bytes)).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::revision::{Epoch, Instant};

    fn frame(first: u64) -> Arc<Frame> {
        Arc::new(Frame {
            kind: frame::FrameKind::Group,
            epoch: Epoch(1),
            first: Revision(first),
            instant: Instant(0),
            previous: [0; 32],
            bodies: Vec::new(),
            hash: [0; 32],
        })
    }

    #[test]
    fn the_cache_keeps_what_was_used_last_within_its_size() {
        let mut cache = Cache::default();
        let third = CACHED_SIZE_MAX / 3;
        for first in 1..=2 {
            cache.put(Revision(first), &frame(first), third);
        }
        assert!(cache.get(Revision(1)).is_some());
        cache.put(Revision(3), &frame(3), third);
        // The second was used least recently.
        let kept: Vec<bool> = (1..=3)
            .map(|first| cache.get(Revision(first)).is_some())
            .collect();
        assert_eq!(kept, [true, false, true]);
        // What was put twice counts once; what is too large by itself stays alone.
        cache.put(Revision(3), &frame(3), third);
        assert_eq!(cache.size, 2 * (third + CACHED_OVERHEAD));
        cache.put(Revision(4), &frame(4), 2 * CACHED_SIZE_MAX);
        assert_eq!((cache.groups.len(), cache.uses.len()), (1, 1));
        assert!(cache.get(Revision(4)).is_some());
        cache.put(Revision(5), &frame(5), 10);
        assert!(cache.get(Revision(4)).is_none());
        assert_eq!(cache.size, 10 + CACHED_OVERHEAD);
    }
}
