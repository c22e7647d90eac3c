//! What rulings do to the decisions they are about, and what becomes of that when a ruling falls.
//!
//! A ruling names its decision by kind, organ, number and party. It may come before the decision; then
//! the credit office is asked, and the ruling takes effect when the decision arrives. Whatever changes
//! (a decision or ruling recorded, corrected, ended, revived), the state that a decision should have is
//! worked out anew from the rulings that stand, and the difference becomes facts of the same group.
//! Read first: [`settle`].

use std::collections::BTreeSet;

use super::commands::recorded;
use super::ends::{self, Ground};
use crate::domain::fact::{Fact, Principal};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::record::RecordKind;
use crate::domain::record_fact::{ChangedBy, RecordFact, RecordedFact};
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::group::Group;
use crate::group::fold::records::row;
use crate::store::keys::records::{self as layout, RecordRow, RulingRow, ShortHash};
use crate::store::{self, Error, View, keys};
use crate::subjects::{attribution, place};

/// What is left to settle once all ends are: so no change takes effect that an end takes back in the same
/// breath, and nothing is asked that a change answers.
#[derive(Default)]
struct Pending {
    /// First revisions of records whose change is looked at again.
    changes: BTreeSet<Revision>,
    /// First revisions of rulings whose decision is looked for again.
    asks: BTreeSet<Revision>,
}

impl Pending {
    /// Settles the changes, the earliest record first, then the questions; returns what is asked of `first`.
    fn settle(
        mut self,
        group: &mut Group<'_>,
        principal: &Principal,
        first: Option<Revision>,
    ) -> Result<Option<Finding>, Error> {
        while let Some(next) = self.changes.pop_first() {
            let record = row(group, next)?;
            let rulings = standing(group, next, &record)?;
            let change = rulings.iter().rfind(|ruling| ruling.effect.changes);
            if change.map(|ruling| ruling.first) != record.changed_by {
                settle_change(group, principal, next, &record, change, &mut self)?;
            }
        }
        let mut asked = None;
        for ruling in self.asks {
            let finding = ask_or_settle(group, principal, ruling)?;
            if Some(ruling) == first {
                asked = finding;
            }
        }
        Ok(asked)
    }
}

/// A record has arrived: rulings wait for it perhaps, and perhaps it is one. Returns what is asked of it.
///
/// # Errors
/// As the view's.
pub fn arrived(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
) -> Result<Option<Finding>, Error> {
    moved(group, principal, first, None)
}

/// A record was corrected; `before` is the decision it was about as a ruling until then.
///
/// # Errors
/// As the view's.
pub fn moved(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    before: Option<ShortHash>,
) -> Result<Option<Finding>, Error> {
    let mut pending = Pending::default();
    place_anew(group, principal, first, before, &mut pending)?;
    pending.settle(group, principal, Some(first))
}

fn place_anew(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    before: Option<ShortHash>,
    pending: &mut Pending,
) -> Result<(), Error> {
    if let Some(decision) = before {
        settle_ends(group, principal, &decision, pending)?;
    }
    let new = row(group, first)?;
    let waiting = rulings_on(group, &new.decision)?.into_iter();
    pending.asks.extend(waiting.map(|(ruling, _)| ruling));
    settle_end(group, principal, first, pending)?;
    rule(group, principal, first, pending)
}

/// A record has come to an end or back from it.
///
/// # Errors
/// As the view's.
pub fn stands_differently(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
) -> Result<(), Error> {
    let mut pending = Pending::default();
    rule(group, principal, first, &mut pending)?;
    pending.settle(group, principal, None).map(|_| ())
}

/// A subject went into another, or came back from it: rulings on the one may be about decisions against the
/// other, or no longer be.
///
/// # Errors
/// As the view's.
pub fn party_merged(
    group: &mut Group<'_>,
    principal: &Principal,
    subject: SubjectNumber,
) -> Result<(), Error> {
    let mut firsts = BTreeSet::new();
    for member in place::with_predecessors(group, subject, place::Known::all())? {
        for kind in RecordKind::ALL {
            let range = keys::subject_file_of(member, layout::file_kind(*kind));
            store::each(group, keys::SUBJECT_FILE, range, |key, _| {
                firsts.insert(keys::subject_file_first(key));
                Ok::<_, Error>(())
            })?;
        }
    }
    let mut pending = Pending::default();
    for first in firsts {
        place_anew(group, principal, first, None, &mut pending)?;
    }
    pending.settle(group, principal, None).map(|_| ())
}

/// The decision that a record is about, if it is a ruling.
///
/// # Errors
/// As the view's.
pub fn decision_of(view: &dyn View, ruling: Revision) -> Result<Option<ShortHash>, Error> {
    let found = view.get(keys::RULES_ON, &keys::revision_key(ruling))?;
    Ok(found.as_deref().and_then(layout::short_hash))
}

/// Lets a ruling take effect, as far as it stands and its decision is there.
fn rule(
    group: &mut Group<'_>,
    principal: &Principal,
    ruling: Revision,
    pending: &mut Pending,
) -> Result<(), Error> {
    let Some(decision) = decision_of(group, ruling)? else {
        return Ok(());
    };
    pending.asks.insert(ruling);
    settle_ends(group, principal, &decision, pending)
}

/// Settles the end of every record of a decision.
fn settle_ends(
    group: &mut Group<'_>,
    principal: &Principal,
    decision: &ShortHash,
    pending: &mut Pending,
) -> Result<(), Error> {
    for first in records_of(group, decision)? {
        settle_end(group, principal, first, pending)?;
    }
    Ok(())
}

/// First revisions of the records of a decision.
///
/// # Errors
/// As the view's.
pub fn records_of(view: &dyn View, decision: &ShortHash) -> Result<Vec<Revision>, Error> {
    let mut firsts = Vec::new();
    store::each(view, keys::DECISION, layout::of_decision(decision), |key, _| {
        firsts.push(layout::decision_first(key));
        Ok::<_, Error>(())
    })?;
    Ok(firsts)
}

fn rulings_on(view: &dyn View, decision: &ShortHash) -> Result<Vec<(Revision, RulingRow)>, Error> {
    let mut found = Vec::new();
    store::each(view, keys::RULING, layout::of_decision(decision), |key, value| {
        let row = RulingRow::decode(value).ok_or_else(|| Error::Engine {
            operation: "read a ruling",
            detail: "its row does not decode".to_owned(),
        })?;
        found.push((layout::decision_first(key), row));
        Ok::<_, Error>(())
    })?;
    Ok(found)
}

/// Says whether a ruling is about a record: the decision's kind and party, of a licence its date too.
///
/// A ruling on a ruling is the later of the two, so that no two of them undo each other.
fn is_about(
    view: &dyn View,
    ruling: &RecordRow,
    effect: &RulingRow,
    record: &RecordRow,
) -> Result<bool, Error> {
    let is_of_date = match record.kind {
        RecordKind::Licence => effect.decided_on.is_none_or(|on| on == record.decided_on),
        RecordKind::Ruling => record.decided_on < ruling.decided_on,
        RecordKind::Penalty
        | RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult => true,
    };
    Ok(effect.kind == record.kind
        && is_of_date
        && (ruling.subject == record.subject
            || place::current(view, ruling.subject)? == place::current(view, record.subject)?))
}

/// A ruling that stands and is about a record.
struct Standing {
    first: Revision,
    row: RecordRow,
    effect: RulingRow,
}

/// The rulings that stand on a record, the latest last.
fn standing(view: &dyn View, first: Revision, record: &RecordRow) -> Result<Vec<Standing>, Error> {
    let mut found = Vec::new();
    for (ruling, effect) in rulings_on(view, &record.decision)? {
        if ruling == first {
            continue;
        }
        let its = row(view, ruling)?;
        if its.state().stands() && is_about(view, &its, &effect, record)? {
            found.push(Standing {
                first: ruling,
                row: its,
                effect,
            });
        }
    }
    found.sort_by_key(|standing| (standing.row.decided_on, standing.first));
    Ok(found)
}

/// Brings a record to the state that the rulings on it give it.
///
/// # Errors
/// As the view's.
pub fn settle(group: &mut Group<'_>, principal: &Principal, first: Revision) -> Result<(), Error> {
    let mut pending = Pending::default();
    settle_end(group, principal, first, &mut pending)?;
    pending.settle(group, principal, None).map(|_| ())
}

/// Brings a record to the end that the rulings on it give it: from that of a fallen one to that of another
/// without standing in between.
fn settle_end(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    pending: &mut Pending,
) -> Result<(), Error> {
    pending.changes.insert(first);
    let record = row(group, first)?;
    let rulings = standing(group, first, &record)?;
    let by_fallen = record.ending.and_then(|ending| ending.ruling).filter(|by| {
        !rulings
            .iter()
            .any(|ruling| ruling.first == *by && ruling.effect.end.is_some())
    });
    if let Some(fallen) = by_fallen {
        let number = recorded(group, row(group, fallen)?.current)?.record.number;
        let ground = Ground::ruling("所依据的裁决不再有效", &number);
        let on = group.today();
        ends::take_back(group, principal, first, on, ground, Some(fallen))?;
    }
    let state = row(group, first)?.state();
    let end = |ruling: &Standing| ruling.effect.end.filter(|end| state.allows(*end));
    let by = rulings
        .iter()
        .rev()
        .find_map(|ruling| Some((ruling, end(ruling)?)));
    if let Some((ruling, end)) = by {
        let number = recorded(group, ruling.row.current)?.record.number;
        let ground = Ground::ruling("裁决结果", &number);
        let on = ruling.row.decided_on;
        ends::bring(group, principal, first, end, on, ground, Some(ruling.first))?;
    }
    if by_fallen.is_some() || by.is_some() {
        rule(group, principal, first, pending)?;
    }
    Ok(())
}

/// Puts another snapshot on a record: with the change of a ruling, or as it stood before one that fell.
fn settle_change(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    record: &RecordRow,
    change: Option<&Standing>,
    pending: &mut Pending,
) -> Result<(), Error> {
    let current = recorded(group, record.current)?;
    let before = current
        .changed_by
        .as_ref()
        .map_or(record.current, |changed| changed.before);
    let fact = match change {
        // What was asked of it then is asked again.
        None => RecordedFact {
            changed_by: None,
            ..recorded(group, before)?
        },
        // What the body reported since stays as long as any ruling's change does.
        Some(ruling) => RecordedFact {
            changed_by: Some(ChangedBy {
                ruling: ruling.first,
                before,
                words: recorded(group, ruling.row.current)?.changes,
            }),
            findings: vec![changed()],
            ..current
        },
    };
    // A ruling attributes nothing anew: only what was of no sector may have been given one since.
    let sectors = if fact.sectors.is_empty() {
        attribution::of_record(group, &fact.record)?
    } else {
        fact.sectors.clone()
    };
    let fact = RecordedFact {
        name: record.name,
        first: Some(first),
        snapshot: record.snapshots + 1,
        received_on: group.today(),
        sectors,
        ..fact
    };
    let ruled_on = decision_of(group, first)?;
    group.push(principal, Fact::Record(RecordFact::Recorded(Box::new(fact))))?;
    // A ruling that is as it was before may be about another decision.
    place_anew(group, principal, first, ruled_on, pending)
}

/// Asks for the decision of a ruling that stands and has none, or settles that question.
fn ask_or_settle(
    group: &mut Group<'_>,
    principal: &Principal,
    ruling: Revision,
) -> Result<Option<Finding>, Error> {
    let Some(decision) = decision_of(group, ruling)? else {
        return Ok(None);
    };
    let its = row(group, ruling)?;
    let has_decision = has_decision(group, ruling, &its, &decision)?;
    let awaited = group.get(keys::AWAITED, &keys::revision_key(ruling))?;
    let awaited = awaited.map(|bytes| keys::revision_value(&bytes));
    match (its.state().stands() && !has_decision, awaited) {
        (true, None) => {
            let findings = vec![unmatched()];
            let fact = RecordFact::RulingUnmatched { ruling, findings };
            group.push(principal, Fact::Record(fact))?;
            Ok(Some(unmatched()))
        }
        (false, Some(unmatched)) => {
            let fact = RecordFact::RulingSettled { ruling, unmatched };
            group.push(principal, Fact::Record(fact))?;
            Ok(None)
        }
        (true, Some(_)) | (false, None) => Ok(None),
    }
}

fn has_decision(
    view: &dyn View,
    ruling: Revision,
    its: &RecordRow,
    decision: &ShortHash,
) -> Result<bool, Error> {
    let effect = view.get(keys::RULING, &layout::under_decision(decision, ruling))?;
    let Some(effect) = effect.as_deref().and_then(RulingRow::decode) else {
        return Ok(false);
    };
    for first in records_of(view, decision)? {
        if first != ruling && is_about(view, its, &effect, &row(view, first)?)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unmatched() -> Finding {
    Finding {
        field: "items".into(),
        rule: Rule::TargetUnknown,
        kind: CheckKind::Ask,
        english: "The decision that this ruling is about is not recorded for this party; the ruling takes effect when it arrives. Check kind, organ, number and party, or let the organ report the decision.".to_owned(),
        chinese: "未查到该裁决所涉及的原决定（同一相对人），原决定报送后本裁决即生效；请核对类别、机关、文号和相对人，或请原决定机关补报。".to_owned(),
    }
}

fn changed() -> Finding {
    Finding {
        field: "items".into(),
        rule: Rule::ChangedByRuling,
        kind: CheckKind::Ask,
        english:
            "A ruling changed this decision; let the deciding organ report the row with the changed items."
                .to_owned(),
        chinese: "该决定已被裁决变更，请原决定机关按变更后的内容更正报送。".to_owned(),
    }
}
