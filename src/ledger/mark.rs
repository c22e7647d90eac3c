//! `HEAD`: the high-water mark of the ledger, in two slots of a file of its own.
//!
//! It guards the last groups: a group that was marked and is gone is a loss, not a torn tail.

use std::io;
use std::sync::Arc;

use crate::domain::revision::{Epoch, Instant, Place, Revision};

use super::file::{File, Folder, read_all};
use super::frame::{Hash, be_u32, be_u64};

pub const NAME: &str = "HEAD";
pub const SLOT_SIZE: usize = 4096;
const MAGIC: [u8; 8] = *b"CREDHEAD";
const FORMAT: u16 = 1;
/// All that differs between two marks lies before this offset, within one 512-byte sector.
const CHECK_AT: usize = 124;

/// What one slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub ledger: [u8; 16],
    pub place: Place,
    /// Hash of the last frame, close frames included.
    pub hash: Hash,
    pub segment: u32,
    /// Where that frame ends.
    pub end: u64,
    /// A clean stop; nothing stands behind `end`.
    pub closed: bool,
    /// The last instant at which the service was known to live.
    pub heartbeat: Instant,
    /// Counts writes; the higher of two valid slots holds.
    pub sequence: u64,
}

impl Mark {
    fn encode(&self) -> Vec<u8> {
        let mut slot = Vec::with_capacity(SLOT_SIZE);
        slot.extend_from_slice(&MAGIC);
        slot.extend_from_slice(&FORMAT.to_be_bytes());
        slot.push(u8::from(self.closed));
        slot.push(0);
        slot.extend_from_slice(&self.segment.to_be_bytes());
        slot.extend_from_slice(&self.sequence.to_be_bytes());
        slot.extend_from_slice(&self.ledger);
        slot.extend_from_slice(&self.place.epoch.0.to_be_bytes());
        slot.extend_from_slice(&self.place.revision.0.to_be_bytes());
        slot.extend_from_slice(&self.hash);
        slot.extend_from_slice(&self.end.to_be_bytes());
        slot.extend_from_slice(&self.heartbeat.0.to_be_bytes());
        slot.resize(SLOT_SIZE, 0);
        let check = check_of(&slot);
        slot[CHECK_AT..CHECK_AT + 4].copy_from_slice(&check.to_be_bytes());
        slot
    }

    fn decode(slot: &[u8]) -> Option<Self> {
        if slot.len() != SLOT_SIZE || slot[..8] != MAGIC || slot[8..10] != FORMAT.to_be_bytes() {
            return None;
        }
        if slot[10] > 1 || be_u32(&slot[CHECK_AT..]) != check_of(slot) {
            return None;
        }
        Some(Self {
            closed: slot[10] == 1,
            segment: be_u32(&slot[12..]),
            sequence: be_u64(&slot[16..]),
            ledger: slot[24..40].try_into().ok()?,
            place: Place {
                epoch: Epoch(be_u32(&slot[40..])),
                revision: Revision(be_u64(&slot[44..])),
            },
            hash: slot[52..84].try_into().ok()?,
            end: be_u64(&slot[84..]),
            heartbeat: Instant(be_u64(&slot[92..]).cast_signed()),
        })
    }
}

fn check_of(slot: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&slot[..CHECK_AT]), &slot[CHECK_AT + 4..])
}

/// Both slots as found; `None` for one that is not valid.
#[derive(Clone, Copy, Debug)]
pub struct Slots(pub [Option<Mark>; 2]);

impl Slots {
    /// The mark that holds: the valid one written last.
    #[must_use]
    pub fn newest(&self) -> Option<Mark> {
        self.0.into_iter().flatten().max_by_key(|mark| mark.sequence)
    }

    /// The slot that contradicts a clean stop, if there was one: after it both slots are alike.
    ///
    /// A stop that was cut between its two slots leaves the older, valid one behind, which is no damage.
    #[must_use]
    pub fn damaged_after_close(&self) -> Option<usize> {
        self.newest().filter(|mark| mark.closed)?;
        self.0.iter().position(Option::is_none)
    }
}

/// The open file.
pub struct MarkFile {
    folder: Arc<dyn Folder>,
    file: Arc<dyn File>,
    sequence: u64,
    /// A handle whose sync failed is not used again.
    spoiled: bool,
}

/// Reads both slots; `None` if there is no such file.
///
/// # Errors
/// As the disk reports them.
pub fn read(folder: &dyn Folder) -> io::Result<Option<Slots>> {
    let file = match folder.open(NAME) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let bytes = read_all(&*file)?;
    let slot = |at: usize| {
        bytes
            .get(at * SLOT_SIZE..(at + 1) * SLOT_SIZE)
            .and_then(Mark::decode)
    };
    // Bytes behind the second slot belong to nobody, so neither slot is trusted then.
    if bytes.len() > 2 * SLOT_SIZE {
        return Ok(Some(Slots([None, None])));
    }
    Ok(Some(Slots([slot(0), slot(1)])))
}

impl MarkFile {
    /// Makes the file with both slots alike.
    ///
    /// # Errors
    /// As the disk reports them.
    pub fn create(folder: Arc<dyn Folder>, mark: &Mark) -> io::Result<Self> {
        let temporary = format!("{NAME}.new");
        let file = folder.create(&temporary)?;
        let slot = mark.encode();
        file.write_at(0, &slot)?;
        file.write_at(SLOT_SIZE as u64, &slot)?;
        file.sync()?;
        folder.rename(&temporary, NAME)?;
        folder.sync()?;
        Ok(Self {
            folder,
            file,
            sequence: mark.sequence,
            spoiled: false,
        })
    }

    /// Opens the file to go on after `slots`.
    ///
    /// # Errors
    /// As the disk reports them.
    pub fn open(folder: Arc<dyn Folder>, slots: &Slots) -> io::Result<Self> {
        let file = folder.open(NAME)?;
        let sequence = slots.newest().map_or(0, |mark| mark.sequence);
        Ok(Self {
            folder,
            file,
            sequence,
            spoiled: false,
        })
    }

    /// Writes the next slot and syncs it; the other slot stays as it was.
    ///
    /// # Errors
    /// As the disk reports them; the next call opens the file anew.
    pub fn write(&mut self, mark: &Mark) -> io::Result<()> {
        if self.spoiled {
            self.file = self.folder.open(NAME)?;
            self.spoiled = false;
        }
        self.spoiled = true;
        let mark = Mark {
            sequence: self.sequence + 1,
            ..*mark
        };
        let at = if mark.sequence.is_multiple_of(2) {
            0
        } else {
            SLOT_SIZE as u64
        };
        self.file.write_at(at, &mark.encode())?;
        self.file.sync()?;
        self.sequence = mark.sequence;
        self.spoiled = false;
        Ok(())
    }

    /// Writes a clean stop: both slots in turn, alike but for their sequence.
    ///
    /// # Errors
    /// As the disk reports them.
    pub fn write_closed(&mut self, mark: &Mark) -> io::Result<()> {
        self.write(&Mark {
            closed: true,
            ..*mark
        })?;
        self.write(&Mark {
            closed: true,
            ..*mark
        })
    }
}
