//! The catalogue of the district: `district.toml`, `departments.toml`, `bodies.toml`, `sectors.toml`.
//!
//! The four files built in are a construction and say so. Read first: [`parse`].

use std::str::FromStr;

use super::Mistake;
use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use crate::domain::catalog::{
    Authority, Catalog, Department, DepartmentKind, Division, EnforcementBody, Former, Sector, Standing,
};

mod agreement;
#[cfg(test)]
mod tests;

/// The catalogue as a kind of data.
pub const KIND: Kind = Kind {
    name: "catalog",
    lies: Lies::AtTop,
    embedded: &[
        (BODIES, include_str!("../../policies/bodies.toml")),
        (DEPARTMENTS, include_str!("../../policies/departments.toml")),
        (DISTRICT, include_str!("../../policies/district.toml")),
        (SECTORS, include_str!("../../policies/sectors.toml")),
    ],
    parse: |files, policies| {
        policies.catalog = parse(files)?;
        Ok(())
    },
};

const DISTRICT: &str = "district.toml";
const DEPARTMENTS: &str = "departments.toml";
const BODIES: &str = "bodies.toml";
const SECTORS: &str = "sectors.toml";

/// Makes the catalogue of its bytes.
///
/// # Errors
/// Every mistake found, by file and line. Each file is checked by itself first; whether they agree is
/// checked once all of them stand.
pub fn parse(source: &DataFiles) -> Result<Catalog, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for (name, _) in &source.files {
        if !KIND.embedded.iter().any(|(known, _)| known == name) {
            mistakes.push(Mistake::whole(name, "a catalogue has no such file"));
        }
    }
    let parts = Parts {
        divisions: rows(source, DISTRICT, "division", &mut mistakes, division),
        departments: rows(source, DEPARTMENTS, "department", &mut mistakes, department),
        bodies: rows(source, BODIES, "body", &mut mistakes, body),
        sectors: rows(source, SECTORS, "sector", &mut mistakes, sector),
    };
    if mistakes.is_empty() {
        mistakes = parts.disagreements();
    }
    if mistakes.is_empty() {
        Ok(parts.into_catalog())
    } else {
        Err(mistakes)
    }
}

/// The rows of a file that stand, each with its line.
type Rows<T> = Vec<(usize, T)>;

/// The four files, read.
struct Parts {
    divisions: Rows<Division>,
    departments: Rows<Department>,
    bodies: Rows<EnforcementBody>,
    sectors: Rows<Sector>,
}

impl Parts {
    fn into_catalog(self) -> Catalog {
        fn rows<T>(rows: Rows<T>) -> Vec<T> {
            rows.into_iter().map(|(_, row)| row).collect()
        }
        Catalog::new(
            rows(self.divisions),
            rows(self.departments),
            rows(self.bodies),
            rows(self.sectors),
        )
    }
}

/// Reads the entries of one file, each of which notes all its mistakes before it is given up.
fn rows<T>(
    source: &DataFiles,
    name: &str,
    key: &str,
    mistakes: &mut Vec<Mistake>,
    row: fn(&Entry<'_>, Standing) -> Option<T>,
) -> Rows<T> {
    let Some((_, content)) = source.files.iter().find(|(other, _)| other == name) else {
        mistakes.push(Mistake::whole(name, "the file is missing"));
        return Vec::new();
    };
    let file = File::new(name, content);
    let document = file.document();
    let top = file.entry(&document);
    top.keys(&["standing", "trust", key]);
    top.trust();
    let standing = top.standing();
    // Where the standing is no good, the rows are still read for their own mistakes.
    let assumed = standing.unwrap_or(Standing::Construction);
    let entries = top.entries(key);
    let rows = entries
        .iter()
        .filter_map(|entry| Some((entry.line(), row(entry, assumed)?)))
        .collect();
    mistakes.extend(file.into_mistakes());
    rows
}

fn division(entry: &Entry<'_>, standing: Standing) -> Option<Division> {
    entry.keys(&["code", "from", "until"]);
    let code = entry.text("code");
    if code.is_some_and(|code| code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit())) {
        entry.mistake_at("code", "a division code has six digits");
    }
    let period = entry.period();
    let ((from, until), code) = (period?, code?.to_owned());
    Some(Division {
        code,
        from,
        until,
        standing,
    })
}

fn department(entry: &Entry<'_>, standing: Standing) -> Option<Department> {
    entry.keys(&[
        "code",
        "title_zh",
        "title_en",
        "kind",
        "authority",
        "social_credit_code",
        "from",
        "until",
        "successor",
        "former",
    ]);
    let (code, title_zh, title_en) = (
        entry.parsed("code"),
        entry.text("title_zh"),
        entry.text("title_en"),
    );
    let (kind, authorities) = (entry.parsed("kind"), entry.list("authority"));
    let social_credit_code = entry.parsed("social_credit_code");
    let (from, until) = (
        entry.if_any("from", Entry::date),
        entry.if_any("until", Entry::date),
    );
    let (successor, former) = (entry.if_any("successor", Entry::parsed), former(entry));
    let Letter(kind) = kind?;
    Some(Department {
        code: code?,
        title_zh: title_zh?.to_owned(),
        title_en: title_en?.to_owned(),
        kind,
        authorities: authorities?
            .into_iter()
            .map(|Letter(authority)| authority)
            .collect(),
        social_credit_code: social_credit_code?,
        from: from?,
        until: until?,
        successor: successor?,
        former: former?,
        standing,
    })
}

/// Reads the `[[former]]` tables of an entry, which are in the order of their last days.
fn former(entry: &Entry<'_>) -> Option<Vec<Former>> {
    let mut all: Vec<Former> = Vec::new();
    for row in entry.entries_if_any("former") {
        row.keys(&["until", "title_zh", "title_en", "department"]);
        let (title_zh, title_en) = (row.text("title_zh"), row.text("title_en"));
        let department = row.if_any("department", Entry::parsed);
        let until = row.date("until")?;
        if all.last().is_some_and(|last| until <= last.until) {
            row.mistake_at("until", "former entries stand in the order of their last days");
        }
        all.push(Former {
            until,
            title_zh: title_zh?.to_owned(),
            title_en: title_en?.to_owned(),
            department: department?,
        });
    }
    Some(all)
}

fn body(entry: &Entry<'_>, standing: Standing) -> Option<EnforcementBody> {
    entry.keys(&[
        "code",
        "title_zh",
        "title_en",
        "department",
        "social_credit_code",
        "from",
        "until",
        "successor",
        "former",
    ]);
    let (code, title_zh, title_en) = (
        entry.parsed("code"),
        entry.text("title_zh"),
        entry.text("title_en"),
    );
    let (department, social_credit_code) = (entry.parsed("department"), entry.parsed("social_credit_code"));
    let (successor, former) = (entry.if_any("successor", Entry::parsed), former(entry));
    let (from, until) = entry.period()?;
    Some(EnforcementBody {
        code: code?,
        title_zh: title_zh?.to_owned(),
        title_en: title_en?.to_owned(),
        department: department?,
        social_credit_code: social_credit_code?,
        from,
        until,
        successor: successor?,
        former: former?,
        standing,
    })
}

fn sector(entry: &Entry<'_>, standing: Standing) -> Option<Sector> {
    entry.keys(&[
        "code",
        "title_zh",
        "title_en",
        "lead",
        "helpers",
        "published_rule",
    ]);
    let (code, title_zh, title_en) = (
        entry.parsed("code"),
        entry.text("title_zh"),
        entry.text("title_en"),
    );
    let (lead, helpers) = (entry.parsed("lead"), entry.list("helpers"));
    let has_published_rule = entry.flag("published_rule");
    Some(Sector {
        code: code?,
        title_zh: title_zh?.to_owned(),
        title_en: title_en?.to_owned(),
        lead: lead?,
        helpers: helpers?,
        has_published_rule: has_published_rule?,
        standing,
    })
}

/// A value that the files write as one letter.
#[derive(PartialEq)]
struct Letter<T>(T);

impl FromStr for Letter<DepartmentKind> {
    type Err = &'static str;

    fn from_str(letter: &str) -> Result<Self, Self::Err> {
        Ok(Self(match letter {
            "G" => DepartmentKind::Government,
            "B" => DepartmentKind::CityBranch,
            "V" => DepartmentKind::Vertical,
            "P" => DepartmentKind::Party,
            "J" => DepartmentKind::Court,
            "I" => DepartmentKind::Institution,
            _ => return Err("a kind is one of G, B, V, P, J, I"),
        }))
    }
}

impl FromStr for Letter<Authority> {
    type Err = &'static str;

    fn from_str(letter: &str) -> Result<Self, Self::Err> {
        Ok(Self(match letter {
            "L" => Authority::License,
            "P" => Authority::Penalty,
            "I" => Authority::Inspection,
            "C" => Authority::Commitment,
            "E" => Authority::SectorLead,
            "S" => Authority::DataSupply,
            _ => return Err("an authority is one of L, P, I, C, E, S"),
        }))
    }
}
