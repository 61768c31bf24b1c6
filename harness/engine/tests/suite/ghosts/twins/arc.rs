//! The slow, obvious twin of ARC.

use std::collections::BTreeSet;

use tightfit_engine::{
    evict::{At, Evict},
    geometry::BundleId,
};

use super::{Queue, bytes, first_free, take};

pub(crate) struct Arc {
    capacity_bytes: u64,
    sizes: Vec<u64>,
    /// T1, T2, B1, B2.
    lists: [Queue; 4],
    /// Bytes that T1 should have, in 2^-32.
    share: u128,
    held: BTreeSet<BundleId>,
    recalled: BTreeSet<BundleId>,
    incoming_bytes: u64,
    found: Option<usize>,
}

impl Arc {
    pub(crate) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
        let (lists, held, recalled) = Default::default();
        Self { capacity_bytes, sizes, lists, share: 0, held, recalled, incoming_bytes: 0, found: None }
    }

    fn bytes(&self, list: usize) -> u64 {
        bytes(&self.sizes, &self.lists[list])
    }

    fn replace(&mut self) -> Option<BundleId> {
        let once = u128::from(self.bytes(0)) << 32;
        let above = once > self.share || once == self.share && self.found == Some(3);
        let from_once = self.bytes(0) > 0 && above || self.bytes(1) == 0;
        for list in if from_once { [0, 1] } else { [1, 0] } {
            if let Some(victim) = first_free(&self.lists[list], &self.held) {
                take(&mut self.lists[list], victim);
                self.lists[list + 2].push(victim);
                return Some(victim);
            }
        }
        None
    }
}

impl Evict for Arc {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        (self.incoming_bytes, self.found) = (0, None);
        self.held.remove(&bundle);
        self.lists.iter_mut().for_each(|list| list.retain(|&other| other != bundle));
        self.lists[1].push(bundle);
    }

    fn lack(&mut self, bundle: BundleId) {
        let size = self.sizes[bundle as usize];
        self.incoming_bytes += size;
        self.found = [2, 3].into_iter().find(|&list| self.lists[list].contains(&bundle));
        let Some(own) = self.found else { return };
        let ratio = (u128::from(self.bytes(5 - own)) << 32) / u128::from(self.bytes(own));
        let delta = ratio.max(1 << 32) * u128::from(size);
        self.share = if own == 2 {
            (self.share + delta).min(u128::from(self.capacity_bytes) << 32)
        } else {
            self.share.saturating_sub(delta)
        };
        take(&mut self.lists[own], bundle);
        self.recalled.insert(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(&bundle);
        for list in &mut self.lists[..2] {
            if take(list, bundle) {
                list.push(bundle);
            }
        }
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        (self.incoming_bytes, self.found) = (0, None);
        let list = usize::from(self.recalled.remove(&bundle));
        self.lists[list].push(bundle);
    }

    fn victim(&mut self) -> Option<BundleId> {
        if self.found.is_some() {
            return self.replace();
        }
        let once = self.bytes(0) + self.bytes(2);
        if once + self.incoming_bytes > self.capacity_bytes {
            if !self.lists[2].is_empty() {
                self.lists[2].remove(0);
            } else if let Some(victim) = first_free(&self.lists[0], &self.held) {
                take(&mut self.lists[0], victim);
                return Some(victim);
            }
        } else if once + self.bytes(1) + self.bytes(3) >= 2 * self.capacity_bytes && !self.lists[3].is_empty() {
            self.lists[3].remove(0);
        }
        self.replace()
    }
}
