//! The matrix of calls and roles, tried over a channel: every call by every role, what is another's, and
//! tokens that were withdrawn.

use std::collections::BTreeSet;

use credence::domain::caller::{Grant, Role};
use credence::services::pb;
use credence::services::permissions::Permissions;
use prost::Message;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::guarded::{Guarded, call, entry, principals_in, write};
use crate::harness::{TestServer, reason, request_id};
use crate::record_rows::{penalty, recorded};

const PACKAGE: &str = "/credit.supervision.v1.";

/// Departments: that of the rows, and one that has none.
const STRANGER: &str = "ZRJ";

/// What was recorded before the gate was set up.
struct Filled {
    commitment: String,
    record: String,
    excuse: String,
    notice: String,
    prepare: pb::PrepareDualNoticeRequest,
    department: String,
    row: pb::CommitmentRow,
    further_row: pb::CommitmentRow,
    record_row: pb::RecordRow,
    further_record_row: pb::RecordRow,
    excuse_items: pb::ExcuseItems,
    batch: String,
}

/// A service with rows of one department, and a list with one principal for each role and bound.
async fn guarded() -> (Guarded, Filled) {
    let outer = tempfile::tempdir().expect("a temporary folder");
    let data = outer.path().join("data");
    std::fs::create_dir(&data).expect("made");
    let data = data.to_str().expect("UTF-8").to_owned();
    let server = TestServer::start_in(
        tempfile::tempdir().expect("a temporary folder"),
        &[("data", &data)],
    )
    .await;
    let commitment = server.recorded(1, server.row(1)).await;
    let penalties = recorded(&server, 2, &[penalty(&server, 1)]).await;
    let excuse_items = pb::ExcuseItems {
        reporter: server.body.department.clone(),
        data: pb::DataKind::Penalty.into(),
        received_from: "2024-06-01".to_owned(),
        received_until: "2024-06-03".to_owned(),
        cause: pb::LatenessCause::PlatformOutage.into(),
        text: "市平台停机".to_owned(),
        evidence: vec!["停机公告〔2024〕3号".to_owned()],
    };
    let asked = pb::FileExcuseRequest {
        request_id: request_id(3),
        excuse: Some(excuse_items.clone()),
    };
    let excuse = server.timeliness.clone().file_excuse(asked).await;
    let pairs = crate::notice_pairs::Pairs::of(&server).await;
    let notice = pairs.list(pb::ListNoticesRequest::default()).await[0]
        .name
        .clone();
    let prepare = pairs.decision(2);
    let filled = Filled {
        notice,
        prepare,
        commitment,
        record: penalties[0].clone(),
        excuse: excuse.expect("filed").into_inner().name,
        department: server.body.department.clone(),
        row: server.row(1),
        further_row: server.row(2),
        record_row: penalty(&server, 1).sent(),
        further_record_row: penalty(&server, 2).sent(),
        excuse_items,
        batch: request_id(1),
    };
    server.stop().await;
    let own = filled.department.trim_start_matches("departments/").to_owned();
    let mut list = String::new();
    for role in Role::ALL {
        let bounds = if role.is_bounded() {
            format!("departments = [\"{own}\"]")
        } else {
            String::new()
        };
        list += &entry(role.name(), role.name(), &bounds);
    }
    let strange = format!("departments = [\"{STRANGER}\"]");
    list += &entry("foreign-officer", "officer", &strange);
    list += &entry("foreign-integrator", "integrator", &strange);
    write(&principals_in(&outer), &list);
    let file = principals_in(&outer).to_str().expect("UTF-8").to_owned();
    (Guarded::start(outer, &[("principals", &file)]).await, filled)
}

fn path(method: &str) -> String {
    format!("{PACKAGE}{method}")
}

/// A status without what is drawn anew for each call.
#[track_caller]
fn refused(answer: Result<Vec<u8>, Status>) -> (Code, String, Vec<u8>) {
    let status = answer.expect_err("refused");
    (
        status.code(),
        status.message().to_owned(),
        status.details().to_vec(),
    )
}

#[tokio::test]
async fn every_call_by_every_role_is_granted_or_refused_as_the_matrix_says() {
    let (server, _) = guarded().await;
    let channel = server.channel().await;
    let mut tried = 0;
    for (path, row) in Permissions::built_in().rows() {
        for (role, grant) in Role::ALL.into_iter().zip(row) {
            let answer = call(&channel, role.name(), path, Vec::new()).await;
            let code = answer.as_ref().err().map(Status::code);
            let word = role.name();
            match grant {
                Grant::None => {
                    assert_eq!(code, Some(Code::PermissionDenied), "{word} {path}");
                    let status = answer.expect_err("refused");
                    assert_eq!(reason(&status), "PERMISSION_REFUSED", "{word} {path}");
                }
                Grant::Own | Grant::All => assert!(
                    !matches!(
                        code,
                        Some(Code::PermissionDenied | Code::Unauthenticated | Code::Unimplemented)
                    ),
                    "{word} {path}: {answer:?}"
                ),
            }
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
    server.stop().await;
}

#[tokio::test]
async fn a_token_that_is_unknown_or_was_withdrawn_opens_nothing() {
    let (server, filled) = guarded().await;
    let channel = server.channel().await;
    let get = pb::GetCommitmentRequest {
        name: filled.commitment,
        ..Default::default()
    };
    let own = path("CommitmentService/GetCommitment");
    assert!(call(&channel, "office", &own, get.encode_to_vec()).await.is_ok());
    for (path, _) in Permissions::built_in().rows() {
        let status = call(&channel, "guessed", path, Vec::new())
            .await
            .expect_err("refused");
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::Unauthenticated, "CALLER_UNKNOWN"),
            "{path}"
        );
    }
    write(&server.principals(), &entry("auditor", "auditor", ""));
    assert!(server.reloader.reload());
    let withdrawn = call(&channel, "office", &own, get.encode_to_vec()).await;
    assert_eq!(refused(withdrawn).0, Code::Unauthenticated);
    assert!(call(&channel, "auditor", &own, get.encode_to_vec()).await.is_ok());
    // A list that cannot be read leaves the one in force.
    write(&server.principals(), "[[principal]]\nname = 1");
    assert!(!server.reloader.reload());
    assert!(call(&channel, "auditor", &own, get.encode_to_vec()).await.is_ok());
    server.stop().await;
}

/// A call about what is the filled department's, and the same about what nobody has.
struct Case {
    method: &'static str,
    about_own: Vec<u8>,
    /// The same call about something absent, and the two names; without them the call is refused by name
    /// of the department or body alone.
    absent: Option<(Vec<u8>, &'static str, String)>,
}

impl Case {
    fn refused(method: &'static str, message: &impl Message) -> Self {
        Self {
            method,
            about_own: message.encode_to_vec(),
            absent: None,
        }
    }
}

/// A name of the same form that stands for nothing.
fn absent(name: &str) -> String {
    // The last letter of an excuse's name holds bits that must be zero.
    let place = match name.strip_prefix("excuses/") {
        Some(_) => "excuses/".len(),
        None => name.len() - 1,
    };
    let other = if name[place..].starts_with('2') { "3" } else { "2" };
    format!("{}{other}{}", &name[..place], &name[place + 1..])
}

/// One case for each call that is bounded, but for lists and counts.
fn cases(filled: &Filled) -> Vec<Case> {
    let mut cases = Vec::new();
    macro_rules! by_name {
        ($($method:literal $request:ident $field:ident $value:expr, $further:expr;)*) => {
            $({
                let of = |name: String| pb::$request { $field: name, ..$further }.encode_to_vec();
                let name: String = $value.clone();
                cases.push(Case {
                    method: $method,
                    about_own: of(name.clone()),
                    absent: Some((of(absent(&name)), stringify!($field), name)),
                });
            })*
        };
    }
    let id = request_id(90);
    by_name! {
        "CommitmentService/GetCommitment" GetCommitmentRequest name filled.commitment, Default::default();
        "CommitmentService/ListCommitmentSnapshots" ListCommitmentSnapshotsRequest name filled.commitment,
            Default::default();
        "CommitmentService/WithdrawCommitment" WithdrawCommitmentRequest name filled.commitment,
            pb::WithdrawCommitmentRequest { request_id: id.clone(), reason: "误报".into(), ..Default::default() };
        "CommitmentService/ReviveCommitment" ReviveCommitmentRequest name filled.commitment,
            pb::ReviveCommitmentRequest { request_id: id.clone(), reason: "误撤".into(), ..Default::default() };
        "CommitmentService/RecordPerformance" RecordPerformanceRequest commitment filled.commitment,
            pb::RecordPerformanceRequest {
                request_id: id.clone(), performance: Some(pb::PerformanceItems::default()), ..Default::default()
            };
        "CommitmentService/RecordBreach" RecordBreachRequest commitment filled.commitment,
            pb::RecordBreachRequest {
                request_id: id.clone(), breach: Some(pb::BreachItems::default()), ..Default::default()
            };
        "RecordService/GetRecord" GetRecordRequest name filled.record, Default::default();
        "RecordService/ListRecordSnapshots" ListRecordSnapshotsRequest name filled.record, Default::default();
        "RecordService/ListRecordSources" ListRecordSourcesRequest name filled.record, Default::default();
        "RecordService/EndRecord" EndRecordRequest name filled.record, pb::EndRecordRequest {
            request_id: id.clone(), end: pb::RecordEnd::Withdrawn.into(), on: "2024-06-03".into(),
            reason: "误报".into(), basis: "核查记录".into(), ..Default::default()
        };
        "RecordService/ReviveRecord" ReviveRecordRequest name filled.record, pb::ReviveRecordRequest {
            request_id: id.clone(), on: "2024-06-03".into(), reason: "误撤".into(), basis: "核查记录".into(),
            ..Default::default()
        };
        "TimelinessService/GetExcuse" GetExcuseRequest name filled.excuse, Default::default();
        "NoticeService/GetNotice" GetNoticeRequest name filled.notice, Default::default();
        "NoticeService/ListNoticeHistory" ListNoticeHistoryRequest name filled.notice, Default::default();
        "NoticeService/GetNoticePaper" GetNoticePaperRequest name filled.notice, Default::default();
        "NoticeService/RecordReceipt" RecordReceiptRequest name filled.notice, pb::RecordReceiptRequest {
            request_id: id.clone(), of_decision: true, mode: pb::DeliveryMode::Direct.into(),
            ..Default::default()
        };
        "NoticeService/SuspendNoticeClock" SuspendNoticeClockRequest name filled.notice,
            pb::SuspendNoticeClockRequest { request_id: id.clone(), ..Default::default() };
        "NoticeService/ResumeNoticeClock" ResumeNoticeClockRequest name filled.notice,
            pb::ResumeNoticeClockRequest { request_id: id.clone(), ..Default::default() };
        "NoticeService/VoidNotice" VoidNoticeRequest name filled.notice,
            pb::VoidNoticeRequest { request_id: id.clone(), ..Default::default() };
        "NoticeService/ConfirmTakeDown" ConfirmTakeDownRequest name filled.notice,
            pb::ConfirmTakeDownRequest { request_id: id.clone(), ..Default::default() };
    }
    let batch = |id: &str| pb::WithdrawBatchesRequest {
        request_id: request_id(91),
        batches: vec![id.to_owned()],
        reason: "误报".to_owned(),
        ..Default::default()
    };
    cases.push(Case {
        method: "CommitmentService/WithdrawBatches",
        about_own: batch(&filled.batch).encode_to_vec(),
        absent: Some((
            batch(&absent(&filled.batch)).encode_to_vec(),
            "batch",
            filled.batch.clone(),
        )),
    });
    cases.push(Case::refused("NoticeService/PrepareDualNotice", &filled.prepare));
    cases.extend([
        Case::refused(
            "CommitmentService/RecordCommitments",
            &pb::RecordCommitmentsRequest {
                request_id: request_id(92),
                rows: vec![filled.row.clone()],
                ..Default::default()
            },
        ),
        Case::refused(
            "RecordService/RecordRecords",
            &pb::RecordRecordsRequest {
                request_id: request_id(93),
                rows: vec![filled.record_row.clone()],
                ..Default::default()
            },
        ),
        Case::refused(
            "TimelinessService/FileExcuse",
            &pb::FileExcuseRequest {
                request_id: request_id(94),
                excuse: Some(filled.excuse_items.clone()),
            },
        ),
        Case::refused(
            "TimelinessService/ConfirmZeroReport",
            &pb::ConfirmZeroReportRequest {
                request_id: request_id(95),
                reporter: filled.department.clone(),
                data: pb::DataKind::Penalty.into(),
                month: "2024-05".to_owned(),
                ..Default::default()
            },
        ),
    ]);
    cases
}

/// Bounded calls whose answer is narrowed instead of refused, and streams; they have tests of their own.
const NARROWED: [&str; 10] = [
    "CommitmentService/ListCommitments",
    "CommitmentService/CountCommitments",
    "CommitmentService/ListDueCommitments",
    "CommitmentService/CountPerformance",
    "RecordService/ListRecords",
    "RecordService/CountRecords",
    "CommitmentService/ImportCommitments",
    "RecordService/ImportRecords",
    "NoticeService/ListNotices",
    "NoticeService/GetNoticeRates",
];

#[tokio::test]
async fn every_bounded_call_about_anothers_answers_as_if_it_were_not_there() {
    let (server, filled) = guarded().await;
    let channel = server.channel().await;
    let cases = cases(&filled);
    let mut bounded = BTreeSet::new();
    for case in &cases {
        let path = path(case.method);
        bounded.insert(path.clone());
        let permissions = Permissions::built_in();
        let row = permissions.of(&path).expect("a row");
        for (role, grant) in ["foreign-integrator", "foreign-officer"].iter().zip(row) {
            if *grant != Grant::Own {
                continue;
            }
            let (code, text, details) = refused(call(&channel, role, &path, case.about_own.clone()).await);
            let Some((other, _, name)) = &case.absent else {
                assert_eq!(code, Code::PermissionDenied, "{role} {path}: {text}");
                continue;
            };
            assert_eq!(code, Code::NotFound, "{role} {path}: {text}");
            let (absent_code, absent_text, absent_details) =
                refused(call(&channel, role, &path, other.clone()).await);
            assert_eq!((code, &text), (absent_code, &absent_text), "{role} {path}");
            let spoken = |details: &[u8], name: &str| String::from_utf8_lossy(details).replace(name, "NAME");
            assert_eq!(
                spoken(&details, name),
                spoken(&absent_details, &absent(name)),
                "{role} {path}"
            );
        }
    }
    // Whoever makes a call bounded shows here that it is.
    bounded.extend(NARROWED.map(path));
    for (path, row) in Permissions::built_in().rows() {
        assert!(
            !row.contains(&Grant::Own) || bounded.contains(path),
            "{path} has no case"
        );
    }
    server.stop().await;
}

async fn counted(channel: &Channel, token: &str) -> (u64, u64, usize, usize) {
    async fn asked<Q: Message, A: Message + Default>(
        channel: &Channel,
        token: &str,
        method: &str,
        question: Q,
    ) -> A {
        let answer = call(channel, token, &path(method), question.encode_to_vec()).await;
        A::decode(&*answer.expect("answered")).expect("decodes")
    }
    let commitments: pb::CountCommitmentsResponse = asked(
        channel,
        token,
        "CommitmentService/CountCommitments",
        pb::CountCommitmentsRequest::default(),
    )
    .await;
    let records: pb::CountRecordsResponse = asked(
        channel,
        token,
        "RecordService/CountRecords",
        pb::CountRecordsRequest::default(),
    )
    .await;
    let listed: pb::ListCommitmentsResponse = asked(
        channel,
        token,
        "CommitmentService/ListCommitments",
        pb::ListCommitmentsRequest::default(),
    )
    .await;
    let listed_records: pb::ListRecordsResponse = asked(
        channel,
        token,
        "RecordService/ListRecords",
        pb::ListRecordsRequest::default(),
    )
    .await;
    (
        commitments.total,
        records.total,
        listed.commitments.len(),
        listed_records.records.len(),
    )
}

#[tokio::test]
async fn lists_and_counts_hold_the_callers_own_and_naming_another_is_refused() {
    let (server, filled) = guarded().await;
    let channel = server.channel().await;
    assert_eq!(counted(&channel, "officer").await, (1, 1, 1, 1));
    assert_eq!(counted(&channel, "auditor").await, (1, 1, 1, 1));
    assert_eq!(counted(&channel, "foreign-officer").await, (0, 0, 0, 0));
    for method in &NARROWED[..6] {
        // Field 1 is the filter in each of them, and a department is named in it.
        let mut filter = Vec::new();
        if method.starts_with("Record") {
            let named = pb::RecordFilter {
                department: filled.department.clone(),
                ..Default::default()
            };
            prost::encoding::message::encode(1, &named, &mut filter);
        } else {
            let named = pb::CommitmentFilter {
                department: filled.department.clone(),
                ..Default::default()
            };
            prost::encoding::message::encode(1, &named, &mut filter);
        }
        let own = call(&channel, "officer", &path(method), filter.clone()).await;
        assert!(own.is_ok(), "{method}: {own:?}");
        let foreign = call(&channel, "foreign-officer", &path(method), filter).await;
        assert_eq!(refused(foreign).0, Code::PermissionDenied, "{method}");
    }
    server.stop().await;
}

#[tokio::test]
async fn rows_of_another_body_are_refused_in_a_stream_too_and_facts_bear_their_principal() {
    let (server, filled) = guarded().await;
    let channel = server.channel().await;
    let batch = |number| {
        pb::ImportCommitmentsRequest {
            request_id: request_id(number),
            rows: vec![filled.further_row.clone()],
            ..Default::default()
        }
        .encode_to_vec()
    };
    let records = |number| {
        pb::ImportRecordsRequest {
            request_id: request_id(number),
            rows: vec![filled.further_record_row.clone()],
            ..Default::default()
        }
        .encode_to_vec()
    };
    let decoded = |answer: Vec<u8>| {
        pb::ImportCommitmentsResponse::decode(&*answer)
            .expect("decodes")
            .answer
    };
    let decoded_records = |answer: Vec<u8>| {
        pb::ImportRecordsResponse::decode(&*answer)
            .expect("decodes")
            .answer
    };
    use pb::import_commitments_response::Answer as Commitments;
    use pb::import_records_response::Answer as Records;
    let import = path("CommitmentService/ImportCommitments");
    let import_records = path("RecordService/ImportRecords");
    for token in ["foreign-integrator", "foreign-officer"] {
        let answer = call(&channel, token, &import, batch(1)).await.expect("a stream");
        let Some(Commitments::Refusal(refusal)) = decoded(answer) else {
            panic!("{token} has recorded another's row")
        };
        assert_eq!(refusal.code, Code::PermissionDenied as i32);
        let answer = call(&channel, token, &import_records, records(2))
            .await
            .expect("a stream");
        let Some(Records::Refusal(refusal)) = decoded_records(answer) else {
            panic!("{token} has recorded another's row")
        };
        assert_eq!(refusal.code, Code::PermissionDenied as i32);
    }
    let answer = call(&channel, "integrator", &import, batch(1))
        .await
        .expect("a stream");
    assert!(matches!(decoded(answer), Some(Commitments::Result(result)) if result.created_count == 1));
    // The same id of another principal is another request, and its content stands already.
    let answer = call(&channel, "officer", &import, batch(1))
        .await
        .expect("a stream");
    assert!(matches!(decoded(answer), Some(Commitments::Result(result)) if result.repeated_count == 1));
    let answer = call(&channel, "integrator", &import_records, records(2))
        .await
        .expect("a stream");
    assert!(matches!(decoded_records(answer), Some(Records::Result(result)) if result.created_count == 1));
    // The batch of one principal is nobody else's to withdraw.
    let withdraw = pb::WithdrawBatchesRequest {
        request_id: request_id(3),
        batches: vec![request_id(1)],
        reason: "误报".to_owned(),
        ..Default::default()
    };
    let own = path("CommitmentService/WithdrawBatches");
    let foreign = call(&channel, "foreign-integrator", &own, withdraw.encode_to_vec()).await;
    assert_eq!(refused(foreign).0, Code::NotFound);
    assert!(
        call(&channel, "integrator", &own, withdraw.encode_to_vec())
            .await
            .is_ok()
    );
    server.stop().await;
}
