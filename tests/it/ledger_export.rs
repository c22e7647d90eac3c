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

/// Tries of one export. A program that another test starts just now holds the lock of a folder that was
/// open here, from its fork until its exec.
const TRIES: usize = 100;

fn export(folder: &Path, further: &[&str]) -> (Output, Vec<Value>) {
    let once = || {
        Command::new(env!("CARGO_BIN_EXE_credence"))
            .args(["ledger", "export", "--data"])
            .arg(folder)
            .args(further)
            .output()
            .expect("the program runs")
    };
    let is_held = |output: &Output| String::from_utf8_lossy(&output.stderr).contains("in use by another");
    let mut tries = (0..TRIES).map(|_| once());
    let output = tries
        .find(|output| !is_held(output))
        .expect("the folder is free again");
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

#[tokio::test]
async fn without_keys_records_are_shown_by_their_clear_part_whoever_they_are_about() {
    use crate::record_rows::{end, penalty, person, person_penalty, recorded, revive};

    let server = TestServer::start().await;
    let rows = [
        person_penalty(&server, 7).sent_by("部门业务系统", "K1"),
        penalty(&server, 8),
    ];
    let names = recorded(&server, 1, &rows).await;
    let corrected = person_penalty(&server, 7).with("BZ", "张测试更正");
    recorded(&server, 2, &[corrected]).await;
    let told_again = person_penalty(&server, 7).sent_by("市级回流", "K2");
    recorded(&server, 3, &[told_again]).await;
    end(&server, 4, &names[0], pb::RecordEnd::Repaired, "2024-06-02")
        .await
        .expect("ended");
    revive(&server, 5, &names[0]).await.expect("revived");
    let folder = server.stop().await;

    let (_, with_keys) = export(folder.path(), &[]);
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    std::fs::rename(folder.path().join("keys"), elsewhere.path().join("keys")).expect("moved");
    let (output, lines) = export(folder.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    let sealed: Vec<_> = lines.iter().filter(|line| line["sealed"] == true).collect();
    let kinds: Vec<_> = sealed.iter().filter_map(|line| line["kind"].as_str()).collect();
    let expected = [
        "subject_opened",
        "record_recorded",
        // An organisation's record is sealed where it names the representative.
        "record_recorded",
        "record_corrected",
        "record_source_added",
        "record_ended",
        "record_revived",
    ];
    assert_eq!(kinds, expected);
    let whole = format!("{lines:?}");
    for secret in [&person(7), "张测试", "王测试", "经查", "测试", "更正", "恢复"] {
        let organisations = whole.replace("测试企业8", "");
        assert!(!organisations.contains(secret), "{secret} in {organisations}");
    }
    // Every clear column has the value of the whole line.
    for (one, other) in lines.iter().zip(&with_keys) {
        if one.get("sealed").is_none() {
            assert_eq!(one, other);
            continue;
        }
        let columns = [
            "kind",
            "subject",
            "department",
            "record_kind",
            "layout",
            "subject_kind",
            "decided_on",
            "received_on",
            "snapshot",
            "end",
            "on",
        ];
        let in_both = |name: &&&str| one.get(**name).is_some() && other.get(**name).is_some();
        for name in columns.iter().filter(in_both) {
            assert_eq!(one[name], other[name], "{name} of {one}");
        }
    }
    assert_eq!(sealed[5]["end"], "REPAIRED");
    assert_eq!(sealed[5]["on"], "2024-06-02");
    let first = sealed[1]["revision"]
        .as_str()
        .and_then(|place| place.split_once('.'));
    for later in &sealed[3..] {
        assert_eq!(
            first.map(|place| place.1),
            Some(&*later["first"].to_string()),
            "{later}"
        );
    }
}
