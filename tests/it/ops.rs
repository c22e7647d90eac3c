//! The server about itself: catalogue, revisions, digests, the test clock.

use credence::services::pb;
use credence::services::pb::advance_clock_request::To;
use tonic::Code;

use crate::harness::{TestServer, reason};

#[tokio::test]
async fn the_catalogue_is_listed_whole_in_pages_and_each_entry_is_found_by_name() {
    let server = TestServer::start().await;
    let mut client = server.catalog.clone();
    let mut request = pb::ListDepartmentsRequest {
        page_size: 10,
        ..Default::default()
    };
    let mut names = Vec::new();
    loop {
        let page = client
            .list_departments(request.clone())
            .await
            .expect("listed")
            .into_inner();
        names.extend(page.departments.into_iter().map(|department| department.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(names.len(), 41);
    for name in names {
        let get = pb::GetDepartmentRequest {
            name: name.clone(),
            ..Default::default()
        };
        assert_eq!(
            client.get_department(get).await.expect("there").into_inner().name,
            name
        );
    }
    let sectors = client
        .list_sectors(pb::ListSectorsRequest::default())
        .await
        .expect("listed");
    assert_eq!(sectors.into_inner().sectors.len(), 43);
    let bodies = client
        .list_bodies(pb::ListBodiesRequest::default())
        .await
        .expect("listed");
    assert_eq!(bodies.into_inner().bodies.len(), 54);
    let unknown = pb::GetSectorRequest {
        name: "sectors/NOWHERE".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(&client.get_sector(unknown).await.expect_err("unknown")),
        "SECTOR_UNKNOWN"
    );
    let malformed = pb::GetSectorRequest {
        name: "NOWHERE".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(&client.get_sector(malformed).await.expect_err("malformed")),
        "MALFORMED_NAME"
    );
}

#[tokio::test]
async fn every_answer_names_its_revision_and_a_read_may_ask_for_one() {
    let server = TestServer::start().await;
    let recorded = server
        .record(1, vec![server.row(1)])
        .await
        .expect("recorded")
        .revision;
    let mut client = server.operations.clone();
    let ask = |revision: &str| pb::GetHeadRequest {
        min_revision: revision.to_owned(),
    };
    let head = client.get_head(ask(&recorded)).await.expect("reached");
    let header = head.metadata().get("credence-revision").expect("there").clone();
    assert_eq!(header.to_str().expect("ASCII"), head.get_ref().revision);
    let malformed = client.get_head(ask("7")).await.expect_err("no epoch");
    assert_eq!(
        (malformed.code(), reason(&malformed).as_str()),
        (Code::InvalidArgument, "MALFORMED_REVISION")
    );
    let ended = client.get_head(ask("0.1")).await.expect_err("an earlier epoch");
    assert_eq!(reason(&ended), "EPOCH_ENDED");
}

#[tokio::test]
async fn the_test_clock_goes_forward_only_and_turns_the_days_between() {
    let server = TestServer::start().await;
    let mut client = server.operations.clone();
    let to = |date: &str| pb::AdvanceClockRequest {
        to: Some(To::Date(date.to_owned())),
    };
    let before = server.head().await;
    let moved = server.advance_to("2026-06-04").await;
    // Midnight of the day in UTC+8.
    assert_eq!(moved.clock.expect("there").seconds, 1_780_502_400);
    let number = |revision: &str| {
        revision
            .split_once('.')
            .expect("a point")
            .1
            .parse::<u64>()
            .expect("a number")
    };
    assert_eq!(
        number(&moved.revision) - number(&before.revision),
        731,
        "one fact per day"
    );
    let again = server.advance_to("2026-06-04").await;
    assert_eq!(again.revision, moved.revision);
    let back = client.advance_clock(to("2026-06-03")).await.expect_err("back");
    assert_eq!(reason(&back), "CLOCK_BACKWARDS");
}

#[tokio::test]
async fn digests_are_the_same_after_a_restart_except_for_the_start_itself() {
    let server = TestServer::start().await;
    server
        .record(1, vec![server.row(1), server.person_row(2).0])
        .await
        .expect("recorded");
    let before = server.digests().await;
    let server = TestServer::start_in(server.stop().await, &[]).await;
    let after = server.digests().await;
    assert_eq!(after.content_digest, before.content_digest);
    assert_eq!(after.table_digest, before.table_digest);
    assert_ne!(after.revision, before.revision);
}

#[tokio::test]
async fn a_start_on_a_full_disk_answers_reads_and_says_why_it_takes_no_writes() {
    let server = TestServer::start().await;
    let recorded = server.record(1, vec![server.row(1)]).await.expect("recorded");
    let pb::CommitmentRowResult { name, revision, .. } = recorded.results[0].clone();
    let folder = server.stop().await;
    let full = TestServer::start_in(folder, &[("disk_reserve", "1125899906842624")]).await;
    let get = pb::GetCommitmentRequest {
        name,
        ..Default::default()
    };
    let read = full.commitments.clone().get_commitment(get).await;
    assert_eq!(read.expect("reads go on").into_inner().revision, revision);
    let refused = full.record(2, vec![full.row(2)]).await.expect_err("no room");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unavailable, "READ_ONLY")
    );
    let info = pb::GetServerInfoRequest::default();
    let info = full
        .operations
        .clone()
        .get_server_info(info)
        .await
        .expect("answered");
    assert_eq!(info.into_inner().state(), pb::ServerState::ReadOnly);
    let server = TestServer::start_in(full.stop().await, &[]).await;
    let again = server.record(2, vec![server.row(2)]).await.expect("room again");
    assert_eq!(again.created_count, 1);
}

#[tokio::test]
async fn a_clock_is_confirmed_by_a_watch_that_shows_the_same() {
    let server = TestServer::start().await;
    let mut client = server.operations.clone();
    let info = client.get_server_info(pb::GetServerInfoRequest::default()).await;
    let info = info.expect("answered").into_inner();
    assert!(!info.clock_unconfirmed);
    let clock = info.clock.expect("there");
    let mut ask = async |seconds: i64| {
        let now = prost_types::Timestamp {
            seconds: clock.seconds + seconds,
            ..clock
        };
        client
            .confirm_clock(pb::ConfirmClockRequest { now: Some(now) })
            .await
    };
    assert!(ask(300).await.is_ok());
    assert!(ask(-300).await.is_ok());
    for apart in [301, -301] {
        let refused = ask(apart).await.expect_err("another time");
        assert_eq!(reason(&refused), "CLOCK_DIFFERS");
    }
    let nothing = client.confirm_clock(pb::ConfirmClockRequest::default()).await;
    assert_eq!(reason(&nothing.expect_err("no time")), "MALFORMED_VALUE");
}
