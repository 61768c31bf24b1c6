//! 2Q: a first-in-first-out queue for what is new, its ghosts, and least recently used for what came back (Johnson and
//! Shasha, VLDB 1994, full version).
//!
//! `A1in` aims at 25 % of the capacity; what it drops is remembered in `A1out`, ghosts of 50 %; a ghost that is needed
//! again enters `Am`. Uses inside `A1in` count for nothing: they are taken for one burst.
//!
//! With steps of one bundle this is libCacheSim's `TwoQ` to the digit (0.3.5 and its source of October 2024). A held
//! bundle of `A1in` keeps its place; one of `Am` counts in its bytes and comes back at the new end. Where the queue
//! that should give has only held bundles, the other gives. 5 bytes a bundle, 4 more where sizes differ, 4 to 33 for
//! each in a queue (up to 1.5 times what fits the cache).

use crate::{
    evict::{At, Evict, Sizes, queues::Queues},
    geometry::BundleId,
};

const IN: u8 = 0;
const OUT: u8 = 1;
const MAIN: u8 = 2;

/// Drops what is new first, unless little is new.
#[derive(Clone, Debug)]
pub struct TwoQ {
    queues: Queues<3>,
    in_bytes: u64,
    out_bytes: u64,
}

impl TwoQ {
    /// An empty policy for ids below `bundles` in a cache of `capacity_bytes`.
    #[must_use]
    pub fn new(bundles: u32, capacity_bytes: u64, sizes: &Sizes) -> Self {
        Self { queues: Queues::new(bundles, sizes), in_bytes: capacity_bytes / 4, out_bytes: capacity_bytes / 2 }
    }

    fn in_victim(&mut self) -> Option<BundleId> {
        let oldest = self.queues.oldest_free(IN)?;
        self.queues.bury(oldest, OUT, self.out_bytes);
        Some(oldest.bundle)
    }

    fn main_victim(&mut self) -> Option<BundleId> {
        let oldest = self.queues.oldest(MAIN)?;
        self.queues.pull(oldest);
        Some(oldest.bundle)
    }
}

impl Evict for TwoQ {
    fn hold(&mut self, bundle: BundleId) {
        if self.queues.place(bundle) == IN { self.queues.hold(bundle) } else { self.queues.lift(bundle) }
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.release(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        let spot = self.queues.spot(bundle);
        if spot.queue == IN { self.queues.release(bundle) } else { self.queues.renew(MAIN, spot) }
    }

    fn reuse(&mut self, bundle: BundleId, _at: At) {
        let spot = self.queues.spot(bundle);
        if spot.queue == MAIN {
            self.queues.renew(MAIN, spot);
        }
    }

    fn lack(&mut self, bundle: BundleId) {
        if self.queues.place(bundle) == OUT {
            self.queues.recall(bundle);
        }
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        // What was read ahead was never lacking.
        self.lack(bundle);
        let queue = if self.queues.take_recalled(bundle) { MAIN } else { IN };
        self.queues.push(queue, bundle);
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        self.queues.fetch(bundles);
    }

    fn victim(&mut self) -> Option<BundleId> {
        if self.queues.bytes(IN) > self.in_bytes {
            self.in_victim().or_else(|| self.main_victim())
        } else {
            self.main_victim().or_else(|| self.in_victim())
        }
    }
}
