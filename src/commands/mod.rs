//! The command line: each command uses the service's client or the offline readers, nothing else.

pub mod backup;
pub mod demo;
pub mod export;
pub mod grade;
pub mod healthcheck;
pub mod import;
pub mod ledger;
pub mod policies;
mod served;
