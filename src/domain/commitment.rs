//! Credit commitments 信用承诺 and their performance 履约践诺 (`domain.md` 1).

use std::fmt;
use std::str::FromStr;

use super::civil_date::CivilDate;
use super::numbered::numbered;
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
/// Source: collection template of a city platform, `domain.md` 1.3, source S2.
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

numbered!(CommitmentKind {
    ApprovalReplacing,
    AcceptedWithGaps,
    CertificateReplacing,
    CreditRepair,
    SelfDiscipline,
    Voluntary,
    Other,
});

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

numbered!(Publication {
    Public,
    Limited,
    Closed
});

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

numbered!(PerformanceState {
    Full,
    Partial,
    Unperformed
});

/// A checked commitment code 承诺编码: 6 digits of division, 8 of date, 6 of serial.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitmentCode([u8; 20]);

/// A text that is no commitment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a commitment code has 6 digits of division, 8 of an existing date and 6 of serial")]
pub struct CommitmentCodeError;

impl CommitmentCode {
    /// Makes the code of its parts; `division` has six digits and `serial` is below 1,000,000.
    ///
    /// # Errors
    /// [`CommitmentCodeError`] for other parts.
    pub fn compose(division: &str, made_on: CivilDate, serial: u32) -> Result<Self, CommitmentCodeError> {
        if division.len() != 6 {
            return Err(CommitmentCodeError);
        }
        let (year, month, day) = (made_on.year(), made_on.month(), made_on.day());
        format!("{division}{year:04}{month:02}{day:02}{serial:06}").parse()
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a commitment code is ASCII")
    }

    /// Returns the six digits of the division of the place of acceptance.
    #[must_use]
    pub fn division(&self) -> &str {
        &self.as_str()[..6]
    }

    /// Returns the day of the promise as the code states it.
    #[must_use]
    pub fn date(&self) -> CivilDate {
        CivilDate::from_digits(&self.0[6..14]).expect("the date was checked")
    }

    /// Returns the serial number, below 1,000,000; it may start anew with each accepting body.
    #[must_use]
    pub fn serial(&self) -> u32 {
        self.0[14..]
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    }
}

impl FromStr for CommitmentCode {
    type Err = CommitmentCodeError;

    fn from_str(text: &str) -> Result<Self, CommitmentCodeError> {
        let bytes: [u8; 20] = text.as_bytes().try_into().map_err(|_| CommitmentCodeError)?;
        if !bytes.iter().all(u8::is_ascii_digit) || CivilDate::from_digits(&bytes[6..14]).is_err() {
            return Err(CommitmentCodeError);
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for CommitmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CommitmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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

/// Dates that forms use for "long-term".
const OPEN_ENDED: [(i16, u8, u8); 2] = [(2099, 12, 31), (9999, 12, 31)];

impl Validity {
    /// Reads an end date, of which two mean that there is none.
    #[must_use]
    pub fn ending(on: CivilDate) -> Self {
        if OPEN_ENDED.contains(&(on.year(), on.month(), on.day())) {
            Self::OpenEnded
        } else {
            Self::Until(on)
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_code_is_six_eight_and_six_digits_with_a_date() {
        let code: CommitmentCode = "15080220241105000001".parse().unwrap();
        assert_eq!((code.division(), code.serial()), ("150802", 1));
        assert_eq!(code.date().to_string(), "2024-11-05");
        assert_eq!(CommitmentCode::compose("150802", code.date(), 1), Ok(code));
        for text in [
            "",
            "1508022024110500001",
            "150802202411050000010",
            "15080220241131000001",
            "15080220240230000001",
            "15080200001105000001",
            "1508022024110500000X",
            "15080220241105 00001",
        ] {
            assert_eq!(text.parse::<CommitmentCode>(), Err(CommitmentCodeError), "{text}");
        }
        assert_eq!(
            CommitmentCode::compose("1508021", code.date(), 1),
            Err(CommitmentCodeError)
        );
        assert_eq!(
            CommitmentCode::compose("150802", code.date(), 1_000_000),
            Err(CommitmentCodeError)
        );
    }

    #[test]
    fn two_end_dates_mean_that_there_is_none() {
        let ending = |text: &str| Validity::ending(text.parse().unwrap());
        assert_eq!(ending("2099-12-31"), Validity::OpenEnded);
        assert_eq!(ending("9999-12-31"), Validity::OpenEnded);
        assert_eq!(
            ending("2099-12-30"),
            Validity::Until("2099-12-30".parse().unwrap())
        );
        assert_eq!(
            ending("9999-12-30"),
            Validity::Until("9999-12-30".parse().unwrap())
        );
        assert_eq!(
            ending("2100-12-31"),
            Validity::Until("2100-12-31".parse().unwrap())
        );
    }
}
