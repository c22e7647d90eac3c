//! Credit records other than commitments, from texts to the wire, and their ends.
//!
//! A row goes out as it was written, item by item: the service knows the layout. Read first: [`Records`].

use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use super::calls::{Call, Done};
use super::lane::{ANSWER_SIZE_MAX, Answered, Answers, Lane, lane, status_of};
use super::outcome::{BatchOutcome, Became, Found, RowOutcome, became, found};
use super::reading::Taken;
use super::texts::Texts;
use crate::domain::finding::CheckKind;
use crate::domain::layout::{Layout, Layouts, Role};
use crate::domain::resident_id::ResidentId;
use crate::services::pb;
use crate::services::pb::record_service_client::RecordServiceClient;

/// The stream that records go into.
pub struct Records {
    pub layout: Layout,
    /// The system that all rows come from; may be empty.
    pub system: String,
    pub is_check: bool,
}

lane! {
    Records: RecordServiceClient.import_records,
    ImportRecordsRequest, ImportRecordsResponse, import_records_response,
    source: |lane: &Records| Some(pb::RecordSource {
        system: lane.system.clone(),
        ..Default::default()
    }),
    => |lane: &Records, taken: &Taken| record_row(&lane.layout, taken),
    |_: &Records, row: pb::RecordRowResult| {
        let same = |field: &str| field.to_owned();
        Some(RowOutcome {
            became: became(row.outcome)?,
            found: row.findings.into_iter().map(|finding| found(finding, &same)).collect(),
            performance: None,
        })
    }
}

fn record_row(layout: &Layout, taken: &Taken) -> pb::RecordRow {
    let mut source = pb::RecordSource::default();
    let mut items = Vec::with_capacity(taken.items.len());
    for (place, text) in &taken.items {
        let item = &layout.items()[*place];
        match item.role {
            Some(Role::SourceKey) => source.key.clone_from(text),
            Some(Role::SourceBatch) => source.batch.clone_from(text),
            _ => items.push(pb::RecordItem {
                code: item.code.clone(),
                text: text.clone(),
            }),
        }
    }
    pb::RecordRow {
        layout: layout.code.clone(),
        items,
        source: Some(source),
    }
}

/// Ends of records, each row a record found by its natural key and a call.
pub struct Ends {
    pub layouts: Layouts,
    pub layout: Layout,
    pub is_check: bool,
}

/// Items of the layout of ends that the service does not record.
pub const WITHDRAWAL_UNSENT: [&str; 5] = ["CX_JGMC", "CX_XDR_MC", "CX_XDR_GSZC", "CX_XDR_ZZJG", "BZ"];

/// One end, with what its record is found by.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EndRow {
    #[prost(message, optional, tag = "1")]
    pub filter: Option<pb::RecordFilter>,
    /// The party's code as the service shows it.
    #[prost(string, tag = "2")]
    pub shown_code: String,
    #[prost(message, optional, tag = "3")]
    pub end: Option<pb::EndRecordRequest>,
}

impl Call for Ends {
    type Row = EndRow;

    fn row(&self, taken: &Taken) -> EndRow {
        let texts = Texts::new(&self.layouts, &self.layout, &taken.items);
        let decided_on = texts.text("CX_YJDRQ");
        let unified = texts.code("CX_XDR_SHXYM");
        let shown_code = if unified.is_empty() {
            shown(&texts.code("CX_XDR_ZJHM"))
        } else {
            unified
        };
        EndRow {
            filter: Some(pb::RecordFilter {
                kind: texts.number("CX_LB", "record_kind"),
                party_kind: texts.number("CX_XDR_LB", "party_kind"),
                body_code: texts.code("CX_JGDM"),
                number: texts.text("CX_WSH"),
                decided_from: decided_on.clone(),
                decided_until: decided_on,
                ..Default::default()
            }),
            shown_code,
            end: Some(pb::EndRecordRequest {
                end: texts.number("CX_JSLX", "end"),
                on: texts.text("CX_JSRQ"),
                reason: texts.text("CX_YY"),
                basis: texts.text("CX_YJWH"),
                validate_only: self.is_check,
                ..Default::default()
            }),
        }
    }

    async fn call(&self, channel: Channel, row: EndRow, id: String) -> Result<Done, Box<Status>> {
        let mut client = RecordServiceClient::new(channel).max_decoding_message_size(ANSWER_SIZE_MAX);
        let request = pb::ListRecordsRequest {
            filter: row.filter.clone(),
            page_size: 500,
            ..Default::default()
        };
        // The parties of one decision fit a page.
        let listed = client.list_records(request).await.map_err(Box::new)?.into_inner();
        let mut same = listed
            .records
            .into_iter()
            .filter(|record| record.party_code == row.shown_code);
        let record = match (same.next(), same.next()) {
            (Some(record), None) => record,
            (None, _) => {
                return Ok(not_found(
                    "没有这条记录，请核对决定机关、文书号和主体代码。",
                    "there is no such record.",
                ));
            }
            (Some(_), Some(_)) => {
                return Ok(not_found(
                    "有多条记录符合，请写明决定日期。",
                    "more than one record fits; state its date.",
                ));
            }
        };
        let end = pb::EndRecordRequest {
            request_id: id,
            name: record.name,
            ..row.end.unwrap_or_default()
        };
        let stood_so = record.state == state_of(end.end());
        let answer = client.end_record(end).await.map_err(Box::new)?.into_inner();
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
            revision: answer.revision,
            is_replayed: false,
        })
    }

    fn item(&self, field: &str) -> String {
        match field {
            "end" => "CX_JSLX",
            "on" => "CX_JSRQ",
            "reason" => "CX_YY",
            "basis" => "CX_YJWH",
            "filter.body_code" => "CX_JGDM",
            "filter.number" => "CX_WSH",
            "filter.kind" => "CX_LB",
            "filter.party_kind" => "CX_XDR_LB",
            "filter.decided_from" | "filter.decided_until" => "CX_YJDRQ",
            _ => "",
        }
        .to_owned()
    }
}

/// A person's number as the service shows it: four characters at each end.
fn shown(number: &str) -> String {
    let number = number
        .parse()
        .map_or_else(|_| number.to_owned(), |id: ResidentId| id.masked());
    if number.contains('*') || number.chars().count() <= 8 {
        return number;
    }
    let characters: Vec<char> = number.chars().collect();
    let (first, last) = (&characters[..4], &characters[characters.len() - 4..]);
    let stars = "*".repeat(characters.len() - 8);
    first.iter().collect::<String>() + &stars + &last.iter().collect::<String>()
}

fn state_of(end: pb::RecordEnd) -> i32 {
    let state = match end {
        pb::RecordEnd::Unspecified => pb::RecordState::Unspecified,
        pb::RecordEnd::Withdrawn => pb::RecordState::Withdrawn,
        pb::RecordEnd::Deleted => pb::RecordState::Deleted,
        pb::RecordEnd::Repaired => pb::RecordState::Repaired,
        pb::RecordEnd::Expired => pb::RecordState::Expired,
    };
    state.into()
}

fn not_found(chinese: &str, english: &str) -> Done {
    Done {
        row: RowOutcome {
            became: Became::Refused,
            found: vec![Found {
                item: "CX_WSH".to_owned(),
                kind: CheckKind::Reject,
                english: english.to_owned(),
                chinese: chinese.to_owned(),
            }],
            performance: None,
        },
        revision: String::new(),
        is_replayed: false,
    }
}
