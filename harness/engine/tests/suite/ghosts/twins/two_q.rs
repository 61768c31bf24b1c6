//! The slow, obvious twin of 2Q.

use std::collections::BTreeSet;

use tightfit_engine::{
    evict::{At, Evict},
    geometry::BundleId,
};

use super::{Queue, bury, bytes, first_free, take};

pub(crate) struct TwoQ {
    capacity_bytes: u64,
    sizes: Vec<u64>,
    new: Queue,
    main: Queue,
    ghosts: Queue,
    held: BTreeSet<BundleId>,
    recalled: BTreeSet<BundleId>,
}

impl TwoQ {
    pub(crate) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
        let (new, main, ghosts, held, recalled) = Default::default();
        Self { capacity_bytes, sizes, new, main, ghosts, held, recalled }
    }
}

impl Evict for TwoQ {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(&bundle);
        if take(&mut self.main, bundle) {
            self.main.push(bundle);
        }
    }

    fn lack(&mut self, bundle: BundleId) {
        if take(&mut self.ghosts, bundle) {
            self.recalled.insert(bundle);
        }
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(&bundle);
        if take(&mut self.main, bundle) {
            self.main.push(bundle);
        }
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        if self.recalled.remove(&bundle) { self.main.push(bundle) } else { self.new.push(bundle) }
    }

    fn victim(&mut self) -> Option<BundleId> {
        let [of_new, of_main] = [&self.new, &self.main].map(|queue| first_free(queue, &self.held));
        let new_has_much = bytes(&self.sizes, &self.new) > self.capacity_bytes / 4;
        let victim = if new_has_much { of_new.or(of_main) } else { of_main.or(of_new) }?;
        if take(&mut self.new, victim) {
            bury(&self.sizes, &mut self.ghosts, victim, self.capacity_bytes / 2);
        }
        take(&mut self.main, victim);
        Some(victim)
    }
}
