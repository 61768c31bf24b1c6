//! Recency as a trail: every use appends an entry to a ring, and only a bundle's latest entry counts.
//!
//! A linked list moves a bundle by writing to it and to both its neighbours, each somewhere else in memory; a trail
//! writes one number beside the bundle, one bit for the entry that is outdated, and goes on at its end. The ring is small
//! at first and doubles until three quarters of a full one are outdated, so that it stays as near to the processor as
//! what is held allows. 4 bytes a bundle for its place, and for each of 4 to 8 bundles held an entry and a bit; address
//! space for 2 to 4 entries of every bundle is reserved and stays untouched.

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

/// A bundle, and the low half of the number of its use. A pair, because untouched pairs of zeros take no memory.
impl Entry for (BundleId, u32) {
    fn bundle(self) -> BundleId {
        self.0
    }
}

/// Entries of the first ring: a whole word of bits, so that what is passed over ends with the ring.
const FIRST_RING: u32 = 64;
/// A ring where more than one entry in so many counts is too small.
const SPARSE: u32 = 4;

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
    /// Entries of the ring, a power of two.
    ring: u32,
}

impl<T: Entry> Trail<T> {
    /// An empty trail for ids below `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        let entries = (2 * bundles as usize).next_power_of_two().max(FIRST_RING as usize);
        assert!(u32::try_from(entries).is_ok(), "{bundles} bundles are too many for a trail");
        Self {
            place: vec![0; bundles as usize],
            entries: vec![T::default(); entries],
            latest: Bitset::new(entries),
            tail: start(FIRST_RING),
            head: start(FIRST_RING),
            ring: FIRST_RING,
        }
    }

    /// Makes `entry` the newest; its bundle has no other.
    #[inline]
    pub(crate) fn push(&mut self, entry: T) {
        if self.head.wrapping_sub(self.tail) == self.ring {
            self.make_room();
        }
        self.put(self.index(self.head), entry);
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

    /// Drops what is outdated, and doubles the ring where that is too little, so that it costs each push a constant. At
    /// its largest the ring has two entries a bundle or more, so that half of a full one is outdated at least.
    #[cold]
    fn make_room(&mut self) {
        self.compact();
        let kept = self.head.wrapping_sub(self.tail);
        if kept > self.ring / SPARSE && (self.ring as usize) < self.entries.len() {
            self.unroll(kept);
            self.ring *= 2;
            self.tail = start(self.ring);
            self.head = self.tail.wrapping_add(kept);
        }
    }

    fn compact(&mut self) {
        let first = self.tail;
        let mut kept = first;
        while let Some(entry) = self.oldest() {
            self.latest.remove(self.index(self.tail));
            self.put(self.index(kept), entry);
            kept = kept.wrapping_add(1);
            self.tail = self.tail.wrapping_add(1);
        }
        (self.tail, self.head) = (first, kept);
    }

    /// Moves the entries, all of which count, to the ring's first indices.
    fn unroll(&mut self, kept: u32) {
        let tail = self.index(self.tail) as usize;
        self.entries[..self.ring as usize].rotate_left(tail);
        (0..self.ring).for_each(|index| self.latest.remove(index));
        (0..kept).for_each(|index| self.put(index, self.entries[index as usize]));
    }

    #[inline]
    fn put(&mut self, index: u32, entry: T) {
        self.entries[index as usize] = entry;
        self.latest.insert(index);
        self.place[entry.bundle() as usize] = index;
    }

    #[inline]
    fn index(&self, number: u32) -> u32 {
        number & (self.ring - 1)
    }
}

/// The first running number of a ring: of index 0, and so little before they wrap that every run of some length passes
/// that.
fn start(ring: u32) -> u32 {
    0_u32.wrapping_sub(ring)
}

#[cfg(test)]
mod tests;
