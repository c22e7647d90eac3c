//! `severity.toml`: levels, thresholds of fines, longest publicity.

use super::origin;
use super::words::Word;
use crate::domain::catalog::DepartmentCode;
use crate::domain::money::millionths;
use crate::domain::record::{RecordKind, Severity};
use crate::domain::severity::{FineThreshold, LevelRule, Procedure, PublicityMaximum, Severities, When};
use crate::domain::subject::SubjectKind;
use crate::policy::reader::Entry;

/// Longest publicity that a rule may state, in months.
const MONTHS_MAX: i64 = 120;

pub fn severities(entry: &Entry<'_>) -> Option<Severities> {
    entry.keys(&["fine_kind", "level", "fine", "publicity"]);
    let fine_kind = entry.text("fine_kind");
    let levels: Vec<_> = entry.entries("level").iter().map(level).collect();
    let fines: Vec<_> = entry.entries_if_any("fine").iter().map(fine).collect();
    let publicity: Vec<_> = entry.entries("publicity").iter().map(publicity).collect();
    Some(Severities {
        fine_kind: fine_kind?.to_owned(),
        levels: levels.into_iter().collect::<Option<_>>()?,
        fines: fines.into_iter().collect::<Option<_>>()?,
        publicity: publicity.into_iter().collect::<Option<_>>()?,
    })
}

fn level(entry: &Entry<'_>) -> Option<LevelRule> {
    entry.keys(&[
        "name",
        "record",
        "severity",
        "procedure",
        "kinds",
        "from",
        "until",
        "standing",
        "trust",
        "source",
    ]);
    let (record, severity) = (
        entry.parsed::<Word<RecordKind>>("record"),
        entry.parsed::<Word<Severity>>("severity"),
    );
    let procedure = entry.parsed_if_any::<Word<Procedure>>("procedure");
    let kinds = entry.list_if_any::<String>("kinds");
    let when = match (procedure, kinds.is_empty()) {
        (Some(Word(Procedure::Simple)), true) => When::SimpleProcedure,
        (None, false) => When::Kinds(kinds),
        (None, true) => When::All,
        (Some(_), _) => {
            entry.mistake_at("procedure", "`procedure` is simple, and then without `kinds`");
            return None;
        }
    };
    let origin = origin(entry);
    let (Word(record), Word(severity)) = (record?, severity?);
    Some(LevelRule {
        origin: origin?,
        record,
        severity,
        when,
    })
}

fn fine(entry: &Entry<'_>) -> Option<FineThreshold> {
    entry.keys(&[
        "name",
        "department",
        "party",
        "larger_from",
        "huge_from",
        "from",
        "until",
        "standing",
        "trust",
        "source",
    ]);
    let department = entry.parsed::<DepartmentCode>("department");
    let party = entry.parsed_if_any::<u8>("party").map(SubjectKind::try_from);
    if let Some(Err(error)) = &party {
        entry.mistake_at("party", error);
    }
    let amount = |key: &str| {
        let amount = entry.text(key).map(millionths)?;
        if let Err(error) = amount {
            entry.mistake_at(key, format!("`{key}` is an amount in 万元: {error}"));
        }
        amount.ok()
    };
    let (larger_from, huge_from) = (amount("larger_from"), amount("huge_from"));
    if let (Some(larger), Some(huge)) = (larger_from, huge_from)
        && huge < larger
    {
        entry.mistake_at("huge_from", "`huge_from` is below `larger_from`");
    }
    Some(FineThreshold {
        origin: origin(entry)?,
        department: department?,
        party: party.and_then(Result::ok),
        larger_from: larger_from?,
        huge_from: huge_from?,
    })
}

fn publicity(entry: &Entry<'_>) -> Option<PublicityMaximum> {
    entry.keys(&[
        "name", "record", "severity", "months", "from", "until", "standing", "trust", "source",
    ]);
    let record = entry.parsed::<Word<RecordKind>>("record");
    let severity = entry.parsed_if_any::<Word<Severity>>("severity");
    let months = entry.number("months", 1..=MONTHS_MAX);
    let origin = origin(entry);
    let Word(record) = record?;
    Some(PublicityMaximum {
        origin: origin?,
        record,
        severity: severity.map(|Word(severity)| severity),
        months: u16::try_from(months?).expect("at most 120"),
    })
}
