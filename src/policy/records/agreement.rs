//! Whether the files agree: no name for two things, no list that is not there, every record complete.

use std::collections::HashMap;

use super::{LISTS, LayoutRows, SEVERITY};
use crate::domain::layout::{BodyRule, ItemType, Layout, LayoutItem, Role, ValueList, header_key};
use crate::domain::record::RecordKind;
use crate::domain::severity::{Severities, When};
use crate::policy::Mistake;

/// The list of the kinds of penalty, of which the rules about levels speak.
const PENALTY_KINDS: &str = "penalty_kind";

pub fn disagreements(
    layouts: &[(&str, LayoutRows)],
    lists: &[(usize, ValueList)],
    severities: &Severities,
) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut codes = HashMap::new();
    for (file, (layout, lines)) in layouts {
        if let Some(other) = codes.insert(&layout.code, file) {
            mistakes.push(Mistake::whole(
                file,
                format!("{} is also the layout of {other}", layout.code),
            ));
        }
        names_of_items(&mut mistakes, file, layout, lines);
        parts_of_items(&mut mistakes, file, layout, lines, lists);
        completeness(&mut mistakes, file, layout);
    }
    names_of_values(&mut mistakes, lists);
    kinds_of_levels(&mut mistakes, lists, severities);
    mistakes
}

fn at(file: &str, line: usize, text: String) -> Mistake {
    Mistake {
        file: file.to_owned(),
        line: Some(line),
        column: None,
        text,
    }
}

fn names_of_items(mistakes: &mut Vec<Mistake>, file: &str, layout: &Layout, lines: &[usize]) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (item, line) in layout.items().iter().zip(lines) {
        for name in item.names() {
            match seen.insert(header_key(name), &item.code) {
                Some(other) if other != item.code => {
                    mistakes.push(at(
                        file,
                        *line,
                        format!("`{name}` names {other} and {}", item.code),
                    ));
                }
                Some(_) => mistakes.push(at(
                    file,
                    *line,
                    format!("`{name}` is a name of {} twice", item.code),
                )),
                None => {}
            }
        }
    }
}

fn parts_of_items(
    mistakes: &mut Vec<Mistake>,
    file: &str,
    layout: &Layout,
    lines: &[usize],
    lists: &[(usize, ValueList)],
) {
    let mut roles = HashMap::new();
    for (item, line) in layout.items().iter().zip(lines) {
        if let ItemType::Choice(list) | ItemType::Choices(list) = &item.item_type
            && !lists.iter().any(|(_, other)| other.code == *list)
        {
            mistakes.push(at(file, *line, format!("{LISTS} has no list `{list}`")));
        }
        let Some(role) = item.role else { continue };
        if !is_of_type(role, &item.item_type) {
            let text = format!("an item of the role {role:?} cannot be of this type");
            mistakes.push(at(file, *line, text));
        }
        let is_repeatable = matches!(role, Role::PartyOlderCode | Role::PenaltyKinds);
        if let Some(other) = roles.insert(role, &item.code).filter(|_| !is_repeatable) {
            let text = format!("{other} and {} have the same role {role:?}", item.code);
            mistakes.push(at(file, *line, text));
        }
    }
}

/// Says whether checks can read an item of the role; they rest on the answer.
fn is_of_type(role: Role, item_type: &ItemType) -> bool {
    let is_list = |name: &str| matches!(item_type, ItemType::Choice(list) if list == name);
    match role {
        Role::PartyName
        | Role::Representative
        | Role::BodyName
        | Role::SourceName
        | Role::Number
        | Role::NumberStandIn
        | Role::PowerItem
        | Role::Content
        | Role::LicenceTaken
        | Role::Basis
        | Role::TargetBodyName
        | Role::TargetNumber
        | Role::Scale
        | Role::Level
        | Role::Violations => *item_type == ItemType::Text,
        Role::PartyKind => is_list("party_kind"),
        Role::PartyDocumentKind | Role::RepresentativeDocumentKind => is_list("document_kind"),
        Role::Severity => is_list("severity"),
        Role::Publication => is_list("publication"),
        Role::Procedure => is_list("procedure"),
        Role::TargetKind => is_list("record_kind"),
        Role::State | Role::Outcome | Role::InspectionOutcome => matches!(item_type, ItemType::Choice(_)),
        Role::Matter => matches!(item_type, ItemType::Text | ItemType::Choice(_)),
        Role::PenaltyKinds => matches!(item_type, ItemType::Choices(list) if list == PENALTY_KINDS),
        Role::PartyCode | Role::BodyCode | Role::SourceCode | Role::TargetBodyCode => {
            *item_type == ItemType::SocialCreditCode
        }
        Role::PartyOlderCode => matches!(item_type, ItemType::Older(_)),
        Role::PartyDocument | Role::RepresentativeDocument => *item_type == ItemType::Document,
        Role::DecidedOn | Role::ShownOn | Role::ValidFrom | Role::TargetDecidedOn => {
            *item_type == ItemType::Date
        }
        Role::Until | Role::PublicityUntil => *item_type == ItemType::Until,
        Role::FineAmount | Role::ConfiscationAmount => *item_type == ItemType::Money,
        Role::Score => *item_type == ItemType::Decimal,
        Role::Division => *item_type == ItemType::Division,
        Role::SourceKey | Role::SourceBatch => *item_type == ItemType::Ignored,
    }
}

/// A layout of records says who was decided upon, by whom, under which number, and when: checks rest on it.
fn completeness(mistakes: &mut Vec<Mistake>, file: &str, layout: &Layout) {
    let Some(kind) = layout.kind else { return };
    let target: &[Role] = match kind {
        RecordKind::Ruling => &[
            Role::TargetKind,
            Role::TargetBodyCode,
            Role::TargetNumber,
            Role::Outcome,
        ],
        RecordKind::Penalty => &[Role::PenaltyKinds],
        RecordKind::Licence
        | RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult => &[],
    };
    let body = match layout.role(Role::BodyCode) {
        Some(_) => Role::BodyCode,
        None => Role::BodyName,
    };
    let always = [Role::PartyName, Role::Number, Role::DecidedOn, body];
    for role in always.iter().chain(target) {
        if !layout.role(*role).is_some_and(LayoutItem::is_always_needed) {
            mistakes.push(Mistake::whole(
                file,
                format!("no item that is always needed has the role {role:?}"),
            ));
        }
    }
    for role in [Role::PartyCode, Role::PartyDocument] {
        if layout.role(role).is_none() {
            mistakes.push(Mistake::whole(file, format!("no item has the role {role:?}")));
        }
    }
    let source = layout
        .role(Role::SourceCode)
        .is_some_and(LayoutItem::is_always_needed);
    if layout.body == BodyRule::Anyone && !source {
        mistakes.push(Mistake::whole(
            file,
            "rows of any organ must name who of the district supplies them: no item that is always needed has \
             the role SourceCode",
        ));
    }
}

fn names_of_values(mistakes: &mut Vec<Mistake>, lists: &[(usize, ValueList)]) {
    let mut codes = HashMap::new();
    for (line, list) in lists {
        if codes.insert(&list.code, line).is_some() {
            mistakes.push(at(LISTS, *line, format!("list `{}` is there twice", list.code)));
        }
        let mut seen: HashMap<String, &str> = HashMap::new();
        for value in list.values() {
            for name in value.names() {
                if let Some(other) = seen.insert(header_key(name), &value.code) {
                    let text = format!(
                        "`{name}` of list `{}` names {other} and {}",
                        list.code, value.code
                    );
                    mistakes.push(at(LISTS, *line, text));
                }
            }
        }
    }
}

fn kinds_of_levels(mistakes: &mut Vec<Mistake>, lists: &[(usize, ValueList)], severities: &Severities) {
    let list = lists
        .iter()
        .map(|(_, list)| list)
        .find(|list| list.code == PENALTY_KINDS);
    let Some(list) = list else {
        mistakes.push(Mistake::whole(
            LISTS,
            format!("there is no list `{PENALTY_KINDS}`"),
        ));
        return;
    };
    let of_levels = severities.levels.iter().flat_map(|level| match &level.when {
        When::Kinds(kinds) => kinds.as_slice(),
        When::All | When::SimpleProcedure => &[],
    });
    for kind in of_levels.chain([&severities.fine_kind]) {
        if list.place(kind).is_none() {
            let text = format!("list `{PENALTY_KINDS}` has no value `{kind}`");
            mistakes.push(Mistake::whole(SEVERITY, text));
        }
    }
}
