//! Credit subjects 信用主体: who is graded.

use std::fmt;

pub use super::identity::{Identity, IdentityKind};
use super::numbered::numbered;

/// The kind of a subject (`domain.md` 1.3 item 3). Numbers are the national form's and are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SubjectKind {
    /// 法人及非法人组织
    Organisation = 1,
    /// 自然人
    Person = 2,
    /// 个体工商户
    IndividualBusiness = 4,
}

numbered!(SubjectKind {
    Organisation,
    Person,
    IndividualBusiness
});

/// Dense number of a subject, assigned by a fact; never reused, never on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SubjectNumber(pub u32);

/// Returns a person's name with the first character kept: `张*`.
///
/// One star stands for all that follows, so that the length is hidden too. A name of one character
/// is hidden whole.
#[must_use]
pub fn masked_name(name: &str) -> String {
    let mut characters = name.trim().chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(_)) => format!("{first}*"),
        (_, None) | (None, Some(_)) => "*".to_owned(),
    }
}

/// The opaque identifier in `subjects/{name}`: 20 characters of lower-case base32, random.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectName([u8; 20]);

impl SubjectName {
    /// Makes a name of 100 random bits.
    #[must_use]
    pub fn from_random(random: [u8; 13]) -> Self {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut name = [0; 20];
        for (place, slot) in name.iter_mut().enumerate() {
            let bit = place * 5;
            let pair =
                u16::from(random[bit / 8]) << 8 | u16::from(random.get(bit / 8 + 1).copied().unwrap_or(0));
            *slot = ALPHABET[usize::from(pair >> (11 - bit % 8) & 31)];
        }
        Self(name)
    }

    /// Takes a name as it stands in a resource name or in a table; `None` if it is no such name.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes: [u8; 20] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
            .then_some(Self(bytes))
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a subject name is ASCII")
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_name_shows_its_first_character_at_most() {
        for (name, masked) in [
            ("张三", "张*"),
            ("乌云其木格", "乌*"),
            (" 张三 ", "张*"),
            ("张", "*"),
            ("", "*"),
        ] {
            assert_eq!(masked_name(name), masked, "{name}");
        }
    }

    #[test]
    fn a_subject_name_is_twenty_characters_of_base32() {
        let name = SubjectName::from_random([0xff; 13]);
        assert_eq!(name.as_str(), "77777777777777777777");
        assert_eq!(SubjectName::from_random([0; 13]).as_str(), "aaaaaaaaaaaaaaaaaaaa");
        assert_eq!(SubjectName::from_text(name.as_str()), Some(name));
        for text in [
            "7777777777777777777",
            "777777777777777777777",
            "7777777777777777777A",
            "",
        ] {
            assert_eq!(SubjectName::from_text(text), None, "{text}");
        }
    }
}
