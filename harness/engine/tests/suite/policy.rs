//! The policies by name, so that one test body runs them all.

use tightfit_engine::{
    Script,
    evict::{At, Evict, Moment, belady::Belady, lru::Lru, retain_none::RetainNone, window::Window},
    geometry::BundleId,
    oracle::Oracle,
};

/// Which policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    RetainNone,
    Lru,
    Window(u32),
    Belady,
}

impl Policy {
    /// Every policy, windows of 1 to 3 tokens.
    pub(crate) const ALL: [Self; 6] =
        [Self::RetainNone, Self::Lru, Self::Window(1), Self::Window(2), Self::Window(3), Self::Belady];

    /// The engine's own policy for a run of `script` that makes `decode_passes` decode passes.
    pub(crate) fn build(self, script: &Script, bundles: u32, decode_passes: u64) -> AnyPolicy {
        AnyPolicy(match self {
            Self::RetainNone => Box::new(RetainNone::new(script.row_bundles_max())),
            Self::Lru => Box::new(Lru::new(bundles)),
            Self::Window(tokens) => Box::new(Window::new(bundles, tokens, script.layers())),
            Self::Belady => Box::new(Belady::new(bundles, Oracle::new(script, bundles, decode_passes))),
        })
    }
}

/// Any of the engine's policies.
pub(crate) struct AnyPolicy(Box<dyn Evict>);

impl Evict for AnyPolicy {
    fn hold(&mut self, bundle: BundleId) {
        self.0.hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.0.touch(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        self.0.release(bundle);
    }

    fn lack(&mut self, bundle: BundleId) {
        self.0.lack(bundle);
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        self.0.admit(bundle, at);
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.0.victim()
    }

    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        self.0.expire(moment, step)
    }
}
