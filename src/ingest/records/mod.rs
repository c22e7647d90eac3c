//! Verbs that take in credit records other than commitments: penalties, licences, listings and the rest.
//!
//! Read first: [`check`], [`row`](mod@row), [`commands`].

pub mod check;
pub mod commands;
pub mod ends;
pub mod read;
pub mod row;
pub mod rulings;
