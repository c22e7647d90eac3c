//! Facts about subjects themselves: the register, names and codes in time, merging and parting, which
//! sectors they belong to, and which sectors a record belongs to.
//!
//! What a fact names stays as it was recorded; a later fact says otherwise, and readers fold both.
//! Read first: [`SubjectFact`].
//!
//! Source: `domain.md` 7, 13 (items 4 and 7), 14 (items 13, 14, 19); decisions 25 to 28.

use super::catalog::{DepartmentCode, SectorCode};
use super::civil_date::CivilDate;
use super::finding::Finding;
use super::numbered::numbered;
use super::record::RecordKind;
use super::revision::Revision;
use super::social_credit_code::SocialCreditCode;
use super::subject::{Identity, SubjectKind, SubjectNumber};

/// A subject with its kind, by which what is said of it is sealed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub subject: SubjectNumber,
    pub kind: SubjectKind,
}

/// One fact about a subject, its memberships, or the attribution of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectFact {
    /// A register's row, the first (kind 30) or one that corrects it (kind 31).
    Registered(Box<RegisterFact>),
    /// Kinds 32 to 39 and 44.
    Changed(Box<SubjectChange>),
    /// A membership, the first snapshot (kind 40) or a corrected one (kind 41).
    Member(Box<MembershipFact>),
    /// A membership ends earlier than it was said to (kind 42).
    MembershipEnded(Box<MembershipEnd>),
    /// An officer attributes a record, or a class of records, to sectors (kind 43).
    Attributed(Box<AttributionFact>),
}

/// Whether the register shows a subject as living. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RegisterState {
    /// 存续
    Active = 1,
    /// 注销 or 吊销
    Deregistered = 2,
}

numbered!(RegisterState { Active, Deregistered });

/// A row of the subject register, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterEntry {
    pub code: SocialCreditCode,
    /// Organisation or individual business; persons are in no register here.
    pub kind: SubjectKind,
    pub name: String,
    /// Codes of before the unified one, each kind once.
    pub older_codes: Vec<Identity>,
    pub established_on: Option<CivilDate>,
    /// First day on which name and codes of this row hold, if the register says it.
    pub holds_from: Option<CivilDate>,
    pub state: RegisterState,
    /// Last day of its life.
    pub deregistered_on: Option<CivilDate>,
    pub further: RegisterFurther,
}

/// What a register's row says beside name, codes and days. The representative is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterFurther {
    /// Division of the address, 6 digits; empty if not said.
    pub division: String,
    pub address: String,
    /// Those it came out of, as the register says; that they went into it is another fact.
    pub predecessors: Vec<SocialCreditCode>,
    pub succession: Option<Succession>,
}

/// How a subject follows its predecessors. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Succession {
    /// 更名
    Renamed = 1,
    /// 合并
    Merged = 2,
    /// 分立
    Split = 3,
    /// 换码
    CodeReplaced = 4,
}

numbered!(Succession {
    Renamed,
    Merged,
    Split,
    CodeReplaced
});

/// A register's row as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterFact {
    pub subject: SubjectNumber,
    pub entry: RegisterEntry,
    /// Day of receipt here, in UTC+8.
    pub received_on: CivilDate,
    /// Revision of the first snapshot; `None` in the first itself.
    pub first: Option<Revision>,
    pub snapshot: u32,
    pub findings: Vec<Finding>,
}

/// What happened to a subject, and why it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectChange {
    pub who: Who,
    pub change: Change,
    /// The basis, such as a document's number. A person's is sealed with the rest.
    pub reason: String,
}

/// What happened to a subject. All days are included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It bears this name from a day on (kind 32).
    Renamed { name: String, from: CivilDate },
    /// It bears this code from a day on, whoever bore it before (kind 33).
    CodeAssigned { identity: Identity, from: CivilDate },
    /// It bears this code until a day (kind 34).
    CodeEnded { identity: Identity, until: CivilDate },
    /// It went into another on a day, which carries its history from then on (kind 35).
    Merged { into: SubjectNumber, on: CivilDate },
    /// The merger at this revision never was (kind 36).
    MergeUndone { into: SubjectNumber, merge: Revision },
    /// Others came out of it on a day (kind 37).
    Split { into: Vec<SubjectNumber>, on: CivilDate },
    /// Its last day (kind 38).
    Deregistered { on: CivilDate },
    /// Records reported under it are another's (kind 39).
    Reattributed {
        to: SubjectNumber,
        records: Vec<MovedRecord>,
    },
    /// The open questions of the fact at this revision are settled (kind 44).
    Answered { question: Revision, answer: Settlement },
}

/// How an open question was settled. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Settlement {
    /// It stays as it is.
    Left = 1,
    /// It was linked to a registered subject.
    Linked = 2,
    /// The register's row that was missing came.
    Registered = 3,
}

numbered!(Settlement {
    Left,
    Linked,
    Registered
});

/// A record that is put into another subject's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovedRecord {
    /// Kind of the entry in the subject's file, as the tables number it.
    pub file: u8,
    /// Revision of the record's first snapshot.
    pub first: Revision,
    /// The subject whose code the row bore.
    pub reported: SubjectNumber,
}

/// A subject belongs to a sector for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub sector: SectorCode,
    /// First day.
    pub from: CivilDate,
    /// Last day; `None` while it lasts.
    pub until: Option<CivilDate>,
    /// On what it rests: a licence, a roster, a decision.
    pub evidence: String,
}

/// A membership as recorded or corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipFact {
    pub who: Who,
    pub membership: Membership,
    pub received_on: CivilDate,
    /// Revision of the first snapshot; `None` in the first itself.
    pub first: Option<Revision>,
    pub snapshot: u32,
    pub findings: Vec<Finding>,
}

/// The end of a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipEnd {
    pub who: Who,
    /// Revision of the membership's first snapshot.
    pub first: Revision,
    /// Last day.
    pub on: CivilDate,
    pub reason: String,
}

/// All records of a kind that a body decided on a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordClass {
    pub kind: RecordKind,
    pub body: SocialCreditCode,
    /// Power item, violation type or licence item, as records state it.
    pub matter: String,
}

/// An officer's attribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributionFact {
    /// First revisions of the records it is about.
    pub records: Vec<Revision>,
    /// All records of this class from now on too.
    pub class: Option<RecordClass>,
    /// In the order of their codes, each once; none means that it belongs to no sector.
    pub sectors: Vec<SectorCode>,
    /// Under which department the records stand.
    pub department: DepartmentCode,
    pub reason: String,
}

impl SubjectFact {
    /// The kind number that is stored.
    #[must_use]
    pub fn kind_number(&self) -> u16 {
        match self {
            Self::Registered(fact) if fact.first.is_none() => 30,
            Self::Registered(_) => 31,
            Self::Changed(fact) => match fact.change {
                Change::Renamed { .. } => 32,
                Change::CodeAssigned { .. } => 33,
                Change::CodeEnded { .. } => 34,
                Change::Merged { .. } => 35,
                Change::MergeUndone { .. } => 36,
                Change::Split { .. } => 37,
                Change::Deregistered { .. } => 38,
                Change::Reattributed { .. } => 39,
                Change::Answered { .. } => 44,
            },
            Self::Member(fact) if fact.first.is_none() => 40,
            Self::Member(_) => 41,
            Self::MembershipEnded(_) => 42,
            Self::Attributed(_) => 43,
        }
    }

    /// The name of its kind in exports and digests.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Registered(fact) if fact.first.is_none() => "subject_registered",
            Self::Registered(_) => "register_corrected",
            Self::Changed(fact) => match fact.change {
                Change::Renamed { .. } => "subject_renamed",
                Change::CodeAssigned { .. } => "subject_code_assigned",
                Change::CodeEnded { .. } => "subject_code_ended",
                Change::Merged { .. } => "subjects_merged",
                Change::MergeUndone { .. } => "merge_undone",
                Change::Split { .. } => "subject_split",
                Change::Deregistered { .. } => "subject_deregistered",
                Change::Reattributed { .. } => "records_reattributed",
                Change::Answered { .. } => "question_answered",
            },
            Self::Member(fact) if fact.first.is_none() => "membership_recorded",
            Self::Member(_) => "membership_corrected",
            Self::MembershipEnded(_) => "membership_ended",
            Self::Attributed(_) => "attribution_decided",
        }
    }

    /// The subject it is about; attributions are about records, and a stopped row has no subject.
    #[must_use]
    pub fn who(&self) -> Option<Who> {
        let who = match self {
            Self::Registered(fact) => Some(Who {
                subject: fact.subject,
                kind: fact.entry.kind,
            }),
            Self::Changed(fact) => Some(fact.who),
            Self::Member(fact) => Some(fact.who),
            Self::MembershipEnded(fact) => Some(fact.who),
            Self::Attributed(_) => None,
        };
        who.filter(|who| who.subject.0 > 0)
    }

    /// With what it was recorded; rows of the register and of rosters have findings.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Registered(fact) => &fact.findings,
            Self::Member(fact) => &fact.findings,
            Self::Changed(_) | Self::MembershipEnded(_) | Self::Attributed(_) => &[],
        }
    }

    /// The other subjects it names, whose files it touches too.
    #[must_use]
    pub fn others(&self) -> Vec<SubjectNumber> {
        match self {
            Self::Changed(fact) => match &fact.change {
                Change::Merged { into, .. } | Change::MergeUndone { into, .. } => vec![*into],
                Change::Split { into, .. } => into.clone(),
                Change::Reattributed { to, .. } => vec![*to],
                Change::Renamed { .. }
                | Change::CodeAssigned { .. }
                | Change::CodeEnded { .. }
                | Change::Deregistered { .. }
                | Change::Answered { .. } => Vec::new(),
            },
            Self::Registered(_) | Self::Member(_) | Self::MembershipEnded(_) | Self::Attributed(_) => {
                Vec::new()
            }
        }
    }
}
