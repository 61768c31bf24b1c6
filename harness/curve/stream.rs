//! A trace's lookups as the engine takes them, and what its bundles weigh.

use tightfit_engine::{Script, oracle::Oracle};
use tightfit_scenarios::{
    scenario::Prefill,
    trace::{Lookups, Trace},
};

use super::Weighed;

/// The lookups of a trace.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Bundles over all layers.
    pub bundles: u32,
    /// All passes as decode passes of a script: it is the engine's way to say what a step needs.
    pub(super) script: Script,
    /// By pass: whether it generates a token.
    pub(super) decode: Vec<bool>,
    pub(super) lookups: u64,
    pub(super) decode_lookups: u64,
    /// What its bundles weigh.
    pub weighed: Weighed,
    bundles_per_layer: u32,
}

/// One (pass, layer) of a stream.
pub(super) struct Step<'a> {
    pub(super) number: u64,
    pub(super) layer: u32,
    pub(super) decode: bool,
    pub(super) ids: &'a [u32],
    pub(super) first_id: usize,
}

impl Stream {
    /// The lookups of `trace`; bytes are the trace's own, or those of the model of that name and shape.
    #[must_use]
    pub fn new(trace: &Trace, prefill: Prefill) -> Self {
        let lookups = Lookups::of(trace, prefill);
        let layers = lookups.geometry().layers;
        let (mut script, mut decode) = (Script::new(layers), Vec::new());
        let mut decode_lookups = 0;
        for (step, layer) in lookups.steps().zip((0..layers).cycle()) {
            if layer == 0 {
                script.push_pass(false, 1);
                decode.push(step.decode);
            }
            script.push_row(step.ids.iter().copied(), step.ids.len() as u64);
            decode_lookups += if step.decode { step.ids.len() as u64 } else { 0 };
        }
        Self {
            bundles: lookups.bundles(),
            script,
            decode,
            lookups: lookups.ids().len() as u64,
            decode_lookups,
            weighed: Weighed::of(trace.header()),
            bundles_per_layer: lookups.geometry().bundles_per_layer,
        }
    }

    /// First bundle of each layer.
    pub(super) fn layer_firsts(&self) -> Vec<u32> {
        (0..self.script.layers()).map(|layer| layer * self.bundles_per_layer).collect()
    }

    /// The future of the stream.
    pub(super) fn oracle(&self) -> Oracle {
        Oracle::new(&self.script, self.bundles, self.decode.len() as u64)
    }

    /// All steps.
    pub(super) fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let layers = self.script.layers();
        self.decode.iter().enumerate().flat_map(move |(pass, &decode)| {
            (0..layers).map(move |layer| {
                let row = self.script.row(pass, layer);
                let number = pass as u64 * u64::from(layers) + u64::from(layer);
                Step { number, layer, decode, ids: row.active, first_id: row.first_id }
            })
        })
    }
}
