//! The resident set: which bundles are in DRAM, and in which slot of a preallocated slab.
//!
//! *Compact* placement keeps each region's rows contiguous, as a sparse kernel likes them: deleting a row moves the
//! region's last row into the hole (*LLM in a flash* §3.3), which costs a DRAM copy. *In-place* placement reuses the
//! freed slot, whatever region it served before, and moves nothing.

use alloc::{vec, vec::Vec};

use crate::{
    geometry::{BundleId, NONE},
    store::Store,
};

/// How slots are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Rows of a region stay contiguous; deletes move the last row.
    Compact,
    /// Slots of one size are shared by all regions; nothing moves.
    InPlace,
}

/// A DRAM copy that a delete asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Slot of the row that moves.
    pub from: u32,
    /// The hole that it fills.
    pub to: u32,
    /// Bytes of the row.
    pub bytes: u64,
}

/// Slots of one size: `base..base + used` have been handed out at some time, of which `free` are free now.
#[derive(Clone, Debug)]
struct Pool {
    base: u32,
    used: u32,
    bundle_bytes: u64,
    free: Vec<u32>,
}

/// The bundles in DRAM.
#[derive(Clone, Debug)]
pub struct Resident {
    placement: Placement,
    slot_of: Vec<u32>,
    bundle_at: Vec<u32>,
    pools: Vec<Pool>,
    pool_of: Vec<u16>,
    bytes: u64,
    peak_bytes: u64,
}

impl Resident {
    /// An empty resident set for the bundles of `store`.
    #[must_use]
    pub fn new(store: &Store, placement: Placement) -> Self {
        let mut pools: Vec<(Pool, u32)> = Vec::new();
        let mut pool_of = Vec::with_capacity(store.geometry().bundles() as usize);
        for region in store.geometry().regions() {
            let shared = pools.iter().position(|(pool, _)| pool.bundle_bytes == region.bundle_bytes);
            let number = shared.filter(|_| placement == Placement::InPlace).unwrap_or(pools.len());
            if number == pools.len() {
                let pool = Pool { base: 0, used: 0, bundle_bytes: region.bundle_bytes, free: Vec::new() };
                pools.push((pool, 0));
            }
            pools[number].1 += region.count;
            let number = u16::try_from(number).expect("fewer than 65,536 pools");
            pool_of.extend(core::iter::repeat_n(number, region.count as usize));
        }
        let mut base = 0;
        for (pool, slots) in &mut pools {
            pool.base = base;
            base += *slots;
            if placement == Placement::InPlace {
                pool.free.reserve_exact(*slots as usize);
            }
        }
        let bundles = store.geometry().bundles() as usize;
        Self {
            placement,
            slot_of: vec![NONE; bundles],
            bundle_at: vec![NONE; bundles],
            pools: pools.into_iter().map(|(pool, _)| pool).collect(),
            pool_of,
            bytes: 0,
            peak_bytes: 0,
        }
    }

    /// The slot of `bundle`, where it has one.
    #[must_use]
    pub fn slot(&self, bundle: BundleId) -> Option<u32> {
        let slot = self.slot_of[bundle as usize];
        (slot != NONE).then_some(slot)
    }

    /// The slot of every bundle; [`NONE`] for those that have none.
    #[must_use]
    pub fn slots(&self) -> &[u32] {
        &self.slot_of
    }

    /// First slot and bundle size of each pool of slots, in order of slots; there are as many slots as bundles.
    pub fn pools(&self) -> impl Iterator<Item = (u32, u64)> {
        self.pools.iter().map(|pool| (pool.base, pool.bundle_bytes))
    }

    /// Whether `bundle` has a slot.
    #[must_use]
    pub fn contains(&self, bundle: BundleId) -> bool {
        self.slot_of[bundle as usize] != NONE
    }

    /// The bundles of a region by slot, where placement is compact: those of its number, in order of their slots.
    #[must_use]
    pub fn contiguous(&self, region: usize) -> &[BundleId] {
        debug_assert_eq!(self.placement, Placement::Compact, "only compact rows are contiguous");
        let pool = &self.pools[region];
        &self.bundle_at[pool.base as usize..(pool.base + pool.used) as usize]
    }

    /// Bytes in use now.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Most bytes that were ever in use.
    #[must_use]
    pub fn peak_bytes(&self) -> u64 {
        self.peak_bytes
    }

    /// Gives `bundle`, which must not have one, a slot.
    pub fn insert(&mut self, bundle: BundleId) -> u32 {
        debug_assert!(!self.contains(bundle), "bundle {bundle} is resident already");
        let pool = &mut self.pools[self.pool_of[bundle as usize] as usize];
        let slot = pool.free.pop().unwrap_or_else(|| {
            pool.used += 1;
            pool.base + pool.used - 1
        });
        self.bytes += pool.bundle_bytes;
        self.peak_bytes = self.peak_bytes.max(self.bytes);
        self.slot_of[bundle as usize] = slot;
        self.bundle_at[slot as usize] = bundle;
        slot
    }

    /// Takes the slot of `bundle`, which must have one, back; compact placement may ask for a move.
    pub fn remove(&mut self, bundle: BundleId) -> Option<Move> {
        let slot = self.slot_of[bundle as usize];
        debug_assert_ne!(slot, NONE, "bundle {bundle} is not resident");
        let pool = &mut self.pools[self.pool_of[bundle as usize] as usize];
        self.slot_of[bundle as usize] = NONE;
        self.bytes -= pool.bundle_bytes;
        if self.placement == Placement::InPlace {
            self.bundle_at[slot as usize] = NONE;
            pool.free.push(slot);
            return None;
        }
        pool.used -= 1;
        let last = pool.base + pool.used;
        let moved = self.bundle_at[last as usize];
        self.bundle_at[last as usize] = NONE;
        if slot == last {
            return None;
        }
        self.bundle_at[slot as usize] = moved;
        self.slot_of[moved as usize] = slot;
        Some(Move { from: last, to: slot, bytes: pool.bundle_bytes })
    }

    /// The bundles in DRAM, by slot.
    pub fn bundles(&self) -> impl Iterator<Item = BundleId> {
        self.bundle_at.iter().copied().filter(|&bundle| bundle != NONE)
    }
}
