//! A queue under a hand that spares what was used: what CLOCK and SIEVE share. Not a policy: who the victim is they say.
//!
//! A stream of single lookups is judged some dozens at a time. What the hand will come upon next is marked: as long as
//! nothing of that is looked up, the hand may as well go on after many lookups as after each miss. Then looking up is a loop
//! with no branch to be guessed wrong, and so is the hand's going on. A lookup of what is marked ends the first loop, and is
//! made alone.
//!
//! A byte a bundle, and 4 to 16 for each in the queue.

use alloc::{vec, vec::Vec};
use core::hint::black_box;

use crate::{
    bitset::Bitset,
    evict::{Slots, sweep::Sweep},
    geometry::BundleId,
};

/// In care.
const THERE: u8 = 1;
/// Used since it came, or since the hand passed it.
const USED: u8 = 1 << 1;
/// What the hand is about to come upon.
const NEAR: u8 = 1 << 2;
/// Held by the running step.
const HELD: u8 = 1 << 3;

/// Misses judged together.
const MISSES: usize = NEWCOMERS as usize;
const NEWCOMERS: u32 = 32;
/// In a cache of fewer bundles too many lookups are of what is marked.
const CAPACITY_MIN: u64 = 32 * NEWCOMERS as u64;
/// What is further ahead of the hand is not looked for, and not soon again.
const NEAR_MAX: u32 = 4 * NEWCOMERS;
const BLIND: usize = 4 * MISSES;

/// Where what the hand spares goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spared {
    /// It stays where it is.
    Stays,
    /// To the end of the queue.
    Renewed,
}

/// A queue under a hand, and by bundle what was used of it.
#[derive(Clone, Debug)]
pub(crate) struct Patrol {
    pub(crate) queue: Sweep<BundleId>,
    marks: Vec<u8>,
}

impl Patrol {
    /// An empty queue for ids below `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        Self { queue: Sweep::new(bundles), marks: vec![0; bundles as usize] }
    }

    /// The running step uses a bundle.
    #[inline]
    pub(crate) fn hold(&mut self, bundle: BundleId) {
        self.mark(bundle, HELD);
    }

    /// It does so no more.
    #[inline]
    pub(crate) fn let_go(&mut self, bundle: BundleId) {
        self.unmark(bundle, HELD);
    }

    /// Whether it does.
    #[inline]
    pub(crate) fn is_held(&self, bundle: BundleId) -> bool {
        self.has(bundle, HELD)
    }

    /// The hand is to spare the bundle.
    #[inline]
    pub(crate) fn use_it(&mut self, bundle: BundleId) {
        self.mark(bundle, USED);
    }

    /// Whether the hand spares the bundle, this time.
    #[inline]
    pub(crate) fn spare(&mut self, bundle: BundleId) -> bool {
        let used = self.has(bundle, USED);
        self.unmark(bundle, if used { USED } else { THERE });
        used
    }

    /// A bundle comes to the end of the queue.
    #[inline]
    pub(crate) fn push(&mut self, bundle: BundleId) {
        self.mark(bundle, THERE);
        self.queue.push(bundle);
    }

    /// Looks up `bundles`, with a `victim` that takes one out for a miss in a full cache: how many missed.
    #[inline]
    pub(crate) fn judge(
        &mut self,
        bundles: &[BundleId],
        slots: &mut Slots<'_>,
        spared: Spared,
        mut victim: impl FnMut(&mut Self) -> Option<BundleId>,
    ) -> usize {
        let mut misses = 0;
        let mut rest = bundles;
        while !rest.is_empty() {
            let together = slots.free == 0 && slots.capacity >= CAPACITY_MIN;
            let alone = if together && let Some(near) = self.look_ahead() {
                let (lookups, came) = self.judge_some(rest, near, spared);
                rest = &rest[lookups..];
                misses += came;
                usize::from(came < MISSES)
            } else {
                BLIND
            };
            let (few, others) = rest.split_at(alone.min(rest.len()));
            misses += few.iter().filter(|&&bundle| self.judge_one(bundle, slots, &mut victim)).count();
            rest = others;
        }
        misses
    }

    /// Writes down which bundles are in care.
    pub(crate) fn settle(&self, resident: &mut Bitset) {
        resident.clear();
        self.queue.iter().for_each(|bundle| resident.insert(bundle));
    }

    /// Looks up one: whether it missed.
    #[inline]
    fn judge_one(
        &mut self,
        bundle: BundleId,
        slots: &mut Slots<'_>,
        victim: &mut impl FnMut(&mut Self) -> Option<BundleId>,
    ) -> bool {
        if self.has(bundle, THERE) {
            self.mark(bundle, USED);
            return false;
        }
        if slots.free == 0 {
            victim(self).expect("what is there is a candidate between lookups");
        } else {
            slots.free -= 1;
        }
        self.push(bundle);
        true
    }

    /// Looks bundles up until one is near the hand, `near` entries of which are marked, or enough missed: lookups and
    /// misses.
    #[inline]
    fn judge_some(&mut self, bundles: &[BundleId], near: u32, spared: Spared) -> (usize, usize) {
        let mut newcomers = [0; MISSES];
        let (lookups, misses) = self.look_up(bundles, &mut newcomers);
        let passed = self.go_on(&newcomers[..misses], spared);
        self.unmark_ahead(near - passed);
        (lookups, misses)
    }

    /// Marks what the hand passes until it has come upon enough for all misses: how many those are. None, and nothing
    /// marked, where that is far or the queue ends before.
    #[inline]
    fn look_ahead(&mut self) -> Option<u32> {
        let end = self.queue.ahead_len().min(NEAR_MAX);
        let (mut near, mut victims) = (0, 0);
        while victims < MISSES && near < end {
            let bundle = self.queue.ahead(near);
            victims += usize::from(!self.has(bundle, USED));
            self.mark(bundle, NEAR);
            near += 1;
        }
        // The hand does not reach the end, where SIEVE's turns.
        let enough = victims == MISSES && near < end && self.queue.reserve(near);
        if !enough {
            self.unmark_ahead(near);
        }
        enough.then_some(near)
    }

    fn unmark_ahead(&mut self, count: u32) {
        for distance in 0..count {
            self.unmark(self.queue.ahead(distance), NEAR);
        }
    }

    /// Looks bundles up until all newcomers came or one is near the hand: lookups and misses.
    #[inline]
    fn look_up(&mut self, bundles: &[BundleId], newcomers: &mut [BundleId; MISSES]) -> (usize, usize) {
        // Fetched at once: one by one they would wait for each other.
        black_box(bundles.iter().take(3 * MISSES).fold(0, |all, &bundle| all ^ self.marks[bundle as usize]));
        let mut misses = 0;
        for (lookups, &bundle) in bundles.iter().enumerate() {
            let marks = &mut self.marks[bundle as usize];
            let there = *marks & THERE;
            if misses == MISSES || *marks & NEAR != 0 {
                return (lookups, misses);
            }
            *marks |= THERE | (there * USED);
            newcomers[misses] = bundle;
            misses += usize::from(there == 0);
        }
        (bundles.len(), misses)
    }

    /// The hand goes on until room is made for the newcomers: how many it passes.
    #[inline]
    fn go_on(&mut self, newcomers: &[BundleId], spared: Spared) -> u32 {
        let marks = self.marks.as_mut_slice();
        let spare = |bundle| {
            let marks = &mut marks[bundle as usize];
            let used = *marks & USED != 0;
            *marks = if used { THERE } else { 0 };
            used
        };
        match spared {
            Spared::Renewed => self.queue.renew_many(newcomers, spare),
            Spared::Stays => {
                let passed = self.queue.take_many(newcomers.len(), spare);
                self.queue.extend(newcomers);
                passed
            }
        }
    }

    #[inline]
    fn has(&self, bundle: BundleId, mark: u8) -> bool {
        self.marks[bundle as usize] & mark != 0
    }

    #[inline]
    fn mark(&mut self, bundle: BundleId, mark: u8) {
        self.marks[bundle as usize] |= mark;
    }

    #[inline]
    fn unmark(&mut self, bundle: BundleId, mark: u8) {
        self.marks[bundle as usize] &= !mark;
    }
}

#[cfg(test)]
mod tests;
