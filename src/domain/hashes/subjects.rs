//! Content hashes of register rows and memberships.

use super::{Encoding, HASH_SIZE};
use crate::domain::civil_date::CivilDate;
use crate::domain::subject_fact::{Membership, RegisterEntry};

/// Returns the hash of a register's row.
#[must_use]
pub fn register_hash(entry: &RegisterEntry) -> [u8; HASH_SIZE] {
    let RegisterEntry {
        code,
        kind,
        name,
        older_codes,
        established_on,
        holds_from,
        state,
        deregistered_on,
    } = entry;
    let count = u8::try_from(older_codes.len()).expect("each kind of older code stands once");
    let mut encoding = Encoding::of("credence.register.content.1")
        .text(code.as_str())
        .byte(kind.number())
        .text(name)
        .byte(count);
    for identity in older_codes {
        encoding = encoding.identity(identity);
    }
    encoding
        .maybe(*established_on)
        .maybe(*holds_from)
        .byte(state.number())
        .maybe(*deregistered_on)
        .finish()
}

/// Returns the hash of what a membership says besides its key.
#[must_use]
pub fn membership_hash(membership: &Membership) -> [u8; HASH_SIZE] {
    let Membership {
        sector,
        from,
        until,
        evidence,
    } = membership;
    Encoding::of("credence.membership.content.1")
        .text(sector.as_str())
        .date(*from)
        .maybe(*until)
        .text(evidence)
        .finish()
}

impl Encoding {
    fn maybe(self, date: Option<CivilDate>) -> Self {
        match date {
            Some(date) => self.byte(1).date(date),
            None => self.byte(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::subject::{Identity, IdentityKind, SubjectKind};
    use crate::domain::subject_fact::RegisterState;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_item_is_in_the_hash_of_a_register_row() {
        const CHANGES: &[fn(&mut RegisterEntry)] = &[
            |_| {},
            |one| one.code = "914403001922038216".parse().unwrap(),
            |one| one.kind = SubjectKind::IndividualBusiness,
            |one| one.name.push('甲'),
            |one| one.older_codes.clear(),
            |one| one.established_on = None,
            |one| one.established_on = Some(day("2001-01-02")),
            |one| one.holds_from = Some(day("2001-01-01")),
            |one| one.state = RegisterState::Deregistered,
            |one| one.deregistered_on = Some(day("2001-01-01")),
        ];
        let mut seen = HashSet::new();
        for (number, change) in CHANGES.iter().enumerate() {
            let mut entry = RegisterEntry {
                code: "91440300192317458F".parse().unwrap(),
                kind: SubjectKind::Organisation,
                name: "某某有限公司".to_owned(),
                older_codes: Identity::of(IdentityKind::RegistrationNumber, "440301103097413")
                    .into_iter()
                    .collect(),
                established_on: Some(day("2001-01-01")),
                holds_from: None,
                state: RegisterState::Active,
                deregistered_on: None,
            };
            change(&mut entry);
            assert!(seen.insert(register_hash(&entry)), "change {number}");
        }
    }

    #[test]
    fn every_item_is_in_the_hash_of_a_membership() {
        const CHANGES: &[fn(&mut Membership)] = &[
            |_| {},
            |one| one.sector = "CATERING".parse().unwrap(),
            |one| one.from = day("2024-01-02"),
            |one| one.until = Some(day("2024-01-01")),
            |one| one.evidence.push('甲'),
        ];
        let mut seen = HashSet::new();
        for change in CHANGES {
            let mut membership = Membership {
                sector: "FOOD_PROD".parse().unwrap(),
                from: day("2024-01-01"),
                until: None,
                evidence: "许可".to_owned(),
            };
            change(&mut membership);
            assert!(seen.insert(membership_hash(&membership)));
        }
    }
}
