//! The last step of a fit: layers that are each right by themselves hit a little too often in a cache that they share, because
//! what they have in common is less in the recipe than in a recording.
//!
//! So recency and likeness of all layers are lowered by a common factor, and a seed is taken, where hits over all layers are
//! closest to the recorded ones. A trace of a hundred tokens differs by two points from seed to seed; a recipe has its seed, so
//! the one that is most like the original is as good as any.

use super::super::{Knots, Recipe, statistic, trace as generated};
use crate::trace::{Trace, TraceError};

const LIKENESS: [f64; 3] = [1.0, 0.95, 0.9];
const RECENCY: [f64; 5] = [1.0, 0.9, 0.8, 0.7, 0.6];
/// Seeds that factors are judged by.
const JUDGED: [u64; 2] = [1, 2];
/// Seeds that one is taken of.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=12;

/// Sizes of the cache, in mean sets of all layers: a token cycle is one.
const CACHES: [f64; 8] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0, 16.0];

/// The recipe with factors and seed of the trace that is closest to `original`.
pub(super) fn closest(recipe: &Recipe, original: &Trace) -> Result<Recipe, TraceError> {
    let sizes = sizes(original);
    let wanted = statistic::shared_lru_hits(original, &sizes);
    let miss = |recipe: &Recipe| -> Result<f64, TraceError> {
        let found = statistic::shared_lru_hits(&generated(recipe)?, &sizes);
        Ok(wanted.iter().zip(&found).map(|(wanted, found)| (wanted - found).abs()).fold(0.0, f64::max))
    };
    let (mut best, mut best_miss) = (recipe.clone(), f64::MAX);
    for likeness in LIKENESS {
        for recency in RECENCY {
            let mut candidate = recipe.clone();
            candidate.layer.likeness = lowered(&recipe.layer.likeness, likeness);
            candidate.layer.recency = lowered(&recipe.layer.recency, recency);
            let mut sum = 0.0;
            for seed in JUDGED {
                sum += miss(&Recipe { seed, ..candidate.clone() })?;
            }
            if sum < best_miss {
                (best, best_miss) = (candidate, sum);
            }
        }
    }
    let factors = best.clone();
    best_miss = f64::MAX;
    for seed in SEEDS {
        let candidate = Recipe { seed, ..factors.clone() };
        let candidate_miss = miss(&candidate)?;
        if candidate_miss < best_miss {
            (best, best_miss) = (candidate, candidate_miss);
        }
    }
    Ok(best)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few sets of bundles")]
fn sizes(trace: &Trace) -> Vec<usize> {
    let cycle = trace.lookups() as f64 / trace.tokens() as f64;
    CACHES.map(|cycles| (cycles * cycle).round().max(1.0) as usize).to_vec()
}

fn lowered(knots: &Knots, factor: f64) -> Knots {
    Knots::spread(knots.numbers().iter().map(|number| (number * factor * 1000.0).round() / 1000.0).collect())
}
