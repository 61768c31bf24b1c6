//! Queues of bundles in flat logs: what the policies with ghosts are built of.
//!
//! A queue is the log of what was put into it. A bundle's one place is an index into one log, four bytes; what was
//! taken out or put in again is a stale entry, which is recognised by that place and skipped. A log that is half stale
//! is compacted. So a use costs one random access where a linked list costs three that depend on each other, and old
//! ends are read in sequence. Not a policy: it chooses nothing.
//!
//! Memory: 5 bytes a bundle, 4 more where sizes differ, and 8 for each bundle in a queue; address space for 8 a bundle
//! in every queue is reserved and stays untouched.

use alloc::{vec, vec::Vec};

use crate::{
    evict::Sizes,
    geometry::{BundleId, NONE},
};

/// In no queue.
pub(crate) const OUT: u8 = (NONE >> INDEX_BITS) as u8;

const INDEX_BITS: u32 = 28;
/// The index of a bundle that is held out of its queue's order; its bytes still count there.
const LIFTED: u32 = (1 << INDEX_BITS) - 1;
/// Entries beyond twice the live ones.
const SPARE: usize = 64;

const COUNT: u8 = 0b11;
/// Held by the running step, in its place.
const HELD: u8 = 1 << 2;
/// Was a ghost when the running step looked for it.
const RECALLED: u8 = 1 << 3;

#[derive(Clone, Debug)]
struct Log {
    /// Bundles in the order in which they came, stale ones among them.
    entries: Vec<BundleId>,
    /// All before it are stale.
    first: usize,
    /// One past the newest.
    end: usize,
    /// Where the log is compacted.
    limit: usize,
    /// All live entries before it are held: where the next search for a free bundle begins.
    resume: usize,
    live: usize,
    bytes: u64,
}

/// `N` queues over dense ids; a bundle is in at most one of them.
#[derive(Clone, Debug)]
pub(crate) struct Queues<const N: usize> {
    sizes: Sizes,
    /// By bundle: queue and index.
    at: Vec<u32>,
    marks: Vec<u8>,
    logs: [Log; N],
    held: u32,
}

#[expect(clippy::cast_possible_truncation, reason = "asserted: indices have 28 bits")]
fn place_at(queue: u8, index: usize) -> u32 {
    u32::from(queue) << INDEX_BITS | index as u32
}

impl<const N: usize> Queues<N> {
    /// Empty queues for ids below `bundles`.
    ///
    /// # Panics
    /// If there are 2^27 bundles or more.
    pub(crate) fn new(bundles: u32, sizes: &Sizes) -> Self {
        let entries = 2 * bundles as usize + SPARE;
        assert!(entries < LIFTED as usize && N < OUT as usize, "{bundles} bundles in {N} queues");
        let logs = core::array::from_fn(|_| Log {
            entries: vec![0; entries],
            first: 0,
            end: 0,
            limit: SPARE,
            resume: 0,
            live: 0,
            bytes: 0,
        });
        let (at, marks) = (vec![NONE; bundles as usize], vec![0; bundles as usize]);
        Self { sizes: sizes.clone(), at, marks, logs, held: 0 }
    }

    /// The queue that a bundle is in, or [`OUT`].
    pub(crate) fn place(&self, bundle: BundleId) -> u8 {
        (self.at[bundle as usize] >> INDEX_BITS) as u8
    }

    /// Bytes of a bundle.
    pub(crate) fn size(&self, bundle: BundleId) -> u64 {
        self.sizes.of(bundle)
    }

    /// Bytes of the bundles in a queue, held ones too.
    pub(crate) fn bytes(&self, queue: u8) -> u64 {
        self.logs[queue as usize].bytes
    }

    /// A bundle's count, up to 3.
    pub(crate) fn count(&self, bundle: BundleId) -> u8 {
        self.marks[bundle as usize] & COUNT
    }

    /// Sets a bundle's count.
    pub(crate) fn set_count(&mut self, bundle: BundleId, count: u8) {
        let mark = &mut self.marks[bundle as usize];
        *mark = *mark & !COUNT | count;
    }

    /// Puts a bundle that is in no queue at the new end of one.
    pub(crate) fn push(&mut self, queue: u8, bundle: BundleId) {
        debug_assert_eq!(self.place(bundle), OUT, "bundle {bundle} is in a queue already");
        let log = &mut self.logs[queue as usize];
        if log.end == log.limit {
            log.compact(queue, &mut self.at);
        }
        log.entries[log.end] = bundle;
        self.at[bundle as usize] = place_at(queue, log.end);
        log.end += 1;
        log.live += 1;
        log.bytes += self.sizes.of(bundle);
    }

    /// Takes a bundle out of its queue, held or not.
    pub(crate) fn pull(&mut self, bundle: BundleId) {
        let queue = self.place(bundle);
        self.at[bundle as usize] = NONE;
        let log = &mut self.logs[queue as usize];
        log.live -= 1;
        log.bytes -= self.sizes.of(bundle);
    }

    /// Moves a bundle to the new end of a queue, from any place.
    pub(crate) fn renew(&mut self, queue: u8, bundle: BundleId) {
        self.pull(bundle);
        self.push(queue, bundle);
    }

    /// The oldest bundle of a queue that is not lifted.
    pub(crate) fn oldest(&mut self, queue: u8) -> Option<BundleId> {
        let log = &mut self.logs[queue as usize];
        log.first = log.next_live(queue, &self.at, log.first)?;
        Some(log.entries[log.first])
    }

    /// The newest bundle of a queue that is not lifted.
    pub(crate) fn newest(&mut self, queue: u8) -> Option<BundleId> {
        let log = &mut self.logs[queue as usize];
        while log.end > log.first {
            let bundle = log.entries[log.end - 1];
            if self.at[bundle as usize] == place_at(queue, log.end - 1) {
                return Some(bundle);
            }
            log.end -= 1;
        }
        None
    }

    /// The oldest bundle of a queue that is not held in its place.
    pub(crate) fn oldest_free(&mut self, queue: u8) -> Option<BundleId> {
        if self.held == 0 {
            return self.oldest(queue);
        }
        let log = &mut self.logs[queue as usize];
        let mut index = log.first.max(log.resume);
        loop {
            log.resume = index;
            index = log.next_live(queue, &self.at, index)?;
            if self.marks[log.entries[index] as usize] & HELD == 0 {
                return Some(log.entries[index]);
            }
            index += 1;
        }
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
        self.logs.iter_mut().for_each(|log| log.resume = 0);
    }

    /// Holds a bundle that will change its place: it leaves its queue's order at once.
    pub(crate) fn lift(&mut self, bundle: BundleId) {
        self.at[bundle as usize] |= LIFTED;
    }

    /// Takes a ghost back and remembers that it was one.
    pub(crate) fn recall(&mut self, bundle: BundleId) {
        self.pull(bundle);
        self.marks[bundle as usize] |= RECALLED;
    }

    /// Whether a bundle was a ghost when it was looked for; forgets it.
    pub(crate) fn take_recalled(&mut self, bundle: BundleId) -> bool {
        let mark = &mut self.marks[bundle as usize];
        let recalled = *mark & RECALLED != 0;
        *mark &= !RECALLED;
        recalled
    }

    /// Moves a bundle to the new end of a queue of ghosts, whose oldest leave until it fits into `capacity_bytes`; a
    /// bundle that never fits leaves no ghost.
    pub(crate) fn bury(&mut self, bundle: BundleId, ghosts: u8, capacity_bytes: u64) {
        self.pull(bundle);
        let bytes = self.size(bundle);
        if bytes > capacity_bytes {
            return;
        }
        while self.bytes(ghosts) + bytes > capacity_bytes {
            let oldest = self.oldest(ghosts).expect("a queue with bytes has an oldest bundle");
            self.pull(oldest);
        }
        self.push(ghosts, bundle);
    }
}

impl Log {
    fn next_live(&self, queue: u8, at: &[u32], from: usize) -> Option<usize> {
        (from..self.end).find(|&index| at[self.entries[index] as usize] == place_at(queue, index))
    }

    /// Moves the live entries to the front and leaves room for as many again.
    fn compact(&mut self, queue: u8, at: &mut [u32]) {
        let mut to = 0;
        for index in self.first..self.end {
            let bundle = self.entries[index];
            let place = &mut at[bundle as usize];
            if *place == place_at(queue, index) {
                *place = place_at(queue, to);
                self.entries[to] = bundle;
                to += 1;
            }
        }
        (self.first, self.end, self.resume) = (0, to, 0);
        self.limit = 2 * self.live + SPARE;
    }
}
