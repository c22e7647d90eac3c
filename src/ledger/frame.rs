//! Frames to the byte: one frame is one group of facts, or the mark of a clean stop.
//!
//! All integers are big-endian. The layout is `docs/data-format.md`, section "Frame".

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::domain::revision::{Epoch, Instant, Revision};

/// Begins each frame; `0xFF` stands in no UTF-8 text, so no stored text can pass for a frame.
pub const MAGIC: [u8; 4] = [0xC5, 0xFF, 0x46, 0x31];
/// The only format as yet.
pub const FORMAT: u16 = 1;
/// SHA-256; other numbers are free for other algorithms, SM3 among them.
pub const HASH_SHA256: u8 = 1;
pub const HEADER_SIZE: usize = 72;
pub const HASH_SIZE: usize = 32;
/// Bytes before each body: length u32, kind u16, version u8.
pub const BODY_HEADER_SIZE: usize = 7;
/// No frame is larger: a batch is at most a message, and a group takes its last command whole.
pub const FRAME_SIZE_MAX: usize = 64 << 20;

pub type Hash = [u8; HASH_SIZE];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    Group,
    /// Written last by a clean stop; holds no body.
    Close,
}

/// One stored fact: what kind it is, in which version, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub kind: u16,
    pub version: u8,
    pub bytes: Bytes,
}

/// A group as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: FrameKind,
    pub epoch: Epoch,
    /// Revision of the first body; of a close frame, the revision that would come next.
    pub first: Revision,
    pub instant: Instant,
    pub previous: Hash,
    pub bodies: Vec<Body>,
    pub hash: Hash,
}

impl Frame {
    /// Revision of the last fact at or before this frame.
    #[must_use]
    pub fn last(&self) -> Revision {
        Revision((self.first.0 + self.bodies.len() as u64).saturating_sub(1))
    }
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("no frame begins here")]
    Magic,
    #[error("the frame header is damaged")]
    Header,
    #[error("the frame is cut short")]
    Short,
    #[error("the frame's content does not match its hash")]
    Content,
    #[error("the frame's format is not known to this version")]
    Format,
}

/// What is asked of [`encode`]: a frame before its hash.
pub struct Draft<'a> {
    pub kind: FrameKind,
    pub epoch: Epoch,
    pub first: Revision,
    pub instant: Instant,
    pub previous: Hash,
    pub bodies: &'a [Body],
}

/// Writes a frame and returns its bytes with its hash, which are its last 32 bytes.
///
/// # Panics
/// If the frame exceeds 4 GiB, which the limits on commands exclude.
#[must_use]
pub fn encode(draft: &Draft<'_>) -> (Vec<u8>, Hash) {
    let content: usize = draft
        .bodies
        .iter()
        .map(|body| BODY_HEADER_SIZE + body.bytes.len())
        .sum();
    let size = HEADER_SIZE + content + HASH_SIZE;
    let mut bytes = Vec::with_capacity(size);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_be_bytes());
    bytes.push(match draft.kind {
        FrameKind::Group => 1,
        FrameKind::Close => 2,
    });
    bytes.push(HASH_SHA256);
    bytes.extend_from_slice(&u32::try_from(size).expect("a frame is below 4 GiB").to_be_bytes());
    bytes.extend_from_slice(&draft.epoch.0.to_be_bytes());
    bytes.extend_from_slice(&draft.first.0.to_be_bytes());
    bytes.extend_from_slice(
        &u32::try_from(draft.bodies.len())
            .expect("few bodies")
            .to_be_bytes(),
    );
    bytes.extend_from_slice(&draft.instant.0.to_be_bytes());
    bytes.extend_from_slice(&draft.previous);
    let check = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&check.to_be_bytes());
    debug_assert_eq!(bytes.len(), HEADER_SIZE);
    for body in draft.bodies {
        bytes.extend_from_slice(
            &u32::try_from(body.bytes.len())
                .expect("a small body")
                .to_be_bytes(),
        );
        bytes.extend_from_slice(&body.kind.to_be_bytes());
        bytes.push(body.version);
        bytes.extend_from_slice(&body.bytes);
    }
    let hash: Hash = Sha256::digest(&bytes).into();
    bytes.extend_from_slice(&hash);
    (bytes, hash)
}

/// The size a frame header claims, if the header itself is whole.
///
/// # Errors
/// [`FrameError::Magic`], [`FrameError::Header`], [`FrameError::Format`], [`FrameError::Short`].
pub fn claimed_size(bytes: &[u8]) -> Result<usize, FrameError> {
    if bytes.len() < MAGIC.len() || bytes[..4] != MAGIC {
        return Err(FrameError::Magic);
    }
    let header = bytes.get(..HEADER_SIZE).ok_or(FrameError::Short)?;
    if crc32c::crc32c(&header[..68]) != be_u32(&header[68..]) {
        return Err(FrameError::Header);
    }
    if header[4..6] != FORMAT.to_be_bytes() || header[7] != HASH_SHA256 || !matches!(header[6], 1 | 2) {
        return Err(FrameError::Format);
    }
    let size = be_u32(&header[8..]) as usize;
    if !(HEADER_SIZE + HASH_SIZE..=FRAME_SIZE_MAX).contains(&size) {
        return Err(FrameError::Header);
    }
    Ok(size)
}

/// Reads the frame at the start of `bytes`; what follows it is not looked at.
///
/// # Errors
/// Each [`FrameError`].
pub fn decode(bytes: &Bytes) -> Result<Frame, FrameError> {
    let size = claimed_size(bytes)?;
    if bytes.len() < size {
        return Err(FrameError::Short);
    }
    let end = size - HASH_SIZE;
    let hash: Hash = bytes[end..size].try_into().expect("32 bytes");
    if Hash::from(Sha256::digest(&bytes[..end])) != hash {
        return Err(FrameError::Content);
    }
    let count = be_u32(&bytes[24..]);
    let mut bodies = Vec::with_capacity((count as usize).min(size / BODY_HEADER_SIZE));
    let mut at = HEADER_SIZE;
    for _ in 0..count {
        if end - at < BODY_HEADER_SIZE {
            return Err(FrameError::Content);
        }
        let length = be_u32(&bytes[at..]) as usize;
        let kind = u16::from_be_bytes([bytes[at + 4], bytes[at + 5]]);
        let version = bytes[at + 6];
        at += BODY_HEADER_SIZE;
        if end - at < length {
            return Err(FrameError::Content);
        }
        bodies.push(Body {
            kind,
            version,
            bytes: bytes.slice(at..at + length),
        });
        at += length;
    }
    if at != end {
        return Err(FrameError::Content);
    }
    Ok(Frame {
        kind: if bytes[6] == 1 {
            FrameKind::Group
        } else {
            FrameKind::Close
        },
        epoch: Epoch(be_u32(&bytes[12..])),
        first: Revision(be_u64(&bytes[16..])),
        instant: Instant(be_u64(&bytes[28..]).cast_signed()),
        previous: bytes[36..68].try_into().expect("32 bytes"),
        bodies,
        hash,
    })
}

/// Reads a big-endian u32 from the first four bytes.
///
/// # Panics
/// If there are fewer; callers check lengths first.
#[must_use]
pub fn be_u32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().expect("four bytes"))
}

/// Reads a big-endian u64 from the first eight bytes.
///
/// # Panics
/// If there are fewer; callers check lengths first.
#[must_use]
pub fn be_u64(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes[..8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<u8>, Hash) {
        let body = |text: &'static str| Body {
            kind: 11,
            version: 1,
            bytes: Bytes::from_static(text.as_bytes()),
        };
        encode(&Draft {
            kind: FrameKind::Group,
            epoch: Epoch(1),
            first: Revision(7),
            instant: Instant(1_700_000_000_000_000_000),
            previous: [9; 32],
            bodies: &[body("one"), body("two")],
        })
    }

    #[test]
    fn a_frame_reads_back_as_it_was_written() {
        let (bytes, hash) = sample();
        let frame = decode(&Bytes::from(bytes)).unwrap();
        assert_eq!(
            (frame.first, frame.last(), frame.hash),
            (Revision(7), Revision(8), hash)
        );
        assert_eq!(frame.bodies[1].bytes, "two");
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let (bytes, _) = sample();
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&Bytes::from(bad)).is_err(), "bit {bit}");
        }
        for size in 0..bytes.len() {
            assert!(
                decode(&Bytes::copy_from_slice(&bytes[..size])).is_err(),
                "cut to {size}"
            );
        }
    }
}
