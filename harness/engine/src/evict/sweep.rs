//! A queue under a hand: entries in the order of their arrival, looked at from the oldest to the newest.
//!
//! What the hand passes is kept or taken out; what is kept stays in order, in front of the hand. Both parts lie in one
//! ring, so that the hand reads and writes memory in one direction: `[first, kept)` was passed, `[hand, end)` is ahead.
//! One u32 for each of 2 to 4 bundles' worth of ring: 8 to 16 bytes a bundle.

use alloc::{vec, vec::Vec};

use crate::geometry::BundleId;

/// The first running number: a little before they wrap, so that every run of some length passes that.
const START: u32 = 0_u32.wrapping_sub(64);

/// A queue of at most as many bundles as it was made for.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    ring: Vec<BundleId>,
    /// Running numbers, whose low bits index the ring.
    first: u32,
    kept: u32,
    hand: u32,
    end: u32,
}

impl Sweep {
    /// An empty queue for ids below `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        let places = (2 * bundles as usize).next_power_of_two();
        assert!(u32::try_from(places).is_ok(), "{bundles} bundles are too many for a queue");
        Self { ring: vec![0; places], first: START, kept: START, hand: START, end: START }
    }

    /// Number of bundles.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.kept.wrapping_sub(self.first) + self.end.wrapping_sub(self.hand)
    }

    /// Makes `bundle` the newest.
    #[inline]
    pub(crate) fn push(&mut self, bundle: BundleId) {
        if self.end.wrapping_sub(self.first) as usize == self.ring.len() {
            self.close_gap();
        }
        let index = self.index(self.end);
        self.ring[index] = bundle;
        self.end = self.end.wrapping_add(1);
    }

    /// The bundle under the hand; none if no newer one is ahead of it.
    #[inline]
    pub(crate) fn under_hand(&self) -> Option<BundleId> {
        (self.hand != self.end).then(|| self.ring[self.index(self.hand)])
    }

    /// Keeps the bundle under the hand and goes on to the next.
    #[inline]
    pub(crate) fn keep(&mut self) {
        let (from, to) = (self.index(self.hand), self.index(self.kept));
        self.ring[to] = self.ring[from];
        self.kept = self.kept.wrapping_add(1);
        self.hand = self.hand.wrapping_add(1);
    }

    /// Takes the bundle under the hand out and goes on to the next.
    #[inline]
    pub(crate) fn take(&mut self) {
        self.hand = self.hand.wrapping_add(1);
        if self.kept == self.first {
            (self.first, self.kept) = (self.hand, self.hand);
        }
    }

    /// Puts the hand back on the oldest bundle.
    #[inline]
    pub(crate) fn rewind(&mut self) {
        if self.hand == self.end {
            (self.hand, self.end) = (self.first, self.kept);
            self.kept = self.first;
        } else if self.kept != self.first {
            self.close_gap();
            (self.hand, self.kept) = (self.first, self.first);
        }
    }

    /// Moves what was passed up to the hand: half of a ring or less, when all of it was filled.
    fn close_gap(&mut self) {
        let gap = self.hand.wrapping_sub(self.kept);
        if gap == 0 {
            return;
        }
        let mut from = self.kept;
        while from != self.first {
            from = from.wrapping_sub(1);
            let (from, to) = (self.index(from), self.index(from.wrapping_add(gap)));
            self.ring[to] = self.ring[from];
        }
        self.first = self.first.wrapping_add(gap);
        self.kept = self.hand;
    }

    #[inline]
    fn index(&self, number: u32) -> usize {
        number as usize & (self.ring.len() - 1)
    }
}
