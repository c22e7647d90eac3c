//! Credit records: in by batch and stream, corrected, from several sources, persons sealed and masked.

use credence::services::pb;
use credence::services::pb::import_records_response::Answer;
use tokio_stream::StreamExt as _;
use tonic::Code;

use crate::harness::{TestServer, reason, request_id};
use crate::record_rows::{
    Row, digests, get, list, outcomes, penalty, person, person_penalty, questions, record, recorded,
};

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
        row.sent_by("市回流", "a-1"),
    ];
    let result = record(&server, 1, &sent).await;
    let name = result.results[0].name.clone();
    assert!(result.results.iter().all(|one| one.name == name));
    assert_eq!((result.created_count, result.repeated_count), (1, 3));
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
