//! What comes after the form: due lists, the performance ratio, breaches with their hearing, revivals.

use credence::services::pb;
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::{TestServer, reason, request_id};

/// Records one commitment and answers with its name.
async fn recorded(server: &TestServer, request: u32, row: pb::CommitmentRow) -> String {
    let result = server.record(request, vec![row]).await.expect("recorded");
    assert_eq!(result.created_count, 1, "{result:?}");
    result.results[0].name.clone()
}

async fn get(server: &TestServer, name: &str) -> pb::Commitment {
    let get = pb::GetCommitmentRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let read = server.commitments.clone().get_commitment(get).await;
    read.expect("there").into_inner()
}

/// A promise with a liability that names two consequences.
fn row(server: &TestServer, serial: u32) -> pb::CommitmentRow {
    pb::CommitmentRow {
        liability: "如违反承诺，自愿接受撤销许可的决定，并记入信用记录。".to_owned(),
        ..server.row(serial)
    }
}

fn notified(server: &TestServer) -> pb::BreachItems {
    pb::BreachItems {
        finding_body_name: server.body.title_chinese.clone(),
        finding_body_code: server.body.social_credit_code.clone(),
        unperformed: "未按期补交场地证明".to_owned(),
        basis: "行政许可法第六十九条".to_owned(),
        evidence: vec!["现场检查笔录〔2024〕1号".to_owned()],
        notified_on: "2024-05-06".to_owned(),
        correct_by: "2024-05-20".to_owned(),
        hearing_offered_on: "2024-05-06".to_owned(),
        consequence: "撤销许可".to_owned(),
        ..Default::default()
    }
}

fn confirmed(server: &TestServer) -> pb::BreachItems {
    pb::BreachItems {
        hearing_held_on: "2024-05-13".to_owned(),
        confirmed_on: "2024-05-21".to_owned(),
        ..notified(server)
    }
}

fn carried_out(server: &TestServer) -> pb::BreachItems {
    pb::BreachItems {
        carried_out_on: "2024-05-22".to_owned(),
        carried_out: "已撤销许可".to_owned(),
        ..confirmed(server)
    }
}

fn ask(request: u32, name: &str, breach: pb::BreachItems) -> pb::RecordBreachRequest {
    pb::RecordBreachRequest {
        request_id: request_id(request),
        commitment: name.to_owned(),
        breach: Some(breach),
        correct: false,
        validate_only: false,
    }
}

async fn breach(
    server: &TestServer,
    request: pb::RecordBreachRequest,
) -> Result<pb::RecordBreachResponse, tonic::Status> {
    let answered = server.commitments.clone().record_breach(request).await?;
    Ok(answered.into_inner())
}

async fn digest(server: &TestServer) -> String {
    let digests = server
        .operations
        .clone()
        .get_digests(pb::GetDigestsRequest::default())
        .await;
    format!("{:?}", digests.expect("taken").into_inner().content_digest)
}

#[tokio::test]
async fn a_breach_goes_from_notified_to_carried_out_and_keeps_every_snapshot() {
    let server = TestServer::start().await;
    let name = recorded(&server, 1, row(&server, 1)).await;
    let first = breach(&server, ask(2, &name, notified(&server)))
        .await
        .expect("recorded");
    assert_eq!((first.outcome(), first.snapshot), (pb::Outcome::Created, 1));
    assert_eq!(first.breach.expect("there").state(), pb::BreachState::Notified);
    let again = breach(&server, ask(2, &name, notified(&server)))
        .await
        .expect("replayed");
    assert!(again.replayed);
    let repeated = breach(&server, ask(3, &name, notified(&server)))
        .await
        .expect("repeated");
    assert_eq!(
        (repeated.outcome(), repeated.snapshot),
        (pb::Outcome::Repeated, 1)
    );
    let next = breach(&server, ask(4, &name, confirmed(&server)))
        .await
        .expect("recorded");
    assert_eq!((next.outcome(), next.snapshot), (pb::Outcome::Corrected, 2));
    let last = breach(&server, ask(5, &name, carried_out(&server)))
        .await
        .expect("recorded");
    assert_eq!(last.breach.expect("there").state(), pb::BreachState::CarriedOut);
    // An old report undoes nothing.
    let old = breach(&server, ask(6, &name, notified(&server)))
        .await
        .expect("repeated");
    assert_eq!((old.outcome(), old.snapshot), (pb::Outcome::Repeated, 1));

    let commitment = get(&server, &name).await;
    let stands = commitment.breach.expect("recorded");
    assert_eq!(
        (stands.state(), stands.snapshot),
        (pb::BreachState::CarriedOut, 3)
    );
    assert_eq!(stands.items, Some(carried_out(&server)));
    assert_eq!(commitment.revision, stands.revision);
    let subject = server
        .subjects
        .clone()
        .get_subject(pb::GetSubjectRequest {
            name: commitment.subject,
            ..Default::default()
        })
        .await
        .expect("there");
    assert_eq!(subject.into_inner().confirmed_breach_count, 1);
    let filter = pb::CommitmentFilter {
        breach: pb::BreachState::CarriedOut.into(),
        ..Default::default()
    };
    let list = pb::ListCommitmentsRequest {
        filter: Some(filter),
        ..Default::default()
    };
    let listed = server
        .commitments
        .clone()
        .list_commitments(list)
        .await
        .expect("listed");
    assert_eq!(listed.into_inner().commitments.len(), 1);

    let before = digest(&server).await;
    let server = TestServer::start_in(server.stop().await, &[]).await;
    assert_eq!(digest(&server).await, before);
    assert_eq!(get(&server, &name).await.breach.expect("kept").snapshot, 3);
}

#[tokio::test]
async fn a_consequence_outside_the_form_and_an_unheard_breach_are_refused_by_name() {
    let server = TestServer::start().await;
    let name = recorded(&server, 1, row(&server, 1)).await;
    let head = digest(&server).await;
    let foreign = pb::BreachItems {
        consequence: "罚款一万元".to_owned(),
        ..notified(&server)
    };
    let status = breach(&server, ask(2, &name, foreign))
        .await
        .expect_err("no basis");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "CONSEQUENCE_NOT_IN_FORM")
    );
    let fields = status.get_details_bad_request().expect("named").field_violations;
    assert_eq!(fields[0].field, "breach.consequence");
    let unheard = pb::BreachItems {
        hearing_held_on: String::new(),
        ..confirmed(&server)
    };
    let status = breach(&server, ask(3, &name, unheard))
        .await
        .expect_err("unheard");
    assert_eq!(reason(&status), "ROW_REFUSED");
    let fields = status.get_details_bad_request().expect("named").field_violations;
    assert_eq!(fields[0].field, "breach.hearing_held_on");
    let unknown = format!("{}9", &name[..name.len() - 1]);
    let status = breach(&server, ask(4, &unknown, notified(&server)))
        .await
        .expect_err("unknown");
    assert_eq!(reason(&status), "COMMITMENT_UNKNOWN");
    let missing = pb::RecordBreachRequest {
        breach: None,
        ..ask(5, &name, notified(&server))
    };
    let status = breach(&server, missing).await.expect_err("empty");
    assert_eq!(reason(&status), "MALFORMED_VALUE");
    let tried = pb::RecordBreachRequest {
        validate_only: true,
        ..ask(6, &name, notified(&server))
    };
    let tried = breach(&server, tried).await.expect("checked");
    assert!(tried.breach.is_none() && tried.outcome() == pb::Outcome::Created);
    assert_eq!(digest(&server).await, head, "nothing was recorded");
}

#[tokio::test]
async fn against_the_order_of_states_a_breach_moves_by_a_correction_only() {
    let server = TestServer::start().await;
    let name = recorded(&server, 1, row(&server, 1)).await;
    breach(&server, ask(2, &name, confirmed(&server)))
        .await
        .expect("recorded");
    let corrected = pb::BreachItems {
        corrected_on: "2024-05-20".to_owned(),
        ..notified(&server)
    };
    let status = breach(&server, ask(3, &name, corrected.clone()))
        .await
        .expect_err("backwards");
    assert_eq!(reason(&status), "BREACH_EXISTS");
    let request = pb::RecordBreachRequest {
        correct: true,
        ..ask(4, &name, corrected)
    };
    let answered = breach(&server, request).await.expect("corrected");
    assert_eq!(
        (answered.outcome(), answered.snapshot),
        (pb::Outcome::Corrected, 2)
    );
    assert_eq!(
        answered.breach.expect("there").state(),
        pb::BreachState::Corrected
    );
    let withdraw = pb::WithdrawCommitmentRequest {
        request_id: request_id(5),
        name: name.clone(),
        reason: "重复报送".to_owned(),
        validate_only: false,
    };
    server
        .commitments
        .clone()
        .withdraw_commitment(withdraw)
        .await
        .expect("withdrawn");
    let other = pb::BreachItems {
        unperformed: "其他".to_owned(),
        ..notified(&server)
    };
    let request = pb::RecordBreachRequest {
        correct: true,
        ..ask(6, &name, other)
    };
    let status = breach(&server, request).await.expect_err("withdrawn");
    assert_eq!(reason(&status), "COMMITMENT_WITHDRAWN");
}

#[tokio::test]
async fn a_persons_breach_shows_neither_name_nor_number() {
    let server = TestServer::start().await;
    let (person, id) = server.person_row(7);
    let person = pb::CommitmentRow {
        liability: "自愿接受撤销许可的决定".to_owned(),
        ..person
    };
    let name = recorded(&server, 1, person).await;
    let items = pb::BreachItems {
        unperformed: format!("张测试（{id}）未补交证明"),
        ..notified(&server)
    };
    let answered = breach(&server, ask(2, &name, items)).await.expect("recorded");
    let read = get(&server, &name).await;
    for text in [format!("{answered:?}"), format!("{read:?}")] {
        assert!(!text.contains(&id) && !text.contains("张测试"), "{text}");
    }
    let folder = server.stop().await;
    for entry in std::fs::read_dir(folder.path().join("ledger")).expect("there") {
        let bytes = std::fs::read(entry.expect("there").path()).expect("read");
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!holds(&id) && !holds("张测试"), "the ledger holds it open");
    }
}

#[tokio::test]
async fn a_withdrawn_commitment_is_revived_by_an_explicit_verb_only() {
    let server = TestServer::start().await;
    let mut client = server.commitments.clone();
    let name = recorded(&server, 1, row(&server, 1)).await;
    breach(&server, ask(2, &name, notified(&server)))
        .await
        .expect("recorded");
    let withdraw = |request| pb::WithdrawCommitmentRequest {
        request_id: request_id(request),
        name: name.clone(),
        reason: "误报".to_owned(),
        validate_only: false,
    };
    client.withdraw_commitment(withdraw(3)).await.expect("withdrawn");
    let repeated = server.record(4, vec![row(&server, 1)]).await.expect("answered");
    assert_eq!(repeated.repeated_count, 1);
    assert_eq!(get(&server, &name).await.state(), pb::CommitmentState::Withdrawn);

    let revive = |request| pb::ReviveCommitmentRequest {
        request_id: request_id(request),
        name: name.clone(),
        reason: "撤销有误".to_owned(),
        validate_only: false,
    };
    let tried = pb::ReviveCommitmentRequest {
        validate_only: true,
        ..revive(5)
    };
    let tried = client
        .revive_commitment(tried)
        .await
        .expect("checked")
        .into_inner();
    assert_eq!(tried.state(), pb::CommitmentState::Withdrawn);
    let revived = client
        .revive_commitment(revive(6))
        .await
        .expect("revived")
        .into_inner();
    assert_eq!(revived.state(), pb::CommitmentState::Recorded);
    assert_eq!(
        (revived.withdrawn_reason.as_str(), revived.revived_reason.as_str()),
        ("", "撤销有误")
    );
    assert!(revived.revived_at.is_some() && revived.breach.is_some());
    let again = client
        .revive_commitment(revive(7))
        .await
        .expect("welcome")
        .into_inner();
    assert_eq!(again.revision, revived.revision, "nothing was recorded");
    // It can be withdrawn again, and corrected in between.
    let corrected = pb::CommitmentRow {
        content: "依法诚信经营".to_owned(),
        ..row(&server, 1)
    };
    let corrected = server.record(8, vec![corrected]).await.expect("recorded");
    assert_eq!(corrected.corrected_count, 1);
    let withdrawn = client
        .withdraw_commitment(withdraw(9))
        .await
        .expect("withdrawn")
        .into_inner();
    assert_eq!(withdrawn.state(), pb::CommitmentState::Withdrawn);
    let unknown = pb::ReviveCommitmentRequest {
        name: format!("{}9", &name[..name.len() - 1]),
        ..revive(10)
    };
    let status = client.revive_commitment(unknown).await.expect_err("unknown");
    assert_eq!(reason(&status), "COMMITMENT_UNKNOWN");
}

/// Ends of validity around 2024-06-03, a Monday: 2024-06-10 is a day off.
const ENDS: [&str; 6] = [
    "2024-05-31",
    "2024-06-02",
    "2024-06-03",
    "2024-06-12",
    "2024-06-13",
    "",
];

async fn with_ends(server: &TestServer) -> Vec<String> {
    let rows: Vec<_> = (1..)
        .zip(ENDS)
        .map(|(serial, end)| pb::CommitmentRow {
            valid_until: end.to_owned(),
            ..row(server, serial)
        })
        .collect();
    let result = server.record(1, rows).await.expect("recorded");
    result.results.into_iter().map(|row| row.name).collect()
}

async fn due(
    server: &TestServer,
    request: pb::ListDueCommitmentsRequest,
) -> Vec<(String, pb::DueState, u32, Option<u32>)> {
    let listed = server.commitments.clone().list_due_commitments(request).await;
    let listed = listed.expect("listed").into_inner().commitments;
    let shown = |one: pb::DueCommitment| {
        let state = one.state();
        (one.due_on, state, one.working_days_left, one.working_days_overdue)
    };
    listed.into_iter().map(shown).collect()
}

#[tokio::test]
async fn due_and_overdue_are_told_by_the_calendar_and_by_what_is_recorded() {
    use pb::DueState::{Due, Overdue};
    let server = TestServer::start().await;
    let names = with_ends(&server).await;
    let within = |within_working_days| pb::ListDueCommitmentsRequest {
        within_working_days,
        ..Default::default()
    };
    let day = |text: &str| text.to_owned();
    // Six working days after 2024-06-03 is 2024-06-12, since the 10th is off.
    assert_eq!(
        due(&server, within(6)).await,
        [
            (day("2024-05-31"), Overdue, 0, Some(1)),
            (day("2024-06-02"), Overdue, 0, Some(1)),
            (day("2024-06-03"), Due, 0, None),
            (day("2024-06-12"), Due, 6, None),
        ]
    );
    assert_eq!(due(&server, within(7)).await.len(), 5);
    assert_eq!(due(&server, within(0)).await.len(), 3);
    let only = pb::ListDueCommitmentsRequest {
        state: Overdue.into(),
        as_of: "2024-06-04".to_owned(),
        ..within(6)
    };
    assert_eq!(due(&server, only).await.len(), 3);

    // Performed in full is neither; breached stays overdue, and is not reminded of.
    for (request, name, state) in [(2, &names[0], 1), (3, &names[1], 3), (4, &names[2], 3)] {
        let breached = state == 3;
        let performance = pb::RecordPerformanceRequest {
            request_id: request_id(request),
            commitment: name.clone(),
            performance: Some(pb::PerformanceItems {
                state,
                unperformed: if breached { "全部" } else { "" }.to_owned(),
                measures_taken: if breached { "责令补正" } else { "" }.to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        };
        server
            .commitments
            .clone()
            .record_performance(performance)
            .await
            .expect("recorded");
    }
    let left: Vec<_> = due(&server, within(6))
        .await
        .into_iter()
        .map(|one| (one.0, one.1))
        .collect();
    assert_eq!(left, [(day("2024-06-02"), Overdue), (day("2024-06-12"), Due)]);

    // Pages go on behind the last one, and a year without calendar is named.
    let mut request = pb::ListDueCommitmentsRequest {
        page_size: 1,
        ..within(7)
    };
    let mut seen = Vec::new();
    loop {
        let page = server
            .commitments
            .clone()
            .list_due_commitments(request.clone())
            .await;
        let page = page.expect("listed").into_inner();
        assert_eq!((page.total, page.as_of.as_str()), (3, "2024-06-03"));
        seen.extend(page.commitments.into_iter().map(|one| one.due_on));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, ["2024-06-02", "2024-06-12", "2024-06-13"]);
    let beyond = pb::ListDueCommitmentsRequest {
        as_of: "2026-12-28".to_owned(),
        ..within(7)
    };
    let status = server
        .commitments
        .clone()
        .list_due_commitments(beyond)
        .await
        .expect_err("2027");
    assert_eq!(reason(&status), "CALENDAR_MISSING");
    let status = server.commitments.clone().list_due_commitments(within(251)).await;
    assert_eq!(reason(&status.expect_err("too far")), "MALFORMED_VALUE");
}

#[tokio::test]
async fn the_performance_ratio_is_of_what_fell_due() {
    let server = TestServer::start().await;
    let names = with_ends(&server).await;
    for (request, name) in [(2, &names[0]), (3, &names[3])] {
        let performance = pb::RecordPerformanceRequest {
            request_id: request_id(request),
            commitment: name.clone(),
            performance: Some(pb::PerformanceItems {
                state: 1,
                ..Default::default()
            }),
            ..Default::default()
        };
        server
            .commitments
            .clone()
            .record_performance(performance)
            .await
            .expect("recorded");
    }
    let count = |as_of: &str| pb::CountPerformanceRequest {
        as_of: as_of.to_owned(),
        group_by: vec![pb::CountDimension::Department.into()],
        ..Default::default()
    };
    let counted = |request| {
        let mut client = server.commitments.clone();
        async move {
            client
                .count_performance(request)
                .await
                .expect("counted")
                .into_inner()
        }
    };
    // 2024-05-31 and 2024-06-02 have ended; one of them has a record, as has one that has not ended.
    let today = counted(count("")).await;
    let total = today.total.expect("there");
    assert_eq!(
        (
            total.commitments,
            total.fell_due,
            total.recorded,
            total.recorded_early
        ),
        (6, 2, 1, 1)
    );
    assert_eq!(total.ratio_basis_points, Some(5_000));
    assert_eq!(today.rows.len(), 1);
    assert_eq!(today.rows[0].keys.concat(), server.body.department);
    let later = counted(count("2024-06-14")).await.total.expect("there");
    assert_eq!(
        (later.fell_due, later.full, later.ratio_basis_points),
        (5, 2, Some(4_000))
    );
    let early = counted(count("2024-01-01")).await.total.expect("there");
    assert_eq!((early.fell_due, early.ratio_basis_points), (0, None));
}
