//! Withdrawing whole batches: one fact, whose effects follow in slices.
//!
//! A file that should not have been sent comes as many batches. Taking them back is one decision and one
//! fact; each commitment's own withdrawal follows, at most [`SLICE_CHANGES_MAX`] in a group.
//! Until the last one stands, readers see all of them withdrawn ([`crate::group::unsettled`]).

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::fact::{Fact, Outcome, Principal, RequestId, RowOutcome};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Revision, Span};
use crate::group::Group;
use crate::group::unsettled::{CAUSES_MAX, Cause, causes};
use crate::store::keys::{self, CommitmentRow};
use crate::store::record::Facts;
use crate::store::{Error, KeyRange, View};

use super::commands::{Failure, earlier_answer};
use super::rows;

/// Most batches withdrawn by one call: a file of a million rows.
pub const BATCHES_MAX: usize = 1_000;
/// Most effects in one group.
pub const SLICE_CHANGES_MAX: usize = 1_000;

/// After which time a caller may try again while too many causes are unsettled.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Takes back what batches created.
#[derive(Clone, Debug)]
pub struct WithdrawBatches {
    /// Where the commitments stand that the batches created, in order and apart from each other.
    pub spans: Vec<Span>,
    pub reason: String,
}

/// Where the commitments stand that a caller's batches created.
///
/// What a batch only repeated or corrected is another's and stays.
///
/// # Errors
/// `BATCH_UNKNOWN`; the view's and the ledger's.
pub fn spans(
    view: &dyn View,
    facts: &Facts,
    principal: &Principal,
    batches: &[RequestId],
) -> Result<Vec<Span>, rows::Error> {
    let mut spans = Vec::new();
    for (place, batch) in batches.iter().enumerate() {
        let unknown = || {
            Refusal::plain(Reason::BatchUnknown)
                .with("request_id", uuid::Uuid::from_bytes(batch.0).to_string())
                .violating(
                    format!("batches[{place}]"),
                    "no such batch of the caller is recorded",
                )
        };
        let revision = earlier_answer(view, principal, *batch)?.ok_or_else(unknown)?;
        let Fact::RequestRecorded { outcomes, .. } = facts.fact(revision)?.0.fact else {
            return Err(rows::contradiction(revision));
        };
        let created = outcomes
            .iter()
            .filter(|outcome| outcome.outcome == Outcome::Created);
        runs(
            view,
            &created.map(|outcome| outcome.revision).collect(),
            &mut spans,
        )?;
    }
    spans.sort_unstable();
    spans.dedup();
    Ok(spans)
}

/// Adds the longest spans in which every commitment is one of `created`.
///
/// A command's facts follow each other, so that most batches are one span; one whose refused rows came in
/// at a later try has several, and between them stand the commitments of others.
fn runs(view: &dyn View, created: &BTreeSet<Revision>, spans: &mut Vec<Span>) -> Result<(), Error> {
    let (Some(&first), Some(&last)) = (created.first(), created.last()) else {
        return Ok(());
    };
    let mut run: Option<Span> = None;
    each_in(view, Span { first, last }, |here| {
        if created.contains(&here) {
            let first = run.map_or(here, |run| run.first);
            run = Some(Span { first, last: here });
        } else {
            spans.extend(run.take());
        }
    })?;
    spans.extend(run);
    Ok(())
}

/// How many commitments stand in spans.
///
/// # Errors
/// As the view's.
pub fn count(view: &dyn View, spans: &[Span]) -> Result<u32, Error> {
    let mut count = 0;
    for span in spans {
        each_in(view, *span, |_| count += 1)?;
    }
    Ok(count)
}

/// Calls `visit` with the first revision of each commitment of a span, in order.
fn each_in(view: &dyn View, span: Span, mut visit: impl FnMut(Revision)) -> Result<(), Error> {
    let mut range = KeyRange {
        from: keys::revision_key(span.first),
        until: Some(keys::revision_key(span.last.plus(1))),
    };
    loop {
        let page = view.scan(keys::COMMITMENT, &range, SLICE_CHANGES_MAX)?;
        for (key, _) in &page.rows {
            visit(keys::revision_value(key));
        }
        match page.rows.last() {
            Some((key, _)) if page.more => range.from = keys::revision_key(keys::revision_value(key).plus(1)),
            Some(_) | None => return Ok(()),
        }
    }
}

/// Decides the withdrawal; the effects are still to come.
///
/// # Errors
/// `INGEST_QUEUE_FULL` while too many causes are unsettled; the view's.
pub fn withdraw(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &WithdrawBatches,
) -> Result<RowOutcome, Failure> {
    if causes(group)?.len() >= CAUSES_MAX {
        let refusal = Refusal::plain(Reason::IngestQueueFull).retry_after(RETRY_AFTER);
        return Err(Failure::Refused(refusal));
    }
    if command.spans.is_empty() {
        let nothing = group.next();
        return Ok(RowOutcome::of(Outcome::Repeated, nothing, 0, Vec::new()));
    }
    let fact = Fact::BatchesWithdrawn {
        spans: command.spans.clone(),
        reason: command.reason.clone(),
    };
    let revision = group.push(principal, fact)?;
    Ok(RowOutcome::of(Outcome::Created, revision, 0, Vec::new()))
}

/// Adds the next slice of effects to a group.
///
/// # Errors
/// As the view's.
pub fn slice(
    group: &mut Group<'_>,
    principal: &Principal,
    cause: &Cause,
    spans: &[Span],
    reason: &str,
) -> Result<(), Error> {
    let mut left = SLICE_CHANGES_MAX;
    let mut next = None;
    for span in spans.iter().filter(|span| span.last >= cause.next) {
        let range = KeyRange {
            from: keys::revision_key(span.first.max(cause.next)),
            until: Some(keys::revision_key(span.last.plus(1))),
        };
        // One more than there is room for tells where to go on.
        let page = group.scan(keys::COMMITMENT, &range, left + 1)?;
        for (key, value) in &page.rows {
            let first = keys::revision_value(key);
            if left == 0 {
                next = Some(first);
                break;
            }
            let row = CommitmentRow::decode(value).ok_or_else(|| Error::Engine {
                operation: "read a commitment",
                detail: format!("the row of revision {} does not decode", first.0),
            })?;
            left -= 1;
            if row.withdrawn.is_none() {
                let fact = Fact::CommitmentWithdrawn {
                    first,
                    subject: row.subject,
                    subject_kind: row.subject_kind,
                    reason: reason.to_owned(),
                };
                group.push(principal, fact)?;
            }
        }
        if next.is_some() {
            break;
        }
    }
    let settled = Fact::EffectsSettled {
        cause: cause.revision,
        slice: cause.slices + 1,
        next: next.unwrap_or(Revision(0)),
    };
    group.push(principal, settled)?;
    Ok(())
}
