//! `credence grade replay`: evaluates an evidence bundle again, without a server and its data.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::grading::bundle::{self, Bundle, Replay};

use super::policies::told;

/// Largest bundle that is read, in bytes.
const SIZE_MAX: u64 = 64 << 20;

/// What can be done with a grade while no server runs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 离线复算证据包 / Evaluates an evidence bundle again; exit code 0 if it comes out as settled, else 1.
    Replay(Options),
}

#[derive(Debug, Args)]
pub struct Options {
    /// The bundle, as GradingService.GetEvidenceBundle gives it out: the answer as JSON, or the bundle in it.
    pub bundle: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// Why a bundle was not evaluated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot be read or written: {0}")]
    Disk(#[from] io::Error),
    #[error("证据包过大 / the bundle is larger than {SIZE_MAX} bytes")]
    Size,
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
}

impl Command {
    /// Runs the command, printing to the standard output.
    ///
    /// # Errors
    /// Each [`Error`].
    pub fn run(&self) -> Result<ExitCode, Error> {
        let Self::Replay(options) = self;
        if std::fs::metadata(&options.bundle)?.len() > SIZE_MAX {
            return Err(Error::Size);
        }
        let bundle = Bundle::read(&std::fs::read_to_string(&options.bundle)?)?;
        let replay = bundle.replay()?;
        let mut out = io::stdout().lock();
        match options.format {
            Format::Text => text(&bundle, &replay, &mut out)?,
            Format::Json => writeln!(out, "{:#}", json(&bundle, &replay))?,
        }
        Ok(if replay.differences.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn text(bundle: &Bundle, replay: &Replay, out: &mut impl Write) -> io::Result<()> {
    let found = &replay.found;
    let assessment = &found.assessment;
    writeln!(
        out,
        "{} {} {} ({})",
        bundle.subject, bundle.sector, bundle.assessed_on, bundle.rules.code
    )?;
    for step in &assessment.steps {
        writeln!(out, "  {}", told(step, &found.evidence))?;
    }
    let score = assessment
        .score
        .map(|score| score.to_string())
        .unwrap_or_default();
    writeln!(out, "{} {} {score}", assessment.outcome.word(), assessment.level)?;
    for one in &replay.differences {
        writeln!(
            out,
            "{}: 证据包所述 / stated {:?}; 复算 / found {:?}",
            one.about, one.stated, one.found
        )?;
    }
    if replay.differences.is_empty() {
        writeln!(out, "与确定的等级一致 / the same as settled")
    } else {
        writeln!(out, "与确定的等级不一致 / not the same as settled")
    }
}

fn json(bundle: &Bundle, replay: &Replay) -> Value {
    let found = &replay.found;
    let assessment = &found.assessment;
    json!({
        "subject": bundle.subject,
        "sector": bundle.sector,
        "grade_revision": bundle.grade_revision,
        "rule_set": bundle.rules.code,
        "semantics": bundle.semantics,
        "assessed_on": bundle.assessed_on,
        "outcome": assessment.outcome.word(),
        "level": assessment.level,
        "score": assessment.score.map(|score| score.to_string()),
        "steps": assessment.steps.iter().map(|step| told(step, &found.evidence)).collect::<Vec<_>>(),
        "same": replay.differences.is_empty(),
        "differences": replay.differences,
    })
}
