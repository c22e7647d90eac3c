//! The rules for the items of a breach: every mistake is found, each with field, rule and both texts.

use super::Form;
use crate::domain::breach::{self, Breach, Conclusion, Hearing, ReportedBreach};
use crate::domain::catalog::Catalog;
use crate::domain::civil_date::CivilDate;
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::social_credit_code::SocialCreditCode;

#[cfg(test)]
mod tests;

/// Most references to evidence.
pub const EVIDENCE_MAX: usize = 50;
/// Longest name of a body, and longest reference, in characters.
const LINE_LENGTH_MAX: usize = 200;
/// Longest basis, in characters.
const BASIS_LENGTH_MAX: usize = 1_000;
/// Longest prose, in characters; as items 12 and 13.
const PROSE_LENGTH_MAX: usize = 4_000;

/// What came of a report.
#[derive(Clone, Debug)]
pub struct Checked {
    /// `None` if any finding refuses.
    pub breach: Option<Breach>,
    pub findings: Vec<Finding>,
}

/// Checks a breach received on a day against the form of the commitment and the catalogue in force.
#[must_use]
pub fn check(reported: &ReportedBreach, form: &Form, catalog: &Catalog, received_on: CivilDate) -> Checked {
    let mut report = Report {
        form,
        catalog,
        received_on,
        findings: Vec::new(),
    };
    let breach = report.breach(reported);
    let Report { findings, .. } = report;
    let refuses = findings.iter().any(|finding| finding.kind.refuses());
    Checked {
        breach: breach.filter(|_| !refuses),
        findings,
    }
}

/// Field and its Chinese name.
type Item = (&'static str, &'static str);

const BODY_NAME: Item = ("breach.finding_body_name", "认定单位");
const BODY_CODE: Item = ("breach.finding_body_code", "认定单位代码");
const UNPERFORMED: Item = ("breach.unperformed", "未履行的承诺内容");
const BASIS: Item = ("breach.basis", "认定依据");
const EVIDENCE: Item = ("breach.evidence", "证据");
const NOTIFIED_ON: Item = ("breach.notified_on", "告知日期");
const CORRECT_BY: Item = ("breach.correct_by", "整改期限");
const OFFERED_ON: Item = ("breach.hearing_offered_on", "告知陈述申辩权日期");
const HELD_ON: Item = ("breach.hearing_held_on", "陈述申辩日期");
const WAIVED_ON: Item = ("breach.hearing_waived_on", "放弃陈述申辩日期");
const CONSEQUENCE: Item = ("breach.consequence", "违诺责任");
const CORRECTED_ON: Item = ("breach.corrected_on", "整改完成日期");
const CONFIRMED_ON: Item = ("breach.confirmed_on", "认定日期");
const CARRIED_OUT_ON: Item = ("breach.carried_out_on", "追究日期");
const CARRIED_OUT: Item = ("breach.carried_out", "违诺责任追究内容");

struct Report<'a> {
    form: &'a Form,
    catalog: &'a Catalog,
    received_on: CivilDate,
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn breach(&mut self, reported: &ReportedBreach) -> Option<Breach> {
        self.text(BODY_NAME, &reported.finding_body_name, LINE_LENGTH_MAX);
        let code = self.body(reported);
        self.text(UNPERFORMED, &reported.unperformed, PROSE_LENGTH_MAX);
        self.text(BASIS, &reported.basis, BASIS_LENGTH_MAX);
        self.evidence(&reported.evidence);
        let notified_on = self.required_date(NOTIFIED_ON, &reported.notified_on);
        let correct_by = self.date(CORRECT_BY, &reported.correct_by);
        let offered_on = self.required_date(OFFERED_ON, &reported.hearing_offered_on);
        let hearing = self.hearing(reported);
        self.consequence(&reported.consequence);
        let conclusion = self.conclusion(reported);
        let made_on = self.form.row.made_on;
        self.in_order(
            NOTIFIED_ON,
            notified_on,
            Some(made_on),
            "the promise",
            "承诺作出日期",
        );
        self.in_order(
            CORRECT_BY,
            correct_by.flatten(),
            notified_on,
            "the notification",
            "告知日期",
        );
        self.in_order(
            OFFERED_ON,
            offered_on,
            notified_on,
            "the notification",
            "告知日期",
        );
        for item in [NOTIFIED_ON, OFFERED_ON] {
            let date = if item == NOTIFIED_ON {
                notified_on
            } else {
                offered_on
            };
            self.received(item, date);
        }
        self.hearing_in_order(hearing, offered_on);
        self.conclusion_in_order(conclusion.as_ref(), notified_on, correct_by.flatten(), hearing);
        Some(Breach {
            finding_body_name: reported.finding_body_name.clone(),
            finding_body_code: code?,
            unperformed: reported.unperformed.clone(),
            basis: reported.basis.clone(),
            evidence: reported.evidence.clone(),
            notified_on: notified_on?,
            correct_by: correct_by?,
            hearing_offered_on: offered_on?,
            hearing: hearing?,
            consequence: reported.consequence.clone(),
            conclusion: conclusion?,
        })
    }

    fn find(&mut self, item: Item, rule: Rule, kind: CheckKind, english: &str, chinese: &str) {
        let (field, name) = item;
        self.findings.push(Finding {
            field: field.into(),
            rule,
            kind,
            english: format!("{field} {english}"),
            chinese: format!("“{name}”{chinese}"),
        });
    }

    fn reject(&mut self, item: Item, rule: Rule, english: &str, chinese: &str) {
        self.find(item, rule, CheckKind::Reject, english, chinese);
    }

    fn text(&mut self, item: Item, text: &str, length_max: usize) {
        if text.is_empty() {
            self.reject(
                item,
                Rule::Required,
                "is required and empty; fill it in.",
                "为必填项，不得为空，请补填。",
            );
        }
        self.well_formed(item, text, length_max);
    }

    fn well_formed(&mut self, item: Item, text: &str, length_max: usize) {
        if text.chars().count() > length_max {
            self.reject(
                item,
                Rule::Length,
                &format!("has more than {length_max} characters; shorten it."),
                &format!("超过{length_max}个字符，请缩短。"),
            );
        }
        let forbidden = |one: char| one.is_control() && one != '\n' && one != '\t';
        if text.chars().any(forbidden) {
            self.reject(
                item,
                Rule::Characters,
                "holds control characters; remove them.",
                "含有控制字符，请删除。",
            );
        }
    }

    fn body(&mut self, reported: &ReportedBreach) -> Option<SocialCreditCode> {
        let Ok(code) = reported.finding_body_code.parse::<SocialCreditCode>() else {
            self.reject(
                BODY_CODE,
                Rule::SocialCreditCodeShape,
                "is no valid unified social credit code; correct it.",
                "不是有效的统一社会信用代码，请更正。",
            );
            return None;
        };
        if !code.is_organ() {
            self.find(
                BODY_CODE,
                Rule::BodyCodePrefix,
                CheckKind::Ask,
                "does not begin with 11, as organs' codes do; the credit office asks back.",
                "不以机关代码11开头，由信用办核实。",
            );
        }
        let on = reported.notified_on.parse().ok();
        let body = self.catalog.accepting_body(&code);
        if body.is_some_and(|body| !body.is_called(&reported.finding_body_name, on)) {
            self.find(
                BODY_NAME,
                Rule::BodyName,
                CheckKind::Warn,
                "differs from the catalogue's name of the body with this code; compare name and code.",
                "与目录中该代码对应的单位名称不一致，请核对名称和代码。",
            );
        }
        Some(code)
    }

    fn evidence(&mut self, evidence: &[String]) {
        if evidence.is_empty() || evidence.iter().any(String::is_empty) {
            self.reject(
                EVIDENCE,
                Rule::Required,
                "needs at least one reference, and none that is empty.",
                "至少填写一项证据索引，且不得有空项。",
            );
        }
        if evidence.len() > EVIDENCE_MAX {
            self.reject(
                EVIDENCE,
                Rule::Length,
                &format!("has more than {EVIDENCE_MAX} references; put some together."),
                &format!("超过{EVIDENCE_MAX}项，请合并。"),
            );
        }
        for one in evidence.iter().take(EVIDENCE_MAX) {
            self.well_formed(EVIDENCE, one, LINE_LENGTH_MAX);
        }
    }

    fn required_date(&mut self, item: Item, text: &str) -> Option<CivilDate> {
        if text.is_empty() {
            self.text(item, text, LINE_LENGTH_MAX);
            return None;
        }
        self.date(item, text).flatten()
    }

    /// `None` if it is no date, `Some(None)` if it is empty.
    #[allow(
        clippy::option_option,
        reason = "a date that is wrong is not one that is absent"
    )]
    fn date(&mut self, item: Item, text: &str) -> Option<Option<CivilDate>> {
        if text.is_empty() {
            return Some(None);
        }
        let Ok(date) = text.parse() else {
            self.reject(
                item,
                Rule::Date,
                "is no existing date of the form YYYY-MM-DD; correct it.",
                "不是存在的日期或未按YYYY-MM-DD填写，请更正。",
            );
            return None;
        };
        Some(Some(date))
    }

    /// Finds a date before another one, to which it must not be earlier.
    fn in_order(
        &mut self,
        item: Item,
        date: Option<CivilDate>,
        earliest: Option<CivilDate>,
        what: &str,
        chinese: &str,
    ) {
        if let (Some(date), Some(earliest)) = (date, earliest)
            && date < earliest
        {
            self.reject(
                item,
                Rule::BreachOrder,
                &format!("lies before {what}; correct one of the two."),
                &format!("早于{chinese}，请更正其一。"),
            );
        }
    }

    /// Finds a date after the day of receipt.
    fn received(&mut self, item: Item, date: Option<CivilDate>) {
        if date.is_some_and(|date| date > self.received_on) {
            self.reject(
                item,
                Rule::FutureDate,
                "lies after the day of receipt; correct it.",
                "晚于接收日期，请更正。",
            );
        }
    }

    fn hearing(&mut self, reported: &ReportedBreach) -> Option<Hearing> {
        let held = self.date(HELD_ON, &reported.hearing_held_on);
        let waived = self.date(WAIVED_ON, &reported.hearing_waived_on);
        self.received(HELD_ON, held.flatten());
        self.received(WAIVED_ON, waived.flatten());
        match (held?, waived?) {
            (None, None) => Some(Hearing::Offered),
            (Some(on), None) => Some(Hearing::Held(on)),
            (None, Some(on)) => Some(Hearing::Waived(on)),
            (Some(_), Some(_)) => {
                self.reject(
                    WAIVED_ON,
                    Rule::BreachConclusion,
                    "must be empty where the promisor was heard; empty one of the two.",
                    "在已陈述申辩时须为空，请清空其一。",
                );
                None
            }
        }
    }

    fn hearing_in_order(&mut self, hearing: Option<Hearing>, offered_on: Option<CivilDate>) {
        let (item, on) = match hearing {
            Some(Hearing::Held(on)) => (HELD_ON, on),
            Some(Hearing::Waived(on)) => (WAIVED_ON, on),
            Some(Hearing::Offered) | None => return,
        };
        self.in_order(item, Some(on), offered_on, "its offer", "告知陈述申辩权日期");
    }

    fn consequence(&mut self, consequence: &str) {
        self.text(CONSEQUENCE, consequence, PROSE_LENGTH_MAX);
        if !consequence.is_empty() && !breach::names(&self.form.liability, consequence) {
            self.reject(
                CONSEQUENCE,
                Rule::ConsequenceNotInForm,
                "is not named in item 8 of the form, so it has no basis; name one by the words of the form.",
                "未载于承诺书第8项“违诺责任”，没有依据，请按承诺书原文填写。",
            );
        }
    }

    fn conclusion(&mut self, reported: &ReportedBreach) -> Option<Conclusion> {
        let corrected = self.date(CORRECTED_ON, &reported.corrected_on);
        let confirmed = self.date(CONFIRMED_ON, &reported.confirmed_on);
        let carried_out = self.date(CARRIED_OUT_ON, &reported.carried_out_on);
        for (item, date) in [
            (CORRECTED_ON, corrected),
            (CONFIRMED_ON, confirmed),
            (CARRIED_OUT_ON, carried_out),
        ] {
            self.received(item, date.flatten());
        }
        let (corrected, confirmed, carried_out) = (corrected?, confirmed?, carried_out?);
        if carried_out.is_some() {
            self.text(CARRIED_OUT, &reported.carried_out, PROSE_LENGTH_MAX);
        } else if !reported.carried_out.is_empty() {
            self.reject(
                CARRIED_OUT,
                Rule::BreachConclusion,
                "must be empty while nothing was carried out; give carried_out_on or empty it.",
                "在尚未追究时须为空，请填写追究日期或清空本项。",
            );
        }
        match (corrected, confirmed, carried_out) {
            (None, None, None) => Some(Conclusion::Open),
            (Some(on), None, None) => Some(Conclusion::Corrected(on)),
            (None, Some(on), None) => Some(Conclusion::Confirmed(on)),
            (None, Some(confirmed_on), Some(on)) => Some(Conclusion::CarriedOut {
                confirmed_on,
                on,
                what: reported.carried_out.clone(),
            }),
            (Some(_), _, _) => {
                self.reject(
                    CORRECTED_ON,
                    Rule::BreachConclusion,
                    "must be empty where the breach is confirmed or its consequence carried out.",
                    "在已认定违诺或已追究时须为空。",
                );
                None
            }
            (None, None, Some(_)) => {
                self.reject(
                    CONFIRMED_ON,
                    Rule::Required,
                    "is required before a consequence is carried out.",
                    "在追究违诺责任之前为必填项。",
                );
                None
            }
        }
    }

    fn conclusion_in_order(
        &mut self,
        conclusion: Option<&Conclusion>,
        notified_on: Option<CivilDate>,
        correct_by: Option<CivilDate>,
        hearing: Option<Hearing>,
    ) {
        let confirmed_on = match conclusion {
            Some(Conclusion::Corrected(on)) => {
                self.in_order(
                    CORRECTED_ON,
                    Some(*on),
                    notified_on,
                    "the notification",
                    "告知日期",
                );
                if correct_by.is_some_and(|last| *on > last) {
                    self.reject(
                        CORRECTED_ON,
                        Rule::BreachOrder,
                        "lies after correct_by, so it was not put right in time; confirm the breach or correct the dates.",
                        "晚于整改期限，不属于按期整改；请认定违诺或更正日期。",
                    );
                }
                return;
            }
            Some(Conclusion::Confirmed(on)) => *on,
            Some(Conclusion::CarriedOut { confirmed_on, on, .. }) => {
                self.in_order(
                    CARRIED_OUT_ON,
                    Some(*on),
                    Some(*confirmed_on),
                    "the confirmation",
                    "认定日期",
                );
                *confirmed_on
            }
            Some(Conclusion::Open) | None => return,
        };
        let heard_on = match hearing {
            Some(Hearing::Held(on) | Hearing::Waived(on)) => Some(on),
            Some(Hearing::Offered) => {
                self.reject(
                    HELD_ON,
                    Rule::HearingMissing,
                    "or hearing_waived_on is required before a breach is confirmed: the promisor must have had the chance to reply.",
                    "或放弃陈述申辩日期在认定违诺之前为必填项：承诺人须有陈述申辩的机会。",
                );
                None
            }
            None => None,
        };
        self.in_order(
            CONFIRMED_ON,
            Some(confirmed_on),
            heard_on.or(notified_on),
            "the promisor was heard",
            "陈述申辩",
        );
        if correct_by.is_some_and(|last| confirmed_on <= last) {
            self.find(
                CONFIRMED_ON,
                Rule::BreachOrder,
                CheckKind::Warn,
                "lies before the time for putting it right was over.",
                "早于整改期限届满。",
            );
        }
    }
}
