//! A file of zeroes that holds disk space for an emergency: an operator deletes it, and there is room to
//! stop, to back up, to free more.

use std::io;

use super::file::Folder;
use super::segment;

/// Name of the file in the data folder.
pub const NAME: &str = "ballast";

/// Makes the ballast anew if it is gone and the disk has room for it above the reserve.
///
/// A ballast that cannot be made is no reason not to start: the next start tries again.
///
/// # Errors
/// As the disk reports them, a full disk excepted.
pub fn keep(folder: &dyn Folder, size: u64, reserve: u64) -> io::Result<()> {
    if size == 0 || folder.list()?.iter().any(|name| name == NAME) {
        return Ok(());
    }
    let file = folder.create(NAME)?;
    if !segment::grow(folder, &*file, 0, size, reserve)? {
        folder.remove(NAME)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::simulated::SimulatedFolder;

    #[test]
    fn a_ballast_is_made_where_there_is_room_and_left_alone_afterwards() {
        let folder = SimulatedFolder::default();
        let size = |folder: &SimulatedFolder| folder.open(NAME).and_then(|file| file.size()).ok();
        folder.set_free(1_999);
        keep(&folder, 1_000, 1_000).expect("no room is no error");
        assert_eq!(size(&folder), None);
        folder.set_free(2_000);
        keep(&folder, 1_000, 1_000).expect("room");
        assert_eq!(size(&folder), Some(1_000));
        keep(&folder, 500, 0).expect("there already");
        assert_eq!(size(&folder), Some(1_000));
        folder.remove(NAME).expect("an operator in need");
        keep(&folder, 0, 0).expect("switched off");
        assert_eq!(size(&folder), None);
    }
}
