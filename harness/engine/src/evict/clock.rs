//! CLOCK with one bit, which is FIFO with a second chance (Corbató, *A paging experiment with the Multics system*, 1968).
//!
//! The reference is libCacheSim's `Clock` with its default of one bit: new bundles have no second chance yet.
//!
//! 4 to 16 bytes for each bundle held, and two bits for every one.

use crate::{
    bitset::Bitset,
    evict::{At, Evict, sweep::Sweep},
    geometry::BundleId,
};

/// Drops the bundle that came first, unless it was used since: then it goes to the end of the queue once more, as if it
/// had just come. What a step holds keeps its place.
#[derive(Clone, Debug)]
pub struct Clock {
    queue: Sweep<BundleId>,
    used: Bitset,
    held: Bitset,
}

impl Clock {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        let none = Bitset::new(bundles as usize);
        Self { queue: Sweep::new(bundles), used: none.clone(), held: none }
    }
}

impl Evict for Clock {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(bundle);
        self.used.insert(bundle);
        // The hand may have passed it.
        self.queue.rewind();
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(bundle);
        // The hand may have passed it.
        self.queue.rewind();
    }

    #[inline]
    fn reuse(&mut self, bundle: BundleId, _at: At) {
        self.used.insert(bundle);
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.queue.push(bundle);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        loop {
            let bundle = self.queue.under_hand()?;
            if self.held.contains(bundle) {
                self.queue.keep();
                continue;
            }
            self.queue.take();
            if !self.used.take(bundle) {
                return Some(bundle);
            }
            self.queue.push(bundle);
        }
    }
}
