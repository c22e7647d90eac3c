//! Short hashes that stand for content in keys: SHA-256 over length-prefixed parts, cut to 16 bytes.

use sha2::{Digest, Sha256};

/// Hashes `parts` under the name of what they are, so that equal bytes of two kinds differ.
#[must_use]
pub fn hash16(what: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    hash32(what, parts)[..16].try_into().expect("16 of 32 bytes")
}

/// The same, whole.
#[must_use]
pub fn hash32(what: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in std::iter::once(&what).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
