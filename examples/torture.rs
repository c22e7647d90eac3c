//! A program to be killed: server and client in one process over loopback, for the fault harness.
//!
//! `torture write FOLDER` imports the year's batches in order, without end, and prints `ACK n` after each
//! acknowledged one. `torture check FOLDER` opens the folder as a start does and prints
//! `seq=n rec=n idx=n bad=n`: how many batches stand as whole answers, commitments in the ledger, in the
//! tables, and contradictions; it exits non-zero if there is any. `torture digest FOLDER N` sends
//! the first N batches once more and prints the content digest.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use credence::app::App;
use credence::config::Config;
use credence::domain::fact::{Fact, Principal, RequestId};
use credence::domain::revision::Revision;
use credence::services::pb;
use credence::services::pb::commitment_service_client::CommitmentServiceClient;
use credence::store::{KeyRange, keys};

/// Rows of one batch; small, so that groups are many.
const ROWS: u32 = 5;
/// Answered batches that a new run sends again.
const REPEATED: u32 = 5;

fn config(folder: &Path) -> Config {
    let flags = [
        ("data".to_owned(), folder.display().to_string()),
        ("listen".to_owned(), "127.0.0.1:0".to_owned()),
        ("clock".to_owned(), "2024-06-01T00:00:00Z".to_owned()),
        ("segment_size".to_owned(), (1 << 20).to_string()),
        ("ballast_size".to_owned(), "0".to_owned()),
    ];
    Config::load(None, &flags).expect("these settings are right")
}

/// The request id of a batch: the same in every run.
fn request_id(batch: u32) -> uuid::Uuid {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("torture {batch}").as_bytes())
}

/// The rows of a batch: the same in every run.
fn rows(body: &str, name: &str, batch: u32) -> Vec<pb::CommitmentRow> {
    (0..ROWS)
        .map(|row| {
            let serial = batch * ROWS + row;
            pb::CommitmentRow {
                code: format!("15080220240105{serial:06}"),
                subject_name: "华为技术有限公司".to_owned(),
                subject_kind: pb::SubjectKind::Organisation.into(),
                subject_code: "914403001922038216".to_owned(),
                kind: pb::CommitmentKind::Voluntary.into(),
                reason: format!("reason {serial}"),
                content: "content ".repeat(usize::try_from(serial % 40).expect("small") + 1),
                liability: "entry in the credit record".to_owned(),
                made_on: "2024-01-05".to_owned(),
                accepting_body_name: name.to_owned(),
                accepting_body_code: body.to_owned(),
                publication: pb::PublicationType::Public.into(),
                ..Default::default()
            }
        })
        .collect()
}

async fn send(folder: &Path, count: Option<u32>) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let app = App::open(config(folder)).map_err(|error| text(&error))?;
    let answered = answered(&app)?;
    let policies = app.policies();
    let catalog = &policies.catalog;
    let department = &catalog.departments()[0];
    let (body, name) = (
        department.social_credit_code.to_string(),
        department.title_zh.clone(),
    );
    let listener = app.bind().await.map_err(|error| text(&error))?;
    let address = listener.local_addr().map_err(|error| text(&error))?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(app.serve(listener, async move { _ = stopped.await }));
    let mut client = CommitmentServiceClient::connect(format!("http://{address}"))
        .await
        .map_err(|error| text(&error))?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| text(&error))?;
    // A few answered batches are sent again: they must be answered again, from the record.
    for batch in answered.saturating_sub(REPEATED)..count.unwrap_or(u32::MAX) {
        let request = pb::RecordCommitmentsRequest {
            request_id: request_id(batch).to_string(),
            rows: rows(&body, &name, batch),
            ..Default::default()
        };
        let answer = tokio::select! {
            answer = client.record_commitments(request) => answer.map_err(|error| text(&error))?.into_inner(),
            _ = terminate.recv() => break,
        };
        if answer.replayed != (batch < answered) {
            return Err(format!(
                "ERR batch {batch} of {answered} answered: replayed = {}",
                answer.replayed
            ));
        }
        if answer
            .results
            .iter()
            .any(|row| row.outcome == i32::from(pb::Outcome::Refused as u16))
        {
            return Err(format!(
                "ERR batch {batch} was refused: {:?}",
                answer.results[0].findings
            ));
        }
        println!("ACK {}", batch + 1);
        std::io::stdout().flush().map_err(|error| text(&error))?;
    }
    _ = stop.send(());
    server.await.map_err(|error| text(&error))?;
    Ok(())
}

/// How many batches, from the first, stand as answers.
fn answered(app: &App) -> Result<u32, String> {
    let view = app.shared().view().map_err(|refusal| refusal.to_string())?;
    let stands = |batch: &u32| {
        let key = keys::request_key(&Principal::local(), RequestId(*request_id(*batch).as_bytes()));
        matches!(view.get(keys::REQUEST, &key), Ok(Some(_)))
    };
    u32::try_from((0..).take_while(stands).count()).map_err(|error| error.to_string())
}

/// Opens the folder and compares the ledger with the tables.
fn check(folder: &Path, digest: bool) -> Result<bool, String> {
    let app = App::open(config(folder)).map_err(|error| error.to_string())?;
    let shared = app.shared();
    let view = shared.view().map_err(|refusal| refusal.to_string())?;
    let head = shared.head();
    let mut answers: HashMap<RequestId, usize> = HashMap::new();
    let (mut recorded, mut bad, mut in_group) = (0_u64, 0_u64, 0_usize);
    for revision in 1..=head.place.revision.0 {
        let (fact, _) = shared
            .facts
            .fact(Revision(revision))
            .map_err(|error| error.to_string())?;
        match fact.fact {
            Fact::CommitmentRecorded(_) => {
                recorded += 1;
                in_group += 1;
                let row = view.get(keys::COMMITMENT, &keys::revision_key(Revision(revision)));
                bad += u64::from(!matches!(row, Ok(Some(_))));
            }
            Fact::RequestRecorded { id, outcomes, .. } => {
                bad += u64::from(in_group != outcomes.len());
                in_group = 0;
                bad += u64::from(answers.insert(id, outcomes.len()).is_some());
            }
            Fact::LedgerOpened { .. }
            | Fact::EpochOpened { .. }
            | Fact::ServerStarted { .. }
            | Fact::DayTurned { .. }
            | Fact::DataAdopted { .. }
            | Fact::SubjectOpened { .. }
            | Fact::CommitmentCorrected(_)
            | Fact::CommitmentWithdrawn { .. }
            | Fact::PerformanceRecorded(_)
            | Fact::PerformanceCorrected(_)
            | Fact::RowStopped { .. }
            | Fact::SealedRead { .. }
            | Fact::BatchesWithdrawn { .. }
            | Fact::EffectsSettled { .. }
            | Fact::Subject(_)
            | Fact::Record(_)
            | Fact::Supervision(_)
            | Fact::Grade(_)
            | Fact::Notice(_) => {}
        }
    }
    let whole = KeyRange {
        from: bytes::Bytes::new(),
        until: None,
    };
    let rows = view
        .scan(keys::COMMITMENT, &whole, usize::MAX)
        .map_err(|error| error.to_string())?
        .rows
        .len();
    bad += u64::from(rows as u64 != recorded);
    let seq = (0..)
        .take_while(|batch| answers.contains_key(&RequestId(*request_id(*batch).as_bytes())))
        .count();
    bad += u64::from(seq != answers.len());
    println!("seq={seq} rec={recorded} idx={rows} bad={bad}");
    if digest {
        let content = credence::store::content_digest::content_digest(&shared.facts, head.place.revision);
        let content = content.map_err(|error| error.to_string())?;
        println!("content={}", data_encoding::HEXLOWER.encode(&content.total));
    }
    Ok(bad == 0)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let text: Vec<&str> = arguments.iter().map(String::as_str).collect();
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    let runtime = || tokio::runtime::Runtime::new().expect("threads can be started");
    let result = match text[1..] {
        ["write", folder] => runtime()
            .block_on(send(&PathBuf::from(folder), None))
            .map(|()| true),
        ["write", folder, count] => match count.parse() {
            Ok(count) => runtime()
                .block_on(send(&PathBuf::from(folder), Some(count)))
                .map(|()| true),
            Err(_) => Err("the count is no number".to_owned()),
        },
        ["check", folder] => check(&PathBuf::from(folder), false),
        ["digest", folder] => check(&PathBuf::from(folder), true),
        _ => Err("usage: torture write|check|digest FOLDER [COUNT]".to_owned()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("ERR {error}");
            ExitCode::FAILURE
        }
    }
}
