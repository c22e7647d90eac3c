//! The manifest of a backup: one word and its values a line, the last line a hash over those before.

use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;

use super::sha256;
use crate::domain::revision::Place;
use crate::ledger::segment;
use crate::store::Head;

/// Name of the file.
pub const FILE: &str = "MANIFEST";
/// The first line, with the number of the format.
const FORMAT: &str = "credence-backup 1";

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub ledger: [u8; 16],
    /// The last group in it.
    pub head: Head,
    /// In the order of the ledger.
    pub segments: Vec<Saved>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub name: String,
    /// In bytes.
    pub size: u64,
    pub sha256: String,
}

impl Saved {
    /// Describes a file with these bytes.
    #[must_use]
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            size: bytes.len() as u64,
            sha256: sha256(bytes),
        }
    }
}

impl Manifest {
    /// The manifest as it is written.
    #[must_use]
    pub fn text(&self) -> String {
        let (ledger, head) = (HEXLOWER.encode(&self.ledger), self.head);
        let mut text = format!("{FORMAT}\nledger {ledger}\nhead {head}\n");
        for Saved { name, size, sha256 } in &self.segments {
            text += &format!("segment {name} {size} {sha256}\n");
        }
        let hash = sha256(text.as_bytes());
        text + &format!("sha256 {hash}\n")
    }

    /// Reads the manifest of a folder; the error names the file.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let bytes = fs::read(folder.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
        let parsed = String::from_utf8(bytes).ok().and_then(|text| Self::parse(&text));
        parsed.ok_or_else(|| format!("{FILE} is not as it was written"))
    }

    /// Whatever differs from what [`Self::text`] writes is no manifest.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        (lines.next()? == FORMAT).then_some(())?;
        let ledger = HEXLOWER
            .decode(lines.next()?.strip_prefix("ledger ")?.as_bytes())
            .ok()?;
        let (place, hash) = lines.next()?.strip_prefix("head ")?.split_once(':')?;
        let head = Head {
            place: place.parse::<Place>().ok()?,
            hash: HEXLOWER.decode(hash.as_bytes()).ok()?.try_into().ok()?,
        };
        let segments = lines
            .filter_map(|line| line.strip_prefix("segment "))
            .map(|line| {
                let (name, rest) = line.split_once(' ')?;
                let (size, sha256) = rest.split_once(' ')?;
                // A name is looked for in the backup's folder and nowhere else.
                segment::number(name)?;
                Some(Saved {
                    name: name.to_owned(),
                    size: size.parse().ok()?,
                    sha256: sha256.to_owned(),
                })
            });
        let manifest = Self {
            ledger: ledger.try_into().ok()?,
            head,
            segments: segments.collect::<Option<_>>()?,
        };
        (manifest.text() == text).then_some(manifest)
    }
}
