//! Which decision a ruling is about, and what it does to it.

use crate::domain::catalog::Catalog;
use crate::domain::civil_date::CivilDate;
use crate::domain::finding::Rule;
use crate::domain::layout::Role;
use crate::domain::record::{RecordKind, Target, Value};

use super::row::Row;

impl Row<'_> {
    /// `None` where an item is missing or wrong, which has its own finding.
    pub fn target(&mut self, catalog: &Catalog, ruled_on: Option<CivilDate>) -> Option<Target> {
        let decided_on = self.date(Role::TargetDecidedOn);
        if let (Some(item), Some(decided_on), Some(ruled_on)) =
            (self.layout.role(Role::TargetDecidedOn), decided_on, ruled_on)
            && decided_on > ruled_on
        {
            self.reject(
                item,
                Rule::TargetAfterRuling,
                "lies after the ruling about it; correct one of the two dates.",
                "晚于裁决日期，请更正其中一个日期。",
            );
        }
        let body = self.code(Role::TargetBodyCode);
        if let Some((item, code)) = body
            && catalog.accepting_body(&code).is_none()
        {
            self.foreign(item);
        }
        let kind = self.chosen(Role::TargetKind).first().and_then(|value| {
            let number = value.code.parse::<u8>().ok()?;
            RecordKind::try_from(number).ok()
        });
        let number = match self.value_of(self.layout.role(Role::TargetNumber)?)? {
            Value::Text(number) => number.clone(),
            Value::Date(_)
            | Value::Until(_)
            | Value::Fen(_)
            | Value::Millionths(_)
            | Value::Choices(_)
            | Value::Code(_)
            | Value::Document(_) => return None,
        };
        Some(Target {
            kind: kind?,
            body: body?.1,
            number,
            decided_on,
            end: self.chosen(Role::Outcome).iter().find_map(|value| value.end),
        })
    }
}
