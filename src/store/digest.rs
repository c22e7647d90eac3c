//! `table_digest`: one number over all rows that can be kept up to date row by row.
//!
//! It is the sum, modulo 2^256, of SHA-256(table u8, key length u8, key, value) over all rows, written
//! big-endian. A sum does not depend on the order of writing, so tables in use, rebuilt tables and tables
//! of another adapter agree exactly when their rows do.

use sha2::{Digest as _, Sha256};

use super::Table;

/// The digest of a set of rows; [`Default`] is that of no row at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableDigest {
    /// The most significant quarter first.
    quarters: [u64; 4],
}

impl TableDigest {
    /// Takes a digest as [`Self::to_bytes`] wrote it.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut quarters = [0; 4];
        for (quarter, eight) in quarters.iter_mut().zip(bytes.chunks_exact(8)) {
            *quarter = u64::from_be_bytes(eight.try_into().expect("chunks_exact gives eight bytes"));
        }
        Self { quarters }
    }

    /// The digest as 32 bytes, big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (eight, quarter) in bytes.chunks_exact_mut(8).zip(self.quarters) {
            eight.copy_from_slice(&quarter.to_be_bytes());
        }
        bytes
    }

    /// Takes a row in that was not in the set.
    pub fn add(&mut self, table: Table, key: &[u8], value: &[u8]) {
        let mut carry = false;
        for (sum, part) in self
            .quarters
            .iter_mut()
            .zip(row_hash(table, key, value).quarters)
            .rev()
        {
            let (low, over) = sum.overflowing_add(part);
            let (low, over_by_carry) = low.overflowing_add(u64::from(carry));
            *sum = low;
            carry = over || over_by_carry;
        }
    }

    /// Takes a row out that was in the set.
    pub fn remove(&mut self, table: Table, key: &[u8], value: &[u8]) {
        let mut borrow = false;
        for (sum, part) in self
            .quarters
            .iter_mut()
            .zip(row_hash(table, key, value).quarters)
            .rev()
        {
            let (low, under) = sum.overflowing_sub(part);
            let (low, under_by_borrow) = low.overflowing_sub(u64::from(borrow));
            *sum = low;
            borrow = under || under_by_borrow;
        }
    }

    /// Replaces what stands at a row key (the table's number, then the key).
    pub(super) fn replace(&mut self, row: &[u8], before: Option<&[u8]>, after: Option<&[u8]>) {
        let (table, key) = row.split_first().expect("a row key begins with its table");
        if let Some(value) = before {
            self.remove(Table(*table), key, value);
        }
        if let Some(value) = after {
            self.add(Table(*table), key, value);
        }
    }
}

fn row_hash(table: Table, key: &[u8], value: &[u8]) -> TableDigest {
    let key_size = u8::try_from(key.len()).expect("keys are at most KEY_SIZE_MAX long");
    let mut hash = Sha256::new();
    hash.update([table.0, key_size]);
    hash.update(key);
    hash.update(value);
    TableDigest::from_bytes(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn digest(rows: &[(u8, &[u8], &[u8])]) -> TableDigest {
        let mut digest = TableDigest::default();
        for (table, key, value) in rows {
            digest.add(Table(*table), key, value);
        }
        digest
    }

    #[test]
    fn one_row_has_the_hash_of_its_layout() {
        // printf '\x07\x02abvalue' | sha256sum
        let expected = "3cc4be68c09136aa06b20ec764d92bee8ead8c33bc568048de14eeee07abea5a";
        assert_eq!(
            HEXLOWER.encode(&digest(&[(7, b"ab", b"value")]).to_bytes()),
            expected
        );
    }

    #[test]
    fn two_rows_have_the_sum_of_their_hashes_modulo_2_to_the_256() {
        // Python: (sha256(b"\x07\x02abvalue") + sha256(b"\x08\x00%%")) % 2**256
        let expected = "18452a0c20e37fd2cc3aa1bea444a1b77b660722f29691114b0ce541445651e7";
        let rows: [(u8, &[u8], &[u8]); 2] = [(7, b"ab", b"value"), (8, b"", b"%%")];
        assert_eq!(HEXLOWER.encode(&digest(&rows).to_bytes()), expected);
    }

    #[test]
    fn the_border_between_key_and_value_counts() {
        assert_ne!(digest(&[(7, b"ab", b"c")]), digest(&[(7, b"a", b"bc")]));
    }

    #[test]
    fn the_order_of_rows_does_not_count() {
        let there: Vec<[u8; 2]> = (0..500_u16).map(u16::to_be_bytes).collect();
        let (mut one, mut other) = (TableDigest::default(), TableDigest::default());
        for key in &there {
            one.add(Table(1), key, b"value");
        }
        for key in there.iter().rev() {
            other.add(Table(1), key, b"value");
        }
        assert_eq!(one, other);
    }

    #[test]
    fn removal_undoes_addition_across_every_carry() {
        for start in [
            [0; 32],
            [0xff; 32],
            TableDigest {
                quarters: [0, u64::MAX, u64::MAX, 1],
            }
            .to_bytes(),
        ] {
            let start = TableDigest::from_bytes(start);
            let mut digest = start;
            for value in 0..200_u8 {
                digest.add(Table(3), b"key", &[value]);
            }
            assert_ne!(digest, start);
            for value in 0..200_u8 {
                digest.remove(Table(3), b"key", &[value]);
            }
            assert_eq!(digest, start);
        }
    }
}
