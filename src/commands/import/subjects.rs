//! Rows of the register and of rosters, from texts to the wire.
//!
//! Read first: [`register_row`], [`membership_row`].

use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use super::lane::{ANSWER_SIZE_MAX, Answered, Answers, Lane, lane, status_of};
use super::outcome::{BatchOutcome, RowOutcome, became, found};
use super::reading::Taken;
use super::texts::Texts;
use crate::domain::layout::{Layout, Layouts};
use crate::ingest::records::clean;
use crate::services::pb;
use crate::services::pb::subject_service_client::SubjectServiceClient;

/// The stream that rows of the register go into.
pub struct Register {
    pub layouts: Layouts,
    pub layout: Layout,
    pub is_check: bool,
}

/// The stream that memberships in sectors go into.
pub struct Memberships {
    pub layouts: Layouts,
    pub layout: Layout,
    pub is_check: bool,
}

lane! {
    Register: SubjectServiceClient.import_subjects,
    ImportSubjectsRequest, ImportSubjectsResponse, import_subjects_response,
    => |lane: &Register, taken: &Taken| register_row(&Texts::new(&lane.layouts, &lane.layout, &taken.items)),
    |_: &Register, row: pb::RegisterRowResult| {
        Some(RowOutcome {
            became: became(row.outcome)?,
            found: row.findings.into_iter().map(|finding| found(finding, &register_item)).collect(),
            performance: None,
        })
    }
}

lane! {
    Memberships: SubjectServiceClient.import_memberships,
    ImportMembershipsRequest, ImportMembershipsResponse, import_memberships_response,
    => |lane: &Memberships, taken: &Taken| {
        membership_row(&Texts::new(&lane.layouts, &lane.layout, &taken.items))
    },
    |_: &Memberships, row: pb::MembershipRowResult| {
        Some(RowOutcome {
            became: became(row.outcome)?,
            found: row.findings.into_iter().map(|finding| found(finding, &membership_item)).collect(),
            performance: None,
        })
    }
}

/// Items of the register's layout that the service does not record.
pub const REGISTER_UNSENT: [&str; 4] = ["DJ_ZJLX", "DJ_ZJHM", "DJ_FRDB", "BZ"];
/// Items of the layout of rosters that the service does not record.
pub const MEMBERSHIP_UNSENT: [&str; 5] = ["LY_XDR_GSZC", "LY_XDR_ZJLX", "LY_JGMC", "LY_JGDM", "BZ"];

/// Path of the field and code of the item.
const REGISTER_FIELDS: [(&str, &str); 16] = [
    ("social_credit_code", "DJ_SHXYM"),
    ("name", "DJ_MC"),
    ("kind", "DJ_LB"),
    ("registration_number", "DJ_GSZC"),
    ("organisation_code", "DJ_ZZJG"),
    ("tax_number", "DJ_SWDJ"),
    ("institution_certificate", "DJ_SYDW"),
    ("social_organisation_certificate", "DJ_SHZZ"),
    ("established_on", "DJ_CLRQ"),
    ("changed_on", "DJ_BGRQ"),
    ("state", "DJ_ZXRQ"),
    ("deregistered_on", "DJ_ZXRQ"),
    ("division", "DJ_DZQH"),
    ("address", "DJ_DZ"),
    ("predecessors", "DJ_QSDM"),
    ("succession", "DJ_QSGX"),
];

/// The same of rosters; the code of a person has a column of its own.
const MEMBERSHIP_FIELDS: [(&str, &str); 7] = [
    ("subject_name", "LY_XDR_MC"),
    ("subject_kind", "LY_XDR_LB"),
    ("subject_code", "LY_XDR_SHXYM"),
    ("sector", "LY_DM"),
    ("from", "LY_QSRQ"),
    ("until", "LY_ZZRQ"),
    ("evidence", "LY_YJ"),
];

fn register_item(field: &str) -> String {
    item_of(&REGISTER_FIELDS, field)
}

fn membership_item(field: &str) -> String {
    item_of(&MEMBERSHIP_FIELDS, field)
}

fn item_of(fields: &[(&str, &str)], field: &str) -> String {
    let pair = fields.iter().find(|(path, _)| *path == field);
    pair.map_or_else(String::new, |(_, code)| (*code).to_owned())
}

fn register_row(texts: &Texts<'_>) -> pb::RegisterRow {
    let deregistered_on = texts.text("DJ_ZXRQ");
    let state = if deregistered_on.is_empty() {
        pb::RegisterState::Active
    } else {
        pb::RegisterState::Deregistered
    };
    let predecessors = texts.text("DJ_QSDM");
    let predecessors = predecessors.split([';', '；', ',', '，', '、']);
    pb::RegisterRow {
        social_credit_code: texts.code("DJ_SHXYM"),
        name: texts.text("DJ_MC"),
        kind: texts.number("DJ_LB", "party_kind"),
        registration_number: texts.code("DJ_GSZC"),
        organisation_code: texts.code("DJ_ZZJG"),
        tax_number: texts.code("DJ_SWDJ"),
        institution_certificate: texts.code("DJ_SYDW"),
        social_organisation_certificate: texts.code("DJ_SHZZ"),
        established_on: texts.text("DJ_CLRQ"),
        changed_on: texts.text("DJ_BGRQ"),
        state: state.into(),
        deregistered_on,
        division: clean::text(&texts.text("DJ_DZQH")),
        address: texts.text("DJ_DZ"),
        predecessors: predecessors
            .map(clean::code)
            .filter(|one| !one.is_empty())
            .collect(),
        succession: texts.number("DJ_QSGX", "succession"),
    }
}

fn membership_row(texts: &Texts<'_>) -> pb::MembershipRow {
    let code = texts.code("LY_XDR_SHXYM");
    pb::MembershipRow {
        subject_name: texts.text("LY_XDR_MC"),
        subject_kind: texts.number("LY_XDR_LB", "party_kind"),
        subject_code: if code.is_empty() {
            texts.code("LY_XDR_ZJHM")
        } else {
            code
        },
        sector: texts.text("LY_DM"),
        from: texts.text("LY_QSRQ"),
        until: texts.last_day("LY_ZZRQ"),
        evidence: texts.text("LY_YJ"),
    }
}
