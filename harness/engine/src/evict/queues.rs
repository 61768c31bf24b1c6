//! Queues of bundles that share one node a bundle: what the policies with ghosts are built of.
//!
//! A node of 16 bytes has a bundle's links, its bytes, the queue that it is in and a small count, so that one cache line
//! serves a whole decision. A bundle is in at most one queue. Not a policy: it chooses nothing.

use alloc::{vec, vec::Vec};

use crate::{
    evict::Sizes,
    geometry::{BundleId, NONE},
};

/// In no queue.
pub(crate) const OUT: u8 = u8::MAX;

/// Held by the running step, in its place.
const HELD: u8 = 1;
/// Held by the running step, out of its queue's order; its bytes still count there.
const LIFTED: u8 = 2;
/// Was a ghost when the running step looked for it.
const RECALLED: u8 = 4;

#[derive(Clone, Copy, Debug)]
struct Node {
    newer: u32,
    older: u32,
    bytes: u32,
    place: u8,
    count: u8,
    flags: u8,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    newest: u32,
    oldest: u32,
    /// Everything older is held: where the next search for a free bundle begins; [`NONE`] is the old end.
    resume: u32,
    bytes: u64,
}

/// `N` queues over dense ids.
#[derive(Clone, Debug)]
pub(crate) struct Queues<const N: usize> {
    nodes: Vec<Node>,
    ends: [Ends; N],
    held: u32,
}

impl<const N: usize> Queues<N> {
    /// Empty queues for ids below `bundles`.
    ///
    /// # Panics
    /// If a bundle has 4 GiB or more.
    pub(crate) fn new(bundles: u32, sizes: &Sizes) -> Self {
        let blank = Node { newer: NONE, older: NONE, bytes: 0, place: OUT, count: 0, flags: 0 };
        let mut nodes = vec![blank; bundles as usize];
        for (bundle, node) in (0..).zip(&mut nodes) {
            node.bytes = u32::try_from(sizes.of(bundle)).expect("a bundle of less than 4 GiB");
        }
        Self { nodes, ends: [Ends { newest: NONE, oldest: NONE, resume: NONE, bytes: 0 }; N], held: 0 }
    }

    /// The queue that a bundle is in, or [`OUT`].
    pub(crate) fn place(&self, bundle: BundleId) -> u8 {
        self.nodes[bundle as usize].place
    }

    /// Bytes of a bundle.
    pub(crate) fn size(&self, bundle: BundleId) -> u64 {
        u64::from(self.nodes[bundle as usize].bytes)
    }

    /// Bytes of the bundles in a queue, held ones too.
    pub(crate) fn bytes(&self, queue: u8) -> u64 {
        self.ends[queue as usize].bytes
    }

    /// A bundle's count.
    pub(crate) fn count(&self, bundle: BundleId) -> u8 {
        self.nodes[bundle as usize].count
    }

    /// Sets a bundle's count.
    pub(crate) fn set_count(&mut self, bundle: BundleId, count: u8) {
        self.nodes[bundle as usize].count = count;
    }

    /// Puts a bundle that is in no queue at the new end of one.
    pub(crate) fn push(&mut self, queue: u8, bundle: BundleId) {
        let ends = &mut self.ends[queue as usize];
        let node = &mut self.nodes[bundle as usize];
        debug_assert_eq!(node.place, OUT, "bundle {bundle} is in a queue already");
        (node.newer, node.older, node.place) = (NONE, ends.newest, queue);
        ends.bytes += u64::from(node.bytes);
        if ends.newest == NONE {
            ends.oldest = bundle;
        } else {
            self.nodes[ends.newest as usize].newer = bundle;
        }
        ends.newest = bundle;
    }

    /// Takes a bundle out of its queue, held or not.
    pub(crate) fn pull(&mut self, bundle: BundleId) {
        let node = &mut self.nodes[bundle as usize];
        self.ends[node.place as usize].bytes -= u64::from(node.bytes);
        if node.flags & LIFTED == 0 {
            self.unlink(bundle);
        }
        let node = &mut self.nodes[bundle as usize];
        node.place = OUT;
        node.flags &= !LIFTED;
    }

    /// The oldest bundle of a queue whose held ones are lifted, or that has none.
    pub(crate) fn oldest(&self, queue: u8) -> Option<BundleId> {
        let oldest = self.ends[queue as usize].oldest;
        (oldest != NONE).then_some(oldest)
    }

    /// The newest bundle of such a queue.
    pub(crate) fn newest(&self, queue: u8) -> Option<BundleId> {
        let newest = self.ends[queue as usize].newest;
        (newest != NONE).then_some(newest)
    }

    /// The oldest bundle of a queue that is not held in its place.
    pub(crate) fn oldest_free(&mut self, queue: u8) -> Option<BundleId> {
        if self.held == 0 {
            return self.oldest(queue);
        }
        let ends = &mut self.ends[queue as usize];
        let mut at = if ends.resume == NONE { ends.oldest } else { ends.resume };
        while at != NONE && self.nodes[at as usize].flags & HELD != 0 {
            at = self.nodes[at as usize].newer;
        }
        ends.resume = at;
        (at != NONE).then_some(at)
    }

    /// Holds a bundle that keeps its place: [`Self::oldest_free`] passes it by.
    pub(crate) fn hold(&mut self, bundle: BundleId) {
        self.nodes[bundle as usize].flags |= HELD;
        self.held += 1;
    }

    /// Holds a bundle that will change its place: it leaves its queue's order at once.
    pub(crate) fn lift(&mut self, bundle: BundleId) {
        self.unlink(bundle);
        self.nodes[bundle as usize].flags |= LIFTED;
    }

    /// Ends a [`Self::hold`].
    pub(crate) fn release(&mut self, bundle: BundleId) {
        self.nodes[bundle as usize].flags &= !HELD;
        self.held -= 1;
        self.ends.iter_mut().for_each(|queue| queue.resume = NONE);
    }

    /// Takes a ghost back and remembers that it was one.
    pub(crate) fn recall(&mut self, bundle: BundleId) {
        self.pull(bundle);
        self.nodes[bundle as usize].flags |= RECALLED;
    }

    /// Whether a bundle was a ghost when it was looked for; forgets it.
    pub(crate) fn take_recalled(&mut self, bundle: BundleId) -> bool {
        let flags = &mut self.nodes[bundle as usize].flags;
        let recalled = *flags & RECALLED != 0;
        *flags &= !RECALLED;
        recalled
    }

    /// Moves a bundle to the new end of a queue of ghosts, whose oldest leave until it fits into `capacity_bytes`; a bundle
    /// that never fits leaves no ghost.
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

    fn unlink(&mut self, bundle: BundleId) {
        let Node { newer, older, place, .. } = self.nodes[bundle as usize];
        let ends = &mut self.ends[place as usize];
        if ends.resume == bundle {
            ends.resume = newer;
        }
        if newer == NONE {
            ends.newest = older;
        } else {
            self.nodes[newer as usize].older = older;
        }
        if older == NONE {
            ends.oldest = newer;
        } else {
            self.nodes[older as usize].newer = newer;
        }
    }
}
