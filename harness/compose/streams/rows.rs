//! Feed-forward rows (or experts) are streamed: those that a trace says are active, or that a predictor names.

use std::sync::Arc;

use tightfit_engine::{Geometry, Script, geometry::BundleId, script::MASS_WHOLE};
use tightfit_scenarios::{
    Strategy,
    model::{LayerWeights, Weights},
    strategy::{Predictor, Routing, Share},
    trace::{Request, Trace},
};

use super::{
    Asked, Streams, hints, mass,
    named::{self, Namer},
    passes::{self, Pass},
    prefetch,
    union::Union,
};

pub(super) fn streams(strategy: &Strategy, weights: &Weights, asked: &Asked<'_>) -> Streams {
    let (trace, requests) = asked.trace.as_ref().expect("loading checked that sparse strategies have a trace");
    let cold_share = strategy.routing.and_then(|routing| routing.cold_bytes_share);
    let geometry = geometry(weights, cold_share);
    let cold_offset = if cold_share.is_some() { weights.bundles_per_layer } else { 0 };
    let passes = passes::passes(requests, strategy.speculative.as_ref(), asked);
    let numbering = Numbering { trace, stride: weights.bundles_per_layer + cold_offset };
    let script = match (&strategy.predictor, &strategy.routing) {
        (Some(predictor), _) => predicted(&numbering, requests, &passes, *predictor, asked.seed),
        (None, routing) => active(&numbering, &passes, routing.as_ref()),
    };
    let hints = hints::hints(prefetch(strategy), &numbering, &passes, asked);
    let longest = requests.iter().map(|request| request.prefill_tokens).max().unwrap_or(0);
    let outputs = asked.outputs();
    let predictors_bytes = u64::from(weights.layer_count()) * named::predictor_bytes(strategy, weights);
    Streams {
        geometry,
        hints: hints.map(Arc::new),
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
        decode_passes: script.decode_passes_for(outputs),
        script: Arc::new(script),
    }
}

/// A trace's bundles as the store numbers them.
pub(super) struct Numbering<'a> {
    pub(super) trace: &'a Trace,
    stride: u32,
}

impl Numbering<'_> {
    /// The store's numbers of bundles that are numbered within `layer`.
    pub(super) fn global<'b>(&self, layer: u32, bundles: &'b [u32]) -> impl Iterator<Item = BundleId> + use<'b> {
        let first = layer * self.stride;
        bundles.iter().map(move |&bundle| first + bundle)
    }
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

/// What is active, with its scores where routing is bent.
fn active(numbering: &Numbering<'_>, passes: &[Pass], routing: Option<&Routing>) -> Script {
    let trace = numbering.trace;
    let geometry = trace.geometry();
    let mut script = Script::new(geometry.layers);
    let mut union = Union::new(geometry.bundles_per_layer);
    for pass in passes {
        script.push_positions(pass.prefill, pass.positions);
        for layer in 0..geometry.layers {
            if let [token] = pass.tokens[..] {
                let active = trace.active(token, layer);
                script.push_row(numbering.global(layer, active), active.len() as u64);
                if routing.is_some() {
                    script.push_mass(mass::masses(trace, token, layer));
                }
                script.push_missed([], mass::inactive_mass(trace, token, layer));
                continue;
            }
            pass.tokens.iter().for_each(|&token| union.add(trace.active(token, layer)));
            let (bundles, uses) = union.take();
            script.push_row(numbering.global(layer, &bundles), uses);
            if routing.is_some() {
                // The union of many tokens is not bent: its scores are not looked at.
                script.push_mass(std::iter::repeat_n(0, bundles.len()));
            }
            let lost = pass.tokens.iter().map(|&token| u64::from(mass::inactive_mass(trace, token, layer))).sum();
            script.push_missed([], mean(lost, pass.tokens.len()));
        }
    }
    script
}

/// What a predictor names, and what it misses.
fn predicted(
    numbering: &Numbering<'_>,
    requests: &[Request],
    passes: &[Pass],
    predictor: Predictor,
    seed: u64,
) -> Script {
    let trace = numbering.trace;
    let geometry = trace.geometry();
    let namer = Namer { trace, predictor, seed };
    let mut script = Script::new(geometry.layers);
    let (mut union, mut union_missed) =
        (Union::new(geometry.bundles_per_layer), Union::new(geometry.bundles_per_layer));
    for pass in passes {
        script.push_positions(pass.prefill, pass.positions);
        for layer in 0..geometry.layers {
            let mut lost_mass = 0;
            for &token in &pass.tokens {
                let token_row = namer.name(token, before(requests, token), layer);
                union.add(&token_row.bundles);
                union_missed.add(&token_row.missed);
                lost_mass += u64::from(token_row.lost_mass);
            }
            // What one token's predictor missed another's may have named.
            let (mut missed, _) = union_missed.take();
            missed.retain(|&bundle| !union.contains(bundle));
            let (bundles, uses) = union.take();
            script.push_row(numbering.global(layer, &bundles), uses);
            script.push_missed(numbering.global(layer, &missed), mean(lost_mass, pass.tokens.len()));
        }
    }
    script
}

/// The mean of parts of a whole.
fn mean(sum: u64, count: usize) -> u32 {
    u32::try_from(sum / count as u64).expect("no more than the whole").min(MASS_WHOLE)
}

/// The token before in the same request.
pub(super) fn before(requests: &[Request], token: usize) -> Option<usize> {
    (!requests.iter().any(|request| request.first_token == token)).then(|| token - 1)
}
