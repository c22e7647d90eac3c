//! Which prefixes of some tables have ever had a row: most subjects never merge and most records never end,
//! and asking the engine for a range in which nothing stands costs as much as one with rows.
//!
//! Only added to, and before the rows are written: what is not in here has no row in any view.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use super::row_key::RowRange;
use super::{Table, keys};

/// The tables that are followed, with the bytes of their keys by which they are asked: the number of a
/// subject, or the first revision of a record.
const FOLLOWED: [(Table, usize); 6] = [
    (keys::MERGE, 4),
    (keys::MERGED_IN, 4),
    (keys::PLACED, 8),
    (keys::PLACED_IN, 4),
    (keys::GRADE_SAID, 8),
    (keys::ENDS, 8),
];

/// Table and prefix as one number.
type Prefix = (u8, u64);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Sparse(RwLock<HashSet<Prefix>>);

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The prefix of a row's key; `None` for a table that is not followed.
fn prefix(row: &[u8]) -> Option<Prefix> {
    let (table, key) = row.split_first()?;
    let (_, size) = FOLLOWED.iter().find(|(followed, _)| followed.0 == *table)?;
    Some((*table, number(key.get(..*size)?)))
}

impl Sparse {
    /// Notes a row that is there or about to be written.
    pub(super) fn note(&self, row: &[u8]) {
        if let Some(prefix) = prefix(row) {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(prefix);
        }
    }

    /// Says whether a range is known to hold no row.
    pub(super) fn is_empty(&self, range: &RowRange) -> bool {
        let Some((table, first)) = prefix(&range.from) else {
            return false;
        };
        let size = FOLLOWED.iter().find(|(followed, _)| followed.0 == table);
        let (Some((_, size)), Some(until)) = (size, &range.until) else {
            return false;
        };
        // The range must not go beyond the prefix.
        let Some(beyond) = first
            .checked_add(1)
            .filter(|beyond| *size == 8 || beyond >> 32 == 0)
        else {
            return false;
        };
        let mut end = vec![table];
        end.extend_from_slice(&beyond.to_be_bytes()[8 - size..]);
        if until[..] > end[..] {
            return false;
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !known.contains(&(table, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::keys::subjects::under;
    use crate::store::row_key::row_key;

    fn range(table: Table, key: &[u8]) -> RowRange {
        RowRange::of(table, &under(key)).expect("it holds rows")
    }

    #[test]
    fn a_prefix_without_a_row_is_empty_and_one_with_a_row_is_not() {
        let sparse = Sparse::default();
        let keys: [[u8; 8]; 4] = [
            [0; 8],
            [0, 0, 0, 0, 0, 0, 0, 255],
            [255; 8],
            [0, 0, 0, 0, 0, 0, 1, 0],
        ];
        sparse.note(&row_key(keys::ENDS, &[&keys[1][..], &[0; 8]].concat()));
        // The last prefix of all has no end that could be told.
        let expected = [true, false, false, true];
        for (key, empty) in keys.iter().zip(expected) {
            assert_eq!(sparse.is_empty(&range(keys::ENDS, key)), empty, "{key:?}");
            // Another table of the same layout has rows of its own.
            let same = sparse.is_empty(&range(keys::GRADE_SAID, key));
            assert_eq!(same, key != &[255; 8], "{key:?}");
        }
        sparse.note(&row_key(keys::MERGE, &[0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1]));
        assert!(!sparse.is_empty(&range(keys::MERGE, &[0, 0, 0, 7])));
        assert!(sparse.is_empty(&range(keys::MERGE, &[0, 0, 0, 8])));
    }

    #[test]
    fn what_goes_beyond_one_prefix_or_is_not_followed_is_never_said_to_be_empty() {
        let sparse = Sparse::default();
        assert!(!sparse.is_empty(&range(keys::ENDS, &[0, 0])));
        assert!(!sparse.is_empty(&range(keys::ENDS, &[])));
        assert!(!sparse.is_empty(&range(keys::GRADE, &[0; 8])));
        let wide = RowRange {
            from: row_key(keys::ENDS, &[0; 8]),
            until: Some(row_key(keys::ENDS, &[0, 0, 0, 0, 0, 0, 0, 2])),
        };
        assert!(!sparse.is_empty(&wide));
    }
}
