//! How like its original a synthetic trace is: the same figures of both, side by side.
//!
//! Hit rates come from the engine's policies, shares from [`Statistic`]; a run is bundles next to each other on flash, or
//! tokens one after another that need a bundle.

use serde::Serialize;
use tightfit_engine::evict::Kind;
use tightfit_scenarios::{
    scenario::Prefill,
    trace::{
        self, Trace,
        synth::{
            Recipe,
            statistic::{self, Statistic},
        },
    },
};

use crate::curve::{self, Asked, Budget, Counting, Stream};

/// One figure of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What it is, in words.
    pub name: String,
    /// Of the recorded trace, or as published.
    pub original: Option<f64>,
    /// Of the synthetic trace.
    pub synthetic: Option<f64>,
    /// Synthetic less original.
    pub difference: Option<f64>,
}

/// A synthetic trace beside its original.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Likeness {
    /// Hit rates of generated tokens in caches over all layers, in %.
    pub hit_rates_percent: Vec<Figure>,
    /// Shares, as means over the layers.
    pub shares: Vec<Figure>,
    /// Mean lengths of runs.
    pub runs: Vec<Figure>,
}

/// Distances and windows whose shares are stated, in tokens.
const TOKENS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Compares two traces of one shape; `budgets` are cache sizes, a ladder of eight if there are none.
#[must_use]
pub fn likeness(original: &Trace, synthetic: &Trace, budgets: &[Budget]) -> Likeness {
    let streams = [original, synthetic].map(|trace| Stream::new(trace, Prefill::Batched));
    let ladder = Budget::ladder(&trace::info(original), None);
    let budgets = if budgets.is_empty() { &ladder[..] } else { budgets };
    let asked =
        [("lru", Kind::Lru), ("belady", Kind::Belady)].map(|(name, kind)| Asked { name: name.to_owned(), kind });
    let [of_original, of_synthetic] = streams.map(|stream| curve::points(&stream, &asked, budgets, Counting::Steps));
    let percent = |hits: u64, lookups: u64| (lookups > 0).then(|| hits as f64 * 100.0 / lookups as f64);
    let hit_rates_percent = of_original.iter().zip(&of_synthetic).map(|(original, synthetic)| {
        let unit = if matches!(original.budget, Budget::Mib(_)) { "MiB" } else { "bundles" };
        figure(
            format!("{} hits of {} {unit}", original.policy, original.budget.number()),
            percent(original.decode_hits, original.decode_lookups),
            percent(synthetic.decode_hits, synthetic.decode_lookups),
        )
    });
    let share = |(name, statistic): (String, Statistic)| {
        let [original, synthetic] = [original, synthetic].map(|trace| statistic::over_layers(trace, statistic));
        figure(name, original, synthetic)
    };
    let run =
        |name: &str, length: fn(&Trace) -> Option<f64>| figure(name.to_owned(), length(original), length(synthetic));
    Likeness {
        hit_rates_percent: hit_rates_percent.collect(),
        shares: shares(original.geometry().bundles_per_layer).into_iter().map(share).collect(),
        runs: vec![
            run("bundles next to each other", statistic::run_bundles),
            run("tokens in a row that need a bundle", statistic::run_tokens),
        ],
    }
}

/// The published figures of `recipe` beside what `synthetic`, a trace of it, comes to.
#[must_use]
pub fn published(recipe: &Recipe, synthetic: &Trace) -> Vec<Figure> {
    let of = |figure: &trace::synth::Published| match figure.layer {
        Some(layer) => statistic::of_layer(synthetic, layer, figure.statistic),
        None => statistic::over_layers(synthetic, figure.statistic),
    };
    recipe.published.iter().map(|known| figure(known.to_string(), Some(known.value), of(known))).collect()
}

fn figure(name: String, original: Option<f64>, synthetic: Option<f64>) -> Figure {
    let difference = original.zip(synthetic).map(|(original, synthetic)| synthetic - original);
    Figure { name, original, synthetic, difference }
}

fn shares(bundles: u32) -> Vec<(String, Statistic)> {
    let mut shares =
        vec![Statistic::ActiveShare, Statistic::Reach, Statistic::Popular, Statistic::Closest { tokens: 16 }];
    shares.extend(TOKENS.map(|lag| Statistic::Repeat { lag }));
    shares.extend(TOKENS.map(|tokens| Statistic::Union { tokens }));
    shares.extend(TOKENS.map(|tokens| Statistic::Fresh { tokens }));
    // Moving to the front of a list takes too long in layers of thousands.
    if bundles <= 512 {
        shares.extend([16, 8, 4, 2].map(|part| Statistic::LruHits { bundles: (bundles as usize / part).max(1) }));
    }
    shares.into_iter().map(|statistic| (statistic.to_string(), statistic)).collect()
}
