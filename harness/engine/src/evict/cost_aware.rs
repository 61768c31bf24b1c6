//! Cost-aware: GreedyDual-Size-Frequency (Cherkasova, HPL-98-69R1) in integers, the cost being the time of a reload.
//!
//! A bundle's value is the age of the cache at its last use plus uses x reload time / bytes: the time that a byte spent
//! on it saves. The age is the value of the last victim. On bundles that are all alike it is LFU with ageing.
//!
//! Times per byte are fixed-point numbers of 16 fractional bits, 1/65536 ns/B; a bundle is worth at least one of those.
//! A bundle of 4 KiB that reloads in 100 µs is worth 100,000 x 65,536 / 4,096 = 1,600,000.
//!
//! 40 bytes a bundle, three bits, and 16 to 64 bytes for each held that was not used again yet.

use alloc::vec::Vec;

use crate::{
    evict::{At, Evict, Sizes, ranks::Ranks},
    geometry::BundleId,
};

const FRACTION_BITS: u32 = 16;

/// Drops the bundle with the lowest age plus uses x worth, among equals the least recently used.
#[derive(Clone, Debug)]
pub struct CostAware {
    ranks: Ranks,
    age: u64,
    /// By bundle: reload time per byte.
    worth: Vec<u64>,
}

impl CostAware {
    /// An empty policy for the bundles of `reload_ns`: how long each takes to read again.
    #[must_use]
    pub fn new(reload_ns: &[u32], sizes: &Sizes) -> Self {
        let bundles = u32::try_from(reload_ns.len()).expect("bundle ids are u32");
        let worth = |bundle: BundleId| {
            let scaled = u64::from(reload_ns[bundle as usize]) << FRACTION_BITS;
            (scaled / sizes.of(bundle).max(1)).max(1)
        };
        Self { ranks: Ranks::new(bundles), age: 0, worth: (0..bundles).map(worth).collect() }
    }

    fn value(&self, bundle: BundleId, uses: u32) -> u64 {
        self.age.saturating_add(u64::from(uses).saturating_mul(self.worth[bundle as usize]))
    }
}

impl Evict for CostAware {
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
        self.ranks.rank(bundle, self.value(bundle, uses), uses);
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.ranks.admit(bundle, self.value(bundle, 1));
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
