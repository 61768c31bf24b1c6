//! A model in the host's terms: the matrices that its kernels compute over, and where the dense ones lie.

use tightfit_host::{
    DenseParts, HostError, Shape,
    kernels::{Attention, Format},
    shape::Matrix,
};
use tightfit_scenarios::{
    Model, Strategy,
    model::{self, Mix, Weights},
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
    let formats = &model.quantizations[quantization];
    let feed_forward = mixed(formats.feed_forward)?;
    let attention = mixed(formats.attention)?;
    let down = formats.feed_forward_down.map_or(Ok(feed_forward), mixed)?;
    let head = one(formats.head.unwrap_or(formats.embedding))?;
    if formats.kv != model::Format::F16 {
        return Err(unsupported(&format!("a KV cache in {:?}", formats.kv)));
    }
    let matrix = |bytes: u64, format| Matrix { bytes: size(bytes), format };
    let [up_bytes, down_bytes, gate_bytes] = weights.bundle_part_bytes;
    let mut bundle = vec![matrix(up_bytes, feed_forward), matrix(down_bytes, down)];
    if gate_bytes > 0 {
        bundle.push(matrix(gate_bytes, feed_forward));
    }
    let layers = weights.layers as usize;
    let value = formats.attention_value.map_or(Ok(attention), mixed)?;
    let wide = u64::from(model.hidden) * u64::from(model.attention.head_dim);
    let (heads, kv_heads) = (u64::from(model.attention.heads), u64::from(model.attention.kv_heads));
    let attention_bytes = formats.attention.bytes(wide * (2 * heads + kv_heads));
    let value_bytes = formats.attention_value.unwrap_or(formats.attention).bytes(wide * kv_heads);
    // Norms, biases, routers, adapters.
    let others_bytes = weights.dense_layer_bytes - attention_bytes - value_bytes;
    let layer = vec![
        matrix(attention_bytes, attention),
        matrix(value_bytes, value),
        matrix(others_bytes, one(formats.norm)?),
        matrix(weights.shared_expert_bytes, feed_forward),
    ];
    let predictor = matrix(predictor_bytes(strategy, weights), Format::Q8_0);
    let draft_bytes = strategy.speculative.map_or(0, |draft| u64::from(draft.draft_mb) * 1_000_000);
    let draft = matrix(draft_bytes, feed_forward);
    let dense = (strategy.stream == Stream::FeedForward).then(|| {
        let bytes = size(streams.dense_bytes);
        let draft = bytes - draft.bytes;
        let head = layers * layer.iter().map(|matrix| matrix.bytes).sum::<usize>();
        DenseParts { layers: 0, head, predictors: draft - layers * predictor.bytes, draft, bytes }
    });
    let positions = (0..streams.script.prefill_passes() + streams.script.decode_passes())
        .map(|pass| streams.script.positions(pass).tokens as usize);
    let shape = Shape {
        hidden: model.hidden as usize,
        layers,
        layer,
        bundle,
        neurons: model.feed_forward.bundle_neurons() as usize,
        head: matrix(weights.head_bytes, head),
        predictor,
        draft,
        attention: Attention {
            heads: model.attention.heads as usize,
            kv_heads: model.attention.kv_heads as usize,
            head_dim: model.attention.head_dim as usize,
        },
        dense,
        tokens_max: positions.max().unwrap_or(1),
        sequences: streams.sequences as usize,
        context_max: context_max as usize,
    };
    shape.check()?;
    Ok(shape)
}

fn mixed(mix: Mix) -> Result<Format, HostError> {
    match mix {
        Mix::One(format) => one(format),
        Mix::Half([first, second]) => Err(unsupported(&format!("{first:?} and {second:?} in half of the layers each"))),
    }
}

fn one(format: model::Format) -> Result<Format, HostError> {
    match format {
        model::Format::F32 => Ok(Format::F32),
        model::Format::F16 => Ok(Format::F16),
        model::Format::Q8_0 => Ok(Format::Q8_0),
        model::Format::Q4_0 => Ok(Format::Q4_0),
        model::Format::Q4_1 => Ok(Format::Q4_1),
        other => Err(unsupported(&format!("{other:?}"))),
    }
}

fn unsupported(what: &str) -> HostError {
    let known: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
    HostError::Unsupported(format!(
        "{what} has no kernel on this machine: take a quantization in {} (KV cache F16), or simulate (--on sim)",
        known.join(", ")
    ))
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).expect("a model that fits the address space")
}
