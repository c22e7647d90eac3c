//! Content hashes of register rows and memberships.

use super::{Encoding, HASH_SIZE};
use crate::domain::civil_date::CivilDate;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject_fact::{Membership, RegisterEntry, RegisterFurther};

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
        further,
    } = entry;
    let count = u8::try_from(older_codes.len()).expect("each kind of older code stands once");
    // Rows that say nothing further keep the hash of the first version.
    let is_plain = *further == RegisterFurther::default();
    let domain = if is_plain {
        "credence.register.content.1"
    } else {
        "credence.register.content.2"
    };
    let mut encoding = Encoding::of(domain)
        .text(code.as_str())
        .byte(kind.number())
        .text(name)
        .byte(count);
    for identity in older_codes {
        encoding = encoding.identity(identity);
    }
    encoding = encoding
        .maybe(*established_on)
        .maybe(*holds_from)
        .byte(state.number())
        .maybe(*deregistered_on);
    if is_plain {
        return encoding.finish();
    }
    let RegisterFurther {
        division,
        address,
        predecessors,
        succession,
    } = further;
    let codes: Vec<&str> = predecessors.iter().map(SocialCreditCode::as_str).collect();
    encoding
        .text(division)
        .text(address)
        .text(&codes.join(";"))
        .byte(succession.map_or(0, |one| one.number()))
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
    use crate::domain::subject_fact::{RegisterState, Succession};

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
            |one| one.further.division = "150802".to_owned(),
            |one| one.further.address = "150802".to_owned(),
            |one| one.further.predecessors = vec!["91440300192317458F".parse().unwrap()],
            |one| one.further.succession = Some(Succession::Merged),
            |one| one.further.succession = Some(Succession::Split),
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
                further: RegisterFurther::default(),
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
