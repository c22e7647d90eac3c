//! Credit records 信用记录 other than commitments: penalties, licences, listings and the rest.
//!
//! What a kind's items are called, how long they are and what they may hold is data
//! (`policies/records/`); here are the nouns that all kinds share. Read first: [`Record`].
//!
//! Source: `domain.md` 2 and 6.

use super::civil_date::CivilDate;
use super::commitment::Validity;
use super::numbered::numbered;
use super::social_credit_code::SocialCreditCode;
use super::subject::{Identity, SubjectKind};

/// What was decided or found. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum RecordKind {
    /// 行政处罚, an administrative penalty.
    Penalty = 1,
    /// 行政许可, an administrative licence.
    Licence = 2,
    /// 列入严重失信主体名单, an entry in a list of seriously dishonest subjects.
    Listing = 3,
    /// 列入经营异常名录, an entry in an abnormal list.
    AbnormalListing = 4,
    /// 表彰奖励, a commendation.
    Commendation = 5,
    /// An evaluation made elsewhere: public evaluation 公共信用综合评价, tax grade, credit risk class.
    Evaluation = 6,
    /// 检查结果, what an inspection found.
    InspectionResult = 7,
    /// 行政复议决定 or 司法裁判, the outcome of a reconsideration or a suit over another record.
    Ruling = 8,
}

numbered!(RecordKind {
    Penalty,
    Licence,
    Listing,
    AbnormalListing,
    Commendation,
    Evaluation,
    InspectionResult,
    Ruling,
});

/// How grave an act of dishonesty is 失信严重程度. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Severity {
    /// 轻微
    Minor = 1,
    /// 一般
    General = 2,
    /// 严重
    Serious = 3,
}

numbered!(Severity {
    Minor,
    General,
    Serious
});

/// How a record comes to its end. Four different facts; none deletes the row. Numbers are stored.
///
/// Source: `domain.md` 14, item 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum End {
    /// 撤销: the decision is gone, from its beginning.
    Withdrawn = 1,
    /// 删除: the row should not have been shown here; the decision may stand.
    Deleted = 2,
    /// 修复: the subject was repaired; the decision stands.
    Repaired = 3,
    /// 期满: its longest publicity is over.
    Expired = 4,
}

numbered!(End {
    Withdrawn,
    Deleted,
    Repaired,
    Expired
});

/// Where a row came from: the same fact from three sources is one fact with three of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Source {
    /// The system that sent it, such as a department's own, the city's return feed; at most 64 characters.
    pub system: String,
    /// The row's own key there; at most 128 characters.
    pub key: String,
    /// The batch there; at most 128 characters.
    pub batch: String,
}

/// A row as a department sends it: item by item, before any cleaning and check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedRecord {
    /// The layout its items follow, such as `PENALTY_V2`.
    pub layout: String,
    /// Code of the item in the layout (`CF_WSH`) and its text as written, in the order sent.
    pub items: Vec<(String, String)>,
    pub source: Source,
}

/// The value of an item, cleaned and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Date(CivilDate),
    /// A date that may mean "long-term".
    Until(Validity),
    /// Money in fen.
    Fen(i64),
    /// A number in millionths.
    Millionths(i64),
    /// Values of a closed list, in the order of the list, each once.
    Choices(Vec<Chosen>),
    Code(SocialCreditCode),
    /// An identity document's number. Of a natural person: never for a log, key or name.
    Document(String),
}

impl Value {
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    #[must_use]
    pub fn date(&self) -> Option<CivilDate> {
        if let Self::Date(date) = self {
            Some(*date)
        } else {
            None
        }
    }

    #[must_use]
    pub fn until(&self) -> Option<Validity> {
        if let Self::Until(until) = self {
            Some(*until)
        } else {
            None
        }
    }

    #[must_use]
    pub fn fen(&self) -> Option<i64> {
        if let Self::Fen(fen) = self {
            Some(*fen)
        } else {
            None
        }
    }

    #[must_use]
    pub fn code(&self) -> Option<SocialCreditCode> {
        if let Self::Code(code) = self {
            Some(*code)
        } else {
            None
        }
    }

    /// Returns the values chosen from a list; none for a value of another kind.
    #[must_use]
    pub fn choices(&self) -> &[Chosen] {
        if let Self::Choices(chosen) = self {
            chosen
        } else {
            &[]
        }
    }
}

/// A value chosen from a closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// As the list calls it, such as `02`.
    pub code: String,
    /// The concrete value where the code says "other"; else empty.
    pub words: String,
}

/// One item of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// As the layout calls it, such as `CF_WSH`.
    pub code: String,
    pub value: Value,
    /// Who supplied the row and since when it is shown there: kept, but not part of what was decided, so
    /// that the same decision from two sources is one record.
    pub of_the_row: bool,
}

/// Whom a record is about, as the row names him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub kind: SubjectKind,
    pub identity: Identity,
    pub name: String,
}

/// A record, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub kind: RecordKind,
    pub layout: String,
    pub party: Party,
    /// The organ that decided: the penalising organ 处罚机关, the licensing organ, and so on.
    pub body: SocialCreditCode,
    /// Number of the decision 文号, cleaned.
    pub number: String,
    pub decided_on: CivilDate,
    /// Until when it is valid or shown, as the row says.
    pub until: Validity,
    /// As far as the row or dated data say it.
    pub severity: Option<Severity>,
    /// By what sectors are attributed: power item, violation type, licence item; absent if not stated.
    pub matter: Option<String>,
    /// The decision that a ruling is about, taken against the same party; of other kinds `None`.
    pub target: Option<Target>,
    /// All items that are filled, in the order of the layout, those above included.
    pub items: Vec<Item>,
}

/// The decision that a ruling is about, and what the ruling does to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub kind: RecordKind,
    pub body: SocialCreditCode,
    /// Number of that decision, cleaned.
    pub number: String,
    /// Required for a licence, whose natural key has it.
    pub decided_on: Option<CivilDate>,
    /// The end that the outcome brings to it; `None` where it stands or is changed.
    pub end: Option<End>,
}
