//! The next layer whole: a dense model needs it whatever the token is, so that nothing is guessed.

use crate::{geometry::BundleId, script::Script};

/// All bundles of the next layer. `script` holds every bundle of a layer in each of its rows.
pub(super) fn next(script: &Script, pass: u64, layer: u32, passes: u64) -> Option<&[BundleId]> {
    script.following(pass, layer, passes)
}
