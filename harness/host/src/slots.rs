//! Where the slots of the resident set lie in memory, and where the weights that are always there do.
//!
//! Slots of one size are packed, each rounded up to a cache line, or to a direct unit where slots are so large that this
//! hardly counts: a read then lands in them without a copy.

use tightfit_engine::{
    Store,
    resident::{Placement, Resident},
};

use crate::storage::DIRECT_UNIT_BYTES;

/// Slots from here on are aligned for direct reads: the padding is then at most a sixteenth.
const LARGE_BYTES: usize = 16 * DIRECT_UNIT_BYTES;
const LINE_BYTES: usize = 64;

/// Slots of one size.
#[derive(Clone, Copy, Debug)]
struct Pool {
    first_slot: u32,
    offset: usize,
    stride: usize,
    bundle_bytes: usize,
}

/// A pool's range, of which the first bytes will be filled, as far as that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    pub(crate) offset: usize,
    pub(crate) known: usize,
    pub(crate) all: usize,
}

/// Addresses in the buffer by slot.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    pools: Vec<Pool>,
    count: u32,
    /// Whether regions share the slots of a size.
    shared: bool,
    dense_offset: usize,
    bytes: usize,
}

impl Slots {
    /// Room for every slot that the engine may give out under `placement`, then for `dense_bytes`.
    pub(crate) fn new(store: &Store, placement: Placement, dense_bytes: u64) -> Self {
        let count = store.geometry().bundles();
        let starts: Vec<(u32, u64)> = Resident::new(store, placement).pools().collect();
        let ends = starts.iter().skip(1).map(|&(first, _)| first).chain([count]);
        let mut offset = 0_usize;
        let mut pools = Vec::with_capacity(starts.len());
        for (&(first_slot, bytes), end) in starts.iter().zip(ends) {
            let bundle_bytes = to_usize(bytes);
            let unit = if bundle_bytes >= LARGE_BYTES { DIRECT_UNIT_BYTES } else { LINE_BYTES };
            let stride = bundle_bytes.next_multiple_of(unit);
            offset = offset.next_multiple_of(DIRECT_UNIT_BYTES);
            pools.push(Pool { first_slot, offset, stride, bundle_bytes });
            offset += stride * (end - first_slot) as usize;
        }
        let dense_offset = offset.next_multiple_of(DIRECT_UNIT_BYTES);
        let bytes = dense_offset + to_usize(dense_bytes).next_multiple_of(DIRECT_UNIT_BYTES);
        Self { pools, count, shared: placement == Placement::InPlace, dense_offset, bytes }
    }

    /// Number of slots.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Size of the whole.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// First byte of the weights that are always there.
    pub(crate) fn dense_offset(&self) -> usize {
        self.dense_offset
    }

    /// First byte of a slot.
    pub(crate) fn offset(&self, slot: u32) -> usize {
        let pool = self.pool(slot);
        pool.offset + pool.stride * (slot - pool.first_slot) as usize
    }

    /// Bytes of the slot's bundle, and those that the slot has room for.
    pub(crate) fn room(&self, slot: u32) -> (usize, usize) {
        let pool = self.pool(slot);
        (pool.bundle_bytes, pool.stride)
    }

    /// Ranges that a budget will fill, as far as that is known: where slots of one size are shared, as many as fit the budget
    /// or a step, whichever is more. Where each region has its own, its share of them: which regions hold more is seen when
    /// they do.
    pub(crate) fn reachable(&self, budget_bytes: u64, row_bundles_max: usize) -> Vec<Reach> {
        let ends = self.pools.iter().skip(1).map(|pool| pool.first_slot).chain([self.count]);
        let counted: Vec<(&Pool, usize)> =
            self.pools.iter().zip(ends).map(|(pool, end)| (pool, (end - pool.first_slot) as usize)).collect();
        let whole_bytes: usize = counted.iter().map(|(pool, slots)| pool.bundle_bytes * slots).sum();
        let range = |&(pool, slots): &(&Pool, usize)| {
            let fits = if self.shared {
                (to_usize(budget_bytes) / pool.bundle_bytes).max(row_bundles_max)
            } else {
                let share = u128::from(budget_bytes) * slots as u128 / (whole_bytes as u128).max(1);
                usize::try_from(share).expect("a share of a budget")
            };
            Reach { offset: pool.offset, known: pool.stride * fits.min(slots), all: pool.stride * slots }
        };
        counted.iter().map(range).collect()
    }

    fn pool(&self, slot: u32) -> &Pool {
        assert!(slot < self.count, "slot {slot} of {}", self.count);
        &self.pools[self.pools.partition_point(|pool| pool.first_slot <= slot) - 1]
    }
}

/// A size that has to fit the address space.
pub(crate) fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).expect("a size that fits the address space")
}
