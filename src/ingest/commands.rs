//! What can be asked of the ledger about commitments, and how it is decided.
//!
//! Pure: a command sees the group being built and adds facts to it, or refuses.

use crate::domain::commitment::{Commitment, CommitmentCode, Performance, ReportedPerformance};
use crate::domain::fact::{CommitmentFact, Fact, Outcome, PerformanceFact, Principal, RequestId, RowOutcome};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::hash::table_hash;
use crate::domain::hashes;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::group::Group;
use crate::group::fold::{performance_content, performance_key, row, stopped_key};
use crate::store::keys::{self, CommitmentRow};
use crate::store::{Error, View};
use crate::subjects;

use super::check::{Checked, CheckedPerformance, check_performance};

/// Most rows of one batch.
pub const COMMITMENTS_PER_BATCH_MAX: usize = 1_000;

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
    let natural = hashes::natural_key(&name.body, &name.code);
    let found = view.get(keys::SNAPSHOT, &keys::snapshot_key(&natural, 1))?;
    Ok(found.map(|bytes| keys::revision_value(&bytes)))
}

/// The snapshot of a natural key that has this content, as (number, revision).
fn snapshot_with(
    view: &dyn View,
    natural: &[u8; 16],
    content: &[u8; 16],
) -> Result<Option<(u32, Revision)>, Error> {
    let range = keys::snapshots_of(natural);
    let mut from = range.from.clone();
    loop {
        let page = crate::store::KeyRange {
            from: from.clone(),
            until: range.until.clone(),
        };
        let found = view.scan(keys::SNAPSHOT, &page, 64)?;
        for (key, value) in &found.rows {
            if keys::snapshot_content(value) == *content {
                let number = u32::from_be_bytes(key[16..20].try_into().expect("a snapshot key has 20 bytes"));
                return Ok(Some((number, keys::revision_value(value))));
            }
        }
        match found.rows.last() {
            Some((key, _)) if found.more => from = bytes::Bytes::from([&key[..], &[0]].concat()),
            Some(_) | None => return Ok(None),
        }
    }
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
    let mut outcomes = Vec::with_capacity(command.rows.len());
    for (place, row) in command.rows.iter().enumerate() {
        let known = earlier.and_then(|outcomes| outcomes.get(place));
        let outcome = match known.filter(|outcome| outcome.outcome != Outcome::Refused) {
            Some(outcome) => outcome.clone(),
            None => record_row(group, principal, row, command.correct_performance, begin)?,
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

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
    let natural = hashes::natural_key(&commitment.accepting_body_code, &commitment.code);
    let content = table_hash(
        group.hashes(),
        commitment.subject_kind,
        hashes::content_hash(commitment),
    );
    let first = group.get(keys::SNAPSHOT, &keys::snapshot_key(&natural, 1))?;
    let first = first.map(|bytes| keys::revision_value(&bytes));
    let (mut outcome, first) = match first {
        None => created(group, principal, commitment, department, findings)?,
        Some(first) => match snapshot_with(group, &natural, &content)? {
            Some((snapshot, revision)) => {
                let outcome = RowOutcome {
                    outcome: Outcome::Repeated,
                    revision,
                    snapshot,
                    findings,
                    performance: None,
                };
                (outcome, first)
            }
            None => (
                corrected(group, principal, commitment, department, first, findings, begin)?,
                first,
            ),
        },
    };
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
    let findings = &row.checked.findings;
    let stops = findings.iter().any(|finding| finding.kind == CheckKind::Stop);
    let (true, Some(name), Some(department)) = (stops, &row.name, row.checked.department) else {
        return Ok(());
    };
    if group
        .get(keys::STOPPED, &stopped_key(&name.body, &name.code))?
        .is_some()
    {
        return Ok(());
    }
    let stopped = Fact::RowStopped {
        body: name.body,
        code: name.code,
        department,
        received_on: group.today(),
        findings: findings
            .iter()
            .filter(|finding| finding.kind == CheckKind::Stop)
            .cloned()
            .collect(),
        row: hashes::natural_key(&name.body, &name.code),
    };
    group.push(principal, stopped)?;
    Ok(())
}

fn created(
    group: &mut Group<'_>,
    principal: &Principal,
    commitment: &Commitment,
    department: crate::domain::catalog::DepartmentCode,
    mut findings: Vec<Finding>,
) -> Result<(RowOutcome, Revision), Error> {
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
        department,
        received_on: group.today(),
        first: None,
        snapshot: 1,
        commitment: commitment.clone(),
        findings: findings.clone(),
    };
    let revision = group.push(principal, Fact::CommitmentRecorded(Box::new(fact)))?;
    Ok((
        RowOutcome {
            outcome: Outcome::Created,
            revision,
            snapshot: 1,
            findings,
            performance: None,
        },
        revision,
    ))
}

fn corrected(
    group: &mut Group<'_>,
    principal: &Principal,
    commitment: &Commitment,
    department: crate::domain::catalog::DepartmentCode,
    first: Revision,
    mut findings: Vec<Finding>,
    begin: Revision,
) -> Result<RowOutcome, Error> {
    let old = row(group, first)?;
    if old.withdrawn.is_some() {
        findings.push(withdrawn("code"));
        return Ok(RowOutcome::refused(findings));
    }
    if old.current >= begin {
        findings.push(Finding {
            field: "code".into(),
            rule: Rule::TwiceInBatch,
            kind: CheckKind::Warn,
            english: "An earlier row of this batch has the same key and other content; this one was taken as its correction. Report it again if the earlier one was right.".to_owned(),
            chinese: "本批次中较前的一行具有相同的键而内容不同，本行已作为其更正记录；如前一行正确，请重新报送。".to_owned(),
        });
    }
    let subject = subjects::of_commitment(group, principal, commitment)?;
    let snapshot = old.snapshots + 1;
    let fact = CommitmentFact {
        subject,
        department,
        received_on: group.today(),
        first: Some(first),
        snapshot,
        commitment: commitment.clone(),
        findings: findings.clone(),
    };
    let revision = group.push(principal, Fact::CommitmentCorrected(Box::new(fact)))?;
    Ok(RowOutcome {
        outcome: Outcome::Corrected,
        revision,
        snapshot,
        findings,
        performance: None,
    })
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
        return Ok(RowOutcome {
            outcome: Outcome::Repeated,
            revision,
            snapshot,
            findings,
            performance: None,
        });
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
    Ok(RowOutcome {
        outcome,
        revision,
        snapshot,
        findings,
        performance: None,
    })
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

fn known(group: &Group<'_>, name: &CommitmentName) -> Result<Revision, Failure> {
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
    Ok(RowOutcome {
        outcome,
        revision,
        snapshot: old.snapshots,
        findings: Vec::new(),
        performance: None,
    })
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
        refusal = refusal.violating(finding.field.to_string(), finding.english.clone());
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
