//! Files about commitments that stand already: withdrawals, and breaches with notice and hearing.

use std::fs;

use credence::services::pb;
use serde_json::Value;

use crate::harness::{TestServer, request_id};
use crate::imports::{commitments, digest, import};
use crate::sheet_variants::{Sheet, csv, full_width, workbook};

const BREACH: [&str; 16] = [
    "承诺受理单位代码",
    "承诺编码",
    "认定单位",
    "认定单位代码",
    "违诺内容",
    "认定依据",
    "证据",
    "告知日期",
    "整改期限",
    "陈述申辩告知日期",
    "陈述申辩日期",
    "放弃陈述申辩日期",
    "违诺责任追究措施",
    "违诺认定日期",
    "追究执行日期",
    "追究执行情况",
];

fn sheet(headers: &[&str], rows: Vec<Vec<String>>) -> Sheet {
    Sheet {
        headers: headers.iter().map(|header| (*header).to_owned()).collect(),
        rows,
    }
}

/// A server that has the commitments, and the table they came in.
async fn filled() -> (TestServer, Sheet) {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut promises = commitments(&server);
    for row in &mut promises.rows {
        row[10..16].fill(String::new());
    }
    let file = folder.path().join("promises.csv");
    fs::write(&file, csv(&promises, ",", "\n")).expect("written");
    assert_eq!(import(&server, &file, &[]).await.0, Some(0));
    (server, promises)
}

/// Name of the commitment of a row.
fn name(row: &[String]) -> String {
    format!("commitments/{}-{}", row[17], row[0])
}

/// One breach at each of its stages: told, heard and confirmed, carried out.
fn breach(server: &TestServer, promise: &[String], stage: usize) -> Vec<String> {
    let from = |first: usize, text: &str| if stage >= first { text } else { "" }.to_owned();
    vec![
        promise[17].clone(),
        promise[0].clone(),
        server.body.title_chinese.clone(),
        server.body.social_credit_code.clone(),
        "未按期补交场地证明".to_owned(),
        "行政许可法第六十九条".to_owned(),
        "现场检查笔录〔2024〕1号；影像资料1份".to_owned(),
        "2024-05-06".to_owned(),
        "2024-05-20".to_owned(),
        "2024-05-06".to_owned(),
        from(1, "2024-05-13"),
        String::new(),
        promise[7].clone(),
        from(1, "2024-05-21"),
        from(2, "2024-05-22"),
        from(2, "已撤销许可"),
    ]
}

/// The same breach as a client of its own would send it.
fn asked(row: &[String]) -> pb::BreachItems {
    let text = |place: usize| row[place].clone();
    pb::BreachItems {
        finding_body_name: text(2),
        finding_body_code: text(3),
        unperformed: text(4),
        basis: text(5),
        evidence: text(6).split('；').map(str::to_owned).collect(),
        notified_on: text(7),
        correct_by: text(8),
        hearing_offered_on: text(9),
        hearing_held_on: text(10),
        hearing_waived_on: text(11),
        consequence: text(12),
        corrected_on: String::new(),
        confirmed_on: text(13),
        carried_out_on: text(14),
        carried_out: text(15),
    }
}

#[tokio::test]
async fn breaches_with_their_hearings_go_as_files_and_are_the_content_of_calls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (called, promises) = filled().await;
    for stage in 0..3_u32 {
        let place = usize::try_from(stage).expect("small");
        for promise in 0..2_u32 {
            let promised = &promises.rows[usize::try_from(promise).expect("small")];
            let request = pb::RecordBreachRequest {
                request_id: request_id(100 + 10 * stage + promise),
                commitment: name(promised),
                breach: Some(asked(&breach(&called, promised, place))),
                ..Default::default()
            };
            let mut client = called.commitments.clone();
            client.record_breach(request).await.expect("recorded");
        }
    }
    let expected = digest(&called).await;
    called.stop().await;

    let (server, promises) = filled().await;
    for (stage, outcome) in [(0, "created"), (1, "corrected"), (2, "corrected")] {
        let rows = (0..2).map(|place| breach(&server, &promises.rows[place], stage));
        let table = sheet(&BREACH, rows.collect());
        let wide = full_width(&table, &[0, 1, 3, 7, 8]);
        let (file, bytes) = match stage {
            0 => ("told.csv", csv(&table, ",", "\r\n").into_bytes()),
            1 => ("heard.csv", csv(&wide, ",", "\n").into_bytes()),
            _ => ("done.xlsx", workbook(&table, &["告知日期", "追究执行日期"])),
        };
        let file = folder.path().join(file);
        fs::write(&file, bytes).expect("written");
        let (code, printed) = import(&server, &file, &[]).await;
        assert_eq!(printed["files"][0]["layout"], "BREACH");
        let result = &printed["files"][0]["result"];
        assert_eq!(
            (code, &result[outcome]),
            (Some(0), &Value::from(2)),
            "{printed:#}"
        );
    }
    assert_eq!(digest(&server).await, expected);

    // An earlier stage said differently is refused, unless it corrects; so is what has no basis.
    let mut other = breach(&server, &promises.rows[0], 0);
    other[4] = "另一事实".to_owned();
    let mut baseless = breach(&server, &promises.rows[2], 0);
    baseless[12] = "没收全部财产".to_owned();
    let file = folder.path().join("other.csv");
    fs::write(&file, csv(&sheet(&BREACH, vec![other, baseless]), ",", "\n")).expect("written");
    let (code, printed) = import(&server, &file, &[]).await;
    let result = &printed["files"][0]["result"];
    assert_eq!(
        (code, &result["refused"]),
        (Some(1), &Value::from(2)),
        "{printed:#}"
    );
    assert_eq!(digest(&server).await, expected);
    server.stop().await;
}

#[tokio::test]
async fn commitments_are_taken_back_by_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (called, promises) = filled().await;
    for place in 0..3_u32 {
        let request = pb::WithdrawCommitmentRequest {
            request_id: request_id(100 + place),
            name: name(&promises.rows[usize::try_from(place).expect("small")]),
            reason: "重复录入，予以撤销".to_owned(),
            validate_only: false,
        };
        let mut client = called.commitments.clone();
        client.withdraw_commitment(request).await.expect("withdrawn");
    }
    let expected = digest(&called).await;
    called.stop().await;

    let (server, promises) = filled().await;
    let row = |place: usize| {
        let promise = &promises.rows[place];
        vec![
            promise[17].clone(),
            promise[0].clone(),
            "重复录入，予以撤销".to_owned(),
        ]
    };
    let mut rows: Vec<_> = (0..3).map(row).collect();
    rows.push(row(3));
    rows[3][1] = "15080220240105999999".to_owned();
    let file = folder.path().join("withdrawn.csv");
    let headers = ["承诺受理单位代码", "承诺编码", "撤销原因"];
    fs::write(&file, csv(&sheet(&headers, rows), ",", "\n")).expect("written");
    let (code, printed) = import(&server, &file, &[]).await;
    let result = &printed["files"][0]["result"];
    assert_eq!(printed["files"][0]["layout"], "COMMITMENT_WITHDRAWAL");
    assert_eq!(
        (code, &result["created"], &result["refused"]),
        (Some(1), &Value::from(3), &Value::from(1)),
        "{printed:#}"
    );
    assert_eq!(digest(&server).await, expected);
    // Once more is once.
    let (_, printed) = import(&server, &file, &[]).await;
    let result = &printed["files"][0]["result"];
    assert_eq!(result["repeated"], 3, "{printed:#}");
    assert_eq!(digest(&server).await, expected);
    server.stop().await;
}
