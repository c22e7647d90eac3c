//! Verbs that take in credit records other than commitments: penalties, licences, listings and the rest.
//!
//! Read first: [`check`].

mod amounts;
pub mod check;
pub mod clean;
