//! Reading grades: what was told as of a day and as known at a revision, and what the rules say.
//!
//! Read first: [`Grades::grade`]; then [`Grades::assess`].

use std::collections::BTreeMap;

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Recorded};
use crate::domain::grade_fact::{CorrectionFact, GradeFact, ObjectionFact, RulesRef, RunFact, SettledFact};
use crate::domain::grading::{Evidence, Outcome};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Instant, Revision};
use crate::domain::rules::{RuleSet, RuleSets};
use crate::domain::subject::SubjectNumber;
use crate::domain::subject_fact::Who;
use crate::group::fold::grades::pair_row;
use crate::group::memory::Memory;
use crate::ingest::rows::{Error, Page, Span, contradiction};
use crate::policy::rules::KIND;
use crate::policy::{DataFiles, Policies};
use crate::store::keys::grades as layout;
use crate::store::record::Facts;
use crate::store::{View, keys};
use crate::subjects::place::{self, Known};

use super::assess::next_change;
use super::evidence::{Reader, digest, settled};
use super::settle::{Assessed, assessed, evidence_before, of_evidence, rules_then};

/// Most settled grades of a pair that one answer shows, the latest.
pub const HISTORY_MAX: usize = 1_000;

/// Where grades are read from.
#[derive(Clone, Copy)]
pub struct Grades<'a> {
    pub view: &'a dyn View,
    pub facts: &'a Facts,
    pub policies: &'a Policies,
    pub memory: &'a Memory,
}

/// A grade as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradeRead {
    pub fact: SettledFact,
    /// Where it was settled, and when; `None` for one that was assessed for the answer.
    pub settled: Option<(Revision, Instant)>,
    pub is_objected: bool,
    pub has_correction: bool,
}

/// What the rules say.
#[derive(Clone, Debug)]
pub struct AssessmentRead {
    pub who: Who,
    pub rules: RuleSet,
    pub found: Assessed,
    pub digest: [u8; 32],
    pub as_of: CivilDate,
    pub known: Revision,
    pub may_change_on: Option<CivilDate>,
}

/// A run and whether all its grades are settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRead {
    pub fact: RunFact,
    pub revision: Revision,
    pub at: Instant,
    pub is_settled: bool,
}

/// The grades in force in a sector.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counted {
    pub members: u64,
    pub graded_members: u64,
    /// By outcome and level.
    pub counts: BTreeMap<(Outcome, String), u64>,
}

/// Changes of grades of a sector in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Changed {
    pub first: u64,
    pub up: u64,
    pub down: u64,
    pub other: u64,
    pub unchanged: u64,
}

impl<'a> Grades<'a> {
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader {
            view: self.view,
            facts: self.facts,
            layouts: &self.policies.layouts,
        }
    }

    /// The grade of a subject in a sector on a day, by what was known.
    ///
    /// # Errors
    /// `SECTOR_UNKNOWN`, `GRADE_UNKNOWN`; the view's and the ledger's.
    pub fn grade(&self, number: SubjectNumber, sector: SectorCode, known: Known) -> Result<GradeRead, Error> {
        self.sector(sector)?;
        let subject = place::successor(self.view, number, known)?;
        if let Some(pending) = self.pending(subject, sector, known)? {
            return Ok(pending);
        }
        let rows = settled(self.view, subject, sector)?;
        let holding = rows
            .iter()
            .rev()
            .find(|(revision, row)| *revision <= known.revision && row.holds_on(known.on));
        let unknown = || {
            Refusal::plain(Reason::GradeUnknown)
                .with("sector", format!("sectors/{sector}"))
                .with("as_of", known.on.to_string())
        };
        let (revision, _) = holding.ok_or_else(unknown)?;
        self.settled_at(*revision)
    }

    fn sector(&self, sector: SectorCode) -> Result<(), Error> {
        if self.policies.catalog.sector(sector).is_some() {
            return Ok(());
        }
        Err(Refusal::plain(Reason::SectorUnknown)
            .with("name", format!("sectors/{sector}"))
            .into())
    }

    /// Reads a settled grade.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn settled_at(&self, revision: Revision) -> Result<GradeRead, Error> {
        let (Recorded { fact, .. }, at) = self.facts.fact(revision)?;
        let Fact::Grade(GradeFact::Settled(fact)) = fact else {
            return Err(contradiction(revision));
        };
        let row = pair_row(self.view, fact.sector, fact.who.subject)?;
        Ok(GradeRead {
            is_objected: self.is_objected(revision, &fact)?,
            has_correction: row.correction.is_some(),
            settled: Some((revision, at)),
            fact: *fact,
        })
    }

    fn is_objected(&self, grade: Revision, fact: &SettledFact) -> Result<bool, Error> {
        let mut found = false;
        let range = layout::grades_of(fact.who.subject, fact.sector);
        place::each(self.view, keys::OBJECTED, range, |_, value| {
            found |= keys::revision_value(value) == grade;
        })?;
        Ok(found)
    }

    pub(super) fn assessed(
        &self,
        subject: SubjectNumber,
        rules: &RuleSet,
        known: Known,
        before: Revision,
    ) -> Result<Assessed, Error> {
        let period = rules.cycle.kind.containing(known.on);
        assessed(self.reader(), rules, subject, known, period, before)
    }

    /// The rule sets that had been adopted up to a revision.
    fn rules_known(&self, known: Revision) -> Result<&'a RuleSets, Error> {
        let adopted = self.view.get(keys::DATA, &keys::data_key(KIND.name))?;
        let is_now = adopted.is_none_or(|bytes| keys::revision_value(&bytes) <= known);
        let earlier = self.policies.earlier_rules.known_at(known);
        Ok(earlier.filter(|_| !is_now).unwrap_or(&self.policies.rules))
    }

    /// What the rules in force on a day say, by what was known, rules and facts alike.
    ///
    /// # Errors
    /// `SECTOR_UNKNOWN`, `RULE_SET_UNKNOWN`; the view's and the ledger's.
    pub fn assess(
        &self,
        number: SubjectNumber,
        sector: SectorCode,
        known: Known,
    ) -> Result<AssessmentRead, Error> {
        self.sector(sector)?;
        let subject = place::successor(self.view, number, known)?;
        let unknown = || {
            Refusal::plain(Reason::RuleSetUnknown)
                .with("sector", format!("sectors/{sector}"))
                .with("day", known.on.to_string())
        };
        let rules = self.rules_known(known.revision)?;
        let rules = rules.of(sector, known.on).ok_or_else(unknown)?;
        let found = self.assessed(subject, rules, known, Revision(u64::MAX))?;
        let may_change_on = next_change(rules, &found.evidence, found.period, known.on);
        self.read(subject, rules.clone(), found, known, may_change_on)
    }

    fn read(
        &self,
        subject: SubjectNumber,
        rules: RuleSet,
        found: Assessed,
        known: Known,
        may_change_on: Option<CivilDate>,
    ) -> Result<AssessmentRead, Error> {
        Ok(AssessmentRead {
            who: Who {
                subject,
                kind: crate::subjects::row(self.view, subject)?.kind,
            },
            digest: digest(&found.evidence),
            rules,
            found,
            as_of: known.on,
            known: known.revision,
            may_change_on,
        })
    }

    /// How a settled grade came about: the same rules over the same facts. `None` for an officer's
    /// decision.
    ///
    /// # Errors
    /// The view's and the ledger's; the tables' if the rules adopted then do not read.
    pub fn explain(&self, fact: &SettledFact) -> Result<Option<AssessmentRead>, Error> {
        let Some(wanted) = &fact.rules else {
            return Ok(None);
        };
        let rules = self.rules_then(wanted)?;
        let known = Known {
            revision: fact.known,
            on: fact.assessed_on,
        };
        let before = evidence_before(self.facts, fact)?;
        let reader = self.reader();
        let mut found = assessed(reader, &rules, fact.who.subject, known, fact.period, before)?;
        if fact.rank.is_some() {
            let evidence = Evidence {
                rank: fact.rank,
                ..found.evidence
            };
            found = of_evidence(&rules, evidence, fact.period, fact.assessed_on);
        }
        self.read(fact.who.subject, rules, found, known, None).map(Some)
    }

    /// A rule set as it was adopted then, whatever is in force now.
    fn rules_then(&self, wanted: &RulesRef) -> Result<RuleSet, Error> {
        if let Some(rules) = rules_then(self.view, self.policies, wanted)? {
            return Ok(rules.clone());
        }
        let Fact::DataAdopted { files, .. } = self.facts.fact(wanted.adopted)?.0.fact else {
            return Err(contradiction(wanted.adopted));
        };
        let mut policies = self.policies.clone();
        let parsed = (KIND.parse)(&DataFiles { files }, &mut policies);
        let rules = parsed
            .ok()
            .and_then(|()| policies.rules.by_code(&wanted.code).cloned());
        rules.ok_or_else(|| contradiction(wanted.adopted))
    }

    /// Every grade settled for a pair, the latest [`HISTORY_MAX`] in the order of settling.
    ///
    /// # Errors
    /// `SECTOR_UNKNOWN`; the view's and the ledger's.
    pub fn history(&self, number: SubjectNumber, sector: SectorCode) -> Result<Vec<GradeRead>, Error> {
        self.sector(sector)?;
        let subject = place::current(self.view, number)?;
        let rows = settled(self.view, subject, sector)?;
        let skipped = rows.len().saturating_sub(HISTORY_MAX);
        let latest = rows.into_iter().skip(skipped);
        latest.map(|(revision, _)| self.settled_at(revision)).collect()
    }

    /// Lists the grades in force in a sector on a day, in the order of subject numbers; `None` for a level
    /// or an outcome lets all pass.
    ///
    /// # Errors
    /// `SECTOR_UNKNOWN`; the view's and the ledger's.
    pub fn list(
        &self,
        sector: SectorCode,
        day: CivilDate,
        (outcome, level): (Option<Outcome>, Option<&str>),
        after: SubjectNumber,
        size: usize,
    ) -> Result<Page<GradeRead, SubjectNumber>, Error> {
        self.sector(sector)?;
        let mut page = Page {
            items: Vec::new(),
            next: None,
        };
        let mut last = after;
        loop {
            let found = self
                .view
                .scan(keys::GRADE_PAIR, &layout::pairs_in(sector, last), 256)?;
            for (key, _) in &found.rows {
                let subject = layout::pair_subject(key);
                if page.items.len() == size {
                    page.next = Some(last);
                    return Ok(page);
                }
                last = subject;
                if let Some(read) = self.in_force(subject, sector, day)? {
                    let judged = &read.fact.judgement;
                    let passes = outcome.is_none_or(|wanted| judged.outcome == wanted)
                        && level.is_none_or(|wanted| judged.level == wanted);
                    if passes {
                        page.items.push(read);
                    }
                }
            }
            if !found.more {
                return Ok(page);
            }
        }
    }

    /// The grade in force of a subject that did not go into another.
    pub(super) fn in_force(
        &self,
        subject: SubjectNumber,
        sector: SectorCode,
        day: CivilDate,
    ) -> Result<Option<GradeRead>, Error> {
        let known = Known {
            revision: Revision(u64::MAX),
            on: day,
        };
        if place::successor(self.view, subject, known)? != subject {
            return Ok(None);
        }
        match self.grade(subject, sector, known) {
            Ok(read) => Ok(Some(read)),
            Err(Error::Refused(refusal)) if refusal.reason == Reason::GradeUnknown => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists the runs of a sector, by period.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn runs(&self, sector: SectorCode) -> Result<Vec<RunRead>, Error> {
        let mut revisions = Vec::new();
        place::each(self.view, keys::GRADE_RUN, layout::runs_of(sector), |key, _| {
            revisions.push(layout::grade_revision(key));
        })?;
        revisions.into_iter().map(|revision| self.run(revision)).collect()
    }

    /// Reads one run.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn run(&self, revision: Revision) -> Result<RunRead, Error> {
        let (recorded, at) = self.facts.fact(revision)?;
        let Fact::Grade(GradeFact::RunOpened(fact)) = recorded.fact else {
            return Err(contradiction(revision));
        };
        let open = self.view.get(keys::CAUSE, &keys::revision_key(revision))?;
        Ok(RunRead {
            fact: *fact,
            revision,
            at,
            is_settled: open.is_none(),
        })
    }

    /// Lists what is open of a kind: the revisions at which it was raised or filed.
    ///
    /// # Errors
    /// The view's.
    pub fn open(&self, kind: u8, span: Span) -> Result<Page<Revision, Revision>, Error> {
        let found = self
            .view
            .scan(keys::GRADE_OPEN, &layout::open_after(kind, span.after), span.size)?;
        let revisions = found.rows.iter().map(|(key, _)| layout::grade_revision(key));
        let items: Vec<Revision> = revisions.filter(|revision| *revision <= span.until).collect();
        let next = items.last().copied().filter(|_| found.more);
        Ok(Page { items, next })
    }

    /// Reads a correction.
    ///
    /// # Errors
    /// The ledger's.
    pub fn correction(&self, revision: Revision) -> Result<(CorrectionFact, Instant), Error> {
        let (recorded, at) = self.facts.fact(revision)?;
        let Fact::Grade(GradeFact::CorrectionRaised(fact)) = recorded.fact else {
            return Err(contradiction(revision));
        };
        Ok((*fact, at))
    }

    /// Reads an objection.
    ///
    /// # Errors
    /// The ledger's.
    pub fn objection(&self, revision: Revision) -> Result<(ObjectionFact, Instant), Error> {
        let (recorded, at) = self.facts.fact(revision)?;
        let Fact::Grade(GradeFact::ObjectionFiled(fact)) = recorded.fact else {
            return Err(contradiction(revision));
        };
        Ok((*fact, at))
    }

    /// The last revision recorded up to an instant, 0 if there is none.
    ///
    /// # Errors
    /// The ledger's.
    pub fn revision_at(&self, instant: Instant) -> Result<Revision, Error> {
        let head = self.view.head().map_or(0, |head| head.place.revision.0);
        let (mut low, mut high) = (0, head);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.facts.fact(Revision(middle))?.1 <= instant {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(Revision(low))
    }
}
