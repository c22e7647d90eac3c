//! Verbs that take in what departments report: a row is checked, and what is right becomes a noun.
//!
//! Everything here is pure: rows, catalogue and the day of receipt come in as arguments.
//! Read first: [`check::check`].

pub mod batch;
pub mod breach;
pub mod check;
pub mod commands;
pub mod due;
mod items;
pub mod questions;
pub mod read;
pub mod records;
pub mod rows;
pub mod withdrawals;
