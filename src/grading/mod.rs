//! Grading 分级: what is known of a subject in a sector, what the rules say of it, and what was settled.
//!
//! Read first: [`evidence::gather`], then [`settle::touched`].
//!
//! Source: `domain.md` 3.

pub mod evidence;
