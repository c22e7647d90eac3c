//! What a credit-repair notice 信用修复告知书 says: every block as data, computed once and never edited.
//!
//! The paper is drawn from it by a pinned template; the verification code printed there is
//! [`NoticeContent::hash`]. The content of an individual business may name a person: it belongs where the
//! decision's own content may be. Read first: [`NoticeContent`].
//!
//! | block of the notice | here |
//! |---|---|
//! | head | `head` |
//! | addressee | `addressee` |
//! | reference | `reference` |
//! | publicity | `publicity`, and `clauses` of block publicity |
//! | effect, conditions, papers, route, honesty, no fee, remedies | `clauses` |
//! | time limits | `limits` |
//! | contacts | `contacts` |
//! | foot | `foot`, and `clauses` of block annexes |
//! | receipt | `receipt` |
//!
//! Source: `domain.md` 4.2.

use super::civil_date::CivilDate;
use super::record::RecordKind;
use super::repair::{Block, Mark, Publicity};
use super::severity::Procedure;
use super::social_credit_code::SocialCreditCode;
use super::subject::SubjectKind;

mod hashed;
#[cfg(test)]
pub(crate) mod samples;

/// The whole notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeContent {
    pub head: Head,
    pub addressee: Addressee,
    pub reference: Reference,
    /// On the general path first, then where the department's own path shows it too.
    pub publicity: Vec<Publicity>,
    /// In the order of the blocks, within a block as the data have them.
    pub clauses: Vec<Clause>,
    pub limits: Vec<TimeLimit>,
    /// The body that decided first, then the credit office.
    pub contacts: Vec<Contact>,
    pub foot: Foot,
    pub receipt: ReceiptForm,
}

/// Title, number, and who issues it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub title: String,
    /// Notice number 文号, as allocated.
    pub number: String,
    pub body_name: String,
    pub body_code: SocialCreditCode,
}

/// To whom it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    pub name: String,
    pub kind: SubjectKind,
    /// `None` for an individual business without a code.
    pub code: Option<SocialCreditCode>,
    /// Legal representative or operator; empty where it is not known.
    pub representative: String,
}

/// The decision with which it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// A penalty or a listing.
    pub kind: RecordKind,
    /// 决定书文号
    pub number: String,
    pub decided_on: CivilDate,
    /// Code of the list `penalty_kind` and its words; empty for a listing.
    pub penalty_kinds: Vec<(String, String)>,
    pub procedure: Option<Procedure>,
    /// Fine, in fen.
    pub fine: Option<i64>,
    /// Confiscated gains and property, in fen.
    pub confiscated: Option<i64>,
    /// 违法行为类型; for a listing the list and the ground.
    pub violation: String,
    pub basis: String,
    /// SHA-256 of the body's sealed document, where it is known.
    pub document: Option<[u8; 32]>,
}

/// A sentence, and how far it can be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    pub block: Block,
    pub chinese: String,
    pub english: String,
    pub mark: Mark,
}

/// By when an authority acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeLimit {
    /// The sentence, with its number of days.
    pub chinese: String,
    pub english: String,
    pub working_days: u16,
    pub mark: Mark,
}

/// Who can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    pub phone: String,
    /// Empty where only a telephone is given.
    pub address: String,
    pub mark: Mark,
}

/// Date, template, and where the notice can be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foot {
    pub issued_on: CivilDate,
    /// Version of the template by which the paper is drawn, for ever.
    pub template: u32,
    /// Address of verification, to which number and verification code are added.
    pub verification: String,
}

/// The receipt that is signed for both documents together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptForm {
    /// 案由, for which the documents are delivered.
    pub cause: String,
    /// The decision first, then this notice.
    pub documents: Vec<ListedDocument>,
}

/// A document on a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDocument {
    pub name: String,
    pub number: String,
    pub copies: u32,
}

impl NoticeContent {
    /// Returns the clauses of a block, in order.
    pub fn clauses(&self, block: Block) -> impl Iterator<Item = &Clause> {
        self.clauses.iter().filter(move |clause| clause.block == block)
    }

    /// Returns the verification code: SHA-256 over the whole content. It is printed on the paper, and stays
    /// the same whatever template draws it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hashed::hash(self)
    }

    /// Says whether anything in it is a setting that nobody checked against the official text.
    #[must_use]
    pub fn has_unchecked(&self) -> bool {
        let marks = self.clauses.iter().map(|clause| &clause.mark);
        let marks = marks.chain(self.limits.iter().map(|limit| &limit.mark));
        let terms = self.publicity.iter().flat_map(|one| &one.terms);
        let mut marks = marks.chain(terms.map(|(_, mark)| mark));
        marks.any(Mark::is_unchecked)
    }
}
