//! `credence import`: files of departments, as they are, into the service.
//!
//! A file is looked at whole, sent in batches over one stream, and what is refused comes back as files in
//! the same layout. Read first: [`run`].

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tonic::transport::Endpoint;

use super::demo::Format as Printed;
use crate::clock::{Clock as _, SystemClock, monotonic};
use crate::domain::civil_date::CivilDate;
use crate::domain::layout::Layout;
use crate::policy::{KINDS, Policies, listed};
use crate::sheets::Format;

mod calls;
mod commitments;
mod decisions;
mod driver;
mod lane;
mod offline;
mod options;
mod outcome;
mod progress;
mod reading;
mod records;
mod returned;
mod subjects;
mod texts;
mod words;

pub use options::{EXIT_REFUSED, EXIT_STOPPED, EXIT_UNREACHABLE, EXIT_USAGE, Options, PartyKind, SERVER};

use commitments::Commitments;
use driver::{Elapsed, Patience, Stopped, Told};
use lane::Lane;
use outcome::{BatchOutcome, RowOutcome, Tally};
use progress::Progress;
use reading::{Batch, Reading, Said, Unread};
use returned::Returned;
use words::Words;

/// The layouts and catalogues of a folder, or those that are built in.
///
/// # Errors
/// Every mistake found in the folder, one a line.
pub fn policies(folder: Option<&Path>) -> Result<Policies, String> {
    let Some(folder) = folder else {
        return Ok(Policies::built_in());
    };
    let mut policies = Policies::default();
    for kind in KINDS {
        let files = kind.read(folder).map_err(|mistakes| listed(&mistakes))?;
        (kind.parse)(&files, &mut policies).map_err(|mistakes| listed(&mistakes))?;
    }
    Ok(policies)
}

/// The endpoint of a server; `None` for a text that is no address.
#[must_use]
pub fn endpoint(server: &str) -> Option<Endpoint> {
    driver::endpoint(server).ok()
}

/// Imports the files one after the other, prints what became of them, and answers with the exit code.
pub async fn run(options: &Options) -> u8 {
    let words = Words(options.lang);
    let policies = match policies(options.policies.as_deref()) {
        Ok(policies) => policies,
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return EXIT_USAGE;
        }
    };
    let server = options.server.as_deref().unwrap_or(SERVER);
    let endpoint = match driver::endpoint(server) {
        Ok(endpoint) => endpoint,
        Err(stopped) => {
            eprintln!("{}", words.stopped(&stopped, server));
            return EXIT_USAGE;
        }
    };
    let mut policies = policies;
    let is_alone = options.check && options.server.is_none();
    if options.policies.is_none()
        && !is_alone
        && let Some(layouts) = super::served::layouts(&endpoint).await
    {
        policies.layouts = layouts;
    }
    let import = Import {
        options,
        words,
        policies,
        server,
        endpoint,
        elapsed: monotonic(),
    };
    let mut code = 0;
    let mut printed = Vec::new();
    for file in &options.files {
        let (value, file_code) = import.file(file).await;
        printed.push(value);
        code = worse(code, file_code);
        if file_code == EXIT_UNREACHABLE {
            break;
        }
    }
    if options.format == Printed::Json {
        let all = json!({ "files": printed, "exit_code": code });
        println!(
            "{}",
            serde_json::to_string_pretty(&all).expect("counts and names serialise")
        );
    }
    code
}

/// Of two exit codes the one that says more: a lost server before a refusal, that before refused rows.
fn worse(one: u8, other: u8) -> u8 {
    let rank = |code: u8| match code {
        0 => 0,
        EXIT_REFUSED => 1,
        EXIT_USAGE => 2,
        EXIT_STOPPED => 3,
        _ => 4,
    };
    if rank(other) > rank(one) { other } else { one }
}

struct Import<'a> {
    options: &'a Options,
    words: Words,
    policies: Policies,
    server: &'a str,
    endpoint: Endpoint,
    elapsed: Elapsed,
}

impl Import<'_> {
    /// Imports one file; what is printed as JSON, and its exit code.
    async fn file(&self, path: &Path) -> (Value, u8) {
        self.say(&path.display().to_string());
        let said = Said {
            layout: self.options.layout.clone(),
            party_kind: self.options.party_kind.map(PartyKind::kind),
            sheet: self.options.sheet.clone(),
        };
        let layouts = self.policies.layouts.layouts().to_vec();
        let own = path.to_path_buf();
        let looked = tokio::task::spawn_blocking(move || reading::look(&own, &layouts, &said)).await;
        let looked = looked.unwrap_or_else(|_| Err(unreadable()));
        match looked {
            Ok(reading) => self.reading(path, reading).await,
            Err(error) => {
                self.say(&self.words.unread(&error));
                let value = json!({
                    "file": path.display().to_string(),
                    "error": { "english": error.in_english(), "chinese": error.in_chinese() },
                });
                (value, EXIT_USAGE)
            }
        }
    }

    fn say(&self, text: &str) {
        if self.options.format == Printed::Text {
            println!("{text}");
        }
    }

    async fn reading(&self, path: &Path, reading: Reading) -> (Value, u8) {
        self.say(&self.words.found(&reading));
        let mut value = described(path, &reading);
        let folder = self.options.rejects.as_deref();
        let mut sink = Sink {
            tally: Tally::default(),
            returned: Returned::new(path, folder, &reading.layout, &reading.header),
            progress: Progress::new(reading.rows, self.words, self.elapsed.clone()),
        };
        let stopped = self.send(reading, &mut sink).await;
        sink.progress.finish();
        let Sink { tally, returned, .. } = sink;
        self.say(&self.words.became(&tally, self.options.check));
        let mut code = if tally.returned > 0 { EXIT_REFUSED } else { 0 };
        let mut problem = stopped.err();
        match returned.finish() {
            Ok(paths) if paths.is_empty() => {}
            Ok(paths) => {
                self.say(&self.words.returned(&paths, tally.returned, &self.again()));
                value["returned"] = paths
                    .iter()
                    .map(|path| json!(path.display().to_string()))
                    .collect();
            }
            Err(error) => problem = problem.or(Some(unwritten(&error))),
        }
        if let Some(stopped) = problem {
            self.say(&self.words.stopped(&stopped, self.server));
            code = exit_code(&stopped);
            value["stopped"] = json!(self.words.stopped(&stopped, self.server).trim());
        }
        value["result"] = counted(&tally, self.options.check);
        (value, code)
    }

    /// The options that a second import of the returned rows needs.
    fn again(&self) -> String {
        let mut text = String::new();
        if let Some(layout) = &self.options.layout {
            text += &format!(" --layout {layout}");
        }
        if let Some(kind) = self.options.party_kind {
            text += &format!(" --party-kind {}", kind.flag());
        }
        if let Some(server) = &self.options.server {
            text += &format!(" --server {server}");
        }
        text
    }

    async fn send(&self, reading: Reading, sink: &mut Sink) -> Result<(), Stopped> {
        let layout = reading.layout.clone();
        if self.options.check && self.options.server.is_none() {
            return self.judge(reading, &layout, sink).await;
        }
        match layout.code.as_str() {
            "COMMITMENT" => {
                let lane = Commitments {
                    layouts: self.policies.layouts.clone(),
                    layout,
                    is_check: self.options.check,
                    corrects: self.options.correct,
                };
                self.drive(&lane, reading, sink).await
            }
            "REGISTER" => {
                let lane = subjects::Register {
                    layouts: self.policies.layouts.clone(),
                    layout,
                    is_check: self.options.check,
                };
                self.drive(&lane, reading, sink).await
            }
            "MEMBERSHIP" => {
                let lane = subjects::Memberships {
                    layouts: self.policies.layouts.clone(),
                    layout,
                    is_check: self.options.check,
                };
                self.drive(&lane, reading, sink).await
            }
            "PERFORMANCE" => {
                let lane = calls::Calls::new(calls::Performances {
                    layouts: self.policies.layouts.clone(),
                    layout,
                    is_check: self.options.check,
                    corrects: self.options.correct,
                });
                self.drive(&lane, reading, sink).await
            }
            "COMMITMENT_WITHDRAWAL" => {
                let lane = calls::Calls::new(decisions::Withdrawals {
                    layouts: self.policies.layouts.clone(),
                    layout,
                    is_check: self.options.check,
                });
                self.drive(&lane, reading, sink).await
            }
            "BREACH" => {
                let lane = calls::Calls::new(decisions::Breaches {
                    layouts: self.policies.layouts.clone(),
                    layout,
                    is_check: self.options.check,
                    corrects: self.options.correct,
                });
                self.drive(&lane, reading, sink).await
            }
            "WITHDRAWAL" => {
                let lane = calls::Calls::new(records::Ends {
                    layouts: self.policies.layouts.clone(),
                    layout,
                    is_check: self.options.check,
                });
                self.drive(&lane, reading, sink).await
            }
            _ if layout.kind.is_some() => {
                let lane = records::Records {
                    layout,
                    system: self.options.source.clone(),
                    is_check: self.options.check,
                };
                self.drive(&lane, reading, sink).await
            }
            _ => {
                let error = Unread::NotImported(layout.code);
                let (english, chinese) = (error.in_english(), error.in_chinese());
                Err(Stopped::Local { english, chinese })
            }
        }
    }

    /// Sends the rows of a file over a stream; a thread reads them meanwhile.
    async fn drive<L: Lane>(&self, lane: &L, reading: Reading, sink: &mut Sink) -> Result<(), Stopped> {
        let (file, layout) = (reading.hash, reading.layout.code.clone());
        let (batches, read) = self.read(reading);
        let patience = Patience {
            elapsed: self.elapsed.clone(),
            wait: Duration::from_secs(self.options.wait),
        };
        let driven = driver::drive(lane, &self.endpoint, (&file, &layout), batches, &patience, sink).await;
        // A reader whose batches no one takes any more ends by itself.
        let read = read.await.unwrap_or_else(|_| Err(gone()));
        driven.and(read)
    }

    async fn judge(&self, reading: Reading, layout: &Layout, sink: &mut Sink) -> Result<(), Stopped> {
        let today = CivilDate::of_instant(SystemClock.now());
        let (mut batches, read) = self.read(reading);
        let mut judged = Ok(());
        while let Some(batch) = batches.recv().await {
            let outcome = offline::judge(&self.policies, layout, &batch.sent, today);
            judged = sink.answered(&batch, &outcome);
            if judged.is_err() {
                break;
            }
        }
        drop(batches);
        let read = read.await.unwrap_or_else(|_| Err(gone()));
        judged.and(read)
    }

    #[allow(clippy::type_complexity, reason = "a channel and the task that fills it")]
    fn read(
        &self,
        mut reading: Reading,
    ) -> (
        mpsc::Receiver<Batch>,
        tokio::task::JoinHandle<Result<(), Stopped>>,
    ) {
        let rows_max = self.options.batch_size as usize;
        let (sender, batches) = mpsc::channel(1);
        let read = tokio::task::spawn_blocking(move || {
            let read = reading.batches(rows_max, &mut |batch| match sender.blocking_send(batch) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            });
            read.map_err(|error| Stopped::Local {
                english: error.in_english(),
                chinese: error.in_chinese(),
            })
        });
        (batches, read)
    }
}

/// Codes of the items of a layout that the service has no place for.
fn unsent(layout: &str) -> &'static [&'static str] {
    match layout {
        "REGISTER" => &subjects::REGISTER_UNSENT,
        "MEMBERSHIP" => &subjects::MEMBERSHIP_UNSENT,
        "PERFORMANCE" => &calls::PERFORMANCE_UNSENT,
        "WITHDRAWAL" => &records::WITHDRAWAL_UNSENT,
        "COMMITMENT_WITHDRAWAL" => &decisions::WITHDRAWAL_UNSENT,
        _ => &[],
    }
}

/// The reader of workbooks broke down over a file.
fn unreadable() -> Unread {
    Unread::Sheet(crate::sheets::SheetError::DamagedWorkbook(
        "the reader broke down".to_owned(),
    ))
}

fn gone() -> Stopped {
    Stopped::Local {
        english: unreadable().in_english(),
        chinese: unreadable().in_chinese(),
    }
}

fn unwritten(error: &returned::Unwritten) -> Stopped {
    Stopped::Local {
        english: format!("the rows that come back cannot be written: {error}"),
        chinese: format!("退回的行无法写入：{error}"),
    }
}

fn exit_code(stopped: &Stopped) -> u8 {
    match stopped {
        Stopped::Unreachable { .. } => EXIT_UNREACHABLE,
        Stopped::Address(_) => EXIT_USAGE,
        Stopped::Refused(_) | Stopped::Contract(_) | Stopped::Local { .. } => EXIT_STOPPED,
    }
}

/// Counts what is answered and keeps what comes back.
struct Sink {
    tally: Tally,
    returned: Returned,
    progress: Progress,
}

impl Told for Sink {
    fn answered(&mut self, batch: &Batch, outcome: &BatchOutcome) -> Result<(), Stopped> {
        self.tally.count(outcome, batch.spoilt.len());
        let refused = batch
            .sent
            .iter()
            .zip(&outcome.rows)
            .filter(|(_, row)| row.is_refused());
        let refused = refused.map(|(taken, row)| (taken, Some(row)));
        let spoilt = batch.spoilt.iter().map(|taken| (taken, None::<&RowOutcome>));
        let mut rows: Vec<_> = refused.chain(spoilt).collect();
        rows.sort_by_key(|(taken, _)| taken.row.number);
        for (taken, row) in rows {
            let found = row.map_or(&[][..], |row| &row.found);
            self.returned
                .row(taken, found)
                .map_err(|error| unwritten(&error))?;
        }
        self.progress.add((batch.sent.len() + batch.spoilt.len()) as u64);
        Ok(())
    }

    fn waits(&mut self, words: &str, wait: Duration) {
        self.progress.waits(words, wait);
    }
}

fn described(path: &Path, reading: &Reading) -> Value {
    let mut value = json!({
        "file": path.display().to_string(),
        "layout": reading.layout.code,
        "header_row": reading.header.row,
        "items_found": reading.matched(),
        "columns_ignored": reading.ignored(),
        "rows": reading.rows,
        "rows_skipped": reading.skipped_count,
    });
    match reading.format {
        Format::Workbook => {
            value["format"] = json!("xlsx");
            value["sheet"] = json!(reading.sheet);
        }
        Format::Delimited { encoding, delimiter } => {
            value["format"] = json!("csv");
            value["encoding"] = json!(encoding.name());
            value["delimiter"] = json!(char::from(delimiter).to_string());
        }
    }
    value
}

fn counted(tally: &Tally, is_check: bool) -> Value {
    let performances = tally.performances;
    json!({
        "check": is_check,
        "created": tally.rows.created,
        "repeated": tally.rows.repeated,
        "corrected": tally.rows.corrected,
        "refused": tally.rows.refused,
        "asked": tally.asked,
        "returned": tally.returned,
        "replayed_batches": tally.replayed_batches,
        "performances": {
            "created": performances.created,
            "repeated": performances.repeated,
            "corrected": performances.corrected,
            "refused": performances.refused,
        },
        "revision": tally.revision,
    })
}
