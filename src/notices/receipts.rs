//! Receipts 送达回证: what they prove, and the verdict that follows once both documents are delivered.
//!
//! Read first: [`record`].
//!
//! Source: `domain.md` 4.4, 4.5.

use super::clocks::{find, of};
use super::refuse;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal};
use crate::domain::notice::{NoticeName, Pair};
use crate::domain::notice_fact::{JudgedFact, NoticeFact, ReceiptFact};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::service_mode::{Delivery, NotAllowed, Service};
use crate::group::Group;
use crate::group::fold::notices::row;
use crate::ingest::rows::{Error, contradiction};

/// A receipt as the body fills it in.
#[derive(Clone, Debug)]
pub struct RecordReceipt {
    pub name: NoticeName,
    pub of_decision: bool,
    pub of_notice: bool,
    pub delivery: Delivery,
    /// Revision of the receipt for the other document.
    pub linked: Option<Revision>,
}

/// Records a receipt or an attempt that failed; gives the verdict once both documents are delivered.
///
/// What comes after a document counts as delivered, or after the pair has ended, is recorded as a late event
/// that changes nothing.
///
/// # Errors
/// `NOTICE_UNKNOWN`, `NOTICE_NOT_ISSUED`, `RECEIPT_UNKNOWN`, `MODE_NOT_ALLOWED`, `RECEIPT_INCOMPLETE`,
/// `MALFORMED_VALUE`; the view's.
pub fn record(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &RecordReceipt,
) -> Result<Revision, Error> {
    let first = find(group, command.name)?;
    let pair = row(group, first)?;
    documents(group, &pair, command)?;
    if let Some(linked) = command.linked {
        is_receipt_of(group, first, linked)?;
    }
    let served = proved(group, &pair, &command.delivery)?;
    let is_settled =
        (!command.of_decision || pair.decision.is_some()) && (!command.of_notice || pair.notice.is_some());
    let fact = NoticeFact::Received(Box::new(ReceiptFact {
        of: of(first, &pair),
        of_decision: command.of_decision,
        of_notice: command.of_notice,
        delivery: command.delivery.clone(),
        served,
        linked: command.linked,
        is_late_event: is_settled || !pair.stands(),
        on: group.today(),
    }));
    let revision = group.push(principal, Fact::Notice(fact))?;
    judge(group, first)?;
    Ok(revision)
}

/// The documents that a receipt is about must exist on its day.
fn documents(group: &Group<'_>, pair: &Pair, command: &RecordReceipt) -> Result<(), Error> {
    if !command.of_decision && !command.of_notice {
        return Err(refuse::wrong("documents", "names no document", "请注明所送达的文书").into());
    }
    let day = command.delivery.on;
    let before = |first: CivilDate| day.is_some_and(|day| day < first);
    if day.is_some_and(|day| day > group.today()) {
        return Err(refuse::wrong("delivery.on", "lies after today", "晚于今天").into());
    }
    if before(pair.decided_on) {
        let (english, chinese) = ("lies before the decision", "早于决定日期");
        return Err(refuse::wrong("delivery.on", english, chinese).into());
    }
    if command.of_notice {
        let Some(issued) = pair.issued else {
            let refusal = Refusal::plain(Reason::NoticeNotIssued).with("name", pair.name.to_string());
            return Err(refusal.into());
        };
        let Fact::Notice(NoticeFact::Issued(issued)) = group.recall(issued)? else {
            return Err(contradiction(issued));
        };
        if before(issued.on) {
            let (english, chinese) = ("lies before the notice was issued", "早于告知书签发日期");
            return Err(refuse::wrong("delivery.on", english, chinese).into());
        }
    }
    Ok(())
}

fn is_receipt_of(group: &Group<'_>, first: Revision, linked: Revision) -> Result<(), Error> {
    let unknown = || Refusal::plain(Reason::ReceiptUnknown).with("revision", linked.0.to_string());
    if linked >= group.next() || linked.0 == 0 {
        return Err(unknown().into());
    }
    if let Fact::Notice(NoticeFact::Received(fact)) = group.recall(linked)?
        && fact.of.pair == first
    {
        Ok(())
    } else {
        Err(unknown().into())
    }
}

/// From which day a receipt delivers; `None` for an attempt that failed.
fn proved(group: &Group<'_>, pair: &Pair, delivery: &Delivery) -> Result<Option<CivilDate>, Error> {
    let modes = &group.policies().delivery;
    let today = group.today();
    let on = delivery.on.unwrap_or(today);
    if let Err(why) = modes.allowed(delivery.mode, on, &pair.failed_modes()) {
        let first = match &why {
            NotAllowed::NoRule(_) => String::new(),
            NotAllowed::OthersFirst(modes) => {
                let names = modes.iter().map(|mode| format!("{mode:?}").to_uppercase());
                names.collect::<Vec<_>>().join(", ")
            }
        };
        let refusal = Refusal::plain(Reason::ModeNotAllowed).with("first", first);
        return Err(refusal.violating("delivery.mode", why.to_string()).into());
    }
    match modes.served_on(delivery, today) {
        Service::Served(day) => Ok(Some(day)),
        Service::NotServed(_) => Ok(None),
        Service::Incomplete(missing) => {
            let refusal = missing
                .iter()
                .fold(Refusal::plain(Reason::ReceiptIncomplete), |refusal, one| {
                    let field = format!("delivery.{}", one.field);
                    refusal.violating_in_both(field, one.english, one.chinese)
                });
            Err(refusal.into())
        }
    }
}

/// Gives the verdict where both documents are delivered and none stands. It is the service that judges.
fn judge(group: &mut Group<'_>, first: Revision) -> Result<(), Error> {
    let pair = row(group, first)?;
    let (Some(decision), Some(notice), None) = (pair.decision, pair.notice, pair.verdict) else {
        return Ok(());
    };
    if !pair.stands() {
        return Ok(());
    }
    let fact = NoticeFact::Judged(JudgedFact {
        of: of(first, &pair),
        verdict: Pair::judged(decision, notice),
        decision_on: decision.on,
        notice_on: notice.on,
    });
    group.push(&Principal::service(), Fact::Notice(fact))?;
    Ok(())
}
