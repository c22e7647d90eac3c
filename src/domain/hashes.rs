//! Keys and content hashes of commitments: 16 bytes of SHA-256 over a canonical encoding.
//!
//! The encoding begins with the name of what is hashed; every text follows its length, every date and
//! enum has a fixed width, and what may be absent begins with a byte that says so. Two different
//! contents therefore never have the same encoding, nor do two kinds of hash. The encodings are
//! stored through their hashes and stay as they are.
//!
//! A hash is no secret: over a person's content it can be guessed at. It belongs where that content
//! may be, or under a key.

use sha2::{Digest, Sha256};

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{Commitment, CommitmentCode, Performance, Validity};
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::Identity;

/// Bytes kept of a hash.
pub const HASH_SIZE: usize = 16;

/// Returns the natural key of a commitment: accepting body and commitment code (decision 22).
#[must_use]
pub fn natural_key(body: &SocialCreditCode, code: &CommitmentCode) -> [u8; HASH_SIZE] {
    Encoding::of("credence.commitment.key.1")
        .text(body.as_str())
        .text(code.as_str())
        .finish()
}

/// Returns the hash of items 1 to 10 and 17 to 20. The performance is not part of it.
#[must_use]
pub fn content_hash(commitment: &Commitment) -> [u8; HASH_SIZE] {
    // Taken apart by name, so that a new item cannot be forgotten here.
    let Commitment {
        code,
        subject_name,
        subject_kind,
        subject,
        kind,
        kind_words,
        reason,
        content,
        liability,
        made_on,
        validity,
        accepting_body_name,
        accepting_body_code,
        publication,
        remarks,
    } = commitment;
    Encoding::of("credence.commitment.content.1")
        .text(code.as_str())
        .text(subject_name)
        .byte(subject_kind.number())
        .identity(subject)
        .byte(kind.number())
        .text(kind_words)
        .text(reason)
        .text(content)
        .text(liability)
        .date(*made_on)
        .validity(*validity)
        .text(accepting_body_name)
        .text(accepting_body_code.as_str())
        .byte(publication.number())
        .text(remarks)
        .finish()
}

/// Returns the hash of items 11 to 16. The commitment they belong to is not part of it.
#[must_use]
pub fn performance_hash(performance: &Performance) -> [u8; HASH_SIZE] {
    let Performance {
        state,
        unperformed,
        measures_taken,
        found_on,
        finding_body_name,
        finding_body_code,
    } = performance;
    let encoding = Encoding::of("credence.performance.content.1")
        .byte(state.number())
        .text(unperformed)
        .text(measures_taken);
    let encoding = match found_on {
        Some(date) => encoding.byte(1).date(*date),
        None => encoding.byte(0),
    };
    let encoding = encoding.text(finding_body_name);
    match finding_body_code {
        Some(code) => encoding.byte(1).text(code.as_str()),
        None => encoding.byte(0),
    }
    .finish()
}

/// Returns the key under which the same promise is found behind another commitment code: promisor's
/// code, kind (with its words), reason, date and accepting body.
///
/// Source: `domain.md` 1.6.
#[must_use]
pub fn tuple_key(commitment: &Commitment) -> [u8; HASH_SIZE] {
    Encoding::of("credence.commitment.tuple.1")
        .identity(&commitment.subject)
        .byte(commitment.kind.number())
        .text(&commitment.kind_words)
        .text(&commitment.reason)
        .date(commitment.made_on)
        .text(commitment.accepting_body_code.as_str())
        .finish()
}

/// A canonical encoding, fed to the hash as it is made.
struct Encoding(Sha256);

impl Encoding {
    fn of(domain: &str) -> Self {
        Self(Sha256::new()).text(domain)
    }

    fn text(mut self, text: &str) -> Self {
        let length = u32::try_from(text.len()).expect("items are bounded far below 4 GiB");
        self.0.update(length.to_be_bytes());
        self.0.update(text.as_bytes());
        self
    }

    fn byte(mut self, byte: u8) -> Self {
        self.0.update([byte]);
        self
    }

    fn date(mut self, date: CivilDate) -> Self {
        self.0.update(date.key().to_be_bytes());
        self
    }

    fn identity(self, identity: &Identity) -> Self {
        match identity {
            Identity::Code(code) => self.byte(1).text(code.as_str()),
            Identity::Person(id) => self.byte(2).text(id.expose()),
        }
    }

    fn validity(self, validity: Validity) -> Self {
        match validity {
            Validity::NotStated => self.byte(0),
            Validity::Until(date) => self.byte(1).date(date),
            Validity::OpenEnded => self.byte(2),
        }
    }

    fn finish(self) -> [u8; HASH_SIZE] {
        let digest = self.0.finalize();
        std::array::from_fn(|place| digest[place])
    }
}
