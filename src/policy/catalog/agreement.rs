//! Whether the four files agree with each other: nothing twice, nothing pointing nowhere.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use super::{BODIES, DEPARTMENTS, Parts, Rows, SECTORS};
use crate::domain::catalog::{Authority, BodyCode, Department, DepartmentCode, Former};
use crate::domain::civil_date::CivilDate;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::policy::Mistake;

impl Parts {
    pub(super) fn disagreements(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        unique(&mut mistakes, DEPARTMENTS, &self.departments, |row| row.code);
        unique(&mut mistakes, DEPARTMENTS, &self.departments, |row| {
            row.social_credit_code
        });
        unique(&mut mistakes, BODIES, &self.bodies, |row| row.code);
        unique(&mut mistakes, BODIES, &self.bodies, |row| row.social_credit_code);
        unique(&mut mistakes, SECTORS, &self.sectors, |row| row.code);
        for (line, department) in &self.departments {
            self.organ_of_the_district(&mut mistakes, DEPARTMENTS, *line, &department.social_credit_code);
        }
        self.bodies(&mut mistakes);
        self.departments_through_time(&mut mistakes);
        self.bodies_through_time(&mut mistakes);
        self.sectors(&mut mistakes);
        mistakes
    }

    fn bodies(&self, mistakes: &mut Vec<Mistake>) {
        for (line, body) in &self.bodies {
            self.organ_of_the_district(mistakes, BODIES, *line, &body.social_credit_code);
            if self.department(body.department).is_none() {
                mistakes.push(mistake(
                    BODIES,
                    *line,
                    format!("there is no department {}", body.department),
                ));
            }
            let owner = |one: &&Department| one.social_credit_code == body.social_credit_code;
            let owner = self.departments.iter().map(|(_, one)| one).find(owner);
            if let Some(owner) = owner.filter(|owner| owner.code != body.department) {
                let text = format!(
                    "{} is department {}'s own code",
                    body.social_credit_code, owner.code
                );
                mistakes.push(mistake(BODIES, *line, text));
            }
            if let Some(owner) = owner.filter(|owner| owner.title_zh != body.title_zh) {
                let text = format!("one code has two titles: {}, {}", owner.title_zh, body.title_zh);
                mistakes.push(mistake(BODIES, *line, text));
            }
            if owner.is_some_and(|owner| titles(&owner.former) != titles(&body.former)) {
                let text = format!("{} has other former titles in {DEPARTMENTS}", body.code);
                mistakes.push(mistake(BODIES, *line, text));
            }
        }
    }

    fn departments_through_time(&self, mistakes: &mut Vec<Mistake>) {
        let lives: Vec<Life<DepartmentCode>> = self
            .departments
            .iter()
            .map(|(line, one)| Life {
                line: *line,
                code: one.code,
                from: one.from,
                until: one.until,
                successor: one.successor,
            })
            .collect();
        mistakes.extend(successions(DEPARTMENTS, &lives));
        for (line, one) in &self.departments {
            let period = (one.from, one.until);
            mistakes.extend(formers(DEPARTMENTS, *line, &one.former, period, |_| true));
            if one.former.iter().any(|former| former.department.is_some()) {
                let text = "a department stands under no other; leave `department` out";
                mistakes.push(mistake(DEPARTMENTS, *line, text.to_owned()));
            }
        }
    }

    fn bodies_through_time(&self, mistakes: &mut Vec<Mistake>) {
        let lives: Vec<Life<BodyCode>> = self
            .bodies
            .iter()
            .map(|(line, one)| Life {
                line: *line,
                code: one.code,
                from: Some(one.from),
                until: one.until,
                successor: one.successor,
            })
            .collect();
        mistakes.extend(successions(BODIES, &lives));
        for (line, one) in &self.bodies {
            let period = (Some(one.from), one.until);
            let known = |code| self.department(code).is_some();
            mistakes.extend(formers(BODIES, *line, &one.former, period, known));
        }
    }

    fn sectors(&self, mistakes: &mut Vec<Mistake>) {
        for (line, sector) in &self.sectors {
            for code in sector.helpers.iter().chain([&sector.lead]) {
                if self.department(*code).is_none() {
                    mistakes.push(mistake(SECTORS, *line, format!("there is no department {code}")));
                }
            }
            if sector.helpers.contains(&sector.lead) {
                mistakes.push(mistake(
                    SECTORS,
                    *line,
                    format!("{} leads and helps", sector.lead),
                ));
            }
            if self
                .department(sector.lead)
                .is_some_and(|lead| !lead.has(Authority::SectorLead))
            {
                let text = format!("{} leads, but has no authority E", sector.lead);
                mistakes.push(mistake(SECTORS, *line, text));
            }
        }
    }

    fn department(&self, code: DepartmentCode) -> Option<&Department> {
        self.departments
            .iter()
            .map(|(_, one)| one)
            .find(|one| one.code == code)
    }

    /// Notes a code whose division was never the district's, or that is not an organ's.
    fn organ_of_the_district(
        &self,
        mistakes: &mut Vec<Mistake>,
        file: &str,
        line: usize,
        code: &SocialCreditCode,
    ) {
        if !self
            .divisions
            .iter()
            .any(|(_, division)| division.code == code.division())
        {
            mistakes.push(mistake(
                file,
                line,
                format!("the division of {code} is not the district's"),
            ));
        }
        if !code.is_organ() {
            mistakes.push(mistake(
                file,
                line,
                format!("{code} does not begin with 11, as organs' codes do"),
            ));
        }
    }
}

/// From when to when a department or body exists, and who comes after it.
struct Life<C> {
    line: usize,
    code: C,
    from: Option<CivilDate>,
    until: Option<CivilDate>,
    successor: Option<C>,
}

/// Notes successors that do not exist, come too late, or lead back to where they began.
fn successions<C: Copy + Eq + Display>(file: &str, lives: &[Life<C>]) -> Vec<Mistake> {
    let find = |code: C| lives.iter().find(|life| life.code == code);
    let mut mistakes = Vec::new();
    for life in lives {
        let mut note = |text: String| mistakes.push(mistake(file, life.line, text));
        if life.from > life.until && life.until.is_some() {
            note("`until` lies before `from`".to_owned());
        }
        let Some(next) = life.successor else { continue };
        let Some(until) = life.until else {
            note(format!(
                "{} has a successor, but no last day; add `until`",
                life.code
            ));
            continue;
        };
        let Some(after) = find(next) else {
            note(format!("there is no successor {next}"));
            continue;
        };
        if after
            .from
            .is_some_and(|from| until.next().is_none_or(|day| from > day))
        {
            note(format!("{next} begins later than the day after {until}"));
        }
        if after.until.is_some_and(|end| end <= until) {
            note(format!("{next} has ended by {until} itself and succeeds nobody"));
        }
    }
    mistakes
}

/// Notes former entries that reach outside the life of their owner or name no department.
fn formers(
    file: &str,
    line: usize,
    former: &[Former],
    (from, until): (Option<CivilDate>, Option<CivilDate>),
    known: impl Fn(DepartmentCode) -> bool,
) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for one in former {
        if from.is_some_and(|from| one.until < from) || until.is_some_and(|until| until <= one.until) {
            let text = format!(
                "the former title {} ended outside the entry's own days",
                one.title_zh
            );
            mistakes.push(mistake(file, line, text));
        }
        if let Some(code) = one.department.filter(|code| !known(*code)) {
            mistakes.push(mistake(file, line, format!("there is no department {code}")));
        }
    }
    mistakes
}

fn titles(former: &[Former]) -> Vec<(CivilDate, &str)> {
    former
        .iter()
        .map(|one| (one.until, one.title_zh.as_str()))
        .collect()
}

fn mistake(file: &str, line: usize, text: String) -> Mistake {
    Mistake {
        file: file.to_owned(),
        line: Some(line),
        column: None,
        text,
    }
}

fn unique<T, K: Display + Eq + Hash>(
    mistakes: &mut Vec<Mistake>,
    file: &str,
    rows: &Rows<T>,
    key: fn(&T) -> K,
) {
    let mut first = HashMap::new();
    for (line, row) in rows {
        let key = key(row);
        if let Some(earlier) = first.get(&key) {
            mistakes.push(mistake(
                file,
                *line,
                format!("{key} stands in line {earlier} already"),
            ));
        } else {
            first.insert(key, *line);
        }
    }
}
