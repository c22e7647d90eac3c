//! Lists of subjects and memberships, page by page.
//!
//! Read first: [`search`], [`provisional`], [`register`], [`memberships`].

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::Fact;
use crate::domain::hash::KeyedHashes;
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use crate::domain::subject_fact::{RegisterFact, SubjectFact};
use crate::domain::title::ComparedName;
use crate::group::fold::subjects::{membership, state, title_hash};
use crate::ingest::rows::{Error, Page, Span, contradiction};
use crate::store::keys::subjects::{self as layout, MembershipRow};
use crate::store::record::Facts;
use crate::store::{KeyRange, Table, View, keys};

use super::place::{self, Known};
use super::profile::MemberRead;
use super::read::name_in;

/// Most rows that one page looks at; a page of a narrow question may therefore be short, even empty.
const ROWS_PER_PAGE_MAX: usize = 20_000;

/// A subject as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub name: SubjectName,
    pub kind: SubjectKind,
    pub title: String,
    pub identity: Identity,
    pub registered: bool,
    pub ended_on: Option<CivilDate>,
    pub successor: Option<SubjectName>,
    pub opened: Revision,
}

/// What subjects are searched by.
#[derive(Clone, Debug)]
pub enum Query {
    /// An exact name of an organisation or individual business.
    Title(ComparedName),
    /// Whoever bore it.
    Identity(Identity),
}

/// Finds the subjects of a name or code behind `after`.
///
/// # Errors
/// The view's and the ledger's.
pub fn search(
    view: &dyn View,
    facts: &Facts,
    hashes: &dyn KeyedHashes,
    query: &Query,
    after: SubjectNumber,
    size: usize,
) -> Result<Page<Summary, SubjectNumber>, Error> {
    let mut numbers = Vec::new();
    match query {
        Query::Title(name) => {
            let hash = title_hash(hashes, SubjectKind::Organisation, name);
            place::each(view, keys::TITLE, layout::under(&hash), |key, _| {
                let number = layout::title_subject(key);
                if number > after && numbers.len() <= size {
                    numbers.push(number);
                }
            })?;
        }
        Query::Identity(identity) => {
            let hash = hashes.identity(identity);
            place::each(view, keys::SUBJECT_IDENTITY, layout::under(&hash), |_, value| {
                numbers.extend(layout::identity_read(value).0.filter(|number| *number > after));
            })?;
            numbers.sort_unstable();
            numbers.dedup();
        }
    }
    page_of(view, facts, numbers, size)
}

/// Lists subjects with an open question behind `after`.
///
/// # Errors
/// The view's and the ledger's.
pub fn provisional(
    view: &dyn View,
    facts: &Facts,
    after: SubjectNumber,
    size: usize,
) -> Result<Page<Summary, SubjectNumber>, Error> {
    let found = view.scan(keys::ATTRIBUTION, &layout::asking_after(after), size + 1)?;
    let numbers = found
        .rows
        .iter()
        .map(|(key, _)| layout::asking_subject(key))
        .collect();
    page_of(view, facts, numbers, size)
}

/// Shows the first `size` of more numbers.
fn page_of(
    view: &dyn View,
    facts: &Facts,
    mut numbers: Vec<SubjectNumber>,
    size: usize,
) -> Result<Page<Summary, SubjectNumber>, Error> {
    let more = numbers.len() > size;
    numbers.truncate(size);
    let next = numbers.last().copied().filter(|_| more);
    let items = numbers
        .into_iter()
        .map(|number| summary(view, facts, number))
        .collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// Shows a subject in short.
///
/// # Errors
/// The view's and the ledger's.
pub fn summary(view: &dyn View, facts: &Facts, number: SubjectNumber) -> Result<Summary, Error> {
    let row = super::row(view, number)?;
    let state = state(view, number)?;
    let Fact::SubjectOpened {
        identity,
        reported_name,
        ..
    } = facts.fact(row.opened)?.0.fact
    else {
        return Err(contradiction(row.opened));
    };
    let title = name_in(&facts.fact(state.titled)?.0.fact).unwrap_or(reported_name);
    let successor = match state.successor {
        None => None,
        Some(other) => Some(super::row(view, other)?.name),
    };
    Ok(Summary {
        name: row.name,
        kind: row.kind,
        title,
        identity: state.code.map_or(identity, Identity::Code),
        registered: state.registered.is_some(),
        ended_on: state.ended_on,
        successor,
        opened: row.opened,
    })
}

/// A subject's current row of the register.
#[derive(Clone, Debug)]
pub struct Registered {
    pub name: SubjectName,
    pub fact: RegisterFact,
    pub revision: Revision,
    pub at: Instant,
}

/// Lists the register's current rows behind `after`, in the order in which their subjects were opened; those
/// of subjects that it did not have at `until` are left out.
///
/// # Errors
/// The view's and the ledger's.
pub fn register(
    view: &dyn View,
    facts: &Facts,
    (after, until): (SubjectNumber, Revision),
    size: usize,
) -> Result<Page<Registered, SubjectNumber>, Error> {
    let range = KeyRange {
        from: keys::subject_key(SubjectNumber(after.0.saturating_add(1))),
        until: None,
    };
    let found = view.scan(keys::SUBJECT, &range, ROWS_PER_PAGE_MAX + 1)?;
    let mut page = Page {
        items: Vec::new(),
        next: None,
    };
    for (place, (key, _)) in found.rows.iter().enumerate() {
        let number = keys::subject_value(key);
        if let Some(revision) = state(view, number)?.registered {
            let (recorded, at) = facts.fact(revision)?;
            let Fact::Subject(SubjectFact::Registered(fact)) = recorded.fact else {
                return Err(contradiction(revision));
            };
            if fact.first.unwrap_or(revision) <= until {
                page.items.push(Registered {
                    name: super::row(view, number)?.name,
                    fact: *fact,
                    revision,
                    at,
                });
            }
        }
        let is_full = page.items.len() == size || place + 1 == ROWS_PER_PAGE_MAX;
        if is_full && place + 1 < found.rows.len() {
            page.next = Some(number);
            break;
        }
    }
    Ok(page)
}

/// Which memberships are wanted; what is `None` lets everything pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    pub subject: Option<SubjectNumber>,
    pub sector: Option<SectorCode>,
    /// A day on which they are in force.
    pub on: Option<CivilDate>,
}

impl Wanted {
    fn passes(&self, row: &MembershipRow) -> bool {
        self.sector.is_none_or(|sector| sector == row.sector) && self.on.is_none_or(|on| row.holds_on(on))
    }
}

/// Lists memberships in the order in which they were recorded.
///
/// # Errors
/// The view's and the ledger's.
pub fn memberships(
    view: &dyn View,
    facts: &Facts,
    wanted: &Wanted,
    span: Span,
) -> Result<Page<(SubjectName, MemberRead), Revision>, Error> {
    let firsts = firsts(view, wanted, span)?;
    let mut page = Page {
        items: Vec::new(),
        next: None,
    };
    let looked_at = firsts.len().min(ROWS_PER_PAGE_MAX);
    for (place, first) in firsts.iter().copied().take(looked_at).enumerate() {
        let row = membership(view, first)?;
        if wanted.passes(&row) {
            page.items.push(shown(view, facts, &row)?);
        }
        if (page.items.len() == span.size || place + 1 == ROWS_PER_PAGE_MAX) && place + 1 < firsts.len() {
            page.next = Some(first);
            break;
        }
    }
    Ok(page)
}

/// First revisions of memberships behind `after`, one more than a page looks at.
fn firsts(view: &dyn View, wanted: &Wanted, span: Span) -> Result<Vec<Revision>, Error> {
    let ranges: Vec<KeyRange> = match (wanted.subject, wanted.sector) {
        (Some(subject), _) => place::with_predecessors(view, subject, Known::all())?
            .into_iter()
            .map(|number| layout::members_of(number, span.after))
            .collect(),
        (None, Some(sector)) => vec![layout::members_in(sector, span.after)],
        (None, None) => vec![layout::memberships_after(span.after)],
    };
    let mut firsts = Vec::new();
    for range in ranges {
        firsts.extend(limited(view, keys::MEMBERSHIP, range, span.until)?);
    }
    firsts.sort_unstable();
    firsts.truncate(ROWS_PER_PAGE_MAX + 1);
    Ok(firsts)
}

fn limited(view: &dyn View, table: Table, range: KeyRange, until: Revision) -> Result<Vec<Revision>, Error> {
    let found = view.scan(table, &range, ROWS_PER_PAGE_MAX + 1)?;
    let firsts = found.rows.iter().map(|(key, _)| layout::membership_first(key));
    Ok(firsts.filter(|first| *first <= until).collect())
}

/// Shows a membership as it stands.
///
/// # Errors
/// The view's and the ledger's.
pub fn shown(
    view: &dyn View,
    facts: &Facts,
    row: &MembershipRow,
) -> Result<(SubjectName, MemberRead), Error> {
    let (recorded, at) = facts.fact(row.current)?;
    let Fact::Subject(SubjectFact::Member(fact)) = recorded.fact else {
        return Err(contradiction(row.current));
    };
    let (revision, at): (Revision, Instant) = match row.ended {
        None => (row.current, at),
        Some(ended) => (ended, facts.fact(ended)?.1),
    };
    let mut membership = fact.membership;
    membership.until = row.until;
    let read = MemberRead {
        subject: row.subject,
        membership,
        snapshot: fact.snapshot,
        revision,
        at,
    };
    Ok((super::row(view, row.subject)?.name, read))
}
