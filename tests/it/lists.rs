//! Lists and counts: each of one revision while an import runs, filtered by date, narrowed to a subject.

use std::collections::VecDeque;
use std::process::Command;

use credence::services::pb;
use credence::services::pb::import_commitments_response::Answer;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::harness::{TestServer, reason, request_id};

const BATCHES: u32 = 48;
/// A divisor of the largest page.
const ROWS_PER_BATCH: u32 = 20;
const PAGE: u64 = 500;
/// As many as the server leaves unanswered.
const AHEAD: usize = 4;

/// What a reader was told during the import.
struct Told {
    revision: u64,
    total: u64,
    /// Most that this way of asking can tell.
    most: u64,
}

fn number(revision: &str) -> u64 {
    let (_, number) = revision.split_once('.').expect("EPOCH.REVISION");
    number.parse().expect("a number")
}

/// Counts, lists and digests once and checks each answer against itself.
async fn ask(server: &TestServer, dimensions: &[pb::CountDimension]) -> [Told; 3] {
    let mut client = server.commitments.clone();
    let request = pb::CountCommitmentsRequest {
        group_by: dimensions.iter().map(|&dimension| dimension.into()).collect(),
        ..Default::default()
    };
    let count = client
        .count_commitments(request)
        .await
        .expect("counted")
        .into_inner();
    assert_eq!(count.rows.iter().map(|row| row.count).sum::<u64>(), count.total);
    let whole = pb::ListCommitmentsRequest {
        page_size: i32::try_from(PAGE).expect("small"),
        ..Default::default()
    };
    let list = client.list_commitments(whole).await.expect("listed").into_inner();
    let stands = number(&list.revision);
    assert!(
        list.commitments.iter().all(|one| number(&one.revision) <= stands),
        "a row is newer than the list"
    );
    let digests = server.digests().await;
    let recorded = digests
        .content_digests
        .iter()
        .find(|one| one.kind == "commitment_recorded");
    let told = |revision: &str, total: u64, most: u64| Told {
        revision: number(revision),
        total,
        most,
    };
    [
        told(&count.revision, count.total, u64::MAX),
        told(&list.revision, list.commitments.len() as u64, PAGE),
        told(&digests.revision, recorded.map_or(0, |one| one.count), u64::MAX),
    ]
}

/// Revisions of the first snapshots, as the ledger itself gives them while no server runs.
fn recorded_in(folder: &std::path::Path) -> Vec<u64> {
    let output = Command::new(env!("CARGO_BIN_EXE_credence"))
        .args(["ledger", "export", "--data"])
        .arg(folder)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines
        .filter(|line| line["kind"] == "commitment_recorded")
        .map(|line| number(line["revision"].as_str().expect("a text")))
        .collect()
}

#[tokio::test]
async fn counts_and_lists_taken_during_an_import_are_each_of_one_revision() {
    use pb::CountDimension::{Department, Kind, MonthReceived, Performance, State, SubjectKind};
    let server = TestServer::start().await;
    let (batches, sent) = mpsc::channel(AHEAD);
    let mut client = server.commitments.clone();
    let answers = client
        .import_commitments(ReceiverStream::new(sent))
        .await
        .expect("begun");
    let mut answers = answers.into_inner();
    let mut told: Vec<Told> = Vec::new();
    let mut open = VecDeque::new();
    for batch in 0..BATCHES {
        let first = batch * ROWS_PER_BATCH + 1;
        let rows = (first..first + ROWS_PER_BATCH).map(|serial| match serial % 5 {
            0 => server.person_row(serial).0,
            _ => server.row(serial),
        });
        let request = pb::ImportCommitmentsRequest {
            request_id: request_id(batch),
            rows: rows.collect(),
            ..Default::default()
        };
        batches.send(request).await.expect("open");
        open.push_back(batch);
        let dimensions: &[_] = match batch % 3 {
            0 => &[Kind, SubjectKind],
            1 => &[Department, State],
            _ => &[MonthReceived, Performance],
        };
        // While these are answered, up to four batches are being recorded.
        let answered = u64::from(batch + 1) - open.len() as u64;
        for one in ask(&server, dimensions).await {
            let least = answered * u64::from(ROWS_PER_BATCH);
            assert!(one.total >= least.min(one.most), "what was answered is counted");
            told.push(one);
        }
        if open.len() == AHEAD {
            let answer = answers.message().await.expect("in order").expect("there");
            assert_eq!(Some(answer.request_id), open.pop_front().map(request_id));
            assert!(matches!(answer.answer, Some(Answer::Result(result)) if result.refused_count == 0));
        }
    }
    drop(batches);
    while answers.message().await.expect("in order").is_some() {}
    told.extend(ask(&server, &[Kind]).await);

    let recorded = recorded_in(server.stop().await.path());
    let all = u64::from(BATCHES * ROWS_PER_BATCH);
    assert_eq!(recorded.len() as u64, all);
    for (place, one) in told.iter().enumerate() {
        let stood = recorded
            .iter()
            .filter(|revision| **revision <= one.revision)
            .count() as u64;
        let expected = stood.min(one.most);
        assert_eq!(one.total, expected, "answer {place} at revision {}", one.revision);
        assert_eq!(
            one.total % u64::from(ROWS_PER_BATCH),
            0,
            "a batch is visible whole or not at all"
        );
    }
    let between = told.iter().filter(|one| one.total > 0 && one.total < all).count();
    assert!(
        between > 100,
        "only {between} answers were given during the import"
    );
}

/// A row promised on a day of 2024, of the organisation with this number.
fn promised(server: &TestServer, serial: u32, organisation: u32, made_on: &str) -> pb::CommitmentRow {
    let of = server.row(organisation);
    pb::CommitmentRow {
        code: format!("150802{}{serial:06}", made_on.replace('-', "")),
        made_on: made_on.to_owned(),
        subject_name: of.subject_name,
        subject_code: of.subject_code,
        ..server.row(serial)
    }
}

/// The serial numbers of what a filter lists, and that as much is counted.
async fn serials(server: &TestServer, filter: pb::CommitmentFilter) -> Vec<u32> {
    let mut client = server.commitments.clone();
    let mut request = pb::ListCommitmentsRequest {
        filter: Some(filter.clone()),
        page_size: 2,
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let page = client
            .list_commitments(request.clone())
            .await
            .expect("listed")
            .into_inner();
        assert!(page.commitments.len() <= 2);
        found.extend(
            page.commitments
                .iter()
                .map(|one| one.code[14..].parse::<u32>().expect("digits")),
        );
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let count = pb::CountCommitmentsRequest {
        filter: Some(filter),
        ..Default::default()
    };
    let count = client
        .count_commitments(count)
        .await
        .expect("counted")
        .into_inner();
    assert_eq!(count.total, found.len() as u64);
    found
}

/// Received on 2024-06-03: 1 to 3; on 2024-06-05: 4 and 5. Organisation 1 made 1, 3 and 5.
async fn five_rows() -> TestServer {
    let server = TestServer::start().await;
    let rows = vec![
        promised(&server, 1, 1, "2024-01-31"),
        promised(&server, 2, 2, "2024-02-01"),
        promised(&server, 3, 1, "2024-02-29"),
    ];
    server.record(1, rows).await.expect("recorded");
    server.advance_to("2024-06-05").await;
    let rows = vec![
        promised(&server, 4, 4, "2024-03-01"),
        promised(&server, 5, 1, "2024-06-05"),
    ];
    server.record(2, rows).await.expect("recorded");
    server
}

#[tokio::test]
async fn a_date_filter_includes_both_its_ends() {
    let server = five_rows().await;
    let none: [&str; 2] = ["", ""];
    // Promised from and until, received from and until, and who is found.
    let cases: &[([&str; 2], [&str; 2], &[u32])] = &[
        (none, none, &[1, 2, 3, 4, 5]),
        (["2024-01-31", ""], none, &[1, 2, 3, 4, 5]),
        (["2024-02-01", ""], none, &[2, 3, 4, 5]),
        (["2024-02-02", ""], none, &[3, 4, 5]),
        (["", "2024-02-29"], none, &[1, 2, 3]),
        (["", "2024-02-28"], none, &[1, 2]),
        (["2024-02-01", "2024-02-29"], none, &[2, 3]),
        (["2024-02-29", "2024-02-29"], none, &[3]),
        (["2024-03-01", "2024-02-29"], none, &[]),
        (["2024-06-06", ""], none, &[]),
        (none, ["2024-06-03", ""], &[1, 2, 3, 4, 5]),
        (none, ["2024-06-04", ""], &[4, 5]),
        (none, ["2024-06-05", ""], &[4, 5]),
        (none, ["2024-06-06", ""], &[]),
        (none, ["", "2024-06-03"], &[1, 2, 3]),
        (none, ["", "2024-06-02"], &[]),
        (none, ["2024-06-03", "2024-06-04"], &[1, 2, 3]),
        (["2024-02-29", ""], ["", "2024-06-03"], &[3]),
        (["2024-02-29", ""], ["2024-06-05", "2024-06-05"], &[4, 5]),
    ];
    for (made, received, expected) in cases {
        let filter = pb::CommitmentFilter {
            made_from: made[0].to_owned(),
            made_until: made[1].to_owned(),
            received_from: received[0].to_owned(),
            received_until: received[1].to_owned(),
            ..Default::default()
        };
        let found = serials(&server, filter).await;
        assert_eq!(found, *expected, "made {made:?}, received {received:?}");
    }
}

#[tokio::test]
async fn a_subject_lists_its_own_commitments_in_order_of_recording() {
    let server = five_rows().await;
    let all = pb::ListCommitmentsRequest::default();
    let all = server
        .commitments
        .clone()
        .list_commitments(all)
        .await
        .expect("listed");
    let subject = |place: usize| all.get_ref().commitments[place].subject.clone();
    let of = |subject: String| pb::CommitmentFilter {
        subject,
        ..Default::default()
    };
    assert_eq!(serials(&server, of(subject(0))).await, [1, 3, 5]);
    assert_eq!(serials(&server, of(subject(1))).await, [2]);
    assert_eq!(serials(&server, of(subject(3))).await, [4]);
    let spring = pb::CommitmentFilter {
        made_from: "2024-02-01".to_owned(),
        received_until: "2024-06-04".to_owned(),
        ..of(subject(0))
    };
    assert_eq!(serials(&server, spring).await, [3]);

    // A corrected code takes the commitment to another subject's file.
    let corrected = promised(&server, 3, 2, "2024-02-29");
    let result = server.record(3, vec![corrected]).await.expect("recorded");
    assert_eq!(result.results[0].outcome(), pb::Outcome::Corrected);
    assert_eq!(serials(&server, of(subject(0))).await, [1, 5]);
    assert_eq!(serials(&server, of(subject(1))).await, [2, 3]);

    let unknown = pb::ListCommitmentsRequest {
        filter: Some(of("subjects/aaaaaaaaaaaaaaaaaaaa".to_owned())),
        ..Default::default()
    };
    let status = server.commitments.clone().list_commitments(unknown).await;
    assert_eq!(
        reason(&status.expect_err("nobody has that name")),
        "SUBJECT_UNKNOWN"
    );
}
