//! A ledger in memory, for tests that need no disk: the same frames, the same chain, gone with the process.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use crate::domain::revision::{Epoch, Instant, Place, Revision};
use crate::store::Head;

use super::frame::{self, Draft, FrameKind};
use super::port::{Groups, Ledger};
use super::{AppendError, Body, Frame, ledger_opened};

/// A ledger that lives as long as the process.
pub struct InMemory {
    id: [u8; 16],
    head: Head,
    instant: Instant,
    groups: Arc<Kept>,
    closed: bool,
}

impl InMemory {
    /// Makes a ledger that holds its first group.
    #[must_use]
    pub fn new(id: [u8; 16], now: Instant) -> Self {
        let place = Place {
            epoch: Epoch(1),
            revision: Revision(0),
        };
        let mut ledger = Self {
            id,
            head: Head { place, hash: [0; 32] },
            instant: now,
            groups: Arc::new(Kept::default()),
            closed: false,
        };
        ledger.push(now, &[ledger_opened(&id)]);
        ledger
    }

    fn push(&mut self, instant: Instant, bodies: &[Body]) {
        let (bytes, hash) = frame::encode(&Draft {
            kind: FrameKind::Group,
            epoch: self.head.place.epoch,
            first: self.head.place.revision.plus(1),
            instant,
            previous: self.head.hash,
            bodies,
        });
        let frame = frame::decode(&Bytes::from(bytes)).expect("a frame just encoded decodes");
        self.head = Head {
            place: Place {
                epoch: frame.epoch,
                revision: frame.last(),
            },
            hash,
        };
        self.instant = instant;
        let mut groups = self.groups.0.write().unwrap_or_else(PoisonError::into_inner);
        groups.push(Arc::new(frame));
    }
}

impl Ledger for InMemory {
    fn id(&self) -> [u8; 16] {
        self.id
    }

    fn head(&self) -> Head {
        self.head
    }

    fn instant(&self) -> Instant {
        self.instant
    }

    fn append(&mut self, expected: Head, instant: Instant, bodies: &[Body]) -> Result<Head, AppendError> {
        if self.closed {
            return Err(AppendError::OutcomeUnknown("the ledger is closed".to_owned()));
        }
        if expected != self.head {
            return Err(AppendError::Moved(self.head));
        }
        self.push(instant, bodies);
        Ok(self.head)
    }

    fn make_room(&mut self, _size: u64) -> Result<(), AppendError> {
        Ok(())
    }

    fn reader(&self) -> Arc<dyn Groups> {
        Arc::clone(&self.groups) as Arc<dyn Groups>
    }

    fn closed_to_writes(&self) -> Option<String> {
        None
    }

    fn has_room(&mut self) -> bool {
        true
    }

    fn close(&mut self) -> io::Result<()> {
        self.closed = true;
        Ok(())
    }

    fn abandon(&mut self) {
        self.closed = true;
    }
}

/// The groups, which the reading ends share.
#[derive(Default)]
struct Kept(RwLock<Vec<Arc<Frame>>>);

impl Groups for Kept {
    fn group(&self, revision: Revision) -> io::Result<Option<Arc<Frame>>> {
        let groups = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let place = groups.partition_point(|group| group.last() < revision);
        let found = groups.get(place).filter(|group| group.first <= revision);
        Ok(found.cloned())
    }
}
