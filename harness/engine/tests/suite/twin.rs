//! The slow, obvious twin of the engine's residency, written from the paper's words with sorted sets and scans.
//!
//! A step sees its whole active set at once: hits are judged before anything leaves, a step's own bundles never leave
//! for each other while it runs, and what exceeds the budget leaves when the step is over.

use std::collections::{BTreeMap, BTreeSet};

use tightfit_engine::geometry::BundleId;

use crate::policy::Policy;

/// What one step counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) re_reads: u64,
    pub(crate) evictions: u64,
}

/// The resident set, slowly.
pub(crate) struct Twin<'a> {
    policy: Policy,
    budget_bytes: u64,
    layers: usize,
    sizes: &'a [u64],
    /// Active sets of all steps, past and future.
    history: &'a [Vec<BundleId>],
    pinned: BTreeSet<BundleId>,
    resident: BTreeSet<BundleId>,
    held_before: BTreeSet<BundleId>,
    /// Every use so far, in order.
    uses: Vec<BundleId>,
    /// How many of the last k passes used a bundle.
    references: BTreeMap<BundleId, u32>,
    evictions: u64,
}

impl<'a> Twin<'a> {
    /// A twin that holds nothing but `pinned`.
    pub(crate) fn new(
        policy: Policy,
        budget_bytes: u64,
        layers: usize,
        sizes: &'a [u64],
        history: &'a [Vec<BundleId>],
        pinned: &[BundleId],
    ) -> Self {
        let pinned: BTreeSet<_> = pinned.iter().copied().collect();
        Self {
            policy,
            budget_bytes,
            layers,
            sizes,
            history,
            resident: pinned.clone(),
            pinned,
            held_before: BTreeSet::new(),
            uses: Vec::new(),
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
        if let Policy::Window(tokens) = self.policy {
            self.slide_window(tokens as usize, step, &active);
        }
        self.make_room(missing.iter().map(|&bundle| self.size(bundle)).sum(), step, &active);
        self.resident.extend(&missing);
        self.held_before.extend(&active);
        self.uses.extend(&self.history[step]);
        if self.policy == Policy::RetainNone {
            for bundle in self.resident.difference(&self.pinned).copied().collect::<Vec<_>>() {
                self.evict(bundle);
            }
        }
        self.make_room(0, step, &BTreeSet::new());
        let misses = missing.len() as u64;
        let hits = active.len() as u64 - misses;
        Counts { hits, misses, re_reads, evictions: self.evictions - evictions_before }
    }

    fn size(&self, bundle: BundleId) -> u64 {
        self.sizes[bundle as usize]
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
        for &bundle in &self.history[leaving] {
            let references = self.references.get_mut(&bundle).expect("what was used was counted");
            *references -= 1;
            if *references == 0 && self.resident.contains(&bundle) && !self.pinned.contains(&bundle) {
                self.evict(bundle);
            }
        }
    }

    fn make_room(&mut self, needed_bytes: u64, step: usize, active: &BTreeSet<BundleId>) {
        loop {
            let held_bytes: u64 = self.resident.iter().map(|&bundle| self.size(bundle)).sum();
            if held_bytes + needed_bytes <= self.budget_bytes {
                return;
            }
            let candidates =
                self.resident.iter().copied().filter(|id| !active.contains(id) && !self.pinned.contains(id));
            let victim = match self.policy {
                Policy::RetainNone => None,
                Policy::Lru | Policy::Window(_) => candidates.min_by_key(|&bundle| self.last_use(bundle)),
                Policy::Belady => candidates.max_by_key(|&bundle| (self.next_use(bundle, step), bundle)),
            };
            let Some(victim) = victim else { return };
            self.evict(victim);
        }
    }

    fn last_use(&self, bundle: BundleId) -> usize {
        self.uses.iter().rposition(|&used| used == bundle).expect("what is held was used")
    }

    fn next_use(&self, bundle: BundleId, step: usize) -> usize {
        let ahead = self.history[step + 1..].iter().position(|active| active.contains(&bundle));
        ahead.unwrap_or(usize::MAX)
    }
}
