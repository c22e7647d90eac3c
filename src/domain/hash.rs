//! Short hashes that stand for content in keys: SHA-256 over length-prefixed parts, cut to 16 bytes.

use sha2::{Digest, Sha256};

use super::subject::{Identity, SubjectKind};

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

/// The hashes that need a key, so that nothing in a table gives a person away to one who guesses.
pub trait KeyedHashes: Send + Sync {
    /// What an identity is looked up by.
    fn identity(&self, identity: &Identity) -> [u8; 16];
    /// A hash over a person's content, put under the key.
    fn keyed(&self, hash: [u8; 16]) -> [u8; 16];
    /// The same of a whole hash: of a request, which may hold persons' content.
    fn keyed_whole(&self, hash: [u8; 32]) -> [u8; 32];
}

/// The hash of content as tables may hold it: under the key if it is a person's.
pub fn table_hash(hashes: &dyn KeyedHashes, kind: SubjectKind, hash: [u8; 16]) -> [u8; 16] {
    match kind {
        SubjectKind::Person => hashes.keyed(hash),
        SubjectKind::Organisation | SubjectKind::IndividualBusiness => hash,
    }
}
