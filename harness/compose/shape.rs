//! A model in the host's terms: the matrices that its kernels compute over, and where the dense ones lie.
//!
//! The kernels know one kind of layer, with full attention: a model whose layers differ, in kind or in number format, is
//! refused.

use tightfit_host::{
    DenseParts, HostError, Shape,
    kernels::{self, Format},
    shape::Matrix,
};
use tightfit_scenarios::{
    Model, Strategy,
    model::{self, Attention, Mixer, Part, Role, Tensor, Weights},
    strategy::Stream,
};

use super::streams::{Streams, named::predictor_bytes};

/// The shape of `model` as `strategy` streams it.
pub fn shape(
    model: &Model,
    quantization: &str,
    weights: &Weights,
    strategy: &Strategy,
    streams: &Streams,
    context_max: u32,
) -> Result<Shape, HostError> {
    let attention = attention(model, quantization)?;
    let (layer, bundle) = layer(model, quantization, weights)?;
    let layers = weights.layers.len();
    let predictor = matrix(predictor_bytes(strategy, weights), Format::Q8_0);
    let draft_bytes = strategy.speculative.map_or(0, |draft| u64::from(draft.draft_mb) * 1_000_000);
    let draft = matrix(draft_bytes, bundle[0].format);
    let dense = (strategy.stream == Stream::FeedForward).then(|| {
        let bytes = size(streams.dense_bytes);
        let draft = bytes - draft.bytes;
        let head = layers * layer.iter().map(|matrix| matrix.bytes).sum::<usize>();
        DenseParts { layers: 0, head, predictors: draft - layers * predictor.bytes, draft, bytes }
    });
    let script = streams.steps.held();
    let positions =
        (0..script.prefill_passes() + script.decode_passes()).map(|pass| script.positions(pass).tokens as usize);
    let shape = Shape {
        hidden: model.hidden as usize,
        layers,
        layer,
        bundle,
        neurons: model.feed_forward.bundle_neurons() as usize,
        head: head(model, quantization, weights)?,
        predictor,
        draft,
        attention: kernels::Attention {
            heads: attention.heads as usize,
            kv_heads: attention.kv_heads as usize,
            head_dim: attention.head_dim as usize,
        },
        dense,
        tokens_max: positions.max().unwrap_or(1),
        sequences: streams.sequences as usize,
        context_max: context_max as usize,
    };
    shape.check()?;
    Ok(shape)
}

/// What a layer has besides its bundles: its matrices in a store, in this order.
pub(super) fn dense_tensors(model: &Model, layer: u32) -> impl Iterator<Item = Tensor> {
    model.layer_tensors(layer).into_iter().filter(|tensor| tensor.role.part() != Part::FeedForward)
}

/// The attention of all layers.
fn attention(model: &Model, quantization: &str) -> Result<Attention, HostError> {
    let kv = model.kv_format(quantization).expect(WEIGHED);
    if kv != model::Format::F16 {
        return Err(no_kernel(&format!("a KV cache in {kv:?}")));
    }
    match model.mixer(0) {
        Mixer::Attention(attention) if attention.window.is_none() => Ok(*attention),
        _ => Err(no_layer(&format!("has {} layers", model.kind(0).as_str()))),
    }
}

/// The matrices of a layer besides its bundles, and those of a bundle: up, down, and gate where there is one.
fn layer(model: &Model, quantization: &str, weights: &Weights) -> Result<(Vec<Matrix>, Vec<Matrix>), HostError> {
    let format = |tensor: &Tensor, layer| model.format_of(quantization, tensor, Some(layer)).expect(WEIGHED);
    let formats = |layer| -> Vec<(Tensor, model::Format)> {
        model.layer_tensors(layer).into_iter().map(|tensor| (tensor, format(&tensor, layer))).collect()
    };
    let first = formats(0);
    for layer in 1..model.layers {
        if model.mixer(layer) != model.mixer(0) || model.feed_forward_of(layer) != model.feed_forward_of(0) {
            return Err(no_layer(&format!("has a layer {layer} of another kind than its first")));
        }
        let own = formats(layer);
        if let Some(((tensor, own), (_, first))) = own.iter().zip(&first).find(|(own, first)| own != first) {
            return Err(no_layer(&format!(
                "has {:?} of layer {layer} in {own:?}, that of its first in {first:?}",
                tensor.role
            )));
        }
        if own.len() != first.len() {
            return Err(no_layer(&format!("has {} tensors in layer {layer}, {} in its first", own.len(), first.len())));
        }
    }
    if weights.layers[0].adapters.bytes_total() > 0 {
        return Err(no_layer("has low-rank adapters"));
    }
    let dense = dense_tensors(model, 0).map(|tensor| {
        let stored = format(&tensor, 0);
        Ok(matrix(stored.bytes(tensor.parameters()), one(stored)?))
    });
    let parts = [Role::Up, Role::Down, Role::Gate].into_iter().zip(weights.layers[0].bundle_part_bytes);
    let bundle = parts.filter(|&(_, bytes)| bytes > 0).map(|(role, bytes)| {
        let (_, stored) = first.iter().find(|(tensor, _)| tensor.role == role).expect("a part is of a tensor");
        Ok(matrix(bytes, one(*stored)?))
    });
    Ok((dense.collect::<Result<_, HostError>>()?, bundle.collect::<Result<_, HostError>>()?))
}

/// The head, or the embedding table that is one.
fn head(model: &Model, quantization: &str, weights: &Weights) -> Result<Matrix, HostError> {
    let role = if weights.head_is_tied { Role::Embedding } else { Role::Head };
    let (rows, columns) = (u64::from(model.vocabulary), u64::from(model.embedding_width));
    let tensor = Tensor { role, rows, columns, count: 1 };
    let format = model.format_of(quantization, &tensor, None).expect(WEIGHED);
    Ok(matrix(weights.head.bytes_total(), one(format)?))
}

/// Inputs are refused where the model has no such quantization.
const WEIGHED: &str = "a quantization that the model was weighed in";

fn one(format: model::Format) -> Result<Format, HostError> {
    match format {
        model::Format::F32 => Ok(Format::F32),
        model::Format::F16 => Ok(Format::F16),
        model::Format::Q8_0 => Ok(Format::Q8_0),
        model::Format::Q4_0 => Ok(Format::Q4_0),
        model::Format::Q4_1 => Ok(Format::Q4_1),
        other => Err(no_kernel(&format!("{other:?}"))),
    }
}

fn no_kernel(what: &str) -> HostError {
    let known: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
    HostError::Unsupported(format!(
        "{what} has no kernel on this machine: take a quantization in {} (KV cache F16), or simulate (--on sim)",
        known.join(", ")
    ))
}

fn no_layer(what: &str) -> HostError {
    HostError::Unsupported(format!(
        "the model {what}: kernels of this machine take layers that are all alike, with full attention; take another \
         model or quantization, or simulate (--on sim)"
    ))
}

fn matrix(bytes: u64, format: Format) -> Matrix {
    Matrix { bytes: size(bytes), format }
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).expect("a model that fits the address space")
}
