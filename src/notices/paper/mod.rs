//! The paper: a notice's content as one page of HTML that prints, drawn by a pinned template.
//!
//! The same content gives the same bytes for ever: a template that has been used is never changed, a new
//! look is a new number.

/// The template by which new notices are drawn.
pub const TEMPLATE: u32 = 1;
