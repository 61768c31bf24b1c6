//! A policy that is watched: whatever the engine asks of it must be within the contract of `Evict`, and each bundle is
//! in its care at most once.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use tightfit_engine::{
    evict::{At, Evict, Moment, Policy},
    geometry::BundleId,
};

/// What is in a policy's care.
#[derive(Debug, Default)]
pub(crate) struct Care {
    /// Candidates and held ones.
    pub(crate) all: BTreeSet<BundleId>,
    /// Those that a step uses.
    pub(crate) held: BTreeSet<BundleId>,
    /// Bundles let go of unused.
    pub(crate) released: u64,
}

/// A policy and the notes on it, which outlive its move into an engine.
pub(crate) struct Watched {
    policy: Policy,
    care: Rc<RefCell<Care>>,
}

impl Watched {
    /// Watches `policy`, which has nothing in its care.
    pub(crate) fn new(policy: Policy) -> (Self, Rc<RefCell<Care>>) {
        let care = Rc::default();
        (Self { policy, care: Rc::clone(&care) }, care)
    }

    fn leaves(&self, bundle: Option<BundleId>) -> Option<BundleId> {
        if let Some(bundle) = bundle {
            let mut care = self.care.borrow_mut();
            assert!(!care.held.contains(&bundle), "{bundle} leaves while a step uses it");
            assert!(care.all.remove(&bundle), "{bundle} leaves and was not in care");
        }
        bundle
    }
}

impl Evict for Watched {
    fn hold(&mut self, bundle: BundleId) {
        let mut care = self.care.borrow_mut();
        assert!(care.all.contains(&bundle), "{bundle} is held and not in care");
        assert!(care.held.insert(bundle), "{bundle} is held twice");
        self.policy.hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        assert!(self.care.borrow_mut().held.remove(&bundle), "{bundle} is touched and was not held");
        self.policy.touch(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        let mut care = self.care.borrow_mut();
        assert!(care.held.remove(&bundle), "{bundle} is released and was not held");
        care.released += 1;
        self.policy.release(bundle);
    }

    fn lack(&mut self, bundle: BundleId) {
        assert!(!self.care.borrow().all.contains(&bundle), "{bundle} is lacked and in care");
        self.policy.lack(bundle);
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        assert!(self.care.borrow_mut().all.insert(bundle), "{bundle} is admitted twice");
        self.policy.admit(bundle, at);
    }

    fn victim(&mut self) -> Option<BundleId> {
        let victim = self.policy.victim();
        self.leaves(victim)
    }

    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        let expired = self.policy.expire(moment, step);
        self.leaves(expired)
    }
}
