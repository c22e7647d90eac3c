//! Capabilities over a real channel: each file is one of them, `harness` starts the service.

mod calendar;
mod commitments;
mod corrections;
mod harness;
mod ledger_export;
mod lists;
mod ops;
mod withdrawals;
