//! A fixed set of dense ids, one bit each.

use alloc::{vec, vec::Vec};

/// Set of ids below a fixed bound.
#[derive(Clone, Debug, Default)]
pub struct Bitset {
    words: Vec<u64>,
}

impl Bitset {
    /// An empty set for ids below `bound`.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self { words: vec![0; bound.div_ceil(64)] }
    }

    /// Whether `id` is in the set.
    #[must_use]
    #[inline]
    pub fn contains(&self, id: u32) -> bool {
        self.words[(id / 64) as usize] >> (id % 64) & 1 == 1
    }

    /// Puts `id` in.
    #[inline]
    pub fn insert(&mut self, id: u32) {
        self.words[(id / 64) as usize] |= 1 << (id % 64);
    }

    /// Takes `id` out.
    #[inline]
    pub fn remove(&mut self, id: u32) {
        self.words[(id / 64) as usize] &= !(1 << (id % 64));
    }

    /// Takes `id` out and says whether it was there.
    #[inline]
    pub fn take(&mut self, id: u32) -> bool {
        let word = &mut self.words[(id / 64) as usize];
        let bit = 1 << (id % 64);
        let there = *word & bit != 0;
        *word &= !bit;
        there
    }

    /// How many ids from `id` on are not in the set: up to the next one that is, or to the end of a word.
    #[inline]
    #[must_use]
    pub fn absent_from(&self, id: u32) -> u32 {
        let ahead = self.words[(id / 64) as usize] >> (id % 64);
        ahead.trailing_zeros().min(64 - id % 64)
    }

    /// Number of ids in the set.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}
