//! `credence policies check | test | explain`: offline, over a folder of policies or what is built in.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::grading::{Evidence, Step};
use crate::domain::rules::{Case, RuleSet};
use crate::grading::assess::cases::{self, Ran};
use crate::policy::data::{self, Proposal};
use crate::policy::{KINDS, Mistake, Policies, rules};

mod explain;

/// What can be done with a folder of policies while no server runs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 检查政策文件 / Checks every file, and names each mistake with file, line and column.
    Check(Check),
    /// 运行规则中的算例 / Runs the cases of the rule sets, and shows the steps of those that fail.
    Test(Test),
    /// 解释一个领域的规则 / Tells a rule set in plain words.
    Explain(Explain),
}

#[derive(Debug, Args)]
pub struct Check {
    /// The folder of policies; without it what is built in.
    #[arg(long)]
    pub policies: Option<PathBuf>,
    /// Demands that every sector has a rule set on this day.
    #[arg(long, value_name = "DAY")]
    pub complete_on: Option<CivilDate>,
}

#[derive(Debug, Args)]
pub struct Test {
    /// The folder of policies; without it what is built in.
    #[arg(long)]
    pub policies: Option<PathBuf>,
    /// Runs the cases of this sector alone.
    pub sector: Option<SectorCode>,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The sector, such as FOOD_SALE.
    pub sector: SectorCode,
    /// The folder of policies; without it what is built in.
    #[arg(long)]
    pub policies: Option<PathBuf>,
    /// The rule set that is in force on this day; without it the last one.
    #[arg(long)]
    pub day: Option<CivilDate>,
    /// The language of the explanation.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}

/// A language of explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    Zh,
    En,
}

/// Why the policies do not stand, or could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Each mistake, one a line.
    #[error("{}{} 处错误 / mistakes: {}", lines(.0), .0.len(), .0.len())]
    Mistakes(Vec<Mistake>),
    #[error("{} 的下列领域没有规则 / sectors without a rule set on {}: {}", .0, .0, .1)]
    Uncovered(CivilDate, String),
    #[error("{failed} / {ran} 个算例不符 / of {ran} cases {failed} failed")]
    Cases { ran: usize, failed: usize },
    #[error("领域 {0} 没有规则 / sector {0} has no rule set")]
    Absent(SectorCode),
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

fn lines(mistakes: &[Mistake]) -> String {
    let mut text = String::new();
    for mistake in mistakes {
        _ = writeln!(text, "{mistake}");
    }
    text
}

impl Command {
    /// Runs the command, printing to the standard output.
    ///
    /// # Errors
    /// Each [`Error`].
    pub fn run(&self) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        match self {
            Self::Check(check) => check.write(&mut out),
            Self::Test(test) => test.write(&mut out),
            Self::Explain(explain) => {
                let policies = read(explain.policies.as_deref())?;
                let found = match explain.day {
                    Some(day) => policies.rules.of(explain.sector, day),
                    None => policies.rules.of_sector(explain.sector).last(),
                };
                let rules = found.ok_or(Error::Absent(explain.sector))?;
                Ok(explain::write(rules, explain.lang, &mut out)?)
            }
        }
    }
}

/// Reads a folder, or what is built in; every file is read, whatever is wrong with another.
fn read(folder: Option<&Path>) -> Result<Policies, Error> {
    let proposal: Proposal = folder.map_or_else(data::built_in, data::read);
    let mut policies = Policies::default();
    let mut mistakes = Vec::new();
    for (kind, files) in KINDS.iter().zip(proposal) {
        let parsed = files.and_then(|files| (kind.parse)(&files, &mut policies));
        if let Err(found) = parsed {
            mistakes.extend(found);
            // So that the kinds that rest on it can be read all the same.
            if let Err(found) = (kind.parse)(&kind.built_in(), &mut policies) {
                mistakes.extend(found);
            }
        }
    }
    if mistakes.is_empty() {
        Ok(policies)
    } else {
        Err(Error::Mistakes(mistakes))
    }
}

impl Check {
    fn write(&self, out: &mut impl Write) -> Result<(), Error> {
        let policies = read(self.policies.as_deref())?;
        if let Some(day) = self.complete_on {
            let uncovered = rules::uncovered(&policies.rules, &policies.catalog, day);
            if !uncovered.is_empty() {
                let names: Vec<&str> = uncovered.iter().map(SectorCode::as_str).collect();
                return Err(Error::Uncovered(day, names.join(", ")));
            }
        }
        let sets = policies.rules.all();
        let cases: usize = sets.iter().map(|rules| rules.cases.len()).sum();
        let sectors = policies.catalog.sectors().len();
        let count = sets.len();
        writeln!(out, "无误：领域 {sectors} 个，规则 {count} 套，算例 {cases} 个")?;
        writeln!(
            out,
            "no mistakes: {sectors} sectors, {count} rule sets, {cases} cases"
        )?;
        Ok(())
    }
}

impl Test {
    fn write(&self, out: &mut impl Write) -> Result<(), Error> {
        let policies = read(self.policies.as_deref())?;
        let chosen = policies.rules.all().iter();
        let chosen = chosen.filter(|rules| self.sector.is_none_or(|sector| sector == rules.sector));
        let sets: Vec<&RuleSet> = chosen.collect();
        if let (Some(sector), true) = (self.sector, sets.is_empty()) {
            return Err(Error::Absent(sector));
        }
        let (mut ran, mut failed) = (0, 0);
        for rules in &sets {
            for case in &rules.cases {
                let result = cases::run(rules, case);
                ran += 1;
                if !result.differences.is_empty() {
                    failed += 1;
                    failure(rules, case, &result, out)?;
                }
            }
        }
        if failed > 0 {
            return Err(Error::Cases { ran, failed });
        }
        let count = sets.len();
        writeln!(out, "规则 {count} 套，算例 {ran} 个，全部相符")?;
        writeln!(out, "{count} rule sets, {ran} cases, all as expected")?;
        Ok(())
    }
}

fn failure(rules: &RuleSet, case: &Case, result: &Ran, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}:{}: {}", rules.file, case.line, case.name)?;
    for (about, expected, found) in &result.differences {
        writeln!(out, "  {about}: 应为 / expected {expected}; 实为 / found {found}")?;
    }
    for step in &result.found.steps {
        writeln!(out, "    {}", told(step, &case.evidence))?;
    }
    Ok(())
}

/// One step, on one line.
pub(super) fn told(step: &Step, evidence: &Evidence) -> String {
    let mut text = format!("{:?} {}", step.kind, step.code);
    match (step.raw, step.points) {
        (Some(raw), Some(points)) if raw != points => _ = write!(text, " {raw} -> {points}"),
        (_, Some(points)) => _ = write!(text, " {points}"),
        (_, None) => {}
    }
    if let Some((before, after)) = &step.level {
        let before = if before.is_empty() { "-" } else { before };
        _ = write!(text, " [{before} -> {after}]");
    }
    for event in step.events.iter().filter_map(|place| evidence.events.get(*place)) {
        _ = write!(text, " ({} {} {})", event.kind.word(), event.item, event.decided);
    }
    if let Some(failure) = &step.failure {
        _ = write!(text, ": {failure}");
    }
    text
}
