//! Recency as a trail: every use appends an entry to a ring, and only a bundle's latest entry counts.
//!
//! A linked list moves a bundle by writing to it and to both its neighbours, each somewhere else in memory; a trail
//! writes one number beside the bundle, one bit for the entry that is outdated, and goes on at its end. 4 bytes a bundle
//! for its place, and for each of 2 to 4 bundles' worth of ring an entry and a bit.

use alloc::{vec, vec::Vec};

use crate::{bitset::Bitset, geometry::BundleId};

/// What an entry of a trail holds: a bundle, and what a policy wants to know of the use.
pub(crate) trait Entry: Copy + Default {
    /// The bundle that was used.
    fn bundle(self) -> BundleId;
}

impl Entry for BundleId {
    fn bundle(self) -> BundleId {
        self
    }
}

/// The first running number: a little before they wrap, so that every run of some length passes that.
const START: u32 = 0_u32.wrapping_sub(64);

/// Bundles in the order of their latest entries.
#[derive(Clone, Debug)]
pub(crate) struct Trail<T> {
    /// Index of each bundle's latest entry; of no meaning for one that has none.
    place: Vec<u32>,
    entries: Vec<T>,
    /// Which entries count, by index: what the tail passes over is found 64 at a time.
    latest: Bitset,
    /// Running numbers of the oldest entry and of the next one; their low bits index the ring.
    tail: u32,
    head: u32,
}

impl<T: Entry> Trail<T> {
    /// An empty trail for ids below `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        // Whole words of bits, so that what is passed over ends with the ring.
        let entries = (2 * bundles as usize).next_power_of_two().max(64);
        assert!(u32::try_from(entries).is_ok(), "{bundles} bundles are too many for a trail");
        Self {
            place: vec![0; bundles as usize],
            entries: vec![T::default(); entries],
            latest: Bitset::new(entries),
            tail: START,
            head: START,
        }
    }

    /// Makes `entry` the newest; its bundle has no other.
    #[inline]
    pub(crate) fn push(&mut self, entry: T) {
        if self.head.wrapping_sub(self.tail) as usize == self.entries.len() {
            self.compact();
        }
        let index = self.index(self.head);
        self.entries[index as usize] = entry;
        self.latest.insert(index);
        self.place[entry.bundle() as usize] = index;
        self.head = self.head.wrapping_add(1);
    }

    /// Makes `entry` the newest instead of the one that its bundle has.
    #[inline]
    pub(crate) fn renew(&mut self, entry: T) {
        self.forget(entry.bundle());
        self.push(entry);
    }

    /// Takes a bundle out that has an entry.
    #[inline]
    pub(crate) fn forget(&mut self, bundle: BundleId) {
        self.latest.remove(self.place[bundle as usize]);
    }

    /// The oldest entry that counts.
    #[inline]
    pub(crate) fn oldest(&mut self) -> Option<T> {
        while self.tail != self.head {
            let index = self.index(self.tail);
            let passed = self.latest.absent_from(index).min(self.head.wrapping_sub(self.tail));
            if passed == 0 {
                return Some(self.entries[index as usize]);
            }
            self.tail = self.tail.wrapping_add(passed);
        }
        None
    }

    /// Takes the bundle of the oldest entry out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<BundleId> {
        let bundle = self.oldest()?.bundle();
        self.latest.remove(self.index(self.tail));
        Some(bundle)
    }

    /// Drops all outdated entries: at least half of a full ring, so that it costs each push a constant.
    #[cold]
    fn compact(&mut self) {
        let first = self.tail;
        let mut kept = first;
        while let Some(entry) = self.oldest() {
            self.latest.remove(self.index(self.tail));
            let index = self.index(kept);
            self.entries[index as usize] = entry;
            self.latest.insert(index);
            self.place[entry.bundle() as usize] = index;
            kept = kept.wrapping_add(1);
            self.tail = self.tail.wrapping_add(1);
        }
        (self.tail, self.head) = (first, kept);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "asserted at construction: the ring's length is a u32")]
    fn index(&self, number: u32) -> u32 {
        number & (self.entries.len() as u32 - 1)
    }
}
