//! A recipe from published figures: the numbers that it has are where the search begins.

use super::{
    Target,
    search::{Span, least},
    simulated::Trial,
};
use crate::trace::synth::{Knots, LayerProcess, Lengths, Recipe, statistic::Statistic};

/// Layers that figures without a layer are averaged over.
const SAMPLED_LAYERS: u32 = 5;

/// Wider layers are fitted on a layer of about this many bundles, with as large a share active.
const WIDTH_MAX: u32 = 2048;

/// Moves skew, likeness and recency of `recipe` until the trace meets its published figures: in all layers by the same
/// numbers, or with a knot for each layer where figures are given by layer (then of the first, the last and such between
/// that all are evenly apart).
#[must_use]
pub fn to_published(recipe: &Recipe) -> Recipe {
    let mut layers: Vec<u32> = recipe.published.iter().filter_map(|figure| figure.layer).collect();
    layers.sort_unstable();
    layers.dedup();
    let last = recipe.geometry.layers - 1;
    let solved: Vec<[f64; 3]> = if layers.is_empty() {
        let sampled: Vec<u32> =
            (0..SAMPLED_LAYERS.min(last + 1)).map(|part| part * last / (SAMPLED_LAYERS - 1)).collect();
        vec![solve(recipe, &sampled, None)]
    } else {
        layers.iter().map(|&layer| solve(recipe, &[layer], Some(layer))).collect()
    };
    let mut fitted = recipe.clone();
    let knots = |number: usize| Knots::spread(solved.iter().map(|at| (at[number] * 1000.0).round() / 1000.0).collect());
    (fitted.layer.skew, fitted.layer.likeness, fitted.layer.recency) = (knots(0), knots(1), knots(2));
    fitted
}

fn solve(recipe: &Recipe, layers: &[u32], only: Option<u32>) -> [f64; 3] {
    let figures =
        recipe.published.iter().filter(|figure| figure.layer == only && figure.statistic != Statistic::ActiveShare);
    let targets: Vec<Target> =
        figures.map(|figure| Target { statistic: figure.statistic, value: figure.value, weight: 1.0 }).collect();
    let shrink = recipe.geometry.bundles_per_layer.div_ceil(WIDTH_MAX);
    let bundles = recipe.geometry.bundles_per_layer / shrink;
    let start = recipe.process(layers[0]);
    let miss = |at: &[f64; 3]| {
        let mut shares = vec![0.0; targets.len()];
        for &layer in layers {
            let process = LayerProcess { skew: at[0], likeness: at[1], recency: at[2], ..recipe.process(layer) };
            let process = LayerProcess { active_bundles: process.active_bundles / f64::from(shrink), ..process };
            let lengths = Lengths { requests: 1, prompt_tokens: 0, decode_tokens: 256 };
            let runs = if bundles <= 512 { 4 } else { 1 };
            let trial = Trial { tokens: recipe.tokens, lengths, bundles, layer, seed: recipe.seed, runs };
            let found = trial.shares(process, &targets);
            shares.iter_mut().zip(found).for_each(|(sum, share)| *sum += share / layers.len() as f64);
        }
        targets.iter().zip(shares).map(|(target, share)| target.miss(share)).sum()
    };
    let ranges = [
        Span { start: start.skew, step: 1.6, low: 0.0, high: 60.0 },
        Span { start: start.likeness, step: 0.16, low: 0.0, high: 0.95 },
        Span { start: start.recency, step: 0.16, low: 0.0, high: 0.95 },
    ];
    least(ranges, miss).0
}
