//! A cache of bundles of one size: what a policy is lent that judges a stream of lookups.

use crate::bitset::Bitset;

/// The bundles of a cache, and for how many it has room.
#[derive(Debug)]
pub struct Slots<'a> {
    /// The bundles that it holds. A policy that keeps this in a way of its own may leave it as it was up to
    /// [`super::Evict::settle`].
    pub resident: &'a mut Bitset,
    /// How many bundles it can hold: one at least.
    pub capacity: u64,
    /// For how many more it has room.
    pub free: u64,
}

impl Slots<'_> {
    /// For how many of `count` more bundles it has room.
    #[inline]
    pub(crate) fn free_for(&self, count: u32) -> u32 {
        u32::try_from(self.free).map_or(count, |free| free.min(count))
    }
}
