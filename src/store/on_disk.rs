//! Tables on disk: one sled tree, one atomic batch per group.
//!
//! The ledger alone answers for durability. What does not open here, or does not add up to its own digest,
//! is moved aside and rebuilt; what fails while running stays failed until it is opened again.
//! Row keys are the table's number and the key; the empty row key, which no table can have, holds
//! `Reflects`. Read first: [`OnDisk::open_or_set_aside`], then `apply`.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc};
use std::time::Duration;

use bytes::Bytes;

use super::before_images::{BeforeImages, Image, Published, Ticket};
use super::digest::TableDigest;
use super::reflects::Reflects;
use super::row_key::{RowRange, row_after, row_key, successor};
use super::sparse::Sparse;
use super::{Change, Error, Head, KeyRange, Rows, Table, Tables, View, set_aside};
use crate::failpoint::crash_point;

/// A reading of a clock that never goes back; only differences count.
pub type Monotonic = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Where [`Reflects`] stands: a key that no row can have, before all rows.
const REFLECTS_KEY: &[u8] = &[];
/// Bytes of pages that sled may hold in memory. More is no faster, since the system keeps the file's pages anyway;
/// with 256 MiB a million penalties took the process over a gigabyte.
const CACHE_SIZE_MAX: u64 = 32 << 20;
/// How long closing may take; after it the engine is left to its own thread and the process goes on.
const CLOSE_WAIT_MAX: Duration = Duration::from_secs(3);
/// sled's own threads may hold the file for a moment after it was closed.
const LOCK_TRIES_MAX: u32 = 40;
const LOCK_RETRY_AFTER: Duration = Duration::from_millis(25);

/// Tables in a folder of their own.
pub struct OnDisk {
    shared: Arc<Shared>,
    /// Held by the one writer through a whole group.
    writer: Mutex<()>,
}

struct Shared {
    engine: Engine,
    images: RwLock<BeforeImages>,
    monotonic: Monotonic,
    sparse: Sparse,
}

impl OnDisk {
    /// Opens the tables in `folder`, making them if there are none, and checks every row against the digest.
    ///
    /// # Errors
    /// [`Error::Engine`] if the folder cannot be opened or its rows are not those that were written.
    pub fn open(folder: &Path, monotonic: Monotonic) -> Result<Self, Error> {
        Self::try_open(folder, monotonic).map_err(OpenFailure::into_error)
    }

    /// Opens the tables in `folder`; what does not open is moved aside, and empty tables take its place.
    ///
    /// The text says why and where to, for the log. The tables then have to be rebuilt from the ledger.
    ///
    /// # Errors
    /// [`Error::Engine`] if another process has the tables open, or empty tables cannot be made either.
    pub fn open_or_set_aside(folder: &Path, monotonic: Monotonic) -> Result<(Self, Option<String>), Error> {
        match Self::try_open(folder, Arc::clone(&monotonic)) {
            Ok(tables) => Ok((tables, None)),
            Err(OpenFailure::Locked(detail)) => Err(OpenFailure::Locked(detail).into_error()),
            Err(OpenFailure::Broken(detail)) => {
                let moved = set_aside::set_aside(folder)
                    .map_err(|source| failed("move broken tables aside", source.to_string()))?;
                let tables = Self::open(folder, monotonic)?;
                Ok((tables, Some(format!("{detail}; moved to {moved}"))))
            }
        }
    }

    fn try_open(folder: &Path, monotonic: Monotonic) -> Result<Self, OpenFailure> {
        let (db, (found, sparse)) = open_on_own_thread(folder, check_every_row)?;
        let (head, digest) = found.map_or((None, TableDigest::default()), |found| {
            (Some(found.head), found.digest)
        });
        Ok(Self {
            shared: Arc::new(Shared {
                engine: Engine {
                    db: Some(db),
                    broken: OnceLock::new(),
                },
                images: RwLock::new(BeforeImages::new(head, digest)),
                monotonic,
                sparse,
            }),
            writer: Mutex::new(()),
        })
    }

    /// Writes the group's before-images down and returns what is to be published after the batch.
    fn stage(&self, head: Head, changes: &[Change]) -> Result<Staged, Error> {
        let after: BTreeMap<Bytes, Image> = changes.iter().map(row_after).collect();
        let before = self.shared.engine.run("read rows before a change", |db| {
            after
                .keys()
                .map(|row| Ok(db.get(row)?.map(|value| Bytes::copy_from_slice(&value))))
                .collect()
        })?;
        let mut digest = self.shared.images()?.published().digest;
        let mut writes = Vec::with_capacity(after.len());
        let mut images = Vec::with_capacity(after.len());
        for ((row, value), image) in after.into_iter().zip::<Vec<Image>>(before) {
            if value == image {
                continue;
            }
            digest.replace(&row, image.as_deref(), value.as_deref());
            images.push((row.clone(), image));
            writes.push((row, value));
        }
        let turn = self.shared.images_mut()?.stage(images);
        Ok(Staged {
            writes,
            published: Published {
                turn,
                head: Some(head),
                digest,
            },
        })
    }

    /// Writes the group to the engine, whole or not at all, and then shows it to new views.
    fn commit(&self, head: Head, staged: Staged) -> Result<(), Error> {
        let reflects = Reflects {
            head,
            digest: staged.published.digest,
        }
        .to_bytes();
        // A batch on one tree is as whole as a transaction on it, and does not read each row once more.
        let mut batch = sled::Batch::default();
        for (row, value) in &staged.writes {
            self.shared.sparse.note(row);
            match value {
                Some(value) => batch.insert(&row[..], &value[..]),
                None => batch.remove(&row[..]),
            }
        }
        batch.insert(REFLECTS_KEY, &reflects[..]);
        crash_point("mid_apply");
        self.shared
            .engine
            .run("apply a group", |db| db.apply_batch(batch))?;
        self.shared
            .images_mut()?
            .publish(staged.published, (self.shared.monotonic)());
        Ok(())
    }
}

/// A group between its before-images and its batch.
struct Staged {
    writes: Vec<(Bytes, Image)>,
    published: Published,
}

impl Tables for OnDisk {
    fn reflects(&self) -> Option<Head> {
        self.shared.images().ok()?.published().head
    }

    fn digest(&self) -> [u8; 32] {
        // A poisoned lock means that a writer panicked: every read and write fails then, and the digest
        // of nothing at all makes no promise about rows.
        self.shared
            .images()
            .map_or([0; 32], |images| images.published().digest.to_bytes())
    }

    fn digest_at(&self) -> Option<(Head, [u8; 32])> {
        let published = self.shared.images().ok()?.published();
        Some((published.head?, published.digest.to_bytes()))
    }

    fn apply(&self, head: Head, changes: &[Change]) -> Result<(), Error> {
        let _one_writer = self
            .writer
            .lock()
            .map_err(|_| failed("apply a group", LOCK_POISONED))?;
        let staged = self.stage(head, changes)?;
        self.commit(head, staged)
    }

    fn view(&self) -> Result<Arc<dyn View>, Error> {
        self.shared.engine.check()?;
        let (ticket, head) = self.shared.images_mut()?.open_view((self.shared.monotonic)());
        Ok(Arc::new(OldView {
            shared: Arc::clone(&self.shared),
            ticket,
            head,
        }))
    }
}

const LOCK_POISONED: &str = "a thread ended in the middle of a change";

impl Shared {
    fn images(&self) -> Result<RwLockReadGuard<'_, BeforeImages>, Error> {
        self.images
            .read()
            .map_err(|_| failed("look at before-images", LOCK_POISONED))
    }

    fn images_mut(&self) -> Result<RwLockWriteGuard<'_, BeforeImages>, Error> {
        self.images
            .write()
            .map_err(|_| failed("keep before-images", LOCK_POISONED))
    }
}

/// A view: the engine's rows, replaced by the before-images of later groups.
struct OldView {
    shared: Arc<Shared>,
    ticket: Ticket,
    head: Option<Head>,
}

impl View for OldView {
    fn head(&self) -> Option<Head> {
        self.head
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, Error> {
        let row = row_key(table, key);
        let now_there = self.shared.engine.run("read a row", |db| db.get(&row))?;
        let images = self.shared.images()?;
        images.check(self.ticket, (self.shared.monotonic)())?;
        Ok(match images.at(&row, self.ticket.turn) {
            Some(image) => image.clone(),
            None => now_there.map(|value| Bytes::copy_from_slice(&value)),
        })
    }

    fn scan(&self, table: Table, range: &KeyRange, rows_max: usize) -> Result<Rows, Error> {
        let mut rows = Vec::new();
        let mut rest = RowRange::of(table, range);
        if rest
            .as_ref()
            .is_some_and(|range| self.shared.sparse.is_empty(range))
        {
            self.shared.engine.check()?;
            self.shared
                .images()?
                .check(self.ticket, (self.shared.monotonic)())?;
            rest = None;
        }
        // One row more than asked for, to know whether there is one.
        while let (Some(range), true) = (&rest, rows.len() <= rows_max) {
            let wanted = (rows_max - rows.len()).saturating_add(1);
            let now_there = self.shared.engine.rows(range, wanted)?;
            let next = (now_there.len() == wanted).then(|| now_there.last()).flatten();
            let next = next.map(|(row, _)| RowRange {
                from: successor(row),
                until: range.until.clone(),
            });
            let covered = RowRange {
                from: range.from.clone(),
                until: next
                    .as_ref()
                    .map_or_else(|| range.until.clone(), |next| Some(next.from.clone())),
            };
            let images = self.shared.images()?;
            images.check(self.ticket, (self.shared.monotonic)())?;
            rows.extend(replaced(now_there, images.range_at(&covered, self.ticket.turn)).take(wanted));
            rest = next;
        }
        let more = rows.len() > rows_max;
        rows.truncate(rows_max);
        let rows = rows
            .into_iter()
            .map(|(row, value)| (row.slice(1..), value))
            .collect();
        Ok(Rows { rows, more })
    }
}

impl Drop for OldView {
    fn drop(&mut self) {
        if let Ok(mut images) = self.shared.images_mut() {
            images.close_view(self.ticket);
        }
    }
}

/// Merges rows as they are now with the images that go before them, both in order.
fn replaced<'a>(
    now_there: Vec<(Bytes, Bytes)>,
    images: impl Iterator<Item = (&'a Bytes, &'a Image)>,
) -> impl Iterator<Item = (Bytes, Bytes)> {
    let mut now_there = now_there.into_iter().peekable();
    let mut images = images.peekable();
    std::iter::from_fn(move || {
        loop {
            let image_is_next = match (now_there.peek(), images.peek()) {
                (Some((row, _)), Some((replaced, _))) => *replaced <= row,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            if !image_is_next {
                return now_there.next();
            }
            let (row, image) = images.next()?;
            now_there.next_if(|(newer, _)| newer == row);
            if let Some(value) = image {
                return Some((row.clone(), value.clone()));
            }
        }
    })
}

/// sled behind a fence: its panics and errors end as [`Error::Engine`], and the first one stays.
struct Engine {
    /// `None` only while it is being closed.
    db: Option<sled::Db>,
    broken: OnceLock<String>,
}

impl Engine {
    fn run<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&sled::Db) -> Result<T, sled::Error>,
    ) -> Result<T, Error> {
        self.check()?;
        let db = self
            .db
            .as_ref()
            .expect("an engine is closed only when it is dropped");
        fenced(|| work(db)).map_err(|detail| {
            let first = self.broken.get_or_init(|| detail);
            failed(operation, first.clone())
        })
    }

    fn check(&self) -> Result<(), Error> {
        match self.broken.get() {
            Some(detail) => Err(failed("answer since they failed", detail.clone())),
            None => Ok(()),
        }
    }

    fn rows(&self, range: &RowRange, rows_max: usize) -> Result<Vec<(Bytes, Bytes)>, Error> {
        self.run("read a range", |db| {
            // After an error sled's iterator yields errors for ever; `collect` stops at the first.
            db.range::<&[u8], _>(range.borders())
                .take(rows_max)
                .map(|row| {
                    row.map(|(key, value)| (Bytes::copy_from_slice(&key), Bytes::copy_from_slice(&value)))
                })
                .collect()
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(db) = self.db.take() {
            close(db, CLOSE_WAIT_MAX);
        }
    }
}

enum OpenFailure {
    /// Another process or an earlier engine has the folder open: nothing is broken.
    Locked(String),
    Broken(String),
}

impl OpenFailure {
    fn into_error(self) -> Error {
        match self {
            Self::Locked(detail) | Self::Broken(detail) => failed("be opened", detail),
        }
    }
}

/// Reads up to which group the tables in `folder` were written, whether or not their rows add up.
///
/// Serves as a high-water mark of the ledger, so only an entry whose checksum holds counts. `None` also
/// where there are no tables; nothing is made then. Must not be called while the tables are open.
#[must_use]
pub fn read_reflects(folder: &Path) -> Option<Head> {
    if !folder.is_dir() {
        return None;
    }
    let (db, found) = open_on_own_thread(folder, stored_reflects).ok()?;
    close(db, CLOSE_WAIT_MAX);
    Some(found?.head)
}

/// Opens sled and looks at it on a thread that may panic, as sled does on some damaged files.
fn open_on_own_thread<T: Send + 'static>(
    folder: &Path,
    look: impl FnOnce(&sled::Db) -> Result<T, String> + Send + 'static,
) -> Result<(sled::Db, T), OpenFailure> {
    let folder = folder.to_path_buf();
    let opening = move || {
        let db = open_unlocked(&folder)?;
        match catch_unwind(AssertUnwindSafe(|| look(&db))) {
            Ok(Ok(found)) => Ok((db, found)),
            Ok(Err(detail)) => {
                close(db, Duration::ZERO);
                Err(OpenFailure::Broken(detail))
            }
            Err(panic) => {
                close(db, Duration::ZERO);
                Err(OpenFailure::Broken(panic_text(&*panic)))
            }
        }
    };
    let thread = std::thread::Builder::new()
        .name("open tables".to_owned())
        .spawn(opening)
        .map_err(|source| OpenFailure::Broken(source.to_string()))?;
    thread
        .join()
        .unwrap_or_else(|panic| Err(OpenFailure::Broken(panic_text(&*panic))))
}

fn open_unlocked(folder: &PathBuf) -> Result<sled::Db, OpenFailure> {
    let mut tries = 0;
    loop {
        let opened = fenced(|| {
            sled::Config::new()
                .path(folder)
                .cache_capacity(CACHE_SIZE_MAX)
                .open()
        });
        match opened {
            Ok(db) => return Ok(db),
            Err(detail) if !detail.contains("could not acquire lock") => {
                return Err(OpenFailure::Broken(detail));
            }
            Err(detail) if tries == LOCK_TRIES_MAX => return Err(OpenFailure::Locked(detail)),
            Err(_) => {
                tries += 1;
                std::thread::sleep(LOCK_RETRY_AFTER);
            }
        }
    }
}

/// Reads every row once: they must add up to the stored digest, and without one there must be none.
fn check_every_row(db: &sled::Db) -> Result<(Option<Reflects>, Sparse), String> {
    let reflects = stored_reflects(db)?;
    let sparse = Sparse::default();
    let mut digest = TableDigest::default();
    let mut last: Option<sled::IVec> = None;
    for row in db.iter() {
        let (row, value) = row.map_err(|cause| cause.to_string())?;
        if last.as_ref().is_some_and(|last| *last >= row) {
            return Err("rows are out of order".to_owned());
        }
        if row != REFLECTS_KEY {
            digest.replace(&row, None, Some(&value));
            sparse.note(&row);
        }
        last = Some(row);
    }
    match &reflects {
        Some(stored) if stored.digest == digest => Ok((reflects, sparse)),
        None if last.is_none() => Ok((None, sparse)),
        Some(_) => Err("the rows do not add up to their digest".to_owned()),
        None => Err("there are rows, but nothing says what they reflect".to_owned()),
    }
}

fn stored_reflects(db: &sled::Db) -> Result<Option<Reflects>, String> {
    let Some(stored) = db.get(REFLECTS_KEY).map_err(|cause| cause.to_string())? else {
        return Ok(None);
    };
    match Reflects::from_bytes(&stored) {
        Some(reflects) => Ok(Some(reflects)),
        None => Err("what the rows reflect is damaged".to_owned()),
    }
}

/// Closes sled on a thread of its own, since closing waits for threads of sled that may have panicked.
fn close(db: sled::Db, wait_max: Duration) {
    let (closed, wait) = mpsc::channel();
    let closing = move || {
        if let Err(detail) = fenced(|| {
            drop(db);
            Ok(())
        }) {
            tracing::warn!("closing the tables failed: {detail}");
        }
        // Nobody may be waiting any more.
        let _ = closed.send(());
    };
    match std::thread::Builder::new()
        .name("close tables".to_owned())
        .spawn(closing)
    {
        Ok(_) if wait_max.is_zero() => {}
        Ok(_) => {
            if wait.recv_timeout(wait_max).is_err() {
                tracing::warn!("the tables did not close in time; they will be checked at the next start");
            }
        }
        Err(cause) => tracing::warn!("the tables cannot be closed: {cause}"),
    }
}

/// Runs sled's code; its panics become text like its errors.
fn fenced<T>(work: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(cause)) => Err(cause.to_string()),
        Err(panic) => Err(panic_text(&*panic)),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the engine panicked: {}", text.unwrap_or("without a text"))
}

fn failed(operation: &'static str, detail: impl Into<String>) -> Error {
    Error::Engine {
        operation,
        detail: detail.into(),
    }
}

#[cfg(test)]
#[path = "on_disk_tests.rs"]
mod tests;
