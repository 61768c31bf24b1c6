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

    /// Puts `id` in and says whether it was there.
    #[inline]
    #[must_use]
    pub fn put(&mut self, id: u32) -> bool {
        let word = &mut self.words[(id / 64) as usize];
        let there = *word >> (id % 64) & 1 == 1;
        *word |= 1 << (id % 64);
        there
    }

    /// Takes `id` out if `so`, without a branch.
    #[inline]
    pub fn remove_if(&mut self, id: u32, so: bool) {
        self.words[(id / 64) as usize] &= !(u64::from(so) << (id % 64));
    }

    /// Number of ids in the set from `id` to the end of its word.
    #[inline]
    #[must_use]
    pub fn count_from(&self, id: u32) -> u32 {
        (self.words[(id / 64) as usize] >> (id % 64)).count_ones()
    }

    /// Puts `count` ids in from `id` on, all of its word.
    #[inline]
    pub fn insert_run(&mut self, id: u32, count: u32) {
        self.words[(id / 64) as usize] |= run(count) << (id % 64);
    }

    /// Takes `count` ids out from `id` on, all of its word, and says how many were there.
    #[inline]
    pub fn take_run(&mut self, id: u32, count: u32) -> u32 {
        let word = &mut self.words[(id / 64) as usize];
        let taken = *word & run(count) << (id % 64);
        *word ^= taken;
        taken.count_ones()
    }

    /// Takes the first `count` ids out that there are from `id` to the end of its word, and says how many those were.
    #[inline]
    pub fn take_first(&mut self, id: u32, count: u32) -> u32 {
        let word = &mut self.words[(id / 64) as usize];
        let mut ahead = *word >> (id % 64);
        let taken = ahead.count_ones().min(count);
        for _ in 0..taken {
            ahead &= ahead - 1;
        }
        *word &= !(!ahead << (id % 64));
        taken
    }

    /// Takes all ids out.
    pub fn clear(&mut self) {
        self.words.fill(0);
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

/// The lowest `count` bits.
#[inline]
fn run(count: u32) -> u64 {
    if count == 0 { 0 } else { u64::MAX >> (64 - count) }
}
