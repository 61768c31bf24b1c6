//! Finds the numbers of a recipe: to a recorded trace, layer by layer, or to published figures.
//!
//! Every candidate is generated and counted as the original was, with the same random numbers each time, so that what moves
//! is the parameters' doing. The search walks along one parameter at a time and halves its steps when none helps.

mod published;
mod recorded;
mod search;
mod simulated;
mod whole;

pub use published::to_published;
pub use recorded::to_trace;

use super::statistic::Statistic;

/// A share to be met.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Target {
    statistic: Statistic,
    value: f64,
    weight: f64,
}

/// A share below this is met well enough at this distance: relative errors of what hardly happens say nothing.
const SMALL_SHARE: f64 = 0.05;

impl Target {
    /// How far `found` is off.
    fn miss(&self, found: f64) -> f64 {
        let relative = (found - self.value) / self.value.max(SMALL_SHARE);
        self.weight * relative * relative
    }
}
