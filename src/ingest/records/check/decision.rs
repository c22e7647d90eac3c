//! Number and dates of the decision, its state, its level and its publicity.

use crate::domain::catalog::{Catalog, DepartmentCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::finding::Rule;
use crate::domain::law::LawFault;
use crate::domain::layout::{Class, Role};
use crate::domain::record::{End, Party, RecordKind, Severity, Value};
use crate::domain::severity::{Case, Level, Procedure, months_after};

use super::row::Row;

impl Row<'_> {
    /// The number of the decision, or what stands in for it.
    pub fn number(&mut self) -> Option<String> {
        let item = self.layout.role(Role::Number)?;
        if let Some(number) = self.value(Role::Number).and_then(Value::text) {
            return Some(number.to_owned());
        }
        if !self.text_of(item).is_empty() {
            return None;
        }
        let stand_in = self.value(Role::NumberStandIn).and_then(Value::text);
        if let Some(number) = stand_in.map(str::to_owned) {
            self.warn(
                item,
                Rule::NumberStandIn,
                "is empty; the licence number stands in for it.",
                "为空，以许可编号代替。",
            );
            return Some(number);
        }
        self.required(item);
        None
    }

    pub fn decided_on(&mut self) -> Option<CivilDate> {
        let item = self.layout.role(Role::DecidedOn)?;
        let decided_on = self.date(Role::DecidedOn)?;
        if decided_on > self.received_on {
            self.reject(
                item,
                Rule::FutureDate,
                "lies after the day of receipt; correct it.",
                "晚于接收日期，请更正。",
            );
            // Nothing that depends on the date can be said.
            return None;
        }
        if self.layout.until.is_some_and(|until| until < decided_on) {
            self.warn(
                item,
                Rule::LayoutPeriod,
                "lies after the last day of this layout; report later decisions in the newer one.",
                "晚于本格式的适用期，请改用新版格式报送。",
            );
        }
        Some(decided_on)
    }

    /// Compares begin and end of validity with each other and with the decision; returns the end.
    pub fn dates(&mut self, decided_on: Option<CivilDate>) -> Option<Validity> {
        let until = self.until(Role::Until);
        if let (Some(item), Some(from), Some(Validity::Until(until))) = (
            self.layout.role(Role::ValidFrom),
            self.date(Role::ValidFrom),
            until,
        ) && from > until
        {
            self.reject(
                item,
                Rule::ValidFromAfterUntil,
                "lies after the end of validity; the two may be swapped, their codes differ by one letter.",
                "晚于有效期至；两栏代码仅一个字母之差，疑似填反，请核对。",
            );
        }
        if let (Some(item), Some(decided_on), Some(Validity::Until(until))) =
            (self.layout.role(Role::Until), decided_on, until)
            && until < decided_on
        {
            self.warn(
                item,
                Rule::UntilBeforeDecision,
                "lies before the decision; compare the two dates.",
                "早于决定日期，请核对。",
            );
        }
        until
    }

    fn until(&self, role: Role) -> Option<Validity> {
        self.value(role)?.until()
    }

    /// The end that the row's own state says.
    pub fn ended(&self) -> Option<End> {
        self.chosen(Role::State).iter().find_map(|value| value.end)
    }

    /// The level: the row's own where it states one, else the one that the data give.
    pub fn severity(
        &mut self,
        kind: RecordKind,
        party: Option<&Party>,
        department: Option<DepartmentCode>,
        decided_on: Option<CivilDate>,
    ) -> Option<Severity> {
        let stated = self.chosen(Role::Severity).first().and_then(|value| {
            let number = value.code.parse::<u8>().ok()?;
            Severity::try_from(number).ok()
        });
        let procedure = self.procedure();
        let layouts = self.layouts;
        let penalty_kinds: Vec<String> = self
            .chosen(Role::PenaltyKinds)
            .iter()
            .map(|value| value.code.clone())
            .collect();
        let level = match (party, decided_on) {
            (Some(party), Some(decided_on)) => layouts.severities().level(&Case {
                kind,
                department,
                party: party.kind,
                penalty_kinds: &penalty_kinds,
                procedure,
                fine: self.fen(Role::FineAmount),
                decided_on,
            }),
            (None, _) | (_, None) => Level::None,
        };
        self.procedure_missing(procedure, stated, level);
        match (stated, level) {
            (Some(stated), Level::Known(severity, origin)) if stated != severity => {
                if let Some(item) = self.layout.role(Role::Severity) {
                    let source = &origin.source;
                    self.warn(
                        item,
                        Rule::SeverityDiffers,
                        &format!(
                            "differs from the level that the rules give; the row's own was taken ({source})."
                        ),
                        &format!("与规则得出的程度不一致，已按本行所填（{source}）。"),
                    );
                }
                Some(stated)
            }
            (Some(stated), Level::None | Level::Known(..) | Level::DependsOnProcedure) => Some(stated),
            (None, Level::Known(severity, _)) => Some(severity),
            (None, Level::None | Level::DependsOnProcedure) => None,
        }
    }

    fn procedure(&self) -> Option<Procedure> {
        if self.has_class(Role::Procedure, Class::SimpleProcedure) {
            Some(Procedure::Simple)
        } else if self.has_class(Role::Procedure, Class::GeneralProcedure) {
            Some(Procedure::General)
        } else {
            None
        }
    }

    /// Asks for the procedure where the level depends on it, and where the row has the column and leaves
    /// it empty.
    fn procedure_missing(
        &mut self,
        procedure: Option<Procedure>,
        stated: Option<Severity>,
        level: Level<'_>,
    ) {
        let Some(item) = self.layout.role(Role::Procedure) else {
            return;
        };
        let is_left_empty = self.is_present(item) && self.text_of(item).is_empty();
        let is_decisive = stated.is_none() && level == Level::DependsOnProcedure;
        if procedure.is_none() && (is_left_empty || is_decisive) {
            self.ask(
                item,
                Rule::ProcedureMissing,
                "is not given; the level of dishonesty depends on whether the procedure was simple or general.",
                "未填；失信严重程度取决于是简易程序还是一般程序，请补报。",
            );
        }
    }

    /// Compares the end of publicity with the decision and with the longest that the rules allow.
    pub fn publicity(&mut self, kind: RecordKind, severity: Option<Severity>, decided_on: Option<CivilDate>) {
        let (Some(item), Some(decided_on), Some(until)) = (
            self.layout.role(Role::PublicityUntil),
            decided_on,
            self.until(Role::PublicityUntil),
        ) else {
            return;
        };
        if let Validity::Until(until) = until
            && until < decided_on
        {
            self.warn(
                item,
                Rule::PublicityBeforeDecision,
                "lies before the decision; the end of publicity is computed here instead.",
                "早于决定日期，公示截止期由本系统另行计算。",
            );
            return;
        }
        let layouts = self.layouts;
        let Some((months, origin)) = layouts.severities().publicity_months(kind, severity, decided_on) else {
            return;
        };
        let Some(last) = months_after(decided_on, months) else {
            return;
        };
        let is_beyond = match until {
            Validity::Until(until) => until > last,
            Validity::OpenEnded => true,
            Validity::NotStated => false,
        };
        if is_beyond {
            let source = &origin.source;
            self.warn(
                item,
                Rule::PublicityBeyondMaximum,
                &format!(
                    "lies beyond the longest publicity of {months} months ({source}); it ends on {last}."
                ),
                &format!("超过最长公示期{months}个月（{source}），公示至{last}为止。"),
            );
        }
    }

    /// Warns of laws and articles that did not stand on the day.
    pub fn basis(&mut self, decided_on: Option<CivilDate>) {
        let (Some((item, text)), Some(decided_on)) = (self.filled(Role::Basis), decided_on) else {
            return;
        };
        let layouts = self.layouts;
        for fault in layouts.laws().faults(text, decided_on) {
            let (english, chinese) = match fault {
                LawFault::NotInForce(law) => (
                    format!(
                        "cites 《{}》, which was not in force on the day of the decision ({}).",
                        law.title, law.source
                    ),
                    format!(
                        "引用的《{}》在决定日期不在施行期内（{}），请核对。",
                        law.title, law.source
                    ),
                ),
                LawFault::NoSuchArticle(law, article) => (
                    format!(
                        "cites article {article} of 《{}》, whose version of that day has fewer articles ({}).",
                        law.title, law.source
                    ),
                    format!(
                        "引用《{}》第{article}条，而决定日期施行的版本没有该条（{}），请核对。",
                        law.title, law.source
                    ),
                ),
            };
            self.warn(item, Rule::LawRepealed, &english, &chinese);
        }
    }

    /// Warns of a division code that was not the district's on the day: they change over the years.
    pub fn division(&mut self, catalog: &Catalog, decided_on: Option<CivilDate>) {
        let (Some((item, code)), Some(decided_on)) = (self.filled(Role::Division), decided_on) else {
            return;
        };
        if !catalog.is_division(code, decided_on) {
            self.warn(
                item,
                Rule::DivisionCode,
                "was not this district's division code on the day of the decision; compare it.",
                "在决定日期不是本区的行政区划代码，请核对。",
            );
        }
    }
}
