//! What the token before needed in the next layer: right as often as sets repeat from token to token.

use crate::{geometry::BundleId, script::Script};

/// The set of the next step's layer one pass earlier; none after a pass over many positions, whose union is no guess.
pub(super) fn next(script: &Script, pass: u64, layer: u32, passes: u64) -> Option<&[BundleId]> {
    let (pass, layer) = script.after(pass, layer);
    if pass == 0 || pass >= passes {
        return None;
    }
    let before = script.recorded_u64(pass - 1);
    (script.positions(before).each() == 1).then(|| script.row(before, layer).active)
}
