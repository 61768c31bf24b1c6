//! A stack kept by priorities: bundles of one size, ordered so that the first n are what a cache of n bundles holds.
//!
//! The policy gives each bundle a key when it is used: a cache drops the largest key first, and among equals the
//! higher id, as [`Belady`](crate::evict::belady::Belady) does with the next use. The cache of n bundles after a step holds
//! the step's row and the best of what the cache held before; as n grows by one, the choice grows by the bundle at
//! that depth, so one walk down the list, with a pool of those that await a place, orders it for every n at once.
//! A step costs a walk to the deepest of its bundles: for tens of thousands of bundles, or for a sample.

use alloc::{collections::BinaryHeap, vec, vec::Vec};
use core::cmp::Reverse;

use crate::{bitset::Bitset, geometry::BundleId};

/// Key and id: what is smaller stays longer.
type Rank = (u64, BundleId);

/// The list for all sizes.
#[derive(Clone, Debug)]
pub struct PriorityStack {
    stack: Vec<BundleId>,
    keys: Vec<u64>,
    known: Bitset,
    in_row: Bitset,
    /// Bundles passed on the way down that a larger cache keeps; the best on top.
    pool: BinaryHeap<Reverse<Rank>>,
    row: Vec<Rank>,
}

impl PriorityStack {
    /// An empty list for ids below `bundles`, and rows of at most `row_bundles_max`.
    #[must_use]
    pub fn new(bundles: u32, row_bundles_max: usize) -> Self {
        let bundles = bundles as usize;
        Self {
            stack: Vec::with_capacity(bundles),
            keys: vec![0; bundles],
            known: Bitset::new(bundles),
            in_row: Bitset::new(bundles),
            pool: BinaryHeap::with_capacity(row_bundles_max + 1),
            row: Vec::with_capacity(row_bundles_max),
        }
    }

    /// Uses all of `row`, unique bundles, in one step. `key` gives the key of the bundle at a place of the row, `found`
    /// is told each bundle that was used before and its depth, from 1: it hits in caches of at least so many bundles.
    pub fn step(&mut self, row: &[BundleId], key: impl Fn(usize) -> u64, mut found: impl FnMut(BundleId, u64)) {
        self.row.clear();
        let mut pending = 0;
        for (place, &bundle) in row.iter().enumerate() {
            self.row.push((key(place), bundle));
            self.in_row.insert(bundle);
            pending += usize::from(self.known.contains(bundle));
        }
        self.row.sort_unstable();
        let mut depth = 0;
        while depth < self.stack.len() && (pending > 0 || !self.pool.is_empty() || depth < row.len()) {
            let bundle = self.stack[depth];
            if self.in_row.contains(bundle) {
                pending -= 1;
                found(bundle, depth as u64 + 1);
            } else {
                self.pool.push(Reverse((self.keys[bundle as usize], bundle)));
            }
            if depth >= row.len() {
                self.stack[depth] = self.best();
            }
            depth += 1;
        }
        self.settle(row.len());
    }

    /// The best of the pool, which has as many bundles as the row still misses.
    fn best(&mut self) -> BundleId {
        let Reverse((_, bundle)) = self.pool.pop().expect("a bundle passed for each of the row not met");
        bundle
    }

    /// Puts the row on top, and what found no place below all else.
    fn settle(&mut self, row_bundles: usize) {
        let top = self.stack.len().min(row_bundles);
        for (place, &(key, bundle)) in self.row.iter().enumerate() {
            if place < top {
                self.stack[place] = bundle;
            } else {
                self.stack.push(bundle);
            }
            self.keys[bundle as usize] = key;
            self.known.insert(bundle);
            self.in_row.remove(bundle);
        }
        while let Some(Reverse((_, bundle))) = self.pool.pop() {
            self.stack.push(bundle);
        }
    }
}
