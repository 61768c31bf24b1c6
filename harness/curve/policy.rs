//! The policies that a curve can be asked of, by name, and their replay: the one place that knows them.

use tightfit_engine::{
    evict::{Evict, belady::Belady, lru::Lru, window::Window},
    replay::Replay,
};

use super::{Budget, Counting, Point, Stream};
use crate::RunError;

/// Tokens of the window, as in the built-in strategy.
const WINDOW_TOKENS: u32 = 5;

/// A policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Least recently used.
    Lru,
    /// Window of five tokens.
    Window,
    /// Furthest next use: knows the future.
    Belady,
}

impl Policy {
    const NAMES: [(&'static str, Self); 3] = [("lru", Self::Lru), ("window", Self::Window), ("belady", Self::Belady)];

    /// The policy of that name.
    pub fn parse(name: &str) -> Result<Self, RunError> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|&(_, policy)| policy).ok_or_else(|| {
            let known = Self::NAMES.map(|(known, _)| known).join(", ");
            RunError::Usage(format!("no policy is named `{name}`: known are {known}"))
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, policy)| *policy == self).map_or("", |(name, _)| name)
    }

    /// What it hits in `budget`.
    pub(super) fn point(self, stream: &Stream, budget: Budget, counting: Counting) -> Point {
        let bundles = stream.bundles;
        match self {
            Self::Lru => point(Lru::new(bundles), self, stream, budget, counting),
            Self::Window => {
                let layers = stream.script.layers();
                point(Window::new(bundles, WINDOW_TOKENS, layers), self, stream, budget, counting)
            }
            Self::Belady => point(Belady::new(bundles, stream.oracle()), self, stream, budget, counting),
        }
    }
}

fn point(evict: impl Evict, policy: Policy, stream: &Stream, budget: Budget, counting: Counting) -> Point {
    let (sizes, capacity_bytes) = match budget {
        Budget::Mib(mib) => (stream.sizes(false), mib << 20),
        Budget::Units(units) => (stream.sizes(true), units),
    };
    let mut replay = Replay::new(evict, sizes, stream.bundles, capacity_bytes);
    let (mut hits, mut decode_hits, mut bytes_read) = (0, 0, Some(0));
    for step in stream.steps() {
        let found = match counting {
            Counting::Steps => replay.look_up_together(step.ids, step.number, step.first_id),
            Counting::Lookups => {
                let ids = step.ids.iter().zip(step.first_id..);
                ids.map(|(&id, place)| replay.look_up_together(&[id], step.number, place)).sum()
            }
        };
        hits += found;
        decode_hits += if step.decode { found } else { 0 };
        let missed = step.ids.len() as u64 - found;
        bytes_read = bytes_read.zip(stream.bytes_of(step.layer)).map(|(sum, bytes)| sum + missed * bytes);
    }
    Point {
        policy: policy.name().to_owned(),
        budget,
        lookups: stream.lookups,
        hits,
        decode_lookups: stream.decode_lookups,
        decode_hits,
        bytes_read,
    }
}
