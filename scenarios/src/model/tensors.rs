//! Which tensors a model's layers and tables have.

use super::{
    Biases, FeedForward, Model,
    mixer::{Attention, HeadNorms, LatentAttention, LinearAttention, Mixer},
    tensor::{Role, Tensor},
};

/// The tensors of one layer.
pub(super) fn of_layer(model: &Model, layer: u32) -> Vec<Tensor> {
    let hidden = u64::from(model.hidden);
    let mut tensors = mixer(model, model.mixer(layer), model.has_own_keys(layer));
    tensors.extend(feed_forward(model, &model.feed_forward_of(layer)));
    tensors.push(Tensor::vector(u64::from(model.norms_per_layer) * norm(model)));
    if let Some(embedding) = model.per_layer_embedding {
        let width = u64::from(embedding.width);
        tensors.push(Tensor::matrix(Role::PerLayerGate, width, hidden));
        tensors.push(Tensor::matrix(Role::PerLayerGate, hidden, width));
    }
    tensors.push(Tensor::matrix(Role::Small, 1, model.layer_extra_parameters));
    tensors.retain(|tensor| tensor.parameters() > 0);
    tensors
}

/// The tensors outside the layers; the head is one only where it is not the embedding table.
pub(super) fn of_tables(model: &Model) -> Vec<Tensor> {
    let [hidden, vocabulary, width] = [model.hidden, model.vocabulary, model.embedding_width].map(u64::from);
    let mut tensors = vec![
        Tensor::matrix(Role::Embedding, vocabulary, width),
        Tensor::matrix(Role::Positions, 1, model.position_parameters),
        Tensor::matrix(Role::Small, 1, model.extra_parameters),
    ];
    if model.last_norm {
        tensors.push(Tensor::vector(norm(model)));
    }
    if !model.tied_embeddings {
        tensors.push(Tensor::matrix(Role::Head, vocabulary, width));
    }
    if width != hidden {
        // In and out of the residual stream.
        tensors.push(Tensor::matrix(Role::Small, 2 * hidden, width));
    }
    if let Some(embedding) = model.per_layer_embedding {
        let [of_layer, layers] = [embedding.width, model.layers].map(u64::from);
        let rows = u64::from(embedding.vocabulary);
        tensors.push(Tensor::matrix(Role::PerLayerEmbedding, rows, layers * of_layer));
        tensors.push(Tensor::matrix(Role::Small, layers * of_layer, hidden));
        tensors.push(Tensor::vector(of_layer));
    }
    tensors.retain(|tensor| tensor.parameters() > 0);
    tensors
}

/// Numbers of one norm: with biases a norm has two a channel.
fn norm(model: &Model) -> u64 {
    u64::from(model.hidden) * if model.biases == Biases::All { 2 } else { 1 }
}

fn mixer(model: &Model, mixer: &Mixer, own_keys: bool) -> Vec<Tensor> {
    let hidden = u64::from(model.hidden);
    match mixer {
        Mixer::Attention(attention) => self::attention(hidden, attention, model.biases, own_keys),
        Mixer::Latent(latent) => self::latent(hidden, latent),
        Mixer::Linear(linear) => self::linear(hidden, linear),
        Mixer::Convolution(convolution) => vec![
            Tensor::matrix(Role::ConvolutionGate, 3 * hidden, hidden),
            Tensor::matrix(Role::ConvolutionGate, hidden, hidden),
            Tensor::matrix(Role::Kernel, hidden, u64::from(convolution.kernel)),
        ],
    }
}

fn attention(hidden: u64, attention: &Attention, biases: Biases, own_keys: bool) -> Vec<Tensor> {
    let (queries, keys) = (attention.query_width(), if own_keys { attention.key_width() } else { 0 });
    let values = if attention.values_are_keys { 0 } else { keys };
    let asked = if attention.output_gate { 2 * queries } else { queries };
    let mut tensors = if attention.fused {
        vec![Tensor::matrix(Role::QueryKeyValue, asked + keys + values, hidden)]
    } else {
        vec![
            Tensor::matrix(Role::Query, asked, hidden),
            Tensor::matrix(Role::Key, keys, hidden),
            Tensor::matrix(Role::Value, values, hidden),
        ]
    };
    tensors.push(Tensor::matrix(Role::AttentionOutput, hidden, queries));
    let head_dim = u64::from(attention.head_dim);
    let norms = match attention.head_norms {
        HeadNorms::None => 0,
        HeadNorms::Shared => head_dim * if own_keys { 2 } else { 1 },
        HeadNorms::Whole => queries + keys,
    };
    let of_inputs = asked + keys + values;
    let biases = match biases {
        Biases::None => 0,
        Biases::QueryKeyValue => of_inputs,
        Biases::Attention | Biases::All => of_inputs + hidden,
    };
    let sinks = if attention.sinks { u64::from(attention.heads) } else { 0 };
    tensors.push(Tensor::vector(norms + biases + sinks));
    tensors
}

fn latent(hidden: u64, latent: &LatentAttention) -> Vec<Tensor> {
    let LatentAttention { heads, kv_rank, query_rank, plain_dim, rotated_dim, value_dim } = *latent;
    let [heads, rank, plain, rotated, value] = [heads, kv_rank, plain_dim, rotated_dim, value_dim].map(u64::from);
    let queries = heads * (plain + rotated);
    let mut tensors = match query_rank.map(u64::from) {
        None => vec![Tensor::matrix(Role::Query, queries, hidden)],
        Some(rank) => vec![
            Tensor::matrix(Role::QueryLatent, rank, hidden),
            Tensor::matrix(Role::QueryLatent, queries, rank),
            Tensor::vector(rank),
        ],
    };
    tensors.extend([
        Tensor::matrix(Role::KeyValueDown, rank + rotated, hidden),
        Tensor::matrix(Role::KeyValueUp, heads * (plain + value), rank),
        Tensor::matrix(Role::AttentionOutput, hidden, heads * value),
        Tensor::vector(rank),
    ]);
    tensors
}

fn linear(hidden: u64, linear: &LinearAttention) -> Vec<Tensor> {
    let (values, heads) = (linear.value_width(), u64::from(linear.value_heads));
    vec![
        Tensor::matrix(Role::LinearQueryKeyValue, linear.convolved_width(), hidden),
        Tensor::matrix(Role::LinearGate, values, hidden),
        // Decay and write strength of each head.
        Tensor::matrix(Role::LinearStrength, 2 * heads, hidden),
        Tensor::matrix(Role::LinearOutput, hidden, values),
        Tensor::matrix(Role::Kernel, linear.convolved_width(), u64::from(linear.kernel)),
        // The decay's base and offset, and the norm of a head's output.
        Tensor::vector(2 * heads + u64::from(linear.value_dim)),
    ]
}

fn feed_forward(model: &Model, feed_forward: &FeedForward) -> Vec<Tensor> {
    let hidden = u64::from(model.hidden);
    match *feed_forward {
        FeedForward::Neurons { kind, width, .. } => {
            let width = u64::from(width);
            let gates = if kind.parts() == 3 { width } else { 0 };
            let biases = if model.biases == Biases::All { gates + width + hidden } else { 0 };
            vec![
                Tensor::matrix(Role::Gate, gates, hidden),
                Tensor::matrix(Role::Up, width, hidden),
                Tensor::matrix(Role::Down, hidden, width),
                Tensor::vector(biases),
            ]
        }
        FeedForward::Experts { count, width, shared, shared_width, shared_gate, biases, .. } => {
            let [count, width, shared, shared_width] = [count, width, shared, shared_width].map(u64::from);
            let [many, beside] = [(count, width), (1, shared * shared_width)];
            let of = |role, rows, columns, (count, _): (u64, u64)| Tensor { role, rows, columns, count };
            let mut vectors = if shared_gate { hidden } else { 0 };
            if biases {
                vectors += count * (2 * width + hidden) + count;
            }
            vec![
                of(Role::Gate, width, hidden, many),
                of(Role::Up, width, hidden, many),
                of(Role::Down, hidden, width, many),
                of(Role::SharedGate, beside.1, hidden, beside),
                of(Role::SharedUp, beside.1, hidden, beside),
                of(Role::SharedDown, hidden, beside.1, beside),
                Tensor::matrix(Role::Router, count, hidden),
                Tensor::vector(vectors),
            ]
        }
    }
}
