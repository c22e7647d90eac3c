//! `credence export`: tables that departments know, which import takes back.

use std::fs;
use std::path::Path;
use std::process::Output;

use credence::policy::Policies;
use credence::services::pb;
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

/// Exports a list of one server into a file.
async fn exported(server: &TestServer, folder: &Path, layout: &str, further: &[&str]) -> std::path::PathBuf {
    let out = folder.join(format!("{layout}.csv"));
    let url = format!("http://{}", server.address);
    let mut words = vec!["export", layout, "--server", &url, "--out", text(&out)];
    words.extend(further);
    let made = run(&words).await;
    assert_eq!(
        made.status.code(),
        Some(0),
        "{layout}: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    out
}

fn table(headers: &[&str], rows: &[&[&str]]) -> String {
    let line = |cells: &[&str]| cells.join(",") + "\n";
    line(headers) + &rows.iter().map(|row| line(row)).collect::<String>()
}

#[tokio::test]
async fn register_roster_and_decisions_are_the_same_content_when_imported_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = TestServer::start().await;
    let mut sheet = commitments(&first);
    sheet.rows.retain(|row| row[2] != "自然人");
    for row in &mut sheet.rows {
        row[10..16].fill(String::new());
    }
    let promise = |place: usize| (&*sheet.rows[place][17], &*sheet.rows[place][0]);
    let body = &*first.body.social_credit_code;
    let code = |place: usize| &*sheet.rows[place][3];
    let predecessors = format!("{}；{}", code(5), code(6));
    let files = [
        (
            "register.csv",
            table(
                &[
                    "主体名称",
                    "主体类别",
                    "统一社会信用代码",
                    "工商注册号",
                    "成立日期",
                    "变更日期",
                    "注销日期",
                    "住所行政区划代码",
                    "住所",
                    "前身统一社会信用代码",
                    "承继关系",
                ],
                &[
                    &[
                        "（测试）一号店",
                        "法人及非法人组织",
                        code(0),
                        "150802000000011",
                        "2015-03-09",
                        "",
                        "",
                        "150802",
                        "（测试）胜利路１号",
                        &predecessors,
                        "合并",
                    ],
                    &[
                        "（测试）二号店",
                        "法人及非法人组织",
                        code(1),
                        "",
                        "2015-03-09",
                        "2020-01-01",
                        "2024-05-01",
                        "",
                        "",
                        "",
                        "",
                    ],
                ],
            ),
        ),
        (
            "roster.csv",
            table(
                &[
                    "主体类别",
                    "统一社会信用代码",
                    "主体名称",
                    "领域代码",
                    "起始日期",
                    "终止日期",
                    "归属依据",
                    "报送单位统一社会信用代码",
                ],
                &[
                    &[
                        "法人及非法人组织",
                        code(0),
                        "（测试）一号店",
                        "FOOD_PROD",
                        "2020-01-01",
                        "",
                        "许可证",
                        body,
                    ],
                    &[
                        "法人及非法人组织",
                        code(1),
                        "（测试）二号店",
                        "FOOD_PROD",
                        "2020-01-01",
                        "2023-12-31",
                        "许可证",
                        body,
                    ],
                ],
            ),
        ),
        ("promises.csv", csv(&sheet, ",", "\n")),
        (
            "withdrawn.csv",
            table(
                &["承诺受理单位代码", "承诺编码", "撤销原因"],
                &[&[promise(0).0, promise(0).1, "重复录入"]],
            ),
        ),
        (
            "breaches.csv",
            table(
                &[
                    "承诺受理单位代码",
                    "承诺编码",
                    "认定单位",
                    "认定单位代码",
                    "违诺内容",
                    "认定依据",
                    "证据",
                    "告知日期",
                    "陈述申辩告知日期",
                    "放弃陈述申辩日期",
                    "违诺责任追究措施",
                    "违诺认定日期",
                ],
                &[&[
                    promise(1).0,
                    promise(1).1,
                    &first.body.title_chinese,
                    body,
                    "未按期补交",
                    "行政许可法第六十九条",
                    "笔录1；影像2",
                    "2024-05-06",
                    "2024-05-06",
                    "2024-05-10",
                    &sheet.rows[1][7],
                    "2024-05-21",
                ]],
            ),
        ),
    ];
    for (name, content) in files {
        let file = folder.path().join(name);
        fs::write(&file, content).expect("written");
        let (exit, printed) = import(&first, &file, &[]).await;
        assert_eq!(exit, Some(0), "{name}: {printed:#}");
    }
    let second = TestServer::start().await;
    for (layout, further, rows) in [
        ("REGISTER", &[][..], 2),
        ("MEMBERSHIP", &[], 2),
        ("COMMITMENT", &["--all"], 32),
        ("COMMITMENT_WITHDRAWAL", &[], 1),
        ("BREACH", &[], 1),
    ] {
        let out = exported(&first, folder.path(), layout, further).await;
        let (exit, printed) = import(&second, &out, &[]).await;
        let file = &printed["files"][0];
        assert_eq!(file["layout"], layout, "{printed:#}");
        assert_eq!(
            (exit, &file["rows"]),
            (Some(0), &Value::from(rows)),
            "{printed:#}"
        );
    }
    assert_eq!(digest(&second).await, digest(&first).await);
    let listed = second
        .subjects
        .clone()
        .list_register(pb::ListRegisterRequest::default())
        .await;
    let entries = listed.expect("listed").into_inner().entries;
    let row = entries[0].row.as_ref().expect("a row");
    assert_eq!(
        (row.division.as_str(), row.succession()),
        ("150802", pb::Succession::Merged)
    );
    assert_eq!(row.predecessors, [code(5), code(6)]);
    assert_eq!(row.address, "（测试）胜利路１号");
    second.stop().await;
    first.stop().await;
}

#[tokio::test]
async fn ends_of_records_are_exported_as_they_are_imported() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start().await;
    let penalties = folder.path().join("penalties.csv");
    let sheet = crate::import_layouts::penalties(&server);
    fs::write(&penalties, csv(&sheet, ",", "\n")).expect("written");
    assert_eq!(import(&server, &penalties, &[]).await.0, Some(0));
    let ends = folder.path().join("ends.csv");
    let row = &sheet.rows[3];
    let headers = [
        "记录类别",
        "决定机关统一社会信用代码",
        "决定文书号",
        "决定日期",
        "主体类别",
        "统一社会信用代码",
        "终止类型",
        "终止日期",
        "终止原因",
    ];
    let end = [
        "行政处罚",
        &row[15],
        &row[4],
        &row[11],
        &row[1],
        &row[2],
        "修复",
        "2024-06-01",
        "已完成信用修复",
    ];
    fs::write(&ends, table(&headers, &[&end])).expect("written");
    assert_eq!(import(&server, &ends, &[]).await.0, Some(0));
    let before = digest(&server).await;
    let out = exported(&server, folder.path(), "WITHDRAWAL", &[]).await;
    let (exit, printed) = import(&server, &out, &[]).await;
    let result = &printed["files"][0]["result"];
    assert_eq!(
        (exit, &result["repeated"]),
        (Some(0), &Value::from(1)),
        "{printed:#}"
    );
    assert_eq!(digest(&server).await, before);
    server.stop().await;
}

#[tokio::test]
async fn the_catalogue_is_exported_as_tables() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start().await;
    for (list, rows, line) in [
        ("DEPARTMENTS", 41, "SCJG,市场监督管理局"),
        ("BODIES", 54, "SCJG,市场监督管理局"),
        ("SECTORS", 43, "FOOD_PROD,"),
        (
            "CALENDARS",
            0,
            "2024,春节,2024-02-10,2024-02-17,\"2024-02-04;2024-02-18\"",
        ),
        ("EDITIONS", 0, "2024"),
    ] {
        let out = exported(&server, folder.path(), list, &[]).await;
        let written = fs::read_to_string(&out).expect("written");
        let found = written.lines().count() - 1;
        assert!(found == rows || rows == 0 && found > 10, "{list}: {found}");
        assert!(written.contains(line), "{list}: {written}");
    }
    let url = format!("http://{}", server.address);
    let refused = run(&["export", "departments", "--template", "--server", &url]).await;
    assert_eq!(refused.status.code(), Some(2));
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
