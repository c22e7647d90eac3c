//! Credit records: in by batch and stream, corrected, from several sources, ended, revived, ruled on.

use credence::domain::resident_id::ResidentId;
use credence::domain::social_credit_code::SocialCreditCode;
use credence::services::pb;
use credence::services::pb::import_records_response::Answer;
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use crate::harness::{TestServer, reason, request_id};

/// A row under way: items by code.
#[derive(Clone)]
struct Row {
    layout: &'static str,
    items: Vec<(String, String)>,
    source: Option<pb::RecordSource>,
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
    fn with(mut self, code: &str, text: &str) -> Self {
        self.items.retain(|(known, _)| known != code);
        if !text.is_empty() {
            self.items.push((code.to_owned(), text.to_owned()));
        }
        self
    }

    fn sent_by(mut self, system: &str, key: &str) -> Self {
        self.source = Some(pb::RecordSource {
            system: system.to_owned(),
            key: key.to_owned(),
            batch: String::new(),
        });
        self
    }

    fn sent(&self) -> pb::RecordRow {
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

fn person(serial: u16) -> String {
    let born_on = "1990-02-03".parse().expect("a date");
    ResidentId::compose("150802", born_on, serial)
        .expect("composed")
        .expose()
        .to_owned()
}

/// A penalty that breaks no rule; each serial number is another decision against another organisation.
fn penalty(server: &TestServer, serial: u32) -> Row {
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
fn person_penalty(server: &TestServer, serial: u16) -> Row {
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
fn ruling(server: &TestServer, number: &str, serial: u32, outcome: &str) -> Row {
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

async fn record(server: &TestServer, request: u32, rows: &[Row]) -> pb::RecordBatchResult {
    let request = pb::RecordRecordsRequest {
        request_id: request_id(request),
        rows: rows.iter().map(Row::sent).collect(),
        ..Default::default()
    };
    let answer = server.records.clone().record_records(request).await;
    answer.expect("answered").into_inner()
}

/// Records rows that are all to be recorded; returns their names.
async fn recorded(server: &TestServer, request: u32, rows: &[Row]) -> Vec<String> {
    let result = record(server, request, rows).await;
    assert_eq!(result.refused_count, 0, "{result:?}");
    result.results.into_iter().map(|row| row.name).collect()
}

fn outcomes(result: &pb::RecordBatchResult) -> Vec<pb::Outcome> {
    result.results.iter().map(pb::RecordRowResult::outcome).collect()
}

async fn get(server: &TestServer, name: &str) -> pb::Record {
    let request = pb::GetRecordRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let answer = server.records.clone().get_record(request).await;
    answer.expect("there").into_inner()
}

async fn state(server: &TestServer, name: &str) -> pb::RecordState {
    get(server, name).await.state()
}

async fn end(
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

async fn revive(server: &TestServer, request: u32, name: &str) -> Result<pb::Record, Status> {
    let request = pb::ReviveRecordRequest {
        request_id: request_id(request),
        name: name.to_owned(),
        on: "2024-06-02".to_owned(),
        reason: "恢复".to_owned(),
        ..Default::default()
    };
    Ok(server.records.clone().revive_record(request).await?.into_inner())
}

async fn list(server: &TestServer, filter: pb::RecordFilter) -> Vec<pb::Record> {
    let request = pb::ListRecordsRequest {
        filter: Some(filter),
        ..Default::default()
    };
    let answer = server.records.clone().list_records(request).await;
    answer.expect("listed").into_inner().records
}

async fn digests(server: &TestServer) -> pb::Digests {
    let request = pb::GetDigestsRequest::default();
    let answer = server.operations.clone().get_digests(request).await;
    answer.expect("digested").into_inner()
}

/// Names of the records with an open question, and the rules by which it is asked.
async fn questions(server: &TestServer) -> Vec<(String, pb::FindingRule)> {
    let request = pb::ListOpenQuestionsRequest::default();
    let answer = server.commitments.clone().list_open_questions(request).await;
    let questions = answer.expect("listed").into_inner().questions;
    questions
        .into_iter()
        .map(|one| (one.record, one.finding.expect("each has one").rule()))
        .collect()
}

#[tokio::test]
async fn a_penalty_comes_back_with_typed_items_and_its_term() {
    let server = TestServer::start().await;
    let names = recorded(&server, 1, &[penalty(&server, 1)]).await;
    let read = get(&server, &names[0]).await;
    assert_eq!(read.kind(), pb::RecordKind::Penalty);
    assert_eq!(read.body_code, server.body.social_credit_code);
    assert_eq!(read.number, "测罚〔2024〕1号");
    assert_eq!(
        (read.decided_on.as_str(), read.received_on.as_str()),
        ("2024-05-20", "2024-06-03")
    );
    let fine = read
        .items
        .iter()
        .find(|item| item.code == "CF_NR_FK")
        .expect("there");
    assert_eq!(fine.value, Some(pb::record_value::Value::Fen(200_000)));
    // Seven working days after Monday 20 May 2024 end on 29 May; 3 June is the third one behind it.
    assert_eq!((read.due_on.as_str(), read.working_days_late), ("2024-05-29", 3));
    let late = pb::RecordFilter {
        timeliness: pb::TimelinessFilter::Late.into(),
        ..Default::default()
    };
    assert_eq!(list(&server, late).await.len(), 1);
}

#[tokio::test]
async fn a_request_sent_again_gets_its_first_answer_and_equal_content_is_repeated() {
    let server = TestServer::start().await;
    let rows = [penalty(&server, 1), penalty(&server, 2)];
    let first = record(&server, 1, &rows).await;
    let again = record(&server, 1, &rows).await;
    assert!(again.replayed && !first.replayed);
    assert_eq!(again.results, first.results);
    let repeated = record(&server, 2, &rows).await;
    assert_eq!(
        outcomes(&repeated),
        [pb::Outcome::Repeated, pb::Outcome::Repeated]
    );
    assert_eq!(repeated.results[0].name, first.results[0].name);
    let other = pb::RecordRecordsRequest {
        request_id: request_id(1),
        rows: vec![penalty(&server, 3).sent()],
        ..Default::default()
    };
    let conflict = server
        .records
        .clone()
        .record_records(other)
        .await
        .expect_err("other content");
    assert_eq!(
        (conflict.code(), reason(&conflict).as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );
}

#[tokio::test]
async fn a_correction_keeps_its_snapshots_and_an_old_file_does_not_undo_it() {
    let server = TestServer::start().await;
    let old = penalty(&server, 1);
    let new = old.clone().with("CF_NR_FK", "0.3").with("CF_NR", "罚款3000元");
    let name = recorded(&server, 1, std::slice::from_ref(&old)).await.remove(0);
    let corrected = record(&server, 2, &[new]).await;
    assert_eq!(outcomes(&corrected), [pb::Outcome::Corrected]);
    assert_eq!(corrected.results[0].name, name);
    let repeated = record(&server, 3, &[old]).await;
    assert_eq!(
        (outcomes(&repeated)[0], repeated.results[0].snapshot),
        (pb::Outcome::Repeated, 1)
    );
    let request = pb::ListRecordSnapshotsRequest {
        name: name.clone(),
        ..Default::default()
    };
    let snapshots = server.records.clone().list_record_snapshots(request).await;
    let fines: Vec<_> = snapshots
        .expect("listed")
        .into_inner()
        .snapshots
        .iter()
        .map(|one| {
            one.items
                .iter()
                .find(|item| item.code == "CF_NR_FK")
                .expect("there")
                .value
                .clone()
        })
        .collect();
    let fen = |fen| Some(pb::record_value::Value::Fen(fen));
    assert_eq!(fines, [fen(200_000), fen(300_000)]);
    let third = pb::GetRecordRequest {
        name,
        snapshot: 3,
        ..Default::default()
    };
    let status = server.records.clone().get_record(third).await.expect_err("none");
    assert_eq!(reason(&status), "SNAPSHOT_UNKNOWN");
}

#[tokio::test]
async fn a_number_used_again_in_another_year_is_a_correction_with_a_warning() {
    let server = TestServer::start().await;
    recorded(&server, 1, &[penalty(&server, 1).with("CF_JDRQ", "2022-05-20")]).await;
    let result = record(&server, 2, &[penalty(&server, 1)]).await;
    assert_eq!(outcomes(&result), [pb::Outcome::Corrected]);
    let rules: Vec<_> = result.results[0].findings.iter().map(pb::Finding::rule).collect();
    assert!(rules.contains(&pb::FindingRule::NumberReused), "{rules:?}");
}

#[tokio::test]
async fn the_same_content_from_three_sources_is_one_record_with_three_sources() {
    let server = TestServer::start().await;
    let row = penalty(&server, 1);
    let sent = [
        row.clone().sent_by("部门系统", "1"),
        row.clone().sent_by("市回流", "a-1"),
        row.clone().sent_by("国家回流", "x"),
        row.clone().sent_by("市回流", "a-1"),
        row,
    ];
    let result = record(&server, 1, &sent).await;
    let name = result.results[0].name.clone();
    assert!(result.results.iter().all(|one| one.name == name));
    assert_eq!((result.created_count, result.repeated_count), (1, 4));
    assert_eq!(get(&server, &name).await.source_count, 3);
    let mut request = pb::ListRecordSourcesRequest {
        name,
        page_size: 2,
        ..Default::default()
    };
    let mut systems = Vec::new();
    for _ in 0..2 {
        let page = server.records.clone().list_record_sources(request.clone()).await;
        let page = page.expect("listed").into_inner();
        systems.extend(
            page.sources
                .into_iter()
                .map(|one| one.source.expect("stated").system),
        );
        request.page_token = page.next_page_token;
    }
    assert_eq!(systems, ["部门系统", "市回流", "国家回流"]);
    assert_eq!(request.page_token, "");
}

#[tokio::test]
async fn several_parties_of_one_decision_are_several_records_and_are_listed_together() {
    let server = TestServer::start().await;
    let first = penalty(&server, 1);
    let second = penalty(&server, 2).with("CF_WSH", "测罚〔2024〕1号");
    let third = person_penalty(&server, 3).with("CF_WSH", "测罚〔2024〕1号");
    let names = recorded(&server, 1, &[first, second, third, penalty(&server, 4)]).await;
    let decision = pb::RecordFilter {
        body_code: server.body.social_credit_code.clone(),
        number: "测罚[2024] 1号".to_owned(),
        ..Default::default()
    };
    let found: Vec<_> = list(&server, decision)
        .await
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(found, names[..3]);
}

#[tokio::test]
async fn each_end_is_told_apart_and_only_a_stronger_one_follows() {
    let server = TestServer::start().await;
    let name = recorded(&server, 1, &[penalty(&server, 1)]).await.remove(0);
    let ended = end(&server, 2, &name, pb::RecordEnd::Repaired, "2024-06-01")
        .await
        .expect("ended");
    assert_eq!(ended.state(), pb::RecordState::Repaired);
    let ending = ended.ending.expect("ended");
    assert_eq!(
        (ending.on.as_str(), ending.basis.as_str()),
        ("2024-06-01", "测撤〔2024〕1号")
    );
    let weaker = end(&server, 3, &name, pb::RecordEnd::Expired, "2024-06-01")
        .await
        .expect_err("weaker");
    assert_eq!(
        (weaker.code(), reason(&weaker).as_str()),
        (Code::FailedPrecondition, "RECORD_ENDED")
    );
    // What is repaired still takes a correction; what is withdrawn does not.
    let corrected = record(&server, 4, &[penalty(&server, 1).with("BZ", "更正")]).await;
    assert_eq!(outcomes(&corrected), [pb::Outcome::Corrected]);
    end(&server, 5, &name, pb::RecordEnd::Withdrawn, "2024-06-02")
        .await
        .expect("stronger");
    let refused = record(&server, 6, &[penalty(&server, 1).with("BZ", "再更正")]).await;
    assert_eq!(outcomes(&refused), [pb::Outcome::Refused]);
    assert_eq!(
        refused.results[0].findings[0].rule(),
        pb::FindingRule::RecordEnded
    );
    let repeated = record(&server, 7, &[penalty(&server, 1)]).await;
    assert_eq!(outcomes(&repeated), [pb::Outcome::Repeated]);
    assert_eq!(state(&server, &name).await, pb::RecordState::Withdrawn);
    // The way back leads to the end before, and then to none.
    assert_eq!(
        revive(&server, 8, &name).await.expect("revived").state(),
        pb::RecordState::Repaired
    );
    assert_eq!(
        revive(&server, 9, &name).await.expect("revived").state(),
        pb::RecordState::Recorded
    );
    let status = revive(&server, 10, &name).await.expect_err("stands");
    assert_eq!(reason(&status), "RECORD_NOT_ENDED");
    let early = end(&server, 11, &name, pb::RecordEnd::Deleted, "2024-05-19")
        .await
        .expect_err("early");
    assert_eq!(reason(&early), "ROW_REFUSED");
    let unknown = format!("records/{}", "a".repeat(20));
    let status = end(&server, 12, &unknown, pb::RecordEnd::Deleted, "2024-06-01")
        .await
        .expect_err("unknown");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::NotFound, "RECORD_UNKNOWN")
    );
}

#[tokio::test]
async fn a_ruling_annuls_its_decision_and_gives_it_back_when_it_is_annulled_itself() {
    let server = TestServer::start().await;
    let annulling = ruling(&server, "复决〔2024〕1号", 1, "撤销");
    let names = recorded(&server, 1, &[penalty(&server, 1), annulling]).await;
    let annulled = get(&server, &names[0]).await;
    assert_eq!(annulled.state(), pb::RecordState::Withdrawn);
    let ending = annulled.ending.expect("ended");
    assert_eq!(
        (ending.ruling.as_str(), ending.on.as_str()),
        (names[1].as_str(), "2024-05-27")
    );
    let status = revive(&server, 2, &names[0])
        .await
        .expect_err("the ruling stands");
    assert_eq!(reason(&status), "RULING_STANDS");
    // A court annuls the ruling: the penalty stands again.
    let court = ruling(&server, "行初〔2024〕9号", 1, "撤销")
        .with("CJ_LB", "行政诉讼一审")
        .with("CJ_YLB", "复议和诉讼结果")
        .with("CJ_YWSH", "复决〔2024〕1号")
        .with("CJ_YJDRQ", "2024-05-27")
        .with("CJ_JDRQ", "2024-05-31");
    let court = recorded(&server, 3, &[court]).await.remove(0);
    assert_eq!(state(&server, &names[1]).await, pb::RecordState::Withdrawn);
    assert_eq!(state(&server, &names[0]).await, pb::RecordState::Recorded);
    // The court's own judgement falls: everything is as before it.
    end(&server, 4, &court, pb::RecordEnd::Deleted, "2024-06-02")
        .await
        .expect("ended");
    assert_eq!(state(&server, &names[1]).await, pb::RecordState::Recorded);
    assert_eq!(state(&server, &names[0]).await, pb::RecordState::Withdrawn);
}

#[tokio::test]
async fn a_ruling_before_its_decision_asks_and_takes_effect_when_that_arrives() {
    let server = TestServer::start().await;
    let result = record(&server, 1, &[ruling(&server, "复决〔2024〕1号", 1, "撤销")]).await;
    let rules: Vec<_> = result.results[0].findings.iter().map(pb::Finding::rule).collect();
    assert!(rules.contains(&pb::FindingRule::TargetUnknown), "{rules:?}");
    let asked = (result.results[0].name.clone(), pb::FindingRule::TargetUnknown);
    assert!(questions(&server).await.contains(&asked));
    let names = recorded(&server, 2, &[penalty(&server, 1), penalty(&server, 2)]).await;
    assert_eq!(state(&server, &names[0]).await, pb::RecordState::Withdrawn);
    assert_eq!(state(&server, &names[1]).await, pb::RecordState::Recorded);
    assert!(!questions(&server).await.contains(&asked));
    // The ruling is corrected to the other party's decision: the first stands again, the other falls.
    let moved = ruling(&server, "复决〔2024〕1号", 1, "撤销").with("CJ_YWSH", "测罚〔2024〕2号");
    let corrected = record(&server, 3, &[moved]).await;
    assert_eq!(outcomes(&corrected), [pb::Outcome::Corrected]);
    assert_eq!(state(&server, &names[0]).await, pb::RecordState::Recorded);
    // The other decision is another party's, so the ruling has none and asks again.
    assert_eq!(state(&server, &names[1]).await, pb::RecordState::Recorded);
    assert!(questions(&server).await.contains(&asked));
}

#[tokio::test]
async fn a_ruling_that_changes_a_decision_marks_it_until_it_falls() {
    let server = TestServer::start().await;
    let changing = ruling(&server, "复决〔2024〕1号", 1, "变更").with("CJ_BGNR", "罚款变更为1000元");
    let names = recorded(&server, 1, &[penalty(&server, 1), changing]).await;
    let changed = get(&server, &names[0]).await;
    assert_eq!(
        (changed.snapshot, changed.changed_by.as_str()),
        (2, names[1].as_str())
    );
    assert_eq!(changed.change, "罚款变更为1000元");
    let asked = (names[0].clone(), pb::FindingRule::ChangedByRuling);
    assert!(questions(&server).await.contains(&asked));
    // The organ reports the changed items; the mark stays and the question is answered.
    let mended = penalty(&server, 1)
        .with("CF_NR_FK", "0.1")
        .with("CF_NR", "罚款1000元");
    assert_eq!(
        outcomes(&record(&server, 2, &[mended]).await),
        [pb::Outcome::Corrected]
    );
    let read = get(&server, &names[0]).await;
    assert_eq!((read.snapshot, read.changed_by.as_str()), (3, names[1].as_str()));
    assert!(!questions(&server).await.contains(&asked));
    // The ruling was a mistake: the record stands as it stood before it.
    end(&server, 3, &names[1], pb::RecordEnd::Deleted, "2024-06-02")
        .await
        .expect("ended");
    let read = get(&server, &names[0]).await;
    assert_eq!((read.snapshot, read.changed_by.as_str()), (4, ""));
    let fine = read
        .items
        .iter()
        .find(|item| item.code == "CF_NR_FK")
        .expect("there");
    assert_eq!(fine.value, Some(pb::record_value::Value::Fen(200_000)));
}

#[tokio::test]
async fn a_person_is_sealed_and_masked_also_where_the_record_is_an_organisations() {
    let server = TestServer::start().await;
    let with_document = penalty(&server, 8)
        .with("CF_FR_ZJLX", "身份证")
        .with("CF_FR_ZJHM", &person(9));
    let rows = [person_penalty(&server, 7), with_document];
    let names = recorded(&server, 1, &rows).await;
    for name in &names {
        let read = format!("{:?}", get(&server, name).await);
        for secret in [person(7), person(9), "张测试".to_owned()] {
            assert!(!read.contains(&secret), "{read}");
        }
    }
    let folder = server.stop().await;
    let mut bytes = Vec::new();
    for part in ["ledger", "tables"] {
        for entry in std::fs::read_dir(folder.path().join(part)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                bytes.extend(std::fs::read(path).expect("a file"));
            }
        }
    }
    for secret in [person(7), person(9), "张测试".to_owned()] {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "a person stands in clear");
    }
    let server = TestServer::start_in(folder, &[]).await;
    let read = get(&server, &names[1]).await;
    let document = read
        .items
        .iter()
        .find(|item| item.code == "CF_FR_ZJHM")
        .expect("opened again");
    assert!(matches!(
        document.value,
        Some(pb::record_value::Value::MaskedDocument(_))
    ));
}

#[tokio::test]
async fn a_persons_row_of_public_scope_is_stopped_and_listed_once() {
    let server = TestServer::start().await;
    let stopped = person_penalty(&server, 7).with("CF_SYFW", "可向社会公开");
    for request in 1..=2 {
        let result = record(&server, request, std::slice::from_ref(&stopped)).await;
        assert_eq!(outcomes(&result), [pb::Outcome::Refused]);
    }
    let listed = questions(&server).await;
    assert_eq!(listed, [(String::new(), pb::FindingRule::PersonPublic)]);
}

#[tokio::test]
async fn a_stream_answers_in_order_and_a_refused_batch_does_not_end_it() {
    let server = TestServer::start().await;
    let batch = |number: &str, rows: Vec<pb::RecordRow>| pb::ImportRecordsRequest {
        request_id: number.to_owned(),
        rows,
        source: Some(pb::RecordSource {
            system: "批次".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let batches = vec![
        batch(&request_id(1), vec![penalty(&server, 1).sent()]),
        batch("no uuid", vec![penalty(&server, 2).sent()]),
        batch(&request_id(3), vec![penalty(&server, 3).sent()]),
    ];
    let answers = server
        .records
        .clone()
        .import_records(tokio_stream::iter(batches))
        .await;
    let answers: Vec<_> = answers
        .expect("a stream")
        .into_inner()
        .map(|answer| answer.expect("answered").answer.expect("one of two"))
        .collect()
        .await;
    let kinds: Vec<_> = answers
        .iter()
        .map(|answer| matches!(answer, Answer::Result(result) if result.created_count == 1))
        .collect();
    assert_eq!(kinds, [true, false, true]);
    let counts = pb::CountRecordsRequest {
        group_by: vec![
            pb::RecordCountDimension::Kind.into(),
            pb::RecordCountDimension::State.into(),
            pb::RecordCountDimension::Timeliness.into(),
        ],
        ..Default::default()
    };
    let counts = server
        .records
        .clone()
        .count_records(counts)
        .await
        .expect("counted")
        .into_inner();
    assert_eq!(counts.total, 2);
    assert_eq!(
        counts.rows[0].keys,
        ["RECORD_KIND_PENALTY", "RECORD_STATE_RECORDED", "LATE"]
    );
}

#[tokio::test]
async fn a_wrong_item_refuses_its_row_and_an_unknown_layout_or_too_many_items_are_named() {
    let server = TestServer::start().await;
    let mut crowded = penalty(&server, 4);
    for number in 0..200 {
        crowded.items.push((format!("X{number}"), "1".to_owned()));
    }
    let unknown = Row {
        layout: "PENALTY_V9",
        ..penalty(&server, 3)
    };
    let rows = [
        penalty(&server, 1).with("CF_JDRQ", "2024-02-30"),
        unknown,
        crowded,
        penalty(&server, 2).with("CF_NICHTS", "1"),
    ];
    let result = record(&server, 1, &rows).await;
    let refused = pb::Outcome::Refused;
    assert_eq!(outcomes(&result), [refused; 4]);
    let has = |row: usize, field: &str, rule| {
        let findings = &result.results[row].findings;
        let found = findings
            .iter()
            .any(|one| one.field == field && one.rule() == rule);
        assert!(found, "{findings:?}");
    };
    has(0, "CF_JDRQ", pb::FindingRule::Date);
    has(2, "items", pb::FindingRule::ItemCount);
    let rules: Vec<_> = result.results[1].findings.iter().map(pb::Finding::rule).collect();
    assert_eq!(rules, [pb::FindingRule::LayoutUnknown]);
    let rules: Vec<_> = result.results[3].findings.iter().map(pb::Finding::rule).collect();
    assert!(rules.contains(&pb::FindingRule::ItemUnknown), "{rules:?}");
}

#[tokio::test]
async fn validate_only_names_nothing_and_records_nothing() {
    let server = TestServer::start().await;
    let before = digests(&server).await;
    let request = pb::RecordRecordsRequest {
        request_id: request_id(1),
        rows: vec![penalty(&server, 1).sent()],
        validate_only: true,
        ..Default::default()
    };
    let checked = server
        .records
        .clone()
        .record_records(request)
        .await
        .expect("checked")
        .into_inner();
    assert_eq!(outcomes(&checked), [pb::Outcome::Created]);
    assert_eq!(
        (
            checked.results[0].name.as_str(),
            checked.results[0].revision.as_str()
        ),
        ("", "")
    );
    assert_eq!(digests(&server).await, before);
}

#[tokio::test]
async fn rebuilt_tables_and_another_order_of_arrival_give_the_same_digests() {
    let server = TestServer::start().await;
    let rows = [
        penalty(&server, 1).sent_by("甲", "1"),
        penalty(&server, 1).sent_by("乙", "2"),
        person_penalty(&server, 2),
        ruling(&server, "复决〔2024〕1号", 1, "撤销"),
        penalty(&server, 3),
    ];
    let names = recorded(&server, 1, &rows).await;
    end(&server, 2, &names[4], pb::RecordEnd::Repaired, "2024-06-01")
        .await
        .expect("ended");
    let before = digests(&server).await;
    let folder = server.stop().await;
    std::fs::remove_dir_all(folder.path().join("tables")).expect("the tables go");
    let server = TestServer::start_in(folder, &[]).await;
    let rebuilt = digests(&server).await;
    assert_eq!(rebuilt.content_digest, before.content_digest);
    assert_eq!(get(&server, &names[4]).await.state(), pb::RecordState::Repaired);
    let folder = server.stop().await;
    let server = TestServer::start_in(folder, &[]).await;
    let kept = digests(&server).await;
    assert_eq!(kept.table_digest, rebuilt.table_digest);

    // The other way round, in batches of one, the ruling first.
    let other = TestServer::start().await;
    let mut name = String::new();
    for (request, row) in (10..).zip([&rows[3], &rows[4], &rows[1], &rows[2], &rows[0]]) {
        let recorded = recorded(&other, request, std::slice::from_ref(row))
            .await
            .remove(0);
        if request == 11 {
            name = recorded;
        }
    }
    end(&other, 2, &name, pb::RecordEnd::Repaired, "2024-06-01")
        .await
        .expect("ended");
    let there = digests(&other).await;
    let mine: Vec<_> = kept
        .content_digests
        .iter()
        .filter(|one| one.kind != "data_adopted")
        .collect();
    let theirs: Vec<_> = there
        .content_digests
        .iter()
        .filter(|one| one.kind != "data_adopted")
        .collect();
    assert_eq!(mine, theirs);
    assert_eq!(there.content_digest, kept.content_digest);
}
