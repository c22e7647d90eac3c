//! The generated year: what a district's departments send, and what must be true afterwards.
//!
//! Pure and seeded: no clock, no disk, no chance of its own. Nothing of a person made here is ever
//! committed; the numbers are composed at run time. Read first: [`generator::year`];
//! then [`records::whole_year`], which adds everything but the commitments.

mod dice;
mod fates;
mod faults;
pub mod generator;
pub mod naive;
pub mod naive_grades;
mod numbers;
pub mod plan;
pub mod record_plan;
pub mod records;
pub mod register;
mod sheets;
mod subjects;
mod tally;
mod texts;
