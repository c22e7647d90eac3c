//! Notice pairs over time: deadlines by the calendar, what is out of scope, figures as of any day and revision.
//! Today is Monday, 2024-06-03.

use credence::services::pb;
use tonic::Code;

use crate::changed_notice::{Notices, OFF};
use crate::harness::{TestServer, request_id};
use crate::notice_pairs::{Pairs, clock, refused};
use crate::record_rows::{penalty, person_penalty, recorded};

#[tokio::test]
async fn what_is_overdue_is_told_once_and_suspended_days_do_not_count() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let mut decision = pairs.decision(1);
    decision.decided_on = "2024-06-03".to_owned();
    let name = pairs.prepare(decision).await.expect("issued")[0].name.clone();
    let due = |notice: &pb::Notice| clock(notice, pb::NoticeClockKind::Delivery).due.clone();
    // Dragon Boat Festival, Monday 2024-06-10, is no working day.
    assert_eq!(due(&pairs.get(&name).await), "2024-06-13");
    server.advance_to("2024-06-05").await;
    let suspend = pb::SuspendNoticeClockRequest {
        request_id: request_id(90),
        name: name.clone(),
        clock: pb::NoticeClockKind::Delivery.into(),
        on: "2024-06-05".to_owned(),
        reason: "当事人下落不明".to_owned(),
    };
    pairs
        .notices
        .clone()
        .suspend_notice_clock(suspend.clone())
        .await
        .expect("suspended");
    let twice = pb::SuspendNoticeClockRequest {
        request_id: request_id(91),
        ..suspend
    };
    let twice = pairs.notices.clone().suspend_notice_clock(twice).await;
    refused(twice, Code::FailedPrecondition, "CLOCK_NOT_RUNNING");
    server.advance_to("2024-06-20").await;
    assert!(!clock(&pairs.get(&name).await, pb::NoticeClockKind::Delivery).overdue);
    let resume = pb::ResumeNoticeClockRequest {
        request_id: request_id(92),
        name: name.clone(),
        clock: pb::NoticeClockKind::Delivery.into(),
        on: "2024-06-12".to_owned(),
        reason: "已查明".to_owned(),
    };
    let resumed = pairs
        .notices
        .clone()
        .resume_notice_clock(resume)
        .await
        .expect("resumed")
        .into_inner();
    // The fifth, sixth, seventh and eleventh do not count.
    assert_eq!(
        clock(&resumed, pb::NoticeClockKind::Delivery).suspended_working_days,
        4
    );
    assert_eq!(due(&resumed), "2024-06-19");
    server.advance_to("2024-06-21").await;
    server.advance_to("2024-07-21").await;
    let overdue = pairs.history(&name).await;
    let overdue: Vec<_> = overdue
        .iter()
        .filter(|event| event.kind == "notice_overdue")
        .collect();
    let told: Vec<_> = overdue
        .iter()
        .map(|event| (event.clock(), event.due_before.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (pb::NoticeClockKind::Upload, "2024-06-13"),
            (pb::NoticeClockKind::Delivery, "2024-06-19")
        ]
    );
    let listed = pairs
        .list(pb::ListNoticesRequest {
            overdue: true,
            ..Default::default()
        })
        .await;
    assert_eq!(listed.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn decisions_out_of_scope_are_listed_and_counted_by_reason() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let before = penalty(&server, 2).with("CF_JDRQ", "2023-12-31");
    let rows = [person_penalty(&server, 1), before, penalty(&server, 3)];
    let names = recorded(&server, 10, &rows).await;
    let answer = pairs
        .notices
        .clone()
        .list_out_of_scope(pb::ListOutOfScopeRequest::default())
        .await;
    let answer = answer.expect("listed").into_inner();
    let found: Vec<_> = answer
        .decisions
        .iter()
        .map(|one| (one.record.clone(), one.reason()))
        .collect();
    assert_eq!(
        found,
        [
            (names[0].clone(), pb::NoticeExclusion::Person),
            (names[1].clone(), pb::NoticeExclusion::BeforeInForce)
        ]
    );
    assert_eq!(answer.counts.iter().map(|one| one.count).sum::<u64>(), 2);
    assert_eq!(pairs.list(pb::ListNoticesRequest::default()).await.len(), 1);
    let mut simple = pairs.decision(4);
    simple.procedure = pb::NoticeProcedure::Simple.into();
    refused(
        pairs.prepare(simple).await,
        Code::FailedPrecondition,
        "NOTICE_OUT_OF_SCOPE",
    );
    server.stop().await;
}

#[tokio::test]
async fn rates_are_those_that_were_known_then_and_survive_a_rebuild() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let name = pairs.prepared(1).await.name;
    recorded(&server, 10, &[penalty(&server, 2)]).await;
    let known = pairs.get(&name).await.revision;
    pairs.both(1, &name, "2024-06-03").await;
    let now = pairs.rates(pb::GetNoticeRatesRequest::default()).await;
    assert_eq!(
        (now.decisions_in_scope, now.together, now.late, now.open),
        (2, 1, 1, 0)
    );
    assert_eq!(now.together_basis_points, 5_000);
    let then = pb::GetNoticeRatesRequest {
        known: known.clone(),
        ..Default::default()
    };
    let then = pairs.rates(then).await;
    assert_eq!((then.decisions_in_scope, then.together, then.open), (1, 0, 1));
    let earlier = pb::GetNoticeRequest {
        name: name.clone(),
        known,
        ..Default::default()
    };
    let earlier = pairs
        .notices
        .clone()
        .get_notice(earlier)
        .await
        .expect("known")
        .into_inner();
    assert_eq!(earlier.state(), pb::NoticeState::Issued);

    let (before, told) = (server.digests().await, pairs.get(&name).await);
    let folder = server.stop().await;
    std::fs::remove_dir_all(folder.path().join("tables")).expect("the tables lie there");
    let server = TestServer::start_in(folder, &[]).await;
    let after = server.digests().await;
    assert_eq!(before.table_digest, after.table_digest);
    assert_eq!(before.content_digest, after.content_digest);
    assert_eq!(Pairs::of(&server).await.get(&name).await, told);
    server.stop().await;
}

#[tokio::test]
async fn a_changed_calendar_moves_open_deadlines_and_leaves_closed_ones() {
    let calendars = Notices::new();
    calendars.issue(&[]);
    let server = calendars
        .start(tempfile::tempdir().expect("a temporary folder"))
        .await;
    let pairs = Pairs::of(&server).await;
    let mut names = Vec::new();
    for serial in [1, 2] {
        let mut decision = pairs.decision(serial);
        decision.decided_on = "2024-05-27".to_owned();
        names.push(pairs.prepare(decision).await.expect("issued")[0].name.clone());
    }
    pairs.both(1, &names[0], "2024-06-03").await;
    let dues = |notice: &pb::Notice| -> Vec<String> {
        notice.clocks.iter().map(|clock| clock.due.clone()).collect()
    };
    assert_eq!(dues(&pairs.get(&names[0]).await), ["2024-06-05", "2024-06-05"]);
    let folder = server.stop().await;

    // Tuesday, 2024-05-28, is off after all.
    calendars.issue(&OFF);
    let server = calendars.start(folder).await;
    // Turns a day behind the slices of the adoption, and waits for them.
    server.advance_to("2024-06-04").await;
    let pairs = Pairs::of(&server).await;
    // The first pair is delivered: of its clocks only that of the upload is open.
    assert_eq!(dues(&pairs.get(&names[0]).await), ["2024-06-05", "2024-06-06"]);
    assert_eq!(dues(&pairs.get(&names[1]).await), ["2024-06-06", "2024-06-06"]);
    let events = pairs.history(&names[1]).await;
    let moved: Vec<_> = events
        .iter()
        .filter(|event| event.kind == "notice_deadline_moved")
        .map(|event| (event.clock(), event.due_before.as_str(), event.due_after.as_str()))
        .collect();
    assert_eq!(
        moved,
        [
            (pb::NoticeClockKind::Delivery, "2024-06-05", "2024-06-06"),
            (pb::NoticeClockKind::Upload, "2024-06-05", "2024-06-06")
        ]
    );
    server.stop().await;
}

#[tokio::test]
async fn a_year_without_calendar_is_named_and_no_deadline_is_made_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = [("clock", "2026-12-28T12:00:00+08:00")];
    let server = TestServer::start_in(folder, &clock).await;
    let pairs = Pairs::of(&server).await;
    let mut decision = pairs.decision(1);
    decision.decided_on = "2026-12-25".to_owned();
    decision.severity = 2;
    let notice = pairs.prepare(decision).await.expect("issued").swap_remove(0);
    let clock = clock_of_delivery(&notice);
    assert_eq!((clock.due.as_str(), clock.missing_calendar_year), ("", 2027));
    assert_eq!(notice.repair_version, "R3");
    server.stop().await;
}

fn clock_of_delivery(notice: &pb::Notice) -> &pb::NoticeClock {
    clock(notice, pb::NoticeClockKind::Delivery)
}
