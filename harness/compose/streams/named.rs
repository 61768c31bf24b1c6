//! What a predictor names for a token's layer, what it misses, and what is lost by that.

#[cfg(test)]
mod tests;

use tightfit_scenarios::{
    Strategy,
    model::Weights,
    strategy::{Missed, Names, Predictor},
    trace::Stretch,
};
use tightfit_sim::random::Random;

use super::mass::{inactive_mass, masses};

/// Bytes of a weight of the predictor: 8 bits, assumed.
pub(crate) const PREDICTOR_WEIGHT_BYTES: u64 = 1;

/// One token's layer as its predictor sees it; bundles are numbered within the layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// What is read and computed, ascending.
    pub(super) bundles: Vec<u32>,
    /// Active bundles that are read late, ascending.
    pub(super) missed: Vec<u32>,
    /// Mass that is not computed, parts of [`tightfit_engine::script::MASS_WHOLE`].
    pub(super) lost_mass: u32,
}

/// A predictor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Namer {
    pub(super) predictor: Predictor,
    pub(super) seed: u64,
}

impl Namer {
    /// Names `token`'s bundles of `layer`; `before` is the token before in its request, where there is one. `rows` hold both.
    pub(super) fn name(&self, rows: &Stretch, token: usize, before: Option<usize>, layer: u32) -> Named {
        let active = rows.active(token, layer);
        let bound = rows.geometry().bundles_per_layer;
        let mut random = Random::at(self.seed, "predictor", token as u64, layer);
        let mut bundles: Vec<u32> = match self.predictor.names {
            Names::Exact {} => active.to_vec(),
            Names::Noisy { false_negatives, false_positives } => {
                let mut active = active.iter().peekable();
                let named = |bundle: &u32| match active.next_if_eq(&bundle) {
                    Some(_) => !random.happens(false_negatives.get()),
                    None => random.happens(false_positives.get()),
                };
                (0..bound).filter(named).collect()
            }
            Names::OverPredicting { factor } => {
                let mut named = active.to_vec();
                random.add_others(others(active.len(), factor), bound, active, &mut named);
                named
            }
            Names::Recorded {} => {
                rows.predicted(token, layer).expect("loading checked that the trace has predictions").to_vec()
            }
            Names::PreviousToken {} => before.map_or_else(Vec::new, |before| rows.active(before, layer).to_vec()),
        };
        bundles.sort_unstable();
        let (lost_mass, missed) = self.missed(rows, token, layer, &bundles);
        Named { bundles, missed, lost_mass }
    }

    fn missed(&self, rows: &Stretch, token: usize, layer: u32, named: &[u32]) -> (u32, Vec<u32>) {
        let active = rows.active(token, layer);
        let inactive = inactive_mass(rows, token, layer);
        let is_missed = |bundle: &u32| named.binary_search(bundle).is_err();
        match self.predictor.missed {
            Missed::Read => (inactive, active.iter().copied().filter(is_missed).collect()),
            Missed::Drop => {
                let masses = masses(rows, token, layer);
                let missed = active.iter().zip(masses).filter(|(bundle, _)| is_missed(bundle));
                (inactive + missed.map(|(_, mass)| mass).sum::<u32>(), Vec::new())
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the factor is from 1 to 1000")]
fn others(active: usize, factor: f64) -> usize {
    (active as f64 * (factor - 1.0)).round() as usize
}

/// Bytes of one layer's predictor: a low-rank network from the layer's input to its neurons (*LLM in a flash* §3.1).
pub(crate) fn predictor_bytes(strategy: &Strategy, weights: &Weights) -> u64 {
    let rank = strategy.predictor.map_or(0, |predictor| u64::from(predictor.rank));
    let width = weights.largest_bundle().parameters_total() / u64::from(weights.bundle_parts);
    rank * (width + u64::from(weights.bundles_per_layer)) * PREDICTOR_WEIGHT_BYTES
}
