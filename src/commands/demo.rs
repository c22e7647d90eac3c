//! `credence demo`: a district's year through the real service, with the figures it then answers.
//!
//! The year is made from a seed, sent through the client over loopback under a test clock, and counted
//! by the service. Read first: [`run`].

use std::future::Future;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

use super::export::TableFormat;
use crate::domain::layout::Layouts;
use crate::domain::revision::Instant;
use crate::ledger::file::RealFolder;
use crate::ledger::scan::{self, newest};
use crate::testkit::generator::District;
use crate::testkit::plan::{Step, Year};
use crate::testkit::records::{Authorities, whole_year};

pub mod drive;
mod files;
mod grades;
mod import;
pub mod report;
pub mod tally;
pub(in crate::commands) mod wire_rows;
mod year;

use drive::Clients;
use report::Report;

/// 2024-01-01T00:00:00+08:00: where the test clock of a fresh folder stands.
const YEAR_BEGIN: Instant = Instant(1_704_038_400_000_000_000);

/// Where the ledger stands in a data folder.
const LEDGER: &str = "ledger";

/// The seed of the year that the documentation shows.
const SEED: u64 = 2_024;

/// What `credence demo` can be told.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Folder of the data; without it a fresh one that goes with the end of the command.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Ends when the figures are printed, instead of staying up for calls until Ctrl-C.
    #[arg(long)]
    pub exit: bool,
    /// How the figures are printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The seed the year is made from.
    #[arg(long, default_value_t = SEED)]
    pub seed: u64,
    /// Makes the year this many times smaller; 10 is a tenth.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub scale: u32,
    /// File to which the plan is written before anything is sent.
    #[arg(long)]
    pub plan: Option<PathBuf>,
    /// Folder to which the year is written as files before anything is sent, with a manifest.
    #[arg(long, value_name = "DIR")]
    pub files: Option<PathBuf>,
    /// Format of these files.
    #[arg(long, value_enum, default_value_t = TableFormat::Csv, requires = "files")]
    pub files_format: TableFormat,
    /// Language of the figures in words.
    #[arg(long, value_enum, default_value_t = Language::English)]
    pub lang: Language,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
}

/// How figures are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    /// One JSON object.
    Json,
}

/// Language of what people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    #[value(name = "en")]
    English,
    #[value(name = "zh")]
    Chinese,
}

/// Why a demo did not show what it should.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot write the plan to {}", .path.display())]
    Plan {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Files(#[from] files::Error),
    #[error("the server does not start: {0}")]
    Start(String),
    #[error("the server did not end well: {0}")]
    End(String),
    #[error("cannot read or write the demo's folder or output")]
    Disk(#[from] io::Error),
    #[error("cannot reach the server")]
    Connect(#[from] tonic::transport::Error),
    #[error(transparent)]
    Drive(#[from] drive::Error),
    #[error("the service's counts are not as planned:\n  {}", .0.join("\n  "))]
    Differs(Vec<String>),
}

/// A server that a demo plays against.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What the generator must know of the catalogue that it serves.
    pub district: District,
    /// And of bodies and sectors.
    pub authorities: Authorities,
    /// The layouts that files are written in.
    pub layouts: Layouts,
    /// Sent once, asks the server to end in good order.
    pub stop: oneshot::Sender<()>,
    /// Completes when it has ended.
    pub ended: JoinHandle<Result<(), String>>,
}

/// Plays a year against a server that `start` makes from data folder, address and the instant at which
/// its test clock begins; prints the figures and, unless told to exit, stays up until Ctrl-C.
///
/// # Errors
/// [`Error`]; a folder that was made for the demo is removed in any case.
pub async fn run<F>(
    options: &Options,
    start: impl FnOnce(PathBuf, SocketAddr, Instant) -> F,
) -> Result<(), Error>
where
    F: Future<Output = Result<Running, String>>,
{
    let fresh = Fresh::unless_given(options.data.as_deref())?;
    let data = fresh.path().to_path_buf();
    let begin = last_instant(&data)?.unwrap_or(YEAR_BEGIN);
    let running = start(data, options.listen, begin).await.map_err(Error::Start)?;
    let shown = show(options, &running).await;
    if shown.is_ok() && !options.exit {
        eprintln!("serving on {}; Ctrl-C ends it", running.address);
        eprintln!("  grpcurl -plaintext {} list", running.address);
        tokio::signal::ctrl_c().await?;
    }
    // A server that has ended by itself takes no stop; why it ended is told below.
    _ = running.stop.send(());
    let ended = running
        .ended
        .await
        .map_err(|error| Error::End(error.to_string()))?;
    shown.and(ended.map_err(Error::End))
}

async fn show(options: &Options, running: &Running) -> Result<(), Error> {
    let endpoint = Endpoint::from_shared(format!("http://{}", running.address))?.tcp_nodelay(true);
    let report = play(options, running, &endpoint.connect().await?).await?;
    let mut out = io::stdout().lock();
    out.write_all(printed(&report, options).as_bytes())?;
    Ok(out.flush()?)
}

/// The last instant that a data folder knows: of its last group, or a later heartbeat.
///
/// `None` for a folder without a ledger. Damage is the server's to name when it starts.
///
/// # Errors
/// As the disk reports them.
pub fn last_instant(data: &Path) -> io::Result<Option<Instant>> {
    let folder = data.join(LEDGER);
    if !folder.is_dir() {
        return Ok(None);
    }
    let found = scan::scan(&RealFolder::open(&folder)?, |_| ())?;
    let heartbeat = newest(found.slots.as_ref()).map(|mark| mark.heartbeat);
    let recorded = found.groups.last().map(|group| group.instant);
    Ok(recorded.max(heartbeat))
}

/// The folder of a demo; one that was made for it goes with it.
enum Fresh {
    Made(PathBuf),
    Given(PathBuf),
}

impl Fresh {
    fn unless_given(given: Option<&Path>) -> io::Result<Self> {
        if let Some(path) = given {
            return Ok(Self::Given(path.to_path_buf()));
        }
        let name = format!("credence-demo-{}", uuid::Uuid::new_v4().simple());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self::Made(path))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Made(path) | Self::Given(path) => path,
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        match self {
            Self::Made(path) => {
                if let Err(error) = std::fs::remove_dir_all(&*path) {
                    eprintln!("the demo's folder {} stays behind: {error}", path.display());
                }
            }
            Self::Given(_) => {}
        }
    }
}

/// Makes the year, writes its plan where one is asked for, sends it and compares what the service counts.
///
/// Prints nothing on the standard output: the figures are the caller's to print.
///
/// # Errors
/// [`Error`]; [`Error::Differs`] if a single row or count is not as planned.
pub async fn play(options: &Options, running: &Running, channel: &Channel) -> Result<Report, Error> {
    let Running {
        district,
        authorities,
        layouts,
        ..
    } = running;
    let Year { plan, sends } = whole_year(options.seed, options.scale, district, authorities);
    if let Some(path) = &options.plan {
        let text = serde_json::to_string_pretty(&plan).expect("counts and names serialise");
        let written = std::fs::write(path, text + "\n");
        written.map_err(|source| Error::Plan {
            path: path.clone(),
            source,
        })?;
    }
    if let Some(folder) = &options.files {
        let made_from = (options.seed, options.scale);
        files::write(
            folder,
            options.files_format,
            made_from,
            &sends,
            (layouts, authorities),
        )?;
    }
    let clients = Clients::new(channel);
    let mut progress = Progress::new(work(&sends));
    let tally = drive::drive(&clients, &sends, &mut |done| progress.add(done)).await?;
    progress.finish();
    let report = Report::ask(&clients, channel, &plan, &tally).await?;
    let mut differences = report.differences(&plan);
    if tally.surprise_count > 0 {
        differences.push(format!(
            "{} answers are not as planned, such as:",
            tally.surprise_count
        ));
        differences.extend(tally.surprises);
    }
    if differences.is_empty() {
        Ok(report)
    } else {
        Err(Error::Differs(differences))
    }
}

/// The figures as the options want them, with a line end.
#[must_use]
pub fn printed(report: &Report, options: &Options) -> String {
    match options.format {
        Format::Json => serde_json::to_string_pretty(report).expect("counts and names serialise") + "\n",
        Format::Text => report.text(options.lang),
    }
}

/// Rows and calls of a year.
fn work(sends: &[Step]) -> u64 {
    let of = |step: &Step| match step {
        Step::Advance(_) => 0,
        Step::Import(batches) => batches.iter().map(|batch| batch.rows.len()).sum(),
        Step::Perform(sends) => sends.len(),
        Step::Withdraw(withdrawals) => withdrawals.len(),
        Step::Register(register) => register.count(),
        Step::RegisterRows(batches) => batches.iter().map(|batch| batch.rows.len()).sum(),
        Step::Memberships(batches) => batches.iter().map(|batch| batch.rows.len()).sum(),
        Step::Records(batches) => batches.iter().map(|batch| batch.rows.len()).sum(),
        Step::End(sends) => sends.len(),
    };
    sends.iter().map(of).sum::<usize>() as u64
}

/// A bar on a terminal, a plain line per tenth elsewhere; always on the standard error.
struct Progress {
    bar: ProgressBar,
    plain: bool,
    total: u64,
    done: u64,
}

impl Progress {
    fn new(total: u64) -> Self {
        let plain = !std::io::stderr().is_terminal();
        let bar = if plain {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(total)
        };
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}");
        bar.set_style(style.expect("the template is well formed"));
        Self {
            bar,
            plain,
            total,
            done: 0,
        }
    }

    fn add(&mut self, done: u64) {
        let tenth = |done: u64| done * 10 / self.total.max(1);
        let before = tenth(self.done);
        let now = tenth(self.done + done);
        self.done += done;
        self.bar.inc(done);
        if self.plain && now > before {
            eprintln!("sent {} of {} rows and calls", self.done, self.total);
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
