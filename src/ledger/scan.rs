//! Walks a ledger from its first byte and says where it ends, or where it is damaged.
//!
//! Nothing here writes. The rule of torn and damaged is decided in `judge`.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use crate::domain::revision::{Epoch, Instant, Place, Revision};

use super::file::{File, Folder, read_all};
use super::frame::{self, Frame, FrameError, FrameKind, Hash};
use super::mark::{self, Mark, Slots};
use super::segment::{self, HEADER_SIZE, SegmentHeader};

/// What of a ledger does not hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub file: String,
    pub offset: u64,
    /// Revision of the first fact that is lost or in doubt.
    pub revision: Revision,
    pub what: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} at offset {}: {} (group of revision {})",
            self.file, self.offset, self.what, self.revision.0
        )
    }
}

/// Where the last whole group stands, and what follows.
#[derive(Clone, Debug)]
pub struct End {
    pub ledger: [u8; 16],
    pub epoch: Epoch,
    pub last: Revision,
    pub hash: Hash,
    pub instant: Instant,
    pub segment: u32,
    /// First byte behind the last whole frame.
    pub offset: u64,
    /// The last frame is a close frame.
    pub closed: bool,
    /// Bytes that are no whole frame stand behind `offset`.
    pub torn: Option<FrameError>,
}

/// Where one group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupAt {
    pub first: Revision,
    pub last: Revision,
    pub segment: u32,
    pub offset: u64,
    pub size: u32,
    pub epoch: Epoch,
    pub instant: Instant,
}

/// The result of a walk.
pub struct Scan {
    pub end: Option<End>,
    pub groups: Vec<GroupAt>,
    pub damage: Option<Damage>,
    pub slots: Option<Slots>,
    /// Size of the last segment's file.
    pub last_size: u64,
}

struct Walk<'a> {
    folder: &'a dyn Folder,
    end: Option<End>,
    groups: Vec<GroupAt>,
}

/// Walks all segments; `visit` sees each whole group in order.
///
/// # Errors
/// As the disk reports them; damage is no error but part of the result.
pub fn scan(folder: &dyn Folder, mut visit: impl FnMut(&Frame)) -> io::Result<Scan> {
    let slots = mark::read(folder)?;
    let mut numbers: Vec<u32> = folder
        .list()?
        .iter()
        .filter_map(|name| segment::number(name))
        .collect();
    numbers.sort_unstable();
    let mut walk = Walk {
        folder,
        end: None,
        groups: Vec::new(),
    };
    let mut damage = None;
    let mut last_size = 0;
    for (place, number) in numbers.iter().enumerate() {
        if usize::try_from(*number) != Ok(place + 1) {
            damage = Some(walk.damage(&segment::name(place as u32 + 1), 0, "the segment is missing"));
            break;
        }
        let file = folder.open(&segment::name(*number))?;
        let bytes = Bytes::from(read_all(&*file)?);
        last_size = bytes.len() as u64;
        let is_last = place + 1 == numbers.len();
        if let Err(found) = walk.segment(*number, &bytes, is_last, &mut visit) {
            damage = Some(found);
            break;
        }
    }
    if damage.is_none() {
        damage = judge(walk.end.as_ref(), slots.as_ref(), last_size, folder);
    }
    Ok(Scan {
        end: walk.end,
        groups: walk.groups,
        damage,
        slots,
        last_size,
    })
}

impl Walk<'_> {
    fn next(&self) -> Revision {
        self.end.as_ref().map_or(Revision(1), |end| end.last.plus(1))
    }

    fn damage(&self, name: &str, offset: u64, what: &str) -> Damage {
        Damage {
            file: self.folder.describe(name),
            offset,
            revision: self.next(),
            what: what.to_owned(),
        }
    }

    fn segment(
        &mut self,
        number: u32,
        bytes: &Bytes,
        is_last: bool,
        visit: &mut impl FnMut(&Frame),
    ) -> Result<(), Damage> {
        let name = segment::name(number);
        let header = SegmentHeader::decode(bytes)
            .ok_or_else(|| self.damage(&name, 0, "the segment header is damaged"))?;
        let (ledger, epoch, previous) = self
            .end
            .as_ref()
            .map_or((header.ledger, Epoch(1), [0; 32]), |end| {
                (end.ledger, end.epoch, end.hash)
            });
        let expected = SegmentHeader {
            ledger,
            number,
            epoch,
            first: self.next(),
            previous,
        };
        if header != expected {
            return Err(self.damage(&name, 0, "the segment header does not continue the chain"));
        }
        let end = self.end.get_or_insert(End {
            ledger,
            epoch,
            last: Revision(0),
            hash: [0; 32],
            instant: Instant(i64::MIN),
            segment: number,
            offset: 0,
            closed: false,
            torn: None,
        });
        end.segment = number;
        end.offset = HEADER_SIZE as u64;
        let mut at = HEADER_SIZE;
        while at < bytes.len() {
            if bytes[at..].iter().all(|byte| *byte == 0) {
                return Ok(());
            }
            match frame::decode(&bytes.slice(at..)) {
                Ok(frame) => at = self.take(&name, number, at, bytes, &frame, visit)?,
                Err(error) => return self.bad_frame(&name, at, bytes, is_last, error),
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        name: &str,
        number: u32,
        at: usize,
        bytes: &Bytes,
        frame: &Frame,
        visit: &mut impl FnMut(&Frame),
    ) -> Result<usize, Damage> {
        let end = self.end.as_ref().expect("a segment sets the end first");
        let opens_epoch = frame.epoch > end.epoch
            && frame
                .bodies
                .first()
                .is_some_and(|body| body.kind == super::KIND_EPOCH_OPENED);
        let continues = frame.first == end.last.plus(1)
            && frame.previous == end.hash
            && (frame.epoch == end.epoch || opens_epoch)
            && frame.instant >= end.instant
            && (frame.kind == FrameKind::Close) == frame.bodies.is_empty();
        if !continues {
            return Err(self.damage(name, at as u64, "the group does not continue the chain"));
        }
        let size = frame::claimed_size(&bytes[at..]).expect("decoded above");
        if frame.kind == FrameKind::Group {
            self.groups.push(GroupAt {
                first: frame.first,
                last: frame.last(),
                segment: number,
                offset: at as u64,
                size: u32::try_from(size).expect("a frame is below 4 GiB"),
                epoch: frame.epoch,
                instant: frame.instant,
            });
            visit(frame);
        }
        let end = self.end.as_mut().expect("a segment sets the end first");
        end.epoch = frame.epoch;
        end.last = frame.last();
        end.hash = frame.hash;
        end.instant = frame.instant;
        end.offset = (at + size) as u64;
        end.closed = frame.kind == FrameKind::Close;
        Ok(at + size)
    }

    /// A frame that does not read: damage if anything whole stands behind it, else perhaps a torn tail.
    fn bad_frame(
        &mut self,
        name: &str,
        at: usize,
        bytes: &Bytes,
        is_last: bool,
        error: FrameError,
    ) -> Result<(), Damage> {
        if !is_last || later_frame(bytes, at + 1, self.next()) {
            return Err(self.damage(name, at as u64, &error.to_string()));
        }
        self.end.as_mut().expect("a segment sets the end first").torn = Some(error);
        Ok(())
    }
}

/// Says whether a whole frame of a revision not below `next` begins anywhere from `from` on.
fn later_frame(bytes: &Bytes, from: usize, next: Revision) -> bool {
    let mut at = from;
    while at + frame::HEADER_SIZE < bytes.len() {
        if bytes[at] == frame::MAGIC[0]
            && frame::claimed_size(&bytes[at..]).is_ok()
            && frame::decode(&bytes.slice(at..)).is_ok_and(|frame| frame.first >= next)
        {
            return true;
        }
        at += 1;
    }
    false
}

/// Compares where the ledger ends with what `HEAD` remembers (`design.md` 4, torn or damaged).
fn judge(end: Option<&End>, slots: Option<&Slots>, last_size: u64, folder: &dyn Folder) -> Option<Damage> {
    let lost = |file: &str, offset, revision, what: String| {
        Some(Damage {
            file: folder.describe(file),
            offset,
            revision,
            what,
        })
    };
    let Some(slots) = slots else {
        return end.and_then(|end| lost(mark::NAME, 0, end.last, "the file is missing".to_owned()));
    };
    let Some(mark) = slots.newest() else {
        let revision = end.map_or(Revision(0), |end| end.last);
        return lost(mark::NAME, 0, revision, "neither slot is valid".to_owned());
    };
    if let Some(slot) = slots.damaged_after_close() {
        let what = format!("slot {slot} is damaged, though the last stop was clean");
        return lost(
            mark::NAME,
            (slot * mark::SLOT_SIZE) as u64,
            mark.place.revision,
            what,
        );
    }
    let Some(end) = end else {
        let nothing_yet = mark.place.revision == Revision(0);
        return (!nothing_yet).then(|| {
            lost(
                &segment::name(1),
                0,
                Revision(1),
                "all segments are missing".to_owned(),
            )
        })?;
    };
    if mark.ledger != end.ledger {
        return lost(mark::NAME, 0, end.last, "it belongs to another ledger".to_owned());
    }
    let here = Place {
        epoch: end.epoch,
        revision: end.last,
    };
    let short = here < mark.place
        || here == mark.place && mark.closed && (end.segment, end.offset) < (mark.segment, mark.end);
    if short {
        let what = format!("the ledger ends at {here}, but {} was acknowledged", mark.place);
        return lost(&segment::name(end.segment), end.offset, end.last.plus(1), what);
    }
    if here == mark.place && end.hash != mark.hash && (end.segment, end.offset) == (mark.segment, mark.end) {
        return lost(
            &segment::name(end.segment),
            end.offset,
            end.last,
            "its last group is not the marked one".to_owned(),
        );
    }
    let stands_closed = mark.closed && (end.segment, end.offset) == (mark.segment, mark.end);
    if stands_closed && last_size > end.offset {
        let what = "bytes stand behind the close frame of a clean stop".to_owned();
        return lost(&segment::name(end.segment), end.offset, end.last, what);
    }
    None
}

/// The newest valid mark, for those who need the heartbeat.
#[must_use]
pub fn newest(slots: Option<&Slots>) -> Option<Mark> {
    slots.and_then(Slots::newest)
}

/// Opens the segment that a scan ended in.
///
/// # Errors
/// As the disk reports them.
pub fn open_last(folder: &dyn Folder, end: &End) -> io::Result<Arc<dyn File>> {
    folder.open(&segment::name(end.segment))
}
