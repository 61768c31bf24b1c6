//! Least frequently used, counted while a bundle is in care.
//!
//! The reference is libCacheSim's `LFU`: who comes back counts from one again, and among equals the one that was used
//! longest ago goes first.
//!
//! 32 bytes a bundle, and two bits.

use crate::{
    evict::{At, Evict, ranks::Ranks},
    geometry::BundleId,
};

/// Drops the bundle with the fewest uses since it came, among equals the least recently used.
#[derive(Clone, Debug)]
pub struct Lfu {
    ranks: Ranks,
}

impl Lfu {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { ranks: Ranks::new(bundles) }
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
    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.ranks.admit(bundle, 1);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        let (_, bundle) = self.ranks.pop()?;
        Some(bundle)
    }
}
