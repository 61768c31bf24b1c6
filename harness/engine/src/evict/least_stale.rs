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
//! the rule says: the younger first. With one layer it is LRU, and judges a stream of single lookups as that does.
//!
//! 4 bytes a bundle and 32 to 64 for each held, 36 a bundle at most: a trail of ids and passes for each layer. A victim
//! costs one look at each layer where the staleness or the step changes, else a constant.

use alloc::vec::Vec;

use crate::{
    bitset::Bitset,
    evict::{At, Evict, Moment, Slots, layers::Layers, log::Entry, trail::Trail},
    geometry::BundleId,
};

/// Drops the bundle that its layer did without for the most turns, of equals the one whose layer's turn is furthest away.
#[derive(Clone, Debug)]
pub struct LeastStale {
    names: Layers,
    /// By layer the bundles' numbers in it and the low halves of their passes', in the order of their last uses.
    recency: Vec<Trail<(BundleId, u32)>>,
    steps_a_pass: u32,
    /// The running step, its pass, and the layer whose turn it is.
    step: u64,
    pass_low: u32,
    layer: usize,
    /// Staleness that victims are taken from, and how many layers were emptied of it since the order last changed.
    cursor: Option<(u32, usize)>,
}

impl LeastStale {
    /// An empty policy for ids below `bundles`, of the layers that begin at `layer_firsts`, in a model of `layers` steps a
    /// pass.
    #[must_use]
    pub fn new(bundles: u32, layer_firsts: &[BundleId], layers: u32) -> Self {
        assert!(layers > 0, "a model of no layers");
        let ends = layer_firsts.iter().skip(1).chain([&bundles]);
        let recency = layer_firsts.iter().zip(ends).map(|(first, end)| Trail::new(end - first)).collect();
        let names = Layers::new(layer_firsts.to_vec());
        Self { names, recency, steps_a_pass: layers, step: 0, pass_low: 0, layer: 0, cursor: None }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the low half of a pass is kept; a layer fits")]
    fn begin(&mut self, step: u64) {
        if step == self.step + 1 {
            // As nearly always: no division.
            let ends = self.layer + 1 == self.steps_a_pass as usize;
            self.layer = if ends { 0 } else { self.layer + 1 };
            self.pass_low = self.pass_low.wrapping_add(u32::from(ends));
        } else if step != self.step {
            let layers = u64::from(self.steps_a_pass);
            (self.pass_low, self.layer) = ((step / layers) as u32, (step % layers) as usize);
        }
        self.step = step;
        self.cursor = None;
    }

    /// Turns of `layer` without its bundle that was not used for longest.
    fn staleness(&mut self, layer: usize) -> Option<u32> {
        let (_, pass_low) = self.recency[layer].oldest()?;
        let had_turn = u32::from(layer > self.layer);
        Some(self.pass_low.wrapping_sub(had_turn).wrapping_sub(pass_low))
    }

    /// Where victims are taken from, if the order changed.
    fn stalest(&mut self) -> Option<(u32, usize)> {
        let staleness = (0..self.recency.len()).filter_map(|layer| self.staleness(layer)).max()?;
        Some((staleness, 0))
    }
}

impl Evict for LeastStale {
    #[inline]
    fn hold(&mut self, bundle: BundleId) {
        let (layer, local) = self.names.enter(bundle);
        self.recency[layer].forget(local);
    }

    #[inline]
    fn touch(&mut self, bundle: BundleId, at: At) {
        self.begin(at.step);
        let (layer, local) = self.names.enter(bundle);
        self.recency[layer].push((local, self.pass_low));
    }

    fn release(&mut self, bundle: BundleId) {
        // As of the latest turn of its layer.
        let (layer, local) = self.names.enter(bundle);
        let pass_low = self.pass_low.wrapping_sub(u32::from(layer > self.layer));
        self.recency[layer].push((local, pass_low));
        self.cursor = None;
    }

    #[inline]
    fn reuse(&mut self, bundle: BundleId, at: At) {
        self.begin(at.step);
        let (layer, local) = self.names.enter(bundle);
        self.recency[layer].renew((local, self.pass_low));
    }

    #[inline]
    fn judge(&mut self, bundles: &[BundleId], _number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        let [recency] = self.recency.as_mut_slice() else { return None };
        recency.judge(bundles, slots, None)
    }

    fn settle(&mut self, resident: &mut Bitset) {
        // Nobody asks for the passes of the only layer.
        self.recency[0].settle(resident, |bundle, _| Entry::of(bundle));
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, at: At) {
        self.touch(bundle, at);
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        if let [recency] = self.recency.as_slice() {
            recency.fetch(bundles);
        }
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        // A partition has one layer, whichever step it is.
        if let [recency] = self.recency.as_mut_slice() {
            return recency.pop();
        }
        let turn = self.layer;
        loop {
            let (staleness, from) = self.cursor.or_else(|| self.stalest())?;
            for behind in from..self.recency.len() {
                let layer = if behind > turn { turn + self.recency.len() } else { turn } - behind;
                if self.staleness(layer) == Some(staleness) {
                    self.cursor = Some((staleness, behind));
                    let local = self.recency[layer].pop()?;
                    return Some(self.names.first(layer) + local);
                }
            }
            self.cursor = None;
        }
    }

    #[inline]
    fn expire(&mut self, _moment: Moment, step: u64) -> Option<BundleId> {
        // Nothing leaves early, but a new step changes what is stale.
        self.begin(step);
        None
    }
}
