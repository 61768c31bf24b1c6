//! The weight store: where each bundle lies on flash.
//!
//! Two layouts: *separate* keeps each matrix whole, so that a gated neuron is three short reads far apart; *bundled*
//! puts a neuron's rows and column side by side (*LLM in a flash* §3.2), so that it is one read three times as long.
//! In either, the bundles of a region lie in order of their ids or in an order that is given ([`crate::order`]).

use alloc::vec::Vec;

use crate::{
    bitset::Bitset,
    geometry::{BundleId, Geometry},
};

/// How the parts of bundles are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Matrix after matrix: part p of all bundles of a region, then part p + 1.
    Separate,
    /// Bundle after bundle, its parts side by side.
    Bundled,
}

/// A run of bytes in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub bytes: u64,
}

impl Extent {
    /// First byte after the run.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.offset + self.bytes
    }
}

/// Where a bundle's parts lie: `parts` runs of `part_bytes`, `stride` bytes apart.
#[derive(Clone, Copy, Debug)]
struct Place {
    first: BundleId,
    offset: u64,
    bundle_stride: u64,
    part_stride: u64,
    part_bytes: u64,
    parts: u32,
}

/// The weight store of one geometry in one layout.
#[derive(Clone, Debug)]
pub struct Store {
    places: Vec<Place>,
    region_of: Vec<u32>,
    /// The rank of each bundle within its region; empty where that is its number from the region's first.
    ranks: Vec<u32>,
    read_unit_bytes: u64,
    bytes: u64,
    in_id_order: bool,
    geometry: Geometry,
}

impl Store {
    /// Lays `geometry` out. Each region starts at a multiple of `read_unit_bytes`, the smallest transfer of the flash,
    /// and reads are rounded out to it.
    ///
    /// # Panics
    /// If the read unit is no power of two.
    #[must_use]
    pub fn new(geometry: Geometry, layout: Layout, read_unit_bytes: u64) -> Self {
        assert!(read_unit_bytes.is_power_of_two(), "a read unit of {read_unit_bytes} B");
        let mut offset = 0;
        let mut places = Vec::with_capacity(geometry.regions().len());
        let mut region_of = Vec::with_capacity(geometry.bundles() as usize);
        for (number, region) in (0..).zip(geometry.regions()) {
            let part_bytes = region.bundle_bytes / u64::from(region.parts);
            let whole = layout == Layout::Bundled;
            places.push(Place {
                first: region.first,
                offset,
                bundle_stride: if whole { region.bundle_bytes } else { part_bytes },
                part_stride: if whole { 0 } else { part_bytes * u64::from(region.count) },
                part_bytes: if whole { region.bundle_bytes } else { part_bytes },
                parts: if whole { 1 } else { region.parts },
            });
            region_of.extend(core::iter::repeat_n(number, region.count as usize));
            offset = (offset + region.bundle_bytes * u64::from(region.count)).next_multiple_of(read_unit_bytes);
        }
        let in_id_order = places.iter().all(|place| place.parts == 1);
        Self { places, region_of, ranks: Vec::new(), read_unit_bytes, bytes: offset, in_id_order, geometry }
    }

    /// As [`Store::new`], but within each region the bundles lie in the order of their `ranks`, one for each bundle of
    /// the geometry, from 0 in each region.
    ///
    /// # Panics
    /// If the ranks of a region are no permutation of its places, or the read unit is no power of two.
    #[must_use]
    pub fn ordered(geometry: Geometry, layout: Layout, read_unit_bytes: u64, ranks: &[u32]) -> Self {
        assert_eq!(ranks.len(), geometry.bundles() as usize, "a rank for each of {} bundles", geometry.bundles());
        let mut taken = Bitset::new(ranks.len());
        let mut is_identity = true;
        for region in geometry.regions() {
            for bundle in region.bundles() {
                let rank = ranks[bundle as usize];
                assert!(rank < region.count, "bundle {bundle} has rank {rank} in a region of {}", region.count);
                let place = region.first + rank;
                assert!(!taken.contains(place), "bundle {bundle} has rank {rank}, which another one has");
                taken.insert(place);
                is_identity &= place == bundle;
            }
        }
        let store = Self::new(geometry, layout, read_unit_bytes);
        if is_identity {
            return store;
        }
        Self { ranks: ranks.to_vec(), in_id_order: false, ..store }
    }

    /// Whether a higher bundle always lies at a higher offset, in one run.
    #[must_use]
    pub fn in_id_order(&self) -> bool {
        self.in_id_order
    }

    /// The extent rounded out to whole read units.
    #[must_use]
    pub fn rounded_out(&self, extent: Extent) -> Extent {
        let mask = self.read_unit_bytes - 1;
        let offset = extent.offset & !mask;
        Extent { offset, bytes: ((extent.end() + mask) & !mask) - offset }
    }

    /// The bundles that the store holds.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Size of the store, a multiple of the read unit.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Smallest transfer.
    #[must_use]
    pub fn read_unit_bytes(&self) -> u64 {
        self.read_unit_bytes
    }

    /// Number of the region that `bundle` belongs to.
    #[must_use]
    pub fn region_of(&self, bundle: BundleId) -> u32 {
        self.region_of[bundle as usize]
    }

    /// Bytes of `bundle`.
    #[must_use]
    pub fn bundle_bytes(&self, bundle: BundleId) -> u64 {
        let place = &self.places[self.region_of[bundle as usize] as usize];
        place.part_bytes * u64::from(place.parts)
    }

    /// Number of runs that `bundle` is in.
    #[must_use]
    pub fn parts(&self, bundle: BundleId) -> u32 {
        self.places[self.region_of[bundle as usize] as usize].parts
    }

    /// The `part`-th run of `bundle`.
    #[must_use]
    pub fn extent(&self, bundle: BundleId, part: u32) -> Extent {
        let place = &self.places[self.region_of[bundle as usize] as usize];
        let rank = u64::from(self.ranks.get(bundle as usize).copied().unwrap_or(bundle - place.first));
        let offset = place.offset + rank * place.bundle_stride + u64::from(part) * place.part_stride;
        Extent { offset, bytes: place.part_bytes }
    }
}
