//! `credence backup` and `credence restore`: the ledger in another folder, and back as a new epoch.
//!
//! A backup reads the segments of a folder, also of one that a server holds: what stands whole in them
//! continues the chain, and the rest is not taken. Its manifest names every file by hash and the head up to
//! which it goes. Keys are saved apart, for together they are everything. Read first: [`Backup::take`],
//! [`Restore::bring_back`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use clap::Args;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::clock::{Clock, SystemClock};
use crate::domain::revision::{Instant, Place};
use crate::ledger::file::{Folder, RealFolder, read_all};
use crate::ledger::frame::{self, Frame, FrameKind};
use crate::ledger::mark::{Mark, MarkFile};
use crate::ledger::scan::{self, End};
use crate::ledger::segment::{self, HEADER_SIZE, SegmentHeader};
use crate::ledger::{OnDisk, OpenError, Options};
use crate::store::Head;

mod manifest;

use manifest::{FILE, Manifest, Saved};

/// Size of segments that a restored ledger begins; the settings of the next start hold afterwards.
const SEGMENT_SIZE: u64 = 1 << 20;

/// Saves a ledger, also while a server runs on it.
#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// The data folder.
    #[arg(long, default_value = "data")]
    pub data: PathBuf,
    /// The folder of the backup; what it holds of this ledger already is not written again.
    #[arg(long)]
    pub to: PathBuf,
    /// A folder on another medium for the keys; without it they are not saved.
    #[arg(long)]
    pub keys_to: Option<PathBuf>,
}

/// Brings a backup back into an empty folder, as a new epoch.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The folder of the backup.
    #[arg(long)]
    pub from: PathBuf,
    /// The data folder to be made; it must be absent or empty.
    #[arg(long, required_unless_present = "verify")]
    pub data: Option<PathBuf>,
    /// Brings back what was known at EPOCH.REVISION, the end of a group; without it everything.
    #[arg(long, conflicts_with = "at")]
    pub until: Option<Place>,
    /// Brings back what was known at this instant (RFC 3339).
    #[arg(long)]
    pub at: Option<String>,
    /// The folder that the keys were saved to.
    #[arg(long)]
    pub keys_from: Option<PathBuf>,
    /// Checks every byte of the backup and brings nothing back.
    #[arg(long)]
    pub verify: bool,
}

/// Why a backup was not taken or not brought back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no ledger in {0}")]
    Absent(String),
    #[error("{file} of the ledger is damaged at offset {offset}; `credence ledger verify` says more")]
    Damaged { file: String, offset: usize },
    #[error(
        "{0} holds the backup of another ledger, or of a history that this one gave up; take another folder"
    )]
    Foreign(String),
    #[error("there is no backup in {0}")]
    NoBackup(String),
    #[error("the backup is broken: {0}")]
    Broken(String),
    #[error("{0} is not empty")]
    NotEmpty(String),
    #[error("no group ends at {0}; --until names a revision that an answer gave")]
    NoSuchEnd(String),
    #[error("{0} is no instant such as 2024-06-03T12:00:00+08:00")]
    NoInstant(String),
    #[error("the restored ledger does not open: {0}")]
    Open(#[from] OpenError),
    #[error("the disk: {0}")]
    Disk(#[from] io::Error),
}

/// What stands whole in the segments of a ledger.
struct Whole {
    ledger: [u8; 16],
    head: Head,
    segments: Vec<(String, Bytes)>,
    /// Whether the head asked for stands in it.
    has_earlier: bool,
}

impl Backup {
    /// Takes the backup and says what it holds.
    ///
    /// # Errors
    /// Each [`Error`]; an earlier backup in the folder stays as it was if the ledger is damaged or another.
    pub fn take(&self) -> Result<String, Error> {
        let source = self.data.join("ledger");
        if !source.is_dir() {
            return Err(Error::Absent(self.data.display().to_string()));
        }
        fs::create_dir_all(&self.to)?;
        let earlier = match self.to.join(FILE).exists() {
            true => Some(Manifest::read(&self.to).map_err(Error::Broken)?),
            false => None,
        };
        let whole = whole(&source, earlier.as_ref().map(|manifest| manifest.head))?;
        let is_other = |manifest: &Manifest| manifest.ledger != whole.ledger || !whole.has_earlier;
        if earlier.as_ref().is_some_and(is_other) {
            return Err(Error::Foreign(self.to.display().to_string()));
        }
        let mut written = 0;
        let mut saved = Vec::new();
        for (name, bytes) in &whole.segments {
            let now = Saved::of(name, bytes);
            let held = earlier.iter().flat_map(|manifest| &manifest.segments);
            if !held.into_iter().any(|held| *held == now) {
                put(&self.to, name, bytes)?;
                written += 1;
            }
            saved.push(now);
        }
        let manifest = Manifest {
            ledger: whole.ledger,
            head: whole.head,
            segments: saved,
        };
        // Last: until it stands, the earlier one holds, and its files have only grown at their end.
        put(&self.to, FILE, manifest.text().as_bytes())?;
        // After the ledger: a key is on disk before the first group that needs it.
        if let Some(to) = &self.keys_to {
            copy_folder(&self.data.join("keys"), to)?;
        }
        Ok(format!(
            "saved up to {}: {} segments, {written} of them written{}",
            whole.head,
            manifest.segments.len(),
            if self.keys_to.is_some() {
                ", and the keys"
            } else {
                "; the keys are not in it"
            }
        ))
    }
}

/// Reads what stands whole in a ledger's folder, of which the last segment may be growing.
fn whole(source: &Path, earlier: Option<Head>) -> Result<Whole, Error> {
    let absent = || Error::Absent(source.display().to_string());
    let folder = RealFolder::open(source)?;
    let mut names: Vec<String> = folder.list()?;
    names.retain(|name| segment::number(name).is_some());
    names.sort_unstable();
    let (mut head, mut ledger, mut has_earlier) = (None, None, earlier.is_none());
    let mut segments = Vec::new();
    let last = names.len().checked_sub(1).ok_or_else(absent)?;
    for (index, name) in names.into_iter().enumerate() {
        let bytes = Bytes::from(read_all(&*folder.open(&name)?)?);
        let header = SegmentHeader::decode(&bytes);
        let damaged = |offset| Error::Damaged {
            file: name.clone(),
            offset,
        };
        ledger = Some(header.ok_or_else(|| damaged(0))?.ledger);
        let mut at = HEADER_SIZE;
        while let Ok(frame) = frame::decode(&bytes.slice(at..)) {
            if frame.kind == FrameKind::Group {
                let here = head_of(&frame);
                has_earlier |= earlier == Some(here);
                head = Some(here);
            }
            at += frame::claimed_size(&bytes[at..]).expect("a frame that decodes has a size");
        }
        // What follows is zero: never written, or being written now in the last one.
        if index < last && bytes[at..].iter().any(|byte| *byte != 0) {
            return Err(damaged(at));
        }
        segments.push((name, bytes.slice(..if index < last { bytes.len() } else { at })));
    }
    Ok(Whole {
        ledger: ledger.ok_or_else(absent)?,
        head: head.ok_or_else(absent)?,
        segments,
        has_earlier,
    })
}

fn head_of(frame: &Frame) -> Head {
    let place = Place {
        epoch: frame.epoch,
        revision: frame.last(),
    };
    Head {
        place,
        hash: frame.hash,
    }
}

impl Restore {
    /// Checks the backup, brings it back unless only asked to verify, and says what stands then.
    ///
    /// # Errors
    /// Each [`Error`]; nothing is made before every byte of the backup was checked.
    pub fn bring_back(&self) -> Result<String, Error> {
        if !self.from.join(FILE).exists() {
            return Err(Error::NoBackup(self.from.display().to_string()));
        }
        let manifest = Manifest::read(&self.from).map_err(Error::Broken)?;
        for saved in &manifest.segments {
            let bytes = fs::read(self.from.join(&saved.name));
            let bytes = bytes.map_err(|error| Error::Broken(format!("{}: {error}", saved.name)))?;
            if Saved::of(&saved.name, &bytes) != *saved {
                return Err(Error::Broken(format!("{} is not as it was saved", saved.name)));
            }
        }
        let Some(data) = self.data.as_ref().filter(|_| !self.verify) else {
            let (head, count) = (manifest.head, manifest.segments.len());
            return Ok(format!("the backup is whole: {count} segments up to {head}"));
        };
        if data.exists() && fs::read_dir(data)?.next().is_some() {
            return Err(Error::NotEmpty(data.display().to_string()));
        }
        let ledger = data.join("ledger");
        fs::create_dir_all(&ledger)?;
        for saved in &manifest.segments {
            put(&ledger, &saved.name, &fs::read(self.from.join(&saved.name))?)?;
        }
        let opened = self.opened_anew(&ledger, &manifest)?;
        if let Some(keys) = &self.keys_from {
            copy_folder(keys, &data.join("keys"))?;
        }
        Ok(opened)
    }

    /// Opens the next epoch after the place asked for.
    ///
    /// The mark that is written first says that more was acknowledged than is here. That may be true: whoever
    /// got an answer after the backup must not see its revision given out again. So the folder opens by
    /// giving up what is not there, and not by chance.
    fn opened_anew(&self, ledger: &Path, manifest: &Manifest) -> Result<String, Error> {
        let folder: Arc<dyn Folder> = Arc::new(RealFolder::open(ledger)?);
        let mut kept = None;
        let latest = self.latest()?;
        let found = scan::scan(&*folder, |frame| {
            let here = head_of(frame);
            let is_kept = match (self.until, latest) {
                (Some(until), _) => here.place == until,
                (None, Some(latest)) => frame.instant <= latest,
                (None, None) => here == manifest.head,
            };
            if is_kept {
                kept = Some(here);
            }
        })?;
        let asked = || {
            self.until
                .map_or_else(|| self.at.clone().unwrap_or_default(), |until| until.to_string())
        };
        let kept = kept.ok_or_else(|| Error::NoSuchEnd(asked()))?;
        let broken = || Error::Broken("it holds no whole group".to_owned());
        let End {
            ledger: id,
            epoch,
            last,
            hash,
            instant,
            segment,
            offset,
            ..
        } = found.end.ok_or_else(broken)?;
        let mark = Mark {
            ledger: id,
            place: Place {
                epoch,
                revision: last.plus(1),
            },
            hash,
            segment,
            end: offset,
            closed: false,
            heartbeat: instant,
            sequence: 1,
        };
        drop(MarkFile::create(Arc::clone(&folder), &mark)?);
        let options = Options {
            segment_size: SEGMENT_SIZE,
            disk_reserve: 0,
        };
        let now = SystemClock.now().max(instant);
        let opened = OnDisk::open(folder, options, id, now, Some(kept.place), |_| {})?;
        let mut anew = opened.ledger;
        let head = anew.head();
        anew.close()?;
        Ok(format!(
            "restored up to {kept}; epoch {} begins at {head}",
            head.place.epoch.0
        ))
    }

    /// The instant after which nothing is brought back.
    fn latest(&self) -> Result<Option<Instant>, Error> {
        let Some(text) = &self.at else { return Ok(None) };
        let parsed = text.parse::<jiff::Timestamp>().ok();
        let nanoseconds = parsed.and_then(|at| i64::try_from(at.as_nanosecond()).ok());
        let instant = nanoseconds.map(Instant);
        instant.map(Some).ok_or_else(|| Error::NoInstant(text.clone()))
    }
}

/// Writes a file whole or not at all, durably.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!("{name}.new"));
    fs::write(&temporary, bytes)?;
    fs::File::open(&temporary)?.sync_all()?;
    fs::rename(&temporary, folder.join(name))?;
    fs::File::open(folder)?.sync_all()
}

/// Copies the files of a folder, with their permissions.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        fs::copy(entry.path(), &target)?;
        fs::File::open(&target)?.sync_all()?;
    }
    fs::File::open(to)?.sync_all()
}

/// The SHA-256 of bytes in hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
