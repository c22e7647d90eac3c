//! A simulated disk: what was synced survives a crash, the rest survives in part; calls fail on demand.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::file::{File, Folder};

/// The kinds of call that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Write,
    Sync,
    Truncate,
    Rename,
    FolderSync,
}

/// One sector: the unit that a power cut keeps or loses.
pub const SECTOR: usize = 512;

#[derive(Clone, Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
}

#[derive(Clone)]
struct State {
    files: BTreeMap<u64, Content>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    next: u64,
    free: u64,
    calls: u64,
    fail: Option<(Operation, u64)>,
    failed: bool,
}

/// A folder in memory whose losses and failures a test decides.
#[derive(Clone)]
pub struct SimulatedFolder {
    state: Arc<Mutex<State>>,
}

impl Default for SimulatedFolder {
    fn default() -> Self {
        let state = State {
            files: BTreeMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            next: 0,
            free: u64::MAX,
            calls: 0,
            fail: None,
            failed: false,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }
}

impl SimulatedFolder {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the `nth` call (from 1) of this kind fail, counted from now.
    pub fn fail_nth(&self, operation: Operation, nth: u64) {
        let mut state = self.lock();
        state.calls = 0;
        state.failed = false;
        state.fail = Some((operation, nth));
    }

    /// Says whether the failure asked for has happened.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.lock().failed
    }

    /// Sets the bytes that writes may still take.
    pub fn set_free(&self, free: u64) {
        self.lock().free = free;
    }

    /// The disk after a power cut: durable names and bytes, and those unsynced sectors that `keep` picks.
    #[must_use]
    pub fn after_power_cut(&self, mut keep: impl FnMut() -> bool) -> Self {
        let mut state = self.lock().clone();
        state.names = state.durable_names.clone();
        for content in state.files.values_mut() {
            let size = if content.live.len() == content.durable.len() || keep() {
                content.live.len()
            } else {
                content.durable.len()
            };
            let mut kept = content.durable.clone();
            kept.resize(size, 0);
            for start in (0..size).step_by(SECTOR) {
                let end = (start + SECTOR).min(size).min(content.live.len());
                if start < end && kept[start..end] != content.live[start..end] && keep() {
                    kept[start..end].copy_from_slice(&content.live[start..end]);
                }
            }
            content.live.clone_from(&kept);
            content.durable = kept;
        }
        state.fail = None;
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The disk after `kill -9`: everything written stands.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        let mut state = self.lock().clone();
        state.fail = None;
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The bytes of a file, or nothing.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.lock();
        state.names.get(name).map(|id| state.files[id].live.clone())
    }

    /// Replaces a file's bytes, durably, as a fault from outside would.
    pub fn overwrite(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.lock();
        let next = state.next;
        let id = *state.names.entry(name.to_owned()).or_insert(next);
        state.next = next.max(id + 1);
        state.durable_names.insert(name.to_owned(), id);
        state.files.insert(
            id,
            Content {
                live: bytes.clone(),
                durable: bytes,
            },
        );
    }

    /// Removes a file, durably, as a fault from outside would.
    pub fn lose(&self, name: &str) {
        let mut state = self.lock();
        state.names.remove(name);
        state.durable_names.remove(name);
    }
}

impl State {
    fn check(&mut self, operation: Operation) -> io::Result<()> {
        if let Some((kind, nth)) = self.fail
            && kind == operation
        {
            self.calls += 1;
            if self.calls == nth {
                self.failed = true;
                return Err(io::Error::other("simulated disk failure"));
            }
        }
        Ok(())
    }

    fn id(&self, name: &str) -> io::Result<u64> {
        self.names
            .get(name)
            .copied()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl Folder for SimulatedFolder {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let id = self.lock().id(name)?;
        Ok(Arc::new(SimulatedFile {
            state: Arc::clone(&self.state),
            id,
        }))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut state = self.lock();
        state.check(Operation::Create)?;
        let id = state.next;
        state.next += 1;
        state.files.insert(id, Content::default());
        state.names.insert(name.to_owned(), id);
        Ok(Arc::new(SimulatedFile {
            state: Arc::clone(&self.state),
            id,
        }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.check(Operation::Rename)?;
        let id = state.id(from)?;
        state.names.remove(from);
        state.names.insert(to.to_owned(), id);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.id(name)?;
        state.names.remove(name);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.check(Operation::FolderSync)?;
        state.durable_names = state.names.clone();
        Ok(())
    }

    fn free(&self) -> io::Result<u64> {
        Ok(self.lock().free)
    }

    fn describe(&self, name: &str) -> String {
        name.to_owned()
    }
}

struct SimulatedFile {
    state: Arc<Mutex<State>>,
    id: u64,
}

impl SimulatedFile {
    fn with<T>(&self, operation: Option<Operation>, act: impl FnOnce(&mut Content) -> T) -> io::Result<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(operation) = operation {
            state.check(operation)?;
        }
        let content = state
            .files
            .get_mut(&self.id)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(act(content))
    }
}

impl File for SimulatedFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.with(None, |content| {
            let start = usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(content.live.len());
            let count = into.len().min(content.live.len() - start);
            into[..count].copy_from_slice(&content.live[start..start + count]);
            count
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let put = |content: &mut Content, bytes: &[u8]| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            if content.live.len() < start + bytes.len() {
                content.live.resize(start + bytes.len(), 0);
            }
            content.live[start..start + bytes.len()].copy_from_slice(bytes);
        };
        match self.with(Some(Operation::Write), |content| put(content, bytes)) {
            Ok(()) => Ok(()),
            // A failed write may leave any part behind: here its first half.
            Err(error) => {
                self.with(None, |content| put(content, &bytes[..bytes.len() / 2]))?;
                Err(error)
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.with(Some(Operation::Sync), |content| {
            content.durable.clone_from(&content.live)
        })
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.with(Some(Operation::Truncate), |content| content.live.resize(size, 0))
    }

    fn size(&self) -> io::Result<u64> {
        self.with(None, |content| content.live.len() as u64)
    }
}
