//! The service's recorder over a folder, under a clock that is moved, and its verbs on generated subjects.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use serde_json::Value;
use tempfile::TempDir;

use credence::commands::ledger::Lines;
use credence::domain::catalog::SectorCode;
use credence::domain::civil_date::CivilDate;
use credence::domain::commitment::Choice;
use credence::domain::fact::{Principal, RowOutcome};
use credence::domain::refusal::Refusal;
use credence::domain::revision::{Instant, Place, Revision};
use credence::domain::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use credence::domain::subject_fact::RegisterState;
use credence::group::unsettled;
use credence::ledger::Options;
use credence::policy::data::Proposal;
use credence::recorder::start::{self, DataFolder, Running, Setup, Started};
use credence::recorder::{Command, Order};
use credence::subjects;
use credence::subjects::commands::SubjectCommand;
use credence::subjects::memberships::{self, MembershipName, ReportedMembership};
use credence::subjects::register::{self, ReportedEntry};

use super::rows::{code_of, is_business, name_of};

/// 2024-01-02, 08:00 in UTC+8.
const BEGIN: i64 = 1_704_153_600_000_000_000;
const DAY: i64 = 86_400_000_000_000;

/// Chance from a seed.
pub struct Chance(ChaCha12Rng);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub fn seed(&mut self) -> u64 {
        self.0.random()
    }
}

pub struct World {
    started: Option<Started>,
    clock: Arc<AtomicI64>,
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
    seed: u64,
    /// Revisions at which nothing was left to be settled.
    pub quiet: Vec<Revision>,
}

fn kind_of(party: usize) -> Choice<SubjectKind> {
    Choice::Known(if is_business(party) {
        SubjectKind::IndividualBusiness
    } else {
        SubjectKind::Organisation
    })
}

impl World {
    pub fn new(seed: u64, data: Proposal) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let mut world = Self {
            started: None,
            clock: Arc::new(AtomicI64::new(BEGIN)),
            folder: tempfile::tempdir().expect("a temporary folder"),
            runtime: runtime.expect("a runtime"),
            seed,
            quiet: Vec::new(),
        };
        world.start(data);
        world
    }

    fn start(&mut self, data: Proposal) {
        let read = Arc::clone(&self.clock);
        let mut chance = ChaCha12Rng::seed_from_u64(self.seed);
        self.seed += 1;
        let folder = DataFolder {
            path: self.folder.path().to_owned(),
            options: Options {
                segment_size: 64 << 20,
                disk_reserve: 0,
            },
            ballast_size: 0,
            accept_loss_after: None,
            master_key: None,
        };
        let setup = Setup {
            queue_commands_max: 4,
            data,
            version: "test".to_owned(),
            now: Arc::new(move || Instant(read.load(Ordering::SeqCst))),
            monotonic: Arc::new(|| Duration::ZERO),
            random: Box::new(move |bytes| chance.fill(bytes)),
            test_clock: true,
        };
        self.started = Some(start::start(&folder, setup).expect("the folder opens"));
        self.settled();
    }

    /// Ends the recorder and begins again with other data.
    pub fn restart(&mut self, data: Proposal) {
        self.stop();
        self.start(data);
    }

    pub fn stop(&mut self) {
        let Some(Started {
            running,
            keeper,
            head_keeper,
            lock,
            ..
        }) = self.started.take()
        else {
            return;
        };
        let Running { recorder, writer, .. } = running;
        drop(recorder);
        writer.join().expect("the writer ends");
        keeper.abandon();
        head_keeper.join().expect("the keeper ends");
        drop(lock);
    }

    pub fn running(&self) -> &Running {
        &self.started.as_ref().expect("it runs").running
    }

    pub fn today(&self) -> CivilDate {
        CivilDate::of_instant(Instant(self.clock.load(Ordering::SeqCst)))
    }

    fn order(&self, command: Command) -> Result<Vec<RowOutcome>, Refusal> {
        let order = Order {
            principal: Principal::local(),
            request: None,
            validate_only: false,
            command,
            deadline: None,
        };
        let answer = self.runtime.block_on(self.running().recorder.submit(order));
        answer.map(|answer| answer.outcomes)
    }

    pub fn submit(&mut self, command: Command) -> Result<Vec<RowOutcome>, Refusal> {
        let outcomes = self.order(command);
        self.settled();
        outcomes
    }

    /// Waits until no effects are left; an order without effect lets the writer take its turn.
    fn settled(&mut self) {
        loop {
            let view = self.running().shared.view().expect("a view");
            if unsettled::causes(&*view).expect("readable").is_empty() {
                self.quiet.extend(view.head().map(|head| head.place.revision));
                return;
            }
            drop(view);
            self.order(Command::Probe).expect("it runs");
        }
    }

    pub fn advance(&mut self, days: usize) {
        let days = i64::try_from(days).expect("few days");
        self.clock.fetch_add(days * DAY, Ordering::SeqCst);
        let until = self.today();
        self.submit(Command::TurnDays { until }).expect("days turn");
    }

    pub fn number(&self, party: usize) -> Option<SubjectNumber> {
        let shared = &self.running().shared;
        let view = shared.view().expect("a view");
        let identity = Identity::Code(code_of(party));
        subjects::by_identity(&*view, &identity, &**shared.facts.keys(), self.today()).expect("readable")
    }

    pub fn subject(&self, party: usize) -> Option<SubjectName> {
        let number = self.number(party)?;
        let view = self.running().shared.view().expect("a view");
        Some(subjects::row(&*view, number).expect("a subject").name)
    }

    pub fn register(&mut self, parties: &[(usize, String, Option<String>)]) {
        let today = self.today();
        let rows = parties.iter().map(|(party, established_on, ended_on)| {
            let state = if ended_on.is_some() {
                RegisterState::Deregistered
            } else {
                RegisterState::Active
            };
            let reported = ReportedEntry {
                social_credit_code: code_of(*party).to_string(),
                name: name_of(*party),
                kind: kind_of(*party),
                registration_number: String::new(),
                organisation_code: String::new(),
                tax_number: String::new(),
                institution_certificate: String::new(),
                social_organisation_certificate: String::new(),
                established_on: established_on.clone(),
                changed_on: String::new(),
                state: Choice::Known(state),
                deregistered_on: ended_on.clone().unwrap_or_default(),
                division: String::new(),
                address: String::new(),
                predecessors: Vec::new(),
                succession: Choice::Absent,
            };
            let found = register::check(&reported, today);
            assert!(found.entry.is_some(), "{:?}", found.findings);
            found
        });
        let rows = rows.collect();
        self.submit(Command::Subject(SubjectCommand::Register(rows)))
            .expect("registered");
    }

    pub fn members(&mut self, rows: &[(usize, SectorCode, CivilDate, Option<CivilDate>)]) -> Vec<RowOutcome> {
        let today = self.today();
        let policies = Arc::clone(&self.running().shared.policies);
        let rows = rows.iter().map(|(party, sector, from, until)| {
            let reported = ReportedMembership {
                subject_name: name_of(*party),
                subject_kind: kind_of(*party),
                subject_code: code_of(*party).to_string(),
                sector: sector.to_string(),
                from: from.to_string(),
                until: until.map(|day| day.to_string()).unwrap_or_default(),
                evidence: "名录".to_owned(),
            };
            let found = memberships::check(&reported, &policies.catalog, today);
            assert!(found.row.is_some(), "{:?}", found.findings);
            found
        });
        let rows = rows.collect();
        let command = Command::Subject(SubjectCommand::RecordMemberships(rows));
        self.submit(command).expect("taken up")
    }

    pub fn end_membership(&mut self, party: usize, sector: SectorCode, from: CivilDate, on: CivilDate) {
        let Some(subject) = self.subject(party) else {
            return;
        };
        let name = MembershipName {
            subject,
            sector,
            from,
        };
        let reason = "测试".to_owned();
        // A day before the first, or a membership that was refused, is refused again.
        let _ = self.submit(Command::Subject(SubjectCommand::EndMembership {
            name,
            on,
            reason,
        }));
    }

    /// Every line of the ledger, as an export writes it.
    pub fn lines(&self) -> Vec<Value> {
        let shared = &self.running().shared;
        let head = shared.view().expect("a view").head().expect("a head").place;
        let mut lines = Lines::default();
        let mut last = Revision(0);
        let mut all = Vec::new();
        for revision in (1..=head.revision.0).map(Revision) {
            if last < revision {
                let group = shared.facts.reader().group(revision).expect("readable");
                last = group.expect("a group stands there").last();
            }
            let (recorded, at) = shared.facts.fact(revision).expect("readable");
            let place = Place {
                epoch: head.epoch,
                revision,
            };
            all.push(lines.next(recorded, place, at, revision == last));
        }
        all
    }
}

/// How often what was done.
#[derive(Debug, Default)]
pub struct Done(pub BTreeMap<&'static str, usize>);

impl Done {
    pub fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}
