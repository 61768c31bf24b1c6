//! A recipe from a recorded trace: what all layers share first, from a few of them; then every layer by itself.

use std::{collections::BTreeMap, ops::Range};

use tightfit_devices::{Source, SourceKind, Sources};

use super::{
    Target,
    search::{Span, least},
    simulated::Trial,
    whole,
};
use crate::trace::{
    Trace, TraceError,
    synth::{
        Knots, LayerProcess, Lengths, Recipe, TokenProcess,
        recipe::LayerSection,
        statistic::{
            Statistic::{self, Closest, LruHits, Popular, Reach, Repeat, Union},
            TOKENS_MIN, counted,
        },
    },
};

/// What a layer is held to, and how hard. Overlap with the token before decides small caches, popularity large ones.
const SHARES: [(Statistic, f64); 8] = [
    (Repeat { lag: 1 }, 4.0),
    (Repeat { lag: 2 }, 1.0),
    (Repeat { lag: 4 }, 1.0),
    (Popular, 4.0),
    (Reach, 2.0),
    (Closest { tokens: 16 }, 2.0),
    (Union { tokens: 8 }, 2.0),
    (Union { tokens: 32 }, 2.0),
];

/// A cache of the layer's own, in sets of a token, and how hard a layer is held to its hits.
const CACHES: [f64; 7] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0];
const CACHE_WEIGHT: f64 = 4.0;
/// Wider layers are not held to caches: too slow to count.
const CACHED_BUNDLES_MAX: u32 = 512;

/// Layers that what all share is fitted on.
const SAMPLED_LAYERS: u32 = 8;

/// Distances at which tokens' overlaps are compared over all layers.
const LAGS: [usize; 4] = [1, 2, 4, 16];

/// The sets that are counted: generated tokens of the longest request, or all of its tokens where few were generated.
struct Recorded {
    lengths: Lengths,
    bundles: u32,
    /// By layer, by token.
    sets: Vec<Vec<Vec<u32>>>,
    prompt: Vec<Vec<Vec<u32>>>,
}

/// Fits a recipe to the longest request of `trace`, its seed too. `name` is the recipe's; `seed` is of the trials.
pub fn to_trace(name: &str, trace: &Trace, seed: u64) -> Result<Recipe, TraceError> {
    let recorded = Recorded::of(trace)?;
    let mut tokens = TokenProcess {
        near_share: 0.3,
        near_tokens: 2.0,
        memory_tokens: 128,
        spread: 0.5,
        prompt_factor: recorded.prompt_factor(),
    };
    let layers = trace.geometry().layers;
    let sampled: Vec<u32> =
        (0..SAMPLED_LAYERS.min(layers)).map(|part| part * layers / SAMPLED_LAYERS.min(layers)).collect();
    let mut best = f64::MAX;
    for near_share in [0.1, 0.2, 0.3, 0.45] {
        for spread in [0.2, 0.5, 0.8] {
            let candidate = TokenProcess { near_share, spread, ..tokens };
            let miss = recorded.miss(candidate, &sampled, seed);
            if miss < best {
                (best, tokens) = (miss, candidate);
            }
        }
    }
    let processes: Vec<LayerProcess> = (0..layers).map(|layer| recorded.layer(tokens, layer, seed).0).collect();
    let by_layer =
        |number: fn(&LayerProcess) -> f64| Knots::spread(processes.iter().map(number).map(rounded).collect());
    let header = trace.header();
    let recipe = Recipe {
        name: name.to_owned(),
        title: format!("like a recorded trace of {}", if header.model.is_empty() { "a model" } else { &header.model }),
        model: header.model.clone(),
        definition: header.definition.clone(),
        geometry: header.geometry,
        bundle_bytes: header.bundle_bytes.clone(),
        seed,
        lengths: recorded.lengths,
        tokens,
        layer: LayerSection {
            active_bundles: by_layer(|process| process.active_bundles),
            active_spread: by_layer(|process| process.active_spread),
            skew: by_layer(|process| process.skew),
            shape: by_layer(|process| process.shape),
            likeness: by_layer(|process| process.likeness),
            recency: by_layer(|process| process.recency),
        },
        published: Vec::new(),
        source: Sources {
            default: Source {
                kind: SourceKind::Derived,
                from: format!("fitted to a trace recorded by {} {}", header.recorder, header.recorder_version)
                    .trim()
                    .to_owned(),
                spread: None,
            },
            keys: BTreeMap::new(),
        },
    };
    whole::closest(&recipe, trace)
}

/// Three digits after the point are more than a fit knows.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

impl Recorded {
    fn of(trace: &Trace) -> Result<Self, TraceError> {
        let decode = counted(trace);
        let decode_tokens = u32::try_from(decode.len()).expect("tokens of one request");
        if decode_tokens < TOKENS_MIN {
            let problem =
                format!("has {decode_tokens} tokens in its longest request; a fit needs {TOKENS_MIN}: record more");
            return Err(TraceError::NotImported { name: "the trace".to_owned(), problem });
        }
        let sets = |tokens: Range<usize>| {
            let of_layer = |layer| tokens.clone().map(|token| trace.active(token, layer).to_vec()).collect();
            (0..trace.geometry().layers).map(of_layer).collect()
        };
        let first_token = trace.requests()[trace.request_of(decode.start)].first_token;
        let prompt_tokens = u32::try_from(decode.start - first_token).expect("tokens of one request");
        Ok(Self {
            lengths: Lengths { requests: 1, prompt_tokens, decode_tokens },
            bundles: trace.geometry().bundles_per_layer,
            prompt: sets(first_token..decode.start),
            sets: sets(decode),
        })
    }

    /// How much more than chance a prompt's tokens repeat the one before, as a share of what generated ones do.
    fn prompt_factor(&self) -> f64 {
        let excess = |layers: &[Vec<Vec<u32>>]| -> f64 {
            let of_layer = |(sets, generated): (&Vec<Vec<u32>>, &Vec<Vec<u32>>)| {
                let share = |statistic: Statistic, sets: &[Vec<u32>]| {
                    let sets: Vec<&[u32]> = sets.iter().map(Vec::as_slice).collect();
                    statistic.of(&sets, self.bundles).unwrap_or(0.0)
                };
                share(Repeat { lag: 1 }, sets) - share(Popular, generated)
            };
            layers.iter().zip(&self.sets).map(of_layer).sum()
        };
        if self.lengths.prompt_tokens < 8 {
            return 1.0;
        }
        let (prompt, generated) = (excess(&self.prompt), excess(&self.sets));
        if generated > 0.0 { rounded((prompt / generated).clamp(0.0, 1.5)) } else { 1.0 }
    }

    fn trial(&self, tokens: TokenProcess, layer: u32, seed: u64) -> Trial {
        let runs = if self.bundles <= 512 { 4 } else { 1 };
        Trial { tokens, lengths: self.lengths, bundles: self.bundles, layer, seed, runs }
    }

    /// Caches of a layer whose tokens need so many bundles.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few sets of a layer of 512 at most")]
    fn caches(&self, active_bundles: f64) -> impl Iterator<Item = (Statistic, f64)> + use<> {
        let is_narrow = self.bundles <= CACHED_BUNDLES_MAX;
        let sizes = CACHES.into_iter().filter(move |_| is_narrow);
        sizes.map(move |sets| (LruHits { bundles: (sets * active_bundles).round().max(1.0) as usize }, CACHE_WEIGHT))
    }

    /// The best process of one layer, and how far it is off.
    fn layer(&self, tokens: TokenProcess, layer: u32, seed: u64) -> (LayerProcess, f64) {
        let sets: Vec<&[u32]> = self.sets[layer as usize].iter().map(Vec::as_slice).collect();
        let target = |(statistic, weight): (Statistic, f64)| {
            Some(Target { statistic, value: statistic.of(&sets, self.bundles)?, weight })
        };
        let (mean, spread) = sizes(&sets);
        let targets: Vec<Target> = SHARES.into_iter().chain(self.caches(mean)).filter_map(target).collect();
        let process = |at: &[f64; 4]| LayerProcess {
            active_bundles: mean,
            active_spread: spread,
            skew: at[0],
            shape: at[1],
            likeness: at[2],
            recency: at[3],
        };
        let trial = self.trial(tokens, layer, seed);
        let ranges = [
            Span { start: 5.0, step: 1.6, low: 0.0, high: 60.0 },
            Span { start: 0.6, step: 0.16, low: 0.1, high: 3.0 },
            Span { start: 0.4, step: 0.16, low: 0.0, high: 0.95 },
            Span { start: 0.1, step: 0.08, low: 0.0, high: 0.95 },
        ];
        let (at, miss) = least(ranges, |at| trial.miss(process(at), &targets));
        (process(&at), miss)
    }

    /// How far these token numbers are off, over the sampled layers: each layer's own misses, and how much the overlap of
    /// two tokens varies when it is averaged over layers.
    fn miss(&self, tokens: TokenProcess, sampled: &[u32], seed: u64) -> f64 {
        let mut sum = 0.0;
        let mut generated = Vec::new();
        for &layer in sampled {
            let (process, miss) = self.layer(tokens, layer, seed);
            sum += miss / sampled.len() as f64;
            generated.push(self.trial(tokens, layer, seed).sets(process, 0));
        }
        let recorded: Vec<&[Vec<u32>]> = sampled.iter().map(|&layer| self.sets[layer as usize].as_slice()).collect();
        let generated: Vec<&[Vec<u32>]> = generated.iter().map(Vec::as_slice).collect();
        for lag in LAGS {
            let (wanted, found) = (variation(&recorded, lag), variation(&generated, lag));
            sum += ((found - wanted) / wanted.max(0.02)).powi(2) / LAGS.len() as f64;
        }
        sum
    }
}

/// Mean size of the sets, and how far an even spread around it reaches.
fn sizes(sets: &[&[u32]]) -> (f64, f64) {
    let count = sets.len() as f64;
    let mean = sets.iter().map(|set| set.len() as f64).sum::<f64>() / count;
    let square = sets.iter().map(|set| (set.len() as f64 - mean).powi(2)).sum::<f64>() / count;
    // An even spread of +-d has a standard deviation of d / sqrt 3.
    let spread = if mean > 0.0 { (3.0 * square).sqrt() / mean } else { 0.0 };
    (rounded(mean), rounded(spread.min(1.0)))
}

/// Standard deviation, over tokens, of the overlap with the token `lag` before, averaged over layers.
fn variation(layers: &[&[Vec<u32>]], lag: usize) -> f64 {
    let tokens = layers.first().map_or(0, |sets| sets.len());
    let overlap = |token: usize| {
        let of_layer = |sets: &&[Vec<u32>]| {
            let (now, before) = (&sets[token], &sets[token - lag]);
            let common = now.iter().filter(|bundle| before.binary_search(bundle).is_ok()).count();
            common as f64 / now.len().max(1) as f64
        };
        layers.iter().map(of_layer).sum::<f64>() / layers.len() as f64
    };
    let overlaps: Vec<f64> = (lag..tokens).map(overlap).collect();
    let count = overlaps.len().max(1) as f64;
    let mean = overlaps.iter().sum::<f64>() / count;
    (overlaps.iter().map(|overlap| (overlap - mean).powi(2)).sum::<f64>() / count).sqrt()
}
