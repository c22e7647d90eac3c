//! The four ends of a record, the way back from them, and what follows for decisions that it ruled on.

use super::commands::about;
use super::rulings;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal};
use crate::domain::record::End;
use crate::domain::record_fact::{EndedFact, Ending, RecordFact, RevivedFact};
use crate::domain::revision::Revision;
use crate::group::Group;
use crate::group::fold::records::row;
use crate::store::Error;

/// Why something was done, and the document it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    pub reason: String,
    /// May be empty.
    pub basis: String,
}

impl Ground {
    /// The row itself says so.
    #[must_use]
    pub fn reported() -> Self {
        Self {
            reason: "随行报送的当前状态".to_owned(),
            basis: String::new(),
        }
    }

    /// A ruling says so, or no longer does.
    #[must_use]
    pub fn ruling(reason: &str, number: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            basis: number.to_owned(),
        }
    }
}

/// Ends a record, and takes back or brings about what it did as a ruling.
///
/// # Errors
/// As the view's.
pub fn end(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    end: End,
    on: CivilDate,
    ground: Ground,
    ruling: Option<Revision>,
) -> Result<Revision, Error> {
    let revision = bring(group, principal, first, end, on, ground, ruling)?;
    rulings::stands_differently(group, principal, first)?;
    Ok(revision)
}

/// The same without what follows from it.
pub(super) fn bring(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    end: End,
    on: CivilDate,
    ground: Ground,
    ruling: Option<Revision>,
) -> Result<Revision, Error> {
    let old = row(group, first)?;
    let fact = EndedFact {
        about: about(first, &old),
        end,
        on,
        reason: ground.reason,
        basis: ground.basis,
        ruling,
        earlier: old.ending.map(|ending| ending.fact),
    };
    group.push(principal, Fact::Record(RecordFact::Ended(Box::new(fact))))
}

/// Takes the end of a record back.
///
/// # Errors
/// As the view's.
pub fn revive(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    on: CivilDate,
    ground: Ground,
    ruling: Option<Revision>,
) -> Result<Revision, Error> {
    let revision = take_back(group, principal, first, on, ground, ruling)?;
    rulings::stands_differently(group, principal, first)?;
    // Another ruling may have had no effect while the record had come to its end already.
    rulings::settle(group, principal, first)?;
    Ok(revision)
}

/// The same without what follows from it.
pub(super) fn take_back(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    on: CivilDate,
    ground: Ground,
    ruling: Option<Revision>,
) -> Result<Revision, Error> {
    let old = row(group, first)?;
    let restored = match old.ending {
        None => None,
        Some(ending) => earlier(group, ending.fact)?,
    };
    let fact = RevivedFact {
        about: about(first, &old),
        on,
        reason: ground.reason,
        basis: ground.basis,
        ruling,
        restored,
    };
    group.push(principal, Fact::Record(RecordFact::Revived(Box::new(fact))))
}

/// The end that stood before another.
fn earlier(group: &Group<'_>, ended: Revision) -> Result<Option<Ending>, Error> {
    let fact_at = |revision| {
        let Fact::Record(RecordFact::Ended(fact)) = group.recall(revision)? else {
            return Err(Error::Engine {
                operation: "recall an end",
                detail: format!("revision {} holds another kind of fact", revision.0),
            });
        };
        Ok(*fact)
    };
    let Some(revision) = fact_at(ended)?.earlier else {
        return Ok(None);
    };
    let fact = fact_at(revision)?;
    Ok(Some(Ending {
        end: fact.end,
        on: fact.on,
        fact: revision,
        ruling: fact.ruling,
    }))
}
