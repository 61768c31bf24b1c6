//! Neighbours by co-activation across layers: what a bundle's use makes likely in the next layer.

use tightfit_engine::{
    geometry::BundleId,
    order::{Activity, Partners},
};

/// Some bundles of the next layer for each bundle: four bytes each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbours {
    /// The neighbours of bundle b are `ids[ends[b - 1]..ends[b]]`.
    ends: Vec<usize>,
    ids: Vec<BundleId>,
}

impl Neighbours {
    /// At most `count_max` for each bundle of `layers`, which have one id after another.
    pub(super) fn of(layers: &[Activity], count_max: usize) -> Self {
        let mut neighbours = Self { ends: Vec::new(), ids: Vec::new() };
        let mut partners = Partners::new(count_max);
        let mut next_first = 0;
        for (number, layer) in layers.iter().enumerate() {
            next_first += layer.bundles();
            for bundle in 0..layer.bundles() {
                if let Some(next) = layers.get(number + 1) {
                    let found = partners.across(layer, bundle, next).iter();
                    neighbours.ids.extend(found.map(|(partner, _)| next_first + partner));
                }
                neighbours.ends.push(neighbours.ids.len());
            }
        }
        neighbours
    }

    /// The bundles of the next layer that were most often active together with `bundle`: most often first, of equals the
    /// lower first. Of the last layer's bundles, and of those that were never used, there are none.
    #[must_use]
    pub fn after(&self, bundle: BundleId) -> &[BundleId] {
        let bundle = bundle as usize;
        let start = bundle.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.ids[start..self.ends[bundle]]
    }
}
