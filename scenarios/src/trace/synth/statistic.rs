//! What a layer's sets are like, each in one share: what recipes are fitted to, and what others publish.

use std::fmt;

use serde::Deserialize;

use crate::trace::Trace;

/// One share that is counted over the sets of a layer, token after token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Statistic {
    /// Bundles that are active, of all.
    ActiveShare,
    /// Bundles of a set that were in the set so many tokens before.
    Repeat {
        /// How far back.
        lag: usize,
    },
    /// Bundles in the union of so many tokens' sets, of all.
    Union {
        /// Tokens.
        tokens: usize,
    },
    /// Bundles, of all, that a token needs and the so many tokens before did not: what a window loads.
    Fresh {
        /// Tokens of the window.
        tokens: usize,
    },
    /// Lookups, one at a time, that an LRU cache of the layer's own hits.
    LruHits {
        /// Bundles that it holds.
        bundles: usize,
    },
    /// Bundles that were active at all, of all.
    Reach,
    /// Overlap of two tokens drawn at random, of a set: popularity without persistence.
    Popular,
    /// Overlap with the one of the last so many tokens that is most alike, of a set.
    Closest {
        /// Tokens.
        tokens: usize,
    },
}

impl Statistic {
    /// Refuses a distance of nothing.
    pub(super) fn check(self) -> Result<(), String> {
        let number = match self {
            Self::Repeat { lag: number }
            | Self::Union { tokens: number }
            | Self::Fresh { tokens: number }
            | Self::LruHits { bundles: number }
            | Self::Closest { tokens: number } => number,
            Self::ActiveShare | Self::Reach | Self::Popular => 1,
        };
        if (1..=65_536).contains(&number) { Ok(()) } else { Err(format!("{number}: from 1 to 65536")) }
    }

    /// The share over the sets of one layer in one request, of `bundles` each below that number; `None` without enough tokens.
    #[must_use]
    pub fn of(self, sets: &[&[u32]], bundles: u32) -> Option<f64> {
        let all = f64::from(bundles);
        let tokens = sets.len();
        let active: usize = sets.iter().map(|set| set.len()).sum();
        match self {
            Self::ActiveShare => share(active as f64, tokens as f64 * all),
            Self::Repeat { lag } => repeat(sets, bundles, lag),
            Self::Union { tokens: window } => {
                let windows = tokens.checked_sub(window)? + 1;
                let sum =
                    |sum: f64, (size, token): (usize, usize)| if token + 1 >= window { sum + size as f64 } else { sum };
                share(unions(sets, bundles, window).zip(0..).fold(0.0, sum), windows as f64 * all)
            }
            Self::Fresh { tokens: window } => {
                let after = tokens.checked_sub(window)?;
                share(fresh(sets, bundles, window) as f64, after as f64 * all)
            }
            Self::LruHits { bundles: size } => share(lru_hits(sets, bundles, size) as f64, active as f64),
            Self::Reach => {
                let used = counts(sets, bundles).into_iter().filter(|&count| count > 0).count();
                (tokens > 0).then_some(used as f64 / all)
            }
            Self::Popular => {
                // Pairs of different tokens only: a set's overlap with itself says nothing.
                let pairs: f64 =
                    counts(sets, bundles).into_iter().map(|count| count as f64 * (count as f64 - 1.0)).sum();
                share(pairs, active as f64 * (tokens as f64 - 1.0))
            }
            Self::Closest { tokens: window } => closest(sets, bundles, window),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ActiveShare => formatter.write_str("active share"),
            Self::Repeat { lag } => write!(formatter, "overlap with {lag} tokens ago"),
            Self::Union { tokens } => write!(formatter, "union of {tokens} tokens"),
            Self::Fresh { tokens } => write!(formatter, "not in the last {tokens} tokens"),
            Self::LruHits { bundles } => write!(formatter, "reused within {bundles} bundles of the layer"),
            Self::Reach => formatter.write_str("ever active"),
            Self::Popular => formatter.write_str("overlap of any two tokens"),
            Self::Closest { tokens } => write!(formatter, "overlap with the closest of {tokens} tokens"),
        }
    }
}

/// The share of one layer over the trace's longest request: its generated tokens, or all where few were generated.
#[must_use]
pub fn of_layer(trace: &Trace, layer: u32, statistic: Statistic) -> Option<f64> {
    let sets: Vec<&[u32]> = counted(trace).map(|token| trace.active(token, layer)).collect();
    statistic.of(&sets, trace.geometry().bundles_per_layer)
}

/// The same, as the mean over all layers.
#[must_use]
pub fn over_layers(trace: &Trace, statistic: Statistic) -> Option<f64> {
    let layers = trace.geometry().layers;
    let sum: Option<f64> = (0..layers).map(|layer| of_layer(trace, layer, statistic)).sum();
    Some(sum? / f64::from(layers))
}

/// Shares of the counted tokens' lookups, one at a time, that an LRU cache of all layers hits at each of these sizes. It
/// begins empty.
#[must_use]
pub fn shared_lru_hits(trace: &Trace, sizes: &[usize]) -> Vec<f64> {
    let geometry = trace.geometry();
    let tokens = counted(trace);
    let lookups: usize =
        tokens.clone().flat_map(|token| (0..geometry.layers).map(move |layer| trace.active(token, layer).len())).sum();
    let mut last = vec![0; geometry.layers as usize * geometry.bundles_per_layer as usize];
    let mut newest = Tally::new(lookups);
    let mut hits = vec![0_u64; sizes.len()];
    let mut now = 0;
    for token in tokens {
        for layer in 0..geometry.layers {
            for &bundle in trace.active(token, layer) {
                now += 1;
                let place = layer as usize * geometry.bundles_per_layer as usize + bundle as usize;
                let before = std::mem::replace(&mut last[place], now);
                if before > 0 {
                    // Others that were looked up since: as many newest lookups lie after the last of this one.
                    let since = newest.sum(now - 1) - newest.sum(before);
                    hits.iter_mut().zip(sizes).for_each(|(hits, &size)| *hits += u64::from(since < size));
                    newest.add(before, usize::MAX);
                }
                newest.add(now, 1);
            }
        }
    }
    hits.into_iter().map(|hits| hits as f64 / lookups.max(1) as f64).collect()
}

/// Sums of beginnings of a list of counts (a Fenwick tree), places counted from 1.
struct Tally(Vec<usize>);

impl Tally {
    fn new(places: usize) -> Self {
        Self(vec![0; places + 1])
    }

    /// Adds `number`, which may be the largest to take one away, at a place.
    fn add(&mut self, mut place: usize, number: usize) {
        while place < self.0.len() {
            self.0[place] = self.0[place].wrapping_add(number);
            place += place & place.wrapping_neg();
        }
    }

    /// The sum of the places up to this one.
    fn sum(&self, mut place: usize) -> usize {
        let mut sum = 0_usize;
        while place > 0 {
            sum = sum.wrapping_add(self.0[place]);
            place &= place - 1;
        }
        sum
    }
}

/// Mean number of bundles next to each other in a set.
#[must_use]
pub fn run_bundles(trace: &Trace) -> Option<f64> {
    let (mut runs, mut bundles) = (0_u64, 0_u64);
    for token in counted(trace) {
        for set in (0..trace.geometry().layers).map(|layer| trace.active(token, layer)) {
            let breaks = set.windows(2).filter(|pair| pair[0] + 1 < pair[1]).count() + usize::from(!set.is_empty());
            (runs, bundles) = (runs + breaks as u64, bundles + set.len() as u64);
        }
    }
    share(bundles as f64, runs as f64)
}

/// Mean number of tokens in a row that need a bundle.
#[must_use]
pub fn run_tokens(trace: &Trace) -> Option<f64> {
    let (mut runs, mut tokens) = (0_u64, 0_u64);
    for layer in 0..trace.geometry().layers {
        let mut last = vec![0; trace.geometry().bundles_per_layer as usize];
        for (number, token) in (2..).zip(counted(trace)) {
            for &bundle in trace.active(token, layer) {
                let last = std::mem::replace(&mut last[bundle as usize], number);
                (runs, tokens) = (runs + u64::from(last + 1 < number), tokens + 1);
            }
        }
    }
    share(tokens as f64, runs as f64)
}

/// Fewest generated tokens that are counted without the prompt's.
pub(super) const TOKENS_MIN: u32 = 40;

/// Tokens of the longest request that are counted.
pub(super) fn counted(trace: &Trace) -> std::ops::Range<usize> {
    let longest = trace.requests().iter().max_by_key(|request| request.tokens()).expect("a trace has a request");
    let prompt = if longest.decode_tokens < TOKENS_MIN { 0 } else { longest.prefill_tokens as usize };
    longest.first_token + prompt..longest.first_token + longest.tokens()
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn counts(sets: &[&[u32]], bundles: u32) -> Vec<u64> {
    let mut counts = vec![0; bundles as usize];
    sets.iter().copied().flatten().for_each(|&bundle| counts[bundle as usize] += 1);
    counts
}

fn repeat(sets: &[&[u32]], bundles: u32, lag: usize) -> Option<f64> {
    let mut here = vec![usize::MAX; bundles as usize];
    let (mut overlap, mut size) = (0, 0);
    for token in lag..sets.len() {
        sets[token - lag].iter().for_each(|&bundle| here[bundle as usize] = token);
        overlap += sets[token].iter().filter(|&&bundle| here[bundle as usize] == token).count();
        size += sets[token].len();
    }
    share(overlap as f64, size as f64)
}

/// After each token, the size of the union of its set and those of the `window` - 1 before.
fn unions<'s>(sets: &'s [&[u32]], bundles: u32, window: usize) -> impl Iterator<Item = usize> + 's {
    let mut uses = vec![0_u32; bundles as usize];
    let mut size = 0;
    sets.iter().enumerate().map(move |(token, set)| {
        for &bundle in *set {
            size += usize::from(uses[bundle as usize] == 0);
            uses[bundle as usize] += 1;
        }
        if let Some(gone) = token.checked_sub(window) {
            for &bundle in sets[gone] {
                uses[bundle as usize] -= 1;
                size -= usize::from(uses[bundle as usize] == 0);
            }
        }
        size
    })
}

fn fresh(sets: &[&[u32]], bundles: u32, window: usize) -> usize {
    let mut last = vec![0; bundles as usize];
    let mut fresh = 0;
    for (token, set) in (1..).zip(sets) {
        for &bundle in *set {
            let last = std::mem::replace(&mut last[bundle as usize], token);
            fresh += usize::from(token > window && (last == 0 || token - last > window));
        }
    }
    fresh
}

/// By moving to the front of a list: long sets in large layers take their time.
fn lru_hits(sets: &[&[u32]], bundles: u32, size: usize) -> usize {
    let mut order: Vec<u32> = Vec::with_capacity(size.min(bundles as usize) + 1);
    let mut hits = 0;
    for &bundle in sets.iter().copied().flatten() {
        if let Some(place) = order.iter().position(|&other| other == bundle) {
            order.remove(place);
            hits += 1;
        } else if order.len() == size {
            order.pop();
        }
        order.insert(0, bundle);
    }
    hits
}

fn closest(sets: &[&[u32]], bundles: u32, window: usize) -> Option<f64> {
    let words = bundles.div_ceil(64) as usize;
    let bits: Vec<Vec<u64>> = sets
        .iter()
        .map(|set| {
            let mut bits = vec![0_u64; words];
            set.iter().for_each(|&bundle| bits[bundle as usize / 64] |= 1 << (bundle % 64));
            bits
        })
        .collect();
    let overlap = |a: &[u64], b: &[u64]| a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum::<u32>();
    let (mut sum, mut size) = (0, 0);
    for token in window..sets.len() {
        let before = bits[token - window..token].iter();
        sum += before.map(|before| overlap(before, &bits[token])).max().unwrap_or(0);
        size += sets[token].len();
    }
    share(f64::from(sum), size as f64)
}

#[cfg(test)]
mod tests {
    use super::Statistic::{self, ActiveShare, Closest, Fresh, LruHits, Popular, Reach, Repeat, Union};

    const SETS: [&[u32]; 4] = [&[0, 1], &[1, 2], &[1], &[0, 3]];

    #[test]
    fn each_share_as_counted_by_hand() {
        for (statistic, expected) in [
            (ActiveShare, 7.0 / 20.0),
            // 1 of 2, 1 of 1, 0 of 2.
            (Repeat { lag: 1 }, 2.0 / 5.0),
            // {1}: 1 of 1; {0, 3}: 0 of 2.
            (Repeat { lag: 2 }, 1.0 / 3.0),
            // 3, 2 and 3 of 5.
            (Union { tokens: 2 }, 8.0 / 15.0),
            // After the second token: nothing, then both 0 and 3.
            (Fresh { tokens: 2 }, 2.0 / 10.0),
            (Fresh { tokens: 3 }, 1.0 / 5.0),
            // 0 1 1h 2 1h 0 3
            (LruHits { bundles: 2 }, 2.0 / 7.0),
            (LruHits { bundles: 3 }, 3.0 / 7.0),
            (Reach, 4.0 / 5.0),
            // 0 twice, 1 three times: 2 + 6 of 7 x 3.
            (Popular, 8.0 / 21.0),
            // {1} is in one of the two before, {0, 3} in neither.
            (Closest { tokens: 2 }, 1.0 / 3.0),
        ] {
            let found = statistic.of(&SETS, 5).expect("enough tokens");
            assert!((found - expected).abs() < 1e-12, "{statistic:?}: {found} is not {expected}");
        }
    }

    #[test]
    fn too_few_tokens_have_no_share() {
        let none: [Statistic; 4] = [Repeat { lag: 4 }, Union { tokens: 5 }, Fresh { tokens: 4 }, Closest { tokens: 4 }];
        assert!(none.iter().all(|statistic| statistic.of(&SETS, 5).is_none()));
        assert!(ActiveShare.of(&[], 5).is_none() && Popular.of(&SETS[..1], 5).is_none());
        assert!(Repeat { lag: 0 }.check().is_err() && Repeat { lag: 1 }.check().is_ok());
    }
}
