//! Zero reports 零报告: a month is confirmed as truly empty, or forgotten.
//!
//! A month is that of the promise or decision, not of the receipt. Read first: [`list`].

use std::collections::BTreeMap;

use super::arrivals::{self, Filter};
use super::excuses::reporter_unknown;
use crate::domain::catalog::Catalog;
use crate::domain::civil_date::Month;
use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::reporting::{DataKind, Reporter, expected, is_known};
use crate::domain::revision::{Instant, Revision};
use crate::domain::supervision_fact::{SupervisionFact, ZeroReportFact};
use crate::group::Group;
use crate::ingest::commands::Failure;
use crate::ingest::rows::{Error, contradiction};
use crate::store::keys::supervision::zero_report_key;
use crate::store::record::Facts;
use crate::store::{self, View, keys};

/// Confirms that a month is truly empty.
#[derive(Clone, Debug)]
pub struct ConfirmZero {
    pub reporter: Reporter,
    pub data: DataKind,
    pub month: Month,
    pub remarks: String,
    /// Rows of the month that were found before it was asked for, by [`rows`].
    pub rows: u64,
}

/// What a reporter did for a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporting {
    /// Rows of the month are here.
    Reported,
    /// None are, and the reporter confirms it.
    ConfirmedZero,
    /// Rows are here although the month was confirmed as empty.
    Contradicted,
    /// Neither rows nor a zero report.
    Silent,
}

/// A reporter in a month.
#[derive(Clone, Debug)]
pub struct MonthRead {
    pub reporter: Reporter,
    pub rows: u64,
    pub zero: Option<(ZeroReportFact, Revision, Instant)>,
}

impl MonthRead {
    #[must_use]
    pub fn reporting(&self) -> Reporting {
        match (self.rows > 0, self.zero.is_some()) {
            (true, false) => Reporting::Reported,
            (false, true) => Reporting::ConfirmedZero,
            (true, true) => Reporting::Contradicted,
            (false, false) => Reporting::Silent,
        }
    }
}

fn find(
    view: &dyn View,
    reporter: Reporter,
    data: DataKind,
    month: Month,
) -> Result<Option<Revision>, store::Error> {
    let found = view.get(keys::ZERO_REPORT, &zero_report_key(reporter, data, month))?;
    Ok(found.map(|bytes| keys::revision_value(&bytes)))
}

/// Records a zero report; a second one for the same month changes nothing. The rows of the month are
/// counted before, since no command reads whole tables; what comes in between shows as contradicted.
///
/// # Errors
/// `DEPARTMENT_UNKNOWN`, `BODY_UNKNOWN`, `MONTH_NOT_OVER`, `MONTH_NOT_EMPTY`; the view's.
pub fn confirm(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &ConfirmZero,
) -> Result<RowOutcome, Failure> {
    if !is_known(group.catalog(), command.reporter) {
        return Err(Failure::Refused(reporter_unknown(command.reporter)));
    }
    if group.today() <= command.month.last_day() {
        let refusal = Refusal::plain(Reason::MonthNotOver).with("month", command.month.to_string());
        return Err(Failure::Refused(refusal));
    }
    if let Some(revision) = find(group, command.reporter, command.data, command.month)? {
        return Ok(RowOutcome::of(Outcome::Repeated, revision, 1, Vec::new()));
    }
    if command.rows > 0 {
        let refusal = Refusal::plain(Reason::MonthNotEmpty)
            .with("reporter", command.reporter.to_string())
            .with("month", command.month.to_string())
            .with("rows", command.rows.to_string());
        return Err(Failure::Refused(refusal));
    }
    let fact = ZeroReportFact {
        reporter: command.reporter,
        data: command.data,
        month: command.month,
        remarks: command.remarks.clone(),
        received_on: group.today(),
    };
    let fact = Fact::Supervision(SupervisionFact::ZeroReported(fact));
    let revision = group.push(principal, fact)?;
    Ok(RowOutcome::of(Outcome::Created, revision, 1, Vec::new()))
}

/// Counts the rows of a reporter in a month.
///
/// # Errors
/// The view's.
pub fn rows(
    view: &dyn View,
    catalog: &Catalog,
    reporter: Reporter,
    data: DataKind,
    month: Month,
) -> Result<u64, Error> {
    let counts = rows_of(view, catalog, data, month)?;
    Ok(counts.get(&reporter).copied().unwrap_or(0))
}

fn rows_of(
    view: &dyn View,
    catalog: &Catalog,
    data: DataKind,
    month: Month,
) -> Result<BTreeMap<Reporter, u64>, Error> {
    let filter = Filter {
        data: Some(data),
        decided_from: Some(month.first_day()),
        decided_until: Some(month.last_day()),
        ..Filter::default()
    };
    let mut counts = BTreeMap::new();
    arrivals::every(view, &filter, |one| {
        for reporter in one.reporters(catalog) {
            *counts.entry(reporter).or_default() += 1;
        }
    })?;
    Ok(counts)
}

/// Lists those who are expected to report a kind of data for a month, and all others who confirmed it as
/// empty, in the order of the catalogue.
///
/// # Errors
/// The view's and the ledger's.
pub fn list(
    view: &dyn View,
    facts: &Facts,
    catalog: &Catalog,
    data: DataKind,
    month: Month,
) -> Result<Vec<MonthRead>, Error> {
    let counts = rows_of(view, catalog, data, month)?;
    let mut reporters = expected(catalog, data, month);
    let departments = catalog
        .departments()
        .iter()
        .map(|one| Reporter::Department(one.code));
    let bodies = catalog.bodies().iter().map(|one| Reporter::Body(one.code));
    for reporter in departments.chain(bodies) {
        if !reporters.contains(&reporter) && find(view, reporter, data, month)?.is_some() {
            reporters.push(reporter);
        }
    }
    let mut read = Vec::with_capacity(reporters.len());
    for reporter in reporters {
        let zero = match find(view, reporter, data, month)? {
            None => None,
            Some(revision) => {
                let (recorded, at) = facts.fact(revision)?;
                let Fact::Supervision(SupervisionFact::ZeroReported(fact)) = recorded.fact else {
                    return Err(contradiction(revision));
                };
                Some((fact, revision, at))
            }
        };
        read.push(MonthRead {
            reporter,
            rows: counts.get(&reporter).copied().unwrap_or(0),
            zero,
        });
    }
    Ok(read)
}
