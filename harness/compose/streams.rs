//! What comes from flash: the bundles, and which of them each step needs.

use std::sync::Arc;

use tightfit_engine::{Geometry, Script};
use tightfit_scenarios::{
    model::Weights,
    scenario::Prefill,
    strategy::Stream,
    trace::{Phase, Request, Trace},
};

/// Size of the blocks that whole layers are cut into: small enough that a pinned share is met within a fraction of a
/// percent on the smallest model, large enough that reads are long.
const BLOCK_BYTES: u64 = 256 * 1024;

/// What is streamed for one strategy.
#[derive(Clone, Debug)]
pub struct Streams {
    /// The bundles.
    pub geometry: Geometry,
    /// The active sets, shared by runs of any length.
    pub script: Arc<Script>,
    /// Weights that are always in DRAM.
    pub dense_bytes: u64,
    /// Layers of the model; the script's steps after them bring the head.
    pub model_layers: u32,
    /// Rows that every feed-forward kernel computes, where it computes all.
    pub rows_fixed: Option<u32>,
    /// Prompt length.
    pub prompt_tokens: u32,
    /// Decode passes: output tokens after the first.
    pub decode_passes: u64,
}

/// Lengths of the request, from the scenario or from its trace.
#[derive(Clone, Copy, Debug)]
pub struct Lengths {
    /// Prompt length.
    pub prompt_tokens: u32,
    /// Output length.
    pub output_tokens: Option<u32>,
    /// How the prompt is processed.
    pub prefill: Prefill,
}

impl Lengths {
    /// Output tokens after the first: those asked for, else those recorded.
    #[must_use]
    pub fn decode_passes(&self, recorded: Option<Request>) -> u64 {
        match self.output_tokens {
            Some(output_tokens) => u64::from(output_tokens) - 1,
            None => recorded.map_or(0, |request| u64::from(request.decode_tokens)),
        }
    }
}

impl Streams {
    /// What `stream` means for a model of these weights.
    ///
    /// # Panics
    /// If feed-forward rows are to be streamed and there is no trace, which loading rules out.
    #[must_use]
    pub fn new(stream: Stream, weights: &Weights, trace: Option<(&Trace, Request)>, lengths: Lengths) -> Self {
        let decode_passes = lengths.decode_passes(trace.map(|(_, request)| request));
        let (geometry, script, dense_bytes, rows_fixed) = match stream {
            Stream::Everything => {
                let (geometry, script) = everything(weights, lengths);
                (geometry, script, unstreamed_bytes(weights), Some(weights.active_bundles_per_layer))
            }
            Stream::FeedForward => {
                let (trace, request) = trace.expect("loading checked that sparse strategies have a trace");
                let streamed_bytes = u64::from(weights.layers) * weights.feed_forward_layer_bytes;
                let dense_bytes = weights.total_bytes - streamed_bytes;
                (rows(weights), replay(trace, request, lengths.prefill), dense_bytes, None)
            }
        };
        script.assert_fits(&geometry);
        Self {
            geometry,
            script: Arc::new(script),
            dense_bytes,
            model_layers: weights.layers,
            rows_fixed,
            prompt_tokens: lengths.prompt_tokens,
            decode_passes,
        }
    }
}

/// One region of rows (or experts) a layer.
fn rows(weights: &Weights) -> Geometry {
    let mut geometry = Geometry::new();
    let [first, rest @ ..] = weights.bundle_part_bytes;
    let equal_parts = rest.iter().all(|&part| part == first || part == 0);
    let parts = if equal_parts { weights.bundle_parts } else { 1 };
    for layer in 0..weights.layers {
        geometry.push(layer, weights.bundles_per_layer, weights.bundle_bytes, parts);
    }
    geometry
}

/// Blocks of every layer, and of the head as layers after the last; every pass needs them all.
fn everything(weights: &Weights, lengths: Lengths) -> (Geometry, Script) {
    let mut geometry = Geometry::new();
    let layer_bytes = weights.dense_layer_bytes + weights.shared_expert_bytes + weights.feed_forward_layer_bytes;
    let in_layers_bytes = layer_bytes * u64::from(weights.layers);
    let mut ranges = Vec::new();
    for layer in 0..weights.layers {
        ranges.push(blocks(&mut geometry, layer, layer_bytes));
    }
    let rest_bytes = weights.total_bytes - in_layers_bytes - unstreamed_bytes(weights);
    // The head is a large matrix: it comes in slices no larger than a layer, as a runtime would multiply it.
    for slice in 0..rest_bytes.div_ceil(layer_bytes) {
        let bytes = layer_bytes.min(rest_bytes - slice * layer_bytes);
        let layer = geometry.layers();
        ranges.push(blocks(&mut geometry, layer, bytes));
    }
    let mut script = Script::new(geometry.layers());
    let mut pass = |prefill, tokens| {
        script.push_pass(prefill, tokens);
        for range in &ranges {
            script.push_row(range.clone(), 0);
        }
    };
    match lengths.prefill {
        Prefill::Batched => pass(true, lengths.prompt_tokens),
        Prefill::Sequential => (0..lengths.prompt_tokens).for_each(|_| pass(true, 1)),
    }
    pass(false, 1);
    (geometry, script)
}

/// An embedding table that is not also the head: a token looks one row of it up, nobody streams it.
fn unstreamed_bytes(weights: &Weights) -> u64 {
    if weights.head_is_tied { 0 } else { weights.embedding_bytes }
}

fn blocks(geometry: &mut Geometry, layer: u32, bytes: u64) -> std::ops::Range<u32> {
    let start = geometry.bundles();
    let whole = u32::try_from(bytes / BLOCK_BYTES).expect("a layer has fewer than 2^32 blocks");
    if whole > 0 {
        geometry.push(layer, whole, BLOCK_BYTES, 1);
    }
    if !bytes.is_multiple_of(BLOCK_BYTES) {
        geometry.push(layer, 1, bytes % BLOCK_BYTES, 1);
    }
    start..geometry.bundles()
}

/// The active sets of one request of a trace.
fn replay(trace: &Trace, request: Request, prefill: Prefill) -> Script {
    let geometry = trace.geometry();
    let mut script = Script::new(geometry.layers);
    let first_bundle = |layer: u32| layer * geometry.bundles_per_layer;
    let tokens = request.first_token..request.first_token + request.tokens();
    let prompt_end = request.first_token + request.prefill_tokens as usize;
    let batched = prefill == Prefill::Batched && request.prefill_tokens > 0;
    if batched {
        script.push_pass(true, request.prefill_tokens);
        let mut used = vec![false; geometry.bundles_per_layer as usize];
        for layer in 0..geometry.layers {
            let mut row_uses = 0;
            for token in request.first_token..prompt_end {
                for &bundle in trace.active(token, layer) {
                    used[bundle as usize] = true;
                    row_uses += 1;
                }
            }
            let union = (0..).zip(&mut used).filter_map(|(bundle, used)| std::mem::take(used).then_some(bundle));
            script.push_row(union.map(|bundle: u32| first_bundle(layer) + bundle), row_uses);
        }
    }
    for token in tokens.skip(if batched { request.prefill_tokens as usize } else { 0 }) {
        script.push_pass(trace.phase(token) == Phase::Prefill, 1);
        for layer in 0..geometry.layers {
            let active = trace.active(token, layer);
            script.push_row(active.iter().map(|&bundle| first_bundle(layer) + bundle), active.len() as u64);
        }
    }
    script
}
