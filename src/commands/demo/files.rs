//! The year as files: what departments would have sent, in the layouts they send it in.
//!
//! One folder for each instant at which something arrives, and a manifest that says in which order and
//! under which clock the files are imported. Read first: [`write()`].

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{TableFormat, YEAR_BEGIN};
use crate::commands::export::target::{Target, Unwritten};
use crate::commands::export::template;
use crate::domain::finding::Rule;
use crate::domain::layout::{Layout, LayoutItem, Layouts, Role};
use crate::domain::record::ReportedRecord;
use crate::domain::revision::Instant;
use crate::sheets::values;
use crate::sheets::written::XlsxColumn;
use crate::testkit::plan::{Outcome, Row, Step, rule_name};
use crate::testkit::record_plan::RecordBatch;
use crate::testkit::records::Authorities;

mod rows;

use rows::{Items, Writer};

/// What the manifest is called.
pub const MANIFEST: &str = "manifest.json";

/// Why the year is not written as files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot write {}", .path.display())]
    Disk {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write {0}")]
    Table(#[from] Unwritten),
    #[error("the served policies have no layout {0}")]
    NoLayout(String),
}

/// What is written and in which order it is imported.
#[derive(Debug, Serialize)]
struct Manifest {
    /// Number of this file's layout.
    format: u32,
    seed: u64,
    scale: u32,
    /// Where the test clock stands before the first step.
    clock: String,
    steps: Vec<Arrival>,
    /// Rows that no file can say, by the rule that refuses them.
    left_out: Vec<LeftOut>,
}

/// What arrives at one instant.
#[derive(Debug, Serialize)]
struct Arrival {
    /// Where the test clock stands meanwhile.
    clock: String,
    /// In the order of import.
    files: Vec<Written>,
}

/// One file, and what becomes of its rows.
#[derive(Debug, Default, Serialize)]
struct Written {
    /// Path below the manifest's folder.
    file: String,
    layout: String,
    /// Is to be imported with `--source` and this; empty without.
    source: String,
    /// Is to be imported with `--correct`.
    correct: bool,
    rows: u64,
    created: u64,
    repeated: u64,
    corrected: u64,
    refused: u64,
}

impl Written {
    fn count(&mut self, outcome: Outcome) {
        self.rows += 1;
        *match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Repeated => &mut self.repeated,
            Outcome::Corrected => &mut self.corrected,
            Outcome::Refused(_) => &mut self.refused,
        } += 1;
    }
}

/// The rows of a sheet that are of one layout and system.
struct Part {
    layout: String,
    system: String,
    rows: Vec<(Outcome, Items)>,
}

/// Rows that are in no file.
#[derive(Debug, Serialize)]
struct LeftOut {
    rule: String,
    rows: u64,
    why: &'static str,
}

const UNKNOWN_ITEM: &str =
    "its item is not of the layout, and import leaves out columns that the layout does not know";
const OTHER_WRITING: &str =
    "its day is written as the interface refuses it, and import reads days however they are written";

/// Says whether a row is refused for the writing of a day that import would put right.
fn is_mended(row: &Row) -> bool {
    row.outcome == Outcome::Refused(Rule::Date) && values::date(&row.reported.valid_until, false).is_some()
}

/// Writes the steps of a year into a folder that holds none yet.
///
/// # Errors
/// [`Error`]; nothing that exists is written over.
pub fn write(
    folder: &Path,
    format: TableFormat,
    (seed, scale): (u64, u32),
    sends: &[Step],
    (layouts, authorities): (&Layouts, &Authorities),
) -> Result<(), Error> {
    let mut files = Files {
        folder,
        format,
        layouts,
        authorities,
        steps: Vec::new(),
        records: HashMap::new(),
        left_out: BTreeMap::new(),
    };
    for step in sends {
        files.step(step)?;
    }
    let left_out = files
        .left_out
        .into_iter()
        .map(|((rule, why), rows)| LeftOut { rule, rows, why });
    let manifest = Manifest {
        format: 1,
        seed,
        scale,
        clock: stamp(YEAR_BEGIN),
        steps: files.steps,
        left_out: left_out.collect(),
    };
    let path = folder.join(MANIFEST);
    let disk = |source| Error::Disk {
        path: path.clone(),
        source,
    };
    let text = serde_json::to_string_pretty(&manifest).expect("counts and names serialise") + "\n";
    let mut file = File::create_new(&path).map_err(disk)?;
    file.write_all(text.as_bytes()).map_err(disk)
}

/// An instant as `--clock` takes it.
fn stamp(instant: Instant) -> String {
    let stamp = jiff::Timestamp::from_nanosecond(i128::from(instant.0)).expect("an instant of 2024");
    let civil = jiff::tz::Offset::constant(8).to_datetime(stamp);
    civil.strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

struct Files<'a> {
    folder: &'a Path,
    format: TableFormat,
    layouts: &'a Layouts,
    authorities: &'a Authorities,
    steps: Vec<Arrival>,
    /// First rows of records by the plan's own numbers: an end names its record by them.
    records: HashMap<usize, ReportedRecord>,
    left_out: BTreeMap<(String, &'static str), u64>,
}

impl<'a> Files<'a> {
    fn step(&mut self, step: &Step) -> Result<(), Error> {
        let words = Writer(self.layouts);
        match step {
            Step::Advance(to) => {
                let clock = stamp(*to);
                self.steps.push(Arrival {
                    clock,
                    files: Vec::new(),
                });
            }
            Step::Import(batches) => {
                for batch in batches {
                    let (mended, rows): (Vec<_>, Vec<_>) = batch.rows.iter().partition(|row| is_mended(row));
                    mended
                        .iter()
                        .for_each(|_| self.leave_out(Rule::Date, OTHER_WRITING));
                    let rows = rows.into_iter();
                    let rows = rows.map(|row| (row.outcome, words.commitment(&row.reported)));
                    self.sheet("COMMITMENT", "", false, rows)?;
                }
            }
            Step::Perform(sends) => {
                for correct in [false, true] {
                    let rows = sends.iter().filter(|send| send.correct == correct);
                    let rows = rows.map(|send| (send.outcome, words.performance(send)));
                    self.sheet("PERFORMANCE", "", correct, rows)?;
                }
            }
            Step::Withdraw(withdrawals) => {
                let rows = withdrawals
                    .iter()
                    .map(|one| (Outcome::Created, rows::withdrawal(one)));
                self.sheet("COMMITMENT_WITHDRAWAL", "", false, rows)?;
            }
            Step::Register(register) => {
                let rows = register.batches().flat_map(|batch| batch.rows);
                let rows = rows.map(|row| (row.outcome, words.register(&row)));
                self.sheet("REGISTER", "", false, rows)?;
            }
            Step::RegisterRows(batches) => {
                let rows = batches.iter().flat_map(|batch| &batch.rows);
                let rows = rows.map(|row| (row.outcome, words.register(row)));
                self.sheet("REGISTER", "", false, rows)?;
            }
            Step::Memberships(batches) => {
                // The service asks for no sender of a roster, the layout does.
                let sender = self.authorities.licensing.first();
                let sender = sender.map_or("", |body| body.code.as_str());
                let rows = batches.iter().flat_map(|batch| &batch.rows);
                let rows = rows.map(|row| (row.outcome, words.membership(row, sender)));
                self.sheet("MEMBERSHIP", "", false, rows)?;
            }
            Step::Records(batches) => self.records(batches)?,
            Step::End(sends) => {
                let mut rows = Vec::new();
                for send in sends {
                    let first = self.records.get(&send.record);
                    let first = first.expect("a record begins before it ends");
                    let layout = self.layout(&first.layout)?;
                    let items = words.end(send, first, layout, self.authorities);
                    rows.push((Outcome::Created, items));
                }
                self.sheet("WITHDRAWAL", "", false, rows.into_iter())?;
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, rule: Rule, why: &'static str) {
        *self.left_out.entry((rule_name(rule), why)).or_default() += 1;
    }

    fn layout(&self, code: &str) -> Result<&'a Layout, Error> {
        let found = self.layouts.layouts().iter().find(|layout| layout.code == code);
        found.ok_or_else(|| Error::NoLayout(code.to_owned()))
    }

    /// A sheet of a body holds rows of several layouts and systems; each goes to a file of its own. The
    /// files of one system stand together.
    fn records(&mut self, batches: &[RecordBatch]) -> Result<(), Error> {
        let mut sheets: Vec<Part> = Vec::new();
        for batch in batches {
            let from = sheets.len();
            for row in &batch.rows {
                if let (Some(record), Outcome::Created) = (row.record, row.outcome) {
                    self.records.insert(record, row.reported.clone());
                }
                let layout = self.layout(&row.reported.layout)?;
                let is_known = |(code, _): &(String, String)| layout.item(code).is_some();
                if !row.reported.items.iter().all(is_known)
                    && let Outcome::Refused(rule) = row.outcome
                {
                    self.leave_out(rule, UNKNOWN_ITEM);
                    continue;
                }
                let items = rows::record(&row.reported, layout);
                let (layout, system) = (&row.reported.layout, &row.reported.source.system);
                let is_its = |part: &&mut Part| part.layout == *layout && part.system == *system;
                match sheets[from..].iter_mut().find(is_its) {
                    Some(part) => part.rows.push((row.outcome, items)),
                    None => sheets.push(Part {
                        layout: layout.clone(),
                        system: system.clone(),
                        rows: vec![(row.outcome, items)],
                    }),
                }
            }
        }
        sheets.sort_by(|one, other| one.system.cmp(&other.system));
        for part in sheets {
            self.sheet(&part.layout, &part.system, false, part.rows.into_iter())?;
        }
        Ok(())
    }

    /// Writes one file, unless there are no rows for it.
    fn sheet(
        &mut self,
        code: &str,
        source: &str,
        correct: bool,
        rows: impl Iterator<Item = (Outcome, Items)>,
    ) -> Result<(), Error> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        let layout = self.layout(code)?;
        let has_source = |item: &LayoutItem| {
            !source.is_empty() && matches!(item.role, Some(Role::SourceKey | Role::SourceBatch))
        };
        let shown: Vec<&LayoutItem> = template::items(layout)
            .chain(layout.items().iter().filter(|item| has_source(item)))
            .collect();
        let columns: Vec<XlsxColumn> = shown
            .iter()
            .map(|item| template::column(item, self.layouts))
            .collect();
        let step = self.steps.len();
        let files = self.steps.last().map_or(0, |arrival| arrival.files.len());
        let (ending, is_workbook) = match self.format {
            TableFormat::Csv => ("csv", false),
            TableFormat::Xlsx => ("xlsx", true),
        };
        let day = self
            .steps
            .last()
            .map_or("", |arrival| arrival.clock.get(..10).unwrap_or(""));
        let file = format!("{step:03}_{day}/{:03}_{code}.{ending}", files + 1);
        let path = self.folder.join(&file);
        let own = path.parent().expect("a file lies in its step's folder");
        fs::create_dir_all(own).map_err(|source| Error::Disk {
            path: own.to_path_buf(),
            source,
        })?;
        let mut written = Written {
            file,
            layout: code.to_owned(),
            source: source.to_owned(),
            correct,
            ..Written::default()
        };
        let mut target = Target::new(Some(&path), is_workbook, &layout.title_zh, &columns)?;
        for (outcome, items) in rows {
            let text = |item: &&LayoutItem| items.get(item.code.as_str()).cloned().unwrap_or_default();
            let cells: Vec<String> = shown.iter().map(text).collect();
            target.row(&cells)?;
            written.count(outcome);
        }
        target.finish(&[])?;
        let arrival = self.steps.last_mut().expect("a year begins with its clock");
        arrival.files.push(written);
        Ok(())
    }
}
