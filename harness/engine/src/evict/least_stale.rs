//! Least-Stale, after the policy of that name in `SpecMD` (Hoang et al., arXiv 2602.03921): a model visits its layers in
//! a fixed order, so that what was used last is not what is needed next.
//!
//! The paper's abstract gives the idea, not a rule; ours is this. A layer has one turn a pass. A bundle's *staleness* is
//! the number of turns of its layer, the running one included, that have gone by without it: the number of whole passes
//! since its last use. The stalest bundles go first. Among equally stale ones those go first whose layer's next turn is
//! furthest away: the layer that runs now, then the one before it, and at the very end the one that comes next. Among
//! those of one layer and one use, the lower id goes first.
//!
//! With `age` the steps since the last use and `layers` the steps of a pass, staleness is age / layers, and the rest of
//! the rule says: the younger first. With one layer it is LRU.
//!
//! 16 bytes a bundle. A victim costs one look at each layer where the staleness or the step changes, else a constant.

use alloc::{vec, vec::Vec};

use crate::{
    evict::{At, Evict, Moment},
    geometry::BundleId,
    list::{Links, List},
};

/// Drops the bundle that its layer did without for the most turns, of equals the one whose layer's turn is furthest away.
#[derive(Clone, Debug)]
pub struct LeastStale {
    links: Links,
    /// Bundles by layer, in order of their last use.
    recency: Vec<List>,
    used_step: Vec<u64>,
    now_step: u64,
    /// Staleness that victims are taken from, and how many layers were emptied of it since the order last changed.
    cursor: Option<(u64, usize)>,
}

impl LeastStale {
    /// An empty policy for ids below `bundles` of a model of `layers` steps a pass.
    #[must_use]
    pub fn new(bundles: u32, layers: u32) -> Self {
        assert!(layers > 0, "a model of no layers");
        Self {
            links: Links::new(bundles as usize),
            recency: vec![List::default(); layers as usize],
            used_step: vec![0; bundles as usize],
            now_step: 0,
            cursor: None,
        }
    }

    fn layers(&self) -> u64 {
        self.recency.len() as u64
    }

    /// Place among the lists of the layer whose turn was at `step`.
    #[expect(clippy::cast_possible_truncation, reason = "less than the number of layers")]
    fn layer(&self, step: u64) -> usize {
        (step % self.layers()) as usize
    }

    fn unlink(&mut self, bundle: BundleId) {
        let layer = self.layer(self.used_step[bundle as usize]);
        self.recency[layer].unlink(&mut self.links, bundle);
    }

    fn push(&mut self, bundle: BundleId, step: u64) {
        self.used_step[bundle as usize] = step;
        let layer = self.layer(step);
        self.recency[layer].push_head(&mut self.links, bundle);
        self.now_step = step;
        self.cursor = None;
    }

    fn staleness(&self, bundle: BundleId) -> u64 {
        (self.now_step - self.used_step[bundle as usize]) / self.layers()
    }
}

impl Evict for LeastStale {
    fn hold(&mut self, bundle: BundleId) {
        self.unlink(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.push(bundle, at.step);
    }

    fn release(&mut self, bundle: BundleId) {
        // As of the latest turn of its layer.
        let used_step = self.used_step[bundle as usize];
        let step = self.now_step - (self.now_step - used_step) % self.layers();
        self.used_step[bundle as usize] = step;
        let layer = self.layer(step);
        self.recency[layer].push_head(&mut self.links, bundle);
        self.cursor = None;
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        self.push(bundle, at.step);
    }

    fn victim(&mut self) -> Option<BundleId> {
        loop {
            let (staleness, from) = match self.cursor {
                Some(cursor) => cursor,
                None => (self.recency.iter().filter_map(List::tail).map(|tail| self.staleness(tail)).max()?, 0),
            };
            for behind in from..self.recency.len() {
                let layer = self.layer(self.now_step + self.layers() - behind as u64);
                let oldest = self.recency[layer].tail().filter(|&oldest| self.staleness(oldest) == staleness);
                if let Some(bundle) = oldest {
                    self.cursor = Some((staleness, behind));
                    self.unlink(bundle);
                    return Some(bundle);
                }
            }
            self.cursor = None;
        }
    }

    fn expire(&mut self, _moment: Moment, step: u64) -> Option<BundleId> {
        // Nothing leaves early, but a new step changes what is stale.
        if step != self.now_step {
            self.now_step = step;
            self.cursor = None;
        }
        None
    }
}
