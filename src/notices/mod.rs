//! The notice pair 两书同达: the decision and its credit-repair notice, delivered together.
//!
//! Read first: [`content::compose`], which says what a notice says; [`paper::render`] draws it.

pub mod content;
pub mod paper;
pub mod verify;
