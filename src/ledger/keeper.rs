//! Keeps `HEAD` up to date off the answer's path.

use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::revision::Instant;

use super::mark::{Mark, MarkFile};

/// Least time between two writes of `HEAD`; with one sync it keeps within the promised 200 ms.
const PAUSE: Duration = Duration::from_millis(100);

struct State {
    latest: Mark,
    written: bool,
    closed: bool,
    failure: Option<String>,
}

/// Takes marks at once and writes the newest when it is driven.
pub struct Keeper {
    state: Mutex<State>,
    file: Mutex<MarkFile>,
    changed: Condvar,
}

impl Keeper {
    #[must_use]
    pub fn new(file: MarkFile, latest: Mark) -> Self {
        let state = State {
            latest,
            written: true,
            closed: false,
            failure: None,
        };
        Self {
            state: Mutex::new(state),
            file: Mutex::new(file),
            changed: Condvar::new(),
        }
    }

    /// Takes a new mark. The heartbeat stays: a group dated by a clock that jumped is no sign of life.
    pub(super) fn mark(&self, mark: &Mark) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let heartbeat = state.latest.heartbeat;
        state.latest = Mark { heartbeat, ..*mark };
        state.written = false;
        self.changed.notify_all();
    }

    /// Records that the service lives at `now`, by a clock that is believed.
    pub fn heartbeat(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.latest.heartbeat = state.latest.heartbeat.max(now);
        state.written = false;
        self.changed.notify_all();
    }

    /// Writes the newest mark now, if it is not yet written.
    ///
    /// # Errors
    /// As the disk reports them; the mark stays due.
    pub fn write_due(&self) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.written || state.closed {
                return Ok(());
            }
            state.written = true;
            state.latest
        };
        let result = file.write(&mark);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failure = result.as_ref().err().map(ToString::to_string);
        if result.is_err() {
            state.written = false;
        }
        result
    }

    /// Why `HEAD` cannot be written at present, if so; writes are refused meanwhile.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .failure
            .clone()
    }

    /// Writes marks as they come until the ledger is closed; the body of a thread of its own.
    pub fn run(&self) {
        loop {
            {
                let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let state = self
                    .changed
                    .wait_while(state, |state| state.written && !state.closed)
                    .unwrap_or_else(PoisonError::into_inner);
                if state.closed {
                    return;
                }
            }
            // The failure is kept in the state, refuses writes and is tried again after the pause.
            drop(self.write_due());
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let paused = self
                .changed
                .wait_timeout_while(state, PAUSE, |state| !state.closed);
            if paused.unwrap_or_else(PoisonError::into_inner).0.closed {
                return;
            }
        }
    }

    pub(super) fn close(&self, mark: &Mark) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let heartbeat = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.closed = true;
            self.changed.notify_all();
            state.latest.heartbeat
        };
        file.write_closed(&Mark { heartbeat, ..*mark })
    }

    /// Ends [`Self::run`] without marking a clean stop.
    pub fn abandon(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }
}
