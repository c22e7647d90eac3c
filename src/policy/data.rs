//! Kinds of data: under which name each is adopted, what is built in, where a folder overrides it.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{KINDS, Mistake, Policies};

/// The files of one kind of data, as a fact adopts them: in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFiles {
    /// Name from the folder of policies, with `/`, and content.
    pub files: Vec<(String, Vec<u8>)>,
}

impl DataFiles {
    /// Returns the hash by which two sets are compared, over length-prefixed names and contents.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (name, content) in &self.files {
            for part in [name.as_bytes(), content] {
                let length = u64::try_from(part.len()).expect("a length in memory fits 64 bits");
                hash.update(length.to_be_bytes());
                hash.update(part);
            }
        }
        hash.finalize().into()
    }
}

/// Where the files of a kind lie under the folder of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    /// At its top, under the names of the built-in ones; a folder must hold all of them.
    AtTop,
    /// In a subfolder of this name, every `*.toml` of it. A folder without that subfolder leaves the
    /// built-in files in place, and the log says so.
    In(&'static str),
}

/// One kind of data.
pub struct Kind {
    /// Under which it is adopted; stored.
    pub name: &'static str,
    pub lies: Lies,
    /// Name from the folder of policies and content, in the order of the names.
    pub embedded: &'static [(&'static str, &'static str)],
    /// Checks the files and puts what they say in place; on a mistake nothing is put anywhere. What the
    /// kinds before it in [`KINDS`] say stands in place already.
    pub parse: fn(&DataFiles, &mut Policies) -> Result<(), Vec<Mistake>>,
}

impl Kind {
    /// Returns the files that are built in.
    #[must_use]
    pub fn built_in(&self) -> DataFiles {
        let files = self.embedded.iter();
        DataFiles {
            files: files
                .map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec()))
                .collect(),
        }
    }

    /// Reads the files of this kind from a folder of policies.
    ///
    /// # Errors
    /// A mistake for each file that cannot be read.
    pub fn read(&self, folder: &Path) -> Result<DataFiles, Vec<Mistake>> {
        let names = match self.lies {
            Lies::AtTop => self.embedded.iter().map(|(name, _)| (*name).to_owned()).collect(),
            Lies::In(inner) if folder.join(inner).is_dir() => names_in(folder, inner)?,
            Lies::In(_) => return Ok(self.built_in()),
        };
        let mut files = Vec::new();
        let mut mistakes = Vec::new();
        for name in names {
            match fs::read(folder.join(&name)) {
                Ok(content) => files.push((name, content)),
                Err(error) => {
                    mistakes.push(Mistake::whole(&name, format!("the file cannot be read: {error}")));
                }
            }
        }
        if mistakes.is_empty() {
            Ok(DataFiles { files })
        } else {
            Err(mistakes)
        }
    }
}

/// The names of the data files of a subfolder, in their order.
fn names_in(folder: &Path, inner: &str) -> Result<Vec<String>, Vec<Mistake>> {
    let unreadable = |error: std::io::Error| vec![Mistake::whole(inner, error)];
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.join(inner)).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        match name.into_string() {
            Ok(name) if name.ends_with(".toml") => names.push(format!("{inner}/{name}")),
            Ok(_) | Err(_) => {}
        }
    }
    names.sort_unstable();
    if names.is_empty() {
        return Err(vec![Mistake::whole(inner, "the folder holds no file *.toml")]);
    }
    Ok(names)
}

/// What is proposed to be adopted: the files of each kind, in the order of [`KINDS`].
pub type Proposal = Vec<Result<DataFiles, Vec<Mistake>>>;

/// Proposes what is built in.
#[must_use]
pub fn built_in() -> Proposal {
    KINDS.iter().map(|kind| Ok(kind.built_in())).collect()
}

/// Proposes what a folder of policies holds.
#[must_use]
pub fn read(folder: &Path) -> Proposal {
    KINDS.iter().map(|kind| kind.read(folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own_and_files_in_order() {
        let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
        for kind in KINDS {
            assert!(!kind.embedded.is_empty(), "{}", kind.name);
            assert!(kind.embedded.is_sorted_by_key(|(name, _)| name), "{}", kind.name);
            for (name, _) in kind.embedded {
                let inner = match kind.lies {
                    Lies::AtTop => "",
                    Lies::In(inner) => inner,
                };
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                assert_eq!(folder, inner, "{name}");
            }
        }
    }

    #[test]
    fn what_is_built_in_parses_and_a_folder_with_the_same_files_proposes_the_same() {
        assert_eq!(Policies::built_in().catalog.departments().len(), 41);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        assert_eq!(read(&folder), built_in());
    }

    #[test]
    fn a_folder_must_hold_all_files_at_its_top_and_may_leave_a_subfolder_out() {
        let folder = tempfile::tempdir().unwrap();
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        for name in ["bodies.toml", "departments.toml", "district.toml", "sectors.toml"] {
            fs::copy(all.join(name), folder.path().join(name)).unwrap();
        }
        for (kind, found) in KINDS.iter().zip(read(folder.path())) {
            match kind.lies {
                Lies::In(_) => assert_eq!(found, Ok(kind.built_in())),
                Lies::AtTop => {}
            }
        }
        fs::remove_file(folder.path().join("sectors.toml")).unwrap();
        fs::create_dir(folder.path().join("calendars")).unwrap();
        let mistakes: Vec<Mistake> = read(folder.path())
            .into_iter()
            .filter_map(Result::err)
            .flatten()
            .collect();
        let named: Vec<&str> = mistakes.iter().map(|mistake| mistake.file.as_str()).collect();
        assert!(
            named.contains(&"sectors.toml") && named.contains(&"calendars"),
            "{named:?}"
        );
    }
}
