//! What was computed from facts that never change, kept so that it is not computed again.
//!
//! Whoever asks gets what computing it anew would give; nothing here is part of any state, and an empty
//! memory gives the same answers later. Bounded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::grading::Rank;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;

/// Most runs whose places are kept: those that are open at the same time.
const RUNS_MAX: usize = 16;

/// The place of each subject in the cohort of a run.
pub type Places = BTreeMap<SubjectNumber, Rank>;

/// See the module.
#[derive(Debug, Default)]
pub struct Memory {
    /// By the revision at which the run was opened, the latest use last.
    places: Mutex<Vec<(Revision, Arc<Places>)>>,
}

impl Memory {
    /// The places in the cohort of the run that was opened at a revision, computed if need be.
    ///
    /// # Errors
    /// Those of `compute`.
    pub fn places<E>(
        &self,
        run: Revision,
        compute: impl FnOnce() -> Result<Places, E>,
    ) -> Result<Arc<Places>, E> {
        if let Some(known) = self.take_places(run) {
            self.put_places(run, &known);
            return Ok(known);
        }
        let computed = Arc::new(compute()?);
        self.put_places(run, &computed);
        Ok(computed)
    }

    fn take_places(&self, run: Revision) -> Option<Arc<Places>> {
        let mut all = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(known, _)| *known == run)?;
        Some(all.remove(at).1)
    }

    fn put_places(&self, run: Revision, places: &Arc<Places>) {
        let mut all = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == RUNS_MAX {
            all.remove(0);
        }
        all.push((run, Arc::clone(places)));
    }
}
