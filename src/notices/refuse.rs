//! Refusals of the notice pair's verbs.

use crate::domain::refusal::{Reason, Refusal};

/// A field that is wrong, in both languages.
#[must_use]
pub fn wrong(field: &str, english: &str, chinese: &str) -> Refusal {
    Refusal::plain(Reason::MalformedValue).violating_in_both(field, english, chinese)
}
