//! Queues of bundles in logs: what the policies with ghosts are built of.
//!
//! A bundle is in one queue at most, so that four bytes name its place: a queue, and an index into that queue's [`Log`].
//! A use costs one random access where a linked list costs three that depend on each other, and old ends are read in
//! sequence. Not a policy: it chooses nothing.
//!
//! Memory: 5 bytes a bundle, 4 more where sizes differ, and what a log takes for each bundle in a queue: 4 bytes where
//! all leave from the old end, up to 33 where most are used again.

use alloc::{vec, vec::Vec};
use core::hint::black_box;

use crate::{
    evict::{
        Sizes,
        log::{Entry, Log},
    },
    geometry::{BundleId, NONE},
};

/// In no queue.
pub(crate) const OUT: u8 = (NONE >> INDEX_BITS) as u8;

const INDEX_BITS: u32 = 28;
/// The index of a bundle that is held out of its queue's order; its bytes still count there.
const LIFTED: u32 = (1 << INDEX_BITS) - 1;

const COUNT: u8 = 0b11;
/// Held by the running step, in its place.
const HELD: u8 = 1 << 2;
/// Was a ghost when the running step looked for it.
const RECALLED: u8 = 1 << 3;

/// Where a bundle is. Whoever has it from the end of a queue need not fetch the bundle's own place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// The bundle.
    pub(crate) bundle: BundleId,
    /// Its queue, or [`OUT`].
    pub(crate) queue: u8,
    /// Of its entry in the queue's log.
    pub(crate) index: u32,
}

/// `N` queues over dense ids; a bundle is in at most one of them.
#[derive(Clone, Debug)]
pub(crate) struct Queues<const N: usize, T = BundleId> {
    sizes: Sizes,
    /// By bundle: queue and index.
    pub(crate) at: Vec<u32>,
    marks: Vec<u8>,
    pub(crate) logs: [Log<T>; N],
    /// Bytes in each queue.
    pub(crate) bytes: [u64; N],
    /// Bundles held in their places.
    held: u32,
    /// Ghosts that were recalled and are not back yet.
    recalled: u32,
}

fn place_at(queue: u8, index: u32) -> u32 {
    u32::from(queue) << INDEX_BITS | index
}

impl<const N: usize, T: Entry> Queues<N, T> {
    /// Empty queues for ids below `bundles`.
    ///
    /// # Panics
    /// If there are 2^26 bundles or more.
    pub(crate) fn new(bundles: u32, sizes: &Sizes) -> Self {
        assert!(bundles < 1 << (INDEX_BITS - 2) && N < OUT as usize, "{bundles} bundles in {N} queues");
        Self {
            sizes: sizes.clone(),
            at: vec![NONE; bundles as usize],
            marks: vec![0; bundles as usize],
            logs: core::array::from_fn(|_| Log::new(bundles)),
            bytes: [0; N],
            held: 0,
            recalled: 0,
        }
    }

    /// Fetches what uses of the bundles read first.
    #[inline]
    pub(crate) fn fetch(&self, bundles: &[BundleId]) {
        black_box(bundles.iter().fold(0, |all, &bundle| all ^ self.at[bundle as usize]));
    }

    /// The queue that a bundle is in, or [`OUT`].
    #[inline]
    pub(crate) fn place(&self, bundle: BundleId) -> u8 {
        (self.at[bundle as usize] >> INDEX_BITS) as u8
    }

    /// Bytes of a bundle.
    #[inline]
    pub(crate) fn size(&self, bundle: BundleId) -> u64 {
        self.sizes.of(bundle)
    }

    /// Bytes of the bundles in a queue, held ones too.
    #[inline]
    pub(crate) fn bytes(&self, queue: u8) -> u64 {
        self.bytes[queue as usize]
    }

    /// A bundle's count, up to 3.
    #[inline]
    pub(crate) fn count(&self, bundle: BundleId) -> u8 {
        self.marks[bundle as usize] & COUNT
    }

    /// Sets a bundle's count.
    #[inline]
    pub(crate) fn set_count(&mut self, bundle: BundleId, count: u8) {
        let mark = &mut self.marks[bundle as usize];
        *mark = *mark & !COUNT | count;
    }

    /// Puts the bundle of `entry`, which is in no queue, at the new end of one.
    #[inline]
    pub(crate) fn push(&mut self, queue: u8, entry: T) {
        debug_assert_eq!(self.place(entry.bundle()), OUT, "bundle {} is in a queue already", entry.bundle());
        self.append(queue, entry);
        self.bytes[queue as usize] += self.sizes.of(entry.bundle());
    }

    /// Where a bundle is.
    #[inline]
    pub(crate) fn spot(&self, bundle: BundleId) -> Spot {
        Spot { bundle, queue: self.place(bundle), index: self.at[bundle as usize] & LIFTED }
    }

    /// The bundles that are in a queue.
    pub(crate) fn known(&self) -> impl Iterator<Item = BundleId> {
        (0..).zip(&self.at).filter(|(_, place)| **place != NONE).map(|(bundle, _)| bundle)
    }

    /// The indices of a queue's entries from the oldest on, whether they count or not.
    pub(crate) fn indices(&self, queue: u8) -> impl Iterator<Item = u32> {
        let numbers = &self.logs[queue as usize].numbers;
        (0..numbers.span()).map(|distance| numbers.index(numbers.tail.wrapping_add(distance)))
    }

    /// Takes a bundle out of its queue, held or not.
    #[inline]
    pub(crate) fn pull(&mut self, spot: Spot) {
        self.outdate(spot);
        self.at[spot.bundle as usize] = NONE;
        self.bytes[spot.queue as usize] -= self.sizes.of(spot.bundle);
    }

    /// The entry of a bundle that is in its queue's order.
    #[inline]
    pub(crate) fn entry(&self, spot: Spot) -> T {
        self.logs[spot.queue as usize].entry(spot.index)
    }

    /// The oldest bundle of a queue that is not lifted.
    #[inline]
    pub(crate) fn oldest(&mut self, queue: u8) -> Option<Spot> {
        let (entry, index) = self.logs[queue as usize].oldest()?;
        Some(Spot { bundle: entry.bundle(), queue, index })
    }

    /// The newest bundle of a queue that is not lifted.
    #[inline]
    pub(crate) fn newest(&mut self, queue: u8) -> Option<Spot> {
        let (entry, index) = self.logs[queue as usize].newest()?;
        Some(Spot { bundle: entry.bundle(), queue, index })
    }

    /// Holds a bundle that will change its place: it leaves its queue's order at once.
    pub(crate) fn lift(&mut self, bundle: BundleId) {
        self.outdate(self.spot(bundle));
        self.at[bundle as usize] |= LIFTED;
    }

    /// Writes the entry of a number that was given out; the bundle's queue and index.
    pub(crate) fn write(&mut self, queue: u8, number: u32, entry: T) -> u32 {
        place_at(queue, self.logs[queue as usize].write(number, entry))
    }

    #[inline]
    fn outdate(&mut self, spot: Spot) {
        if spot.index != LIFTED {
            self.logs[spot.queue as usize].outdate(spot.index);
        }
    }

    #[inline]
    fn append(&mut self, queue: u8, entry: T) {
        let at = &mut self.at;
        let moved = |entry: T, index| at[entry.bundle() as usize] = place_at(queue, index);
        let index = self.logs[queue as usize].push(entry, moved);
        at[entry.bundle() as usize] = place_at(queue, index);
    }
}

impl<const N: usize> Queues<N> {
    /// Moves a bundle to the new end of a queue, from any place.
    #[inline]
    pub(crate) fn renew(&mut self, queue: u8, spot: Spot) {
        self.outdate(spot);
        if queue != spot.queue {
            let bytes = self.sizes.of(spot.bundle);
            self.bytes[spot.queue as usize] -= bytes;
            self.bytes[queue as usize] += bytes;
        }
        self.append(queue, spot.bundle);
    }

    /// The oldest bundle of a queue that is not held in its place.
    #[inline]
    pub(crate) fn oldest_free(&mut self, queue: u8) -> Option<Spot> {
        if self.held == 0 {
            return self.oldest(queue);
        }
        let marks = &self.marks;
        let free = |bundle: BundleId| marks[bundle as usize] & HELD == 0;
        let (bundle, index) = self.logs[queue as usize].oldest_that(free)?;
        Some(Spot { bundle, queue, index })
    }

    /// Holds a bundle that keeps its place: [`Self::oldest_free`] passes it by.
    pub(crate) fn hold(&mut self, bundle: BundleId) {
        self.marks[bundle as usize] |= HELD;
        self.held += 1;
    }

    /// Ends a [`Self::hold`].
    pub(crate) fn release(&mut self, bundle: BundleId) {
        self.marks[bundle as usize] &= !HELD;
        self.held -= 1;
        self.logs.iter_mut().for_each(Log::ask_again);
    }

    /// Takes a ghost back and remembers that it was one.
    #[inline]
    pub(crate) fn recall(&mut self, bundle: BundleId) {
        self.pull(self.spot(bundle));
        self.marks[bundle as usize] |= RECALLED;
        self.recalled += 1;
    }

    /// Whether a bundle was a ghost when it was looked for; forgets it.
    #[inline]
    pub(crate) fn take_recalled(&mut self, bundle: BundleId) -> bool {
        // Mostly there is none, and no mark to be fetched.
        if self.recalled == 0 {
            return false;
        }
        let mark = &mut self.marks[bundle as usize];
        let recalled = *mark & RECALLED != 0;
        *mark &= !RECALLED;
        self.recalled -= u32::from(recalled);
        recalled
    }

    /// Moves a bundle to the new end of a queue of ghosts, whose oldest leave until it fits into `capacity_bytes`; a
    /// bundle that never fits leaves no ghost.
    #[inline]
    pub(crate) fn bury(&mut self, spot: Spot, ghosts: u8, capacity_bytes: u64) {
        let bytes = self.size(spot.bundle);
        if bytes > capacity_bytes {
            return self.pull(spot);
        }
        while self.bytes(ghosts) + bytes > capacity_bytes {
            let oldest = self.oldest(ghosts).expect("a queue with bytes has an oldest bundle");
            self.pull(oldest);
        }
        self.renew(ghosts, spot);
    }
}
