//! What can be asked of the ledger about credit records, and how it is decided.
//!
//! Pure: a command sees the group being built and adds facts to it, or refuses. Read first:
//! [`record_records`]; then [`super::ends`] and [`super::rulings`].

use super::ends::{self, Ground};
use super::row::Row;
use super::rulings;
use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::hash::{KeyedHashes, table_hash};
use crate::domain::hashes;
use crate::domain::record::{End, Record};
use crate::domain::record_fact::{
    About, ChangedBy, RecordFact, RecordState, RecordedFact, SourceFact, StoppedFact,
};
use crate::domain::record_name::RecordName;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::group::Group;
use crate::group::fold::records::row as row_at;
use crate::ingest::batch::{self, RowKeys};
use crate::ingest::commands::Failure;
use crate::store::keys::records::{self as layout, RecordRow};
use crate::store::{Error, View, keys};
use crate::subjects;
use crate::subjects::findings::{Fields, register_findings};

/// What can be asked of the ledger about credit records.
#[derive(Clone, Debug)]
pub enum RecordCommand {
    Record(RecordRecords),
    End(EndRecord),
    Revive(ReviveRecord),
}

/// Decides a command; `earlier` is the answer its request got before, if it was recorded before.
///
/// # Errors
/// As [`end_record`] and [`revive_record`]; the view's.
pub fn decide(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &RecordCommand,
    earlier: Option<&[RowOutcome]>,
) -> Result<Vec<RowOutcome>, Failure> {
    match (command, earlier) {
        (RecordCommand::Record(batch), earlier) => Ok(record_records(group, principal, batch, earlier)?),
        (RecordCommand::End(_) | RecordCommand::Revive(_), Some(outcomes)) => Ok(outcomes.to_vec()),
        (RecordCommand::End(command), None) => Ok(vec![end_record(group, principal, command)?]),
        (RecordCommand::Revive(command), None) => Ok(vec![revive_record(group, principal, command)?]),
    }
}

/// A batch of credit records under one request id.
#[derive(Clone, Debug)]
pub struct RecordRecords {
    pub rows: Vec<Row>,
}

/// Brings a record to one of its four ends.
#[derive(Clone, Debug)]
pub struct EndRecord {
    pub name: RecordName,
    pub end: End,
    pub on: CivilDate,
    pub ground: Ground,
}

/// Takes the end of a record back.
#[derive(Clone, Debug)]
pub struct ReviveRecord {
    pub name: RecordName,
    pub on: CivilDate,
    pub ground: Ground,
}

/// Finds the first revision of a record by its name.
///
/// # Errors
/// As the view's.
pub fn find(view: &dyn View, name: RecordName) -> Result<Option<Revision>, Error> {
    let found = view.get(keys::RECORD_NAME, name.as_bytes())?;
    Ok(found.map(|bytes| keys::revision_value(&bytes)))
}

/// Decides a batch; `earlier` is the answer this request got before, if it was recorded before.
///
/// # Errors
/// As the view's; a row's own faults are part of its outcome.
pub fn record_records(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &RecordRecords,
    earlier: Option<&[RowOutcome]>,
) -> Result<Vec<RowOutcome>, Error> {
    let begin = group.next();
    batch::each(group, &command.rows, earlier, |group, row| {
        let findings = row.checked.findings.clone();
        let (Some(record), Some(department)) = (&row.checked.record, row.checked.department) else {
            stop_if_asked(group, principal, row)?;
            return Ok(RowOutcome::refused(findings));
        };
        let mut findings = findings;
        findings.extend(register_findings(
            group,
            group.hashes(),
            &record.party,
            record.decided_on,
            PARTY,
        )?);
        let passed = Passed {
            row,
            record,
            department,
        };
        Ok(batch::settle(group, principal, &passed, findings, begin)?.0)
    })
}

/// Where a row has its party.
const PARTY: Fields = Fields {
    name: "items",
    code: "items",
    date: "items",
};

fn stop_if_asked(group: &mut Group<'_>, principal: &Principal, row: &Row) -> Result<(), Error> {
    let key = group.hashes().keyed(row.hash);
    let received_on = group.today();
    batch::stop(group, principal, &key, &row.checked.findings, |findings| {
        Fact::Record(RecordFact::Stopped(StoppedFact {
            layout: row.layout.clone(),
            department: row.checked.department,
            body: row.body,
            received_on,
            findings,
            row: key,
        }))
    })
}

/// A record that passed its checks.
struct Passed<'a> {
    row: &'a Row,
    record: &'a Record,
    department: DepartmentCode,
}

impl batch::Checked for Passed<'_> {
    fn keys(&self, keyed: &dyn KeyedHashes) -> RowKeys {
        let kind = self.record.party.sealing_kind();
        RowKeys {
            natural: table_hash(keyed, kind, hashes::record_key(self.record)),
            content: table_hash(keyed, kind, hashes::record_hash(self.record)),
        }
    }

    fn created(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        findings: Vec<Finding>,
    ) -> Result<RowOutcome, Error> {
        let name = loop {
            let name = RecordName::drawn(group.draw_name());
            if find(group, name)?.is_none() {
                break name;
            }
        };
        let fact = self.fact(group, principal, name, findings.clone())?;
        let first = push(group, principal, fact)?;
        self.end_as_reported(group, principal, first)?;
        let asked = rulings::arrived(group, principal, first)?;
        let findings = findings.into_iter().chain(asked).collect();
        let mut outcome = RowOutcome::of(Outcome::Created, first, 1, findings);
        outcome.record = Some(name);
        Ok(outcome)
    }

    fn repeated(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        first: Revision,
        mut outcome: RowOutcome,
    ) -> Result<RowOutcome, Error> {
        let row = row_at(group, first)?;
        outcome.record = Some(row.name);
        let source = &self.row.source;
        let key = layout::source_key(first, &hashes::source_hash(source));
        if source.is_stated() && group.get(keys::RECORD_SOURCE, &key)?.is_none() {
            let fact = RecordFact::SourceAdded(SourceFact {
                about: about(first, &row),
                snapshot: outcome.snapshot,
                received_on: group.today(),
                source: source.clone(),
            });
            group.push(principal, Fact::Record(fact))?;
        }
        Ok(outcome)
    }

    fn corrected(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        first: Revision,
        mut findings: Vec<Finding>,
        begin: Revision,
    ) -> Result<RowOutcome, Error> {
        let old = row_at(group, first)?;
        if !old.state().stands() {
            findings.push(ended());
            let mut outcome = RowOutcome::refused(findings);
            outcome.record = Some(old.name);
            return Ok(outcome);
        }
        findings.extend(batch::twice_in_batch("items", old.current, begin));
        findings.extend(other_year(old.decided_on, self.record.decided_on));
        let fact = RecordedFact {
            first: Some(first),
            snapshot: old.snapshots + 1,
            changed_by: change_carried(group, &old)?,
            ..self.fact(group, principal, old.name, findings.clone())?
        };
        let snapshot = fact.snapshot;
        let ruled_on = rulings::decision_of(group, first)?;
        let revision = push(group, principal, fact)?;
        self.end_as_reported(group, principal, first)?;
        let asked = rulings::moved(group, principal, first, ruled_on)?;
        let findings = findings.into_iter().chain(asked).collect();
        let mut outcome = RowOutcome::of(Outcome::Corrected, revision, snapshot, findings);
        outcome.record = Some(old.name);
        Ok(outcome)
    }
}

impl Passed<'_> {
    /// The fact of a first snapshot.
    fn fact(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        name: RecordName,
        findings: Vec<Finding>,
    ) -> Result<RecordedFact, Error> {
        let record = self.record.clone();
        Ok(RecordedFact {
            name,
            subject: subjects::of_party(group, principal, &record.party, record.decided_on)?,
            department: self.department,
            received_on: group.today(),
            first: None,
            snapshot: 1,
            record,
            personal: self.row.personal.clone(),
            changes: self.row.changes.clone(),
            source: self.row.source.clone(),
            changed_by: None,
            sectors: subjects::attribution::of_record(group, self.record)?,
            findings,
        })
    }

    /// The row itself may say that its record has come to an end.
    fn end_as_reported(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        first: Revision,
    ) -> Result<(), Error> {
        let Some(end) = self.row.checked.ended else {
            return Ok(());
        };
        if row_at(group, first)?.state().allows(end) {
            let ground = Ground::reported();
            let on = group.today();
            ends::end(group, principal, first, end, on, ground, None)?;
        }
        Ok(())
    }
}

fn push(group: &mut Group<'_>, principal: &Principal, fact: RecordedFact) -> Result<Revision, Error> {
    group.push(principal, Fact::Record(RecordFact::Recorded(Box::new(fact))))
}

/// Whom a fact about a record is about.
#[must_use]
pub fn about(first: Revision, row: &RecordRow) -> About {
    About {
        first,
        subject: row.subject,
        subject_kind: row.subject_kind,
    }
}

/// A correction by the body does not undo that a ruling changed the record.
fn change_carried(group: &Group<'_>, old: &RecordRow) -> Result<Option<ChangedBy>, Error> {
    if old.changed_by.is_none() {
        return Ok(None);
    }
    Ok(recorded(group, old.current)?.changed_by)
}

/// A snapshot's fact.
///
/// # Errors
/// The ledger's; [`Error::Engine`] if another fact stands there.
pub fn recorded(group: &Group<'_>, revision: Revision) -> Result<RecordedFact, Error> {
    let Fact::Record(RecordFact::Recorded(fact)) = group.recall(revision)? else {
        return Err(Error::Engine {
            operation: "recall a record",
            detail: format!("revision {} holds another kind of fact", revision.0),
        });
    };
    Ok(*fact)
}

fn ended() -> Finding {
    Finding {
        field: "items".into(),
        rule: Rule::RecordEnded,
        kind: CheckKind::Reject,
        english: "The record was withdrawn or deleted and takes no corrections; revive it first if it stands after all.".to_owned(),
        chinese: "该记录已撤销或删除，不再接受更正；如该决定仍然有效，请先恢复该记录。".to_owned(),
    }
}

/// One number for two decisions of different years is rather two decisions than a correction.
fn other_year(old: CivilDate, new: CivilDate) -> Option<Finding> {
    const YEAR_DAYS: i32 = 366;
    ((old.days() - new.days()).abs() > YEAR_DAYS).then(|| Finding {
        field: "items".into(),
        rule: Rule::NumberReused,
        kind: CheckKind::Warn,
        english: format!("The same organ, number and party stand for a decision of {old}; this row was taken as its correction. If it is another decision, ask the organ for its number."),
        chinese: format!("同一机关、文号和相对人已有{old}作出的决定，本行已作为其更正记录；如为另一决定，请向决定机关核实文号。"),
    })
}

/// Brings a record to an end.
///
/// The same end again repeats the first one, whatever day and reason it gives; over the same end by a
/// ruling it is recorded, and stays when the ruling falls.
///
/// # Errors
/// `RECORD_UNKNOWN`; `RECORD_ENDED` where an end stands that gives no way; `ROW_REFUSED` for a day before
/// the decision or after today.
pub fn end_record(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &EndRecord,
) -> Result<RowOutcome, Failure> {
    let (first, row) = known(group, command.name)?;
    let state = row.state();
    match row.ending.filter(|ending| ending.end == command.end) {
        Some(ending) if ending.ruling.is_none() => {
            return Ok(outcome(Outcome::Repeated, ending.fact, &row));
        }
        // The end that a ruling brought would go with the ruling; this one stays.
        Some(_) => {}
        None if state.allows(command.end) => {}
        None => {
            return Err(Failure::Refused(in_state(
                Reason::RecordEnded,
                command.name,
                state,
            )));
        }
    }
    on_a_day(command.on, &row, group.today())?;
    let ground = command.ground.clone();
    let revision = ends::end(group, principal, first, command.end, command.on, ground, None)?;
    Ok(outcome(Outcome::Created, revision, &row))
}

/// Takes the end of a record back; the end before it stands again.
///
/// # Errors
/// `RECORD_UNKNOWN`; `RECORD_NOT_ENDED`; `RULING_STANDS`; `ROW_REFUSED` for a day before the decision or after today.
pub fn revive_record(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &ReviveRecord,
) -> Result<RowOutcome, Failure> {
    let (first, row) = known(group, command.name)?;
    let Some(ending) = row.ending else {
        let refusal = in_state(Reason::RecordNotEnded, command.name, row.state());
        return Err(Failure::Refused(refusal));
    };
    // The effect of a ruling goes when the ruling does.
    if let Some(ruling) = ending.ruling {
        let ruling = row_at(group, ruling)?.name;
        let refusal = in_state(Reason::RulingStands, command.name, row.state());
        return Err(Failure::Refused(refusal.with("ruling", ruling.to_string())));
    }
    on_a_day(command.on, &row, group.today())?;
    let revision = ends::revive(group, principal, first, command.on, command.ground.clone(), None)?;
    Ok(outcome(Outcome::Created, revision, &row))
}

fn known(group: &Group<'_>, name: RecordName) -> Result<(Revision, RecordRow), Failure> {
    let unknown = || Failure::Refused(Refusal::plain(Reason::RecordUnknown).with("name", name.to_string()));
    let first = find(group, name)?.ok_or_else(unknown)?;
    Ok((first, row_at(group, first)?))
}

fn outcome(outcome: Outcome, revision: Revision, row: &RecordRow) -> RowOutcome {
    let mut outcome = RowOutcome::of(outcome, revision, row.snapshots, Vec::new());
    outcome.record = Some(row.name);
    outcome
}

fn in_state(reason: Reason, name: RecordName, state: RecordState) -> Refusal {
    let state = match state {
        RecordState::Recorded => "RECORDED".to_owned(),
        RecordState::Ended(end) => format!("{end:?}").to_uppercase(),
    };
    Refusal::plain(reason)
        .with("name", name.to_string())
        .with("state", state)
}

fn on_a_day(on: CivilDate, row: &RecordRow, today: CivilDate) -> Result<(), Failure> {
    let (english, chinese) = if on < row.decided_on {
        let decided_on = row.decided_on;
        (
            format!("lies before the decision of {decided_on}"),
            format!("早于决定日期{decided_on}，请更正。"),
        )
    } else if on > today {
        (
            format!("lies after today, {today}"),
            format!("晚于今天（{today}），请更正。"),
        )
    } else {
        return Ok(());
    };
    let refusal = Refusal::plain(Reason::RowRefused).with("name", row.name.to_string());
    Err(Failure::Refused(
        refusal.violating_in_both("on", english, chinese),
    ))
}
