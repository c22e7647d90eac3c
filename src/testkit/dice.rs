//! Chance from a seed, drawn by our own arithmetic so that an upgrade of a crate changes no year.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of chance; the same seed gives the same draws for ever.
pub(super) struct Dice(ChaCha12Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_be_bytes());
        Self(ChaCha12Rng::from_seed(key))
    }

    /// A stream beside that of [`Dice::new`]: what is drawn here changes nothing there.
    pub(super) fn beside(seed: u64, stream: u64, place: u64) -> Self {
        let mut key = [0; 32];
        for (slot, number) in key.chunks_exact_mut(8).zip([seed, stream, place]) {
            slot.copy_from_slice(&number.to_be_bytes());
        }
        Self(ChaCha12Rng::from_seed(key))
    }

    /// A number from 0 to `bound`, the bound left out.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "a draw needs something to draw from");
        let wide = u128::from(self.0.next_u64()) * bound as u128;
        usize::try_from(wide >> 64).expect("the product's upper half is below the bound")
    }

    /// True in `permille` of 1,000 draws.
    pub(super) fn chance(&mut self, permille: usize) -> bool {
        self.below(1_000) < permille
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The index of one of `weights`, each drawn in proportion to its weight.
    pub(super) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        unreachable!("the draw lies below the sum of the weights")
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
