//! What a model weighs: bytes by the role that they play in a run, and the operations that they cost.

use super::{Mix, Model, Quantization, parameters};

/// Bytes and parameters of a model in one quantization.
///
/// Every matrix of a bundle is rounded up to a whole byte, and so is every other component; where a quantization gives
/// the halves of the layers different formats, a layer here is the mean layer, so that sums over layers are the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Layers.
    pub layers: u32,
    /// Attention, norms, biases, router and adapters of one layer.
    pub dense_layer_bytes: u64,
    /// All bundles of one layer.
    pub feed_forward_layer_bytes: u64,
    /// One bundle: a neuron's up row and down column (and gate row), or one expert's matrices.
    pub bundle_bytes: u64,
    /// Matrices that a bundle has a part of: 2 or 3.
    pub bundle_parts: u32,
    /// Bytes of each part: up, down, and gate (zero where there is none); they sum to `bundle_bytes`.
    pub bundle_part_bytes: [u64; 3],
    /// Bundles in one layer.
    pub bundles_per_layer: u32,
    /// Bundles of one layer that a token needs when nothing is skipped: all neurons, or the chosen experts.
    pub active_bundles_per_layer: u32,
    /// Experts of one layer that every token uses, together.
    pub shared_expert_bytes: u64,
    /// The embedding table.
    pub embedding_bytes: u64,
    /// Bytes read for the logits of one token: the head, or the embedding table if it is tied.
    pub head_bytes: u64,
    /// Whether the head is the embedding table, and so not in the total a second time.
    pub head_is_tied: bool,
    /// Learned positions and the last norm.
    pub other_bytes: u64,
    /// KV cache of one token in one layer: keys and values.
    pub kv_bytes_per_token_layer: u64,
    /// Everything that the file stores as weights.
    pub total_bytes: u64,
    /// Parameters of one layer that take part in a multiplication for every token: attention, router, adapters.
    pub dense_layer_parameters: u64,
    /// Parameters of one bundle.
    pub bundle_parameters: u64,
    /// Parameters of one layer's shared experts.
    pub shared_expert_parameters: u64,
    /// Parameters of the head.
    pub head_parameters: u64,
    /// Operations of one layer's attention per token of context: scores and sums, 4 x heads x head width.
    pub attention_flops_per_context_token: u64,
}

impl Weights {
    /// Operations of one token over all layers and the head, with `active` bundles a layer and `context` tokens before it.
    #[must_use]
    pub fn flops_per_token(&self, active: u32, context: u32) -> u64 {
        let sparse = u64::from(active) * self.bundle_parameters;
        let layer = 2 * (self.dense_layer_parameters + self.shared_expert_parameters + sparse)
            + u64::from(context).saturating_mul(self.attention_flops_per_context_token);
        u64::from(self.layers) * layer + 2 * self.head_parameters
    }

    /// Bytes of weights that one token reads over all layers and the head, with `active` bundles a layer.
    #[must_use]
    pub fn bytes_per_token(&self, active: u32) -> u64 {
        let layer = self.dense_layer_bytes + self.shared_expert_bytes + u64::from(active) * self.bundle_bytes;
        u64::from(self.layers) * layer + self.head_bytes
    }
}

/// Weigh a model in one of its quantizations.
pub(super) fn weigh(model: &Model, quantization: &Quantization) -> Weights {
    let count = parameters::count(model);
    let (one, layers) = (Mix::One, u64::from(model.layers));
    let down = quantization.feed_forward_down.unwrap_or(quantization.feed_forward);
    let value = quantization.attention_value.unwrap_or(quantization.attention);
    let parts = model.feed_forward.parts();
    let up_bytes = quantization.feed_forward.bytes(count.bundle_part);
    let gate_bytes = if parts == 3 { up_bytes } else { 0 };
    let bundle_part_bytes = [up_bytes, down.bytes(count.bundle_part), gate_bytes];
    let bundle_bytes = bundle_part_bytes.iter().sum::<u64>();
    let bundle_parameters = u64::from(parts) * count.bundle_part;
    let adapters = quantization.adapters.map(|adapters| (u64::from(adapters.rank) * count.rank_one, adapters.format));
    let adapter_bytes = adapters.map_or(0, |(weights, format)| one(format).bytes(weights));
    let dense_layer_bytes = quantization.attention.bytes(count.attention_without_value)
        + value.bytes(count.value)
        + one(quantization.norm).bytes(count.router + count.norms)
        + adapter_bytes;
    let bundles_per_layer = model.feed_forward.bundles();
    let feed_forward_layer_bytes = bundle_bytes * u64::from(bundles_per_layer);
    let shared_expert_bytes = bundle_bytes * count.shared_experts;
    let embedding_bytes = one(quantization.embedding).bytes(count.table);
    let head_is_tied = quantization.head.is_none();
    let head_bytes = quantization.head.map_or(embedding_bytes, |head| one(head).bytes(count.table));
    let other_bytes =
        one(quantization.embedding).bytes(model.position_parameters) + one(quantization.norm).bytes(count.last_norm);
    let attention = model.attention;
    let kv_weights = 2 * u64::from(attention.kv_heads) * u64::from(attention.head_dim);
    Weights {
        layers: model.layers,
        dense_layer_bytes,
        feed_forward_layer_bytes,
        bundle_bytes,
        bundle_parts: parts,
        bundle_part_bytes,
        bundles_per_layer,
        active_bundles_per_layer: model.feed_forward.active_bundles(),
        shared_expert_bytes,
        embedding_bytes,
        head_bytes,
        head_is_tied,
        other_bytes,
        kv_bytes_per_token_layer: one(quantization.kv).bytes(kv_weights),
        total_bytes: layers * (dense_layer_bytes + feed_forward_layer_bytes + shared_expert_bytes)
            + embedding_bytes
            + if head_is_tied { 0 } else { head_bytes }
            + other_bytes,
        dense_layer_parameters: count.attention_without_value
            + count.value
            + count.router
            + adapters.map_or(0, |(weights, _)| weights),
        bundle_parameters,
        shared_expert_parameters: bundle_parameters * count.shared_experts,
        head_parameters: count.table,
        attention_flops_per_context_token: 4 * u64::from(attention.heads) * u64::from(attention.head_dim),
    }
}
