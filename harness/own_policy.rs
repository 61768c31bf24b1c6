//! An eviction policy from another crate, run as a strategy among those of a scenario.

use std::{fmt, sync::Arc};

use tightfit_engine::evict::{Evict, Room};

/// Makes a policy for the room that it has.
type Build = dyn Fn(&Room) -> Box<dyn Evict + Send> + Send + Sync;

/// A policy of one's own: the name of the strategy that evicts with it, and how it is made.
#[derive(Clone)]
pub struct OwnPolicy {
    name: String,
    build: Arc<Build>,
}

impl OwnPolicy {
    /// A policy that `build` makes for each run: it is told of the bundles' number and sizes, the bytes that they may use,
    /// and the layers, but neither of reload times nor of the future.
    pub fn new<E: Evict + Send + 'static>(
        name: impl Into<String>,
        build: impl Fn(&Room) -> E + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), build: Arc::new(move |room| Box::new(build(room))) }
    }

    /// The strategy's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn make(&self, room: &Room) -> Box<dyn Evict + Send> {
        (self.build)(room)
    }
}

impl fmt::Debug for OwnPolicy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OwnPolicy").field("name", &self.name).finish_non_exhaustive()
    }
}
