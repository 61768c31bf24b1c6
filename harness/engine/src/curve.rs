//! Whole miss-ratio curves: the hits of every cache size from one pass over a stream.
//!
//! A *stack* policy's cache of any size is a prefix of one list (Mattson and others, *Evaluation techniques for storage
//! hierarchies*, IBM Systems Journal 9(2), 1970), so a lookup hits in every cache that reaches down to its bundle.
//! [`recency`] knows that depth for LRU, [`priority`] for any policy that keeps what has the best key, as Belady does;
//! [`sample`] looks at a share of the bundles only. This module adds the depths up; it knows no policy.

pub mod priority;
pub mod recency;
pub mod sample;

use alloc::vec::Vec;

/// Lookups that hit, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gain {
    /// Lookups that find their bundle.
    pub hits: u64,
    /// Those of them that are of decode passes.
    pub decode_hits: u64,
    /// Bytes of the bundles found, once a lookup.
    pub bytes: u64,
}

impl Gain {
    /// What one lookup gains.
    #[must_use]
    pub fn one(decode: bool, bytes: u64) -> Self {
        Self { hits: 1, decode_hits: u64::from(decode), bytes }
    }

    fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.decode_hits += other.decode_hits;
        self.bytes += other.bytes;
    }
}

/// Depths of lookups, being gathered. Memory follows the number of different depths, not of lookups.
#[derive(Clone, Debug)]
pub struct Depths {
    gains: Vec<(u64, Gain)>,
    full: usize,
}

/// Entries gathered before they are added up for the first time.
const ENTRIES_MIN: usize = 1 << 16;

impl Default for Depths {
    fn default() -> Self {
        Self { gains: Vec::new(), full: ENTRIES_MIN }
    }
}

impl Depths {
    /// Adds what is gained by every cache of at least `depth_bytes`.
    pub fn push(&mut self, depth_bytes: u64, gain: Gain) {
        if self.gains.len() == self.full {
            self.add_up();
            self.full = ENTRIES_MIN.max(2 * self.gains.len());
        }
        self.gains.push((depth_bytes, gain));
    }

    /// The curve of what was gathered.
    #[must_use]
    pub fn curve(mut self) -> Curve {
        self.add_up();
        let mut sum = Gain::default();
        for (_, gain) in &mut self.gains {
            sum.add(*gain);
            *gain = sum;
        }
        Curve { points: self.gains }
    }

    fn add_up(&mut self) {
        self.gains.sort_unstable_by_key(|&(depth_bytes, _)| depth_bytes);
        self.gains.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1.add(next.1);
            }
            same
        });
    }
}

/// What a cache of each size gains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    points: Vec<(u64, Gain)>,
}

impl Curve {
    /// The smallest size in bytes of each step of the curve, ascending, with what it gains.
    #[must_use]
    pub fn points(&self) -> &[(u64, Gain)] {
        &self.points
    }

    /// What a cache of `capacity_bytes` gains.
    #[must_use]
    pub fn at(&self, capacity_bytes: u64) -> Gain {
        let reached = self.points.partition_point(|&(depth_bytes, _)| depth_bytes <= capacity_bytes);
        if reached == 0 { Gain::default() } else { self.points[reached - 1].1 }
    }
}
