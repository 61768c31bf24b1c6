//! CLOCK with one bit, which is FIFO with a second chance (Corbató, *A paging experiment with the Multics system*, 1968).
//!
//! The reference is libCacheSim's `Clock` with its default of one bit: new bundles have no second chance yet.
//!
//! 4 to 16 bytes for each bundle held, and one for every one.

use crate::{
    bitset::Bitset,
    evict::{
        At, Evict, Slots,
        patrol::{Patrol, Spared},
    },
    geometry::BundleId,
};

/// Drops the bundle that came first, unless it was used since: then it goes to the end of the queue once more, as if it
/// had just come. What a step holds keeps its place.
#[derive(Clone, Debug)]
pub struct Clock {
    patrol: Patrol,
}

impl Clock {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { patrol: Patrol::new(bundles) }
    }
}

impl Evict for Clock {
    fn hold(&mut self, bundle: BundleId) {
        self.patrol.hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.patrol.let_go(bundle);
        self.patrol.use_it(bundle);
        // The hand may have passed it.
        self.patrol.queue.rewind();
    }

    fn release(&mut self, bundle: BundleId) {
        self.patrol.let_go(bundle);
        // The hand may have passed it.
        self.patrol.queue.rewind();
    }

    #[inline]
    fn reuse(&mut self, bundle: BundleId, _at: At) {
        self.patrol.use_it(bundle);
    }

    #[inline]
    fn judge(&mut self, bundles: &[BundleId], _number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        Some(self.patrol.judge(bundles, slots, Spared::Renewed, victim))
    }

    fn settle(&mut self, resident: &mut Bitset) {
        self.patrol.settle(resident);
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.patrol.push(bundle);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        victim(&mut self.patrol)
    }
}

/// The next victim, where there is one that is not held.
#[inline]
fn victim(patrol: &mut Patrol) -> Option<BundleId> {
    loop {
        let bundle = patrol.queue.under_hand()?;
        if patrol.is_held(bundle) {
            patrol.queue.keep();
            continue;
        }
        patrol.queue.take();
        if !patrol.spare(bundle) {
            return Some(bundle);
        }
        patrol.queue.push(bundle);
    }
}
