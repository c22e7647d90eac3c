//! Rows of credit records, and the calls that the tests about them make.

use credence::domain::resident_id::ResidentId;
use credence::domain::social_credit_code::SocialCreditCode;
use credence::services::pb;
use tonic::Status;

use crate::harness::{TestServer, request_id};

/// A row under way: items by code.
#[derive(Clone)]
pub struct Row {
    pub layout: &'static str,
    pub items: Vec<(String, String)>,
    pub source: Option<pb::RecordSource>,
}

impl Row {
    fn of(layout: &'static str, items: &[(&str, &str)]) -> Self {
        let items = items.iter();
        Self {
            layout,
            items: items
                .map(|(code, text)| ((*code).to_owned(), (*text).to_owned()))
                .collect(),
            source: None,
        }
    }

    /// Sets an item, or takes it out if the text is empty.
    pub fn with(mut self, code: &str, text: &str) -> Self {
        self.items.retain(|(known, _)| known != code);
        if !text.is_empty() {
            self.items.push((code.to_owned(), text.to_owned()));
        }
        self
    }

    pub fn sent_by(mut self, system: &str, key: &str) -> Self {
        self.source = Some(pb::RecordSource {
            system: system.to_owned(),
            key: key.to_owned(),
            batch: String::new(),
        });
        self
    }

    pub fn sent(&self) -> pb::RecordRow {
        let items = self.items.iter();
        pb::RecordRow {
            layout: self.layout.to_owned(),
            items: items
                .map(|(code, text)| pb::RecordItem {
                    code: code.clone(),
                    text: text.clone(),
                })
                .collect(),
            source: self.source.clone(),
        }
    }
}

fn organisation(serial: u32) -> String {
    let organisation = format!("{:08}", 20_000_000 + serial);
    SocialCreditCode::compose('9', '1', "150802", &organisation)
        .expect("composed")
        .to_string()
}

pub fn person(serial: u16) -> String {
    let born_on = "1990-02-03".parse().expect("a date");
    ResidentId::compose("150802", born_on, serial)
        .expect("composed")
        .expose()
        .to_owned()
}

/// A penalty that breaks no rule; each serial number is another decision against another organisation.
pub fn penalty(server: &TestServer, serial: u32) -> Row {
    let (name, code) = (&server.body.title_chinese, &server.body.social_credit_code);
    Row::of(
        "PENALTY_V2",
        &[
            ("CF_XDR_MC", &format!("测试企业{serial}")),
            ("CF_XDR_LB", "法人及非法人组织"),
            ("CF_XDR_SHXYM", &organisation(serial)),
            ("CF_FRDB", "王测试"),
            ("CF_WSH", &format!("测罚〔2024〕{serial}号")),
            ("CF_WFXW", "未按规定公示信息"),
            ("CF_SY", "经查，该单位未按规定公示信息。"),
            ("CF_YJ", "依据有关规定"),
            ("CF_CFLB", "罚款"),
            ("CF_NR", "罚款2000元"),
            ("CF_NR_FK", "0.2"),
            ("CF_JDRQ", "2024-05-20"),
            ("CF_YXQ", "2025-05-20"),
            ("CF_CFJG", name),
            ("CF_CFJGDM", code),
            ("CF_SJLY", name),
            ("CF_SJLYDM", code),
        ],
    )
}

/// The same against a natural person.
pub fn person_penalty(server: &TestServer, serial: u16) -> Row {
    penalty(server, u32::from(serial))
        .with("CF_XDR_MC", "张测试")
        .with("CF_XDR_LB", "自然人")
        .with("CF_XDR_SHXYM", "")
        .with("CF_FRDB", "")
        .with("CF_XDR_ZJLX", "身份证")
        .with("CF_XDR_ZJHM", &person(serial))
        .with(
            "CF_SY",
            &format!("经查，张测试（{}）未按规定公示信息。", person(serial)),
        )
}

/// A ruling over the penalty of a serial number.
pub fn ruling(server: &TestServer, number: &str, serial: u32, outcome: &str) -> Row {
    let (name, code) = (&server.body.title_chinese, &server.body.social_credit_code);
    Row::of(
        "RULING",
        &[
            ("CJ_XDR_MC", &format!("测试企业{serial}")),
            ("CJ_XDR_LB", "法人及非法人组织"),
            ("CJ_XDR_SHXYM", &organisation(serial)),
            ("CJ_WSH", number),
            ("CJ_LB", "行政复议"),
            ("CJ_JG", outcome),
            ("CJ_JDRQ", "2024-05-27"),
            ("CJ_YLB", "行政处罚"),
            ("CJ_YJGMC", name),
            ("CJ_YJGDM", code),
            ("CJ_YWSH", &format!("测罚〔2024〕{serial}号")),
            ("CJ_YJDRQ", "2024-05-20"),
            ("CJ_JGMC", name),
            ("CJ_JGDM", code),
            ("CJ_LYDW", name),
            ("CJ_LYDWDM", code),
        ],
    )
}

pub async fn record(server: &TestServer, request: u32, rows: &[Row]) -> pb::RecordBatchResult {
    let request = pb::RecordRecordsRequest {
        request_id: request_id(request),
        rows: rows.iter().map(Row::sent).collect(),
        ..Default::default()
    };
    let answer = server.records.clone().record_records(request).await;
    answer.expect("answered").into_inner()
}

/// Records rows that are all to be recorded; returns their names.
pub async fn recorded(server: &TestServer, request: u32, rows: &[Row]) -> Vec<String> {
    let result = record(server, request, rows).await;
    assert_eq!(result.refused_count, 0, "{result:?}");
    result.results.into_iter().map(|row| row.name).collect()
}

pub fn outcomes(result: &pb::RecordBatchResult) -> Vec<pb::Outcome> {
    result.results.iter().map(pb::RecordRowResult::outcome).collect()
}

pub async fn get(server: &TestServer, name: &str) -> pb::Record {
    let request = pb::GetRecordRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let answer = server.records.clone().get_record(request).await;
    answer.expect("there").into_inner()
}

pub async fn state(server: &TestServer, name: &str) -> pb::RecordState {
    get(server, name).await.state()
}

pub async fn end(
    server: &TestServer,
    request: u32,
    name: &str,
    end: pb::RecordEnd,
    on: &str,
) -> Result<pb::Record, Status> {
    let request = pb::EndRecordRequest {
        request_id: request_id(request),
        name: name.to_owned(),
        end: end.into(),
        on: on.to_owned(),
        reason: "测试".to_owned(),
        basis: "测撤〔2024〕1号".to_owned(),
        validate_only: false,
    };
    Ok(server.records.clone().end_record(request).await?.into_inner())
}

pub async fn revive(server: &TestServer, request: u32, name: &str) -> Result<pb::Record, Status> {
    let request = pb::ReviveRecordRequest {
        request_id: request_id(request),
        name: name.to_owned(),
        on: "2024-06-02".to_owned(),
        reason: "恢复".to_owned(),
        ..Default::default()
    };
    Ok(server.records.clone().revive_record(request).await?.into_inner())
}

pub async fn list(server: &TestServer, filter: pb::RecordFilter) -> Vec<pb::Record> {
    let request = pb::ListRecordsRequest {
        filter: Some(filter),
        ..Default::default()
    };
    let answer = server.records.clone().list_records(request).await;
    answer.expect("listed").into_inner().records
}

pub async fn digests(server: &TestServer) -> pb::Digests {
    let request = pb::GetDigestsRequest::default();
    let answer = server.operations.clone().get_digests(request).await;
    answer.expect("digested").into_inner()
}

/// Names of the records with an open question, and the rules by which it is asked.
pub async fn questions(server: &TestServer) -> Vec<(String, pb::FindingRule)> {
    let request = pb::ListOpenQuestionsRequest::default();
    let answer = server.commitments.clone().list_open_questions(request).await;
    let questions = answer.expect("listed").into_inner().questions;
    questions
        .into_iter()
        .map(|one| (one.record, one.finding.expect("each has one").rule()))
        .collect()
}
