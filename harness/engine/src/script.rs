//! What a run asks of the engine, step by step: the active sets of a trace, flat in memory.
//!
//! A script has a prefill part, read once, and a decode part, which is repeated from its start when the run is longer
//! than the trace. Dense streaming is the special case of one decode token whose sets hold everything.

use alloc::{vec, vec::Vec};

use crate::geometry::{BundleId, Geometry, NONE};

/// One pass over all layers: a prompt processed in one batch, or one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pass {
    first_row: usize,
    tokens: u32,
}

/// The active set of one (pass, layer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Unique bundles, ascending.
    pub active: &'a [BundleId],
    /// Uses summed over the positions of the pass: with one position, the number of active bundles.
    pub uses: u64,
    /// Position of the row's first id in the script, by which an oracle finds it.
    pub first_id: usize,
}

/// Active sets of a run.
#[derive(Clone, Debug, Default)]
pub struct Script {
    layers: u32,
    ids: Vec<BundleId>,
    ends: Vec<usize>,
    uses: Vec<u64>,
    passes: Vec<Pass>,
    prefill_passes: usize,
    rows_max: usize,
}

impl Script {
    /// An empty script for `layers` steps a pass.
    #[must_use]
    pub fn new(layers: u32) -> Self {
        assert!(layers > 0, "a script of no layers");
        Self { layers, ..Self::default() }
    }

    /// Starts a pass over `tokens` positions; its rows follow by [`Script::push_row`].
    ///
    /// # Panics
    /// If the pass before lacks rows, or a prefill pass follows a decode pass.
    pub fn push_pass(&mut self, prefill: bool, tokens: u32) {
        self.assert_whole();
        assert!(tokens > 0, "a pass over no positions");
        if prefill {
            assert_eq!(self.prefill_passes, self.passes.len(), "prefill after decode");
            self.prefill_passes += 1;
        }
        self.passes.push(Pass { first_row: self.ends.len(), tokens });
    }

    /// Appends the next layer's row to the pass; `active` ascends.
    pub fn push_row(&mut self, active: impl IntoIterator<Item = BundleId>, uses: u64) {
        let start = self.ids.len();
        self.ids.extend(active);
        assert!(self.ids[start..].is_sorted_by(|a, b| a < b), "active bundles ascend");
        self.rows_max = self.rows_max.max(self.ids.len() - start);
        self.ends.push(self.ids.len());
        self.uses.push(uses);
    }

    /// Steps of one pass.
    #[must_use]
    pub fn layers(&self) -> u32 {
        self.layers
    }

    /// Number of prefill passes.
    #[must_use]
    pub fn prefill_passes(&self) -> usize {
        self.prefill_passes
    }

    /// Number of recorded decode passes.
    #[must_use]
    pub fn decode_passes(&self) -> usize {
        self.passes.len() - self.prefill_passes
    }

    /// Most bundles in one row.
    #[must_use]
    pub fn row_bundles_max(&self) -> usize {
        self.rows_max
    }

    /// Ids over all rows.
    #[must_use]
    pub fn ids(&self) -> &[BundleId] {
        &self.ids
    }

    /// The recorded pass that pass number `pass` of a run replays: decode passes repeat.
    #[must_use]
    pub fn recorded(&self, pass: usize) -> usize {
        if pass < self.passes.len() {
            return pass;
        }
        self.prefill_passes + (pass - self.prefill_passes) % self.decode_passes()
    }

    /// Positions of a recorded pass.
    #[must_use]
    pub fn tokens(&self, recorded: usize) -> u32 {
        self.passes[recorded].tokens
    }

    /// The row of a recorded pass and layer.
    #[must_use]
    pub fn row(&self, recorded: usize, layer: u32) -> Row<'_> {
        let row = self.passes[recorded].first_row + layer as usize;
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        Row { active: &self.ids[start..self.ends[row]], uses: self.uses[row], first_id: start }
    }

    /// Panics unless every row's bundles are of its layer in `geometry`.
    ///
    /// # Panics
    /// As said.
    pub fn assert_fits(&self, geometry: &Geometry) {
        let mut bounds = vec![(NONE, 0); self.layers as usize];
        for region in geometry.regions() {
            let (first, end) = &mut bounds[region.layer as usize];
            (*first, *end) = ((*first).min(region.first), (*end).max(region.first + region.count));
        }
        for pass in 0..self.passes.len() {
            for (layer, &(first, end)) in (0..).zip(&bounds) {
                let active = self.row(pass, layer).active;
                let inside = active.first().is_none_or(|&id| id >= first) && active.last().is_none_or(|&id| id < end);
                assert!(inside, "pass {pass} needs bundles of layer {layer} outside {first}..{end}");
            }
        }
    }

    /// Panics unless the last pass has all its rows.
    ///
    /// # Panics
    /// As said.
    pub fn assert_whole(&self) {
        let rows = self.passes.len() * self.layers as usize;
        assert_eq!(self.ends.len(), rows, "{} passes of {} layers", self.passes.len(), self.layers);
    }
}
