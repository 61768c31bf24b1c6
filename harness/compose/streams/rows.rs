//! Feed-forward rows (or experts) are streamed: those that a trace says are active, or that a predictor names.

use std::sync::Arc;

use tightfit_engine::Geometry;
use tightfit_scenarios::{
    Strategy,
    model::{LayerWeights, Weights},
    strategy::Share,
    trace::{Stretch, TraceError},
};

use super::{
    Asked, Replayed, Steps, Streams,
    as_read::AsRead,
    maker::Maker,
    named,
    passes::{self, Pass},
};

pub(super) fn streams(strategy: &Strategy, weights: &Weights, asked: &Asked<'_>) -> Result<Streams, TraceError> {
    let (trace, requests) = asked.trace.as_ref().expect("loading checked that sparse strategies have a trace");
    let cold_share = strategy.routing.and_then(|routing| routing.cold_bytes_share);
    let cold_offset = if cold_share.is_some() { weights.bundles_per_layer } else { 0 };
    let stride = weights.bundles_per_layer + cold_offset;
    let firsts = requests.iter().map(|request| request.first_token).collect();
    let maker = |geometry| Maker::new(strategy, geometry, stride, firsts, asked);
    let steps = match trace {
        Replayed::Filed(file) => {
            let script = AsRead::new(file, requests[0], asked.prefill, maker(file.header().geometry))?;
            Steps::AsRead(Arc::new(script))
        }
        Replayed::Held(trace) => {
            let passes = passes::passes(requests, strategy.speculative.as_ref(), asked);
            held(maker(trace.geometry()), trace.stretch(), &passes)?
        }
    };
    let longest = requests.iter().map(|request| request.prefill_tokens).max().unwrap_or(0);
    let outputs = asked.outputs();
    let predictors_bytes = u64::from(weights.layer_count()) * named::predictor_bytes(strategy, weights);
    Ok(Streams {
        geometry: geometry(weights, cold_share),
        cold_offset,
        dense_bytes: weights.total_bytes() - weights.bundles_bytes()
            + predictors_bytes
            + Streams::draft_bytes(strategy.speculative.as_ref()),
        model_layers: weights.layer_count(),
        rows_fixed: None,
        prompt_tokens: requests.iter().map(|request| request.prefill_tokens).sum(),
        context_tokens: u64::from(longest) + outputs,
        sequences: asked.sequences,
        outputs,
        decode_passes: steps.decode_passes_for(outputs),
        steps,
    })
}

/// All passes at once.
fn held(mut maker: Maker, mut rows: &Stretch, passes: &[Pass]) -> Result<Steps, TraceError> {
    let mut made = maker.empty();
    for pass in passes {
        maker.push(&mut made, pass, &mut rows)?;
    }
    Ok(Steps::Held { script: Arc::new(made.script), hints: made.hints.map(Arc::new) })
}

/// One region of rows (or experts) a layer, and one of their copies of lower precision behind it.
fn geometry(weights: &Weights, cold_share: Option<Share>) -> Geometry {
    let mut geometry = Geometry::new();
    for (number, layer) in (0..).zip(&weights.layers) {
        let [first, rest @ ..] = layer.bundle_part_bytes;
        let equal_parts = rest.iter().all(|&part| part == first || part == 0);
        let parts = if equal_parts { weights.bundle_parts } else { 1 };
        geometry.push(number, layer.bundles, layer.bundle.bytes_total(), parts);
        if let Some(share) = cold_share {
            geometry.push(number, layer.bundles, cold_bytes(layer, weights, share), parts);
        }
    }
    geometry
}

/// Bytes of a copy of lower precision: in whole parts of whole bytes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a bundle's bytes")]
pub(crate) fn cold_bytes(layer: &LayerWeights, weights: &Weights, share: Share) -> u64 {
    let parts = u64::from(weights.bundle_parts);
    let part_bytes = layer.bundle.bytes_total() as f64 * share.get() / parts as f64;
    (part_bytes.ceil() as u64).max(1) * parts
}
