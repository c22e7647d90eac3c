//! Checks a reported row by its layout and lists all that is wrong, not the first alone.
//!
//! What needs the ledger or the register (repeats, corrections, name against code) is decided elsewhere.
//!
//! Source: `domain.md` 2.6, 2.8, 14.

use crate::domain::catalog::DepartmentCode;
use crate::domain::finding::Finding;
use crate::domain::record::{End, Item, Record};

/// A row after its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedRecord {
    /// The department of the deciding body; where that is not this district's, of the decision that a
    /// ruling is about, else of the source of the data. `None` where the catalogue knows none of them.
    pub department: Option<DepartmentCode>,
    /// `None` if and only if one of `findings` refuses.
    pub record: Option<Record>,
    /// The end to which the row itself says the record has come 当前状态, 公示状态; `None` where it stands.
    pub ended: Option<End>,
    /// In the order of the checks; a recorded row may have some. Fields are codes of items.
    pub findings: Vec<Finding>,
}

/// The items of a row after the checks that every layout asks for: of the item alone, whatever its part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedItems {
    /// All items that are filled and right, in the order of the layout.
    pub items: Vec<Item>,
    pub findings: Vec<Finding>,
}
