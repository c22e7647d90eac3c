//! How grave a record is by dated data 失信严重程度, and how long it may be shown at most.
//!
//! Levels begin with the rules in force from 2026-04-01; older decisions have a level only where the row
//! says it. What a "larger" or "huge" fine is each sector's department sets: without such a setting the
//! amount decides nothing. Read first: [`Severities::level`].
//!
//! Source: `domain.md` 5.1, 5.2.

use super::catalog::{DepartmentCode, Standing};
use super::civil_date::{CivilDate, Month};
use super::record::{RecordKind, Severity};
use super::subject::SubjectKind;
use super::trust::Trust;

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name of the rule in its file, such as `order-36-minor-simple`.
    pub name: String,
    pub standing: Standing,
    pub trust: Trust,
    /// Document number and article.
    pub source: String,
    /// First day of decisions it governs.
    pub from: CivilDate,
    /// Last such day; `None` while it lasts.
    pub until: Option<CivilDate>,
}

impl Origin {
    /// Says whether it governs a decision of that day.
    #[must_use]
    pub fn governs(&self, on: CivilDate) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

/// 案件程序类别, the procedure by which a penalty was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Procedure {
    /// 简易程序
    Simple,
    /// 一般（普通）程序
    General,
}

/// One rule that gives a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelRule {
    pub origin: Origin,
    pub record: RecordKind,
    pub severity: Severity,
    pub when: When,
}

/// For which records of its kind a rule gives the level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// For all of them.
    All,
    /// Decided by the simple procedure, whatever the kinds of penalty.
    SimpleProcedure,
    /// One of these kinds of penalty is among them; codes of the list `penalty_kind`.
    Kinds(Vec<String>),
}

/// From which amounts a department calls a fine larger and huge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FineThreshold {
    pub origin: Origin,
    pub department: DepartmentCode,
    /// Kind of party it is about; `None`: all.
    pub party: Option<SubjectKind>,
    /// A fine of at least this many fen is larger, hence of level general; below it, minor.
    pub larger_from: i64,
    /// A fine of at least this many fen is huge, hence of level serious.
    pub huge_from: i64,
}

/// For how many months a record is shown at most, counted from the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicityMaximum {
    pub origin: Origin,
    pub record: RecordKind,
    /// `None`: whatever the level.
    pub severity: Option<Severity>,
    pub months: u16,
}

/// What a level depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case<'a> {
    pub kind: RecordKind,
    pub department: Option<DepartmentCode>,
    pub party: SubjectKind,
    /// Codes of the list `penalty_kind`.
    pub penalty_kinds: &'a [String],
    pub procedure: Option<Procedure>,
    /// In fen.
    pub fine: Option<i64>,
    pub decided_on: CivilDate,
}

/// The level that the data give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level<'a> {
    /// No rule speaks of such a record on that day.
    None,
    Known(Severity, &'a Origin),
    /// It is another one by the simple than by the general procedure, and the row does not say which.
    DependsOnProcedure,
}

/// The dated data about levels and publicity.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Severities {
    pub levels: Vec<LevelRule>,
    pub fines: Vec<FineThreshold>,
    pub publicity: Vec<PublicityMaximum>,
    /// Code of the kind of penalty to which the thresholds apply.
    pub fine_kind: String,
}

impl Severities {
    /// Returns the level of a case: by the simple procedure first, else the gravest of its kinds.
    #[must_use]
    pub fn level(&self, case: &Case<'_>) -> Level<'_> {
        let simple = self
            .in_force(case)
            .find(|rule| rule.when == When::SimpleProcedure);
        let otherwise = self.gravest(case);
        match (simple, case.procedure) {
            (Some(rule), Some(Procedure::Simple)) => Level::Known(rule.severity, &rule.origin),
            (Some(rule), None) if otherwise.is_none_or(|(severity, _)| severity != rule.severity) => {
                Level::DependsOnProcedure
            }
            (Some(_), None | Some(Procedure::General)) | (None, _) => {
                otherwise.map_or(Level::None, |(severity, origin)| Level::Known(severity, origin))
            }
        }
    }

    fn in_force(&self, case: &Case<'_>) -> impl Iterator<Item = &LevelRule> {
        let (kind, on) = (case.kind, case.decided_on);
        self.levels
            .iter()
            .filter(move |rule| rule.record == kind && rule.origin.governs(on))
    }

    fn gravest(&self, case: &Case<'_>) -> Option<(Severity, &Origin)> {
        let by_amount = self.by_amount(case);
        let is_fine = |code: &String| *code == self.fine_kind;
        let mut gravest = by_amount;
        for rule in self.in_force(case) {
            let applies = match &rule.when {
                When::All => true,
                When::SimpleProcedure => false,
                // Where the amount decides about the fine, the kind of penalty "fine" does not.
                When::Kinds(codes) => case
                    .penalty_kinds
                    .iter()
                    .any(|code| codes.contains(code) && !(by_amount.is_some() && is_fine(code))),
            };
            if applies && gravest.is_none_or(|(severity, _)| rule.severity > severity) {
                gravest = Some((rule.severity, &rule.origin));
            }
        }
        gravest
    }

    fn by_amount(&self, case: &Case<'_>) -> Option<(Severity, &Origin)> {
        let fine = case
            .fine
            .filter(|_| case.penalty_kinds.contains(&self.fine_kind))?;
        let threshold = self.fines.iter().find(|one| {
            Some(one.department) == case.department
                && one.party.is_none_or(|party| party == case.party)
                && one.origin.governs(case.decided_on)
        })?;
        let severity = if fine >= threshold.huge_from {
            Severity::Serious
        } else if fine >= threshold.larger_from {
            Severity::General
        } else {
            Severity::Minor
        };
        Some((severity, &threshold.origin))
    }

    /// Returns for how many months a record decided on that day may be shown at most, and by which rule:
    /// the one of its level, else the longest there is. `None` where no rule speaks.
    #[must_use]
    pub fn publicity_months(
        &self,
        record: RecordKind,
        severity: Option<Severity>,
        decided_on: CivilDate,
    ) -> Option<(u16, &Origin)> {
        let governs = |one: &&PublicityMaximum| one.record == record && one.origin.governs(decided_on);
        let in_force = || self.publicity.iter().filter(governs);
        let of_level = in_force().find(|one| severity.is_some() && one.severity == severity);
        of_level
            .or_else(|| in_force().max_by_key(|one| one.months))
            .map(|one| (one.months, &one.origin))
    }
}

/// Returns the day `months` after a day: the corresponding one, or the last of a shorter month. `None`
/// after 9999.
///
/// Source: Civil Code, article 202 (reading of `domain.md` 5.6).
#[must_use]
pub fn months_after(day: CivilDate, months: u16) -> Option<CivilDate> {
    let count = i32::from(day.year()) * 12 + i32::from(day.month()) - 1 + i32::from(months);
    let year = i16::try_from(count / 12).ok()?;
    let month = u8::try_from(count % 12 + 1).expect("twelve months");
    let first = CivilDate::new(year, month, 1).ok()?;
    let last = Month::of(first).last_day().day();
    CivilDate::new(year, month, day.day().min(last)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of `domain.md` 5.6: both ends of publicity, in months after the decision.
    #[test]
    fn months_end_on_the_corresponding_day_or_the_last() {
        for (day, months, expected) in [
            ("2026-03-31", 3, Some("2026-06-30")),
            ("2026-03-31", 36, Some("2029-03-31")),
            ("2026-03-31", 12, Some("2027-03-31")),
            ("2026-04-01", 3, Some("2026-07-01")),
            ("2026-04-01", 12, Some("2027-04-01")),
            ("2025-11-30", 3, Some("2026-02-28")),
            ("2025-11-30", 12, Some("2026-11-30")),
            ("2026-08-31", 3, Some("2026-11-30")),
            ("2024-02-29", 12, Some("2025-02-28")),
            ("2024-02-29", 36, Some("2027-02-28")),
            ("2024-02-29", 48, Some("2028-02-29")),
            ("2026-11-23", 12, Some("2027-11-23")),
            ("2026-11-23", 36, Some("2029-11-23")),
            ("2026-11-23", 0, Some("2026-11-23")),
            ("2023-12-31", 2, Some("2024-02-29")),
            ("9999-12-31", 1, None),
            ("9999-01-31", u16::MAX, None),
        ] {
            let found = months_after(day.parse().unwrap(), months);
            assert_eq!(
                found.map(|day| day.to_string()).as_deref(),
                expected,
                "{day} and {months} months"
            );
        }
    }
}
