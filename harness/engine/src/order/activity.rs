//! At which tokens each bundle of a region was active: a row of bits a bundle.
//!
//! How often two bundles were active together is then a count of common bits: no table of pairs is held, which for
//! 16,384 bundles would take half a gigabyte.

use alloc::{vec, vec::Vec};

/// The active sets of some tokens in one region; bundles are counted from the region's first.
#[derive(Clone, Debug)]
pub struct Activity {
    bundles: u32,
    words: usize,
    bits: Vec<u64>,
}

impl Activity {
    /// No bundle of `bundles` active at any of `tokens`.
    #[must_use]
    pub fn new(bundles: u32, tokens: u32) -> Self {
        let words = tokens.div_ceil(64).max(1) as usize;
        Self { bundles, words, bits: vec![0; bundles as usize * words] }
    }

    /// Takes note that `bundle` was active at `token`.
    pub fn insert(&mut self, bundle: u32, token: u32) {
        let word = bundle as usize * self.words + (token / 64) as usize;
        self.bits[word] |= 1 << (token % 64);
    }

    /// Number of bundles.
    #[must_use]
    pub fn bundles(&self) -> u32 {
        self.bundles
    }

    /// Tokens at which `bundle` was active.
    #[must_use]
    pub fn uses(&self, bundle: u32) -> u32 {
        self.row(bundle).iter().map(|word| word.count_ones()).sum()
    }

    /// How many tokens each bundle shares with `bundle` of `other`, an activity over the same tokens: those that share
    /// any, in order.
    pub fn together_with(&self, other: &Self, bundle: u32) -> impl Iterator<Item = (u32, u32)> {
        let row = other.row(bundle);
        let common = move |own: &[u64]| own.iter().zip(row).map(|(own, other)| (own & other).count_ones()).sum();
        (0..).zip(self.bits.chunks_exact(self.words).map(common)).filter(|&(_, count): &(u32, u32)| count > 0)
    }

    fn row(&self, bundle: u32) -> &[u64] {
        let first = bundle as usize * self.words;
        &self.bits[first..first + self.words]
    }
}
