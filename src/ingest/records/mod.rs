//! Verbs that take in credit records other than commitments: penalties, licences, listings and the rest.
//!
//! Read first: [`check`].

pub mod check;
