//! To which sectors records belong: by dated data as they come in, by an officer where that is silent.
//!
//! What matches nothing is kept as unattributed, listed and counted; it is never spread over all sectors
//! and never dropped. Read first: [`of_record`]; then [`attribute`].

use std::collections::BTreeMap;

use crate::domain::catalog::{DepartmentCode, SectorCode};
use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::record::Record;
use crate::domain::record_name::RecordName;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::subject_fact::{AttributionFact, RecordClass, SubjectFact};
use crate::group::Group;
use crate::group::fold::records::row;
use crate::ingest::commands::Failure;
use crate::ingest::rows::{Page, Span};
use crate::store::keys::subjects as layout;
use crate::store::{Error, View, keys};

use super::place;

/// Most records that one decision about a class attributes; the rest of the class is attributed by asking
/// again.
pub const ATTRIBUTED_MAX: usize = 1_000;

/// Rows that one page looks at.
const ROWS_PER_PAGE_MAX: usize = 20_000;

/// What an officer attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Record(RecordName),
    Class(RecordClass),
}

/// An officer's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub target: Target,
    /// None means that it belongs to no sector.
    pub sectors: Vec<SectorCode>,
    pub reason: String,
}

/// The sectors of a record that comes in: by an officer's decision about its class, else by the data in
/// force.
///
/// # Errors
/// As the view's.
pub fn of_record(group: &Group<'_>, record: &Record) -> Result<Vec<SectorCode>, Error> {
    let matter = record.matter.as_deref().unwrap_or_default();
    let class = layout::class_hash(record.kind, &record.body, matter);
    let decided = group.get(keys::ATTRIBUTION, &layout::attributed_class_key(&class))?;
    Ok(match decided {
        Some(value) => layout::attributed_sectors(&value),
        None => group.policies().attribution.sectors(
            record.kind,
            &record.body,
            record.matter.as_deref(),
            record.decided_on,
        ),
    })
}

/// The sectors of a recorded record, and whether an officer attributed it.
///
/// # Errors
/// As the view's.
pub fn sectors(view: &dyn View, first: Revision) -> Result<(Vec<SectorCode>, bool), Error> {
    let found = view.get(keys::ATTRIBUTION, &layout::attributed_record_key(first))?;
    Ok(found.map_or_else(Default::default, |value| {
        (
            layout::attributed_sectors(&value),
            layout::attributed_by_officer(&value),
        )
    }))
}

/// Records an officer's decision; the outcome's snapshot is the number of records attributed.
///
/// # Errors
/// `RECORD_UNKNOWN`; `SECTOR_UNKNOWN`; the view's.
pub fn attribute(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &Attribute,
) -> Result<RowOutcome, Failure> {
    let mut sectors = command.sectors.clone();
    sectors.sort_unstable();
    sectors.dedup();
    for sector in &sectors {
        if group.policies().catalog.sector(*sector).is_none() {
            let refusal = Refusal::plain(Reason::SectorUnknown).with("name", format!("sectors/{sector}"));
            return Err(Failure::Refused(refusal));
        }
    }
    let (records, class, department) = match &command.target {
        Target::Record(name) => {
            let first = crate::ingest::records::commands::find(group, *name)?;
            let unknown = || Refusal::plain(Reason::RecordUnknown).with("name", name.to_string());
            let first = first.ok_or_else(|| Failure::Refused(unknown()))?;
            (vec![first], None, row(group, first)?.department)
        }
        Target::Class(class) => {
            let hash = layout::class_hash(class.kind, &class.body, &class.matter);
            let records = of_class(group, &hash)?;
            let body = group.policies().catalog.accepting_body(&class.body);
            let unknown = || Refusal::plain(Reason::BodyUnknown).with("body", class.body.to_string());
            let body = body.ok_or_else(|| Failure::Refused(unknown()))?;
            (records, Some(class.clone()), body.department)
        }
    };
    let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
    let fact = AttributionFact {
        records,
        class,
        sectors,
        department,
        reason: command.reason.clone(),
    };
    let fact = Fact::Subject(SubjectFact::Attributed(Box::new(fact)));
    let revision = group.push(principal, fact)?;
    Ok(RowOutcome::of(Outcome::Created, revision, count, Vec::new()))
}

/// The unattributed records of a class, at most [`ATTRIBUTED_MAX`].
fn of_class(view: &dyn View, class: &[u8; 16]) -> Result<Vec<Revision>, Error> {
    let mut records = Vec::new();
    place::each(
        view,
        keys::ATTRIBUTION,
        layout::unattributed_after(Revision(0)),
        |key, value| {
            let is_class = layout::unattributed_read(value).is_some_and(|(_, other)| other == *class);
            if is_class && records.len() < ATTRIBUTED_MAX {
                records.push(layout::unattributed_first(key));
            }
        },
    )?;
    Ok(records)
}

/// Lists unattributed records that stand, in the order of recording.
///
/// # Errors
/// As the view's.
pub fn unattributed(
    view: &dyn View,
    department: Option<DepartmentCode>,
    span: Span,
) -> Result<Page<RecordName, Revision>, Error> {
    let found = view.scan(
        keys::ATTRIBUTION,
        &layout::unattributed_after(span.after),
        ROWS_PER_PAGE_MAX,
    )?;
    let mut page = Page {
        items: Vec::new(),
        next: None,
    };
    let last = found.rows.len();
    for (place, (key, value)) in found.rows.iter().enumerate() {
        let first = layout::unattributed_first(key);
        if first > span.until {
            return Ok(page);
        }
        let stands_under = layout::unattributed_read(value).map(|(department, _)| department);
        if department.is_none_or(|wanted| stands_under == Some(wanted)) {
            let row = row(view, first)?;
            if row.state().stands() {
                page.items.push(row.name);
            }
        }
        let is_last = place + 1 == last;
        if page.items.len() == span.size || is_last {
            page.next = (!is_last || found.more).then_some(first);
            return Ok(page);
        }
    }
    Ok(page)
}

/// Counts unattributed records that stand, by department; only what occurs is counted.
///
/// # Errors
/// As the view's.
pub fn unattributed_counts(view: &dyn View) -> Result<BTreeMap<DepartmentCode, u64>, Error> {
    let mut rows = Vec::new();
    place::each(
        view,
        keys::ATTRIBUTION,
        layout::unattributed_after(Revision(0)),
        |key, value| {
            if let Some((department, _)) = layout::unattributed_read(value) {
                rows.push((layout::unattributed_first(key), department));
            }
        },
    )?;
    let mut counts = BTreeMap::new();
    for (first, department) in rows {
        if row(view, first)?.state().stands() {
            *counts.entry(department).or_default() += 1;
        }
    }
    Ok(counts)
}
