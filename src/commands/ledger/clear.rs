//! The line of a fact that is sealed, and whose key is not at hand: its clear columns and no more.

use serde_json::{Map, Value, json};

use crate::store::record::{ClearPart, Column};

use super::{constant, finding, shown_validity};

/// One object with `"sealed": true` and the columns that stand in clear, under the names of a full line.
pub(super) fn line(part: &ClearPart) -> Map<String, Value> {
    let mut line = Map::from_iter([
        ("kind".to_owned(), json!(part.kind)),
        ("sealed".to_owned(), json!(true)),
        ("principal".to_owned(), json!(part.principal.as_str())),
        ("subject".to_owned(), json!(part.subject.0)),
    ]);
    for (name, column) in &part.columns {
        line.insert((*name).to_owned(), value(column));
    }
    if !part.findings.is_empty() {
        let findings: Vec<Value> = part.findings.iter().map(finding).collect();
        line.insert("findings".to_owned(), json!(findings));
    }
    line
}

fn value(column: &Column) -> Value {
    match column {
        Column::Number(number) => json!(number),
        Column::Numbers(numbers) => json!(numbers),
        Column::Text(text) => json!(text),
        Column::Choice(name) => json!(constant(name)),
        Column::Day(on) => json!(on.to_string()),
        Column::Validity(validity) => shown_validity(*validity),
    }
}

/// A sealed fact of which this version can say nothing more than its kind.
pub(super) fn bare_line(kind: u16) -> Map<String, Value> {
    Map::from_iter([
        ("kind".to_owned(), json!(kind)),
        ("sealed".to_owned(), json!(true)),
    ])
}
