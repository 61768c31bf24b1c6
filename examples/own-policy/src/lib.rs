//! Most recently used: drops the bundle that was used last of all those that the running step does not need.
//!
//! A fool's policy for most caches, and the right one for a loop: a model that is streamed layer by layer uses its
//! bundles in a circle longer than the cache, and what was used last is needed again last.

use std::collections::BTreeMap;

use tightfit::engine::{
    evict::{At, Evict, Room},
    geometry::BundleId,
};

/// Bundles by when they were used last.
#[derive(Clone, Debug)]
pub struct Mru {
    /// Candidates by the number of their last use.
    by_use: BTreeMap<u64, BundleId>,
    /// Number of each bundle's last use.
    last: Vec<u64>,
    uses: u64,
}

impl Mru {
    /// An empty policy for the bundles of `room`.
    #[must_use]
    pub fn new(room: &Room) -> Self {
        Self { by_use: BTreeMap::new(), last: vec![0; room.bundles as usize], uses: 0 }
    }

    fn put(&mut self, bundle: BundleId) {
        self.uses += 1;
        self.last[bundle as usize] = self.uses;
        self.by_use.insert(self.uses, bundle);
    }
}

impl Evict for Mru {
    fn hold(&mut self, bundle: BundleId) {
        self.by_use.remove(&self.last[bundle as usize]);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.put(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.put(bundle);
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.put(bundle);
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.by_use.pop_last().map(|(_, bundle)| bundle)
    }
}
