//! Rule sets: what is counted, what it weighs, which level follows, and what follows from the level.
//!
//! A rule set is data that `policy` has read and checked; here are its nouns. Read first: [`RuleSet`].
//! What each part does is told in `docs/rules-language.md`.

use super::catalog::{SectorCode, Standing};
use super::civil_date::CivilDate;
use super::grading::{Evidence, Outcome, Period, Points};
use super::trust::Trust;

pub mod bounds;
pub mod condition;
pub mod sets;
pub mod time;
pub mod turning;
pub mod variables;

pub use bounds::{Bounds, End};
pub use condition::{Cause, Condition, Fault, Place};
pub use sets::{EarlierRules, RuleSets};
pub use time::{Cycle, CycleKind, ResultDay, Span, Stands, Window};
pub use variables::{OfEvent, OfSubject};

/// A condition over one event.
pub type EventCondition = Condition<OfEvent>;
/// A condition over the subject.
pub type SubjectCondition = Condition<OfSubject>;

/// The rules by which one sector is graded in a time.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet {
    /// Id; no other rule set has it.
    pub code: String,
    pub sector: SectorCode,
    pub title_zh: String,
    pub title_en: String,
    pub standing: Standing,
    /// The text of another place that it follows.
    pub follows: Option<String>,
    /// The document by which the district adopted it, with number and article.
    pub adopted_by: Option<String>,
    pub source: String,
    pub trust: Trust,
    /// First day in force.
    pub from: CivilDate,
    /// Last day in force; `None` while it lasts.
    pub until: Option<CivilDate>,
    pub polarity: Polarity,
    /// Where every score begins.
    pub base: Points,
    pub cycle: Cycle,
    /// Best first; levels beside the order stand where the file has them.
    pub levels: Vec<Level>,
    pub groups: Vec<Group>,
    pub indicators: Vec<Indicator>,
    pub counts: Vec<Count>,
    pub inputs: Vec<Input>,
    pub streaks: Vec<Streak>,
    pub not_rated: Vec<NotRated>,
    pub bands: Vec<Band>,
    pub verdicts: Vec<Verdict>,
    pub lowers: Vec<Lower>,
    pub bars: Vec<Bar>,
    /// A level is not bettered before the last one has stood so long.
    pub upgrade_only_after: Option<Span>,
    pub reset: Option<Select>,
    pub measures: Vec<Measure>,
    pub cases: Vec<Case>,
    /// Name of the file, from the folder of policies.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

/// Which scores are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Higher is better.
    Credit,
    /// Higher is worse.
    Risk,
    /// There is no score.
    NoScore,
}

impl Polarity {
    /// Returns the word that files use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Risk => "risk",
            Self::NoScore => "none",
        }
    }

    /// Says whether one score is better than another.
    #[must_use]
    pub fn is_better(self, one: Points, other: Points) -> bool {
        match self {
            Self::Credit => one > other,
            Self::Risk => one < other,
            Self::NoScore => false,
        }
    }
}

/// A level 等级 of a scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    pub code: String,
    pub title_zh: String,
    pub title_en: String,
    /// False: it stands beside the order, such as M of the tax scale.
    pub is_ranked: bool,
}

/// Titles, and what an entry rests on.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Basis {
    pub title_zh: String,
    pub title_en: String,
    /// Article or text shown with the finding; may be empty.
    pub law: String,
    /// Where that differs from the rule set.
    pub source: Option<String>,
    /// Where that differs from the rule set.
    pub trust: Option<Trust>,
}

/// A sum of indicators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub code: String,
    pub title_zh: String,
    pub title_en: String,
    pub limits: Limits,
    /// Whole percent.
    pub weight: u16,
    /// A band that names the group in `of` takes only subjects with at least one counted event in it.
    pub is_needed: bool,
}

/// Lowest and highest sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Limits {
    pub floor: Option<Points>,
    pub cap: Option<Points>,
}

impl Limits {
    /// Brings a sum within the limits.
    #[must_use]
    pub fn within(self, sum: Points) -> Points {
        let capped = self.cap.map_or(sum, |cap| sum.min(cap));
        self.floor.map_or(capped, |floor| capped.max(floor))
    }
}

/// Which events are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub when: EventCondition,
    pub window: Window,
    /// True: all of the subject's events; false: those attributed to the sector.
    pub of_subject: bool,
    pub counts_repaired: bool,
    pub counts_expired: bool,
}

/// What gives points.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    pub code: String,
    /// Place in [`RuleSet::groups`].
    pub group: usize,
    pub select: Select,
    pub per: Per,
    pub worth: Worth,
    pub pick: Pick,
    pub limits: Limits,
    pub basis: Basis,
}

/// For what an indicator gives its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Each event.
    Event,
    /// Each violation, however many penalties it had.
    Case,
    /// Each event, times its quantity.
    Quantity,
    /// Once, if any event fits.
    Once,
}

/// Of several events of one case, or for `once`: which of them gives the points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The one with the most points, whatever their sign; of equals the first.
    Heaviest,
    /// All of them.
    Sum,
}

/// How many points.
#[derive(Clone, Debug, PartialEq)]
pub enum Worth {
    Each(Points),
    /// The event's own value, times this.
    OwnValue(Points),
    /// By the event's item; an item that is not listed does not count.
    ByItem(Vec<(String, Points)>),
    /// The first tier that takes the event; where none does, it does not count.
    Tiers(Vec<Tier>),
}

/// Points for a range of a quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    pub of: TierOf,
    /// In fen, whole numbers, or units of points.
    pub bounds: Bounds,
    pub points: Points,
}

/// What a tier looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierOf {
    /// In fen.
    Amount,
    Quantity,
    Value,
}

/// A named whole number for conditions on the subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    pub name: String,
    pub select: Select,
    pub of: CountOf,
}

/// What a count adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOf {
    Events,
    Cases,
    Quantity,
    /// In fen; an event without an amount makes the count fail.
    Amount,
}

/// A level from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    pub from: InputFrom,
}

/// Where an input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputFrom {
    /// The latest evaluation of this kind that is valid on the day.
    Evaluation(String),
    /// The settled grade in another sector on the day.
    Sector(SectorCode),
}

/// The number of the last consecutive cycles at a level or better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streak {
    pub name: String,
    /// Place in [`RuleSet::levels`].
    pub level: usize,
}

/// When no level is given.
#[derive(Clone, Debug, PartialEq)]
pub struct NotRated {
    pub code: String,
    pub when: SubjectCondition,
    pub outcome: Outcome,
    pub basis: Basis,
}

/// When which level is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Place in [`RuleSet::levels`].
    pub level: usize,
    /// Of the score, in units of points.
    pub bounds: Bounds,
    /// Places of the groups whose sum it looks at beside the base; `None`: all.
    pub of: Option<Vec<usize>>,
    pub when: Option<SubjectCondition>,
    /// Among the best so many percent of the cohort.
    pub rank_top_percent: Option<u8>,
    /// Not among the best so many percent.
    pub rank_above_percent: Option<u8>,
    /// Cohort within which the place is told; `None`: all.
    pub by_rank: Option<String>,
    pub basis: Basis,
    /// Where it stands in the file.
    pub place: Place,
}

impl Band {
    /// Says whether it needs the place in a cohort.
    #[must_use]
    pub fn needs_rank(&self) -> bool {
        self.rank_top_percent.is_some() || self.rank_above_percent.is_some()
    }

    /// Says whether it looks at anything but the whole score.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        let always = |one: &SubjectCondition| one.program.always();
        self.needs_rank() || self.of.is_some() || !self.when.as_ref().is_none_or(always)
    }
}

/// A direct verdict 直接判级.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub code: String,
    pub when: SubjectCondition,
    /// Place in [`RuleSet::levels`]; a ranked one.
    pub level: usize,
    /// It stays so long after each day on which it held.
    pub holds_for: Option<Span>,
    pub basis: Basis,
}

/// So many levels down.
#[derive(Clone, Debug, PartialEq)]
pub struct Lower {
    pub code: String,
    pub when: SubjectCondition,
    pub by: u8,
    pub basis: Basis,
}

/// A bar from the best levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub code: String,
    pub when: SubjectCondition,
    /// Place in [`RuleSet::levels`]; a ranked one.
    pub not_better_than: usize,
    pub basis: Basis,
}

/// What follows from a level 监管措施.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Place in [`RuleSet::levels`].
    pub level: usize,
    pub kind: MeasureKind,
    pub basis: Basis,
}

/// What kind of measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeasureKind {
    Inspection(Inspection),
    Service,
    /// With the code of its entry in the punishment-measure list, and its basis in law.
    Restraint {
        list_entry: SectorCode,
        basis: String,
    },
}

/// How often a subject is inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspection {
    /// This share of the cohort is drawn, in whole percent.
    RatioPercent(u8),
    /// Lowest and highest number of inspections a year.
    PerYear(u16, u16),
    /// On a recorded cause alone.
    CauseOnly,
}

/// An example with the result that is expected, run by `credence policies test`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub name: String,
    /// Line in the file.
    pub line: u32,
    pub day: CivilDate,
    pub period: Period,
    pub evidence: Evidence,
    pub expect: Expect,
}

/// What a case expects; what is left out is not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    pub outcome: Outcome,
    /// Code; empty unless graded.
    pub level: String,
    pub score: Option<Points>,
    /// Code of the entry that gave the outcome.
    pub by: Option<String>,
    /// Exactly these verdicts hold.
    pub verdicts: Option<Vec<String>>,
    /// These steps, among others, are taken.
    pub findings: Vec<String>,
}

impl RuleSet {
    /// Says whether it is in force on that day.
    #[must_use]
    pub fn stands_on(&self, day: CivilDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Says whether a run with a frozen cohort is needed to grade by it.
    #[must_use]
    pub fn needs_rank(&self) -> bool {
        self.bands.iter().any(Band::needs_rank)
    }

    /// The other sectors whose grades it looks at.
    pub fn sectors_read(&self) -> impl Iterator<Item = SectorCode> + '_ {
        self.inputs.iter().filter_map(|input| match &input.from {
            InputFrom::Sector(sector) => Some(*sector),
            InputFrom::Evaluation(_) => None,
        })
    }

    /// Returns the place of a level by its code.
    #[must_use]
    pub fn level(&self, code: &str) -> Option<usize> {
        self.levels.iter().position(|level| level.code == code)
    }

    /// What follows from a level.
    pub fn measures_of(&self, level: &str) -> impl Iterator<Item = &Measure> {
        let level = self.level(level);
        self.measures.iter().filter(move |one| Some(one.level) == level)
    }

    /// Returns the worse of two ranked levels.
    #[must_use]
    pub fn worse(&self, one: usize, other: usize) -> usize {
        one.max(other)
    }

    /// Returns the level so many ranks below a ranked one, or the last.
    #[must_use]
    pub fn lowered(&self, level: usize, by: u8) -> usize {
        let below = self.levels.iter().enumerate().skip(level + 1);
        let ranked = below.filter(|(_, one)| one.is_ranked).map(|(place, _)| place);
        ranked.take(usize::from(by)).last().unwrap_or(level)
    }
}
