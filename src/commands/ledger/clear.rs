//! The line of a fact that is sealed, and whose key is not at hand: its clear columns and no more.

use serde_json::{Map, Value, json};

use crate::store::record::ClearPart;

use super::{constant, finding, shown_validity, subject_kind};

/// One object with `"sealed": true` and the columns that stand in clear, under the names of a full line.
pub(super) fn line(part: &ClearPart) -> Map<String, Value> {
    let mut line = Map::from_iter([
        ("kind".to_owned(), json!(part.kind)),
        ("sealed".to_owned(), json!(true)),
        ("principal".to_owned(), json!(part.principal.as_str())),
        ("subject".to_owned(), json!(part.subject.0)),
    ]);
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            line.insert(name.to_owned(), value);
        }
    };
    let day = |on: crate::domain::civil_date::CivilDate| json!(on.to_string());
    put(
        "name",
        part.subject_name.map(|name| json!(format!("subjects/{name}"))),
    );
    put(
        "subject_kind",
        part.subject_kind.map(|kind| json!(subject_kind(kind))),
    );
    put("department", part.department.map(|code| json!(code.to_string())));
    put(
        "commitment_kind",
        part.commitment_kind
            .map(|kind| json!(constant(&format!("{kind:?}")))),
    );
    put(
        "publication",
        part.publication.map(|one| json!(constant(&format!("{one:?}")))),
    );
    put(
        "performance_state",
        part.performance
            .map(|state| json!(constant(&format!("{state:?}")))),
    );
    put("made_on", part.made_on.map(day));
    put("received_on", part.received_on.map(day));
    put("found_on", part.found_on.map(day));
    put("valid_until", part.validity.map(shown_validity));
    put("first", part.first.map(|first| json!(first.0)));
    put("snapshot", part.snapshot.map(|number| json!(number)));
    if part.snapshot.is_some() {
        let findings: Vec<Value> = part.findings.iter().map(finding).collect();
        put("findings", Some(json!(findings)));
    }
    line
}

/// A sealed fact of which this version can say nothing more than its kind.
pub(super) fn bare_line(kind: u16) -> Map<String, Value> {
    Map::from_iter([
        ("kind".to_owned(), json!(kind)),
        ("sealed".to_owned(), json!(true)),
    ])
}
