//! Puts the parts together: settings in, a running service out. Everything here can be called from a test.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::clock::{Clock, ClockTrust, SystemClock, TestClock, monotonic};
use crate::config::Config;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::Principal;
use crate::domain::refusal::Refusal;
use crate::ledger::Options;
use crate::ledger::keeper::Keeper;
use crate::policy::data;
use crate::principals;
use crate::recorder::start::{self, DataFolder, Running, Setup, StartError, Started};
use crate::recorder::{Answer, Command, Condition, Monotonic, Order, Recorder, Shared};
use crate::server::tls::{self, Tls, TlsFiles};
use crate::server::{Server, scrape};
use crate::services::gate::Gate;
use crate::services::{self, Parts, manners};
use crate::store::keyring::{self, Key};
use crate::telemetry::metrics::{self, Snapshot};

/// How long reads go on after a write has failed half-way, before the process ends.
const LAST_READS: Duration = Duration::from_secs(10);
/// How often the day and the heartbeat are looked after.
const MINUTE: Duration = Duration::from_secs(60);
/// How often a ledger that takes no writes is asked again.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the master key file {0} does not hold 64 hexadecimal digits")]
    MasterKey(String),
    #[error(transparent)]
    Principals(#[from] principals::Mistakes),
    #[error("TLS: {0}")]
    Tls(#[from] tls::Error),
    #[error("the address {address} cannot be listened on: {source}")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
}

/// How a service that ran has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Drained, and the ledger closed.
    Cleanly,
    /// A write failed half-way; the next start finds out what was stored.
    AfterFailedWrite,
}

/// An opened service that does not listen yet.
pub struct App {
    config: Config,
    clock: Arc<dyn Clock>,
    test_clock: Option<Arc<TestClock>>,
    monotonic: Monotonic,
    started: Started,
    reloader: Reloader,
}

/// What is read again while the service runs: the list of principals and the certificates.
#[derive(Clone, Debug)]
pub struct Reloader {
    gate: Arc<Gate>,
    tls: Option<Arc<Tls>>,
}

impl Reloader {
    fn open(config: &Config) -> Result<Self, Error> {
        let gate = Arc::new(Gate::open(config.principals.clone())?);
        let files = config.tls_certificate.clone().zip(config.tls_key.clone());
        let files = files.map(|(certificate, key)| TlsFiles {
            certificate,
            key,
            client_authorities: config.tls_client_authorities.clone(),
        });
        let tls = files.map(Tls::open).transpose()?.map(Arc::new);
        Ok(Self { gate, tls })
    }

    /// Reads everything again; each part that is wrong is logged and stays as it was. Returns whether all
    /// was right.
    pub fn reload(&self) -> bool {
        let list = self.gate.reload();
        if let Err(mistakes) = &list {
            error!("the list of principals stays as it was: {mistakes}");
        }
        let tls = self.tls.as_ref().map_or(Ok(()), |tls| tls.reload());
        if let Err(mistake) = &tls {
            error!("the certificates stay as they were: {mistake}");
        }
        list.is_ok() && tls.is_ok()
    }
}

impl App {
    /// Opens the data folder and starts the recorder.
    ///
    /// # Errors
    /// Each [`Error`].
    pub fn open(config: Config) -> Result<Self, Error> {
        let reloader = Reloader::open(&config)?;
        let test_clock = config.clock.map(|instant| Arc::new(TestClock::new(instant)));
        let clock: Arc<dyn Clock> = match &test_clock {
            Some(clock) => Arc::clone(clock) as Arc<dyn Clock>,
            None => Arc::new(SystemClock),
        };
        let monotonic = monotonic();
        let read = Arc::clone(&clock);
        let folder = DataFolder {
            path: config.data.clone(),
            options: Options {
                segment_size: config.segment_size,
                disk_reserve: config.disk_reserve,
            },
            ballast_size: config.ballast_size,
            accept_loss_after: config.accept_loss_after,
            master_key: master_key(&config)?,
        };
        let setup = Setup {
            queue_commands_max: config.queue_commands_max,
            data: match &config.policies {
                Some(folder) => data::read(folder),
                None => data::built_in(),
            },
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now: Arc::new(move || read.now()),
            monotonic: Arc::clone(&monotonic),
            random: Box::new(|bytes| {
                getrandom::fill(bytes).expect("the operating system gives random bytes")
            }),
            test_clock: test_clock.is_some(),
        };
        let started = start::start(&folder, setup)?;
        if let Some(clock) = &test_clock {
            // A folder that was used before stands later than the clock asked for.
            _ = clock.advance(started.running.instant);
        }
        Ok(Self {
            config,
            clock,
            test_clock,
            monotonic,
            started,
            reloader,
        })
    }

    /// The handle by which principals and certificates are read again.
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// The data in force.
    #[must_use]
    pub fn policies(&self) -> Arc<crate::policy::Policies> {
        Arc::clone(&self.started.running.shared.policies)
    }

    /// What readers share with the writer.
    #[must_use]
    pub fn shared(&self) -> Arc<crate::recorder::Shared> {
        Arc::clone(&self.started.running.shared)
    }

    /// Binds the address of the settings.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn bind(&self) -> Result<TcpListener, Error> {
        let address = self.config.listen;
        crate::server::bind(address)
            .await
            .map_err(|source| Error::Listen { address, source })
    }

    /// Serves until `stop`, drains, closes the ledger.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> Ended {
        let Self {
            config,
            clock,
            test_clock,
            monotonic,
            started,
            reloader,
        } = self;
        let Started {
            running,
            keeper,
            head_keeper,
            last_sign,
            lock,
        } = started;
        let Running {
            recorder,
            shared,
            writer,
            instant: _,
        } = running;
        let server = Server::new(&config, Arc::clone(&reloader.gate)).with_tls(reloader.tls);
        let health = server.health();
        let is_test = test_clock.is_some();
        let trust = Arc::new(ClockTrust::new(last_sign, clock.now(), !is_test));
        let routes = services::routes(Parts {
            recorder: recorder.clone(),
            shared: Arc::clone(&shared),
            clock: Arc::clone(&clock),
            test_clock,
            trust: Arc::clone(&trust),
            monotonic,
            stopping: server.stopping(),
            reads_in_full: config.reads_in_full,
            message_size_max: config.message_size_max,
            gate: reloader.gate,
        });
        if let Ok(address) = listener.local_addr() {
            info!(listen = %address, revision = %shared.head().place, "serving on {address}");
        }
        // Whoever holds the recorder keeps the writer from ending, so nobody does without need.
        let scraping = match config.metrics_listen {
            Some(address) => {
                let scraped = Scraped {
                    recorder: recorder.clone(),
                    shared: Arc::clone(&shared),
                    trust: Arc::clone(&trust),
                    calls: server.shared(),
                    data: config.data.clone(),
                    disk_reserve: config.disk_reserve,
                };
                scraped.serve(address).await
            }
            None => None,
        };
        let timekeeper = Timekeeper {
            recorder: recorder.clone(),
            shared: Arc::clone(&shared),
            clock: Arc::clone(&clock),
            keeper: Arc::clone(&keeper),
            turns_days: !is_test,
            trust,
        };
        let timekeeping = tokio::spawn(timekeeper.keep());
        let mut condition = shared.condition();
        let failing = async move {
            let is_failed = |condition: &Condition| matches!(condition, Condition::Failed(_));
            let has_failed = condition.wait_for(is_failed).await.is_ok();
            if !has_failed {
                std::future::pending::<()>().await;
            }
            error!("a write has failed: no further writes, reads for 10 s, then the process ends");
            health.set_serving(false).await;
            tokio::time::sleep(LAST_READS).await;
        };
        let stop = async move {
            tokio::select! {
                () = stop => {}
                () = failing => {}
            }
        };
        server.run(listener, routes, stop).await;
        timekeeping.abort();
        _ = timekeeping.await;
        if let Some(scraping) = scraping {
            scraping.abort();
            _ = scraping.await;
        }
        drop(recorder);
        let failed = matches!(*shared.condition().borrow(), Condition::Failed(_));
        let ended = tokio::task::spawn_blocking(move || {
            _ = writer.join();
            keeper.abandon();
            _ = head_keeper.join();
        });
        _ = tokio::time::timeout(LAST_READS, ended).await;
        drop(lock);
        if failed {
            Ended::AfterFailedWrite
        } else {
            Ended::Cleanly
        }
    }
}

/// What metrics are taken from when they are asked for.
struct Scraped {
    recorder: Recorder,
    shared: Arc<Shared>,
    trust: Arc<ClockTrust>,
    calls: Arc<manners::Shared>,
    data: PathBuf,
    disk_reserve: u64,
}

impl Scraped {
    /// Serves metrics beside the calls; an address that cannot be listened on is no reason not to serve these.
    async fn serve(self, address: SocketAddr) -> Option<JoinHandle<()>> {
        match crate::server::bind(address).await {
            Ok(listener) => {
                if let Ok(address) = listener.local_addr() {
                    info!(metrics.listen = %address, "metrics on {address}");
                }
                let text = move || self.calls.metrics().text(&self.snapshot());
                Some(tokio::spawn(scrape::serve(listener, Arc::new(text))))
            }
            Err(error) => {
                warn!(metrics.listen = %address, "no metrics: {address} cannot be listened on: {error}");
                None
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        let place = self.shared.head().place;
        let (queue, queue_max) = self.recorder.queue();
        let state = match *self.shared.condition().borrow() {
            Condition::Serving => metrics::STATES[0],
            Condition::ReadOnly(_) => metrics::STATES[1],
            Condition::Failed(_) => metrics::STATES[2],
            Condition::Stopped => metrics::STATES[3],
        };
        let disk = rustix::fs::statvfs(&self.data).ok();
        Snapshot {
            state,
            epoch: place.epoch.0,
            revision: place.revision.0,
            queue,
            queue_max,
            disk_free: disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            disk_reserve: self.disk_reserve,
            clock_is_trusted: self.trust.is_trusted(),
        }
    }
}

/// Refreshes the heartbeat, turns the day when the real clock does, and asks a full disk whether it has room.
struct Timekeeper {
    recorder: Recorder,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    keeper: Arc<Keeper>,
    /// Under a test clock days are turned by hand.
    turns_days: bool,
    trust: Arc<ClockTrust>,
}

impl Timekeeper {
    async fn keep(self) {
        let mut minute = tokio::time::interval(MINUTE);
        let mut probe = tokio::time::interval(PROBE_EVERY);
        let mut confirmed = self.trust.changes();
        let mut turned = None;
        loop {
            tokio::select! {
                _ = minute.tick() => {}
                _ = confirmed.changed() => {}
                _ = probe.tick() => {
                    if matches!(*self.shared.condition().borrow(), Condition::ReadOnly(_)) {
                        // Its refusal says what the condition says already.
                        drop(self.submit(Command::Probe).await);
                    }
                    continue;
                }
            }
            let now = self.clock.now();
            if !self.trust.sees(now) {
                continue;
            }
            self.keeper.heartbeat(now);
            let today = CivilDate::of_instant(now);
            if self.turns_days && turned != Some(today) {
                match self.submit(Command::TurnDays { until: today }).await {
                    Ok(_) => {
                        turned = Some(today);
                        let head = self.shared.head();
                        // Kept outside, it shows a ledger that was rewritten: `ledger verify --expect`.
                        info!("the head on {today} is {head}");
                    }
                    Err(refusal) => warn!("the day could not be turned: {refusal}"),
                }
            }
        }
    }

    async fn submit(&self, command: Command) -> Result<Answer, Refusal> {
        let order = Order {
            principal: Principal::service(),
            request: None,
            validate_only: false,
            command,
            deadline: None,
        };
        self.recorder.submit(order).await
    }
}

fn master_key(config: &Config) -> Result<Option<Key>, Error> {
    let Some(file) = &config.master_key_file else {
        return Ok(None);
    };
    let bytes = std::fs::read(file).map_err(StartError::Disk)?;
    let key = keyring::parse_master(&bytes).ok_or_else(|| Error::MasterKey(file.display().to_string()))?;
    Ok(Some(key))
}
