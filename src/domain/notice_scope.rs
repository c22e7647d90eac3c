//! Which decisions get a notice pair, by when it is to be delivered, and how notices are numbered: dated data.
//!
//! Read first: [`NoticeRules::scope`].
//!
//! Source: `domain.md` 4.1, 4.3.

use super::catalog::DepartmentCode;
use super::civil_date::CivilDate;
use super::notice::{Clock, Exclusion};
use super::record::RecordKind;
use super::severity::{Origin, Procedure};
use super::social_credit_code::SocialCreditCode;
use super::subject::SubjectKind;

/// A period in which decisions of some kinds get a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRule {
    pub origin: Origin,
    /// The one body it is about; `None`: every body without a rule of its own.
    pub body: Option<SocialCreditCode>,
    pub kinds: Vec<RecordKind>,
    /// Individual businesses get notices too.
    pub individual_businesses: bool,
    /// Decisions by the simple procedure get notices too.
    pub simple_procedure: bool,
}

/// How many working days a clock runs, by the date of the decision; of take-down by the day it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineRule {
    pub origin: Origin,
    pub clock: Clock,
    pub working_days: u16,
}

/// How the notices of a department are numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRule {
    /// The one body; `None`: every body of the department without one of its own.
    pub body: Option<SocialCreditCode>,
    /// `None`: every department without one of its own.
    pub department: Option<DepartmentCode>,
    /// With `{body}`, `{year}` and `{serial}`; those of a default have the body's code among them.
    pub form: String,
}

/// What a scope is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeCase {
    pub kind: RecordKind,
    pub body: SocialCreditCode,
    pub party: SubjectKind,
    pub procedure: Option<Procedure>,
    /// It is shown, by the repair rules that govern it.
    pub is_shown: bool,
    /// It stands in a layout that only history arrives in.
    pub is_history: bool,
    /// It was withdrawn or deleted when it arrived.
    pub has_ended: bool,
    pub decided_on: CivilDate,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeRules {
    pub scopes: Vec<ScopeRule>,
    pub deadlines: Vec<DeadlineRule>,
    pub numbers: Vec<NumberRule>,
    /// Codes of layouts that only history arrives in.
    pub history_layouts: Vec<String>,
}

impl NoticeRules {
    /// Returns why a decision gets no pair, the first reason that applies; `None` where it gets one.
    #[must_use]
    pub fn excluded(&self, case: &ScopeCase) -> Option<Exclusion> {
        if case.is_history {
            return Some(Exclusion::History);
        }
        if case.has_ended {
            return Some(Exclusion::Ended);
        }
        let Some(rule) = self.scope(&case.body, case.decided_on) else {
            let rules = self.of_body(&case.body);
            let before = rules.iter().all(|rule| case.decided_on < rule.origin.from);
            return Some(if before && !rules.is_empty() {
                Exclusion::BeforeInForce
            } else {
                Exclusion::NotCovered
            });
        };
        if !rule.kinds.contains(&case.kind) {
            return Some(Exclusion::NotCovered);
        }
        match case.party {
            SubjectKind::Person => return Some(Exclusion::Person),
            SubjectKind::IndividualBusiness if !rule.individual_businesses => {
                return Some(Exclusion::IndividualBusiness);
            }
            SubjectKind::IndividualBusiness | SubjectKind::Organisation => {}
        }
        if case.procedure == Some(Procedure::Simple) && !rule.simple_procedure {
            return Some(Exclusion::SimpleProcedure);
        }
        (!case.is_shown).then_some(Exclusion::NotShown)
    }

    /// Returns the rule for a body on a day: its own before the district's.
    #[must_use]
    pub fn scope(&self, body: &SocialCreditCode, on: CivilDate) -> Option<&ScopeRule> {
        self.of_body(body)
            .into_iter()
            .find(|rule| rule.origin.governs(on))
    }

    fn of_body(&self, body: &SocialCreditCode) -> Vec<&ScopeRule> {
        let own = |rule: &&ScopeRule| rule.body.as_ref() == Some(body);
        let own: Vec<&ScopeRule> = self.scopes.iter().filter(own).collect();
        if own.is_empty() {
            self.scopes.iter().filter(|rule| rule.body.is_none()).collect()
        } else {
            own
        }
    }

    /// Returns how long a clock runs that is governed by a day.
    #[must_use]
    pub fn deadline(&self, clock: Clock, on: CivilDate) -> Option<&DeadlineRule> {
        self.deadlines
            .iter()
            .find(|rule| rule.clock == clock && rule.origin.governs(on))
    }

    /// Writes a notice number.
    #[must_use]
    pub fn number(&self, of: (&SocialCreditCode, DepartmentCode), year: i16, serial: u32) -> String {
        let (body, department) = of;
        let own = self.numbers.iter().find(|rule| rule.body.as_ref() == Some(body));
        let rule = own
            .or_else(|| {
                self.numbers
                    .iter()
                    .find(|rule| rule.department == Some(department))
            })
            .or_else(|| {
                let all = |rule: &&NumberRule| rule.body.is_none() && rule.department.is_none();
                self.numbers.iter().find(all)
            });
        let form = rule.map_or("{body}修告〔{year}〕{serial}号", |rule| &rule.form);
        form.replace("{body}", body.as_str())
            .replace("{department}", department.as_str())
            .replace("{year}", &year.to_string())
            .replace("{serial}", &serial.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::Standing;
    use crate::domain::trust::Trust;

    fn origin(from: &str) -> Origin {
        Origin {
            name: "rule".to_owned(),
            standing: Standing::Construction,
            trust: Trust::Constructed,
            source: "测试".to_owned(),
            from: from.parse().unwrap(),
            until: None,
        }
    }

    fn body(serial: u32) -> SocialCreditCode {
        SocialCreditCode::compose('1', '1', "150802", &format!("{:08}", 10_000_000 + serial)).unwrap()
    }

    fn scope(body: Option<SocialCreditCode>, from: &str) -> ScopeRule {
        ScopeRule {
            origin: origin(from),
            body,
            kinds: vec![RecordKind::Penalty],
            individual_businesses: false,
            simple_procedure: false,
        }
    }

    fn case(decided_on: &str) -> ScopeCase {
        ScopeCase {
            kind: RecordKind::Penalty,
            body: body(1),
            party: SubjectKind::Organisation,
            procedure: None,
            is_shown: true,
            is_history: false,
            has_ended: false,
            decided_on: decided_on.parse().unwrap(),
        }
    }

    #[test]
    fn each_exclusion_has_its_reason_and_the_first_day_of_the_practice_is_within() {
        let rules = NoticeRules {
            scopes: vec![scope(None, "2024-01-01"), scope(Some(body(2)), "2024-07-01")],
            ..NoticeRules::default()
        };
        let day = "2024-01-01";
        assert_eq!(rules.excluded(&case(day)), None);
        let cases = [
            (case("2023-12-31"), Exclusion::BeforeInForce),
            (
                ScopeCase {
                    body: body(2),
                    ..case("2024-06-30")
                },
                Exclusion::BeforeInForce,
            ),
            (
                ScopeCase {
                    kind: RecordKind::Listing,
                    ..case(day)
                },
                Exclusion::NotCovered,
            ),
            (
                ScopeCase {
                    party: SubjectKind::Person,
                    ..case(day)
                },
                Exclusion::Person,
            ),
            (
                ScopeCase {
                    party: SubjectKind::IndividualBusiness,
                    ..case(day)
                },
                Exclusion::IndividualBusiness,
            ),
            (
                ScopeCase {
                    procedure: Some(Procedure::Simple),
                    ..case(day)
                },
                Exclusion::SimpleProcedure,
            ),
            (
                ScopeCase {
                    is_shown: false,
                    ..case(day)
                },
                Exclusion::NotShown,
            ),
            (
                ScopeCase {
                    is_history: true,
                    ..case(day)
                },
                Exclusion::History,
            ),
            (
                ScopeCase {
                    has_ended: true,
                    ..case(day)
                },
                Exclusion::Ended,
            ),
        ];
        for (case, reason) in cases {
            assert_eq!(rules.excluded(&case), Some(reason), "{case:?}");
        }
        assert_eq!(
            rules.excluded(&ScopeCase {
                body: body(2),
                ..case("2024-07-01")
            }),
            None
        );
    }

    #[test]
    fn a_number_takes_the_form_of_its_body_then_of_its_department() {
        let number = |body, department, form: &str| NumberRule {
            body,
            department,
            form: form.to_owned(),
        };
        let scjg: DepartmentCode = "SCJG".parse().unwrap();
        let rules = NoticeRules {
            numbers: vec![
                number(None, None, "{body}〔{year}〕{serial}"),
                number(None, Some(scjg), "市监信修告〔{year}〕{serial}号"),
                number(Some(body(2)), None, "执法队〔{year}〕{serial}号"),
            ],
            ..NoticeRules::default()
        };
        assert_eq!(rules.number((&body(1), scjg), 2025, 12), "市监信修告〔2025〕12号");
        assert_eq!(rules.number((&body(2), scjg), 2025, 1), "执法队〔2025〕1号");
        let other = "FGW".parse().unwrap();
        assert_eq!(
            rules.number((&body(1), other), 2024, 3),
            format!("{}〔2024〕3", body(1))
        );
    }
}
