//! `credence ledger export`: with keys everything but masked, without them the clear part.

use std::path::Path;
use std::process::{Command, Output};

use credence::services::pb;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{TestServer, request_id};

const REASON: &str = "张测试撤回";

/// A closed folder with one organisation's commitment and one person's, performed and withdrawn.
async fn filled() -> (TempDir, String) {
    let server = TestServer::start().await;
    let (person, id) = server.person_row(7);
    let person = pb::CommitmentRow {
        valid_until: "2026-01-05".to_owned(),
        ..person
    };
    let result = server
        .record(1, vec![server.row(1), person])
        .await
        .expect("recorded");
    let name = result.results[1].name.clone();
    let mut client = server.commitments.clone();
    let performance = pb::PerformanceItems {
        state: pb::PerformanceState::Partial.into(),
        unperformed: format!("张测试（{id}）未履行"),
        measures_taken: "记入信用记录".to_owned(),
        found_on: "2024-02-01".to_owned(),
        ..Default::default()
    };
    let perform = pb::RecordPerformanceRequest {
        request_id: request_id(2),
        commitment: name.clone(),
        performance: Some(performance),
        ..Default::default()
    };
    client.record_performance(perform).await.expect("recorded");
    let withdraw = pb::WithdrawCommitmentRequest {
        request_id: request_id(3),
        name,
        reason: REASON.to_owned(),
        validate_only: false,
    };
    client.withdraw_commitment(withdraw).await.expect("withdrawn");
    (server.stop().await, id)
}

fn export(folder: &Path, further: &[&str]) -> (Output, Vec<Value>) {
    let output = Command::new(env!("CARGO_BIN_EXE_credence"))
        .args(["ledger", "export", "--data"])
        .arg(folder)
        .args(further)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let lines = lines.collect();
    (output, lines)
}

/// The lines of a kind, those of persons or those of others.
fn of<'a>(lines: &'a [Value], kind: &str, subject_kind: &str) -> Vec<&'a Value> {
    lines
        .iter()
        .filter(|line| line["kind"] == kind && line["subject_kind"] == subject_kind)
        .collect()
}

#[tokio::test]
async fn with_keys_every_fact_is_whole_and_persons_are_masked() {
    let (folder, id) = filled().await;
    let (output, lines) = export(folder.path(), &[]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(lines.iter().all(|line| line.get("sealed").is_none()));
    let person = of(&lines, "commitment_recorded", "PERSON")[0];
    assert_eq!(person["content"]["subject_name"], "张*");
    assert_eq!(person["content"]["valid_until"], "2026-01-05");
    let whole = format!("{lines:?}");
    assert!(!whole.contains(&id) && !whole.contains("张测试"));
}

#[tokio::test]
async fn without_keys_persons_facts_are_shown_by_their_clear_part_and_the_others_whole() {
    let (folder, id) = filled().await;
    let (_, with_keys) = export(folder.path(), &[]);
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    std::fs::rename(folder.path().join("keys"), elsewhere.path().join("keys")).expect("moved");
    let (output, lines) = export(folder.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        errors.contains("clear part only") && errors.contains("4 facts are sealed"),
        "{errors}"
    );

    let sealed: Vec<_> = lines.iter().filter(|line| line["sealed"] == true).collect();
    let kinds: Vec<_> = sealed.iter().map(|line| line["kind"].as_str()).collect();
    let expected = [
        "subject_opened",
        "commitment_recorded",
        "performance_recorded",
        "commitment_withdrawn",
    ];
    assert_eq!(kinds, expected.map(Some));
    let whole = format!("{lines:?}");
    for secret in [&id, "张", "本人", "未履行", REASON] {
        assert!(!whole.contains(secret), "{secret} in {whole}");
    }

    // Every clear column has the value of the whole line.
    for (one, other) in lines.iter().zip(&with_keys) {
        if one.get("sealed").is_none() {
            assert_eq!(one, other);
            continue;
        }
        for name in [
            "kind",
            "subject",
            "department",
            "made_on",
            "received_on",
            "publication",
            "snapshot",
        ] {
            assert_eq!(one[name], other[name], "{name} of {one}");
        }
    }
    let commitment = sealed[1];
    assert_eq!(commitment["valid_until"], "2026-01-05");
    assert_eq!(commitment["commitment_kind"], "VOLUNTARY");
    assert_eq!(commitment["publication"], "LIMITED");
    assert!(commitment.get("content").is_none() && commitment.get("commitment").is_none());
    let performance = sealed[2];
    assert_eq!(performance["performance_state"], "PARTIAL");
    assert_eq!(performance["found_on"], "2024-02-01");
    let first = commitment["revision"]
        .as_str()
        .and_then(|place| place.split_once('.'));
    assert_eq!(
        first.map(|place| place.1),
        Some(&*performance["first"].to_string())
    );
    assert_eq!(sealed[3]["first"], performance["first"]);

    let organisation = of(&lines, "commitment_recorded", "ORGANISATION")[0];
    assert_eq!(organisation["content"]["subject_name"], "测试企业1");
}

#[tokio::test]
async fn another_master_key_opens_nothing_and_says_so() {
    let (folder, _) = filled().await;
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let key = elsewhere.path().join("other.key");
    std::fs::write(&key, "0".repeat(64)).expect("written");
    let key = key.to_str().expect("UTF-8");
    let (output, lines) = export(folder.path(), &["--master-key-file", key]);
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(errors.contains("master key is another"), "{errors}");
    assert_eq!(
        lines.iter().filter(|line| line["sealed"] == json!(true)).count(),
        4
    );
}
