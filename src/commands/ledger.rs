//! `credence ledger verify | export`: offline, over a folder that no server holds.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::fact::{CommitmentFact, Fact, Outcome, PerformanceFact, Recorded, RowOutcome};
use crate::domain::finding::Finding;
use crate::domain::revision::{Instant, Place, Revision};
use crate::domain::subject::{SubjectKind, masked_name};
use crate::ingest::commands::CommitmentName;
use crate::ledger::Body;
use crate::ledger::file::{Folder, RealFolder};
use crate::ledger::lock::{LockError, lock};
use crate::ledger::scan::{self, Damage, Scan};
use crate::store::Head;
use crate::store::keyring::{self, FirstKeys, Key, Keyring, NonceBytes};
use crate::store::record;

mod clear;
mod grades;
mod notices;
mod records;
mod subjects;
mod supervision;

/// What can be done with a ledger while no server runs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks every byte of the ledger; names file, offset and group of the first damage.
    Verify(Verify),
    /// Writes every fact as one JSON object a line; persons' names and numbers are masked.
    ///
    /// Without keys it writes of persons' records what stands in clear, and marks the line as sealed.
    Export(Export),
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The data folder.
    #[arg(long, default_value = "data")]
    pub data: PathBuf,
    /// The head that must stand in the ledger: EPOCH.REVISION:HASH as an earlier verify or the log gave it.
    #[arg(long)]
    pub expect: Option<String>,
}

#[derive(Debug, Args)]
pub struct Export {
    /// The data folder.
    #[arg(long, default_value = "data")]
    pub data: PathBuf,
    /// A file with the master key, if it is kept elsewhere.
    #[arg(long)]
    pub master_key_file: Option<PathBuf>,
}

/// Why a ledger could not be checked or exported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}; while the server runs, OperationsService.GetHead and GetDigests answer the same")]
    Folder(#[from] LockError),
    #[error("the ledger is damaged: {0}")]
    Damaged(Damage),
    #[error("the ledger is whole, but the expected head {0} does not stand in it")]
    Unexpected(String),
    #[error("there is no ledger in {0}")]
    Absent(String),
    #[error("there are no keys in {0}")]
    KeysAbsent(String),
    #[error("the master key file {0} does not hold 64 hexadecimal digits")]
    MasterKey(String),
    #[error("the ledger cannot be read: {0}")]
    Disk(#[from] io::Error),
    #[error("{0}")]
    Keys(#[from] keyring::Error),
    #[error("{0}")]
    Record(#[from] record::Error),
}

impl Command {
    /// Runs the command, printing to the standard output.
    ///
    /// # Errors
    /// Each [`Error`].
    pub fn run(&self) -> Result<(), Error> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match self {
            Self::Verify(verify) => {
                let report = verify.check()?;
                writeln!(out, "{report}")?;
            }
            Self::Export(export) => export.write(&mut out)?,
        }
        Ok(out.flush()?)
    }
}

fn open(data: &Path) -> Result<(std::fs::File, RealFolder), Error> {
    let ledger = data.join("ledger");
    if !ledger.is_dir() {
        return Err(Error::Absent(data.display().to_string()));
    }
    Ok((lock(data)?, RealFolder::open(&ledger)?))
}

impl Verify {
    fn check(&self) -> Result<String, Error> {
        let (_lock, folder) = open(&self.data)?;
        let expected = self.expect.as_deref();
        let mut seen = false;
        let found = scan::scan(&folder, |frame| {
            let place = Place {
                epoch: frame.epoch,
                revision: frame.last(),
            };
            seen |= expected
                == Some(
                    Head {
                        place,
                        hash: frame.hash,
                    }
                    .to_string()
                    .as_str(),
                );
        })?;
        let Scan {
            end: Some(end),
            groups,
            damage: None,
            ..
        } = found
        else {
            return Err(found
                .damage
                .map_or_else(|| Error::Absent(self.data.display().to_string()), Error::Damaged));
        };
        if let Some(expected) = expected.filter(|_| !seen) {
            return Err(Error::Unexpected(expected.to_owned()));
        }
        let last = groups.last().map_or(Revision(0), |group| group.last);
        let hash = last_hash(&folder, last)?;
        let place = Place {
            epoch: end.epoch,
            revision: end.last,
        };
        let stop = if end.closed {
            "closed cleanly"
        } else {
            "not closed cleanly"
        };
        let torn = if end.torn.is_some() {
            "; a torn tail follows, nothing of it was acknowledged"
        } else {
            ""
        };
        Ok(format!(
            "whole: {} groups, {stop}{torn}\nhead: {}",
            groups.len(),
            Head { place, hash }
        ))
    }
}

fn last_hash(folder: &dyn Folder, last: Revision) -> Result<[u8; 32], Error> {
    let mut hash = [0; 32];
    scan::scan(folder, |frame| {
        if frame.last() == last {
            hash = frame.hash;
        }
    })?;
    Ok(hash)
}

impl Export {
    fn write(&self, out: &mut impl Write) -> Result<(), Error> {
        let (_lock, folder) = open(&self.data)?;
        let mut frames = Vec::new();
        let found = scan::scan(&folder, |frame| frames.push(frame.clone()))?;
        if let Some(damage) = found.damage {
            return Err(Error::Damaged(damage));
        }
        let end = found
            .end
            .ok_or_else(|| Error::Absent(self.data.display().to_string()))?;
        let keys = match self.keys(end.ledger) {
            Ok(keys) => Some(keys),
            Err(error) => {
                eprintln!("without keys persons' records are shown by their clear part only: {error}");
                None
            }
        };
        let mut names = std::collections::HashMap::new();
        let mut sealed = 0_u64;
        for frame in &frames {
            for (revision, body) in (frame.first.0..).map(Revision).zip(&frame.bodies) {
                let mut line = match readable(body, revision, keys.as_ref())? {
                    Ok(recorded) => fact_line(recorded, revision, &mut names),
                    Err(line) => {
                        sealed += 1;
                        line
                    }
                };
                if revision == frame.last() {
                    line.insert("group_end".to_owned(), json!(true));
                }
                let place = Place {
                    epoch: frame.epoch,
                    revision,
                };
                writeln!(out, "{}", with_place(line, place, frame.instant))?;
            }
        }
        if sealed > 0 {
            eprintln!("{sealed} facts are sealed; their lines say \"sealed\": true");
        }
        Ok(())
    }

    fn keys(&self, ledger: [u8; 16]) -> Result<Keyring, Error> {
        let folder = self.data.join("keys");
        if !folder.is_dir() {
            return Err(Error::KeysAbsent(folder.display().to_string()));
        }
        let given = match &self.master_key_file {
            Some(file) => {
                let key = keyring::parse_master(&std::fs::read(file)?);
                Some(key.ok_or_else(|| Error::MasterKey(file.display().to_string()))?)
            }
            None => None,
        };
        // With `used` set nothing is made where keys are missing, so these bytes are never taken.
        let unused = FirstKeys {
            master: Key::new([0; 32]),
            lookup: Key::new([0; 32]),
            nonce: NonceBytes::default(),
        };
        Ok(Keyring::open(
            Arc::new(RealFolder::open(&folder)?),
            ledger,
            given,
            &unused,
            true,
        )?)
    }
}

fn with_place(mut line: Map<String, Value>, place: Place, instant: Instant) -> Value {
    line.insert("revision".to_owned(), json!(place.to_string()));
    line.insert("instant".to_owned(), json!(instant_text(instant)));
    Value::Object(line)
}

/// The lines of facts that are read one after the other, from the first on.
#[derive(Default)]
pub struct Lines {
    names: Names,
}

impl Lines {
    /// The line of the next fact; `is_last` of its group.
    pub fn next(&mut self, recorded: Recorded, place: Place, instant: Instant, is_last: bool) -> Value {
        let mut line = fact_line(recorded, place.revision, &mut self.names);
        if is_last {
            line.insert("group_end".to_owned(), json!(true));
        }
        with_place(line, place, instant)
    }
}

fn instant_text(instant: Instant) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(instant.0))
        .map_or_else(|_| instant.0.to_string(), |timestamp| format!("{timestamp:.9}"))
}

/// The fact of a body, or the line that can be written without the key it takes.
fn readable(
    body: &Body,
    revision: Revision,
    keys: Option<&Keyring>,
) -> Result<Result<Recorded, Map<String, Value>>, Error> {
    if let Some(part) = record::clear_part(body, revision)?
        && keys.and_then(|keys| keys.key(part.subject)).is_none()
    {
        return Ok(Err(clear::line(&part)));
    }
    match keys {
        Some(keys) => Ok(Ok(record::decode(body, revision, keys)?)),
        None => match record::decode_without_keys(body, revision) {
            Ok(recorded) => Ok(Ok(recorded)),
            // A kind of which no clear part is known may be sealed too.
            Err(record::Error::Corrupt(..)) => Ok(Err(clear::bare_line(body.kind))),
            Err(error) => Err(error.into()),
        },
    }
}

type Names = std::collections::HashMap<Revision, String>;

fn fact_line(recorded: Recorded, revision: Revision, names: &mut Names) -> Map<String, Value> {
    let kind = record::kind_name(&recorded.fact);
    let body = match &recorded.fact {
        Fact::LedgerOpened { id } => json!({"ledger_id": data_encoding::HEXLOWER.encode(id)}),
        Fact::EpochOpened { cause, kept } => json!({"cause": cause, "kept": kept.to_string()}),
        Fact::ServerStarted { version } => json!({"version": version}),
        Fact::DayTurned { day } => json!({"day": day.to_string()}),
        Fact::DataAdopted {
            kind,
            files,
            sha256,
            replaces,
        } => json!({
            "data": kind,
            "files": files.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "sha256": data_encoding::HEXLOWER.encode(sha256),
            "replaces": replaces.map(|revision| revision.0),
        }),
        Fact::RequestRecorded { id, outcomes, .. } => json!({
            "request_id": uuid::Uuid::from_bytes(id.0).to_string(),
            "outcomes": outcomes.iter().map(outcome).collect::<Vec<_>>(),
        }),
        Fact::SubjectOpened {
            number,
            name,
            kind,
            identity,
            reported_name,
        } => json!({
            "subject": number.0,
            "name": format!("subjects/{name}"),
            "subject_kind": subject_kind(*kind),
            "identity": identity.shown(),
            "reported_name": shown_name(*kind, reported_name),
        }),
        Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact) => {
            let (body, code) = (fact.commitment.accepting_body_code, fact.commitment.code);
            let name = CommitmentName { body, code }.to_string();
            names
                .entry(fact.first.unwrap_or(revision))
                .or_insert_with(|| name.clone());
            commitment(fact, &name)
        }
        Fact::CommitmentWithdrawn {
            first,
            subject,
            subject_kind,
            reason,
        } => json!({
            "commitment": names.get(first),
            "subject": subject.0,
            // A reason may name the person it is about.
            "reason": if *subject_kind == SubjectKind::Person { "*" } else { reason },
        }),
        Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact) => performance(fact, names),
        Fact::RowStopped {
            body,
            code,
            department,
            received_on,
            findings,
            ..
        } => json!({
            "commitment": CommitmentName { body: *body, code: *code }.to_string(),
            "department": department.to_string(),
            "received_on": received_on.to_string(),
            "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        }),
        Fact::BatchesWithdrawn { spans, reason } => json!({
            "spans": spans.iter().map(|span| [span.first.0, span.last.0]).collect::<Vec<_>>(),
            "reason": reason,
        }),
        Fact::EffectsSettled { cause, slice, next } => json!({
            "cause": cause.0,
            "slice": slice,
            "last": next.0 == 0,
        }),
        Fact::SealedRead { subject, purpose } => json!({"subject": subject.0, "purpose": purpose}),
        Fact::Subject(fact) => subjects::line(fact),
        Fact::Record(fact) => records::line(fact, revision, names),
        Fact::Supervision(fact) => supervision::line(fact, names),
        Fact::Grade(fact) => grades::line(fact),
        Fact::Notice(fact) => notices::line(fact),
    };
    let Value::Object(mut line) = body else {
        unreachable!("every arm makes an object")
    };
    line.insert("kind".to_owned(), json!(kind));
    line.insert("principal".to_owned(), json!(recorded.principal.as_str()));
    line
}

fn commitment(fact: &CommitmentFact, name: &str) -> Value {
    let commitment = &fact.commitment;
    let kind = commitment.subject_kind;
    // Free text of a person's record may name the person, so it is not shown.
    let text = |text: &str| {
        if kind == SubjectKind::Person && !text.is_empty() {
            "*".to_owned()
        } else {
            text.to_owned()
        }
    };
    json!({
        "commitment": name,
        "subject": fact.subject.0,
        "department": fact.department.to_string(),
        "commitment_kind": constant(&format!("{:?}", commitment.kind)),
        "subject_kind": subject_kind(kind),
        "made_on": commitment.made_on.to_string(),
        "received_on": fact.received_on.to_string(),
        "publication": constant(&format!("{:?}", commitment.publication)),
        "snapshot": fact.snapshot,
        "findings": fact.findings.iter().map(finding).collect::<Vec<_>>(),
        "content": {
            "code": commitment.code.to_string(),
            "subject_name": shown_name(kind, &commitment.subject_name),
            "subject_code": commitment.subject.shown(),
            "kind_words": commitment.kind_words,
            "reason": text(&commitment.reason),
            "content": text(&commitment.content),
            "liability": text(&commitment.liability),
            "valid_until": shown_validity(commitment.validity),
            "accepting_body_name": commitment.accepting_body_name,
            "accepting_body_code": commitment.accepting_body_code.to_string(),
            "remarks": text(&commitment.remarks),
        },
    })
}

fn performance(fact: &PerformanceFact, names: &Names) -> Value {
    let text = |text: &str| {
        if fact.subject_kind == SubjectKind::Person && !text.is_empty() {
            "*".to_owned()
        } else {
            text.to_owned()
        }
    };
    json!({
        "commitment": names.get(&fact.commitment),
        "subject": fact.subject.0,
        "performance_state": constant(&format!("{:?}", fact.performance.state)),
        "received_on": fact.received_on.to_string(),
        "snapshot": fact.snapshot,
        "findings": fact.findings.iter().map(finding).collect::<Vec<_>>(),
        "content": {
            "unperformed": text(&fact.performance.unperformed),
            "measures_taken": text(&fact.performance.measures_taken),
            "found_on": fact.performance.found_on.map(|on: CivilDate| on.to_string()),
            "finding_body_name": fact.performance.finding_body_name,
            "finding_body_code": fact.performance.finding_body_code.map(|code| code.to_string()),
        },
    })
}

fn outcome(outcome: &RowOutcome) -> Value {
    let name = match outcome.outcome {
        Outcome::Created => "CREATED",
        Outcome::Repeated => "REPEATED",
        Outcome::Corrected => "CORRECTED",
        Outcome::Refused => "REFUSED",
    };
    json!({"outcome": name, "revision": outcome.revision.0, "snapshot": outcome.snapshot})
}

fn finding(finding: &Finding) -> Value {
    json!({
        "field": finding.field,
        "rule": constant(&format!("{:?}", finding.rule)),
        "kind": constant(&format!("{:?}", finding.kind)),
    })
}

fn shown_name(kind: SubjectKind, name: &str) -> String {
    match kind {
        SubjectKind::Person => masked_name(name),
        SubjectKind::Organisation | SubjectKind::IndividualBusiness => name.to_owned(),
    }
}

fn shown_validity(validity: Validity) -> Value {
    match validity {
        Validity::NotStated => Value::Null,
        Validity::Until(on) => json!(on.to_string()),
        Validity::OpenEnded => json!("open-ended"),
    }
}

fn subject_kind(kind: SubjectKind) -> String {
    constant(&format!("{kind:?}"))
}

/// `ApprovalReplacing` as `APPROVAL_REPLACING`.
fn constant(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(character.to_ascii_uppercase());
    }
    text
}
