//! The server as a process of its own, and a client of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use credence::services::pb;
use credence::services::pb::catalog_service_client::CatalogServiceClient;
use credence::services::pb::commitment_service_client::CommitmentServiceClient;
use credence::services::pb::import_commitments_response::Answer;
use credence::services::pb::operations_service_client::OperationsServiceClient;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

use super::rows;

/// Streams that import at the same time.
const STREAMS: u32 = 4;
/// Rows of one message must fit; a thousand of these rows are about 0.7 MB.
const WINDOW: u32 = 2 << 20;
/// The kernel tells processor time in hundredths of a second.
const TICKS_PER_SECOND: u64 = 100;

pub struct Server {
    process: Child,
    client: CommitmentServiceClient<Channel>,
    body: pb::Body,
    /// From the beginning of the process to its first answer.
    pub started_in: Duration,
}

impl Server {
    pub async fn start(folder: &Path) -> Self {
        let clock = credence::clock::monotonic();
        let begin = clock();
        let mut process = Command::new(env!("CARGO_BIN_EXE_credence"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .args(["--clock", "2024-06-03T12:00:00+08:00", "--set", "log_format=json"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let address = lines.by_ref().find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line.expect("readable")).ok()?;
            Some(line["listen"].as_str()?.to_owned())
        });
        // What it says later is let go, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.expect("the log names the address");
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        let channel = endpoint
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(STREAMS * WINDOW)
            .connect()
            .await
            .expect("the server listens");
        let head = pb::GetHeadRequest::default();
        let answer = OperationsServiceClient::new(channel.clone()).get_head(head).await;
        answer.expect("the server answers");
        let started_in = clock() - begin;
        let bodies = CatalogServiceClient::new(channel.clone())
            .list_bodies(pb::ListBodiesRequest::default())
            .await;
        Self {
            process,
            client: CommitmentServiceClient::new(channel),
            body: bodies.expect("answered").into_inner().bodies.swap_remove(0),
            started_in,
        }
    }

    /// Imports rows 0 to `records` over several streams; every one of them is created.
    pub async fn import(&self, records: u32, rows_per_message: u32) {
        let messages = records.div_ceil(rows_per_message);
        let mut streams = JoinSet::new();
        for stream in 0..STREAMS {
            let body = self.body.clone();
            let message = move |number: u32| {
                let first = number * rows_per_message;
                let rows = first..records.min(first + rows_per_message);
                pb::ImportCommitmentsRequest {
                    request_id: Uuid::from_u128(u128::from(number)).to_string(),
                    rows: rows.map(|number| rows::row(&body, number)).collect(),
                    ..Default::default()
                }
            };
            let own = (stream..messages).step_by(STREAMS as usize).map(message);
            let mut client = self.client.clone();
            streams.spawn(async move {
                let answers = client.import_commitments(tokio_stream::iter(own)).await;
                let mut answers = answers.expect("begun").into_inner();
                let mut created = 0;
                while let Some(answer) = answers.message().await.expect("in order") {
                    let Some(Answer::Result(result)) = answer.answer else {
                        panic!("a batch was refused: {answer:?}");
                    };
                    created += result.created_count;
                }
                created
            });
        }
        let created: u32 = streams.join_all().await.into_iter().sum();
        assert_eq!(created, records, "every row is new");
    }

    /// Records one organisation's row by a call of its own.
    pub async fn record_one(&self, number: u32) {
        let request = pb::RecordCommitmentsRequest {
            request_id: Uuid::from_u128(u128::from(number)).to_string(),
            // A multiple of four is no person's row, which would take a second sync for its key.
            rows: vec![rows::row(&self.body, 4 * number)],
            ..Default::default()
        };
        let answer = self.client.clone().record_commitments(request).await;
        assert_eq!(answer.expect("answered").into_inner().created_count, 1);
    }

    /// Processor time of the process so far, in user and kernel.
    pub fn processor_time(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.process.id());
        let text = std::fs::read_to_string(path).expect("the process runs");
        let (_, fields) = text.rsplit_once(')').expect("the name ends");
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
    }

    /// Most resident memory so far, in KiB.
    pub fn memory_high_water(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let text = std::fs::read_to_string(path).expect("the process runs");
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number.expect("the kernel says it").parse().expect("a number")
    }

    /// Stops it as an operator would and waits for its end.
    pub fn stop(mut self) {
        let id = i32::try_from(self.process.id()).expect("a process id");
        let id = rustix::process::Pid::from_raw(id).expect("not zero");
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it runs");
        assert!(self.process.wait().expect("it ends").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing to end; after a panic nothing is to stay behind.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
