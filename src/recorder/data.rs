//! The data in force: what was adopted last, or what is proposed now with the facts that adopt it.

use std::collections::BTreeMap;

use crate::domain::calendar::{EarlierCalendars, WorkingDays};
use crate::domain::fact::Fact;
use crate::domain::revision::Revision;
use crate::domain::rules::EarlierRules;
use crate::policy::data::Proposal;
use crate::policy::{DataFiles, KINDS, Kind, Mistake, Policies, calendar, listed, rules};
use crate::store::record::{self, Facts};
use crate::store::{Tables, keys};

use super::start::StartError;

/// Calendars that are kept besides the one in force; what was received under still older ones is judged by
/// the oldest of these.
const EARLIER_CALENDARS_MAX: usize = 100;

/// Adoptions of rules that are kept at hand besides the one in force; an explanation by older ones reads them
/// from the ledger.
const EARLIER_RULES_MAX: usize = 100;

/// The data in force at a start.
pub struct InForce {
    pub policies: Policies,
    /// Facts that adopt what is new.
    pub adopt: Vec<Fact>,
    /// Revision at which each kind was adopted last, before those facts.
    pub adoptions: BTreeMap<String, Revision>,
    /// Proposals that were not adopted for their mistakes.
    pub refused: Vec<RefusedData>,
}

/// Data that was proposed and has mistakes, so that what was adopted before stays in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedData {
    pub kind: &'static str,
    pub mistakes: Vec<Mistake>,
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
        refused: Vec::new(),
    };
    let view = tables.view()?;
    for (kind, proposed) in KINDS.iter().zip(proposal) {
        let adopted = match view.get(keys::DATA, &keys::data_key(kind.name))? {
            None => None,
            Some(bytes) => {
                let revision = keys::revision_value(&bytes);
                data.adoptions.insert(kind.name.to_owned(), revision);
                Some((revision, adopted_at(facts, revision)?.0))
            }
        };
        let adopt = match settle(kind, proposed, adopted, &mut data.policies)? {
            Settled::Adopted(fact) => Some(fact),
            Settled::Same => None,
            Settled::Refused(mistakes) => {
                let kind = kind.name;
                data.refused.push(RefusedData { kind, mistakes });
                None
            }
        };
        if kind.name == calendar::KIND.name {
            let last = data.adoptions.get(kind.name).copied();
            let until = view.head().filter(|_| adopt.is_some());
            let until = until.map(|head| head.place.revision);
            data.policies.earlier_calendars = earlier_calendars(facts, last, until)?;
        }
        if kind.name == rules::KIND.name {
            let last = data.adoptions.get(kind.name).copied();
            data.policies.earlier_rules = earlier_rules(facts, last, adopt.is_some(), &data.policies)?;
        }
        data.adopt.extend(adopt);
    }
    Ok(data)
}

/// The files that a fact adopted, and the fact that it replaced.
fn adopted_at(facts: &Facts, revision: Revision) -> Result<(DataFiles, Option<Revision>), StartError> {
    let Fact::DataAdopted { files, replaces, .. } = facts.fact(revision)?.0.fact else {
        return Err(record::Error::Corrupt(revision.0, "it adopts no data").into());
    };
    Ok((DataFiles { files }, replaces))
}

/// The calendars that are no longer in force, the oldest first. The one adopted last is one of them where
/// another is adopted now, behind the revision `until`.
fn earlier_calendars(
    facts: &Facts,
    last: Option<Revision>,
    mut until: Option<Revision>,
) -> Result<EarlierCalendars, StartError> {
    let mut found: Vec<(Revision, WorkingDays)> = Vec::new();
    let mut next = last;
    while let Some(revision) = next.filter(|_| found.len() < EARLIER_CALENDARS_MAX) {
        let (files, replaces) = adopted_at(facts, revision)?;
        if let Some(until) = until {
            let days = calendar::parse(&files).map_err(|mistakes| StartError::Data {
                kind: calendar::KIND.name,
                mistakes: listed(&mistakes),
            })?;
            found.push((until, days));
        }
        until = Some(revision);
        next = replaces;
    }
    found.reverse();
    Ok(EarlierCalendars::new(found))
}

/// The rules that are no longer in force; that adopted last is one of them where others are adopted now.
///
/// What does not read any more beside the data in force is left out.
fn earlier_rules(
    facts: &Facts,
    last: Option<Revision>,
    is_replaced: bool,
    policies: &Policies,
) -> Result<EarlierRules, StartError> {
    let mut found = Vec::new();
    let mut next = last;
    while let Some(revision) = next.filter(|_| found.len() < EARLIER_RULES_MAX) {
        let (files, replaces) = adopted_at(facts, revision)?;
        next = replaces;
        if last == Some(revision) && !is_replaced {
            continue;
        }
        match rules::parse(&files, &policies.catalog, &policies.editions) {
            Ok(sets) => found.push((revision, sets)),
            Err(mistakes) => tracing::warn!(
                "the rules adopted at revision {} do not read any more: {}",
                revision.0,
                listed(&mistakes)
            ),
        }
    }
    Ok(EarlierRules::new(found))
}

/// What comes of a proposal.
enum Settled {
    /// It is new and adopted by this fact.
    Adopted(Fact),
    /// It is what was adopted last.
    Same,
    /// What was adopted last stays, for these mistakes.
    Refused(Vec<Mistake>),
}

/// Puts one kind in place.
fn settle(
    kind: &Kind,
    proposed: Result<DataFiles, Vec<Mistake>>,
    adopted: Option<(Revision, DataFiles)>,
    policies: &mut Policies,
) -> Result<Settled, StartError> {
    let unusable = |mistakes: &[Mistake]| StartError::Data {
        kind: kind.name,
        mistakes: listed(mistakes),
    };
    let is_new = proposed.as_ref().ok() != adopted.as_ref().map(|(_, files)| files);
    let proposed = proposed.and_then(|files| (kind.parse)(&files, policies).map(|()| files));
    match (proposed, adopted) {
        (Ok(_), _) if !is_new => Ok(Settled::Same),
        (Ok(files), adopted) => Ok(Settled::Adopted(Fact::DataAdopted {
            kind: kind.name.to_owned(),
            sha256: files.sha256(),
            files: files.files,
            replaces: adopted.map(|(revision, _)| revision),
        })),
        (Err(mistakes), Some((_, files))) => {
            tracing::warn!(
                "the {} proposed is not adopted, what is in force stays: {}",
                kind.name,
                listed(&mistakes)
            );
            (kind.parse)(&files, policies).map_err(|mistakes| unusable(&mistakes))?;
            Ok(Settled::Refused(mistakes))
        }
        (Err(mistakes), None) => Err(unusable(&mistakes)),
    }
}
