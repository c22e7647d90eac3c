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

mod records;
mod subjects;
mod supervision;

pub use records::{decision_key, grounds_hash, record_hash, record_key, row_hash, source_hash};
pub use subjects::{membership_hash, register_hash};
pub use supervision::{breach_hash, excuse_key, judgment_hash, wording_hash, zero_report_key};

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
        self.byte(identity.kind().number()).text(identity.expose())
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::commitment::{CommitmentKind, PerformanceState, Publication};
    use crate::domain::subject::SubjectKind;

    fn commitment() -> Commitment {
        Commitment {
            code: "15080220241105000001".parse().unwrap(),
            subject_name: "某某商贸有限公司".to_owned(),
            subject_kind: SubjectKind::Organisation,
            subject: Identity::Code("91440300192317458F".parse().unwrap()),
            kind: CommitmentKind::Other,
            kind_words: "政务".to_owned(),
            reason: "许可".to_owned(),
            content: "真实".to_owned(),
            liability: "撤销".to_owned(),
            made_on: "2024-11-05".parse().unwrap(),
            validity: Validity::NotStated,
            accepting_body_name: "市场监督管理局".to_owned(),
            accepting_body_code: "11152105011615166F".parse().unwrap(),
            publication: Publication::Limited,
            remarks: String::new(),
        }
    }

    type Change = fn(&mut Commitment);

    /// Every change of one item, and whether it makes another promise by the tuple.
    const CHANGES: &[(Change, bool)] = &[
        (|one| one.code = "15080220241105000002".parse().unwrap(), false),
        (|one| one.subject_name.push('甲'), false),
        (|one| one.subject_kind = SubjectKind::IndividualBusiness, false),
        (
            |one| one.subject = Identity::Person("11010519491231002X".parse().unwrap()),
            true,
        ),
        (|one| one.kind = CommitmentKind::Voluntary, true),
        (|one| one.kind_words.push('甲'), true),
        (|one| one.reason.push('甲'), true),
        (|one| one.content.push('甲'), false),
        (|one| one.liability.push('甲'), false),
        (|one| one.made_on = "2024-11-06".parse().unwrap(), true),
        (|one| one.validity = Validity::OpenEnded, false),
        (
            |one| one.validity = Validity::Until("2025-11-05".parse().unwrap()),
            false,
        ),
        (|one| one.accepting_body_name.push('甲'), false),
        (
            |one| one.accepting_body_code = "11230500001755309F".parse().unwrap(),
            true,
        ),
        (|one| one.publication = Publication::Closed, false),
        (|one| one.remarks.push('甲'), false),
        (|one| one.content = std::mem::take(&mut one.liability), false),
        // A character moved over the border of two items is another content.
        (
            |one| (one.content, one.liability) = ("真".to_owned(), "实撤销".to_owned()),
            false,
        ),
    ];

    #[test]
    fn every_item_is_in_the_content_hash_and_five_are_in_the_tuple() {
        let mut seen = HashSet::from([content_hash(&commitment())]);
        assert_eq!(content_hash(&commitment()), content_hash(&commitment()));
        for (number, (change, is_other)) in CHANGES.iter().enumerate() {
            let mut changed = commitment();
            change(&mut changed);
            assert!(seen.insert(content_hash(&changed)), "change {number}");
            assert_eq!(
                tuple_key(&changed) != tuple_key(&commitment()),
                *is_other,
                "change {number}"
            );
        }
    }

    #[test]
    fn every_item_is_in_the_performance_hash() {
        const CHANGES: &[fn(&mut Performance)] = &[
            |_| {},
            |one| one.state = PerformanceState::Unperformed,
            |one| one.unperformed.push('甲'),
            |one| one.measures_taken.push('甲'),
            |one| one.found_on = None,
            |one| one.found_on = Some("2024-11-11".parse().unwrap()),
            |one| one.finding_body_name.push('甲'),
            |one| one.finding_body_code = None,
            |one| one.finding_body_code = Some("11230500001755309F".parse().unwrap()),
        ];
        let hashes = CHANGES.iter().map(|change| {
            let mut performance = Performance {
                state: PerformanceState::Partial,
                unperformed: "未补".to_owned(),
                measures_taken: "已撤".to_owned(),
                found_on: Some("2024-11-10".parse().unwrap()),
                finding_body_name: "局".to_owned(),
                finding_body_code: Some("11152105011615166F".parse().unwrap()),
            };
            change(&mut performance);
            performance_hash(&performance)
        });
        assert_eq!(hashes.collect::<HashSet<_>>().len(), CHANGES.len());
    }

    /// The encoding is stored through its hash: these bytes were computed apart from this code.
    #[test]
    fn the_natural_key_keeps_its_encoding() {
        let key = natural_key(&commitment().accepting_body_code, &commitment().code);
        assert_eq!(
            data_encoding::HEXLOWER.encode(&key),
            "1f3accb45dcc81431cfa8f66980946ab"
        );
    }
}
