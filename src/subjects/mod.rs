//! Verbs on subjects: who a record is about, and what is known of them.

use crate::domain::commitment::Commitment;
use crate::domain::fact::{Fact, Principal};
use crate::domain::hash::KeyedHashes;
use crate::domain::subject::{Identity, SubjectName, SubjectNumber};
use crate::group::Group;
use crate::store::keys::{self, SubjectRow};
use crate::store::{Error, View};

pub mod read;

/// The subject of a commitment: the known one, or a provisional one opened in the same group.
///
/// # Errors
/// As the view's.
pub fn of_commitment(
    group: &mut Group<'_>,
    principal: &Principal,
    commitment: &Commitment,
) -> Result<SubjectNumber, Error> {
    let hash = group.hashes().identity(&commitment.subject);
    if let Some(found) = by_hash(group, &hash)? {
        return Ok(found);
    }
    let count = group.get(keys::COUNTER, &keys::counter_key(keys::COUNTER_SUBJECTS))?;
    let count = count.map_or(0, |bytes| keys::revision_value(&bytes).0);
    let number = SubjectNumber(u32::try_from(count + 1).map_err(|_| Error::Engine {
        operation: "number a subject",
        detail: "all subject numbers are taken".to_owned(),
    })?);
    let name = loop {
        let name = group.draw_name();
        if group.get(keys::SUBJECT_NAME, name.as_bytes())?.is_none() {
            break name;
        }
    };
    let opened = Fact::SubjectOpened {
        number,
        name,
        kind: commitment.subject_kind,
        identity: commitment.subject.clone(),
        reported_name: commitment.subject_name.clone(),
    };
    group.push(principal, opened)?;
    Ok(number)
}

fn by_hash(view: &dyn View, hash: &[u8; 16]) -> Result<Option<SubjectNumber>, Error> {
    let found = view.get(keys::SUBJECT_IDENTITY, &keys::identity_key(hash))?;
    Ok(found.map(|bytes| keys::subject_value(&bytes)))
}

/// Finds a subject by what it is known by.
///
/// # Errors
/// As the view's.
pub fn by_identity(
    view: &dyn View,
    identity: &Identity,
    hashes: &dyn KeyedHashes,
) -> Result<Option<SubjectNumber>, Error> {
    by_hash(view, &hashes.identity(identity))
}

/// Finds a subject by its opaque name.
///
/// # Errors
/// As the view's.
pub fn by_name(view: &dyn View, name: SubjectName) -> Result<Option<SubjectNumber>, Error> {
    let found = view.get(keys::SUBJECT_NAME, name.as_bytes())?;
    Ok(found.map(|bytes| keys::subject_value(&bytes)))
}

/// The row of a subject.
///
/// # Errors
/// As the view's; [`Error::Engine`] if a numbered subject has no row.
pub fn row(view: &dyn View, subject: SubjectNumber) -> Result<SubjectRow, Error> {
    let bytes = view.get(keys::SUBJECT, &keys::subject_key(subject))?;
    bytes
        .as_deref()
        .and_then(SubjectRow::decode)
        .ok_or_else(|| Error::Engine {
            operation: "find a subject",
            detail: format!("no row for subject number {}", subject.0),
        })
}
