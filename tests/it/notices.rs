//! The notice pair: prepared or owed, matched with its decision, delivered together or late, voided with the
//! decision, counted. Today is Monday, 2024-06-03.

use credence::services::pb;
use credence::services::pb::notice_service_client::NoticeServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::changed_notice::{Notices, OFF};
use crate::harness::{TestServer, reason, request_id};
use crate::record_rows::{end, penalty, person_penalty, record, recorded, revive};

/// The service beside its notice client.
pub struct Pairs<'a> {
    server: &'a TestServer,
    notices: NoticeServiceClient<Channel>,
}

impl<'a> Pairs<'a> {
    pub async fn of(server: &'a TestServer) -> Self {
        let channel = Channel::from_shared(format!("http://{}", server.address)).expect("an address");
        Self {
            server,
            notices: NoticeServiceClient::new(channel.connect().await.expect("the service listens")),
        }
    }

    /// The decision of [`penalty`] of this serial number, as its body states it before it serves.
    pub fn decision(&self, serial: u32) -> pb::PrepareDualNoticeRequest {
        let row = penalty(self.server, serial);
        let item = |code: &str| {
            let found = row.items.iter().find(|(known, _)| known == code);
            found.expect("filled").1.clone()
        };
        pb::PrepareDualNoticeRequest {
            request_id: request_id(5_000 + serial),
            body_code: item("CF_CFJGDM"),
            decision_kind: pb::NoticeDecisionKind::Penalty.into(),
            // Written otherwise than in the row, and the same number.
            decision_number: item("CF_WSH").replace('〔', "[").replace('〕', "]"),
            decided_on: item("CF_JDRQ"),
            penalty_kinds: vec!["02".to_owned()],
            fine_fen: 200_000,
            violation: item("CF_WFXW"),
            basis: item("CF_YJ"),
            parties: vec![pb::NoticeParty {
                kind: pb::SubjectKind::Organisation.into(),
                name: item("CF_XDR_MC"),
                social_credit_code: item("CF_XDR_SHXYM"),
                representative: "王测试".to_owned(),
            }],
            ..Default::default()
        }
    }

    async fn prepare(&self, request: pb::PrepareDualNoticeRequest) -> Result<Vec<pb::Notice>, Status> {
        let answer = self.notices.clone().prepare_dual_notice(request).await?;
        Ok(answer.into_inner().notices)
    }

    async fn prepared(&self, serial: u32) -> pb::Notice {
        let notices = self.prepare(self.decision(serial)).await;
        notices.expect("issued").swap_remove(0)
    }

    async fn get(&self, name: &str) -> pb::Notice {
        let request = pb::GetNoticeRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        let answer = self.notices.clone().get_notice(request).await;
        answer.expect("there").into_inner()
    }

    pub async fn list(&self, request: pb::ListNoticesRequest) -> Vec<pb::Notice> {
        let answer = self.notices.clone().list_notices(request).await;
        answer.expect("listed").into_inner().notices
    }

    /// A direct delivery on a day that lacks nothing.
    fn receipt(number: u32, name: &str, on: &str) -> pb::RecordReceiptRequest {
        let server = |name: &str| pb::DeliveryAttendant {
            name: name.to_owned(),
            certificate: "15080200001".to_owned(),
        };
        pb::RecordReceiptRequest {
            request_id: request_id(6_000 + number),
            name: name.to_owned(),
            mode: pb::DeliveryMode::Direct.into(),
            on: on.to_owned(),
            place: "临河区测试路1号".to_owned(),
            recipient_name: "王测试".to_owned(),
            recipient_relation: pb::DeliveryRelation::Addressee.into(),
            recipient_signed: true,
            servers: vec![server("甲测试"), server("乙测试")],
            ..Default::default()
        }
    }

    async fn deliver(&self, receipt: pb::RecordReceiptRequest) -> Result<pb::Notice, Status> {
        Ok(self.notices.clone().record_receipt(receipt).await?.into_inner())
    }

    async fn both(&self, number: u32, name: &str, on: &str) -> pb::Notice {
        let receipt = pb::RecordReceiptRequest {
            of_decision: true,
            of_notice: true,
            ..Self::receipt(number, name, on)
        };
        self.deliver(receipt).await.expect("recorded")
    }

    async fn history(&self, name: &str) -> Vec<pb::NoticeEvent> {
        let request = pb::ListNoticeHistoryRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        let answer = self.notices.clone().list_notice_history(request).await;
        answer.expect("told").into_inner().events
    }

    async fn kinds(&self, name: &str) -> Vec<String> {
        let events = self.history(name).await.into_iter();
        events.map(|event| event.kind).collect()
    }

    async fn genuine(&self, notice: &pb::Notice) -> pb::NoticeGenuineness {
        let request = pb::VerifyNoticeRequest {
            number: notice.number.clone(),
            verification_code: notice.verification_code.clone(),
        };
        let answer = self.notices.clone().verify_notice(request).await;
        answer.expect("told").into_inner().genuineness()
    }

    async fn rates(&self, request: pb::GetNoticeRatesRequest) -> pb::NoticeRate {
        let answer = self.notices.clone().get_notice_rates(request).await;
        answer.expect("counted").into_inner().total.expect("a total")
    }
}

fn clock(notice: &pb::Notice, kind: pb::NoticeClockKind) -> &pb::NoticeClock {
    let found = notice.clocks.iter().find(|clock| clock.kind() == kind);
    found.expect("set")
}

#[track_caller]
fn refused(result: Result<impl std::fmt::Debug, Status>, code: Code, expected: &str) -> Status {
    let status = result.expect_err("refused");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (code, expected),
        "{status:?}"
    );
    status
}

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
        Code::InvalidArgument,
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
    let server = calendars.start(tempfile::tempdir().expect("a temporary folder")).await;
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
