//! Which records of a subject a selection means.

use std::collections::HashSet;

use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::domain::title::ComparedName;
use crate::ingest::rows::{Error, within};
use crate::store::View;
use crate::store::record::Facts;

use super::file;
use super::place::Known;

/// Which records are meant; what is empty or `None` lets everything pass, all else applies together.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Resource names.
    pub records: HashSet<String>,
    /// Kinds in the file.
    pub kinds: Vec<u8>,
    pub department: Option<DepartmentCode>,
    pub reported_title: Option<ComparedName>,
    /// First and last day, both included.
    pub from: Option<CivilDate>,
    pub until: Option<CivilDate>,
}

/// The records of one subject that pass, at most one more than `most`, as they are known now. Those of its
/// predecessors are not its own.
///
/// # Errors
/// The view's and the ledger's.
pub fn selected(
    view: &dyn View,
    facts: &Facts,
    subject: SubjectNumber,
    selection: &Selection,
    most: usize,
) -> Result<Vec<(u8, Revision)>, Error> {
    let known = Known::all();
    let mut found = Vec::new();
    for key in file::entries(view, facts, &[subject], known)?.keys {
        let day = CivilDate::from_key(key.day);
        let is_kind = selection.kinds.is_empty() || selection.kinds.contains(&key.file);
        if !is_kind || day.is_none_or(|day| !within(day, selection.from, selection.until)) {
            continue;
        }
        let entry = file::shown(view, facts, subject, key, known.revision)?;
        let passes = (selection.records.is_empty() || selection.records.contains(&entry.name))
            && selection
                .department
                .is_none_or(|wanted| entry.department == wanted)
            && (selection.reported_title.is_none()
                || ComparedName::of(&entry.reported_name) == selection.reported_title);
        if passes {
            found.push((key.file, key.first));
        }
        if found.len() > most {
            break;
        }
    }
    Ok(found)
}
