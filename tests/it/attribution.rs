//! Sectors: who belongs to which, and to which a record belongs.

use credence::services::pb;
use tonic::Code;

use crate::harness::{TestServer, reason, request_id};

/// A penalty of the server's first body, on a matter, against the organisation of a serial number.
fn penalty(server: &TestServer, serial: u32, matter: &str) -> pb::RecordRow {
    let (name, code) = (&server.body.title_chinese, &server.body.social_credit_code);
    let party = server.row(serial);
    let items = [
        ("CF_XDR_MC", party.subject_name.as_str()),
        ("CF_XDR_LB", "法人及非法人组织"),
        ("CF_XDR_SHXYM", &party.subject_code),
        ("CF_FRDB", "王测试"),
        ("CF_WSH", &format!("测罚〔2024〕{serial}号")),
        ("CF_WFXW", matter),
        ("CF_SY", "经查，该单位有上述行为。"),
        ("CF_YJ", "依据有关规定"),
        ("CF_CFLB", "警告"),
        ("CF_NR", "警告"),
        ("CF_JDRQ", "2024-05-20"),
        ("CF_YXQ", "2025-05-20"),
        ("CF_CFJG", name),
        ("CF_CFJGDM", code),
        ("CF_SJLY", name),
        ("CF_SJLYDM", code),
    ];
    pb::RecordRow {
        layout: "PENALTY_V2".to_owned(),
        items: items
            .into_iter()
            .map(|(code, text)| pb::RecordItem {
                code: code.to_owned(),
                text: text.to_owned(),
            })
            .collect(),
        source: None,
    }
}

async fn record(server: &TestServer, request: u32, rows: Vec<pb::RecordRow>) -> pb::RecordBatchResult {
    let request = pb::RecordRecordsRequest {
        request_id: request_id(request),
        rows,
        ..Default::default()
    };
    let answer = server.records.clone().record_records(request).await;
    let result = answer.expect("taken up").into_inner();
    assert_eq!(result.refused_count, 0, "{:?}", result.results);
    result
}

async fn sectors(server: &TestServer, name: &str) -> Vec<String> {
    let request = pb::GetRecordRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let answer = server.records.clone().get_record(request).await;
    answer.expect("there").into_inner().sectors
}

async fn unattributed(server: &TestServer) -> Vec<String> {
    let request = pb::ListUnattributedRecordsRequest::default();
    let answer = server.records.clone().list_unattributed_records(request).await;
    let records = answer.expect("listed").into_inner().records;
    records.into_iter().map(|one| one.name).collect()
}

async fn count(server: &TestServer) -> pb::CountUnattributedRecordsResponse {
    let request = pb::CountUnattributedRecordsRequest::default();
    let answer = server.records.clone().count_unattributed_records(request).await;
    answer.expect("counted").into_inner()
}

#[tokio::test]
async fn a_record_belongs_by_body_and_matter_or_stays_unattributed_until_an_officer_says() {
    let server = TestServer::start().await;
    let rows = vec![
        penalty(&server, 1, "依法必须招标的项目不招标"),
        penalty(&server, 2, "未按规定公示信息"),
        penalty(&server, 3, "未按规定 公示信息"),
        penalty(&server, 4, "别的行为"),
    ];
    let result = record(&server, 1, rows).await;
    let names: Vec<String> = result.results.into_iter().map(|row| row.name).collect();
    assert_eq!(sectors(&server, &names[0]).await, ["sectors/BIDDING"]);
    assert_eq!(unattributed(&server).await, names[1..]);
    let counted = count(&server).await;
    assert_eq!((counted.total, counted.departments.len()), (3, 1));
    assert_eq!(counted.departments[0].department, server.body.department);

    // One decision about the class attributes both, and what comes later.
    let class = pb::AttributeRecordsRequest {
        request_id: request_id(2),
        target: Some(pb::attribute_records_request::Target::RecordClass(
            pb::RecordClass {
                kind: pb::RecordKind::Penalty.into(),
                body_code: server.body.social_credit_code.clone(),
                matter: "未按规定公示信息".to_owned(),
            },
        )),
        sectors: vec!["sectors/MKT_GEN".to_owned()],
        reason: "会商意见".to_owned(),
    };
    let mut client = server.records.clone();
    let answer = client
        .attribute_records(class.clone())
        .await
        .expect("attributed")
        .into_inner();
    assert_eq!(answer.attributed_count, 2);
    let again = client
        .attribute_records(class)
        .await
        .expect("replayed")
        .into_inner();
    assert_eq!((again.attributed_count, again.replayed), (2, true));
    assert_eq!(sectors(&server, &names[2]).await, ["sectors/MKT_GEN"]);
    let later = record(&server, 3, vec![penalty(&server, 5, "未按规定公示信息")]).await;
    assert_eq!(
        sectors(&server, &later.results[0].name).await,
        ["sectors/MKT_GEN"]
    );
    assert_eq!(unattributed(&server).await, names[3..]);

    // The last one belongs to no sector, which is said, not forgotten.
    let none = |record: &str, request: u32| pb::AttributeRecordsRequest {
        request_id: request_id(request),
        target: Some(pb::attribute_records_request::Target::Record(record.to_owned())),
        sectors: Vec::new(),
        reason: "不属于任何领域".to_owned(),
    };
    client
        .attribute_records(none(&names[3], 4))
        .await
        .expect("attributed");
    assert_eq!(count(&server).await.total, 0);
    assert_eq!(sectors(&server, &names[3]).await, Vec::<String>::new());
    let unknown = pb::AttributeRecordsRequest {
        sectors: vec!["sectors/NO_SUCH".to_owned()],
        ..none(&names[3], 5)
    };
    let unknown = client
        .attribute_records(unknown)
        .await
        .expect_err("no such sector");
    assert_eq!(
        (unknown.code(), reason(&unknown).as_str()),
        (Code::NotFound, "SECTOR_UNKNOWN")
    );
}

#[tokio::test]
async fn a_withdrawn_record_is_no_longer_asked_about() {
    let server = TestServer::start().await;
    let result = record(&server, 1, vec![penalty(&server, 1, "别的行为")]).await;
    assert_eq!(count(&server).await.total, 1);
    let request = pb::EndRecordRequest {
        request_id: request_id(2),
        name: result.results[0].name.clone(),
        end: pb::RecordEnd::Withdrawn.into(),
        on: "2024-06-01".to_owned(),
        reason: "撤销".to_owned(),
        ..Default::default()
    };
    server.records.clone().end_record(request).await.expect("ended");
    assert_eq!(count(&server).await.total, 0);
    assert_eq!(unattributed(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_penalty_stands_in_its_subjects_file_and_the_register_is_asked_about_its_name() {
    let server = TestServer::start().await;
    let entry = pb::RegisterRow {
        social_credit_code: server.row(1).subject_code,
        name: "登记名称有限公司".to_owned(),
        kind: pb::SubjectKind::Organisation.into(),
        state: pb::RegisterState::Active.into(),
        ..Default::default()
    };
    let request = pb::RegisterSubjectsRequest {
        request_id: request_id(1),
        rows: vec![entry],
        validate_only: false,
    };
    let registered = server
        .subjects
        .clone()
        .register_subjects(request)
        .await
        .expect("taken up");
    let subject = registered.into_inner().results[0].name.clone();
    let mut row = penalty(&server, 1, "依法必须招标的项目不招标");
    let result = record(&server, 2, vec![row.clone()]).await;
    let asked: Vec<(pb::FindingRule, pb::CheckKind)> = result.results[0]
        .findings
        .iter()
        .map(|one| (one.rule(), one.kind()))
        .collect();
    assert!(
        asked.contains(&(pb::FindingRule::NameAgainstRegister, pb::CheckKind::Ask)),
        "{asked:?}"
    );
    // The right name under a code that is not its own: the register's is suggested, not taken.
    row.items[0].text = "登记名称 有限公司".to_owned();
    row.items[2].text = server.row(2).subject_code;
    row.items[4].text = "测罚〔2024〕9号".to_owned();
    let result = record(&server, 3, vec![row]).await;
    let finding = result.results[0]
        .findings
        .iter()
        .find(|one| one.rule() == pb::FindingRule::CodeNotInRegister)
        .expect("asked");
    assert!(
        finding.chinese.contains(&server.row(1).subject_code),
        "{}",
        finding.chinese
    );
    let request = pb::GetSubjectRequest {
        name: subject,
        ..Default::default()
    };
    let file = server
        .subjects
        .clone()
        .get_subject(request)
        .await
        .expect("known")
        .into_inner();
    assert_eq!((file.record_count, file.entries.len()), (1, 1));
    assert_eq!(file.entries[0].kind(), pb::FileEntryKind::Penalty);
    assert!(
        file.entries[0].headline.starts_with("测罚〔2024〕1号"),
        "{}",
        file.entries[0].headline
    );
    assert_eq!(file.entries[0].reported_title, "测试企业1");
}

#[tokio::test]
async fn a_promise_is_compared_with_the_register_as_a_record_is() {
    let server = TestServer::start().await;
    let entry = pb::RegisterRow {
        social_credit_code: server.row(1).subject_code,
        name: "（测试）登记名称有限公司".to_owned(),
        kind: pb::SubjectKind::Organisation.into(),
        state: pb::RegisterState::Active.into(),
        ..Default::default()
    };
    let request = pb::RegisterSubjectsRequest {
        request_id: request_id(1),
        rows: vec![entry],
        validate_only: false,
    };
    let registered = server.subjects.clone().register_subjects(request).await;
    assert_eq!(registered.expect("taken up").into_inner().created_count, 1);

    let named = |serial: u32, name: &str, of: u32| pb::CommitmentRow {
        subject_name: name.to_owned(),
        subject_code: server.row(of).subject_code,
        ..server.row(serial)
    };
    let rows = vec![
        named(1, "(测试) 登记名称有限公司", 1),
        named(2, "别的名称有限公司", 1),
        named(3, "（测试）登记名称有限公司", 2),
        named(4, "未登记有限公司", 3),
    ];
    let (person, _) = server.person_row(5);
    let rows = [rows, vec![person]].concat();
    let recorded = server.record(2, rows.clone()).await.expect("recorded");
    assert_eq!(recorded.created_count, 5, "{recorded:?}");
    let asked =
        |results: &[pb::CommitmentRowResult]| -> Vec<(usize, String, pb::FindingRule, pb::CheckKind)> {
            let each = results.iter().enumerate();
            let all = each.flat_map(|(at, result)| result.findings.iter().map(move |one| (at, one)));
            all.map(|(at, one)| (at, one.field.clone(), one.rule(), one.kind()))
                .collect()
        };
    let ask = pb::CheckKind::Ask;
    let expected = [
        (
            1,
            "subject_name".to_owned(),
            pb::FindingRule::NameAgainstRegister,
            ask,
        ),
        (
            2,
            "subject_code".to_owned(),
            pb::FindingRule::CodeNotInRegister,
            ask,
        ),
    ];
    assert_eq!(asked(&recorded.results), expected);
    assert!(
        recorded.results[2].findings[0]
            .chinese
            .contains(&server.row(1).subject_code)
    );

    // Both are questions to the office, once each, also when the file comes again.
    server.record(3, rows).await.expect("repeated");
    let mut client = server.commitments.clone();
    let open = client.list_open_questions(pb::ListOpenQuestionsRequest::default());
    let open = open.await.expect("listed").into_inner().questions;
    let names: Vec<&str> = open.iter().map(|one| one.commitment.as_str()).collect();
    let of = |at: usize| recorded.results[at].name.as_str();
    assert_eq!(names, [of(1), of(2)]);
}

#[tokio::test]
async fn memberships_are_recorded_corrected_ended_and_listed_by_day() {
    let server = TestServer::start().await;
    let row = |serial: u32, sector: &str, from: &str, until: &str| pb::MembershipRow {
        subject_name: server.row(serial).subject_name,
        subject_kind: pb::SubjectKind::Organisation.into(),
        subject_code: server.row(serial).subject_code,
        sector: sector.to_owned(),
        from: from.to_owned(),
        until: until.to_owned(),
        evidence: "许可证".to_owned(),
    };
    let (person, id) = server.person_row(5);
    let person = pb::MembershipRow {
        subject_name: person.subject_name,
        subject_kind: pb::SubjectKind::Person.into(),
        subject_code: id.clone(),
        ..row(5, "LEGAL", "2024-01-01", "")
    };
    let rows = vec![
        row(1, "FOOD_PROD", "2023-01-01", ""),
        row(1, "FOOD_PROD", "2024-01-01", ""),
        row(1, "CATERING", "2024-01-01", "2024-03-31"),
        row(2, "sectors/FOOD_PROD", "2024-05-01", ""),
        row(3, "NO_SUCH", "2024-05-01", ""),
        person,
    ];
    let recorded = |request: u32, rows: Vec<pb::MembershipRow>| {
        let mut client = server.subjects.clone();
        let request = pb::RecordMembershipsRequest {
            request_id: request_id(request),
            rows,
            validate_only: false,
        };
        async move {
            client
                .record_memberships(request)
                .await
                .expect("taken up")
                .into_inner()
        }
    };
    use pb::Outcome::{Corrected, Created, Refused, Repeated};
    let first = recorded(1, rows.clone()).await;
    let outcomes: Vec<pb::Outcome> = first
        .results
        .iter()
        .map(pb::MembershipRowResult::outcome)
        .collect();
    assert_eq!(outcomes, [Created, Refused, Created, Created, Refused, Created]);
    assert_eq!(
        first.results[1].findings[0].rule(),
        pb::FindingRule::MembershipOverlap
    );
    let again = recorded(2, rows).await;
    assert_eq!(again.results[0].outcome(), Repeated);
    assert_eq!(again.results[0].name, first.results[0].name);

    let list = |subject: &str, sector: &str, on: &str| {
        let mut client = server.subjects.clone();
        let request = pb::ListMembershipsRequest {
            subject: subject.to_owned(),
            sector: sector.to_owned(),
            as_of: on.to_owned(),
            ..Default::default()
        };
        async move {
            let answer = client
                .list_memberships(request)
                .await
                .expect("listed")
                .into_inner();
            answer.memberships
        }
    };
    assert_eq!(list("", "", "").await.len(), 4);
    assert_eq!(list("", "sectors/FOOD_PROD", "2024-04-30").await.len(), 1);
    assert_eq!(list("", "sectors/FOOD_PROD", "2024-05-01").await.len(), 2);
    let subject = list("", "sectors/CATERING", "").await[0].subject.clone();
    assert_eq!(list(&subject, "", "2024-03-31").await.len(), 2);
    assert_eq!(list(&subject, "", "2024-04-01").await.len(), 1);
    let legal = list("", "sectors/LEGAL", "").await;
    assert_eq!(legal[0].evidence, "*");
    assert!(!format!("{legal:?}").contains(&id));

    // It ends earlier, and a corrected row of the roster revives it with another last day.
    let end = pb::EndMembershipRequest {
        request_id: request_id(3),
        name: first.results[0].name.clone(),
        on: "2024-02-29".to_owned(),
        reason: "许可注销".to_owned(),
    };
    let ended = server
        .subjects
        .clone()
        .end_membership(end)
        .await
        .expect("ended")
        .into_inner();
    assert_eq!(ended.until, "2024-02-29");
    assert!(list("", "sectors/FOOD_PROD", "2024-03-01").await.is_empty());
    let corrected = recorded(4, vec![row(1, "FOOD_PROD", "2023-01-01", "2024-12-31")]).await;
    assert_eq!(corrected.results[0].outcome(), Corrected);
    assert_eq!(
        list("", "sectors/FOOD_PROD", "2024-03-01").await[0].until,
        "2024-12-31"
    );
    let file = server
        .subjects
        .clone()
        .get_subject(pb::GetSubjectRequest {
            name: subject,
            as_of: "2024-03-31".to_owned(),
            ..Default::default()
        })
        .await
        .expect("known")
        .into_inner();
    assert_eq!(file.memberships.len(), 2);
    let unknown = pb::EndMembershipRequest {
        request_id: request_id(5),
        name: first.results[0].name.replace("2023-01-01", "2023-01-02"),
        on: "2024-02-29".to_owned(),
        reason: "许可注销".to_owned(),
    };
    let unknown = server
        .subjects
        .clone()
        .end_membership(unknown)
        .await
        .expect_err("no such");
    assert_eq!(reason(&unknown), "MEMBERSHIP_UNKNOWN");
}
