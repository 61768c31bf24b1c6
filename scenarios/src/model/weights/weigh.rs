//! Weighing a model: every tensor in its format, added up by the role that it plays.

use tightfit_devices::Stored;

use super::{Cache, LayerWeights, Weights};
use crate::model::{
    FeedForward, Format, Mixer, Model,
    assignment::Assignment,
    tensor::{Part, Role, Tensor},
};

/// Bytes of a number of a recurrent state: llama.cpp and MLX keep it in 32 bits.
const STATE_NUMBER_BYTES: u64 = 4;

/// Weigh a model in one of its quantizations.
pub(in crate::model) fn weigh(model: &Model, assignment: &Assignment<'_>) -> Weights {
    let bundles_per_layer = bundles_per_layer(model);
    let layers: Vec<LayerWeights> =
        (0..model.layers).map(|layer| weigh_layer(model, assignment, layer, bundles_per_layer)).collect();
    let (mut embedding, mut per_layer_embedding, mut rest) = (Stored::default(), Stored::default(), Stored::default());
    let mut apart = None;
    let mut tables = model.table_tensors();
    if model.tied_embeddings && assignment.unties() {
        let [vocabulary, width] = [model.vocabulary, model.embedding_width].map(u64::from);
        tables.push(Tensor::matrix(Role::Head, vocabulary, width));
    }
    for tensor in tables {
        let stored = stored(assignment.format(model, &tensor, None), tensor.parameters());
        match tensor.role.part() {
            Part::Embedding => embedding += &stored,
            Part::PerLayerEmbedding => per_layer_embedding += &stored,
            Part::Head => apart = Some(stored),
            _ => rest += &stored,
        }
    }
    let mut total: Stored = layers.iter().map(LayerWeights::total).fold(Stored::default(), |mut sum, layer| {
        sum += &layer;
        sum
    });
    for table in [Some(&embedding), Some(&per_layer_embedding), apart.as_ref(), Some(&rest)].into_iter().flatten() {
        total += table;
    }
    let (head, head_is_tied) = apart.map_or((embedding, true), |head| (head, false));
    Weights {
        layers,
        bundles_per_layer,
        active_bundles_per_layer: match model.feed_forward {
            FeedForward::Neurons { .. } => bundles_per_layer,
            FeedForward::Experts { active, .. } => active,
        },
        bundle_parts: model.feed_forward.parts(),
        embedding,
        per_layer_embedding,
        vocabulary: model.vocabulary,
        head,
        head_is_tied,
        rest,
        total,
    }
}

/// Bundles of each layer: where widths differ, the most that all layers can have.
fn bundles_per_layer(model: &Model) -> u32 {
    let bundles = model.feed_forward.bundles();
    model.later.map_or(bundles, |later| greatest_common_divisor(bundles, later.width))
}

fn greatest_common_divisor(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

fn weigh_layer(model: &Model, assignment: &Assignment<'_>, layer: u32, bundles_per_layer: u32) -> LayerWeights {
    let mixer = model.mixer(layer);
    let is_dense = model.dense_layers.is_some_and(|(count, _)| layer < count);
    let mut weights = LayerWeights {
        bundles: if is_dense { 0 } else { bundles_per_layer },
        cache: Cache {
            bytes_per_position: assignment.kv().bytes(mixer.cached_per_position()),
            window: mixer.window(),
            is_shared: !model.has_own_keys(layer),
        },
        state_bytes: STATE_NUMBER_BYTES * mixer.state(model.hidden),
        state_flops: mixer.state_flops(model.hidden),
        flops_per_context_position: mixer.flops_per_context_position(),
        is_linear: matches!(mixer, Mixer::Linear(_)),
        has_experts: !is_dense && matches!(model.feed_forward, FeedForward::Experts { .. }),
        has_embedding: model.per_layer_embedding.is_some(),
        ..LayerWeights::default()
    };
    let mut rank_one = 0;
    for tensor in model.layer_tensors(layer) {
        let format = assignment.format(model, &tensor, Some(layer));
        if !matches!(tensor.role, Role::Vector | Role::Kernel | Role::Small | Role::Router) {
            rank_one += tensor.count * (tensor.rows + tensor.columns);
            if is_dense || tensor.role.part() != Part::FeedForward {
                weights.dense_counts.add(format.family(), tensor.count);
            } else {
                weights.bundle_counts.add(format.family(), 1);
            }
        }
        if tensor.role.part() == Part::FeedForward && !is_dense {
            let part = stored(format, tensor.parameters() / u64::from(bundles_per_layer));
            weights.bundle += &part;
            weights.bundle_part_bytes[part_number(tensor.role)] = part.bytes_total();
        } else {
            *weights.part(tensor.role.part()) += &stored(format, tensor.parameters());
        }
    }
    if !is_dense {
        weights.feed_forward = weights.bundle.times(u64::from(bundles_per_layer));
    }
    if let Some(adapters) = assignment.adapters() {
        weights.adapters = stored(adapters.format, u64::from(adapters.rank) * rank_one);
    }
    weights
}

/// The place of a part in `bundle_part_bytes`.
const fn part_number(role: Role) -> usize {
    match role {
        Role::Up => 0,
        Role::Down => 1,
        _ => 2,
    }
}

fn stored(format: Format, parameters: u64) -> Stored {
    Stored::one(format.family(), parameters, format.bytes(parameters))
}
