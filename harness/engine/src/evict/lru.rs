//! Least recently used.
//!
//! 4 bytes a bundle and 16 to 32 for each held, 20 a bundle at most: a trail of ids. While a stream of single lookups is
//! judged, 4 and two to four bits a bundle are touched.

use crate::{
    bitset::Bitset,
    evict::{At, Evict, Slots, trail::Trail},
    geometry::BundleId,
};

/// Drops the bundle whose last use is longest ago; within a step, the lower id first.
#[derive(Clone, Debug)]
pub struct Lru {
    recency: Trail<BundleId>,
}

impl Lru {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { recency: Trail::new(bundles) }
    }
}

impl Evict for Lru {
    #[inline]
    fn hold(&mut self, bundle: BundleId) {
        self.recency.forget(bundle);
    }

    #[inline]
    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.recency.push(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.recency.push(bundle);
    }

    #[inline]
    fn reuse(&mut self, bundle: BundleId, _at: At) {
        self.recency.renew(bundle);
    }

    #[inline]
    fn judge(&mut self, bundles: &[BundleId], _number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        self.recency.judge(bundles, slots, None)
    }

    fn settle(&mut self, resident: &mut Bitset) {
        self.recency.settle(resident, |bundle, _| bundle);
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.recency.push(bundle);
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        self.recency.fetch(bundles);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        self.recency.pop()
    }
}
