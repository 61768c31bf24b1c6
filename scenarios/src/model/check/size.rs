//! That a model is no larger than any could be, so that sums of its bytes stay far below 2^64.

use super::Problem;
use crate::model::{FeedForward, Mixer, Model};

/// Most parameters that a model may have.
const PARAMETERS_MAX: u128 = 100_000_000_000_000;

/// Most layers that a model may have: what is done for each layer is then done at once.
const LAYERS_MAX: u32 = 4096;

/// Largest state of a layer, in numbers.
const STATE_MAX: u128 = 1_000_000_000_000;

/// An upper bound of the parameters in 128 bits, where nothing overflows: only a bound is needed, the count comes later.
pub(super) fn check(model: &Model) -> Result<(), Problem> {
    if model.layers > LAYERS_MAX {
        let text = format!("{} come to more than any model has (at most {LAYERS_MAX})", model.layers);
        return Err(Problem::new("layers", text));
    }
    let hidden = u128::from(model.hidden);
    let widest = model.mixers.values().map(mixer_width).max().unwrap_or(0);
    let (rows, state) = (neurons(model), model.mixers.values().map(mixer_state).max().unwrap_or(0));
    let extra = u128::from(model.layer_extra_parameters) + u128::from(model.norms_per_layer) * 2 * hidden;
    let layer = (8 * hidden + 64) * (widest + rows) + 4 * hidden * hidden + extra;
    let per_layer = model.per_layer_embedding.map_or(0, |embedding| {
        u128::from(model.layers) * u128::from(embedding.width) * (u128::from(embedding.vocabulary) + 3 * hidden)
    });
    let tables = 2 * (u128::from(model.embedding_width) + hidden) * (u128::from(model.vocabulary) + hidden)
        + u128::from(model.position_parameters)
        + u128::from(model.extra_parameters)
        + per_layer;
    let parameters = layer.saturating_mul(u128::from(model.layers)).saturating_add(tables);
    // The bound is a few times what a model has.
    if parameters > 16 * PARAMETERS_MAX || state > STATE_MAX {
        let text = "the widths and counts together come to more than any model has: is one of them wrong?";
        return Err(Problem::new("hidden", text));
    }
    Ok(())
}

/// The sum of the widths that a mixer's matrices go to or come from.
fn mixer_width(mixer: &Mixer) -> u128 {
    let product = |one: u32, other: u32| u128::from(one) * u128::from(other);
    match mixer {
        Mixer::Attention(attention) => 4 * product(attention.heads, attention.head_dim),
        Mixer::Latent(latent) => {
            let heads = product(latent.heads, latent.plain_dim)
                + product(latent.heads, latent.rotated_dim)
                + product(latent.heads, latent.value_dim);
            let ranks = u128::from(latent.kv_rank) + u128::from(latent.query_rank.unwrap_or(0));
            // The matrices that widen are rank x heads, which no hidden width bounds.
            2 * heads * (1 + ranks) + ranks
        }
        Mixer::Linear(linear) => {
            2 * product(linear.key_heads, linear.key_dim) * (1 + u128::from(linear.kernel))
                + 2 * product(linear.value_heads, linear.value_dim) * (1 + u128::from(linear.kernel))
                + 2 * u128::from(linear.value_heads)
        }
        Mixer::Convolution(convolution) => 4 + u128::from(convolution.kernel),
    }
}

/// Numbers of a state.
fn mixer_state(mixer: &Mixer) -> u128 {
    match mixer {
        Mixer::Linear(linear) => {
            u128::from(linear.value_heads) * u128::from(linear.value_dim) * u128::from(linear.key_dim)
        }
        _ => 0,
    }
}

/// Rows of the widest feed-forward part, over all experts.
fn neurons(model: &Model) -> u128 {
    let of = |feed_forward: FeedForward| match feed_forward {
        FeedForward::Neurons { width, .. } => u128::from(width),
        FeedForward::Experts { count, width, shared, shared_width, .. } => {
            u128::from(count) * (u128::from(width) + 1) + u128::from(shared) * u128::from(shared_width)
        }
    };
    let later = model.later.map_or(0, |later| u128::from(later.width));
    of(model.feed_forward).max(later).max(model.dense_layers.map_or(0, |(_, dense)| of(dense)))
}
