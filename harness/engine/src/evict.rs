//! Eviction: which bundle leaves when room is needed. One policy a file.
//!
//! Online policies see only what was used; what will be used is in [`crate::oracle::Oracle`], which only
//! [`belady::Belady`] is handed.

pub mod belady;
pub mod lru;
pub mod retain_none;
pub mod window;

use crate::geometry::BundleId;

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
/// A step first *holds* what it finds, then evicts for what it lacks, and when it is over *touches* and *admits* in the
/// order of its active set, whatever was a hit: so a policy's order does not depend on the budget, and the bundles
/// of the running step are never candidates.
pub trait Evict {
    /// A bundle in its care is used by the step that begins: no candidate until it is touched.
    fn hold(&mut self, bundle: BundleId);

    /// The step that held the bundle is over.
    fn touch(&mut self, bundle: BundleId, at: At);

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
