//! LRU: how many bytes were used since a bundle was last used, from a tree of sums over time.
//!
//! Each bundle stands at the time of its last use in a Fenwick tree of bytes, so that a depth is one sum. Times are
//! slots, twice as many as bundles: when they run out the bundles move together, which costs a constant a use.
//!
//! An LRU cache of unequal bundles that evicts only as much as it must holds the longest prefix of the recency list
//! that fits: what was evicted last did not fit, and whatever comes on top since makes it fit less. So depths in bytes
//! are exact for every cache that can hold the largest bundle; in a smaller one, the bundles that pass it by must be
//! left out of the stream.

use alloc::{vec, vec::Vec};

use crate::{
    evict::Sizes,
    geometry::{BundleId, NONE},
};

/// Bundles by last use.
#[derive(Clone, Debug)]
pub struct Recency {
    sizes: Sizes,
    /// Fenwick tree of bytes by slot; `tree[0]` is no node.
    tree: Vec<u64>,
    slot_of: Vec<u32>,
    bundle_at: Vec<u32>,
    slots_used: usize,
    total_bytes: u64,
}

impl Recency {
    /// Nothing used yet; for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32, sizes: Sizes) -> Self {
        let slots = 2 * bundles as usize;
        Self {
            sizes,
            tree: vec![0; slots + 1],
            slot_of: vec![NONE; bundles as usize],
            bundle_at: vec![NONE; slots],
            slots_used: 0,
            total_bytes: 0,
        }
    }

    /// Bytes of `bundle` and of all that was used since; none if it never was.
    #[must_use]
    pub fn depth_bytes(&self, bundle: BundleId) -> Option<u64> {
        let slot = self.slot_of[bundle as usize];
        (slot != NONE).then(|| self.total_bytes - self.before(slot as usize))
    }

    /// `bundle` is used now.
    #[expect(clippy::cast_possible_truncation, reason = "a slot that does not fit u32 would need 2^31 bundles")]
    pub fn touch(&mut self, bundle: BundleId) {
        let bytes = self.sizes.of(bundle);
        if self.slots_used == self.bundle_at.len() {
            self.move_together();
        }
        let slot = core::mem::replace(&mut self.slot_of[bundle as usize], self.slots_used as u32);
        if slot == NONE {
            self.total_bytes += bytes;
        } else {
            self.bundle_at[slot as usize] = NONE;
            self.change(slot as usize, |sum| sum - bytes);
        }
        self.bundle_at[self.slots_used] = bundle;
        self.change(self.slots_used, |sum| sum + bytes);
        self.slots_used += 1;
    }

    /// Bytes in the slots before `slot`.
    fn before(&self, slot: usize) -> u64 {
        let (mut node, mut sum) = (slot, 0);
        while node > 0 {
            sum += self.tree[node];
            node &= node - 1;
        }
        sum
    }

    fn change(&mut self, slot: usize, change: impl Fn(u64) -> u64) {
        let mut node = slot + 1;
        while node < self.tree.len() {
            self.tree[node] = change(self.tree[node]);
            node += node & node.wrapping_neg();
        }
    }

    /// Gives the bundles the first slots, in the same order.
    #[expect(clippy::cast_possible_truncation, reason = "as in touch")]
    fn move_together(&mut self) {
        self.tree.fill(0);
        let mut used = 0;
        for slot in 0..self.slots_used {
            let bundle = core::mem::replace(&mut self.bundle_at[slot], NONE);
            if bundle != NONE {
                self.bundle_at[used] = bundle;
                self.slot_of[bundle as usize] = used as u32;
                used += 1;
                self.tree[used] = self.sizes.of(bundle);
            }
        }
        self.slots_used = used;
        for node in 1..self.tree.len() {
            let parent = node + (node & node.wrapping_neg());
            if parent < self.tree.len() {
                self.tree[parent] += self.tree[node];
            }
        }
    }
}
