//! What was reported, whatever its kind: who decided when, and when it came here.

use crate::domain::catalog::{Catalog, DepartmentCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::CommitmentKind;
use crate::domain::reporting::{DataKind, Reporter};
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::ingest::commands::CommitmentName;
use crate::ingest::read::commitment_fact;
use crate::ingest::rows::{self, Among, Error, within};
use crate::store::View;
use crate::store::keys::CommitmentRow;
use crate::store::keys::records::RecordRow;
use crate::store::record::Facts;

/// One row that was reported and stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub data: DataKind,
    /// Revision at which it was first recorded.
    pub first: Revision,
    pub department: DepartmentCode,
    /// The accepting or deciding body.
    pub body: SocialCreditCode,
    /// Day of the promise or decision.
    pub decided_on: CivilDate,
    /// Day of receipt of the first snapshot.
    pub received_on: CivilDate,
    /// Of a commitment: its kind, and how it is worded, as a hash under the lookup key.
    pub promise: Option<(CommitmentKind, [u8; 16])>,
}

impl Arrival {
    /// By whom it was reported: its department, and its body if that is one of the catalogue's.
    #[must_use]
    pub fn reporters(&self, catalog: &Catalog) -> Vec<Reporter> {
        let body = catalog.body(&self.body).map(|body| Reporter::Body(body.code));
        std::iter::once(Reporter::Department(self.department))
            .chain(body)
            .collect()
    }
}

/// Which arrivals are meant; what is `None` lets everything pass, all else applies together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Filter {
    pub data: Option<DataKind>,
    pub department: Option<DepartmentCode>,
    pub body: Option<SocialCreditCode>,
    /// First and last day of receipt, both included.
    pub received_from: Option<CivilDate>,
    pub received_until: Option<CivilDate>,
    /// First and last day of the promise or decision, both included.
    pub decided_from: Option<CivilDate>,
    pub decided_until: Option<CivilDate>,
}

impl Filter {
    fn passes(&self, one: &Arrival) -> bool {
        self.data.is_none_or(|data| data == one.data)
            && self.department.is_none_or(|code| code == one.department)
            && self.body.is_none_or(|code| code == one.body)
            && within(one.received_on, self.received_from, self.received_until)
            && within(one.decided_on, self.decided_from, self.decided_until)
    }
}

/// Hands every arrival that passes to `take`: commitments, then records, each in the order of recording.
///
/// # Errors
/// The view's.
pub fn every(view: &dyn View, filter: &Filter, mut take: impl FnMut(&Arrival)) -> Result<(), Error> {
    if filter.data.is_none_or(|data| data == DataKind::Commitment) {
        rows::every(view, &Among::All, |first, row: CommitmentRow| {
            let arrival = Arrival {
                data: DataKind::Commitment,
                first,
                department: row.department,
                body: row.body,
                decided_on: row.made_on,
                received_on: row.received_on,
                promise: Some((row.kind, row.wording)),
            };
            if row.withdrawn.is_none() && filter.passes(&arrival) {
                take(&arrival);
            }
        })?;
    }
    if filter.data.is_none_or(|data| data != DataKind::Commitment) {
        rows::every(view, &Among::All, |first, row: RecordRow| {
            let arrival = Arrival {
                data: row.kind.into(),
                first,
                department: row.department,
                body: row.body,
                decided_on: row.decided_on,
                received_on: row.received_on,
                promise: None,
            };
            if row.state().stands() && filter.passes(&arrival) {
                take(&arrival);
            }
        })?;
    }
    Ok(())
}

/// The resource name of an arrival.
///
/// # Errors
/// The view's and the ledger's.
pub fn name(view: &dyn View, facts: &Facts, arrival: &Arrival) -> Result<String, Error> {
    if arrival.data == DataKind::Commitment {
        let row: CommitmentRow = rows::row(view, arrival.first)?;
        let (fact, _) = commitment_fact(facts, row.current)?;
        let (body, code) = (fact.commitment.accepting_body_code, fact.commitment.code);
        return Ok(CommitmentName { body, code }.to_string());
    }
    let row: RecordRow = rows::row(view, arrival.first)?;
    Ok(row.name.to_string())
}
