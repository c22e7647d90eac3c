//! Capabilities over a real channel: each file is one of them, `harness` starts the service.

mod breach;
mod calendar;
mod commitments;
mod harness;
mod ops;
mod withdrawals;
