//! Window of k tokens: keeps the union of the active sets of the last k passes (*LLM in a flash* §3.1).
//!
//! The paper counts references: a bundle stays while any of the last k tokens used it. That is the same as dropping a
//! bundle k passes after its last use, so the window is a recency list with an age limit, and the oldest entries
//! are always at its tail. Under a budget smaller than the window it sheds the oldest first, as LRU does.

use alloc::{vec, vec::Vec};

use crate::{
    evict::{At, Evict, Moment, lru::Lru},
    geometry::BundleId,
};

/// Drops a bundle that the last k passes did not use.
#[derive(Clone, Debug)]
pub struct Window {
    lru: Lru,
    last_step: Vec<u64>,
    steps: u64,
}

impl Window {
    /// A window of `tokens` passes of `layers` steps each, for ids below `bundles`.
    ///
    /// # Panics
    /// If the window is of no tokens.
    #[must_use]
    pub fn new(bundles: u32, tokens: u32, layers: u32) -> Self {
        assert!(tokens > 0, "a window of no tokens");
        let steps = u64::from(tokens) * u64::from(layers);
        Self { lru: Lru::new(bundles), last_step: vec![0; bundles as usize], steps }
    }
}

impl Evict for Window {
    fn hold(&mut self, bundle: BundleId) {
        self.lru.hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.last_step[bundle as usize] = at.step;
        self.lru.touch(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        self.lru.release(bundle);
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        self.last_step[bundle as usize] = at.step;
        self.lru.admit(bundle, at);
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.lru.victim()
    }

    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        let oldest = self.lru.oldest()?;
        let expired = moment == Moment::BeforePlacing && self.last_step[oldest as usize] + self.steps <= step;
        if expired { self.lru.victim() } else { None }
    }
}
