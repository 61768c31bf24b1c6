//! Least recently used.

use crate::{
    evict::{At, Evict},
    geometry::BundleId,
    list::{Links, List},
};

/// Drops the bundle whose last use is longest ago; within a step, the lower id first.
#[derive(Clone, Debug)]
pub struct Lru {
    links: Links,
    recency: List,
}

impl Lru {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { links: Links::new(bundles as usize), recency: List::default() }
    }

    /// The oldest bundle.
    pub(crate) fn oldest(&self) -> Option<BundleId> {
        self.recency.tail()
    }
}

impl Evict for Lru {
    fn hold(&mut self, bundle: BundleId) {
        self.recency.unlink(&mut self.links, bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.recency.push_head(&mut self.links, bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.recency.push_head(&mut self.links, bundle);
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.recency.push_head(&mut self.links, bundle);
    }

    fn victim(&mut self) -> Option<BundleId> {
        let bundle = self.oldest()?;
        self.hold(bundle);
        Some(bundle)
    }
}
