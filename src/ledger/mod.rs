//! Bytes: the ledger, the one truth: groups of facts in a hash chain, whole or absent.
//!
//! Read first: [`Ledger`], the port; then [`OnDisk::open`], [`OnDisk::append`], and [`scan`] for the rule of
//! torn and damaged.
//! To the byte: `docs/data-format.md`. What is survived and what is not: `docs/fault-model.md`.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use crate::domain::revision::{Epoch, Instant, Place, Revision};
use crate::store::Head;

pub mod ballast;
#[cfg(test)]
mod contract;
pub mod file;
pub mod frame;
pub mod in_memory;
pub mod keeper;
pub mod lock;
pub mod mark;
pub mod port;
mod reader;
pub mod scan;
pub mod segment;
pub mod simulated;

use file::{File, Folder};
pub use frame::{Body, Frame};
use frame::{Draft, FrameKind, Hash};
pub use in_memory::InMemory;
use keeper::Keeper;
use mark::{Mark, MarkFile};
pub use port::{Groups, Ledger};
pub use reader::Reader;
use reader::read_frame;
pub use scan::{Damage, GroupAt};
use segment::SegmentHeader;

/// Kind of the fact that opens a ledger; its body is a random ledger id.
pub const KIND_LEDGER_OPENED: u16 = 1;
/// Kind of the fact that opens each later epoch.
pub const KIND_EPOCH_OPENED: u16 = 2;

/// Sizes that a setting decides.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Size of a new segment in bytes; a larger frame makes its segment as large as it needs.
    pub segment_size: u64,
    /// Bytes that must stay free on the disk; below it writes are refused.
    pub disk_reserve: u64,
}

/// Why a ledger does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A part that was acknowledged is gone or changed.
    #[error(
        "the ledger is damaged: {0}. Restore it from a backup, or start once with \
         --accept-loss-after EPOCH.REVISION to keep what stands before the damage"
    )]
    DataLoss(Damage),
    /// `--accept-loss-after` names a revision that is not the end of a whole group.
    #[error("{asked} is not the end of a whole group; the last one before the damage is {last}")]
    NoSuchEnd { asked: Place, last: Place },
    #[error("the ledger folder cannot be read or written: {0}")]
    Disk(#[from] io::Error),
}

/// Why a group was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The ledger does not stand where the caller thought.
    #[error("the ledger has moved to {}", .0.place)]
    Moved(Head),
    /// Nothing of the group was written; the ledger goes on as soon as the cause is gone.
    #[error("the disk takes no more: {0}")]
    Full(String),
    /// The group may or may not stand in the ledger; nothing more is written by this process.
    #[error("it is not known whether the group was stored: {0}")]
    OutcomeUnknown(String),
}

/// The writing end of a ledger in a folder.
pub struct OnDisk {
    folder: Arc<dyn Folder>,
    options: Options,
    id: [u8; 16],
    head: Head,
    instant: Instant,
    segment: Arc<dyn File>,
    segment_number: u32,
    segment_size: u64,
    offset: u64,
    keeper: Arc<Keeper>,
    reader: Arc<Reader>,
    failed: bool,
    /// A roll was begun and not finished: the next segment may stand already.
    rolling: bool,
}

/// What opening a ledger found.
pub struct Opened {
    pub ledger: OnDisk,
    /// Bytes of a torn tail that were cut, if any.
    pub cut: Option<String>,
    /// The last instant at which the service was known to live.
    pub heartbeat: Option<Instant>,
}

impl OnDisk {
    /// Opens or makes the ledger in `folder`.
    ///
    /// `random` becomes the id of a new ledger. `accept_loss_after` keeps the groups up to that place
    /// and gives up what follows; the next epoch begins at once.
    ///
    /// # Errors
    /// Each [`OpenError`]; a damaged ledger is not changed.
    pub fn open(
        folder: Arc<dyn Folder>,
        options: Options,
        random: [u8; 16],
        now: Instant,
        accept_loss_after: Option<Place>,
        visit: impl FnMut(&Frame),
    ) -> Result<Opened, OpenError> {
        let found = scan::scan(&*folder, visit)?;
        if let Some(place) = accept_loss_after.filter(|_| found.damage.is_some()) {
            return Self::cut(folder, options, &found, place, now);
        }
        if let Some(damage) = found.damage {
            return Err(OpenError::DataLoss(damage));
        }
        match found.end {
            None => Self::create(folder, options, random, now),
            Some(_) => Self::go_on(folder, options, found, now),
        }
    }

    fn create(
        folder: Arc<dyn Folder>,
        options: Options,
        id: [u8; 16],
        now: Instant,
    ) -> Result<Opened, OpenError> {
        let place = Place {
            epoch: Epoch(1),
            revision: Revision(0),
        };
        let mark = Mark {
            ledger: id,
            place,
            hash: [0; 32],
            segment: 1,
            end: segment::HEADER_SIZE as u64,
            closed: false,
            heartbeat: now,
            sequence: 1,
        };
        let marks = MarkFile::create(Arc::clone(&folder), &mark)?;
        let header = SegmentHeader {
            ledger: id,
            number: 1,
            epoch: place.epoch,
            first: Revision(1),
            previous: [0; 32],
        };
        let segment = segment::create(&*folder, &header, options.segment_size)?;
        let head = Head { place, hash: [0; 32] };
        let mut ledger = Self {
            reader: Arc::new(Reader::new(Arc::clone(&folder), Vec::new())),
            folder,
            options,
            id,
            head,
            instant: now,
            segment,
            segment_number: 1,
            segment_size: options.segment_size,
            offset: segment::HEADER_SIZE as u64,
            keeper: Arc::new(Keeper::new(marks, mark)),
            failed: false,
            rolling: false,
        };
        ledger.begin(now)?;
        Ok(Opened {
            ledger,
            cut: None,
            heartbeat: None,
        })
    }

    /// Writes the first group.
    fn begin(&mut self, now: Instant) -> Result<(), OpenError> {
        let appended = self.append(self.head, now, &[ledger_opened(&self.id)]);
        appended
            .map(|_| ())
            .map_err(|error| OpenError::Disk(io::Error::other(error)))
    }

    fn go_on(
        folder: Arc<dyn Folder>,
        options: Options,
        found: scan::Scan,
        now: Instant,
    ) -> Result<Opened, OpenError> {
        let end = found.end.expect("the caller looked");
        let slots = found.slots.expect("a ledger without HEAD is damaged");
        let heartbeat = slots.newest().map(|mark| mark.heartbeat);
        let head = Head {
            place: Place {
                epoch: end.epoch,
                revision: end.last,
            },
            hash: end.hash,
        };
        let mut marks = MarkFile::open(Arc::clone(&folder), &slots)?;
        let mark = Mark {
            ledger: end.ledger,
            place: head.place,
            hash: head.hash,
            segment: end.segment,
            end: end.offset,
            closed: false,
            heartbeat: heartbeat.unwrap_or(now),
            sequence: 0,
        };
        let segment = scan::open_last(&*folder, &end)?;
        let cut = end.torn.map(|error| {
            format!(
                "{} from offset {}: {error}",
                folder.describe(&segment::name(end.segment)),
                end.offset
            )
        });
        if end.torn.is_some() {
            segment::zero(&*segment, end.offset, found.last_size)?;
            segment.sync()?;
        }
        // Both slots leave the closed state before a byte goes behind the close frame.
        marks.write(&mark)?;
        marks.write(&mark)?;
        let mut segment_size = found.last_size.max(options.segment_size);
        if !segment::grow(
            &*folder,
            &*segment,
            found.last_size,
            segment_size,
            options.disk_reserve,
        )? {
            // The disk is full: this segment takes no more, and the next one is made when there is room.
            segment_size = end.offset;
        }
        for name in folder.list()?.iter().filter(|name| name.ends_with(".new")) {
            folder.remove(name)?;
        }
        let mut ledger = Self {
            reader: Arc::new(Reader::new(Arc::clone(&folder), found.groups)),
            folder,
            options,
            id: end.ledger,
            head,
            instant: end.instant,
            segment,
            segment_number: end.segment,
            segment_size,
            offset: end.offset,
            keeper: Arc::new(Keeper::new(marks, mark)),
            failed: false,
            rolling: false,
        };
        if ledger.head.place.revision == Revision(0) {
            // A first start was cut between its first segment and its first group.
            ledger.begin(now)?;
        }
        Ok(Opened {
            ledger,
            cut,
            heartbeat,
        })
    }

    /// Gives up what stands behind `place` and opens the next epoch.
    fn cut(
        folder: Arc<dyn Folder>,
        options: Options,
        found: &scan::Scan,
        asked: Place,
        now: Instant,
    ) -> Result<Opened, OpenError> {
        let last = found.groups.last().map_or(
            Place {
                epoch: Epoch(1),
                revision: Revision(0),
            },
            |group| Place {
                epoch: group.epoch,
                revision: group.last,
            },
        );
        let keep = found
            .groups
            .iter()
            .position(|group| group.last == asked.revision && group.epoch == asked.epoch);
        let keep = keep.ok_or(OpenError::NoSuchEnd { asked, last })?;
        let kept = found.groups[keep];
        for name in folder.list()? {
            if segment::number(&name).is_some_and(|number| number > kept.segment) {
                folder.rename(&name, &format!("{name}.lost"))?;
            }
        }
        folder.sync()?;
        let segment = folder.open(&segment::name(kept.segment))?;
        let offset = kept.offset + u64::from(kept.size);
        let size = segment.size()?.max(options.segment_size);
        segment::zero(&*segment, offset, size)?;
        segment.sync()?;
        let frame = read_frame(&*segment, kept.offset, kept.size)?;
        let id = segment_ledger(&*segment)?;
        let head = Head {
            place: asked,
            hash: frame.hash,
        };
        let seen = found
            .slots
            .and_then(|slots| slots.newest())
            .map_or(asked.epoch, |mark| mark.place.epoch);
        // Above every epoch ever seen here, so that no place is given out twice.
        let epoch = Epoch(seen.max(last.epoch).max(asked.epoch).0 + 1);
        let mark = Mark {
            ledger: id,
            place: Place {
                epoch,
                revision: asked.revision,
            },
            hash: frame.hash,
            segment: kept.segment,
            end: offset,
            closed: false,
            heartbeat: now,
            sequence: 1,
        };
        let opened = Body {
            kind: KIND_EPOCH_OPENED,
            version: 1,
            bytes: epoch_opened(asked, &frame.hash),
        };
        let (bytes, hash) = frame::encode(&Draft {
            kind: FrameKind::Group,
            epoch,
            first: asked.revision.plus(1),
            instant: now.max(frame.instant),
            previous: head.hash,
            bodies: &[opened],
        });
        segment.write_at(offset, &bytes)?;
        segment.sync()?;
        drop(segment);
        let place = Place {
            epoch,
            revision: asked.revision.plus(1),
        };
        let end = offset + bytes.len() as u64;
        MarkFile::create(
            Arc::clone(&folder),
            &Mark {
                place,
                hash,
                end,
                ..mark
            },
        )?;
        let again = scan::scan(&*folder, |_| {})?;
        if let Some(damage) = again.damage {
            return Err(OpenError::DataLoss(damage));
        }
        Self::go_on(folder, options, again, now)
    }

    /// The last group's end and hash.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The instant of the last group.
    #[must_use]
    pub fn instant(&self) -> Instant {
        self.instant
    }

    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// The reading end, which many may share.
    #[must_use]
    pub fn reader(&self) -> Arc<Reader> {
        Arc::clone(&self.reader)
    }

    /// What keeps `HEAD`; the recorder's side thread drives it.
    #[must_use]
    pub fn keeper(&self) -> Arc<Keeper> {
        Arc::clone(&self.keeper)
    }

    /// Appends one group and returns when it is durable.
    ///
    /// # Errors
    /// Each [`AppendError`]; after [`AppendError::OutcomeUnknown`] every later call fails so.
    pub fn append(&mut self, expected: Head, instant: Instant, bodies: &[Body]) -> Result<Head, AppendError> {
        if self.failed {
            return Err(AppendError::OutcomeUnknown("an earlier write failed".to_owned()));
        }
        if expected != self.head {
            return Err(AppendError::Moved(self.head));
        }
        let draft = Draft {
            kind: FrameKind::Group,
            epoch: self.head.place.epoch,
            first: self.head.place.revision.plus(1),
            instant,
            previous: self.head.hash,
            bodies,
        };
        let (bytes, hash) = frame::encode(&draft);
        self.make_room(bytes.len() as u64)?;
        self.write(&bytes)?;
        let last = draft.first.plus(bodies.len() as u64 - 1);
        self.reader.add(GroupAt {
            first: draft.first,
            last,
            segment: self.segment_number,
            offset: self.offset,
            size: u32::try_from(bytes.len()).expect("encode has checked"),
            epoch: draft.epoch,
            instant,
        });
        self.head = Head {
            place: Place {
                epoch: draft.epoch,
                revision: last,
            },
            hash,
        };
        self.instant = instant;
        self.offset += bytes.len() as u64;
        self.keeper.mark(&self.mark());
        Ok(self.head)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), AppendError> {
        // From the first byte on, a failure leaves the outcome unknown, and this handle is done with:
        // after a failed fdatasync the kernel may have dropped the pages it still shows as clean.
        self.failed = true;
        let unknown = |error: io::Error| AppendError::OutcomeUnknown(error.to_string());
        self.segment.write_at(self.offset, bytes).map_err(unknown)?;
        crate::failpoint::crash_point("after_append");
        if !crate::failpoint::is_armed("skip_sync") {
            self.segment.sync().map_err(unknown)?;
        }
        crate::failpoint::crash_point("after_sync");
        self.failed = false;
        Ok(())
    }

    /// Sees to it that a frame of `size` bytes fits, before its first byte is written.
    fn make_room(&mut self, size: u64) -> Result<(), AppendError> {
        let full = |error: io::Error| AppendError::Full(error.to_string());
        let free = self.folder.free().map_err(full)?;
        if free < self.options.disk_reserve {
            let reserve = self.options.disk_reserve;
            return Err(AppendError::Full(format!(
                "{free} bytes are free, {reserve} are held in reserve"
            )));
        }
        if self.rolling || self.offset + size > self.segment_size {
            self.roll(size).map_err(full)?;
        }
        Ok(())
    }

    /// Makes the next segment, with room for a frame of `size` bytes.
    ///
    /// Once begun it has to be finished before anything is written, be it a smaller group or the close
    /// frame: behind either of them a segment that stands already would no longer continue the chain.
    fn roll(&mut self, size: u64) -> io::Result<()> {
        self.rolling = true;
        let header = SegmentHeader {
            ledger: self.id,
            number: self.segment_number + 1,
            epoch: self.head.place.epoch,
            first: self.head.place.revision.plus(1),
            previous: self.head.hash,
        };
        let segment_size = self.options.segment_size.max(segment::HEADER_SIZE as u64 + size);
        self.segment = segment::create(&*self.folder, &header, segment_size)?;
        self.rolling = false;
        self.segment_number += 1;
        self.segment_size = segment_size;
        self.offset = segment::HEADER_SIZE as u64;
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark {
            ledger: self.id,
            place: self.head.place,
            hash: self.head.hash,
            segment: self.segment_number,
            end: self.offset,
            closed: false,
            heartbeat: self.instant,
            sequence: 0,
        }
    }

    /// Writes the close frame, cuts the empty tail, and marks both slots alike.
    ///
    /// # Errors
    /// As the disk reports them; the ledger is then as after a kill.
    pub fn close(&mut self) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        if self.rolling {
            self.roll(0)?;
        }
        self.failed = true;
        let (bytes, hash) = frame::encode(&Draft {
            kind: FrameKind::Close,
            epoch: self.head.place.epoch,
            first: self.head.place.revision.plus(1),
            instant: self.instant,
            previous: self.head.hash,
            bodies: &[],
        });
        self.segment.write_at(self.offset, &bytes)?;
        self.segment.sync()?;
        crate::failpoint::crash_point("during_close");
        self.offset += bytes.len() as u64;
        self.segment.truncate(self.offset)?;
        self.segment.sync()?;
        self.head.hash = hash;
        self.keeper.close(&self.mark())
    }
}

/// The one fact of the first group.
fn ledger_opened(id: &[u8; 16]) -> Body {
    let opened = crate::store::record::stored::LedgerOpened {
        ledger_id: id.to_vec(),
    };
    Body {
        kind: KIND_LEDGER_OPENED,
        version: 1,
        bytes: Bytes::from(prost::Message::encode_to_vec(&opened)),
    }
}

fn epoch_opened(kept: Place, hash: &Hash) -> Bytes {
    let message = crate::store::record::stored::EpochOpened {
        cause: "accepted loss".to_owned(),
        kept_epoch: kept.epoch.0,
        kept_revision: kept.revision.0,
        kept_hash: hash.to_vec(),
    };
    Bytes::from(prost::Message::encode_to_vec(&message))
}

fn segment_ledger(file: &dyn File) -> io::Result<[u8; 16]> {
    let mut header = [0; segment::HEADER_SIZE];
    file.read_at(0, &mut header)?;
    SegmentHeader::decode(&header)
        .map(|header| header.ledger)
        .ok_or_else(|| io::Error::other("the segment header is damaged"))
}
