//! Checks a reported row by its layout and lists all that is wrong, not the first alone.
//!
//! What needs the ledger or the register (repeats, corrections, name against code) is decided elsewhere.
//!
//! | step | file | what |
//! |---|---|---|
//! | 1 | `items` | every item by itself: cleaned, its type, its list, its length |
//! | 2 | `party` | whom the row is about: kind, codes, documents |
//! | 3 | `body` | who decided, who supplies the row |
//! | 4 | `decision` | dates, and what the row says of its state |
//! | 5 | `penalty`, `ruling` | what one kind of record asks for |
//!
//! Source: `domain.md` 2.6, 2.8, 14.

use crate::domain::catalog::{Catalog, DepartmentCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::layout::{Layout, Layouts, Need, Role};
use crate::domain::record::{End, Item, Record, RecordKind, ReportedRecord};
use crate::domain::subject::SubjectKind;

mod body;
mod decision;
mod items;
mod party;
mod penalty;
mod row;
mod ruling;
#[cfg(test)]
mod tests;

use row::Row;

/// A row after its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedRecord {
    /// The department of the deciding body; where that is not this district's, of the decision that a
    /// ruling is about, else of the source of the data. `None` where the catalogue knows none of them.
    pub department: Option<DepartmentCode>,
    /// `None` if and only if one of `findings` refuses.
    pub record: Option<Record>,
    /// The end to which the row itself says the record has come 当前状态, 公示状态; `None` where it stands.
    pub ended: Option<End>,
    /// In the order of the layout; a recorded row may have some. Fields are codes of items.
    pub findings: Vec<Finding>,
}

/// The items of a row after the checks that every layout asks for, and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedItems {
    /// All items that are filled and right, in the order of the layout.
    pub items: Vec<Item>,
    /// `None` where the layout names no party, or the row's is not right.
    pub party: Option<crate::domain::record::Party>,
    pub findings: Vec<Finding>,
}

/// Checks a row received on a day against the layouts and the catalogue in force.
///
/// `party_kind` is what was said of all rows of an import whose file has no such column.
#[must_use]
pub fn check(
    reported: &ReportedRecord,
    party_kind: Option<SubjectKind>,
    layouts: &Layouts,
    catalog: &Catalog,
    received_on: CivilDate,
) -> CheckedRecord {
    let layout = layouts.layout(&reported.layout);
    let Some((layout, kind)) = layout.and_then(|layout| Some((layout, layout.kind?))) else {
        return CheckedRecord {
            department: None,
            record: None,
            ended: None,
            findings: vec![unknown_layout(layouts)],
        };
    };
    let mut row = Row::read(reported, layout, layouts, received_on);
    let party = row.party(party_kind);
    let number = row.number();
    let decided_on = row.decided_on();
    let bodies = row.bodies(catalog, decided_on);
    let until = row.dates(decided_on);
    let ended = row.ended();
    let severity = row.severity(kind, party.as_ref(), bodies.department, decided_on);
    row.publicity(kind, severity, decided_on);
    row.penalty();
    row.basis(decided_on);
    row.division(catalog, decided_on);
    let target = (kind == RecordKind::Ruling).then(|| row.target(catalog, decided_on));
    row.needs(party.as_ref().map(|party| party.kind));
    let matter = row.matter();
    let items = row.take_items();
    let findings = row.into_findings();
    let is_refused = findings.iter().any(|finding| finding.kind.refuses());
    let record = || {
        Some(Record {
            kind,
            layout: layout.code.clone(),
            party: party?,
            body: bodies.body?,
            number: number?,
            decided_on: decided_on?,
            until: until.unwrap_or(Validity::NotStated),
            severity,
            matter,
            target: match target {
                Some(target) => Some(target?),
                None => None,
            },
            items,
        })
    };
    CheckedRecord {
        department: bodies.department,
        record: if is_refused { None } else { record() },
        ended,
        findings,
    }
}

/// Checks the items of a row, and whom it is about, by any layout; for layouts of files alone.
#[must_use]
pub fn check_items(
    reported: &ReportedRecord,
    party_kind: Option<SubjectKind>,
    layout: &Layout,
    layouts: &Layouts,
    received_on: CivilDate,
) -> CheckedItems {
    let mut row = Row::read(reported, layout, layouts, received_on);
    let names_party = layout.role(Role::PartyCode).is_some();
    let party = names_party.then(|| row.party(party_kind)).flatten();
    for item in layout.items() {
        if item.role == Some(Role::Number)
            && item.needs.contains(&Need::Always)
            && row.text_of(item).is_empty()
        {
            row.required(item);
        }
    }
    row.needs(party.as_ref().map(|party| party.kind));
    CheckedItems {
        items: row.take_items(),
        party,
        findings: row.into_findings(),
    }
}

fn unknown_layout(layouts: &Layouts) -> Finding {
    let known = layouts.layouts().iter().filter(|layout| layout.kind.is_some());
    let known: Vec<&str> = known.map(|layout| layout.code.as_str()).collect();
    Finding {
        field: "layout".into(),
        rule: Rule::LayoutUnknown,
        kind: CheckKind::Reject,
        english: format!(
            "The layout is none of credit records; name one of {}.",
            known.join(", ")
        ),
        chinese: format!("格式不是信用记录的格式，请从{}中选择。", known.join("、")),
    }
}
