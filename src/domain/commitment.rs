//! Credit commitments 信用承诺 and their performance 履约践诺 (`domain.md` 1).

use super::civil_date::CivilDate;
use super::social_credit_code::SocialCreditCode;
use super::subject::{Identity, SubjectKind};

/// A value that ought to come from a closed list, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<T> {
    Absent,
    Known(T),
    /// Not on the list; the text is for the finding.
    Unknown(String),
}

/// The twenty items of the collection template as a department sends them, before any check.
///
/// Source: collection template of a city platform, `domain.md` 1.3 [S2].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Item 1 承诺编码.
    pub code: String,
    /// Item 2 承诺人名称.
    pub subject_name: String,
    /// Item 3 承诺人类别.
    pub subject_kind: Choice<SubjectKind>,
    /// Item 4 承诺人代码.
    pub subject_code: String,
    /// Item 5 承诺类型.
    pub kind: Choice<CommitmentKind>,
    /// Item 5 in words, for 其他 only.
    pub kind_words: String,
    /// Item 6 承诺事由.
    pub reason: String,
    /// Item 7 承诺内容.
    pub content: String,
    /// Item 8 违诺责任.
    pub liability: String,
    /// Item 9 承诺作出日期.
    pub made_on: String,
    /// Item 10 承诺有效期, an end date.
    pub valid_until: String,
    /// Items 11 to 16; `None` if none of them is filled.
    pub performance: Option<ReportedPerformance>,
    /// Item 17 承诺受理单位.
    pub accepting_body_name: String,
    /// Item 18 承诺受理单位代码.
    pub accepting_body_code: String,
    /// Item 19 公开类型.
    pub publication: Choice<Publication>,
    /// Item 20 备注.
    pub remarks: String,
}

/// Items 11 to 16 as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedPerformance {
    /// Item 11 承诺履行状态.
    pub state: Choice<PerformanceState>,
    /// Item 12 未履行的承诺内容.
    pub unperformed: String,
    /// Item 13 违诺责任追究内容.
    pub measures_taken: String,
    /// Item 14 承诺履行状态认定日期.
    pub found_on: String,
    /// Item 15 承诺履行状态认定单位.
    pub finding_body_name: String,
    /// Item 16 承诺履行状态认定单位代码.
    pub finding_body_code: String,
}

/// Item 5 承诺类型. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum CommitmentKind {
    /// 审批替代型 SPTDX
    ApprovalReplacing = 1,
    /// 容缺受理型 RQSLX
    AcceptedWithGaps = 2,
    /// 证明事项型 ZMSXX
    CertificateReplacing = 3,
    /// 信用修复型 XYXFX
    CreditRepair = 4,
    /// 行业自律型 HYZLX
    SelfDiscipline = 5,
    /// 主动型 ZDX
    Voluntary = 6,
    /// 其他 QT, with the type in words
    Other = 7,
}

/// Item 19 公开类型. Numbers are the form's and are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Publication {
    /// 可向社会公开
    Public = 1,
    /// 特定范围内公开
    Limited = 2,
    /// 不可公开
    Closed = 3,
}

/// Item 11 承诺履行状态. Numbers are the form's and are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum PerformanceState {
    /// 全部履行
    Full = 1,
    /// 部分履行
    Partial = 2,
    /// 全部未履行
    Unperformed = 3,
}

/// A checked commitment code: 6 digits of division, 8 of date, 6 of serial.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CommitmentCode(pub(crate) [u8; 20]);

/// Until when a promise binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Validity {
    /// Item 10 is empty.
    NotStated,
    /// The last day on which the promise binds.
    Until(CivilDate),
    /// 2099-12-31 or 9999-12-31: a long-term promise, not a date to compute with.
    OpenEnded,
}

/// Items 1 to 10 and 17 to 20, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    pub code: CommitmentCode,
    pub subject_name: String,
    pub subject_kind: SubjectKind,
    pub subject: Identity,
    pub kind: CommitmentKind,
    pub kind_words: String,
    pub reason: String,
    pub content: String,
    pub liability: String,
    pub made_on: CivilDate,
    pub validity: Validity,
    pub accepting_body_name: String,
    pub accepting_body_code: SocialCreditCode,
    pub publication: Publication,
    pub remarks: String,
}

/// Items 11 to 16, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performance {
    pub state: PerformanceState,
    pub unperformed: String,
    pub measures_taken: String,
    pub found_on: Option<CivilDate>,
    pub finding_body_name: String,
    pub finding_body_code: Option<SocialCreditCode>,
}
