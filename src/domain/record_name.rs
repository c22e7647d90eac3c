//! The resource name of a credit record: it tells nothing about the record and may stand in logs.

use std::fmt;
use std::str::FromStr;

use super::subject::SubjectName;

/// The opaque identifier in `records/{20 characters}`: random, drawn as that of a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordName(SubjectName);

impl RecordName {
    /// Takes 20 characters that were drawn.
    #[must_use]
    pub fn drawn(name: SubjectName) -> Self {
        Self(name)
    }

    /// Takes the 20 characters as they stand in a table or a fact; `None` if they are no such name.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        SubjectName::from_text(text).map(Self)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        self.0.as_bytes()
    }

    /// Returns the 20 characters without the collection before them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// `records/{20 characters}`, as the wire has it.
impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "records/{}", self.0)
    }
}

/// A text that is not of the form `records/{20 characters}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record is named records/ and 20 characters of a to z and 2 to 7")]
pub struct RecordNameError;

impl FromStr for RecordName {
    type Err = RecordNameError;

    fn from_str(text: &str) -> Result<Self, RecordNameError> {
        text.strip_prefix("records/")
            .and_then(Self::from_text)
            .ok_or(RecordNameError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_name_has_its_collection_before_it() {
        let name = RecordName::drawn(SubjectName::from_random([0xff; 13]));
        assert_eq!(name.to_string(), "records/77777777777777777777");
        assert_eq!(name.to_string().parse(), Ok(name));
        assert_eq!(RecordName::from_text(name.as_str()), Some(name));
        for text in [
            "77777777777777777777",
            "subjects/77777777777777777777",
            "records/7",
            "records/",
        ] {
            assert_eq!(text.parse::<RecordName>(), Err(RecordNameError), "{text}");
        }
    }
}
