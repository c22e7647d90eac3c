//! The place of a fact in the ledger, and the instant at which it was recorded.

use std::fmt;
use std::str::FromStr;

/// Counts the lives of a ledger: a restored or cut ledger starts the next epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u32);

/// Numbers a fact within an epoch, from 1, without gaps. Zero stands before the first fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

impl Revision {
    /// Returns the revision that lies `count` facts later.
    #[must_use]
    pub fn plus(self, count: u64) -> Self {
        Self(self.0 + count)
    }
}

/// A revision together with its epoch, as it stands on the wire: `EPOCH.REVISION`, such as `1.20481`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub epoch: Epoch,
    pub revision: Revision,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.0, self.revision.0)
    }
}

/// A text that is not of the form `EPOCH.REVISION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a revision is written EPOCH.REVISION, such as 1.20481")]
pub struct PlaceError;

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (epoch, revision) = text.split_once('.').ok_or(PlaceError)?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(epoch) || !digits(revision) {
            return Err(PlaceError);
        }
        Ok(Self {
            epoch: Epoch(epoch.parse().map_err(|_| PlaceError)?),
            revision: Revision(revision.parse().map_err(|_| PlaceError)?),
        })
    }
}

/// Revisions from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub first: Revision,
    pub last: Revision,
}

impl Span {
    #[must_use]
    pub fn contains(&self, revision: Revision) -> bool {
        (self.first..=self.last).contains(&revision)
    }
}

/// A moment in nanoseconds since 1970-01-01T00:00:00Z. Civil dates are another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);
