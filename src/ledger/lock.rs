//! The operating system's lock on a data folder: one process at a time.

use std::fs;
use std::io;
use std::path::Path;

/// Why a data folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("the data folder {0} is in use by another process; ask that one, or stop it first")]
    Taken(String),
    #[error("the data folder cannot be used: {0}")]
    Disk(#[from] io::Error),
}

/// Takes the lock; it is held as long as the file is kept.
///
/// # Errors
/// Each [`LockError`].
pub fn lock(folder: &Path) -> Result<fs::File, LockError> {
    fs::create_dir_all(folder)?;
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(LockError::Taken(folder.display().to_string())),
        Err(fs::TryLockError::Error(error)) => Err(LockError::Disk(error)),
    }
}
