//! What the check characters of codes catch, tried on random codes.
//!
//! Proven by arithmetic and tried here: 31 and 11 are prime and no weight is a multiple of them, so the
//! outer check of a unified code catches every substitution of one character, and so does the check of
//! a resident ID, whose digits differ by less than 11. The inner check alone does not: its 36
//! characters fold onto 11 remainders.

use proptest::prelude::*;

use super::civil_date::CivilDate;
use super::commitment::CommitmentCode;
use super::resident_id::{ResidentId, ResidentIdError};
use super::social_credit_code::{CodeError, SocialCreditCode};
use super::subject::masked_name;

const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

prop_compose! {
    fn unified()(
        head in "[0-9A-HJ-NPQRTUWXY]{2}", division in "[0-9]{6}", number in "[0-9A-HJ-NPQRTUWXY]{8}",
    ) -> SocialCreditCode {
        let mut head = head.chars();
        let (first, kind) = (head.next().unwrap(), head.next().unwrap());
        SocialCreditCode::compose(first, kind, &division, &number).unwrap()
    }
}

prop_compose! {
    /// Any day of the years 1 to 9999.
    fn day()(days in -719_162..=2_932_896) -> CivilDate {
        CivilDate::from_days(days).unwrap()
    }
}

prop_compose! {
    fn resident()(division in "[0-9]{6}", born_on in day(), order in 0_u16..1000) -> ResidentId {
        ResidentId::compose(&division, born_on, order).unwrap()
    }
}

/// The text with one character replaced.
fn substituted(text: &str, place: usize, by: char) -> String {
    text.chars()
        .enumerate()
        .map(|(at, old)| if at == place { by } else { old })
        .collect()
}

proptest! {
    #[test]
    fn composed_unified_codes_parse(code in unified()) {
        prop_assert_eq!(code.as_str().parse(), Ok(code));
    }

    #[test]
    fn the_outer_check_catches_every_single_substitution(code in unified()) {
        for place in 0..18 {
            for by in ALPHABET.chars() {
                let text = substituted(code.as_str(), place, by);
                let is_caught = SocialCreditCode::faults(&text).contains(&CodeError::Check);
                prop_assert_eq!(is_caught, text != code.as_str(), "{} at {}", text, place);
            }
        }
    }

    #[test]
    fn the_inner_check_catches_substitutions_that_the_mended_outer_one_hides(
        number in "[0-9]{8}", place in 8_usize..16, by in "[0-9]",
    ) {
        // Digits differ by less than 11, so that the inner check is sure of them.
        let code = SocialCreditCode::compose('9', '1', "150802", &number).unwrap();
        let text = substituted(code.as_str(), place, by.chars().next().unwrap());
        let mended = ALPHABET.chars().map(|check| substituted(&text, 17, check));
        let mended: Vec<_> = mended
            .filter(|text| !SocialCreditCode::faults(text).contains(&CodeError::Check))
            .collect();
        prop_assert_eq!(mended.len(), 1);
        let is_caught = SocialCreditCode::faults(&mended[0]) == [CodeError::Organisation];
        prop_assert_eq!(is_caught, text != code.as_str());
    }

    #[test]
    fn composed_resident_ids_parse_and_keep_their_birth_date(
        division in "[0-9]{6}", born_on in day(), order in 0_u16..1000,
    ) {
        let id = ResidentId::compose(&division, born_on, order).unwrap();
        prop_assert_eq!(id.expose().parse(), Ok(id));
        prop_assert_eq!(id.born_on(), born_on);
    }

    #[test]
    fn every_single_substitution_in_a_resident_id_is_caught(id in resident()) {
        for place in 0..18 {
            for by in "0123456789X".chars() {
                let text = substituted(id.expose(), place, by);
                let faults = ResidentId::faults(&text);
                if text == id.expose() {
                    prop_assert_eq!(faults, []);
                } else if by == 'X' && place < 17 {
                    prop_assert_eq!(faults, [ResidentIdError::Shape]);
                } else {
                    prop_assert!(faults.contains(&ResidentIdError::Check), "place {}", place);
                }
            }
        }
    }

    #[test]
    fn a_mask_shows_eight_of_eighteen_characters_and_debug_none(id in resident()) {
        let masked = id.masked();
        prop_assert_eq!(masked.len(), 18);
        prop_assert_eq!(&masked[..4], &id.expose()[..4]);
        prop_assert_eq!(&masked[4..14], "**********");
        prop_assert_eq!(&masked[14..], &id.expose()[14..]);
        let debug = format!("{id:?}");
        prop_assert!(debug.chars().all(|character| !character.is_ascii_digit()));
    }

    #[test]
    fn a_masked_name_shows_one_character_at_most(name in "\\PC{0,12}") {
        let masked = masked_name(&name);
        prop_assert!(masked.ends_with('*') && masked.chars().count() <= 2);
        let shown = masked.strip_suffix('*').unwrap();
        prop_assert!(name.trim().starts_with(shown) && (shown.is_empty() || shown != name.trim()));
    }

    #[test]
    fn parsers_take_any_text_without_a_panic_and_give_back_what_they_took(text in "\\PC{0,24}|[0-9X]{15,20}") {
        if let Ok(code) = text.parse::<SocialCreditCode>() {
            prop_assert_eq!(code.as_str(), &text);
        }
        if let Ok(code) = text.parse::<CommitmentCode>() {
            prop_assert_eq!(code.as_str(), &text);
        }
        if let Ok(date) = text.parse::<CivilDate>() {
            prop_assert_eq!(date.to_string(), &*text);
        }
        if let Ok(id) = text.parse::<ResidentId>() {
            prop_assert_eq!(id.expose().parse(), Ok(id));
        }
    }

    #[test]
    fn a_commitment_code_keeps_its_parts(division in "[0-9]{6}", made_on in day(), serial in 0_u32..1_000_000) {
        let code = CommitmentCode::compose(&division, made_on, serial).unwrap();
        prop_assert_eq!((code.division(), code.date(), code.serial()), (&*division, made_on, serial));
    }

    #[test]
    fn days_and_keys_keep_the_order_of_dates(one in day(), other in day()) {
        prop_assert_eq!(one.cmp(&other), one.key().cmp(&other.key()));
        prop_assert_eq!(one.to_string().parse(), Ok(one));
        prop_assert_eq!(CivilDate::from_key(one.key()), Some(one));
        prop_assert_eq!(one.next().map(CivilDate::days), Some(one.days() + 1).filter(|days| *days <= 2_932_896));
    }
}
