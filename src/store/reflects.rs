//! Up to which group stored rows reflect the ledger, and what they add up to; written with each group.

use super::Head;
use super::digest::TableDigest;
use crate::domain::revision::{Epoch, Place, Revision};

/// version u8 | epoch u32 | revision u64 | group hash 32 | table digest 32 | CRC-32C u32, big-endian.
const SIZE: usize = 1 + 4 + 8 + 32 + 32 + 4;
/// Format number of the tables; tables of another number are rebuilt from the ledger.
///
/// 2: the rows of commitments know their accepting body, wording, revival and breach.
pub const VERSION: u8 = 3;

/// The entry that each group's batch sets beside its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reflects {
    pub(super) head: Head,
    pub(super) digest: TableDigest,
}

impl Reflects {
    pub(super) fn to_bytes(self) -> [u8; SIZE] {
        let Place { epoch, revision } = self.head.place;
        let mut bytes = [0; SIZE];
        bytes[0] = VERSION;
        bytes[1..5].copy_from_slice(&epoch.0.to_be_bytes());
        bytes[5..13].copy_from_slice(&revision.0.to_be_bytes());
        bytes[13..45].copy_from_slice(&self.head.hash);
        bytes[45..77].copy_from_slice(&self.digest.to_bytes());
        let checksum = crc32c::crc32c(&bytes[..77]);
        bytes[77..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    /// Takes an entry back; `None` if its size, version or checksum is wrong.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SIZE] = bytes.try_into().ok()?;
        let checksum = u32::from_be_bytes(field(bytes, 77));
        if bytes[0] != VERSION || checksum != crc32c::crc32c(&bytes[..77]) {
            return None;
        }
        let place = Place {
            epoch: Epoch(u32::from_be_bytes(field(bytes, 1))),
            revision: Revision(u64::from_be_bytes(field(bytes, 5))),
        };
        Some(Self {
            head: Head {
                place,
                hash: field(bytes, 13),
            },
            digest: TableDigest::from_bytes(field(bytes, 45)),
        })
    }
}

fn field<const N: usize>(bytes: &[u8; SIZE], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("fields lie inside the entry")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Reflects {
        Reflects {
            head: Head {
                place: "3.20481".parse().expect("a place"),
                hash: [7; 32],
            },
            digest: TableDigest::from_bytes([9; 32]),
        }
    }

    #[test]
    fn an_entry_comes_back_as_it_was() {
        assert_eq!(Reflects::from_bytes(&sample().to_bytes()), Some(sample()));
    }

    #[test]
    fn every_flipped_bit_and_every_other_size_is_noticed() {
        let whole = sample().to_bytes();
        for bit in 0..SIZE * 8 {
            let mut damaged = whole;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Reflects::from_bytes(&damaged), None, "bit {bit}");
        }
        for size in 0..SIZE {
            assert_eq!(Reflects::from_bytes(&whole[..size]), None, "size {size}");
        }
        assert_eq!(Reflects::from_bytes(&[&whole[..], &[0]].concat()), None);
    }
}
