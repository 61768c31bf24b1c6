//! What a model's kernels cost on the simulator.

use tightfit_scenarios::model::Weights;
use tightfit_sim::{Costs, LayerCosts};

/// The costs of a model of these weights.
#[must_use]
pub fn costs(weights: &Weights) -> Costs {
    let layer = LayerCosts {
        dense_bytes: weights.dense_layer_bytes + weights.shared_expert_bytes,
        dense_flops: 2 * (weights.dense_layer_parameters + weights.shared_expert_parameters),
        kv_bytes: weights.kv_bytes_per_token_layer,
        attention_flops: weights.attention_flops_per_context_token,
        row_bytes: weights.bundle_bytes,
        row_flops: 2 * weights.bundle_parameters,
    };
    Costs {
        layers: vec![layer; weights.layers as usize],
        head_bytes: weights.head_bytes,
        head_flops: 2 * weights.head_parameters,
    }
}
