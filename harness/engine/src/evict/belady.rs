//! Belady: drops the bundle whose next use is furthest away. An upper bound, not a policy that a device can run.
//!
//! For bundles of one size it is optimal among policies that load on demand; for unequal sizes it is a good
//! heuristic and no bound.
//!
//! No two bundles are used next at the same position of the script, so the bundles in care are a set of positions, and
//! the script says which bundle a position is: no heap, but a bit for each id of the script and one for each bundle, and
//! a sixty-fourth more to find the highest. The oracle, 8 bytes an id, is shared.

use alloc::sync::Arc;

use crate::{
    bitset::Bitset,
    evict::{At, Evict},
    geometry::BundleId,
    marks::Marks,
    oracle::Oracle,
};

/// Furthest next use first; among what is used in the same step or never again the higher id.
#[derive(Clone, Debug)]
pub struct Belady {
    oracle: Arc<Oracle>,
    /// The oracle's name of bundle 0: partitions count from their own first.
    first: BundleId,
    /// Positions of next uses.
    marks: Marks,
    /// Bundles that are never used again.
    never: Marks,
    held: Bitset,
    /// Position of the latest use: up to there, marks are of the next repeat.
    latest: usize,
}

impl Belady {
    /// An empty policy for ids below `bundles`, which `oracle` knows as `first` and those after it.
    #[must_use]
    pub fn new(bundles: u32, first: BundleId, oracle: Arc<Oracle>) -> Self {
        Self {
            first,
            marks: Marks::new(oracle.positions()),
            never: Marks::new(bundles as usize),
            held: Bitset::new(bundles as usize),
            latest: 0,
            oracle,
        }
    }

    /// The highest candidate that is never used again. It may be held all the same: for a step that a hint is wrong about.
    fn useless(&mut self) -> Option<BundleId> {
        let mut bound = usize::MAX;
        while let Some(place) = self.never.last_below(bound) {
            let bundle = u32::try_from(place).expect("ids are u32");
            if !self.held.contains(bundle) {
                self.never.remove(place);
                return Some(bundle);
            }
            bound = place;
        }
        None
    }

    /// The candidate with the highest position below `bound` and not below `least`.
    fn furthest(&mut self, least: usize, mut bound: usize) -> Option<BundleId> {
        while let Some(position) = self.marks.last_below(bound).filter(|&position| position >= least) {
            let bundle = self.oracle.bundle(position) - self.first;
            if !self.held.contains(bundle) {
                self.marks.remove(position);
                return Some(bundle);
            }
            bound = position;
        }
        None
    }
}

impl Evict for Belady {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.held.remove(bundle);
        self.reuse(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(bundle);
    }

    #[inline]
    fn reuse(&mut self, bundle: BundleId, at: At) {
        self.marks.remove(at.id);
        self.admit(bundle, at);
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, at: At) {
        self.latest = at.id;
        match self.oracle.next_use(at) {
            Some(position) => self.marks.insert(position),
            None => self.never.insert(bundle as usize),
        }
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        if let Some(bundle) = self.useless() {
            return Some(bundle);
        }
        let passed = self.latest + 1;
        self.furthest(0, passed).or_else(|| self.furthest(passed, usize::MAX))
    }
}
