//! Reading natural persons in full: allowed by the operator, for a purpose, each reading a fact.

use std::fs;
use std::path::Path;

use credence::services::pb;
use serde_json::Value;
use tonic::Code;

use crate::harness::{TestServer, reason};
use crate::imports::{commitments, digest, import, run};
use crate::record_rows::{penalty, person, person_penalty, recorded};
use crate::sheet_variants::csv;

const PURPOSE: &str = "移交上级平台";

async fn open_server() -> TestServer {
    let folder = tempfile::tempdir().expect("a temporary folder");
    TestServer::start_in(folder, &[("reads_in_full", "true")]).await
}

fn asked(purpose: &str) -> pb::ListRecordsInFullRequest {
    pb::ListRecordsInFullRequest {
        purpose: purpose.to_owned(),
        ..Default::default()
    }
}

async fn filled(server: &TestServer) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("promises.csv");
    fs::write(&file, csv(&commitments(server), ",", "\n")).expect("written");
    assert_eq!(import(server, &file, &[]).await.0, Some(0));
    let with_document = penalty(server, 8)
        .with("CF_FR_ZJLX", "身份证")
        .with("CF_FR_ZJHM", &person(9));
    let rows = [penalty(server, 3), person_penalty(server, 7), with_document];
    recorded(server, 1, &rows).await;
}

#[tokio::test]
async fn what_is_exported_in_full_is_the_same_content_persons_and_representatives_included() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = open_server().await;
    filled(&first).await;
    let before = digest(&first).await;
    let url = format!("http://{}", first.address);
    let second = TestServer::start().await;
    for (layout, format, rows) in [("COMMITMENT", "csv", 40), ("PENALTY_V2", "xlsx", 3)] {
        let out = folder.path().join(format!("{layout}.{format}"));
        let text = out.to_str().expect("UTF-8");
        let words = [
            "export",
            layout,
            "--server",
            &url,
            "--out",
            text,
            "--in-full",
            PURPOSE,
        ];
        let made = run(&words).await;
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert_eq!(
            (made.status.code(), said.trim()),
            (Some(0), &*format!("已导出{rows}行"))
        );
        let (code, printed) = import(&second, &out, &[]).await;
        let result = &printed["files"][0]["result"];
        assert_eq!(
            (code, &result["created"]),
            (Some(0), &Value::from(rows)),
            "{printed:#}"
        );
    }
    assert_eq!(digest(&second).await, before);
    second.stop().await;

    // The readings are facts, and no content.
    assert_eq!(digest(&first).await, before);
    let folder = first.stop().await;
    let readings = readings(folder.path());
    let rows: Vec<_> = readings
        .iter()
        .map(|one| one["rows"].as_array().expect("rows").len())
        .collect();
    assert_eq!(rows, [40, 3], "{readings:?}");
    assert!(readings.iter().all(|one| one["purpose"] == PURPOSE));
}

/// The readings in full that a folder's ledger has.
fn readings(folder: &Path) -> Vec<Value> {
    let export = || {
        std::process::Command::new(env!("CARGO_BIN_EXE_credence"))
            .args(["ledger", "export", "--data"])
            .arg(folder)
            .output()
            .expect("the program runs")
    };
    // A program that another test starts just now holds the lock from its fork until its exec.
    let output = (0..100).map(|_| export()).find(|output| output.status.success());
    let text = String::from_utf8(output.expect("exported").stdout).expect("UTF-8");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter(|line| line["kind"] == "read_in_full").collect()
}

#[tokio::test]
async fn nobody_reads_in_full_unless_the_operator_allows_it() {
    let server = TestServer::start().await;
    filled(&server).await;
    let refused = server.records.clone().list_records_in_full(asked(PURPOSE)).await;
    let refused = refused.expect_err("not allowed");
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(reason(&refused), "PERMISSION_REFUSED");
    let request = pb::ListCommitmentsInFullRequest {
        purpose: PURPOSE.to_owned(),
        ..Default::default()
    };
    let refused = server.commitments.clone().list_commitments_in_full(request).await;
    assert_eq!(reason(&refused.expect_err("not allowed")), "PERMISSION_REFUSED");
    let folder = server.stop().await;
    assert_eq!(readings(folder.path()), Vec::<Value>::new());
}

#[tokio::test]
async fn a_reading_in_full_has_a_purpose_and_changes_no_other_answer() {
    let server = open_server().await;
    filled(&server).await;
    let mut client = server.records.clone();
    for purpose in ["", "  "] {
        let refused = client.list_records_in_full(asked(purpose)).await;
        assert_eq!(reason(&refused.expect_err("no purpose")), "PURPOSE_REQUIRED");
    }
    let long = "长".repeat(201);
    let refused = client.list_records_in_full(asked(&long)).await;
    assert_eq!(reason(&refused.expect_err("too long")), "MALFORMED_VALUE");

    let told = client.list_records_in_full(asked(PURPOSE)).await.expect("told");
    let told = format!("{:?}", told.into_inner());
    for secret in [person(7), person(9), "张测试".to_owned(), "王测试".to_owned()] {
        assert!(told.contains(&secret), "{told}");
    }
    let masked = client.list_records(pb::ListRecordsRequest::default()).await;
    let masked = format!("{:?}", masked.expect("listed").into_inner());
    for secret in [person(7), person(9), "张测试".to_owned(), "王测试".to_owned()] {
        assert!(!masked.contains(&secret), "{masked}");
    }
    // A page of the one list is no page of the other.
    let page = pb::ListRecordsRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = client.list_records(page).await.expect("listed").into_inner();
    let other = pb::ListRecordsInFullRequest {
        page_token: page.next_page_token,
        ..asked(PURPOSE)
    };
    let refused = client.list_records_in_full(other).await;
    assert_eq!(reason(&refused.expect_err("foreign")), "PAGE_TOKEN_FOREIGN");
    // What tells nothing leaves nothing.
    let nothing = pb::ListRecordsInFullRequest {
        filter: Some(pb::RecordFilter {
            decided_from: "2030-01-01".to_owned(),
            ..Default::default()
        }),
        ..asked(PURPOSE)
    };
    let told = client
        .list_records_in_full(nothing)
        .await
        .expect("told")
        .into_inner();
    assert_eq!(told.records, Vec::new());
    let folder = server.stop().await;
    assert_eq!(readings(folder.path()).len(), 1);
}
