//! The slow, obvious twin of the engine's residency, written from the paper's words with sorted sets and scans.
//!
//! A step sees its whole active set at once: hits are judged before anything leaves, a step's own bundles never leave
//! for each other while it runs, and what exceeds the budget leaves when the step is over. Where layers have their own
//! quotas, the layer that runs keeps to its own first.

use std::collections::{BTreeMap, BTreeSet};

use tightfit_engine::{evict::Kind, geometry::BundleId};

use crate::{
    policy::{Policy, quota_bytes},
    slow::Slow,
};

/// What one step counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) re_reads: u64,
    pub(crate) evictions: u64,
}

/// Bundles that share a policy and bytes.
struct Part<'a> {
    policy: Slow<'a>,
    bundles: BTreeSet<BundleId>,
    quota_bytes: u64,
}

/// The resident set, slowly.
pub(crate) struct Twin<'a> {
    kind: Kind,
    budget_bytes: u64,
    layers: usize,
    sizes: &'a [u64],
    history: &'a [Vec<BundleId>],
    parts: Vec<Part<'a>>,
    pinned: BTreeSet<BundleId>,
    resident: BTreeSet<BundleId>,
    held_before: BTreeSet<BundleId>,
    /// How many of the last k passes used a bundle.
    references: BTreeMap<BundleId, u32>,
    evictions: u64,
}

impl<'a> Twin<'a> {
    /// A twin that holds nothing but `pinned`; `layers` has the number of bundles of each.
    pub(crate) fn new(
        policy: Policy,
        budget_bytes: u64,
        layers: &[u32],
        sizes: &'a [u64],
        history: &'a [Vec<BundleId>],
        pinned: &[BundleId],
    ) -> Self {
        let pinned: BTreeSet<_> = pinned.iter().copied().collect();
        let all = layers.iter().sum();
        let (counts, quotas) = if policy.by_layer {
            (layers.to_vec(), quota_bytes(budget_bytes, layers.len()))
        } else {
            (vec![all], vec![u64::MAX])
        };
        let mut first = 0;
        let part = |(count, quota_bytes)| {
            let bundles = (first..first + count).collect();
            first += count;
            Part { policy: Slow::new(policy.kind, layers.len(), sizes, history), bundles, quota_bytes }
        };
        Self {
            kind: policy.kind,
            budget_bytes,
            layers: layers.len(),
            sizes,
            history,
            parts: counts.into_iter().zip(quotas).map(part).collect(),
            resident: pinned.clone(),
            pinned,
            held_before: BTreeSet::new(),
            references: BTreeMap::new(),
            evictions: 0,
        }
    }

    /// The bundles held now.
    pub(crate) fn resident(&self) -> &BTreeSet<BundleId> {
        &self.resident
    }

    /// Makes step number `step`.
    pub(crate) fn step(&mut self, step: usize) -> Counts {
        let active: BTreeSet<BundleId> = self.history[step].iter().copied().collect();
        let missing: BTreeSet<BundleId> = active.difference(&self.resident).copied().collect();
        let re_reads = missing.intersection(&self.held_before).count() as u64;
        let evictions_before = self.evictions;
        let part = step % self.parts.len();
        if let Kind::Window { tokens } = self.kind {
            self.slide_window(tokens as usize, step, &active);
        }
        self.keep_to_quota(part, &missing, &active, step);
        self.make_room(self.bytes(&missing), step, &active);
        self.resident.extend(&missing);
        self.held_before.extend(&active);
        for &bundle in active.difference(&self.pinned) {
            self.parts[part].policy.used(bundle, step);
        }
        if self.kind == Kind::RetainNone {
            for bundle in self.resident.difference(&self.pinned).copied().collect::<Vec<_>>() {
                self.parts[part].policy.forget(bundle);
                self.evict(bundle);
            }
        }
        self.keep_to_quota(part, &BTreeSet::new(), &BTreeSet::new(), step);
        self.make_room(0, step, &BTreeSet::new());
        let misses = missing.len() as u64;
        let hits = active.len() as u64 - misses;
        Counts { hits, misses, re_reads, evictions: self.evictions - evictions_before }
    }

    fn bytes<'b>(&self, bundles: impl IntoIterator<Item = &'b BundleId>) -> u64 {
        bundles.into_iter().map(|&bundle| self.sizes[bundle as usize]).sum()
    }

    fn evict(&mut self, bundle: BundleId) {
        assert!(self.resident.remove(&bundle), "bundle {bundle} is not there");
        self.evictions += 1;
    }

    /// The token that leaves the window gives its references back, the new one takes its own; what nothing refers to
    /// any more is dropped (*LLM in a flash* §3.1).
    fn slide_window(&mut self, tokens: usize, step: usize, active: &BTreeSet<BundleId>) {
        for &bundle in active {
            *self.references.entry(bundle).or_default() += 1;
        }
        let Some(leaving) = step.checked_sub(tokens * self.layers) else { return };
        let part = step % self.parts.len();
        for &bundle in &self.history[leaving] {
            let references = self.references.get_mut(&bundle).expect("what was used was counted");
            *references -= 1;
            if *references == 0 && self.resident.contains(&bundle) && !self.pinned.contains(&bundle) {
                self.parts[part].policy.forget(bundle);
                self.evict(bundle);
            }
        }
    }

    /// What a part has in its policy's care.
    fn in_care(&self, part: usize) -> BTreeSet<BundleId> {
        let resident = self.resident.difference(&self.pinned);
        resident.copied().filter(|bundle| self.parts[part].bundles.contains(bundle)).collect()
    }

    /// Drops a part's bundle of its policy's choice; none where all are active.
    fn drop_of(&mut self, part: usize, step: usize, active: &BTreeSet<BundleId>) -> bool {
        let candidates = self.in_care(part).difference(active).copied().collect();
        let victim = self.parts[part].policy.victim(&candidates, step);
        if let Some(victim) = victim {
            assert!(candidates.contains(&victim), "{victim} is no candidate");
            self.evict(victim);
        }
        victim.is_some()
    }

    fn keep_to_quota(&mut self, part: usize, missing: &BTreeSet<BundleId>, active: &BTreeSet<BundleId>, step: usize) {
        let lacked_bytes = self.bytes(missing);
        while self.bytes(&self.in_care(part)) + lacked_bytes > self.parts[part].quota_bytes {
            if !self.drop_of(part, step, active) {
                return;
            }
        }
    }

    /// Takes from the part most above its quota that has candidates, until all fits.
    fn make_room(&mut self, needed_bytes: u64, step: usize, active: &BTreeSet<BundleId>) {
        while self.bytes(&self.resident) + needed_bytes > self.budget_bytes {
            let above =
                |part: &usize| i128::from(self.bytes(&self.in_care(*part))) - i128::from(self.parts[*part].quota_bytes);
            let mut parts: Vec<usize> = (0..self.parts.len()).collect();
            parts.sort_by_key(|part| std::cmp::Reverse(above(part)));
            if !parts.into_iter().any(|part| self.drop_of(part, step, active)) {
                return;
            }
        }
    }
}
