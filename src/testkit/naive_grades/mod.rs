//! Grades, naively: what the rules say of a subject and which grades were settled, over the plain lists of a
//! ledger export.
//!
//! No tables, nothing of what is due, nothing shared with the service's own grading: every day is looked at
//! for every subject asked about. Read first: [`District::timeline`], then [`assess::judge`].
//!
//! Source: `docs/rules-language.md`; `domain.md` 3; design 2.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::grading::{Earlier, Event, Evidence, Outcome, Period, Points, Rank};
use crate::domain::record::End;
use crate::domain::rules::{CycleKind, RuleSet, RuleSets};
use crate::domain::subject::SubjectKind;
use crate::policy::Policies;

pub mod assess;
mod settled;
pub mod told;

use assess::{judge, period_of};
use told::{OfRecord, OfSubject, Told};

/// A settled grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grade {
    /// Revision by which it stands.
    pub at: u64,
    pub from: CivilDate,
    pub until: Option<CivilDate>,
    pub outcome: Outcome,
    pub level: String,
    pub period_last: CivilDate,
    /// The result day of the run it is of.
    pub run: Option<CivilDate>,
    pub is_officers: bool,
}

/// Outcome, level and score.
pub type Judged = (Outcome, String, Option<Points>);

/// The grade that holds on a day, of those that stand by a revision.
#[must_use]
pub fn standing(grades: &[Grade], known: u64, day: CivilDate) -> Option<&Grade> {
    let holds =
        |one: &&Grade| one.at <= known && one.from <= day && one.until.is_none_or(|until| day <= until);
    grades.iter().rfind(holds)
}

type Timeline = Rc<Vec<Grade>>;
type Ranks = Rc<BTreeMap<u64, Rank>>;

/// A district as its export tells it, with the rules that were adopted, in their order.
pub struct District {
    pub told: Told,
    pub policies: Policies,
    pub adopted: Vec<RuleSets>,
    settled: RefCell<BTreeMap<(u64, SectorCode), Timeline>>,
    ranks: RefCell<BTreeMap<(SectorCode, u64), Ranks>>,
}

impl District {
    #[must_use]
    pub fn new(told: Told, policies: Policies, adopted: Vec<RuleSets>) -> Self {
        assert_eq!(
            told.adopted.len(),
            adopted.len(),
            "one list of rule sets for each adoption"
        );
        Self {
            told,
            policies,
            adopted,
            settled: RefCell::default(),
            ranks: RefCell::default(),
        }
    }

    /// The rule sets as they were known at a revision.
    #[must_use]
    pub fn rules(&self, known: u64) -> &RuleSets {
        let count = self
            .told
            .adopted
            .iter()
            .filter(|(revision, _)| *revision <= known)
            .count();
        &self.adopted[count.max(1) - 1]
    }

    fn said(&self, subject: u64, known: u64) -> impl DoubleEndedIterator<Item = &OfSubject> {
        let all = self.told.subjects.get(&subject).map_or(&[][..], Vec::as_slice);
        all.iter()
            .filter(move |(revision, _)| *revision <= known)
            .map(|(_, said)| said)
    }

    fn merged(&self, subject: u64, known: u64, day: CivilDate) -> Option<u64> {
        let into = |said: &OfSubject| {
            if let OfSubject::Merged(into) = said {
                Some(*into)
            } else {
                None
            }
        };
        let last = self.said(subject, known).filter_map(into).next_back();
        last.flatten().filter(|(_, on)| *on <= day).map(|(into, _)| into)
    }

    /// The subject under which the records of another count.
    #[must_use]
    pub fn successor(&self, subject: u64, known: u64, day: CivilDate) -> u64 {
        self.merged(subject, known, day)
            .map_or(subject, |into| self.successor(into, known, day))
    }

    /// A subject and all that went into it.
    fn family(&self, subject: u64, known: u64, day: CivilDate) -> Vec<u64> {
        let mut all = vec![subject];
        for other in self.told.merging.get(&subject).into_iter().flatten() {
            if self.merged(*other, known, day) == Some(subject) {
                all.extend(self.family(*other, known, day));
            }
        }
        all
    }

    /// A subject and all that ever went into it.
    fn ever(&self, subject: u64, found: &mut BTreeSet<u64>) {
        if found.insert(subject) {
            let others = self.told.merging.get(&subject).into_iter().flatten();
            others.for_each(|other| self.ever(*other, found));
        }
    }

    /// Memberships in a sector, by their first days.
    fn memberships(
        &self,
        family: &[u64],
        sector: SectorCode,
        known: u64,
    ) -> Vec<(CivilDate, Option<CivilDate>)> {
        let mut all = Vec::new();
        for subject in family {
            let mut own = BTreeMap::new();
            for said in self.said(*subject, known) {
                if let OfSubject::Member(of, from, until) = said
                    && *of == sector
                {
                    own.insert(*from, *until);
                }
            }
            all.extend(own);
        }
        all
    }

    /// The events of a family of subjects, by what was known.
    fn events(&self, family: &[u64], sector: SectorCode, known: u64) -> Vec<Event> {
        let mut found = Vec::new();
        let near: BTreeSet<&String> = family
            .iter()
            .filter_map(|one| self.told.near.get(one))
            .flatten()
            .collect();
        for name in near {
            let (mut said, mut reported, mut moved, mut sectors) = (None, 0, None, None);
            let (mut ended, mut item, mut breached) = (None, "", false);
            for (_, line) in self.told.records[name]
                .iter()
                .filter(|(revision, _)| *revision <= known)
            {
                match line {
                    OfRecord::Said(subject, events, by_data) => {
                        (said, reported) = (Some((events, by_data)), *subject)
                    }
                    OfRecord::Ended(end) => ended = *end,
                    OfRecord::Attributed(to) => sectors = Some(to),
                    OfRecord::MovedTo(to) => moved = Some((reported, *to)),
                    OfRecord::Performed(how) => item = how,
                    OfRecord::Breached(is_confirmed) => breached = *is_confirmed,
                }
            }
            // A move holds for the code it found.
            let owner = moved
                .filter(|(of, _)| *of == reported)
                .map_or(reported, |(_, to)| to);
            let Some((events, by_data)) = said.filter(|_| family.contains(&owner)) else {
                continue;
            };
            if matches!(ended, Some((End::Withdrawn | End::Deleted, _))) {
                continue;
            }
            let in_sector = sectors.unwrap_or(by_data).contains(&sector);
            let item = if breached { "breach" } else { item };
            found.extend(events.iter().map(|event| Event {
                ended,
                in_sector,
                item: if item.is_empty() {
                    event.item.clone()
                } else {
                    item.to_owned()
                },
                ..event.clone()
            }));
        }
        let key = |event: &Event| {
            (
                event.decided,
                event.kind,
                event.case.clone(),
                event.item.clone(),
                event.level.clone(),
                event.revision,
            )
        };
        found.sort_by_key(key);
        found
    }

    /// All that rules can look at, as of a day and by what was known; `earlier` are the settled grades.
    fn evidence(
        &self,
        subject: u64,
        sector: SectorCode,
        known: u64,
        day: CivilDate,
        events: Vec<Event>,
        earlier: Vec<Earlier>,
    ) -> Evidence {
        let mut found = Evidence {
            subject_kind: SubjectKind::Organisation,
            is_registered: false,
            established_on: None,
            deregistered_on: None,
            member_from: None,
            member_until: None,
            events,
            earlier,
            rank: None,
        };
        for said in self.said(subject, known) {
            match said {
                OfSubject::Opened(kind) => found.subject_kind = *kind,
                OfSubject::Registered(established, ended) => {
                    found.is_registered = true;
                    found.established_on = established.or(found.established_on);
                    found.deregistered_on = *ended;
                }
                OfSubject::Deregistered(on) => found.deregistered_on = Some(*on),
                OfSubject::Member(..) | OfSubject::Merged(_) => {}
            }
        }
        let family = self.family(subject, known, day);
        let begun = self
            .memberships(&family, sector, known)
            .into_iter()
            .filter(|(from, _)| *from <= day);
        // The one that lasts longest; of equals the one that began first.
        let last = begun.max_by_key(|(from, until)| (until.is_none(), *until, std::cmp::Reverse(*from)));
        (found.member_from, found.member_until) =
            (last.map(|(from, _)| from), last.and_then(|(_, until)| until));
        found
    }

    fn earlier(
        &self,
        subject: u64,
        rules: &RuleSet,
        known: u64,
        day: CivilDate,
        own: Option<&[Grade]>,
    ) -> Vec<Earlier> {
        let mut all = Vec::new();
        for sector in std::iter::once(rules.sector).chain(rules.sectors_read()) {
            let grades = match own.filter(|_| sector == rules.sector) {
                Some(own) => own.to_vec(),
                None => self.timeline(subject, sector).to_vec(),
            };
            all.extend(
                grades
                    .into_iter()
                    .filter(|one| one.at <= known && one.from <= day)
                    .map(|one| Earlier {
                        sector,
                        period_last: one.period_last,
                        outcome: one.outcome,
                        level: one.level,
                        from: one.from,
                        until: one.until,
                    }),
            );
        }
        all.sort_by_key(|one| one.from);
        all
    }

    /// What the rules say of a subject in a sector as of a day, by what was known; `None` without rules.
    #[must_use]
    pub fn assess(&self, subject: u64, sector: SectorCode, known: u64, day: CivilDate) -> Option<Judged> {
        let subject = self.successor(subject, known, day);
        let rules = self.rules(known).of(sector, day)?;
        let events = self.events(&self.family(subject, known, day), sector, known);
        let earlier = self.earlier(subject, rules, known, day, None);
        let evidence = self.evidence(subject, sector, known, day, events, earlier);
        Some(judged(rules, &evidence, period_of(rules.cycle.kind, day)?, day))
    }

    /// The grade that was told of a subject in a sector as of a day, by what was known.
    #[must_use]
    pub fn grade(&self, subject: u64, sector: SectorCode, known: u64, day: CivilDate) -> Option<Grade> {
        let grades = self.timeline(self.successor(subject, known, day), sector);
        standing(&grades, known, day).cloned()
    }

    /// Every subject in a sector it, or what went into it, was ever said to be a member of.
    #[must_use]
    pub fn pairs(&self) -> BTreeSet<(u64, SectorCode)> {
        let (end, far) = (u64::MAX, CivilDate::new(9999, 12, 31).expect("the last day"));
        let mut pairs = BTreeSet::new();
        for subject in self.told.subjects.keys() {
            for said in self.said(*subject, end) {
                if let OfSubject::Member(sector, ..) = said {
                    pairs.extend([(*subject, *sector), (self.successor(*subject, end, far), *sector)]);
                }
            }
        }
        pairs
    }

    /// Says whether a subject that did not go into another is a member on a day, by all that is known.
    #[must_use]
    pub fn is_member(&self, subject: u64, sector: SectorCode, day: CivilDate) -> bool {
        let end = u64::MAX;
        let today = Period {
            first: day,
            last: day,
        };
        self.successor(subject, end, day) == subject && self.is_member_in(subject, sector, end, today)
    }
}

/// Who is no member on the day is not rated in a sector of real time.
fn judged(rules: &RuleSet, evidence: &Evidence, period: Period, day: CivilDate) -> Judged {
    let is_member = evidence.member_from.is_some() && evidence.member_until.is_none_or(|until| day <= until);
    if rules.cycle.kind == CycleKind::RealTime && !is_member {
        return (Outcome::NotRated, String::new(), None);
    }
    judge(rules, evidence, period, day)
}
