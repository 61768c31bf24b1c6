//! Least frequently used, counted for ever: who leaves and comes back goes on where it was.
//!
//! Counts that are forgotten flood below a token cycle: every bundle leaves with one use, before its second. Counts that are
//! kept hold the popular ones. The phone runtime behind `qwen-curve.csv` counts so; libCacheSim's `LFU` is [`super::lfu`].
//!
//! 32 bytes a bundle, and two bits.

use crate::{
    evict::{At, Evict, ranks::Ranks},
    geometry::BundleId,
};

/// Drops the bundle with the fewest uses ever, among equals the least recently used.
#[derive(Clone, Debug)]
pub struct LfuPerfect {
    ranks: Ranks,
}

impl LfuPerfect {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { ranks: Ranks::new(bundles) }
    }
}

impl Evict for LfuPerfect {
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
        self.reuse(bundle, at);
        self.ranks.release(bundle);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        let (_, bundle) = self.ranks.pop()?;
        Some(bundle)
    }
}
