//! Whether the four files agree with each other: nothing twice, nothing pointing nowhere.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use super::{BODIES, DEPARTMENTS, Parts, Rows, SECTORS};
use crate::domain::catalog::{Authority, Department, DepartmentCode};
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

fn mistake(file: &str, line: usize, text: String) -> Mistake {
    Mistake {
        file: file.to_owned(),
        line: Some(line),
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
