//! Everything is streamed: blocks of every layer, and of the head as layers after the last; every pass needs them all.

use std::sync::Arc;

use tightfit_engine::{Geometry, Script, script::Positions};
use tightfit_scenarios::{model::Weights, scenario::Prefill, strategy::Speculative};

use super::{Asked, Steps, Streams, passes};

/// Size of the blocks that whole layers are cut into: small enough that a pinned share is met within a fraction of a
/// percent on the smallest model, large enough that reads are long.
const BLOCK_BYTES: u64 = 256 * 1024;

/// Passes with draws of their own before a draft's luck repeats.
const DRAFTS_MAX: usize = 64;

pub(super) fn streams(speculative: Option<&Speculative>, weights: &Weights, asked: &Asked<'_>) -> Streams {
    let (geometry, ranges) = blocks_of(weights);
    let mut script = Script::new(geometry.layers());
    let mut pass = |prefill, positions| {
        script.push_positions(prefill, positions);
        for range in &ranges {
            script.push_row(range.clone(), 0);
        }
    };
    let sequences = asked.sequences;
    let prompts: Vec<u32> = match &asked.trace {
        Some((_, requests)) => requests.iter().map(|request| request.prefill_tokens).collect(),
        None => vec![asked.prompt_tokens; sequences as usize],
    };
    let prompt_tokens = prompts.iter().sum();
    match asked.prefill {
        Prefill::Batched => pass(true, passes::prompt(&prompts)),
        Prefill::Sequential => (0..prompt_tokens).for_each(|_| pass(true, Positions::of(1))),
    }
    let outputs = asked.outputs();
    match speculative {
        None => pass(false, Positions { tokens: sequences, sequences, outputs: 1 }),
        Some(speculative) => {
            let drafts = passes::drafts(speculative, outputs, asked.seed);
            drafts.take(DRAFTS_MAX).for_each(|positions| pass(false, positions));
        }
    }
    let longest = prompts.iter().copied().max().unwrap_or(0);
    Streams {
        geometry,
        cold_offset: 0,
        dense_bytes: unstreamed_bytes(weights) + Streams::draft_bytes(speculative),
        model_layers: weights.layer_count(),
        rows_fixed: Some(weights.active_bundles_per_layer),
        prompt_tokens,
        context_tokens: u64::from(longest) + outputs,
        sequences,
        outputs,
        decode_passes: script.decode_passes_for(outputs),
        steps: Steps::Held { script: Arc::new(script), hints: None },
    }
}

/// The blocks, and those of each layer.
fn blocks_of(weights: &Weights) -> (Geometry, Vec<std::ops::Range<u32>>) {
    let mut geometry = Geometry::new();
    let mut ranges = Vec::new();
    let (mut in_layers_bytes, mut largest_bytes) = (0, 0);
    for (number, layer) in (0..).zip(&weights.layers) {
        let layer_bytes = layer.total().bytes_total();
        in_layers_bytes += layer_bytes;
        largest_bytes = layer_bytes.max(largest_bytes);
        ranges.push(blocks(&mut geometry, number, layer_bytes));
    }
    let rest_bytes = weights.total_bytes() - in_layers_bytes - unstreamed_bytes(weights);
    // The head is a large matrix: it comes in slices no larger than a layer, as a runtime would multiply it.
    for slice in 0..rest_bytes.div_ceil(largest_bytes) {
        let bytes = largest_bytes.min(rest_bytes - slice * largest_bytes);
        let layer = geometry.layers();
        ranges.push(blocks(&mut geometry, layer, bytes));
    }
    (geometry, ranges)
}

/// Tables that are not also the head: a token looks one row of each up, nobody streams them.
fn unstreamed_bytes(weights: &Weights) -> u64 {
    let embedding_bytes = if weights.head_is_tied { 0 } else { weights.embedding.bytes_total() };
    embedding_bytes + weights.per_layer_embedding.bytes_total()
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
