//! Excuses for lateness: filed by those who report, judged by the credit office.
//!
//! An excuse is about what one reporter sent of one kind within some days of receipt. Its name is made of
//! what it says, so that the same excuse is the same one. Read first: [`file()`], [`judge`].

use std::fmt;
use std::str::FromStr;

use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::hashes;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::reporting::{Reporter, is_known};
use crate::domain::revision::{Instant, Revision};
use crate::domain::supervision_fact::{Excuse, ExcuseFact, JudgmentFact, SupervisionFact};
use crate::group::Group;
use crate::group::fold::supervision::excuse_row;
use crate::ingest::commands::Failure;
use crate::ingest::rows::{Error, Page, contradiction};
use crate::store::keys::supervision::ExcuseRow;
use crate::store::record::Facts;
use crate::store::{self, KeyRange, View, keys};

/// Most references of one excuse.
pub const EVIDENCE_MAX: usize = 50;

/// The name of an excuse: `excuses/` and its natural key in 26 characters of base 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExcuseName(pub [u8; 16]);

impl fmt::Display for ExcuseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = data_encoding::BASE32_NOPAD.encode(&self.0).to_lowercase();
        write!(f, "excuses/{text}")
    }
}

impl FromStr for ExcuseName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.strip_prefix("excuses/").ok_or(())?;
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(());
        }
        let bytes = data_encoding::BASE32_NOPAD.decode(text.to_uppercase().as_bytes());
        Ok(Self(bytes.map_err(|_| ())?.try_into().map_err(|_| ())?))
    }
}

/// Files an excuse.
#[derive(Clone, Debug)]
pub struct FileExcuse {
    pub excuse: Excuse,
}

/// Judges an excuse.
#[derive(Clone, Debug)]
pub struct JudgeExcuse {
    pub name: ExcuseName,
    pub is_accepted: bool,
    pub reason: String,
    /// Another judgment replaces the present one instead of being refused.
    pub correct: bool,
}

/// An excuse as it stands.
#[derive(Clone, Debug)]
pub struct ExcuseRead {
    pub name: ExcuseName,
    pub fact: ExcuseFact,
    pub filed: Revision,
    pub filed_at: Instant,
    pub judgment: Option<(JudgmentFact, Instant)>,
    pub changed: Revision,
}

/// Finds the revision at which an excuse was filed.
///
/// # Errors
/// The view's.
fn find(view: &dyn View, name: ExcuseName) -> Result<Option<Revision>, store::Error> {
    let found = view.get(keys::SNAPSHOT, &keys::snapshot_key(&name.0, 1))?;
    Ok(found.map(|bytes| keys::revision_value(&bytes)))
}

/// The refusal of an excuse that was never filed.
#[must_use]
pub fn unknown(name: ExcuseName) -> Refusal {
    Refusal::plain(Reason::ExcuseUnknown).with("name", name.to_string())
}

/// The refusal of a reporter that the catalogue does not know.
#[must_use]
pub fn reporter_unknown(reporter: Reporter) -> Refusal {
    let reason = match reporter {
        Reporter::Department(_) => Reason::DepartmentUnknown,
        Reporter::Body(_) => Reason::BodyUnknown,
    };
    Refusal::plain(reason).with("name", reporter.to_string())
}

/// Files an excuse; the same again changes nothing.
///
/// # Errors
/// `DEPARTMENT_UNKNOWN`, `BODY_UNKNOWN`; the view's.
pub fn file(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &FileExcuse,
) -> Result<RowOutcome, Failure> {
    let excuse = &command.excuse;
    if !is_known(group.catalog(), excuse.reporter) {
        return Err(Failure::Refused(reporter_unknown(excuse.reporter)));
    }
    let name = ExcuseName(hashes::excuse_key(excuse));
    if let Some(filed) = find(group, name)? {
        return Ok(RowOutcome::of(Outcome::Repeated, filed, 1, Vec::new()));
    }
    let fact = ExcuseFact {
        excuse: excuse.clone(),
        filed_on: group.today(),
    };
    let fact = Fact::Supervision(SupervisionFact::ExcuseFiled(fact));
    let revision = group.push(principal, fact)?;
    Ok(RowOutcome::of(Outcome::Created, revision, 1, Vec::new()))
}

/// Judges an excuse; the same judgment again changes nothing.
///
/// # Errors
/// `EXCUSE_UNKNOWN`, `EXCUSE_JUDGED`; the view's.
pub fn judge(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &JudgeExcuse,
) -> Result<RowOutcome, Failure> {
    let filed = find(group, command.name)?;
    let filed = filed.ok_or_else(|| Failure::Refused(unknown(command.name)))?;
    let row = excuse_row(group, filed)?;
    if let Some((revision, _)) = row.judged {
        let Fact::Supervision(SupervisionFact::ExcuseJudged(fact)) = group.recall(revision)? else {
            return Err(Failure::Store(store::Error::Engine {
                operation: "read a judgment",
                detail: format!("another kind of fact stands at revision {}", revision.0),
            }));
        };
        if fact.is_accepted == command.is_accepted && fact.reason == command.reason {
            return Ok(RowOutcome::of(
                Outcome::Repeated,
                revision,
                fact.number,
                Vec::new(),
            ));
        }
        if !command.correct {
            let refusal = Refusal::plain(Reason::ExcuseJudged).with("name", command.name.to_string());
            return Err(Failure::Refused(refusal));
        }
    }
    let number = row.judgments + 1;
    let fact = JudgmentFact {
        excuse: filed,
        is_accepted: command.is_accepted,
        reason: command.reason.clone(),
        judged_on: group.today(),
        number,
    };
    let fact = Fact::Supervision(SupervisionFact::ExcuseJudged(fact));
    let revision = group.push(principal, fact)?;
    let outcome = if number == 1 {
        Outcome::Created
    } else {
        Outcome::Corrected
    };
    Ok(RowOutcome::of(outcome, revision, number, Vec::new()))
}

/// Reads an excuse.
///
/// # Errors
/// `EXCUSE_UNKNOWN`; the view's and the ledger's.
pub fn excuse(view: &dyn View, facts: &Facts, name: ExcuseName) -> Result<ExcuseRead, Error> {
    let filed = find(view, name)?.ok_or_else(|| unknown(name))?;
    shown(facts, filed, excuse_row(view, filed)?)
}

fn shown(facts: &Facts, filed: Revision, row: ExcuseRow) -> Result<ExcuseRead, Error> {
    let (recorded, filed_at) = facts.fact(filed)?;
    let Fact::Supervision(SupervisionFact::ExcuseFiled(fact)) = recorded.fact else {
        return Err(contradiction(filed));
    };
    let judgment = match row.judged {
        None => None,
        Some((revision, _)) => {
            let (recorded, at) = facts.fact(revision)?;
            let Fact::Supervision(SupervisionFact::ExcuseJudged(fact)) = recorded.fact else {
                return Err(contradiction(revision));
            };
            Some((fact, at))
        }
    };
    Ok(ExcuseRead {
        name: ExcuseName(row.natural),
        fact,
        filed,
        filed_at,
        judgment,
        changed: row.judged.map_or(filed, |(revision, _)| revision),
    })
}

/// Lists the excuses filed behind `after` and up to `until` that pass, in the order of filing.
///
/// # Errors
/// The view's and the ledger's.
pub fn list(
    view: &dyn View,
    facts: &Facts,
    passes: impl Fn(&ExcuseRead) -> bool,
    after: Revision,
    until: Revision,
    size: usize,
) -> Result<Page<ExcuseRead, Revision>, Error> {
    let mut page = Page {
        items: Vec::new(),
        next: None,
    };
    let range = KeyRange {
        from: keys::revision_key(after.plus(1)),
        until: Some(keys::revision_key(until.plus(1))),
    };
    let mut found: Vec<(Revision, ExcuseRow)> = Vec::new();
    store::each(view, keys::EXCUSE, range, |key, value| {
        let filed = keys::revision_value(key);
        let row = ExcuseRow::decode(value).ok_or_else(|| contradiction(filed))?;
        found.push((filed, row));
        Ok::<_, Error>(())
    })?;
    for (filed, row) in found {
        let read = shown(facts, filed, row)?;
        if !passes(&read) {
            continue;
        }
        if page.items.len() == size {
            return Ok(page);
        }
        page.next = Some(filed);
        page.items.push(read);
    }
    page.next = None;
    Ok(page)
}

/// All excuses, with whether each was accepted; `None` while it is not judged.
///
/// # Errors
/// The view's and the ledger's.
pub fn all(view: &dyn View, facts: &Facts) -> Result<Vec<(ExcuseRead, Option<bool>)>, Error> {
    let every = list(
        view,
        facts,
        |_| true,
        Revision(0),
        Revision(u64::MAX - 1),
        usize::MAX,
    )?;
    let accepted = |read: &ExcuseRead| read.judgment.as_ref().map(|(fact, _)| fact.is_accepted);
    Ok(every
        .items
        .into_iter()
        .map(|read| (accepted(&read), read))
        .map(|(accepted, read)| (read, accepted))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_and_has_one_spelling() {
        let name = ExcuseName(std::array::from_fn(|place| u8::try_from(place).unwrap() * 17));
        let text = name.to_string();
        assert_eq!(text.len(), "excuses/".len() + 26);
        assert_eq!(text.parse(), Ok(name));
        for wrong in ["excuses/", "x", &text.to_uppercase(), &text[..text.len() - 1]] {
            assert_eq!(wrong.parse::<ExcuseName>(), Err(()), "{wrong}");
        }
    }
}
