//! The reading end of a ledger.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;

use crate::domain::revision::Revision;

use super::file::{File, Folder};
use super::frame::{self, Frame};
use super::port::Groups;
use super::scan::GroupAt;
use super::segment;

/// How many decoded groups a reader keeps.
const CACHED_GROUPS_MAX: usize = 16;

/// The reading end: groups by revision, checked against their hash each time they leave the disk.
pub struct Reader {
    folder: Arc<dyn Folder>,
    groups: RwLock<Vec<GroupAt>>,
    files: Mutex<BTreeMap<u32, Arc<dyn File>>>,
    cache: Mutex<Vec<(Revision, Arc<Frame>)>>,
}

impl Reader {
    pub(super) fn new(folder: Arc<dyn Folder>, groups: Vec<GroupAt>) -> Self {
        Self {
            folder,
            groups: RwLock::new(groups),
            files: Mutex::new(BTreeMap::new()),
            cache: Mutex::new(Vec::new()),
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
        {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = cache.iter().position(|(first, _)| *first == at.first) {
                let hit = cache.remove(place);
                let frame = Arc::clone(&hit.1);
                cache.push(hit);
                return Ok(Some(frame));
            }
        }
        let frame = Arc::new(read_frame(&*self.file(at.segment)?, at.offset, at.size)?);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() == CACHED_GROUPS_MAX {
            cache.remove(0);
        }
        cache.push((at.first, Arc::clone(&frame)));
        Ok(Some(frame))
    }
}

pub(super) fn read_frame(file: &dyn File, offset: u64, size: u32) -> io::Result<Frame> {
    let mut bytes = vec![0; size as usize];
    file.read_at(offset, &mut bytes)?;
    frame::decode(&Bytes::from(bytes)).map_err(io::Error::other)
}
