//! Segment files: preallocated, numbered from 1, each with a header that ties it to the chain.

use std::io;
use std::sync::Arc;

use crate::domain::revision::{Epoch, Revision};

use super::file::{File, Folder};
use super::frame::{Hash, be_u32, be_u64};

pub const HEADER_SIZE: usize = 128;
/// Smallest size a setting may ask for.
pub const SIZE_MIN: u64 = 1 << 20;
const MAGIC: [u8; 8] = *b"CREDSEGM";
const FORMAT: u16 = 1;
const CHECK_AT: usize = HEADER_SIZE - 4;
static ZEROES: [u8; 1 << 16] = [0; 1 << 16];

/// What stands before the first frame of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    pub ledger: [u8; 16],
    pub number: u32,
    pub epoch: Epoch,
    /// Revision of the first fact this segment will hold.
    pub first: Revision,
    /// Hash of the frame before it; zeroes in the first segment.
    pub previous: Hash,
}

impl SegmentHeader {
    fn encode(&self) -> [u8; HEADER_SIZE] {
        let mut bytes = [0; HEADER_SIZE];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.number.to_be_bytes());
        bytes[16..32].copy_from_slice(&self.ledger);
        bytes[32..36].copy_from_slice(&self.epoch.0.to_be_bytes());
        bytes[36..44].copy_from_slice(&self.first.0.to_be_bytes());
        bytes[44..76].copy_from_slice(&self.previous);
        let check = crc32c::crc32c(&bytes[..CHECK_AT]);
        bytes[CHECK_AT..].copy_from_slice(&check.to_be_bytes());
        bytes
    }

    /// Reads a header; `None` if it is damaged or of another format.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_SIZE)?;
        if bytes[..8] != MAGIC
            || bytes[8..10] != FORMAT.to_be_bytes()
            || be_u32(&bytes[CHECK_AT..]) != crc32c::crc32c(&bytes[..CHECK_AT])
        {
            return None;
        }
        Some(Self {
            number: be_u32(&bytes[12..]),
            ledger: bytes[16..32].try_into().ok()?,
            epoch: Epoch(be_u32(&bytes[32..])),
            first: Revision(be_u64(&bytes[36..])),
            previous: bytes[44..76].try_into().ok()?,
        })
    }
}

#[must_use]
pub fn name(number: u32) -> String {
    format!("{number:08}.seg")
}

/// The number in a segment's name, if it is one.
#[must_use]
pub fn number(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".seg")?;
    (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// Makes a segment under a temporary name, zeroed and synced, then gives it its own name, durably.
///
/// # Errors
/// As the disk reports them; the folder then holds at most a temporary file.
pub fn create(folder: &dyn Folder, header: &SegmentHeader, size: u64) -> io::Result<Arc<dyn File>> {
    let temporary = format!("{}.new", name(header.number));
    let file = folder.create(&temporary)?;
    file.write_at(0, &header.encode())?;
    zero(&*file, HEADER_SIZE as u64, size)?;
    file.sync()?;
    crate::failpoint::crash_point("mid_segment_roll");
    folder.rename(&temporary, &name(header.number))?;
    folder.sync()?;
    Ok(file)
}

/// Fills a segment up with zeroes, durably, unless the disk has no room for it above the reserve.
///
/// # Errors
/// As the disk reports them, a full disk excepted.
pub fn grow(folder: &dyn Folder, file: &dyn File, from: u64, until: u64, reserve: u64) -> io::Result<bool> {
    if from >= until {
        return Ok(true);
    }
    if folder.free()? < reserve.saturating_add(until - from) {
        return Ok(false);
    }
    match zero(file, from, until).and_then(|()| file.sync()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(false),
        Err(error) => Err(error),
    }
}

/// Overwrites `from..until` with zeroes.
///
/// # Errors
/// As the disk reports them.
pub fn zero(file: &dyn File, from: u64, until: u64) -> io::Result<()> {
    let mut at = from;
    while at < until {
        let count = (until - at).min(ZEROES.len() as u64);
        file.write_at(at, &ZEROES[..usize::try_from(count).expect("at most 64 KiB")])?;
        at += count;
    }
    Ok(())
}
