//! The resident identity number 居民身份证号码 of natural persons.
//!
//! The number is personal: it has no `Display`, and `Debug` shows none of it.

use std::fmt;
use std::str::FromStr;

use super::civil_date::CivilDate;

/// Powers of two modulo 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by the weighted sum modulo 11.
const CHECKS: &[u8; 11] = b"10X98765432";

/// A resident ID of 18 characters whose birth date exists and whose check character is right.
///
/// Six digits of division, eight of birth date, three of order, check.
/// The text comes out by [`Self::expose`] alone, so that every use can be found.
///
/// Source: GB 11643.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResidentId([u8; 18]);

/// Why a text is no resident ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResidentIdError {
    /// Neither 15 digits nor 17 digits and a check character.
    #[error("a resident ID has 15 digits, or 17 digits and a check character")]
    Shape,
    /// The birth date inside does not exist.
    #[error("the birth date inside the resident ID does not exist")]
    Date,
    /// The check character does not fit the digits.
    #[error("the check character of the resident ID is wrong")]
    Check,
}

impl ResidentId {
    /// Lists everything that is wrong with a text; empty for a resident ID.
    ///
    /// Date and check are looked at only once the shape is right.
    #[must_use]
    pub fn faults(text: &str) -> Vec<ResidentIdError> {
        let Some(bytes) = normalised(text) else {
            return vec![ResidentIdError::Shape];
        };
        let mut faults = Vec::new();
        if CivilDate::from_digits(&bytes[6..14]).is_err() {
            faults.push(ResidentIdError::Date);
        }
        if bytes[17] != check_character(&bytes) {
            faults.push(ResidentIdError::Check);
        }
        faults
    }

    /// Makes the ID of a birth date and an order number, computing the check character.
    ///
    /// `division` has six digits, `order` is below 1000. Serves data that is constructed.
    ///
    /// # Errors
    /// [`ResidentIdError::Shape`].
    pub fn compose(division: &str, born_on: CivilDate, order: u16) -> Result<Self, ResidentIdError> {
        let (year, month, day) = (born_on.year(), born_on.month(), born_on.day());
        if division.len() != 6 {
            return Err(ResidentIdError::Shape);
        }
        let digits = format!("{division}{year:04}{month:02}{day:02}{order:03}0");
        let mut bytes = normalised(&digits).ok_or(ResidentIdError::Shape)?;
        bytes[17] = check_character(&bytes);
        Ok(Self(bytes))
    }

    #[must_use]
    pub fn born_on(&self) -> CivilDate {
        CivilDate::from_digits(&self.0[6..14]).expect("the birth date was checked")
    }

    /// Returns the 18 characters, an `X` in upper case.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a resident ID is ASCII")
    }

    /// Returns the ID with four characters kept at either end: `1508**********001X`.
    #[must_use]
    pub fn masked(&self) -> String {
        let text = self.expose();
        format!("{}**********{}", &text[..4], &text[14..])
    }
}

/// Brings 15 digits to 18 characters and an `x` to upper case; `None` for another shape.
///
/// Numbers of 15 digits were given to births of the 1900s only.
fn normalised(text: &str) -> Option<[u8; 18]> {
    let bytes = text.as_bytes();
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let mut id = [0; 18];
    match bytes.len() {
        18 if digits(&bytes[..17]) => {
            id.copy_from_slice(bytes);
            id[17] = id[17].to_ascii_uppercase();
            (id[17] == b'X' || id[17].is_ascii_digit()).then_some(id)
        }
        15 if digits(bytes) => {
            id[..6].copy_from_slice(&bytes[..6]);
            id[6..8].copy_from_slice(b"19");
            id[8..17].copy_from_slice(&bytes[6..]);
            id[17] = check_character(&id);
            Some(id)
        }
        _ => None,
    }
}

fn check_character(id: &[u8; 18]) -> u8 {
    let sum: u32 = id
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    CHECKS[usize::try_from(sum % 11).expect("below 11")]
}

impl FromStr for ResidentId {
    type Err = ResidentIdError;

    fn from_str(text: &str) -> Result<Self, ResidentIdError> {
        match Self::faults(text).first() {
            Some(fault) => Err(*fault),
            None => Ok(Self(
                normalised(text).expect("a text without faults has the shape"),
            )),
        }
    }
}

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentId(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &[ResidentIdError]>) {
        match expected {
            Ok(id) => assert_eq!(text.parse::<ResidentId>().unwrap().expose(), id),
            Err(faults) => {
                assert_eq!(ResidentId::faults(text), faults, "{text}");
                assert_eq!(text.parse::<ResidentId>().unwrap_err(), faults[0], "{text}");
            }
        }
    }

    #[test]
    fn the_examples_of_the_standard_are_taken() {
        check("11010519491231002X", Ok("11010519491231002X"));
        check("11010519491231002x", Ok("11010519491231002X"));
        check("440524188001010014", Ok("440524188001010014"));
        check("110105491231002", Ok("11010519491231002X"));
    }

    #[test]
    fn every_fault_is_named() {
        use ResidentIdError::{Check, Date, Shape};
        check("110105194912310021", Err(&[Check]));
        check("440524188001010015", Err(&[Check]));
        check("440524188002300014", Err(&[Date, Check]));
        check("110105491331002", Err(&[Date]));
        check("110105490229002", Err(&[Date]));
        let shapes = [
            "",
            "1101054912310021",
            "11010549123100X",
            "1101051949123100X2",
            "11010519491231002Y",
            "１",
        ];
        for shape in shapes {
            check(shape, Err(&[Shape]));
        }
        check("11010519491231002X ", Err(&[Shape]));
        check("914403001922038216", Err(&[Date, Check]));
    }

    #[test]
    fn a_composed_id_parses_and_shows_only_its_mask() {
        let born_on = "1990-02-28".parse().unwrap();
        let ids: Vec<_> = (0..20)
            .map(|order| ResidentId::compose("150802", born_on, order).unwrap())
            .collect();
        for id in &ids {
            check(id.expose(), Ok(id.expose()));
            assert_eq!(id.born_on(), born_on);
            assert_eq!(format!("{id:?}"), "ResidentId(hidden)");
            assert_eq!(id.masked()[..14], *"1508**********");
        }
        assert!(ids.iter().any(|id| id.expose().ends_with('X')));
        assert_eq!(
            ResidentId::compose("15080", born_on, 1),
            Err(ResidentIdError::Shape)
        );
        assert_eq!(
            ResidentId::compose("150802", born_on, 1000),
            Err(ResidentIdError::Shape)
        );
        assert_eq!(
            "11010519491231002X".parse::<ResidentId>().unwrap().masked(),
            "1101**********002X"
        );
    }
}
