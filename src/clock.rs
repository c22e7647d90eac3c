//! The clock: the only place that reads the time of day.
//!
//! What needs the time takes a [`Clock`]; what needs chance takes it as an argument too.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::domain::revision::Instant;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// Returns the present moment. A clock of the machine may run backwards; the recorder sees to that.
    fn now(&self) -> Instant;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this module is where the time is read")]
    fn now(&self) -> Instant {
        let nanoseconds = |span: std::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        Instant(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => nanoseconds(since),
            Err(before) => -nanoseconds(before.duration()),
        })
    }
}

/// A clock that stands still and is moved by hand, forward only.
#[derive(Debug)]
pub struct TestClock {
    now: Mutex<Instant>,
}

/// The clock stands later than whereto it was to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the test clock stands later already")]
pub struct Backwards {
    /// Where it stands.
    pub now: Instant,
}

impl TestClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { now: Mutex::new(now) }
    }

    /// Moves the clock to `to`; where it stands already is welcome.
    ///
    /// # Errors
    /// [`Backwards`] if it stands later; it is then not moved.
    pub fn advance(&self, to: Instant) -> Result<(), Backwards> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if to < *now {
            return Err(Backwards { now: *now });
        }
        *now = to;
        Ok(())
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far the clock may stand ahead of the last sign of life before an operator is asked, in nanoseconds.
const AHEAD_MAX: i64 = 48 * 3_600 * 1_000_000_000;

/// Says whether the clock stands more than 48 hours after the last sign of life.
#[must_use]
pub fn has_jumped(last_sign: Option<Instant>, now: Instant) -> bool {
    last_sign.is_some_and(|last| now.0 > last.0.saturating_add(AHEAD_MAX))
}

/// Whether the clock of the machine is believed: one minute in a wrong year must not close every deadline.
#[derive(Debug)]
pub struct ClockTrust {
    /// The last reading that was believed, and whether the clock is believed now.
    state: Mutex<(Option<Instant>, bool)>,
    changes: watch::Sender<()>,
    /// A test clock is moved by hand and needs no confirmation.
    is_watched: bool,
}

impl ClockTrust {
    /// Begins with the last sign of life of an earlier process, if there was one.
    #[must_use]
    pub fn new(last_sign: Option<Instant>, now: Instant, is_watched: bool) -> Self {
        let trust = Self {
            state: Mutex::new((last_sign, true)),
            changes: watch::Sender::new(()),
            is_watched,
        };
        trust.sees(now);
        trust
    }

    /// Takes a reading, and says whether it is believed: no day is turned by one that is not.
    pub fn sees(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_watched && has_jumped(state.0, now) {
            if state.1 {
                tracing::warn!(
                    "the clock stands more than 48 hours after the last sign of life: no day is turned until ConfirmClock"
                );
            }
            state.1 = false;
        } else {
            state.1 = true;
        }
        if state.1 {
            state.0 = Some(now);
        }
        state.1
    }

    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Believes the clock where it stands.
    pub fn confirm(&self, now: Instant) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (Some(now), true);
        self.changes.send_replace(());
    }

    /// Tells when an operator has confirmed the clock.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }
}

/// A clock that never goes back, counted from now on; only differences of its readings mean anything.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this module is where the time is read")]
pub fn monotonic() -> Arc<dyn Fn() -> std::time::Duration + Send + Sync> {
    let start = std::time::Instant::now();
    Arc::new(move || start.elapsed())
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_clock_stands_until_moved_and_never_goes_back() {
        let clock = TestClock::new(Instant(100));
        assert_eq!(clock.now(), Instant(100));
        assert_eq!(clock.advance(Instant(100)), Ok(()));
        assert_eq!(clock.advance(Instant(101)), Ok(()));
        assert_eq!(clock.advance(Instant(100)), Err(Backwards { now: Instant(101) }));
        assert_eq!(clock.now(), Instant(101));
    }

    #[test]
    fn a_clock_that_jumped_is_believed_once_it_is_confirmed_or_back() {
        let hour = 3_600 * 1_000_000_000;
        let trust = ClockTrust::new(Some(Instant(0)), Instant(48 * hour), true);
        assert!(trust.is_trusted(), "48 hours are no jump");
        assert!(!trust.sees(Instant(96 * hour + 1)), "more than 48 hours are");
        assert!(!trust.is_trusted());
        assert!(trust.sees(Instant(50 * hour)), "the clock was set right");
        assert!(!trust.sees(Instant(99 * hour)));
        trust.confirm(Instant(99 * hour));
        assert!(trust.is_trusted() && trust.sees(Instant(100 * hour)));
        let by_hand = ClockTrust::new(Some(Instant(0)), Instant(5_000 * hour), false);
        assert!(by_hand.is_trusted(), "a test clock is moved by hand");
        assert!(
            ClockTrust::new(None, Instant(5_000 * hour), true).is_trusted(),
            "a first start"
        );
    }

    #[test]
    fn the_machine_lives_after_this_was_written() {
        assert!(SystemClock.now() > Instant(1_700_000_000_000_000_000));
    }
}
