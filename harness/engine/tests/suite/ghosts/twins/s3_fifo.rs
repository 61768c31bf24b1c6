//! The slow, obvious twin of S3-FIFO.

use std::collections::{BTreeMap, BTreeSet};

use tightfit_engine::{
    evict::{At, Evict},
    geometry::BundleId,
};

use super::{Queue, bury, bytes, first_free, take};

pub(crate) struct S3Fifo {
    capacity_bytes: u64,
    sizes: Vec<u64>,
    small: Queue,
    main: Queue,
    ghosts: Queue,
    uses: BTreeMap<BundleId, u32>,
    held: BTreeSet<BundleId>,
    recalled: BTreeSet<BundleId>,
    evicted: bool,
}

impl S3Fifo {
    pub(crate) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
        let (small, main, ghosts) = Default::default();
        let (uses, held, recalled) = Default::default();
        Self { capacity_bytes, sizes, small, main, ghosts, uses, held, recalled, evicted: false }
    }

    fn of_small(&mut self) -> Option<BundleId> {
        while let Some(bundle) = first_free(&self.small, &self.held) {
            take(&mut self.small, bundle);
            if self.uses[&bundle] < 2 {
                bury(&self.sizes, &mut self.ghosts, bundle, self.capacity_bytes * 9 / 10);
                return Some(bundle);
            }
            self.uses.insert(bundle, 0);
            self.main.push(bundle);
        }
        None
    }

    fn of_main(&mut self) -> Option<BundleId> {
        while let Some(bundle) = first_free(&self.main, &self.held) {
            take(&mut self.main, bundle);
            let uses = self.uses[&bundle];
            if uses == 0 {
                return Some(bundle);
            }
            self.uses.insert(bundle, uses.min(3) - 1);
            self.main.push(bundle);
        }
        None
    }
}

impl Evict for S3Fifo {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(&bundle);
        *self.uses.get_mut(&bundle).expect("in care") += 1;
    }

    fn lack(&mut self, bundle: BundleId) {
        if take(&mut self.ghosts, bundle) {
            self.recalled.insert(bundle);
        }
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(&bundle);
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.uses.insert(bundle, 0);
        let small_is_full = bytes(&self.sizes, &self.small) >= self.capacity_bytes / 10;
        if self.recalled.remove(&bundle) || small_is_full && !self.evicted {
            self.main.push(bundle);
        } else {
            self.small.push(bundle);
        }
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.evicted = true;
        let main_capacity_bytes = self.capacity_bytes - self.capacity_bytes / 10;
        if bytes(&self.sizes, &self.main) > main_capacity_bytes {
            return self.of_main().or_else(|| self.of_small()).or_else(|| self.of_main());
        }
        self.of_small().or_else(|| self.of_main())
    }
}
