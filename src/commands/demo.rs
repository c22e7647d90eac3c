//! `credence demo`: a district's year through the real service, with the figures it then answers.
//!
//! The year is made from a seed, sent through the client over loopback under a test clock, and counted
//! by the service. Read first: [`run`].

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use tonic::transport::Channel;

use crate::testkit::generator::{District, year};
use crate::testkit::plan::{Step, Year};

pub mod drive;
pub mod report;
mod wire_rows;

use drive::Clients;
use report::Report;

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
    /// Language of the figures in words.
    #[arg(long, value_enum, default_value_t = Language::English)]
    pub lang: Language,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:50051")]
    pub listen: std::net::SocketAddr,
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
    Drive(#[from] drive::Error),
    #[error("the service's counts are not as planned:\n  {}", .0.join("\n  "))]
    Differs(Vec<String>),
}

/// Makes the year, writes its plan where one is asked for, sends it and compares what the service counts.
///
/// Prints nothing on the standard output: the figures are the caller's to print.
///
/// # Errors
/// [`Error`]; [`Error::Differs`] if a single row or count is not as planned.
pub async fn play(options: &Options, district: &District, channel: &Channel) -> Result<Report, Error> {
    let Year { plan, sends } = year(options.seed, options.scale, district);
    if let Some(path) = &options.plan {
        let text = serde_json::to_string_pretty(&plan).expect("counts and names serialise");
        let written = std::fs::write(path, text + "\n");
        written.map_err(|source| Error::Plan {
            path: path.clone(),
            source,
        })?;
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
