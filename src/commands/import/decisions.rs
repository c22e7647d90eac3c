//! Decisions on commitments that are recorded already: taken back, or found to be broken.
//!
//! Each row is a call, as with performance. Read first: [`Withdrawals`], [`Breaches`].

use tonic::Status;
use tonic::transport::Channel;

use super::calls::{Call, Done};
use super::outcome::{Became, RowOutcome, became, found};
use super::reading::Taken;
use super::texts::Texts;
use crate::domain::layout::{Layout, Layouts};
use crate::services::pb;
use crate::services::pb::commitment_service_client::CommitmentServiceClient;

/// Resource name of the commitment that a row is about.
fn commitment(texts: &Texts<'_>) -> String {
    let (body, code) = (texts.code("acceptanceUnitIdentify"), texts.text("code"));
    format!("commitments/{body}-{code}")
}

/// Commitments that are taken back.
pub struct Withdrawals {
    pub layouts: Layouts,
    pub layout: Layout,
    pub is_check: bool,
}

/// Items of the layout of withdrawals that the service does not record.
pub const WITHDRAWAL_UNSENT: [&str; 1] = ["remarks"];

impl Call for Withdrawals {
    type Row = pb::WithdrawCommitmentRequest;

    fn row(&self, taken: &Taken) -> pb::WithdrawCommitmentRequest {
        let texts = Texts::new(&self.layouts, &self.layout, &taken.items);
        pb::WithdrawCommitmentRequest {
            request_id: String::new(),
            name: commitment(&texts),
            reason: texts.text("withdrawalReason"),
            validate_only: self.is_check,
        }
    }

    async fn call(
        &self,
        channel: Channel,
        row: pb::WithdrawCommitmentRequest,
        id: String,
    ) -> Result<Done, Box<Status>> {
        let mut client = CommitmentServiceClient::new(channel);
        let known = pb::GetCommitmentRequest {
            name: row.name.clone(),
            ..Default::default()
        };
        let known = client.get_commitment(known).await.map_err(Box::new)?.into_inner();
        let stood_so = known.state() == pb::CommitmentState::Withdrawn;
        let request = pb::WithdrawCommitmentRequest {
            request_id: id,
            ..row
        };
        let answer = client.withdraw_commitment(request).await.map_err(Box::new)?;
        Ok(Done {
            row: RowOutcome {
                became: if stood_so {
                    Became::Repeated
                } else {
                    Became::Created
                },
                found: Vec::new(),
                performance: None,
            },
            revision: answer.into_inner().revision,
            is_replayed: false,
        })
    }

    fn item(&self, field: &str) -> String {
        match field {
            "name" => "code",
            "reason" => "withdrawalReason",
            _ => "",
        }
        .to_owned()
    }
}

/// Breaches of commitments, with notice, hearing and consequence.
pub struct Breaches {
    pub layouts: Layouts,
    pub layout: Layout,
    pub is_check: bool,
    /// What differs from the recorded breach is a correction of it.
    pub corrects: bool,
}

/// Path of the field and code of the item.
const BREACH_FIELDS: [(&str, &str); 15] = [
    ("finding_body_name", "breachUnit"),
    ("finding_body_code", "breachUnitIdentify"),
    ("unperformed", "breachContent"),
    ("basis", "breachBasis"),
    ("evidence", "breachEvidence"),
    ("notified_on", "notifiedOn"),
    ("correct_by", "correctBy"),
    ("hearing_offered_on", "hearingOfferedOn"),
    ("hearing_held_on", "hearingHeldOn"),
    ("hearing_waived_on", "hearingWaivedOn"),
    ("consequence", "breachConsequence"),
    ("corrected_on", "correctedOn"),
    ("confirmed_on", "confirmedOn"),
    ("carried_out_on", "carriedOutOn"),
    ("carried_out", "carriedOut"),
];

impl Call for Breaches {
    type Row = pb::RecordBreachRequest;

    fn row(&self, taken: &Taken) -> pb::RecordBreachRequest {
        let texts = Texts::new(&self.layouts, &self.layout, &taken.items);
        let evidence = texts.text("breachEvidence");
        let evidence = evidence.split([';', '；', '\n']).map(str::trim);
        let breach = pb::BreachItems {
            finding_body_name: texts.text("breachUnit"),
            finding_body_code: texts.code("breachUnitIdentify"),
            unperformed: texts.text("breachContent"),
            basis: texts.text("breachBasis"),
            evidence: evidence
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect(),
            notified_on: texts.text("notifiedOn"),
            correct_by: texts.text("correctBy"),
            hearing_offered_on: texts.text("hearingOfferedOn"),
            hearing_held_on: texts.text("hearingHeldOn"),
            hearing_waived_on: texts.text("hearingWaivedOn"),
            consequence: texts.text("breachConsequence"),
            corrected_on: texts.text("correctedOn"),
            confirmed_on: texts.text("confirmedOn"),
            carried_out_on: texts.text("carriedOutOn"),
            carried_out: texts.text("carriedOut"),
        };
        pb::RecordBreachRequest {
            request_id: String::new(),
            commitment: commitment(&texts),
            breach: Some(breach),
            correct: self.corrects,
            validate_only: self.is_check,
        }
    }

    async fn call(
        &self,
        channel: Channel,
        row: pb::RecordBreachRequest,
        id: String,
    ) -> Result<Done, Box<Status>> {
        let request = pb::RecordBreachRequest {
            request_id: id,
            ..row
        };
        let answer = CommitmentServiceClient::new(channel).record_breach(request).await;
        let answer = answer.map_err(Box::new)?.into_inner();
        let became =
            became(answer.outcome).ok_or_else(|| Box::new(Status::data_loss("an answer without outcome")))?;
        let item = |field: &str| self.item(field);
        let all = answer.findings.into_iter();
        Ok(Done {
            row: RowOutcome {
                became,
                found: all.map(|finding| found(finding, &item)).collect(),
                performance: None,
            },
            revision: answer.revision,
            is_replayed: answer.replayed,
        })
    }

    fn item(&self, field: &str) -> String {
        if field == "commitment" {
            return "code".to_owned();
        }
        let inner = field.strip_prefix("breach.").unwrap_or(field);
        // A piece of evidence is named with its place, such as `evidence[2]`.
        let inner = inner.split('[').next().unwrap_or(inner);
        let pair = BREACH_FIELDS.iter().find(|(path, _)| *path == inner);
        pair.map_or_else(String::new, |(_, code)| (*code).to_owned())
    }
}
