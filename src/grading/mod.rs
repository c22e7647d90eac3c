//! Grading 分级: what is known of a subject in a sector, what the rules say of it, and what was settled.
//!
//! Read first: [`evidence::gather`], then [`settle::touched`] and [`runs::slice`].
//!
//! Source: `domain.md` 3.

pub mod assess;
pub mod bundle;
pub mod commands;
mod counts;
pub mod evidence;
pub mod explain;
pub mod members;
mod pending;
pub mod read;
pub mod runs;
pub mod settle;
pub mod touch;
pub mod turn;
