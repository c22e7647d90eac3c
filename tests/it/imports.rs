//! `credence import` as a department runs it: files in, what is refused back as files.

use std::fs;
use std::path::Path;
use std::process::Output;

use credence::domain::resident_id::ResidentId;
use credence::services::pb;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::harness::TestServer;
use crate::sheet_variants::{Sheet, csv, encoded, full_width, shuffled, workbook};

/// Runs the program under test with JSON as its answer.
pub async fn import(server: &TestServer, file: &Path, further: &[&str]) -> (Option<i32>, Value) {
    let url = format!("http://{}", server.address);
    let mut arguments = vec!["import", "--format", "json", "--server", &url];
    arguments.extend(further);
    let file = file.to_str().expect("temporary folders are UTF-8");
    arguments.push(file);
    let Output {
        status,
        stdout,
        stderr,
    } = run(&arguments).await;
    let text = String::from_utf8_lossy(&stdout).into_owned();
    let value = serde_json::from_str(&text);
    let value = value.unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&stderr)));
    (status.code(), value)
}

pub async fn run(arguments: &[&str]) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_credence"));
    command.args(arguments);
    let ended = tokio::task::spawn_blocking(move || command.output());
    ended.await.expect("no panic").expect("the program runs")
}

pub async fn digest(server: &TestServer) -> String {
    let digests = server
        .operations
        .clone()
        .get_digests(pb::GetDigestsRequest::default())
        .await;
    digests.expect("answered").into_inner().content_digest
}

/// Forty rows of the form: organisations, persons, businesses; some performed, some of another kind.
pub fn commitments(server: &TestServer) -> Sheet {
    let headers = [
        "承诺编码",
        "承诺人名称",
        "承诺人类别",
        "承诺人代码",
        "承诺类型",
        "承诺事由",
        "承诺内容",
        "违诺责任",
        "承诺作出日期",
        "承诺有效期",
        "承诺履行状态",
        "未履行的承诺内容",
        "违诺责任追究内容",
        "承诺履行状态认定日期",
        "承诺履行状态认定单位",
        "承诺履行状态认定单位代码",
        "承诺受理单位",
        "承诺受理单位代码",
        "公开类型",
        "备注",
    ];
    let mut rows = Vec::new();
    for serial in 1..=40_u32 {
        let row = server.row(serial);
        let is_person = serial % 5 == 0;
        let code = if is_person {
            let born_on = "1990-02-03".parse().expect("a date");
            let order = u16::try_from(serial).expect("small");
            ResidentId::compose("150802", born_on, order)
                .expect("composed")
                .expose()
                .to_owned()
        } else {
            row.subject_code
        };
        let state = ["", "全部履行", "部分履行"][serial as usize % 3];
        let partly = |text: &str| {
            if state == "部分履行" {
                text.to_owned()
            } else {
                String::new()
            }
        };
        let if_performed = |text: &str| {
            if state.is_empty() {
                String::new()
            } else {
                text.to_owned()
            }
        };
        rows.push(vec![
            row.code,
            if is_person {
                format!("测试张〇{serial}")
            } else {
                format!("（测试）第{serial}号,有限\"公司\"")
            },
            if is_person {
                "自然人"
            } else {
                "法人及非法人组织"
            }
            .to_owned(),
            code,
            if serial % 7 == 0 {
                "其他-招标投标".to_owned()
            } else {
                "主动型".to_owned()
            },
            format!("事由{serial}"),
            "第一条 依法经营；\n第二条 如实填报。".to_owned(),
            "接受信用记录".to_owned(),
            "2024-01-05".to_owned(),
            if serial % 2 == 0 {
                "2099-12-31"
            } else {
                "2025-01-04"
            }
            .to_owned(),
            state.to_owned(),
            partly("第二条"),
            partly("责令改正"),
            if_performed("2024-05-30"),
            if_performed(&server.body.title_chinese),
            if_performed(&server.body.social_credit_code),
            server.body.title_chinese.clone(),
            server.body.social_credit_code.clone(),
            if is_person {
                "特定范围内公开"
            } else {
                "可向社会公开"
            }
            .to_owned(),
            if serial == 3 {
                "=1+1".to_owned()
            } else {
                String::new()
            },
        ]);
    }
    Sheet {
        headers: headers.map(str::to_owned).to_vec(),
        rows,
    }
}

const CODES: [&str; 20] = [
    "code",
    "subjectName",
    "subjectCategory",
    "identify",
    "commitmentTypeId",
    "reason",
    "content",
    "liabilityBreachCommitment",
    "commitmentDate",
    "commitmentValidity",
    "fulfillmentStatus",
    "unperformedCommitmentContent",
    "liabilityBreachCommitmentContent",
    "fulfillmentStatusDate",
    "acceptanceConfirmUnit",
    "acceptanceConfirmUnitIdentify",
    "acceptanceUnit",
    "acceptanceUnitIdentify",
    "publicationType",
    "remarks",
];

/// The same rows in every way in which departments write them.
fn variants(plain: &Sheet) -> Vec<(&'static str, Vec<u8>)> {
    let with_codes = Sheet {
        headers: CODES.map(str::to_owned).to_vec(),
        ..plain.clone()
    };
    let slashes = plain.with_column(8, |text| text.replace('-', "/").replace("/0", "/"));
    let mut noted = csv(&plain.under_title("2024年信用承诺归集表"), ",", "\r\n");
    noted.push_str("\r\n表格说明：每行一条承诺，承诺有效期为截止日期\r\n");
    let lines = |end| csv(plain, ",", end).into_bytes();
    vec![
        ("utf8-lf.csv", lines("\n")),
        ("utf8-cr.csv", lines("\r")),
        (
            "utf8-crlf-bom.csv",
            encoded("utf-8-bom", &csv(plain, ",", "\r\n")),
        ),
        ("gb18030.csv", encoded("gb18030", &csv(plain, ",", "\r\n"))),
        ("utf16le-tab.csv", encoded("utf-16le", &csv(plain, "\t", "\r\n"))),
        ("utf16be.csv", encoded("utf-16be", &csv(plain, ",", "\n"))),
        ("semicolon.csv", csv(plain, ";", "\r\n").into_bytes()),
        ("codes.csv", csv(&with_codes, ",", "\n").into_bytes()),
        ("shuffled.csv", csv(&shuffled(plain), ",", "\n").into_bytes()),
        ("slashes.csv", csv(&slashes, ",", "\n").into_bytes()),
        ("noted.csv", noted.into_bytes()),
        (
            "full-width.csv",
            csv(&full_width(plain, &[0, 3, 8, 9, 13, 15, 17]), ",", "\n").into_bytes(),
        ),
        ("texts.xlsx", workbook(plain, &[])),
        (
            "dates.xlsx",
            workbook(
                &shuffled(plain),
                &["承诺作出日期", "承诺有效期", "承诺履行状态认定日期"],
            ),
        ),
    ]
}

#[tokio::test]
async fn the_same_rows_make_the_same_content_however_they_are_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut first: Option<String> = None;
    let made = {
        let server = TestServer::start().await;
        let made = variants(&commitments(&server));
        server.stop().await;
        made
    };
    for (name, bytes) in made {
        let server = TestServer::start().await;
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("written");
        let (code, printed) = import(&server, &file, &["--batch-size", "16"]).await;
        assert_eq!(code, Some(0), "{name}: {printed:#}");
        let result = &printed["files"][0]["result"];
        assert_eq!(result["created"], 40, "{name}: {printed:#}");
        let found = digest(&server).await;
        assert_eq!(&found, first.get_or_insert(found.clone()), "{name}");
        // Once more is once.
        let (code, printed) = import(&server, &file, &["--batch-size", "16"]).await;
        assert_eq!(
            (code, &printed["files"][0]["result"]["replayed_batches"]),
            (Some(0), &Value::from(3)),
            "{name}"
        );
        assert_eq!(digest(&server).await, found, "{name}");
        server.stop().await;
    }
}

#[tokio::test]
async fn refused_rows_come_back_marked_and_go_in_when_mended() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sheet = commitments(&server);
    let good = sheet.clone();
    sheet.rows[2][3] = "9.11508E+17".to_owned();
    sheet.rows[6][8] = "2024-02-30".to_owned();
    sheet.rows[6][18] = String::new();
    // Partly performed, and nothing said of it.
    sheet.rows[10][10] = "部分履行".to_owned();
    sheet.rows[10][11] = String::new();
    sheet.rows[10][12] = String::new();
    let file = folder.path().join("六月 承诺.csv");
    fs::write(&file, csv(&sheet, ",", "\r\n")).expect("written");
    let (code, printed) = import(&server, &file, &[]).await;
    assert_eq!(code, Some(1), "{printed:#}");
    let result = &printed["files"][0]["result"];
    assert_eq!(
        (&result["created"], &result["refused"]),
        (&Value::from(38), &Value::from(2)),
        "{printed:#}"
    );
    assert_eq!(
        (&result["returned"], &result["performances"]["refused"]),
        (&Value::from(3), &Value::from(2))
    );
    let returned = folder.path().join("六月 承诺.rejected.csv");
    let text = fs::read_to_string(&returned).expect("it came back");
    assert!(text.starts_with('\u{feff}'), "as a spreadsheet program wants it");
    assert!(text.lines().next().expect("a header").ends_with(",备注,错误原因"));
    // Rows 4, 8, 12 as a spreadsheet program numbers them; the cells named.
    for cell in [
        "[D4] “承诺人代码”被表格软件当作数字保存",
        "[I8] 第9项",
        "[S8] 第19项",
        "[L12] 第12项",
        "[M12] 第13项",
    ] {
        assert!(text.contains(cell), "{cell}: {text}");
    }
    mended_goes_in(&server, folder.path(), &good, &returned).await;
    mended_goes_in(&server, folder.path(), &good, &returned.with_extension("xlsx")).await;
    let other = TestServer::start().await;
    let whole = folder.path().join("whole.csv");
    fs::write(&whole, csv(&good, ",", "\n")).expect("written");
    assert_eq!(import(&other, &whole, &[]).await.0, Some(0));
    assert_eq!(digest(&server).await, digest(&other).await);
    other.stop().await;
    server.stop().await;
}

/// Mends the bad cells of a returned file by the good rows, by their code, and imports it.
async fn mended_goes_in(server: &TestServer, folder: &Path, good: &Sheet, returned: &Path) {
    let bytes = fs::File::open(returned).expect("it came back");
    let mut opened = credence::sheets::open(std::io::BufReader::new(bytes)).expect("it opens");
    let name = opened.table.sheets().swap_remove(0);
    let rows = opened.table.first_rows(&name, 100).expect("it reads");
    assert_eq!(rows.len(), 4, "{}", returned.display());
    let mut sheet = Sheet {
        headers: rows[0].cells.iter().map(|cell| cell.text.clone()).collect(),
        rows: Vec::new(),
    };
    assert_eq!(sheet.headers.len(), good.headers.len() + 1);
    for row in &rows[1..] {
        let mended = good
            .rows
            .iter()
            .find(|good| good[0] == row.text(0))
            .expect("its code was right");
        let mut mended = mended.clone();
        mended.push(row.text(good.headers.len()).to_owned());
        sheet.rows.push(mended);
    }
    let file = folder.join("mended.csv");
    fs::write(&file, csv(&sheet, ",", "\r\n")).expect("written");
    let (code, printed) = import(server, &file, &["--correct"]).await;
    assert_eq!(code, Some(0), "{printed:#}");
    assert_eq!(
        printed["files"][0]["columns_ignored"],
        Value::from(Vec::<String>::new())
    );
}

#[tokio::test]
async fn a_file_that_is_not_understood_is_refused_whole_and_says_why() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sheet = commitments(&server);
    let mut cut = sheet.clone();
    cut.headers[17] = "经办人".to_owned();
    let open = format!("{}\"", csv(&sheet, ",", "\n"));
    for (name, bytes, says) in [
        ("other.csv", b"a,b,c\n1,2,3\n".to_vec(), "没有符合的模板"),
        (
            "cut.csv",
            csv(&cut, ",", "\n").into_bytes(),
            "缺少必填列：承诺受理单位代码",
        ),
        ("open.csv", open.into_bytes(), "引号没有闭合"),
        ("old.xls", vec![0xD0, 0xCF, 0x11, 0xE0, 0, 0], "旧版工作簿"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("written");
        let (code, printed) = import(&server, &file, &[]).await;
        assert_eq!(code, Some(2), "{printed:#}");
        let chinese = printed["files"][0]["error"]["chinese"].as_str().expect("said");
        assert!(chinese.contains(says), "{name}: {chinese}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_check_records_nothing_with_and_without_a_server() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sheet = commitments(&server);
    sheet.rows[0][8] = "2024-02-30".to_owned();
    let file = folder.path().join("check.csv");
    fs::write(&file, csv(&sheet, ",", "\n")).expect("written");
    let before = digest(&server).await;
    let (code, printed) = import(&server, &file, &["--check"]).await;
    assert_eq!(code, Some(1), "{printed:#}");
    assert_eq!(printed["files"][0]["result"]["refused"], 1, "{printed:#}");
    assert_eq!(digest(&server).await, before);
    server.stop().await;
    let file = file.to_str().expect("UTF-8");
    let output = run(&["import", "--check", "--format", "json", file]).await;
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(1), "{printed:#}");
    assert_eq!(printed["files"][0]["result"]["refused"], 1, "{printed:#}");
    // The second came back beside the first, which someone may be mending.
    assert!(folder.path().join("check.rejected.csv").exists());
    assert!(folder.path().join("check.rejected-2.csv").exists());
}

#[tokio::test]
async fn a_row_whose_cells_moved_comes_back_instead_of_going_in_wrong() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sheet = commitments(&server);
    let text = csv(&sheet, ",", "\n").replacen("事由5,", "事由5,又一,", 1);
    let file = folder.path().join("moved.csv");
    fs::write(&file, text).expect("written");
    let (code, printed) = import(&server, &file, &[]).await;
    assert_eq!(
        (code, &printed["files"][0]["result"]["created"]),
        (Some(1), &Value::from(39)),
        "{printed:#}"
    );
    let back = fs::read_to_string(folder.path().join("moved.rejected.csv")).expect("it came back");
    assert!(back.contains("[U6] 在最后一个表头之后"), "{back}");
    server.stop().await;
}

/// Passes bytes on to the server, and cuts each of the first connections after so many from its side.
async fn cutting_proxy(server: &TestServer, cuts: Vec<u64>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let to = server.address;
    tokio::spawn(async move {
        let mut cuts = cuts.into_iter();
        while let Ok((client, _)) = listener.accept().await {
            let limit = cuts.next().unwrap_or(u64::MAX);
            tokio::spawn(async move {
                let server = TcpStream::connect(to).await.expect("the server listens");
                let (mut from_client, mut to_client) = client.into_split();
                let (from_server, mut to_server) = server.into_split();
                let up = tokio::io::copy(&mut from_client, &mut to_server);
                let mut from_server = from_server.take(limit);
                let down = tokio::io::copy(&mut from_server, &mut to_client);
                // Whichever ends first takes the other with it.
                tokio::select! { _ = up => {}, _ = down => {} }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_loses_nothing_and_doubles_nothing() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("long.csv");
    fs::write(&file, csv(&commitments(&server), ",", "\n")).expect("written");
    let proxy = cutting_proxy(&server, vec![400, 900, 1_500]).await;
    let url = format!("http://{proxy}");
    let path = file.to_str().expect("UTF-8");
    let output = run(&[
        "import",
        "--format",
        "json",
        "--batch-size",
        "2",
        "--server",
        &url,
        path,
    ])
    .await;
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(0), "{printed:#}");
    assert_eq!(printed["files"][0]["result"]["created"], 40, "{printed:#}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.matches("秒后重试").count() >= 2, "{told}");
    let other = TestServer::start().await;
    assert_eq!(import(&other, &file, &[]).await.0, Some(0));
    assert_eq!(digest(&server).await, digest(&other).await);
    other.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn no_server_is_its_own_exit_code() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("late.csv");
    fs::write(&file, csv(&commitments(&server), ",", "\n")).expect("written");
    let address = server.address;
    server.stop().await;
    let url = format!("http://{address}");
    let output = run(&[
        "import",
        "--wait",
        "1",
        "--server",
        &url,
        file.to_str().expect("UTF-8"),
    ])
    .await;
    assert_eq!(
        output.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("没有应答"));
}
