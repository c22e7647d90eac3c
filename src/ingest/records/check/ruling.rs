//! Which decision a ruling is about, and what it does to it.

use crate::domain::catalog::Catalog;
use crate::domain::civil_date::CivilDate;
use crate::domain::finding::Rule;
use crate::domain::layout::Role;
use crate::domain::record::{RecordKind, Target};

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
        let kind = self.chosen(Role::TargetKind).first().and_then(|value| {
            let number = value.code.parse::<u8>().ok()?;
            RecordKind::try_from(number).ok()
        });
        let body = self.code(Role::TargetBodyCode);
        // A court may rule on the ruling of another organ; every other decision is of this district.
        if let Some((item, code)) = body
            && kind != Some(RecordKind::Ruling)
            && catalog.accepting_body(&code).is_none()
        {
            self.foreign(item);
        }
        let number = self.value(Role::TargetNumber)?.text()?.to_owned();
        Some(Target {
            kind: kind?,
            body: body?.1,
            number,
            decided_on,
            end: self.chosen(Role::Outcome).iter().find_map(|value| value.end),
        })
    }
}
