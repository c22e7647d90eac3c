//! Opens a data folder and starts the writer: ledger, keys, tables, data in force.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use crate::clock::has_jumped;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal, Recorded};
use crate::domain::revision::{Instant, Place, Revision};
use crate::domain::subject::SubjectKind;
use crate::group::memory::Memory;
use crate::group::overlay::Overlay;
use crate::ledger::ballast;
use crate::ledger::file::{Folder, RealFolder};
use crate::ledger::keeper::Keeper;
use crate::ledger::lock::{LockError, lock};
use crate::ledger::{self, Groups, Ledger, OpenError, Options};
use crate::policy::data::Proposal;
use crate::store::KeyRange;
use crate::store::in_memory::InMemory;
use crate::store::keyring::{FirstKeys, Key, Keyring, NonceBytes};
use crate::store::keys::SubjectRow;
use crate::store::on_disk::{OnDisk, read_reflects};
use crate::store::record::Facts;
use crate::store::{Change, Head, Tables, keyring, keys, record};

use super::data;
use super::writer::{Built, NotWritten, Random, Writer};
use super::{Condition, Monotonic, Now, Recorder, Shared};

/// How many subjects are looked at together.
const SUBJECTS_PER_PAGE: usize = 1_000;
/// Free space below which tables that cannot be kept on the disk are kept in memory, in bytes.
const TABLES_ROOM_MIN: u64 = 16 << 20;
/// After how many groups a rebuild reports its progress.
const PROGRESS_EVERY: u64 = 10_000;

/// Where everything lies.
pub struct DataFolder {
    pub path: PathBuf,
    pub options: Options,
    pub ballast_size: u64,
    pub accept_loss_after: Option<Place>,
    /// A master key that is kept elsewhere.
    pub master_key: Option<Key>,
}

/// What the process brings along.
pub struct Setup {
    pub queue_commands_max: usize,
    /// The data that is proposed, in the order of the kinds; each is adopted if it reads and differs.
    pub data: Proposal,
    pub version: String,
    pub now: Now,
    pub monotonic: Monotonic,
    pub random: Random,
    /// A test clock needs nobody to confirm a jump.
    pub test_clock: bool,
}

/// What the recorder writes to and what it derives, opened, the tables caught up with the ledger.
pub struct Stores {
    pub ledger: Box<dyn Ledger>,
    pub facts: Facts,
    pub tables: Arc<dyn Tables>,
}

/// A recorder at work.
pub struct Running {
    pub recorder: Recorder,
    pub shared: Arc<Shared>,
    /// Ends once all clones of the recorder are dropped and the ledger is closed.
    pub writer: JoinHandle<()>,
    /// The instant of the start's own record.
    pub instant: Instant,
}

/// A recorder at work over a data folder.
pub struct Started {
    pub running: Running,
    pub keeper: Arc<Keeper>,
    pub head_keeper: JoinHandle<()>,
    /// The last instant at which the service was known to live before this start.
    pub last_sign: Option<Instant>,
    /// Held for the life of the process.
    pub lock: fs::File,
}

/// Why a data folder does not open.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Locked(#[from] LockError),
    #[error(transparent)]
    Ledger(#[from] OpenError),
    #[error("{0}")]
    Keys(#[from] keyring::Error),
    #[error("the tables have seen revision {tables}, but the ledger ends at {ledger}: groups were lost")]
    TablesAhead { tables: Place, ledger: Place },
    #[error("the tables cannot be kept: {0}")]
    Tables(#[from] crate::store::Error),
    #[error("{0}")]
    Record(#[from] record::Error),
    #[error("there is no usable data of the kind {kind} to start with: {mistakes}")]
    Data { kind: &'static str, mistakes: String },
    #[error("the data folder cannot be used: {0}")]
    Disk(#[from] io::Error),
    #[error("the start could not be recorded: {0}")]
    Start(String),
}

/// Opens the folder, brings the tables up to the ledger, records the start and begins to write.
///
/// # Errors
/// Each [`StartError`]; nothing damaged is changed.
pub fn start(folder: &DataFolder, mut setup: Setup) -> Result<Started, StartError> {
    let lock = lock(&folder.path)?;
    let mut id = [0; 16];
    (setup.random)(&mut id);
    let reserve = folder.options.disk_reserve;
    ballast::keep(&RealFolder::open(&folder.path)?, folder.ballast_size, reserve)?;
    let files: Arc<dyn Folder> = Arc::new(RealFolder::open(&folder.path.join("ledger"))?);
    let now = (setup.now)();
    let mut sealed = false;
    let (options, accept) = (folder.options, folder.accept_loss_after);
    let opened = ledger::OnDisk::open(files, options, id, now, accept, |frame| {
        sealed |= frame.bodies.iter().any(|body| body.kind >= 10);
    })?;
    let ledger = opened.ledger;
    if let Some(cut) = &opened.cut {
        tracing::warn!("a torn tail was cut, nothing of it was acknowledged: {cut}");
    }
    let keyring = open_keys(folder, &mut setup.random, ledger.id(), sealed)?;
    let facts = Facts::new(ledger.reader(), Arc::new(keyring));
    let tables = open_tables(folder, &setup.monotonic, ledger.head().place, &facts)?;
    every_person_has_a_key(&*tables, facts.keys())?;
    let keeper = ledger.keeper();
    let clock_jumped = !setup.test_clock && has_jumped(opened.heartbeat, now);
    let stores = Stores {
        ledger: Box::new(ledger),
        facts,
        tables,
    };
    let running = start_over(stores, setup, (!clock_jumped).then(|| CivilDate::of_instant(now)))?;
    if !clock_jumped {
        keeper.heartbeat(now);
    }
    let kept = Arc::clone(&keeper);
    let head_keeper = std::thread::Builder::new()
        .name("head".to_owned())
        .spawn(move || kept.run())?;
    Ok(Started {
        running,
        keeper,
        head_keeper,
        last_sign: opened.heartbeat,
        lock,
    })
}

/// Records the start over opened stores and begins to write.
///
/// `today` is the day to begin with, if none was ever turned; `None` if the clock is not to be trusted.
///
/// # Errors
/// [`StartError::Data`], [`StartError::Start`]; those of the stores.
pub fn start_over(stores: Stores, setup: Setup, today: Option<CivilDate>) -> Result<Running, StartError> {
    let Stores {
        ledger,
        facts,
        tables,
    } = stores;
    let data = data::in_force(setup.data, &*tables, &facts)?;
    let head = ledger_head(&**facts.reader(), ledger.head().place)?;
    let (orders, queue) = mpsc::channel(setup.queue_commands_max);
    let shared = Arc::new(Shared {
        tables,
        policies: Arc::new(data.policies),
        refused_data: data.refused,
        memory: Memory::default(),
        adoptions: Mutex::new(data.adoptions),
        facts,
        condition: watch::Sender::new(Condition::Serving),
        head: watch::Sender::new(head),
    });
    let mut writer = Writer {
        ledger,
        shared: Arc::clone(&shared),
        now: setup.now,
        monotonic: setup.monotonic,
        random: setup.random,
        unrecorded: Some(Unrecorded {
            version: setup.version,
            adopt: data.adopt,
            today,
        }),
    };
    match writer.record_start() {
        Ok(()) => {}
        // Everything recorded can be read, and writing begins as soon as there is room.
        Err(NotWritten::Full(_)) => {}
        Err(NotWritten::Failed(why)) => return Err(StartError::Start(why)),
    }
    let instant = writer.ledger.instant();
    let writer = std::thread::Builder::new()
        .name("recorder".to_owned())
        .spawn(move || writer.run(queue))?;
    Ok(Running {
        recorder: Recorder { orders },
        shared,
        writer,
        instant,
    })
}

fn open_keys(
    folder: &DataFolder,
    random: &mut Random,
    ledger: [u8; 16],
    used: bool,
) -> Result<Keyring, StartError> {
    let files = Arc::new(RealFolder::open(&folder.path.join("keys"))?);
    let mut first = FirstKeys {
        master: Key::new([0; 32]),
        lookup: Key::new([0; 32]),
        nonce: NonceBytes::default(),
    };
    random(&mut first.master[..]);
    random(&mut first.lookup[..]);
    random(&mut first.nonce);
    Ok(Keyring::open(
        files,
        ledger,
        folder.master_key.clone(),
        &first,
        used,
    )?)
}

/// The end of the last group with the hash of that group, which a close frame may follow.
///
/// # Errors
/// As the ledger's.
pub fn ledger_head(reader: &dyn Groups, place: Place) -> Result<Head, StartError> {
    let frame = reader.group(place.revision)?;
    let frame = frame.ok_or(record::Error::Absent(place.revision.0))?;
    Ok(Head {
        place,
        hash: frame.hash,
    })
}

/// A person whose key is gone could not be read again, and the next key must not take its place.
fn every_person_has_a_key(tables: &dyn Tables, keyring: &Keyring) -> Result<(), StartError> {
    let view = tables.view()?;
    let mut range = KeyRange {
        from: Bytes::new(),
        until: None,
    };
    loop {
        let page = view.scan(keys::SUBJECT, &range, SUBJECTS_PER_PAGE)?;
        for (key, value) in &page.rows {
            let number = keys::subject_value(key);
            let is_person = SubjectRow::decode(value).is_some_and(|row| row.kind == SubjectKind::Person);
            if is_person && keyring.key(number).is_none() {
                let what = format!(
                    "the key of subject number {} is missing or damaged; restore keys/wrapped",
                    number.0
                );
                return Err(StartError::Keys(keyring::Error::Damaged(what)));
            }
        }
        match page.rows.last() {
            Some((key, _)) if page.more => range.from = Bytes::from([&key[..], &[0]].concat()),
            Some(_) | None => return Ok(()),
        }
    }
}

fn open_tables(
    data: &DataFolder,
    monotonic: &Monotonic,
    end: Place,
    facts: &Facts,
) -> Result<Arc<dyn Tables>, StartError> {
    let folder = data.path.join("tables");
    // What the tables have seen was acknowledged, so they are a high-water mark of their own.
    if let Some(seen) = read_reflects(&folder)
        && seen.place > end
        && data.accept_loss_after.is_none()
        && seen.place.epoch == end.epoch
    {
        return Err(StartError::TablesAhead {
            tables: seen.place,
            ledger: end,
        });
    }
    match tables_on_disk(&folder, monotonic, facts, end.revision) {
        Ok(tables) => Ok(Arc::new(tables)),
        Err(error) if RealFolder::open(&data.path)?.free()? < TABLES_ROOM_MIN => {
            tracing::warn!("the disk is full, the tables of this run are kept in memory: {error}");
            let tables = InMemory::new();
            catch_up(&tables, facts, end.revision)?;
            Ok(Arc::new(tables))
        }
        Err(error) => Err(error),
    }
}

/// Opens the tables in `folder`, or makes them anew, and brings them up to the ledger.
fn tables_on_disk(
    folder: &Path,
    monotonic: &Monotonic,
    facts: &Facts,
    until: Revision,
) -> Result<OnDisk, StartError> {
    let (tables, aside) = OnDisk::open_or_set_aside(folder, Arc::clone(monotonic))?;
    if let Some(why) = aside {
        tracing::warn!("the tables are rebuilt from the ledger: {why}");
    }
    let mut tables = tables;
    if let Some(seen) = tables.reflects() {
        let group = facts.reader().group(seen.place.revision).ok().flatten();
        let stands =
            group.is_some_and(|frame| frame.hash == seen.hash && frame.last() == seen.place.revision);
        if !stands {
            tracing::warn!(
                "the tables show {}, which this ledger does not hold; they are rebuilt",
                seen.place
            );
            drop(tables);
            fs::remove_dir_all(folder)?;
            tables = OnDisk::open(folder, Arc::clone(monotonic))?;
        }
    }
    catch_up(&tables, facts, until)?;
    Ok(tables)
}

/// Folds every group that the tables have not seen; decides nothing.
///
/// # Errors
/// As the ledger's and the tables'.
pub fn catch_up(tables: &dyn Tables, facts: &Facts, until: Revision) -> Result<(), StartError> {
    let mut next = tables
        .reflects()
        .map_or(Revision(1), |head| head.place.revision.plus(1));
    if next.0 == 1 && until.0 > 1 {
        tracing::warn!(
            "there are no tables; they are rebuilt from the {} facts of the ledger",
            until.0
        );
    }
    if next.0 > 1 && next <= until {
        tracing::info!(
            "the tables stand at revision {}, the ledger at {}",
            next.0 - 1,
            until.0
        );
    }
    let mut groups = 0_u64;
    while next <= until {
        let frame = facts.reader().group(next)?.ok_or(record::Error::Absent(next.0))?;
        let mut recorded = Vec::with_capacity(frame.bodies.len());
        for (place, body) in frame.bodies.iter().enumerate() {
            recorded.push(record::decode(
                body,
                frame.first.plus(place as u64),
                facts.keys(),
            )?);
        }
        let head = Head {
            place: Place {
                epoch: frame.epoch,
                revision: frame.last(),
            },
            hash: frame.hash,
        };
        tables.apply(head, &folded(tables, facts, &recorded, frame.first)?)?;
        next = frame.last().plus(1);
        groups += 1;
        if groups.is_multiple_of(PROGRESS_EVERY) {
            tracing::info!("rebuilt up to revision {} of {}", next.0 - 1, until.0);
        }
    }
    Ok(())
}

/// The changes of one recorded group, over the tables before it.
fn folded(
    tables: &dyn Tables,
    facts: &Facts,
    recorded: &[Recorded],
    first: Revision,
) -> Result<Vec<Change>, StartError> {
    let mut overlay = Overlay::new(tables.view()?, &**facts.keys());
    for (revision, one) in (first.0..).zip(recorded) {
        overlay.fold(one, Revision(revision))?;
    }
    Ok(overlay.changes())
}

/// What a start has to record before anything else is written.
pub(super) struct Unrecorded {
    version: String,
    adopt: Vec<Fact>,
    /// The day to begin with, if none was ever turned and the clock is to be trusted.
    today: Option<CivilDate>,
}

impl Writer {
    /// Records the start, the data adopted with it, and the day, in one group, if that is still to do.
    pub(super) fn record_start(&mut self) -> Result<(), NotWritten> {
        let Some(start) = self.unrecorded.take() else {
            return Ok(());
        };
        let view = self.shared.tables.view()?;
        let turned = view.get(keys::COUNTER, &keys::counter_key(keys::COUNTER_DAY))?;
        let first_day = start.today.filter(|_| turned.is_none());
        let version = start.version.clone();
        let facts = std::iter::once(Fact::ServerStarted { version })
            .chain(start.adopt.iter().cloned())
            .chain(first_day.map(|day| Fact::DayTurned { day }));
        let mut recorded: Vec<Recorded> = facts
            .map(|fact| Recorded {
                principal: Principal::service(),
                fact,
            })
            .collect();
        let instant = (self.now)().max(self.ledger.instant());
        let first = self.ledger.head().place.revision.plus(1);
        let keyring = Arc::clone(self.shared.facts.keys());
        let mut overlay = Overlay::new(view, &*keyring);
        for (revision, one) in (first.0..).zip(&recorded) {
            overlay.fold(one, Revision(revision))?;
        }
        let regraded = self.regraded(&recorded, &overlay)?;
        for (revision, one) in (first.plus(recorded.len() as u64).0..).zip(&regraded) {
            overlay.fold(one, Revision(revision))?;
        }
        recorded.extend(regraded);
        let built = Built {
            instant,
            changes: overlay.changes(),
            facts: recorded,
        };
        if let Err(not_written) = self.commit(&built) {
            self.unrecorded = Some(start);
            return Err(not_written);
        }
        Ok(())
    }

    /// The runs by which rules that were just adopted reach those who are graded in real time already.
    fn regraded(&self, recorded: &[Recorded], after: &Overlay<'_>) -> Result<Vec<Recorded>, NotWritten> {
        let is_rules = |one: &Recorded| matches!(&one.fact, Fact::DataAdopted { kind, .. } if kind == crate::policy::rules::KIND.name);
        let known = crate::group::fold::has_subjects(after)?;
        if !known || !recorded.iter().any(is_rules) {
            return Ok(Vec::new());
        }
        let today = CivilDate::of_instant((self.now)().max(self.ledger.instant()));
        let facts = crate::grading::runs::after_adoption(after, &self.shared.policies, today)
            .map_err(crate::grading::commands::storage)?;
        let recorded = facts.into_iter().map(|fact| Recorded {
            principal: Principal::service(),
            fact,
        });
        Ok(recorded.collect())
    }
}
