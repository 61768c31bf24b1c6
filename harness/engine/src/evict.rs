//! Eviction: which bundle leaves when room is needed. One policy a file.
//!
//! [`Kind`] names them all, [`Policy`] is any of them. Online policies see only what was used; what will be used is in
//! [`crate::oracle::Oracle`], which only [`belady::Belady`] is handed.

pub mod arc;
pub mod belady;
mod boxed;
pub mod clock;
pub mod cost_aware;
pub mod fifo;
mod kind;
mod layers;
pub mod least_stale;
pub mod lfu;
pub mod lfu_aged;
pub mod lhd;
mod log;
pub mod lru;
mod numbers;
pub mod partitioned;
mod patrol;
mod policy;
mod queues;
mod ranks;
pub mod retain_none;
pub mod s3_fifo;
pub mod sieve;
pub mod sketch;
mod slots;
mod sweep;
mod trail;
pub mod two_q;
pub mod w_tinylfu;
pub mod window;

use alloc::vec::Vec;

use crate::{bitset::Bitset, geometry::BundleId};

pub use kind::{Kind, Room};
pub use policy::{Policy, Visit};
pub use slots::Slots;

/// Where in the run a use happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Step number, from 0: pass times layers plus layer.
    pub step: u64,
    /// Position of the id in the script.
    pub id: usize,
}

/// When a policy is asked for bundles to drop although room is not short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The step's lookups are done, its misses are not placed yet.
    BeforePlacing,
    /// The step is over.
    AfterStep,
}

/// An eviction policy over the bundles in its care.
///
/// A step first *holds* what it finds, is told what it *lacks*, then evicts for that, and when it is over *touches* and
/// *admits* in the order of its active set, whatever was a hit: so a policy's order does not depend on the budget, and
/// the bundles of the running step are never candidates. With steps of one bundle this is the sequence of any cache
/// simulator: a hit is a reuse; a miss is lack, victims, admit.
pub trait Evict {
    /// A bundle in its care is used by the step that begins: no candidate until it is touched.
    fn hold(&mut self, bundle: BundleId);

    /// The step that held the bundle is over.
    fn touch(&mut self, bundle: BundleId, at: At);

    /// A bundle was held for a step that did not use it after all. It is a candidate again: where it was, or, in a policy
    /// that orders by recency, as the newest.
    fn release(&mut self, bundle: BundleId);

    /// A bundle in its care is used, and nothing is evicted meanwhile: the same as hold and touch.
    fn reuse(&mut self, bundle: BundleId, at: At) {
        self.hold(bundle);
        self.touch(bundle, at);
    }

    /// Bundles are about to be looked up: what that reads first is fetched from memory, for all of them at once. Changes
    /// nothing.
    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        let _ = bundles;
    }

    /// Looks up all of `bundles`, the first of which is lookup number `number` of a stream of single lookups, and says how
    /// many missed: the same as [`Self::reuse`], [`Self::expire`], [`Self::lack`], [`Self::victim`] and [`Self::admit`] for
    /// one after the other, for less. None, and nothing done, where it has no better way than that. Nothing is held, and
    /// before any other call [`Self::settle`] is told.
    #[inline]
    fn judge(&mut self, bundles: &[BundleId], number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        let _ = (bundles, number, slots);
        None
    }

    /// The stream that it judged is over: what it left open is written down, which bundles are `resident` too.
    #[inline]
    fn settle(&mut self, resident: &mut Bitset) {
        let _ = resident;
    }

    /// The step that begins needs a bundle that is not in its care: told before victims are asked for, so that a policy
    /// may look at its ghosts first. The bundle is admitted when the step is over.
    fn lack(&mut self, bundle: BundleId) {
        let _ = bundle;
    }

    /// A bundle comes into its care, used by the step that is over.
    fn admit(&mut self, bundle: BundleId, at: At);

    /// Chooses the bundle to drop and forgets it; none where it has no candidate.
    fn victim(&mut self) -> Option<BundleId>;

    /// Chooses a bundle to drop although room is not short, and forgets it.
    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        let _ = (moment, step);
        None
    }
}

/// Bytes of the bundles that a policy may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// All bundles have so many bytes; 1 where bundles are only counted.
    Equal(u64),
    /// Bytes by bundle.
    Each(Vec<u32>),
}

impl Sizes {
    /// Bytes of `bundle`.
    #[must_use]
    pub fn of(&self, bundle: BundleId) -> u64 {
        match self {
            Self::Equal(bytes) => *bytes,
            Self::Each(bytes) => u64::from(bytes[bundle as usize]),
        }
    }

    /// Mean bytes of a bundle, at least 1.
    #[must_use]
    pub fn mean(&self) -> u64 {
        let mean = match self {
            Self::Equal(bytes) => *bytes,
            Self::Each(bytes) => bytes.iter().map(|&bytes| u64::from(bytes)).sum::<u64>() / bytes.len().max(1) as u64,
        };
        mean.max(1)
    }

    /// Bytes of the largest bundle.
    #[must_use]
    pub fn largest(&self) -> u64 {
        match self {
            Self::Equal(bytes) => *bytes,
            Self::Each(bytes) => bytes.iter().copied().max().map_or(0, u64::from),
        }
    }
}
