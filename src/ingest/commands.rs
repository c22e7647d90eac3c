//! What can be asked of the ledger about commitments, and how it is decided.
//!
//! Pure: a command sees the group being built and adds facts to it, or refuses.

use crate::domain::catalog::DepartmentCode;
use crate::domain::commitment::{Commitment, CommitmentCode, Performance, ReportedPerformance};
use crate::domain::fact::{CommitmentFact, Fact, Outcome, PerformanceFact, Principal, RequestId, RowOutcome};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::hash::{KeyedHashes, table_hash};
use crate::domain::hashes;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::group::Group;
use crate::group::fold::{performance_content, performance_key, row};
use crate::store::keys::{self, CommitmentRow};
use crate::store::{Error, View};
use crate::subjects;
use crate::subjects::findings::{Fields, register_findings};

use super::batch::{self, RowKeys, snapshot_with};
use super::check::{Checked, CheckedPerformance, check_performance};

/// By what a commitment is named: `commitments/{accepting body code}-{commitment code}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitmentName {
    pub body: SocialCreditCode,
    pub code: CommitmentCode,
}

impl std::fmt::Display for CommitmentName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "commitments/{}-{}", self.body, self.code)
    }
}

impl std::str::FromStr for CommitmentName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (body, code) = text
            .strip_prefix("commitments/")
            .and_then(|rest| rest.split_once('-'))
            .ok_or(())?;
        Ok(Self {
            body: body.parse().map_err(|_| ())?,
            code: code.parse().map_err(|_| ())?,
        })
    }
}

/// One row of a batch: what was checked, and what it calls itself even if it was refused.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: Option<CommitmentName>,
    pub checked: Checked,
}

/// A batch of commitments under one request id.
#[derive(Clone, Debug)]
pub struct RecordCommitments {
    pub rows: Vec<Row>,
    /// Another performance record replaces the present one instead of being refused.
    pub correct_performance: bool,
}

/// Takes a commitment back; its record stays.
#[derive(Clone, Debug)]
pub struct WithdrawCommitment {
    pub name: CommitmentName,
    pub reason: String,
}

/// A performance record that comes by itself.
#[derive(Clone, Debug)]
pub struct RecordPerformance {
    pub name: CommitmentName,
    pub reported: ReportedPerformance,
    pub correct: bool,
}

/// Finds the first revision of a commitment by its natural key.
///
/// # Errors
/// As the view's.
pub fn find(view: &dyn View, name: &CommitmentName) -> Result<Option<Revision>, Error> {
    batch::first_of(view, &hashes::natural_key(&name.body, &name.code))
}

/// Decides a batch; `earlier` is the answer this request got before, if it was recorded before.
///
/// # Errors
/// As the view's; a row's own faults are part of its outcome.
pub fn record_commitments(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &RecordCommitments,
    earlier: Option<&[RowOutcome]>,
) -> Result<Vec<RowOutcome>, Error> {
    let begin = group.next();
    let correct = command.correct_performance;
    batch::each(group, &command.rows, earlier, |group, row| {
        record_row(group, principal, row, correct, begin)
    })
}

/// Where a row has its promisor.
const PROMISOR: Fields = Fields {
    name: "subject_name",
    code: "subject_code",
    date: "made_on",
};

fn record_row(
    group: &mut Group<'_>,
    principal: &Principal,
    row: &Row,
    correct: bool,
    begin: Revision,
) -> Result<RowOutcome, Error> {
    let findings = row.checked.findings.clone();
    let performance = row.checked.performance.as_ref();
    let (Some(commitment), Some(department)) = (&row.checked.commitment, row.checked.department) else {
        stop_if_asked(group, principal, row)?;
        let mut outcome = RowOutcome::refused(findings);
        outcome.performance = performance.map(|part| Box::new(RowOutcome::refused(part.findings.clone())));
        return Ok(outcome);
    };
    let mut findings = findings;
    findings.extend(register_findings(
        group,
        group.hashes(),
        &subjects::promisor(commitment),
        commitment.made_on,
        PROMISOR,
    )?);
    let passed = Passed {
        commitment,
        department,
    };
    let (mut outcome, first) = batch::settle(group, principal, &passed, findings, begin)?;
    if let Some(part) = performance {
        let result = if outcome.outcome == Outcome::Refused {
            RowOutcome::refused(part.findings.clone())
        } else {
            record_part(group, principal, first, part, correct)?
        };
        outcome.performance = Some(Box::new(result));
    }
    Ok(outcome)
}

fn stop_if_asked(group: &mut Group<'_>, principal: &Principal, row: &Row) -> Result<(), Error> {
    let (Some(name), Some(department)) = (&row.name, row.checked.department) else {
        return Ok(());
    };
    let natural = hashes::natural_key(&name.body, &name.code);
    let received_on = group.today();
    batch::stop(group, principal, &natural, &row.checked.findings, |findings| {
        Fact::RowStopped {
            body: name.body,
            code: name.code,
            department,
            received_on,
            findings,
            row: natural,
        }
    })
}

/// A commitment that passed its checks.
struct Passed<'a> {
    commitment: &'a Commitment,
    department: DepartmentCode,
}

impl batch::Checked for Passed<'_> {
    fn keys(&self, keyed: &dyn KeyedHashes) -> RowKeys {
        let commitment = self.commitment;
        let content = hashes::content_hash(commitment);
        RowKeys {
            natural: hashes::natural_key(&commitment.accepting_body_code, &commitment.code),
            content: table_hash(keyed, commitment.subject_kind, content),
        }
    }

    fn created(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        findings: Vec<Finding>,
    ) -> Result<RowOutcome, Error> {
        created(group, principal, self, findings)
    }

    fn corrected(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        first: Revision,
        findings: Vec<Finding>,
        begin: Revision,
    ) -> Result<RowOutcome, Error> {
        corrected(group, principal, self, first, findings, begin)
    }
}

fn created(
    group: &mut Group<'_>,
    principal: &Principal,
    passed: &Passed<'_>,
    mut findings: Vec<Finding>,
) -> Result<RowOutcome, Error> {
    let commitment = passed.commitment;
    let promise = table_hash(
        group.hashes(),
        commitment.subject_kind,
        hashes::tuple_key(commitment),
    );
    if let Some(same) = group.get(keys::SAME_PROMISE, &promise)? {
        let place = keys::revision_value(&same).0;
        findings.push(Finding {
            field: "code".into(),
            rule: Rule::SameAs,
            kind: CheckKind::Warn,
            english: format!(
                "The same promise (promisor, type, reason, date, accepting body) stands under another code, recorded at revision {place}; withdraw one of the two if it was reported twice."
            ),
            chinese: format!("相同的承诺（承诺人、类型、事由、日期、受理单位）已用另一编码记录（版本 {place}）；如系重复报送，请撤销其一。"),
        });
    }
    let subject = subjects::of_commitment(group, principal, commitment)?;
    let fact = CommitmentFact {
        subject,
        department: passed.department,
        received_on: group.today(),
        first: None,
        snapshot: 1,
        commitment: commitment.clone(),
        findings: findings.clone(),
    };
    let revision = group.push(principal, Fact::CommitmentRecorded(Box::new(fact)))?;
    Ok(RowOutcome::of(Outcome::Created, revision, 1, findings))
}

fn corrected(
    group: &mut Group<'_>,
    principal: &Principal,
    passed: &Passed<'_>,
    first: Revision,
    mut findings: Vec<Finding>,
    begin: Revision,
) -> Result<RowOutcome, Error> {
    let commitment = passed.commitment;
    let old = row(group, first)?;
    if old.withdrawn.is_some() {
        findings.push(withdrawn("code"));
        return Ok(RowOutcome::refused(findings));
    }
    findings.extend(batch::twice_in_batch("code", old.current, begin));
    let subject = subjects::of_commitment(group, principal, commitment)?;
    let snapshot = old.snapshots + 1;
    let fact = CommitmentFact {
        subject,
        department: passed.department,
        received_on: group.today(),
        first: Some(first),
        snapshot,
        commitment: commitment.clone(),
        findings: findings.clone(),
    };
    let revision = group.push(principal, Fact::CommitmentCorrected(Box::new(fact)))?;
    Ok(RowOutcome::of(Outcome::Corrected, revision, snapshot, findings))
}

fn withdrawn(field: &'static str) -> Finding {
    Finding {
        field: field.into(),
        rule: Rule::Withdrawn,
        kind: CheckKind::Reject,
        english: "The commitment was withdrawn and takes no further records; report a new commitment under its own code.".to_owned(),
        chinese: "该承诺已撤销，不再接受记录；请以新的承诺编码报送。".to_owned(),
    }
}

/// Items 11 to 16 of a commitment that stands at `first`.
fn record_part(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    part: &CheckedPerformance,
    correct: bool,
) -> Result<RowOutcome, Error> {
    let mut findings = part.findings.clone();
    let Some(performance) = &part.performance else {
        return Ok(RowOutcome::refused(findings));
    };
    let old: CommitmentRow = row(group, first)?;
    let natural = performance_key(&old.natural);
    let content = performance_content(group.hashes(), performance);
    if let Some((snapshot, revision)) = snapshot_with(group, &natural, &content)? {
        return Ok(RowOutcome::of(Outcome::Repeated, revision, snapshot, findings));
    }
    if old.withdrawn.is_some() {
        findings.push(withdrawn("performance"));
        return Ok(RowOutcome::refused(findings));
    }
    if old.performance.is_some() && !correct {
        findings.push(Finding {
            field: "performance.state".into(),
            rule: Rule::PerformanceExists,
            kind: CheckKind::Reject,
            english:
                "Another performance record exists on this commitment; ask for a correction to replace it."
                    .to_owned(),
            chinese: "该承诺的履约记录已存在；如需更正，请按更正方式报送。".to_owned(),
        });
        return Ok(RowOutcome::refused(findings));
    }
    push_performance(group, principal, first, &old, performance, findings)
}

fn push_performance(
    group: &mut Group<'_>,
    principal: &Principal,
    first: Revision,
    old: &CommitmentRow,
    performance: &Performance,
    findings: Vec<Finding>,
) -> Result<RowOutcome, Error> {
    let snapshot = old.performance.map_or(0, |columns| columns.snapshots) + 1;
    let fact = Box::new(PerformanceFact {
        subject: old.subject,
        subject_kind: old.subject_kind,
        commitment: first,
        received_on: group.today(),
        snapshot,
        performance: performance.clone(),
        findings: findings.clone(),
    });
    let (outcome, fact) = if snapshot == 1 {
        (Outcome::Created, Fact::PerformanceRecorded(fact))
    } else {
        (Outcome::Corrected, Fact::PerformanceCorrected(fact))
    };
    let revision = group.push(principal, fact)?;
    Ok(RowOutcome::of(outcome, revision, snapshot, findings))
}

/// A refusal by the verb, or tables that cannot answer.
pub enum Failure {
    Refused(Refusal),
    Store(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

pub(super) fn known(group: &Group<'_>, name: &CommitmentName) -> Result<Revision, Failure> {
    find(group, name)?.ok_or_else(|| {
        Failure::Refused(Refusal::plain(Reason::CommitmentUnknown).with("name", name.to_string()))
    })
}

/// Withdraws a commitment; a second withdrawal repeats the first.
///
/// # Errors
/// `COMMITMENT_UNKNOWN`.
pub fn withdraw(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &WithdrawCommitment,
) -> Result<RowOutcome, Failure> {
    let first = known(group, &command.name)?;
    let old = row(group, first)?;
    let (outcome, revision) = match old.withdrawn {
        Some(revision) => (Outcome::Repeated, revision),
        None => {
            let fact = Fact::CommitmentWithdrawn {
                first,
                subject: old.subject,
                subject_kind: old.subject_kind,
                reason: command.reason.clone(),
            };
            (Outcome::Created, group.push(principal, fact)?)
        }
    };
    Ok(RowOutcome::of(outcome, revision, old.snapshots, Vec::new()))
}

/// Records a performance by itself.
///
/// # Errors
/// `COMMITMENT_UNKNOWN`, `COMMITMENT_WITHDRAWN`, `PERFORMANCE_EXISTS`, `ROW_REFUSED` with every violation.
pub fn record_performance(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &RecordPerformance,
) -> Result<RowOutcome, Failure> {
    let first = known(group, &command.name)?;
    let made_on = row(group, first)?.made_on;
    let checked = check_performance(&command.reported, made_on, group.catalog(), group.today());
    let outcome = record_part(group, principal, first, &checked, command.correct)?;
    if outcome.outcome != Outcome::Refused {
        return Ok(outcome);
    }
    let has = |rule| outcome.findings.iter().any(|finding| finding.rule == rule);
    let reason = if has(Rule::Withdrawn) {
        Reason::CommitmentWithdrawn
    } else if has(Rule::PerformanceExists) {
        Reason::PerformanceExists
    } else {
        Reason::RowRefused
    };
    let mut refusal = Refusal::plain(reason).with("name", command.name.to_string());
    for finding in outcome.findings.iter().filter(|finding| finding.kind.refuses()) {
        let (english, chinese) = (finding.english.clone(), finding.chinese.clone());
        refusal = refusal.violating_in_both(finding.field.to_string(), english, chinese);
    }
    Err(Failure::Refused(refusal))
}

/// What a principal's request id was answered with before.
///
/// # Errors
/// As the view's.
pub fn earlier_answer(
    view: &dyn View,
    principal: &Principal,
    id: RequestId,
) -> Result<Option<Revision>, Error> {
    let found = view.get(keys::REQUEST, &keys::request_key(principal, id))?;
    Ok(found.map(|bytes| keys::revision_value(&bytes)))
}
