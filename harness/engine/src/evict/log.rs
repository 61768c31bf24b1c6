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

use crate::{
    evict::numbers::{FIRST_RING, Numbers},
    geometry::BundleId,
};

/// What an entry holds: a bundle, and what a policy wants to know of its use.
pub(crate) trait Entry: Copy + Default {
    /// The bundle that was used.
    fn bundle(self) -> BundleId;

    /// An entry that says no more than the bundle.
    fn of(bundle: BundleId) -> Self;
}

impl Entry for BundleId {
    #[inline]
    fn bundle(self) -> BundleId {
        self
    }

    fn of(bundle: BundleId) -> Self {
        bundle
    }
}

/// A bundle, and the low half of a number of its use. Tuples, because untouched tuples of zeros take no memory.
impl Entry for (BundleId, u32) {
    #[inline]
    fn bundle(self) -> BundleId {
        self.0
    }

    fn of(bundle: BundleId) -> Self {
        (bundle, 0)
    }
}

/// A bundle, and both halves of a number of its use.
impl Entry for (BundleId, u32, u32) {
    #[inline]
    fn bundle(self) -> BundleId {
        self.0
    }

    fn of(bundle: BundleId) -> Self {
        (bundle, 0, 0)
    }
}

/// A ring where more than one entry in so many counts is too small.
const SPARSE: u32 = 4;

/// Entries in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log<T> {
    entries: Vec<T>,
    /// Of the entries, by index.
    pub(crate) numbers: Numbers,
    /// No entry before it is free.
    asked: u32,
}

impl<T: Entry> Log<T> {
    /// An empty log, for as many entries that count as there are `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        // Two words of bits at least: whoever gives numbers out a word at a time has room for a word more than half.
        let entries = (2 * bundles as usize).next_power_of_two().max(2 * FIRST_RING as usize);
        assert!(u32::try_from(entries).is_ok(), "{bundles} bundles are too many for a log");
        let numbers = Numbers::new(entries);
        Self { entries: vec![T::default(); entries], asked: numbers.tail, numbers }
    }

    /// Makes `entry` the newest and gives its index; tells the new indices of what has to move for it.
    #[inline]
    pub(crate) fn push(&mut self, entry: T, moved: impl FnMut(T, u32)) -> u32 {
        if self.numbers.span() == self.numbers.ring {
            *self = core::mem::take(self).make_room(moved);
        }
        let index = self.numbers.index(self.numbers.head);
        self.put(index, entry);
        self.numbers.head = self.numbers.head.wrapping_add(1);
        index
    }

    /// The entry at `index` counts no more.
    #[inline]
    pub(crate) fn outdate(&mut self, index: u32) {
        self.numbers.live.remove(index);
    }

    /// Entries of the largest ring.
    pub(crate) fn ring_max(&self) -> u32 {
        u32::try_from(self.entries.len()).expect("checked when it was made")
    }

    /// Starts over with the largest ring, empty. From now on the caller gives out the numbers, and writes entries later.
    pub(crate) fn open(&mut self) {
        self.numbers.restart(self.ring_max(), 0);
        self.asked = self.numbers.tail;
    }

    /// Writes the entry of a number that was given out; its index.
    pub(crate) fn write(&mut self, number: u32, entry: T) -> u32 {
        let index = self.numbers.index(number);
        self.entries[index as usize] = entry;
        index
    }

    /// Drops what is outdated: each entry that counts moves to the number after the one before.
    pub(crate) fn close_gaps(&mut self, mut moved: impl FnMut(T, u32)) {
        let mut number = self.numbers.tail;
        self.compact(&mut |entry, _| {
            moved(entry, number);
            number = number.wrapping_add(1);
        });
        self.asked = self.numbers.tail;
    }

    /// The entry at `index`.
    #[inline]
    pub(crate) fn entry(&self, index: u32) -> T {
        self.entries[index as usize]
    }

    /// The oldest entry that counts, and its index.
    #[inline]
    pub(crate) fn oldest(&mut self) -> Option<(T, u32)> {
        let oldest = self.numbers.next(self.numbers.tail);
        self.numbers.tail = oldest.unwrap_or(self.numbers.head);
        let index = self.numbers.index(oldest?);
        Some((self.entries[index as usize], index))
    }

    /// The newest entry that counts, and its index.
    #[inline]
    pub(crate) fn newest(&mut self) -> Option<(T, u32)> {
        while self.numbers.head != self.numbers.tail {
            let before = self.numbers.head.wrapping_sub(1);
            let index = self.numbers.index(before);
            if self.numbers.live.contains(index) {
                return Some((self.entries[index as usize], index));
            }
            self.numbers.head = before;
        }
        None
    }

    /// The oldest entry that counts and is `free`, and its index. What was found not to be is not asked again before
    /// [`Self::ask_again`], or room was made.
    pub(crate) fn oldest_that(&mut self, free: impl Fn(T) -> bool) -> Option<(T, u32)> {
        if self.asked.wrapping_sub(self.numbers.tail) > self.numbers.head.wrapping_sub(self.numbers.tail) {
            self.asked = self.numbers.tail;
        }
        loop {
            self.asked = self.numbers.next(self.asked)?;
            let index = self.numbers.index(self.asked);
            let entry = self.entries[index as usize];
            if free(entry) {
                return Some((entry, index));
            }
            self.asked = self.asked.wrapping_add(1);
        }
    }

    /// Entries may be free that were not.
    pub(crate) fn ask_again(&mut self) {
        self.asked = self.numbers.tail;
    }

    /// Drops what is outdated, and doubles the ring where that is too little, so that it costs each push a constant. At
    /// its largest the ring has two entries a bundle or more, so that half of a full one is outdated at least. By value:
    /// a log whose address is handed out here would be kept in memory everywhere, a tenth slower.
    #[cold]
    #[inline(never)]
    fn make_room(mut self, mut moved: impl FnMut(T, u32)) -> Self {
        self.compact(&mut moved);
        let kept = self.numbers.head.wrapping_sub(self.numbers.tail);
        if kept > self.numbers.ring / SPARSE && (self.numbers.ring as usize) < self.entries.len() {
            self.unroll(kept, &mut moved);
            self.numbers.restart(self.numbers.ring * 2, kept);
        }
        self.asked = self.numbers.tail;
        self
    }

    fn compact(&mut self, moved: &mut impl FnMut(T, u32)) {
        let first = self.numbers.tail;
        let mut kept = first;
        while let Some((entry, index)) = self.oldest() {
            self.numbers.live.remove(index);
            let to = self.numbers.index(kept);
            self.put(to, entry);
            moved(entry, to);
            kept = kept.wrapping_add(1);
            self.numbers.tail = self.numbers.tail.wrapping_add(1);
        }
        (self.numbers.tail, self.numbers.head) = (first, kept);
    }

    /// Moves the entries, all of which count, to the ring's first indices.
    fn unroll(&mut self, kept: u32, moved: &mut impl FnMut(T, u32)) {
        let tail = self.numbers.index(self.numbers.tail) as usize;
        self.entries[..self.numbers.ring as usize].rotate_left(tail);
        (0..self.numbers.ring).for_each(|index| self.numbers.live.remove(index));
        for index in 0..kept {
            self.numbers.live.insert(index);
            moved(self.entries[index as usize], index);
        }
    }

    #[inline]
    fn put(&mut self, index: u32, entry: T) {
        self.entries[index as usize] = entry;
        self.numbers.live.insert(index);
    }
}
