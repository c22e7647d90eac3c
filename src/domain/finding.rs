//! What a check says about a reported row: the field, the rule, what follows, and why, in two languages.

use super::numbered::numbered;
use super::social_credit_code::CodeError;

/// What follows from a finding (`docs/glossary.md`, kinds of check). Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CheckKind {
    /// The row is refused.
    Reject = 1,
    /// The row is recorded with an open question to the credit office.
    Ask = 2,
    /// The row is recorded with this finding.
    Warn = 3,
    /// The row is refused and the refusal is listed to the credit office.
    Stop = 4,
}

numbered!(CheckKind {
    Reject,
    Ask,
    Warn,
    Stop
});

impl CheckKind {
    /// Says whether a row with such a finding stays out of the ledger.
    #[must_use]
    pub fn refuses(self) -> bool {
        match self {
            Self::Reject | Self::Stop => true,
            Self::Ask | Self::Warn => false,
        }
    }
}

/// The rules a row is checked by; each is one value of the wire's `FindingRule`.
///
/// Numbers are stored and stay: a rule that goes leaves its number unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rule {
    /// A required item is empty.
    Required = 1,
    /// A value is outside its list.
    ValueList = 2,
    /// A text is longer than its limit, in characters.
    Length = 3,
    /// A date is not `YYYY-MM-DD` or does not exist.
    Date = 4,
    /// A commitment code is not 6 + 8 + 6 digits with a real date inside.
    CommitmentCodeShape = 5,
    /// The date inside the commitment code differs from the date of the promise.
    CodeDateMismatch = 6,
    /// A unified social credit code has not 18 characters.
    SocialCreditCodeShape = 7,
    /// A unified social credit code has a character outside the alphabet.
    SocialCreditCodeAlphabet = 8,
    /// The check character of a unified social credit code is wrong.
    SocialCreditCodeCheck = 9,
    /// The check character of the organisation code inside a unified social credit code is wrong.
    OrganisationCodeCheck = 10,
    /// A resident ID has neither 15 nor 18 characters of the right kind.
    ResidentIdShape = 11,
    /// The birth date inside a resident ID does not exist or lies in the future.
    ResidentIdDate = 12,
    /// The check character of a resident ID is wrong.
    ResidentIdCheck = 13,
    /// The kind of the promisor and the kind of its code contradict each other.
    KindAgainstCode = 14,
    /// A date lies after the day of receipt.
    FutureDate = 15,
    /// The end of validity lies before the promise.
    ValidityBeforePromise = 16,
    /// A natural person's data with public scope.
    PersonPublic = 17,
    /// The code of an accepting or finding body does not begin with 11.
    BodyCodePrefix = 18,
    /// The accepting body or the division of the code is not this district's.
    ForeignDistrict = 19,
    /// An item that must be empty for this performance state is filled.
    MustBeEmpty = 20,
    /// The finding of performance is dated before the promise.
    FindingBeforePromise = 21,
    /// The same promise stands under another commitment code.
    SameAs = 22,
    /// Another performance record exists on this commitment.
    PerformanceExists = 23,
    /// The commitment was withdrawn and takes no further records.
    Withdrawn = 24,
    /// A text holds control characters.
    Characters = 25,
    /// Two rows of one batch have the same key and other content.
    TwiceInBatch = 26,
    /// A performance record names a commitment that is not recorded.
    CommitmentUnknown = 27,
    /// The name of a body differs from the catalogue's.
    BodyName = 28,
    /// A layout is unknown, or its rows are no credit records.
    LayoutUnknown = 40,
    /// The layout has no such item.
    ItemUnknown = 41,
    /// An item is given twice.
    ItemTwice = 42,
    /// The layout was no longer in use on the day of the decision.
    LayoutPeriod = 43,
    /// An amount is no decimal number of 万元.
    Money = 44,
    /// An amount is more precise than a fen: it has more than six decimals of 万元.
    MoneyPrecision = 45,
    /// The kind of penalty says fine or confiscation, but its amount is empty or zero.
    AmountMissing = 46,
    /// An amount is given, but the kind of penalty says neither fine nor confiscation.
    AmountWithoutKind = 47,
    /// The amount differs from the one in the text of the decision.
    AmountAgainstText = 48,
    /// An amount seems to be in yuan where 万元 is asked for.
    AmountInYuan = 49,
    /// A licence is suspended or revoked, but not named.
    LicenceNameMissing = 50,
    /// The begin of validity lies after its end.
    ValidFromAfterUntil = 51,
    /// The end of validity lies before the decision.
    UntilBeforeDecision = 52,
    /// The end of publicity lies before the decision.
    PublicityBeforeDecision = 53,
    /// The end of publicity lies beyond the longest that the rules allow.
    PublicityBeyondMaximum = 54,
    /// The decision is dated before its organ existed.
    BeforeBody = 55,
    /// The decision is dated after its organ had ended.
    AfterBody = 56,
    /// Simple or general procedure is not stated, but the level of dishonesty depends on it.
    ProcedureMissing = 57,
    /// The level of dishonesty differs from the one that the rules give.
    SeverityDiffers = 58,
    /// A law cited as basis, or its article, did not stand on the day of the decision.
    LawRepealed = 59,
    /// A division code is not this district's.
    DivisionCode = 60,
    /// The party has an older code but no unified social credit code.
    OlderCodeAlone = 61,
    /// An older code does not have the length or the check character of its norm.
    OlderCodeUnverified = 62,
    /// A code of the party stands in the item of another of its codes.
    CodeMisplaced = 63,
    /// The number of a document stands in the other's item: the representative's or the party's.
    DocumentMisplaced = 64,
    /// The deciding organ and the source of the data seem to be swapped.
    BodiesSwapped = 65,
    /// The deciding organ has no authority for such decisions in the catalogue.
    BodyAuthority = 66,
    /// The kind of party in the row is not the one that the whole import was said to have.
    PartyKindDiffers = 67,
    /// A value "other" lacks its words, or another value has some.
    ChoiceWords = 68,
    /// The decision has no number; the licence number stands in for it.
    NumberStandIn = 69,
    /// The number of a document has characters that no such number has.
    DocumentShape = 70,
    /// The decision that a ruling is about is dated after the ruling.
    TargetAfterRuling = 72,
    /// A value is no decimal number.
    Decimal = 73,
    /// One number stands for decisions of different years.
    NumberReused = 100,
    /// The decision that a ruling is about is not recorded.
    TargetUnknown = 101,
    /// The record was withdrawn or deleted and takes no corrections.
    RecordEnded = 102,
    /// A row has more items than any layout.
    ItemCount = 103,
    /// A ruling changed the decision; its changed items are to be reported.
    ChangedByRuling = 104,
    /// The register has another name for the code.
    NameAgainstRegister = 110,
    /// The register has the name under another code, and not this code.
    CodeNotInRegister = 111,
    /// The record is dated after the subject's last day.
    SubjectEnded = 112,
    /// An older code in a register's row is another registered subject's.
    OlderCodeOfAnother = 113,
    /// The kind of subject differs from the one known.
    KindAgainstRegister = 114,
    /// A register's row is about a natural person.
    PersonInRegister = 115,
    /// The subject belongs to the sector in this time already.
    MembershipOverlap = 116,
    /// The catalogue in force has no such sector.
    SectorUnknown = 117,
    /// A last day lies before its first day.
    PeriodOrder = 118,
    /// The end of a subject has no date.
    EndDateMissing = 119,
    /// An older code has characters that no such code has.
    OlderCodeShape = 120,
    /// A consequence of a breach is not named in item 8 of the form.
    ConsequenceNotInForm = 130,
    /// A breach is confirmed although the promisor had no chance to reply.
    HearingMissing = 131,
    /// The dates of a breach do not stand in their order.
    BreachOrder = 132,
    /// Items of a breach exclude each other.
    BreachConclusion = 133,
    /// Another breach record exists on this commitment, and this one is not its next state.
    BreachExists = 134,
}

numbered!(Rule {
    Required,
    ValueList,
    Length,
    Date,
    CommitmentCodeShape,
    CodeDateMismatch,
    SocialCreditCodeShape,
    SocialCreditCodeAlphabet,
    SocialCreditCodeCheck,
    OrganisationCodeCheck,
    ResidentIdShape,
    ResidentIdDate,
    ResidentIdCheck,
    KindAgainstCode,
    FutureDate,
    ValidityBeforePromise,
    PersonPublic,
    BodyCodePrefix,
    ForeignDistrict,
    MustBeEmpty,
    FindingBeforePromise,
    SameAs,
    PerformanceExists,
    Withdrawn,
    Characters,
    TwiceInBatch,
    CommitmentUnknown,
    BodyName,
    LayoutUnknown,
    ItemUnknown,
    ItemTwice,
    LayoutPeriod,
    Money,
    MoneyPrecision,
    AmountMissing,
    AmountWithoutKind,
    AmountAgainstText,
    AmountInYuan,
    LicenceNameMissing,
    ValidFromAfterUntil,
    UntilBeforeDecision,
    PublicityBeforeDecision,
    PublicityBeyondMaximum,
    BeforeBody,
    AfterBody,
    ProcedureMissing,
    SeverityDiffers,
    LawRepealed,
    DivisionCode,
    OlderCodeAlone,
    OlderCodeUnverified,
    CodeMisplaced,
    DocumentMisplaced,
    BodiesSwapped,
    BodyAuthority,
    PartyKindDiffers,
    ChoiceWords,
    NumberStandIn,
    DocumentShape,
    TargetAfterRuling,
    Decimal,
    NumberReused,
    TargetUnknown,
    RecordEnded,
    ItemCount,
    ChangedByRuling,
    NameAgainstRegister,
    CodeNotInRegister,
    SubjectEnded,
    OlderCodeOfAnother,
    KindAgainstRegister,
    PersonInRegister,
    MembershipOverlap,
    SectorUnknown,
    PeriodOrder,
    EndDateMissing,
    OlderCodeShape,
    ConsequenceNotInForm,
    HearingMissing,
    BreachOrder,
    BreachConclusion,
    BreachExists,
});

/// One finding on one field of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path of the field inside the row's message, such as `subject_code` or `performance.state`.
    pub field: std::borrow::Cow<'static, str>,
    pub rule: Rule,
    pub kind: CheckKind,
    /// What is wrong and how to mend it; holds no personal identifier.
    pub english: String,
    /// The same in Chinese.
    pub chinese: String,
}

/// What is said of a fault of a unified social credit code: rule, English, Chinese.
#[must_use]
pub fn code_fault(fault: CodeError) -> (Rule, &'static str, &'static str) {
    match fault {
        CodeError::Length => (
            Rule::SocialCreditCodeShape,
            "is not a unified social credit code of 18 characters; correct it.",
            "不是18位统一社会信用代码，请更正。",
        ),
        CodeError::Placeholder => (
            Rule::SocialCreditCodeShape,
            "is filled up with zeroes instead of a unified social credit code; find the code in the \
                     register.",
            "以0填充，不是统一社会信用代码，请查明后填写。",
        ),
        CodeError::Alphabet => (
            Rule::SocialCreditCodeAlphabet,
            "has a character that unified social credit codes do not use (digits and capitals \
                     without I, O, S, V, Z); correct it.",
            "含有统一社会信用代码不使用的字符（只用数字和除I、O、S、V、Z外的大写字母），请更正。",
        ),
        CodeError::Check => (
            Rule::SocialCreditCodeCheck,
            "has a wrong check character at place 18; compare it with the licence.",
            "第18位校验码错误，请与证照核对。",
        ),
        CodeError::Organisation => (
            Rule::OrganisationCodeCheck,
            "has a wrong check character of the organisation code at place 17; compare it with \
                     the licence.",
            "第17位组织机构代码校验码错误，请与证照核对。",
        ),
    }
}
