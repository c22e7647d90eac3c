//! To the wire: departments, bodies and sectors as the adopted catalogue has them; calendars, editions.

use crate::domain::calendar::{CalendarYear, Holiday};
use crate::domain::catalog::{
    Authority, Department, DepartmentKind, EnforcementBody, Former, Sector, Standing,
};
use crate::domain::civil_date::CivilDate;
use crate::domain::edition::Edition;
use crate::domain::revision::Place;
use crate::services::pb;

/// Shows a department by its titles of a day, or by the present ones; `adopted` is where its catalogue
/// was adopted.
#[must_use]
pub fn department(department: &Department, adopted: Place, as_of: Option<CivilDate>) -> pb::Department {
    let present = (department.title_zh.as_str(), department.title_en.as_str());
    let (title_zh, title_en) = as_of.map_or(present, |on| department.titles_on(on));
    pb::Department {
        name: format!("departments/{}", department.code),
        code: department.code.to_string(),
        title_chinese: title_zh.to_owned(),
        title_english: title_en.to_owned(),
        r#type: kind(department.kind).to_owned(),
        authorities: department
            .authorities
            .iter()
            .map(|one| authority(*one).to_owned())
            .collect(),
        standing: standing(department.standing).to_owned(),
        social_credit_code: department.social_credit_code.to_string(),
        revision: adopted.to_string(),
        in_force_from: written(department.from),
        in_force_until: written(department.until),
        successor: department
            .successor
            .map(|code| format!("departments/{code}"))
            .unwrap_or_default(),
        former_titles: department.former.iter().map(former).collect(),
    }
}

/// Shows a body by its titles and department of a day, or by the present ones; `adopted` is where its
/// catalogue was adopted.
#[must_use]
pub fn body(body: &EnforcementBody, adopted: Place, as_of: Option<CivilDate>) -> pb::Body {
    let present = (body.title_zh.as_str(), body.title_en.as_str());
    let (title_zh, title_en) = as_of.map_or(present, |on| body.titles_on(on));
    let department = as_of.map_or(body.department, |on| body.department_on(on));
    pb::Body {
        name: format!("bodies/{}", body.code),
        code: body.code.to_string(),
        department: format!("departments/{department}"),
        title_chinese: title_zh.to_owned(),
        title_english: title_en.to_owned(),
        social_credit_code: body.social_credit_code.to_string(),
        standing: standing(body.standing).to_owned(),
        in_force_from: body.from.to_string(),
        in_force_until: written(body.until),
        revision: adopted.to_string(),
        successor: body
            .successor
            .map(|code| format!("bodies/{code}"))
            .unwrap_or_default(),
        former_titles: body.former.iter().map(former).collect(),
    }
}

fn former(former: &Former) -> pb::FormerTitle {
    pb::FormerTitle {
        until: former.until.to_string(),
        title_chinese: former.title_zh.clone(),
        title_english: former.title_en.clone(),
        department: former
            .department
            .map(|code| format!("departments/{code}"))
            .unwrap_or_default(),
    }
}

/// A date, or nothing.
fn written(date: Option<CivilDate>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// Shows a sector, the same on every day; `adopted` is where its catalogue was adopted.
#[must_use]
pub fn sector(sector: &Sector, adopted: Place, _as_of: Option<CivilDate>) -> pb::Sector {
    pb::Sector {
        name: format!("sectors/{}", sector.code),
        code: sector.code.to_string(),
        title_chinese: sector.title_zh.clone(),
        title_english: sector.title_en.clone(),
        lead_department: format!("departments/{}", sector.lead),
        helping_departments: sector
            .helpers
            .iter()
            .map(|code| format!("departments/{code}"))
            .collect(),
        standing: standing(sector.standing).to_owned(),
        revision: adopted.to_string(),
        has_published_rule: sector.has_published_rule,
    }
}

/// Shows the calendar of a year; `adopted` is where the calendars were adopted.
#[must_use]
pub fn calendar(calendar: &CalendarYear, adopted: Place) -> pb::Calendar {
    let working = calendar.working_days();
    let by_month = (1..=12).map(|month| working.iter().filter(|day| day.month() == month).count());
    let number = |count: usize| u32::try_from(count).expect("a year has 366 days at most");
    pb::Calendar {
        name: format!("calendars/{}", calendar.year),
        year: i32::from(calendar.year),
        working_days: number(working.len()),
        working_days_by_month: by_month.map(number).collect(),
        holidays: calendar.holidays.iter().map(holiday).collect(),
        source: calendar.source.clone(),
        standing: standing(calendar.standing).to_owned(),
        trust: calendar.trust.mark().to_owned(),
        revision: adopted.to_string(),
    }
}

fn holiday(holiday: &Holiday) -> pb::Holiday {
    pb::Holiday {
        title_chinese: holiday.title_zh.clone(),
        title_english: holiday.title_en.clone(),
        from: holiday.from.to_string(),
        until: holiday.until.to_string(),
        make_up_days: holiday.make_up.iter().map(ToString::to_string).collect(),
    }
}

/// Shows an edition; `adopted` is where the editions were adopted.
#[must_use]
pub fn edition(edition: &Edition, adopted: Place) -> pb::Edition {
    pb::Edition {
        name: format!("editions/{}", edition.id()),
        list: i32::from(edition.list.number()),
        edition: edition.edition.clone(),
        title_chinese: edition.title_zh.clone(),
        title_english: edition.title_en.clone(),
        in_force_from: edition.from.to_string(),
        in_force_until: written(edition.until),
        entry_count: edition.entry_count,
        complete: edition.is_complete,
        entries: edition
            .entries
            .iter()
            .map(|entry| pb::EditionEntry {
                code: entry.code.to_string(),
                title_chinese: entry.title_zh.clone(),
                title_english: entry.title_en.clone(),
                trust: entry.trust.mark().to_owned(),
            })
            .collect(),
        source: edition.source.clone(),
        standing: standing(edition.standing).to_owned(),
        trust: edition.trust.mark().to_owned(),
        revision: adopted.to_string(),
    }
}

pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Law => "law",
        Standing::Adopted => "adopted",
        Standing::Model => "model",
        Standing::Construction => "construction",
    }
}

fn kind(kind: DepartmentKind) -> &'static str {
    match kind {
        DepartmentKind::Government => "government",
        DepartmentKind::CityBranch => "city_branch",
        DepartmentKind::Vertical => "vertical",
        DepartmentKind::Party => "party",
        DepartmentKind::Court => "court",
        DepartmentKind::Institution => "institution",
    }
}

fn authority(authority: Authority) -> &'static str {
    match authority {
        Authority::License => "license",
        Authority::Penalty => "penalty",
        Authority::Inspection => "inspection",
        Authority::Commitment => "commitment",
        Authority::SectorLead => "sector_lead",
        Authority::DataSupply => "data_supply",
    }
}
