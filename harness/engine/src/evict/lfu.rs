//! Least frequently used, counted while a bundle is in care or for ever; among equals the one used longest ago goes first.
//!
//! The reference of the first is libCacheSim's `LFU`: who comes back counts from one again. Below a token cycle that floods:
//! every bundle leaves with one use, before its second. Counts that are kept hold the popular ones; the phone runtime
//! behind `qwen-curve.csv` counts so.
//!
//! 32 bytes a bundle, three bits, and 16 to 64 bytes for each held that was not used again yet.

use crate::{
    evict::{At, Evict, ranks::Ranks},
    geometry::BundleId,
};

/// Drops the bundle with the fewest uses, among equals the least recently used.
#[derive(Clone, Debug)]
pub struct Lfu {
    ranks: Ranks,
    /// Whether who leaves is forgotten.
    forgets: bool,
}

impl Lfu {
    /// An empty policy for ids below `bundles` that counts while they are in care.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { ranks: Ranks::new(bundles), forgets: true }
    }

    /// The same, but it counts for ever.
    #[must_use]
    pub fn perfect(bundles: u32) -> Self {
        Self { forgets: false, ..Self::new(bundles) }
    }
}

impl Evict for Lfu {
    fn hold(&mut self, bundle: BundleId) {
        self.ranks.hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.reuse(bundle, at);
        self.ranks.release(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.ranks.release(bundle);
    }

    #[inline]
    fn reuse(&mut self, bundle: BundleId, _at: At) {
        let uses = self.ranks.uses(bundle).saturating_add(1);
        self.ranks.rank(bundle, u64::from(uses), uses);
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, at: At) {
        if self.forgets {
            self.ranks.admit(bundle, 1);
        } else {
            self.touch(bundle, at);
        }
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        self.ranks.fetch(bundles);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        let (_, bundle) = self.ranks.pop()?;
        Some(bundle)
    }
}
