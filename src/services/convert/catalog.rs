//! To the wire: departments, bodies and sectors as the adopted catalogue has them.

use crate::domain::catalog::{Authority, Department, DepartmentKind, EnforcementBody, Sector, Standing};
use crate::domain::revision::Place;
use crate::services::pb;

/// Shows a department; `adopted` is where its catalogue was adopted.
#[must_use]
pub fn department(department: &Department, adopted: Place) -> pb::Department {
    pb::Department {
        name: format!("departments/{}", department.code),
        code: department.code.to_string(),
        title_chinese: department.title_zh.clone(),
        title_english: department.title_en.clone(),
        r#type: kind(department.kind).to_owned(),
        authorities: department
            .authorities
            .iter()
            .map(|one| authority(*one).to_owned())
            .collect(),
        standing: standing(department.standing).to_owned(),
        social_credit_code: department.social_credit_code.to_string(),
        revision: adopted.to_string(),
    }
}

/// Shows a body; `adopted` is where its catalogue was adopted.
#[must_use]
pub fn body(body: &EnforcementBody, adopted: Place) -> pb::Body {
    pb::Body {
        name: format!("bodies/{}", body.code),
        code: body.code.to_string(),
        department: format!("departments/{}", body.department),
        title_chinese: body.title_zh.clone(),
        title_english: body.title_en.clone(),
        social_credit_code: body.social_credit_code.to_string(),
        standing: standing(body.standing).to_owned(),
        in_force_from: body.from.to_string(),
        in_force_until: body.until.map(|until| until.to_string()).unwrap_or_default(),
        revision: adopted.to_string(),
    }
}

/// Shows a sector; `adopted` is where its catalogue was adopted.
#[must_use]
pub fn sector(sector: &Sector, adopted: Place) -> pb::Sector {
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

fn standing(standing: Standing) -> &'static str {
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
