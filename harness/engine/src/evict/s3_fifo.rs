//! S3-FIFO: a small queue in front of a main one, and ghosts of what the small one dropped (Yang et al., *FIFO queues
//! are all you need for cache eviction*, SOSP 2023).
//!
//! A bundle enters the small queue (10 % of the capacity), or the main one if it is a ghost. From the old end of the
//! small queue it moves to the main one if it was used twice since, else it leaves and a ghost stays (90 % of the
//! capacity). In the main queue every use, up to 3, is worth another round. Before the first eviction a full small
//! queue lets bundles through to the main one.
//!
//! With steps of one bundle this is libCacheSim's S3FIFO to the digit (0.3.5: the October 2024 source does not have the
//! last rule). One difference: libCacheSim passes by what is not smaller than its small queue; here a step needs all
//! its bundles. A held bundle keeps its place in its queue. 5 bytes a bundle, 4 more where sizes differ, 4 to 33 for
//! each in a queue (up to twice what fits the cache).

use crate::{
    evict::{At, Evict, Sizes, queues::Queues},
    geometry::BundleId,
};

const SMALL: u8 = 0;
const MAIN: u8 = 1;
const GHOST: u8 = 2;

/// Uses in the small queue that take a bundle to the main one.
const USES_TO_MAIN: u8 = 2;
/// Uses that are counted.
const USES_MAX: u8 = 3;

/// Drops what was used less than twice in its first round, then what was not used in a round.
#[derive(Clone, Debug)]
pub struct S3Fifo {
    queues: Queues<3>,
    small_bytes: u64,
    main_bytes: u64,
    ghost_bytes: u64,
    evicted: bool,
}

impl S3Fifo {
    /// An empty policy for ids below `bundles` in a cache of `capacity_bytes`.
    #[must_use]
    pub fn new(bundles: u32, capacity_bytes: u64, sizes: &Sizes) -> Self {
        let small_bytes = capacity_bytes / 10;
        Self {
            queues: Queues::new(bundles, sizes),
            small_bytes,
            main_bytes: capacity_bytes - small_bytes,
            ghost_bytes: capacity_bytes - capacity_bytes.div_ceil(10),
            evicted: false,
        }
    }

    fn count_use(&mut self, bundle: BundleId) {
        let uses = self.queues.count(bundle);
        self.queues.set_count(bundle, (uses + 1).min(USES_MAX));
    }

    fn small_victim(&mut self) -> Option<BundleId> {
        loop {
            let oldest = self.queues.oldest_free(SMALL)?;
            if self.queues.count(oldest.bundle) < USES_TO_MAIN {
                self.queues.bury(oldest, GHOST, self.ghost_bytes);
                return Some(oldest.bundle);
            }
            self.queues.set_count(oldest.bundle, 0);
            self.queues.renew(MAIN, oldest);
        }
    }

    fn main_victim(&mut self) -> Option<BundleId> {
        loop {
            let oldest = self.queues.oldest_free(MAIN)?;
            let uses = self.queues.count(oldest.bundle);
            if uses == 0 {
                self.queues.pull(oldest);
                return Some(oldest.bundle);
            }
            self.queues.set_count(oldest.bundle, uses - 1);
            self.queues.renew(MAIN, oldest);
        }
    }
}

impl Evict for S3Fifo {
    fn hold(&mut self, bundle: BundleId) {
        self.queues.hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.queues.release(bundle);
        self.count_use(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.queues.release(bundle);
    }

    fn reuse(&mut self, bundle: BundleId, _at: At) {
        self.count_use(bundle);
    }

    fn lack(&mut self, bundle: BundleId) {
        if self.queues.place(bundle) == GHOST {
            self.queues.recall(bundle);
        }
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        // What was read ahead was never lacking.
        self.lack(bundle);
        let recalled = self.queues.take_recalled(bundle);
        let through = !self.evicted && self.queues.bytes(SMALL) >= self.small_bytes;
        self.queues.set_count(bundle, 0);
        self.queues.push(if recalled || through { MAIN } else { SMALL }, bundle);
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.evicted = true;
        if self.queues.bytes(MAIN) > self.main_bytes
            && let Some(bundle) = self.main_victim()
        {
            return Some(bundle);
        }
        self.small_victim().or_else(|| self.main_victim())
    }
}
