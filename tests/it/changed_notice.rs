//! A holiday notice that comes late or is changed: what was received keeps its judgment, what could not be
//! judged is judged by the notice that comes.
//!
//! Rows are received on Monday, 2024-06-03.

use std::path::{Path, PathBuf};

use credence::services::pb;

use crate::harness::{TestServer, request_id};
use crate::timeliness::{listed, made, penalty};

/// A folder of policies whose calendars can be changed between two starts.
pub struct Notices(tempfile::TempDir);

impl Notices {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["bodies.toml", "departments.toml", "district.toml", "sectors.toml"] {
            std::fs::copy(built_in(name), folder.path().join(name)).expect("copied");
        }
        std::fs::create_dir(folder.path().join("calendars")).expect("made");
        std::fs::copy(
            built_in("calendars/2023.toml"),
            folder.path().join("calendars/2023.toml"),
        )
        .expect("copied");
        Self(folder)
    }

    /// The notice of 2024 as it was issued, with these changes.
    pub fn issue(&self, changes: &[(&str, &str)]) {
        let mut text = std::fs::read_to_string(built_in("calendars/2024.toml")).expect("read");
        for (before, after) in changes {
            assert!(text.contains(before), "{before}");
            text = text.replace(before, after);
        }
        std::fs::write(self.0.path().join("calendars/2024.toml"), text).expect("written");
    }

    pub async fn start(&self, data: tempfile::TempDir) -> TestServer {
        let folder = self.0.path().to_str().expect("UTF-8");
        TestServer::start_in(data, &[("policies", folder)]).await
    }
}

fn built_in(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(name)
}

/// Saturday, 2024-05-25, is worked.
const MADE_UP: [(&str, &str); 2] = [
    ("2024-05-11]", "2024-05-11, 2024-05-25]"),
    ("working_days = 251", "working_days = 252"),
];
/// Tuesday, 2024-05-28, is off.
pub const OFF: [(&str, &str); 2] = [
    (
        "[[holiday]]\ntitle_zh = \"端午节\"",
        "[[holiday]]\ntitle_zh = \"休市日\"\ntitle_en = \"Day off\"\nfrom = 2024-05-28\nuntil = 2024-05-28\n\
         make_up = []\n\n[[holiday]]\ntitle_zh = \"端午节\"",
    ),
    ("working_days = 251", "working_days = 250"),
];

/// A commitment and a penalty of 2024-05-23; their names.
async fn receive(server: &TestServer, serial: u32) -> [String; 2] {
    let commitment = server.recorded(serial, made(server, serial, "2024-05-23")).await;
    let request = pb::RecordRecordsRequest {
        request_id: request_id(1_000 + serial),
        rows: vec![penalty(server, serial, "2024-05-23")],
        ..Default::default()
    };
    let answer = server.records.clone().record_records(request).await;
    let mut answer = answer.expect("recorded").into_inner();
    assert_eq!(answer.created_count, 1);
    [commitment, answer.results.remove(0).name]
}

/// What is said of a commitment and a penalty, which is the same: last day, working days late, judgment.
async fn judged(server: &TestServer, names: &[String; 2]) -> (String, u32, i32) {
    let mut found = Vec::new();
    for timeliness in [
        pb::Timeliness::InTime,
        pb::Timeliness::Late,
        pb::Timeliness::NotJudged,
    ] {
        found.extend(listed(server, timeliness).await);
    }
    let of = |name: &String| {
        let row = found.iter().find(|row| row.row == *name).expect("listed");
        (row.due_on.clone(), row.working_days_late, row.timeliness)
    };
    let judged = of(&names[1]);
    assert_eq!(of(&names[0]), judged);
    let get = pb::GetRecordRequest {
        name: names[1].clone(),
        ..Default::default()
    };
    let record = server.records.clone().get_record(get).await;
    let record = record.expect("found").into_inner();
    assert_eq!((&record.due_on, record.working_days_late), (&judged.0, judged.1));
    judged
}

fn in_time(due_on: &str) -> (String, u32, i32) {
    (due_on.to_owned(), 0, pb::Timeliness::InTime.into())
}

fn late(due_on: &str, days: u32) -> (String, u32, i32) {
    (due_on.to_owned(), days, pb::Timeliness::Late.into())
}

async fn penalties(server: &TestServer, timeliness: pb::TimelinessFilter) -> u64 {
    let request = pb::CountRecordsRequest {
        filter: Some(pb::RecordFilter {
            timeliness: timeliness.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let counted = server.records.clone().count_records(request).await;
    counted.expect("counted").into_inner().total
}

#[tokio::test]
async fn a_changed_notice_leaves_what_was_received_and_holds_for_what_comes() {
    let notices = Notices::new();
    notices.issue(&[]);
    let server = notices
        .start(tempfile::tempdir().expect("a temporary folder"))
        .await;
    let first = receive(&server, 1).await;
    assert_eq!(judged(&server, &first).await, in_time("2024-06-03"));

    notices.issue(&MADE_UP);
    let server = notices.start(server.stop().await).await;
    let second = receive(&server, 2).await;
    assert_eq!(judged(&server, &first).await, in_time("2024-06-03"));
    assert_eq!(judged(&server, &second).await, late("2024-05-31", 1));
    assert_eq!(penalties(&server, pb::TimelinessFilter::InTime).await, 1);
    assert_eq!(penalties(&server, pb::TimelinessFilter::Late).await, 1);

    // Changed once more, and started without a change: each row keeps the calendar of its receipt.
    notices.issue(&OFF);
    let server = notices.start(server.stop().await).await;
    let server = notices.start(server.stop().await).await;
    let third = receive(&server, 3).await;
    let folder = server.stop().await;
    // Rebuilt tables say the same.
    std::fs::remove_dir_all(folder.path().join("tables")).expect("removed");
    let server = notices.start(folder).await;
    assert_eq!(judged(&server, &first).await, in_time("2024-06-03"));
    assert_eq!(judged(&server, &second).await, late("2024-05-31", 1));
    assert_eq!(judged(&server, &third).await, in_time("2024-06-04"));
}

#[tokio::test]
async fn what_no_calendar_could_judge_is_judged_by_the_notice_that_comes_and_by_no_later_one() {
    let notices = Notices::new();
    let server = notices
        .start(tempfile::tempdir().expect("a temporary folder"))
        .await;
    let names = receive(&server, 1).await;
    let open = (String::new(), 0, pb::Timeliness::NotJudged.into());
    assert_eq!(judged(&server, &names).await, open);

    notices.issue(&MADE_UP);
    let server = notices.start(server.stop().await).await;
    let after = late("2024-05-31", 1);
    assert_eq!(judged(&server, &names).await, after);

    notices.issue(&[]);
    let server = notices.start(server.stop().await).await;
    assert_eq!(judged(&server, &names).await, after);
}
