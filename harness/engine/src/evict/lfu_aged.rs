//! LFU with dynamic ageing, LFU-DA (Arlitt et al., *Evaluating content management techniques for Web proxy caches*, 2000).
//!
//! A bundle's value is its uses since it came plus the age of the cache at its last use; the age is the value of the
//! last victim. So what was hot long ago is overtaken by what is used now.
//!
//! Its counts are not those of libCacheSim's `LFUDA`, on purpose: that one adds the age, not one, at every hit, and loses
//! sight of objects below its lowest frequency for good.
//!
//! 32 bytes a bundle, three bits, and 16 to 64 bytes for each held that was not used again yet.

use crate::{
    evict::{At, Evict, ranks::Ranks},
    geometry::BundleId,
};

/// Drops the bundle with the lowest age plus uses, among equals the least recently used.
#[derive(Clone, Debug)]
pub struct LfuAged {
    ranks: Ranks,
    age: u64,
}

impl LfuAged {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { ranks: Ranks::new(bundles), age: 0 }
    }
}

impl Evict for LfuAged {
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
        self.ranks.rank(bundle, self.age + u64::from(uses), uses);
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.ranks.admit(bundle, self.age + 1);
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        self.ranks.fetch(bundles);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        let (value, bundle) = self.ranks.pop()?;
        // What was held while others went may be below them: age never goes back.
        self.age = self.age.max(value);
        Some(bundle)
    }
}
