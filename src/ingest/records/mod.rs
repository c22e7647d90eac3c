//! Verbs that take in credit records other than commitments: penalties, licences, listings and the rest.
//!
//! Read first: [`check`], [`row`](mod@row), [`commands`].

mod amounts;
pub mod check;
pub mod clean;
pub mod commands;
pub mod ends;
pub mod read;
pub mod row;
pub mod rulings;
