//! What an import costs, beside what the disk alone costs for the same bytes, on the same machine in the
//! same run. Ratios are printed; nothing is judged.
//!
//! `cargo bench --bench ingest [-- --records N]`; N is 20,481 unless given. The server is a process of its
//! own, so its processor time and memory are told apart from the client's. How to read the figures:
//! `docs/performance.md`.

use std::path::Path;
use std::time::Duration;

mod disk;
mod rows;
mod server;

use server::Server;

/// A year of the district.
const RECORDS: u32 = 20_481;
/// Rows of a message.
const MESSAGES: [u32; 2] = [100, 1_000];
/// Calls, and syncs, of which a latency is taken.
const SAMPLES: u32 = 500;
/// Numbers of the unary rows lie above all others.
const UNARY_FROM: u32 = 100_000_000;
/// About the size of a group of one record.
const SYNC_SIZE: usize = 720;

fn main() {
    let records = records();
    println!("machine: {}", machine());
    println!("records: {records}, a quarter of them of natural persons\n");
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    for rows_per_message in MESSAGES {
        let folder = disk::folder();
        runtime.block_on(import(folder.path(), records, rows_per_message));
    }
    let folder = disk::folder();
    runtime.block_on(latency(folder.path()));
    let folder = disk::folder();
    runtime.block_on(starts(folder.path(), records));
}

fn records() -> u32 {
    let arguments: Vec<String> = std::env::args().collect();
    let place = arguments.iter().position(|argument| argument == "--records");
    place.map_or(RECORDS, |place| {
        let number = arguments.get(place + 1).and_then(|text| text.parse().ok());
        number.expect("--records takes a number")
    })
}

/// Processor model and number of cores, as the kernel names them.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores")
}

/// One import, and the same groups written to the disk without anything around.
async fn import(folder: &Path, records: u32, rows_per_message: u32) {
    let clock = credence::clock::monotonic();
    let server = Server::start(folder).await;
    let before = server.processor_time();
    let begin = clock();
    server.import(records, rows_per_message).await;
    let took = clock() - begin;
    let processor = server.processor_time() - before;
    let memory = server.memory_high_water();
    server.stop();
    let groups = disk::groups(folder);
    let bytes: u64 = groups.iter().map(|group| group.len() as u64).sum();
    let mut disk = disk::Disk::preallocated(folder, groups.iter().map(Vec::len).sum());
    let raw: Duration = groups.iter().map(|group| disk.append(group)).sum();
    let count = f64::from(records);
    println!("import in messages of {rows_per_message}");
    println!(
        "  durable records per second  {:>10.0}",
        count / took.as_secs_f64()
    );
    println!(
        "  server's processor time     {:>10.1} us per record",
        processor.as_secs_f64() * 1e6 / count
    );
    println!(
        "  groups                      {:>10}, {:.0} records each",
        groups.len(),
        count / groups.len() as f64
    );
    println!(
        "  the disk alone              {:>10.0} records per second (append and fdatasync of the same groups)",
        count / raw.as_secs_f64()
    );
    println!(
        "  ratio                       {:>10.1} times the disk's own time",
        took.as_secs_f64() / raw.as_secs_f64()
    );
    println!("  server's memory             {:>10} KiB at its highest", memory);
    for (what, size) in [
        ("ledger", bytes),
        ("tables", disk::size(&folder.join("tables"))),
        ("keys", disk::size(&folder.join("keys"))),
    ] {
        println!(
            "  {what:<6} on disk              {:>10.0} bytes per record",
            size as f64 / count
        );
    }
    println!();
}

/// Single calls and single syncs in turn, so that both meet the same disk.
async fn latency(folder: &Path) {
    let clock = credence::clock::monotonic();
    let server = Server::start(folder).await;
    let mut disk = disk::Disk::preallocated(folder, SYNC_SIZE * SAMPLES as usize);
    let (mut calls, mut syncs) = (Vec::new(), Vec::new());
    for number in 0..SAMPLES {
        let begin = clock();
        server.record_one(UNARY_FROM + number).await;
        calls.push(clock() - begin);
        syncs.push(disk.append(&[0x5a; SYNC_SIZE]));
    }
    server.stop();
    println!("one record a call, one call at a time");
    let (calls, syncs) = (Quantiles::of(calls), Quantiles::of(syncs));
    println!(
        "  call                        p50 {:>7.0} us, p99 {:>7.0} us",
        calls.p50, calls.p99
    );
    println!(
        "  fdatasync of {SYNC_SIZE:>5} bytes     p50 {:>7.0} us, p99 {:>7.0} us",
        syncs.p50, syncs.p99
    );
    println!(
        "  ratio                       p50 {:>7.1},    p99 {:>7.1}\n",
        calls.p50 / syncs.p50,
        calls.p99 / syncs.p99
    );
}

/// Starts over a filled folder: with its tables, and after they were lost.
async fn starts(folder: &Path, records: u32) {
    let server = Server::start(folder).await;
    server.import(records, MESSAGES[1]).await;
    server.stop();
    println!("start over {records} records, until the first answer");
    let begun = Server::start(folder).await;
    println!(
        "  with its tables             {:>10.2} s",
        begun.started_in.as_secs_f64()
    );
    begun.stop();
    std::fs::remove_dir_all(folder.join("tables")).expect("the tables can be removed");
    let rebuilt = Server::start(folder).await;
    let took = rebuilt.started_in.as_secs_f64();
    println!(
        "  with a rebuild              {took:>10.2} s, {:.0} records per second",
        f64::from(records) / took
    );
    rebuilt.stop();
}

/// Middle and edge of some times, in microseconds.
struct Quantiles {
    p50: f64,
    p99: f64,
}

impl Quantiles {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e6;
        Self {
            p50: at(50),
            p99: at(99),
        }
    }
}
