//! The recorder wholly in memory, over a small year: what it records does not depend on where it lies.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use super::in_memory;
use super::start::{self, DataFolder, Running, Setup};
use super::{Answer, Command, Order, Request};
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Outcome, Principal, RequestId};
use crate::domain::hash::{KeyedHashes as _, hash32};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Instant;
use crate::ingest::check::check;
use crate::ingest::commands::{RecordCommitments, RecordPerformance, Row, WithdrawCommitment};
use crate::ledger::{self, Options};
use crate::policy::{Policies, data};
use crate::store;
use crate::store::Tables as _;
use crate::store::content_digest::content_digest;
use crate::testkit::generator::{District, year};
use crate::testkit::plan::{self, Step, Year};

const SEED: u64 = 20_240_103;
/// 2024-01-01, midnight in UTC+8.
const BEGIN: Instant = Instant(1_704_038_400_000_000_000);

/// A recorder with the clock that drives it.
struct Bench {
    running: Running,
    clock: Arc<AtomicI64>,
}

fn setup(clock: &Arc<AtomicI64>) -> Setup {
    let read = Arc::clone(clock);
    let mut chance = ChaCha12Rng::seed_from_u64(SEED);
    Setup {
        queue_commands_max: 4,
        data: data::built_in(),
        version: "test".to_owned(),
        now: Arc::new(move || Instant(read.load(Ordering::SeqCst))),
        monotonic: Arc::new(|| Duration::ZERO),
        random: Box::new(move |bytes| chance.fill(bytes)),
        test_clock: true,
    }
}

impl Bench {
    fn in_memory() -> Self {
        let clock = Arc::new(AtomicI64::new(BEGIN.0));
        let running = in_memory::start(setup(&clock));
        Self {
            running: running.expect("a new recorder"),
            clock,
        }
    }

    fn on_disk(folder: &Path) -> Self {
        let clock = Arc::new(AtomicI64::new(BEGIN.0));
        let folder = DataFolder {
            path: folder.to_owned(),
            options: Options {
                segment_size: ledger::segment::SIZE_MIN,
                disk_reserve: 0,
            },
            ballast_size: 0,
            accept_loss_after: None,
            master_key: None,
        };
        let started = start::start(&folder, setup(&clock)).expect("a new folder");
        Self {
            running: started.running,
            clock,
        }
    }

    async fn submit(&self, request: Option<uuid::Uuid>, command: Command) -> Result<Answer, Refusal> {
        let request = request.map(|id| Request {
            id: RequestId(id.into_bytes()),
            hash: request_hash(id),
        });
        let order = Order {
            principal: Principal::local(),
            request,
            validate_only: false,
            command,
            deadline: None,
        };
        self.running.recorder.submit(order).await
    }

    async fn send(&self, batch: &plan::Batch) -> Answer {
        let catalog = &self.running.shared.policies.catalog;
        let today = CivilDate::of_instant(Instant(self.clock.load(Ordering::SeqCst)));
        let rows = batch.rows.iter().map(|row| Row {
            name: plan::commitment_name(&row.reported).parse().ok(),
            checked: check(&row.reported, catalog, today),
        });
        let command = RecordCommitments {
            rows: rows.collect(),
            correct_performance: false,
        };
        let answer = self.submit(Some(batch.request_id), Command::RecordCommitments(command));
        answer.await.expect("a batch is never refused whole")
    }

    /// Sends a year step by step; each row's outcome is the planned one.
    async fn live(&self, year: &Year) -> Vec<Answer> {
        let mut answers = Vec::new();
        for step in &year.sends {
            match step {
                Step::Advance(to) => {
                    self.clock.fetch_max(to.0, Ordering::SeqCst);
                    let until = CivilDate::of_instant(*to);
                    let turned = self.submit(None, Command::TurnDays { until }).await;
                    turned.expect("days turn");
                }
                Step::Import(batches) => {
                    for batch in batches {
                        let answer = self.send(batch).await;
                        let outcomes = answer.outcomes.iter().map(|one| one.outcome);
                        assert!(outcomes.eq(batch.rows.iter().map(|row| expected(row.outcome))));
                        answers.push(answer);
                    }
                }
                Step::Perform(sends) => {
                    for send in sends {
                        let command = RecordPerformance {
                            name: send.commitment.parse().expect("a generated name"),
                            reported: send.performance.clone(),
                            correct: send.correct,
                        };
                        let answer = self
                            .submit(Some(send.request_id), Command::RecordPerformance(command))
                            .await;
                        match answer {
                            Ok(answer) => {
                                assert_eq!(answer.outcomes[0].outcome, expected(send.outcome));
                                answers.push(answer);
                            }
                            Err(refusal) => {
                                assert_eq!(refusal.reason, Reason::PerformanceExists);
                                assert_eq!(expected(send.outcome), Outcome::Refused);
                            }
                        }
                    }
                }
                Step::Withdraw(withdrawals) => {
                    for withdrawal in withdrawals {
                        let command = Command::Withdraw(WithdrawCommitment {
                            name: withdrawal.commitment.parse().expect("a generated name"),
                            reason: withdrawal.reason.clone(),
                        });
                        let answer = self.submit(Some(withdrawal.request_id), command).await;
                        answers.push(answer.expect("withdrawn"));
                    }
                }
                Step::Register(_)
                | Step::RegisterRows(_)
                | Step::Memberships(_)
                | Step::Records(_)
                | Step::End(_) => unreachable!("a year of commitments has no such step"),
            }
        }
        answers
    }
}

fn expected(outcome: plan::Outcome) -> Outcome {
    match outcome {
        plan::Outcome::Created => Outcome::Created,
        plan::Outcome::Repeated => Outcome::Repeated,
        plan::Outcome::Corrected => Outcome::Corrected,
        plan::Outcome::Refused(_) => Outcome::Refused,
    }
}

fn a_small_year() -> Year {
    year(SEED, 100, &District::of(&Policies::built_in().catalog))
}

fn first_batch(year: &Year) -> &plan::Batch {
    let batch = year.sends.iter().find_map(|step| match step {
        Step::Import(batches) => batches.first(),
        Step::Advance(_)
        | Step::Perform(_)
        | Step::Withdraw(_)
        | Step::Register(_)
        | Step::RegisterRows(_)
        | Step::Memberships(_)
        | Step::Records(_)
        | Step::End(_) => None,
    });
    batch.expect("a year has batches")
}

/// As a service would hash what is asked for.
fn request_hash(id: uuid::Uuid) -> [u8; 32] {
    hash32(b"test", &[id.as_bytes()])
}

#[tokio::test]
async fn the_same_orders_make_the_same_ledger_and_tables_in_memory_and_on_disk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (memory, disk) = (Bench::in_memory(), Bench::on_disk(folder.path()));
    let year = a_small_year();
    assert_eq!(memory.live(&year).await, disk.live(&year).await);
    let (one, other) = (&memory.running.shared, &disk.running.shared);
    assert_eq!(one.head(), other.head());
    assert_eq!(one.tables.digest(), other.tables.digest());
    let until = one.head().place.revision;
    let content = content_digest(&one.facts, until).expect("readable");
    assert_eq!(content, content_digest(&other.facts, until).expect("readable"));
    let collected = year.plan.expected.created;
    let recorded = content.kinds.iter().find(|kind| kind.0 == "commitment_recorded");
    assert_eq!(recorded.map(|kind| kind.1), Some(collected));
}

#[tokio::test]
async fn a_rebuild_in_memory_ends_in_the_same_tables() {
    let bench = Bench::in_memory();
    bench.live(&a_small_year()).await;
    let shared = &bench.running.shared;
    let rebuilt = store::in_memory::InMemory::new();
    start::catch_up(&rebuilt, &shared.facts, shared.head().place.revision).expect("folded");
    assert_eq!(rebuilt.digest(), shared.tables.digest());
    assert_eq!(rebuilt.reflects(), shared.tables.reflects());
}

#[tokio::test]
async fn the_hash_of_a_request_stands_in_the_ledger_under_the_key_only() {
    let bench = Bench::in_memory();
    let year = a_small_year();
    let batch = first_batch(&year);
    bench
        .clock
        .store(BEGIN.0 + 365 * 86_400_000_000_000, Ordering::SeqCst);
    bench.send(batch).await;
    let shared = &bench.running.shared;
    let (recorded, _) = shared.facts.fact(shared.head().place.revision).expect("readable");
    let Fact::RequestRecorded { hash, .. } = recorded.fact else {
        panic!("the answer is the last fact of its group")
    };
    let plain = request_hash(batch.request_id);
    assert_ne!(hash, plain);
    assert_eq!(hash, shared.facts.keys().keyed_whole(plain));
}

#[tokio::test]
async fn a_repeated_request_is_answered_from_the_ledger_in_memory() {
    let bench = Bench::in_memory();
    let year = a_small_year();
    let batch = first_batch(&year);
    bench
        .clock
        .store(BEGIN.0 + 365 * 86_400_000_000_000, Ordering::SeqCst);
    let first = bench.send(batch).await;
    let head = bench.running.shared.head();
    let again = bench.send(batch).await;
    assert!(again.replayed && !first.replayed);
    let revisions = |answer: &Answer| -> Vec<_> { answer.outcomes.iter().map(|one| one.revision).collect() };
    assert_eq!(revisions(&again), revisions(&first));
    assert_eq!(bench.running.shared.head(), head);
}
