//! What a model's kernels cost on the simulator.

use tightfit_scenarios::{Strategy, model::Weights};
use tightfit_sim::{Costs, LayerCosts};

use super::streams::{named::predictor_bytes, rows::cold_bytes};

/// The costs of a model of these weights under `strategy`, whose predictor, copies and drafts come on top.
#[must_use]
pub fn costs(weights: &Weights, strategy: &Strategy) -> Costs {
    let predictor_bytes = predictor_bytes(strategy, weights);
    let cold_share = strategy.routing.and_then(|routing| routing.cold_bytes_share);
    let draft_bytes = strategy.speculative.map_or(0, |draft| u64::from(draft.draft_mb) * 1_000_000);
    let layer = LayerCosts {
        dense_bytes: weights.dense_layer_bytes + weights.shared_expert_bytes,
        dense_flops: 2 * (weights.dense_layer_parameters + weights.shared_expert_parameters),
        kv_bytes: weights.kv_bytes_per_token_layer,
        attention_flops: weights.attention_flops_per_context_token,
        row_bytes: weights.bundle_bytes,
        row_flops: 2 * weights.bundle_parameters,
        cold_row_bytes: cold_share.map_or(0, |share| cold_bytes(weights, share)),
        // A weight of the predictor is a byte.
        predictor_bytes,
        predictor_flops: 2 * predictor_bytes,
    };
    Costs {
        layers: vec![layer; weights.layers as usize],
        head_bytes: weights.head_bytes,
        head_flops: 2 * weights.head_parameters,
        draft_bytes,
        // As many weights a byte as the model has.
        draft_flops: 2 * draft_bytes * parameters(weights) / weights.total_bytes.max(1),
    }
}

/// Parameters that a token's multiplications could touch.
fn parameters(weights: &Weights) -> u64 {
    let bundles = u64::from(weights.bundles_per_layer) * weights.bundle_parameters;
    let layer = weights.dense_layer_parameters + weights.shared_expert_parameters + bundles;
    u64::from(weights.layers) * layer + weights.head_parameters
}
