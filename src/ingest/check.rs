//! Checks a reported row by every rule of the template and lists all that is wrong, not the first alone.
//!
//! What needs the ledger (repeats, corrections, withdrawals) is decided elsewhere.
//!
//! | part of the row | bad commitment | bad performance |
//! |---|---|---|
//! | commitment | refused | recorded |
//! | performance | refused | refused |
//!
//! Source: `domain.md` 1.3, 2.8; kinds of check by decisions 21 to 23.

use crate::domain::catalog::{Catalog, DepartmentCode};
use crate::domain::civil_date::{CivilDate, DateError};
use crate::domain::commitment::{
    Choice, Commitment, CommitmentCode, CommitmentKind, Performance, PerformanceState, Publication, Reported,
    ReportedPerformance, Validity,
};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::subject::SubjectKind;

use super::items::{self, Item, finding, reject, required, text};

mod codes;
#[cfg(test)]
mod tests;

/// The platform's codes of item 5, for the sentence of a finding.
const CODES_OF_KINDS: &str = "SPTDX, RQSLX, ZMSXX, XYXFX, HYZLX, ZDX, QT";

/// A row after its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The department of the accepting body; `None` where the catalogue does not know the body.
    pub department: Option<DepartmentCode>,
    /// Items 1 to 10 and 17 to 20; `None` if and only if one of `findings` refuses.
    pub commitment: Option<Commitment>,
    /// What was found on those items, in the order of the checks; a recorded row may have some.
    pub findings: Vec<Finding>,
    /// Items 11 to 16; `None` if the row has none of them.
    pub performance: Option<CheckedPerformance>,
}

/// Items 11 to 16 after their check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPerformance {
    /// `None` if one of `findings` refuses, or if the commitment of the same row is refused.
    pub performance: Option<Performance>,
    /// What was found on items 11 to 16, in the order of the checks.
    pub findings: Vec<Finding>,
}

/// Checks a row received on a day against the catalogue in force.
#[must_use]
pub fn check(reported: &Reported, catalog: &Catalog, received_on: CivilDate) -> Checked {
    let mut row = Row {
        catalog,
        received_on,
        findings: Vec::new(),
    };
    let commitment = row.commitment(reported);
    let Row { findings, .. } = row;
    let commitment = commitment.filter(|_| !refuses(&findings));
    let made_on = reported.made_on.parse().ok();
    let performance = reported.performance.as_ref().map(|performance| {
        let mut checked = performance_after(performance, made_on, catalog, received_on);
        checked.performance = checked.performance.filter(|_| commitment.is_some());
        checked
    });
    let body = reported.accepting_body_code.parse().ok();
    let department = body
        .and_then(|code| catalog.accepting_body(&code))
        .map(|body| body.department_on(made_on));
    Checked {
        department,
        commitment,
        findings,
        performance,
    }
}

/// Checks a performance that comes by itself, for a commitment made on `made_on`.
#[must_use]
pub fn check_performance(
    reported: &ReportedPerformance,
    made_on: CivilDate,
    catalog: &Catalog,
    received_on: CivilDate,
) -> CheckedPerformance {
    performance_after(reported, Some(made_on), catalog, received_on)
}

/// Without `made_on`, whose own finding refuses the row, the order of the two dates is not judged.
fn performance_after(
    reported: &ReportedPerformance,
    made_on: Option<CivilDate>,
    catalog: &Catalog,
    received_on: CivilDate,
) -> CheckedPerformance {
    let mut row = Row {
        catalog,
        received_on,
        findings: Vec::new(),
    };
    let performance = row.performance(reported, made_on);
    let Row { findings, .. } = row;
    CheckedPerformance {
        performance: performance.filter(|_| !refuses(&findings)),
        findings,
    }
}

fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.kind.refuses())
}

/// A row under check. Each method returns the checked item, or `None` with a finding that refuses.
struct Row<'a> {
    catalog: &'a Catalog,
    received_on: CivilDate,
    findings: Vec<Finding>,
}

impl Row<'_> {
    fn commitment(&mut self, reported: &Reported) -> Option<Commitment> {
        let code = self.code(&reported.code);
        self.text(items::SUBJECT_NAME, &reported.subject_name);
        let subject_kind = self.choice(items::SUBJECT_KIND, &reported.subject_kind, "1, 2, 4");
        let subject = self.subject(&reported.subject_code, subject_kind);
        let kind = self.choice(items::KIND, &reported.kind, CODES_OF_KINDS);
        self.kind_words(&reported.kind_words, kind);
        self.text(items::REASON, &reported.reason);
        self.text(items::CONTENT, &reported.content);
        self.text(items::LIABILITY, &reported.liability);
        let made_on = self.made_on(&reported.made_on, code);
        let validity = self.validity(&reported.valid_until, made_on);
        self.text(items::ACCEPTING_BODY_NAME, &reported.accepting_body_name);
        let body = self.accepting_body(
            &reported.accepting_body_code,
            &reported.accepting_body_name,
            made_on,
        );
        let publication = self.publication(&reported.publication, subject_kind);
        text(&mut self.findings, items::REMARKS, &reported.remarks, false);
        Some(Commitment {
            code: code?,
            subject_name: reported.subject_name.clone(),
            subject_kind: subject_kind?,
            subject: subject?,
            kind: kind?,
            kind_words: reported.kind_words.clone(),
            reason: reported.reason.clone(),
            content: reported.content.clone(),
            liability: reported.liability.clone(),
            made_on: made_on?,
            validity: validity?,
            accepting_body_name: reported.accepting_body_name.clone(),
            accepting_body_code: body?,
            publication: publication?,
            remarks: reported.remarks.clone(),
        })
    }

    fn performance(
        &mut self,
        reported: &ReportedPerformance,
        made_on: Option<CivilDate>,
    ) -> Option<Performance> {
        let state = self.choice(items::STATE, &reported.state, "1, 2, 3");
        self.breach_text(items::UNPERFORMED, &reported.unperformed, state);
        self.breach_text(items::MEASURES_TAKEN, &reported.measures_taken, state);
        let found_on = self.found_on(&reported.found_on, made_on);
        text(
            &mut self.findings,
            items::FINDING_BODY_NAME,
            &reported.finding_body_name,
            false,
        );
        let body = self.finding_body(
            &reported.finding_body_code,
            &reported.finding_body_name,
            found_on.flatten(),
        );
        Some(Performance {
            state: state?,
            unperformed: reported.unperformed.clone(),
            measures_taken: reported.measures_taken.clone(),
            found_on: found_on?,
            finding_body_name: reported.finding_body_name.clone(),
            finding_body_code: body?,
        })
    }

    fn reject(&mut self, item: Item, rule: Rule, english: &str, chinese: &str) {
        self.findings.push(reject(item, rule, english, chinese));
    }

    fn text(&mut self, item: Item, value: &str) {
        text(&mut self.findings, item, value, true);
    }

    fn choice<T: Copy>(&mut self, item: Item, choice: &Choice<T>, values: &str) -> Option<T> {
        match choice {
            Choice::Known(value) => return Some(*value),
            Choice::Absent => self.findings.push(required(item)),
            Choice::Unknown(_) => self.reject(
                item,
                Rule::ValueList,
                &format!("is not on its list; choose one of {values}."),
                &format!("不在取值范围内，请从{values}中选择。"),
            ),
        }
        None
    }

    fn date(&mut self, item: Item, value: &str) -> Option<CivilDate> {
        let (english, chinese) = match value.parse() {
            Ok(date) => return Some(date),
            Err(DateError::Shape) => (
                "is not a date; write it as YYYY-MM-DD.",
                "不是日期，请按YYYY-MM-DD填写。",
            ),
            Err(DateError::NoSuchDay) => (
                "names a day that does not exist; correct it.",
                "所填日期不存在，请更正。",
            ),
        };
        self.reject(item, Rule::Date, english, chinese);
        None
    }

    /// Finds a date after the day of receipt.
    fn not_after_receipt(&mut self, item: Item, date: CivilDate) {
        if date > self.received_on {
            self.reject(
                item,
                Rule::FutureDate,
                "lies after the day of receipt; correct it.",
                "晚于接收日期，请更正。",
            );
        }
    }

    fn kind_words(&mut self, value: &str, kind: Option<CommitmentKind>) {
        use CommitmentKind::{
            AcceptedWithGaps, ApprovalReplacing, CertificateReplacing, CreditRepair, Other, SelfDiscipline,
            Voluntary,
        };
        match kind {
            Some(Other) => return self.text(items::KIND_WORDS, value),
            Some(
                ApprovalReplacing | AcceptedWithGaps | CertificateReplacing | CreditRepair | SelfDiscipline
                | Voluntary,
            ) if !value.is_empty() => self.reject(
                items::KIND_WORDS,
                Rule::MustBeEmpty,
                "is for the kind QT (other) only; leave it empty or choose that kind.",
                "仅在承诺类型为“其他”时填写，请清空或改选“其他”。",
            ),
            Some(_) | None => {}
        }
        text(&mut self.findings, items::KIND_WORDS, value, false);
    }

    fn made_on(&mut self, value: &str, code: Option<CommitmentCode>) -> Option<CivilDate> {
        if value.trim().is_empty() {
            self.findings.push(required(items::MADE_ON));
            return None;
        }
        let made_on = self.date(items::MADE_ON, value)?;
        self.not_after_receipt(items::MADE_ON, made_on);
        if code.is_some_and(|code| code.date() != made_on) {
            self.reject(
                items::MADE_ON,
                Rule::CodeDateMismatch,
                "differs from the date inside the commitment code; correct item 1 or item 9.",
                "与承诺编码中的日期不一致，请更正第1项或第9项。",
            );
        }
        Some(made_on)
    }

    fn validity(&mut self, value: &str, made_on: Option<CivilDate>) -> Option<Validity> {
        if value.is_empty() {
            return Some(Validity::NotStated);
        }
        let until = self.date(items::VALID_UNTIL, value)?;
        if made_on.is_some_and(|made_on| until < made_on) {
            self.reject(
                items::VALID_UNTIL,
                Rule::ValidityBeforePromise,
                "lies before the promise; it is the last day of validity, correct it.",
                "早于承诺作出日期；本项为有效期截止日，请更正。",
            );
        }
        Some(Validity::ending(until))
    }

    fn publication(
        &mut self,
        choice: &Choice<Publication>,
        subject_kind: Option<SubjectKind>,
    ) -> Option<Publication> {
        let publication = self.choice(items::PUBLICATION, choice, "1, 2, 3")?;
        if publication == Publication::Public && subject_kind == Some(SubjectKind::Person) {
            self.findings.push(finding(
                items::PUBLICATION,
                Rule::PersonPublic,
                CheckKind::Stop,
                "opens a natural person's data to the public; choose limited (2) or closed (3).",
                "将自然人信息向社会公开；请改为特定范围内公开（2）或不可公开（3）。",
            ));
        }
        Some(publication)
    }

    /// Items 12 and 13: owed by a breach, forbidden for full performance.
    fn breach_text(&mut self, item: Item, value: &str, state: Option<PerformanceState>) {
        let is_required = match state {
            Some(PerformanceState::Partial | PerformanceState::Unperformed) => true,
            Some(PerformanceState::Full) if !value.is_empty() => {
                self.reject(
                    item,
                    Rule::MustBeEmpty,
                    "must be empty for a promise performed in full; empty it or correct item 11.",
                    "在全部履行时须为空，请清空或更正第11项。",
                );
                false
            }
            Some(PerformanceState::Full) | None => false,
        };
        text(&mut self.findings, item, value, is_required);
    }

    fn found_on(&mut self, value: &str, made_on: Option<CivilDate>) -> Option<Option<CivilDate>> {
        if value.is_empty() {
            return Some(None);
        }
        let found_on = self.date(items::FOUND_ON, value)?;
        self.not_after_receipt(items::FOUND_ON, found_on);
        if made_on.is_some_and(|made_on| found_on < made_on) {
            self.reject(
                items::FOUND_ON,
                Rule::FindingBeforePromise,
                "lies before the promise; correct it.",
                "早于承诺作出日期，请更正。",
            );
        }
        Some(Some(found_on))
    }
}
