//! Partitions: each layer has a quota of the budget and a policy of its own.
//!
//! A layer that is short of room drops its own bundles, whatever the others hold: before a step its bundles and what it
//! lacks must fit its quota, after the step what it holds. Where the whole is short all the same (quotas that exceed the
//! budget, another layer's bundles in the way of a prefetch), the layer furthest above its quota gives. Who computes the
//! quotas, equal or by demand, is the caller.
//!
//! Steps come layer by layer, step number modulo layers, as the engine makes them. Bytes a bundle: those of the inner
//! policy; but each layer's Belady has a bit for each id of the whole script.

use alloc::vec::Vec;

use crate::{
    evict::{At, Evict, Moment, Policy, Sizes},
    geometry::BundleId,
};

/// One layer's share.
#[derive(Clone, Debug)]
pub struct Partition {
    /// The layer's policy, for ids counted from its first bundle.
    pub policy: Policy,
    /// First bundle.
    pub first: BundleId,
    /// Bytes that the layer may hold.
    pub quota_bytes: u64,
}

#[derive(Clone, Debug)]
struct Layer {
    partition: Partition,
    held_bytes: u64,
    /// What the running step lacks of this layer.
    lacked_bytes: u64,
    /// Nothing came back since it had no candidate.
    exhausted: bool,
}

/// A policy for each layer.
#[derive(Clone, Debug)]
pub struct Partitioned {
    layers: Vec<Layer>,
    sizes: Sizes,
    /// The layer that was spoken of last.
    running: usize,
}

impl Partitioned {
    /// Partitions by layer, in the order of their bundles, which have `sizes`.
    ///
    /// # Panics
    /// If there is none, or the first bundles do not ascend from 0.
    #[must_use]
    pub fn new(partitions: Vec<Partition>, sizes: Sizes) -> Self {
        assert_eq!(partitions.first().map(|partition| partition.first), Some(0), "the first layer begins at bundle 0");
        assert!(partitions.is_sorted_by_key(|partition| partition.first), "layers in the order of their bundles");
        let layer = |partition| Layer { partition, held_bytes: 0, lacked_bytes: 0, exhausted: false };
        Self { layers: partitions.into_iter().map(layer).collect(), sizes, running: 0 }
    }

    /// The layer of `bundle`, which runs from now on, and the bundle's number in it.
    fn enter(&mut self, bundle: BundleId) -> (&mut Layer, BundleId) {
        let begins = |layer: usize| self.layers.get(layer).is_some_and(|layer| layer.partition.first <= bundle);
        if !begins(self.running) || begins(self.running + 1) {
            self.running = self.layers.partition_point(|layer| layer.partition.first <= bundle) - 1;
        }
        let layer = &mut self.layers[self.running];
        let local = bundle - layer.partition.first;
        (layer, local)
    }

    /// Accounts for what a layer's policy dropped.
    fn dropped(&mut self, layer: usize, local: BundleId) -> BundleId {
        let layer = &mut self.layers[layer];
        let bundle = layer.partition.first + local;
        layer.held_bytes -= self.sizes.of(bundle);
        bundle
    }

    fn victim_of(&mut self, layer: usize) -> Option<BundleId> {
        let local = self.layers[layer].partition.policy.victim();
        self.layers[layer].exhausted = local.is_none();
        local.map(|local| self.dropped(layer, local))
    }
}

impl Evict for Partitioned {
    fn hold(&mut self, bundle: BundleId) {
        let (layer, local) = self.enter(bundle);
        layer.partition.policy.hold(local);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        let (layer, local) = self.enter(bundle);
        layer.exhausted = false;
        layer.partition.policy.touch(local, at);
    }

    fn release(&mut self, bundle: BundleId) {
        let (layer, local) = self.enter(bundle);
        layer.exhausted = false;
        layer.partition.policy.release(local);
    }

    fn reuse(&mut self, bundle: BundleId, at: At) {
        let (layer, local) = self.enter(bundle);
        layer.partition.policy.reuse(local, at);
    }

    fn lack(&mut self, bundle: BundleId) {
        let bytes = self.sizes.of(bundle);
        let (layer, local) = self.enter(bundle);
        layer.lacked_bytes += bytes;
        layer.partition.policy.lack(local);
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        let bytes = self.sizes.of(bundle);
        let (layer, local) = self.enter(bundle);
        layer.held_bytes += bytes;
        layer.exhausted = false;
        layer.partition.policy.admit(local, at);
    }

    fn victim(&mut self) -> Option<BundleId> {
        loop {
            let candidates = self.layers.iter().enumerate().filter(|(_, layer)| !layer.exhausted);
            let above = |layer: &Layer| i128::from(layer.held_bytes) - i128::from(layer.partition.quota_bytes);
            let (most, _) = candidates.max_by_key(|(number, layer)| (above(layer), usize::MAX - number))?;
            if let Some(bundle) = self.victim_of(most) {
                return Some(bundle);
            }
        }
    }

    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        // As many layers as fit an address space.
        let of_step = usize::try_from(step % self.layers.len() as u64).ok()?;
        if let Some(local) = self.layers[of_step].partition.policy.expire(moment, step) {
            return Some(self.dropped(of_step, local));
        }
        let running = self.running;
        let layer = &mut self.layers[running];
        if moment == Moment::AfterStep {
            layer.lacked_bytes = 0;
        }
        let wanted_bytes = layer.held_bytes + layer.lacked_bytes;
        if wanted_bytes > layer.partition.quota_bytes { self.victim_of(running) } else { None }
    }
}
