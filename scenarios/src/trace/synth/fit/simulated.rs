//! One layer of a candidate, generated and counted.

use super::Target;
use crate::trace::synth::{LayerProcess, Lengths, TokenProcess, layer::Layer};

/// How a candidate is generated: the same for all candidates of a search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub(super) tokens: TokenProcess,
    pub(super) lengths: Lengths,
    pub(super) bundles: u32,
    /// Number of the layer, which names its random streams.
    pub(super) layer: u32,
    pub(super) seed: u64,
    /// Runs that are averaged, each of a seed of its own.
    pub(super) runs: u32,
}

impl Trial {
    /// Generated sets of the tokens that are counted, of one run.
    pub(super) fn sets(&self, process: LayerProcess, run: u32) -> Vec<Vec<u32>> {
        let seed = self.seed.wrapping_add(u64::from(run) << 32);
        let mut layer = Layer::new(process, seed, self.layer, self.bundles, self.tokens.memory_tokens);
        let prompt_tokens = self.lengths.prompt_tokens;
        let mut sets = Vec::new();
        for position in 0..prompt_tokens + self.lengths.decode_tokens {
            let is_prompt = position < prompt_tokens;
            let token = self.tokens.token(seed, u64::from(position), position, is_prompt);
            let set = layer.next(&token);
            if !is_prompt {
                sets.push(set.to_vec());
            }
        }
        sets
    }

    /// How far a candidate is off all targets.
    pub(super) fn miss(&self, process: LayerProcess, targets: &[Target]) -> f64 {
        let shares = self.shares(process, targets);
        targets.iter().zip(shares).map(|(target, share)| target.miss(share)).sum()
    }

    /// What each target's statistic comes to, averaged over the runs; one that has no share counts as none.
    pub(super) fn shares(&self, process: LayerProcess, targets: &[Target]) -> Vec<f64> {
        let mut sums = vec![0.0; targets.len()];
        for run in 0..self.runs {
            let sets = self.sets(process, run);
            let sets: Vec<&[u32]> = sets.iter().map(Vec::as_slice).collect();
            for (sum, target) in sums.iter_mut().zip(targets) {
                *sum += target.statistic.of(&sets, self.bundles).unwrap_or(0.0) / f64::from(self.runs);
            }
        }
        sums
    }
}
