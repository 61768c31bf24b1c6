//! What is named for reading ahead, where that is made before the run: by a predictor with seeded errors, by the next
//! layer's router run early, or by co-activation.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tightfit_scenarios::{
    strategy::{Prefetch, Share},
    trace::Stretch,
};
use tightfit_sim::random::Random;

use super::Asked;
use crate::compose::profile::Neighbours;

/// What names the bundles.
#[derive(Clone, Debug)]
pub(super) enum Hinter {
    Predictor { recall: Share, precision: Share, seed: u64 },
    Router { agreement: Share, seed: u64 },
    Neighbours(Arc<Neighbours>),
}

impl Hinter {
    /// What names for `prefetch`; none where the engine knows by itself.
    pub(super) fn new(prefetch: Prefetch, asked: &Asked<'_>) -> Option<Self> {
        let seed = asked.seed;
        match prefetch {
            Prefetch::None | Prefetch::NextLayer | Prefetch::RepeatToken | Prefetch::Oracle => None,
            Prefetch::Predictor { recall, precision } => Some(Self::Predictor { recall, precision, seed }),
            Prefetch::Router { agreement } => Some(Self::Router { agreement, seed }),
            Prefetch::Neighbours { count } => {
                let profile = asked.profile.expect("loading checked that what is profiled has a trace");
                Some(Self::Neighbours(Arc::new(profile.neighbours(count.get() as usize))))
            }
        }
    }

    /// What is named for `token`'s `layer`. The first layer of a token is named by nobody: its input is not known before
    /// the token is.
    pub(super) fn name(&self, rows: &Stretch, token: usize, layer: u32) -> Vec<u32> {
        if layer == 0 {
            return Vec::new();
        }
        match *self {
            Self::Predictor { recall, precision, seed } => by_predictor(rows, token, layer, recall, precision, seed),
            Self::Router { agreement, seed } => by_router(rows, token, layer, agreement, seed),
            Self::Neighbours(ref neighbours) => by_neighbours(rows, token, layer, neighbours),
        }
    }
}

/// Each active bundle with a chance of `recall`, and as many others as make the precision.
fn by_predictor(trace: &Stretch, token: usize, layer: u32, recall: Share, precision: Share, seed: u64) -> Vec<u32> {
    let mut random = Random::at(seed, "prefetch", token as u64, layer);
    let active = trace.active(token, layer);
    let mut named: Vec<u32> = active.iter().copied().filter(|_| random.happens(recall.get())).collect();
    let others = wrong_beside(named.len(), precision);
    random.add_others(others, trace.geometry().bundles_per_layer, active, &mut named);
    named
}

/// As many as are active: of these the share with the highest scores, the rest drawn among the others.
fn by_router(trace: &Stretch, token: usize, layer: u32, agreement: Share, seed: u64) -> Vec<u32> {
    let active = trace.active(token, layer);
    let mut best: Vec<u32> = (0..).take(active.len()).collect();
    if let Some(scores) = trace.score(token, layer) {
        best.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
    }
    let right = agreement.of(u32::try_from(active.len()).expect("ids are u32")) as usize;
    let mut named: Vec<u32> = best[..right].iter().map(|&index| active[index as usize]).collect();
    let mut random = Random::at(seed, "router", token as u64, layer);
    random.add_others(active.len() - right, trace.geometry().bundles_per_layer, active, &mut named);
    named
}

/// What was most often active in `layer` together with what the layer before it has active now.
fn by_neighbours(trace: &Stretch, token: usize, layer: u32, neighbours: &Neighbours) -> Vec<u32> {
    let of_layer = trace.geometry().bundles_per_layer;
    let (first_before, first) = ((layer - 1) * of_layer, layer * of_layer);
    let active = trace.active(token, layer - 1).iter();
    let mut named: Vec<u32> =
        active.flat_map(|&bundle| neighbours.after(first_before + bundle)).map(|&bundle| bundle - first).collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// Wrong names beside `right` ones at a precision above 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; more than there are is cut")]
fn wrong_beside(right: usize, precision: Share) -> usize {
    (right as f64 * (1.0 / precision.get() - 1.0)).round() as usize
}
