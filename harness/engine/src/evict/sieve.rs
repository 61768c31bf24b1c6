//! SIEVE (Zhang et al., *SIEVE is simpler than LRU*, NSDI 2024).
//!
//! The reference is libCacheSim's `Sieve`. The hand starts over at the oldest bundle as soon as it is past the newest,
//! so that what comes next is not under it.
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

/// A hand goes from the oldest bundle to the newest, spares once what was used since it last passed, and drops the first
/// that was not. Nothing ever moves; what a step holds is passed as it is.
#[derive(Clone, Debug)]
pub struct Sieve {
    patrol: Patrol,
    held_count: u32,
}

impl Sieve {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { patrol: Patrol::new(bundles), held_count: 0 }
    }
}

impl Evict for Sieve {
    fn hold(&mut self, bundle: BundleId) {
        self.patrol.hold(bundle);
        self.held_count += 1;
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.patrol.let_go(bundle);
        self.held_count -= 1;
        self.patrol.use_it(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.patrol.let_go(bundle);
        self.held_count -= 1;
    }

    #[inline]
    fn reuse(&mut self, bundle: BundleId, _at: At) {
        self.patrol.use_it(bundle);
    }

    #[inline]
    fn judge(&mut self, bundles: &[BundleId], _number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        Some(self.patrol.judge(bundles, slots, Spared::Stays, victim))
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
        if self.patrol.queue.len() == self.held_count { None } else { victim(&mut self.patrol) }
    }
}

/// The next victim, of which there is one.
#[inline]
fn victim(patrol: &mut Patrol) -> Option<BundleId> {
    loop {
        let bundle = patrol.queue.under_hand().expect("the hand is on a bundle while there are any");
        let spared = patrol.is_held(bundle) || patrol.spare(bundle);
        if spared {
            patrol.queue.keep();
        } else {
            patrol.queue.take();
        }
        if patrol.queue.under_hand().is_none() {
            patrol.queue.rewind();
        }
        if !spared {
            return Some(bundle);
        }
    }
}
