//! Commitments: in by batch and stream, out by name, list and count; persons masked.

use credence::services::pb;
use credence::services::pb::import_commitments_response::Answer;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::{TestServer, reason, request_id};

fn outcomes(result: &pb::CommitmentBatchResult) -> Vec<pb::Outcome> {
    result
        .results
        .iter()
        .map(pb::CommitmentRowResult::outcome)
        .collect()
}

fn batch(request: u32, rows: Vec<pb::CommitmentRow>) -> pb::ImportCommitmentsRequest {
    pb::ImportCommitmentsRequest {
        request_id: request_id(request),
        rows,
        ..Default::default()
    }
}

fn get(name: &str) -> pb::GetCommitmentRequest {
    pb::GetCommitmentRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_request_sent_again_gets_its_first_answer_and_other_content_is_a_conflict() {
    let server = TestServer::start().await;
    let rows = vec![server.row(1), server.row(2)];
    let first = server.record(1, rows.clone()).await.expect("recorded");
    assert_eq!(outcomes(&first), [pb::Outcome::Created, pb::Outcome::Created]);
    let again = server.record(1, rows.clone()).await.expect("replayed");
    assert!(again.replayed && !first.replayed);
    assert_eq!(again.results, first.results);
    let repeated = server.record(2, rows).await.expect("repeated");
    assert_eq!(
        outcomes(&repeated),
        [pb::Outcome::Repeated, pb::Outcome::Repeated]
    );
    assert_eq!(repeated.results[0].revision, first.results[0].revision);
    let conflict = server
        .record(1, vec![server.row(3)])
        .await
        .expect_err("other content");
    assert_eq!(
        (conflict.code(), reason(&conflict).as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );
}

#[tokio::test]
async fn a_replay_survives_a_restart() {
    let server = TestServer::start().await;
    let rows = vec![server.row(1)];
    let first = server.record(1, rows.clone()).await.expect("recorded");
    let server = TestServer::start_in(server.stop().await, &[]).await;
    let again = server.record(1, rows).await.expect("replayed");
    assert!(again.replayed);
    assert_eq!(again.results, first.results);
}

#[tokio::test]
async fn a_refused_row_names_field_rule_and_both_texts_and_the_others_are_in() {
    let server = TestServer::start().await;
    let wrong = pb::CommitmentRow {
        made_on: "2024-02-30".to_owned(),
        kind: 9,
        ..server.row(2)
    };
    let result = server
        .record(1, vec![server.row(1), wrong, server.row(3)])
        .await
        .expect("answered");
    let expected = [pb::Outcome::Created, pb::Outcome::Refused, pb::Outcome::Created];
    assert_eq!(outcomes(&result), expected);
    let findings = &result.results[1].findings;
    let rules: Vec<_> = findings
        .iter()
        .map(|finding| (finding.field.as_str(), finding.rule()))
        .collect();
    assert!(rules.contains(&("made_on", pb::FindingRule::Date)), "{rules:?}");
    assert!(rules.contains(&("kind", pb::FindingRule::ValueList)), "{rules:?}");
    assert!(
        findings
            .iter()
            .all(|finding| finding.english.is_ascii() && !finding.chinese.is_ascii())
    );
}

#[tokio::test]
async fn validate_only_answers_the_same_and_records_nothing() {
    let server = TestServer::start().await;
    let head = server.head().await;
    let request = pb::RecordCommitmentsRequest {
        request_id: request_id(1),
        rows: vec![server.row(1)],
        validate_only: true,
        ..Default::default()
    };
    let checked = server
        .commitments
        .clone()
        .record_commitments(request)
        .await
        .expect("checked");
    let checked = checked.into_inner();
    assert_eq!(outcomes(&checked), [pb::Outcome::Created]);
    assert!(checked.validate_only && checked.results[0].revision.is_empty());
    let after = server.head().await;
    assert_eq!(head, after);
    let status = server
        .commitments
        .clone()
        .get_commitment(get(&checked.results[0].name))
        .await;
    assert_eq!(reason(&status.expect_err("not recorded")), "COMMITMENT_UNKNOWN");
}

#[tokio::test]
async fn a_correction_keeps_every_earlier_snapshot() {
    let server = TestServer::start().await;
    let mut client = server.commitments.clone();
    let name = server.recorded(1, server.row(1)).await;
    let corrected = pb::CommitmentRow {
        content: "依法诚信经营".to_owned(),
        ..server.row(1)
    };
    let result = server.record(2, vec![corrected]).await.expect("recorded");
    assert_eq!(outcomes(&result), [pb::Outcome::Corrected]);
    let now = client
        .get_commitment(get(&name))
        .await
        .expect("there")
        .into_inner();
    assert_eq!(
        (now.snapshot, now.snapshot_count, now.content.as_str()),
        (2, 2, "依法诚信经营")
    );
    let first = pb::GetCommitmentRequest {
        snapshot: 1,
        ..get(&name)
    };
    let first = client.get_commitment(first).await.expect("kept").into_inner();
    assert_eq!((first.snapshot, first.content.as_str()), (1, "依法经营"));
    let third = pb::GetCommitmentRequest {
        snapshot: 3,
        ..get(&name)
    };
    assert_eq!(
        reason(&client.get_commitment(third).await.expect_err("none")),
        "SNAPSHOT_UNKNOWN"
    );
    let mut seen = Vec::new();
    let mut request = pb::ListCommitmentSnapshotsRequest {
        name,
        page_size: 1,
        ..Default::default()
    };
    loop {
        let page = client
            .list_commitment_snapshots(request.clone())
            .await
            .expect("listed")
            .into_inner();
        seen.extend(page.snapshots.iter().map(|snapshot| snapshot.snapshot));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, [1, 2]);
}

#[tokio::test]
async fn pages_show_what_stood_when_the_first_was_made_and_a_token_keeps_to_its_filter() {
    let server = TestServer::start().await;
    let mut client = server.commitments.clone();
    server
        .record(1, (1..=5).map(|serial| server.row(serial)).collect())
        .await
        .expect("recorded");
    let filter = pb::CommitmentFilter {
        kind: pb::CommitmentKind::Voluntary.into(),
        ..Default::default()
    };
    let mut request = pb::ListCommitmentsRequest {
        filter: Some(filter),
        page_size: 2,
        ..Default::default()
    };
    let mut codes = Vec::new();
    for _ in 0..3 {
        let page = client
            .list_commitments(request.clone())
            .await
            .expect("listed")
            .into_inner();
        codes.extend(page.commitments.into_iter().map(|one| one.code));
        server
            .record(2, vec![server.row(6)])
            .await
            .expect("recorded in between");
        request.page_token = page.next_page_token;
    }
    assert_eq!(request.page_token, "");
    let expected: Vec<_> = (1..=5)
        .map(|serial| format!("15080220240105{serial:06}"))
        .collect();
    assert_eq!(codes, expected);

    request.page_token = String::new();
    let page = client
        .list_commitments(request.clone())
        .await
        .expect("listed")
        .into_inner();
    let foreign = pb::ListCommitmentsRequest {
        filter: None,
        page_token: page.next_page_token,
        ..Default::default()
    };
    assert_eq!(
        reason(&client.list_commitments(foreign).await.expect_err("foreign")),
        "PAGE_TOKEN_FOREIGN"
    );
    let negative = pb::ListCommitmentsRequest {
        page_size: -1,
        ..Default::default()
    };
    let status = client.list_commitments(negative).await.expect_err("negative");
    assert_eq!(reason(&status), "MALFORMED_VALUE");
    assert_eq!(
        status.get_details_bad_request().expect("named").field_violations[0].field,
        "page_size"
    );
}

#[tokio::test]
async fn a_withdrawn_commitment_is_counted_as_withdrawn_and_takes_nothing_more() {
    let server = TestServer::start().await;
    let mut client = server.commitments.clone();
    let result = server
        .record(1, vec![server.row(1), server.row(2)])
        .await
        .expect("recorded");
    let name = result.results[0].name.clone();
    let withdraw = pb::WithdrawCommitmentRequest {
        request_id: request_id(2),
        name: name.clone(),
        reason: "重复报送".to_owned(),
        validate_only: false,
    };
    let withdrawn = client
        .withdraw_commitment(withdraw)
        .await
        .expect("withdrawn")
        .into_inner();
    assert_eq!(withdrawn.state(), pb::CommitmentState::Withdrawn);
    assert_eq!(withdrawn.withdrawn_reason, "重复报送");
    let count = pb::CountCommitmentsRequest {
        group_by: vec![pb::CountDimension::State.into()],
        ..Default::default()
    };
    let count = client
        .count_commitments(count)
        .await
        .expect("counted")
        .into_inner();
    let rows: Vec<_> = count
        .rows
        .iter()
        .map(|row| (row.keys[0].as_str(), row.count))
        .collect();
    assert_eq!(
        rows,
        [
            ("COMMITMENT_STATE_RECORDED", 1),
            ("COMMITMENT_STATE_WITHDRAWN", 1)
        ]
    );
    let performance = pb::RecordPerformanceRequest {
        request_id: request_id(3),
        commitment: name,
        performance: Some(pb::PerformanceItems {
            state: 1,
            ..Default::default()
        }),
        ..Default::default()
    };
    let status = client
        .record_performance(performance)
        .await
        .expect_err("withdrawn");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "COMMITMENT_WITHDRAWN")
    );
}

#[tokio::test]
async fn a_second_performance_record_needs_a_correction() {
    let server = TestServer::start().await;
    let mut client = server.commitments.clone();
    let name = server.recorded(1, server.row(1)).await;
    let full = pb::PerformanceItems {
        state: 1,
        ..Default::default()
    };
    let breached = pb::PerformanceItems {
        state: 3,
        unperformed: "全部".to_owned(),
        measures_taken: "记入信用记录".to_owned(),
        ..Default::default()
    };
    let ask = |request: u32, items: &pb::PerformanceItems, correct| pb::RecordPerformanceRequest {
        request_id: request_id(request),
        commitment: name.clone(),
        performance: Some(items.clone()),
        correct,
        validate_only: false,
    };
    let first = client
        .record_performance(ask(2, &full, false))
        .await
        .expect("recorded")
        .into_inner();
    assert_eq!(first.result.expect("there").outcome(), pb::Outcome::Created);
    let again = client
        .record_performance(ask(3, &full, false))
        .await
        .expect("repeated")
        .into_inner();
    assert_eq!(again.result.expect("there").outcome(), pb::Outcome::Repeated);
    let status = client
        .record_performance(ask(4, &breached, false))
        .await
        .expect_err("exists");
    assert_eq!(reason(&status), "PERFORMANCE_EXISTS");
    let third = client
        .record_performance(ask(5, &breached, true))
        .await
        .expect("corrected")
        .into_inner();
    assert_eq!(third.result.expect("there").outcome(), pb::Outcome::Corrected);
    let read = client
        .get_commitment(get(&name))
        .await
        .expect("there")
        .into_inner();
    let performance = read.performance.expect("recorded");
    assert_eq!(
        (performance.state(), performance.snapshot),
        (pb::PerformanceState::Unperformed, 2)
    );
}

#[tokio::test]
async fn a_person_is_masked_in_every_answer_and_looked_up_with_a_purpose_only() {
    let server = TestServer::start().await;
    let (row, id) = server.person_row(7);
    let result = server.record(1, vec![row]).await.expect("recorded");
    assert_eq!(outcomes(&result), [pb::Outcome::Created], "{result:?}");
    let read = server
        .commitments
        .clone()
        .get_commitment(get(&result.results[0].name))
        .await;
    let read = read.expect("there").into_inner();
    let mut client = server.subjects.clone();
    let ask = |purpose: &str| pb::LookUpSubjectRequest {
        on: String::new(),
        code: Some(pb::look_up_subject_request::Code::PersonId(id.clone())),
        purpose: purpose.to_owned(),
        min_revision: String::new(),
    };
    assert_eq!(
        reason(&client.look_up_subject(ask("")).await.expect_err("no purpose")),
        "PURPOSE_REQUIRED"
    );
    let before = server.head().await;
    let found = client
        .look_up_subject(ask("窗口核验"))
        .await
        .expect("found")
        .into_inner();
    let after = server.head().await;
    assert_ne!(before.revision, after.revision, "the read is on record");
    assert_eq!(
        (found.name.as_str(), found.commitment_count),
        (read.subject.as_str(), 1)
    );
    for text in [format!("{read:?}"), format!("{found:?}"), format!("{result:?}")] {
        assert!(!text.contains(&id) && !text.contains("张测试"), "{text}");
    }
    assert_eq!(read.subject_name, "张*");
}

#[tokio::test]
async fn a_stopped_row_is_refused_and_listed_to_the_office() {
    let server = TestServer::start().await;
    let (row, _) = server.person_row(7);
    let public = pb::CommitmentRow {
        publication: pb::PublicationType::Public.into(),
        ..row
    };
    let result = server.record(1, vec![public]).await.expect("answered");
    assert_eq!(outcomes(&result), [pb::Outcome::Refused]);
    let mut client = server.commitments.clone();
    let questions = client
        .list_open_questions(pb::ListOpenQuestionsRequest::default())
        .await;
    let questions = questions.expect("listed").into_inner().questions;
    assert_eq!(questions.len(), 1, "{questions:?}");
    let finding = questions[0].finding.as_ref().expect("there");
    assert_eq!(
        (finding.rule(), finding.kind()),
        (pb::FindingRule::PersonPublic, pb::CheckKind::Stop)
    );
}

#[tokio::test]
async fn a_refused_batch_is_an_answer_and_the_stream_goes_on_in_order() {
    let server = TestServer::start().await;
    let batches = vec![
        batch(1, vec![server.row(1)]),
        pb::ImportCommitmentsRequest {
            request_id: "1".to_owned(),
            ..batch(0, vec![server.row(2)])
        },
        batch(2, Vec::new()),
        batch(3, vec![server.row(1); 1_001]),
        batch(4, vec![server.row(4)]),
    ];
    let mut client = server.commitments.clone();
    let answers = client
        .import_commitments(tokio_stream::iter(batches))
        .await
        .expect("begun");
    let mut answers = answers.into_inner();
    let mut seen = Vec::new();
    while let Some(answer) = answers.message().await.expect("in order") {
        seen.push(match answer.answer.expect("there") {
            Answer::Result(result) => format!("{:?}", outcomes(&result)[0]),
            Answer::Refusal(status) => {
                let details = prost::Message::encode_to_vec(&status).into();
                reason(&tonic::Status::with_details(Code::Unknown, "", details))
            }
        });
    }
    assert_eq!(
        seen,
        [
            "Created",
            "MALFORMED_REQUEST_ID",
            "BATCH_EMPTY",
            "BATCH_TOO_LARGE",
            "Created"
        ]
    );
}

#[tokio::test]
async fn a_stop_ends_an_open_stream_after_answering_what_was_taken_up() {
    let server = TestServer::start().await;
    let (batches, sent) = mpsc::channel(4);
    let rows: Vec<_> = (1..=3).map(|serial| server.row(serial)).collect();
    let mut client = server.commitments.clone();
    let answers = client
        .import_commitments(ReceiverStream::new(sent))
        .await
        .expect("begun");
    let mut answers = answers.into_inner();
    batches.send(batch(1, rows.clone())).await.expect("open");
    let first = answers.message().await.expect("answered").expect("there");
    assert_eq!(first.request_id, request_id(1));
    let (ended, folder) = server.begin_stop();
    let status = loop {
        match answers.message().await {
            Ok(answer) => assert!(answer.is_some(), "an end without a status"),
            Err(status) => break status,
        }
    };
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "SHUTTING_DOWN")
    );
    assert_eq!(ended.await.expect("no panic"), credence::app::Ended::Cleanly);
    let server = TestServer::start_in(folder, &[]).await;
    let again = server.record(1, rows).await.expect("replayed");
    assert!(again.replayed);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_read_from() {
    let server = TestServer::start().await;
    let (batches, sent) = mpsc::channel(1);
    let mut client = server.commitments.clone();
    let answers = client
        .import_commitments(ReceiverStream::new(sent))
        .await
        .expect("begun");
    // Batches and answers of about a megabyte each: a few of them fill every window on the way.
    let refused = pb::CommitmentRow {
        content: "字".repeat(1_000),
        ..Default::default()
    };
    let rows = vec![refused; 300];
    let mut taken = 0;
    let pause = std::time::Duration::from_millis(500);
    while let Ok(sent) = tokio::time::timeout(pause, batches.send(batch(taken, rows.clone()))).await {
        sent.expect("open");
        taken += 1;
        assert!(
            taken < 30,
            "the server goes on reading although nobody takes its answers"
        );
    }
    drop(batches);
    let mut answers = answers.into_inner();
    let mut answered = 0;
    while answers.message().await.expect("in order").is_some() {
        answered += 1;
    }
    assert_eq!(answered, taken);
}
