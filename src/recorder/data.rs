//! The data in force: what was adopted last, or what is proposed now with the facts that adopt it.

use std::collections::BTreeMap;

use crate::domain::fact::Fact;
use crate::domain::revision::Revision;
use crate::policy::data::Proposal;
use crate::policy::{DataFiles, KINDS, Kind, Mistake, Policies, listed};
use crate::store::record::{self, Facts};
use crate::store::{Tables, keys};

use super::start::StartError;

/// The data in force at a start.
pub struct InForce {
    pub policies: Policies,
    /// Facts that adopt what is new.
    pub adopt: Vec<Fact>,
    /// Revision at which each kind was adopted last, before those facts.
    pub adoptions: BTreeMap<String, Revision>,
}

/// Takes each kind in turn: a proposal that reads and differs is adopted, else what was adopted stays.
///
/// # Errors
/// [`StartError::Data`] where neither is usable; the ledger's and the tables'.
pub fn in_force(proposal: Proposal, tables: &dyn Tables, facts: &Facts) -> Result<InForce, StartError> {
    let mut data = InForce {
        policies: Policies::default(),
        adopt: Vec::new(),
        adoptions: BTreeMap::new(),
    };
    let view = tables.view()?;
    for (kind, proposed) in KINDS.iter().zip(proposal) {
        let adopted = match view.get(keys::DATA, &keys::data_key(kind.name))? {
            None => None,
            Some(bytes) => {
                let revision = keys::revision_value(&bytes);
                data.adoptions.insert(kind.name.to_owned(), revision);
                let Fact::DataAdopted { files, .. } = facts.fact(revision)?.0.fact else {
                    return Err(record::Error::Corrupt(revision.0, "it adopts no data").into());
                };
                Some(DataFiles { files })
            }
        };
        let adopt = settle(kind, proposed, adopted, &mut data.policies)?;
        data.adopt.extend(adopt);
    }
    Ok(data)
}

/// Puts one kind in place; returns the fact that adopts it if it is new.
fn settle(
    kind: &Kind,
    proposed: Result<DataFiles, Vec<Mistake>>,
    adopted: Option<DataFiles>,
    policies: &mut Policies,
) -> Result<Option<Fact>, StartError> {
    let unusable = |mistakes: &[Mistake]| StartError::Data {
        kind: kind.name,
        mistakes: listed(mistakes),
    };
    let is_new = proposed.as_ref().ok() != adopted.as_ref();
    let proposed = proposed.and_then(|files| (kind.parse)(&files, policies).map(|()| files));
    match (proposed, adopted) {
        (Ok(files), _) => Ok(is_new.then(|| Fact::DataAdopted {
            kind: kind.name.to_owned(),
            sha256: files.sha256(),
            files: files.files,
        })),
        (Err(mistakes), Some(files)) => {
            tracing::warn!(
                "the {} proposed is not adopted, what is in force stays: {}",
                kind.name,
                listed(&mistakes)
            );
            (kind.parse)(&files, policies).map_err(|mistakes| unusable(&mistakes))?;
            Ok(None)
        }
        (Err(mistakes), None) => Err(unusable(&mistakes)),
    }
}
