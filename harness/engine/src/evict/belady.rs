//! Belady: drops the bundle whose next use is furthest away. An upper bound, not a policy that a device can run.
//!
//! For bundles of one size it is optimal among policies that load on demand; for unequal sizes it is a good
//! heuristic and no bound.

use alloc::{vec, vec::Vec};

use crate::{
    evict::{At, Evict},
    geometry::BundleId,
    heap::Heap,
    oracle::Oracle,
};

/// Furthest next use first; among equals the higher id.
#[derive(Clone, Debug)]
pub struct Belady {
    oracle: Oracle,
    heap: Heap,
    /// Next use of what is held.
    held: Vec<u64>,
}

impl Belady {
    /// An empty policy for ids below `bundles` that knows the future by `oracle`.
    #[must_use]
    pub fn new(bundles: u32, oracle: Oracle) -> Self {
        Self { oracle, heap: Heap::new(bundles as usize), held: vec![0; bundles as usize] }
    }
}

impl Evict for Belady {
    fn hold(&mut self, bundle: BundleId) {
        self.held[bundle as usize] = self.heap.key(bundle);
        self.heap.remove(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.heap.set(bundle, self.held[bundle as usize]);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.heap.set(bundle, self.oracle.next_use(at));
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        self.heap.set(bundle, self.oracle.next_use(at));
    }

    fn victim(&mut self) -> Option<BundleId> {
        let (_, bundle) = self.heap.top()?;
        self.heap.remove(bundle);
        Some(bundle)
    }
}
