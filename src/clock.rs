//! The clock: the only place that reads the time of day.
//!
//! What needs the time takes a [`Clock`]; what needs chance takes it as an argument too.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

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
    fn the_machine_lives_after_this_was_written() {
        assert!(SystemClock.now() > Instant(1_700_000_000_000_000_000));
    }
}
