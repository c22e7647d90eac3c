//! What records mean for pairs: a decision that arrives is matched, owed or out of scope; one that is
//! withdrawn voids its pair; one that changes raises a question. In the group of the fact that did it.
//!
//! Read first: [`touched`].

use super::commands::draw;
use super::{clocks, decision};
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal};
use crate::domain::notice::{Clock, Pair};
use crate::domain::notice_fact::{
    Difference, MatchedFact, NoticeFact, OutOfScope, OwedFact, QuestionedFact, RestoredFact, ScopeFact,
    VoidedFact,
};
use crate::domain::record::{End, RecordKind};
use crate::domain::record_fact::{EndedFact, RecordFact, RecordedFact};
use crate::domain::revision::Revision;
use crate::domain::subject_fact::Who;
use crate::group::Group;
use crate::group::fold::notices::row;
use crate::group::fold::records::row as record_row;
use crate::ingest::records::commands::recorded;
use crate::ingest::rows::{Error, contradiction};
use crate::store::keys::notices::Answered;
use crate::store::{View, keys};

/// A fact about a record, as far as pairs rest on it.
enum Touch {
    Recorded(Revision, Revision),
    Ended(Box<EndedFact>, Revision),
    Revived(Revision, Revision),
}

/// Does for pairs what the facts of a group mean, from its fact number `begun` on.
///
/// # Errors
/// The view's and the ledger's.
pub fn touched(group: &mut Group<'_>, begun: usize) -> Result<(), Error> {
    if group.policies().notices.scopes.is_empty() {
        return Ok(());
    }
    let first = group.next().0 - (group.facts().len() - begun) as u64;
    let facts = (first..).map(Revision).zip(&group.facts()[begun..]);
    let touches: Vec<Touch> = facts
        .filter_map(|(at, recorded)| touch(&recorded.fact, at))
        .collect();
    let mut outside = Vec::new();
    for touch in touches {
        match touch {
            Touch::Recorded(first, at) => arrived(group, first, at, &mut outside)?,
            Touch::Ended(fact, at) => ended(group, &fact, at)?,
            Touch::Revived(first, at) => revived(group, first, at)?,
        }
    }
    if !outside.is_empty() {
        let fact = NoticeFact::OutOfScope(ScopeFact { records: outside });
        group.push(&Principal::service(), Fact::Notice(fact))?;
    }
    Ok(())
}

fn touch(fact: &Fact, at: Revision) -> Option<Touch> {
    let Fact::Record(fact) = fact else { return None };
    match fact {
        RecordFact::Recorded(fact) => {
            let is_decision = matches!(fact.record.kind, RecordKind::Penalty | RecordKind::Listing);
            is_decision.then(|| Touch::Recorded(fact.first.unwrap_or(at), at))
        }
        RecordFact::Ended(fact) => Some(Touch::Ended(fact.clone(), at)),
        RecordFact::Revived(fact) => Some(Touch::Revived(fact.about.first, at)),
        RecordFact::SourceAdded(_)
        | RecordFact::Stopped(_)
        | RecordFact::RulingUnmatched { .. }
        | RecordFact::RulingSettled { .. } => None,
    }
}

fn answered(group: &Group<'_>, record: Revision) -> Result<Option<Answered>, Error> {
    let found = group.get(keys::NOTICE_RECORD, &keys::revision_key(record))?;
    Ok(found.as_deref().and_then(Answered::decode))
}

/// The pair of a record that counts, if it has one.
fn pair_of(group: &Group<'_>, record: Revision) -> Result<Option<(Revision, Pair)>, Error> {
    match answered(group, record)? {
        Some(Answered::Pair(first)) => Ok(Some((first, row(group, first)?))),
        Some(Answered::OutOfScope(..)) | None => Ok(None),
    }
}

fn arrived(
    group: &mut Group<'_>,
    first: Revision,
    at: Revision,
    outside: &mut Vec<OutOfScope>,
) -> Result<(), Error> {
    let fact = recorded(group, at)?;
    if let Some((pair_first, pair)) = pair_of(group, first)? {
        let found = record_row(group, first)?;
        let mut differs = different(group, &pair, &fact)?;
        if found.natural != pair.key {
            differs.push(Difference::Party);
        }
        if fact.changed_by.is_some() {
            differs.push(Difference::Ruling);
        }
        return question(group, (pair_first, &pair), at, differs);
    }
    let policies = group.policies();
    let today = group.today();
    let found = record_row(group, first)?;
    let inputs = decision::of_record(policies, &fact);
    let mut case = decision::scope_case(policies, &inputs, today);
    case.is_history = policies.notices.history_layouts.contains(&fact.record.layout);
    case.has_ended = !found.state().stands();
    if fact.record.party.is_personal() && case.party == crate::domain::subject::SubjectKind::Organisation {
        case.party = crate::domain::subject::SubjectKind::Person;
    }
    if let Some((pair_first, pair)) = waiting(group, &found.natural)? {
        let matched = NoticeFact::Matched(MatchedFact {
            of: clocks::of(pair_first, &pair),
            record: first,
            on: today,
        });
        group.push(&Principal::service(), Fact::Notice(matched))?;
        let differs = different(group, &pair, &fact)?;
        return question(group, (pair_first, &pair), at, differs);
    }
    if let Some(reason) = policies.notices.excluded(&case) {
        let known = answered(group, first)?;
        if !matches!(known, Some(Answered::OutOfScope(before, _)) if before == reason) {
            outside.push(OutOfScope {
                record: first,
                reason,
            });
        }
        return Ok(());
    }
    owed(group, first, &fact, found.natural)
}

/// A prepared pair that waits for the record of its decision.
fn waiting(group: &Group<'_>, key: &[u8; 16]) -> Result<Option<(Revision, Pair)>, Error> {
    let Some(bytes) = group.get(keys::NOTICE_DECISION, key)? else {
        return Ok(None);
    };
    let first = keys::revision_value(&bytes);
    let pair = row(group, first)?;
    Ok((pair.stands() && pair.record.is_none()).then_some((first, pair)))
}

fn owed(group: &mut Group<'_>, first: Revision, fact: &RecordedFact, key: [u8; 16]) -> Result<(), Error> {
    let record = &fact.record;
    let policies = group.policies();
    let clock = clocks::set(policies, Clock::Delivery, record.decided_on, record.decided_on);
    let fact = NoticeFact::Owed(Box::new(OwedFact {
        name: draw(group)?,
        who: Who {
            subject: fact.subject,
            kind: record.party.sealing_kind(),
        },
        body: record.body,
        department: fact.department,
        key,
        kind: record.kind,
        decided_on: record.decided_on,
        decision_number: record.number.clone(),
        record: first,
        clocks: clock.into_iter().collect(),
        on: group.today(),
    }));
    group.push(&Principal::service(), Fact::Notice(fact))?;
    Ok(())
}

/// What a record says otherwise than the notice of its pair.
fn different(group: &Group<'_>, pair: &Pair, fact: &RecordedFact) -> Result<Vec<Difference>, Error> {
    let Some(issued) = pair.issued else {
        return Ok(Vec::new());
    };
    let Fact::Notice(NoticeFact::Issued(notice)) = group.recall(issued)? else {
        return Err(contradiction(issued));
    };
    let said = decision::of_record(group.policies(), fact);
    Ok(decision::differences(&notice.content.reference, &said.reference))
}

fn question(
    group: &mut Group<'_>,
    (first, pair): (Revision, &Pair),
    by: Revision,
    mut differs: Vec<Difference>,
) -> Result<(), Error> {
    if differs.is_empty() || !pair.stands() {
        return Ok(());
    }
    differs.sort_unstable();
    differs.dedup();
    let today = group.today();
    let is_ruled = differs.contains(&Difference::Ruling);
    let clock = is_ruled.then(|| take_down(group, today)).flatten();
    let fact = NoticeFact::Questioned(QuestionedFact {
        of: clocks::of(first, pair),
        by,
        differs,
        clock,
        on: today,
    });
    group.push(&Principal::service(), Fact::Notice(fact))?;
    Ok(())
}

fn take_down(group: &Group<'_>, today: CivilDate) -> Option<crate::domain::notice::ClockSet> {
    clocks::set(group.policies(), Clock::TakeDown, today, today)
}

fn ended(group: &mut Group<'_>, fact: &EndedFact, at: Revision) -> Result<(), Error> {
    let Some((first, pair)) = pair_of(group, fact.about.first)? else {
        return Ok(());
    };
    if !pair.stands() {
        return Ok(());
    }
    match fact.end {
        End::Withdrawn => {
            let today = group.today();
            let clock = take_down(group, today);
            let voided = NoticeFact::Voided(VoidedFact {
                of: clocks::of(first, &pair),
                by: Some(at),
                on: today,
                clock,
                reason: fact.reason.clone(),
                basis: fact.basis.clone(),
            });
            group.push(&Principal::service(), Fact::Notice(voided))?;
            Ok(())
        }
        End::Deleted => question(group, (first, &pair), at, vec![Difference::Deleted]),
        // The decision stands, and was or was not delivered in time.
        End::Repaired | End::Expired => Ok(()),
    }
}

/// The end that voided a pair was taken back: the pair stands again, unless another took its place.
fn revived(group: &mut Group<'_>, record: Revision, at: Revision) -> Result<(), Error> {
    let Some((first, pair)) = pair_of(group, record)? else {
        return Ok(());
    };
    let stands = record_row(group, record)?.state().stands();
    if pair.voided.is_none() || pair.replaced_by.is_some() || !stands {
        return Ok(());
    }
    let current = group.get(keys::NOTICE_DECISION, &pair.key)?;
    if current.map(|bytes| keys::revision_value(&bytes)) != Some(first) {
        return Ok(());
    }
    let today = group.today();
    let is_delivered = pair.decision.is_some() && pair.notice.is_some();
    let clock = (!is_delivered)
        .then(|| clocks::set(group.policies(), Clock::Delivery, today, pair.decided_on))
        .flatten();
    let fact = NoticeFact::Restored(RestoredFact {
        of: clocks::of(first, &pair),
        by: at,
        on: today,
        clocks: clock.into_iter().collect(),
    });
    group.push(&Principal::service(), Fact::Notice(fact))?;
    Ok(())
}
