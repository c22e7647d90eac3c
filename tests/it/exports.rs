//! `credence export`: tables that departments know, which import takes back.

use std::fs;
use std::path::Path;
use std::process::Output;

use credence::policy::Policies;
use serde_json::Value;

use crate::harness::TestServer;
use crate::imports::{commitments, digest, import, run};
use crate::sheet_variants::csv;

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders are UTF-8")
}

#[tokio::test]
async fn every_empty_table_is_known_again_by_its_headers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for layout in Policies::built_in().layouts.layouts() {
        for format in ["csv", "xlsx"] {
            let path = folder.path().join(format!("{}.{format}", layout.code));
            let made = run(&["export", &layout.code, "--template", "--out", text(&path)]).await;
            assert_eq!(
                made.status.code(),
                Some(0),
                "{}",
                String::from_utf8_lossy(&made.stderr)
            );
            let checked = run(&["import", "--check", "--format", "json", text(&path)]).await;
            let printed: Value = serde_json::from_slice(&checked.stdout).expect("JSON");
            let file = &printed["files"][0];
            assert_eq!(file["layout"], Value::from(layout.code.as_str()), "{printed:#}");
            assert_eq!(file["rows"], 0, "{printed:#}");
            assert_eq!(checked.status.code(), Some(0), "{printed:#}");
        }
    }
}

#[tokio::test]
async fn what_is_exported_of_organisations_is_the_same_content_when_imported_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = TestServer::start().await;
    let mut sheet = commitments(&first);
    sheet.rows.retain(|row| row[2] != "自然人");
    let file = folder.path().join("all.csv");
    fs::write(&file, csv(&sheet, ",", "\n")).expect("written");
    assert_eq!(import(&first, &file, &[]).await.0, Some(0));
    let url = format!("http://{}", first.address);
    for name in ["out.csv", "out.xlsx"] {
        let out = folder.path().join(name);
        let made = run(&["export", "commitment", "--server", &url, "--out", text(&out)]).await;
        assert_eq!(
            made.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        assert!(String::from_utf8_lossy(&made.stderr).contains("已导出32行"));
        let second = TestServer::start().await;
        let (code, printed) = import(&second, &out, &[]).await;
        assert_eq!(code, Some(0), "{printed:#}");
        assert_eq!(digest(&second).await, digest(&first).await, "{name}");
        second.stop().await;
    }
    // A remark that begins like a formula is guarded in the file and was taken back as it was.
    let text_out = fs::read_to_string(folder.path().join("out.csv")).expect("written");
    assert!(text_out.contains(",'=1+1\r\n"), "{text_out}");
    first.stop().await;
}

#[tokio::test]
async fn persons_are_masked_and_the_export_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start().await;
    let file = folder.path().join("all.csv");
    let sheet = commitments(&server);
    fs::write(&file, csv(&sheet, ",", "\n")).expect("written");
    assert_eq!(import(&server, &file, &[]).await.0, Some(0));
    let url = format!("http://{}", server.address);
    let Output {
        status,
        stdout,
        stderr,
    } = run(&["export", "COMMITMENT", "--server", &url]).await;
    assert_eq!(status.code(), Some(0));
    let said = String::from_utf8_lossy(&stderr);
    assert!(said.contains("其中8行含自然人信息，已脱敏"), "{said}");
    let table = String::from_utf8_lossy(&stdout);
    for row in sheet.rows.iter().filter(|row| row[2] == "自然人") {
        assert!(
            !table.contains(&row[3]) && !table.contains(&row[1]),
            "a person shows"
        );
    }
    // Sent back, masked rows do not become the content of their commitments.
    let back = folder.path().join("back.csv");
    fs::write(&back, &stdout).expect("written");
    let before = digest(&server).await;
    let (code, printed) = import(&server, &back, &[]).await;
    assert_eq!(
        (code, &printed["files"][0]["result"]["refused"]),
        (Some(1), &Value::from(8)),
        "{printed:#}"
    );
    assert_eq!(digest(&server).await, before);
    server.stop().await;
}

#[tokio::test]
async fn nothing_that_exists_is_written_over_and_unknown_layouts_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mine.xlsx");
    fs::write(&path, "mine").expect("written");
    let made = run(&["export", "COMMITMENT", "--template", "--out", text(&path)]).await;
    assert_eq!(made.status.code(), Some(4));
    assert_eq!(fs::read_to_string(&path).expect("still there"), "mine");
    let made = run(&["export", "PROMISES", "--template"]).await;
    assert_eq!(made.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&made.stderr).contains("没有名为PROMISES的模板"));
}
