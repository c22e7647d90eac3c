//! Capabilities over a real channel: each file is one of them, `harness` starts the service.

mod commitments;
mod harness;
mod imports;
mod ops;
mod sheet_variants;
