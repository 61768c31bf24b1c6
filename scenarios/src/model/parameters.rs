//! Counting parameters: what each part of a layer has, in weights.

use super::{FeedForward, Model};

/// Parameters of one layer and of the tables, by the format group that they are stored in.
pub(super) struct Parameters {
    /// Query, key and output matrices.
    pub(super) attention_without_value: u64,
    /// The value matrix.
    pub(super) value: u64,
    /// The router of experts.
    pub(super) router: u64,
    /// Norms and biases of a layer.
    pub(super) norms: u64,
    /// One matrix of a bundle: a row of `hidden` per neuron.
    pub(super) bundle_part: u64,
    /// Bundles' worth of always resident feed-forward: shared experts.
    pub(super) shared_experts: u64,
    /// The embedding table, which is also the shape of the head.
    pub(super) table: u64,
    /// The norm before the head.
    pub(super) last_norm: u64,
    /// Sum over a layer's matrices of inputs + outputs: what a rank-one adapter costs.
    pub(super) rank_one: u64,
}

pub(super) fn count(model: &Model) -> Parameters {
    let hidden = u64::from(model.hidden);
    let attention = model.attention;
    let head_dim = u64::from(attention.head_dim);
    let queries = u64::from(attention.heads) * head_dim;
    let keys = u64::from(attention.kv_heads) * head_dim;
    let (router, shared_experts) = match model.feed_forward {
        FeedForward::Neurons { .. } => (0, 0),
        FeedForward::Experts { count, shared, .. } => (hidden * u64::from(count), u64::from(shared)),
    };
    let parts = u64::from(model.feed_forward.parts());
    let neurons = u64::from(model.feed_forward.bundles()) * u64::from(model.feed_forward.bundle_neurons());
    let norm = hidden * if model.biases { 2 } else { 1 };
    let head_norms = if attention.head_norms { 2 * head_dim } else { 0 };
    let biases = if model.biases { queries + 2 * keys + hidden + (parts - 1) * neurons + hidden } else { 0 };
    Parameters {
        attention_without_value: hidden * (2 * queries + keys),
        value: hidden * keys,
        router,
        norms: 2 * norm + head_norms + biases,
        bundle_part: hidden * u64::from(model.feed_forward.bundle_neurons()),
        shared_experts,
        table: u64::from(model.vocabulary) * hidden,
        last_norm: norm,
        rank_one: 2 * (hidden + queries) + 2 * (hidden + keys) + parts * (hidden + neurons),
    }
}
