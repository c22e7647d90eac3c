//! Timeliness: in time or late by the calendar, excuses filed and judged, empty months, mass reports.
//!
//! Rows are received on Monday, 2024-06-03: what was decided on 2024-05-23 is due on that very day.

use credence::services::pb;
use tonic::Code;

use crate::harness::{TestServer, reason, request_id};

/// A commitment made on a day, received today.
pub fn made(server: &TestServer, serial: u32, made_on: &str) -> pb::CommitmentRow {
    pb::CommitmentRow {
        code: format!("150802{}{serial:06}", made_on.replace('-', "")),
        made_on: made_on.to_owned(),
        ..server.row(serial)
    }
}

/// A penalty decided on a day, received today.
pub fn penalty(server: &TestServer, serial: u32, decided_on: &str) -> pb::RecordRow {
    let (name, code) = (&server.body.title_chinese, &server.body.social_credit_code);
    let items = [
        ("CF_XDR_MC", format!("测试企业{serial}")),
        ("CF_XDR_LB", "法人及非法人组织".to_owned()),
        ("CF_XDR_SHXYM", server.row(serial).subject_code),
        ("CF_FRDB", "王测试".to_owned()),
        ("CF_WSH", format!("测罚〔2024〕{serial}号")),
        ("CF_WFXW", "未按规定公示信息".to_owned()),
        ("CF_SY", "经查，该单位未按规定公示信息。".to_owned()),
        ("CF_YJ", "依据有关规定".to_owned()),
        ("CF_CFLB", "罚款".to_owned()),
        ("CF_NR", "罚款2000元".to_owned()),
        ("CF_NR_FK", "0.2".to_owned()),
        ("CF_JDRQ", decided_on.to_owned()),
        ("CF_YXQ", "2025-05-20".to_owned()),
        ("CF_CFJG", name.clone()),
        ("CF_CFJGDM", code.clone()),
        ("CF_SJLY", name.clone()),
        ("CF_SJLYDM", code.clone()),
    ];
    pb::RecordRow {
        layout: "PENALTY_V2".to_owned(),
        items: items
            .into_iter()
            .map(|(code, text)| pb::RecordItem {
                code: code.to_owned(),
                text,
            })
            .collect(),
        source: None,
    }
}

/// Two commitments and two penalties, one of each in time; names of the late ones.
async fn two_late(server: &TestServer) -> (String, String) {
    let rows = vec![made(server, 1, "2024-05-20"), made(server, 2, "2024-05-23")];
    let commitments = server.record(1, rows).await.expect("recorded");
    let request = pb::RecordRecordsRequest {
        request_id: request_id(2),
        rows: vec![penalty(server, 1, "2024-05-20"), penalty(server, 2, "2024-05-23")],
        ..Default::default()
    };
    let records = server.records.clone().record_records(request).await;
    let records = records.expect("recorded").into_inner();
    assert_eq!(
        (commitments.created_count, records.created_count),
        (2, 2),
        "{records:?}"
    );
    (
        commitments.results[0].name.clone(),
        records.results[0].name.clone(),
    )
}

async fn count(
    server: &TestServer,
    filter: pb::ArrivalFilter,
    group_by: &[pb::TimelinessDimension],
) -> pb::CountTimelinessResponse {
    let request = pb::CountTimelinessRequest {
        filter: Some(filter),
        group_by: group_by.iter().map(|by| (*by).into()).collect(),
        min_revision: String::new(),
    };
    let counted = server.timeliness.clone().count_timeliness(request).await;
    counted.expect("counted").into_inner()
}

pub async fn listed(server: &TestServer, timeliness: pb::Timeliness) -> Vec<pb::TimelinessRow> {
    let request = pb::ListTimelinessRequest {
        timeliness: timeliness.into(),
        ..Default::default()
    };
    let listed = server.timeliness.clone().list_timeliness(request).await;
    listed.expect("listed").into_inner().rows
}

fn excuse(server: &TestServer, cause: pb::LatenessCause) -> pb::ExcuseItems {
    pb::ExcuseItems {
        reporter: server.body.department.clone(),
        data: pb::DataKind::Penalty.into(),
        received_from: "2024-06-01".to_owned(),
        received_until: "2024-06-03".to_owned(),
        cause: cause.into(),
        text: "市平台于5月29日至31日停机".to_owned(),
        evidence: vec!["停机公告〔2024〕3号".to_owned()],
    }
}

async fn file(
    server: &TestServer,
    request: u32,
    items: pb::ExcuseItems,
) -> Result<pb::Excuse, tonic::Status> {
    let request = pb::FileExcuseRequest {
        request_id: request_id(request),
        excuse: Some(items),
    };
    Ok(server.timeliness.clone().file_excuse(request).await?.into_inner())
}

async fn judge(
    server: &TestServer,
    request: u32,
    name: &str,
    accepted: bool,
    correct: bool,
) -> Result<pb::Excuse, tonic::Status> {
    let request = pb::JudgeExcuseRequest {
        request_id: request_id(request),
        name: name.to_owned(),
        accepted,
        reason: "经与市平台核实".to_owned(),
        correct,
    };
    Ok(server
        .timeliness
        .clone()
        .judge_excuse(request)
        .await?
        .into_inner())
}

#[tokio::test]
async fn rows_are_judged_by_their_receipt_here_and_stand_behind_each_count() {
    use pb::TimelinessDimension::{Body, Data, Department, MonthDecided};
    let server = TestServer::start().await;
    let (commitment, record) = two_late(&server).await;
    let counted = count(
        &server,
        pb::ArrivalFilter::default(),
        &[Data, Department, Body, MonthDecided],
    )
    .await;
    let total = counted.total.expect("there");
    assert_eq!((total.rows, total.in_time, total.late), (4, 2, 2));
    assert_eq!(
        (total.working_days_late, total.working_days_late_max),
        (6, 3),
        "three working days each"
    );
    assert_eq!(total.rate_basis_points, Some(5_000));
    let keys: Vec<_> = counted.rows.iter().map(|row| row.keys.clone()).collect();
    let of = |data: &str| {
        let (department, body) = (&server.body.department, &server.body.social_credit_code);
        [data, department, body, "2024-05"].map(str::to_owned).to_vec()
    };
    assert_eq!(keys, [of("DATA_KIND_PENALTY"), of("DATA_KIND_COMMITMENT")]);
    let late = listed(&server, pb::Timeliness::Late).await;
    let shown: Vec<_> = late
        .iter()
        .map(|row| (row.row.as_str(), row.due_on.as_str(), row.working_days_late))
        .collect();
    assert_eq!(
        shown,
        [
            (commitment.as_str(), "2024-05-29", 3),
            (record.as_str(), "2024-05-29", 3)
        ]
    );
    let in_time = listed(&server, pb::Timeliness::InTime).await;
    assert!(
        in_time.iter().all(|row| row.due_on == "2024-06-03"),
        "{in_time:?}"
    );

    // What is withdrawn is no longer counted, and an empty selection has no rate.
    let withdraw = pb::WithdrawCommitmentRequest {
        request_id: request_id(3),
        name: commitment,
        reason: "重复报送".to_owned(),
        validate_only: false,
    };
    server
        .commitments
        .clone()
        .withdraw_commitment(withdraw)
        .await
        .expect("withdrawn");
    let after = count(&server, pb::ArrivalFilter::default(), &[])
        .await
        .total
        .expect("there");
    assert_eq!((after.rows, after.late), (3, 1));
    let nothing = pb::ArrivalFilter {
        received_from: "2024-06-04".to_owned(),
        ..Default::default()
    };
    let nothing = count(&server, nothing, &[]).await.total.expect("there");
    assert_eq!((nothing.rows, nothing.rate_basis_points), (0, None));
    let rules = pb::ListTimelinessRulesRequest::default();
    let rules = server.timeliness.clone().list_timeliness_rules(rules).await;
    let rules = rules.expect("listed").into_inner().rules;
    assert_eq!(rules[0].source, "发改办财金〔2018〕424号");
}

#[tokio::test]
async fn an_accepted_excuse_moves_the_fault_and_not_the_date() {
    use pb::LatenessCause::{Department, PlatformOutage};
    let server = TestServer::start().await;
    two_late(&server).await;
    let penalties = || pb::ArrivalFilter {
        data: pb::DataKind::Penalty.into(),
        ..Default::default()
    };
    let filed = file(&server, 3, excuse(&server, PlatformOutage))
        .await
        .expect("filed");
    assert_eq!(filed.state(), pb::ExcuseState::Filed);
    let again = file(&server, 4, excuse(&server, PlatformOutage))
        .await
        .expect("the same");
    assert_eq!(again, filed);
    let total = count(&server, penalties(), &[]).await.total.expect("there");
    assert_eq!((total.late, total.excuse_pending), (1, 1));

    let accepted = judge(&server, 5, &filed.name, true, false).await.expect("judged");
    assert_eq!(accepted.state(), pb::ExcuseState::Accepted);
    let total = count(&server, penalties(), &[]).await.total.expect("there");
    assert_eq!(
        (total.late, total.excuse_pending, total.excused_platform_outage),
        (1, 0, 1),
        "late stays late"
    );
    assert_eq!(
        (total.rate_basis_points, total.excused_rate_basis_points),
        (Some(5_000), Some(10_000))
    );
    let rows = listed(&server, pb::Timeliness::Late).await;
    let covered: Vec<_> = rows
        .iter()
        .map(|row| (row.data(), row.excuse.is_empty()))
        .collect();
    assert_eq!(
        covered,
        [(pb::DataKind::Commitment, true), (pb::DataKind::Penalty, false)]
    );

    // The same judgment again is welcome, another one needs a correction.
    let same = judge(&server, 6, &filed.name, true, false)
        .await
        .expect("repeated");
    assert_eq!(same.judgment_count, 1);
    let status = judge(&server, 7, &filed.name, false, false)
        .await
        .expect_err("judged");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "EXCUSE_JUDGED")
    );
    let rejected = judge(&server, 8, &filed.name, false, true)
        .await
        .expect("corrected");
    assert_eq!(
        (rejected.state(), rejected.judgment_count),
        (pb::ExcuseState::Rejected, 2)
    );
    let total = count(&server, penalties(), &[]).await.total.expect("there");
    assert_eq!(total.excused_rate_basis_points, Some(5_000));

    // An accepted cause of the department's own explains, and excuses nothing.
    let own = file(&server, 9, excuse(&server, Department))
        .await
        .expect("filed");
    judge(&server, 10, &own.name, true, false).await.expect("judged");
    let total = count(&server, penalties(), &[]).await.total.expect("there");
    assert_eq!((total.late, total.excused_rate_basis_points), (1, Some(5_000)));

    let server = TestServer::start_in(server.stop().await, &[]).await;
    let all = pb::ListExcusesRequest::default();
    let all = server
        .timeliness
        .clone()
        .list_excuses(all)
        .await
        .expect("listed")
        .into_inner();
    let states: Vec<_> = all.excuses.iter().map(pb::Excuse::state).collect();
    assert_eq!(states, [pb::ExcuseState::Rejected, pb::ExcuseState::Accepted]);
    let get = pb::GetExcuseRequest {
        name: filed.name.clone(),
        ..Default::default()
    };
    let read = server
        .timeliness
        .clone()
        .get_excuse(get)
        .await
        .expect("there")
        .into_inner();
    assert_eq!(read, rejected);
}

#[tokio::test]
async fn a_malformed_excuse_is_refused_with_its_field() {
    let server = TestServer::start().await;
    let good = || excuse(&server, pb::LatenessCause::PlatformOutage);
    let cases = [
        (
            "DEPARTMENT_UNKNOWN",
            pb::ExcuseItems {
                reporter: "departments/NONE".to_owned(),
                ..good()
            },
        ),
        (
            "MALFORMED_NAME",
            pb::ExcuseItems {
                reporter: "SCJG".to_owned(),
                ..good()
            },
        ),
        (
            "MALFORMED_VALUE",
            pb::ExcuseItems {
                received_until: "2024-05-31".to_owned(),
                ..good()
            },
        ),
        ("MALFORMED_VALUE", pb::ExcuseItems { cause: 0, ..good() }),
        (
            "MALFORMED_VALUE",
            pb::ExcuseItems {
                text: " ".to_owned(),
                ..good()
            },
        ),
    ];
    for (request, (expected, items)) in (1..).zip(cases) {
        let status = file(&server, request, items).await.expect_err("refused");
        assert_eq!(reason(&status), expected);
    }
    let status = judge(&server, 9, "excuses/aaaaaaaaaaaaaaaaaaaaaaaaaa", true, false).await;
    assert_eq!(reason(&status.expect_err("unknown")), "EXCUSE_UNKNOWN");
}

#[tokio::test]
async fn a_silent_month_is_told_from_a_confirmed_one() {
    use pb::ReportingState::{ConfirmedZero, Contradicted, Reported, Silent};
    let server = TestServer::start().await;
    two_late(&server).await;
    let states = |month: &str, state: pb::ReportingState| {
        let mut client = server.timeliness.clone();
        let request = pb::ListReportingRequest {
            data: pb::DataKind::Penalty.into(),
            month: month.to_owned(),
            state: state.into(),
            min_revision: String::new(),
        };
        async move {
            client
                .list_reporting(request)
                .await
                .expect("listed")
                .into_inner()
                .reporters
        }
    };
    let reported = states("2024-05", Reported).await;
    assert_eq!(reported.len(), 1);
    assert_eq!(
        (reported[0].reporter.as_str(), reported[0].rows),
        (server.body.name.as_str(), 2)
    );
    assert_eq!(
        states("2024-05", Silent).await.len(),
        53,
        "54 bodies, one reported"
    );

    let confirm = |request, reporter: &str, month: &str| {
        let mut client = server.timeliness.clone();
        let request = pb::ConfirmZeroReportRequest {
            request_id: request_id(request),
            reporter: reporter.to_owned(),
            data: pb::DataKind::Penalty.into(),
            month: month.to_owned(),
            remarks: String::new(),
        };
        async move { client.confirm_zero_report(request).await }
    };
    let zero = confirm(11, "bodies/SCJG", "2024-05")
        .await
        .expect("confirmed")
        .into_inner();
    assert_eq!(
        (zero.state(), zero.confirmed_on.as_str()),
        (ConfirmedZero, "2024-06-03")
    );
    let again = confirm(12, "bodies/SCJG", "2024-05")
        .await
        .expect("the same")
        .into_inner();
    assert_eq!(again.revision, zero.revision);
    assert_eq!(states("2024-05", Silent).await.len(), 52);
    for (request, reporter, month, expected) in [
        (13, server.body.name.as_str(), "2024-05", "MONTH_NOT_EMPTY"),
        (14, "bodies/SCJG", "2024-06", "MONTH_NOT_OVER"),
        (15, "bodies/NONE", "2024-05", "BODY_UNKNOWN"),
        (16, "bodies/SCJG", "2024-5", "MALFORMED_VALUE"),
    ] {
        let status = confirm(request, reporter, month).await.expect_err("refused");
        assert_eq!(reason(&status), expected);
    }

    // Confirmed as empty, and then a row of the month comes after all.
    let april = confirm(17, &server.body.name, "2024-04")
        .await
        .expect("confirmed")
        .into_inner();
    assert_eq!(april.state(), ConfirmedZero);
    let request = pb::RecordRecordsRequest {
        request_id: request_id(18),
        rows: vec![penalty(&server, 9, "2024-04-30")],
        ..Default::default()
    };
    server
        .records
        .clone()
        .record_records(request)
        .await
        .expect("recorded");
    let contradicted = states("2024-04", Contradicted).await;
    assert_eq!(contradicted.len(), 1);
    assert_eq!(
        (contradicted[0].rows, contradicted[0].revision.as_str()),
        (1, april.revision.as_str())
    );
}

#[tokio::test]
async fn identical_promises_of_one_day_are_found_with_the_rows_behind_them() {
    let server = TestServer::start().await;
    let mut client = server.timeliness.clone();
    let same = |serial| pb::CommitmentRow {
        reason: "主动承诺".to_owned(),
        ..made(&server, serial, "2024-03-29")
    };
    let mut rows: Vec<_> = (1..=5).map(same).collect();
    rows.push(made(&server, 6, "2024-03-29"));
    let other_day = pb::CommitmentRow {
        reason: "主动承诺".to_owned(),
        ..made(&server, 7, "2024-03-28")
    };
    rows.push(other_day);
    let names: Vec<_> = server
        .record(1, rows)
        .await
        .expect("recorded")
        .results
        .into_iter()
        .map(|row| row.name)
        .collect();
    let ask = |rows_min, by: pb::DayMeant| pb::ListMassReportsRequest {
        rows_min,
        by: by.into(),
        ..Default::default()
    };
    let groups = |request| {
        let mut client = client.clone();
        async move {
            client
                .list_mass_reports(request)
                .await
                .expect("listed")
                .into_inner()
                .groups
        }
    };
    let made_then = groups(ask(2, pb::DayMeant::Decided)).await;
    assert_eq!(made_then.len(), 1, "{made_then:?}");
    // Friday, 2024-03-29, is the last working day of the first quarter.
    assert_eq!(
        (
            made_then[0].rows,
            made_then[0].on.as_str(),
            made_then[0].at_quarter_end
        ),
        (5, "2024-03-29", Some(true))
    );
    // All came in today, so that the one of the day before belongs to them by the receipt.
    let received = groups(ask(2, pb::DayMeant::Received)).await;
    assert_eq!((received[0].rows, received[0].at_quarter_end), (6, Some(false)));
    assert_eq!(
        groups(ask(0, pb::DayMeant::Received)).await.len(),
        0,
        "fewer than twenty"
    );
    let status = client.list_mass_reports(ask(1, pb::DayMeant::Received)).await;
    assert_eq!(reason(&status.expect_err("one is no group")), "MALFORMED_VALUE");

    let mut request = pb::ListMassReportRowsRequest {
        by: pb::DayMeant::Decided.into(),
        on: made_then[0].on.clone(),
        body_code: made_then[0].body_code.clone(),
        kind: made_then[0].kind,
        wording: made_then[0].wording.clone(),
        page_size: 2,
        ..Default::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = client
            .list_mass_report_rows(request.clone())
            .await
            .expect("listed")
            .into_inner();
        seen.extend(page.commitments);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, names[..5]);
    let ends = pb::CountQuarterEndsRequest {
        by: pb::DayMeant::Decided.into(),
        working_days: 1,
        ..Default::default()
    };
    let ends = client
        .count_quarter_ends(ends)
        .await
        .expect("counted")
        .into_inner()
        .quarters;
    assert_eq!(ends.len(), 1);
    assert_eq!(
        (
            ends[0].quarter.as_str(),
            ends[0].rows,
            ends[0].rows_at_end,
            ends[0].share_basis_points
        ),
        ("2024-Q1", 7, 6, 8_571)
    );
}
