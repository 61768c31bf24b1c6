//! The first fault of a run. The seam never refuses a call, so a fault is kept here, the rest of the run does nothing,
//! and whoever started it asks at the end.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::Fault;

/// Keeps the first fault.
#[derive(Debug, Default)]
pub(crate) struct Latch {
    is_set: AtomicBool,
    fault: Mutex<Option<Fault>>,
}

impl Latch {
    /// Keeps `fault`, unless an earlier one is kept.
    pub(crate) fn set(&self, fault: Fault) {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
        self.is_set.store(true, Ordering::Release);
    }

    /// Whether a fault is kept.
    pub(crate) fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Acquire)
    }

    /// The fault.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
