//! Files of every other layout than the collection form: penalties, ends, registers, rosters, performance.

use std::fs;

use credence::domain::social_credit_code::SocialCreditCode;
use credence::services::pb;
use credence::services::pb::record_service_client::RecordServiceClient;
use serde_json::Value;

use crate::harness::TestServer;
use crate::imports::{commitments, digest, import};
use crate::sheet_variants::{Sheet, csv, encoded, full_width, shuffled, workbook};

fn sheet(headers: &[&str], rows: Vec<Vec<String>>) -> Sheet {
    Sheet {
        headers: headers.iter().map(|header| (*header).to_owned()).collect(),
        rows,
    }
}

fn organisation(serial: u32) -> String {
    let part = format!("{:08}", 20_000_000 + serial);
    SocialCreditCode::compose('9', '1', "150802", &part)
        .expect("composed")
        .to_string()
}

const PENALTY: [&str; 20] = [
    "行政相对人名称",
    "行政相对人类别",
    "行政相对人代码_1（统一社会信用代码）",
    "法定代表人",
    "行政处罚决定书文号",
    "违法行为类型",
    "违法事实",
    "处罚依据",
    "处罚类别",
    "处罚内容",
    "罚款金额（万元）",
    "处罚决定日期",
    "处罚有效期",
    "公示截止期",
    "处罚机关",
    "处罚机关统一社会信用代码",
    "数据来源单位",
    "数据来源单位统一社会信用代码",
    "备注",
    "案件程序类别",
];
const PENALTY_CODES: [&str; 20] = [
    "CF_XDR_MC",
    "CF_XDR_LB",
    "CF_XDR_SHXYM",
    "CF_FRDB",
    "CF_WSH",
    "CF_WFXW",
    "CF_SY",
    "CF_YJ",
    "CF_CFLB",
    "CF_NR",
    "CF_NR_FK",
    "CF_JDRQ",
    "CF_YXQ",
    "CF_GSJZQ",
    "CF_CFJG",
    "CF_CFJGDM",
    "CF_SJLY",
    "CF_SJLYDM",
    "BZ",
    "CF_AJCXLB",
];

pub fn penalties(server: &TestServer) -> Sheet {
    let (title, code) = (&server.body.title_chinese, &server.body.social_credit_code);
    let row = |serial: u32| {
        let texts = [
            &format!("（测试）第{serial}号食品店"),
            "法人及非法人组织",
            &organisation(serial),
            "测试王〇",
            &format!("巴临市监处罚〔2024〕{serial}号"),
            "生产经营不合格食品",
            "销售过期食品",
            "《中华人民共和国食品安全法》第一百二十四条",
            "罚款",
            "罚款2000元",
            "0.2",
            "2024-05-28",
            "2099-12-31",
            "2025-05-28",
            title,
            code,
            title,
            code,
            "",
            "一般程序",
        ];
        texts.map(str::to_owned).to_vec()
    };
    sheet(&PENALTY, (1..=24).map(row).collect())
}

async fn one_by_one(name: &str, bytes: &[u8], further: &[&str], first: &mut Option<String>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start().await;
    let file = folder.path().join(name);
    fs::write(&file, bytes).expect("written");
    let (code, printed) = import(&server, &file, further).await;
    assert_eq!(code, Some(0), "{name}: {printed:#}");
    assert_eq!(printed["files"][0]["layout"], "PENALTY_V2", "{name}");
    assert_eq!(
        printed["files"][0]["result"]["created"], 24,
        "{name}: {printed:#}"
    );
    let found = digest(&server).await;
    assert_eq!(&found, first.get_or_insert(found.clone()), "{name}");
    server.stop().await;
}

#[tokio::test]
async fn penalties_are_the_same_content_however_they_are_written() {
    let server = TestServer::start().await;
    let plain = penalties(&server);
    server.stop().await;
    let coded = sheet(&PENALTY_CODES, plain.rows.clone());
    let slashes = plain.with_column(11, |text| text.replace('-', "/").replace("/0", "/"));
    let serials = plain.with_column(11, |_| "45440".to_owned());
    let spaced = plain.with_column(2, |code| {
        format!("统一社会信用代码：{}（1/1）", code.to_lowercase())
    });
    let mut without_kind = plain.clone();
    for row in std::iter::once(&mut without_kind.headers).chain(&mut without_kind.rows) {
        row.remove(1);
    }
    let organisations = ["--party-kind", "organisation"];
    let dates = ["处罚决定日期", "处罚有效期", "公示截止期"];
    let wide = full_width(&plain, &[2, 10, 11, 12, 15, 17]);
    let plainly = |sheet: &Sheet| csv(sheet, ",", "\n").into_bytes();
    let variants: [(&str, Vec<u8>, &[&str]); 10] = [
        ("plain.csv", plainly(&plain), &[]),
        ("gb18030.csv", encoded("gb18030", &csv(&plain, ",", "\r\n")), &[]),
        ("utf16.csv", encoded("utf-16le", &csv(&plain, "\t", "\r\n")), &[]),
        ("codes.csv", plainly(&coded), &[]),
        ("shuffled.csv", plainly(&shuffled(&plain)), &[]),
        ("slashes.csv", plainly(&slashes), &[]),
        ("serials.csv", plainly(&serials), &[]),
        ("spaced.csv", plainly(&spaced), &[]),
        ("without-kind.csv", plainly(&without_kind), &organisations),
        ("full-width.csv", plainly(&wide), &[]),
    ];
    let mut first = None;
    for (name, bytes, further) in variants {
        one_by_one(name, &bytes, further, &mut first).await;
    }
    one_by_one("dates.xlsx", &workbook(&plain, &dates), &[], &mut first).await;
}

#[tokio::test]
async fn the_same_penalty_from_two_systems_keeps_both() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start().await;
    let file = folder.path().join("penalties.csv");
    fs::write(&file, csv(&penalties(&server), ",", "\n")).expect("written");
    assert_eq!(
        import(&server, &file, &["--source", "市监局业务系统"]).await.0,
        Some(0)
    );
    let (code, printed) = import(&server, &file, &["--source", "市级回流"]).await;
    assert_eq!(
        (code, &printed["files"][0]["result"]["repeated"]),
        (Some(0), &Value::from(24)),
        "{printed:#}"
    );
    let mut client = RecordServiceClient::connect(format!("http://{}", server.address))
        .await
        .expect("connected");
    let listed = client
        .list_records(pb::ListRecordsRequest::default())
        .await
        .expect("listed")
        .into_inner();
    assert!(
        listed.records.iter().all(|record| record.source_count == 2),
        "{:?}",
        listed.records[0]
    );
    server.stop().await;
}

#[tokio::test]
async fn ends_of_records_go_as_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start().await;
    let file = folder.path().join("penalties.csv");
    fs::write(&file, csv(&penalties(&server), ",", "\n")).expect("written");
    assert_eq!(import(&server, &file, &[]).await.0, Some(0));
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
        "依据文号",
    ];
    let row = |serial: u32| {
        let texts = [
            "行政处罚",
            &server.body.social_credit_code,
            &format!("巴临市监处罚〔2024〕{serial}号"),
            "2024-05-28",
            "法人及非法人组织",
            &organisation(serial),
            "撤销",
            "2024-06-01",
            "复议撤销",
            "临政复决〔2024〕1号",
        ];
        texts.map(str::to_owned).to_vec()
    };
    let ends = folder.path().join("ends.csv");
    fs::write(
        &ends,
        csv(&sheet(&headers, vec![row(1), row(2), row(99)]), ",", "\n"),
    )
    .expect("written");
    let (code, printed) = import(&server, &ends, &[]).await;
    let result = &printed["files"][0]["result"];
    assert_eq!(
        (code, &result["created"], &result["refused"]),
        (Some(1), &Value::from(2), &Value::from(1)),
        "{printed:#}"
    );
    let back = fs::read_to_string(folder.path().join("ends.rejected.csv")).expect("it came back");
    assert!(back.contains("[C4] 没有这条记录"), "{back}");
    let mut client = RecordServiceClient::connect(format!("http://{}", server.address))
        .await
        .expect("connected");
    let filter = pb::RecordFilter {
        state: pb::RecordStateFilter::Withdrawn.into(),
        ..Default::default()
    };
    let request = pb::ListRecordsRequest {
        filter: Some(filter),
        ..Default::default()
    };
    let listed = client.list_records(request).await.expect("listed").into_inner();
    assert_eq!(listed.records.len(), 2);
    // Once more is once.
    let (_, printed) = import(&server, &ends, &[]).await;
    assert_eq!(printed["files"][0]["result"]["repeated"], 2, "{printed:#}");
    server.stop().await;
}

#[tokio::test]
async fn a_register_and_a_roster_go_as_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start().await;
    let headers = [
        "主体名称",
        "主体类别",
        "统一社会信用代码",
        "工商注册号",
        "成立日期",
        "注销日期",
        "住所",
    ];
    let row = |serial: u32| {
        let end = if serial == 3 { "2024-05-01" } else { "" };
        let name = format!("（测试）第{serial}号食品店");
        let texts = [
            &name,
            "法人及非法人组织",
            &organisation(serial),
            "",
            "2015/3/9",
            end,
            "胜利路1号",
        ];
        texts.map(str::to_owned).to_vec()
    };
    let register = folder.path().join("register.xlsx");
    fs::write(
        &register,
        workbook(&sheet(&headers, (1..=5).map(row).collect()), &["成立日期"]),
    )
    .expect("written");
    let (code, printed) = import(&server, &register, &[]).await;
    assert_eq!(
        (code, &printed["files"][0]["result"]["created"]),
        (Some(0), &Value::from(5)),
        "{printed:#}"
    );
    assert_eq!(printed["files"][0]["columns_ignored"], serde_json::json!([]));
    let headers = [
        "主体名称",
        "主体类别",
        "统一社会信用代码",
        "领域代码",
        "起始日期",
        "终止日期",
        "归属依据",
        "报送单位统一社会信用代码",
    ];
    let row = |serial: u32| {
        let name = format!("（测试）第{serial}号食品店");
        let texts = [
            &name,
            "法人及非法人组织",
            &organisation(serial),
            "FOOD_PROD",
            "2020-01-01",
            "2099-12-31",
            "许可证",
            &server.body.social_credit_code,
        ];
        texts.map(str::to_owned).to_vec()
    };
    let roster = folder.path().join("roster.csv");
    let mut rows: Vec<_> = (1..=2).map(row).collect();
    rows.push(row(4));
    rows[2][3] = "NOWHERE".to_owned();
    fs::write(&roster, csv(&sheet(&headers, rows), ",", "\n")).expect("written");
    let (code, printed) = import(&server, &roster, &[]).await;
    let result = &printed["files"][0]["result"];
    assert_eq!(
        (code, &result["created"], &result["refused"]),
        (Some(1), &Value::from(2), &Value::from(1)),
        "{printed:#}"
    );
    let back = fs::read_to_string(folder.path().join("roster.rejected.csv")).expect("it came back");
    assert!(back.contains("[D4] "), "{back}");
    server.stop().await;
}

#[tokio::test]
async fn performance_goes_as_a_file_of_its_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start().await;
    let mut promises = commitments(&server);
    for row in &mut promises.rows {
        row[10..16].fill(String::new());
    }
    let file = folder.path().join("promises.csv");
    fs::write(&file, csv(&promises, ",", "\n")).expect("written");
    assert_eq!(import(&server, &file, &[]).await.0, Some(0));
    let headers = [
        "承诺受理单位代码",
        "承诺编码",
        "承诺履行状态",
        "未履行的承诺内容",
        "承诺履行状态认定日期",
    ];
    let row = |place: usize, state: &str| {
        let promise = &promises.rows[place];
        vec![
            promise[17].clone(),
            promise[0].clone(),
            state.to_owned(),
            String::new(),
            "2024/5/30".to_owned(),
        ]
    };
    let mut rows = vec![
        row(0, "全部履行"),
        row(1, "1"),
        row(2, "部分履行"),
        row(3, "全部履行"),
    ];
    rows[3][1] = "15080220240105999999".to_owned();
    let performances = folder.path().join("performances.csv");
    fs::write(&performances, csv(&sheet(&headers, rows), ",", "\n")).expect("written");
    let (code, printed) = import(&server, &performances, &[]).await;
    let result = &printed["files"][0]["result"];
    assert_eq!(printed["files"][0]["layout"], "PERFORMANCE");
    assert_eq!(
        (code, &result["created"], &result["refused"]),
        (Some(1), &Value::from(2), &Value::from(2)),
        "{printed:#}"
    );
    let back = fs::read_to_string(folder.path().join("performances.rejected.csv")).expect("it came back");
    assert!(back.contains("[D4] ") && back.contains("[第5行] "), "{back}");
    server.stop().await;
}

/// Copies a folder of data files.
fn copied(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let own = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copied(&path, &own);
        } else {
            fs::copy(&path, &own).expect("copied");
        }
    }
}

#[tokio::test]
async fn a_file_is_read_and_written_by_the_layouts_of_the_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let policies = folder.path().join("policies");
    copied(
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/policies")),
        &policies,
    );
    // The district's own system calls the number of a decision otherwise.
    let penalty = policies.join("records/penalty_v2.toml");
    let text = fs::read_to_string(&penalty).expect("there");
    let own = text.replacen("zh = \"行政处罚决定书文号\"", "zh = \"本地案号\"", 1);
    assert_ne!(text, own);
    fs::write(&penalty, own).expect("written");
    let data = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start_in(data, &[("policies", policies.to_str().expect("UTF-8"))]).await;
    let mut sheet = penalties(&server);
    sheet.headers[4] = "本地案号".to_owned();
    let file = folder.path().join("penalties.csv");
    fs::write(&file, csv(&sheet, ",", "\n")).expect("written");
    let (code, printed) = import(&server, &file, &[]).await;
    assert_eq!(
        (code, &printed["files"][0]["result"]["created"]),
        (Some(0), &Value::from(24)),
        "{printed:#}"
    );
    // Without the server nobody knows that name.
    let alone = crate::imports::run(&[
        "import",
        "--check",
        "--format",
        "json",
        file.to_str().expect("UTF-8"),
    ])
    .await;
    assert_eq!(alone.status.code(), Some(2), "{alone:?}");
    let out = folder.path().join("out.csv");
    let url = format!("http://{}", server.address);
    let made = crate::imports::run(&[
        "export",
        "PENALTY_V2",
        "--server",
        &url,
        "--out",
        out.to_str().expect("UTF-8"),
    ])
    .await;
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    assert!(fs::read_to_string(&out).expect("written").contains("本地案号"));
    server.stop().await;
}
