//! Retains nothing: every step reads all that it needs, as a naive runtime does.

use alloc::vec::Vec;

use crate::{
    evict::{At, Evict, Moment},
    geometry::BundleId,
};

/// Drops a step's bundles as soon as the step is over.
#[derive(Clone, Debug)]
pub struct RetainNone {
    held: Vec<BundleId>,
}

impl RetainNone {
    /// An empty policy for steps of up to `row_bundles_max` bundles.
    #[must_use]
    pub fn new(row_bundles_max: usize) -> Self {
        Self { held: Vec::with_capacity(row_bundles_max) }
    }
}

impl Evict for RetainNone {
    fn hold(&mut self, _bundle: BundleId) {}

    fn touch(&mut self, _bundle: BundleId, _at: At) {}

    fn release(&mut self, _bundle: BundleId) {}

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.held.push(bundle);
    }

    fn victim(&mut self) -> Option<BundleId> {
        None
    }

    fn expire(&mut self, moment: Moment, _step: u64) -> Option<BundleId> {
        if moment == Moment::AfterStep { self.held.pop() } else { None }
    }
}
