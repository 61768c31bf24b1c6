//! Routes of a mixture of experts that are drawn, where none was published.
//!
//! Each (token, layer) draws distinct experts, independently of all others: an expert of rank r is taken in proportion to
//! 1 / (r + flat)^2, and ranks are dealt anew in each layer. Such a route has popular experts, as real ones have, and no
//! memory, which real ones have too; one number, `flat`, sets how often a cache of a given size hits.

use std::collections::BTreeMap;

use tightfit_scenarios::{
    Model,
    model::FeedForward,
    scenario::SyntheticTrace,
    trace::{Builder, Geometry, Header, Phase, Row, Trace, TraceError, Unit},
};
use tightfit_sim::random::Random;

/// The most popular expert's weight at `flat` 1, so that the least popular of any model still has one.
const WHOLE: u64 = 1 << 50;
const SEED: u64 = 0;

/// A route for `model`; one without experts has none, which the geometry's check says.
pub(crate) fn drawn(asked: SyntheticTrace, model: &Model) -> Result<Trace, TraceError> {
    let experts = match model.feed_forward {
        FeedForward::Experts { count, .. } => count,
        FeedForward::Neurons { .. } => 0,
    };
    let geometry = Geometry { unit: Unit::Expert, layers: model.layers, bundles_per_layer: experts };
    let header = Header {
        geometry,
        bundle_bytes: Vec::new(),
        model: model.name.clone(),
        model_digest: String::new(),
        prompt_digest: String::new(),
        recorder: "drawn".to_owned(),
        recorder_version: env!("CARGO_PKG_VERSION").to_owned(),
        definition: format!("experts drawn in proportion to 1 / (rank + {})^2: synthetic", asked.flat_ranks),
        notes: BTreeMap::new(),
    };
    let mut builder = Builder::new(&model.name, header, false)?;
    let sums = cumulated(experts, asked.flat_ranks.get());
    let of_ranks: Vec<Vec<u32>> = (0..model.layers).map(|layer| dealt(experts, layer)).collect();
    for token in 0..asked.prompt_tokens.get() + asked.output_tokens.get() {
        let phase = if token < asked.prompt_tokens.get() { Phase::Prefill } else { Phase::Decode };
        for (layer, of_rank) in (0..).zip(&of_ranks) {
            let mut random = Random::at(SEED, "synthetic route", u64::from(token), layer);
            let mut active: Vec<u32> = Vec::new();
            while active.len() < asked.choices.get().min(experts) as usize {
                let place = random.below(sums[sums.len() - 1]);
                let rank = sums.partition_point(|&sum| sum <= place);
                if !active.contains(&of_rank[rank]) {
                    active.push(of_rank[rank]);
                }
            }
            active.sort_unstable();
            builder.row(&Row { request: 0, token, phase, layer, active: &active, score: None })?;
        }
    }
    builder.finish()
}

/// Sums of the weights of the ranks up to each.
fn cumulated(experts: u32, flat_ranks: u32) -> Vec<u64> {
    let mut sum = 0;
    let weight = |rank: u32| WHOLE / (u64::from(rank) + u64::from(flat_ranks)).pow(2);
    (1..=experts)
        .map(|rank| {
            sum += weight(rank);
            sum
        })
        .collect()
}

/// The experts of a layer in a random order.
fn dealt(experts: u32, layer: u32) -> Vec<u32> {
    let mut random = Random::at(SEED, "ranks of a synthetic route", 0, layer);
    let mut order: Vec<u32> = (0..experts).collect();
    for last in (1..order.len()).rev() {
        #[expect(clippy::cast_possible_truncation, reason = "below the number of experts")]
        let other = random.below(last as u64 + 1) as usize;
        order.swap(last, other);
    }
    order
}
