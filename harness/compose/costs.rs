//! What a model's kernels cost on the simulator.

use tightfit_devices::{Stored, WeightFormat};
use tightfit_scenarios::{
    Strategy,
    model::{LayerWeights, Weights},
};
use tightfit_sim::{Costs, LayerCosts};

use super::streams::{named::predictor_bytes, rows::cold_bytes};

/// The costs of a model of these weights under `strategy`, whose predictor, copies and drafts come on top.
#[must_use]
pub fn costs(weights: &Weights, strategy: &Strategy) -> Costs {
    let draft_bytes = strategy.speculative.map_or(0, |draft| u64::from(draft.draft_mb) * 1_000_000);
    // As many weights a byte as the model has, in its formats.
    let total_bytes = weights.total_bytes().max(1);
    Costs {
        layers: weights.layers.iter().map(|layer| layer_costs(layer, weights, strategy)).collect(),
        head: weights.head,
        draft: weights.total.squeezed_to(draft_bytes),
        draft_flops: 2 * draft_bytes * parameters(weights) / total_bytes,
    }
}

fn layer_costs(layer: &LayerWeights, weights: &Weights, strategy: &Strategy) -> LayerCosts {
    let cold_share = strategy.routing.and_then(|routing| routing.cold_bytes_share);
    // A weight of the predictor is a byte.
    let predictor_bytes = predictor_bytes(strategy, weights);
    LayerCosts {
        dense: layer.dense(),
        dense_flops: 2 * layer.dense_matrices().parameters_total(),
        kv_bytes: layer.cache.bytes_per_position,
        kv_is_shared: layer.cache.is_shared,
        window: layer.cache.window,
        attention_flops: layer.flops_per_context_position,
        state_bytes: layer.state_bytes,
        state_flops: layer.state_flops,
        row: layer.bundle,
        cold_row: cold_share
            .map_or(Stored::default(), |share| layer.bundle.squeezed_to(cold_bytes(layer, weights, share))),
        predictor: Stored::one(WeightFormat::Int8, predictor_bytes, predictor_bytes),
    }
}

/// Parameters that a token's multiplications could touch.
fn parameters(weights: &Weights) -> u64 {
    let of_layer = |layer: &LayerWeights| {
        layer.dense_matrices().parameters_total() + u64::from(layer.bundles) * layer.bundle.parameters_total()
    };
    weights.layers.iter().map(of_layer).sum::<u64>() + weights.head.parameters_total()
}
