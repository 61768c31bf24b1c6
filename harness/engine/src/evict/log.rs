//! A log in a ring: what was put into it, in order, of which only some still counts.
//!
//! A linked list moves an entry by writing to it and to both its neighbours, each somewhere else in memory. A log goes on
//! at its end and clears one bit for the entry that is outdated; what is outdated at its old end is passed over 64 entries
//! at a time. Whoever keeps a log remembers by bundle which index is its entry's, and is told where one moves to.
//!
//! The ring is small at first and doubles until three quarters of a full one are outdated, so that it stays as near to
//! the processor as what is held allows: 4 to 8 entries for each that counts and a bit for each entry, 1 to 2 where none
//! is outdated. Address space for 2 to 4 entries of every bundle is reserved and stays untouched.

use alloc::{vec, vec::Vec};

use crate::{bitset::Bitset, geometry::BundleId};

/// What an entry holds: a bundle, and what a policy wants to know of its use.
pub(crate) trait Entry: Copy + Default {
    /// The bundle that was used.
    fn bundle(self) -> BundleId;
}

impl Entry for BundleId {
    #[inline]
    fn bundle(self) -> BundleId {
        self
    }
}

/// A bundle, and the low half of a number of its use. Tuples, because untouched tuples of zeros take no memory.
impl Entry for (BundleId, u32) {
    #[inline]
    fn bundle(self) -> BundleId {
        self.0
    }
}

/// A bundle, and both halves of a number of its use.
impl Entry for (BundleId, u32, u32) {
    #[inline]
    fn bundle(self) -> BundleId {
        self.0
    }
}

/// Entries of the first ring: a whole word of bits, so that what is passed over ends with the ring.
pub(crate) const FIRST_RING: u32 = 64;
/// A ring where more than one entry in so many counts is too small.
const SPARSE: u32 = 4;

/// Entries in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log<T> {
    entries: Vec<T>,
    /// Which entries count, by index.
    live: Bitset,
    /// Running numbers of the oldest entry and of the next one; their low bits are their indices.
    tail: u32,
    head: u32,
    /// No entry before it is free.
    asked: u32,
    /// Entries of the ring, a power of two.
    pub(crate) ring: u32,
}

impl<T: Entry> Log<T> {
    /// An empty log, for as many entries that count as there are `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        let entries = (2 * bundles as usize).next_power_of_two().max(FIRST_RING as usize);
        assert!(u32::try_from(entries).is_ok(), "{bundles} bundles are too many for a log");
        Self {
            entries: vec![T::default(); entries],
            live: Bitset::new(entries),
            tail: start(FIRST_RING),
            head: start(FIRST_RING),
            asked: start(FIRST_RING),
            ring: FIRST_RING,
        }
    }

    /// Makes `entry` the newest and gives its index; tells the new indices of what has to move for it.
    #[inline]
    pub(crate) fn push(&mut self, entry: T, moved: impl FnMut(T, u32)) -> u32 {
        if self.head.wrapping_sub(self.tail) == self.ring {
            *self = core::mem::take(self).make_room(moved);
        }
        let index = self.index(self.head);
        self.put(index, entry);
        self.head = self.head.wrapping_add(1);
        index
    }

    /// The entry at `index` counts no more.
    #[inline]
    pub(crate) fn outdate(&mut self, index: u32) {
        self.live.remove(index);
    }

    /// The entry at `index`.
    #[inline]
    pub(crate) fn entry(&self, index: u32) -> T {
        self.entries[index as usize]
    }

    /// The oldest entry that counts, and its index.
    #[inline]
    pub(crate) fn oldest(&mut self) -> Option<(T, u32)> {
        let oldest = self.next(self.tail);
        self.tail = oldest.unwrap_or(self.head);
        let index = self.index(oldest?);
        Some((self.entries[index as usize], index))
    }

    /// The newest entry that counts, and its index.
    #[inline]
    pub(crate) fn newest(&mut self) -> Option<(T, u32)> {
        while self.head != self.tail {
            let before = self.head.wrapping_sub(1);
            let index = self.index(before);
            if self.live.contains(index) {
                return Some((self.entries[index as usize], index));
            }
            self.head = before;
        }
        None
    }

    /// The oldest entry that counts and is `free`, and its index. What was found not to be is not asked again before
    /// [`Self::ask_again`], or room was made.
    pub(crate) fn oldest_that(&mut self, free: impl Fn(T) -> bool) -> Option<(T, u32)> {
        if self.asked.wrapping_sub(self.tail) > self.head.wrapping_sub(self.tail) {
            self.asked = self.tail;
        }
        loop {
            self.asked = self.next(self.asked)?;
            let index = self.index(self.asked);
            let entry = self.entries[index as usize];
            if free(entry) {
                return Some((entry, index));
            }
            self.asked = self.asked.wrapping_add(1);
        }
    }

    /// Entries may be free that were not.
    pub(crate) fn ask_again(&mut self) {
        self.asked = self.tail;
    }

    /// The running number of the first entry from `number` on that counts.
    #[inline]
    fn next(&self, mut number: u32) -> Option<u32> {
        while number != self.head {
            let passed = self.live.absent_from(self.index(number)).min(self.head.wrapping_sub(number));
            if passed == 0 {
                return Some(number);
            }
            number = number.wrapping_add(passed);
        }
        None
    }

    /// Drops what is outdated, and doubles the ring where that is too little, so that it costs each push a constant. At
    /// its largest the ring has two entries a bundle or more, so that half of a full one is outdated at least. By value:
    /// a log whose address is handed out here would be kept in memory everywhere, a tenth slower.
    #[cold]
    #[inline(never)]
    fn make_room(mut self, mut moved: impl FnMut(T, u32)) -> Self {
        self.compact(&mut moved);
        let kept = self.head.wrapping_sub(self.tail);
        if kept > self.ring / SPARSE && (self.ring as usize) < self.entries.len() {
            self.unroll(kept, &mut moved);
            self.ring *= 2;
            self.tail = start(self.ring);
            self.head = self.tail.wrapping_add(kept);
        }
        self.asked = self.tail;
        self
    }

    fn compact(&mut self, moved: &mut impl FnMut(T, u32)) {
        let first = self.tail;
        let mut kept = first;
        while let Some((entry, index)) = self.oldest() {
            self.live.remove(index);
            let to = self.index(kept);
            self.put(to, entry);
            moved(entry, to);
            kept = kept.wrapping_add(1);
            self.tail = self.tail.wrapping_add(1);
        }
        (self.tail, self.head) = (first, kept);
    }

    /// Moves the entries, all of which count, to the ring's first indices.
    fn unroll(&mut self, kept: u32, moved: &mut impl FnMut(T, u32)) {
        let tail = self.index(self.tail) as usize;
        self.entries[..self.ring as usize].rotate_left(tail);
        (0..self.ring).for_each(|index| self.live.remove(index));
        for index in 0..kept {
            self.live.insert(index);
            moved(self.entries[index as usize], index);
        }
    }

    #[inline]
    fn put(&mut self, index: u32, entry: T) {
        self.entries[index as usize] = entry;
        self.live.insert(index);
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
