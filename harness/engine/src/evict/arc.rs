//! ARC: two recency lists, used once and used again, whose shares follow the hits among their ghosts (Megiddo and
//! Modha, *ARC: a self-tuning, low overhead replacement cache*, FAST 2003).
//!
//! `T1` and `T2` are in DRAM, `B1` and `B2` are their ghosts; `p` is what `T1` should have. A ghost of `B1` that is
//! needed raises `p`, one of `B2` lowers it, by the other list's bytes over its own, at least once its own bytes.
//!
//! With steps of one bundle this is libCacheSim's ARC (0.3.5 and its source of October 2024). That keeps `p` in
//! floating point; here it is fixed point of up to 32 fraction bits, because no float may decide an order: the two part
//! only where a sum of fractions rounds to a whole number in one of them, which none of the golden counts meets. In a
//! step of many bundles all ghosts are asked first; victims are then chosen as for the last bundle that is lacking,
//! with all that is lacking coming in; held bundles count in their list's bytes and come back at the new end of `T2`;
//! where the list that should give has only held bundles, the other gives. 5 bytes a bundle, 4 more where sizes differ,
//! 4 to 33 for each in a list (up to twice what fits the cache). While a stream of single lookups is judged, 4 and four to
//! eight bits a bundle are touched.

mod judge;

use crate::{
    bitset::Bitset,
    evict::{At, Evict, Sizes, Slots, queues::Queues},
    geometry::BundleId,
};

const T1: u8 = 0;
const T2: u8 = 1;
const B1: u8 = 2;
const B2: u8 = 3;

/// Drops the oldest of the list that has more than its share.
#[derive(Clone, Debug)]
pub struct Arc {
    queues: Queues<4>,
    capacity_bytes: u64,
    /// The share of `T1` in bytes, with [`Self::fraction_bits`].
    share: u64,
    fraction_bits: u32,
    /// Bytes of the step's lacking bundles.
    incoming_bytes: u64,
    /// The list of ghosts where the last lacking bundle was found.
    found: Option<u8>,
    /// While a stream is judged.
    stretches: Option<[judge::Stretch; 2]>,
}

impl Arc {
    /// An empty policy for ids below `bundles` in a cache of `capacity_bytes`.
    #[must_use]
    pub fn new(bundles: u32, capacity_bytes: u64, sizes: &Sizes) -> Self {
        // Two capacities of ghosts fit above the fraction, and some room is left for a step larger than the capacity.
        let fraction_bits = capacity_bytes.leading_zeros().saturating_sub(8).min(32);
        let queues = Queues::new(bundles, sizes);
        Self { queues, capacity_bytes, share: 0, fraction_bits, incoming_bytes: 0, found: None, stretches: None }
    }

    /// How far a ghost of `own` moves the share: the other list's bytes over its own, at least 1, times its bytes.
    fn delta(&self, own: u8, other: u8, bytes: u64) -> u64 {
        let ratio = self.fixed(self.queues.bytes(other)) / self.queues.bytes(own).max(1);
        ratio.max(self.fixed(1)).saturating_mul(bytes)
    }

    fn fixed(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(1 << self.fraction_bits)
    }

    /// A ghost that is needed again moves the share.
    fn adapt(&mut self, ghosts: u8, bytes: u64) {
        self.share = if ghosts == B1 {
            self.share.saturating_add(self.delta(B1, B2, bytes)).min(self.fixed(self.capacity_bytes))
        } else {
            self.share.saturating_sub(self.delta(B2, B1, bytes))
        };
    }

    /// Whether `T1` has more than its share, so that it gives.
    fn takes_once(&self) -> bool {
        let once = self.fixed(self.queues.bytes(T1));
        let above = once > self.share || once == self.share && self.found == Some(B2);
        once > 0 && above || self.queues.bytes(T2) == 0
    }

    /// Whether as much is known as two caches hold.
    fn is_directory_full(&self) -> bool {
        [T1, T2, B1, B2].into_iter().map(|list| self.queues.bytes(list)).sum::<u64>() >= 2 * self.capacity_bytes
    }

    /// The paper's REPLACE: the oldest of `T1` or `T2` leaves a ghost.
    fn replace(&mut self) -> Option<BundleId> {
        let lists = if self.takes_once() { [(T1, B1), (T2, B2)] } else { [(T2, B2), (T1, B1)] };
        lists.into_iter().find_map(|(list, ghosts)| {
            let oldest = self.queues.oldest(list)?;
            self.queues.renew(ghosts, oldest);
            Some(oldest.bundle)
        })
    }

    fn forget_ghost(&mut self, ghosts: u8) -> bool {
        let oldest = self.queues.oldest(ghosts);
        if let Some(oldest) = oldest {
            self.queues.pull(oldest);
        }
        oldest.is_some()
    }

    /// Nothing is lacking any more.
    fn end_step(&mut self) {
        self.incoming_bytes = 0;
        self.found = None;
    }
}

impl Evict for Arc {
    fn hold(&mut self, bundle: BundleId) {
        self.queues.lift(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.reuse(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        let spot = self.queues.spot(bundle);
        self.queues.renew(spot.queue, spot);
    }

    fn reuse(&mut self, bundle: BundleId, _at: At) {
        self.end_step();
        self.queues.renew(T2, self.queues.spot(bundle));
    }

    fn lack(&mut self, bundle: BundleId) {
        let bytes = self.queues.size(bundle);
        self.incoming_bytes += bytes;
        let ghosts = self.queues.place(bundle);
        self.found = (ghosts == B1 || ghosts == B2).then_some(ghosts);
        if let Some(ghosts) = self.found {
            self.adapt(ghosts, bytes);
            self.queues.recall(bundle);
        }
    }

    #[inline]
    fn judge(&mut self, bundles: &[BundleId], _number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        self.judge_stream(bundles, slots)
    }

    fn settle(&mut self, resident: &mut Bitset) {
        self.write_stream(resident);
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        // What was read ahead was never lacking.
        if matches!(self.queues.place(bundle), B1 | B2) {
            self.lack(bundle);
        }
        self.end_step();
        let list = if self.queues.take_recalled(bundle) { T2 } else { T1 };
        self.queues.push(list, bundle);
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        self.queues.fetch(bundles);
    }

    fn victim(&mut self) -> Option<BundleId> {
        if self.found.is_some() {
            return self.replace();
        }
        let once = self.queues.bytes(T1) + self.queues.bytes(B1);
        if once + self.incoming_bytes > self.capacity_bytes {
            if !self.forget_ghost(B1)
                && let Some(oldest) = self.queues.oldest(T1)
            {
                self.queues.pull(oldest);
                return Some(oldest.bundle);
            }
        } else if self.is_directory_full() {
            self.forget_ghost(B2);
        }
        self.replace()
    }
}
