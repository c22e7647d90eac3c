//! The wire contract as generated from `proto/credit/supervision/v1`.

#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::allow_attributes_without_reason,
    missing_docs,
    rustdoc::all,
    reason = "generated code is judged where it is generated"
)]

tonic::include_proto!("credit.supervision.v1");

/// The wire contract with all it imports, as reflection shows it.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/credit_supervision_v1.binpb"));
