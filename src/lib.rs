//! Credence: graded and classified credit supervision of a district.
//!
//! Modules in reading order: nouns, verbs, bytes, wire.
//! A module is declared here once it stands; `docs/ARCHITECTURE.md` shows the arrows.

pub mod domain;

pub mod ingest;

pub mod services;

pub mod commands;

pub mod testkit;
