//! SIEVE (Zhang et al., *SIEVE is simpler than LRU*, NSDI 2024).
//!
//! The reference is libCacheSim's `Sieve`. The hand starts over at the oldest bundle as soon as it is past the newest,
//! so that what comes next is not under it.
//!
//! 4 to 16 bytes for each bundle held, and two bits for every one.

use crate::{
    bitset::Bitset,
    evict::{At, Evict, sweep::Sweep},
    geometry::BundleId,
};

/// A hand goes from the oldest bundle to the newest, spares once what was used since it last passed, and drops the first
/// that was not. Nothing ever moves; what a step holds is passed as it is.
#[derive(Clone, Debug)]
pub struct Sieve {
    queue: Sweep<BundleId>,
    used: Bitset,
    held: Bitset,
    held_count: u32,
}

impl Sieve {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        let none = Bitset::new(bundles as usize);
        Self { queue: Sweep::new(bundles), used: none.clone(), held: none, held_count: 0 }
    }
}

impl Evict for Sieve {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
        self.held_count += 1;
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(bundle);
        self.held_count -= 1;
        self.used.insert(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(bundle);
        self.held_count -= 1;
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
        if self.queue.len() == self.held_count {
            return None;
        }
        loop {
            let bundle = self.queue.under_hand().expect("the hand is on a bundle while there are any");
            let spared = self.held.contains(bundle) || self.used.take(bundle);
            if spared {
                self.queue.keep();
            } else {
                self.queue.take();
            }
            if self.queue.under_hand().is_none() {
                self.queue.rewind();
            }
            if !spared {
                return Some(bundle);
            }
        }
    }
}
