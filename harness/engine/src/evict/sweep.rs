//! A queue under a hand: entries in the order of their arrival, looked at from the oldest to the newest.
//!
//! What the hand passes is kept or taken out; what is kept stays in order, in front of the hand. Both parts lie in one
//! ring, so that the hand reads and writes memory in one direction: `[first, kept)` was passed, `[hand, end)` is ahead.
//! The ring is small at first and doubles when it is full and more than half of it counts, so that it stays near to the
//! processor: 1 to 4 entries for each in the queue; address space for 2 to 4 of every bundle is reserved and stays
//! untouched.

use alloc::{vec, vec::Vec};

/// Entries of the first ring.
const FIRST_RING: u32 = 64;

/// A queue of at most as many entries as there are bundles.
#[derive(Clone, Debug)]
pub(crate) struct Sweep<T> {
    entries: Vec<T>,
    /// Those in use, a power of two.
    ring: u32,
    /// Running numbers, whose low bits index the ring.
    first: u32,
    kept: u32,
    hand: u32,
    end: u32,
}

impl<T: Copy + Default> Sweep<T> {
    /// An empty queue for ids below `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        let entries = (2 * bundles as usize).next_power_of_two().max(FIRST_RING as usize);
        assert!(u32::try_from(entries).is_ok(), "{bundles} bundles are too many for a queue");
        let start = start(FIRST_RING);
        let entries = vec![T::default(); entries];
        Self { entries, ring: FIRST_RING, first: start, kept: start, hand: start, end: start }
    }

    /// Number of entries.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.kept.wrapping_sub(self.first) + self.end.wrapping_sub(self.hand)
    }

    /// Makes `entry` the newest.
    #[inline]
    pub(crate) fn push(&mut self, entry: T) {
        if self.end.wrapping_sub(self.first) == self.ring {
            self.make_room();
        }
        let index = self.index(self.end);
        self.entries[index] = entry;
        self.end = self.end.wrapping_add(1);
    }

    /// For each of `entries` that `comes` says to, given the oldest too: that makes way for it. Without a branch; how many
    /// came. The queue is not empty, and the hand on its oldest.
    #[inline]
    pub(crate) fn turn_over(&mut self, entries: &[T], mut comes: impl FnMut(T, T) -> bool) -> usize {
        if self.end.wrapping_sub(self.first) == self.ring {
            self.make_room();
        }
        let mut came = 0;
        for &entry in entries {
            let (first, end) = (self.index(self.first.wrapping_add(came)), self.index(self.end.wrapping_add(came)));
            self.entries[end] = entry;
            came += u32::from(comes(entry, self.entries[first]));
        }
        self.first = self.first.wrapping_add(came);
        self.end = self.end.wrapping_add(came);
        (self.kept, self.hand) = (self.first, self.first);
        came as usize
    }

    /// Makes room for `count` more entries, and says whether there is.
    pub(crate) fn reserve(&mut self, count: u32) -> bool {
        if self.ring - self.end.wrapping_sub(self.first) < count {
            self.make_room();
        }
        self.ring - self.end.wrapping_sub(self.first) >= count
    }

    /// Makes `entries` the newest, where room was reserved for them.
    #[inline]
    pub(crate) fn extend(&mut self, entries: &[T]) {
        let mut end = self.end;
        for &entry in entries {
            let index = self.index(end);
            self.entries[index] = entry;
            end = end.wrapping_add(1);
        }
        self.end = end;
    }

    /// How many entries are under the hand or ahead of it.
    #[inline]
    pub(crate) fn ahead_len(&self) -> u32 {
        self.end.wrapping_sub(self.hand)
    }

    /// The entry at `distance` ahead of the hand.
    #[inline]
    pub(crate) fn ahead(&self, distance: u32) -> T {
        self.entries[self.index(self.hand.wrapping_add(distance))]
    }

    /// All entries, from the oldest on.
    pub(crate) fn iter(&self) -> impl Iterator<Item = T> {
        let passed = (0..self.kept.wrapping_sub(self.first))
            .map(|number| self.entries[self.index(self.first.wrapping_add(number))]);
        passed.chain((0..self.ahead_len()).map(|distance| self.ahead(distance)))
    }

    /// Passes entries, keeping those that are `spared`, until `count` were not and are taken out; there are as many.
    /// Without a branch. How many were passed.
    #[inline]
    pub(crate) fn take_many(&mut self, count: usize, mut spared: impl FnMut(T) -> bool) -> u32 {
        let (mut passed, mut kept) = (0, 0);
        while ((passed - kept) as usize) < count {
            let entry = self.entries[self.index(self.hand.wrapping_add(passed))];
            let to = self.index(self.kept.wrapping_add(kept));
            self.entries[to] = entry;
            kept += u32::from(spared(entry));
            passed += 1;
        }
        self.kept = self.kept.wrapping_add(kept);
        self.hand = self.hand.wrapping_add(passed);
        if self.kept == self.first {
            (self.first, self.kept) = (self.hand, self.hand);
        }
        passed
    }

    /// Passes entries, each becoming the newest if it is `spared`, until as many were not as there are newcomers, which
    /// become the newest in their stead; there are as many, and room for those that are passed. Nothing was kept.
    /// Without a branch. How many were passed.
    #[inline]
    pub(crate) fn renew_many(&mut self, newcomers: &[T], mut spared: impl FnMut(T) -> bool) -> u32 {
        debug_assert_eq!(self.kept, self.first, "nothing was kept");
        let (mut passed, mut came) = (0, 0);
        while came < newcomers.len() {
            let entry = self.entries[self.index(self.hand.wrapping_add(passed))];
            let to = self.index(self.end.wrapping_add(passed));
            let renewed = spared(entry);
            self.entries[to] = if renewed { entry } else { newcomers[came] };
            came += usize::from(!renewed);
            passed += 1;
        }
        self.end = self.end.wrapping_add(passed);
        self.hand = self.hand.wrapping_add(passed);
        (self.first, self.kept) = (self.hand, self.hand);
        passed
    }

    /// The entry under the hand; none if no newer one is ahead of it.
    #[inline]
    pub(crate) fn under_hand(&self) -> Option<T> {
        (self.hand != self.end).then(|| self.entries[self.index(self.hand)])
    }

    /// Keeps the entry under the hand and goes on to the next.
    #[inline]
    pub(crate) fn keep(&mut self) {
        let (from, to) = (self.index(self.hand), self.index(self.kept));
        self.entries[to] = self.entries[from];
        self.kept = self.kept.wrapping_add(1);
        self.hand = self.hand.wrapping_add(1);
    }

    /// Takes the entry under the hand out and goes on to the next.
    #[inline]
    pub(crate) fn take(&mut self) {
        self.hand = self.hand.wrapping_add(1);
        if self.kept == self.first {
            (self.first, self.kept) = (self.hand, self.hand);
        }
    }

    /// Puts the hand back on the oldest entry.
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

    /// Closes the gap, and doubles the ring where that makes little room. At its largest it is half empty.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        self.close_gap();
        let passed = self.kept.wrapping_sub(self.first);
        if self.len() > self.ring / 2 && (self.ring as usize) < self.entries.len() {
            let (len, first) = (self.len(), self.index(self.first));
            self.entries[..self.ring as usize].rotate_left(first);
            self.ring *= 2;
            self.first = start(self.ring);
            self.kept = self.first.wrapping_add(passed);
            self.hand = self.kept;
            self.end = self.first.wrapping_add(len);
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
            self.entries[to] = self.entries[from];
        }
        self.first = self.first.wrapping_add(gap);
        self.kept = self.hand;
    }

    #[inline]
    fn index(&self, number: u32) -> usize {
        (number & (self.ring - 1)) as usize
    }
}

/// The first running number of a ring: of index 0, and so little before they wrap that every run of some length passes
/// that.
fn start(ring: u32) -> u32 {
    0_u32.wrapping_sub(ring)
}
