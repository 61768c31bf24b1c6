//! Hit rates of policies over cache sizes, from a trace's lookups alone: no device, no time.
//!
//! The lookups go through the engine's policies by [`Replay`](tightfit_engine::replay::Replay). Whether those of a step
//! are judged together or one at a time is [`Counting`]; what a budget counts is [`Budget`].

mod all_sizes;
mod budget;
mod policy;
mod rates;
mod stream;
mod streamed;
mod weighed;

use rayon::prelude::*;
use serde::Serialize;

pub use all_sizes::{all_sizes, sampled};
pub use budget::Budget;
pub use policy::{Asked, NAMES, parse};
pub use rates::rates;
pub use stream::Stream;
pub use streamed::streamed;
pub use weighed::Weighed;

/// How the lookups of one (pass, layer) are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Together, as the engine does: none of a step's bundles makes room for another.
    Steps,
    /// One after another, as cache simulators do.
    Lookups,
}

/// What one policy hits in one budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The policy's name.
    pub policy: String,
    /// The budget.
    #[serde(flatten)]
    pub budget: Budget,
    /// Lookups of all passes.
    pub lookups: u64,
    /// Those that found their bundle.
    pub hits: u64,
    /// Lookups of passes that generate a token.
    pub decode_lookups: u64,
    /// Those that found their bundle.
    pub decode_hits: u64,
    /// Bytes of the bundles not found, where a bundle's bytes are known.
    pub bytes_read: Option<u64>,
}

/// Every policy in every budget, in the order of `policies`, on all cores.
#[must_use]
pub fn points(stream: &Stream, policies: &[Asked], budgets: &[Budget], counting: Counting) -> Vec<Point> {
    let pairs: Vec<(&Asked, Budget)> =
        policies.iter().flat_map(|policy| budgets.iter().map(move |&budget| (policy, budget))).collect();
    pairs.into_par_iter().map(|(policy, budget)| policy::point(policy, stream, budget, counting)).collect()
}
