//! The unified social credit code 统一社会信用代码 of organisations and individual businesses.

use std::fmt;
use std::str::FromStr;

/// Values of the characters are their places; I, O, S, V and Z are left out.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Powers of three modulo 31.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of the organisation code inside.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A unified social credit code whose characters and both check characters are right.
///
/// 18 characters: registering department, kind, six of division, nine of organisation code, check.
/// That it belongs to its bearer only the register can say.
///
/// Source: GB 32100-2015; GB 11714 for the organisation code inside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocialCreditCode([u8; 18]);

/// Why a text is no unified social credit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not 18 characters.
    #[error("a unified social credit code has 18 characters")]
    Length,
    /// Zeroes to the last place or the last but one: a filler, though its check characters may be right.
    #[error("seventeen zeroes stand for a code that was not known")]
    Placeholder,
    /// A character outside the alphabet, lower case among them.
    #[error("a unified social credit code has digits and capitals without I, O, S, V and Z")]
    Alphabet,
    /// The eighteenth character does not fit the others.
    #[error("the check character of the unified social credit code is wrong")]
    Check,
    /// The seventeenth character does not fit the eight before it.
    #[error("the check character of the organisation code inside is wrong")]
    Organisation,
}

impl SocialCreditCode {
    /// Lists everything that is wrong with a text; empty for a code.
    ///
    /// The check characters are looked at only once length and alphabet are right.
    #[must_use]
    pub fn faults(text: &str) -> Vec<CodeError> {
        if text.chars().count() != 18 {
            return vec![CodeError::Length];
        }
        let Some(bytes) = in_alphabet(text) else {
            return vec![CodeError::Alphabet];
        };
        if is_placeholder(&bytes) {
            return vec![CodeError::Placeholder];
        }
        let mut faults = Vec::new();
        if bytes[17] != check_character(&bytes) {
            faults.push(CodeError::Check);
        }
        if bytes[16] != organisation_check_character(&bytes) {
            faults.push(CodeError::Organisation);
        }
        faults
    }

    /// Makes the code of an organisation number, computing both check characters.
    ///
    /// `division` has six characters and `organisation` eight. Serves data that is constructed;
    /// real codes are read.
    ///
    /// # Errors
    /// [`CodeError::Length`], [`CodeError::Alphabet`] and [`CodeError::Placeholder`].
    pub fn compose(
        department: char,
        kind: char,
        division: &str,
        organisation: &str,
    ) -> Result<Self, CodeError> {
        if division.chars().count() != 6 || organisation.chars().count() != 8 {
            return Err(CodeError::Length);
        }
        let mut bytes = in_alphabet(&format!("{department}{kind}{division}{organisation}00"))
            .ok_or(CodeError::Alphabet)?;
        bytes[16] = organisation_check_character(&bytes);
        bytes[17] = check_character(&bytes);
        if is_placeholder(&bytes) {
            return Err(CodeError::Placeholder);
        }
        Ok(Self(bytes))
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 18] {
        &self.0
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a unified social credit code is ASCII")
    }

    /// Returns the six characters of the division in which the organisation was registered.
    #[must_use]
    pub fn division(&self) -> &str {
        &self.as_str()[2..8]
    }

    /// Says whether the code is an organ's: registering department 1, kind 1.
    #[must_use]
    pub fn is_organ(&self) -> bool {
        self.0.starts_with(b"11")
    }
}

/// Source: rows of published data, `domain.md` 7.1 S14.
fn is_placeholder(bytes: &[u8; 18]) -> bool {
    bytes[..17].iter().all(|byte| *byte == b'0')
}

fn in_alphabet(text: &str) -> Option<[u8; 18]> {
    let bytes: [u8; 18] = text.as_bytes().try_into().ok()?;
    bytes.iter().all(|byte| ALPHABET.contains(byte)).then_some(bytes)
}

fn value(byte: u8) -> u32 {
    let place = ALPHABET.iter().position(|other| *other == byte);
    u32::try_from(place.expect("checked against the alphabet")).expect("the alphabet has 31 characters")
}

fn check_character(code: &[u8; 18]) -> u8 {
    let sum: u32 = code
        .iter()
        .zip(WEIGHTS)
        .map(|(byte, weight)| value(*byte) * weight)
        .sum();
    let place = (31 - sum % 31) % 31;
    ALPHABET[usize::try_from(place).expect("below 31")]
}

fn organisation_check_character(code: &[u8; 18]) -> u8 {
    organisation_check(code[8..16].try_into().expect("eight characters of the eighteen"))
}

/// Returns the check character of an organisation code (GB 11714) of eight digits and capitals.
///
/// It counts letters from A = 10 without gaps, unlike the outer check of a unified code.
pub(super) fn organisation_check(number: &[u8; 8]) -> u8 {
    let inner = |byte: u8| {
        u32::from(if byte.is_ascii_digit() {
            byte - b'0'
        } else {
            byte - b'A' + 10
        })
    };
    let sum: u32 = number
        .iter()
        .zip(ORGANISATION_WEIGHTS)
        .map(|(byte, weight)| inner(*byte) * weight)
        .sum();
    match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => b'0' + u8::try_from(digit).expect("below 10"),
    }
}

impl FromStr for SocialCreditCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        match Self::faults(text).first() {
            Some(fault) => Err(*fault),
            None => Ok(Self(
                in_alphabet(text).expect("a text without faults is in the alphabet"),
            )),
        }
    }
}

impl fmt::Display for SocialCreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SocialCreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[CodeError]) {
        assert_eq!(SocialCreditCode::faults(text), expected, "{text}");
        match text.parse::<SocialCreditCode>() {
            Ok(code) => assert_eq!(code.to_string(), text),
            Err(error) => assert_eq!(Some(&error), expected.first(), "{text}"),
        }
    }

    #[test]
    fn codes_of_real_organisations_are_taken() {
        for text in [
            "914403001922038216",
            "91100000100003962T",
            "9144030071526726XG",
            "9152000071430580XT",
            "91440300192317458F",
            "91350900587527783P",
            "91330000733796106P",
            "91440400192548256N",
            "91110000710926094P",
            "911000001000013428",
            "91110108551385082Q",
            "91110000802100433B",
            "11230500001755309F",
            "91230500MA1B3N1N2M",
            "11152105011615166F",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn every_fault_is_named() {
        use CodeError::{Alphabet, Check, Length, Organisation, Placeholder};
        // Both found in public data; with the outer check mended the inner one is still wrong.
        check("91110108717809965C", &[Check, Organisation]);
        check("91110108717809965J", &[Organisation]);
        check("9133010057462616XH", &[Check, Organisation]);
        check("9133010057462616X9", &[Organisation]);
        // The check characters of eighteen zeroes are right.
        check("000000000000000000", &[Placeholder]);
        check("00000000000000000X", &[Placeholder]);
        check("000000000000000010", &[Check, Organisation]);
        check("", &[Length]);
        check("91440300192203821", &[Length]);
        check("9144030019220382166", &[Length]);
        check(" 14403001922038216", &[Alphabet]);
        check("9144030071526726xG", &[Alphabet]);
        for outside in ['I', 'O', 'S', 'V', 'Z', '-', '９', '*'] {
            check(&format!("9144030071526726X{outside}"), &[Alphabet]);
        }
        check("统一社会信用代码：914403001922", &[Length]);
        check("统一社会信用代码：914403001", &[Alphabet]);
    }

    #[test]
    fn a_sum_divisible_by_31_has_the_check_character_zero() {
        let numbers = (0..31).map(|number| format!("{number:08}"));
        let codes = numbers.map(|number| SocialCreditCode::compose('1', '1', "150802", &number).unwrap());
        let zero: Vec<_> = codes.filter(|code| code.as_bytes()[17] == b'0').collect();
        assert!(!zero.is_empty());
        for code in zero {
            let sum: u32 = code
                .as_bytes()
                .iter()
                .zip(WEIGHTS)
                .map(|(byte, w)| value(*byte) * w)
                .sum();
            assert_eq!(sum % 31, 0, "{code}");
            check(code.as_str(), &[]);
        }
    }

    #[test]
    fn the_inner_check_character_may_be_x_or_zero() {
        check("9144030071526726XG", &[]);
        let codes: Vec<_> = (0..100)
            .map(|number| SocialCreditCode::compose('9', '1', "150802", &format!("{number:08}")).unwrap())
            .collect();
        for inner in [b'X', b'0'] {
            assert!(codes.iter().any(|code| code.as_bytes()[16] == inner));
        }
        codes.iter().for_each(|code| check(code.as_str(), &[]));
    }

    #[test]
    fn composing_repeats_real_codes_and_refuses_odd_parts() {
        let huawei = SocialCreditCode::compose('9', '1', "440300", "19220382").unwrap();
        assert_eq!(huawei.as_str(), "914403001922038216");
        assert_eq!(huawei.division(), "440300");
        assert!(!huawei.is_organ());
        assert!(
            "11152105011615166F"
                .parse::<SocialCreditCode>()
                .unwrap()
                .is_organ()
        );
        let refused = |division, number| SocialCreditCode::compose('9', '1', division, number).unwrap_err();
        assert_eq!(refused("44030", "19220382"), CodeError::Length);
        assert_eq!(refused("440300", "192203821"), CodeError::Length);
        assert_eq!(refused("440300", "1922O382"), CodeError::Alphabet);
        let zeroes = SocialCreditCode::compose('0', '0', "000000", "00000000");
        assert_eq!(zeroes.unwrap_err(), CodeError::Placeholder);
    }
}
