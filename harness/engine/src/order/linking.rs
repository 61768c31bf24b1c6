//! Order by co-activation: bundles that are often active together become neighbours, by greedy linking as in *Ripple*
//! (arXiv 2410.19274 §4).
//!
//! The pairs, most often active together first, are linked one after another where both bundles still have an open end
//! and are not of one chain already. What results are chains, laid end to end, those with the most uses first. Pairs
//! that were never active together are not linked; bundles that were never active stand last, in order.
//!
//! What is cut: of each bundle's pairs only those with its [`PARTNERS_MAX`] best partners are looked at (a pair stays if
//! it is among the best of either), so that memory grows with the bundles and not with their square. A bundle whose best
//! partners all have two links by its turn stays an end, although a worse partner might have been free.

use alloc::{vec, vec::Vec};
use core::cmp::Reverse;

use super::{Activity, Partners};
use crate::geometry::NONE;

/// Partners of each bundle that are looked at: 16 MB of pairs for a layer of 16,384.
pub const PARTNERS_MAX: usize = 64;

/// The bundles of a region in chains of those that were active together, of each bundle's best `partners_max` partners.
///
/// Of pairs that are equally often active together those go first that lie closest already, then those of the lower
/// number: where the profile knows nothing, the order stays.
#[must_use]
pub fn by_co_activation(activity: &Activity, partners_max: usize) -> Vec<u32> {
    let mut chains = Chains::new(activity.bundles());
    for (Reverse(key), low) in pairs(activity, partners_max) {
        chains.link(low, low + distance(key));
    }
    chains.end_to_end(activity)
}

/// Better the more often two are active together, then the closer they lie.
fn key(together: u32, distance: u32) -> u64 {
    u64::from(together) << 32 | u64::from(u32::MAX - distance)
}

/// The distance that a key holds.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn distance(key: u64) -> u32 {
    u32::MAX - key as u32
}

/// The pairs to be linked, best first: key and lower bundle.
fn pairs(activity: &Activity, partners_max: usize) -> Vec<(Reverse<u64>, u32)> {
    let mut pairs = Vec::new();
    let mut partners = Partners::new(partners_max);
    for bundle in (0..activity.bundles()).filter(|&bundle| activity.uses(bundle) > 0) {
        let found = partners.within(activity, bundle).iter();
        let pair =
            |&(partner, together): &(u32, u32)| (Reverse(key(together, partner.abs_diff(bundle))), partner.min(bundle));
        pairs.extend(found.map(pair));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Chains of bundles; at first each is its own.
struct Chains {
    links: Vec<[u32; 2]>,
    /// Union-find: a bundle of the same chain, nearer to the one that stands for it.
    toward: Vec<u32>,
}

impl Chains {
    fn new(bundles: u32) -> Self {
        Self { links: vec![[NONE; 2]; bundles as usize], toward: (0..bundles).collect() }
    }

    /// The bundle that stands for the chain of `bundle`.
    fn chain(&mut self, mut bundle: u32) -> u32 {
        loop {
            let next = self.toward[bundle as usize];
            if next == bundle {
                return bundle;
            }
            // Halving the way as it is walked keeps all ways short.
            self.toward[bundle as usize] = self.toward[next as usize];
            bundle = next;
        }
    }

    fn has_open_end(&self, bundle: u32) -> bool {
        self.links[bundle as usize][1] == NONE
    }

    /// Links two bundles, where both are ends of different chains.
    fn link(&mut self, a: u32, b: u32) {
        if !self.has_open_end(a) || !self.has_open_end(b) {
            return;
        }
        let (chain_a, chain_b) = (self.chain(a), self.chain(b));
        if chain_a == chain_b {
            return;
        }
        self.toward[chain_a as usize] = chain_b;
        for (from, to) in [(a, b), (b, a)] {
            let links = &mut self.links[from as usize];
            links[usize::from(links[0] != NONE)] = to;
        }
    }

    /// All chains, each from its lower end, those with the most uses first.
    fn end_to_end(&self, activity: &Activity) -> Vec<u32> {
        let mut laid = Vec::with_capacity(self.links.len());
        let mut spans: Vec<(Reverse<u64>, usize, usize)> = Vec::new();
        let mut done = vec![false; self.links.len()];
        for end in (0..).take(self.links.len()) {
            if done[end as usize] || !self.has_open_end(end) {
                continue;
            }
            let first = laid.len();
            let mut uses = 0;
            let (mut before, mut at) = (NONE, end);
            while at != NONE {
                done[at as usize] = true;
                laid.push(at);
                uses += u64::from(activity.uses(at));
                let [one, other] = self.links[at as usize];
                (before, at) = (at, if one == before { other } else { one });
            }
            spans.push((Reverse(uses), first, laid.len()));
        }
        spans.sort_unstable();
        spans.iter().flat_map(|&(_, first, end)| &laid[first..end]).copied().collect()
    }
}
