//! Breaches of commitments and revivals: what is recorded about a promise after it was collected.
//!
//! Read first: [`record`]; the rules for the items are in [`check`].

use std::time::Duration;

use crate::domain::breach::{Breach, ReportedBreach};
use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::hash::table_hash;
use crate::domain::hashes;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::supervision_fact::{BreachFact, RevivalFact, SupervisionFact};
use crate::group::Group;
use crate::group::fold::row;
use crate::group::fold::supervision::breach_key;
use crate::group::unsettled::is_withdrawal_open;
use crate::store::Error;
use crate::store::keys::CommitmentRow;

use super::batch::snapshot_with;
use super::commands::{CommitmentName, Failure, known};

pub mod check;

/// After which time a revival may be tried again that came before the withdrawal was settled.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Reports a breach, or how it went on.
#[derive(Clone, Debug)]
pub struct RecordBreach {
    pub name: CommitmentName,
    pub reported: ReportedBreach,
    /// Another breach record replaces the present one instead of being refused.
    pub correct: bool,
}

/// Lets a withdrawn commitment count again.
#[derive(Clone, Debug)]
pub struct ReviveCommitment {
    pub name: CommitmentName,
    pub reason: String,
}

/// What the form says on which a breach is judged: the promise as it stands.
#[derive(Clone, Debug)]
pub struct Form {
    pub first: Revision,
    pub row: CommitmentRow,
    /// Item 8.
    pub liability: String,
}

/// Reads the form of a commitment.
///
/// # Errors
/// `COMMITMENT_UNKNOWN`; the view's.
fn form(group: &Group<'_>, name: &CommitmentName) -> Result<Form, Failure> {
    let first = known(group, name)?;
    let row = row(group, first)?;
    let (Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact)) = group.recall(row.current)?
    else {
        return Err(Failure::Store(Error::Engine {
            operation: "read the form of a commitment",
            detail: format!("another kind of fact stands at revision {}", row.current.0),
        }));
    };
    Ok(Form {
        first,
        row,
        liability: fact.commitment.liability,
    })
}

/// Records a breach: the first report, its next state, or a correction.
///
/// # Errors
/// `COMMITMENT_UNKNOWN`, `COMMITMENT_WITHDRAWN`, `BREACH_EXISTS`, `CONSEQUENCE_NOT_IN_FORM`, `ROW_REFUSED`
/// with every violation.
pub fn record(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &RecordBreach,
) -> Result<RowOutcome, Failure> {
    let form = form(group, &command.name)?;
    let checked = check::check(&command.reported, &form, group.catalog(), group.today());
    let (breach, findings) = (checked.breach, checked.findings);
    let refused = |reason, findings: &[Finding]| {
        let mut refusal = Refusal::plain(reason).with("name", command.name.to_string());
        for finding in findings.iter().filter(|finding| finding.kind.refuses()) {
            let (english, chinese) = (finding.english.clone(), finding.chinese.clone());
            refusal = refusal.violating_in_both(finding.field.to_string(), english, chinese);
        }
        Err(Failure::Refused(refusal))
    };
    let Some(breach) = breach else {
        let unnamed = findings
            .iter()
            .any(|finding| finding.rule == Rule::ConsequenceNotInForm);
        let reason = if unnamed {
            Reason::ConsequenceNotInForm
        } else {
            Reason::RowRefused
        };
        return refused(reason, &findings);
    };
    let natural = breach_key(&form.row.natural);
    let content = table_hash(
        group.hashes(),
        form.row.subject_kind,
        hashes::breach_hash(&breach),
    );
    if let Some((snapshot, revision)) = snapshot_with(group, &natural, &content)? {
        return Ok(RowOutcome::of(Outcome::Repeated, revision, snapshot, findings));
    }
    if form.row.withdrawn.is_some() {
        return refused(Reason::CommitmentWithdrawn, &[]);
    }
    let goes_on = form
        .row
        .breach
        .is_none_or(|columns| columns.state.leads_to(breach.state()));
    if !goes_on && !command.correct {
        return refused(Reason::BreachExists, &[exists()]);
    }
    push(group, principal, &form, breach, findings)
}

fn exists() -> Finding {
    Finding {
        field: "breach".into(),
        rule: Rule::BreachExists,
        kind: CheckKind::Reject,
        english: "Another breach record exists on this commitment, and this one is not its next state; ask for a correction to replace it.".to_owned(),
        chinese: "该承诺已有违诺记录，且本次报送不是其后续状态；如需更正，请按更正方式报送。".to_owned(),
    }
}

fn push(
    group: &mut Group<'_>,
    principal: &Principal,
    form: &Form,
    breach: Breach,
    findings: Vec<Finding>,
) -> Result<RowOutcome, Failure> {
    let snapshot = form.row.breach.map_or(0, |columns| columns.snapshots) + 1;
    let fact = Box::new(BreachFact {
        subject: form.row.subject,
        subject_kind: form.row.subject_kind,
        commitment: form.first,
        received_on: group.today(),
        snapshot,
        breach,
        findings: findings.clone(),
    });
    let (outcome, fact) = if snapshot == 1 {
        (Outcome::Created, SupervisionFact::BreachRecorded(fact))
    } else {
        (Outcome::Corrected, SupervisionFact::BreachUpdated(fact))
    };
    let revision = group.push(principal, Fact::Supervision(fact))?;
    Ok(RowOutcome::of(outcome, revision, snapshot, findings))
}

/// Revives a withdrawn commitment; what counts already goes on counting, and nothing is recorded.
///
/// # Errors
/// `COMMITMENT_UNKNOWN`; `INGEST_QUEUE_FULL` for the moments in which its own withdrawal is still to come.
pub fn revive(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &ReviveCommitment,
) -> Result<RowOutcome, Failure> {
    let first = known(group, &command.name)?;
    let old = row(group, first)?;
    if is_withdrawal_open(group, first)? {
        let refusal = Refusal::plain(Reason::IngestQueueFull).retry_after(RETRY_AFTER);
        return Err(Failure::Refused(refusal));
    }
    let (outcome, revision) = if old.withdrawn.is_none() {
        (Outcome::Repeated, old.revived.unwrap_or(old.current))
    } else {
        let fact = RevivalFact {
            subject: old.subject,
            subject_kind: old.subject_kind,
            first,
            reason: command.reason.clone(),
        };
        let fact = Fact::Supervision(SupervisionFact::CommitmentRevived(fact));
        (Outcome::Created, group.push(principal, fact)?)
    };
    Ok(RowOutcome::of(outcome, revision, old.snapshots, Vec::new()))
}
