//! One layer of a synthetic trace: its sets, token by token, from what its popularity and its own past suggest.

use super::{
    kin::Token,
    popularity::Popularity,
    random::{Random, threshold},
};

/// What makes a layer's sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerProcess {
    /// Active bundles of a token, on average.
    pub active_bundles: f64,
    /// How much that varies: a token has from 1 - spread to 1 + spread times as many, evenly.
    pub active_spread: f64,
    /// Natural logarithm of how much oftener the first bundle is drawn than the last.
    pub skew: f64,
    /// Below 1 few favourites and a long tail, 1 a steady fall.
    pub shape: f64,
    /// Chance that an active bundle is one of the token's kin, before the token's own factor.
    pub likeness: f64,
    /// Chance that one that is not is of the token before.
    pub recency: f64,
}

/// Most of a set that is taken over from another: the rest is always drawn anew, so that no layer stands still.
const LIKENESS_MAX: f64 = 0.98;

/// Draws for each member of a set before the most popular bundles left over fill it.
const TRIES: usize = 16;

/// A layer being generated.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    process: LayerProcess,
    seed: u64,
    number: u32,
    popularity: Popularity,
    /// Bundle of each rank.
    bundles: Vec<u32>,
    /// The last sets, in a ring.
    past: Vec<Vec<u32>>,
    /// Sets of this request so far.
    tokens: usize,
    /// By bundle: the stamp of the set that last took it.
    taken: Vec<u32>,
    stamp: u32,
}

impl Layer {
    pub(super) fn new(process: LayerProcess, seed: u64, number: u32, bundles: u32, memory_tokens: u32) -> Self {
        let mut order: Vec<u32> = (0..bundles).collect();
        let mut random = Random::at(seed, *b"order   ", 0, number);
        for rank in (1..bundles).rev() {
            order.swap(rank as usize, random.below(rank + 1) as usize);
        }
        Self {
            process,
            seed,
            number,
            popularity: Popularity::new(bundles, process.skew, process.shape),
            bundles: order,
            past: vec![Vec::new(); memory_tokens as usize + 1],
            tokens: 0,
            taken: vec![0; bundles as usize],
            stamp: 0,
        }
    }

    /// Forgets the request: the next token has none before it.
    pub(super) fn begin_request(&mut self) {
        self.tokens = 0;
    }

    /// The next token's set, ascending.
    pub(super) fn next(&mut self, token: &Token) -> &[u32] {
        let mut random = Random::at(self.seed, *b"set     ", token.number, self.number);
        let count = self.count(&mut random);
        let place = self.tokens % self.past.len();
        let mut set = std::mem::take(&mut self.past[place]);
        set.clear();
        self.fill(&mut set, count, token, &mut random);
        set.sort_unstable();
        self.past[place] = set;
        self.tokens += 1;
        &self.past[place]
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bundles of a layer")]
    fn count(&self, random: &mut Random) -> usize {
        let (mean, spread) = (self.process.active_bundles, self.process.active_spread);
        let whole = |count: f64| count.round().clamp(0.0, self.bundles.len() as f64) as u32;
        let (low, high) = (whole(mean * (1.0 - spread)), whole(mean * (1.0 + spread)));
        (low + random.below(high - low + 1)) as usize
    }

    fn fill(&mut self, set: &mut Vec<u32>, count: usize, token: &Token, random: &mut Random) {
        self.stamp += 1;
        let kin = self.before(token.kin_lag);
        let before = self.before(u32::from(self.tokens > 0));
        let likeness = (self.process.likeness * token.likeness).min(LIKENESS_MAX);
        let recency = (self.process.recency * token.recency).min(LIKENESS_MAX);
        let of_kin = if kin.is_some() { threshold(likeness) } else { 0 };
        let of_recent = if before.is_some() { threshold(likeness + (1.0 - likeness) * recency) } else { 0 };
        for _ in 0..TRIES * count {
            if set.len() == count {
                return;
            }
            let chance = random.number();
            let source = if chance < of_kin { kin } else { before.filter(|_| chance < of_recent) };
            let bundle = match source {
                Some(place) => self.past[place][random.below(self.lengths(place)) as usize],
                None => self.bundles[self.popularity.rank(random.number())],
            };
            let last = &mut self.taken[bundle as usize];
            if std::mem::replace(last, self.stamp) != self.stamp {
                set.push(bundle);
            }
        }
        let left = self.bundles.iter().copied().filter(|&bundle| self.taken[bundle as usize] != self.stamp);
        set.extend(left.take(count - set.len()));
    }

    /// Where the set of so many tokens ago lies; `None` for this token itself, for an empty set, and beyond the memory.
    fn before(&self, lag: u32) -> Option<usize> {
        let lag = lag as usize;
        if lag == 0 || lag > self.tokens || lag >= self.past.len() {
            return None;
        }
        let place = (self.tokens - lag) % self.past.len();
        (!self.past[place].is_empty()).then_some(place)
    }

    fn lengths(&self, place: usize) -> u32 {
        u32::try_from(self.past[place].len()).expect("no more than a layer's bundles")
    }
}
