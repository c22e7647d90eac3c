//! Departments and bodies through time: what they were called, under whom they stood, who came after.
//!
//! A body that ends in a merger keeps its code and its records; the one that comes after it is found by
//! date. Read first: [`Catalog::body_succeeding`].
//!
//! Source: `domain.md` 14, item 19.

use super::{AcceptingBody, BodyCode, Catalog, Department, DepartmentCode, EnforcementBody};
use crate::domain::civil_date::CivilDate;

/// How a department or body was called, and under which department a body stood, up to a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Last day.
    pub until: CivilDate,
    pub title_zh: String,
    pub title_en: String,
    /// For a body that stood under another department then.
    pub department: Option<DepartmentCode>,
}

/// What held on a day: the first of the former entries, which are in order, that had not ended.
fn held(former: &[Former], on: CivilDate) -> Option<&Former> {
    former.iter().find(|one| on <= one.until)
}

fn stands(from: Option<CivilDate>, until: Option<CivilDate>, on: CivilDate) -> bool {
    from.is_none_or(|from| from <= on) && until.is_none_or(|until| on <= until)
}

impl Department {
    /// Says whether the department exists on that day.
    #[must_use]
    pub fn stands_on(&self, on: CivilDate) -> bool {
        stands(self.from, self.until, on)
    }

    /// Returns its titles on that day, in Chinese and English.
    #[must_use]
    pub fn titles_on(&self, on: CivilDate) -> (&str, &str) {
        held(&self.former, on).map_or((&self.title_zh, &self.title_en), |former| {
            (&former.title_zh, &former.title_en)
        })
    }
}

impl EnforcementBody {
    /// Says whether the body exists on that day.
    #[must_use]
    pub fn stands_on(&self, on: CivilDate) -> bool {
        stands(Some(self.from), self.until, on)
    }

    /// Returns its titles on that day, in Chinese and English.
    #[must_use]
    pub fn titles_on(&self, on: CivilDate) -> (&str, &str) {
        held(&self.former, on).map_or((&self.title_zh, &self.title_en), |former| {
            (&former.title_zh, &former.title_en)
        })
    }

    /// Returns the department under which it stood on that day.
    #[must_use]
    pub fn department_on(&self, on: CivilDate) -> DepartmentCode {
        let former = held(&self.former, on).and_then(|former| former.department);
        former.unwrap_or(self.department)
    }
}

impl AcceptingBody {
    /// Says whether the body may be called so in a row about `on`: by its present title, or by that of
    /// the day.
    #[must_use]
    pub fn is_called(&self, title: &str, on: Option<CivilDate>) -> bool {
        let then = on.and_then(|on| held(&self.former, on));
        title == self.title_zh || then.is_some_and(|former| former.title_zh == title)
    }

    /// Returns the department under which it stood on a day, or stands now.
    #[must_use]
    pub fn department_on(&self, on: Option<CivilDate>) -> DepartmentCode {
        let then = on.and_then(|on| held(&self.former, on));
        then.and_then(|former| former.department)
            .unwrap_or(self.department)
    }
}

impl Catalog {
    /// Returns the body that does on `on` what the named one did: itself while it exists, else the one
    /// that came after it, or after that. `None` if the line has ended, or has not begun.
    #[must_use]
    pub fn body_succeeding(&self, code: BodyCode, on: CivilDate) -> Option<&EnforcementBody> {
        let mut body = self.bodies.iter().find(|body| body.code == code)?;
        // A line that comes back to itself is refused when the data is read.
        for _ in 0..self.bodies.len() {
            match body.until {
                Some(until) if until < on => {
                    let next = body.successor?;
                    body = self.bodies.iter().find(|body| body.code == next)?;
                }
                Some(_) | None => return Some(body).filter(|body| body.stands_on(on)),
            }
        }
        None
    }

    /// The same for departments.
    #[must_use]
    pub fn department_succeeding(&self, code: DepartmentCode, on: CivilDate) -> Option<&Department> {
        let mut department = self.department(code)?;
        for _ in 0..self.departments.len() {
            match department.until {
                Some(until) if until < on => department = self.department(department.successor?)?,
                Some(_) | None => return Some(department).filter(|one| one.stands_on(on)),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::{DepartmentKind, Standing};

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn former(until: &str, title: &str, department: Option<&str>) -> Former {
        Former {
            until: day(until),
            title_zh: title.to_owned(),
            title_en: title.to_owned(),
            department: department.map(|code| code.parse().unwrap()),
        }
    }

    fn body(code: &str, from: &str, until: Option<&str>, successor: Option<&str>) -> EnforcementBody {
        EnforcementBody {
            code: code.parse().unwrap(),
            title_zh: code.to_owned(),
            title_en: code.to_owned(),
            department: "NOW".parse().unwrap(),
            social_credit_code: "11152105011615166F".parse().unwrap(),
            from: day(from),
            until: until.map(day),
            successor: successor.map(|code| code.parse().unwrap()),
            former: Vec::new(),
            standing: Standing::Construction,
        }
    }

    #[test]
    fn a_name_and_a_department_hold_up_to_their_last_day() {
        let body = EnforcementBody {
            former: vec![
                former("2010-12-31", "甲", Some("THEN")),
                former("2018-06-30", "乙", None),
            ],
            ..body("NEW", "2004-01-01", None, None)
        };
        for (on, title, department) in [
            ("2010-12-31", "甲", "THEN"),
            ("2011-01-01", "乙", "NOW"),
            ("2018-06-30", "乙", "NOW"),
            ("2018-07-01", "NEW", "NOW"),
        ] {
            assert_eq!(body.titles_on(day(on)), (title, title), "{on}");
            assert_eq!(body.department_on(day(on)).as_str(), department, "{on}");
        }
    }

    #[test]
    fn a_row_may_use_the_name_of_its_day_or_the_present_one() {
        let body = AcceptingBody {
            title_zh: "新".to_owned(),
            department: "NOW".parse().unwrap(),
            former: vec![former("2018-06-30", "旧", Some("THEN"))],
        };
        for (title, on, expected) in [
            ("新", "2018-06-30", true),
            ("旧", "2018-06-30", true),
            ("旧", "2018-07-01", false),
            ("新", "2018-07-01", true),
            ("他", "2018-06-30", false),
        ] {
            assert_eq!(body.is_called(title, Some(day(on))), expected, "{title} {on}");
        }
        assert!(!body.is_called("旧", None));
        assert_eq!(body.department_on(Some(day("2018-06-30"))).as_str(), "THEN");
        assert_eq!(body.department_on(Some(day("2018-07-01"))).as_str(), "NOW");
        assert_eq!(body.department_on(None).as_str(), "NOW");
    }

    #[test]
    fn two_bodies_that_merged_lead_to_the_one_that_came_after() {
        let bodies = vec![
            body("FOOD", "2004-01-01", Some("2019-03-31"), Some("MARKET")),
            body("TRADE", "2004-01-01", Some("2019-03-31"), Some("MARKET")),
            body("MARKET", "2019-04-01", Some("2025-12-31"), Some("ONE")),
            body("ONE", "2026-01-01", None, None),
            body("GONE", "2004-01-01", Some("2019-03-31"), None),
        ];
        let catalog = Catalog::new(vec![], vec![], bodies, vec![]);
        for (code, on, expected) in [
            ("FOOD", "2003-12-31", None),
            ("FOOD", "2019-03-31", Some("FOOD")),
            ("FOOD", "2019-04-01", Some("MARKET")),
            ("TRADE", "2025-12-31", Some("MARKET")),
            ("TRADE", "2026-01-01", Some("ONE")),
            ("MARKET", "2019-03-31", None),
            ("GONE", "2019-03-31", Some("GONE")),
            ("GONE", "2019-04-01", None),
            ("NONE", "2024-01-01", None),
        ] {
            let found = catalog.body_succeeding(code.parse().unwrap(), day(on));
            assert_eq!(found.map(|body| body.code.as_str()), expected, "{code} {on}");
        }
    }

    #[test]
    fn departments_are_succeeded_in_the_same_way() {
        let department =
            |code: &str, from: Option<&str>, until: Option<&str>, next: Option<&str>| Department {
                code: code.parse().unwrap(),
                title_zh: code.to_owned(),
                title_en: code.to_owned(),
                kind: DepartmentKind::Government,
                authorities: Vec::new(),
                social_credit_code: "11152105011615166F".parse().unwrap(),
                from: from.map(day),
                until: until.map(day),
                successor: next.map(|code| code.parse().unwrap()),
                former: vec![former("2010-12-31", "旧", None)],
                standing: Standing::Construction,
            };
        let departments = vec![
            department("OLD", None, Some("2019-03-31"), Some("NEW")),
            department("NEW", Some("2019-04-01"), None, None),
        ];
        let catalog = Catalog::new(vec![], departments, vec![], vec![]);
        let old: DepartmentCode = "OLD".parse().unwrap();
        let found = |on| {
            catalog
                .department_succeeding(old, day(on))
                .map(|one| one.code.as_str())
        };
        assert_eq!(found("1990-01-01"), Some("OLD"));
        assert_eq!(found("2019-04-01"), Some("NEW"));
        let old = catalog.department(old).unwrap();
        assert_eq!(old.titles_on(day("2010-12-31")), ("旧", "旧"));
        assert_eq!(old.titles_on(day("2011-01-01")), ("OLD", "OLD"));
    }
}
