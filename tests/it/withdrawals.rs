//! Whole batches withdrawn by one fact, whose effects follow in slices.

use credence::services::pb;
use tonic::{Code, Status};

use crate::harness::{TestServer, reason, request_id};

const BATCHES: u32 = 3;
const ROWS: u32 = 900;

/// Records batches 1 to 3 of 900 rows each, and one row of its own as batch 4.
async fn filled() -> TestServer {
    let server = TestServer::start().await;
    for batch in 1..=BATCHES {
        let rows = (0..ROWS).map(|row| server.row(batch * 1_000 + row)).collect();
        server.record(batch, rows).await.expect("recorded");
    }
    // The second row was there before, and so is not this batch's.
    let rows = vec![server.row(9_000), server.row(1_000)];
    server.record(BATCHES + 1, rows).await.expect("recorded");
    server
}

async fn withdraw(
    server: &TestServer,
    id: u32,
    batches: &[u32],
) -> Result<pb::WithdrawBatchesResponse, Status> {
    let request = pb::WithdrawBatchesRequest {
        request_id: request_id(id),
        batches: batches.iter().map(|batch| request_id(*batch)).collect(),
        reason: "文件报送有误".to_owned(),
        validate_only: false,
    };
    let answer = server.commitments.clone().withdraw_batches(request).await?;
    Ok(answer.into_inner())
}

/// Counts by state, as (recorded, withdrawn), with the revision of the answer.
async fn counted(server: &TestServer, least: &str) -> (u64, u64, String) {
    let count = async |state: pb::CommitmentState, least: &str| {
        let filter = pb::CommitmentFilter {
            state: state.into(),
            ..Default::default()
        };
        let request = pb::CountCommitmentsRequest {
            filter: Some(filter),
            min_revision: least.to_owned(),
            ..Default::default()
        };
        let answer = server.commitments.clone().count_commitments(request).await;
        answer.expect("counted").into_inner()
    };
    let recorded = count(pb::CommitmentState::Recorded, least).await;
    let withdrawn = count(pb::CommitmentState::Withdrawn, least).await;
    (recorded.total, withdrawn.total, withdrawn.revision)
}

/// Waits until the ledger stands at a revision.
async fn reached(server: &TestServer, revision: u64) {
    let request = pb::GetHeadRequest {
        min_revision: format!("1.{revision}"),
    };
    let head = server.operations.clone().get_head(request).await;
    assert_eq!(
        head.expect("reached").into_inner().revision,
        format!("1.{revision}")
    );
}

async fn digests(server: &TestServer) -> pb::Digests {
    let request = pb::GetDigestsRequest::default();
    let taken = server.operations.clone().get_digests(request).await;
    taken.expect("taken").into_inner()
}

fn number(revision: &str) -> u64 {
    revision
        .split_once('.')
        .expect("a point")
        .1
        .parse()
        .expect("a number")
}

#[tokio::test]
async fn a_reader_sees_all_of_it_withdrawn_from_the_answer_on_while_the_effects_follow_in_slices() {
    let server = filled().await;
    let answer = withdraw(&server, 10, &[1, 2, 3]).await.expect("withdrawn");
    assert_eq!((answer.commitment_count, answer.replayed), (2_700, false));
    let begun = number(&answer.revision);
    // 2,700 withdrawals, and after each slice of at most 1,000 the fact that says so.
    let ended = begun + 2_700 + 3;
    let mut seen = begun;
    while seen < ended {
        let (recorded, withdrawn, revision) = counted(&server, &answer.revision).await;
        assert_eq!((recorded, withdrawn), (1, 2_700), "at {revision}");
        seen = number(&revision);
    }
    reached(&server, ended).await;
    let name = format!(
        "commitments/{}-15080220240105001000",
        server.body.social_credit_code
    );
    let get = pb::GetCommitmentRequest {
        name,
        ..Default::default()
    };
    let shown = server
        .commitments
        .clone()
        .get_commitment(get)
        .await
        .expect("readable");
    let shown = shown.into_inner();
    assert_eq!(shown.state(), pb::CommitmentState::Withdrawn);
    assert_eq!(shown.withdrawn_reason, "文件报送有误");
    let again = withdraw(&server, 10, &[1, 2, 3]).await.expect("repeated");
    assert!(again.replayed);
    // Another request finds nothing left to do.
    withdraw(&server, 11, &[2]).await.expect("welcome");
    reached(&server, ended + 3).await;
    let unknown = withdraw(&server, 12, &[77]).await.expect_err("never recorded");
    assert_eq!(
        (unknown.code(), reason(&unknown).as_str()),
        (Code::NotFound, "BATCH_UNKNOWN")
    );
    let none = withdraw(&server, 13, &[]).await.expect_err("nothing named");
    assert_eq!(reason(&none), "BATCH_EMPTY");
}

#[tokio::test]
async fn a_stop_in_between_changes_nothing_of_what_is_seen_or_of_what_is_left_behind() {
    let undisturbed = filled().await;
    let answer = withdraw(&undisturbed, 10, &[1, 2, 3]).await.expect("withdrawn");
    reached(&undisturbed, number(&answer.revision) + 2_703).await;
    let server = filled().await;
    withdraw(&server, 10, &[1, 2, 3]).await.expect("withdrawn");
    // The stop is not kept waiting by the effects; the next start goes on with them.
    let server = TestServer::start_in(server.stop().await, &[]).await;
    let (recorded, withdrawn, _) = counted(&server, "").await;
    assert_eq!((recorded, withdrawn), (1, 2_700));
    // One fact more: the second start.
    reached(&server, number(&answer.revision) + 2_704).await;
    let after = digests(&server).await;
    assert_eq!(after.content_digest, digests(&undisturbed).await.content_digest);
    let folder = server.stop().await;
    std::fs::remove_dir_all(folder.path().join("tables")).expect("the tables are a folder");
    let rebuilt = TestServer::start_in(folder, &[]).await;
    assert_eq!(digests(&rebuilt).await.table_digest, after.table_digest);
}
