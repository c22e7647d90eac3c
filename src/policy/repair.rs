//! The rules of repair: `repair/*.toml`. A file with a `code` is a version of a path; the others hold what is
//! set for all of them.
//!
//! Read first: [`parse`].

use super::data::{DataFiles, Kind, Lies};
use super::reader::{Entry, File};
use super::records::origin;
use super::records::words::Word;
use super::{Mistake, Policies};
use crate::domain::catalog::{Catalog, DepartmentCode, SectorCode};
use crate::domain::layout::Layouts;
use crate::domain::record::{RecordKind, Severity};
use crate::domain::repair::{
    About, ApplyFrom, Block, ClauseRule, ContactRule, LimitRule, Months, Path, RepairRules, Says, Setting,
    TermRule, TitleRule, Transition, Version,
};
use crate::domain::severity::{Origin, Procedure};

mod agreement;
#[cfg(test)]
mod tests;

/// Longest period that a term may state, in months.
const MONTHS_MAX: i64 = 120;
/// Longest limit that a procedure may state, in working days.
const WORKING_DAYS_MAX: i64 = 250;
/// What every rule states beside its content.
const ORIGIN: [&str; 6] = ["name", "from", "until", "standing", "trust", "source"];

/// The rules of repair as a kind of data.
pub const KIND: Kind = Kind {
    name: "repair",
    lies: Lies::In("repair"),
    embedded: &[
        (
            "repair/common.toml",
            include_str!("../../policies/repair/common.toml"),
        ),
        (
            "repair/general-2019.toml",
            include_str!("../../policies/repair/general-2019.toml"),
        ),
        (
            "repair/general-2023.toml",
            include_str!("../../policies/repair/general-2023.toml"),
        ),
        (
            "repair/general-2025-plan.toml",
            include_str!("../../policies/repair/general-2025-plan.toml"),
        ),
        (
            "repair/general-2026.toml",
            include_str!("../../policies/repair/general-2026.toml"),
        ),
        (
            "repair/market-2021.toml",
            include_str!("../../policies/repair/market-2021.toml"),
        ),
        (
            "repair/tax-2025.toml",
            include_str!("../../policies/repair/tax-2025.toml"),
        ),
    ],
    parse: |files, policies: &mut Policies| {
        policies.repair = parse(files, &policies.catalog, &policies.layouts)?;
        Ok(())
    },
};

/// Makes the rules of their files; departments, sectors and kinds of penalty are those adopted.
///
/// # Errors
/// Every mistake found, by file and line.
pub fn parse(source: &DataFiles, catalog: &Catalog, layouts: &Layouts) -> Result<RepairRules, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut rules = RepairRules::default();
    for (name, content) in &source.files {
        let file = File::new(name, content);
        let document = file.document();
        let top = file.entry(&document);
        let reader = Reader { catalog, layouts };
        if top.has("code") {
            rules.versions.extend(reader.version(&top, &rules.versions));
        } else {
            reader.common(&top, &mut rules);
        }
        mistakes.extend(file.into_mistakes());
    }
    if mistakes.is_empty() {
        agreement::check(&rules, &mut mistakes);
    }
    if mistakes.is_empty() {
        Ok(rules)
    } else {
        Err(mistakes)
    }
}

/// What the files are checked against.
struct Reader<'a> {
    catalog: &'a Catalog,
    layouts: &'a Layouts,
}

/// Every key of an entry: those of its origin and its own.
fn keys(entry: &Entry<'_>, own: &[&str]) {
    let known: Vec<&str> = ORIGIN.iter().chain(own).copied().collect();
    entry.keys(&known);
}

fn each<T>(entries: &[Entry<'_>], read: impl Fn(&Entry<'_>) -> Option<T>) -> Vec<T> {
    entries.iter().filter_map(read).collect()
}

impl Reader<'_> {
    fn version(&self, top: &Entry<'_>, before: &[Version]) -> Option<Version> {
        keys(
            top,
            &[
                "code",
                "path",
                "title",
                "document",
                "issued",
                "plan",
                "departments",
                "place_zh",
                "place_en",
                "default_severity",
                "term",
                "clause",
                "limit",
            ],
        );
        let (code, path) = (top.text("code"), top.parsed::<Word<Path>>("path"));
        let (title, document) = (top.text("title"), top.text("document"));
        let (place_zh, place_en) = (top.text("place_zh"), top.text("place_en"));
        let (issued_on, is_plan) = (top.date("issued"), top.flag("plan"));
        let departments = self.departments(top, "departments");
        let severity_default = if top.has("default_severity") {
            top.table("default_severity").and_then(|entry| default(&entry))
        } else {
            None
        };
        let terms = each(&top.tables("term"), |entry| self.term(entry));
        let clauses = each(&top.tables("clause"), clause);
        let limits = each(&top.tables("limit"), limit);
        let origin = origin(top)?;
        let Word(path) = path?;
        let version = Version {
            code: code?.to_owned(),
            path,
            title: title?.to_owned(),
            document: document?.to_owned(),
            origin,
            issued_on: issued_on?,
            is_plan: is_plan?,
            departments,
            place_zh: place_zh?.to_owned(),
            place_en: place_en?.to_owned(),
            severity_default,
            terms,
            clauses,
            limits,
        };
        apart(top, &version, before);
        Some(version)
    }

    fn term(&self, entry: &Entry<'_>) -> Option<TermRule> {
        keys(
            entry,
            &[
                "record",
                "severity",
                "sectors",
                "departments",
                "only_kinds",
                "procedure",
                "specially_serious",
                "display",
                "minimum_months",
                "maximum_months",
            ],
        );
        let record = record(entry, "record");
        let about = About {
            severity: entry
                .parsed_if_any::<Word<Severity>>("severity")
                .map(|Word(severity)| severity),
            sectors: self.sectors(entry),
            departments: self.departments(entry, "departments"),
            only_kinds: self.penalty_kinds(entry),
            procedure: entry
                .parsed_if_any::<Word<Procedure>>("procedure")
                .map(|Word(procedure)| procedure),
            is_specially_serious: entry.flag_if_any("specially_serious"),
        };
        let says = says(entry);
        let origin = origin(entry);
        Some(TermRule {
            origin: origin?,
            record: record?,
            about,
            says: says?,
        })
    }

    /// Departments of the catalogue; empty if the key is absent.
    fn departments(&self, entry: &Entry<'_>, key: &str) -> Vec<DepartmentCode> {
        let codes = entry.list_if_any::<DepartmentCode>(key);
        for code in codes
            .iter()
            .filter(|code| self.catalog.department(**code).is_none())
        {
            entry.mistake_at(key, format!("the catalogue has no department {code}"));
        }
        codes
    }

    fn sectors(&self, entry: &Entry<'_>) -> Vec<SectorCode> {
        let codes = entry.list_if_any::<SectorCode>("sectors");
        for code in codes.iter().filter(|code| self.catalog.sector(**code).is_none()) {
            entry.mistake_at("sectors", format!("the catalogue has no sector {code}"));
        }
        codes
    }

    fn penalty_kinds(&self, entry: &Entry<'_>) -> Vec<String> {
        let codes = entry.list_if_any::<String>("only_kinds");
        let list = self.layouts.list("penalty_kind");
        let is_known =
            |code: &String| list.is_some_and(|list| list.values().iter().any(|value| value.code == *code));
        for code in codes.iter().filter(|code| !is_known(code)) {
            entry.mistake_at("only_kinds", format!("list `penalty_kind` has no value `{code}`"));
        }
        codes
    }

    fn common(&self, top: &Entry<'_>, rules: &mut RepairRules) {
        top.keys(&[
            "transition",
            "apply_from",
            "shows_optional",
            "verification",
            "title",
            "clause",
            "contact",
        ]);
        let settings = |key: &str| top.tables(key);
        rules.transitions.extend(each(&settings("transition"), |entry| {
            let value = value(entry, |entry, key| entry.parsed::<Word<Transition>>(key))?;
            Some(mapped(value, |Word(value)| value))
        }));
        rules.apply_from.extend(each(&settings("apply_from"), |entry| {
            let value = value(entry, |entry, key| entry.parsed::<Word<ApplyFrom>>(key))?;
            Some(mapped(value, |Word(value)| value))
        }));
        rules
            .shows_optional
            .extend(each(&settings("shows_optional"), |entry| {
                value(entry, |entry, key| entry.flag(key))
            }));
        rules
            .verification
            .extend(each(&settings("verification"), |entry| {
                value(entry, |entry, key| entry.text(key).map(str::to_owned))
            }));
        rules
            .titles
            .extend(each(&top.tables("title"), |entry| self.title(entry)));
        rules.clauses.extend(each(&top.tables("clause"), clause));
        rules
            .contacts
            .extend(each(&top.tables("contact"), |entry| self.contact(entry)));
    }

    fn title(&self, entry: &Entry<'_>) -> Option<TitleRule> {
        keys(entry, &["record", "department", "value"]);
        let (record, department) = (record(entry, "record"), self.department(entry));
        let (title, origin) = (entry.text("value"), origin(entry));
        Some(TitleRule {
            origin: origin?,
            record: record?,
            department,
            title: title?.to_owned(),
        })
    }

    fn contact(&self, entry: &Entry<'_>) -> Option<ContactRule> {
        keys(entry, &["department", "title_zh", "title_en", "phone", "address"]);
        let department = self.department(entry);
        let (title_zh, title_en) = (entry.text("title_zh"), entry.text("title_en"));
        let (phone, address) = (entry.text("phone"), entry.text("address"));
        let origin = origin(entry);
        Some(ContactRule {
            origin: origin?,
            department,
            title_zh: title_zh?.to_owned(),
            title_en: title_en?.to_owned(),
            phone: phone?.to_owned(),
            address: address?.to_owned(),
        })
    }

    fn department(&self, entry: &Entry<'_>) -> Option<DepartmentCode> {
        let code = entry.parsed_if_any::<DepartmentCode>("department")?;
        if self.catalog.department(code).is_none() {
            entry.mistake_at("department", format!("the catalogue has no department {code}"));
        }
        Some(code)
    }
}

/// A version of a path must not hold on the days of another one of that path; a plan holds on none.
fn apart(top: &Entry<'_>, version: &Version, before: &[Version]) {
    let meets = |one: &Origin, other: &Origin| {
        other.until.is_none_or(|end| one.from <= end) && one.until.is_none_or(|end| other.from <= end)
    };
    for other in before {
        if other.code == version.code {
            top.mistake_at(
                "code",
                format!("another file has the version `{}` already", other.code),
            );
        } else if !version.is_plan
            && !other.is_plan
            && other.path == version.path
            && meets(&version.origin, &other.origin)
        {
            top.mistake_at(
                "from",
                format!(
                    "version `{}` of this path holds from {}; end one where the other begins",
                    other.code, other.origin.from
                ),
            );
        }
    }
    if version.issued_on > version.origin.from {
        top.mistake_at("issued", "`issued` lies after `from`");
    }
}

fn record(entry: &Entry<'_>, key: &str) -> Option<RecordKind> {
    let Word(record) = entry.parsed::<Word<RecordKind>>(key)?;
    match record {
        RecordKind::Penalty | RecordKind::Listing => Some(record),
        RecordKind::Licence
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult
        | RecordKind::Ruling => {
            entry.mistake_at(key, "notices are about `penalty` and `listing` only");
            None
        }
    }
}

/// A setting: its value and where it comes from.
fn value<T>(entry: &Entry<'_>, read: impl Fn(&Entry<'_>, &str) -> Option<T>) -> Option<Setting<T>> {
    keys(entry, &["value"]);
    let (value, origin) = (read(entry, "value"), origin(entry));
    Some(Setting {
        value: value?,
        origin: origin?,
    })
}

fn mapped<T, U>(setting: Setting<T>, map: impl Fn(T) -> U) -> Setting<U> {
    Setting {
        value: map(setting.value),
        origin: setting.origin,
    }
}

fn default(entry: &Entry<'_>) -> Option<Setting<Severity>> {
    keys(entry, &["severity"]);
    let (severity, origin) = (entry.parsed::<Word<Severity>>("severity"), origin(entry));
    let Word(value) = severity?;
    Some(Setting {
        value,
        origin: origin?,
    })
}

fn clause(entry: &Entry<'_>) -> Option<ClauseRule> {
    keys(entry, &["block", "record", "zh", "en"]);
    let block = entry.parsed::<Word<Block>>("block");
    let record = if entry.has("record") {
        Some(record(entry, "record")?)
    } else {
        None
    };
    let (chinese, english) = (entry.text("zh"), entry.text("en"));
    let origin = origin(entry);
    let Word(block) = block?;
    Some(ClauseRule {
        origin: origin?,
        block,
        record,
        chinese: chinese?.to_owned(),
        english: english?.to_owned(),
    })
}

fn limit(entry: &Entry<'_>) -> Option<LimitRule> {
    keys(entry, &["working_days", "zh", "en"]);
    let days = entry.number("working_days", 1..=WORKING_DAYS_MAX);
    let (chinese, english) = (entry.text("zh"), entry.text("en"));
    for (key, text) in [("zh", chinese), ("en", english)] {
        if text.is_some_and(|text| !text.contains("{n}")) {
            entry.mistake_at(
                key,
                format!("`{key}` has no {{n}} where the number of days stands"),
            );
        }
    }
    let origin = origin(entry);
    Some(LimitRule {
        origin: origin?,
        working_days: u16::try_from(days?).expect("at most 250"),
        chinese: chinese?.to_owned(),
        english: english?.to_owned(),
    })
}

/// What a term says; keys that its display has no use for are mistakes.
fn says(entry: &Entry<'_>) -> Option<Says> {
    let months = |key: &str| {
        let months = entry.number(key, 0..=MONTHS_MAX)?;
        Some(Months(u16::try_from(months).expect("at most 120")))
    };
    let without = |keys: &[&str], display: &str| {
        for key in keys.iter().filter(|key| entry.has(key)) {
            entry.mistake_at(key, format!("a term with display {display} has no `{key}`"));
        }
    };
    match entry.text("display")? {
        display @ ("shown" | "optional") => {
            let (minimum, maximum) = (months("minimum_months"), months("maximum_months"));
            if let (Some(minimum), Some(maximum)) = (minimum, maximum)
                && maximum < minimum
            {
                entry.mistake_at("maximum_months", "`maximum_months` is below `minimum_months`");
            }
            Some(Says::Shown {
                minimum: minimum?,
                maximum: maximum?,
                is_optional: display == "optional",
            })
        }
        "not_repairable" => {
            without(&["minimum_months"], "not_repairable");
            Some(Says::NotRepairable {
                maximum: months("maximum_months")?,
            })
        }
        "not_shown" => {
            without(&["minimum_months", "maximum_months"], "not_shown");
            Some(Says::NotShown)
        }
        "by_list_rule" => {
            without(&["minimum_months", "maximum_months"], "by_list_rule");
            Some(Says::ByListRule)
        }
        _ => {
            let wanted = "`display` is one of shown, optional, not_shown, not_repairable, by_list_rule";
            entry.mistake_at("display", wanted);
            None
        }
    }
}
