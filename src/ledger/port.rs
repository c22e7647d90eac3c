//! The port between the recorder and what keeps its groups: one writing end, any number of reading ends.
//!
//! A ledger is a chain of groups: each bears the hash of the one before, revisions follow without a gap,
//! instants never go back. Adapters: [`OnDisk`], [`InMemory`](super::InMemory); the contract
//! suite runs on both.

use std::io;
use std::sync::Arc;

use crate::domain::revision::{Instant, Revision};
use crate::store::Head;

use super::{AppendError, Body, Frame, OnDisk};

/// The writing end; there is one.
pub trait Ledger: Send {
    /// The random id of this ledger, to which key files are tied.
    fn id(&self) -> [u8; 16];

    /// The last group's end and the hash that the next group will bear.
    fn head(&self) -> Head;

    /// The instant of the last group.
    fn instant(&self) -> Instant;

    /// Appends one group of at least one fact and returns when it is durable.
    ///
    /// `instant` is at or after [`Self::instant`]: the caller keeps the clock from running backwards.
    ///
    /// # Errors
    /// Each [`AppendError`]; after [`AppendError::OutcomeUnknown`] every later call fails so.
    fn append(&mut self, expected: Head, instant: Instant, bodies: &[Body]) -> Result<Head, AppendError>;

    /// Sees to it that a group of `size` bytes fits; zero asks whether the ledger takes writes at all.
    ///
    /// # Errors
    /// [`AppendError::Full`]; nothing is changed that the next try does not mend.
    fn make_room(&mut self, size: u64) -> Result<(), AppendError>;

    /// A reading end, which sees each group once [`Self::append`] has returned.
    fn reader(&self) -> Arc<dyn Groups>;

    /// As [`Groups::read`].
    ///
    /// # Errors
    /// As [`Groups::group`].
    fn read(&self, from: Revision, groups_max: usize) -> io::Result<Vec<Arc<Frame>>> {
        self.reader().read(from, groups_max)
    }

    /// Why a group would not be taken at present, if that is known without trying.
    fn closed_to_writes(&self) -> Option<String>;

    /// Says whether a group would find room, and makes it where that was left undone.
    fn has_room(&mut self) -> bool;

    /// Ends the ledger cleanly; nothing is appended after it.
    ///
    /// # Errors
    /// As the disk reports them; the ledger is then as after a kill.
    fn close(&mut self) -> io::Result<()>;

    /// Ends it without marking a clean stop, after a failed write.
    fn abandon(&mut self);
}

/// A reading end: groups by revision.
pub trait Groups: Send + Sync {
    /// The group that holds `revision`; `None` beyond the end.
    ///
    /// # Errors
    /// As the disk reports them, and if the bytes no longer match their hash.
    fn group(&self, revision: Revision) -> io::Result<Option<Arc<Frame>>>;

    /// At most `groups_max` groups in order, from the one that holds `from`; fewer at the end.
    ///
    /// # Errors
    /// As [`Self::group`].
    fn read(&self, from: Revision, groups_max: usize) -> io::Result<Vec<Arc<Frame>>> {
        let mut groups = Vec::new();
        let mut next = from;
        while groups.len() < groups_max
            && let Some(frame) = self.group(next)?
        {
            next = frame.last().plus(1);
            groups.push(frame);
        }
        Ok(groups)
    }

    /// The body of one fact with the instant of its group; `None` beyond the end.
    ///
    /// # Errors
    /// As [`Self::group`].
    fn fact(&self, revision: Revision) -> io::Result<Option<(Body, Instant)>> {
        let Some(frame) = self.group(revision)? else {
            return Ok(None);
        };
        let place = usize::try_from(revision.0 - frame.first.0).unwrap_or(usize::MAX);
        Ok(frame.bodies.get(place).map(|body| (body.clone(), frame.instant)))
    }
}

impl Ledger for OnDisk {
    fn id(&self) -> [u8; 16] {
        self.id()
    }

    fn head(&self) -> Head {
        self.head()
    }

    fn instant(&self) -> Instant {
        self.instant()
    }

    fn append(&mut self, expected: Head, instant: Instant, bodies: &[Body]) -> Result<Head, AppendError> {
        self.append(expected, instant, bodies)
    }

    fn make_room(&mut self, size: u64) -> Result<(), AppendError> {
        self.make_room(size)
    }

    fn reader(&self) -> Arc<dyn Groups> {
        self.reader()
    }

    fn closed_to_writes(&self) -> Option<String> {
        let failure = self.keeper.failure()?;
        Some(format!("HEAD cannot be written: {failure}"))
    }

    fn has_room(&mut self) -> bool {
        self.make_room(0).is_ok()
    }

    fn close(&mut self) -> io::Result<()> {
        self.close()
    }

    fn abandon(&mut self) {
        self.keeper.abandon();
    }
}
