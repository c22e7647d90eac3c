//! Credence: graded and classified credit supervision of a district.
//!
//! Modules in reading order: nouns, verbs, bytes, wire.
//! A module is declared here once it stands; `docs/ARCHITECTURE.md` shows the arrows.

pub mod domain;
pub mod policy;
pub mod sheets;

pub mod grading;
pub mod group;
pub mod ingest;
pub mod notices;
pub mod oversight;
pub mod subjects;

pub mod ledger;
pub mod recorder;
pub mod store;

pub mod commands;
pub mod services;

pub mod app;
pub mod clock;
pub mod config;
pub mod failpoint;
pub mod principals;
pub mod server;
pub mod telemetry;

pub mod testkit;
