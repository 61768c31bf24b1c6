//! First in, first out.
//!
//! 4 to 16 bytes for each bundle held, and a bit for every one.

use crate::{
    bitset::Bitset,
    evict::{At, Evict, Slots, sweep::Sweep},
    geometry::BundleId,
};

/// Drops the bundle that came first; a use changes nothing. What a step holds keeps its place.
#[derive(Clone, Debug)]
pub struct Fifo {
    queue: Sweep<BundleId>,
    held: Bitset,
}

impl Fifo {
    /// An empty policy for ids below `bundles`.
    #[must_use]
    pub fn new(bundles: u32) -> Self {
        Self { queue: Sweep::new(bundles), held: Bitset::new(bundles as usize) }
    }
}

impl Evict for Fifo {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(bundle);
        // The hand may have passed it.
        self.queue.rewind();
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(bundle);
        // The hand may have passed it.
        self.queue.rewind();
    }

    #[inline]
    fn reuse(&mut self, _bundle: BundleId, _at: At) {}

    #[inline]
    fn judge(&mut self, bundles: &[BundleId], _number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        let (mut lookups, mut misses) = (0, 0);
        while slots.free > 0 && lookups < bundles.len() {
            if !slots.resident.put(bundles[lookups]) {
                self.queue.push(bundles[lookups]);
                slots.free -= 1;
                misses += 1;
            }
            lookups += 1;
        }
        // In a full cache each miss drops the oldest.
        self.queue.rewind();
        let resident = &mut *slots.resident;
        let came = self.queue.turn_over(&bundles[lookups..], |bundle, oldest| {
            let comes = !resident.put(bundle);
            resident.remove_if(oldest, comes);
            comes
        });
        Some(misses + came)
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.queue.push(bundle);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        loop {
            let bundle = self.queue.under_hand()?;
            if !self.held.contains(bundle) {
                self.queue.take();
                return Some(bundle);
            }
            self.queue.keep();
        }
    }
}
