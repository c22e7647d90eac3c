//! The one bridge from async handlers to synchronous verbs.

use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::domain::refusal::{Reason, Refusal};

/// Most reads at a time; further ones wait, until their deadline.
pub const READS_MAX: usize = 64;

/// A bounded number of places on the blocking pool.
#[derive(Clone, Debug)]
pub struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(READS_MAX)))
    }
}

impl Readers {
    /// Runs `work` off the async threads. A panic in it goes on in the caller.
    ///
    /// # Errors
    /// That of `work`; `SHUTTING_DOWN` if the runtime is going down.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::clone(&self.0)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let done = spawn_blocking(move || {
            let result = work();
            drop(place);
            result
        });
        match done.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(_) => Err(Refusal::plain(Reason::ShuttingDown)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_elsewhere_and_its_refusal_comes_back() {
        let here = std::thread::current().id();
        let elsewhere = Readers::default()
            .run(move || Ok(std::thread::current().id() != here))
            .await;
        assert!(elsewhere.expect("done"));
        let refused = Readers::default()
            .run(|| Err::<(), _>(Refusal::plain(Reason::SubjectUnknown)))
            .await;
        assert_eq!(refused, Err(Refusal::plain(Reason::SubjectUnknown)));
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_the_callers_and_gives_its_place_back() {
        let readers = Readers::default();
        let panicking = readers.clone();
        let task = tokio::spawn(async move { panicking.run::<()>(|| panic!("a bug")).await });
        assert!(task.await.expect_err("it panics").is_panic());
        assert_eq!(readers.0.available_permits(), READS_MAX);
    }
}
