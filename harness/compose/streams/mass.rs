//! How much each active bundle counts: its share of what the layer computes when nothing is skipped.
//!
//! A router's weights are all that the layer computes: they are taken as shares of their sum. A neuron's score is its share
//! of the layer's activation mass, and what the trace calls inactive has the rest: skipping it is a loss, too, unless it is
//! zero (`ReLU`).

use tightfit_engine::script::MASS_WHOLE;
use tightfit_scenarios::trace::{Stretch, Unit};

/// Scores of a row's bundles, parts of [`MASS_WHOLE`]; equal parts where the trace has no scores.
pub(super) fn masses(trace: &Stretch, token: usize, layer: u32) -> Vec<u32> {
    let whole = MASS_WHOLE - inactive_mass(trace, token, layer);
    let count = trace.active(token, layer).len();
    let equal = || vec![whole / u32::try_from(count.max(1)).expect("ids are u32"); count];
    let Some(scores) = trace.score(token, layer) else { return equal() };
    let sum = positive_sum(scores);
    if sum <= 0.0 {
        return equal();
    }
    scores.iter().map(|&score| parts(f64::from(score.max(0.0)) / sum, whole)).collect()
}

/// What a recorder calls active where all that it leaves out is zero.
const NON_ZERO: &str = "non-zero";

/// Mass of what the trace calls inactive.
pub(super) fn inactive_mass(trace: &Stretch, token: usize, layer: u32) -> u32 {
    // Recorders round scores, whose sum then falls short of one: zeros have no mass all the same.
    if trace.geometry().unit == Unit::Expert || trace.header().definition == NON_ZERO {
        return 0;
    }
    let kept = match trace.score(token, layer) {
        Some(scores) => positive_sum(scores),
        None => definition_share(&trace.header().definition),
    };
    parts((1.0 - kept).clamp(0.0, 1.0), MASS_WHOLE)
}

/// What a trace without scores says of itself: `mass-share 0.90` keeps at least so much; others say nothing of mass.
fn definition_share(definition: &str) -> f64 {
    definition.strip_prefix("mass-share ").and_then(|share| share.trim().parse().ok()).unwrap_or(1.0)
}

fn positive_sum(scores: &[f32]) -> f64 {
    scores.iter().map(|&score| f64::from(score.max(0.0))).sum()
}

/// Rounded down, so that parts never exceed their whole.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share from 0 to 1")]
fn parts(share: f64, whole: u32) -> u32 {
    (share * f64::from(whole)) as u32
}
