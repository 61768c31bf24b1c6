//! What a run asks of the engine, step by step: the active sets of a trace, flat in memory.
//!
//! A script has a prefill part, read once, and a decode part, which is repeated from its start when the run is longer
//! than the trace. Dense streaming is the special case of one decode token whose sets hold everything. A run too long to be
//! held is handed to a session in parts ([`crate::parts`]).

use alloc::{vec, vec::Vec};

use crate::geometry::{BundleId, Geometry, NONE};

/// What one pass over all layers computes: a prompt in one batch, one token, the tokens of several sequences, or a
/// draft to be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    /// Positions computed at once, over all sequences.
    pub tokens: u32,
    /// Sequences, each with a KV cache of its own; they have equally many positions.
    pub sequences: u32,
    /// Tokens that come out for each sequence: a verified draft gives several.
    pub outputs: u32,
}

impl Positions {
    /// Positions of one sequence that give one token.
    #[must_use]
    pub fn of(tokens: u32) -> Self {
        Self { tokens, sequences: 1, outputs: 1 }
    }

    /// Positions of each sequence.
    #[must_use]
    pub fn each(&self) -> u32 {
        self.tokens / self.sequences
    }
}

/// One pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pass {
    first_row: usize,
    positions: Positions,
}

/// Scores are held as parts of a billion of what the layer computes when nothing is skipped.
pub const MASS_WHOLE: u32 = 1_000_000_000;

/// The active set of one (pass, layer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Unique bundles, ascending: those that are active, or those that a predictor named.
    pub active: &'a [BundleId],
    /// Uses summed over the positions of the pass: with one position, the number of active bundles.
    pub uses: u64,
    /// Bundles that are active although no predictor named them, ascending; they are read after the others.
    pub missed: &'a [BundleId],
    /// Position of the row's first id in the script, by which an oracle finds it; the missed ones follow.
    pub first_id: usize,
    /// Score of each active bundle, parts of [`MASS_WHOLE`]; empty where there are none.
    pub mass: &'a [u32],
    /// Mass that will not be computed whatever the engine does: no predictor named it, or the trace calls it inactive
    /// although it is not zero. With the masses it comes to [`MASS_WHOLE`] at most.
    pub lost_mass: u32,
}

/// Active sets of a run.
#[derive(Clone, Debug, Default)]
pub struct Script {
    layers: u32,
    ids: Vec<BundleId>,
    /// Scores by position in `ids`; empty where there are none.
    mass: Vec<u32>,
    ends: Vec<usize>,
    uses: Vec<u64>,
    /// Missed bundles at the end of each row and mass that each row loses; empty where every row is exact.
    missed: Vec<(u32, u32)>,
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
        self.push_positions(prefill, Positions::of(tokens));
    }

    /// Starts a pass over `positions`.
    ///
    /// # Panics
    /// If the pass before lacks rows, a prefill pass follows a decode pass, or the sequences do not share the positions.
    pub fn push_positions(&mut self, prefill: bool, positions: Positions) {
        self.assert_whole();
        let Positions { tokens, sequences, outputs } = positions;
        assert!(tokens > 0 && sequences > 0 && outputs > 0, "a pass over no positions");
        assert!(tokens.is_multiple_of(sequences), "{tokens} positions of {sequences} sequences");
        if prefill {
            assert_eq!(self.prefill_passes, self.passes.len(), "prefill after decode");
            self.prefill_passes += 1;
        }
        self.passes.push(Pass { first_row: self.ends.len(), positions });
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

    /// Gives the row that was pushed last the bundles that its predictor missed, which are read after the others, and
    /// the mass that is lost whatever is read. Every row of the script has it, or none.
    ///
    /// # Panics
    /// If a row before has none.
    pub fn push_missed(&mut self, missed: impl IntoIterator<Item = BundleId>, lost_mass: u32) {
        assert_eq!(self.missed.len() + 1, self.ends.len(), "every row has its missed bundles");
        let end = self.ids.len();
        self.ids.extend(missed);
        assert!(self.ids[end..].is_sorted_by(|a, b| a < b), "missed bundles ascend");
        let rows = self.ends.len();
        let start = if rows == 1 { 0 } else { self.ends[rows - 2] };
        self.ends[rows - 1] = self.ids.len();
        self.rows_max = self.rows_max.max(self.ids.len() - start);
        self.missed.push((u32::try_from(self.ids.len() - end).expect("ids are u32"), lost_mass));
    }

    /// Gives the row that was pushed last its scores, one an active bundle. Every row of the script has them, or none; a
    /// row has no missed bundles then.
    ///
    /// # Panics
    /// If a row before has none, or their number is not the row's.
    pub fn push_mass(&mut self, mass: impl IntoIterator<Item = u32>) {
        self.mass.extend(mass);
        assert_eq!(self.mass.len(), self.ids.len(), "every active bundle has a score");
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
    pub fn positions(&self, recorded: usize) -> Positions {
        self.passes[recorded].positions
    }

    /// Decode passes, repeats included, until `outputs` tokens have come out for each sequence.
    #[must_use]
    pub fn decode_passes_for(&self, outputs: u64) -> u64 {
        let decode = &self.passes[self.prefill_passes..];
        let cycle: u64 = decode.iter().map(|pass| u64::from(pass.positions.outputs)).sum();
        if cycle == 0 {
            return 0;
        }
        let mut passes = outputs / cycle * decode.len() as u64;
        let mut left = outputs % cycle;
        for pass in decode {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(u64::from(pass.positions.outputs));
            passes += 1;
        }
        passes
    }

    /// The row of a recorded pass and layer.
    #[must_use]
    pub fn row(&self, recorded: usize, layer: u32) -> Row<'_> {
        let row = self.passes[recorded].first_row + layer as usize;
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        let (missed, lost_mass) = self.missed.get(row).copied().unwrap_or_default();
        let (active, missed) = self.ids[start..self.ends[row]].split_at(self.ends[row] - start - missed as usize);
        let mass = self.mass.get(start..start + active.len()).unwrap_or_default();
        Row { active, uses: self.uses[row], missed, first_id: start, mass, lost_mass }
    }

    /// The active set of the step after (`pass`, `layer`) in a run of `passes`, where there is one.
    pub(crate) fn following(&self, pass: u64, layer: u32, passes: u64) -> Option<&[BundleId]> {
        let (pass, layer) = self.after(pass, layer);
        (pass < passes).then(|| self.row(self.recorded_u64(pass), layer).active)
    }

    /// The step after (`pass`, `layer`).
    pub(crate) fn after(&self, pass: u64, layer: u32) -> (u64, u32) {
        if layer + 1 < self.layers { (pass, layer + 1) } else { (pass + 1, 0) }
    }

    /// [`Script::recorded`] of a pass number of a session.
    pub(crate) fn recorded_u64(&self, pass: u64) -> usize {
        self.recorded(usize::try_from(pass).expect("passes fit the address space"))
    }

    /// Whether some active bundle of a row may not be computed.
    #[must_use]
    pub fn loses_mass(&self) -> bool {
        self.missed.iter().any(|&(_, lost_mass)| lost_mass > 0)
    }

    /// Lets go of the first `passes`, which a run that is read in parts is past; those that stay are numbered from 0.
    /// [`Script::row_bundles_max`] is still that of all.
    ///
    /// # Panics
    /// If there are fewer, or the last lacks rows.
    pub fn forget(&mut self, passes: usize) {
        self.assert_whole();
        let rows = passes * self.layers as usize;
        let ids = if rows == 0 { 0 } else { self.ends[rows - 1] };
        self.passes.drain(..passes);
        self.ends.drain(..rows);
        self.uses.drain(..rows);
        self.missed.drain(..rows.min(self.missed.len()));
        self.ids.drain(..ids);
        self.mass.drain(..ids.min(self.mass.len()));
        self.ends.iter_mut().for_each(|end| *end -= ids);
        self.passes.iter_mut().for_each(|pass| pass.first_row -= rows);
        self.prefill_passes = self.prefill_passes.saturating_sub(passes);
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
                let Row { active, missed, .. } = self.row(pass, layer);
                for ids in [active, missed] {
                    let inside = ids.first().is_none_or(|&id| id >= first) && ids.last().is_none_or(|&id| id < end);
                    assert!(inside, "pass {pass} needs bundles of layer {layer} outside {first}..{end}");
                }
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
        assert!(self.missed.is_empty() || self.missed.len() == rows, "{} of {rows} rows exact", self.missed.len());
    }
}
