//! Grades: what the rules say of a subject in a sector on a day.
//!
//! Read first: [`assess::assess`].

pub mod assess;
