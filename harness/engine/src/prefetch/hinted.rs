//! What a predictor names: sets made before the run (from a recorded predictor, from scores, from co-activation, or with
//! seeded errors), because the engine itself draws no random number.

use crate::{geometry::BundleId, script::Script};

/// The hint for the next step. `hints` has the passes and layers of the run's script.
pub(super) fn next(hints: &Script, pass: u64, layer: u32, passes: u64) -> Option<&[BundleId]> {
    hints.following(pass, layer, passes)
}
