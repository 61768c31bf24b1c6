//! At which tokens each bundle of a region was active: a bit for each bundle and token.
//!
//! How often two bundles were active together is then a count of common bits: no table of pairs is held, which for
//! 16,384 bundles would take half a gigabyte.

use alloc::{vec, vec::Vec};

/// The active sets of some tokens in one region; bundles are counted from the region's first.
#[derive(Clone, Debug)]
pub struct Activity {
    bundles: u32,
    /// A word of 64 tokens of every bundle, then the next 64 tokens.
    words: Vec<u64>,
}

impl Activity {
    /// No bundle of `bundles` active at any of `tokens`.
    #[must_use]
    pub fn new(bundles: u32, tokens: u32) -> Self {
        Self { bundles, words: vec![0; tokens.div_ceil(64) as usize * bundles as usize] }
    }

    /// Takes note that `bundle` was active at `token`.
    pub fn insert(&mut self, bundle: u32, token: u32) {
        debug_assert!(bundle < self.bundles, "bundle {bundle} of {}", self.bundles);
        self.words[(token / 64) as usize * self.bundles as usize + bundle as usize] |= 1 << (token % 64);
    }

    /// Number of bundles.
    #[must_use]
    pub fn bundles(&self) -> u32 {
        self.bundles
    }

    /// Tokens at which `bundle` was active.
    #[must_use]
    pub fn uses(&self, bundle: u32) -> u32 {
        self.of(bundle).map(u64::count_ones).sum()
    }

    /// Counts for each bundle the tokens that it shares with `bundle` of `other`, an activity over the same tokens.
    pub fn count_together(&self, other: &Self, bundle: u32, counts: &mut Vec<u32>) {
        counts.clear();
        counts.resize(self.bundles as usize, 0);
        for (own, other) in self.words.chunks_exact(self.bundles as usize).zip(other.of(bundle)) {
            for (count, own) in counts.iter_mut().zip(own) {
                *count += (own & other).count_ones();
            }
        }
    }

    /// The words of `bundle`.
    fn of(&self, bundle: u32) -> impl Iterator<Item = u64> {
        self.words.iter().skip(bundle as usize).step_by(self.bundles as usize).copied()
    }
}
