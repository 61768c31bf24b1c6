//! What a model's kernels cost on the simulator.

use tightfit_devices::{Stored, WeightFormat};
use tightfit_scenarios::{
    Strategy,
    model::{LayerWeights, Weights},
};
use tightfit_sim::{Costs, LayerCosts};

use super::streams::{named::predictor_bytes, rows::cold_bytes};

/// The costs of a model of these weights under `strategy`, whose predictor, copies and drafts come on top; attention runs
/// over `whole_context` positions where a runtime compiles its window in.
#[must_use]
pub fn costs(weights: &Weights, strategy: &Strategy, whole_context: Option<u32>) -> Costs {
    let draft_bytes = strategy.speculative.map_or(0, |draft| u64::from(draft.draft_mb) * 1_000_000);
    // A draft has the model's formats.
    Costs {
        layers: weights.layers.iter().map(|layer| layer_costs(layer, weights, strategy)).collect(),
        head: weights.head,
        vocabulary: weights.vocabulary,
        draft: weights.total.shrunk_to(draft_bytes),
        whole_context,
    }
}

fn layer_costs(layer: &LayerWeights, weights: &Weights, strategy: &Strategy) -> LayerCosts {
    let cold_share = strategy.routing.and_then(|routing| routing.cold_bytes_share);
    // A weight of the predictor is a byte.
    let predictor_bytes = predictor_bytes(strategy, weights);
    LayerCosts {
        dense: layer.dense(),
        dense_matrices: layer.dense_counts,
        is_linear: layer.is_linear,
        has_experts: layer.has_experts,
        has_embedding: layer.has_embedding,
        kv_bytes: layer.cache.bytes_per_position,
        kv_is_shared: layer.cache.is_shared,
        window: layer.cache.window,
        attention_flops: layer.flops_per_context_position,
        state_bytes: layer.state_bytes,
        state_flops: layer.state_flops,
        row: layer.bundle,
        row_matrices: layer.bundle_counts,
        cold_row: cold_share
            .map_or(Stored::default(), |share| layer.bundle.squeezed_to(cold_bytes(layer, weights, share))),
        predictor: Stored::one(WeightFormat::Int8, predictor_bytes, predictor_bytes),
    }
}
