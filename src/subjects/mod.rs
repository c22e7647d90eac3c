//! Verbs on subjects: who a record is about, what the register says of him, what became of him, to which
//! sectors he belongs, and what is known of him.
//!
//! A record's row keeps the subject whose code it bore; where it counts, [`place`] says.
//! Read first: [`of_party`]; then [`commands`]; then [`file`](mod@file).

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Commitment;
use crate::domain::fact::{Fact, Principal};
use crate::domain::hash::KeyedHashes;
use crate::domain::record::Party;
use crate::domain::subject::{Identity, SubjectName, SubjectNumber};
use crate::group::Group;
use crate::store::keys::subjects as layout;
use crate::store::keys::{self, SubjectRow};
use crate::store::{Error, View};

pub mod attribution;
pub mod commands;
pub mod counts;
mod items;
pub mod memberships;
pub mod place;

pub mod file;
pub mod findings;
pub mod lists;
pub mod profile;
pub mod questions;
pub mod read;
pub mod register;
pub mod select;

/// The subject of a commitment: the known one, or a provisional one opened in the same group.
///
/// # Errors
/// As the view's.
pub fn of_commitment(
    group: &mut Group<'_>,
    principal: &Principal,
    commitment: &Commitment,
) -> Result<SubjectNumber, Error> {
    of_party(group, principal, &promisor(commitment), commitment.made_on)
}

/// Who made a promise.
#[must_use]
pub fn promisor(commitment: &Commitment) -> Party {
    Party {
        kind: commitment.subject_kind,
        identity: commitment.subject.clone(),
        name: commitment.subject_name.clone(),
    }
}

/// The subject that bore a party's code on the day of the record, or a provisional one opened in the same
/// group. It is the code's own subject, also where that went into another since.
///
/// # Errors
/// As the view's.
pub fn of_party(
    group: &mut Group<'_>,
    principal: &Principal,
    party: &Party,
    on: CivilDate,
) -> Result<SubjectNumber, Error> {
    if let Some(found) = by_identity(group, &party.identity, group.hashes(), on)? {
        return Ok(found);
    }
    open(group, principal, party)
}

/// Opens a provisional subject.
///
/// # Errors
/// As the view's; [`Error::Engine`] once all numbers are taken.
pub fn open(group: &mut Group<'_>, principal: &Principal, party: &Party) -> Result<SubjectNumber, Error> {
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
        kind: party.kind,
        identity: party.identity.clone(),
        reported_name: party.name.clone(),
    };
    group.push(principal, opened)?;
    Ok(number)
}

/// Finds the subject that bore an identity on a day.
///
/// # Errors
/// As the view's.
pub fn by_identity(
    view: &dyn View,
    identity: &Identity,
    hashes: &dyn KeyedHashes,
    on: CivilDate,
) -> Result<Option<SubjectNumber>, Error> {
    let hash = hashes.identity(identity);
    let Some(first) = view.get(keys::SUBJECT_IDENTITY, &layout::identity_from(&hash, None))? else {
        return Ok(None);
    };
    let (mut bearer, is_dated) = layout::identity_read(&first);
    if is_dated {
        place::each(
            view,
            keys::SUBJECT_IDENTITY,
            layout::identity_until(&hash, on),
            |_, value| bearer = layout::identity_read(value).0,
        )?;
    }
    Ok(bearer)
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
