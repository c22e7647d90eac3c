//! Evidence bundles: everything a settled grade rests on, as one JSON text, so that whoever holds it can
//! evaluate it again without the service and its data.
//!
//! A bundle holds the evidence, the file of the rule set as it was adopted, the day and the period, and what was
//! settled. No rule reads a calendar, so none is in it. Read first: [`Bundle::of`], then [`Bundle::replay`].

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::civil_date::CivilDate;
use crate::domain::fact::Fact;
use crate::domain::grade_fact::SettledFact;
use crate::domain::grading::{Evidence, Outcome, Period, Points, SEMANTICS};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Epoch, Place, Revision};
use crate::domain::rules::RuleSet;
use crate::domain::subject::SubjectName;
use crate::ingest::rows::{self, contradiction};
use crate::policy::{Mistake, rules};

use super::evidence::digest;
use super::read::{GradeRead, Grades};
use super::settle::{Assessed, of_evidence};

mod told;

use told::ToldEvidence;

/// Number of the layout of bundles.
pub const FORMAT: u32 = 1;

/// A bundle. Days are `YYYY-MM-DD`, points decimals, hashes 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    pub format: u32,
    /// Resource name.
    pub subject: String,
    pub sector: String,
    /// Where the grade was settled, `EPOCH.REVISION`.
    pub grade_revision: String,
    /// Number of the meaning of rule sets by which it was settled.
    pub semantics: u32,
    pub assessed_on: String,
    pub period_first: String,
    pub period_last: String,
    pub rules: ToldRules,
    pub settled: ToldResult,
    /// Hash of the evidence, as it stands in the ledger.
    pub evidence_digest: String,
    pub evidence: ToldEvidence,
}

/// The file of a rule set as it was adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldRules {
    pub code: String,
    /// Revision of the adoption, `EPOCH.REVISION`.
    pub adopted: String,
    /// Name from the folder of policies.
    pub file: String,
    pub sha256: String,
    pub text: String,
}

/// An outcome, with level and score where there are such.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldResult {
    pub outcome: String,
    pub level: String,
    pub score: String,
}

/// What a bundle is made of beside the settled grade.
pub struct Parts<'a> {
    pub subject: String,
    pub grade_revision: String,
    pub adopted: String,
    pub rules: &'a RuleSet,
    /// The bytes of the rule set's file.
    pub text: &'a str,
    pub evidence: &'a Evidence,
}

/// Why a bundle cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("不是证据包 / this is no evidence bundle: {0}")]
    Json(#[from] serde_json::Error),
    #[error("证据包格式为{0}，本程序只读{FORMAT} / the bundle has format {0}, this program reads {FORMAT}")]
    Format(u32),
    #[error("“{0}”的值无效：{1} / the value of `{0}` is none: {1}")]
    Value(&'static str, String),
    #[error("规则文件有误 / the file of the rule set has mistakes: {}", crate::policy::listed(.0))]
    Rules(Vec<Mistake>),
    #[error(
        "规则语义编号为{settled}，本程序为{SEMANTICS}，请用当时的版本 / settled under rule semantics {settled}, this program has {SEMANTICS}: use the version of then"
    )]
    Semantics { settled: u32 },
}

/// What does not agree in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `rules`, `evidence`, `outcome`, `level` or `score`.
    pub about: &'static str,
    pub stated: String,
    pub found: String,
}

/// What came of evaluating a bundle again.
#[derive(Clone, Debug)]
pub struct Replay {
    pub rules: RuleSet,
    pub found: Assessed,
    /// Empty: the same as settled.
    pub differences: Vec<Difference>,
}

impl Grades<'_> {
    /// The bundle of a grade that rules gave, with the revisions of the snapshots it rests on.
    ///
    /// # Errors
    /// `RULE_SET_UNKNOWN` for an officer's decision, which rests on none; the view's and the ledger's.
    pub fn bundle(
        &self,
        read: &GradeRead,
        subject: SubjectName,
        epoch: Epoch,
    ) -> Result<(Bundle, Vec<Revision>), rows::Error> {
        let grade = &read.fact;
        let (Some(used), Some(settled)) = (&grade.rules, self.explain(grade)?) else {
            let sector = format!("sectors/{}", grade.sector);
            return Err(Refusal::plain(Reason::RuleSetUnknown)
                .with("sector", sector)
                .into());
        };
        let Fact::DataAdopted { files, .. } = self.facts.fact(used.adopted)?.0.fact else {
            return Err(contradiction(used.adopted));
        };
        let file = files.iter().find(|(name, _)| *name == settled.rules.file);
        let text = file.and_then(|(_, content)| std::str::from_utf8(content).ok());
        let at = |revision| Place { epoch, revision }.to_string();
        let parts = Parts {
            subject: format!("subjects/{subject}"),
            grade_revision: read.settled.map(|(revision, _)| at(revision)).unwrap_or_default(),
            adopted: at(used.adopted),
            rules: &settled.rules,
            text: text.ok_or_else(|| contradiction(used.adopted))?,
            evidence: &settled.found.evidence,
        };
        let events = settled.found.evidence.events.iter();
        let snapshots = events.map(|event| event.revision).collect();
        Ok((Bundle::of(grade, parts), snapshots))
    }
}

fn result(outcome: Outcome, level: &str, score: Option<Points>) -> ToldResult {
    ToldResult {
        outcome: outcome.word().to_owned(),
        level: level.to_owned(),
        score: score.map(|score| score.to_string()).unwrap_or_default(),
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn day(name: &'static str, text: &str) -> Result<CivilDate, Error> {
    text.parse().map_err(|_| Error::Value(name, text.to_owned()))
}

impl Bundle {
    /// The bundle of a settled grade.
    #[must_use]
    pub fn of(grade: &SettledFact, parts: Parts<'_>) -> Self {
        let judged = &grade.judgement;
        Self {
            format: FORMAT,
            subject: parts.subject,
            sector: grade.sector.to_string(),
            grade_revision: parts.grade_revision,
            semantics: grade.rules.as_ref().map_or(SEMANTICS, |rules| rules.semantics),
            assessed_on: grade.assessed_on.to_string(),
            period_first: grade.period.first.to_string(),
            period_last: grade.period.last.to_string(),
            rules: ToldRules {
                code: parts.rules.code.clone(),
                adopted: parts.adopted,
                file: parts.rules.file.clone(),
                sha256: hex(&parts.rules.sha256),
                text: parts.text.to_owned(),
            },
            settled: result(judged.outcome, &judged.level, judged.score),
            evidence_digest: hex(&grade.evidence),
            evidence: ToldEvidence::of(parts.evidence),
        }
    }

    /// Writes it as JSON.
    ///
    /// # Panics
    /// Never: it holds texts and numbers.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers are JSON")
    }

    /// Reads a bundle, also out of the whole answer of `GetEvidenceBundle` as JSON.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Format`].
    pub fn read(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Answer {
            bundle: String,
        }
        let inner = serde_json::from_str::<Answer>(text)
            .ok()
            .map(|answer| answer.bundle);
        let text = inner.as_deref().unwrap_or(text);
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = serde_json::from_str(text)?;
        if head.format != FORMAT {
            return Err(Error::Format(head.format));
        }
        Ok(serde_json::from_str(text)?)
    }

    /// Evaluates it again, and compares hashes and result with what it states.
    ///
    /// # Errors
    /// [`Error::Semantics`] under another meaning of rule sets; [`Error::Rules`], [`Error::Value`].
    pub fn replay(&self) -> Result<Replay, Error> {
        if self.semantics != SEMANTICS {
            return Err(Error::Semantics {
                settled: self.semantics,
            });
        }
        let rules = rules::adopted(&self.rules.file, self.rules.text.as_bytes()).map_err(Error::Rules)?;
        let evidence = self.evidence.read()?;
        let period = Period {
            first: day("period_first", &self.period_first)?,
            last: day("period_last", &self.period_last)?,
        };
        let found_digest = hex(&digest(&evidence));
        let found = of_evidence(&rules, evidence, period, day("assessed_on", &self.assessed_on)?);
        let assessment = &found.assessment;
        let again = result(assessment.outcome, &assessment.level, assessment.score);
        let sha256 = hex(&Sha256::digest(self.rules.text.as_bytes()));
        let told = [
            ("rules", &self.rules.sha256, sha256),
            ("rules", &self.rules.code, rules.code.clone()),
            ("rules", &self.sector, rules.sector.to_string()),
            ("evidence", &self.evidence_digest, found_digest),
            ("outcome", &self.settled.outcome, again.outcome),
            ("level", &self.settled.level, again.level),
            ("score", &self.settled.score, again.score),
        ];
        let differences = told.into_iter().filter(|(_, stated, found)| *stated != found);
        let differences = differences.map(|(about, stated, found)| Difference {
            about,
            stated: stated.clone(),
            found,
        });
        Ok(Replay {
            differences: differences.collect(),
            found,
            rules,
        })
    }
}
