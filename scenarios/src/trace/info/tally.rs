//! One pass over a trace's rows, in any number: ages instead of sets.

use super::{Repeat, WINDOW_MAX, ratio};
use crate::trace::{Geometry, Phase, Row};

/// Sums gathered over the rows, in memory that depends on the geometry alone.
pub(super) struct Tally {
    geometry: Geometry,
    /// Requests.
    pub(super) requests: usize,
    /// Tokens by phase: prefill, decode.
    pub(super) tokens: [u64; 2],
    /// Lookups by phase.
    pub(super) active: [u64; 2],
    pub(super) active_by_layer: Vec<u64>,
    /// Bundles of the token so far, and the most that one had.
    cycle: u64,
    pub(super) cycle_max: u64,
    /// Sum of all scores.
    pub(super) score: f64,
    /// How often each bundle was active, layer by layer.
    uses: Vec<u64>,
    /// Token of the request at which each bundle was last active, plus 1; 0 for never.
    last: Vec<u32>,
    layers: Vec<Layer>,
    /// Of the tokens that have one before them in their request: set sizes, overlaps, sizes of the set before.
    followers: u64,
    overlaps: u64,
    /// Sum over followers of |set| x |set before|.
    size_products: u64,
    /// By window length less 1: sum of union sizes and number of full windows.
    unions: [(u64, u64); WINDOW_MAX],
}

/// What a layer remembers of its request.
#[derive(Clone, Copy, Default)]
struct Layer {
    /// `ages[a]` counts the bundles last active a tokens ago. A token moves every age on by one and brings the active ones
    /// back to 0, so a window's union is a sum of `ages` and no set is ever built.
    ages: [u64; WINDOW_MAX],
    size_before: u64,
}

impl Tally {
    pub(super) fn new(geometry: Geometry) -> Self {
        let (layers, bundles) = (geometry.layers as usize, geometry.bundles_per_layer as usize);
        Self {
            geometry,
            requests: 0,
            tokens: [0; 2],
            active: [0; 2],
            active_by_layer: vec![0; layers],
            cycle: 0,
            cycle_max: 0,
            score: 0.0,
            uses: vec![0; layers * bundles],
            last: vec![0; layers * bundles],
            layers: vec![Layer::default(); layers],
            followers: 0,
            overlaps: 0,
            size_products: 0,
            unions: [(0, 0); WINDOW_MAX],
        }
    }

    /// Adds the next row.
    pub(super) fn row(&mut self, row: &Row<'_>) {
        let phase = usize::from(row.phase == Phase::Decode);
        let size = row.active.len() as u64;
        if row.layer == 0 {
            self.requests += usize::from(row.token == 0);
            self.tokens[phase] += 1;
            self.cycle = 0;
        }
        self.cycle += size;
        self.cycle_max = self.cycle_max.max(self.cycle);
        self.active[phase] += size;
        self.active_by_layer[row.layer as usize] += size;
        self.score += row.score.map_or(0.0, |score| score.iter().map(|&score| f64::from(score)).sum());
        self.repeats(row, size);
    }

    fn repeats(&mut self, row: &Row<'_>, size: u64) {
        let bundles = self.geometry.bundles_per_layer as usize;
        let first = row.layer as usize * bundles;
        let (last, uses) = (&mut self.last[first..first + bundles], &mut self.uses[first..first + bundles]);
        let layer = &mut self.layers[row.layer as usize];
        if row.token == 0 {
            last.fill(0);
            *layer = Layer::default();
        }
        layer.ages.rotate_right(1);
        // What rotated to the front was the oldest age, which now lies outside every window.
        layer.ages[0] = size;
        let mut overlap = 0;
        for &id in row.active {
            let last = std::mem::replace(&mut last[id as usize], row.token + 1);
            let age = (row.token + 1 - last) as usize;
            if last > 0 && age < WINDOW_MAX {
                layer.ages[age] -= 1;
                overlap += u64::from(age == 1);
            }
            uses[id as usize] += 1;
        }
        if row.token > 0 {
            self.followers += size;
            self.overlaps += overlap;
            self.size_products += size * layer.size_before;
        }
        layer.size_before = size;
        let mut union = 0;
        for (window, sum) in self.unions.iter_mut().enumerate().take(row.token as usize + 1) {
            union += layer.ages[window];
            *sum = (sum.0 + union, sum.1 + 1);
        }
    }

    pub(super) fn repeat(&self, tokens: f64, layer_bundles: f64) -> Repeat {
        let followers = self.followers as f64;
        let lookups: u64 = self.active.iter().sum();
        let squares: f64 = self.uses.iter().map(|&uses| uses as f64 * uses as f64).sum();
        let observed = ratio(self.overlaps as f64, followers);
        let by_popularity = ratio(squares / tokens, lookups as f64).unwrap_or_default();
        Repeat {
            observed,
            by_chance: ratio(self.size_products as f64 / layer_bundles, followers),
            by_popularity,
            persistence: observed.and_then(|observed| ratio(observed - by_popularity, 1.0 - by_popularity)),
        }
    }

    pub(super) fn unions(&self, layer_bundles: f64) -> Vec<f64> {
        let share = |&(sum, windows): &(u64, u64)| ratio(sum as f64, windows as f64 * layer_bundles);
        self.unions.iter().map_while(share).collect()
    }
}
