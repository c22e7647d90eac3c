//! Credit repair 信用修复 as dated data: which version governs a decision, how long it is shown, from when
//! its repair can be applied for, under which conditions, with which papers, by which route.
//!
//! What a version says is data (`policies/repair/`); here is how it is read. Months end on the
//! corresponding day, else on the last of the month, and always run from the date of the decision, never
//! from upload, delivery or payment. Read first: [`RepairRules::publicity`].
//!
//! Source: `domain.md` 5; Civil Code, article 202.

use super::catalog::{DepartmentCode, SectorCode};
use super::civil_date::CivilDate;
use super::numbered::numbered;
use super::record::{RecordKind, Severity};
use super::severity::{Origin, Procedure};
use super::subject::SubjectKind;

mod choose;
mod publicity;
mod reading;

pub use publicity::{Assumption, Choice, Mark, Maximum, Minimum, Other, Publicity, Shown};

/// By whose rules a record is repaired. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Path {
    /// 信用中国: the path of the development and reform system, for every department.
    General = 1,
    /// 国家企业信用信息公示系统: the market regulators' own, for their own decisions.
    Market = 2,
    /// 纳税缴费信用: the tax bureaux' own, for tax grades.
    Tax = 3,
}

numbered!(Path { General, Market, Tax });

/// Which version governs a decision that was made before it. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Transition {
    /// The one in force on the date of the decision.
    DecisionDate = 1,
    /// The one in force on the first day on which repair can be applied for.
    ApplicationDate = 2,
    /// The one that is better for the subject.
    MoreFavourable = 3,
}

numbered!(Transition {
    DecisionDate,
    ApplicationDate,
    MoreFavourable
});

/// From which day repair can be applied for once the minimum is reached. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ApplyFrom {
    /// On the day the minimum ends.
    LastDay = 1,
    /// On the day after.
    DayAfter = 2,
}

numbered!(ApplyFrom { LastDay, DayAfter });

/// The block of the notice to which a clause belongs. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Block {
    /// What being shown can mean.
    Effect = 1,
    Conditions = 2,
    Papers = 3,
    Route = 4,
    Honesty = 5,
    NoFee = 6,
    Remedies = 7,
    /// What goes with the notice.
    Annexes = 8,
    /// What is said beside the dates of publicity.
    Publicity = 9,
}

numbered!(Block {
    Effect,
    Conditions,
    Papers,
    Route,
    Honesty,
    NoFee,
    Remedies,
    Annexes,
    Publicity,
});

/// A sentence of the notice, from dated data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseRule {
    pub origin: Origin,
    pub block: Block,
    /// Kind of decision it is about; `None`: all.
    pub record: Option<RecordKind>,
    pub chinese: String,
    pub english: String,
}

/// By when an authority acts on an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRule {
    pub origin: Origin,
    pub working_days: u16,
    /// With `{n}` where the number of days stands.
    pub chinese: String,
    pub english: String,
}

/// Which decisions a term is about; what is left open is not asked.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct About {
    pub severity: Option<Severity>,
    /// One of these sectors or one of these departments is the decision's.
    pub sectors: Vec<SectorCode>,
    pub departments: Vec<DepartmentCode>,
    /// Every kind of penalty of the decision is one of these; codes of the list `penalty_kind`.
    pub only_kinds: Vec<String>,
    pub procedure: Option<Procedure>,
    /// 特定严重失信行为.
    pub is_specially_serious: bool,
}

/// How long a record is shown, under one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermRule {
    pub origin: Origin,
    pub record: RecordKind,
    pub about: About,
    pub says: Says,
}

/// What a term says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Not shown at all, or not collected.
    NotShown,
    /// Shown to the end; repair is not possible.
    NotRepairable { maximum: Months },
    /// Months count from the decision; a minimum of none: repair as soon as the duties are done.
    Shown {
        minimum: Months,
        maximum: Months,
        /// It may be left unshown; the setting [`RepairRules::shows_optional`] says whether it is.
        is_optional: bool,
    },
    /// The rules of the list decide how long; no dates are known here.
    ByListRule,
}

/// A number of calendar months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Months(pub u16);

/// One version of the rules of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Short name in data and answers, such as `R3`.
    pub code: String,
    pub path: Path,
    /// Title of the instrument, and its number within `origin.source`.
    pub title: String,
    /// Document number, such as 国家发展和改革委员会令第36号（2025）.
    pub document: String,
    pub origin: Origin,
    /// Day from which it was known.
    pub issued_on: CivilDate,
    /// A plan that asks for rules: it governs nothing by itself.
    pub is_plan: bool,
    /// Departments whose decisions take this path; empty: all.
    pub departments: Vec<DepartmentCode>,
    /// Where a record is shown.
    pub place_zh: String,
    pub place_en: String,
    /// Level of a decision for which neither the body nor the data about levels give one.
    pub severity_default: Option<Setting<Severity>>,
    /// None for a path that shows nothing of its own.
    pub terms: Vec<TermRule>,
    pub clauses: Vec<ClauseRule>,
    pub limits: Vec<LimitRule>,
}

/// A value that is set, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub origin: Origin,
}

/// How a notice is entitled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitleRule {
    pub origin: Origin,
    pub record: RecordKind,
    /// Department whose bodies have a title of their own; `None`: all others.
    pub department: Option<DepartmentCode>,
    pub title: String,
}

/// Who can be asked, as the notice names him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRule {
    pub origin: Origin,
    /// `None`: the credit office of the district; else the department whose bodies it is about.
    pub department: Option<DepartmentCode>,
    pub title_zh: String,
    pub title_en: String,
    pub phone: String,
    pub address: String,
}

/// All versions, and what is set for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RepairRules {
    pub versions: Vec<Version>,
    /// Clauses that do not depend on the version.
    pub clauses: Vec<ClauseRule>,
    pub contacts: Vec<ContactRule>,
    pub transitions: Vec<Setting<Transition>>,
    pub apply_from: Vec<Setting<ApplyFrom>>,
    /// Whether what may be left unshown is shown.
    pub shows_optional: Vec<Setting<bool>>,
    /// Where a notice is verified; its number and its verification code are put behind it.
    pub verification: Vec<Setting<String>>,
    pub titles: Vec<TitleRule>,
}

/// What the rules look at in a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// A penalty or a listing.
    pub kind: RecordKind,
    pub department: Option<DepartmentCode>,
    /// To which it is attributed; empty where it is not, or not yet.
    pub sectors: Vec<SectorCode>,
    pub party: SubjectKind,
    /// Codes of the list `penalty_kind`.
    pub penalty_kinds: Vec<String>,
    pub procedure: Option<Procedure>,
    /// In fen.
    pub fine: Option<i64>,
    /// Level as the body states it; `None`: the data decide.
    pub severity: Option<Severity>,
    /// 特定严重失信行为, as the body states it.
    pub is_specially_serious: bool,
    pub decided_on: CivilDate,
}

/// Why the rules give no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No version of the general path governs a decision of that day.
    #[error("no version of the repair rules governs a decision of {decided_on}")]
    NoVersion { decided_on: CivilDate },
    /// A setting has no value on that day.
    #[error("the setting `{setting}` has no value on {on}")]
    NoSetting { setting: &'static str, on: CivilDate },
    /// No term of the version is about such a decision.
    #[error("version {version} has no term for this decision")]
    NoTerm { version: String },
    /// An end would lie after the year 9999.
    #[error("the end of publicity lies beyond the calendar")]
    OutOfRange,
}

/// Returns the value of a setting on a day.
pub(crate) fn set_on<'a, T>(
    settings: &'a [Setting<T>],
    name: &'static str,
    on: CivilDate,
) -> Result<&'a Setting<T>, Error> {
    let found = settings.iter().find(|one| one.origin.governs(on));
    found.ok_or(Error::NoSetting { setting: name, on })
}

impl RepairRules {
    /// Returns the clauses of a block that hold on a day for a kind of decision under every version.
    pub fn common_clauses(
        &self,
        block: Block,
        record: RecordKind,
        on: CivilDate,
    ) -> impl Iterator<Item = &ClauseRule> {
        let holds = move |one: &&ClauseRule| one.is_about(block, record) && one.origin.governs(on);
        self.clauses.iter().filter(holds)
    }

    /// Returns the title of a notice of a department about a kind of decision, on a day.
    ///
    /// # Errors
    /// [`Error::NoSetting`].
    pub fn title(
        &self,
        record: RecordKind,
        department: Option<DepartmentCode>,
        on: CivilDate,
    ) -> Result<&str, Error> {
        let of = |department: Option<DepartmentCode>| {
            self.titles
                .iter()
                .find(|one| one.record == record && one.department == department && one.origin.governs(on))
        };
        let own = department.and_then(|code| of(Some(code)));
        let found = own
            .or_else(|| of(None))
            .ok_or(Error::NoSetting { setting: "title", on })?;
        Ok(&found.title)
    }

    /// Returns the version of this code.
    #[must_use]
    pub fn version(&self, code: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.code == code)
    }
}

impl Version {
    /// Returns its clauses of a block for a kind of decision.
    pub fn clauses(&self, block: Block, record: RecordKind) -> impl Iterator<Item = &ClauseRule> {
        self.clauses.iter().filter(move |one| one.is_about(block, record))
    }
}

impl ClauseRule {
    fn is_about(&self, block: Block, record: RecordKind) -> bool {
        self.block == block && self.record.is_none_or(|about| about == record)
    }
}
