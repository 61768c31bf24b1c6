//! A fixed set of dense ids, one bit each.

use alloc::{vec, vec::Vec};

/// Set of ids below a fixed bound.
#[derive(Clone, Debug)]
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

    /// Number of ids in the set.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}
