//! The calls that the tests about notice pairs make. Today is Monday, 2024-06-03.

use credence::services::pb;
use credence::services::pb::notice_service_client::NoticeServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::harness::{TestServer, reason, request_id};
use crate::record_rows::penalty;

/// The service beside its notice client.
pub struct Pairs<'a> {
    server: &'a TestServer,
    pub notices: NoticeServiceClient<Channel>,
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

    pub async fn prepare(&self, request: pb::PrepareDualNoticeRequest) -> Result<Vec<pb::Notice>, Status> {
        let answer = self.notices.clone().prepare_dual_notice(request).await?;
        Ok(answer.into_inner().notices)
    }

    pub async fn prepared(&self, serial: u32) -> pb::Notice {
        let notices = self.prepare(self.decision(serial)).await;
        notices.expect("issued").swap_remove(0)
    }

    pub async fn get(&self, name: &str) -> pb::Notice {
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
    pub fn receipt(number: u32, name: &str, on: &str) -> pb::RecordReceiptRequest {
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

    pub async fn deliver(&self, receipt: pb::RecordReceiptRequest) -> Result<pb::Notice, Status> {
        Ok(self.notices.clone().record_receipt(receipt).await?.into_inner())
    }

    pub async fn both(&self, number: u32, name: &str, on: &str) -> pb::Notice {
        let receipt = pb::RecordReceiptRequest {
            of_decision: true,
            of_notice: true,
            ..Self::receipt(number, name, on)
        };
        self.deliver(receipt).await.expect("recorded")
    }

    pub async fn history(&self, name: &str) -> Vec<pb::NoticeEvent> {
        let request = pb::ListNoticeHistoryRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        let answer = self.notices.clone().list_notice_history(request).await;
        answer.expect("told").into_inner().events
    }

    pub async fn kinds(&self, name: &str) -> Vec<String> {
        let events = self.history(name).await.into_iter();
        events.map(|event| event.kind).collect()
    }

    pub async fn genuine(&self, notice: &pb::Notice) -> pb::NoticeGenuineness {
        let request = pb::VerifyNoticeRequest {
            number: notice.number.clone(),
            verification_code: notice.verification_code.clone(),
        };
        let answer = self.notices.clone().verify_notice(request).await;
        answer.expect("told").into_inner().genuineness()
    }

    pub async fn rates(&self, request: pb::GetNoticeRatesRequest) -> pb::NoticeRate {
        let answer = self.notices.clone().get_notice_rates(request).await;
        answer.expect("counted").into_inner().total.expect("a total")
    }
}

pub fn clock(notice: &pb::Notice, kind: pb::NoticeClockKind) -> &pb::NoticeClock {
    let found = notice.clocks.iter().find(|clock| clock.kind() == kind);
    found.expect("set")
}

#[track_caller]
pub fn refused(result: Result<impl std::fmt::Debug, Status>, code: Code, expected: &str) -> Status {
    let status = result.expect_err("refused");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (code, expected),
        "{status:?}"
    );
    status
}
