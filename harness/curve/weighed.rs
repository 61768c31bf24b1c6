//! What the bundles of a trace weigh: as it says itself, or as the built-in model of its name and shape does.

use tightfit_engine::evict::Sizes;
use tightfit_scenarios::{Model, trace::Header};

use super::Budget;
use crate::RunError;

/// Bytes of a bundle by layer, where they are known.
#[derive(Clone, Debug)]
pub struct Weighed {
    by_layer: Option<Vec<u64>>,
    bundles_per_layer: u32,
    model: String,
}

impl Weighed {
    /// What the bundles of a trace with this header weigh.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        let (by_layer, model) = (bundle_bytes(header), header.model.clone());
        Self { by_layer, bundles_per_layer: header.geometry.bundles_per_layer, model }
    }

    /// Mean bytes of a bundle, where known.
    #[must_use]
    pub fn mean(&self) -> Option<u64> {
        self.by_layer.as_ref().map(|bytes| bytes.iter().sum::<u64>() / bytes.len() as u64)
    }

    /// Refuses a budget in bytes where they are not known.
    pub fn check(&self, budget: Budget) -> Result<(), RunError> {
        if matches!(budget, Budget::Mib(_)) && self.by_layer.is_none() {
            return Err(RunError::Usage(format!(
                "the trace does not say how many bytes a bundle has, and there is no model `{}` of its shape built in: \
                 count bundles, with --budget-units",
                self.model
            )));
        }
        Ok(())
    }

    /// Bytes of a bundle of a layer, where known.
    pub(super) fn of_layer(&self, layer: u32) -> Option<u64> {
        Some(self.by_layer.as_ref()?[layer as usize])
    }

    /// Bytes of a bundle, zero where they are not known.
    pub(super) fn of_bundle(&self, bundle: u32) -> u64 {
        self.of_layer(bundle / self.bundles_per_layer).unwrap_or(0)
    }

    /// Bytes of all bundles, or 1 for each where only their number counts.
    pub(super) fn sizes(&self, in_units: bool) -> Sizes {
        let by_layer = match &self.by_layer {
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
