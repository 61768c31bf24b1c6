//! Which layer a bundle is of: bundles of a layer are contiguous, and a step asks about one layer's.

use alloc::vec::Vec;

use crate::geometry::BundleId;

/// First bundles of the layers, and the layer that was asked about last.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    firsts: Vec<BundleId>,
    latest: usize,
}

impl Layers {
    /// Layers by their first bundles.
    pub(crate) fn new(firsts: Vec<BundleId>) -> Self {
        assert_eq!(firsts.first(), Some(&0), "the first layer begins at bundle 0");
        assert!(firsts.is_sorted_by(|a, b| a < b), "layers in the order of their bundles");
        Self { firsts, latest: 0 }
    }

    /// The layer of `bundle`, and the bundle's number in it.
    #[inline]
    pub(crate) fn enter(&mut self, bundle: BundleId) -> (usize, BundleId) {
        let begins = |layer: usize| self.firsts.get(layer).is_some_and(|&first| first <= bundle);
        if !begins(self.latest) || begins(self.latest + 1) {
            self.latest = self.firsts.partition_point(|&first| first <= bundle) - 1;
        }
        (self.latest, bundle - self.firsts[self.latest])
    }

    /// First bundle of a layer.
    #[inline]
    pub(crate) fn first(&self, layer: usize) -> BundleId {
        self.firsts[layer]
    }

    /// The layer that was asked about last.
    pub(crate) fn latest(&self) -> usize {
        self.latest
    }
}
