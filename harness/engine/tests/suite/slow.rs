//! Every policy as slowly and plainly as its definition reads: scans over what is in care, sums over what was used.
//!
//! A policy is asked for a victim among candidates and told of uses when a step is over.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use tightfit_engine::{evict::Kind, geometry::BundleId};

use crate::policy::reload_ns;

/// A bundle in care.
#[derive(Clone, Copy, Debug)]
struct Known {
    uses: u64,
    /// Number of its last use, over all bundles.
    last_use: u64,
    last_step: usize,
    /// Value at its last use, where the policy has such.
    value: u64,
    /// Used since the hand passed.
    spared: bool,
}

/// A policy over all bundles, or over those of one layer.
pub(crate) struct Slow<'a> {
    kind: Kind,
    layers: usize,
    sizes: &'a [u64],
    /// Active sets of all steps, past and future.
    history: &'a [Vec<BundleId>],
    known: BTreeMap<BundleId, Known>,
    /// In order of arrival.
    queue: Vec<BundleId>,
    /// Place of SIEVE's hand in the queue.
    hand: usize,
    age: u64,
    uses: u64,
    /// Uses of each bundle since the start.
    ever: BTreeMap<BundleId, u64>,
}

impl<'a> Slow<'a> {
    pub(crate) fn new(kind: Kind, layers: usize, sizes: &'a [u64], history: &'a [Vec<BundleId>]) -> Self {
        Self {
            kind,
            layers,
            sizes,
            history,
            known: BTreeMap::new(),
            queue: Vec::new(),
            hand: 0,
            age: 0,
            uses: 0,
            ever: BTreeMap::new(),
        }
    }

    /// A step is over that used `bundle`.
    pub(crate) fn used(&mut self, bundle: BundleId, step: usize) {
        self.uses += 1;
        let worth = match self.kind {
            Kind::CostAware => (u64::from(reload_ns(bundle)) * 65_536 / self.sizes[bundle as usize]).max(1),
            _ => 1,
        };
        let before = self.known.get(&bundle).copied();
        if before.is_none() {
            self.queue.push(bundle);
        }
        let ever = self.ever.entry(bundle).or_default();
        *ever += 1;
        let uses = if self.kind == Kind::LfuPerfect { *ever } else { before.map_or(1, |known| known.uses + 1) };
        let value = self.age + uses * worth;
        let known = Known { uses, last_use: self.uses, last_step: step, value, spared: before.is_some() };
        self.known.insert(bundle, known);
    }

    /// A bundle left that this policy did not choose.
    pub(crate) fn forget(&mut self, bundle: BundleId) {
        self.known.remove(&bundle).expect("what leaves was in care");
        self.queue.retain(|&queued| queued != bundle);
    }

    /// Chooses among `candidates`, all in care, in the course of `step`, and forgets.
    pub(crate) fn victim(&mut self, candidates: &BTreeSet<BundleId>, step: usize) -> Option<BundleId> {
        let each = candidates.iter().copied();
        let known = |bundle: &BundleId| self.known[bundle];
        let victim = match self.kind {
            Kind::RetainNone => None,
            Kind::Fifo => self.queue.iter().copied().find(|queued| candidates.contains(queued)),
            Kind::Lru | Kind::Window { .. } => each.min_by_key(|bundle| known(bundle).last_use),
            Kind::Clock => self.second_chance(candidates),
            Kind::Sieve => self.sieve(candidates),
            Kind::Lfu | Kind::LfuPerfect => each.min_by_key(|bundle| (known(bundle).uses, known(bundle).last_use)),
            Kind::LfuAged | Kind::CostAware => {
                let lowest = each.min_by_key(|bundle| (known(bundle).value, known(bundle).last_use));
                self.age = lowest.map_or(self.age, |bundle| self.age.max(known(&bundle).value));
                lowest
            }
            Kind::LeastStale => each.max_by_key(|bundle| {
                let last_step = known(bundle).last_step;
                let own_turn = |step: &usize| step % self.layers == last_step % self.layers;
                let staleness = (last_step + 1..=step).filter(own_turn).count();
                let until_turn = (step + 1..=step + self.layers).position(|step| own_turn(&step));
                (staleness, until_turn, Reverse(known(bundle).last_use))
            }),
            Kind::Belady => each.max_by_key(|&bundle| (self.next_use(bundle, step), bundle)),
            Kind::S3Fifo | Kind::Arc | Kind::TwoQ | Kind::WTinyLfu | Kind::Lhd => unreachable!("see `Policy::twinned`"),
        };
        if let Some(bundle) = victim
            && self.kind != Kind::Sieve
        {
            self.forget(bundle);
        }
        victim
    }

    /// From the oldest on: who was used goes to the end, without that mark; who was not goes.
    fn second_chance(&mut self, candidates: &BTreeSet<BundleId>) -> Option<BundleId> {
        let mut at = 0;
        while let Some(&bundle) = self.queue.get(at) {
            let known = self.known.get_mut(&bundle).expect("in care");
            if !candidates.contains(&bundle) {
                at += 1;
            } else if std::mem::take(&mut known.spared) {
                self.queue.remove(at);
                self.queue.push(bundle);
            } else {
                return Some(bundle);
            }
        }
        None
    }

    /// From the hand on, round and round: who was used is spared once, who is no candidate is passed.
    fn sieve(&mut self, candidates: &BTreeSet<BundleId>) -> Option<BundleId> {
        if candidates.is_empty() {
            return None;
        }
        loop {
            let bundle = self.queue[self.hand];
            let known = self.known.get_mut(&bundle).expect("in care");
            let goes = candidates.contains(&bundle) && !std::mem::take(&mut known.spared);
            if goes {
                self.forget(bundle);
            } else {
                self.hand += 1;
            }
            if self.hand == self.queue.len() {
                self.hand = 0;
            }
            if goes {
                return Some(bundle);
            }
        }
    }

    fn next_use(&self, bundle: BundleId, step: usize) -> usize {
        let ahead = self.history[step + 1..].iter().position(|active| active.contains(&bundle));
        ahead.unwrap_or(usize::MAX)
    }
}
