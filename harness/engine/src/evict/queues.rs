//! Queues of bundles in logs: what the policies with ghosts are built of.
//!
//! A bundle is in one queue at most, so that four bytes name its place: a queue, and an index into that queue's [`Log`].
//! A use costs one random access where a linked list costs three that depend on each other, and old ends are read in
//! sequence. Not a policy: it chooses nothing.
//!
//! Memory: 5 bytes a bundle, 4 more where sizes differ, and what a log takes for each bundle in a queue.

use alloc::{vec, vec::Vec};

use crate::{
    evict::{Sizes, log::Log},
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

/// `N` queues over dense ids; a bundle is in at most one of them.
#[derive(Clone, Debug)]
pub(crate) struct Queues<const N: usize> {
    sizes: Sizes,
    /// By bundle: queue and index.
    at: Vec<u32>,
    marks: Vec<u8>,
    logs: [Log<BundleId>; N],
    /// Bytes in each queue.
    bytes: [u64; N],
    /// Bundles held in their places.
    held: u32,
    /// Ghosts that were recalled and are not back yet.
    recalled: u32,
}

fn place_at(queue: u8, index: u32) -> u32 {
    u32::from(queue) << INDEX_BITS | index
}

impl<const N: usize> Queues<N> {
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

    /// Puts a bundle that is in no queue at the new end of one.
    #[inline]
    pub(crate) fn push(&mut self, queue: u8, bundle: BundleId) {
        debug_assert_eq!(self.place(bundle), OUT, "bundle {bundle} is in a queue already");
        self.append(queue, bundle);
        self.bytes[queue as usize] += self.sizes.of(bundle);
    }

    /// Takes a bundle out of its queue, held or not.
    #[inline]
    pub(crate) fn pull(&mut self, bundle: BundleId) {
        let queue = self.outdate(bundle);
        self.at[bundle as usize] = NONE;
        self.bytes[queue as usize] -= self.sizes.of(bundle);
    }

    /// Moves a bundle to the new end of a queue, from any place.
    #[inline]
    pub(crate) fn renew(&mut self, queue: u8, bundle: BundleId) {
        let before = self.outdate(bundle);
        if queue != before {
            let bytes = self.sizes.of(bundle);
            self.bytes[before as usize] -= bytes;
            self.bytes[queue as usize] += bytes;
        }
        self.append(queue, bundle);
    }

    /// The oldest bundle of a queue that is not lifted.
    #[inline]
    pub(crate) fn oldest(&mut self, queue: u8) -> Option<BundleId> {
        self.logs[queue as usize].oldest().map(|(bundle, _)| bundle)
    }

    /// The newest bundle of a queue that is not lifted.
    #[inline]
    pub(crate) fn newest(&mut self, queue: u8) -> Option<BundleId> {
        self.logs[queue as usize].newest()
    }

    /// The oldest bundle of a queue that is not held in its place.
    #[inline]
    pub(crate) fn oldest_free(&mut self, queue: u8) -> Option<BundleId> {
        if self.held == 0 {
            return self.oldest(queue);
        }
        let marks = &self.marks;
        let free = |bundle: BundleId| marks[bundle as usize] & HELD == 0;
        self.logs[queue as usize].oldest_that(free)
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

    /// Holds a bundle that will change its place: it leaves its queue's order at once.
    pub(crate) fn lift(&mut self, bundle: BundleId) {
        self.outdate(bundle);
        self.at[bundle as usize] |= LIFTED;
    }

    /// Takes a ghost back and remembers that it was one.
    #[inline]
    pub(crate) fn recall(&mut self, bundle: BundleId) {
        self.pull(bundle);
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
    pub(crate) fn bury(&mut self, bundle: BundleId, ghosts: u8, capacity_bytes: u64) {
        let bytes = self.size(bundle);
        if bytes > capacity_bytes {
            return self.pull(bundle);
        }
        while self.bytes(ghosts) + bytes > capacity_bytes {
            let oldest = self.oldest(ghosts).expect("a queue with bytes has an oldest bundle");
            self.pull(oldest);
        }
        self.renew(ghosts, bundle);
    }

    /// Takes a bundle out of its queue's order; the queue.
    #[inline]
    fn outdate(&mut self, bundle: BundleId) -> u8 {
        let (queue, index) = (self.place(bundle), self.at[bundle as usize] & LIFTED);
        if index != LIFTED {
            self.logs[queue as usize].outdate(index);
        }
        queue
    }

    #[inline]
    fn append(&mut self, queue: u8, bundle: BundleId) {
        let at = &mut self.at;
        let index =
            self.logs[queue as usize].push(bundle, |bundle, index| at[bundle as usize] = place_at(queue, index));
        at[bundle as usize] = place_at(queue, index);
    }
}
