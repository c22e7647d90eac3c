//! Moves tables that do not open out of the way, and keeps the latest of them for a look.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many broken tables are kept; older ones are removed.
pub const BROKEN_KEPT_MAX: usize = 2;

/// Renames `folder` to `<folder>.broken-N` beside it, with a number above all there, and returns the name.
pub(super) fn set_aside(folder: &Path) -> io::Result<String> {
    let mut there = broken(folder)?;
    let number = there.last().map_or(1, |(last, _)| last + 1);
    let name = format!("{}{number}", prefix(folder)?);
    let target = folder.with_file_name(&name);
    fs::rename(folder, &target)?;
    there.push((number, target));
    let kept_from = there.len().saturating_sub(BROKEN_KEPT_MAX);
    for (_, old) in &there[..kept_from] {
        remove(old)?;
    }
    Ok(name)
}

/// The broken tables beside `folder`, lowest number first.
fn broken(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let prefix = prefix(folder)?;
    let beside = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(beside)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix(&prefix)?.parse().ok());
        if let Some(number) = number {
            found.push((number, folder.with_file_name(name)));
        }
    }
    found.sort();
    Ok(found)
}

fn prefix(folder: &Path) -> io::Result<String> {
    let name = folder.file_name().and_then(|name| name.to_str());
    name.map(|name| format!("{name}.broken-"))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the folder of tables has no name"))
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}
