//! The notice pair: prepared or owed, matched with its decision, delivered together or late, voided with the
//! decision. Today is Monday, 2024-06-03.

use credence::services::pb;
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::{TestServer, request_id};
use crate::notice_pairs::{Pairs, clock, refused};
use crate::record_rows::{end, penalty, record, recorded, revive};

#[tokio::test]
async fn a_prepared_pair_is_matched_with_its_record_and_delivered_together() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let notice = pairs.prepared(1).await;
    assert_eq!(notice.state(), pb::NoticeState::Issued);
    assert!(notice.number.ends_with("〔2024〕1号"), "{}", notice.number);
    // 2024-05-20 and seven working days, the day itself not counted.
    assert_eq!(clock(&notice, pb::NoticeClockKind::Delivery).due, "2024-05-29");
    assert_eq!(
        (notice.repair_version.as_str(), notice.apply_from.is_empty()),
        ("R2", false)
    );
    let answer = pairs
        .notices
        .clone()
        .prepare_dual_notice(pairs.decision(1))
        .await
        .expect("answered again")
        .into_inner();
    assert!(answer.replayed);
    assert_eq!(answer.notices, std::slice::from_ref(&notice));

    let record = recorded(&server, 10, &[penalty(&server, 1)]).await;
    let matched = pairs.get(&notice.name).await;
    assert_eq!(matched.record, record[0]);
    assert!(!matched.questioned, "{:?}", pairs.history(&notice.name).await);
    assert_eq!(
        clock(&matched, pb::NoticeClockKind::Upload).ended_on,
        "2024-06-03"
    );

    let delivered = pairs.both(1, &notice.name, "2024-06-03").await;
    assert_eq!(delivered.verdict(), pb::NoticeVerdict::Together);
    assert_eq!(delivered.state(), pb::NoticeState::Delivered);
    assert_eq!(
        pairs.kinds(&notice.name).await,
        [
            "notice_issued",
            "notice_matched",
            "receipt_recorded",
            "notice_judged"
        ]
    );
    let paper = pb::GetNoticePaperRequest {
        name: notice.name.clone(),
        ..Default::default()
    };
    let paper = pairs
        .notices
        .clone()
        .get_notice_paper(paper)
        .await
        .expect("drawn")
        .into_inner();
    assert!(paper.html.contains(&notice.number));
    assert_eq!(pairs.genuine(&notice).await, pb::NoticeGenuineness::Current);
    let of_the_file = pb::Notice {
        verification_code: paper.sha256,
        ..notice.clone()
    };
    assert_eq!(pairs.genuine(&of_the_file).await, pb::NoticeGenuineness::Current);
    let forged = pb::Notice {
        verification_code: "00".repeat(32),
        ..notice
    };
    assert_eq!(pairs.genuine(&forged).await, pb::NoticeGenuineness::NotGenuine);
    server.stop().await;
}

#[tokio::test]
async fn a_decision_without_a_prepared_pair_is_owed_and_late_whatever_comes_after() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    recorded(&server, 10, &[penalty(&server, 1)]).await;
    let owed = pairs.list(pb::ListNoticesRequest::default()).await.swap_remove(0);
    assert_eq!(
        (owed.state(), owed.verdict()),
        (pb::NoticeState::Owed, pb::NoticeVerdict::Late)
    );
    assert!(owed.owed && owed.number.is_empty());
    let early = pb::RecordReceiptRequest {
        of_notice: true,
        ..Pairs::receipt(1, &owed.name, "2024-06-03")
    };
    refused(
        pairs.deliver(early).await,
        Code::FailedPrecondition,
        "NOTICE_NOT_ISSUED",
    );

    let issued = pairs.prepared(1).await;
    assert_eq!((&issued.name, &issued.record), (&owed.name, &owed.record));
    // A notice cannot have been delivered before there was one.
    let dated_back = pb::RecordReceiptRequest {
        of_notice: true,
        ..Pairs::receipt(2, &owed.name, "2024-05-21")
    };
    refused(
        pairs.deliver(dated_back).await,
        Code::InvalidArgument,
        "MALFORMED_VALUE",
    );
    let delivered = pairs.both(3, &owed.name, "2024-06-03").await;
    assert_eq!(delivered.state(), pb::NoticeState::Delivered);
    assert_eq!(delivered.verdict(), pb::NoticeVerdict::Late);
    server.stop().await;
}

#[tokio::test]
async fn numbers_have_no_gap_and_are_never_given_again() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let mut several = pairs.decision(1);
    several.parties.push(pairs.decision(2).parties.swap_remove(0));
    let tried = pb::PrepareDualNoticeRequest {
        validate_only: true,
        ..several.clone()
    };
    assert_eq!(pairs.prepare(tried).await.expect("allowed"), []);
    let first = pairs.prepare(several).await.expect("issued");
    let exists = pb::PrepareDualNoticeRequest {
        request_id: request_id(90),
        ..pairs.decision(1)
    };
    refused(
        pairs.prepare(exists.clone()).await,
        Code::FailedPrecondition,
        "NOTICE_EXISTS",
    );
    let void = pb::VoidNoticeRequest {
        request_id: request_id(91),
        name: first[1].name.clone(),
        reason: "决定未作出".to_owned(),
        basis: String::new(),
    };
    let voided = pairs
        .notices
        .clone()
        .void_notice(void)
        .await
        .expect("voided")
        .into_inner();
    assert_eq!(voided.state(), pb::NoticeState::Voided);
    let replacing = pb::PrepareDualNoticeRequest {
        replaces: first[0].name.clone(),
        fine_fen: 100_000,
        ..exists
    };
    let third = pairs.prepare(replacing).await.expect("issued").swap_remove(0);
    assert_eq!(third.replaces, first[0].name);
    let replaced = pairs.get(&first[0].name).await;
    assert_eq!(
        (replaced.state(), &replaced.replaced_by),
        (pb::NoticeState::Replaced, &third.name)
    );
    assert_eq!(pairs.genuine(&first[0]).await, pb::NoticeGenuineness::NoLonger);
    let numbers: Vec<&str> = [&first[0], &first[1], &third]
        .iter()
        .map(|notice| notice.number.rsplit_once('〕').expect("a number").1)
        .collect();
    assert_eq!(numbers, ["1号", "2号", "3号"]);
    server.stop().await;
}

#[tokio::test]
async fn a_decision_delivered_first_is_late_and_later_receipts_change_nothing() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let name = pairs.prepared(1).await.name;
    server.advance_to("2024-06-06").await;
    let of_decision = pb::RecordReceiptRequest {
        of_decision: true,
        ..Pairs::receipt(1, &name, "2024-06-04")
    };
    let first = pairs.deliver(of_decision).await.expect("recorded");
    assert_eq!(first.state(), pb::NoticeState::DecisionDelivered);
    assert_eq!(first.verdict(), pb::NoticeVerdict::Unspecified);
    let linked = pairs.history(&name).await.pop().expect("a receipt").revision;
    let of_notice = pb::RecordReceiptRequest {
        of_notice: true,
        linked: linked.clone(),
        ..Pairs::receipt(2, &name, "2024-06-05")
    };
    let unknown = pb::RecordReceiptRequest {
        linked: "1.1".to_owned(),
        ..of_notice.clone()
    };
    refused(pairs.deliver(unknown).await, Code::NotFound, "RECEIPT_UNKNOWN");
    let late = pairs.deliver(of_notice).await.expect("recorded");
    assert_eq!(late.verdict(), pb::NoticeVerdict::Late);
    // Served again, on the day of the decision at last: it is told and changes nothing.
    let again = pairs.both(3, &name, "2024-06-06").await;
    assert_eq!(again.verdict(), pb::NoticeVerdict::Late);
    assert_eq!(again.notice_delivered_on, "2024-06-05");
    let events = pairs.history(&name).await;
    let receipts: Vec<_> = events.iter().filter_map(|event| event.receipt.as_ref()).collect();
    assert_eq!(receipts[1].linked, linked);
    assert_eq!(
        receipts.iter().map(|one| one.late_event).collect::<Vec<_>>(),
        [false, false, true]
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| event.kind == "notice_judged")
            .count(),
        1
    );
    server.stop().await;
}

#[tokio::test]
async fn on_one_day_the_times_decide_where_both_are_known() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    for (serial, decision, notice, verdict) in [
        (1, "09:00", "09:01", pb::NoticeVerdict::Late),
        (2, "09:01", "09:00", pb::NoticeVerdict::Together),
        (3, "09:00", "", pb::NoticeVerdict::Together),
    ] {
        let name = pairs.prepared(serial).await.name;
        let at = |number: u32, time: &str| pb::RecordReceiptRequest {
            time: time.to_owned(),
            of_decision: number == 0,
            of_notice: number == 1,
            ..Pairs::receipt(10 * serial + number, &name, "2024-06-03")
        };
        pairs.deliver(at(0, decision)).await.expect("recorded");
        let delivered = pairs.deliver(at(1, notice)).await.expect("recorded");
        assert_eq!(delivered.verdict(), verdict, "{serial}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_announcement_comes_after_what_failed_and_delivers_when_its_period_is_over() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let name = pairs.prepared(1).await.name;
    let announced = pb::RecordReceiptRequest {
        of_decision: true,
        of_notice: true,
        mode: pb::DeliveryMode::Announcement.into(),
        attachments: vec![pb::DeliveryAttachment {
            kind: pb::DeliveryAttachmentKind::Announcement.into(),
            sha256: vec![7; 32],
        }],
        ..Pairs::receipt(1, &name, "2024-06-03")
    };
    refused(
        pairs.deliver(announced.clone()).await,
        Code::FailedPrecondition,
        "MODE_NOT_ALLOWED",
    );
    let unsigned = pb::RecordReceiptRequest {
        recipient_signed: false,
        of_decision: true,
        ..Pairs::receipt(2, &name, "2024-06-03")
    };
    let status = refused(
        pairs.deliver(unsigned).await,
        Code::FailedPrecondition,
        "RECEIPT_INCOMPLETE",
    );
    let details = status.get_error_details();
    let violations = &details.bad_request().expect("violations").field_violations;
    assert_eq!(violations[0].field, "delivery.recipient.has_signed");
    for (number, mode, failure) in [
        (3, pb::DeliveryMode::Direct, pb::DeliveryFailure::Absent),
        (4, pb::DeliveryMode::Post, pb::DeliveryFailure::ReturnedUnopened),
    ] {
        let failed = pb::RecordReceiptRequest {
            of_decision: true,
            of_notice: true,
            mode: mode.into(),
            failure: failure.into(),
            ..Pairs::receipt(number, &name, "2024-06-03")
        };
        let attempted = pairs.deliver(failed).await.expect("recorded");
        assert_eq!(attempted.state(), pb::NoticeState::Issued, "{mode:?}");
    }
    let delivered = pairs.deliver(announced).await.expect("recorded");
    assert_eq!(delivered.notice_delivered_on, "2024-07-03");
    assert_eq!(delivered.verdict(), pb::NoticeVerdict::Together);
    let as_of = |day: &str| pb::GetNoticeRatesRequest {
        as_of: day.to_owned(),
        ..Default::default()
    };
    let before = pairs.rates(as_of("2024-07-02")).await;
    assert_eq!((before.together, before.open, before.never_delivered), (0, 1, 1));
    assert_eq!(pairs.rates(as_of("2024-07-03")).await.together, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_withdrawn_decision_voids_its_pair_and_is_taken_down_in_three_working_days() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let notice = pairs.prepared(1).await;
    let records = recorded(&server, 10, &[penalty(&server, 1)]).await;
    let void = pb::VoidNoticeRequest {
        request_id: request_id(90),
        name: notice.name.clone(),
        reason: "撤回".to_owned(),
        basis: String::new(),
    };
    let voided = pairs.notices.clone().void_notice(void).await;
    refused(voided, Code::FailedPrecondition, "NOTICE_MATCHED");
    end(&server, 11, &records[0], pb::RecordEnd::Withdrawn, "2024-06-03")
        .await
        .expect("withdrawn");
    let voided = pairs.get(&notice.name).await;
    assert_eq!(voided.state(), pb::NoticeState::Voided);
    assert_eq!(clock(&voided, pb::NoticeClockKind::TakeDown).due, "2024-06-06");
    assert_eq!(pairs.genuine(&notice).await, pb::NoticeGenuineness::NoLonger);
    let counted = pairs.rates(pb::GetNoticeRatesRequest::default()).await;
    assert_eq!((counted.decisions_in_scope, counted.voided), (0, 1));
    // What is delivered of it all the same is told, and gives no verdict.
    let delivered = pairs.both(1, &notice.name, "2024-06-03").await;
    assert_eq!(delivered.verdict(), pb::NoticeVerdict::Unspecified);

    revive(&server, 12, &records[0]).await.expect("revived");
    let restored = pairs.get(&notice.name).await;
    assert_eq!(restored.state(), pb::NoticeState::Delivered);
    assert_eq!(restored.verdict(), pb::NoticeVerdict::Together);
    end(&server, 13, &records[0], pb::RecordEnd::Withdrawn, "2024-06-03")
        .await
        .expect("withdrawn");
    let down = pb::ConfirmTakeDownRequest {
        request_id: request_id(91),
        name: notice.name.clone(),
        on: "2024-06-03".to_owned(),
        explanation: "已公开说明理由".to_owned(),
    };
    let down = pairs
        .notices
        .clone()
        .confirm_take_down(down)
        .await
        .expect("down")
        .into_inner();
    let clock = clock(&down, pb::NoticeClockKind::TakeDown);
    assert_eq!((clock.ended_on.as_str(), clock.overdue), ("2024-06-03", false));
    server.stop().await;
}

#[tokio::test]
async fn a_record_that_says_otherwise_raises_a_question_and_edits_nothing() {
    let server = TestServer::start().await;
    let pairs = Pairs::of(&server).await;
    let notice = pairs.prepared(1).await;
    let row = penalty(&server, 1)
        .with("CF_NR_FK", "0.5")
        .with("CF_NR", "罚款5000元");
    record(&server, 10, &[row]).await;
    let asked = pairs.get(&notice.name).await;
    assert!(asked.questioned);
    assert_eq!(asked.verification_code, notice.verification_code);
    let last = pairs.history(&notice.name).await.pop().expect("a question");
    assert_eq!(
        (last.kind.as_str(), last.differs),
        ("notice_questioned", vec!["FINE".to_owned()])
    );
    let replacing = pb::PrepareDualNoticeRequest {
        request_id: request_id(90),
        replaces: notice.name.clone(),
        fine_fen: 500_000,
        ..pairs.decision(1)
    };
    let new = pairs.prepare(replacing).await.expect("issued").swap_remove(0);
    assert_eq!((new.record, new.questioned), (asked.record, false));
    server.stop().await;
}
