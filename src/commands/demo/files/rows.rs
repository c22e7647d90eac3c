//! Generated rows as the cells of their layouts, by code of item. Read first: [`Writer`].

use std::collections::HashMap;

use crate::commands::export::commitments::Words;
use crate::domain::commitment::ReportedPerformance;
use crate::domain::commitment::{Choice, CommitmentKind, PerformanceState, Publication, Reported};
use crate::domain::layout::{Layout, Layouts, Role};
use crate::domain::record::ReportedRecord;
use crate::domain::subject::SubjectKind;
use crate::testkit::plan::{PerformanceSend, Withdrawal};
use crate::testkit::record_plan::{EndSend, MembershipRow};
use crate::testkit::records::Authorities;
use crate::testkit::register::RegisterRow;

/// Texts by code of item.
pub type Items = HashMap<String, String>;

fn items<const N: usize>(pairs: [(&str, String); N]) -> Items {
    pairs
        .into_iter()
        .map(|(code, text)| (code.to_owned(), text))
        .collect()
}

/// Writes closed values in the words of the layouts.
pub struct Writer<'a>(pub &'a Layouts);

impl Writer<'_> {
    fn word(&self, list: &str, code: &str) -> String {
        Words(self.0).of(list, code)
    }

    /// The word of a value; what stands on no list as it is.
    fn choice<T: Copy>(&self, list: &str, choice: &Choice<T>, code: impl Fn(T) -> String) -> String {
        match choice {
            Choice::Absent => String::new(),
            Choice::Known(value) => self.word(list, &code(*value)),
            Choice::Unknown(text) => text.clone(),
        }
    }

    fn subject_kind(&self, kind: SubjectKind) -> String {
        self.word("party_kind", &kind.number().to_string())
    }

    /// A row of the collection form.
    pub fn commitment(&self, row: &Reported) -> Items {
        let kind = self.choice("commitment_kind", &row.kind, |kind| {
            commitment_kind(kind).to_owned()
        });
        let kind = if row.kind_words.is_empty() {
            kind
        } else {
            format!("{kind}-{}", row.kind_words)
        };
        let mut cells = items([
            ("code", row.code.clone()),
            ("subjectName", row.subject_name.clone()),
            (
                "subjectCategory",
                self.choice("party_kind", &row.subject_kind, |kind| kind.number().to_string()),
            ),
            ("identify", row.subject_code.clone()),
            ("commitmentTypeId", kind),
            ("reason", row.reason.clone()),
            ("content", row.content.clone()),
            ("liabilityBreachCommitment", row.liability.clone()),
            ("commitmentDate", row.made_on.clone()),
            ("commitmentValidity", row.valid_until.clone()),
            ("acceptanceUnit", row.accepting_body_name.clone()),
            ("acceptanceUnitIdentify", row.accepting_body_code.clone()),
            (
                "publicationType",
                self.choice("publication", &row.publication, |value: Publication| {
                    value.number().to_string()
                }),
            ),
            ("remarks", row.remarks.clone()),
        ]);
        if let Some(performance) = &row.performance {
            cells.extend(self.performed(performance));
        }
        cells
    }

    fn performed(&self, items_of: &ReportedPerformance) -> Items {
        items([
            (
                "fulfillmentStatus",
                self.choice("performance_state", &items_of.state, |state: PerformanceState| {
                    state.number().to_string()
                }),
            ),
            ("unperformedCommitmentContent", items_of.unperformed.clone()),
            (
                "liabilityBreachCommitmentContent",
                items_of.measures_taken.clone(),
            ),
            ("fulfillmentStatusDate", items_of.found_on.clone()),
            ("acceptanceConfirmUnit", items_of.finding_body_name.clone()),
            (
                "acceptanceConfirmUnitIdentify",
                items_of.finding_body_code.clone(),
            ),
        ])
    }

    /// Performance that comes by itself.
    pub fn performance(&self, send: &PerformanceSend) -> Items {
        let mut cells = self.performed(&send.performance);
        cells.extend(named(&send.commitment));
        cells
    }

    /// A row of the register.
    pub fn register(&self, row: &RegisterRow) -> Items {
        items([
            ("DJ_MC", row.entry.name.clone()),
            ("DJ_LB", self.subject_kind(row.entry.kind)),
            ("DJ_SHXYM", row.entry.code.clone()),
            ("DJ_CLRQ", row.entry.established_on.to_string()),
            ("DJ_BGRQ", row.changed_on.clone()),
            ("DJ_ZXRQ", row.deregistered_on.clone()),
        ])
    }

    /// A row of a roster, from the body of this code.
    pub fn membership(&self, row: &MembershipRow, sender: &str) -> Items {
        items([
            ("LY_XDR_MC", row.name.clone()),
            ("LY_XDR_LB", self.subject_kind(row.kind)),
            ("LY_XDR_SHXYM", row.code.clone()),
            ("LY_DM", row.sector.clone()),
            ("LY_QSRQ", row.from.clone()),
            ("LY_YJ", row.evidence.clone()),
            ("LY_JGDM", sender.to_owned()),
        ])
    }

    /// The end of a record, which `first` reported in `layout`.
    pub fn end(
        &self,
        send: &EndSend,
        first: &ReportedRecord,
        layout: &Layout,
        authorities: &Authorities,
    ) -> Items {
        let text = |role: Role| {
            let of_role = layout.of_role(role).map(|item| item.code.as_str());
            let found = of_role.filter_map(|code| first.items.iter().find(|(one, _)| one == code));
            let mut filled = found.filter(|(_, text)| !text.is_empty());
            filled.next().map_or_else(String::new, |(_, text)| text.clone())
        };
        let kind = layout
            .kind
            .map_or_else(String::new, |kind| kind.number().to_string());
        let (code, document) = (text(Role::PartyCode), text(Role::PartyDocument));
        let party_kind = match (text(Role::PartyKind), document.is_empty()) {
            // A layout without kind of party: the codes say it.
            (stated, false) if stated.is_empty() => self.subject_kind(SubjectKind::Person),
            (stated, true) if stated.is_empty() && code.starts_with("92") => {
                self.subject_kind(SubjectKind::IndividualBusiness)
            }
            (stated, true) if stated.is_empty() => self.subject_kind(SubjectKind::Organisation),
            (stated, _) => stated,
        };
        let body_name = text(Role::BodyName);
        let body_code = match text(Role::BodyCode) {
            stated if stated.is_empty() => {
                let mut bodies = authorities.penalising.iter().chain(&authorities.licensing);
                let its = bodies.find(|body| body.name == body_name);
                its.map_or_else(String::new, |body| body.code.clone())
            }
            stated => stated,
        };
        items([
            ("CX_LB", self.word("record_kind", &kind)),
            ("CX_JGMC", body_name),
            ("CX_JGDM", body_code),
            ("CX_WSH", text(Role::Number)),
            ("CX_YJDRQ", text(Role::DecidedOn)),
            ("CX_XDR_MC", text(Role::PartyName)),
            ("CX_XDR_LB", party_kind),
            ("CX_XDR_SHXYM", code),
            (
                "CX_XDR_ZJLX",
                if document.is_empty() {
                    String::new()
                } else {
                    "身份证".to_owned()
                },
            ),
            ("CX_XDR_ZJHM", document),
            ("CX_JSLX", self.word("end", &send.end.number().to_string())),
            ("CX_JSRQ", send.on.clone()),
            ("CX_YY", send.reason.clone()),
            ("CX_YJWH", send.basis.clone()),
        ])
    }
}

/// The code by which the form names a kind.
fn commitment_kind(kind: CommitmentKind) -> &'static str {
    match kind {
        CommitmentKind::ApprovalReplacing => "SPTDX",
        CommitmentKind::AcceptedWithGaps => "RQSLX",
        CommitmentKind::CertificateReplacing => "ZMSXX",
        CommitmentKind::CreditRepair => "XYXFX",
        CommitmentKind::SelfDiscipline => "HYZLX",
        CommitmentKind::Voluntary => "ZDX",
        CommitmentKind::Other => "QT",
    }
}

/// Body and code of a commitment by its resource name.
fn named(commitment: &str) -> Items {
    let key = commitment.strip_prefix("commitments/").unwrap_or(commitment);
    let (body, code) = key
        .split_once('-')
        .expect("a commitment is named by body and code");
    items([
        ("acceptanceUnitIdentify", body.to_owned()),
        ("code", code.to_owned()),
    ])
}

/// A commitment taken back.
pub fn withdrawal(withdrawal: &Withdrawal) -> Items {
    let mut cells = named(&withdrawal.commitment);
    cells.insert("withdrawalReason".to_owned(), withdrawal.reason.clone());
    cells
}

/// A row of a credit record, with its key and batch in its source.
pub fn record(row: &ReportedRecord, layout: &Layout) -> Items {
    let mut cells: Items = row.items.iter().cloned().collect();
    for (role, text) in [
        (Role::SourceKey, &row.source.key),
        (Role::SourceBatch, &row.source.batch),
    ] {
        if let Some(item) = layout.role(role) {
            cells.insert(item.code.clone(), text.clone());
        }
    }
    cells
}
