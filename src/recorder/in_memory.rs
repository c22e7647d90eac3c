//! A recorder wholly in memory: the same writer and tables' port, gone with the process.
//!
//! For tests and models that begin many worlds; nothing of it outlives its [`Running`].

use std::sync::Arc;

use super::start::{self, Running, Setup, StartError, Stores};
use crate::domain::civil_date::CivilDate;
use crate::ledger::simulated::SimulatedFolder;
use crate::ledger::{self, Ledger as _};
use crate::store;
use crate::store::keyring::{FirstKeys, Key, Keyring, NonceBytes};
use crate::store::record::Facts;

/// Begins a new ledger in memory and records the start.
///
/// # Errors
/// As [`start::start_over`].
pub fn start(mut setup: Setup) -> Result<Running, StartError> {
    let now = (setup.now)();
    let mut id = [0; 16];
    (setup.random)(&mut id);
    let mut first = FirstKeys {
        master: Key::new([0; 32]),
        lookup: Key::new([0; 32]),
        nonce: NonceBytes::default(),
    };
    (setup.random)(&mut first.master[..]);
    (setup.random)(&mut first.lookup[..]);
    (setup.random)(&mut first.nonce);
    let keys = Keyring::open(Arc::new(SimulatedFolder::default()), id, None, &first, false)?;
    let ledger = ledger::InMemory::new(id, now);
    let facts = Facts::new(ledger.reader(), Arc::new(keys));
    let tables = Arc::new(store::in_memory::InMemory::new());
    start::catch_up(&*tables, &facts, ledger.head().place.revision)?;
    let stores = Stores {
        ledger: Box::new(ledger),
        facts,
        tables,
    };
    start::start_over(stores, setup, Some(CivilDate::of_instant(now)))
}
