//! Replay of a stream of lookups through an eviction policy alone: no steps, no reads, no time, only what hits.
//!
//! Lookups come one at a time, as cache simulators count them. A run of the engine judges the lookups of a step together;
//! with steps of one bundle the two agree to the digit, and [`Replay::look_up_together`] judges them as a run does.

mod together;

use crate::{
    bitset::Bitset,
    evict::{At, Evict, Moment, Sizes, Slots},
    geometry::BundleId,
};

/// Lookups for which a policy fetches from memory at once: one by one they would wait for each other's branches. So few
/// that what was fetched is still near when its lookup comes.
const FETCHED_AT_ONCE: usize = 64;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lookups.
    pub lookups: u64,
    /// Lookups that found their bundle.
    pub hits: u64,
    /// Bytes of the bundles that were not found.
    pub read_bytes: u64,
}

/// A cache of `capacity_bytes` under one policy.
#[derive(Clone, Debug)]
pub struct Replay<E> {
    policy: E,
    sizes: Sizes,
    capacity_bytes: u64,
    resident_bytes: u64,
    resident: Bitset,
    /// The policy has judged lookups, of which it may not have written down all.
    judging: bool,
    tally: Tally,
}

impl<E: Evict> Replay<E> {
    /// An empty cache for ids below `bundles`.
    #[must_use]
    pub fn new(policy: E, sizes: Sizes, bundles: u32, capacity_bytes: u64) -> Self {
        let resident = Bitset::new(bundles as usize);
        Self { policy, sizes, capacity_bytes, resident_bytes: 0, resident, judging: false, tally: Tally::default() }
    }

    /// Looks `bundle` up as lookup number `number` of the stream, and admits it where it is missing. Returns whether it
    /// was there. A bundle larger than the whole cache passes it by.
    #[inline]
    pub fn look_up(&mut self, bundle: BundleId, number: usize) -> bool {
        self.settle();
        self.look_up_settled(bundle, number)
    }

    #[inline]
    fn look_up_settled(&mut self, bundle: BundleId, number: usize) -> bool {
        let at = At { step: number as u64, id: number };
        self.tally.lookups += 1;
        if self.resident.contains(bundle) {
            self.tally.hits += 1;
            self.policy.reuse(bundle, at);
            self.expire(Moment::BeforePlacing, at.step);
            return true;
        }
        self.miss(bundle, at);
        false
    }

    /// Looks up all of `bundles`, the first as lookup number `number` of the stream: the same as one by one, and faster
    /// where bundles are many. Fastest in a cache of bundles of one size that began with this, and does nothing else.
    #[inline]
    pub fn look_up_all(&mut self, bundles: &[BundleId], mut number: usize) {
        if self.judge(bundles, number) {
            return;
        }
        self.settle();
        for chunk in bundles.chunks(FETCHED_AT_ONCE) {
            self.policy.fetch(chunk);
            for &bundle in chunk {
                self.look_up_settled(bundle, number);
                number += 1;
            }
        }
    }

    /// What was counted so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Bytes held now.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.resident_bytes
    }

    /// Lets the policy look all of `bundles` up in its own way, if it has one.
    #[inline]
    fn judge(&mut self, bundles: &[BundleId], number: usize) -> bool {
        let Sizes::Equal(bytes @ 1..) = self.sizes else { return false };
        let (capacity, used) = (self.capacity_bytes / bytes, self.resident_bytes / bytes);
        if capacity == 0 {
            return false;
        }
        let mut slots = Slots { resident: &mut self.resident, capacity, free: capacity - used };
        let Some(misses) = self.policy.judge(bundles, number, &mut slots) else { return false };
        self.judging = true;
        self.resident_bytes = (capacity - slots.free) * bytes;
        self.tally.lookups += bundles.len() as u64;
        self.tally.hits += (bundles.len() - misses) as u64;
        self.tally.read_bytes += misses as u64 * bytes;
        true
    }

    /// Ends a stream that the policy has judged.
    #[inline]
    fn settle(&mut self) {
        if self.judging {
            self.policy.settle(&mut self.resident);
            self.judging = false;
        }
    }

    #[inline]
    fn miss(&mut self, bundle: BundleId, at: At) {
        let bytes = self.sizes.of(bundle);
        self.tally.read_bytes += bytes;
        if bytes > self.capacity_bytes {
            self.expire(Moment::BeforePlacing, at.step);
            self.expire(Moment::AfterStep, at.step);
            return;
        }
        self.policy.lack(bundle);
        self.expire(Moment::BeforePlacing, at.step);
        while self.resident_bytes + bytes > self.capacity_bytes {
            let victim = self.policy.victim().expect("what is held is a candidate between lookups");
            self.drop_out(victim);
        }
        self.resident.insert(bundle);
        self.resident_bytes += bytes;
        self.policy.admit(bundle, at);
        self.expire(Moment::AfterStep, at.step);
    }

    #[inline]
    fn expire(&mut self, moment: Moment, step: u64) {
        while let Some(bundle) = self.policy.expire(moment, step) {
            self.drop_out(bundle);
        }
    }

    fn drop_out(&mut self, bundle: BundleId) {
        self.resident.remove(bundle);
        self.resident_bytes -= self.sizes.of(bundle);
    }
}
