//! The work of one token and of one prompt, kernel by kernel as the engine would run them when everything is in DRAM.

use tightfit_engine::platform::{Kernel, KernelKind};
use tightfit_scenarios::{Strategy, model::Weights};
use tightfit_sim::{Costs, Work};

use crate::compose::costs::costs;

/// The work of passes of a model of these weights that reads nothing from flash.
#[derive(Clone, Debug)]
pub struct Passes {
    costs: Costs,
    active_rows: u32,
}

impl Passes {
    /// Of a model of these weights; attention runs over `whole_context` positions where a runtime compiles its window in.
    #[must_use]
    pub fn new(weights: &Weights, resident: &Strategy, whole_context: Option<u32>) -> Self {
        Self { costs: costs(weights, resident, whole_context), active_rows: weights.active_bundles_per_layer }
    }

    /// One token after `context - 1` others.
    #[must_use]
    pub fn decode(&self, context: u32) -> Vec<Work> {
        self.pass(1, context)
    }

    /// A prompt of so many positions, and the head for the last.
    #[must_use]
    pub fn prompt(&self, positions: u32) -> Vec<Work> {
        self.pass(positions, positions)
    }

    /// Works of the same number of positions joined.
    fn pass(&self, tokens: u32, context: u32) -> Vec<Work> {
        let layers = u32::try_from(self.costs.layers.len()).expect("layers are counted in 32 bits");
        let row_uses = u64::from(self.active_rows) * u64::from(tokens);
        let kernel = |kind, layer, rows, tokens| Kernel {
            kind,
            layer,
            tokens,
            sequences: 1,
            context,
            rows,
            cold_rows: 0,
            row_uses: if rows > 0 { row_uses } else { 0 },
        };
        let mut joined: Vec<Work> = Vec::new();
        let mut join = |work: Work| match joined.iter_mut().find(|known| known.positions == work.positions) {
            Some(known) => known.join(&work),
            None => joined.push(work),
        };
        for layer in 0..layers {
            join(self.costs.work(&kernel(KernelKind::Dense, layer, 0, tokens)));
            let mut rows = self.costs.work(&kernel(KernelKind::FeedForward, layer, self.active_rows, tokens));
            // All rows are used by all positions: the same as the dense part.
            rows.positions = tightfit_sim::Positions::each(u64::from(tokens));
            join(rows);
        }
        join(self.costs.work(&kernel(KernelKind::Head, layers, 0, 1)));
        joined
    }
}
