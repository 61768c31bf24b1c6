//! Recency as a trail: every use appends an entry to a [`Log`], and only a bundle's latest entry counts.
//!
//! 4 bytes a bundle for the index of its entry, and what the log takes.

mod judge;

use alloc::{vec, vec::Vec};
use core::hint::black_box;

use crate::{
    evict::log::{Entry, Log},
    geometry::BundleId,
};

/// Bundles in the order of their latest entries.
#[derive(Clone, Debug)]
pub(crate) struct Trail<T> {
    /// Index of each bundle's latest entry; of no meaning for one that has none.
    place: Vec<u32>,
    log: Log<T>,
    /// While lookups are judged together, the number up to which places of what is not held were renewed.
    judging: Option<u32>,
}

impl<T: Entry> Trail<T> {
    /// An empty trail for ids below `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        Self { place: vec![0; bundles as usize], log: Log::new(bundles), judging: None }
    }

    /// Makes `entry` the newest; its bundle has no other.
    #[inline]
    pub(crate) fn push(&mut self, entry: T) {
        let place = self.place.as_mut_slice();
        let index = self.log.push(entry, |entry, index| place[entry.bundle() as usize] = index);
        place[entry.bundle() as usize] = index;
    }

    /// Makes `entry` the newest instead of the one that its bundle has.
    #[inline]
    pub(crate) fn renew(&mut self, entry: T) {
        self.forget(entry.bundle());
        self.push(entry);
    }

    /// Takes a bundle out that has an entry.
    #[inline]
    pub(crate) fn forget(&mut self, bundle: BundleId) {
        self.log.outdate(self.place[bundle as usize]);
    }

    /// Fetches what uses of the bundles read first.
    #[inline]
    pub(crate) fn fetch(&self, bundles: &[BundleId]) {
        black_box(bundles.iter().fold(0, |all, &bundle| all ^ self.place[bundle as usize]));
    }

    /// The oldest entry that counts.
    #[inline]
    pub(crate) fn oldest(&mut self) -> Option<T> {
        self.log.oldest().map(|(entry, _)| entry)
    }

    /// Takes the bundle of the oldest entry out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<BundleId> {
        let (entry, index) = self.log.oldest()?;
        self.log.outdate(index);
        Some(entry.bundle())
    }
}

#[cfg(test)]
mod tests;
