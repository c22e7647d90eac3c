//! Evidence bundles: given out by the service, evaluated again by the command without it; a tampered one shows.

use std::process::{Command, Output};

use credence::grading::bundle::Bundle;
use credence::services::pb;
use serde_json::Value;

use crate::grades::Graded;
use crate::harness::{TestServer, reason, request_id};

async fn bundle(world: &Graded<'_>, pair: (&str, &str), as_of: &str) -> Result<String, tonic::Status> {
    let request = pb::GetEvidenceBundleRequest {
        subject: pair.0.to_owned(),
        sector: format!("sectors/{}", pair.1),
        as_of: as_of.to_owned(),
        ..Default::default()
    };
    let answer = world.grading.clone().get_evidence_bundle(request).await?;
    Ok(answer.into_inner().bundle)
}

/// Evaluates a text as a bundle, by the command, in a folder where nothing else lies.
fn replayed(text: &str, format: &str) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("bundle.json");
    std::fs::write(&file, text).expect("written");
    Command::new(env!("CARGO_BIN_EXE_credence"))
        .args(["grade", "replay", "--format", format])
        .arg(&file)
        .current_dir(folder.path())
        .output()
        .expect("the command runs")
}

/// What the command says as JSON, and whether it ended with 0.
fn told(text: &str) -> (Value, bool) {
    let output = replayed(text, "json");
    let printed = serde_json::from_slice(&output.stdout);
    (printed.unwrap_or(Value::Null), output.status.success())
}

/// What a replay of a changed bundle finds to differ.
#[track_caller]
fn differences(bundle: &Bundle) -> Vec<String> {
    let (told, same) = told(&bundle.to_json());
    assert!(!same, "{told}");
    let differences = told["differences"].as_array().expect("a list");
    let about = differences
        .iter()
        .map(|one| one["about"].as_str().expect("a word"));
    about.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_bundle_comes_out_as_settled_without_the_service_and_a_tampered_one_shows() {
    let server = TestServer::start().await;
    let mut world = Graded::of(&server).await;
    let names = world.members("URBAN", &[1, 2]).await;
    world.members("DRUG_DEV", &[1]).await;
    let pair = (names[0].as_str(), "URBAN");
    let urban = world.body("CGJ").await;
    let revoked = (
        "城罚〔2024〕2号",
        "擅自设置户外广告",
        "吊销许可证件",
        "2024-05-25",
    );
    let record = world.penalty(&urban, 1, revoked).await;
    let grade = world.grade(pair, "", "").await;
    let text = bundle(&world, pair, "").await.expect("by rules");
    // What comes later changes nothing of it: the grade stands in July as it was settled in June.
    server.advance_to("2024-08-01").await;
    assert_eq!(bundle(&world, pair, "2024-07-01").await.expect("by rules"), text);
    // A run's bundle too, of a sector that is graded by the year.
    server.advance_to("2025-05-20").await;
    let of_run = bundle(&world, (pair.0, "DRUG_DEV"), "").await.expect("by a run");
    drop(server.stop().await);

    let (again, same) = told(&text);
    assert!(same, "{again}");
    assert_eq!(
        (again["level"].as_str(), again["score"].as_str()),
        (Some(&*grade.level), Some(&*grade.score))
    );
    assert_eq!(again["grade_revision"].as_str(), Some(&*grade.revision));
    assert_eq!(again["differences"], Value::Array(Vec::new()));
    let output = replayed(&text, "text");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        output.status.success() && printed.contains("the same as settled"),
        "{printed}"
    );
    assert!(printed.contains("PENALTY"), "{printed}");
    assert!(told(&of_run).1);
    // The whole answer as JSON does as well.
    let answer = serde_json::json!({ "bundle": text, "sha256": "" }).to_string();
    assert!(told(&answer).1);

    let whole = Bundle::read(&text).expect("a bundle");
    assert!(text.contains(&record));
    let mut tampered = whole.clone();
    tampered.settled.level = "A".to_owned();
    assert_eq!(differences(&tampered), ["level"]);
    let mut tampered = whole.clone();
    tampered.rules.text = tampered.rules.text.replacen("-42", "-1", 1);
    assert_ne!(tampered, whole);
    assert!(differences(&tampered).contains(&"rules".to_owned()));
    let tampered = Bundle::read(&text.replacen("2024-05-25", "2023-05-25", 1)).expect("a bundle");
    let found = differences(&tampered);
    assert!(
        found.contains(&"evidence".to_owned()) && found.contains(&"score".to_owned()),
        "{found:?}"
    );
    let mut tampered = whole.clone();
    tampered.semantics += 1;
    let output = replayed(&tampered.to_json(), "text");
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("semantics"), "{said}");
    let mut tampered = whole;
    tampered.format += 1;
    assert!(!replayed(&tampered.to_json(), "text").status.success());
    assert!(!replayed("{}", "text").status.success());
}

#[tokio::test]
async fn an_officers_decision_has_no_bundle_and_a_persons_takes_a_purpose() {
    let server = TestServer::start().await;
    let mut world = Graded::of(&server).await;
    let names = world.members("URBAN", &[1]).await;
    let pair = (names[0].as_str(), "URBAN");
    let decide = pb::DecideGradeRequest {
        request_id: world.office.next(),
        subject: names[0].clone(),
        sector: "sectors/URBAN".to_owned(),
        level: "C".to_owned(),
        until: "2024-07-10".to_owned(),
        reason: "破产重整期间暂缓".to_owned(),
        basis: "国办发〔2025〕22号".to_owned(),
    };
    world.grading.clone().decide_grade(decide).await.expect("decided");
    let refused = bundle(&world, pair, "").await.expect_err("no rules");
    assert_eq!(reason(&refused), "RULE_SET_UNKNOWN");

    let (person, id) = server.person_row(7);
    server.recorded(7, person).await;
    let row = pb::MembershipRow {
        subject_name: "张测试".to_owned(),
        subject_kind: pb::SubjectKind::Person.into(),
        subject_code: id.clone(),
        sector: "URBAN".to_owned(),
        from: "2022-01-01".to_owned(),
        evidence: "名录".to_owned(),
        ..Default::default()
    };
    let request = pb::RecordMembershipsRequest {
        request_id: request_id(8),
        rows: vec![row],
        validate_only: false,
    };
    let members = server.subjects.clone().record_memberships(request).await;
    assert_eq!(members.expect("taken up").into_inner().created_count, 1);
    let request = pb::LookUpSubjectRequest {
        code: Some(pb::look_up_subject_request::Code::PersonId(id.clone())),
        purpose: "测试".to_owned(),
        ..Default::default()
    };
    let subject = server.subjects.clone().look_up_subject(request).await;
    let subject = subject.expect("found").into_inner().name;
    let refused = bundle(&world, (&subject, "URBAN"), "")
        .await
        .expect_err("not in full");
    assert_eq!(reason(&refused), "PERMISSION_REFUSED");
    drop(world);
    let folder = server.stop().await;

    let server = TestServer::start_in(folder, &[("reads_in_full", "true")]).await;
    let world = Graded::of(&server).await;
    let refused = bundle(&world, (&subject, "URBAN"), "")
        .await
        .expect_err("no purpose");
    assert_eq!(reason(&refused), "PURPOSE_REQUIRED");
    let before = server.head().await.revision;
    let request = pb::GetEvidenceBundleRequest {
        subject,
        sector: "sectors/URBAN".to_owned(),
        purpose: "答复异议".to_owned(),
        ..Default::default()
    };
    let answer = world.grading.clone().get_evidence_bundle(request).await;
    let answer = answer.expect("on record").into_inner();
    assert!(told(&answer.bundle).1);
    assert!(!answer.bundle.contains(&id), "no bundle names a person");
    assert_ne!(server.head().await.revision, before, "the reading is a fact");
}
