//! Commitments that fall due or are overdue, and what became of those that fell due.
//!
//! A promise binds up to the end of the day in item 10. Read first: [`list`].
//!
//! Source: `domain.md` 1.4 and 1.6.

use std::collections::BTreeMap;

use crate::domain::calendar::{NoCalendar, WorkingDays};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{PerformanceState, Validity};
use crate::domain::filter::CountDimension;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::store::View;
use crate::store::keys::CommitmentRow;
use crate::store::record::Facts;

use super::read::{CommitmentRead, CountKey, Error, Page, Resolved, key_of, shown};
use super::rows;

/// Most working days that are looked ahead: about a year.
pub const WITHIN_MAX: u32 = 250;

/// Where a commitment stands before or behind its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueState {
    /// It ends soon, and nothing is recorded about its performance.
    Due,
    /// It has ended without performance in full.
    Overdue,
}

/// What a list of due commitments asks for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub as_of: CivilDate,
    /// Working days ahead.
    pub within: u32,
    /// `None` for both.
    pub state: Option<DueState>,
    pub calendar: &'a WorkingDays,
}

/// A commitment that falls due or is overdue.
#[derive(Clone, Debug)]
pub struct Due {
    pub read: CommitmentRead,
    pub on: CivilDate,
    pub state: DueState,
    /// Working days from the day asked about to its end.
    pub left: u32,
    /// Working days since its end; `None` if it has not ended, or a year between has no calendar.
    pub overdue: Option<u32>,
}

/// Where a list of due commitments goes on: behind this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct DueKey {
    /// [`CivilDate::key`] of the end; the default lies before every day.
    pub on: u32,
    pub first: Revision,
}

/// The part of a list that a page shows.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Behind this one.
    pub after: DueKey,
    /// Commitments first recorded later are left out.
    pub until: Revision,
    pub size: usize,
}

/// A period for which a year has no calendar.
#[must_use]
pub fn calendar_missing(error: NoCalendar) -> Refusal {
    Refusal::plain(Reason::CalendarMissing).with("year", error.year.to_string())
}

/// Lists due and overdue commitments, the earliest end first, with how many there are in all.
///
/// # Errors
/// `CALENDAR_MISSING`; the view's and the ledger's.
pub fn list(
    view: &dyn View,
    facts: &Facts,
    wanted: &Resolved,
    question: &Question<'_>,
    part: Part,
) -> Result<(Page<Due, DueKey>, u64), Error> {
    let horizon = question.calendar.add(question.as_of, question.within);
    let horizon = horizon.map_err(calendar_missing)?;
    let mut found: Vec<(DueKey, CivilDate, DueState, CommitmentRow)> = Vec::new();
    rows::every(view, &wanted.among(view)?, |first, row: CommitmentRow| {
        if first <= part.until && row.withdrawn.is_none() && wanted.passes(&row) {
            let Validity::Until(on) = row.validity else {
                return;
            };
            let state = standing(&row, on, question.as_of, horizon);
            if let Some(state) = state.filter(|state| question.state.is_none_or(|asked| asked == *state)) {
                let key = DueKey { on: on.key(), first };
                found.push((key, on, state, row));
            }
        }
    })?;
    found.sort_unstable_by_key(|(key, ..)| *key);
    let total = found.len() as u64;
    let mut rest = found.into_iter().filter(|(key, ..)| *key > part.after).peekable();
    let mut page = Page {
        items: Vec::new(),
        next: None,
    };
    let mut last = None;
    while page.items.len() < part.size {
        let Some((key, on, state, row)) = rest.next() else {
            return Ok((page, total));
        };
        let days = |from, until| question.calendar.between(from, until);
        page.items.push(Due {
            read: shown(view, facts, key.first, row, row.current)?,
            on,
            state,
            left: days(question.as_of, on).map_err(calendar_missing)?,
            overdue: match state {
                DueState::Due => None,
                DueState::Overdue => days(on, question.as_of).ok(),
            },
        });
        last = Some(key);
    }
    page.next = last.filter(|_| rest.peek().is_some());
    Ok((page, total))
}

/// Where a promise that ends on a day stands on another one.
fn standing(
    row: &CommitmentRow,
    ends_on: CivilDate,
    as_of: CivilDate,
    horizon: CivilDate,
) -> Option<DueState> {
    let performed = row.performance.map(|columns| columns.state);
    if ends_on < as_of {
        return match performed {
            Some(PerformanceState::Full) => None,
            Some(PerformanceState::Partial | PerformanceState::Unperformed) | None => Some(DueState::Overdue),
        };
    }
    (row.made_on <= as_of && ends_on <= horizon && performed.is_none()).then_some(DueState::Due)
}

/// What became of commitments, in counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    pub commitments: u64,
    /// Of those, the ones that ended before the day asked about.
    pub fell_due: u64,
    /// Of those that fell due, with a performance record.
    pub full: u64,
    pub partial: u64,
    pub unperformed: u64,
    /// With a performance record although they did not fall due.
    pub recorded_early: u64,
}

impl Tally {
    /// Commitments that fell due and have a performance record.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.full + self.partial + self.unperformed
    }

    /// The ratio 履约践诺率 in hundredths of a percent, rounded down; `None` if nothing fell due.
    #[must_use]
    pub fn ratio_basis_points(&self) -> Option<u32> {
        let ratio = (self.recorded() * 10_000).checked_div(self.fell_due)?;
        Some(u32::try_from(ratio).expect("a part is at most the whole"))
    }

    fn add(&mut self, row: &CommitmentRow, as_of: CivilDate) {
        self.commitments += 1;
        let fell_due = matches!(row.validity, Validity::Until(on) if on < as_of);
        self.fell_due += u64::from(fell_due);
        let Some(columns) = row.performance else { return };
        if !fell_due {
            self.recorded_early += 1;
            return;
        }
        match columns.state {
            PerformanceState::Full => self.full += 1,
            PerformanceState::Partial => self.partial += 1,
            PerformanceState::Unperformed => self.unperformed += 1,
        }
    }
}

/// Counts in total and by the given dimensions; withdrawn commitments are left out.
///
/// # Errors
/// The view's.
pub fn count(
    view: &dyn View,
    wanted: &Resolved,
    dimensions: &[CountDimension],
    as_of: CivilDate,
) -> Result<(Tally, BTreeMap<Vec<CountKey>, Tally>), Error> {
    let mut total = Tally::default();
    let mut by_keys: BTreeMap<Vec<CountKey>, Tally> = BTreeMap::new();
    rows::every(view, &wanted.among(view)?, |_, row: CommitmentRow| {
        if row.withdrawn.is_none() && wanted.passes(&row) {
            total.add(&row, as_of);
            if !dimensions.is_empty() {
                let keys = dimensions.iter().map(|by| key_of(&row, *by)).collect();
                by_keys.entry(keys).or_default().add(&row, as_of);
            }
        }
    })?;
    Ok((total, by_keys))
}
