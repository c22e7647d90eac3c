//! The district's catalogue: its division code, departments 部门, enforcement bodies 执法主体 and sectors 领域.
//!
//! A body is no department: it has a unified code of its own and belongs to one department. A catalogue
//! is made by `policy` from data; here are its nouns and lookups. Read first: [`Catalog::accepting_body`].

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::civil_date::CivilDate;
use super::numbered::numbered;
use super::social_credit_code::SocialCreditCode;

mod history;

pub use history::Former;

/// Longest code of a department, body or sector, in characters.
pub const SHORT_CODE_SIZE_MAX: usize = 16;

/// A text that is no short code: 1 to 16 of `A-Z`, `0-9` and `_`, a letter first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code is 1 to 16 characters of A-Z, 0-9 and _, a letter first")]
pub struct ShortCodeError;

/// Padded with zero bytes; the three code types wrap it so that they cannot be swapped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct ShortCode([u8; SHORT_CODE_SIZE_MAX]);

impl ShortCode {
    fn parse(text: &str) -> Result<Self, ShortCodeError> {
        let bytes = text.as_bytes();
        let known = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_');
        let starts = bytes.first().is_some_and(u8::is_ascii_uppercase);
        if !starts || bytes.len() > SHORT_CODE_SIZE_MAX || !bytes.iter().all(known) {
            return Err(ShortCodeError);
        }
        let mut code = [0; SHORT_CODE_SIZE_MAX];
        code[..bytes.len()].copy_from_slice(bytes);
        Ok(Self(code))
    }

    fn as_str(&self) -> &str {
        let end = self
            .0
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(SHORT_CODE_SIZE_MAX);
        std::str::from_utf8(&self.0[..end]).expect("a short code is ASCII")
    }
}

macro_rules! short_code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(ShortCode);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl FromStr for $name {
            type Err = ShortCodeError;

            fn from_str(text: &str) -> Result<Self, ShortCodeError> {
                ShortCode::parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

short_code!(
    /// The code of a department 部门, such as `SCJG`.
    DepartmentCode
);
short_code!(
    /// The code of an enforcement body 执法主体, such as `TOWN_03`.
    BodyCode
);
short_code!(
    /// The code of a sector 领域, such as `FOOD_PROD`.
    SectorCode
);

/// On what an entry rests. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Standing {
    /// A law or rule, named by number and article.
    Law = 1,
    /// A document that the district adopted.
    Adopted = 2,
    /// A text of another place, used only where a local decision adopts it.
    Model = 3,
    /// Made up for want of a source; every answer that rests on it says so.
    Construction = 4,
}

numbered!(Standing {
    Law,
    Adopted,
    Model,
    Construction
});

/// To whom a department answers. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DepartmentKind {
    /// Government department (G).
    Government = 1,
    /// Branch of a city bureau (B).
    CityBranch = 2,
    /// Vertically managed (V).
    Vertical = 3,
    /// Party organ (P).
    Party = 4,
    /// Court (J).
    Court = 5,
    /// Public institution (I).
    Institution = 6,
}

numbered!(DepartmentKind {
    Government,
    CityBranch,
    Vertical,
    Party,
    Court,
    Institution
});

/// What a department may do. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Authority {
    /// Grants licences (L).
    License = 1,
    /// Imposes penalties (P).
    Penalty = 2,
    /// Inspects (I).
    Inspection = 3,
    /// Takes commitments (C).
    Commitment = 4,
    /// Leads a sector (E).
    SectorLead = 5,
    /// Supplies data (S).
    DataSupply = 6,
}

numbered!(Authority {
    License,
    Penalty,
    Inspection,
    Commitment,
    SectorLead,
    DataSupply
});

/// The division code of the district, and when it was that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// Six digits.
    pub code: String,
    /// First day.
    pub from: CivilDate,
    /// Last day; `None` while it lasts.
    pub until: Option<CivilDate>,
    pub standing: Standing,
}

/// A department 部门 of the district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    pub code: DepartmentCode,
    pub title_zh: String,
    pub title_en: String,
    pub kind: DepartmentKind,
    pub authorities: Vec<Authority>,
    /// By which rows name the department as accepting body.
    pub social_credit_code: SocialCreditCode,
    /// First day; `None` if it is older than the catalogue.
    pub from: Option<CivilDate>,
    /// Last day; `None` while it lasts.
    pub until: Option<CivilDate>,
    /// The department that came after it, by merger or otherwise.
    pub successor: Option<DepartmentCode>,
    /// Earlier titles, by last day.
    pub former: Vec<Former>,
    pub standing: Standing,
}

impl Department {
    #[must_use]
    pub fn has(&self, authority: Authority) -> bool {
        self.authorities.contains(&authority)
    }
}

/// An enforcement body 执法主体; a department that enforces by itself is one too, under its own code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnforcementBody {
    pub code: BodyCode,
    pub title_zh: String,
    pub title_en: String,
    pub department: DepartmentCode,
    pub social_credit_code: SocialCreditCode,
    /// First day.
    pub from: CivilDate,
    /// Last day; `None` while it lasts.
    pub until: Option<CivilDate>,
    /// The body that came after it, by merger or otherwise.
    pub successor: Option<BodyCode>,
    /// Earlier titles and departments, by last day.
    pub former: Vec<Former>,
    pub standing: Standing,
}

/// A sector 领域 of graded supervision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sector {
    pub code: SectorCode,
    pub title_zh: String,
    pub title_en: String,
    pub lead: DepartmentCode,
    pub helpers: Vec<DepartmentCode>,
    /// A published rule with numbers was seen for such a sector, here or elsewhere.
    pub has_published_rule: bool,
    pub standing: Standing,
}

/// Who stands behind a unified code in items 17 and 18: a department or a body of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptingBody {
    /// Present title.
    pub title_zh: String,
    /// Present department.
    pub department: DepartmentCode,
    /// Earlier titles and departments, by last day.
    pub former: Vec<Former>,
}

/// Everything the district's catalogue holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    divisions: Vec<Division>,
    departments: Vec<Department>,
    bodies: Vec<EnforcementBody>,
    sectors: Vec<Sector>,
    accepting: HashMap<SocialCreditCode, AcceptingBody>,
}

impl Catalog {
    /// Puts the parts together; that they agree with each other is the maker's to check.
    ///
    /// Where a department and a body share a unified code, the department's entry stands.
    #[must_use]
    pub fn new(
        divisions: Vec<Division>,
        departments: Vec<Department>,
        bodies: Vec<EnforcementBody>,
        sectors: Vec<Sector>,
    ) -> Self {
        let of_bodies = bodies.iter().map(|body| {
            (
                body.social_credit_code,
                &body.title_zh,
                body.department,
                &body.former,
            )
        });
        let of_departments = departments
            .iter()
            .map(|one| (one.social_credit_code, &one.title_zh, one.code, &one.former));
        let accepting = of_bodies
            .chain(of_departments)
            .map(|(code, title, department, former)| {
                let body = AcceptingBody {
                    title_zh: title.clone(),
                    department,
                    former: former.clone(),
                };
                (code, body)
            })
            .collect();
        Self {
            divisions,
            departments,
            bodies,
            sectors,
            accepting,
        }
    }

    #[must_use]
    pub fn divisions(&self) -> &[Division] {
        &self.divisions
    }

    #[must_use]
    pub fn departments(&self) -> &[Department] {
        &self.departments
    }

    #[must_use]
    pub fn bodies(&self) -> &[EnforcementBody] {
        &self.bodies
    }

    #[must_use]
    pub fn sectors(&self) -> &[Sector] {
        &self.sectors
    }

    /// Says whether the six digits were the district's code on that day.
    #[must_use]
    pub fn is_division(&self, code: &str, on: CivilDate) -> bool {
        let stands = |one: &&Division| one.from <= on && one.until.is_none_or(|until| on <= until);
        self.divisions.iter().filter(stands).any(|one| one.code == code)
    }

    /// Returns the department or body that bears a unified code, whether or not it still exists:
    /// old promises of an ended body are still this district's.
    #[must_use]
    pub fn accepting_body(&self, code: &SocialCreditCode) -> Option<&AcceptingBody> {
        self.accepting.get(code)
    }

    #[must_use]
    pub fn department(&self, code: DepartmentCode) -> Option<&Department> {
        self.departments.iter().find(|department| department.code == code)
    }

    #[must_use]
    pub fn body(&self, code: &SocialCreditCode) -> Option<&EnforcementBody> {
        self.bodies.iter().find(|body| body.social_credit_code == *code)
    }

    #[must_use]
    pub fn sector(&self, code: SectorCode) -> Option<&Sector> {
        self.sectors.iter().find(|sector| sector.code == code)
    }

    /// The departments that hold an authority, in catalogue order. Zero reporters are looked for
    /// among those that take commitments.
    pub fn departments_with(&self, authority: Authority) -> impl Iterator<Item = &Department> {
        self.departments
            .iter()
            .filter(move |department| department.has(authority))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_code_keeps_to_its_alphabet_and_size() {
        for text in ["A", "SCJG", "FOOD_PROD", "TOWN_03", "ABCDEFGHIJKLMNOP"] {
            assert_eq!(text.parse::<SectorCode>().unwrap().as_str(), text);
        }
        for text in ["", "scjg", "1A", "_A", "A-B", "ABCDEFGHIJKLMNOPQ", "市"] {
            assert_eq!(text.parse::<DepartmentCode>(), Err(ShortCodeError), "{text}");
        }
    }

    #[test]
    fn a_division_holds_from_its_first_day_to_its_last() {
        let day = |text: &str| text.parse::<CivilDate>().unwrap();
        let division = |code: &str, from: &str, until: Option<&str>| Division {
            code: code.to_owned(),
            from: day(from),
            until: until.map(day),
            standing: Standing::Construction,
        };
        let divisions = vec![
            division("152801", "1980-01-01", Some("2003-12-31")),
            division("150802", "2004-01-01", None),
        ];
        let catalog = Catalog::new(divisions, vec![], vec![], vec![]);
        for (code, on, expected) in [
            ("152801", "1979-12-31", false),
            ("152801", "1980-01-01", true),
            ("152801", "2003-12-31", true),
            ("152801", "2004-01-01", false),
            ("150802", "2003-12-31", false),
            ("150802", "2004-01-01", true),
            ("150803", "2024-01-01", false),
        ] {
            assert_eq!(catalog.is_division(code, day(on)), expected, "{code} {on}");
        }
    }
}
