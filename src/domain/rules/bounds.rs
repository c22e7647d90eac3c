//! Ranges with stated ends.

use std::fmt;

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub at: i64,
    /// Whether the end belongs to the range.
    pub is_included: bool,
}

/// A range of whole numbers; an end that is left out is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Bounds {
    pub low: Option<End>,
    pub high: Option<End>,
}

impl Bounds {
    #[must_use]
    pub fn hold(&self, number: i64) -> bool {
        let above = self
            .low
            .is_none_or(|low| low.at < number || low.is_included && low.at == number);
        let below = self
            .high
            .is_none_or(|high| number < high.at || high.is_included && high.at == number);
        above && below
    }

    /// Returns the lowest number in the range, where it has a lower end.
    #[must_use]
    pub fn first(&self) -> Option<i64> {
        self.low.map(|low| {
            if low.is_included {
                low.at
            } else {
                low.at.saturating_add(1)
            }
        })
    }

    /// Returns the highest number in the range, where it has an upper end.
    #[must_use]
    pub fn last(&self) -> Option<i64> {
        self.high.map(|high| {
            if high.is_included {
                high.at
            } else {
                high.at.saturating_sub(1)
            }
        })
    }

    /// Writes the range, with each number written by `number`.
    #[must_use]
    pub fn written(&self, number: impl Fn(i64) -> String) -> String {
        let low = self
            .low
            .map(|end| format!("{} {}", if end.is_included { "≥" } else { ">" }, number(end.at)));
        let high = self
            .high
            .map(|end| format!("{} {}", if end.is_included { "≤" } else { "<" }, number(end.at)));
        let parts: Vec<String> = low.into_iter().chain(high).collect();
        parts.join(", ")
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(|number| number.to_string()))
    }
}
