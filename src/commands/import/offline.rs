//! What a file shows by itself: every check that needs no ledger, with the catalogue that is built in.
//!
//! Read first: [`judge`].

use super::commitments::{item_of, performance, reported};
use super::outcome::{BatchOutcome, Became, Found, RowOutcome};
use super::reading::Taken;
use crate::domain::civil_date::CivilDate;
use crate::domain::finding::Finding;
use crate::domain::layout::Layout;
use crate::domain::record::{ReportedRecord, Source};
use crate::ingest::check::check as check_commitment;
use crate::ingest::records::check;
use crate::policy::Policies;

/// Judges rows without a server; a row that passes counts as created.
#[must_use]
pub fn judge(policies: &Policies, layout: &Layout, rows: &[Taken], received_on: CivilDate) -> BatchOutcome {
    let row = |taken: &Taken| match layout.code.as_str() {
        "COMMITMENT" => commitment(policies, layout, taken, received_on),
        "PERFORMANCE" => performance_alone(policies, layout, taken, received_on),
        _ => record(policies, layout, taken, received_on),
    };
    BatchOutcome {
        rows: rows.iter().map(row).collect(),
        ..BatchOutcome::default()
    }
}

fn passes(findings: &[Finding]) -> Became {
    if findings.iter().any(|finding| finding.kind.refuses()) {
        Became::Refused
    } else {
        Became::Created
    }
}

fn found(finding: Finding, item: &dyn Fn(&str) -> String) -> Found {
    Found {
        item: item(&finding.field),
        kind: finding.kind,
        english: finding.english,
        chinese: finding.chinese,
    }
}

fn commitment(policies: &Policies, layout: &Layout, taken: &Taken, received_on: CivilDate) -> RowOutcome {
    let reported = reported(&policies.layouts, layout, &taken.items);
    let checked = check_commitment(&reported, &policies.catalog, received_on);
    let item = |field: &str| item_of(field).to_owned();
    let became = passes(&checked.findings);
    let performed = checked.performance.map(|performance| {
        let became = if became == Became::Refused {
            became
        } else {
            passes(&performance.findings)
        };
        (became, performance.findings)
    });
    let (performance, further) = performed.unzip();
    let all = checked.findings.into_iter().chain(further.unwrap_or_default());
    RowOutcome {
        became,
        found: all.map(|finding| found(finding, &item)).collect(),
        performance,
    }
}

/// Without the commitment it belongs to, whose day of promise is unknown here.
fn performance_alone(
    policies: &Policies,
    layout: &Layout,
    taken: &Taken,
    received_on: CivilDate,
) -> RowOutcome {
    let Some(reported) = performance(&policies.layouts, layout, &taken.items) else {
        return record(policies, layout, taken, received_on);
    };
    let first_day = CivilDate::new(1, 1, 1).expect("the first day there is");
    let checked =
        crate::ingest::check::check_performance(&reported, first_day, &policies.catalog, received_on);
    let item = |field: &str| item_of(&format!("performance.{field}")).to_owned();
    let whole = |field: &str| {
        let whole = item_of(field);
        if whole.is_empty() {
            item(field)
        } else {
            whole.to_owned()
        }
    };
    RowOutcome {
        became: passes(&checked.findings),
        found: checked
            .findings
            .into_iter()
            .map(|finding| found(finding, &whole))
            .collect(),
        performance: None,
    }
}

/// The row as a layout of records has it; also layouts of files alone are checked item by item.
#[must_use]
pub fn reported_record(layout: &Layout, taken: &Taken) -> ReportedRecord {
    let items = taken.items.iter();
    ReportedRecord {
        layout: layout.code.clone(),
        items: items
            .map(|(place, text)| (layout.items()[*place].code.clone(), text.clone()))
            .collect(),
        source: Source::default(),
    }
}

fn record(policies: &Policies, layout: &Layout, taken: &Taken, received_on: CivilDate) -> RowOutcome {
    let reported = reported_record(layout, taken);
    let layouts = &policies.layouts;
    let findings = match layout.kind {
        Some(_) => check::check(&reported, None, layouts, &policies.catalog, received_on).findings,
        None => check::check_items(&reported, None, layout, layouts, received_on).findings,
    };
    let same = |field: &str| field.to_owned();
    RowOutcome {
        became: passes(&findings),
        found: findings
            .into_iter()
            .map(|finding| found(finding, &same))
            .collect(),
        performance: None,
    }
}
