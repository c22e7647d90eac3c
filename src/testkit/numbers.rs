//! Composes codes and identity numbers with valid check characters.
//!
//! Written apart from the parsers in `domain`, so that the two check each other.
//!
//! Source: GB 32100-2015, GB 11714, GB 11643 (`domain.md` 7.1, 7.2).

use super::dice::Dice;

const CODE_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The check character of the first 17 characters of a unified social credit code.
pub(super) fn code_check(first: &str) -> char {
    let mut weight = 1;
    let mut sum = 0;
    for byte in first.bytes() {
        let value = CODE_ALPHABET
            .iter()
            .position(|one| *one == byte)
            .expect("composed from the alphabet");
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    char::from(CODE_ALPHABET[(31 - sum % 31) % 31])
}

/// The check character of the first 8 characters of an organisation code.
pub(super) fn organisation_check(first: &str) -> char {
    let weights = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first
        .chars()
        .zip(weights)
        .map(|(one, weight)| one.to_digit(36).expect("composed of digits and letters") * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).expect("below ten"),
    }
}

/// A unified social credit code: `prefix` of 2, `division` of 6, organisation part of 8 without its check.
pub(super) fn social_credit_code(prefix: &str, division: &str, organisation: &str) -> String {
    let mut code = format!(
        "{prefix}{division}{organisation}{}",
        organisation_check(organisation)
    );
    code.push(code_check(&code));
    code
}

/// The first 8 characters of an organisation code, as the registers of the last years hand them out.
pub(super) fn organisation_part(dice: &mut Dice) -> String {
    format!("MA0{:05}", dice.below(100_000))
}

/// A resident ID of `division`, born on `birth` (`YYYYMMDD`).
pub(super) fn resident_id(division: &str, birth: &str, order: usize) -> String {
    let mut id = format!("{division}{birth}{order:03}");
    id.push(resident_check(&id));
    id
}

/// The check character of the first 17 digits of a resident ID.
pub(super) fn resident_check(first: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let sum: u32 = first
        .chars()
        .zip(WEIGHTS)
        .map(|(one, weight)| one.to_digit(10).expect("a digit") * weight)
        .sum();
    char::from(CHECKS[sum as usize % 11])
}

/// Another character of the same alphabet than the last one of `text`: breaks a check and nothing else.
pub(super) fn with_wrong_last(text: &str, alphabet: &str) -> String {
    let (first, last) = text.split_at(text.len() - 1);
    let place = alphabet
        .find(last)
        .expect("the last character is of the alphabet");
    let other = alphabet.as_bytes()[(place + 1) % alphabet.len()];
    format!("{first}{}", char::from(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_agree_with_published_codes() {
        for code in [
            "914403001922038216",
            "91100000100003962T",
            "9144030071526726XG",
            "11152105011615166F",
        ] {
            assert_eq!(code_check(&code[..17]).to_string(), code[17..], "{code}");
            assert_eq!(
                organisation_check(&code[8..16]).to_string(),
                code[16..17],
                "{code}"
            );
        }
    }

    #[test]
    fn checks_agree_with_the_examples_of_the_standard() {
        assert_eq!(resident_check("11010519491231002"), 'X');
        assert_eq!(resident_check("44052418800101001"), '4');
    }
}
