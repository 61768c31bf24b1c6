//! A trace's lookups as the engine takes them, and what its bundles weigh.

use tightfit_engine::{Script, evict::Sizes, oracle::Oracle};
use tightfit_scenarios::{
    Model,
    scenario::Prefill,
    trace::{Header, Lookups, Trace},
};

use super::Budget;
use crate::RunError;

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
    /// Bytes of a bundle by layer, where known.
    bundle_bytes: Option<Vec<u64>>,
    model: String,
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
            bundle_bytes: bundle_bytes(trace.header()),
            model: trace.header().model.clone(),
            bundles_per_layer: lookups.geometry().bundles_per_layer,
        }
    }

    /// Mean bytes of a bundle, where known.
    #[must_use]
    pub fn bundle_bytes_mean(&self) -> Option<u64> {
        self.bundle_bytes.as_ref().map(|bytes| bytes.iter().sum::<u64>() / bytes.len() as u64)
    }

    /// Refuses a budget in bytes where they are not known.
    pub fn check(&self, budget: Budget) -> Result<(), RunError> {
        if matches!(budget, Budget::Mib(_)) && self.bundle_bytes.is_none() {
            return Err(RunError::Usage(format!(
                "the trace does not say how many bytes a bundle has, and there is no model `{}` of its shape built in: \
                 count bundles, with --budget-units",
                self.model
            )));
        }
        Ok(())
    }

    /// Bytes of a bundle of a layer, where known.
    pub(super) fn bytes_of(&self, layer: u32) -> Option<u64> {
        Some(self.bundle_bytes.as_ref()?[layer as usize])
    }

    /// Bytes of a bundle, zero where they are not known.
    pub(super) fn bytes_of_bundle(&self, bundle: u32) -> u64 {
        self.bytes_of(bundle / self.bundles_per_layer).unwrap_or(0)
    }

    /// Bytes of all bundles, or 1 for each where only their number counts.
    pub(super) fn sizes(&self, in_units: bool) -> Sizes {
        let by_layer = match &self.bundle_bytes {
            Some(bytes) if !in_units => bytes,
            _ => return Sizes::Equal(1),
        };
        if by_layer.iter().all(|bytes| *bytes == by_layer[0]) {
            return Sizes::Equal(by_layer[0]);
        }
        let each = by_layer.iter().flat_map(|&bytes| {
            let bytes = u32::try_from(bytes).expect("a header that was checked");
            std::iter::repeat_n(bytes, self.bundles_per_layer as usize)
        });
        Sizes::Each(each.collect())
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

fn bundle_bytes(header: &Header) -> Option<Vec<u64>> {
    if !header.bundle_bytes.is_empty() {
        return Some(header.bundle_bytes.clone());
    }
    let model = Model::parse(&header.model, Model::text(&header.model)?).ok()?;
    let weights = model.weights(&model.default_quantization).ok()?;
    let of_model = (weights.layer_count(), weights.bundles_per_layer);
    let of_trace = (header.geometry.layers, header.geometry.bundles_per_layer);
    let bytes: Vec<u64> = weights.layers.iter().map(|layer| layer.bundle.bytes_total()).collect();
    let fits = of_model == of_trace && bytes.iter().all(|&bytes| bytes > 0 && u32::try_from(bytes).is_ok());
    fits.then_some(bytes)
}
