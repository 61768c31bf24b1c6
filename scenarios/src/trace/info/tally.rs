//! One pass over a trace: ages instead of sets.

use super::{Repeat, WINDOW_MAX, ratio};
use crate::trace::{Phase, Trace};

/// Sums gathered over the trace, one (request, layer) after another.
pub(super) struct Tally {
    /// Lookups by phase: prefill, decode.
    pub(super) active: [u64; 2],
    pub(super) active_by_layer: Vec<u64>,
    /// How often each bundle was active, layer by layer.
    uses: Vec<u64>,
    /// Of the tokens that have one before them in their request: set sizes, overlaps, sizes of the set before.
    followers: u64,
    overlaps: u64,
    /// Sum over followers of |set| x |set before|.
    size_products: u64,
    /// By window length less 1: sum of union sizes and number of full windows.
    unions: [(u64, u64); WINDOW_MAX],
    /// Token at which a bundle of the current (request, layer) was last active, plus 1; 0 for never.
    last: Vec<usize>,
}

impl Tally {
    pub(super) fn new(trace: &Trace) -> Self {
        let geometry = trace.geometry();
        let (layers, bundles) = (geometry.layers as usize, geometry.bundles_per_layer as usize);
        Self {
            active: [0; 2],
            active_by_layer: vec![0; layers],
            uses: vec![0; layers * bundles],
            followers: 0,
            overlaps: 0,
            size_products: 0,
            unions: [(0, 0); WINDOW_MAX],
            last: vec![0; bundles],
        }
    }

    /// Adds one layer of one request.
    ///
    /// `ages[a]` counts the bundles last active a tokens ago. A step moves every age on by one and brings the active
    /// ones back to 0, so a window's union is a sum of `ages` and no set is ever built.
    pub(super) fn request(&mut self, trace: &Trace, tokens: std::ops::Range<usize>, layer: u32) {
        self.last.fill(0);
        let mut ages = [0u64; WINDOW_MAX];
        let bundles = self.last.len();
        let uses = &mut self.uses[layer as usize * bundles..][..bundles];
        for (step, token) in tokens.enumerate() {
            let active = trace.active(token, layer);
            let size = active.len() as u64;
            ages.rotate_right(1);
            // What rotated to the front was the oldest age, which now lies outside every window.
            ages[0] = size;
            let mut overlap = 0;
            for &id in active {
                let last = std::mem::replace(&mut self.last[id as usize], step + 1);
                let age = step + 1 - last;
                if last > 0 && age < WINDOW_MAX {
                    ages[age] -= 1;
                    overlap += u64::from(age == 1);
                }
                uses[id as usize] += 1;
            }
            self.active[usize::from(trace.phase(token) == Phase::Decode)] += size;
            self.active_by_layer[layer as usize] += size;
            if step > 0 {
                self.followers += size;
                self.overlaps += overlap;
                self.size_products += size * trace.active(token - 1, layer).len() as u64;
            }
            let mut union = 0;
            for (window, sum) in self.unions.iter_mut().enumerate().take(step + 1) {
                union += ages[window];
                *sum = (sum.0 + union, sum.1 + 1);
            }
        }
    }

    pub(super) fn repeat(&self, tokens: f64, layer_bundles: f64) -> Repeat {
        let followers = self.followers as f64;
        let lookups: u64 = self.active.iter().sum();
        let squares: f64 = self.uses.iter().map(|&uses| uses as f64 * uses as f64).sum();
        Repeat {
            observed: ratio(self.overlaps as f64, followers),
            by_chance: ratio(self.size_products as f64 / layer_bundles, followers),
            by_popularity: ratio(squares / tokens, lookups as f64).unwrap_or_default(),
        }
    }

    pub(super) fn unions(&self, layer_bundles: f64) -> Vec<f64> {
        let share = |&(sum, windows): &(u64, u64)| ratio(sum as f64, windows as f64 * layer_bundles);
        self.unions.iter().map_while(share).collect()
    }
}
