//! The bundles of a model: how many, how large, of which layer.

use alloc::vec::Vec;

/// Dense number of a bundle, over all layers.
pub type BundleId = u32;

/// No bundle, no slot.
pub const NONE: u32 = u32::MAX;

/// Bundles of one layer that are alike: same size, same parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The layer they belong to; slices of the head count as layers after the last.
    pub layer: u32,
    /// First bundle.
    pub first: BundleId,
    /// Number of bundles.
    pub count: u32,
    /// Bytes of one bundle, all parts together.
    pub bundle_bytes: u64,
    /// Matrices that one bundle draws from (3 for a gated neuron: gate, up, down), all of one size.
    pub parts: u32,
}

impl Region {
    /// The bundles of this region.
    #[must_use]
    pub fn bundles(&self) -> core::ops::Range<BundleId> {
        self.first..self.first + self.count
    }
}

/// All bundles that a strategy streams, region by region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Geometry {
    regions: Vec<Region>,
    bundles: u32,
}

impl Geometry {
    /// A geometry without bundles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `count` bundles of `bundle_bytes` each to `layer` and returns the first's number.
    ///
    /// # Panics
    /// If a part would not be a whole number of bytes, or ids run out.
    pub fn push(&mut self, layer: u32, count: u32, bundle_bytes: u64, parts: u32) -> BundleId {
        assert!(count > 0 && bundle_bytes > 0 && parts > 0, "an empty region");
        assert_eq!(bundle_bytes % u64::from(parts), 0, "a bundle of {bundle_bytes} B has {parts} equal parts");
        let first = self.bundles;
        self.bundles = first.checked_add(count).filter(|&end| end < NONE).expect("fewer than 2^32 - 1 bundles");
        self.regions.push(Region { layer, first, count, bundle_bytes, parts });
        first
    }

    /// The regions, in order of their bundles.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Number of bundles.
    #[must_use]
    pub fn bundles(&self) -> u32 {
        self.bundles
    }

    /// Bytes of all bundles.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.regions.iter().map(|region| region.bundle_bytes * u64::from(region.count)).sum()
    }

    /// Bytes of the bundles of `layer`.
    #[must_use]
    pub fn layer_bytes(&self, layer: u32) -> u64 {
        let of_layer = self.regions.iter().filter(|region| region.layer == layer);
        of_layer.map(|region| region.bundle_bytes * u64::from(region.count)).sum()
    }

    /// Bundles of the layer that has most.
    #[must_use]
    pub fn layer_bundles_max(&self) -> usize {
        let of_layer = |layer| {
            self.regions.iter().filter(|region| region.layer == layer).map(|region| region.count as usize).sum()
        };
        (0..self.layers()).map(of_layer).max().unwrap_or(0)
    }

    /// Highest layer number plus one.
    #[must_use]
    pub fn layers(&self) -> u32 {
        self.regions.iter().map(|region| region.layer + 1).max().unwrap_or(0)
    }
}
