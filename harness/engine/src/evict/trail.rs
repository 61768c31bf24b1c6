//! Recency as a trail: every use appends an entry to a ring, and only a bundle's latest entry counts.
//!
//! A linked list moves a bundle by writing to it and to both its neighbours, each somewhere else in memory; a trail
//! writes one number beside the bundle and goes on at its end. What is outdated is skipped when the tail reaches it, so
//! each entry is written once and read once. 4 bytes a bundle for its place and one entry for each of 2 to 4 bundles'
//! worth of ring.

use alloc::{vec, vec::Vec};

use crate::geometry::{BundleId, NONE};

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
    /// Index of each bundle's latest entry; [`NONE`] where it has none.
    place: Vec<u32>,
    entries: Vec<T>,
    /// Running numbers of the oldest entry and of the next one; their low bits index the ring.
    tail: u32,
    head: u32,
}

impl<T: Entry> Trail<T> {
    /// An empty trail for ids below `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        let entries = (2 * bundles as usize).next_power_of_two();
        assert!(u32::try_from(entries).is_ok(), "{bundles} bundles are too many for a trail");
        Self { place: vec![NONE; bundles as usize], entries: vec![T::default(); entries], tail: START, head: START }
    }

    /// Makes `entry` the newest, instead of any other of its bundle.
    #[inline]
    pub(crate) fn push(&mut self, entry: T) {
        if self.head.wrapping_sub(self.tail) as usize == self.entries.len() {
            self.compact();
        }
        let index = self.index(self.head);
        self.entries[index as usize] = entry;
        self.place[entry.bundle() as usize] = index;
        self.head = self.head.wrapping_add(1);
    }

    /// Takes a bundle out.
    #[inline]
    pub(crate) fn forget(&mut self, bundle: BundleId) {
        self.place[bundle as usize] = NONE;
    }

    /// The oldest entry that counts.
    #[inline]
    pub(crate) fn oldest(&mut self) -> Option<T> {
        while self.tail != self.head {
            let index = self.index(self.tail);
            let entry = self.entries[index as usize];
            if self.place[entry.bundle() as usize] == index {
                return Some(entry);
            }
            self.tail = self.tail.wrapping_add(1);
        }
        None
    }

    /// The entry that was made last, whether it still counts or not.
    pub(crate) fn newest(&self) -> Option<T> {
        (self.tail != self.head).then(|| self.entries[self.index(self.head.wrapping_sub(1)) as usize])
    }

    /// Takes the bundle of the oldest entry out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<BundleId> {
        let bundle = self.oldest()?.bundle();
        self.forget(bundle);
        Some(bundle)
    }

    /// Drops all outdated entries: at least half of a full ring, so that it costs each push a constant.
    #[cold]
    fn compact(&mut self) {
        let first = self.tail;
        let mut kept = first;
        while let Some(entry) = self.oldest() {
            let index = self.index(kept);
            self.entries[index as usize] = entry;
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
